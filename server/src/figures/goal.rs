//! Officers whose hours of training reach the yearly goal (policy `training.hours`): how many, never in an order of merit.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sync_core::base::Date;
use sync_core::dated::Book;
use sync_core::law::policy;

use super::narrow::{Asked, Query};
use super::rows::{Page, Row};
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::org::ops;
use crate::org::reach::Reach;
use crate::schema::{fact, officer};
use crate::sync::store::StoreError;

/// First day of the year in which the period ends.
fn year(query: &Query) -> Date {
    query.to.first_of_year()
}

/// Officers within reach, by id: those of the unit and the organ that are asked for, at most `limit` of them after one.
fn officers(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>, reach: &Reach, after: &str, limit: i64) -> Result<Vec<(String, String, String)>, StoreError> {
    Ok(on!(tx, |c| {
        let mut q = officer::table
            .filter(officer::district.eq(district))
            .filter(officer::suspended_ms.is_null())
            .filter(officer::id.gt(after))
            .order(officer::id)
            .limit(limit)
            .select((officer::id, officer::name, officer::unit))
            .into_boxed();
        if let Some((units, own)) = reach.units() {
            q = q.filter(officer::unit.eq_any(units).or(officer::id.eq(own.as_str().to_owned())));
        }
        if let Some(unit) = &asked.query.unit {
            q = q.filter(officer::unit.eq(unit));
        }
        if asked.query.organ.is_some() {
            q = q.filter(officer::unit.eq_any(&asked.units));
        }
        q.load(c)
    })?)
}

/// Hours of the year up to the last day of the period.
fn hours(tx: &mut Tx<'_>, district: i64, query: &Query, of: &[&str]) -> Result<BTreeMap<String, i64>, StoreError> {
    let (from, to) = (year(query).to_string(), query.to.to_string());
    let rows: Vec<(String, i64)> = on!(tx, |c| fact::table
        .group_by(fact::about)
        .filter(fact::district.eq(district))
        .filter(fact::what.eq("training_hours"))
        .filter(fact::day.between(&from, &to))
        .filter(fact::about.eq_any(of))
        .select((fact::about, sql::<BigInt>("CAST(COALESCE(SUM(amount), 0) AS BIGINT)")))
        .load(c))?;
    Ok(rows.into_iter().collect())
}

fn goal(book: &Book, query: &Query) -> Option<i64> {
    policy::get::<i64>(book, "training.hours", query.to).ok().map(|answer| answer.value)
}

/// Officers who reached the goal, and all; none where no goal is set.
pub fn count(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>, reach: &Reach, book: &Book) -> Result<(i64, i64), StoreError> {
    let Some(goal) = goal(book, asked.query) else { return Ok((0, 0)) };
    let (mut reached, mut all, mut after) = (0, 0, String::new());
    loop {
        let people = officers(tx, district, asked, reach, &after, ROWS as i64)?;
        let Some((last, ..)) = people.last() else { return Ok((reached, all)) };
        after.clone_from(last);
        let ids: Vec<&str> = people.iter().map(|(id, ..)| id.as_str()).collect();
        reached += hours(tx, district, asked.query, &ids)?.values().filter(|hours| **hours >= goal).count() as i64;
        all += people.len() as i64;
    }
}

/// Who is counted, in order of id, with his hours.
pub fn rows(tx: &mut Tx<'_>, district: i64, asked: &Asked<'_>, reach: &Reach, book: &Book) -> Result<Page, StoreError> {
    if goal(book, asked.query).is_none() {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let limit = ops::page(asked.query.limit);
    let people = officers(tx, district, asked, reach, asked.query.after.as_deref().unwrap_or_default(), limit)?;
    let ids: Vec<&str> = people.iter().map(|(id, ..)| id.as_str()).collect();
    let hours = hours(tx, district, asked.query, &ids)?;
    let next = people.last().filter(|_| people.len() as i64 == limit).map(|(id, ..)| id.clone());
    let row = |(id, name, unit): (String, String, String)| Row {
        what: "training_hours".into(),
        record: None,
        title: name,
        day: Some(asked.query.to.to_string()),
        organ: None,
        unit: Some(unit),
        object: None,
        matter: None,
        amount: hours.get(&id).copied().unwrap_or(0),
        about: id,
    };
    Ok(Page { items: people.into_iter().map(row).collect(), next })
}
