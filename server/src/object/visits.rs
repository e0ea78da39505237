//! The visits to a family of objects, newest first, as far as their reader's reach goes.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::RecordId;

use crate::base::db::Tx;
use crate::on;
use crate::org::reach::Reach;
use crate::schema::{feed, visit_part};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// A visit to a family.
#[derive(Debug, Serialize)]
pub struct Visit {
    /// The record.
    pub visit: RecordId,
    /// The day on which it took place.
    pub day: String,
    /// The organs that took part, each with why (`visit::KINDS`).
    pub organs: BTreeMap<String, String>,
    /// The members of the family that it names.
    pub objects: BTreeSet<RecordId>,
    /// The visit that it was joined into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_into: Option<RecordId>,
}

/// A page of visits.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The visits.
    pub items: Vec<Visit>,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A page of visits to these objects. `after` is `next` of the page before: day and id of its last visit.
pub fn page(tx: &mut Tx<'_>, district: i64, members: &BTreeSet<RecordId>, after: Option<(&str, RecordId)>, limit: i64, reach: &Reach) -> Result<Page, StoreError> {
    let objects: Vec<Vec<u8>> = members.iter().map(|m| m.to_bytes().to_vec()).collect();
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let found: Vec<(String, Vec<u8>)> = on!(tx, |c| {
        let mut q = visit_part::table
            .filter(visit_part::district.eq(district))
            .filter(visit_part::object.eq_any(&objects))
            .select((visit_part::day, visit_part::visit))
            .distinct()
            .order((visit_part::day.desc(), visit_part::visit.desc()))
            .limit(limit)
            .into_boxed();
        if let Some((day, visit)) = after {
            let visit = visit.to_bytes().to_vec();
            q = q.filter(visit_part::day.lt(day).or(visit_part::day.eq(day).and(visit_part::visit.lt(visit))));
        }
        if let Some(buckets) = buckets {
            let held = feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
            q = q.filter(visit_part::visit.eq_any(held));
        }
        q.load(c)
    })?;
    type Part = (Vec<u8>, String, Vec<u8>, String, Option<Vec<u8>>);
    let visits: Vec<&Vec<u8>> = found.iter().map(|row| &row.1).collect();
    let parts: Vec<Part> = on!(tx, |c| visit_part::table
        .filter(visit_part::district.eq(district))
        .filter(visit_part::visit.eq_any(&visits))
        .filter(visit_part::object.eq_any(&objects))
        .select((visit_part::visit, visit_part::organ, visit_part::object, visit_part::kind, visit_part::joined))
        .load(c))?;
    let full = found.len() as i64 == limit;
    let mut items = Vec::with_capacity(found.len());
    for (day, visit) in found {
        let mut one = Visit { visit: record_id(&visit)?, day, organs: BTreeMap::new(), objects: BTreeSet::new(), joined_into: None };
        for (_, organ, object, kind, joined) in parts.iter().filter(|p| p.0 == visit) {
            one.organs.insert(organ.clone(), kind.clone());
            one.objects.insert(record_id(object)?);
            one.joined_into = joined.as_deref().map(record_id).transpose()?;
        }
        items.push(one);
    }
    let next = items.last().filter(|_| full).map(|last| format!("{}.{}", last.day, last.visit));
    Ok(Page { items, next })
}

/// Which of these visits are within reach.
pub fn within(tx: &mut Tx<'_>, district: i64, visits: &BTreeSet<RecordId>, reach: &Reach) -> Result<BTreeSet<RecordId>, StoreError> {
    let Some(buckets) = reach.buckets() else { return Ok(visits.clone()) };
    let buckets: Vec<String> = buckets.iter().map(|b| b.0.to_string()).collect();
    let mut out = BTreeSet::new();
    let keys: Vec<Vec<u8>> = visits.iter().map(|id| id.to_bytes().to_vec()).collect();
    for part in keys.chunks(crate::base::db::ROWS) {
        let held: Vec<Vec<u8>> = on!(tx, |c| feed::table
            .filter(feed::district.eq(district))
            .filter(feed::record.eq_any(part))
            .filter(feed::bucket.eq_any(&buckets))
            .filter(feed::has_left.eq(false))
            .select(feed::record)
            .load(c))?;
        for key in held {
            out.insert(record_id(&key)?);
        }
    }
    Ok(out)
}
