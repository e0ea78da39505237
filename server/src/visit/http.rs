//! `/api/v1/visits/{id}/…`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::base::{Date, RecordId};

use super::{join, ops, view};
use crate::access::{Access, ReadsRecords, Reviews, UserActor, Writes};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::Written;
use crate::sync::store::{Want, Working};

/// A reason, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    reason: String,
}

/// `POST /api/v1/visits/{id}/join`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    into: RecordId,
    reason: String,
}

/// `POST /api/v1/visits/{id}/rulings/{extension}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulingBody {
    granted: bool,
    #[serde(default)]
    to: Option<String>,
    reason: String,
}

/// Lets a flag stand: 200 with what became of the change. 404 without such a flag, 409 if it is settled.
pub async fn settle(access: Access<Reviews>, path: web::Path<(RecordId, String)>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let ((id, key), why) = (path.into_inner(), body.into_inner().reason);
    access.app.visit_op(access.actor, vec![id], move |store, actor, ground| ops::settle(store, actor, id, &key, &why, ground)).await
}

/// Joins a visit into another to the same object: 200. 422 for itself, another object, another day or a circle.
pub async fn join(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<JoinBody>) -> Result<HttpResponse, Problem> {
    let (id, JoinBody { into, reason }) = (which.into_inner(), body.into_inner());
    access.app.visit_op(access.actor, vec![id, into], move |store, actor, ground| join::join(store, actor, id, into, &reason, ground)).await
}

/// Takes a visit apart from the one that it was joined into: 200. 409 if it is not.
pub async fn separate(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let (id, why) = (which.into_inner(), body.into_inner().reason);
    access.app.visit_op(access.actor, vec![id], move |store, actor, ground| join::separate(store, actor, id, &why, ground)).await
}

/// Makes up for the approval of an urgent start: 200. 409 if there is nothing to make up for.
pub async fn regularise(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReasonBody>) -> Result<HttpResponse, Problem> {
    let (id, why) = (which.into_inner(), body.into_inner().reason);
    access.app.visit_op(access.actor, vec![id], move |store, actor, ground| ops::regularise(store, actor, id, &why, ground)).await
}

/// Answers an application for more time: 200. 422 for a day that is not later than the deadline, 409 if it is answered.
pub async fn rule(access: Access<Reviews>, path: web::Path<(RecordId, String)>, body: web::Json<RulingBody>) -> Result<HttpResponse, Problem> {
    let ((id, extension), body) = (path.into_inner(), body.into_inner());
    let to = body.to.map(|text| text.parse::<Date>().map_err(|_| Problem::field("to", "give a day as 2026-01-31"))).transpose()?;
    let word = ops::Word { granted: body.granted, to, reason: body.reason };
    access.app.visit_op(access.actor, vec![id], move |store, actor, ground| ops::rule(store, actor, id, &extension, &word, ground)).await
}

/// A visit for people: form by department, who must sign what, what is missing for the next act, orders with the deadlines that
/// hold, signatures as paths, and the visits that were joined into it. What is personal is masked for those who do not need it.
pub async fn show(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, kinds, now, actor) = (which.into_inner(), access.app.kinds.clone(), access.app.now(), access.actor);
    let (reach, reader) = (actor.reach.clone(), view::Reader { officer: actor.officer.clone(), personal: actor.reads_personal() });
    let shown = access.app.read(move |tx, district| view::show(tx, district, &kinds, now, id, &reach, &reader)).await?;
    let shown = shown.ok_or_else(|| Problem::not_found("such visit"))?;
    if actor.reads_personal() {
        access
            .app
            .note(
                Deed::of(&actor.officer, "personal.read", format!("record:{id}"))
                    .with(serde_json::json!({ "fields": ["contact", "notice", "participants", "party", "result", "signatures"] })),
            )
            .await?;
    }
    access.app.note(Deed::of(&actor.officer, "record.read", format!("record:{id}"))).await?;
    Ok(HttpResponse::Ok().json(shown))
}

impl App {
    async fn visit_op(
        &self,
        actor: UserActor,
        records: Vec<RecordId>,
        mut op: impl FnMut(&mut Working<'_, '_>, &UserActor, &Ground<'_>) -> Op<Written> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let (keys, law) = (self.keys.clone(), self.law());
        let want = Want { records, ..Want::default() };
        let written = self.committer.run(want, move |store| op(store, &actor, &Ground { law: &law, keys: &keys })).await??;
        Ok(HttpResponse::Ok().json(written))
    }
}
