//! The rows behind a number, a page at a time.

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::RecordId;
use sync_core::dated::Book;
use sync_core::figures::{Formula, Indicator};

use super::narrow::{Asked, Query, narrowed, narrowed_deadlines};
use super::{goal, held};
use crate::base::db::Tx;
use crate::on;
use crate::org::ops;
use crate::org::reach::Reach;
use crate::schema::{deadline, fact, listing};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// A row that a figure counts.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The fact: a name of `sync_core::figures::FACTS`.
    pub what: String,
    /// The record; none for a matter of the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// What it is called.
    pub title: String,
    /// What of it: an item, an order, an organ, a deadline, a matter.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The day that it is counted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The organ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organ: Option<String>,
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<RecordId>,
    /// The matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<String>,
    /// How much.
    pub amount: i64,
}

/// A page of rows.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The rows, in order of fact, day and record.
    pub items: Vec<Row>,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The rows that an indicator counts, those above and below the line, a page at a time.
pub fn rows(tx: &mut Tx<'_>, district: i64, indicator: &Indicator, query: &Query, reach: &Reach, book: &Book) -> Result<Page, StoreError> {
    let asked = &Asked::of(query, reach, book);
    let whats = match indicator.formula {
        Formula::Matters => return Ok(held::rows(book, query, false)),
        Formula::MattersListed => return Ok(held::rows(book, query, true)),
        Formula::HoursGoal => return goal::rows(tx, district, asked, reach, book),
        Formula::InTime => return deadline_rows(tx, district, asked),
        Formula::Count(_) | Formula::Ratio(..) | Formula::Several(_) | Formula::Drop(_) => indicator.formula.facts(),
    };
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(Mark::parse);
    type Stored = (String, Vec<u8>, i64, String, String, Option<String>, Option<String>, Option<Vec<u8>>, Option<String>, i64, Option<String>);
    let mut stored: Vec<Stored> = Vec::new();
    // Fact by fact, since each is a range of the index of its own; an indicator counts two at most.
    let mut whats = whats;
    whats.sort_unstable();
    whats.dedup();
    whats.retain(|what| after.as_ref().is_none_or(|after| after.what.as_str() <= *what));
    for what in whats {
        let room = limit - stored.len() as i64;
        if room <= 0 {
            break;
        }
        let more: Vec<Stored> = on!(tx, |c| {
            let lines = listing::table.on(listing::district.eq(fact::district).and(listing::record.eq(fact::record)));
            let columns = (fact::what, fact::record, fact::n, fact::about, fact::day, fact::organ, fact::unit, fact::object, fact::matter, fact::amount, listing::title.nullable());
            let mut rows = narrowed!(fact::table.left_join(lines).select(columns).into_boxed(), district, asked).filter(fact::what.eq(what));
            if let Some(Mark { day, record, rest, .. }) = after.as_ref().filter(|after| after.what == what) {
                let n = rest.parse::<i64>().unwrap_or(i64::MAX);
                let later = fact::day.gt(day).or(fact::record.gt(record)).or(fact::record.eq(record).and(fact::n.gt(n)));
                // Said twice: as the end of a range, which an index can begin at, and exactly.
                rows = rows.filter(fact::day.ge(day)).filter(later);
            }
            rows.order((fact::day, fact::record, fact::n)).limit(room).load(c)
        })?;
        stored.extend(more);
    }
    let next = match stored.last().filter(|_| stored.len() as i64 == limit) {
        Some((what, record, n, _, day, ..)) => Some(format!("{what}.{day}.{}.{n}", record_id(record)?)),
        None => None,
    };
    let mut items = Vec::with_capacity(stored.len());
    for (what, record, _, about, day, organ, unit, object, matter, amount, title) in stored {
        let object = object.as_deref().map(record_id).transpose()?;
        items.push(Row { what, record: Some(record_id(&record)?), title: title.unwrap_or_default(), about, day: Some(day), organ, unit, object, matter, amount });
    }
    Ok(Page { items, next })
}

/// Where a page ended.
struct Mark {
    what: String,
    day: String,
    record: Vec<u8>,
    /// The number of the fact; what a deadline is about.
    rest: String,
}

impl Mark {
    fn parse(text: &str) -> Option<Mark> {
        let mut parts = text.splitn(4, '.');
        let (what, day) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let record: RecordId = parts.next()?.parse().ok()?;
        Some(Mark { what, day, record: record.to_bytes().to_vec(), rest: parts.next()?.to_owned() })
    }
}

/// Deadlines of the period: the amount is 1 where it was met, else 0.
fn deadline_rows(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>) -> Result<Page, StoreError> {
    let limit = ops::page(asked.query.limit);
    let after = asked.query.after.as_deref().and_then(Mark::parse);
    type Stored = (Vec<u8>, String, String, Option<String>, Option<String>, String, Option<String>);
    let stored: Vec<Stored> = on!(tx, |c| {
        let lines = listing::table.on(listing::district.eq(deadline::district).and(listing::record.eq(deadline::record)));
        let columns = (deadline::record, deadline::code, deadline::about, deadline::due, deadline::done, deadline::unit, listing::title.nullable());
        let mut rows = narrowed_deadlines!(deadline::table.left_join(lines).select(columns).into_boxed(), district, asked);
        if let Some(Mark { what, day, record, rest }) = &after {
            let same = || deadline::record.eq(record);
            let later = deadline::record.gt(record).or(same().and(deadline::code.gt(what))).or(same().and(deadline::code.eq(what)).and(deadline::about.gt(rest)));
            rows = rows.filter(deadline::due.ge(day)).filter(deadline::due.gt(day).or(later.nullable()));
        }
        rows.order((deadline::due, deadline::record, deadline::code, deadline::about)).limit(limit).load(c)
    })?;
    let next = match stored.last().filter(|_| stored.len() as i64 == limit) {
        Some((record, code, about, due, ..)) => Some(format!("{code}.{}.{}.{about}", due.clone().unwrap_or_default(), record_id(record)?)),
        None => None,
    };
    let mut items = Vec::with_capacity(stored.len());
    for (record, code, about, due, done, unit, title) in stored {
        let met = done.as_ref().is_some_and(|done| due.as_ref().is_some_and(|due| done <= due));
        items.push(Row {
            what: code,
            record: Some(record_id(&record)?),
            title: title.unwrap_or_default(),
            about,
            day: due,
            organ: None,
            unit: Some(unit),
            object: None,
            matter: None,
            amount: i64::from(met),
        });
    }
    Ok(Page { items, next })
}
