//! `/api/v1/records`: beginning, editing and acting.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::base::RecordId;
use sync_core::record::Dot;

use super::write::EditBody;
use super::{Order, Written, gate, id_or_fresh, write};
use crate::access::{Access, ReadsRecords, UserActor, Writes};
use crate::app::App;
use crate::base::problem::Problem;
use crate::react::{self, Ground};
use crate::sync::store::{StoreError, Want};

/// `POST /api/v1/records`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeginBody {
    /// The kind.
    kind: String,
    /// The record's id; drawn at random if left out. The same id twice is a conflict, so a repeated request does nothing.
    #[serde(default)]
    record: Option<RecordId>,
    /// The fields.
    edits: Vec<EditBody>,
}

/// Begins a record: 201 with its id and what became of the change.
pub async fn begin(access: Access<Writes>, body: web::Json<BeginBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let record = id_or_fresh(body.record)?;
    let order = Order { begin: Some(body.kind), edits: body.edits, ..Order::of(record) };
    Ok(HttpResponse::Created().json(access.app.write(access.actor, order).await?))
}

/// `POST /api/v1/records/{id}/edits`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditsBody {
    edits: Vec<EditBody>,
}

/// Edits fields: 200. 412 where a field is not what its author was shown.
pub async fn edit(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<EditsBody>) -> Result<HttpResponse, Problem> {
    let order = Order { edits: body.into_inner().edits, ..Order::of(which.into_inner()) };
    Ok(HttpResponse::Ok().json(access.app.write(access.actor, order).await?))
}

/// `POST /api/v1/records/{id}/acts`: an act of the record's stage table, or waive, confirm, revoke and reopen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActBody {
    act: String,
    #[serde(default)]
    part: Option<String>,
    #[serde(default)]
    dot: Option<Dot>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    edits: Vec<EditBody>,
    #[serde(default)]
    overrides: BTreeMap<String, String>,
}

/// Performs an act of the office: 200 with what became of its change; an unmet guard is among its `refused` reasons. 409
/// `not_admitted` where the book or other visits stand against it.
pub async fn act(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ActBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let order = Order { edits: body.edits, act: Some(body.act), part: body.part, dot: body.dot, reason: body.reason, overrides: body.overrides, ..Order::of(which.into_inner()) };
    Ok(HttpResponse::Ok().json(access.app.write(access.actor, order).await?))
}

/// `GET /api/v1/visits/{id}/admission`: everything that stands against a visit, and what only warns.
pub async fn admission(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, reach, keys, law) = (which.into_inner(), access.actor.reach, access.app.keys.clone(), access.app.law());
    let want = Want { records: vec![id], ..Want::default() };
    let found = access.app.committer.run(want, move |store| {
        use sync_core::district::Store as _;
        let Some(record) = store.look(id)? else { return Ok(None) };
        let rows = store.feed_rows(id)?;
        if *record.kind != *sync_core::visit::NAME || !reach.holds(rows.iter().filter(|r| !r.left).map(|r| &r.bucket)) {
            return Ok(None);
        }
        Ok::<_, StoreError>(Some(react::visit::judge(store, &record, &Ground { law: &law, keys: &keys })?))
    });
    let found = found.await?.ok_or_else(|| Problem::not_found("such visit"))?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "findings": gate::shown(&found) })))
}

impl App {
    /// Carries an order of the office out.
    pub async fn write(&self, actor: UserActor, order: Order) -> Result<Written, Problem> {
        let (keys, law) = (self.keys.clone(), self.law());
        let dots: Vec<Dot> = order.dot.into_iter().collect();
        let want = Want { records: vec![order.record], arriving: dots.clone(), dots, ..Want::default() };
        self.committer.run(want, move |store| write(store, &actor, &order, &Ground { law: &law, keys: &keys })).await?
    }
}
