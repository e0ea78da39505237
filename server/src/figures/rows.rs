//! The rows behind a number, a page at a time.

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::RecordId;
use sync_core::dated::Book;
use sync_core::figures::{Formula, Indicator};

use super::narrow::{Asked, Query, narrowed, narrowed_deadlines, of_deadlines};
use super::{goal, held};
use crate::base::db::Tx;
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, Road, merged};
use crate::schema::{deadline, fact, held_deadline, listing};
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
        Formula::InTime => return deadline_rows(tx, district, asked, &reach.road()),
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
        let begun = after.as_ref().filter(|after| after.what == what).map(|after| Query { from: after.day.parse().unwrap_or(query.from).max(query.from), ..query.clone() });
        let asked = &Asked { query: begun.as_ref().unwrap_or(query), units: asked.units.clone(), buckets: asked.buckets.clone() };
        let more: Vec<Stored> = on!(tx, |c| {
            let lines = listing::table.on(listing::district.eq(fact::district).and(listing::record.eq(fact::record)));
            let columns = (fact::what, fact::record, fact::n, fact::about, fact::day, fact::organ, fact::unit, fact::object, fact::matter, fact::amount, listing::title.nullable());
            let mut rows = narrowed!(fact::table.left_join(lines).select(columns).into_boxed(), district, asked).filter(fact::what.eq(what));
            if let Some(Mark { day, record, rest, .. }) = after.as_ref().filter(|after| after.what == what) {
                let n = rest.parse::<i64>().unwrap_or(i64::MAX);
                let later = fact::day.gt(day).or(fact::record.gt(record)).or(fact::record.eq(record).and(fact::n.gt(n)));
                // The period already begins on that day, so that an index can begin there.
                rows = rows.filter(later);
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
fn deadline_rows(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>, road: &Road) -> Result<Page, StoreError> {
    let limit = ops::page(asked.query.limit);
    let after = asked.query.after.as_deref().and_then(Mark::parse);
    let from = asked.query.from;
    let begun = after.as_ref().map(|after| Query { from: after.day.parse().unwrap_or(from).max(from), ..asked.query.clone() });
    let buckets = if matches!(road, Road::Held(_)) { None } else { asked.buckets.clone() };
    let asked = &Asked { query: begun.as_ref().unwrap_or(asked.query), units: asked.units.clone(), buckets };
    type Stored = (Vec<u8>, String, String, Option<String>, Option<String>, String, Option<String>);
    // The rows of a table that has what the others are ordered by.
    macro_rules! page {
        ($narrowed:ident, $rows:expr, $of:ident) => {{
            let mut rows = $narrowed!($rows, district, asked);
            if let Some(Mark { what, day, record, rest }) = &after {
                let same = || $of::record.eq(record);
                let later = $of::record.gt(record).or(same().and($of::code.gt(what))).or(same().and($of::code.eq(what)).and($of::about.gt(rest)));
                rows = rows.filter($of::due.gt(day).or(later.nullable()));
            }
            rows.order(($of::due, $of::record, $of::code, $of::about)).limit(limit)
        }};
    }
    let lines = || listing::table.on(listing::district.eq(deadline::district).and(listing::record.eq(deadline::record)));
    let columns = || (deadline::record, deadline::code, deadline::about, deadline::due, deadline::done, deadline::unit, listing::title.nullable());
    let stored: Vec<Stored> = match road {
        Road::Held(holders) => {
            let (from, to) = (asked.query.from.to_string(), asked.query.to.to_string());
            let mut all: Vec<Stored> = Vec::new();
            // Each holder's own, what is done and what is not: each is a range of an index in the order of the page.
            for (holder, done) in holders.iter().flat_map(|holder| [(holder, false), (holder, true)]) {
                let same = deadline::district
                    .eq(held_deadline::district)
                    .and(deadline::record.eq(held_deadline::record))
                    .and(deadline::code.eq(held_deadline::code))
                    .and(deadline::about.eq(held_deadline::about));
                all.extend(on!(tx, |c| {
                    let rows = held_deadline::table.inner_join(deadline::table.on(same)).left_join(lines()).select(columns()).into_boxed();
                    let rows = rows.filter(held_deadline::district.eq(district)).filter(held_deadline::holder.eq(holder)).filter(held_deadline::done.eq(done));
                    let rows = rows.filter(held_deadline::lapses.eq(false)).filter(held_deadline::due.between(&from, &to));
                    page!(of_deadlines, rows, held_deadline).load::<Stored>(c)
                })?);
            }
            merged(all, limit, |row| (row.3.clone(), row.0.clone(), row.1.clone(), row.2.clone()))
        }
        _ => on!(tx, |c| page!(narrowed_deadlines, deadline::table.left_join(lines()).select(columns()).into_boxed(), deadline).load(c))?,
    };
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
