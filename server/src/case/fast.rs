//! Fast handling in the back office (简案快办, `domain.md` §6): the conditions explained, the acts with typed refusals, the share.
//!
//! Each call is an ordinary act with the fields that it stands on. Evidence and the day of filing are never touched, so that what is
//! converted keeps both. Deliberately absent: the period (a deadline) and the steps that every case has.

use actix_web::{HttpResponse, web};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::date::{next, start_of};
use sync_core::base::{Date, RecordId, date::day_of};
use sync_core::case::fast::{Condition, Eligibility, State, eligibility};
use sync_core::case::read::View;
use sync_core::case::{self, stage};
use sync_core::law::policy;
use sync_core::record::Record;

use super::ops::{find, given, hand_in, put, words};
use super::penalty::{alone, area};
use crate::access::{Access, ReadsRecords, UserActor, Writes};
use crate::audit::Deed;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::Op;
use crate::org::reach::{Reach, held};
use crate::react::Ground;
use crate::record::{Order, Written, who};
use crate::schema::{listing, stage_move};
use crate::sync::store::{StoreError, Working};

/// Longest span of the share, in days.
const MAX_SPAN: i32 = 3_700;

/// `POST /api/v1/cases/{id}/fast/offer`: what an officer has to have asked and considered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferBody {
    facts_disputed: bool,
    impact: bool,
    joint_offenders: bool,
    needs_appraisal: bool,
}

/// `POST /api/v1/cases/{id}/fast/consent`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    /// The signature under the consent: an id of `signatures.*`.
    signature: String,
}

/// `POST /api/v1/cases/{id}/fast/withdraw` and `…/convert`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    reason: String,
}

/// `GET /api/v1/fast-share`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareQuery {
    from: String,
    to: String,
}

/// Every condition and exclusion, each met, not met or unknown with the fact that it rests on. 404 for a case out of reach.
pub async fn show(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, actor, app) = (which.into_inner(), access.actor, access.app);
    let deed = Deed::of(&actor.officer, "record.read", format!("record:{id}"));
    let shown = app.case_read(actor, id, look).await?;
    app.note(deed).await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Offers fast handling: 200. 409 `not_eligible` names every condition that is not met or not known.
pub async fn offer(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<OfferBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| write_offer(store, actor, id, &body, ground)).await
}

/// Takes the party's written consent: 200. 422 without a signature that stands on the case.
pub async fn consent(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ConsentBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| write_consent(store, actor, id, &body, ground)).await
}

/// Approves filing and proposal together, by the head: 200. 409 `not_eligible` as for the offer, evidence and consent included.
pub async fn run(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| write_run(store, actor, id, ground)).await
}

/// Notes that the party took its consent back, and converts: 200. 409 where the local rule knows no withdrawal.
pub async fn withdraw(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| leave(store, actor, id, "withdraw_consent", &body.reason, ground)).await
}

/// Converts to the ordinary way: 200.
pub async fn convert(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| leave(store, actor, id, "convert", &body.reason, ground)).await
}

/// How many decisions within reach were made fast, generally and on the spot between two days, both inclusive.
pub async fn share(access: Access<ReadsRecords>, query: web::Query<ShareQuery>) -> Result<HttpResponse, Problem> {
    let day = |name: &str, text: &str| text.parse::<Date>().map_err(|_| Problem::field(name, "give a day as 2026-01-31"));
    let (from, to) = (day("from", &query.from)?, day("to", &query.to)?);
    let span = from.until(to).map_or(i32::MAX, |span| span.get_days());
    if !(0..=MAX_SPAN).contains(&span) {
        return Err(Problem::field("to", format!("from 0 to {MAX_SPAN} days after from")));
    }
    let reach = access.actor.reach;
    let counted = access.app.read(move |tx, district| count(tx, district, from, to, &reach)).await?;
    Ok(HttpResponse::Ok().json(counted))
}

/// Decisions by the way in which they were made: a case that is decided anew counts anew.
fn count(tx: &mut Tx<'_>, district: i64, from: Date, to: Date, reach: &Reach) -> Result<Json, StoreError> {
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let (first, end) = (start_of(from).0, start_of(next(to)).0);
    let mut decided = |before: Option<&str>| -> Result<i64, StoreError> {
        Ok(on!(tx, |c| {
            let line = listing::table.filter(listing::district.eq(district)).filter(listing::record.eq(stage_move::record)).filter(listing::kind.eq(case::NAME));
            let mut q = stage_move::table
                .filter(stage_move::district.eq(district))
                // As it stands in the partial index, which no bound value would match: `stage::DECIDED`.
                .filter(sql::<Bool>("stage_move.to_stage = 'DECIDED'"))
                .filter(stage_move::shown_ms.ge(first))
                .filter(stage_move::shown_ms.lt(end))
                .select(diesel::dsl::count_star())
                .into_boxed()
                .filter(diesel::dsl::exists(line));
            if let Some(before) = before {
                q = q.filter(stage_move::from_stage.eq(before));
            }
            if let Some(buckets) = buckets.clone() {
                q = q.filter(held!(district, buckets, stage_move::record));
            }
            q.get_result(c)
        })?)
    };
    let (fast, simple) = (decided(Some(stage::FAST_RUNNING))?, decided(Some(stage::CLUE))?);
    let general = decided(None)? - fast - simple;
    // 简案快办 is a part of the general procedure, so that is what it is a share of.
    let share = (fast * 1_000).checked_div(fast + general);
    Ok(json!({ "from": from, "to": to, "fast": fast, "general": general, "simple": simple, "share_per_mille": share }))
}

fn look(record: &Record, ground: &Ground<'_>, today: Date) -> Json {
    let view = View::of(record);
    let found = judge(&view, ground, today);
    json!({ "stage": record.stage(), "eligibility": found, "fast": view.json("fast"), "filed_date": view.day("filed_date") })
}

fn judge(view: &View<'_>, ground: &Ground<'_>, today: Date) -> Eligibility {
    let area = area(view, ground, today);
    eligibility(view, &alone(ground, &area, today))
}

/// Refuses by the name of everything that stands against it.
fn eligible(found: &Eligibility, later: bool) -> Result<(), Problem> {
    if if later { found.may_run } else { found.may_offer } {
        return Ok(());
    }
    let waits = |one: &Condition| !later && matches!(one.code, "consent" | "conclusive");
    let against = found.conditions.iter().chain(&found.exclusions).filter(|one| one.state != State::Met && !waits(one));
    let list: Vec<String> = against.map(|one| format!("{} ({}): {}", one.code, if one.state == State::Unknown { "unknown" } else { "not met" }, one.fact)).collect();
    Err(Problem::new("not_eligible", format!("{}; handle the case in the ordinary way, or establish what is not known", list.join("; "))))
}

/// The record with other values in some fields, to be judged before it is written.
fn with(record: &Record, order: &Order) -> Record {
    let mut after = record.clone();
    let edits: Vec<_> = order.edits.iter().filter_map(|e| Some((e.field.parse().ok()?, sync_core::record::Value::from_json(&e.value).ok()?, e.replaces.clone(), None))).collect();
    after.preview(&edits);
    after
}

/// `fast` with these members in it.
fn merged(view: &View<'_>, members: Json) -> Json {
    let mut fast = match view.json("fast") {
        Json::Object(fast) => fast,
        _ => serde_json::Map::new(),
    };
    if let Json::Object(members) = members {
        fast.extend(members);
    }
    Json::Object(fast)
}

/// Hands an act in; a guard that is not met is its typed refusal.
fn act(store: &mut Working<'_, '_>, actor: &UserActor, order: Order, name: &str, ground: &Ground<'_>) -> Op<Written> {
    let detail = json!({ "act": name });
    hand_in(store, actor, &Order { act: Some(name.to_owned()), ..order }, ground, "case.fast", detail)
}

fn write_offer(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &OfferBody, ground: &Ground<'_>) -> Op<Written> {
    given!(who::may_act(&actor.roles, case::NAME, "offer_fast"));
    let record = given!(find(store, actor, id)?);
    let (view, today) = (View::of(&record), day_of(store.now).unwrap_or(Date::MIN));
    if view.number("fast", "converted_ms").is_some() {
        return Ok(Err(Problem::new("conflict", "this case was converted to the ordinary way; it is not offered again")));
    }
    let OfferBody { facts_disputed, impact, joint_offenders, needs_appraisal } = *body;
    let fast = json!({ "facts_disputed": facts_disputed, "impact": impact, "joint_offenders": joint_offenders, "needs_appraisal": needs_appraisal, "offered_ms": store.now.0 });
    let order = Order { edits: vec![put(&record, "fast", merged(&view, fast), None)], ..Order::of(id) };
    given!(eligible(&judge(&View::of(&with(&record, &order)), ground, today), false));
    act(store, actor, order, "offer_fast", ground)
}

fn write_consent(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &ConsentBody, ground: &Ground<'_>) -> Op<Written> {
    given!(who::may_act(&actor.roles, case::NAME, "consent_fast"));
    let record = given!(find(store, actor, id)?);
    let view = View::of(&record);
    if view.all("signatures.").all(|(key, _)| key != body.signature) {
        return Ok(Err(Problem::field("signature", "no such signature on the case; have the party sign the consent first")));
    }
    let fast = json!({ "consent_ms": store.now.0, "consent_signature": body.signature });
    let order = Order { edits: vec![put(&record, "fast", merged(&view, fast), None)], ..Order::of(id) };
    act(store, actor, order, "consent_fast", ground)
}

fn write_run(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(find(store, actor, id)?);
    given!(who::may_act(&actor.roles, case::NAME, "run_fast"));
    let (view, today) = (View::of(&record), day_of(store.now).unwrap_or(Date::MIN));
    given!(eligible(&judge(&view, ground, today), true));
    // The day of filing, which is approved with it, is written by the office itself; a case that was filed before keeps its own.
    let edits = vec![put(&record, "fast", merged(&view, json!({ "started_ms": store.now.0 })), None), put(&record, "procedure", json!("general"), None)];
    act(store, actor, Order { edits, ..Order::of(id) }, "run_fast", ground)
}

/// Withdrawal or conversion: only `fast` changes, so evidence and clock stay as they are.
fn leave(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, name: &'static str, reason: &str, ground: &Ground<'_>) -> Op<Written> {
    given!(who::may_act(&actor.roles, case::NAME, name));
    let reason = given!(words("reason", reason, 600));
    let record = given!(find(store, actor, id)?);
    let (view, now) = (View::of(&record), store.now.0);
    let mut fast = json!({ "converted_ms": now, "reason": reason });
    if name == "withdraw_consent" {
        let known = policy::get::<String>(&ground.law.book, "fast.consent_withdrawable", day_of(store.now).unwrap_or(Date::MIN));
        if known.is_ok_and(|answer| answer.value != "yes") {
            return Ok(Err(Problem::new("conflict", "the policy fast.consent_withdrawable knows no withdrawal of consent; convert the case with a reason instead")));
        }
        if let Some(members) = fast.as_object_mut() {
            members.insert("withdrawn_ms".into(), json!(now));
        }
    }
    let order = Order { edits: vec![put(&record, "fast", merged(&view, fast), Some(reason))], reason: Some(reason.to_owned()), ..Order::of(id) };
    act(store, actor, order, name, ground)
}
