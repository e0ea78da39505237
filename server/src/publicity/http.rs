//! `/api/v1/cases/{id}/publication`, `/api/v1/public/decisions`, `/p/decisions`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError as _, web};
use serde::Deserialize;
use serde_json::json;
use sync_core::base::{Date, RecordId};
use sync_core::case::read::View;
use sync_core::law::{Calendar, Period, Side, deadline, policy};

use super::ops::{self, Instead, Wish};
use super::{mask, page, read};
use crate::access::{Access, Public, ReadsRecords, Reviews, UserActor};
use crate::app::App;
use crate::base::problem::Problem;
use crate::case::ops::find;
use crate::public::Lang;
use crate::react::Ground;
use crate::sync::store::Want;

/// Most lines of a page.
const PAGE: i64 = 50;
/// Lines of a page for people.
const SHORT: i64 = 20;

/// `POST /api/v1/cases/{id}/publication`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    exempt: Option<String>,
}

/// `POST /api/v1/cases/{id}/publication/correct`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectBody {
    reason: String,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    instead: Instead,
}

/// A reason, and nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    reason: String,
}

async fn run(app: &App, actor: UserActor, id: RecordId, wish: Wish) -> Result<HttpResponse, Problem> {
    app.current().await?;
    let (keys, law) = (app.keys.clone(), app.law());
    let want = Want { records: vec![id], ..Want::default() };
    let done = app.committer.run(want, move |store| ops::publicise(store, &actor, id, &wish, &Ground { law: &law, keys: &keys })).await??;
    Ok(HttpResponse::Ok().json(done))
}

/// What is published of a case, version by version, what would be, and by when: 200.
pub async fn show(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, actor, law, today) = (which.into_inner(), access.actor, access.app.law(), access.app.today());
    let want = Want { records: vec![id], ..Want::default() };
    let body = access.app.committer.run(want, move |store| {
        let record = match find(store, &actor, id)? {
            Ok(record) => record,
            Err(problem) => return Ok(Err(problem)),
        };
        store.flush()?;
        let versions = read::versions(store.tx, store.district, id)?;
        let view = View::of(&record);
        let punished = view.word("exemption", "clause").is_none();
        let policy_key = if punished { "publicity.penalty" } else { "publicity.other" };
        let due = view.day("decided_date").and_then(|day| {
            let period = policy::get::<Period>(&law.book, policy_key, day).ok()?.value;
            deadline(&Calendar::of(&law.book), period, day, Side::Organ, &[]).ok()?.deadline()
        });
        let against = ops::against(&record, today);
        let whole = versions.iter().map(read::Version::whole).collect::<Result<Vec<_>, _>>()?;
        let proposed = against.is_none().then(|| mask::shown(&view, &law.book, today, &[]));
        let against = against.map(|why| why.to_string());
        Ok(Ok(json!({ "record": id, "versions": whole, "proposed": proposed, "against": against, "due": due.map(|d| d.unshifted_due) })))
    });
    Ok(HttpResponse::Ok().json(body.await??))
}

/// Publishes a decision, or says why it is not published: 200 with the version. 409 before its service, of a minor, or with another text.
pub async fn publish(access: Access<Reviews>, which: web::Path<RecordId>, body: web::Json<PublishBody>) -> Result<HttpResponse, Problem> {
    let PublishBody { secrets, exempt } = body.into_inner();
    let wish = exempt.map_or(Wish::Publish { secrets }, |reason| Wish::Exempt { reason });
    run(&access.app, access.actor, which.into_inner(), wish).await
}

/// Puts another text in the place of what is published; the old one is kept: 200.
pub async fn correct(access: Access<Reviews>, which: web::Path<RecordId>, body: web::Json<CorrectBody>) -> Result<HttpResponse, Problem> {
    let CorrectBody { reason, secrets, instead } = body.into_inner();
    run(&access.app, access.actor, which.into_inner(), Wish::Correct { reason, secrets, instead }).await
}

/// Takes a publication back: 200.
pub async fn withdraw(access: Access<Reviews>, which: web::Path<RecordId>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let reason = body.into_inner().reason;
    run(&access.app, access.actor, which.into_inner(), Wish::Withdraw { reason }).await
}

/// `?after=&limit=&lang=`.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    after: Option<String>,
    limit: Option<i64>,
    lang: Option<String>,
}

fn after(query: &Query) -> Result<read::After, Problem> {
    let Some(text) = &query.after else { return Ok(None) };
    let parts = text.split_once('.').and_then(|(day, id)| Some((day.parse::<Date>().ok()?, id.parse::<RecordId>().ok()?)));
    parts.map(|(day, id)| Some((day.to_string(), id))).ok_or_else(|| Problem::field("after", "send `next` as the page before gave it"))
}

fn token(next: &read::After) -> Option<String> {
    next.as_ref().map(|(day, id)| format!("{day}.{id}"))
}

/// Published decisions for machines, the latest first: 200.
pub async fn decisions_json(access: Access<Public>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let (after, limit) = (after(&query)?, query.limit.unwrap_or(PAGE).clamp(1, PAGE));
    let body = access.app.read(move |tx, district| {
        let (rows, next) = read::page(tx, district, &after, limit)?;
        let items = rows.iter().map(read::Version::public).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "items": items, "next": token(&next) }))
    });
    Ok(HttpResponse::Ok().json(body.await?))
}

/// One published decision for machines: 200, 404.
pub async fn decision_json(access: Access<Public>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    let found = access.app.read(move |tx, district| read::newest(tx, district, id)?.map(|v| v.public()).transpose()).await?;
    Ok(HttpResponse::Ok().json(found.ok_or_else(|| Problem::not_found("published decision"))?))
}

/// Published decisions as a page.
pub async fn decisions(access: Access<Public>, query: web::Query<Query>) -> HttpResponse {
    let lang = Lang::of(query.lang.as_deref());
    let after = match after(&query) {
        Ok(after) => after,
        Err(problem) => return page::nothing(problem.status_code(), lang),
    };
    let more = after.is_some();
    match access.app.read(move |tx, district| read::page(tx, district, &after, SHORT)).await {
        Ok((rows, next)) => page::list(lang, &rows, token(&next), more),
        Err(problem) => page::nothing(problem.status_code(), lang),
    }
}

/// A published decision as a page.
pub async fn decision(access: Access<Public>, which: web::Path<String>, query: web::Query<Query>) -> HttpResponse {
    let lang = Lang::of(query.lang.as_deref());
    let Ok(id) = which.parse::<RecordId>() else { return page::nothing(StatusCode::NOT_FOUND, lang) };
    match access.app.read(move |tx, district| read::newest(tx, district, id)).await {
        Ok(Some(version)) => page::decision(lang, &version),
        Ok(None) => page::nothing(StatusCode::NOT_FOUND, lang),
        Err(problem) => page::nothing(problem.status_code(), lang),
    }
}
