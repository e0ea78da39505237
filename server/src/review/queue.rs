//! `GET /api/v1/queue?class=…`: keyset-paginated lists of what waits for a human.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sync_core::base::RecordId;
use sync_core::record::Dot;

use crate::access::{Access, ReadsQueue};
use crate::app::App;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, held};
use crate::schema::{device, ledger, notice, officer, parked, record};
use crate::sync::store::rows::{device_id, nat, record_id};
use crate::sync::store::{StoreError, load};

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Records with contested fields.
    Contested,
    /// Records with deeds that stand as exceptions.
    Excepted,
    /// Changes in quarantine.
    Quarantined,
    /// Changes that wait for others, oldest first.
    Parked,
    /// Changes that others wait for, by how much waits and since when.
    Missing,
    /// Everything else a human should know: forks, restores, unverified bytes.
    Notices,
}

/// The query. `after` is `next` of the page before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    class: Class,
    after: Option<String>,
    limit: Option<u32>,
}

/// A page of what waits.
#[derive(Serialize)]
pub struct Page {
    /// What waits, in its order.
    pub items: Vec<Item>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Something that waits.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Item {
    /// A record with contested fields or open exceptions.
    Record {
        /// The record.
        record: RecordId,
        /// Its kind.
        kind: String,
        /// Its newest commit.
        commit: u64,
        /// How many of its fields are contested.
        contested: i64,
        /// How many of its deeds stand as exceptions.
        exceptions: i64,
    },
    /// A change in quarantine, or one that waits for others.
    Change {
        /// The change.
        dot: Dot,
        /// The record that it names.
        record: Option<RecordId>,
        /// When it arrived.
        received_ms: i64,
        /// What became of it so far.
        disposition: Box<RawValue>,
        /// How many changes it waits for.
        waiting: usize,
    },
    /// A change that others wait for.
    Missing {
        /// The change.
        dot: Dot,
        /// How many wait.
        waiting: usize,
        /// Since when the oldest of them does.
        oldest_ms: i64,
    },
    /// A notice.
    Notice {
        /// What it is about.
        subject: String,
        /// Its class.
        class: String,
        /// Since when it stands.
        raised_ms: i64,
    },
}

/// A page of the queue, of what is within reach. What others wait for, and notices, concern the whole district.
pub async fn queue(access: Access<ReadsQueue>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let page = access.app.queue_page(&access.actor.reach, query.class, query.after, ops::page(query.limit));
    Ok(HttpResponse::Ok().json(page.await?))
}

impl App {
    /// A page of the queue within reach, after `next` of the page before.
    pub async fn queue_page(&self, reach: &Reach, class: Class, after: Option<String>, limit: i64) -> Result<Page, Problem> {
        let reach = reach.clone();
        let number = |text: &Option<String>| match text {
            None => Ok(-1),
            Some(text) => text.parse::<i64>().map_err(|_| Problem::field("after", "give `next` of the page before, or leave it out")),
        };
        match class {
            Class::Contested | Class::Excepted => {
                let (after, contested) = (number(&after)?, class == Class::Contested);
                self.read(move |tx, district| records(tx, district, &reach, contested, after, limit)).await
            }
            Class::Quarantined | Class::Parked => {
                let (after, state) = (number(&after)?, if class == Class::Parked { "parked" } else { "quarantined" });
                self.read(move |tx, district| changes(tx, district, &reach, state, after, limit)).await
            }
            Class::Missing => {
                reach.whole()?;
                self.read(move |tx, district| missing(tx, district, limit)).await
            }
            Class::Notices => {
                reach.whole()?;
                self.read(move |tx, district| notices(tx, district, after.as_deref(), limit)).await
            }
        }
    }
}

fn full<T>(items: &[T], limit: i64) -> bool {
    items.len() as i64 == limit
}

fn records(tx: &mut Tx<'_>, district: i64, reach: &Reach, contested: bool, after: i64, limit: i64) -> Result<Page, StoreError> {
    type Row = (Vec<u8>, String, i64, i64, i64);
    let columns = (record::id, record::kind, record::commit_seq, record::contested, record::exceptions);
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let rows: Vec<Row> = on!(tx, |c| {
        let mut q = record::table.filter(record::district.eq(district)).filter(record::commit_seq.gt(after)).order(record::commit_seq).limit(limit).select(columns).into_boxed();
        // As it stands in the partial indexes, which no bound value would match; so below.
        q = q.filter(sql::<Bool>(if contested { "record.contested > 0" } else { "record.exceptions > 0" }));
        if let Some(buckets) = buckets {
            q = q.filter(held!(district, buckets, record::id));
        }
        q.load(c)
    })?;
    let next = rows.last().filter(|_| full(&rows, limit)).map(|r| r.2.to_string());
    let item = |(id, kind, commit, contested, exceptions): Row| Ok(Item::Record { record: record_id(&id)?, kind, commit: nat(commit), contested, exceptions });
    Ok(Page { items: rows.into_iter().map(item).collect::<Result<_, StoreError>>()?, next })
}

/// Changes are within reach by their author: his unit, or himself. The record that they name may not exist.
fn changes(tx: &mut Tx<'_>, district: i64, reach: &Reach, state: &str, after: i64, limit: i64) -> Result<Page, StoreError> {
    type Row = (i64, i64, Option<Vec<u8>>, i64, i64, String);
    let rows: Vec<Row> = on!(tx, |c| {
        let mut q = ledger::table
            .filter(ledger::district.eq(district))
            .filter(ledger::state.eq(state))
            .filter(sql::<Bool>("ledger.state <> 'applied'"))
            .filter(ledger::leaf.gt(after))
            .order(ledger::leaf)
            .limit(limit)
            .select((ledger::device, ledger::seq, ledger::record, ledger::leaf, ledger::received_ms, ledger::disposition))
            .into_boxed();
        if let Some((units, own)) = reach.units() {
            let near = officer::table.filter(officer::district.eq(district)).filter(officer::unit.eq_any(units).or(officer::id.eq(own.as_str()))).select(officer::id);
            q = q.filter(ledger::device.eq_any(device::table.filter(device::district.eq(district)).filter(device::officer.eq_any(near)).select(device::id)));
        }
        q.load(c)
    })?;
    let next = rows.last().filter(|_| full(&rows, limit)).map(|r| r.3.to_string());
    let dots: Vec<Dot> = rows.iter().map(|r| Dot::new(device_id(r.0), nat(r.1))).collect();
    let mut waiting: BTreeMap<Dot, usize> = BTreeMap::new();
    for (missing, _) in load::waiting(tx, district, &dots)? {
        *waiting.entry(missing).or_default() += 1;
    }
    let mut items = Vec::with_capacity(rows.len());
    for ((_, _, record, _, received_ms, disposition), dot) in rows.into_iter().zip(dots) {
        let disposition = RawValue::from_string(disposition).map_err(|e| StoreError::Broken(format!("disposition: {e}")))?;
        let record = record.as_deref().map(record_id).transpose()?;
        items.push(Item::Change { dot, record, received_ms, disposition, waiting: waiting.get(&dot).copied().unwrap_or(0) });
    }
    Ok(Page { items, next })
}

/// The dots that hold up most, by how much waits for them and then by age; one page, no next.
fn missing(tx: &mut Tx<'_>, district: i64, limit: i64) -> Result<Page, StoreError> {
    let groups: Vec<(i64, i64, i64)> = on!(tx, |c| parked::table
        .filter(parked::district.eq(district))
        .filter(parked::missing_seq.gt(0))
        .group_by((parked::missing_device, parked::missing_seq))
        .order(diesel::dsl::count_star().desc())
        .limit(limit)
        .select((parked::missing_device, parked::missing_seq, diesel::dsl::count_star()))
        .load(c))?;
    let dots: Vec<Dot> = groups.iter().map(|g| Dot::new(device_id(g.0), nat(g.1))).collect();
    let waiting = load::waiting(tx, district, &dots)?;
    let of: Vec<Dot> = waiting.iter().map(|w| w.1).collect();
    let received: BTreeMap<Dot, i64> = load::entries(tx, district, &of)?.into_iter().map(|(dot, entry)| (dot, entry.received.0)).collect();
    let mut ranked: BTreeMap<Dot, (usize, i64)> = BTreeMap::new();
    for (missing, dot) in waiting {
        let at = received.get(&dot).copied().unwrap_or(i64::MAX);
        let rank = ranked.entry(missing).or_insert((0, i64::MAX));
        *rank = (rank.0 + 1, rank.1.min(at));
    }
    let mut ranked: Vec<(Dot, (usize, i64))> = ranked.into_iter().collect();
    ranked.sort_by_key(|(dot, (n, oldest))| (std::cmp::Reverse(*n), *oldest, *dot));
    let items = ranked.into_iter().map(|(dot, (waiting, oldest_ms))| Item::Missing { dot, waiting, oldest_ms }).collect();
    Ok(Page { items, next: None })
}

fn notices(tx: &mut Tx<'_>, district: i64, after: Option<&str>, limit: i64) -> Result<Page, StoreError> {
    let (at, subject) = after.and_then(|a| a.split_once(' ')).and_then(|(at, subject)| Some((at.parse::<i64>().ok()?, subject))).unwrap_or((i64::MIN, ""));
    let rows: Vec<(String, String, i64)> = on!(tx, |c| notice::table
        .filter(notice::district.eq(district))
        .filter(notice::done_ms.is_null())
        .filter(notice::raised_ms.ge(at))
        .filter(notice::raised_ms.gt(at).or(notice::subject.gt(subject)))
        .order((notice::raised_ms, notice::subject))
        .limit(limit)
        .select((notice::subject, notice::class, notice::raised_ms))
        .load(c))?;
    let next = rows.last().filter(|_| full(&rows, limit)).map(|r| format!("{} {}", r.2, r.0));
    Ok(Page { items: rows.into_iter().map(|(subject, class, raised_ms)| Item::Notice { subject, class, raised_ms }).collect(), next })
}
