//! The press: what draws documents as PDF/A, with the fonts of this machine. Made when it is first needed, then kept.
//!
//! A build without the feature `pdf` has none, nor has a machine without fonts: both say so when a PDF is asked for, and serve
//! everything else.

#[cfg(feature = "pdf")]
pub use docgen::{Dossier, Face, Pdf, Press, RenderError};

#[cfg(feature = "pdf")]
mod with {
    use std::path::PathBuf;
    use std::sync::OnceLock;

    use docgen::{FontSettings, Fonts, Press};

    use crate::base::config::Config;
    use crate::base::problem::Problem;

    /// A press that is made once.
    pub struct Presses {
        settings: FontSettings,
        made: OnceLock<Press>,
    }

    /// What the options name comes first; the usual places and families follow.
    fn settings(folders: &[PathBuf], body: &[String], heading: &[String], title: &[String]) -> FontSettings {
        let usual = FontSettings::default();
        let join = |first: &[String], then: Vec<String>| first.iter().cloned().chain(then).collect();
        FontSettings {
            folders: folders.iter().cloned().chain(usual.folders).collect(),
            body: join(body, usual.body),
            heading: join(heading, usual.heading),
            title: join(title, usual.title),
        }
    }

    impl Presses {
        /// A press to be made by these options.
        pub fn new(config: &Config) -> Presses {
            Presses { settings: settings(&config.font_folder, &config.font_body, &config.font_heading, &config.font_title), made: OnceLock::new() }
        }

        /// A press to be made of what this machine has.
        pub fn usual() -> Presses {
            Presses { settings: FontSettings::default(), made: OnceLock::new() }
        }

        /// The press. The first call reads fonts, a tenth of a second; without fonts every call looks for them again, so that installing them helps at once.
        pub fn get(&self) -> Result<Press, Problem> {
            if let Some(press) = self.made.get() {
                return Ok(press.clone());
            }
            let fonts = Fonts::load(&self.settings).map_err(|missing| Problem::new("unavailable", missing.to_string()))?;
            Ok(self.made.get_or_init(|| Press::new(fonts)).clone())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_the_options_name_is_looked_for_first() {
            let made = settings(&["/fonts".into()], &["仿宋_GB2312".into()], &[], &["小标宋".into()]);
            let usual = FontSettings::default();
            assert_eq!((made.folders[0].to_str(), made.folders.len()), (Some("/fonts"), usual.folders.len() + 1));
            assert_eq!((made.body[0].as_str(), made.title[0].as_str()), ("仿宋_GB2312", "小标宋"));
            assert_eq!(made.heading, usual.heading);
        }
    }
}

#[cfg(feature = "pdf")]
pub use with::Presses;

#[cfg(not(feature = "pdf"))]
mod without {
    use std::convert::Infallible;

    use crate::base::config::Config;
    use crate::base::problem::Problem;

    /// A press that this build does not have.
    #[derive(Clone)]
    pub struct Press(Infallible);

    impl Press {
        /// Whatever is asked of a press that cannot be.
        pub fn never(&self) -> ! {
            match self.0 {}
        }

        /// A face for labels on pictures.
        pub fn label(&self) -> Option<Face> {
            self.never()
        }
    }

    /// A face of a font that this build does not read.
    #[derive(Debug, Clone)]
    pub struct Face(Infallible);

    impl Face {
        /// The file that it is in.
        pub fn data(&self) -> &[u8] {
            match self.0 {}
        }

        /// Which of the file's faces it is.
        pub fn index(&self) -> u32 {
            match self.0 {}
        }
    }

    /// No press.
    pub struct Presses;

    impl Presses {
        /// No press, whatever the options say.
        pub fn new(_: &Config) -> Presses {
            Presses
        }

        /// No press.
        pub fn usual() -> Presses {
            Presses
        }

        /// Always the problem that this build cannot render PDF.
        pub fn get(&self) -> Result<Press, Problem> {
            Err(Problem::new("unavailable", "this build cannot render PDF; use a program that was built with the feature pdf"))
        }
    }
}

#[cfg(not(feature = "pdf"))]
pub use without::{Face, Press, Presses};
