//! `/api/v1/records/{id}/files`: what a record names, how much of it is there, and the originals.
//!
//! A file is asked for through a record that names it, by whoever reaches that record; its digest alone opens nothing. Originals are
//! handed out as they are, never to be shown inside a page of ours. Each handing out is in the audit.

use std::collections::BTreeMap;
use std::ops::Range;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use sync_core::evidence::{self, Exhibit};
use sync_core::record::Record;

use super::of_record::{self, within};
use super::row::FileRow;
use crate::access::{Access, ReadsRecords, Reviews, UserActor};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::custody;
use crate::org::ops::{self, Op};
use crate::picture::http::{About, Bounds, about};
use crate::react::{Ground, put};
use crate::record::write::{EditBody, MAX_REASON, Order, Written, write};
use crate::sync::store::{Memory, StoreError, Want, Working};

/// `GET …/files`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// Lines of a page.
    limit: Option<u32>,
}

/// A file that a record names.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The register that names it.
    pub field: String,
    /// Its digest; `null` if what is named is none.
    pub sha256: Option<Digest>,
    /// Its SM3, as it was captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sm3: Option<Digest>,
    /// The kind of evidence.
    pub kind: String,
    /// What it proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    /// Who collected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Who collected it with him.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<String>,
    /// UTC milliseconds at which it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_ms: Option<i64>,
    /// Its type, as announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its bytes, as announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// `there`, `awaited` or `lost`.
    pub state: &'static str,
    /// The office's word: when it came and from whom, or why it never comes.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub said: Json,
    /// What the original's bytes tell, once they were read.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub facts: Json,
    /// What somebody should look at, in both languages.
    pub warnings: Vec<Json>,
}

impl Line {
    fn of(record: &Record, exhibit: Exhibit, about: &BTreeMap<Digest, About>) -> Line {
        let said = exhibit.sha256.and_then(|sha256| record.register(&evidence::file_field(sha256))).map(|r| r.candidates()).unwrap_or_default();
        let said = said.iter().map(|c| c.value.to_json()).find(|json| !json.is_null()).unwrap_or_default();
        let state = match exhibit.sha256 {
            Some(sha256) if evidence::received(record, sha256) => "there",
            _ if said.is_null() => "awaited",
            _ => "lost",
        };
        let Exhibit { field, sha256, sm3, size, mime, kind, by, second, taken_ms, place: _, fact } = exhibit;
        let (facts, warnings) = sha256.and_then(|sha256| about.get(&sha256)).map(|a| (a.facts.clone(), a.warnings.clone())).unwrap_or_default();
        Line { field, sha256, sm3, kind, fact, by, second, taken_ms, mime, size, state, said, facts, warnings }
    }
}

/// A record that somebody reaches, for reading.
fn reached(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId) -> Op<Record> {
    let found = store.look(id)?;
    let inside = found.is_some() && within(store, &actor.reach, id)?;
    Ok(found.filter(|_| inside).ok_or_else(|| Problem::not_found("such record")))
}

impl App {
    /// Reads from a record and its files, on one snapshot and beside everybody who writes.
    pub async fn of_files<T: Send + 'static>(
        &self,
        actor: &UserActor,
        id: RecordId,
        op: impl FnOnce(&mut Working<'_, '_>, &Record) -> Op<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (actor, kinds, now) = (actor.clone(), self.kinds.clone(), self.now());
        let found = self.read(move |tx, district| {
            let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
            match reached(&mut store, &actor, id)? {
                Ok(record) => op(&mut store, &record),
                Err(problem) => Ok(Err(problem)),
            }
        });
        found.await?
    }
}

/// A page of what a record names.
#[derive(Debug, Serialize)]
pub struct Files {
    /// How much of it is there.
    pub evidence: Counted,
    /// Its lines.
    pub items: Vec<Line>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// `evidence n/m`.
#[derive(Debug, Serialize)]
pub struct Counted {
    /// Files that the record names.
    pub named: usize,
    /// Those that are there.
    pub there: usize,
    /// Those that never come.
    pub lost: usize,
}

impl App {
    /// A page of what a record names, after a register, with what their bytes tell.
    pub async fn files_of(&self, actor: &UserActor, id: RecordId, after: Option<String>, limit: usize) -> Result<Files, Problem> {
        let (bounds, reach) = (Bounds::of(self), actor.reach.clone());
        let shown = self.of_files(actor, id, move |store, record| {
            let counted = evidence::standing(record);
            let mut all = evidence::exhibits(record);
            all.sort_by(|a, b| (&a.field, a.sha256).cmp(&(&b.field, b.sha256)));
            // Values that contest a field stand on one page.
            let rest: Vec<Exhibit> = all.into_iter().filter(|e| after.as_ref().is_none_or(|after| e.field > *after)).collect();
            let last = rest.get(limit.saturating_sub(1)).map(|e| e.field.clone());
            let more = last.as_ref().is_some_and(|last| rest.iter().any(|e| e.field > *last));
            let page: Vec<Exhibit> = rest.into_iter().filter(|e| last.as_ref().is_none_or(|last| e.field <= *last)).collect();
            let about = about(store, &reach, record, &page.iter().collect::<Vec<_>>(), &bounds)?;
            let items = page.into_iter().map(|e| Line::of(record, e, &about)).collect();
            let evidence = Counted { named: counted.named, there: counted.there, lost: counted.lost };
            Ok(Ok(Files { evidence, items, next: last.filter(|_| more) }))
        });
        shown.await
    }
}

/// What a record names and how much of it is there: `{evidence: {named, there, lost}, items, next}`.
pub async fn list(access: Access<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let limit = usize::try_from(ops::page(query.limit)).unwrap_or(100);
    Ok(HttpResponse::Ok().json(access.app.files_of(&access.actor, which.into_inner(), query.after, limit).await?))
}

/// A digest as a path has it: 43 characters of URL-safe base64, or 64 hexadecimal digits.
pub fn digest(text: &str) -> Result<Digest, Problem> {
    evidence::digest(text).ok_or_else(|| Problem::not_found("such file: name it by its SHA-256"))
}

fn none() -> Problem {
    Problem::not_found("such file of this record, or its original is not here yet")
}

/// The part of a file that is asked for; `None` for the whole. Of several parts, and of what is no part, the whole is given (RFC 9110 §14.2).
fn part(request: &HttpRequest, size: u64) -> Result<Option<Range<u64>>, Problem> {
    let told = request.headers().get(RANGE).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("bytes="));
    let Some((from, to)) = told.filter(|text| !text.contains(',')).and_then(|text| text.split_once('-')) else { return Ok(None) };
    let range = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(size),
        (Ok(from), Err(_)) if to.is_empty() => from..size,
        (Err(_), Ok(last)) if from.is_empty() => size.saturating_sub(last)..size,
        _ => return Ok(None),
    };
    if range.start >= range.end {
        return Err(Problem::new("range", format!("the file has {size} bytes; ask for a part of these")));
    }
    Ok(Some(range))
}

/// An original, whole or in part (`Range`), as it was handed in.
pub async fn original(access: Access<ReadsRecords>, path: web::Path<(RecordId, String)>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (id, text) = path.into_inner();
    let (sha256, officer) = (digest(&text)?, access.actor.officer.to_string());
    let found = access.app.of_files(&access.actor, id, move |store, record| {
        let district = store.district;
        let admitted = custody::admit(store.tx, district, sha256)?;
        let lately = custody::read_lately(store, sha256, &officer, record.id)?;
        Ok(of_record::named(store.tx, district, record, sha256)?.ok_or_else(none).and_then(|(_, row)| admitted.map(|()| (row, lately))))
    });
    let (row, lately): (FileRow, bool) = found.await?;
    let tag = format!("\"{sha256}\"");
    if request.headers().get(IF_NONE_MATCH).and_then(|t| t.to_str().ok()) == Some(&tag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    let size = u64::try_from(row.size).unwrap_or(0);
    let asked = part(&request, size)?;
    // The first part stands for the reading: a film is read in many. Whoever begins elsewhere reads as well.
    if !lately || asked.as_ref().is_none_or(|range| range.start == 0) {
        custody::hand_out(&access.app, access.actor.officer.as_str(), id, sha256).await?;
    }
    let range = asked.clone().unwrap_or(0..size);
    let body = access.app.files.stream(sha256, range.clone()).await.map_err(super::receive::disk)?;
    let mut response = HttpResponse::build(if asked.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK });
    if asked.is_some() {
        response.insert_header((CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))));
    }
    response.insert_header((CONTENT_TYPE, row.mime)).insert_header((CONTENT_DISPOSITION, "attachment")).insert_header((ETAG, tag));
    response.insert_header((CACHE_CONTROL, "private, no-cache")).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response.insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")).insert_header((ACCEPT_RANGES, "bytes"));
    Ok(response.no_chunking(range.end - range.start).streaming(body))
}

/// `POST …/files/{sha256}/lost`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LostBody {
    /// Why the original never comes.
    reason: String,
}

/// Puts on record that an original never comes, and why: 200. What rests on the evidence waits for it no more; should it come after all, it is
/// taken. 409 if it is here. Again with the same reason: nothing is written.
pub async fn lost(access: Access<Reviews>, path: web::Path<(RecordId, String)>, body: web::Json<LostBody>) -> Result<HttpResponse, Problem> {
    let ((id, text), reason) = (path.into_inner(), body.into_inner().reason.trim().to_owned());
    let sha256 = digest(&text)?;
    if reason.is_empty() || reason.len() > MAX_REASON || reason.chars().count() > 500 {
        return Err(Problem::field("reason", "say in 1 to 500 characters why the original never comes"));
    }
    let (keys, law, actor) = (access.app.keys.clone(), access.app.law(), access.actor.clone());
    let want = Want { records: vec![id], ..Want::default() };
    let written = access.app.committer.run(want, move |store| put_lost(store, &actor, id, sha256, &reason, &Ground { law: &law, keys: &keys }));
    Ok(HttpResponse::Ok().json(json!({ "written": written.await?? })))
}

fn put_lost(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, sha256: Digest, reason: &str, ground: &Ground<'_>) -> Op<Option<Written>> {
    let record = match reached(store, actor, id)? {
        Ok(record) => record,
        Err(problem) => return Ok(Err(problem)),
    };
    if !evidence::exhibits(&record).iter().any(|exhibit| exhibit.sha256 == Some(sha256)) {
        return Ok(Err(Problem::not_found("such evidence of this record")));
    }
    if evidence::received(&record, sha256) {
        return Ok(Err(Problem::new("conflict", "the original is here")));
    }
    let field = evidence::file_field(sha256);
    let standing: Vec<Json> = record.register(&field).into_iter().flat_map(|r| r.candidates()).map(|c| c.value.to_json()).collect();
    if standing.iter().any(|said| said.get("lost").and_then(Json::as_str) == Some(reason)) {
        return Ok(Ok(None));
    }
    let said = json!({ "at_ms": store.now.0, "by": actor.officer, "lost": reason, "sha256": sha256 });
    let Some((_, _, replaces, _)) = put(&record, &field, Some(&said)) else { return Ok(Ok(None)) };
    let edit = EditBody { field, value: said, replaces, reason: Some(reason.to_owned()) };
    let written = write(store, actor, &Order { edits: vec![edit], of_feature: true, ..Order::of(id) }, ground)?;
    if written.is_ok() {
        store.note(Deed::of(&actor.officer, "file.lost", format!("file:{sha256}")).with(json!({ "record": id, "reason": reason })));
    }
    Ok::<_, StoreError>(written.map(Some))
}
