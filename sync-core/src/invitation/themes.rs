//! The theme menu (服务主题): what a firm may ask about, and which departments that concerns.
//!
//! Ningbo's service has thirteen themes whose wording is not published. Number and purpose are theirs; the words of
//! `fixtures/invitation/themes.json` are the house's own, and the file says so to whoever reads the menu.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::ids::is_token;

/// One theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Stable code: a token, as it stands in `topics`.
    pub code: String,
    /// Codes of the departments that it concerns: who is proposed when it is dispatched.
    pub departments: Vec<String>,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// The menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Themes {
    /// Whether an authority published this wording.
    pub official: bool,
    /// Where number and wording come from.
    pub source: String,
    /// The themes, in the order in which they are shown.
    pub themes: Vec<Theme>,
}

/// Why the menu cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("themes.json: {0}")]
pub struct BadThemes(pub String);

impl Themes {
    /// Reads and checks a menu.
    pub fn parse(json: &str) -> Result<Themes, BadThemes> {
        let all: Themes = serde_json::from_str(json).map_err(|e| BadThemes(e.to_string()))?;
        let mut codes = BTreeSet::new();
        for theme in &all.themes {
            if !is_token(&theme.code) || !codes.insert(&theme.code) {
                return Err(BadThemes(format!("{}: a code is a token of letters, digits, '.', '_' or '-' and stands once", theme.code)));
            }
            if theme.departments.is_empty() || theme.zh.trim().is_empty() || theme.en.trim().is_empty() {
                return Err(BadThemes(format!("{}: give zh, en and at least one department", theme.code)));
            }
        }
        Ok(all)
    }

    /// The theme of a code.
    pub fn get(&self, code: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.code == code)
    }

    /// The departments that these themes concern, in order.
    pub fn departments<'a>(&'a self, topics: &[String]) -> BTreeSet<&'a str> {
        topics.iter().filter_map(|code| self.get(code)).flat_map(|theme| &theme.departments).map(String::as_str).collect()
    }
}

/// The menu that comes with the program.
pub fn themes() -> Result<Themes, BadThemes> {
    Themes::parse(include_str!("../../../fixtures/invitation/themes.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_thirteen_themes_and_none_claims_to_be_official() {
        let all = themes().unwrap();
        assert_eq!(all.themes.len(), 13, "domain.md §4");
        assert!(!all.official && all.source.contains("本系统"));
    }

    #[test]
    fn every_theme_concerns_departments_that_there_are() {
        let organs = crate::fixtures::organisation().unwrap();
        for theme in themes().unwrap().themes {
            for department in &theme.departments {
                assert!(organs.organ(department).is_some(), "{}: {department}", theme.code);
            }
        }
        let all = themes().unwrap();
        assert_eq!(all.departments(&["fire-safety".to_owned(), "no-such".to_owned()]).into_iter().collect::<Vec<_>>(), ["fire"]);
    }

    #[test]
    fn a_menu_with_a_fault_is_refused_by_name() {
        let menu = |theme: &str| Themes::parse(&format!(r#"{{"official":false,"source":"x","themes":[{theme}]}}"#)).map_err(|e| e.to_string());
        assert!(menu(r#"{"code":"a b","departments":["fire"],"en":"x","zh":"消防"}"#).unwrap_err().contains("token"));
        assert!(menu(r#"{"code":"a","departments":[],"en":"x","zh":"消防"}"#).unwrap_err().contains("department"));
    }
}
