//! `/api/v1/invitations`: the steps that need the book or the visit. Accepting, rejecting, following up, rating, closing and
//! withdrawing are plain acts of `/api/v1/records/{id}/acts`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use sync_core::base::{Date, OfficerId, RecordId};

use super::ops::{self, Asker};
use crate::access::{Access, AnyUser, Writes};
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::{Written, id_or_fresh};
use crate::sync::store::{Want, Working};

/// Facts of a file that a firm hands in; the file itself stays where it was handed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its media type.
    pub mime: String,
    /// What it is called.
    pub name: String,
    /// SHA-256 of its bytes, as a token.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// `POST /api/v1/invitations`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitBody {
    /// The record's id; drawn at random if left out. The same id twice is a conflict, so a repeated request does nothing.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// The firm's record, if there is one.
    #[serde(default)]
    pub firm: Option<RecordId>,
    /// The firm's name; that of its record if left out.
    #[serde(default)]
    pub firm_name: Option<String>,
    /// Its credit code; that of its record if left out.
    #[serde(default)]
    pub uscc: Option<String>,
    /// The site.
    pub site: RecordId,
    /// Whom to call.
    #[serde(default)]
    pub contact_name: Option<String>,
    /// His telephone.
    #[serde(default)]
    pub contact_phone: Option<String>,
    /// Themes of the menu.
    pub topics: Vec<String>,
    /// `guidance` or `inspection`.
    pub mode: String,
    /// What the firm asks, in words.
    #[serde(default)]
    pub request: Option<String>,
    /// Days that suit it.
    #[serde(default)]
    pub wanted: Vec<Date>,
    /// What it checked itself.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

/// A department that is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Its code.
    pub organ: String,
    /// The unit that answers; its head office or only unit if left out.
    #[serde(default)]
    pub unit: Option<String>,
    /// Codes of the matters that it is asked to look at.
    #[serde(default)]
    pub matters: Vec<String>,
}

/// `POST /api/v1/invitations/{id}/dispatch`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchBody {
    /// Whom to ask; may be empty after a refusal, if the others suffice.
    pub departments: Vec<Asked>,
}

/// `POST /api/v1/invitations/{id}/claim`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimBody {
    /// The department; the caller's own if left out.
    #[serde(default)]
    pub organ: Option<String>,
    /// Who will come; the caller if left out.
    #[serde(default)]
    pub officer: Option<OfficerId>,
}

/// `POST /api/v1/invitations/{id}/decline`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclineBody {
    /// The department; the caller's own if left out.
    #[serde(default)]
    pub organ: Option<String>,
    /// Why.
    pub reason: String,
}

/// `POST /api/v1/invitations/{id}/schedule`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleBody {
    /// The day of the visit.
    pub day: Date,
    /// The department that leads; the one that led before if left out.
    #[serde(default)]
    pub lead: Option<String>,
}

/// `POST /api/v1/invitations/{id}/report`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportBody {
    /// What the departments say in sum; the counts are the visit's.
    pub summary: String,
}

/// The menu of themes, with whether its wording is official.
pub async fn themes(_: Access<AnyUser>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(sync_core::invitation::themes().map_err(Problem::internal)?))
}

/// Runs a step in the committer.
async fn step<B: Send + 'static>(
    access: Access<Writes>,
    id: RecordId,
    body: B,
    f: impl Fn(&mut Working<'_, '_>, &Asker<'_>, RecordId, &B) -> Op<Written> + Send + 'static,
) -> Result<Written, Problem> {
    let (actor, keys, law) = (access.actor, access.app.keys.clone(), access.app.law());
    let unit = access.app.live.officer(&actor.officer).map(|known| known.unit).unwrap_or_default();
    let want = Want { records: vec![id], ..Want::default() };
    let done = access.app.committer.run(want, move |store| {
        let ground = Ground { law: &law, keys: &keys };
        let asker = Asker { actor: &actor, unit: &unit, ground: &ground, today: ops::today(store) };
        f(store, &asker, id, &body)
    });
    done.await?
}

/// Submits an invitation for a firm: 201.
pub async fn submit(access: Access<Writes>, body: web::Json<SubmitBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let id = id_or_fresh(body.record)?;
    Ok(HttpResponse::Created().json(step(access, id, body, ops::submit).await?))
}

/// Dispatches it to departments, also anew after one declined: 200.
pub async fn dispatch(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<DispatchBody>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(step(access, which.into_inner(), body.into_inner(), ops::dispatch).await?))
}

/// Claims it for the caller's department: 200; 403 for another's.
pub async fn claim(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ClaimBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let comes = body.officer.clone().unwrap_or_else(|| access.actor.officer.clone());
    let from = access.app.live.officer(&comes).filter(|known| !known.suspended).map(|known| known.unit);
    let claim = move |store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &ClaimBody| ops::claim(store, asker, id, body, from.as_deref());
    Ok(HttpResponse::Ok().json(step(access, which.into_inner(), body, claim).await?))
}

/// Declines it for the caller's department: 200; 403 for another's.
pub async fn decline(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<DeclineBody>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(step(access, which.into_inner(), body.into_inner(), ops::decline).await?))
}

/// Sets the day; the visit is made once, and moved if the day is set anew: 200.
pub async fn schedule(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ScheduleBody>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(step(access, which.into_inner(), body.into_inner(), ops::schedule).await?))
}

/// Issues the report with the visit's counts: 200; 409 while the visit is not done.
pub async fn report(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReportBody>) -> Result<HttpResponse, Problem> {
    let report = |store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &ReportBody| ops::report(store, asker, id, &body.summary);
    Ok(HttpResponse::Ok().json(step(access, which.into_inner(), body.into_inner(), report).await?))
}
