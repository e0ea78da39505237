//! Advice on compliance chosen from the menu (菜单式合规指导), the guidance given with it, visits to help (企业帮扶), and the way of the
//! enterprise as it stands.
//!
//! Advice is a field of the case: what was chosen is kept in words, so that the paper says the same when the menu has changed.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, OfficerId, RecordId};
use sync_core::case::read::View;
use sync_core::case::stage;
use sync_core::catalogue::Guidance;
use sync_core::catalogue::guidance::menu;
use sync_core::credit::chain::chain;
use sync_core::dated::Book;
use sync_core::law::Calendar;
use sync_core::record::Record;

use crate::access::{Access, ReadsRecords, UserActor, Writes};
use crate::base::problem::Problem;
use crate::case::investigation::{as_before, only};
use crate::case::ops::{find, given, hand_in, put, words};
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::{Ground, repair::repair_of};
use crate::record::{Order, Written};
use crate::sync::store::{StoreError, Want, Working};

/// Who advises and helps: whoever works on cases.
const ADVISERS: &[Role] = &[Role::Officer, Role::SquadLeader, Role::SectionHead, Role::Reviewer, Role::Head];

/// An entry of the menu and what is taken from it; everything that a list leaves out is left out, all of it where it is not given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The entry's key.
    item: String,
    /// Positions of its lists, from 0.
    #[serde(default)]
    causes: Option<Vec<usize>>,
    #[serde(default)]
    measures: Option<Vec<usize>>,
    #[serde(default)]
    checks: Option<Vec<usize>>,
    #[serde(default)]
    clauses: Option<Vec<usize>>,
}

/// `POST /api/v1/cases/{id}/advice`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceBody {
    /// What is taken from the menu.
    choices: Vec<Choice>,
    /// The violation, or the risk, in a few words; the case's facts if left out.
    #[serde(default)]
    summary: Option<String>,
    /// What the officers add.
    #[serde(default)]
    causes: Vec<String>,
    #[serde(default)]
    measures: Vec<String>,
    #[serde(default)]
    checks: Vec<String>,
    #[serde(default)]
    clauses: Vec<String>,
    /// By when somebody comes back to see.
    follow_up: Date,
}

/// `POST /api/v1/cases/{id}/guidance`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuidedBody {
    /// What was explained.
    text: String,
    /// How: on site, in the office, by video.
    way: String,
}

/// `POST /api/v1/cases/{id}/assists`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssistBody {
    /// The day.
    day: Date,
    /// What the enterprise had trouble with.
    problem: String,
    /// What was helped with.
    help: String,
    /// Who came; whoever enters it if left out.
    #[serde(default)]
    by: Vec<OfficerId>,
    /// The record of the visit, where it was one.
    #[serde(default)]
    visit: Option<RecordId>,
}

/// Most entries of one advice, and most lines of a list.
const MOST: usize = 40;

fn chosen(field: &str, from: &[String], which: Option<&[usize]>, out: &mut Vec<String>) -> Result<(), Problem> {
    let all: Vec<usize> = (0..from.len()).collect();
    for n in which.unwrap_or(&all) {
        let line = from.get(*n).ok_or_else(|| Problem::field(field, format!("there is no line {n}; the entry has {}", from.len())))?;
        if !out.contains(line) {
            out.push(line.clone());
        }
    }
    Ok(())
}

/// The advice that a body makes on a day.
fn advice(record: &Record, body: &AdviceBody, book: &Book, today: Date) -> Result<Map<String, Json>, Problem> {
    let view = View::of(record);
    let matter = view.text("matter").ok_or_else(|| Problem::field("matter", "name the matter of the case first; the menu is of its group"))?;
    let menu = menu(book, &matter, today);
    if body.choices.len() > MOST {
        return Err(Problem::field("choices", format!("at most {MOST} entries")));
    }
    let (mut causes, mut measures, mut checks, mut clauses) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for choice in &body.choices {
        let known: Option<&(String, Guidance)> = menu.iter().find(|(key, _)| *key == choice.item);
        let keys = || menu.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ");
        let (_, entry) = known.ok_or_else(|| Problem::field("choices", format!("{:.64} is not on the menu of {matter}; there are {}", choice.item, keys())))?;
        chosen("choices.causes", &entry.causes, choice.causes.as_deref(), &mut causes)?;
        chosen("choices.measures", &entry.measures, choice.measures.as_deref(), &mut measures)?;
        chosen("choices.checks", &entry.checks, choice.checks.as_deref(), &mut checks)?;
        chosen("choices.clauses", &entry.clauses, choice.clauses.as_deref(), &mut clauses)?;
    }
    for (field, added, out, needed) in [
        ("causes", &body.causes, &mut causes, true),
        ("measures", &body.measures, &mut measures, true),
        ("checks", &body.checks, &mut checks, true),
        ("clauses", &body.clauses, &mut clauses, false),
    ] {
        for line in added {
            out.push(words(field, line, 300)?.to_owned());
        }
        if (out.is_empty() && needed) || out.len() > MOST {
            return Err(Problem::field(field, format!("choose from the menu, or add: {} to {MOST} lines", u8::from(needed))));
        }
    }
    let summary = match (&body.summary, view.text("facts")) {
        (Some(summary), _) => words("summary", summary, 2_000)?.to_owned(),
        (None, Some(facts)) => facts.chars().take(2_000).collect(),
        (None, None) => return Err(Problem::field("summary", "say what happened; the case has no facts yet")),
    };
    if body.follow_up < today {
        return Err(Problem::field("follow_up", "the day is past"));
    }
    let items: Vec<&str> = body.choices.iter().map(|choice| choice.item.as_str()).collect();
    let value =
        json!({ "causes": causes, "checks": checks, "clauses": clauses, "follow_up": body.follow_up.to_string(), "items": items, "measures": measures, "summary": summary });
    Ok(value.as_object().cloned().unwrap_or_default())
}

/// Whether what stands in a field says the same, but for who and when.
fn same(record: &Record, key: &str, value: &Map<String, Json>) -> Option<Written> {
    let standing = record.register(key)?.candidates().iter().find(|c| !c.value.is_null()).map(|c| c.value.to_json())?;
    let bare = |map: &Map<String, Json>| map.iter().filter(|(k, _)| !["at_ms", "by"].contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect::<Map<_, _>>();
    let equal = standing.as_object().is_some_and(|standing| bare(standing) == bare(value));
    as_before(record, key).filter(|_| equal)
}

fn advise_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &AdviceBody, ground: &Ground<'_>) -> Op<Written> {
    given!(only(actor, ADVISERS, "your roles advise nobody"));
    let record = given!(find(store, actor, id)?);
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let mut value = given!(advice(&record, body, &ground.law.book, today));
    if let Some(written) = same(&record, "advice", &value) {
        return Ok(Ok(written));
    }
    value.insert("at_ms".into(), json!(store.now.0));
    value.insert("by".into(), json!(actor.officer));
    let order = Order { edits: vec![put(&record, "advice", Json::Object(value), None)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.advised", json!({ "items": body.choices.len() }))
}

fn guided_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &GuidedBody, ground: &Ground<'_>) -> Op<Written> {
    given!(only(actor, ADVISERS, "your roles advise nobody"));
    let (text, way) = (given!(words("text", &body.text, 4_000)), given!(words("way", &body.way, 60)));
    let record = given!(find(store, actor, id)?);
    if [stage::CLUE, stage::NOT_FILED, stage::ARCHIVED].contains(&record.stage()) {
        return Ok(Err(Problem::new("conflict", format!("guidance follows a decision; the case is at {}", record.stage()))));
    }
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "text": text, "way": way });
    if let Some(written) = value.as_object().and_then(|value| same(&record, "guidance", value)) {
        return Ok(Ok(written));
    }
    let order = Order { edits: vec![put(&record, "guidance", value, None)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.guided", json!({ "way": way }))
}

fn assist_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &AssistBody, ground: &Ground<'_>) -> Op<Written> {
    given!(only(actor, ADVISERS, "your roles help nobody on site"));
    let (problem, help) = (given!(words("problem", &body.problem, 2_000)), given!(words("help", &body.help, 2_000)));
    let record = given!(find(store, actor, id)?);
    let today = day_of(store.now).unwrap_or(Date::MAX);
    if body.day > today || View::of(&record).day("decided_date").is_none_or(|decided| body.day < decided) {
        return Ok(Err(Problem::field("day", "a day from the decision up to today; visits to help follow a decision")));
    }
    if body.by.len() > 20 {
        return Ok(Err(Problem::field("by", "at most 20 officers")));
    }
    if let Some(visit) = body.visit
        && store.look(visit)?.is_none_or(|record| *record.kind != *sync_core::visit::NAME)
    {
        return Ok(Err(Problem::field("visit", "there is no such visit")));
    }
    let by = if body.by.is_empty() { vec![actor.officer.clone()] } else { body.by.clone() };
    let mut value = json!({ "at_ms": store.now.0, "by": by, "day": body.day.to_string(), "help": help, "problem": problem });
    if let (Some(visit), Some(members)) = (body.visit, value.as_object_mut()) {
        members.insert("visit".into(), json!(visit));
    }
    // The same visit entered twice is one.
    let name = Digest::tagged("zhifa.assist.v1", &[body.day.to_string().as_bytes(), problem.as_bytes(), help.as_bytes()]).to_string();
    let key = format!("assists.{}", name.chars().take(20).collect::<String>());
    if let Some(written) = as_before(&record, &key) {
        return Ok(Ok(written));
    }
    let order = Order { edits: vec![put(&record, key, value, None)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.assisted", json!({ "day": body.day.to_string() }))
}

/// The menu for a case's matter today, and what was chosen: 200. 404 for a case out of reach.
pub async fn show(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, actor, law) = (which.into_inner(), access.actor, access.app.law());
    let found = access.app.committer.run(Want { records: vec![id], ..Want::default() }, move |store| {
        let record = match find(store, &actor, id)? {
            Ok(record) => record,
            Err(problem) => return Ok(Err(problem)),
        };
        let (view, today) = (View::of(&record), day_of(store.now).unwrap_or(Date::MAX));
        let entries = view.text("matter").map(|matter| menu(&law.book, &matter, today)).unwrap_or_default();
        let listed: Vec<Json> = entries.into_iter().map(|(key, entry)| json!({ "item": key, "guidance": entry })).collect();
        Ok::<_, StoreError>(Ok(json!({ "advice": view.json("advice"), "companions": view.json("companions"), "menu": listed })))
    });
    Ok(HttpResponse::Ok().json(found.await??))
}

/// Puts the advice together: 200, the same again too. 422 for what is not on the menu.
pub async fn advise(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<AdviceBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| advise_op(store, actor, id, &body, ground)).await
}

/// Notes that guidance was given: 200, the same again too.
pub async fn guided(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<GuidedBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| guided_op(store, actor, id, &body, ground)).await
}

/// Enters a visit to help: 200, the same again too. 422 before the decision.
pub async fn assist(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<AssistBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| assist_op(store, actor, id, &body, ground)).await
}

/// The way of the enterprise after the penalty, step by step: 200. 404 for a case out of reach.
pub async fn follow_up(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, actor, law) = (which.into_inner(), access.actor, access.app.law());
    let found = access.app.committer.run(Want { records: vec![id, repair_of(id)], ..Want::default() }, move |store| {
        let record = match find(store, &actor, id)? {
            Ok(record) => record,
            Err(problem) => return Ok(Err(problem)),
        };
        let repair = store.look(repair_of(id))?;
        let today = day_of(store.now).unwrap_or(Date::MAX);
        let steps = chain(&View::of(&record), repair.as_ref(), &law.book, &Calendar::of(&law.book), today);
        let assists = sync_core::credit::chain::assists(&View::of(&record));
        Ok::<_, StoreError>(Ok(json!({ "assists": assists, "repair": repair.map(|repair| repair.id), "steps": steps })))
    });
    Ok(HttpResponse::Ok().json(found.await??))
}
