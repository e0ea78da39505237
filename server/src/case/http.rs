//! `/api/v1/cases…`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::base::{Date, RecordId};

use super::register::{self, ClueBody};
use super::{list, ops, view};
use crate::access::{Access, ReadsRecords, Reviews, UserActor, Writes};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::{Written, id_or_fresh};
use crate::sync::store::{Want, Working};

/// `POST /api/v1/cases/{id}/opinions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpinionBody {
    step: String,
    #[serde(default)]
    voice: Option<String>,
    agrees: bool,
    text: String,
    #[serde(default)]
    late: Option<String>,
}

/// Gives an opinion on a step: 200 with what became of the change. 403 for a voice that is not the actor's, or on his own case; 409
/// once the step is done and the voice has spoken, or for a step that is not open, unless it is made up for with `late`.
pub async fn opinion(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<OpinionBody>) -> Result<HttpResponse, Problem> {
    let (id, OpinionBody { step, voice, agrees, text, late }) = (which.into_inner(), body.into_inner());
    let word = ops::Opinion { step, voice, agrees, text, late };
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::opinion(store, actor, id, &word, ground)).await
}

/// Registers a clue: 201 with its id. 403 for whoever writes no cases, 422 for a clue that lacks what its source asks, 409 for an id
/// that is taken.
pub async fn register(access: Access<Writes>, body: web::Json<ClueBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let id = id_or_fresh(body.record)?;
    let (actor, app) = (access.actor, access.app);
    let written = app.run_case(actor, vec![id], move |store, actor, ground| register::register(store, actor, id, &body, ground)).await?;
    Ok(HttpResponse::Created().json(written))
}

/// A page of cases within reach. 422 for a day that is none.
pub async fn list(access: Access<ReadsRecords>, query: web::Query<list::Query>) -> Result<HttpResponse, Problem> {
    let (query, reach) = (query.into_inner(), access.actor.reach);
    for (name, day) in [("from", &query.from), ("to", &query.to)] {
        if day.as_ref().is_some_and(|text| text.parse::<Date>().is_err()) {
            return Err(Problem::field(name, "give a day as 2026-01-31"));
        }
    }
    let page = access.app.read(move |tx, district| list::page(tx, district, &query, &reach)).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// A case for people, with what is wrong with it today. What is personal is masked for those who do not need it; every reading is
/// noted.
pub async fn show(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, kinds, law, now, actor) = (which.into_inner(), access.app.kinds.clone(), access.app.law(), access.app.now(), access.actor);
    let (reach, reader) = (actor.reach.clone(), view::Reader { officer: actor.officer.clone(), personal: actor.reads_personal() });
    let shown = access.app.read(move |tx, district| view::show(tx, district, &kinds, &law.book, now, id, &reach, &reader)).await?;
    let shown = shown.ok_or_else(|| Problem::not_found("such case"))?;
    if actor.reads_personal() {
        let personal = serde_json::json!({ "fields": ["handlers", "inquiries", "party", "rights", "served", "services", "signatures", "simple"] });
        access.app.note(Deed::of(&actor.officer, "personal.read", format!("record:{id}")).with(personal)).await?;
    }
    access.app.note(Deed::of(&actor.officer, "record.read", format!("record:{id}"))).await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// A reason, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    reason: String,
}

/// Lets a finding stand: 200. 404 without such a finding, 409 if it is settled, 403 for whoever handles the case.
pub async fn settle(access: Access<Reviews>, path: web::Path<(RecordId, String)>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let ((id, key), why) = (path.into_inner(), body.into_inner().reason);
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| ops::settle(store, actor, id, &key, &why, ground)).await
}

impl App {
    /// Runs an operation about cases on the committer, with the book and the keys. `records` are those that it will touch.
    pub async fn case_op(
        &self,
        actor: UserActor,
        records: Vec<RecordId>,
        op: impl FnMut(&mut Working<'_, '_>, &UserActor, &Ground<'_>) -> Op<Written> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        Ok(HttpResponse::Ok().json(self.run_case(actor, records, op).await?))
    }

    /// The same for a caller that answers by itself.
    pub async fn run_case(
        &self,
        actor: UserActor,
        records: Vec<RecordId>,
        mut op: impl FnMut(&mut Working<'_, '_>, &UserActor, &Ground<'_>) -> Op<Written> + Send + 'static,
    ) -> Result<Written, Problem> {
        let (keys, law) = (self.keys.clone(), self.law());
        let want = Want { records, ..Want::default() };
        self.committer.run(want, move |store| op(store, &actor, &Ground { law: &law, keys: &keys })).await?
    }
}
