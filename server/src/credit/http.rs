//! `/api/v1/repairs…`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sync_core::base::{Date, RecordId};

use super::apply::ApplyBody;
use super::{list, ops, outbox, view};
use crate::access::{Access, ReadsRecords, Writes};
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::record::who;
use crate::record::write::within;
use crate::sync::store::{StoreError, Want};

/// A reason, and nothing else.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    reason: String,
}

/// `POST /api/v1/repairs/{id}/decide`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    /// Granted or refused.
    pub approved: bool,
    /// Why; a refusal needs it.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /api/v1/repairs/{id}/synced`: what the credit site answered by another way than the port.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncedBody {
    /// Its receipt.
    pub receipt: String,
}

/// `POST /api/v1/repairs/{id}/revoke`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeBody {
    /// What was promised and is not true.
    pub reason: String,
    /// What shows it.
    pub evidence: String,
}

/// A page of repairs within reach, by the day on which they open: 200. 422 for a day that is none.
pub async fn list(access: Access<ReadsRecords>, query: web::Query<list::Query>) -> Result<HttpResponse, Problem> {
    let (query, reach) = (query.into_inner(), access.actor.reach);
    for (name, day) in [("from", &query.from), ("to", &query.to), ("opens_by", &query.opens_by)] {
        if day.as_ref().is_some_and(|text| text.parse::<Date>().is_err()) {
            return Err(Problem::field(name, "give a day as 2026-01-31"));
        }
    }
    let page = access.app.read(move |tx, district| list::page(tx, district, &query, &reach)).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// A repair with its rules, conditions, due days and the way of the enterprise: 200, and the reading is noted. 404 out of reach.
pub async fn show(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, actor, law) = (which.into_inner(), access.actor, access.app.law());
    let found = access.app.committer.run(Want { records: vec![id], ..Want::default() }, move |store| {
        let shown = view::show(store, &actor, id, &law.book)?;
        if shown.is_some() {
            let action = if actor.reads_personal() { "personal.read" } else { "record.read" };
            store.note(Deed::of(&actor.officer, action, format!("record:{id}")).with(json!({ "fields": ["application", "party"] })));
        }
        Ok::<_, StoreError>(shown)
    });
    Ok(HttpResponse::Ok().json(found.await?.ok_or_else(|| Problem::not_found("such repair"))?))
}

/// Applies for the enterprise: 200, the same again too. 409 `not_repairable` with every condition that is not met and the day on which it opens.
pub async fn apply(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ApplyBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::apply(store, actor, id, &body, ground)).await
}

/// Accepts the application: 200. 403 for whoever brought it in.
pub async fn accept(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::accept(store, actor, id, ground)).await
}

/// Returns it with what is missing: 200.
pub async fn send_back(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let (id, reason) = (which.into_inner(), body.into_inner().reason);
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::send_back(store, actor, id, &reason, ground)).await
}

/// Takes it under review: 200. 403 for whoever brought it in.
pub async fn review(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::review(store, actor, id, ground)).await
}

/// Extends the time for the result, as often as `credit.result.extensions` says: 200. 409 beyond that, or once it is over.
pub async fn extend(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let (id, reason) = (which.into_inner(), body.into_inner().reason);
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::extend(store, actor, id, &reason, ground)).await
}

/// Grants or refuses: 200. A grant is told to the credit site. 403 for whoever brought it in or reviewed it.
pub async fn decide(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<DecideBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::decide(store, actor, id, &body, ground)).await
}

/// Enters the credit site's receipt where it came by another way: 200.
pub async fn synced(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<SyncedBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::synced(store, actor, id, &body, ground)).await
}

/// Takes a repair back for a false commitment: 200. The credit site is told to show the record again.
pub async fn revoke(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<RevokeBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::revoke(store, actor, id, &body, ground)).await
}

/// Lets what could not be told to the credit site be tried at once: 200 with how many messages wait. 404 out of reach.
pub async fn again(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, actor) = (which.into_inner(), access.actor);
    let refused = who::may_act(&actor.roles, sync_core::credit::repair::NAME, "sync").err();
    let may = refused.is_none();
    let waiting = access.app.committer.run(Want { records: vec![id], ..Want::default() }, move |store| {
        let found = store.look(id)?.is_some_and(|record| *record.kind == *sync_core::credit::repair::NAME);
        if !found || !within(store, &actor, id)? {
            return Ok(None);
        }
        if !may {
            return Ok(Some(0));
        }
        store.note(Deed::of(&actor.officer, "repair.retold", format!("record:{id}")));
        outbox::again(store, id).map(Some)
    });
    let waiting = waiting.await?.ok_or_else(|| Problem::not_found("such repair"))?;
    if let Some(refused) = refused {
        return Err(refused);
    }
    Ok(HttpResponse::Ok().json(json!({ "waiting": waiting })))
}
