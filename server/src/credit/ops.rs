//! What the organ does with an application: accept or return it, review it, extend the time, grant or refuse, take back. Nobody decides
//! on what he brought in himself; a grant and its revocation are told to the credit site in the same transaction.

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::credit::repair::{self, NAME, members, read, stage};
use sync_core::credit::term;
use sync_core::record::Record;

use super::apply::{ApplyBody, application};
use super::http::{DecideBody, RevokeBody, SyncedBody};
use super::outbox;
use crate::access::UserActor;
use crate::base::problem::Problem;
use crate::case::investigation::as_before;
use crate::case::ops::{given, hand_in, put, words};
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::within;
use crate::record::{Order, Written, who};
use crate::sync::store::Working;

/// A repair within somebody's reach, by who may do this to it.
fn find(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, act: &str) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *NAME);
    let reached = found.is_some() && within(store, actor, id)?;
    let Some(record) = found.filter(|_| reached) else { return Ok(Err(Problem::not_found("such repair"))) };
    given!(who::may_act(&actor.roles, NAME, act));
    Ok(Ok(record))
}

/// Refuses an act from a stage from which it does not start; `Some` is the answer of then, where the same was done before.
fn ready(record: &Record, act: &str, field: &str, same: impl Fn(&Json) -> bool) -> Result<Option<Written>, Problem> {
    let rows: Vec<_> = repair::KIND.act(act).collect();
    if rows.iter().any(|row| row.from.contains(&record.stage())) {
        return Ok(None);
    }
    let done = rows.iter().any(|row| row.to == Some(record.stage())) && same(&read(record, field));
    match as_before(record, field).filter(|_| done) {
        Some(written) => Ok(Some(written)),
        None => Err(Problem::new("conflict", format!("{act} is not possible at the stage {}; read the repair again", record.stage()))),
    }
}

/// Refuses whoever brought the application in (`domain.md` §0.3).
fn not_his_own(record: &Record, actor: &UserActor) -> Result<(), Problem> {
    if read(record, "application").get("by").and_then(Json::as_str) == Some(actor.officer.as_str()) {
        return Err(Problem::new("forbidden", "you brought this application in; somebody else decides on it (谁都不能审批自己提交的事项)"));
    }
    Ok(())
}

pub(super) fn apply(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &ApplyBody, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(find(store, actor, id, "apply")?);
    let edit = given!(application(store, id, body, Some(actor.officer.as_str()), ground)?);
    let Some(edit) = edit else {
        return Ok(as_before(&record, "application").ok_or_else(|| Problem::new("conflict", "the application changed meanwhile; read the repair again")));
    };
    let order = Order { edits: vec![edit], act: Some("apply".into()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "repair.applied", json!({ "channel": "officer" }))
}

pub(super) fn accept(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(find(store, actor, id, "accept")?);
    if let Some(written) = given!(ready(&record, "accept", "acceptance", |json| json.get("accepted") == Some(&json!(true)))) {
        return Ok(Ok(written));
    }
    given!(not_his_own(&record, actor));
    let value = json!({ "accepted": true, "at_ms": store.now.0, "by": actor.officer });
    let order = Order { edits: vec![put(&record, "acceptance", value, None)], act: Some("accept".into()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "repair.accepted", json!({ "accepted": true }))
}

pub(super) fn send_back(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, reason: &str, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", reason, 1_000));
    let record = given!(find(store, actor, id, "return")?);
    if let Some(written) = given!(ready(&record, "return", "acceptance", |json| json.get("reason") == Some(&json!(reason)))) {
        return Ok(Ok(written));
    }
    given!(not_his_own(&record, actor));
    let value = json!({ "accepted": false, "at_ms": store.now.0, "by": actor.officer, "reason": reason });
    let order = Order { edits: vec![put(&record, "acceptance", value, Some(reason))], act: Some("return".into()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "repair.accepted", json!({ "accepted": false }))
}

pub(super) fn review(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(find(store, actor, id, "review")?);
    if let Some(written) = given!(ready(&record, "review", "review", |json| json.get("by") == Some(&json!(actor.officer)))) {
        return Ok(Ok(written));
    }
    given!(not_his_own(&record, actor));
    let value = json!({ "at_ms": store.now.0, "by": actor.officer });
    let order = Order { edits: vec![put(&record, "review", value, None)], act: Some("review".into()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "repair.reviewed", Json::Null)
}

pub(super) fn extend(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, reason: &str, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", reason, 600));
    let record = given!(find(store, actor, id, "extend")?);
    if record.stage() != stage::UNDER_REVIEW {
        return Ok(Err(Problem::new("conflict", format!("the time of a result is extended under review; the repair is at {}", record.stage()))));
    }
    let (book, today) = (&ground.law.book, day_of(store.now).unwrap_or(Date::MAX));
    let number = read(&record, "application").get("number").and_then(Json::as_i64).unwrap_or(1);
    let prefix = format!("a{number}-");
    let given: Vec<(String, Json)> = members(&record, "extensions.").filter(|(key, _)| key.starts_with(&prefix)).map(|(key, json)| (key.to_owned(), json)).collect();
    if let Some((key, _)) = given.iter().find(|(_, json)| json.get("reason").and_then(Json::as_str) == Some(reason))
        && let Some(written) = as_before(&record, &format!("extensions.{key}"))
    {
        return Ok(Ok(written));
    }
    let most = given!(term::extensions(book, today).map_err(|why| Problem::new("conflict", why)));
    if given.len() as i64 >= most {
        return Ok(Err(Problem::new("conflict", format!("the time of a result is extended {most} times at most (credit.result.extensions)"))));
    }
    let due = given!(term::due(&record, book, &sync_core::law::Calendar::of(book)).map_err(|why| Problem::new("conflict", why)));
    if let Some(due) = due.filter(|due| today > due.day) {
        return Ok(Err(Problem::new("conflict", format!("the time ended on {}; what is late is not extended", due.day))));
    }
    let part = format!("{prefix}{}", given.len() + 1);
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "reason": reason });
    let order = Order { edits: vec![put(&record, format!("extensions.{part}"), value, Some(reason))], act: Some("extend".into()), part: Some(part), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "repair.extended", Json::Null)
}

pub(super) fn decide(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &DecideBody, ground: &Ground<'_>) -> Op<Written> {
    let act = if body.approved { "approve" } else { "refuse" };
    let reason = match (&body.reason, body.approved) {
        (Some(reason), _) => Some(given!(words("reason", reason, 2_000))),
        (None, false) => return Ok(Err(Problem::field("reason", "a refusal says why"))),
        (None, true) => None,
    };
    let record = given!(find(store, actor, id, act)?);
    if let Some(written) = given!(ready(&record, act, "result", |json| json.get("approved") == Some(&json!(body.approved)))) {
        return Ok(Ok(written));
    }
    given!(not_his_own(&record, actor));
    if read(&record, "review").get("by").and_then(Json::as_str) == Some(actor.officer.as_str()) {
        return Ok(Err(Problem::new("forbidden", "you reviewed this application; somebody else decides on it (domain.md §0.3)")));
    }
    let mut value = json!({ "approved": body.approved, "at_ms": store.now.0, "by": actor.officer });
    if let (Some(reason), Some(members)) = (reason, value.as_object_mut()) {
        members.insert("reason".into(), json!(reason));
    }
    let order = Order { edits: vec![put(&record, "result", value, reason)], act: Some(act.into()), ..Order::of(id) };
    let written = given!(hand_in(store, actor, &order, ground, "repair.decided", json!({ "approved": body.approved }))?);
    if let Some(granted) = store.look(id)?.filter(|record| record.stage() == stage::APPROVED && body.approved) {
        outbox::tell(store, &granted, outbox::REPAIR, &ground.law.book)?;
    }
    Ok(Ok(written))
}

pub(super) fn synced(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &SyncedBody, ground: &Ground<'_>) -> Op<Written> {
    let receipt = given!(words("receipt", &body.receipt, 120));
    let record = given!(find(store, actor, id, "sync")?);
    if let Some(written) = given!(ready(&record, "sync", "synced", |json| json.get("receipt") == Some(&json!(receipt)))) {
        return Ok(Ok(written));
    }
    let key = outbox::key(&record, outbox::REPAIR);
    let value = json!({ "at_ms": store.now.0, "key": key, "receipt": receipt });
    let order = Order { edits: vec![put(&record, "synced", value, None)], act: Some("sync".into()), ..Order::of(id) };
    let written = given!(hand_in(store, actor, &order, ground, "repair.synced", json!({ "by_hand": true }))?);
    outbox::settle(store, &key, receipt)?;
    Ok(Ok(written))
}

pub(super) fn revoke(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &RevokeBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 2_000));
    let evidence = given!(words("evidence", &body.evidence, 1_000));
    let record = given!(find(store, actor, id, "revoke_repair")?);
    if let Some(written) = given!(ready(&record, "revoke_repair", "revocation", |json| json.get("reason") == Some(&json!(reason)))) {
        return Ok(Ok(written));
    }
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "evidence": evidence, "reason": reason });
    let order = Order { edits: vec![put(&record, "revocation", value, Some(reason))], act: Some("revoke_repair".into()), ..Order::of(id) };
    let written = given!(hand_in(store, actor, &order, ground, "repair.revoked", Json::Null)?);
    if let Some(revoked) = store.look(id)?.filter(|record| record.stage() == stage::REVOKED) {
        // Nothing is left to be told of the grant if the site never heard of it; it is told of the revocation all the same.
        outbox::tell(store, &revoked, outbox::RESTORE, &ground.law.book)?;
    }
    Ok(Ok(written))
}
