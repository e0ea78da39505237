//! References between rows that lead nowhere on a day.

use super::{Area, Certificate, Organ, Post, Unit};
use crate::base::Date;
use crate::dated::{Book, Kind, Row};
use crate::identity::RegionCode;

/// A row names something that is not in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {key}: {field} names {} {code}, which is not in force on this day; enter it, or correct the code", .kind.as_str(), .names.as_str())]
pub struct Dangling {
    /// The kind of the row.
    pub kind: Kind,
    /// Its key.
    pub key: Box<str>,
    /// The field.
    pub field: &'static str,
    /// What it names.
    pub names: Kind,
    /// By which code.
    pub code: Box<str>,
}

/// All references of the rows in force on a day that lead nowhere, in order of kind and key. A GB/T 2260 code needs no row.
pub fn dangling(book: &Book, day: Date) -> Vec<Dangling> {
    let kinds = [Kind::Area, Kind::Organ, Kind::Unit, Kind::Post, Kind::Certificate];
    let rows = kinds.into_iter().flat_map(|kind| book.in_force(kind, day));
    rows.flat_map(|row| {
        let lost = references(row).into_iter().filter(|(_, names, code)| {
            let division = *names == Kind::Area && code.parse::<RegionCode>().is_ok();
            !division && book.at(*names, code, day).is_none()
        });
        lost.map(|(field, names, code)| Dangling { kind: row.kind, key: row.key.clone(), field, names, code }).collect::<Vec<_>>()
    })
    .collect()
}

/// What a row names: the field, the kind, the code. A certificate names the post of its holder.
fn references(row: &Row) -> Vec<(&'static str, Kind, Box<str>)> {
    let mut out = Vec::new();
    let mut name = |field, kind, codes: Vec<Box<str>>| out.extend(codes.into_iter().map(|code| (field, kind, code)));
    if let Some(area) = row.typed::<Area>() {
        name("parents", Kind::Area, area.parents);
    }
    if let Some(organ) = row.typed::<Organ>() {
        name("areas", Kind::Area, organ.areas);
        name("parent", Kind::Organ, organ.parent.into_iter().collect());
    }
    if let Some(unit) = row.typed::<Unit>() {
        name("command_org", Kind::Organ, unit.command_org.into_iter().collect());
        name("home_org", Kind::Organ, unit.home_org.into_iter().collect());
        name("organ", Kind::Organ, vec![unit.organ]);
        name("parent", Kind::Unit, unit.parent.into_iter().collect());
        name("posted_to", Kind::Organ, unit.posted_to.into_iter().collect());
    }
    if let Some(post) = row.typed::<Post>() {
        name("command_org", Kind::Organ, post.command_org.into_iter().collect());
        name("liaison_of", Kind::Organ, post.liaison_of.into_iter().collect());
        name("posted_to", Kind::Organ, post.posted_to.into_iter().collect());
        name("unit", Kind::Unit, vec![post.unit]);
    }
    if let Some(certificate) = row.typed::<Certificate>() {
        name("officer", Kind::Post, vec![certificate.officer.as_str().into()]);
    }
    out
}
