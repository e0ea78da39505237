//! Units (单位): what officers belong to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::check::{not_itself, token, token_if, words};
use crate::base::{Date, Validity};
use crate::dated::{Body, Book, Flaw, Kind};

/// A unit of an organ. Key: its code.
///
/// A squad that is posted to a subdistrict stays a unit of its organ and is commanded on site by the subdistrict (ZJ Reg art 9):
/// three organs, three fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// The organ that commands it on site; absent: the one it is posted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_org: Option<Box<str>>,
    /// The organ that keeps its people's files; absent: `organ`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_org: Option<Box<str>>,
    /// What kind it is.
    pub kind: UnitKind,
    /// Name in Chinese.
    pub name: String,
    /// The organ it is part of, and for which it acts.
    pub organ: Box<str>,
    /// The unit above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<str>>,
    /// The subdistrict (or other organ) it is posted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted_to: Option<Box<str>>,
}

/// Kinds of unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// 机关: the head office of an organ.
    Headquarters,
    /// 中队.
    Squad,
    /// 科室, and any other part of an organ.
    Section,
}

/// Who commands needs somebody posted.
pub(super) fn command(command_org: Option<&str>, posted_to: Option<&str>) -> Result<(), Flaw> {
    token_if("command_org", command_org)?;
    token_if("posted_to", posted_to)?;
    if command_org.is_some() && posted_to.is_none() {
        return Err(Flaw::new("command_org", "says who commands where somebody is posted; give posted_to too, or leave it out"));
    }
    Ok(())
}

impl Body for Unit {
    const KIND: Kind = Kind::Unit;

    fn check(&self, key: &str, _: &Validity) -> Result<(), Flaw> {
        token("key", key)?;
        words("name", &self.name, 100)?;
        token("organ", &self.organ)?;
        token_if("home_org", self.home_org.as_deref())?;
        token_if("parent", self.parent.as_deref())?;
        self.parent.as_deref().map_or(Ok(()), |parent| not_itself("parent", key, parent))?;
        command(self.command_org.as_deref(), self.posted_to.as_deref())
    }
}

impl Unit {
    /// The organ that commands it on site (ZJ Reg art 9): the one named, else the one it is posted to, else its own.
    pub fn commanded_by(&self) -> &str {
        self.command_org.as_deref().or(self.posted_to.as_deref()).unwrap_or(&self.organ)
    }
}

/// A unit and all units below it on a day; empty if the unit is not in force. A circle is walked once.
pub fn subtree(book: &Book, unit: &str, day: Date) -> BTreeSet<Box<str>> {
    let mut found = BTreeSet::new();
    if book.at(Kind::Unit, unit, day).is_none() {
        return found;
    }
    let mut below: BTreeMap<Box<str>, Vec<&str>> = BTreeMap::new();
    for row in book.in_force(Kind::Unit, day) {
        if let Some(parent) = row.typed::<Unit>().and_then(|unit| unit.parent) {
            below.entry(parent).or_default().push(&row.key);
        }
    }
    let mut open = vec![unit];
    while let Some(code) = open.pop() {
        if found.insert(code.into()) {
            open.extend(below.get(code).into_iter().flatten());
        }
    }
    found
}
