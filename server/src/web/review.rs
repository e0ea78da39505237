//! The review queue as pages: what waits, a contested field with all that is known of it, and what a reviewer decides.
//!
//! The pages call what `/api/v1/queue`, `/api/v1/records/{id}/fields/{key}` and `/api/v1/changes/{dot}` call. A decision replaces exactly the
//! values that its form showed; if others stand by then, the form comes back with them and with what was entered.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::Value as Json;
use sync_core::base::date::clock_text;
use sync_core::base::{RecordId, UtcMs};
use sync_core::record::{FieldKey, Type, Value};
use sync_core::schema::kind_words;

use super::layout::{Frame, answer, with_query};
use super::session::{Page, Posted, see};
use super::words::Words;
use crate::access::{ReadsQueue, Reviews};
use crate::app::App;
use crate::base::problem::Problem;
use crate::on;
use crate::public::Lang;
use crate::review::clash::{Clash, Side};
use crate::review::queue::{Class, Item};
use crate::review::read::{DotPath, parse_etag};
use crate::schema::listing;
use crate::sync::store::StoreError;

/// Where the queue is.
pub const PATH: &str = "/app/queue";
/// Lines of a page.
const LINES: i64 = 50;

/// The classes in the order of their tabs: as they stand in addresses, and what they are.
pub(super) const CLASSES: [(&str, Class); 6] = [
    ("contested", Class::Contested),
    ("excepted", Class::Excepted),
    ("quarantined", Class::Quarantined),
    ("parked", Class::Parked),
    ("missing", Class::Missing),
    ("notices", Class::Notices),
];

/// What a class is called, and what is done with its lines.
pub(super) fn said(class: Class, w: &'static Words) -> (&'static str, &'static str, &'static str) {
    match class {
        Class::Contested => (w.q_contested, w.q_contested_why, w.q_contested_none),
        Class::Excepted => (w.q_excepted, w.q_excepted_why, w.q_excepted_none),
        Class::Quarantined => (w.q_quarantined, w.q_quarantined_why, w.q_quarantined_none),
        Class::Parked => (w.q_parked, w.q_parked_why, w.q_parked_none),
        Class::Missing => (w.q_missing, w.q_missing_why, w.q_missing_none),
        Class::Notices => (w.q_notices, w.q_notices_why, w.q_notices_none),
    }
}

/// `?class=…&after=…`.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    class: String,
    after: Option<String>,
    done: Option<String>,
}

/// A tab.
struct Tab {
    name: &'static str,
    to: String,
    here: bool,
}

/// A line of the queue.
struct Line {
    title: String,
    kind: &'static str,
    about: String,
    since: String,
    /// Where it is decided; empty if it is decided here.
    to: String,
    /// The change that is released or dismissed here.
    dot: String,
    /// Whether it may be released.
    releasable: bool,
    /// The notice that is taken off here.
    subject: String,
}

#[derive(Template)]
#[template(path = "app/queue.html")]
struct QueuePage<'a> {
    f: &'a Frame,
    w: &'static Words,
    tabs: Vec<Tab>,
    name: &'static str,
    why: &'static str,
    none: &'static str,
    lines: Vec<Line>,
    next: String,
    first: String,
    done: bool,
    decides: bool,
    beyond: bool,
}

/// Titles of records as lists have them.
pub(super) async fn titles(app: &App, records: Vec<RecordId>) -> Result<BTreeMap<RecordId, String>, Problem> {
    let keys: Vec<Vec<u8>> = records.iter().map(|id| id.to_bytes().to_vec()).collect();
    let rows: Vec<(Vec<u8>, String)> = app
        .read(move |tx, district| {
            Ok::<_, StoreError>(on!(tx, |c| listing::table
                .filter(listing::district.eq(district))
                .filter(listing::record.eq_any(&keys))
                .select((listing::record, listing::title))
                .load(c))?)
        })
        .await?;
    Ok(records.into_iter().filter_map(|id| rows.iter().find(|(key, _)| key == &id.to_bytes()).map(|(_, title)| (id, title.clone()))).collect())
}

pub(super) fn kind_name(kind: &str, lang: Lang) -> &'static str {
    kind_words(kind).map_or("", |(zh, en)| lang.pick(zh, en))
}

fn line(item: Item, titles: &BTreeMap<RecordId, String>, lang: Lang, w: &'static Words) -> Line {
    let mut line =
        Line { title: String::new(), kind: "", about: String::new(), since: String::new(), to: String::new(), dot: String::new(), releasable: false, subject: String::new() };
    match item {
        Item::Record { record, kind, contested, exceptions, .. } => {
            line.title = titles.get(&record).filter(|title| !title.is_empty()).cloned().unwrap_or_else(|| record.to_string());
            line.kind = kind_name(&kind, lang);
            let parts = [(contested, w.q_fields), (exceptions, w.q_deeds)].into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect::<Vec<_>>();
            line.about = parts.join(lang.pick("，", ", "));
            line.to = if contested > 0 { format!("/app/records/{record}/clash") } else { format!("/app/records/{record}") };
        }
        Item::Change { dot, record, received_ms, disposition, waiting } => {
            let told: Json = serde_json::from_str(disposition.get()).unwrap_or_default();
            let code = told.get("code").or_else(|| told.get("state")).and_then(Json::as_str).unwrap_or_default().to_owned();
            line.title = record.map(|id| titles.get(&id).filter(|title| !title.is_empty()).cloned().unwrap_or_else(|| id.to_string())).unwrap_or_else(|| w.q_unreadable.to_owned());
            let why = sync_core::protocol::codes::QUARANTINE.iter().find(|row| row.0 == code).map_or("", |row| row.1);
            line.about = if waiting > 0 { format!("{waiting} {}", w.q_awaited) } else { format!("{code} · {why}") };
            line.since = clock_text(UtcMs(received_ms));
            line.releasable = told.get("state").and_then(Json::as_str) == Some("quarantined");
            line.dot = dot.to_string();
        }
        Item::Missing { dot, waiting, oldest_ms } => {
            line.title = dot.to_string();
            line.about = format!("{waiting} {}", w.q_wait);
            line.since = clock_text(UtcMs(oldest_ms));
        }
        Item::Notice { subject, class, raised_ms } => {
            line.title = class;
            line.about = subject.clone();
            line.since = clock_text(UtcMs(raised_ms));
            line.subject = subject;
        }
    }
    line
}

/// `/app/queue`.
pub async fn queue(page: Page<ReadsQueue>, query: web::Query<Query>) -> HttpResponse {
    match listed(&page, &query).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn listed(page: &Page<ReadsQueue>, query: &Query) -> Result<HttpResponse, Problem> {
    let (name, class) = CLASSES.into_iter().find(|(name, _)| *name == query.class).unwrap_or(("contested", Class::Contested));
    let (lang, w, whole) = (page.frame.lang, page.frame.w, page.actor.reach.whole().is_ok());
    let beyond = !whole && matches!(class, Class::Missing | Class::Notices);
    let found = match beyond {
        true => crate::review::queue::Page { items: Vec::new(), next: None },
        false => page.app.queue_page(&page.actor.reach, class, query.after.clone(), LINES).await?,
    };
    let named = found.items.iter().filter_map(|item| match item {
        Item::Record { record, .. } => Some(*record),
        Item::Change { record, .. } => *record,
        _ => None,
    });
    let titles = titles(&page.app, named.collect()).await?;
    let tabs = CLASSES.into_iter().map(|(tab, of)| Tab { name: said(of, w).0, to: with_query(PATH, &[("class", tab)]), here: tab == name });
    let (title, why, none) = said(class, w);
    let out = QueuePage {
        f: &page.frame,
        w,
        tabs: tabs.collect(),
        name: title,
        why,
        none,
        lines: found.items.into_iter().map(|item| line(item, &titles, lang, w)).collect(),
        next: found.next.map(|next| with_query(PATH, &[("class", name), ("after", next.as_str())])).unwrap_or_default(),
        first: query.after.as_ref().map(|_| with_query(PATH, &[("class", name)])).unwrap_or_default(),
        done: query.done.is_some(),
        decides: page.actor.roles.iter().any(|role| Reviews::ROLES.contains(role)),
        beyond,
    };
    Ok(answer(StatusCode::OK, &page.frame, &out))
}

/// A value as somebody reads it: members of a map on lines of their own.
pub(super) fn readable(value: &Json, w: &'static Words) -> Vec<(String, String)> {
    fn text(value: &Json, name: &str, w: &'static Words) -> String {
        match value {
            Json::Null => w.c_empty.to_owned(),
            Json::String(text) => text.clone(),
            Json::Bool(yes) => if *yes { w.c_yes } else { w.c_no }.to_owned(),
            Json::Number(n) if name.ends_with("_ms") => n.as_i64().map(|ms| clock_text(UtcMs(ms))).unwrap_or_default(),
            Json::Array(items) => items.iter().map(|item| text(item, "", w)).collect::<Vec<_>>().join("；"),
            Json::Object(map) => map.iter().map(|(name, value)| format!("{name}: {}", text(value, name, w))).collect::<Vec<_>>().join("；"),
            other => other.to_string(),
        }
    }
    match value {
        Json::Object(map) if !map.is_empty() => map.iter().map(|(name, value)| (name.clone(), text(value, name, w))).collect(),
        other => vec![(String::new(), text(other, "", w))],
    }
}

/// A value with where it comes from, as it is shown.
struct Shown {
    dot: String,
    lines: Vec<(String, String)>,
    name: String,
    unit: String,
    reason: String,
    /// When it was written, as surely as that is known.
    at: String,
    /// How far apart the ends of that are.
    span: String,
    doubtful: bool,
    received: String,
    chosen: bool,
}

fn shown(side: &Side, chosen: &str, w: &'static Words) -> Shown {
    let dot = side.dot.to_string();
    let (at, span) = match &side.at {
        Some(at) => {
            let seconds = (at.latest.0 - at.earliest.0) / 1_000;
            let span = match seconds {
                0..=120 => format!("{} {}", seconds.max(1), w.c_seconds),
                121..=7_200 => format!("{} {}", seconds / 60, w.c_minutes),
                _ => format!("{} – {}", clock_text(at.earliest), clock_text(at.latest)),
            };
            (clock_text(at.earliest), span)
        }
        None => (side.received.map(clock_text).unwrap_or_default(), String::new()),
    };
    Shown {
        lines: readable(&side.value, w),
        name: side.name.clone(),
        unit: side.unit.clone(),
        reason: side.reason.clone().unwrap_or_default(),
        at,
        span,
        doubtful: side.at.is_some_and(|at| at.clock_doubtful),
        received: side.received.map(clock_text).unwrap_or_default(),
        chosen: dot == chosen,
        dot,
    }
}

/// What stood in the form of a decision.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    #[serde(default)]
    etag: String,
    /// The dot of a value that stands, or `own`.
    #[serde(default)]
    choice: String,
    #[serde(default)]
    own: String,
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "app/clash.html")]
struct ClashPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    title: String,
    kind: &'static str,
    label: String,
    key: &'a str,
    action: String,
    etag: &'a str,
    sides: Vec<Shown>,
    base: Vec<Shown>,
    photos: Vec<(String, String)>,
    others: Vec<(String, String)>,
    contested: bool,
    masked: bool,
    decides: bool,
    /// Whether a value of one's own may be written here.
    writable: bool,
    own: &'a str,
    own_chosen: bool,
    reason: &'a str,
    mistake: String,
    field: &'static str,
}

pub(super) fn address(id: RecordId, key: &str) -> String {
    format!("/app/records/{id}/clash/{key}")
}

fn label(clash: &Clash, lang: Lang) -> String {
    let name = lang.pick(clash.label.0, clash.label.1);
    match clash.key.split_once('.') {
        Some((_, part)) if !name.is_empty() => format!("{name} · {part}"),
        _ if name.is_empty() => clash.key.clone(),
        _ => name.to_owned(),
    }
}

fn page_of(frame: &Frame, decides: bool, clash: &Clash, kept: &Choice, mistake: String, field: &'static str, status: StatusCode) -> HttpResponse {
    let (lang, w) = (frame.lang, frame.w);
    let picture = |form: &str, digest: &sync_core::base::Digest| format!("/app/records/{}/files/{digest}/{form}", clash.record);
    let page = ClashPage {
        f: frame,
        w,
        title: if clash.title.is_empty() { clash.record.to_string() } else { clash.title.clone() },
        kind: kind_name(&clash.kind, lang),
        label: label(clash, lang),
        key: &clash.key,
        action: address(clash.record, &clash.key),
        etag: &clash.etag,
        sides: clash.sides.iter().map(|side| shown(side, &kept.choice, w)).collect(),
        base: clash.base.iter().map(|side| shown(side, "", w)).collect(),
        photos: clash.photos.iter().map(|digest| (picture("view", digest), picture("thumbnail", digest))).collect(),
        others: clash.others.iter().map(|key| (address(clash.record, key), key.clone())).collect(),
        contested: clash.contested,
        masked: clash.masked,
        decides,
        writable: matches!(clash.ty, Some(Type::Text(_))),
        own: &kept.own,
        own_chosen: kept.choice == "own",
        reason: &kept.reason,
        mistake,
        field,
    };
    answer(status, frame, &page)
}

/// `/app/records/{id}/clash`: leads to the first contested field of a record, or back to the queue if none is left.
pub async fn first(page: Page<ReadsQueue>, which: web::Path<RecordId>) -> HttpResponse {
    let id = which.into_inner();
    match page.app.contested(&page.actor, id).await {
        Ok(fields) => match fields.first() {
            Some(key) => see(&address(id, key)).finish(),
            None => see(&with_query(PATH, &[("class", "contested"), ("done", "1")])).finish(),
        },
        Err(problem) => page.failed(&problem),
    }
}

/// `/app/records/{id}/clash/{key}`: a contested field.
pub async fn clash(page: Page<ReadsQueue>, path: web::Path<(RecordId, String)>) -> HttpResponse {
    let (id, key) = path.into_inner();
    let decides = page.actor.roles.iter().any(|role| Reviews::ROLES.contains(role));
    match page.app.clash(&page.actor, id, &key).await {
        Ok(clash) => page_of(&page.frame, decides, &clash, &Choice::default(), String::new(), "", StatusCode::OK),
        Err(problem) => page.failed(&problem),
    }
}

/// Decides a field: 303 to the next that is contested, or the form again with what is wrong and what was entered.
pub async fn decide(posted: Posted<Reviews, Choice>, path: web::Path<(RecordId, String)>) -> HttpResponse {
    let ((id, key), Posted { page, form }) = (path.into_inner(), posted);
    let w = page.frame.w;
    let clash = match page.app.clash(&page.actor, id, &key).await {
        Ok(clash) => clash,
        Err(problem) => return page.failed(&problem),
    };
    let again = |mistake: &str, field: &'static str, status: StatusCode| page_of(&page.frame, true, &clash, &form, mistake.to_owned(), field, status);
    let value = match form.choice.as_str() {
        "own" if matches!(clash.ty, Some(Type::Text(_))) && !form.own.trim().is_empty() => Json::from(form.own.trim()),
        "own" => return again(w.c_no_own, "own", StatusCode::UNPROCESSABLE_ENTITY),
        dot => match clash.sides.iter().find(|side| side.dot.to_string() == dot) {
            Some(_) if clash.masked => return again(w.c_masked, "choice", StatusCode::FORBIDDEN),
            Some(side) => side.value.clone(),
            None => return again(w.c_no_choice, "choice", StatusCode::UNPROCESSABLE_ENTITY),
        },
    };
    if form.reason.trim().is_empty() {
        return again(w.c_no_reason, "reason", StatusCode::UNPROCESSABLE_ENTITY);
    }
    let Some(shown) = parse_etag(&form.etag) else { return again(w.c_changed, "choice", StatusCode::UNPROCESSABLE_ENTITY) };
    let (field, value) = match (key.parse::<FieldKey>(), Value::from_json(&value)) {
        (Ok(field), Ok(value)) => (field, value),
        (_, Err(why)) => return again(&why.to_string(), "own", StatusCode::UNPROCESSABLE_ENTITY),
        (Err(_), _) => return page.failed(&Problem::not_found("such field of a record")),
    };
    match page.app.write_field(id, field, value, shown, form.reason.trim().to_owned(), page.actor.clone()).await {
        Ok(_) => see(&format!("/app/records/{id}/clash")).finish(),
        Err(problem) if problem.code() == "precondition_failed" => again(w.c_changed, "choice", StatusCode::PRECONDITION_FAILED),
        Err(problem) if problem.code() == "invalid_field" => again(&problem.to_string(), "own", StatusCode::UNPROCESSABLE_ENTITY),
        Err(problem) => page.failed(&problem),
    }
}

/// A reason in a form.
#[derive(Debug, Deserialize)]
pub struct Why {
    #[serde(default)]
    reason: String,
}

fn back(class: &str) -> HttpResponse {
    see(&with_query(PATH, &[("class", class), ("done", "1")])).finish()
}

/// Releases a change from quarantine.
pub async fn release(posted: Posted<Reviews, super::login::Nothing>, which: web::Path<DotPath>) -> HttpResponse {
    match posted.page.app.release_change(which.into_inner().0, posted.page.actor.clone()).await {
        Ok(_) => back("quarantined"),
        Err(problem) => posted.page.failed(&problem),
    }
}

/// Dismisses a change, for a reason.
pub async fn dismiss(posted: Posted<Reviews, Why>, which: web::Path<DotPath>, request: HttpRequest) -> HttpResponse {
    let class = if request.query_string().contains("parked") { "parked" } else { "quarantined" };
    match posted.page.app.dismiss_change(which.into_inner().0, posted.form.reason.trim().to_owned(), posted.page.actor.clone()).await {
        Ok(_) => back(class),
        Err(problem) => posted.page.failed(&problem),
    }
}

/// What a notice is about.
#[derive(Debug, Deserialize)]
pub struct Notice {
    #[serde(default)]
    subject: String,
}

/// Takes a notice off the queue.
pub async fn notice_done(posted: Posted<Reviews, Notice>) -> HttpResponse {
    match posted.page.app.finish_notice(posted.form.subject, posted.page.actor.clone()).await {
        Ok(()) => back("notices"),
        Err(problem) => posted.page.failed(&problem),
    }
}
