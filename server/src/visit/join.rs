//! Joining a visit into the one that it repeats (浙江省综合行政执法条例 13: 同一对象合并检查), and taking it apart again.
//!
//! Both records go on: late work on either still applies, and both are shown as one. Deliberately absent: merging their fields.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::{DeviceId, RecordId};
use sync_core::index::parts;
use sync_core::record::{ActCall, Actor, FieldKey, Record, Value, possible};
use sync_core::visit::{self, stage};

use super::ops::{find, given, hand_in, put, reason};
use crate::access::UserActor;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::index::family::family_of;
use crate::on;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::react::visit::day_of_visit;
use crate::record::{Order, Written, who};
use crate::schema::visit_part;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working};

/// Most visits that are shown as joined into one.
const MOST: usize = 50;

/// Visits that took place and were joined into one, along all chains.
pub fn into(tx: &mut Tx<'_>, district: i64, root: RecordId) -> Result<Vec<RecordId>, StoreError> {
    let (mut found, mut open) = (BTreeSet::new(), vec![root]);
    while let Some(next) = open.pop().filter(|_| found.len() < MOST) {
        let key = next.to_bytes().to_vec();
        let rows: Vec<Vec<u8>> =
            on!(tx, |c| visit_part::table.filter(visit_part::district.eq(district)).filter(visit_part::joined.eq(&key)).select(visit_part::visit).distinct().load(c))?;
        for row in rows {
            let id = record_id(&row)?;
            if id != root && found.insert(id) {
                open.push(id);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// What stands for an object in a comparison: all of its family.
fn families(store: &mut Working<'_, '_>, record: &Record) -> Result<BTreeSet<RecordId>, StoreError> {
    store.flush()?;
    let parts = parts(record);
    let mut all = BTreeSet::new();
    for object in parts.subjects.iter().copied().chain(parts.site) {
        all.extend(family_of(store.tx, store.district, object)?.members);
    }
    Ok(all)
}

/// Whether one leads to the other along `joined_into`.
fn leads_to(store: &mut Working<'_, '_>, from: &Record, to: RecordId) -> Result<bool, StoreError> {
    let (mut seen, mut at) = (BTreeSet::from([from.id]), parts(from).joined);
    while let Some(next) = at {
        if next == to {
            return Ok(true);
        }
        if !seen.insert(next) {
            return Ok(false);
        }
        at = store.look(next)?.and_then(|record| parts(&record).joined);
    }
    Ok(false)
}

/// Whether two visits may be one.
fn fits(store: &mut Working<'_, '_>, one: &Record, target: &Record) -> Op<()> {
    if one.id == target.id {
        return Ok(Err(Problem::field("into", "a visit is not joined into itself; name the other one")));
    }
    if let Some(over) = [one, target].into_iter().find(|record| record.stage() == stage::CANCELLED) {
        return Ok(Err(Problem::new("conflict", format!("the visit {} was cancelled: nobody entered, and it is not counted", over.id))));
    }
    if leads_to(store, target, one.id)? {
        return Ok(Err(Problem::field("into", format!("{} is itself joined into this visit; take it apart first", target.id))));
    }
    if families(store, one)?.is_disjoint(&families(store, target)?) {
        return Ok(Err(Problem::field("into", "it was to another object; join the records of the object first if they are one")));
    }
    if parts(one).checked_in && parts(target).checked_in {
        let (day, other) = (day_of_visit(store, one)?.0, day_of_visit(store, target)?.0);
        if day != other {
            return Ok(Err(Problem::field("into", format!("they took place on {day} and {other}: two entries on two days are two visits"))));
        }
    }
    Ok(Ok(()))
}

/// What the stage table says against an act of the office, with these edits in the record.
fn against(record: &Record, district: i64, actor: &UserActor, act: &str, edits: &[(FieldKey, Value, Vec<sync_core::record::Dot>, Option<String>)], why: &str) -> Vec<String> {
    let mut after = record.clone();
    after.preview(edits);
    let office = DeviceId::office(sync_core::base::DistrictId(u32::try_from(district).unwrap_or(1)), 1, 0);
    let call = ActCall { reason: Some(why.into()), ..ActCall::new(act) };
    let all = possible(&after, &visit::KIND, &Actor { device: office, officer: &actor.officer, place: None }, &call);
    all.into_iter()
        .filter(|prospect| prospect.act == act)
        .flat_map(|prospect| prospect.against)
        .map(|(reason, _)| format!("{} {}", reason.code, reason.about).trim().to_owned())
        .collect()
}

/// Joins a visit into another: `joined_into`, and the act `join`.
pub fn join(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, target: RecordId, why: &str, ground: &Ground<'_>) -> Op<Written> {
    let why = given!(reason(why));
    given!(who::may_act(&actor.roles, visit::NAME, "join"));
    let record = given!(find(store, actor, id)?);
    let other = match find(store, actor, target)? {
        Ok(other) => other,
        Err(_) => return Ok(Err(Problem::field("into", format!("there is no visit {target} within your reach")))),
    };
    if parts(&record).joined == Some(target) {
        return Ok(Err(Problem::new("conflict", format!("it is joined into {target}"))));
    }
    given!(fits(store, &record, &other)?);
    let edit = put(&record, "joined_into".into(), json!(target.to_string()), why);
    let preview: Vec<_> = edit.field.parse().ok().zip(Value::from_json(&edit.value).ok()).map(|(field, value)| (field, value, edit.replaces.clone(), None)).into_iter().collect();
    let unmet = against(&record, store.district, actor, "join", &preview, why);
    if !unmet.is_empty() {
        return Ok(Err(Problem::new("conflict", format!("it cannot be joined while this stands against it: {}", unmet.join(", ")))));
    }
    let order = Order { edits: vec![edit], act: Some("join".into()), reason: Some(why.into()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "visit.joined", json!({ "into": target, "reason": why }))
}

/// Takes a visit apart from the one that it was joined into; what stood against it is judged again.
pub fn separate(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, why: &str, ground: &Ground<'_>) -> Op<Written> {
    let why = given!(reason(why));
    given!(who::may_act(&actor.roles, visit::NAME, "join"));
    let record = given!(find(store, actor, id)?);
    let Some(from) = parts(&record).joined else { return Ok(Err(Problem::new("conflict", "it is not joined into another visit"))) };
    let order = Order { edits: vec![put(&record, "joined_into".into(), Json::Null, why)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "visit.separated", json!({ "from": from, "reason": why }))
}
