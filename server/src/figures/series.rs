//! A period month by month: one query over its facts, grouped by month and fact, and one over its deadlines.
//!
//! Each month is a [`Period`] of its own, so that an indicator comes about in a month as it does in the whole. What is counted once in the whole
//! may be counted in several months: months do not add up to the period. Deliberately absent: what is not the sum of rows (matters of the book,
//! objects that several organs visited, the yearly goal), which stands at naught here.

use std::collections::BTreeMap;

use diesel::dsl::{count, count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use sync_core::base::Date;
use sync_core::dated::Book;

use super::count::{Period, Tally};
use super::narrow::{Asked, Query, narrowed, narrowed_deadlines};
use crate::base::db::Tx;
use crate::on;
use crate::org::reach::Reach;
use crate::schema::{deadline, fact};
use crate::sync::store::StoreError;

/// A month of a period: the days of it that are in the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub first: Date,
    /// What is counted in it.
    pub period: Period,
}

/// The months of a period in order, those without facts too.
pub fn months(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach, book: &Book, today: Date) -> Result<Vec<Month>, StoreError> {
    let asked = &Asked::of(query, reach, book);
    let mut facts = facts(tx, district, asked)?;
    let mut deadlines = deadlines(tx, district, asked, today)?;
    let mut out = Vec::new();
    let mut first = query.from.first_of_month();
    while first <= query.to {
        let key = first.strftime("%Y-%m").to_string();
        out.push(Month { first, period: Period::of(facts.remove(&key).unwrap_or_default(), deadlines.remove(&key).unwrap_or_default()) });
        let Ok(next) = first.last_of_month().tomorrow() else { break };
        first = next;
    }
    Ok(out)
}

fn facts(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>) -> Result<BTreeMap<String, BTreeMap<String, Tally>>, StoreError> {
    type Row = (String, String, i64, i64, i64, i64, i64, i64);
    let rows: Vec<Row> = on!(tx, |c| {
        let columns = (
            sql::<Text>("SUBSTR(fact.day, 1, 7)"),
            sql::<Text>("fact.what"),
            count_star(),
            count(fact::record).aggregate_distinct(),
            count(fact::pair).aggregate_distinct(),
            count(fact::object).aggregate_distinct(),
            count(fact::about).aggregate_distinct(),
            sql::<BigInt>("CAST(COALESCE(SUM(fact.amount), 0) AS BIGINT)"),
        );
        let grouped = fact::table.group_by(sql::<Text>("SUBSTR(fact.day, 1, 7), fact.what")).select(columns);
        narrowed!(grouped.into_boxed(), district, asked).load(c)
    })?;
    let mut out: BTreeMap<String, BTreeMap<String, Tally>> = BTreeMap::new();
    for (month, what, rows, records, pairs, objects, abouts, sum) in rows {
        out.entry(month).or_default().insert(what, Tally { rows, records, pairs, objects, abouts, sum });
    }
    Ok(out)
}

/// Deadlines by the month of their last day: met, and met or missed.
fn deadlines(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>, today: Date) -> Result<BTreeMap<String, (i64, i64)>, StoreError> {
    let missed = format!("deadline.done > deadline.due OR (deadline.done IS NULL AND deadline.due < '{today}')");
    let sum = |of: &str| sql::<BigInt>(&format!("CAST(COALESCE(SUM(CASE WHEN {of} THEN 1 ELSE 0 END), 0) AS BIGINT)"));
    let rows: Vec<(String, i64, i64)> = on!(tx, |c| {
        let columns = (sql::<Text>("SUBSTR(deadline.due, 1, 7)"), sum("deadline.done <= deadline.due"), sum(&missed));
        let grouped = deadline::table.group_by(sql::<Text>("SUBSTR(deadline.due, 1, 7)")).select(columns);
        narrowed_deadlines!(grouped.into_boxed(), district, asked).load(c)
    })?;
    Ok(rows.into_iter().map(|(month, met, missed)| (month, (met, met + missed))).collect())
}
