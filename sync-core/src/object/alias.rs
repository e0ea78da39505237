//! Names and numbers under which departments know an object.

use serde::{Deserialize, Serialize};

use crate::identity::Uscc;
use crate::record::Record;

/// What a number or a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AliasKind {
    /// 统一社会信用代码.
    Uscc,
    /// 施工许可证.
    Permit,
    /// 投资项目代码.
    Project,
    /// 用地批准书, 土地证.
    Land,
    /// 建设工程规划许可证.
    Planning,
    /// 排水许可证.
    Drainage,
    /// A name, the present one or a former one.
    Name,
}

impl AliasKind {
    /// All of them.
    pub const ALL: &[AliasKind] = &[AliasKind::Uscc, AliasKind::Permit, AliasKind::Project, AliasKind::Land, AliasKind::Planning, AliasKind::Drainage, AliasKind::Name];
    /// Their words, in the same order.
    pub const WORDS: &[&str] = &["uscc", "permit", "project", "land", "planning", "drainage", "name"];

    /// The word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            AliasKind::Uscc => "uscc",
            AliasKind::Permit => "permit",
            AliasKind::Project => "project",
            AliasKind::Land => "land",
            AliasKind::Planning => "planning",
            AliasKind::Drainage => "drainage",
            AliasKind::Name => "name",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<AliasKind> {
        AliasKind::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// Whether two objects of one kind of record with the same such number are one object. A firm may have several sites
    /// under its credit code, and names are not unique.
    pub fn identifies(self, record_kind: &str) -> bool {
        match self {
            AliasKind::Name => false,
            AliasKind::Uscc => record_kind == super::SUBJECT.name,
            _ => record_kind == super::SITE.name,
        }
    }
}

/// A number or a name, brought into the one spelling by which it is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Alias {
    /// What it is of.
    pub kind: AliasKind,
    /// Without spaces and separators, half-width, upper case.
    pub value: String,
}

impl Alias {
    /// An alias as written on paper; `None` if nothing is left of it. A credit code that is none is kept as it stands: what is
    /// on record must be found.
    pub fn new(kind: AliasKind, written: &str) -> Option<Alias> {
        let value = match (kind, written.parse::<Uscc>()) {
            (AliasKind::Uscc, Ok(code)) => code.as_str().to_owned(),
            _ => plain(written),
        };
        (!value.is_empty()).then_some(Alias { kind, value })
    }
}

/// Full-width forms made half-width, case folded to upper, everything that is not a letter, a digit or a CJK sign left out.
fn plain(written: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    written.chars().map(half).filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).take(200).collect()
}

/// All names and numbers of an object, every candidate that stands, sorted, each once.
pub fn aliases(record: &Record) -> Vec<Alias> {
    let mut out = Vec::new();
    let mut add = |kind: AliasKind, written: &str| out.extend(Alias::new(kind, written));
    for (key, kind) in [("name", AliasKind::Name), ("uscc", AliasKind::Uscc), ("project_code", AliasKind::Project)] {
        for candidate in record.register(key).into_iter().flat_map(|r| r.candidates()) {
            if let Some(text) = candidate.value.as_text() {
                add(kind, &text);
            }
        }
    }
    for candidate in record.with_prefix("aliases.").flat_map(|(_, r)| r.candidates()) {
        let json = candidate.value.to_json();
        let text = |member: &str| json.get(member).and_then(serde_json::Value::as_str);
        if let (Some(kind), Some(value)) = (text("kind").and_then(AliasKind::parse), text("value")) {
            add(kind, value);
        }
    }
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_one_alias_however_it_is_written() {
        let permit = |text: &str| Alias::new(AliasKind::Permit, text).unwrap().value;
        assert_eq!(permit("330299 2024-0312 0101"), permit("３３０２９９２０２４０３１２０１０１"));
        assert_eq!(Alias::new(AliasKind::Name, " 新达 工地（一期） ").unwrap().value, "新达工地一期");
        assert_eq!(Alias::new(AliasKind::Name, " -- "), None);
        let uscc = |text: &str| Alias::new(AliasKind::Uscc, text).unwrap().value;
        assert_eq!(uscc("91330201ma2gt0006q"), uscc("9133 0201 MA2G T000 6Q"));
    }

    #[test]
    fn words_and_kinds_agree() {
        assert_eq!(AliasKind::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>(), AliasKind::WORDS);
        assert!(AliasKind::WORDS.iter().all(|w| AliasKind::parse(w).is_some()));
    }
}
