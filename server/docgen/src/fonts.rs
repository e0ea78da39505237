//! The fonts of documents: found once by family name in folders of the system, and kept.

use std::path::{Path, PathBuf};
use std::{env, fs};

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

/// Where fonts are looked for and what they are called; each use takes the families that are there, first choice first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FontSettings {
    /// Folders, read with what is below them.
    pub folders: Vec<PathBuf>,
    /// For running text and tables: 仿宋.
    pub body: Vec<String>,
    /// For headings and labels: 黑体.
    pub heading: Vec<String>,
    /// For the title: 小标宋.
    pub title: Vec<String>,
}

/// The serif that `fonts-noto-cjk` brings.
const SERIF: &str = "Noto Serif CJK SC";
/// Its sans serif.
const SANS: &str = "Noto Sans CJK SC";
/// Folders below a folder of fonts that are read.
const DEPTH: usize = 6;
/// Largest file that is taken for a font, in bytes.
const MAX_FILE: u64 = 128 << 20;

impl Default for FontSettings {
    /// The system's folders; the fonts of GB/T 9704 where somebody has a licence for them, else those of `fonts-noto-cjk`.
    fn default() -> FontSettings {
        let home = env::var_os("HOME").map(PathBuf::from);
        let mut folders: Vec<PathBuf> = ["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts", "C:\\Windows\\Fonts"].map(PathBuf::from).into();
        folders.extend(home.map(|home| home.join(".local/share/fonts")));
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        FontSettings {
            folders,
            body: names(&["FangSong_GB2312", "仿宋_GB2312", "FangSong", "FZFangSong-Z02", SERIF]),
            heading: names(&["SimHei", "黑体", "FZHei-B01", SANS]),
            title: names(&["FZXiaoBiaoSong-B05", "方正小标宋简体", SERIF]),
        }
    }
}

/// No font for a use of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no font for the {usage} of documents: none of {families} was found below {folders}; install the package fonts-noto-cjk, or name folders and families with {setting}")]
pub struct NoFont {
    /// Which text it is for.
    pub usage: &'static str,
    /// What was looked for.
    pub families: String,
    /// Where.
    pub folders: String,
    /// The settings that change it.
    pub setting: &'static str,
}

/// Fonts in memory, about 50 MB for those of `fonts-noto-cjk`: load them once and share them.
pub struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) all: Vec<Font>,
    /// Families for body, heading and title, of those that are there.
    pub(crate) body: Vec<String>,
    pub(crate) heading: Vec<String>,
    pub(crate) title: Vec<String>,
}

impl Fonts {
    /// Reads the fonts that the settings name.
    pub fn load(settings: &FontSettings) -> Result<Fonts, NoFont> {
        let wanted: Vec<&str> = [&settings.body, &settings.heading, &settings.title].into_iter().flatten().map(String::as_str).collect();
        let mut files = Vec::new();
        settings.folders.iter().for_each(|folder| collect(folder, DEPTH, &mut files));
        files.sort();
        files.dedup();
        let mut all: Vec<Font> = files.iter().flat_map(|file| read(file, &wanted)).collect();
        // The same face in two folders: the first one counts, so that the order of folders decides.
        let mut seen = Vec::new();
        all.retain(|font| {
            let face = (font.info().family.clone(), font.info().variant);
            let new = !seen.contains(&face);
            seen.push(face);
            new
        });
        let book = FontBook::from_fonts(&all);
        let there = |usage: &'static str, names: &[String]| {
            let found: Vec<String> = names.iter().filter(|name| book.contains_family(&name.to_lowercase())).cloned().collect();
            if found.is_empty() { Err(missing(usage, names, &settings.folders)) } else { Ok(found) }
        };
        let (body, heading, title) = (there("text", &settings.body)?, there("headings", &settings.heading)?, there("title", &settings.title)?);
        Ok(Fonts { book: LazyHash::new(book), all, body, heading, title })
    }

    /// Whether any of the fonts of a family list shows a character.
    pub(crate) fn shows(&self, families: &[String], c: char) -> bool {
        let known = |family: &String| self.all.iter().any(|font| font.info().family.eq_ignore_ascii_case(family) && font.info().coverage.contains(u32::from(c)));
        families.iter().any(known)
    }

    /// A face for labels on pictures: the regular one of the first family of headings.
    pub fn label(&self) -> Option<Face> {
        let regular = |font: &&Font| (i32::from(font.info().variant.weight.to_number()) - 400).abs();
        let face = |family: &String| self.all.iter().filter(|font| font.info().family.eq_ignore_ascii_case(family)).min_by_key(regular);
        self.heading.iter().find_map(face).cloned().map(Face)
    }

    /// The families in use, body first.
    pub fn families(&self) -> impl Iterator<Item = &str> {
        self.body.iter().chain(&self.heading).chain(&self.title).map(String::as_str)
    }
}

/// One face of a font, for programs that draw text themselves.
#[derive(Debug, Clone)]
pub struct Face(Font);

impl Face {
    /// The file that it is in.
    pub fn data(&self) -> &[u8] {
        self.0.data()
    }

    /// Which of the file's faces it is.
    pub fn index(&self) -> u32 {
        self.0.index()
    }
}

fn missing(usage: &'static str, names: &[String], folders: &[PathBuf]) -> NoFont {
    let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    NoFont { usage, families: names.join(", "), folders: folders.join(", "), setting: "--font-folder, --font-body, --font-heading and --font-title" }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        // Follows links: distributions link folders of fonts. The depth bounds a link that leads back.
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, files);
            }
        } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| ["ttf", "otf", "ttc", "otc"].contains(&e.to_ascii_lowercase().as_str())) {
            files.push(path);
        }
    }
}

/// The faces of a file that are wanted; none if it cannot be read or is no font.
fn read(file: &Path, wanted: &[&str]) -> Vec<Font> {
    if fs::metadata(file).is_ok_and(|m| m.len() > MAX_FILE) {
        return Vec::new();
    }
    let Ok(data) = fs::read(file) else { return Vec::new() };
    let faces = Font::iter(Bytes::new(data));
    faces.filter(|font| wanted.iter().any(|name| name.to_lowercase() == font.info().family.to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_fonts_says_which_package_brings_them() {
        let empty = tempfile::tempdir().unwrap();
        let settings = FontSettings { folders: vec![empty.path().to_owned()], ..FontSettings::default() };
        let said = Fonts::load(&settings).err().unwrap().to_string();
        assert!(said.contains("fonts-noto-cjk") && said.contains("--font-folder"), "{said}");
    }

    #[test]
    fn what_is_no_font_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("broken.ttf"), b"not a font").unwrap();
        let mut settings = FontSettings::default();
        settings.folders.insert(0, folder.path().to_owned());
        let fonts = Fonts::load(&settings).unwrap();
        assert!(fonts.shows(&fonts.body, '龘') && !fonts.shows(&fonts.body, '\u{10FFFD}'));
    }
}
