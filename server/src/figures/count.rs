//! Counting: one query over the facts of a period, and every indicator from it.

use std::collections::BTreeMap;

use diesel::dsl::{count, count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use sync_core::base::{Date, RecordId};
use sync_core::dated::Book;
use sync_core::figures::{By, Formula, INDICATORS, Indicator, Measure, Term, days, year_before};

use super::{goal, held};
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops;
use crate::org::reach::Reach;
use crate::schema::{deadline, fact, feed, listing};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// Which facts: all filters that are given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// Only of this area.
    pub area: Option<String>,
    /// Only of this organ.
    pub organ: Option<String>,
    /// Only of this unit.
    pub unit: Option<String>,
    /// Only of this site or subject.
    pub object: Option<RecordId>,
    /// Only of this matter.
    pub matter: Option<String>,
    /// Rows: `next` of the page before.
    pub after: Option<String>,
    /// Rows of a page.
    pub limit: Option<u32>,
}

/// Longest period: what is compared is a year, and what is charted is some of them.
const LONGEST: i64 = 3_660;

impl Query {
    /// Refuses a period that is none or has no end.
    pub fn sound(&self) -> Result<(), Problem> {
        match days(self.from, self.to) {
            days if days < 0 => Err(Problem::field("to", format!("is before {}; the last day of the period is not before its first", self.from))),
            days if days > LONGEST => Err(Problem::field("from", format!("the period has {days} days; ask for at most {LONGEST}"))),
            _ => Ok(()),
        }
    }

    /// The same period of the year before: 29 February becomes the 28th.
    pub fn year_before(&self) -> Query {
        Query { from: year_before(self.from), to: year_before(self.to), ..self.clone() }
    }

    /// The day before the period.
    fn day_before(&self) -> Option<Query> {
        let day = self.from.yesterday().ok()?;
        Some(Query { from: day, to: day, ..self.clone() })
    }
}

/// How often a fact holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    rows: i64,
    records: i64,
    pairs: i64,
    objects: i64,
    abouts: i64,
    sum: i64,
}

impl Tally {
    fn by(&self, by: By) -> i64 {
        match by {
            By::Rows => self.rows,
            By::Records => self.records,
            By::Pairs => self.pairs,
            By::Objects => self.objects,
            By::Abouts => self.abouts,
            By::Sum => self.sum,
        }
    }
}

/// What is counted in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Period {
    tallies: BTreeMap<String, Tally>,
    /// Deadlines that were met, and those that were met or missed.
    deadlines: (i64, i64),
    /// Matters that are held on the last day, and those of them that stand on the unified list.
    matters: (i64, i64),
    /// Officers who reached the yearly goal of hours, and all.
    goal: (i64, i64),
}

/// The filters of a query on the rows of `fact`, and the reach of whoever asks.
macro_rules! narrowed {
    ($rows:expr, $district:expr, $query:expr, $reach:expr) => {{
        let (from, to) = ($query.from.to_string(), $query.to.to_string());
        let mut rows = $rows.filter(fact::district.eq($district)).filter(fact::day.ge(from)).filter(fact::day.le(to));
        if let Some(area) = &$query.area {
            rows = rows.filter(fact::area.eq(area));
        }
        if let Some(organ) = &$query.organ {
            rows = rows.filter(fact::organ.eq(organ));
        }
        if let Some(unit) = &$query.unit {
            rows = rows.filter(fact::unit.eq(unit));
        }
        if let Some(object) = $query.object {
            rows = rows.filter(fact::object.eq(object.to_bytes().to_vec()));
        }
        if let Some(matter) = &$query.matter {
            rows = rows.filter(fact::matter.eq(matter));
        }
        if let Some(buckets) = $reach {
            let held = feed::table.filter(feed::district.eq($district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
            rows = rows.filter(fact::record.eq_any(held));
        }
        rows
    }};
}

fn buckets(reach: &Reach) -> Option<Vec<String>> {
    reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect())
}

/// Counts a period: one query over its facts, one over the deadlines, and the book.
pub fn period(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach, book: &Book, today: Date) -> Result<Period, StoreError> {
    type Row = (String, i64, i64, i64, i64, i64, i64);
    let reached = buckets(reach);
    let rows: Vec<Row> = on!(tx, |c| {
        let columns = (
            fact::what,
            count_star(),
            count(fact::record).aggregate_distinct(),
            count(fact::pair).aggregate_distinct(),
            count(fact::object).aggregate_distinct(),
            count(fact::about).aggregate_distinct(),
            sql::<BigInt>("CAST(COALESCE(SUM(amount), 0) AS BIGINT)"),
        );
        narrowed!(fact::table.group_by(fact::what).select(columns).into_boxed(), district, query, reached.clone()).load(c)
    })?;
    let tally = |(what, rows, records, pairs, objects, abouts, sum): Row| (what, Tally { rows, records, pairs, objects, abouts, sum });
    Ok(Period {
        tallies: rows.into_iter().map(tally).collect(),
        deadlines: in_time(tx, district, query, reached, today)?,
        matters: held::count(book, query),
        goal: goal::count(tx, district, query, reach, book)?,
    })
}

/// Deadlines whose last day is in the period: met, and met or missed. A right that lapses, and what stands still, is neither.
fn in_time(tx: &mut Tx<'_>, district: i64, query: &Query, reached: Option<Vec<String>>, today: Date) -> Result<(i64, i64), StoreError> {
    let (from, to, today) = (query.from.to_string(), query.to.to_string(), today.to_string());
    let counted = |tx: &mut Tx<'_>, met: bool| -> Result<i64, StoreError> {
        Ok(on!(tx, |c| {
            let mut rows =
                deadline::table.filter(deadline::district.eq(district)).filter(deadline::lapses.eq(false)).filter(deadline::due.between(&from, &to)).count().into_boxed();
            rows = if met {
                rows.filter(deadline::done.le(deadline::due))
            } else {
                rows.filter(deadline::done.gt(deadline::due).or(deadline::done.is_null().and(deadline::due.lt(&today))))
            };
            if let Some(unit) = &query.unit {
                rows = rows.filter(deadline::unit.eq(unit));
            }
            if let Some(buckets) = reached.clone() {
                let held = feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
                rows = rows.filter(deadline::record.eq_any(held));
            }
            rows.get_result(c)
        })?)
    };
    let (met, missed) = (counted(tx, true)?, counted(tx, false)?);
    Ok((met, met + missed))
}

/// A number with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Value {
    /// Above the line; the count itself where there is no line.
    pub of: i64,
    /// Below the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_all: Option<i64>,
    /// The number: a count, or hundredths of a count, of days or of a per cent; nothing where there is nothing to divide by.
    pub hundredths: Option<i64>,
}

fn divided(of: i64, in_all: i64, measure: Measure) -> Value {
    let scale = if measure == Measure::Share { 10_000 } else { 100 };
    let rounded = |of: i64| (i128::from(of) * scale * 2 + i128::from(in_all)).div_euclid(i128::from(in_all) * 2);
    let hundredths = (in_all > 0).then(|| i64::try_from(rounded(of)).unwrap_or(i64::MAX));
    Value { of, in_all: Some(in_all), hundredths }
}

impl Period {
    fn term(&self, term: Term) -> i64 {
        self.tallies.get(term.what).copied().unwrap_or_default().by(term.by)
    }

    /// The value of an indicator; `before` is the same period of the year before.
    pub fn value(&self, indicator: &Indicator, before: &Period) -> Value {
        let whole = |n: i64| Value { of: n, in_all: None, hundredths: n.checked_mul(100) };
        match indicator.formula {
            Formula::Count(term) => whole(self.term(term)),
            Formula::Matters => whole(self.matters.0),
            Formula::MattersListed => whole(self.matters.1),
            Formula::HoursGoal => divided(self.goal.0, self.goal.1, indicator.measure),
            Formula::Ratio(a, b) => divided(self.term(a), self.term(b), indicator.measure),
            Formula::InTime => divided(self.deadlines.0, self.deadlines.1, indicator.measure),
            Formula::Drop(term) => {
                let (now, then) = (self.term(term), before.term(term));
                divided(then - now, then, indicator.measure)
            }
        }
    }
}

/// An indicator with its numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Its code.
    pub code: &'static str,
    /// What it is called.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// How it comes about.
    pub formula: &'static str,
    /// The same in English.
    pub formula_en: &'static str,
    /// What its numbers are of: `count`, `share`, `mean`, `days`.
    pub measure: &'static str,
    /// Where it is from.
    pub source: &'static str,
    /// Of the period.
    pub value: Value,
    /// Of the same period of the year before.
    pub year_before: Value,
    /// Of what is held, not done: on the day before the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_start: Option<Value>,
}

/// The word of a measure.
pub fn measure(of: Measure) -> &'static str {
    match of {
        Measure::Count => "count",
        Measure::Share => "share",
        Measure::Mean => "mean",
        Measure::Days => "days",
    }
}

/// Every indicator of a period, beside the year before: six queries, however many indicators.
pub fn figures(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach, book: &Book, today: Date) -> Result<Vec<Figure>, StoreError> {
    let before = query.year_before();
    let earlier = before.year_before();
    let [now, then, earlier] = [query, &before, &earlier].map(|query| period(tx, district, query, reach, book, today));
    let (now, then, earlier) = (now?, then?, earlier?);
    let start = query.day_before().map(|query| Period { matters: held::count(book, &query), ..Period::default() });
    let held = |i: &Indicator| matches!(i.formula, Formula::Matters | Formula::MattersListed);
    let figure = |i: &'static Indicator| Figure {
        code: i.code,
        zh: i.zh.0,
        en: i.en.0,
        formula: i.zh.1,
        formula_en: i.en.1,
        measure: measure(i.measure),
        source: i.source,
        value: now.value(i, &then),
        year_before: then.value(i, &earlier),
        at_start: start.as_ref().filter(|_| held(i)).map(|start| start.value(i, start)),
    };
    Ok(INDICATORS.iter().map(figure).collect())
}

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
    let whats: Vec<&str> = match indicator.formula {
        Formula::Count(term) | Formula::Drop(term) => vec![term.what],
        Formula::Ratio(a, b) if a.what == b.what => vec![a.what],
        Formula::Ratio(a, b) => vec![a.what, b.what],
        Formula::Matters => return Ok(held::rows(book, query, false)),
        Formula::MattersListed => return Ok(held::rows(book, query, true)),
        Formula::HoursGoal => return goal::rows(tx, district, query, reach, book),
        Formula::InTime => return deadline_rows(tx, district, query, reach),
    };
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(Mark::parse);
    type Stored = (String, Vec<u8>, i64, String, String, Option<String>, Option<String>, Option<Vec<u8>>, Option<String>, i64, Option<String>);
    let reached = buckets(reach);
    let stored: Vec<Stored> = on!(tx, |c| {
        let lines = listing::table.on(listing::district.eq(fact::district).and(listing::record.eq(fact::record)));
        let columns = (fact::what, fact::record, fact::n, fact::about, fact::day, fact::organ, fact::unit, fact::object, fact::matter, fact::amount, listing::title.nullable());
        let mut rows = narrowed!(fact::table.left_join(lines).select(columns).into_boxed(), district, query, reached.clone()).filter(fact::what.eq_any(&whats));
        if let Some(Mark { what, day, record, n }) = &after {
            let same = fact::what.eq(what).and(fact::day.eq(day));
            rows = rows.filter(
                fact::what.gt(what).or(fact::what.eq(what).and(fact::day.gt(day))).or(same.and(fact::record.gt(record))).or(fact::what
                    .eq(what)
                    .and(fact::day.eq(day))
                    .and(fact::record.eq(record))
                    .and(fact::n.gt(n))),
            );
        }
        rows.order((fact::what, fact::day, fact::record, fact::n)).limit(limit).load(c)
    })?;
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

/// Where a page of facts ended.
struct Mark {
    what: String,
    day: String,
    record: Vec<u8>,
    n: i64,
}

impl Mark {
    fn parse(text: &str) -> Option<Mark> {
        let mut parts = text.splitn(4, '.');
        let (what, day) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let record: RecordId = parts.next()?.parse().ok()?;
        Some(Mark { what, day, record: record.to_bytes().to_vec(), n: parts.next()?.parse().ok()? })
    }
}

/// Deadlines of the period: the amount is 1 where it was met, else 0.
fn deadline_rows(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    let limit = ops::page(query.limit);
    let (from, to, reached) = (query.from.to_string(), query.to.to_string(), buckets(reach));
    let after = query.after.as_deref().and_then(Mark::parse);
    type Stored = (Vec<u8>, String, String, Option<String>, Option<String>, String, Option<String>);
    let stored: Vec<Stored> = on!(tx, |c| {
        let lines = listing::table.on(listing::district.eq(deadline::district).and(listing::record.eq(deadline::record)));
        let columns = (deadline::record, deadline::code, deadline::about, deadline::due, deadline::done, deadline::unit, listing::title.nullable());
        let mut rows = deadline::table
            .left_join(lines)
            .filter(deadline::district.eq(district))
            .filter(deadline::lapses.eq(false))
            .filter(deadline::due.between(&from, &to))
            .select(columns)
            .into_boxed();
        if let Some(unit) = &query.unit {
            rows = rows.filter(deadline::unit.eq(unit));
        }
        if let Some(Mark { what, day, record, .. }) = &after {
            let later = deadline::due.eq(day).and(deadline::record.gt(record));
            rows = rows.filter(deadline::due.gt(day).or(later).or(deadline::due.eq(day).and(deadline::record.eq(record)).and(deadline::code.gt(what))));
        }
        if let Some(buckets) = reached {
            let held = feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
            rows = rows.filter(deadline::record.eq_any(held));
        }
        rows.order((deadline::due, deadline::record, deadline::code, deadline::about)).limit(limit).load(c)
    })?;
    let next = match stored.last().filter(|_| stored.len() as i64 == limit) {
        Some((record, code, _, due, ..)) => Some(format!("{code}.{}.{}.0", due.clone().unwrap_or_default(), record_id(record)?)),
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
