//! Certificates that end soon (执法证到期提醒): listed within reach, and raised once at each of the alerts of the policy
//! `certificate.alerts`, while nothing renews them.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::base::Date;
use sync_core::dated::{Book, Kind};
use sync_core::law::policy;
use sync_core::org::Certificate;

use crate::access::{Access, ReadsPeople};
use crate::app::App;
use crate::base::problem::Problem;
use crate::org::ops;
use crate::sync::store::{StoreError, Want};

/// The class of these notices.
const CLASS: &str = "certificate_ending";

/// A certificate that ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ending {
    /// The first day on which it is no longer valid.
    pub until: Date,
    /// Its number.
    pub number: String,
    /// Its holder.
    pub officer: String,
    /// Days from today until then.
    pub days: i32,
}

/// Days before the end at which an alert is given.
fn alerts(book: &Book, today: Date) -> Vec<i64> {
    policy::get::<Vec<i64>>(book, "certificate.alerts", today).map(|answer| answer.value).unwrap_or_default()
}

/// Certificates in force that end within the longest alert, and whose holder has no other of the same use that goes on; soonest first.
pub fn ending(book: &Book, today: Date) -> Vec<Ending> {
    let most = alerts(book, today).into_iter().max().unwrap_or(0);
    let mut last: BTreeMap<String, (Option<Date>, String)> = BTreeMap::new();
    let rows = book.keys(Kind::Certificate).flat_map(|key| book.history(Kind::Certificate, key)).filter(|row| row.valid.until.is_none_or(|until| until > today));
    for row in rows {
        let Some(held) = row.typed::<Certificate>().filter(|held| !held.suspended) else { continue };
        let one = (row.valid.until, row.key.to_string());
        let kept = last.entry(format!("{}/{:?}", held.officer, held.holder_kind)).or_insert_with(|| one.clone());
        if kept.0.is_some_and(|until| one.0.is_none_or(|later| later > until)) {
            *kept = one;
        }
    }
    let days = |until: Date| today.until(until).map_or(i32::MAX, |span| span.get_days());
    let mut out: Vec<Ending> = last
        .into_iter()
        .filter_map(|(who, (until, number))| Some(Ending { until: until?, number, officer: who.rsplit_once('/')?.0.to_owned(), days: days(until?) }))
        .filter(|one| i64::from(one.days) <= most)
        .collect();
    out.sort();
    out
}

/// What names the notices that are due of these: one at each alert that was passed, the nearest only.
fn subjects(found: &[Ending], alerts: &[i64]) -> BTreeSet<String> {
    let at = |one: &Ending| alerts.iter().copied().filter(|alert| i64::from(one.days) <= *alert).min();
    found.iter().filter_map(|one| Some(format!("{CLASS}:{}:{}:{}", one.number, one.until, at(one)?))).collect()
}

impl App {
    /// Raises certificates that end; gives how many lines were looked at. Doing it again raises nothing twice.
    pub async fn watch_certificates(&self) -> Result<usize, Problem> {
        let (law, today) = (self.law(), self.today());
        let due = subjects(&ending(&law.book, today), &alerts(&law.book, today));
        if due.is_empty() {
            return Ok(0);
        }
        let asked: Vec<String> = due.into_iter().collect();
        let new = self.read(move |tx, district| unraised(tx, district, asked)).await?;
        let count = new.len();
        if count > 0 {
            let raise = self.committer.run(Want::default(), move |store| {
                new.iter().for_each(|subject| store.raise(CLASS, subject.clone()));
                Ok::<_, StoreError>(())
            });
            raise.await?;
        }
        Ok(count)
    }
}

/// Those that were not raised before.
fn unraised(tx: &mut crate::base::db::Tx<'_>, district: i64, asked: Vec<String>) -> Result<Vec<String>, StoreError> {
    use crate::on;
    use crate::schema::notice;
    use diesel::prelude::*;
    let mut there = BTreeSet::new();
    for part in asked.chunks(crate::base::db::ROWS) {
        let rows: Vec<String> = on!(tx, |c| notice::table.filter(notice::district.eq(district)).filter(notice::subject.eq_any(part)).select(notice::subject).load(c))?;
        there.extend(rows);
    }
    Ok(asked.into_iter().filter(|subject| !there.contains(subject)).collect())
}

/// `GET /api/v1/certificates/ending`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// `next` of the page before: how many were shown.
    after: Option<usize>,
    limit: Option<u32>,
}

/// Certificates of officers within reach that end within the longest alert, soonest first.
pub async fn list(access: Access<ReadsPeople>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let (app, reach) = (access.app, access.actor.reach);
    let limit = usize::try_from(ops::page(query.limit)).unwrap_or(usize::MAX);
    let after = query.after.unwrap_or(0);
    let mut found = ending(&app.law().book, app.today());
    found.retain(|one| {
        let unit = one.officer.parse().ok().and_then(|id| app.live.officer(&id)).map(|known| known.unit);
        reach.takes(&one.officer, unit.as_deref().unwrap_or_default())
    });
    let next = after.checked_add(limit).filter(|next| *next < found.len());
    let items: Vec<Ending> = found.into_iter().skip(after).take(limit).collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": next })))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sync_core::base::Validity;
    use sync_core::base::date::date;
    use sync_core::dated::Row;
    use sync_core::org::HolderKind;

    fn book(rows: &[(&str, &str, Date, Option<Date>)]) -> Book {
        let mut book = Book::new();
        for (number, officer, from, until) in rows {
            let body =
                Certificate {
                    areas: None, holder_kind: HolderKind::Officer, issuer: "浙江省人民政府".into(), levels: None, officer: officer.parse().unwrap(), suspended: false
                };
            book.insert(Row::new(number, Validity { from: *from, until: *until }, &body).unwrap()).unwrap();
        }
        book
    }

    #[test]
    fn what_ends_is_told_at_each_alert_unless_something_renews_it() {
        let (from, end) = (date(2020, 1, 1), date(2026, 3, 1));
        let book = book(&[
            ("1001", "a", from, Some(end)),
            ("1002", "b", from, Some(end)),
            ("1003", "b", end, Some(date(2031, 3, 1))),
            ("1004", "c", from, None),
            ("1005", "d", from, Some(date(2026, 2, 20))),
        ]);
        let who = |day: Date| ending(&book, day).into_iter().map(|one| (one.officer, one.days)).collect::<Vec<_>>();
        assert_eq!(who(date(2025, 12, 21)), [], "61 and 70 days before");
        assert_eq!(who(date(2025, 12, 22)), [("d".to_owned(), 60)]);
        assert_eq!(who(date(2026, 2, 1)), [("d".to_owned(), 19), ("a".to_owned(), 28)]);
        assert_eq!(who(end), [], "what has ended is no more about to end");
        let told = |day: Date| subjects(&ending(&book, day), &alerts(&book, day));
        assert_eq!(told(date(2026, 1, 10)), told(date(2026, 1, 15)), "once for an alert");
        assert_eq!(told(date(2026, 2, 1)).into_iter().next().unwrap(), "certificate_ending:1001:2026-03-01:30");
        assert!(told(date(2026, 2, 22)).contains("certificate_ending:1001:2026-03-01:7"));
    }
}
