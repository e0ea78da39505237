//! Organs (机关): who holds powers, signs and seals.

use serde::{Deserialize, Serialize};

use super::check::{not_itself, token, token_if, tokens, words, words_if};
use crate::base::{Date, Validity};
use crate::dated::{Body, Book, Flaw, Kind};
use crate::identity::document_number::is_prefix_part;

/// An organ. Key: its code. Name, seal and 代字 change with the days, so a document takes those of its own day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organ {
    /// Codes of the areas it is responsible for.
    #[serde(default)]
    pub areas: Vec<Box<str>>,
    /// What kind it is.
    pub kind: OrganKind,
    /// Name in Chinese, as in documents.
    pub name: String,
    /// The organ above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<str>>,
    /// 代字: how its documents' numbers begin, as 甬高新综执.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Box<str>>,
    /// The name on its seal; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// Kinds of organ (`domain.md` §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganKind {
    /// 管委会: the organ that penalises.
    Committee,
    /// 综合行政执法队: acts in the committee's name.
    Team,
    /// 指导办: coordinates, and holds no power of inspection or penalty (ZJ Reg art 12).
    Guidance,
    /// 职能部门.
    Department,
    /// 街道.
    Subdistrict,
}

impl Body for Organ {
    const KIND: Kind = Kind::Organ;

    fn check(&self, key: &str, _: &Validity) -> Result<(), Flaw> {
        token("key", key)?;
        words("name", &self.name, 100)?;
        token_if("parent", self.parent.as_deref())?;
        self.parent.as_deref().map_or(Ok(()), |parent| not_itself("parent", key, parent))?;
        words_if("seal", self.seal.as_deref(), 100)?;
        tokens("areas", &self.areas, 200)?;
        if self.kind == OrganKind::Team && self.parent.is_none() {
            return Err(Flaw::new("parent", "a team acts in the name of another organ; name that one"));
        }
        if self.prefix.as_deref().is_some_and(|prefix| !is_prefix_part(prefix) || prefix.ends_with('字')) {
            return Err(Flaw::new("prefix", "give 1 to 20 Chinese characters without the final 字, as 甬高新综执"));
        }
        Ok(())
    }
}

/// In whose name an organ acts on a day: a team in that of the nearest organ above it that is no team (以管委会名义), any other in
/// its own. `None` if the organ, or one on the way up, is not in force, or if the way up is a circle.
pub fn in_name_of(book: &Book, organ: &str, day: Date) -> Option<(Box<str>, Organ)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut code: Box<str> = organ.into();
    while seen.insert(code.clone()) {
        let organ = book.get::<Organ>(&code, day)?;
        if organ.kind != OrganKind::Team {
            return Some((code, organ));
        }
        code = organ.parent?;
    }
    None
}
