//! Counting: one query over the facts of a period, and every indicator from it.

use std::collections::BTreeMap;

use diesel::dsl::{count, count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;
use sync_core::base::Date;
use sync_core::dated::Book;
use sync_core::figures::{By, Formula, INDICATORS, Indicator, Measure, Term};

use super::narrow::{Asked, Query, narrowed, narrowed_deadlines};
use super::{goal, held};
use crate::base::db::Tx;
use crate::on;
use crate::org::reach::Reach;
use crate::schema::{deadline, fact};
use crate::sync::store::StoreError;

/// How often a fact holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub(super) rows: i64,
    pub(super) records: i64,
    pub(super) pairs: i64,
    pub(super) objects: i64,
    pub(super) abouts: i64,
    pub(super) sum: i64,
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
    /// Objects by fact to which several organs went.
    several: BTreeMap<&'static str, i64>,
    /// Deadlines that were met, and those that were met or missed.
    deadlines: (i64, i64),
    /// Matters that are held on the last day, and those of them that stand on the unified list.
    matters: (i64, i64),
    /// Officers who reached the yearly goal of hours, and all.
    goal: (i64, i64),
}

/// Counts a period: one query over its facts, one over objects that several organs visited, two over the deadlines, those of
/// training, and the book.
pub fn period(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach, book: &Book, today: Date) -> Result<Period, StoreError> {
    type Row = (String, i64, i64, i64, i64, i64, i64);
    let asked = &Asked::of(query, reach, book);
    let rows: Vec<Row> = on!(tx, |c| {
        // By a term of its own, so that the days begin the search and not the order of the groups.
        let what = || sql::<Text>("COALESCE(fact.what, '')");
        let columns = (
            what(),
            count_star(),
            count(fact::record).aggregate_distinct(),
            count(fact::pair).aggregate_distinct(),
            count(fact::object).aggregate_distinct(),
            count(fact::about).aggregate_distinct(),
            sql::<BigInt>("CAST(COALESCE(SUM(amount), 0) AS BIGINT)"),
        );
        narrowed!(fact::table.group_by(what()).select(columns).into_boxed(), district, asked).load(c)
    })?;
    let tally = |(what, rows, records, pairs, objects, abouts, sum): Row| (what, Tally { rows, records, pairs, objects, abouts, sum });
    let mut several = BTreeMap::new();
    for what in INDICATORS.iter().filter_map(|i| if let Formula::Several(what) = i.formula { Some(what) } else { None }) {
        several.insert(what, of_several(tx, district, asked, what)?);
    }
    Ok(Period {
        tallies: rows.into_iter().map(tally).collect(),
        several,
        deadlines: in_time(tx, district, asked, today)?,
        matters: held::count(book, query),
        goal: goal::count(tx, district, asked, reach, book)?,
    })
}

/// Objects to which rows of a fact by more than one organ belong.
fn of_several(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>, what: &str) -> Result<i64, StoreError> {
    let objects: Vec<Option<Vec<u8>>> = on!(tx, |c| {
        let grouped = fact::table.group_by(fact::object).having(count(fact::organ).aggregate_distinct().gt(1)).select(fact::object);
        narrowed!(grouped.into_boxed(), district, asked).filter(fact::what.eq(what)).filter(fact::object.is_not_null()).load(c)
    })?;
    Ok(objects.len() as i64)
}

/// Deadlines whose last day is in the period: met, and met or missed. A right that lapses, and what stands still, is neither.
fn in_time(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>, today: Date) -> Result<(i64, i64), StoreError> {
    let today = today.to_string();
    let counted = |tx: &mut Tx<'_>, met: bool| -> Result<i64, StoreError> {
        Ok(on!(tx, |c| {
            let rows = narrowed_deadlines!(deadline::table.count().into_boxed(), district, asked);
            let rows = if met {
                rows.filter(deadline::done.le(deadline::due))
            } else {
                rows.filter(deadline::done.gt(deadline::due).or(deadline::done.is_null().and(deadline::due.lt(&today))))
            };
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
    /// What facts and deadlines alone say of a period.
    pub(super) fn of(tallies: BTreeMap<String, Tally>, deadlines: (i64, i64)) -> Period {
        Period { tallies, deadlines, ..Period::default() }
    }

    fn term(&self, term: Term) -> i64 {
        self.tallies.get(term.what).copied().unwrap_or_default().by(term.by)
    }

    /// The value of an indicator; `before` is the same period of the year before.
    pub fn value(&self, indicator: &Indicator, before: &Period) -> Value {
        let whole = |n: i64| Value { of: n, in_all: None, hundredths: n.checked_mul(100) };
        match indicator.formula {
            Formula::Count(term) => whole(self.term(term)),
            Formula::Several(what) => whole(self.several.get(what).copied().unwrap_or_default()),
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
    /// Of the period; nothing if it cannot be narrowed by a filter that is given.
    pub value: Option<Value>,
    /// Of the same period of the year before.
    pub year_before: Option<Value>,
    /// Of what is held, not done: on the day before the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_start: Option<Value>,
    /// The filters by which it cannot be narrowed: why it has no number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_by: Vec<&'static str>,
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

/// Every indicator of a period, beside the year before: a fixed number of queries, however many indicators and rows.
pub fn figures(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach, book: &Book, today: Date) -> Result<Vec<Figure>, StoreError> {
    let before = query.year_before();
    let earlier = before.year_before();
    let [now, then, earlier] = [query, &before, &earlier].map(|query| period(tx, district, query, reach, book, today));
    let (now, then, earlier) = (now?, then?, earlier?);
    let start = query.day_before().map(|query| Period { matters: held::count(book, &query), ..Period::default() });
    let held = |i: &Indicator| matches!(i.formula, Formula::Matters | Formula::MattersListed);
    let figure = |i: &'static Indicator| {
        let not_by = query.unfit(i);
        let fits = not_by.is_empty();
        Figure {
            code: i.code,
            zh: i.zh.0,
            en: i.en.0,
            formula: i.zh.1,
            formula_en: i.en.1,
            measure: measure(i.measure),
            source: i.source,
            value: fits.then(|| now.value(i, &then)),
            year_before: fits.then(|| then.value(i, &earlier)),
            at_start: start.as_ref().filter(|_| fits && held(i)).map(|start| start.value(i, start)),
            not_by,
        }
    };
    Ok(INDICATORS.iter().map(figure).collect())
}
