//! Who holds a power on a day, whose a case is after a transfer, what a transfer changes, and where nobody holds.
//!
//! An area's own rows decide wherever it has any: then a day without one is a gap and not its parents' affair. An area that
//! has none of its own for a power falls back to its parents, nearest first, as a zone without a GB/T 2260 code lies in
//! districts that have one. Where parents equally near name different organs, the caller has to say which parent it is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::lineage::lineage;
use super::power::{Pending, Power, PowerType, Scope, Transfer, parse_power_key, power_key};
use crate::base::{Date, Validity};
use crate::dated::{Book, Kind, Row};

/// Why an organ holds a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A row of its own says so.
    Row,
    /// It comes with a transferred power to punish (浙江省综合行政执法条例 art 8).
    Related,
    /// The organ supervises what it may punish of its own, without a transfer (the same, art 16).
    Supervision,
}

/// Who holds a power on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The organ.
    pub organ: String,
    /// All of the matter or a part with its boundary.
    pub scope: Scope,
    /// The document.
    pub legal_doc: String,
    /// First day of the row.
    pub since: Date,
    /// The area whose row it is: the one asked about or an ancestor.
    pub area: String,
    /// Why.
    pub ground: Ground,
}

/// Why nobody holds a power on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NoHolder {
    /// Neither the area nor an ancestor has a row.
    #[error("no organ was ever given this power in this area; enter who holds it")]
    Unknown,
    /// Nobody holds it between two rows.
    #[error("nobody holds this power from {from} up to {until}; enter who holds it on these days")]
    Gap {
        /// First day without a holder.
        from: Date,
        /// First day with one again.
        until: Date,
    },
    /// The first row begins later.
    #[error("this power is held from {from} on; nobody held it before")]
    NotYet {
        /// First day with a holder.
        from: Date,
    },
    /// The last row ended.
    #[error("this power ended with the day before {until}; enter who holds it now")]
    Ended {
        /// First day without a holder.
        until: Date,
    },
    /// Parents equally near name different organs.
    #[error("the area's parents give this power to different organs; ask for the parent in which the place lies")]
    Several {
        /// The organs, in order.
        organs: Vec<String>,
    },
    /// The row is there, but this program cannot read it.
    #[error("the row that gives this power was written by a later program; update this one")]
    Unreadable,
}

/// The row of an area's own, or why there is none on the day; `None` if the area has no row of its own at all.
fn own<'a>(book: &'a Book, matter: &str, area: &str, power: PowerType, day: Date) -> Option<Result<&'a Row, NoHolder>> {
    let key = power_key(matter, area, power);
    if let Some(row) = book.at(Kind::Power, &key, day) {
        return Some(Ok(row));
    }
    let ended = book.history(Kind::Power, &key).filter_map(|row| row.valid.until).rfind(|until| *until <= day);
    let next = book.history(Kind::Power, &key).map(|row| row.valid.from).find(|from| *from > day);
    Some(Err(match (ended, next) {
        (None, None) => return None,
        (Some(from), Some(until)) => NoHolder::Gap { from, until },
        (None, Some(from)) => NoHolder::NotYet { from },
        (Some(until), None) => NoHolder::Ended { until },
    }))
}

/// The row that decides, and the area that it is of.
fn deciding<'a>(book: &'a Book, matter: &str, area: &str, power: PowerType, day: Date) -> Result<(&'a Row, Power, String), NoHolder> {
    for level in lineage(book, area, day) {
        let mut found: Vec<(&Row, Power, String)> = Vec::new();
        let mut absent = None;
        for area in level {
            match own(book, matter, &area, power, day) {
                // No falling back behind a row that says something: an older answer would be a wrong one.
                Some(Ok(row)) => found.push((row, row.typed::<Power>().ok_or(NoHolder::Unreadable)?, area)),
                Some(Err(why)) => absent = Some(why),
                None => {}
            }
        }
        let organs: BTreeSet<&String> = found.iter().map(|(_, power, _)| &power.organ).collect();
        if organs.len() > 1 {
            return Err(NoHolder::Several { organs: organs.into_iter().cloned().collect() });
        }
        match (found.into_iter().next(), absent) {
            (Some(holder), _) => return Ok(holder),
            (None, Some(why)) => return Err(why),
            (None, None) => {}
        }
    }
    Err(NoHolder::Unknown)
}

/// Who holds a power in a matter and an area on a day.
///
/// Where no row gives inspection or coercion, the rule does: a transferred power to punish brings both
/// (浙江省综合行政执法条例 art 8), and an organ that may punish of its own also inspects.
pub fn authority(book: &Book, matter: &str, area: &str, power: PowerType, day: Date) -> Result<Holder, NoHolder> {
    let (row, body, area, ground) = match deciding(book, matter, area, power, day) {
        Ok((row, body, area)) => (row, body, area, Ground::Row),
        Err(NoHolder::Unknown) if power != PowerType::Penalty => {
            let (row, body, area) = deciding(book, matter, area, PowerType::Penalty, day)?;
            let ground = match (&body.transfer, power) {
                (Some(_), _) => Ground::Related,
                (None, PowerType::Inspection) => Ground::Supervision,
                (None, _) => return Err(NoHolder::Unknown),
            };
            (row, body, area, ground)
        }
        Err(why) => return Err(why),
    };
    Ok(Holder { organ: body.organ, scope: body.scope, legal_doc: body.legal_doc, since: row.valid.from, area, ground })
}

/// Who decides a case that was filed before a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseHolder {
    /// The organ that decides.
    pub organ: String,
    /// The organ that held the power on the day of filing.
    pub filed_with: String,
    /// The transfers of the power since, each with what it said of pending cases.
    pub passed: Vec<(String, Pending)>,
}

/// Who decides a case: the organ that held the power on the day of filing, unless a transfer since then said that pending
/// cases move. A row without a transfer, or one whose transfer is not in the book, moves no case.
pub fn case_authority(book: &Book, matter: &str, area: &str, filed_on: Date, today: Date) -> Result<CaseHolder, NoHolder> {
    let (row, body, area) = deciding(book, matter, area, PowerType::Penalty, filed_on)?;
    let mut case = CaseHolder { organ: body.organ.clone(), filed_with: body.organ.clone(), passed: Vec::new() };
    let mut holder = body.organ;
    let key = power_key(matter, &area, PowerType::Penalty);
    let later = book.history(Kind::Power, &key).filter(|next| next.valid.from > row.valid.from && next.valid.from <= today);
    for next in later {
        let power = next.typed::<Power>().ok_or(NoHolder::Unreadable)?;
        let before = std::mem::replace(&mut holder, power.organ);
        let Some(code) = power.transfer.filter(|_| before != holder) else { continue };
        let pending = book.get::<Transfer>(&code, next.valid.from).map_or(Pending::Stay, |transfer| transfer.pending);
        // A transfer moves the cases of the organ that gave; a case that an earlier one left behind is not among them.
        if pending == Pending::Move && case.organ == before {
            case.organ.clone_from(&holder);
        }
        case.passed.push((code, pending));
    }
    Ok(case)
}

/// One power that changes hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handover {
    /// First day of the new holder.
    pub day: Date,
    /// The matter.
    pub matter: String,
    /// The area.
    pub area: String,
    /// The power.
    pub power: PowerType,
    /// Who held it on the day before; absent if nobody did.
    pub from: Option<String>,
    /// Who holds it from the day on.
    pub to: String,
    /// All of the matter or a part.
    pub scope: Scope,
}

/// What entering `rows` into `book` would hand over, in the order of day, matter and area. Rows of other kinds and rows that
/// leave a power with its holder are left out.
pub fn preview(book: &Book, rows: &[Row]) -> Vec<Handover> {
    let mut out: Vec<Handover> = rows
        .iter()
        .filter_map(|row| {
            let (matter, area, power) = parse_power_key(&row.key)?;
            let body = row.typed::<Power>()?;
            let eve = row.valid.from.yesterday().ok()?;
            let from = deciding(book, matter, area, power, eve).ok().map(|(_, before, _)| before.organ);
            let handed = from.as_ref() != Some(&body.organ);
            handed.then(|| Handover { day: row.valid.from, matter: matter.to_owned(), area: area.to_owned(), power, from, to: body.organ, scope: body.scope })
        })
        .collect();
    out.sort_by(|a, b| (a.day, &a.matter, &a.area, a.power).cmp(&(b.day, &b.matter, &b.area, b.power)));
    out
}

/// Days on which nobody holds a power that somebody held before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapAlert {
    /// The matter.
    pub matter: String,
    /// The power.
    pub power: PowerType,
    /// The days; open if nobody is to hold it again.
    pub days: Validity,
}

/// Where powers of an area are held by nobody: between two rows, and after the last while the matter itself is in force.
pub fn gaps(book: &Book, area: &str) -> Vec<GapAlert> {
    let mut out = Vec::new();
    for key in book.keys(Kind::Power) {
        let Some((matter, _, power)) = parse_power_key(key).filter(|(_, a, _)| *a == area) else { continue };
        let last = book.history(Kind::Power, key).next_back().and_then(|row| row.valid.until);
        let lasting = last.filter(|until| book.history(Kind::Matter, matter).any(|row| row.valid.overlaps(&Validity::from(*until))));
        let days = book.gaps(Kind::Power, key).into_iter().chain(lasting.map(Validity::from));
        out.extend(days.map(|days| GapAlert { matter: matter.to_owned(), power, days }));
    }
    out
}

/// The one member of a power's body by which its rows are counted.
#[derive(Deserialize)]
struct Organ<'a> {
    #[serde(borrow)]
    organ: Cow<'a, str>,
}

/// A power as the rows of a day say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding<'a> {
    /// The matter.
    pub matter: &'a str,
    /// The area of the row.
    pub area: &'a str,
    /// The organ that holds it there.
    pub organ: Cow<'a, str>,
    /// The row.
    pub row: &'a Row,
}

/// Every row of a power that is in force on a day, in order of the matters' codes.
pub fn holdings(book: &Book, power: PowerType, day: Date) -> impl Iterator<Item = Holding<'_>> {
    book.in_force(Kind::Power, day).filter_map(move |row| {
        let (matter, area, _) = parse_power_key(&row.key).filter(|(.., p)| *p == power)?;
        let body = serde_json::from_str::<Organ<'_>>(row.body.as_json()).ok()?;
        Some(Holding { matter, area, organ: body.organ, row })
    })
}

/// The matters in which an organ holds a power on a day by rows of the area itself, in order of their codes.
pub fn held<'a>(book: &'a Book, organ: &str, area: &str, power: PowerType, day: Date) -> impl Iterator<Item = (&'a str, &'a Row)> {
    holdings(book, power, day).filter(move |h| h.area == area && h.organ == organ).map(|h| (h.matter, h.row))
}

#[cfg(test)]
mod tests;
