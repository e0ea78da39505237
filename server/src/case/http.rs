//! `/api/v1/cases…`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::base::RecordId;

use super::ops;
use crate::access::{Access, Reviews, UserActor, Writes};
use crate::app::App;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::Written;
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
        mut op: impl FnMut(&mut Working<'_, '_>, &UserActor, &Ground<'_>) -> Op<Written> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let (keys, law) = (self.keys.clone(), self.law());
        let want = Want { records, ..Want::default() };
        let written = self.committer.run(want, move |store| op(store, &actor, &Ground { law: &law, keys: &keys })).await??;
        Ok(HttpResponse::Ok().json(written))
    }
}
