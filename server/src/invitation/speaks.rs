//! Organs as the book of the day has them: for whom somebody speaks, which unit answers, who works in an area.

use std::collections::BTreeSet;

use sync_core::base::{Date, OfficerId};
use sync_core::catalogue::lineage::lineage;
use sync_core::dated::{Book, Kind};
use sync_core::org::{Area, Organ, OrganKind, Post, Unit, UnitKind};

use crate::base::problem::Problem;

/// The organs for which an officer speaks: that of his unit, and the one whose liaison he is.
pub fn organs_of(book: &Book, officer: &OfficerId, unit: &str, day: Date) -> BTreeSet<String> {
    let liaison = book.get::<Post>(officer.as_str(), day).and_then(|post| post.liaison_of);
    book.get::<Unit>(unit, day).map(|unit| unit.organ).into_iter().chain(liaison).map(String::from).collect()
}

/// The organ for which somebody speaks here: the one he names, or the only one.
pub fn speaking(book: &Book, officer: &OfficerId, unit: &str, named: Option<&str>, day: Date) -> Result<String, Problem> {
    let own = organs_of(book, officer, unit, day);
    match named {
        Some(organ) if own.contains(organ) => Ok(organ.to_owned()),
        Some(organ) => Err(Problem::new("forbidden", format!("you do not speak for {organ:.64}; its own officers and liaisons do"))),
        None if own.len() == 1 => own.into_iter().next().ok_or_else(|| Problem::field("organ", "name the organ")),
        None if own.is_empty() => Err(Problem::new("forbidden", "the book does not say to which organ your unit belongs; ask the system administrator")),
        None => Err(Problem::field("organ", "you speak for several organs; name one")),
    }
}

/// The unit of an organ that answers for it: the one named, its head office, or its only one without a unit above.
pub fn unit_of(book: &Book, organ: &str, named: Option<&str>, day: Date) -> Result<String, Problem> {
    let units: Vec<(String, Unit)> =
        book.in_force(Kind::Unit, day).filter_map(|row| Some((row.key.to_string(), row.typed::<Unit>()?))).filter(|(_, unit)| *unit.organ == *organ).collect();
    if let Some(named) = named {
        let found = units.iter().find(|(code, _)| code == named);
        return found.map(|(code, _)| code.clone()).ok_or_else(|| Problem::field("unit", format!("{named:.64} is no unit of {organ:.64} today")));
    }
    let head = units.iter().find(|(_, unit)| unit.kind == UnitKind::Headquarters);
    let top: Vec<_> = units.iter().filter(|(_, unit)| unit.parent.is_none()).collect();
    match (head, top.as_slice()) {
        (Some((code, _)), _) => Ok(code.clone()),
        (None, [(code, _)]) => Ok(code.clone()),
        (None, []) => Err(Problem::field("organ", format!("{organ:.64} has no unit today; enter one in the book"))),
        (None, _) => Err(Problem::field("unit", format!("{organ:.64} has several units; name one"))),
    }
}

/// The desk of the guidance office, where invitations come in.
pub fn desk(book: &Book, day: Date) -> Result<String, Problem> {
    let missing = || Problem::new("conflict", "the book has no guidance office with a unit today; enter one");
    let office = book.in_force(Kind::Organ, day).find(|row| row.typed::<Organ>().is_some_and(|organ| organ.kind == OrganKind::Guidance)).ok_or_else(missing)?;
    unit_of(book, &office.key, None, day).map_err(|_| missing())
}

/// The district's own area: the first functional one of the book.
pub fn home(book: &Book, day: Date) -> Option<String> {
    book.in_force(Kind::Area, day).find(|row| row.typed::<Area>().is_some_and(|area| area.functional)).map(|row| row.key.to_string())
}

/// Refuses an organ that is not there on the day, does not work in the area, or inspects nothing (浙江省综合行政执法条例 12).
pub fn works_in(book: &Book, organ: &str, area: &str, day: Date) -> Result<(), Problem> {
    let Some(found) = book.get::<Organ>(organ, day) else { return Err(Problem::field("departments", format!("there is no organ {organ:.64} today"))) };
    if found.kind == OrganKind::Guidance {
        return Err(Problem::field("departments", format!("{organ:.64} coordinates and visits nobody; name departments")));
    }
    let around: BTreeSet<String> = lineage(book, area, day).into_iter().flatten().collect();
    if found.areas.iter().any(|area| around.contains(&**area)) {
        return Ok(());
    }
    Err(Problem::field("departments", format!("{organ:.64} does not work in {area:.64} today")))
}
