//! `/api/v1/draws` and `/public/draws`. Draws are public, so that everybody who works on records sees all of them.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, OfficerId, RecordId};

use super::ops::{self, Seed, row_name};
use super::view::{self, Stored};
use super::{Replaces, Rule};
use crate::access::{Access, Dispatches, Public, ReadsRecords};
use crate::app::App;
use crate::base::keys::{ServerKeys, random};
use crate::base::problem::Problem;
use crate::org::ops::page;
use crate::record::id_or_fresh;
use crate::sync::store::Want;

/// Most draws of a public page: every line is worked out from its list.
const PUBLIC_PAGE: i64 = 20;

/// `POST /api/v1/draws`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitBody {
    /// Drawn at random if left out; the same id and rule twice is one draw.
    #[serde(default)]
    id: Option<RecordId>,
    rule: Rule,
}

/// `POST /api/v1/draws/{id}/redraw`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedrawBody {
    object: RecordId,
    officer: OfficerId,
    reason: String,
}

/// Where a page begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

fn fresh(keys: &ServerKeys, id: RecordId) -> Result<Seed, Problem> {
    let plain = random::<32>().map_err(Problem::internal)?;
    let sealed = keys.sealer.seal(&row_name(id), &plain).map_err(Problem::internal)?;
    Ok(Seed { plain: Digest(plain), sealed })
}

async fn shown(
    app: &App,
    id: RecordId,
    show: impl FnOnce(&Stored, &sync_core::dated::Book) -> Result<Json, crate::sync::store::StoreError> + Send + 'static,
) -> Result<Json, Problem> {
    let law = app.law();
    let found = app.read(move |tx, district| view::read(tx, district, id)?.map(|stored| show(&stored, &law.book)).transpose()).await?;
    found.ok_or_else(|| Problem::not_found("such draw"))
}

/// Composes the list, commits to it and publishes both: 201.
pub async fn commit(access: Access<Dispatches>, body: web::Json<CommitBody>) -> Result<HttpResponse, Problem> {
    let CommitBody { id, rule } = body.into_inner();
    let id = id_or_fresh(id)?;
    access.app.current().await?;
    let (seed, law, by) = (fresh(&access.app.keys, id)?, access.app.law(), access.actor.officer);
    let id = access.app.committer.run(Want::default(), move |store| ops::commit(store, &by, id, &rule, &seed, &law)).await??;
    Ok(HttpResponse::Created().json(shown(&access.app, id, Stored::whole).await?))
}

/// Draws: 200 with the transcript. The same again for whoever asks again.
pub async fn draw(access: Access<Dispatches>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, keys, by) = (which.into_inner(), access.app.keys.clone(), access.actor.officer);
    let id = access.app.committer.run(Want::default(), move |store| ops::draw(store, &by, id, &keys)).await??;
    Ok(HttpResponse::Ok().json(shown(&access.app, id, Stored::whole).await?))
}

/// Commits to a draw of one inspector in the place of one who stands back (回避): 201. It is drawn as any other.
pub async fn redraw(access: Access<Dispatches>, which: web::Path<RecordId>, body: web::Json<RedrawBody>) -> Result<HttpResponse, Problem> {
    let RedrawBody { object, officer, reason } = body.into_inner();
    let replaces = Replaces { draw: which.into_inner(), object, officer, reason };
    access.app.current().await?;
    let (keys, law, by) = (access.app.keys.clone(), access.app.law(), access.actor.officer);
    let id = access.app.committer.run(Want::default(), move |store| ops::redraw(store, &by, &replaces, |id| fresh(&keys, id), &law)).await??;
    Ok(HttpResponse::Created().json(shown(&access.app, id, Stored::whole).await?))
}

async fn lines(app: &App, query: Page, most: i64) -> Result<HttpResponse, Problem> {
    let after = query.after.as_deref().map(|text| {
        let parts = text.split_once('.').and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id.parse::<RecordId>().ok()?)));
        parts.ok_or_else(|| Problem::field("after", "send `next` of the page before"))
    });
    let (after, limit, law) = (after.transpose()?, page(query.limit).min(most), app.law());
    let body = app.read(move |tx, district| {
        let rows = view::page(tx, district, after, limit)?;
        let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) == limit;
        let next = rows.last().filter(|_| full).map(|last| Ok::<_, crate::sync::store::StoreError>(format!("{}.{}", last.committed_ms, last.id()?))).transpose()?;
        let items = rows.iter().map(|stored| stored.line(&law.book)).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "items": items, "next": next }))
    });
    Ok(HttpResponse::Ok().json(body.await?))
}

/// Draws, newest first.
pub async fn list(access: Access<ReadsRecords>, query: web::Query<Page>) -> Result<HttpResponse, Problem> {
    lines(&access.app, query.into_inner(), 100).await
}

/// One draw with its rule, and whom the keys stand for.
pub async fn read(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(shown(&access.app, which.into_inner(), Stored::whole).await?))
}

/// What was drawn, as ids of objects and officers, with those who came in after recusals. 409 before the draw.
pub async fn objects(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    let found = access.app.read(move |tx, district| view::read(tx, district, id)?.map(|stored| ops::objects(tx, district, &stored)).transpose()).await?;
    let teams = found.ok_or_else(|| Problem::not_found("such draw"))?.ok_or_else(|| Problem::new("conflict", "nothing is drawn yet; draw first"))?;
    Ok(HttpResponse::Ok().json(json!({ "items": teams })))
}

/// Draws, newest first, for everybody.
pub async fn public_list(access: Access<Public>, query: web::Query<Page>) -> Result<HttpResponse, Problem> {
    lines(&access.app, query.into_inner(), PUBLIC_PAGE).await
}

/// One draw for everybody: list and commitment before the draw, the transcript after it.
pub async fn public(access: Access<Public>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(shown(&access.app, which.into_inner(), Stored::public).await?))
}
