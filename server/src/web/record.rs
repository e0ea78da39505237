//! A record as a page: what stands in it, what waits for a word, its evidence, and what handhelds still hold.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value as Json;
use sync_core::base::date::clock_text;
use sync_core::base::{RecordId, UtcMs};
use sync_core::protocol::codes::REASONS;
use sync_core::record::{Dot, Exception};

use super::layout::{Frame, answer, with_query};
use super::review::{address, kind_name, readable, titles};
use super::session::{Page, Posted, see};
use super::words::Words;
use crate::access::{ReadsRecords, Reviews};
use crate::base::problem::Problem;
use crate::file::record_http::Line;
use crate::public::Lang;
use crate::record::Order;
use crate::review::read::{DotPath, FieldView};

/// Exhibits of a page.
const FILES: usize = 60;

/// `?files=…`: where the exhibits go on.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    files: Option<String>,
}

struct ShownField {
    key: String,
    label: String,
    values: Vec<Vec<(String, String)>>,
    clash: String,
}

struct ShownFile {
    field: String,
    kind: String,
    state: &'static str,
    taken: String,
    by: String,
    view: String,
    small: String,
    watermarked: String,
    warnings: Vec<(String, String)>,
}

struct ShownException {
    dot: Dot,
    act: String,
    reasons: Vec<String>,
}

#[derive(Template)]
#[template(path = "app/record.html")]
struct RecordPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    record: RecordId,
    title: String,
    kind: &'static str,
    stage: String,
    back: String,
    unsent: Vec<(String, i64, String)>,
    exceptions: Vec<ShownException>,
    decides: bool,
    reason: &'a str,
    mistake: &'a str,
    there: usize,
    named: usize,
    files: Vec<ShownFile>,
    more_files: String,
    fields: Vec<ShownField>,
}

fn shown_field(id: RecordId, field: FieldView, lang: Lang, w: &'static Words) -> ShownField {
    let name = lang.pick(field.label, field.label_en);
    ShownField {
        label: if name.is_empty() { field.key.clone() } else { name.to_owned() },
        values: field.candidates.iter().map(|c| readable(&c.value.to_json(), w)).collect(),
        clash: if field.reading == "contested" { address(id, &field.key) } else { String::new() },
        key: field.key,
    }
}

fn shown_file(id: RecordId, line: Line, lang: Lang, w: &'static Words) -> ShownFile {
    let to = |form: &str| line.sha256.map(|sha256| format!("/app/records/{id}/files/{sha256}/{form}")).unwrap_or_default();
    let picture = line.mime.as_deref().is_some_and(|mime| matches!(mime, "image/jpeg" | "image/png" | "image/webp"));
    let there = line.state == "there";
    let warned = |warning: &Json| {
        let text = warning.get(lang.pick("zh", "en")).and_then(Json::as_str).unwrap_or_default();
        let found = ["found", "camera", "minutes", "metres", "is"].iter().find_map(|name| warning.get(*name).filter(|v| !v.is_null()));
        let found = found.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).map(|found| format!(" ({found})")).unwrap_or_default();
        let other = warning.get("record").and_then(Json::as_str).map(|other| format!("/app/records/{other}")).unwrap_or_default();
        (format!("{text}{found}"), other)
    };
    let made = picture && (there || line.state == "awaited");
    ShownFile {
        kind: line.kind.clone(),
        state: match line.state {
            "there" => w.r_there,
            "lost" => w.r_lost,
            _ => w.r_awaited,
        },
        taken: line.taken_ms.map(|ms| clock_text(UtcMs(ms))).unwrap_or_default(),
        by: [line.by.clone(), line.second.clone()].into_iter().flatten().collect::<Vec<_>>().join(lang.pick("、", ", ")),
        view: if made && there { to("view") } else { to("thumbnail") },
        small: if made { to("thumbnail") } else { String::new() },
        watermarked: if picture && there { to("watermarked") } else { String::new() },
        warnings: line.warnings.iter().map(warned).collect(),
        field: line.field,
    }
}

fn shown_exception((dot, exception): (Dot, Exception), lang: Lang) -> ShownException {
    let words = |code: &str| REASONS.iter().find(|row| row.0 == code).map_or_else(|| code.to_owned(), |row| lang.pick(row.1, row.2).to_owned());
    ShownException { dot, act: exception.act.to_string(), reasons: exception.reasons.iter().map(|reason| words(&reason.code)).collect() }
}

/// `/app/records/{id}`.
pub async fn record(page: Page<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<Query>) -> HttpResponse {
    match shown(&page, which.into_inner(), &query, "", "", StatusCode::OK).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn shown<P: crate::access::People>(page: &Page<P>, id: RecordId, query: &Query, reason: &str, mistake: &str, status: StatusCode) -> Result<HttpResponse, Problem> {
    let (lang, w) = (page.frame.lang, page.frame.w);
    let view = page.app.record_view(&page.actor, id).await?;
    let files = page.app.files_of(&page.actor, id, query.files.clone(), FILES).await?;
    let title = titles(&page.app, vec![id]).await?.remove(&id).filter(|title| !title.is_empty());
    let here = format!("/app/records/{id}");
    let out = RecordPage {
        f: &page.frame,
        w,
        record: id,
        title: title.unwrap_or_else(|| id.to_string()),
        kind: kind_name(&view.kind, lang),
        back: super::review::PATH.to_owned(),
        unsent: view.pending.into_iter().map(|p| (p.device, p.changes, clock_text(UtcMs(p.reported_ms)))).collect(),
        exceptions: view.exceptions.into_iter().map(|exception| shown_exception(exception, lang)).collect(),
        decides: page.actor.roles.iter().any(|role| Reviews::ROLES.contains(role)),
        reason,
        mistake,
        there: files.evidence.there,
        named: files.evidence.named,
        more_files: files.next.map(|next| with_query(&here, &[("files", next.as_str())])).unwrap_or_default(),
        files: files.items.into_iter().map(|line| shown_file(id, line, lang, w)).collect(),
        fields: view.fields.into_iter().map(|field| shown_field(id, field, lang, w)).collect(),
        stage: view.stage,
    };
    Ok(answer(status, &page.frame, &out))
}

/// A word on an exception.
#[derive(Debug, Deserialize)]
pub struct Word {
    #[serde(default)]
    act: String,
    #[serde(default)]
    reason: String,
}

/// Confirms or revokes a deed that stands as an exception: 303 to the record, or the record again with what is wrong.
pub async fn exception(posted: Posted<Reviews, Word>, path: web::Path<(RecordId, DotPath)>) -> HttpResponse {
    let ((id, dot), Posted { page, form }) = (path.into_inner(), posted);
    let reason = form.reason.trim();
    if reason.is_empty() || !matches!(form.act.as_str(), "confirm" | "revoke") {
        let again = shown(&page, id, &Query::default(), &form.reason, page.frame.w.r_no_reason, StatusCode::UNPROCESSABLE_ENTITY).await;
        return again.unwrap_or_else(|problem| page.failed(&problem));
    }
    let order = Order { act: Some(form.act.clone()), dot: Some(dot.0), reason: Some(reason.to_owned()), ..Order::of(id) };
    match page.app.write(page.actor.clone(), order).await {
        Ok(_) => see(&format!("/app/records/{id}")).finish(),
        Err(problem) => page.failed(&problem),
    }
}
