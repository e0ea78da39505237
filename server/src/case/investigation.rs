//! Rulings of an investigation: a measure approved, what was taken decided on, a recusal ruled, a piece of evidence verified or
//! excluded (行政处罚法 43, 46, 56; 行政强制法 18–28).
//!
//! Each is said once: the same again changes nothing, another word is refused. Deliberately absent: the measures themselves, which
//! are fields that whoever handles the case writes, also offline.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::{OfficerId, RecordId};
use sync_core::case::read::View;
use sync_core::case::{DISPOSALS, standing};
use sync_core::protocol::Disposition;
use sync_core::record::Record;

use super::ops::{find, given, hand_in, not_his_own, put, words};
use crate::access::{Access, Reviews, UserActor};
use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::{Order, Written};
use crate::sync::store::Working;

/// Refuses whoever has none of these roles.
pub(crate) fn only(actor: &UserActor, roles: &[Role], what: &str) -> Result<(), Problem> {
    if actor.roles.iter().any(|role| roles.contains(role)) { Ok(()) } else { Err(Problem::new("forbidden", what.to_owned())) }
}

/// The one value that stands in a field; a contested one has to be resolved first.
pub(super) fn one(record: &Record, key: &str) -> Result<Option<Json>, Problem> {
    let mut all = record.register(key).into_iter().flat_map(|r| r.candidates()).filter(|c| !c.value.is_null());
    match (all.next(), all.next()) {
        (Some(_), Some(_)) => Err(Problem::new("conflict", format!("{key:.120} is contested; a reviewer has to settle it first"))),
        (value, _) => Ok(value.map(|c| c.value.to_json())),
    }
}

/// What stands already, as if it had just been written.
pub(crate) fn as_before(record: &Record, key: &str) -> Option<Written> {
    let candidate = record.register(key)?.candidates().iter().find(|c| !c.value.is_null())?;
    let disposition = Disposition::Applied { commit: candidate.commit, contested: Vec::new(), excepted: Vec::new(), refused: Vec::new() };
    Some(Written { record: record.id, dot: candidate.dot, disposition, stage: record.stage().to_owned() })
}

fn text<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

/// The part of a key that comes from an address.
fn part(field: &str, id: &str) -> Result<(), Problem> {
    let fits = (1..=80).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if fits { Ok(()) } else { Err(Problem::field(field, "1 to 80 letters, digits, '.', '_' and '-'")) }
}

/// A measure that stands on a case.
fn measure(record: &Record, id: &str) -> Result<Json, Problem> {
    part("measure", id)?;
    one(record, &format!("measures.{id}"))?.ok_or_else(|| Problem::not_found(&format!("measure {id:.80} on this case")))
}

/// `POST /api/v1/cases/{id}/measures/{m}/approval`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalBody {
    agrees: bool,
    text: String,
    /// Why it comes only after the measure began (补办).
    #[serde(default)]
    late: Option<String>,
}

/// The head's word on a registration or a seizure: `opinions.<kind>-<measure>.head`. Before it begins, or with `late` afterwards.
fn approve_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, which: &str, body: &ApprovalBody, ground: &Ground<'_>) -> Op<Written> {
    let said = given!(words("text", &body.text, 2_000));
    let late = given!(body.late.as_deref().map(|late| words("late", late, 500)).transpose());
    given!(only(actor, &[Role::Head], "registration and seizure are approved by the head (行政处罚法 56; 行政强制法 18)"));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let measure = given!(measure(&record, which));
    let Some(kind) = text(&measure, "kind").filter(|kind| ["registration", "seizure"].contains(kind)) else {
        return Ok(Err(Problem::new("conflict", "only registration and seizure are approved by the head")));
    };
    let key = format!("opinions.{kind}-{which}.head");
    if let Some(before) = given!(one(&record, &key)) {
        let same = before.get("agrees").and_then(Json::as_bool) == Some(body.agrees) && text(&before, "by") == Some(actor.officer.as_str()) && text(&before, "text") == Some(said);
        let written = as_before(&record, &key).filter(|_| same);
        return Ok(written.ok_or_else(|| Problem::new("conflict", "the head has spoken on this measure; an opinion is not changed afterwards")));
    }
    let began = measure.get("began_ms").and_then(Json::as_i64).is_some_and(|at| at <= store.now.0);
    match (began, late) {
        (true, None) => return Ok(Err(Problem::field("late", "the measure has begun; say why it is approved only now (补办)"))),
        (false, Some(_)) => return Ok(Err(Problem::field("late", "the measure has not begun, so the approval is not late; leave it out"))),
        _ => {}
    }
    let mut value = json!({ "agrees": body.agrees, "at_ms": store.now.0, "by": actor.officer, "text": said });
    if let (Some(late), Some(members)) = (late, value.as_object_mut()) {
        members.insert("late".into(), late.into());
    }
    let order = Order { edits: vec![put(&record, key, value, late)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.opinion", json!({ "step": format!("{kind}-{which}"), "voice": "head", "agrees": body.agrees, "late": late.is_some() }))
}

/// `POST /api/v1/cases/{id}/measures/{m}/rulings`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulingBody {
    disposal: String,
    reason: String,
}

/// What becomes of what was registered or seized: `rulings.<measure>`. The head decides; that it is given back or released may also be
/// said by whoever leads the section or squad, since what has run out of time has to be let go (行政处罚法 56; 行政强制法 27, 28).
fn ruling_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, which: &str, body: &RulingBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 600));
    if !DISPOSALS.contains(&body.disposal.as_str()) {
        return Ok(Err(Problem::field("disposal", format!("one of {}", DISPOSALS.join(", ")))));
    }
    let lets_go = ["released", "returned"].contains(&body.disposal.as_str());
    let roles: &[Role] = if lets_go { &[Role::Head, Role::SectionHead, Role::SquadLeader] } else { &[Role::Head] };
    given!(only(actor, roles, "what was taken is decided on by the head; released or returned also by the head of a section or squad"));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let measure = given!(measure(&record, which));
    let taken = ["registration", "seizure"].contains(&text(&measure, "kind").unwrap_or_default()) && measure.get("began_ms").and_then(Json::as_i64).is_some();
    if !taken {
        return Ok(Err(Problem::new("conflict", "nothing was registered or seized by this measure, so there is nothing to decide on")));
    }
    let ruled = standing(&record, "rulings.").find(|(_, r)| text(r, "of") == Some(which) && text(r, "disposal").is_some()).map(|(key, r)| (key.to_owned(), r));
    if let Some((key, before)) = ruled {
        let same = text(&before, "disposal") == Some(&*body.disposal);
        let written = as_before(&record, &format!("rulings.{key}")).filter(|_| same);
        let there = text(&before, "disposal").unwrap_or_default().to_owned();
        return Ok(written.ok_or_else(|| Problem::new("conflict", format!("it was decided already: {there}"))));
    }
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "disposal": body.disposal, "of": which, "reason": reason });
    let order = Order { edits: vec![put(&record, format!("rulings.{which}"), value, Some(reason))], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.ruled", json!({ "of": which, "disposal": body.disposal, "reason": reason }))
}

/// `POST /api/v1/cases/{id}/recusals/{officer}/ruling`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecusalBody {
    granted: bool,
    reason: String,
}

/// The head's ruling on a recusal, his own or that of a party: `rulings.recusal-<officer>` (行政处罚法 43).
fn recusal_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, officer: &OfficerId, body: &RecusalBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 600));
    given!(only(actor, &[Role::Head], "a recusal is ruled on by the head (行政处罚法 43)"));
    let record = given!(find(store, actor, id)?);
    if actor.officer == *officer {
        return Ok(Err(Problem::new("forbidden", "nobody rules on his own recusal")));
    }
    given!(not_his_own(&record, actor));
    if given!(one(&record, &format!("recusals.{officer}"))).is_none() {
        return Ok(Err(Problem::not_found(&format!("recusal of {officer} on this case"))));
    }
    let key = format!("rulings.recusal-{officer}");
    let ruled = standing(&record, "rulings.").find(|(_, r)| text(r, "of") == Some(officer.as_str()) && r.get("granted").is_some()).map(|(key, r)| (key.to_owned(), r));
    if let Some((there, before)) = ruled {
        let same = before.get("granted").and_then(Json::as_bool) == Some(body.granted);
        let written = as_before(&record, &format!("rulings.{there}")).filter(|_| same);
        return Ok(written.ok_or_else(|| Problem::new("conflict", "the head has ruled on this recusal; it is not changed afterwards")));
    }
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "granted": body.granted, "of": officer, "reason": reason });
    let order = Order { edits: vec![put(&record, key, value, Some(reason))], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.ruled", json!({ "of": officer, "granted": body.granted, "reason": reason }))
}

/// `POST /api/v1/cases/{id}/evidence/{e}/verify`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    excluded: bool,
    reason: String,
}

/// Whether a piece of evidence is true and lawfully taken, by somebody who neither handles the case nor took it: `verified.<evidence>`.
/// What was verified may still be found unlawful until the decision, and the other way round (行政处罚法 46).
fn verify_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, which: &str, body: &VerifyBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 600));
    given!(part("evidence", which));
    given!(only(actor, &[Role::Reviewer, Role::SectionHead], "evidence is verified by a reviewer or the head of a section"));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let stands: Vec<Json> = standing(&record, "evidence.").filter(|(of, _)| *of == which).map(|(_, e)| e).collect();
    if stands.is_empty() {
        return Ok(Err(Problem::not_found(&format!("evidence {which:.80} on this case"))));
    }
    if stands.iter().any(|e| ["by", "second"].iter().any(|who| text(e, who) == Some(actor.officer.as_str()))) {
        return Ok(Err(Problem::new("forbidden", "you took this evidence; somebody else verifies it")));
    }
    let key = format!("verified.{which}");
    if let Some(before) = given!(one(&record, &key))
        && before.get("excluded").and_then(Json::as_bool) == Some(body.excluded)
        && text(&before, "reason") == Some(reason)
        && let Some(written) = as_before(&record, &key)
    {
        return Ok(Ok(written));
    }
    if let Some(day) = View::of(&record).day("decided_date") {
        return Ok(Err(Problem::new("conflict", format!("the case was decided on {day}; what its evidence is worth is a matter of review or suit now"))));
    }
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "excluded": body.excluded, "reason": reason });
    let order = Order { edits: vec![put(&record, key, value, Some(reason))], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.verified", json!({ "evidence": which, "excluded": body.excluded, "reason": reason }))
}

/// Approves a registration or seizure: 200. 403 but for the head, 409 if he has spoken otherwise, 422 if it is late without a reason.
pub async fn approve(access: Access<Reviews>, path: web::Path<(RecordId, String)>, body: web::Json<ApprovalBody>) -> Result<HttpResponse, Problem> {
    let ((id, which), body) = (path.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| approve_op(store, actor, id, &which, &body, ground)).await
}

/// Decides on what was registered or seized: 200, the same again too. 409 if it was decided otherwise.
pub async fn rule(access: Access<Reviews>, path: web::Path<(RecordId, String)>, body: web::Json<RulingBody>) -> Result<HttpResponse, Problem> {
    let ((id, which), body) = (path.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ruling_op(store, actor, id, &which, &body, ground)).await
}

/// Rules on a recusal: 200, the same again too. 404 where nobody asked for it.
pub async fn recusal(access: Access<Reviews>, path: web::Path<(RecordId, OfficerId)>, body: web::Json<RecusalBody>) -> Result<HttpResponse, Problem> {
    let ((id, officer), body) = (path.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| recusal_op(store, actor, id, &officer, &body, ground)).await
}

/// Verifies or excludes a piece of evidence: 200, the same again too. 403 for whoever handles the case or took it.
pub async fn verify(access: Access<Reviews>, path: web::Path<(RecordId, String)>, body: web::Json<VerifyBody>) -> Result<HttpResponse, Problem> {
    let ((id, which), body) = (path.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| verify_op(store, actor, id, &which, &body, ground)).await
}
