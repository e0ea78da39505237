//! What one row cannot know of itself: whether what it names is there on its first day.

use std::collections::BTreeSet;

use sync_core::base::Date;
use sync_core::catalogue::power::check_transfer;
use sync_core::catalogue::{Power, parse_power_key};
use sync_core::dated::{Book, Flaw, Kind, Row};
use sync_core::identity::RegionCode;
use sync_core::org::{Organ, OrganKind, dangling};

/// Checks a row against the book that it would stand in. Warnings hinder nothing.
pub fn check(after: &Book, row: &Row) -> Result<Vec<String>, Flaw> {
    match row.kind {
        Kind::Power => power(after, row),
        Kind::Area | Kind::Organ | Kind::Unit | Kind::Post | Kind::Certificate => references(after, row),
        Kind::Matter | Kind::Transfer | Kind::Year | Kind::Policy | Kind::Guidance => Ok(Vec::new()),
    }
}

/// The organ is there, and no guidance office is given powers without a word about it.
fn organ(after: &Book, field: &str, code: &str, day: Date) -> Result<Organ, Flaw> {
    after.get(code, day).ok_or_else(|| Flaw::new(field, format!("no organ of the code {code:.64} is in force on {day}; enter it first, or correct the code")))
}

/// Checks a power: its organ, area and matter are there on its first day, and detention stays with the police.
pub fn power(after: &Book, row: &Row) -> Result<Vec<String>, Flaw> {
    let Some(((matter, area, _), body)) = parse_power_key(&row.key).zip(row.typed::<Power>()) else { return Ok(Vec::new()) };
    let day = row.valid.from;
    let holder = organ(after, "organ", &body.organ, day)?;
    if after.at(Kind::Area, area, day).is_none() && area.parse::<RegionCode>().is_err() {
        return Err(Flaw::new("key.area", format!("no area of the code {area:.64} is in force on {day}; enter it first, or correct the code")));
    }
    if after.at(Kind::Matter, matter, day).is_none() {
        return Err(Flaw::new("key.matter", format!("no matter of the code {matter:.64} is in force on {day}; import the matters first, or correct code or day")));
    }
    check_transfer(after, row)?;
    let mut warnings = Vec::new();
    if holder.kind == OrganKind::Guidance {
        warnings.push(format!("power {}: {} is a guidance office, which is to hold no power of its own (浙江省综合行政执法条例 art 12)", row.key, body.organ));
    }
    if let Some(code) = body.transfer.filter(|code| after.history(Kind::Transfer, code).next().is_none()) {
        warnings.push(format!("power {}: the transfer {code} is not in the book, so pending cases stay where they are", row.key));
    }
    Ok(warnings)
}

/// Whatever the row names by code is in force on its first day. That a certificate's holder has no post yet is a warning.
fn references(after: &Book, row: &Row) -> Result<Vec<String>, Flaw> {
    let mut warnings = Vec::new();
    for lost in dangling(after, row.valid.from).into_iter().filter(|lost| lost.kind == row.kind && lost.key == row.key) {
        if lost.kind == Kind::Certificate {
            warnings.push(format!("certificate {}: its holder has no post on {}", lost.key, row.valid.from));
        } else {
            return Err(Flaw::new(
                lost.field,
                format!("no {} of the code {} is in force on {}; enter it first, or correct the code", lost.names.as_str(), lost.code, row.valid.from),
            ));
        }
    }
    Ok(warnings)
}

/// What would be left without what it names once a row ends on a day, in words.
pub fn left_behind(before: &Book, after: &Book, ended: &Row, day: Date) -> Vec<String> {
    let known: BTreeSet<String> = dangling(before, day).iter().map(ToString::to_string).collect();
    let mut out: Vec<String> = dangling(after, day).iter().map(ToString::to_string).filter(|lost| !known.contains(lost)).take(20).collect();
    if ended.kind == Kind::Organ {
        let orphans = after.in_force(Kind::Power, day).filter(|row| row.typed::<Power>().is_some_and(|power| *power.organ == *ended.key)).count();
        if orphans > 0 {
            out.push(format!("{orphans} powers are still held by {} on {day}; transfer them", ended.key));
        }
    }
    out
}
