//! `/api/v1/records/{id}/documents` and `/api/v1/documents/types`.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use sync_core::document::{Document, TYPES, html};

use super::ops::{self, Made, Step, Wanted};
use super::{dossier, row, when};
use crate::access::{Access, AnyUser, ReadsRecords, UserActor, Writes};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::sync::store::{Memory, Want, Working};
use crate::web::session::Page;

/// `POST /api/v1/records/{id}/documents`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedBody {
    /// The type, a code of `GET /api/v1/documents/types`.
    #[serde(rename = "type")]
    sort: String,
    /// What it is about: the id of an order, an inquiry, a measure.
    #[serde(default)]
    of: Option<String>,
    /// Facts that neither the record nor the book has (`summons`, `times`, `advice`); they never replace what the record says.
    #[serde(default)]
    desk: serde_json::Map<String, Json>,
}

/// `GET …/documents/preview`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewQuery {
    #[serde(rename = "type")]
    sort: String,
    #[serde(default)]
    of: Option<String>,
}

impl From<PreviewQuery> for Wanted {
    fn from(query: PreviewQuery) -> Wanted {
        Wanted { sort: query.sort, of: query.of.filter(|of| !of.is_empty()), desk: Json::Null }
    }
}

impl From<WantedBody> for Wanted {
    fn from(body: WantedBody) -> Wanted {
        Wanted { sort: body.sort, of: body.of.filter(|of| !of.is_empty()), desk: body.desk.into() }
    }
}

/// `POST …/documents/{document}/void`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoidBody {
    reason: String,
}

/// `POST …/documents/{document}/served`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedBody {
    /// When it was delivered, UTC milliseconds.
    served_ms: i64,
}

/// Every type of document: code, title, 字, who makes it, the kinds of record that it belongs to.
pub async fn types(_: Access<AnyUser>) -> HttpResponse {
    let of = |code: &str| when::KINDS.iter().filter(|kind| when::belongs(code, kind)).collect::<Vec<_>>();
    let all: Vec<Json> = TYPES
        .iter()
        .map(|t| {
            let maker = format!("{:?}", t.maker).to_lowercase();
            json!({ "code": t.code, "en": t.title_en, "kinds": of(t.code), "leased": t.leased, "line": t.line, "maker": maker, "statute": t.statute, "zh": t.title_zh, "zi": t.zi })
        })
        .collect();
    HttpResponse::Ok().json(json!({ "items": all }))
}

#[derive(Serialize)]
struct Line {
    id: String,
    document: Json,
    title: Option<&'static str>,
}

/// The documents of a record, in the order of their ids: number, state, digests, pages.
pub async fn list(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    let lines = access
        .app
        .document_read(&access.actor, move |store, actor, _| {
            Ok(ops::find(store, actor, id)?.map(|record| {
                let title = |d: &Json| d.get("type").and_then(Json::as_str).and_then(sync_core::document::type_of).map(|t| t.title_zh);
                ops::standing(&record).map(|(id, document)| Line { id: id.to_owned(), title: title(&document), document }).collect::<Vec<_>>()
            }))
        })
        .await?;
    Ok(HttpResponse::Ok().json(json!({ "items": lines })))
}

/// What would stand on a document now: the model, or with `Accept: text/html` a page. 422 names the fact that is missing.
pub async fn preview(access: Access<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<PreviewQuery>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let model = access.app.drafted(&access.actor, which.into_inner(), query.into_inner().into()).await?;
    Ok(shown(&model, &request))
}

/// The same as a page links to it: a type that is left out is one that is not known.
#[derive(Debug, Deserialize)]
pub struct PagePreview {
    #[serde(rename = "type", default)]
    sort: String,
}

/// The same from a page.
pub async fn page_preview(page: Page<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<PagePreview>, request: HttpRequest) -> HttpResponse {
    let wanted = Wanted { sort: query.into_inner().sort, of: None, desk: Json::Null };
    match page.app.drafted(&page.actor, which.into_inner(), wanted).await {
        Ok(model) => shown(&model, &request),
        Err(problem) => page.failed(&problem),
    }
}

/// Draws a document up: number, model, file, seal. 201 with what stands on the record; 200 if it was there before.
pub async fn make(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<WantedBody>) -> Result<HttpResponse, Problem> {
    let (found, already) = access.app.draw_up(&access.actor, which.into_inner(), Wanted::from(body.into_inner())).await?;
    Ok(if already { HttpResponse::Ok().json(found) } else { HttpResponse::Created().json(found) })
}

/// The PDF of a document, as it was sealed. Its ETag is its SHA-256.
pub async fn file(access: Access<ReadsRecords>, path: web::Path<(RecordId, String)>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    sealed(&access.app, &access.actor, path.into_inner(), &request).await
}

/// The same from a page.
pub async fn page_file(page: Page<ReadsRecords>, path: web::Path<(RecordId, String)>, request: HttpRequest) -> HttpResponse {
    sealed(&page.app, &page.actor, path.into_inner(), &request).await.unwrap_or_else(|problem| page.failed(&problem))
}

async fn sealed(app: &App, actor: &UserActor, (record, id): (RecordId, String), request: &HttpRequest) -> Result<HttpResponse, Problem> {
    reached(app, actor, record).await?;
    let wanted = id.clone();
    let found = app.read(move |tx, district| row::file(tx, district, record, &wanted)).await?;
    let file = found.ok_or_else(|| Problem::not_found("such document, or it is not sealed yet"))?;
    let tag = format!("\"{}\"", Digest::plain(&file.pdf));
    if request.headers().get(IF_NONE_MATCH).and_then(|t| t.to_str().ok()) == Some(&tag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    app.note(Deed::of(&actor.officer, "personal.read", format!("record:{record}")).with(json!({ "document": id }))).await?;
    let name = format!("inline; filename=\"{id}.pdf\"");
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "application/pdf")).insert_header((CONTENT_DISPOSITION, name)).insert_header((ETAG, tag));
    Ok(response.insert_header((CACHE_CONTROL, "private, no-cache")).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff")).body(file.pdf))
}

/// The model from which a document was drawn, or with `Accept: text/html` a page.
pub async fn model(access: Access<ReadsRecords>, path: web::Path<(RecordId, String)>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (record, id) = path.into_inner();
    reached(&access.app, &access.actor, record).await?;
    let wanted = id.clone();
    let found = access.app.read(move |tx, district| row::model(tx, district, record, &wanted)?.map(|row| row.model()).transpose()).await?;
    let model = found.ok_or_else(|| Problem::not_found("such document"))?;
    access.app.note(Deed::of(&access.actor.officer, "personal.read", format!("record:{record}")).with(json!({ "document": id }))).await?;
    Ok(shown(&model, &request))
}

/// Notes that a document was signed: 200. 409 if it is not sealed, or void.
pub async fn signed(access: Access<Writes>, path: web::Path<(RecordId, String)>) -> Result<HttpResponse, Problem> {
    step(access, path, Step::Signed).await
}

/// Notes that a document was delivered: 200. 409 if it is not sealed, or void.
pub async fn served(access: Access<Writes>, path: web::Path<(RecordId, String)>, body: web::Json<ServedBody>) -> Result<HttpResponse, Problem> {
    step(access, path, Step::Served(body.served_ms)).await
}

/// Makes a document void; its number stays with it and is never used again: 200. 409 if it was served.
pub async fn void(access: Access<Writes>, path: web::Path<(RecordId, String)>, body: web::Json<VoidBody>) -> Result<HttpResponse, Problem> {
    step(access, path, Step::Void(body.into_inner().reason)).await
}

/// Puts the file of a case together: cover, list with page numbers, every sealed document, note; one PDF with bookmarks. 201.
pub async fn file_of_case(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    let made = dossier::make(&access.app, &access.actor, id).await?;
    Ok(HttpResponse::Created().json(made))
}

async fn step(access: Access<Writes>, path: web::Path<(RecordId, String)>, step: Step) -> Result<HttpResponse, Problem> {
    let (record, id) = path.into_inner();
    Ok(HttpResponse::Ok().json(access.app.document_step(&access.actor, record, id, step).await?))
}

/// Refuses a record out of reach.
async fn reached(app: &App, actor: &UserActor, record: RecordId) -> Result<(), Problem> {
    app.document_read(actor, move |store, actor, _| Ok(ops::find(store, actor, record)?.map(|_| ()))).await
}

/// A model as JSON or as a page, as asked for.
fn shown(model: &Document, request: &HttpRequest) -> HttpResponse {
    let wants_page = request.headers().get("accept").and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html"));
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if wants_page {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
        response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).insert_header((CONTENT_SECURITY_POLICY, policy)).body(html::page(model))
    } else {
        response.json(model)
    }
}

impl App {
    /// What would stand on a document now.
    async fn drafted(&self, actor: &UserActor, id: RecordId, wanted: Wanted) -> Result<Document, Problem> {
        let draft = self.document_read(actor, move |store, actor, ground| {
            let record = match ops::find(store, actor, id)? {
                Ok(record) => record,
                Err(problem) => return Ok(Err(problem)),
            };
            ops::draft(store, &record, &wanted, ground)
        });
        let model = draft.await?;
        self.note(Deed::of(&actor.officer, "personal.read", format!("record:{id}")).with(json!({ "document": model.code }))).await?;
        Ok(model)
    }

    /// Draws a document up and seals it; gives what stands on the record, and whether it was there before.
    pub async fn draw_up(&self, actor: &UserActor, id: RecordId, wanted: Wanted) -> Result<(Made, bool), Problem> {
        let made = self.document_op(actor, id, move |store, actor, ground| ops::make(store, actor, id, &wanted, ground)).await?;
        self.seal_document(id, &made.id).await?;
        let already = made.already;
        let found = self.document_read(actor, move |store, actor, _| ops::read(store, actor, id, &made.id)).await?;
        Ok((found, already))
    }

    /// Notes what was done with a document.
    pub async fn document_step(&self, actor: &UserActor, record: RecordId, id: String, step: Step) -> Result<Made, Problem> {
        self.document_op(actor, record, move |store, actor, ground| ops::step(store, actor, record, &id, &step, ground)).await
    }

    /// Reads from the documents of a record, on one snapshot and beside everybody who writes.
    pub(super) async fn document_read<T: Send + 'static>(
        &self,
        actor: &UserActor,
        op: impl FnOnce(&mut Working<'_, '_>, &UserActor, &Ground<'_>) -> Op<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (keys, law, actor, kinds, now) = (self.keys.clone(), self.law(), actor.clone(), self.kinds.clone(), self.now());
        self.read(move |tx, district| {
            let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
            op(&mut store, &actor, &Ground { law: &law, keys: &keys })
        })
        .await?
    }

    /// An operation on the documents of a record.
    pub(super) async fn document_op<T: Send + 'static>(
        &self,
        actor: &UserActor,
        record: RecordId,
        mut op: impl FnMut(&mut Working<'_, '_>, &UserActor, &Ground<'_>) -> Op<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (keys, law, actor) = (self.keys.clone(), self.law(), actor.clone());
        let want = Want { records: vec![record], ..Want::default() };
        self.committer.run(want, move |store| op(store, &actor, &Ground { law: &law, keys: &keys })).await?
    }
}
