//! What moves deadlines: extensions, and time that does not count.
//!
//! A day is never edited: an extension and a standstill are entries of their own, with who said so and why, and the day follows.
//! Deliberately absent: what a deadline is (`sync_core::case::deadline`), and what is shown of it (`super::board`).

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::date::{day_of, next};
use sync_core::base::{Date, OfficerId, RecordId};
use sync_core::case::deadline::{Due, deadlines};
use sync_core::case::read::View;
use sync_core::case::{STANDSTILLS, standing};
use sync_core::law::policy;
use sync_core::record::FieldKey;

use super::investigation::{as_before, one, only};
use super::ops::{find, given, hand_in, not_his_own, put, words};
use crate::access::{Access, Reviews, UserActor, Writes};
use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::{Order, Written};
use crate::sync::store::Working;

/// `POST /api/v1/cases/{id}/extensions`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionBody {
    /// `general`, `check`, or the id of a seizure.
    of: String,
    /// `head` or `collective`.
    way: String,
    reason: String,
    /// Who discussed it, of an extension by collective discussion.
    #[serde(default)]
    members: Vec<OfficerId>,
}

/// The open deadline that an extension is of.
fn extended<'d>(dues: &'d [Due], of: &str) -> Option<&'d Due> {
    dues.iter().find(|due| (due.code == of && due.about.is_empty()) || (due.code == "seizure" && due.about == of))
}

fn extend_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &ExtensionBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 600));
    given!(only(actor, &[Role::Head], "a period is extended by the head"));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let (view, book) = (View::of(&record), &ground.law.book);
    let today = day_of(store.now).unwrap_or(Date::MAX);
    if !["head", "collective"].contains(&body.way.as_str()) || (body.way == "collective" && body.of != "general") {
        return Ok(Err(Problem::field("way", "head; for the case as a whole (general) then collective")));
    }
    let collective = body.way == "collective";
    let key = format!("extensions.{}-{}", body.of, body.way);
    if key.parse::<FieldKey>().is_err() {
        return Ok(Err(Problem::field("of", "general, check, or the id of a seizure")));
    }
    if let Some(before) = given!(one(&record, &key)) {
        if before.get("reason").and_then(Json::as_str) == Some(reason)
            && let Some(written) = as_before(&record, &key)
        {
            return Ok(Ok(written));
        }
        return Ok(Err(Problem::new("conflict", "this period was extended in this way; it is extended once (住建部令55; 行政强制法 25)")));
    }
    let dues = deadlines(&view, book);
    let Some(due) = extended(&dues, &body.of).filter(|due| ["check", "general", "seizure"].contains(&due.code)) else {
        return Ok(Err(Problem::field("of", "no such period runs on this case: general, check, or the id of a seizure")));
    };
    if due.done.is_some() {
        return Ok(Err(Problem::new("conflict", format!("{} was done on {}; there is nothing to extend", due.zh, due.done.map(|day| day.to_string()).unwrap_or_default()))));
    }
    // An extension after the end would date back what was not said in time (domain.md §0.3).
    if let Some(last) = due.due.filter(|last| today > *last) {
        return Ok(Err(Problem::new("conflict", format!("{} ended on {last}; what is late is not extended", due.zh))));
    }
    let mut value = json!({ "at_ms": store.now.0, "by": actor.officer, "of": body.of, "reason": reason, "way": body.way });
    if collective {
        if given!(one(&record, "extensions.general-head")).is_none() {
            return Ok(Err(Problem::new("conflict", "the head extends first; only then a collective discussion (住建部令55)")));
        }
        let members: BTreeSet<&OfficerId> = body.members.iter().collect();
        let fewest = policy::get::<i64>(book, "penalty.discussion.members", today).map_or(3, |answer| answer.value);
        if (members.len() as i64) < fewest || members.len() > 64 {
            return Ok(Err(Problem::field("members", format!("name who discussed it, at least {fewest} (penalty.discussion.members), at most 64"))));
        }
        if let Some(object) = value.as_object_mut() {
            object.insert("members".into(), json!(members));
        }
    }
    let order = Order { edits: vec![put(&record, key, value, Some(reason))], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.extended", json!({ "of": body.of, "way": body.way, "from": due.due.map(|day| day.to_string()) }))
}

/// `POST /api/v1/cases/{id}/standstills`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandstillBody {
    /// A word of `case::STANDSTILLS`.
    ground: String,
    /// The first day that does not count; today if left out.
    #[serde(default)]
    from: Option<Date>,
    /// The first day that counts again, where it is known.
    #[serde(default)]
    until: Option<Date>,
    reason: String,
}

/// `POST /api/v1/cases/{id}/standstills/{key}/end`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// The first day that counts again; tomorrow if left out.
    #[serde(default)]
    until: Option<Date>,
    reason: String,
}

/// Who says that time does not count: 中止 and an agreement on execution are the head's.
fn stops(ground: &str) -> &'static [Role] {
    if matches!(ground, "suspension" | "agreement") { &[Role::Head] } else { &[Role::Head, Role::SectionHead, Role::SquadLeader, Role::Reviewer] }
}

fn stop_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &StandstillBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 600));
    if !STANDSTILLS.contains(&body.ground.as_str()) {
        return Ok(Err(Problem::field("ground", format!("one of {}", STANDSTILLS.join(", ")))));
    }
    given!(only(actor, stops(&body.ground), "that time does not count is said by the head, and of hearings, tests, appraisals and notices by who leads the work"));
    let record = given!(find(store, actor, id)?);
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let from = body.from.unwrap_or(today);
    // What lies ahead cannot be known to stand still, and what lies before the filing has no clock.
    if from > today || View::of(&record).day("filed_date").is_some_and(|filed| from < filed) {
        return Ok(Err(Problem::field("from", "a day from the filing up to today")));
    }
    if body.until.is_some_and(|until| until <= from) {
        return Ok(Err(Problem::field("until", "the first day that counts again; it is later than `from`")));
    }
    let key = format!("standstills.{}-{from}", body.ground);
    let mut value = json!({ "by": actor.officer, "from": from.to_string(), "ground": body.ground, "reason": reason });
    if let (Some(until), Some(object)) = (body.until, value.as_object_mut()) {
        object.insert("until".into(), json!(until.to_string()));
    }
    if let Some(before) = given!(one(&record, &key)) {
        if before.get("reason").and_then(Json::as_str) == Some(reason)
            && let Some(written) = as_before(&record, &key)
        {
            return Ok(Ok(written));
        }
        return Ok(Err(Problem::new("conflict", "time stands still on this ground since that day; end that entry first")));
    }
    let open = |(_, s): &(&str, Json)| s.get("ground").and_then(Json::as_str) == Some(&body.ground) && s.get("until").is_none_or(Json::is_null);
    if let Some((standing, _)) = standing(&record, "standstills.").find(open) {
        return Ok(Err(Problem::new("conflict", format!("time stands still on this ground already ({standing}); end that entry first"))));
    }
    let order = Order { edits: vec![put(&record, key, value, Some(reason))], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.standstill", json!({ "ground": body.ground, "from": from.to_string() }))
}

fn go_on_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, which: &str, body: &EndBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 600));
    let record = given!(find(store, actor, id)?);
    let key = format!("standstills.{which}");
    let entry = if key.parse::<FieldKey>().is_ok() { given!(one(&record, &key)) } else { None };
    let Some(mut entry) = entry else { return Ok(Err(Problem::not_found(&format!("standstill {which:.80} on this case")))) };
    let word = |member: &str| entry.get(member).and_then(Json::as_str).map(str::to_owned);
    given!(only(actor, stops(&word("ground").unwrap_or_default()), "who may say that time stands still says that it goes on"));
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let until = body.until.unwrap_or_else(|| next(today));
    if let Some(ended) = word("until") {
        if ended == until.to_string()
            && let Some(written) = as_before(&record, &key)
        {
            return Ok(Ok(written));
        }
        return Ok(Err(Problem::new("conflict", format!("time counts again since {ended}"))));
    }
    let from: Option<Date> = word("from").and_then(|from| from.parse().ok());
    if from.is_some_and(|from| until <= from) || until > next(today) {
        return Ok(Err(Problem::field("until", "the first day that counts again: after the first that did not, tomorrow at the latest")));
    }
    if let Some(object) = entry.as_object_mut() {
        object.insert("until".into(), json!(until.to_string()));
    }
    let order = Order { edits: vec![put(&record, key, entry, Some(reason))], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.standstill", json!({ "of": which, "until": until.to_string() }))
}

/// Extends a period, by the head: 200. 409 once it is over, done or extended in this way; 422 for a period that does not run.
pub async fn extend(access: Access<Reviews>, which: web::Path<RecordId>, body: web::Json<ExtensionBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| extend_op(store, actor, id, &body, ground)).await
}

/// Says that time does not count: 200, the same again too. 409 while it stands still on that ground.
pub async fn stop(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<StandstillBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| stop_op(store, actor, id, &body, ground)).await
}

/// Says that time counts again: 200, the same again too. 404 without such an entry, 409 once it has another end.
pub async fn go_on(access: Access<Writes>, path: web::Path<(RecordId, String)>, body: web::Json<EndBody>) -> Result<HttpResponse, Problem> {
    let ((id, which), body) = (path.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| go_on_op(store, actor, id, &which, &body, ground)).await
}
