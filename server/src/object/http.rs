//! `/api/v1/objects` and `/api/v1/warnings`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::base::{Date, RecordId};
use sync_core::law::policy;
use sync_core::object::is_object;
use sync_core::record::Dot;

use super::decide::{Decided, Decision, decide};
use super::warnings::{self, Ground};
use super::{duplicates, search, view};
use crate::access::{Access, ReadsRecords, UserActor, Writes};
use crate::app::App;
use crate::base::problem::Problem;
use crate::org::ops;
use crate::react;
use crate::sync::store::{Memory, Want, Working};

/// Longest span of days of warnings: a leap year and the year before.
const MAX_DAYS: i32 = 2 * 366;

/// `GET /api/v1/objects`: a page of what the filters let through.
pub async fn list(access: Access<ReadsRecords>, query: web::Query<search::Query>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let (pattern, near) = query.check()?;
    let page = access.app.read(move |tx, district| search::page(tx, district, &query, pattern.as_deref(), near)).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// Which page of an object's visits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewQuery {
    after: Option<String>,
    limit: Option<u32>,
}

fn day_and_id(after: &str) -> Option<(&str, RecordId)> {
    let (day, id) = after.split_once('.')?;
    day.parse::<Date>().ok()?;
    Some((day, id.parse().ok()?))
}

/// `GET /api/v1/objects/{id}`: the object with its family, their aliases and visits, and the warnings of this year.
pub async fn one(access: Access<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<ViewQuery>) -> Result<HttpResponse, Problem> {
    let (id, ViewQuery { after, limit }) = (which.into_inner(), query.into_inner());
    if after.as_ref().is_some_and(|after| day_and_id(after).is_none()) {
        return Err(Problem::field("after", "send what the page before gave as next"));
    }
    let (kinds, now, today, law, reach) = (access.app.kinds.clone(), access.app.now(), access.app.today(), access.app.law(), access.actor.reach);
    let found = access.app.read(move |tx, district| {
        let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
        view::view(&mut store, id, (after.as_deref().and_then(day_and_id), ops::page(limit)), &reach, &Ground::of(&law.book, today), today)
    });
    let found = found.await?.ok_or_else(|| Problem::not_found("such object"))?;
    Ok(HttpResponse::Ok().json(found))
}

/// Which pairs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairsQuery {
    kind: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /api/v1/objects/duplicates`: pairs that may be one, each with its evidence.
pub async fn pairs(access: Access<ReadsRecords>, query: web::Query<PairsQuery>) -> Result<HttpResponse, Problem> {
    let PairsQuery { kind, after, limit } = query.into_inner();
    if kind.as_ref().is_some_and(|kind| !is_object(kind)) {
        return Err(Problem::field("kind", "give site or subject"));
    }
    let after = match after {
        Some(text) => {
            let pair = text.split_once('.').and_then(|(one, other)| Some((one.parse().ok()?, other.parse().ok()?)));
            Some(pair.ok_or_else(|| Problem::field("after", "send what the page before gave as next"))?)
        }
        None => None,
    };
    let metres = policy::get::<i64>(&access.app.law().book, "inspection.merge.distance", access.app.today()).map_or(50, |answer| answer.value);
    let page = access.app.read(move |tx, district| duplicates::page(tx, district, kind.as_deref(), metres, after, ops::page(limit))).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// `POST /api/v1/objects/{id}/join`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    into: RecordId,
    reason: String,
}

/// Says that an object is the same as another: 200. Both records stay and go on applying what arrives; visits to either count
/// for both. 409 where it is joined elsewhere, where a circle would come of it, or where somebody said that they are two.
pub async fn join(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<JoinBody>) -> Result<HttpResponse, Problem> {
    let JoinBody { into, reason } = body.into_inner();
    Ok(HttpResponse::Ok().json(access.app.decide(access.actor, which.into_inner(), Decision::Join { into }, reason).await?))
}

/// `POST /api/v1/objects/{id}/separate`. `replaces` are the dots of `joined_into` as the object's view shows them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeparateBody {
    reason: String,
    #[serde(default)]
    replaces: Vec<Dot>,
}

/// Takes a join back: 200. 412 where the object is joined elsewhere than its author was shown.
pub async fn separate(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<SeparateBody>) -> Result<HttpResponse, Problem> {
    let SeparateBody { reason, replaces } = body.into_inner();
    Ok(HttpResponse::Ok().json(access.app.decide(access.actor, which.into_inner(), Decision::Separate { replaces }, reason).await?))
}

/// `POST /api/v1/objects/{id}/distinct`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistinctBody {
    other: RecordId,
    reason: String,
}

/// Says that two objects are two, so that they are not proposed again: 200. 409 where they are joined.
pub async fn distinct(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<DistinctBody>) -> Result<HttpResponse, Problem> {
    let DistinctBody { other, reason } = body.into_inner();
    Ok(HttpResponse::Ok().json(access.app.decide(access.actor, which.into_inner(), Decision::Distinct { other }, reason).await?))
}

/// `POST /api/v1/objects/{id}/list`. `list` is null to take it off; `replaces` are the dots of `list` as the view shows them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListBody {
    list: Option<String>,
    reason: String,
    #[serde(default)]
    replaces: Vec<Dot>,
}

/// Puts an object on a list (无事不扰 `left_alone`, 随机抽查 `random`, 重点监管 `key`) or takes it off: 200.
pub async fn put_on_list(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ListBody>) -> Result<HttpResponse, Problem> {
    let ListBody { list, reason, replaces } = body.into_inner();
    if list.as_ref().is_some_and(|list| !sync_core::object::LISTS.contains(&list.as_str())) {
        return Err(Problem::field("list", format!("give one of {}, or null for none", sync_core::object::LISTS.join(", "))));
    }
    Ok(HttpResponse::Ok().json(access.app.decide(access.actor, which.into_inner(), Decision::List { list, replaces }, reason).await?))
}

/// Which warnings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarningsQuery {
    from: Option<Date>,
    to: Option<Date>,
    code: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /api/v1/warnings`: multi-head, repeated and frequent visits by enterprise, each with the visits that it rests on. By
/// default those whose last visit was this year.
pub async fn warned(access: Access<ReadsRecords>, query: web::Query<WarningsQuery>) -> Result<HttpResponse, Problem> {
    let WarningsQuery { from, to, code, after, limit } = query.into_inner();
    let today = access.app.today();
    let to = to.unwrap_or(today);
    let from = from.unwrap_or_else(|| Date::new(to.year(), 1, 1).unwrap_or(to));
    let span = from.until(to).map_or(i32::MAX, |span| span.get_days());
    if !(0..=MAX_DAYS).contains(&span) {
        return Err(Problem::field("from", format!("give a first day at most {MAX_DAYS} days before the last")));
    }
    let codes: Vec<&str> = sync_core::object::warning::CODES.iter().map(|row| row.0).collect();
    if code.as_ref().is_some_and(|code| !codes.contains(&code.as_str())) {
        return Err(Problem::field("code", format!("give one of {}", codes.join(", "))));
    }
    let query = warnings::Query { days: (from, to), code, after, limit: ops::page(limit) };
    let (law, reach) = (access.app.law(), access.actor.reach);
    let page = access.app.read(move |tx, district| warnings::page(tx, district, &Ground::of(&law.book, to), &query, &reach)).await?;
    Ok(HttpResponse::Ok().json(page))
}

impl App {
    /// Carries out a decision about an object.
    async fn decide(&self, actor: UserActor, id: RecordId, decision: Decision, reason: String) -> Result<Decided, Problem> {
        let (keys, law) = (self.keys.clone(), self.law());
        let mut records = vec![id];
        match decision {
            Decision::Join { into } => records.push(into),
            Decision::Distinct { other } => records.push(other),
            _ => {}
        }
        let want = Want { records, ..Want::default() };
        self.committer.run(want, move |store| decide(store, &actor, id, &decision, &reason, &react::Ground { law: &law, keys: &keys })).await?
    }
}
