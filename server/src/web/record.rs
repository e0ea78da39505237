//! A record as a page: what comes next and what that lacks, findings, deadlines, papers, evidence, fields, and what handhelds still hold.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value as Json;
use sync_core::base::date::clock_text;
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::case::deadline::Due;
use sync_core::record::act_names::REOPEN;
use sync_core::record::{Dot, Exception, Kind, Record};
use sync_core::schema::act_words;
use sync_core::visit;

use super::ahead::Paper;
use super::edit::{place, writable};
use super::form::{Part, parts};
use super::layout::{Frame, answer, with_query};
use super::lists::{path, stage_name};
use super::review::{address, kind_name, readable, titles};
use super::session::{Page, Posted, see};
use super::words::Words;
use crate::access::{People, ReadsRecords, Reviews, Writes};
use crate::base::problem::Problem;
use crate::case::gate;
use crate::case::view::Wrong;
use crate::file::record_http::Line;
use crate::org::Role;
use crate::public::Lang;
use crate::record::next::{Next, Unmet};
use crate::record::{Order, who};
use crate::review::read::{DotPath, FieldView};

/// The guard of steps on which opinions are given.
const OPINION: &str = "no_opinion";
/// Exhibits of a page.
const FILES: usize = 60;

/// `?files=…`: where the exhibits go on; `?done`: something was written.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    files: Option<String>,
    done: Option<String>,
}

/// What a form on this page said before it was turned down.
#[derive(Debug, Default)]
pub struct Said<'a> {
    /// The act, step or finding that it was about.
    pub at: &'a str,
    /// The words that were entered.
    pub words: &'a str,
    /// Why it was turned down.
    pub mistake: String,
}

struct ShownAct {
    act: &'static str,
    name: &'static str,
    to: String,
    basis: String,
    missing: Vec<String>,
    /// Whether this reader performs it, here.
    mine: bool,
    elsewhere: bool,
    /// Whether a case wants opinions on it.
    opinions: bool,
}

struct ShownFinding {
    key: String,
    text: &'static str,
    detail: String,
    basis: String,
    bars: String,
    settled: String,
    heals: bool,
}

struct ShownDue {
    name: &'static str,
    about: String,
    due: String,
    done: String,
    late: bool,
}

struct ShownPaper {
    id: String,
    name: &'static str,
    no: String,
    state: &'static str,
    file: String,
    moves: bool,
}

struct ShownField {
    key: String,
    label: String,
    values: Vec<Vec<(String, String)>>,
    clash: String,
    edit: String,
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

/// What acts are shown against.
struct Found {
    record: Record,
    kind: Option<&'static Kind>,
    findings: Vec<Wrong>,
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
    back: (String, &'static str),
    done: bool,
    /// Acts that this reader can perform or give his word on here.
    acts: Vec<ShownAct>,
    /// What others do, and what lacks something.
    rest: Vec<ShownAct>,
    findings: Vec<ShownFinding>,
    deadlines: Vec<ShownDue>,
    papers: Vec<ShownPaper>,
    ripe: Vec<(&'static str, &'static str)>,
    addable: Vec<(String, &'static str)>,
    writes: bool,
    said: &'a Said<'a>,
    unsent: Vec<(String, i64, String)>,
    exceptions: Vec<ShownException>,
    decides: bool,
    there: usize,
    named: usize,
    files: Vec<ShownFile>,
    more_files: String,
    form: Vec<Part>,
    fields: Vec<ShownField>,
    /// Collections, folded: what each is called, and its members.
    groups: Vec<(String, Vec<ShownField>)>,
}

/// What an article or source is called for people; sections of our own papers say them nothing.
fn statute(basis: &str) -> String {
    basis.split("; ").filter(|one| !one.contains(".md")).collect::<Vec<_>>().join("; ")
}

fn shown_field(id: RecordId, field: FieldView, writes: &dyn Fn(&str) -> bool, lang: Lang, w: &'static Words) -> ShownField {
    let name = lang.pick(field.label, field.label_en);
    ShownField {
        edit: if !field.masked && field.reading != "contested" && writes(&field.key) { place(id, &field.key) } else { String::new() },
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

/// What stands against an act, in words; its code where there are none.
pub fn unmet_words(unmet: &Unmet, lang: Lang) -> String {
    let text = lang.pick(unmet.zh, unmet.en);
    if text.is_empty() { unmet.code.clone() } else { text.to_owned() }
}

fn shown_exception((dot, exception): (Dot, Exception), kind: &str, lang: Lang) -> ShownException {
    let act = act_words(kind, &exception.act).map_or_else(|| exception.act.to_string(), |(zh, en)| lang.pick(zh, en).to_owned());
    ShownException { dot, act, reasons: exception.reasons.iter().map(|reason| unmet_words(&Unmet::of(reason, ""), lang)).collect() }
}

fn shown_act(next: Next, ahead: &Found, roles: &[Role], lang: Lang) -> ShownAct {
    let (kind, elsewhere) = (&*ahead.record.kind, who::not_of_a_feature(&ahead.record.kind, next.act).is_err());
    let label = |about: &str| ahead.kind.and_then(|kind| kind.field(about)).map_or_else(|| about.to_owned(), |row| lang.pick(row.zh, row.en).to_owned());
    let unmet = |unmet: &Unmet| {
        let text = unmet_words(unmet, lang);
        let about = if unmet.about.is_empty() { String::new() } else { format!(" · {}", label(&unmet.about)) };
        let basis = Some(statute(unmet.basis)).filter(|basis| !basis.is_empty()).map(|basis| format!(" ({basis})")).unwrap_or_default();
        format!("{text}{about}{basis}")
    };
    let barred = next.barred.iter().flatten().filter_map(|key| ahead.findings.iter().find(|f| &f.key == key)).map(|f| lang.pick(f.zh, f.en).to_owned());
    ShownAct {
        act: next.act,
        name: lang.pick(next.zh, next.en),
        to: next.to.map(|to| stage_name(kind, to, lang).to_owned()).unwrap_or_default(),
        basis: statute(next.basis),
        missing: next.missing.iter().map(unmet).chain(barred).collect(),
        mine: who::may_act(roles, kind, next.act).is_ok(),
        elsewhere,
        opinions: kind == sync_core::case::NAME && sync_core::case::KIND.act(next.act).any(|row| row.guards.iter().any(|guard| guard.code == OPINION)),
    }
}

fn shown_finding(wrong: Wrong, lang: Lang) -> ShownFinding {
    let act = |act: &&str| act_words(sync_core::case::NAME, act).map_or(*act, |(zh, en)| lang.pick(zh, en)).to_owned();
    ShownFinding {
        text: lang.pick(wrong.zh, wrong.en),
        detail: wrong.detail,
        basis: statute(wrong.basis),
        bars: wrong.bars.iter().map(act).collect::<Vec<_>>().join(lang.pick("、", ", ")),
        settled: wrong.settled.and_then(|s| s.get("reason").and_then(Json::as_str).map(str::to_owned)).unwrap_or_default(),
        heals: gate::unhealed(wrong.code).is_none(),
        key: wrong.key,
    }
}

fn shown_due(due: Due, today: Date, lang: Lang) -> ShownDue {
    ShownDue {
        name: lang.pick(due.zh, due.en),
        late: due.done.is_none() && !due.right && due.due.is_some_and(|day| day < today),
        due: due.due.map(|day| day.to_string()).unwrap_or_default(),
        done: due.done.map(|day| day.to_string()).unwrap_or_default(),
        about: due.about,
    }
}

fn shown_paper(id: RecordId, paper: Paper, lang: Lang, w: &'static Words) -> ShownPaper {
    let (state, there, moves) = match paper.state.as_str() {
        "sealed" => (w.p_sealed, true, true),
        "signed" => (w.p_signed, true, true),
        "served" => (w.p_served, true, false),
        "void" => (w.p_void, false, false),
        _ => (w.p_numbered, false, false),
    };
    ShownPaper {
        name: paper.sort.map_or("", |sort| lang.pick(sort.title_zh, sort.title_en)),
        no: paper.no,
        state,
        file: if there { format!("/app/records/{id}/documents/{}/file", paper.id) } else { String::new() },
        moves,
        id: paper.id,
    }
}

/// `/app/records/{id}`.
pub async fn record(page: Page<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<Query>) -> HttpResponse {
    match shown(&page, which.into_inner(), &query, &Said::default(), StatusCode::OK).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

/// The record again, with what stands against what a form asked for.
pub async fn again<P: People>(page: &Page<P>, id: RecordId, said: &Said<'_>, status: StatusCode) -> HttpResponse {
    shown(page, id, &Query::default(), said, status).await.unwrap_or_else(|problem| page.failed(&problem))
}

async fn shown<P: People>(page: &Page<P>, id: RecordId, query: &Query, said: &Said<'_>, status: StatusCode) -> Result<HttpResponse, Problem> {
    let (lang, w, roles) = (page.frame.lang, page.frame.w, &page.actor.roles);
    let view = page.app.record_view(&page.actor, id).await?;
    let ahead = page.app.ahead(&page.actor, id).await?;
    let files = page.app.files_of(&page.actor, id, query.files.clone(), FILES).await?;
    let title = titles(&page.app, vec![id]).await?.remove(&id).filter(|title| !title.is_empty());
    let (here, today, kind) = (format!("/app/records/{id}"), page.app.today(), page.app.kinds.get(&view.kind));
    let writes = |key: &str| who::may_write(roles, &view.kind).is_ok() && who::may_edit(roles, &view.kind, key).is_ok();
    let found = Found { record: ahead.record, kind, findings: ahead.findings };
    let own = found.kind.map(|kind| kind.name).filter(|name| *name == visit::NAME);
    let form = own.map(|_| parts(&found.record, &page.app.law().book, today, &writes, w)).unwrap_or_default();
    let all = ahead.next.into_iter().map(|next| shown_act(next, &found, roles, lang));
    // Going back is no next step: it stands with the rest.
    let (acts, rest) = all.partition(|act| act.act != REOPEN && !act.elsewhere && (act.opinions || (act.mine && act.missing.is_empty())));
    let (mut fields, mut groups): (Vec<ShownField>, Vec<(String, Vec<ShownField>)>) = (Vec::new(), Vec::new());
    // Answers stand in the form, photos on the wall.
    let elsewhere = |key: &str| own.is_some() && ["answers.", "photos."].iter().any(|group| key.starts_with(group));
    for field in view.fields.into_iter().filter(|field| !elsewhere(&field.key)) {
        let group = kind.and_then(|kind| kind.groups.iter().find(|row| field.key.starts_with(row.key.trim_end_matches('*'))));
        let shown = shown_field(id, field, &writes, lang, w);
        match group.map(|row| lang.pick(row.zh, row.en)) {
            None => fields.push(shown),
            Some(name) => match groups.iter_mut().find(|(known, _)| known == name) {
                Some((_, members)) => members.push(shown),
                None => groups.push((name.to_owned(), vec![shown])),
            },
        }
    }
    let out = RecordPage {
        f: &page.frame,
        w,
        record: id,
        title: title.unwrap_or_else(|| id.to_string()),
        kind: kind_name(&view.kind, lang),
        back: (path(&view.kind), kind_name(&view.kind, lang)),
        done: query.done.is_some(),
        acts,
        rest,
        form,
        groups,
        fields,
        findings: found.findings.into_iter().map(|wrong| shown_finding(wrong, lang)).collect(),
        deadlines: ahead.deadlines.into_iter().map(|due| shown_due(due, today, lang)).collect(),
        papers: ahead.papers.into_iter().map(|paper| shown_paper(id, paper, lang, w)).collect(),
        ripe: ahead.ripe.into_iter().map(|sort| (sort.code, lang.pick(sort.title_zh, sort.title_en))).collect(),
        addable: kind.map(|kind| writable(kind, roles, lang)).unwrap_or_default(),
        writes: Writes::ROLES.iter().any(|role| roles.contains(role)),
        said,
        unsent: view.pending.iter().map(|p| (format!("{} · {}", p.officer, p.label), p.changes, clock_text(UtcMs(p.reported_ms)))).collect(),
        exceptions: view.exceptions.iter().cloned().map(|exception| shown_exception(exception, &view.kind, lang)).collect(),
        decides: roles.iter().any(|role| Reviews::ROLES.contains(role)),
        there: files.evidence.there,
        named: files.evidence.named,
        more_files: files.next.map(|next| with_query(&here, &[("files", next.as_str())])).unwrap_or_default(),
        files: files.items.into_iter().map(|line| shown_file(id, line, lang, w)).collect(),
        stage: stage_name(&view.kind, &view.stage, lang).to_owned(),
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
        let said = Said { at: "exceptions", words: &form.reason, mistake: page.frame.w.r_no_reason.to_owned() };
        return again(&page, id, &said, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let order = Order { act: Some(form.act.clone()), dot: Some(dot.0), reason: Some(reason.to_owned()), ..Order::of(id) };
    match page.app.write(page.actor.clone(), order).await {
        Ok(_) => see(&format!("/app/records/{id}")).finish(),
        Err(problem) => page.failed(&problem),
    }
}
