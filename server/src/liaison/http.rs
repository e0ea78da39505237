//! `/api/v1/liaisons` and the figures. Closing and withdrawing are plain acts of `/api/v1/records/{id}/acts`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::base::{Date, RecordId};

use super::{figures, ops};
use crate::access::{Access, ReadsRecords, Writes};
use crate::base::problem::Problem;
use crate::react::Ground;
use crate::record::id_or_fresh;
use crate::sync::store::Want;

/// What a request is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its kind.
    pub kind: String,
    /// The record.
    pub record: RecordId,
}

/// `POST /api/v1/liaisons`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    /// The record's id; drawn at random if left out. The same id twice is a conflict, so a repeated request does nothing.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// The organ that asks; the caller's own if left out.
    #[serde(default)]
    pub from: Option<String>,
    /// Codes of the organs that are asked.
    pub to: Vec<String>,
    /// What it is called.
    pub title: String,
    /// What is asked.
    pub text: String,
    /// What it is about.
    #[serde(default)]
    pub about: Option<About>,
    /// The day by which a reply is wanted.
    #[serde(default)]
    pub answer_by: Option<Date>,
}

/// `POST /api/v1/liaisons/{id}/reply`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// The organ that replies; the caller's own if left out.
    #[serde(default)]
    pub organ: Option<String>,
    /// The reply.
    pub text: String,
    /// Whether the organ does what is asked.
    pub agreed: bool,
}

/// Asks organs for something: 201.
pub async fn ask(access: Access<Writes>, body: web::Json<AskBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let id = id_or_fresh(body.record)?;
    let (actor, keys, law) = (access.actor, access.app.keys.clone(), access.app.law());
    let unit = access.app.live.officer(&actor.officer).map(|known| known.unit).unwrap_or_default();
    let want = Want { records: vec![id], ..Want::default() };
    let done = access.app.committer.run(want, move |store| ops::ask(store, &actor, &unit, id, &body, &Ground { law: &law, keys: &keys }));
    Ok(HttpResponse::Created().json(done.await??))
}

/// Replies for the caller's organ: 200; 403 for another's.
pub async fn reply(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReplyBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    let (actor, keys, law) = (access.actor, access.app.keys.clone(), access.app.law());
    let unit = access.app.live.officer(&actor.officer).map(|known| known.unit).unwrap_or_default();
    let want = Want { records: vec![id], ..Want::default() };
    let done = access.app.committer.run(want, move |store| ops::reply(store, &actor, &unit, id, &body, &Ground { law: &law, keys: &keys }));
    Ok(HttpResponse::Ok().json(done.await??))
}

/// `GET /api/v1/liaison/figures`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    from: Date,
    to: Date,
}

/// Most days of one query.
const MAX_DAYS: i32 = 366;

/// Requests, replies in time and support given, of the days from `from` to `to` and of what is within reach.
pub async fn figures(access: Access<ReadsRecords>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let Query { from, to } = query.into_inner();
    let days = from.until(to).map_or(i32::MAX, |span| span.get_days());
    if !(0..MAX_DAYS).contains(&days) {
        return Err(Problem::field("to", format!("give a day from `from` on, at most {MAX_DAYS} days")));
    }
    let (kinds, reach) = (access.app.kinds.clone(), access.actor.reach);
    let found = access.app.read(move |tx, district| figures::figures(tx, district, &kinds, &reach, from, to)).await?;
    Ok(HttpResponse::Ok().json(found))
}
