//! `GET /api/v1/cases`: lines of cases within reach, by stage, unit, party, matter and day of filing, newest change first; the latest day of
//! filing first where days are asked for.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde::Deserialize;
use sync_core::base::RecordId;
use sync_core::case::{NAME, party};

use super::gate::widened;
use crate::base::db::Tx;
use crate::index::http::{Line, Page};
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, held};
use crate::schema::{case_party, listing};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

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

/// A page of cases within reach.
pub fn page(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    type Row = (Vec<u8>, String, String, Option<String>, Option<String>, Option<String>, Option<Vec<u8>>, i64, i64);
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(|a| a.split_once('.')).and_then(|(at, id)| Some((at.to_owned(), id.parse::<RecordId>().ok()?.to_bytes().to_vec())));
    let by_day = query.from.is_some() || query.to.is_some();
    let columns = (listing::record, listing::stage, listing::title, listing::day, listing::due, listing::code, listing::object, listing::flags, listing::changed);
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    // One party has few cases, so they are named to the query, which reads no other.
    let of: Option<Vec<Vec<u8>>> = match &query.party {
        Some(written) => {
            let keys: Vec<String> = widened(tx, district, keys_of(written))?.into_iter().collect();
            let named = case_party::table.filter(case_party::district.eq(district)).filter(case_party::party.eq_any(keys));
            Some(on!(tx, |c| named.order(case_party::record.desc()).limit(MOST_OF_PARTY).select(case_party::record).distinct().load(c))?)
        }
        None => None,
    };
    let rows: Vec<Row> = on!(tx, |c| {
        let mut q = listing::table.filter(listing::district.eq(district)).filter(listing::kind.eq(NAME)).limit(limit).select(columns).into_boxed();
        q = if by_day { q.order((listing::day.desc(), listing::record.desc())) } else { q.order((listing::changed.desc(), listing::record.desc())) };
        // Where a page goes on is said twice: as the end of a range, which an index can begin at, and exactly.
        q = match (&after, by_day) {
            (Some((at, id)), true) => q.filter(listing::day.le(at)).filter(listing::day.lt(at).or(listing::record.lt(id).nullable())),
            (Some((at, id)), false) => match at.parse::<i64>() {
                Ok(at) => q.filter(listing::changed.le(at)).filter(listing::changed.lt(at).or(listing::record.lt(id))),
                Err(_) => q,
            },
            (None, _) => q,
        };
        if let Some(stage) = &query.stage {
            q = q.filter(listing::stage.eq(stage));
        }
        if let Some(day) = &query.from {
            q = q.filter(listing::day.ge(day));
        }
        if let Some(day) = &query.to {
            q = q.filter(listing::day.le(day));
        }
        if let Some(of) = &of {
            q = q.filter(listing::record.eq_any(of));
        }
        let lines = || case_party::table.filter(case_party::district.eq(district)).filter(case_party::record.eq(listing::record));
        if let Some(matter) = &query.matter {
            q = q.filter(diesel::dsl::exists(lines().filter(case_party::matter.eq(matter))));
        }
        if let Some(unit) = &query.unit {
            q = q.filter(diesel::dsl::exists(lines().filter(case_party::unit.eq(unit))));
        }
        if let Some(buckets) = buckets {
            q = q.filter(held!(district, buckets, listing::record));
        }
        q.load(c)
    })?;
    let mut next = None;
    if let Some((id, _, _, day, .., changed)) = rows.last().filter(|_| rows.len() as i64 == limit) {
        let at = if by_day { day.clone().unwrap_or_default() } else { changed.to_string() };
        next = Some(format!("{at}.{}", record_id(id)?));
    }
    let mut items = Vec::with_capacity(rows.len());
    for (record, stage, title, day, due, code, object, flags, _) in rows {
        items.push(Line { record: record_id(&record)?, stage, title, day, due, code, object: object.as_deref().map(record_id).transpose()?, flags });
    }
    Ok(Page { items, next })
}
