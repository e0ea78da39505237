//! Settling a flag, making up for an urgent start, answering an application for more time.
//!
//! The fields that these write are the office's alone and written one after another, so what stands is what is replaced. Nobody
//! decides on a visit that he took part in (`domain.md` §0.3).

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::index::members;
use sync_core::record::Record;
use sync_core::visit;

use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::{EditBody, within};
use crate::record::{Order, Written, who, write};
use crate::sync::store::Working;

/// Most characters of a reason, as the field table has it.
const MAX_REASON: usize = 500;

/// A reason as it is kept.
pub(super) fn reason(text: &str) -> Result<&str, Problem> {
    match text.trim() {
        "" => Err(Problem::field("reason", "say why; it stays on the visit")),
        long if long.chars().count() > MAX_REASON => Err(Problem::field("reason", format!("at most {MAX_REASON} characters"))),
        fits => Ok(fits),
    }
}

/// A visit within somebody's reach.
pub(super) fn find(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *visit::NAME);
    let reached = found.is_some() && within(store, actor, id)?;
    Ok(found.filter(|_| reached).ok_or_else(|| Problem::not_found(&format!("visit {id}"))))
}

/// Refuses somebody who took part.
fn not_his_own(record: &Record, actor: &UserActor) -> Result<(), Problem> {
    let him = actor.officer.as_str();
    let takes_part = members(record, "participants.").any(|(id, _)| id == him) || of_field(record, "lead").any(|lead| lead.as_str() == Some(him));
    if takes_part { Err(Problem::new("forbidden", "you took part in this visit; somebody else decides on it (谁都不能审批自己经办的事项)")) } else { Ok(()) }
}

/// An edit that takes the place of what stands.
pub(super) fn put(record: &Record, field: String, value: Json, why: &str) -> EditBody {
    let replaces = record.register(&field).map(|r| r.dots()).unwrap_or_default();
    EditBody { field, value, replaces, reason: Some(why.to_owned()) }
}

/// Hands an order in, and notes what it was in the audit.
pub(super) fn hand_in(store: &mut Working<'_, '_>, actor: &UserActor, order: &Order, ground: &Ground<'_>, action: &'static str, detail: Json) -> Op<Written> {
    let order = &Order { of_feature: true, ..order.clone() };
    let written = match write(store, actor, order, ground)? {
        Ok(written) => written,
        Err(problem) => return Ok(Err(problem)),
    };
    store.note(Deed::of(&actor.officer, action, format!("record:{}", order.record)).with(detail));
    Ok(Ok(written))
}

/// Unwraps the inner result of an operation, or ends with its problem.
macro_rules! given {
    ($made:expr) => {
        match $made {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}
pub(super) use given;

/// Lets a flag stand: `settled` with the reason, `settled_by`. Its key is without `flags.`.
pub fn settle(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, key: &str, why: &str, ground: &Ground<'_>) -> Op<Written> {
    let why = given!(reason(why));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let standing: Vec<Json> = members(&record, "flags.").filter(|(of, _)| *of == key).map(|(_, flag)| flag).collect();
    let Some(mut flag) = standing.into_iter().next() else { return Ok(Err(Problem::not_found(&format!("flag {key:.120} on this visit")))) };
    if let Some(before) = flag.get("settled").and_then(Json::as_str) {
        return Ok(Err(Problem::new("conflict", format!("the flag is settled: {before}"))));
    }
    if let Some(members) = flag.as_object_mut() {
        members.insert("settled".into(), why.into());
        members.insert("settled_by".into(), json!(actor.officer));
    }
    let order = Order { edits: vec![put(&record, format!("flags.{key}"), flag, why)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "visit.settled", json!({ "flag": key, "reason": why }))
}

/// Makes up for the approval of an urgent start (国办发〔2024〕54号: 及时补办); by whoever approves visits.
pub fn regularise(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, why: &str, ground: &Ground<'_>) -> Op<Written> {
    let why = given!(reason(why));
    given!(who::may_act(&actor.roles, visit::NAME, "approve"));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    if !of_field(&record, "urgent").any(|urgent| urgent.get("reason").is_some()) {
        return Ok(Err(Problem::new("conflict", "this visit was not begun as urgent; approve it by the act approve")));
    }
    if of_field(&record, "regularised").next().is_some() {
        return Ok(Err(Problem::new("conflict", "its approval was made up for before")));
    }
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "reason": why });
    let order = Order { edits: vec![put(&record, "regularised".into(), value, why)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "visit.regularised", json!({ "reason": why }))
}

/// The values that stand in a single field.
pub(super) fn of_field(record: &Record, key: &str) -> impl Iterator<Item = Json> {
    record.register(key).into_iter().flat_map(|r| r.candidates()).filter(|c| !c.value.is_null()).map(|c| c.value.to_json())
}

/// The office's word on an application for more time.
#[derive(Debug, Clone)]
pub struct Word {
    /// Whether it is granted.
    pub granted: bool,
    /// The new deadline, if it is.
    pub to: Option<Date>,
    /// Why.
    pub reason: String,
}

/// Answers an application for more time (延期整改申请). A deadline is never moved back, nor into the past.
pub fn rule(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, extension: &str, word: &Word, ground: &Ground<'_>) -> Op<Written> {
    let why = given!(reason(&word.reason));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let applied = members(&record, "extensions.").find(|(of, _)| *of == extension).map(|(_, json)| json);
    let Some(applied) = applied else { return Ok(Err(Problem::not_found(&format!("application {extension:.80} on this visit")))) };
    if members(&record, "rulings.").any(|(of, _)| of == extension) {
        return Ok(Err(Problem::new("conflict", "this application is answered; a new one needs a new id")));
    }
    let Some(order) = applied.get("order").and_then(Json::as_str) else {
        return Ok(Err(Problem::new("conflict", "the application does not say which order it is about; have it written anew")));
    };
    let Some(deadline) = visit::deadline_of(&record, order) else {
        return Ok(Err(Problem::new("conflict", format!("there is no order {order:.80} with a deadline on this visit"))));
    };
    let today = day_of(store.now).unwrap_or(Date::MIN);
    match (word.granted, word.to) {
        (true, None) => return Ok(Err(Problem::field("to", "name the day up to which time is given"))),
        (true, Some(to)) if to <= deadline => return Ok(Err(Problem::field("to", format!("the deadline is {deadline}; name a later day")))),
        (true, Some(to)) if to < today => return Ok(Err(Problem::field("to", format!("today is {today}; name a day that is still to come")))),
        (false, Some(_)) => return Ok(Err(Problem::field("to", "a refusal gives no new deadline; leave it out"))),
        _ => {}
    }
    let mut value = json!({ "at_ms": store.now.0, "by": actor.officer, "granted": word.granted, "order": order, "reason": why });
    if let (Some(to), Some(members)) = (word.to, value.as_object_mut()) {
        members.insert("to".into(), to.to_string().into());
    }
    let detail = json!({ "extension": extension, "order": order, "granted": word.granted, "to": word.to.map(|d| d.to_string()) });
    let edits = vec![put(&record, format!("rulings.{extension}"), value, why)];
    hand_in(store, actor, &Order { edits, ..Order::of(id) }, ground, "visit.ruled", detail)
}
