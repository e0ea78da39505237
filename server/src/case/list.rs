//! `GET /api/v1/cases`: lines of cases within reach, by stage, unit, party, matter and day of filing, newest change first.

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
use crate::org::reach::Reach;
use crate::schema::{case_party, feed, listing};
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

/// The keys of a party as somebody writes it.
fn keys_of(written: &str) -> BTreeSet<String> {
    let subject = written.parse::<RecordId>().ok().map(party::of_subject);
    subject.into_iter().chain(party::of_uscc(written)).chain(party::of_id_no(written)).collect()
}

/// A page of cases within reach.
pub fn page(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    type Row = (Vec<u8>, String, String, Option<String>, Option<String>, Option<String>, Option<Vec<u8>>, i64, i64);
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(|a| a.split_once('.')).and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id.parse::<RecordId>().ok()?.to_bytes().to_vec())));
    let columns = (listing::record, listing::stage, listing::title, listing::day, listing::due, listing::code, listing::object, listing::flags, listing::changed);
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let parties: Option<Vec<String>> = match &query.party {
        Some(written) => Some(widened(tx, district, keys_of(written))?.into_iter().collect()),
        None => None,
    };
    let by_case = parties.is_some() || query.matter.is_some() || query.unit.is_some();
    let rows: Vec<Row> = on!(tx, |c| {
        let mut q = listing::table
            .filter(listing::district.eq(district))
            .filter(listing::kind.eq(NAME))
            .order((listing::changed.desc(), listing::record.desc()))
            .limit(limit)
            .select(columns)
            .into_boxed();
        if let Some((at, id)) = &after {
            q = q.filter(listing::changed.lt(at).or(listing::changed.eq(at).and(listing::record.lt(id))));
        }
        if let Some(stage) = &query.stage {
            q = q.filter(listing::stage.eq(stage));
        }
        if let Some(day) = &query.from {
            q = q.filter(listing::day.ge(day));
        }
        if let Some(day) = &query.to {
            q = q.filter(listing::day.le(day));
        }
        if by_case {
            let mut of = case_party::table.filter(case_party::district.eq(district)).select(case_party::record).into_boxed();
            if let Some(parties) = parties {
                of = of.filter(case_party::party.eq_any(parties));
            }
            if let Some(matter) = &query.matter {
                of = of.filter(case_party::matter.eq(matter));
            }
            if let Some(unit) = &query.unit {
                of = of.filter(case_party::unit.eq(unit));
            }
            q = q.filter(listing::record.eq_any(of));
        }
        if let Some(buckets) = buckets {
            let held = feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
            q = q.filter(listing::record.eq_any(held));
        }
        q.load(c)
    })?;
    let mut next = None;
    if let Some((id, .., changed)) = rows.last().filter(|_| rows.len() as i64 == limit) {
        next = Some(format!("{changed}.{}", record_id(id)?));
    }
    let mut items = Vec::with_capacity(rows.len());
    for (record, stage, title, day, due, code, object, flags, _) in rows {
        items.push(Line { record: record_id(&record)?, stage, title, day, due, code, object: object.as_deref().map(record_id).transpose()?, flags });
    }
    Ok(Page { items, next })
}
