//! What a reviewer decides: a value for a contested field, waive, confirm, revoke, release, dismiss.

use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::RecordId;
use sync_core::district::{OfficeError, OfficeWrite, ReviewError, Store as _, office_write};
use sync_core::protocol::Disposition;
use sync_core::record::{Dot, Draft, FieldKey, Kinds, Unwritten, Value};

use super::read::{DotPath, etag, parse_etag};
use crate::access::{Access, Reviews, UserActor};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::Op;
use crate::record::write::{MAX_REASON, within};
use crate::schema::notice;
use crate::sync::store::{Want, Working};

/// What was written, and what became of it.
#[derive(Serialize)]
pub struct Written {
    /// The change.
    pub dot: Dot,
    /// What became of it.
    pub disposition: Disposition,
}

/// `PUT /api/v1/records/{id}/fields/{key}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldBody {
    value: serde_json::Value,
    reason: String,
}

pub(crate) fn reason(text: &str) -> Result<(), Problem> {
    match text.trim().len() {
        0 => Err(Problem::field("reason", "say why; the officer whose value is replaced is shown it")),
        n if n > MAX_REASON => Err(Problem::field("reason", format!("at most {MAX_REASON} bytes"))),
        _ => Ok(()),
    }
}

impl From<OfficeError> for Problem {
    fn from(error: OfficeError) -> Problem {
        match &error {
            OfficeError::UnknownDots(_) => Problem::new("precondition_failed", error.to_string()),
            OfficeError::Unwritten(Unwritten::Rejected(reject)) => Problem::field(reject.code, reject.detail.clone()),
            OfficeError::Unwritten(Unwritten::Malformed(why)) => Problem::field("value", why.0.clone()),
            OfficeError::Unwritten(Unwritten::Unsigned(why)) => Problem::internal(why),
        }
    }
}

/// Writes one field. `If-Match` carries the dots that the form showed (428 without): the write replaces exactly
/// those. If they are not what stands, 412 and nothing is written.
pub async fn put_field(access: Access<Reviews>, request: HttpRequest, path: web::Path<(RecordId, String)>, body: web::Json<FieldBody>) -> Result<HttpResponse, Problem> {
    let (record, key) = path.into_inner();
    let FieldBody { value, reason: why } = body.into_inner();
    let field: FieldKey = key.parse().map_err(|e| Problem::field("key", format!("{e}")))?;
    reason(&why)?;
    let shown = match request.headers().get(IF_MATCH).map(|h| h.to_str().unwrap_or("")) {
        None => return Err(Problem::new("precondition_required", "send If-Match with the field's etag as you read it")),
        Some(text) => parse_etag(text).ok_or_else(|| Problem::field("If-Match", "not an etag of a field; read the record again"))?,
    };
    let value = Value::from_json(&value).map_err(|e| Problem::field("value", e.to_string()))?;
    let (written, now_etag) = access.app.write_field(record, field, value, shown, why, access.actor).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, now_etag)).json(written))
}

impl App {
    /// Writes one field for a reviewer, in place of exactly what he was shown; gives what was written and the field's next etag.
    pub async fn write_field(&self, record: RecordId, field: FieldKey, value: Value, shown: Vec<Dot>, why: String, actor: UserActor) -> Result<(Written, String), Problem> {
        let keys = self.keys.clone();
        let want = Want { records: vec![record], ..Want::default() };
        let done = self.committer.run(want, move |store| {
            let Some(found) = store.take_record(record)? else { return Ok(Err(Problem::not_found("such record"))) };
            if !within(store, &actor, record)? {
                store.give_back(found);
                return Ok(Err(Problem::not_found("such record")));
            }
            let (kind, standing) = (found.kind.clone(), found.register(field.as_str()).map(|r| r.dots()).unwrap_or_default());
            let current = etag(found.register(field.as_str()));
            store.give_back(found);
            let (mut a, mut b) = (standing, shown.clone());
            a.sort_unstable();
            b.sort_unstable();
            if a != b {
                return Ok(Err(Problem::new("precondition_failed", format!("{field} is {current} by now; read the record again"))));
            }
            if let Err(problem) = crate::record::who::may_edit(&actor.roles, &kind, field.as_str()) {
                return Ok(Err(problem));
            }
            let edits = vec![(field.clone(), value.clone(), shown.clone(), Some(why.clone()))];
            if let Some(kind) = store.kinds.get(&kind)
                && let Err(problem) = crate::object::check::check(store, record, kind, &edits)?
            {
                return Ok(Err(problem));
            }
            let write = OfficeWrite { draft: Draft { edits, ..Draft::of(record, &kind) }, officer: actor.officer.clone() };
            let (kinds, now) = (store.kinds, store.now);
            let written = office_write(store, kinds, &write, &keys.receipt, now)?;
            let after = store.take_record(record)?;
            let etag = etag(after.as_ref().and_then(|r| r.register(field.as_str())));
            after.into_iter().for_each(|r| store.give_back(r));
            if let Ok((dot, _)) = &written {
                store.note(Deed::of(&actor.officer, "record.decided", format!("record:{record}")).with(serde_json::json!({ "field": field.as_str(), "dot": dot })));
            }
            Ok(written.map(|(dot, disposition)| (Written { dot, disposition }, etag)).map_err(Problem::from))
        });
        done.await?
    }
}

fn settled(error: ReviewError) -> Problem {
    match error {
        ReviewError::Unknown(_) => Problem::not_found("change of this dot"),
        ReviewError::Settled(_) => Problem::new("conflict", error.to_string()),
        ReviewError::NoReason => Problem::field("reason", "say why"),
    }
}

/// Releases a change from quarantine onto the ordinary road: 200 with what became of it.
pub async fn release(access: Access<Reviews>, which: web::Path<DotPath>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(access.app.release_change(which.into_inner().0, access.actor).await?))
}

/// `POST /api/v1/changes/{dot}/dismiss`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DismissBody {
    reason: String,
}

/// Dismisses a change in quarantine or parked: 200. Its bytes are kept, its author is told why.
pub async fn dismiss(access: Access<Reviews>, which: web::Path<DotPath>, body: web::Json<DismissBody>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(access.app.dismiss_change(which.into_inner().0, body.into_inner().reason, access.actor).await?))
}

impl App {
    /// Releases a change from quarantine onto the ordinary road.
    pub async fn release_change(&self, dot: Dot, actor: UserActor) -> Result<Written, Problem> {
        let disposition = self.review(dot, actor, "change.released", move |store, kinds| {
            let now = store.now;
            Ok(sync_core::district::release(store, kinds, dot, now)?.map_err(settled))
        });
        Ok(Written { dot, disposition: disposition.await? })
    }

    /// Dismisses a change in quarantine or parked, for a reason.
    pub async fn dismiss_change(&self, dot: Dot, why: String, actor: UserActor) -> Result<Written, Problem> {
        reason(&why)?;
        let disposition = self.review(dot, actor, "change.dismissed", move |store, kinds| {
            let now = store.now;
            Ok(sync_core::district::dismiss(store, kinds, dot, &why, now)?.map_err(settled))
        });
        Ok(Written { dot, disposition: disposition.await? })
    }

    /// Takes a notice off the queue; nothing if it was off.
    pub async fn finish_notice(&self, subject: String, actor: UserActor) -> Result<(), Problem> {
        actor.reach.whole()?;
        let who = actor.officer;
        let done = self.committer.run(Want::default(), move |store| {
            let (district, now) = (store.district, store.now.0);
            let open = notice::table.find((district, subject.as_str())).filter(notice::done_ms.is_null());
            let changed = on!(store.tx, |c| diesel::update(open).set((notice::done_ms.eq(now), notice::done_by.eq(who.as_str()))).execute(c))?;
            if changed > 0 {
                store.note(Deed::of(&who, "notice.done", format!("notice:{subject}")));
            }
            Ok(changed)
        });
        if done.await? == 0 {
            return Err(Problem::not_found("open notice of this subject"));
        }
        Ok(())
    }

    async fn review(
        &self,
        dot: Dot,
        actor: UserActor,
        action: &'static str,
        mut f: impl FnMut(&mut Working<'_, '_>, &Kinds) -> Op<Disposition> + Send + 'static,
    ) -> Result<Disposition, Problem> {
        if !self.reaches_author(&actor.reach, dot) {
            return Err(Problem::not_found("change of this dot"));
        }
        let want = Want { dots: vec![dot], arriving: vec![dot], ..Want::default() };
        self.committer
            .run(want, move |store| {
                let kinds = store.kinds;
                let done = f(store, kinds)?;
                if done.is_ok() {
                    store.note(Deed::of(&actor.officer, action, format!("change:{dot}")));
                }
                Ok(done)
            })
            .await?
    }
}

/// `POST /api/v1/notices/done`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoneBody {
    subject: String,
}

/// Takes a notice off the queue: 204. Who and when is kept.
pub async fn notice_done(access: Access<Reviews>, body: web::Json<DoneBody>) -> Result<HttpResponse, Problem> {
    access.app.finish_notice(body.into_inner().subject, access.actor).await?;
    Ok(HttpResponse::NoContent().finish())
}
