//! Objects that may be one, out of the index (`sync_core::object::duplicate`).

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::RecordId;
use sync_core::base::geo::Point;
use sync_core::object::duplicate::{Entry, Evidence, Proposal, duplicates};
use sync_core::object::{Alias, AliasKind, SITE, SUBJECT};

use super::search::{Line, lines};
use crate::base::db::Tx;
use crate::on;
use crate::schema::{object, object_alias};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// Most aliases that are named as borne by too many.
const MAX_CROWDED: usize = 100;

/// Two objects that may be one.
#[derive(Debug, Serialize)]
pub struct Pair {
    /// The one.
    pub one: Line,
    /// The other.
    pub other: Line,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// A page of pairs.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The pairs, in order of their ids.
    pub items: Vec<Pair>,
    /// Names and numbers that so many bear that they say nothing; the first hundred. Somebody should look at them.
    pub crowded: Vec<Alias>,
    /// Sites with so many others around them that they were not compared by place; the first hundred.
    pub crowded_places: Vec<RecordId>,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A page of pairs of one kind, or of both if none is named. `after` is `next` of the page before: the ids of its last pair.
pub fn page(tx: &mut Tx<'_>, district: i64, kind: Option<&str>, metres: i64, after: Option<(RecordId, RecordId)>, limit: i64) -> Result<Page, StoreError> {
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut page = Page { items: Vec::new(), crowded: Vec::new(), crowded_places: Vec::new(), next: None };
    for kind in [SITE.name, SUBJECT.name].into_iter().filter(|k| kind.is_none_or(|kind| kind == *k)) {
        let found = duplicates(kind, &entries(tx, district, kind)?, metres);
        proposals.extend(found.proposals);
        page.crowded.extend(found.crowded);
        page.crowded_places.extend(found.crowded_places);
    }
    page.crowded.truncate(MAX_CROWDED);
    page.crowded_places.truncate(MAX_CROWDED);
    proposals.sort_by_key(|p| (p.one, p.other));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rest = proposals.partition_point(|p| Some((p.one, p.other)) <= after);
    let shown: Vec<Proposal> = proposals.drain(rest..).take(limit + 1).collect();
    let more = shown.len() > limit;
    let shown: Vec<Proposal> = shown.into_iter().take(limit).collect();
    page.next = shown.last().filter(|_| more).map(|p| format!("{}.{}", p.one, p.other));
    let mut ids: Vec<RecordId> = shown.iter().flat_map(|p| [p.one, p.other]).collect();
    ids.sort_unstable();
    ids.dedup();
    let known: BTreeMap<RecordId, Line> = lines(tx, district, &ids)?.into_iter().map(|line| (line.record, line)).collect();
    for Proposal { one, other, evidence } in shown {
        if let (Some(one), Some(other)) = (known.get(&one), known.get(&other)) {
            page.items.push(Pair { one: one.clone(), other: other.clone(), evidence: evidence.into_iter().collect() });
        }
    }
    Ok(page)
}

fn entries(tx: &mut Tx<'_>, district: i64, kind: &str) -> Result<Vec<Entry>, StoreError> {
    type Row = (Vec<u8>, Vec<u8>, Option<i64>, Option<i64>, String);
    let columns = (object::record, object::root, object::lon_e7, object::lat_e7, object::apart);
    let rows: Vec<Row> = on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::kind.eq(kind)).select(columns).load(c))?;
    let mut out = BTreeMap::new();
    for (record, root, lon, lat, apart) in rows {
        let record = record_id(&record)?;
        let place = lon.zip(lat).and_then(|(lon, lat)| Point::new(lon, lat).ok());
        let apart = apart.split(' ').filter_map(|id| id.parse().ok()).collect();
        out.insert(record, Entry { record, root: record_id(&root)?, aliases: Vec::new(), place, apart });
    }
    let aliases: Vec<(Vec<u8>, String, String)> = on!(tx, |c| object_alias::table
        .filter(object_alias::district.eq(district))
        .order((object_alias::record, object_alias::kind, object_alias::value))
        .select((object_alias::record, object_alias::kind, object_alias::value))
        .load(c))?;
    for (record, word, value) in aliases {
        if let (Some(entry), Some(kind)) = (out.get_mut(&record_id(&record)?), AliasKind::parse(&word)) {
            entry.aliases.push(Alias { kind, value });
        }
    }
    Ok(out.into_values().collect())
}
