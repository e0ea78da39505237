//! `GET /api/v1/cases`: lines of cases within reach, by stage, unit, party, matter and day of filing, newest change first; the latest day of
//! filing first where days are asked for.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde::Deserialize;
use sync_core::base::RecordId;
use sync_core::case::{NAME, party};
use sync_core::record::Bucket;

use super::gate::widened;
use crate::base::db::{ROWS, Tx};
use crate::index::held::holder;
use crate::index::http::{Order, Page, Row, columns, held_by, in_order, paged};
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, Road, held};
use crate::schema::{case_party, held_line, listing};
use crate::sync::store::StoreError;

/// Filters; all that are given must hold. `after` is `next` of the page before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only at this stage.
    pub stage: Option<String>,
    /// Only of this unit.
    pub unit: Option<String>,
    /// Only of this party, with all that is one with it: a subject's record, a credit code or an identity number.
    pub party: Option<String>,
    /// Only of this matter.
    pub matter: Option<String>,
    /// Only filed from this day on.
    pub from: Option<String>,
    /// Only filed up to this day.
    pub to: Option<String>,
    /// Where to go on.
    pub after: Option<String>,
    /// Lines of a page.
    pub limit: Option<u32>,
}

/// Most cases of one party that are looked through, the newest first.
const MOST_OF_PARTY: i64 = 5_000;

/// The keys of a party as somebody writes it.
fn keys_of(written: &str) -> BTreeSet<String> {
    let subject = written.parse::<RecordId>().ok().map(party::of_subject);
    subject.into_iter().chain(party::of_uscc(written)).chain(party::of_id_no(written)).collect()
}

/// Narrows the lines of a table, but for what ends a page.
macro_rules! narrowed {
    ($t:ident, $q:expr, $after:expr, $order:expr, $query:expr) => {{
        let mut q = $q;
        // Where a page goes on is said twice: as the end of a range, which an index can begin at, and exactly.
        q = match ($after, $order) {
            (Some((at, id)), Order::Day) => q.filter($t::day.le(at)).filter($t::day.lt(at).or($t::record.lt(id).nullable())),
            (Some((at, id)), _) => match at.parse::<i64>() {
                Ok(at) => q.filter($t::changed.le(at)).filter($t::changed.lt(at).or($t::record.lt(id))),
                Err(_) => q,
            },
            (None, _) => q,
        };
        if let Some(stage) = &$query.stage {
            q = q.filter($t::stage.eq(stage));
        }
        if let Some(day) = &$query.from {
            q = q.filter($t::day.ge(day));
        }
        if let Some(day) = &$query.to {
            q = q.filter($t::day.le(day));
        }
        if let Some(matter) = &$query.matter {
            q = q.filter($t::matter.eq(matter));
        }
        q
    }};
}

/// Orders the lines of a table.
macro_rules! ordered {
    ($t:ident, $q:expr, $order:expr) => {
        match $order {
            Order::Day => $q.order(($t::day.desc(), $t::record.desc())),
            _ => $q.order(($t::changed.desc(), $t::record.desc())),
        }
    };
}

/// Whose lines a page is read from: one unit's if only its own are asked for, and whoever asks reaches them all. A case of which two units
/// stand against each other is of both until that is settled.
fn road(query: &Query, reach: &Reach) -> Road {
    match &query.unit {
        Some(unit) if reach.units().is_none_or(|(units, _)| units.contains(unit)) => Road::Held(vec![holder(&Bucket::unit(unit))]),
        _ => reach.road(),
    }
}

/// Narrows the lines of a table to one unit's, where that is not said by whose they are.
macro_rules! of_unit {
    ($t:ident, $q:expr, $district:expr, $road:expr, $query:expr) => {{
        let q = $q;
        match (&$query.unit, $road) {
            (Some(unit), road) if *road != Road::Held(vec![holder(&Bucket::unit(unit))]) => {
                let lines = case_party::table.filter(case_party::district.eq($district)).filter(case_party::record.eq($t::record));
                q.filter(diesel::dsl::exists(lines.filter(case_party::unit.eq(unit))))
            }
            _ => q,
        }
    }};
}

/// A page of cases within reach.
pub fn page(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(|a| a.split_once('.')).and_then(|(at, id)| Some((at.to_owned(), id.parse::<RecordId>().ok()?.to_bytes().to_vec())));
    let order = if query.from.is_some() || query.to.is_some() { Order::Day } else { Order::Changed };
    if let Some(written) = &query.party {
        return of_party(tx, district, query, reach, written, (order, &after, limit));
    }
    let mut rows: Vec<Row> = Vec::new();
    let road = road(query, reach);
    match &road {
        Road::Held(holders) => {
            for name in holders {
                let some: Vec<Row> = on!(tx, |c| {
                    let q = held_by!(district, name).filter(held_line::kind.eq(NAME)).limit(limit).select(columns!()).into_boxed();
                    of_unit!(held_line, ordered!(held_line, narrowed!(held_line, q, &after, order, query), order), district, &road, query).load(c)
                })?;
                rows.extend(some);
            }
            rows = in_order(rows, order, limit);
        }
        Road::Whole | Road::Asked(_) => {
            rows = on!(tx, |c| {
                let q = listing::table.filter(listing::district.eq(district)).filter(listing::kind.eq(NAME)).limit(limit).select(columns!()).into_boxed();
                let mut q = of_unit!(listing, ordered!(listing, narrowed!(listing, q, &after, order, query), order), district, &road, query);
                if let Some(buckets) = reach.names() {
                    q = q.filter(held!(district, buckets, listing::record));
                }
                q.load(c)
            })?;
        }
    }
    paged(rows, order, limit)
}

/// A page of one party's cases: it has few, so all of them are looked up and put in order here. Asked for an order, an engine that does not
/// know how few there are would go through the cases of everybody in that order.
fn of_party(
    tx: &mut Tx<'_>,
    district: i64,
    query: &Query,
    reach: &Reach,
    written: &str,
    (order, after, limit): (Order, &Option<(String, Vec<u8>)>, i64),
) -> Result<Page, StoreError> {
    let keys: Vec<String> = widened(tx, district, keys_of(written))?.into_iter().collect();
    // Key by key, each a range of the index: of several at once in this order SQLite goes through the cases of everybody.
    let mut of: BTreeSet<Vec<u8>> = BTreeSet::new();
    for key in keys {
        let named = case_party::table.filter(case_party::district.eq(district)).filter(case_party::party.eq(key));
        of.extend::<Vec<Vec<u8>>>(on!(tx, |c| named.order(case_party::record.desc()).limit(MOST_OF_PARTY).select(case_party::record).load(c))?);
    }
    let of: Vec<Vec<u8>> = of.into_iter().rev().take(usize::try_from(MOST_OF_PARTY).unwrap_or(usize::MAX)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for part in of.chunks(ROWS) {
        let some: Vec<Row> = on!(tx, |c| {
            let q = listing::table.filter(listing::district.eq(district)).filter(listing::record.eq_any(part)).select(columns!()).into_boxed();
            let mut q = of_unit!(listing, narrowed!(listing, q, after, order, query), district, &Road::Whole, query);
            if let Some(buckets) = reach.names() {
                q = q.filter(held!(district, buckets, listing::record));
            }
            q.load(c)
        })?;
        rows.extend(some);
    }
    paged(in_order(rows, order, limit), order, limit)
}
