//! Areas (区域): administrative divisions under their GB/T 2260 codes, and functional zones under codes of our own.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::check::{not_itself, tokens, words};
use crate::base::geo::{Point, Polygon};
use crate::base::{Date, Validity};
use crate::dated::{Body, Book, Flaw, Kind};
use crate::identity::RegionCode;

/// A territory. Key: its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Whether it is a functional zone (功能区), which has no GB/T 2260 code.
    pub functional: bool,
    /// Name in Chinese.
    pub name: String,
    /// Codes of the divisions or areas it lies in, GB/T 2260 or our own. A zone may lie in several.
    #[serde(default)]
    pub parents: Vec<Box<str>>,
    /// Its boundary, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polygon: Option<Polygon>,
}

impl Body for Area {
    const KIND: Kind = Kind::Area;

    fn check(&self, key: &str, valid: &Validity) -> Result<(), Flaw> {
        super::check::token("key", key)?;
        words("name", &self.name, 100)?;
        tokens("parents", &self.parents, 20)?;
        if self.functional && key.parse::<RegionCode>().is_ok() {
            return Err(Flaw::new("key", "a functional zone has no GB/T 2260 code; give it a code of your own"));
        }
        if self.functional && self.parents.is_empty() {
            return Err(Flaw::new("parents", "name the divisions that the zone lies in"));
        }
        for (n, parent) in self.parents.iter().enumerate() {
            let field = format!("parents.{n}");
            not_itself(&field, key, parent)?;
            let region = parent.parse::<RegionCode>().ok().and_then(|code| code.known());
            if let Some(ended) = region.and_then(|r| r.ended).filter(|ended| *ended < valid.from.year()) {
                return Err(Flaw::new(field, format!("this division ended in {ended}; name the one that came after it")));
            }
        }
        Ok(())
    }
}

/// Everything an area lies in on a day, itself left out: its parents, theirs, and the prefecture and province of each GB/T 2260 code.
/// Parents need no row of their own. Circles end where they close.
pub fn ancestors(book: &Book, area: &str, day: Date) -> BTreeSet<Box<str>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Box<str>> = vec![area.into()];
    while let Some(code) = open.pop() {
        let parents = book.get::<Area>(&code, day).map(|a| a.parents).unwrap_or_default();
        for parent in parents.into_iter().chain(wholes(&code)) {
            if &*parent != area && found.insert(parent.clone()) {
                open.push(parent);
            }
        }
    }
    found
}

/// The prefecture and the province of a GB/T 2260 code.
fn wholes(code: &str) -> impl Iterator<Item = Box<str>> + use<> {
    let region = code.parse::<RegionCode>().ok().filter(|region| region.as_str() == code);
    let whole = move |digits: usize, zeros: &str| region.and_then(|r| r.as_str().get(..digits).map(|head| format!("{head}{zeros}").into_boxed_str()));
    [whole(4, "00"), whole(2, "0000")].into_iter().flatten()
}

/// The areas whose boundary holds a point on a day, innermost first: an area stands before those that it lies in; else by code.
/// Areas without a polygon are not found.
pub fn areas_of(book: &Book, point: &Point, day: Date) -> Vec<Box<str>> {
    let holding: Vec<&str> = book
        .in_force(Kind::Area, day)
        .filter(|row| row.typed::<Area>().and_then(|area| area.polygon).is_some_and(|polygon| polygon.contains(point)))
        .map(|row| &*row.key)
        .collect();
    let mut ranked: Vec<(usize, &str)> = holding
        .iter()
        .map(|code| {
            let above = ancestors(book, code, day);
            (holding.iter().filter(|other| above.contains(**other)).count(), *code)
        })
        .collect();
    ranked.sort_by(|(a_depth, a), (b_depth, b)| b_depth.cmp(a_depth).then(a.cmp(b)));
    ranked.into_iter().map(|(_, code)| code.into()).collect()
}

/// The innermost area that holds a point on a day; see [`areas_of`].
pub fn area_of(book: &Book, point: &Point, day: Date) -> Option<Box<str>> {
    areas_of(book, point, day).into_iter().next()
}
