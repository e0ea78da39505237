//! 首案共办 over HTTP: the head asks the former department, the department replies with its advisors, lessons are recorded, and are
//! read again by whoever has a later case on the matter. Forgoing and concluding are plain acts of `/api/v1/records/{id}/acts`.

use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, OfficerId, RecordId};
use sync_core::index::members;
use sync_core::record::{Kinds, Record, read_field};
use sync_core::training::cohandling::{self, KIND};

use super::ops::{Asker, edit, said, today};
use super::sound;
use crate::access::{Access, ReadsRecords, Writes};
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::invitation::speaks::speaking;
use crate::on;
use crate::org::ops::{self, Op};
use crate::react::Ground;
use crate::record::write::{EditBody, within};
use crate::record::{Order, Written, who, write};
use crate::schema::cohandling as cohandlings;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working, load};

/// Most advisors of a case.
const MAX_ADVISORS: usize = 10;
/// Most lessons of a first case.
const MAX_LESSONS: usize = 100;

/// `POST /api/v1/cohandlings/{id}/ask`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    /// What the department is asked.
    pub text: String,
}

/// Somebody who advises.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisor {
    /// His account here, if he has one.
    #[serde(default)]
    pub officer: Option<OfficerId>,
    /// His name.
    pub name: String,
    /// His title.
    #[serde(default)]
    pub title: Option<String>,
}

/// `POST /api/v1/cohandlings/{id}/reply`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// Whether the department advises.
    pub agreed: bool,
    /// The reply; a no gives its reason.
    #[serde(default)]
    pub text: Option<String>,
    /// Whom it sends.
    #[serde(default)]
    pub advisors: Vec<Advisor>,
}

/// `POST /api/v1/cohandlings/{id}/lessons`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonBody {
    /// What it is about.
    pub topic: String,
    /// What the next case should know.
    pub text: String,
}

fn text(record: &Record, key: &str) -> String {
    read_field(record, &KIND, key).value().and_then(|v| v.as_text()).unwrap_or_default()
}

fn ready(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, act: &str) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *cohandling::NAME);
    let Some(record) = found else { return Ok(Err(Problem::not_found("such co-handling"))) };
    if !within(store, asker.actor, id)? {
        return Ok(Err(Problem::not_found("such co-handling")));
    }
    sound!(who::may_act(&asker.actor.roles, cohandling::NAME, act));
    if !KIND.act(act).any(|row| row.from.contains(&record.stage())) {
        return Ok(Err(Problem::new("conflict", format!("{act} is not possible at the stage {}; read it again", record.stage()))));
    }
    Ok(Ok(record))
}

fn ask_in(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &AskBody) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "ask")?);
    sound!(said("text", &body.text, 2_000));
    let edits = vec![edit(Some(&record), "request", json!({ "by": asker.actor.officer, "ms": store.now.0, "text": body.text }))];
    write(store, asker.actor, &Order { edits, act: Some("ask".into()), of_feature: true, ..Order::of(id) }, asker.ground)
}

fn reply_in(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &ReplyBody) -> Op<Written> {
    let act = if body.agreed { "agree" } else { "decline" };
    let record = sound!(ready(store, asker, id, act)?);
    let former = text(&record, "former");
    sound!(speaking(&asker.ground.law.book, &asker.actor.officer, asker.unit, Some(&former), today(store)));
    if body.agreed == body.advisors.is_empty() || body.advisors.len() > MAX_ADVISORS {
        return Ok(Err(Problem::field("advisors", format!("name 1 to {MAX_ADVISORS} with a yes, and none with a no"))));
    }
    let mut value = json!({ "agreed": body.agreed, "by": asker.actor.officer, "ms": store.now.0 });
    if !body.agreed || body.text.is_some() {
        let text = body.text.as_deref().unwrap_or_default();
        sound!(said("text", text, 2_000));
        if let Some(value) = value.as_object_mut() {
            value.insert("text".into(), json!(text));
        }
    }
    let mut edits: Vec<EditBody> = vec![edit(Some(&record), "reply", value)];
    for (n, advisor) in (1..).zip(&body.advisors) {
        sound!(said("advisors", &advisor.name, 60));
        let who = advisor.officer.as_ref().map_or_else(|| format!("{former}-{n}"), ToString::to_string);
        if members(&record, "deciders.").any(|(decides, _)| decides == who) {
            return Ok(Err(Problem::field("advisors", format!("{who} handles or decides the case; an advisor does neither (行政处罚法 17, 57)"))));
        }
        edits.push(edit(Some(&record), &format!("advisors.{who}"), json!({ "department": former, "name": advisor.name, "title": advisor.title.clone().unwrap_or_default() })));
    }
    write(store, asker.actor, &Order { edits, act: Some(act.into()), of_feature: true, ..Order::of(id) }, asker.ground)
}

fn lesson_in(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &LessonBody) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "conclude")?);
    sound!(said("topic", &body.topic, 120));
    sound!(said("text", &body.text, 4_000));
    // The same lesson again is the same entry.
    let name = Digest::tagged("zhifa.lesson.v1", &[body.topic.as_bytes(), b"\n", body.text.as_bytes()]).to_string();
    let there = members(&record, "lessons.").map(|(key, _)| key.to_owned()).collect::<std::collections::BTreeSet<_>>();
    if there.len() >= MAX_LESSONS && !there.contains(&name) {
        return Ok(Err(Problem::field("text", format!("there are {MAX_LESSONS} lessons; conclude it"))));
    }
    let value = json!({ "by": asker.actor.officer, "ms": store.now.0, "text": body.text, "topic": body.topic });
    let edits = vec![edit(Some(&record), &format!("lessons.{name}"), value)];
    write(store, asker.actor, &Order { edits, of_feature: true, ..Order::of(id) }, asker.ground)
}

/// Refuses what an advisor of a case would do in it: he advises, and the organ that holds the power decides (行政处罚法 17, 57).
pub fn apart(store: &mut Working<'_, '_>, case: RecordId, officer: &OfficerId) -> Op<()> {
    store.flush()?;
    let (district, key) = (store.district, case.to_bytes().to_vec());
    let rows: Vec<Vec<u8>> =
        on!(store.tx, |c| cohandlings::table.filter(cohandlings::district.eq(district)).filter(cohandlings::case_record.eq(&key)).select(cohandlings::record).load(c))?;
    for row in rows {
        let found = store.look(record_id(&row)?)?;
        if found.is_some_and(|record| cohandling::advisors(&record).any(|who| who == officer.as_str())) {
            return Ok(Err(Problem::new("conflict", "you advise on this case; who advises neither handles nor decides it (行政处罚法 17, 57)")));
        }
    }
    Ok(Ok(()))
}

/// Runs an operation of the caller.
macro_rules! run {
    ($access:ident, $id:ident, |$store:ident, $asker:ident| $op:expr) => {{
        let (actor, keys, law) = ($access.actor, $access.app.keys.clone(), $access.app.law());
        let unit = $access.app.live.officer(&actor.officer).map(|known| known.unit).unwrap_or_default();
        let want = Want { records: vec![$id], ..Want::default() };
        let done = $access.app.committer.run(want, move |$store| {
            let ground = Ground { law: &law, keys: &keys };
            let $asker = &Asker { actor: &actor, unit: &unit, ground: &ground };
            $op
        });
        done.await??
    }};
}
pub(super) use run;

/// The head asks the department: 200.
pub async fn ask(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<AskBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| ask_in(store, asker, id, &body))))
}

/// The department replies: 200; 403 for another's officer.
pub async fn reply(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReplyBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| reply_in(store, asker, id, &body))))
}

/// Records a lesson: 200.
pub async fn lesson(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<LessonBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| lesson_in(store, asker, id, &body))))
}

/// `GET /api/v1/cohandlings/lessons`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonQuery {
    /// The matter.
    matter: Option<String>,
    /// Or the field of law.
    domain: Option<String>,
    /// `next` of the page before.
    after: Option<RecordId>,
    limit: Option<u32>,
}

fn lessons_of(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, query: &LessonQuery) -> Result<Json, StoreError> {
    let limit = ops::page(query.limit);
    let after = query.after.map(|id| id.to_bytes().to_vec()).unwrap_or_default();
    let rows: Vec<Vec<u8>> = on!(tx, |c| {
        let mut q = cohandlings::table
            .filter(cohandlings::district.eq(district))
            .filter(cohandlings::lessons.gt(0))
            .filter(cohandlings::record.gt(&after))
            .order(cohandlings::record)
            .limit(limit)
            .select(cohandlings::record)
            .into_boxed();
        if let Some(matter) = &query.matter {
            q = q.filter(cohandlings::matter.eq(matter));
        }
        if let Some(domain) = &query.domain {
            q = q.filter(cohandlings::domain.eq(domain));
        }
        q.load(c)
    })?;
    let ids: Vec<RecordId> = rows.iter().map(|id| record_id(id)).collect::<Result<_, _>>()?;
    let next = ids.last().filter(|_| rows.len() as i64 == limit).copied();
    let mut items = Vec::new();
    for record in load::records(tx, district, &ids, kinds)? {
        let mut lessons: Vec<Json> = members(&record, "lessons.").map(|(_, lesson)| lesson).collect();
        lessons.sort_by_key(|lesson| lesson.get("ms").and_then(Json::as_i64));
        let advisors: Vec<Json> = members(&record, "advisors.").map(|(_, advisor)| advisor).collect();
        let [matter, domain, unit, former] = ["matter", "domain", "unit", "former"].map(|key| text(&record, key));
        items.push(json!({
            "cohandling": record.id, "matter": matter, "domain": domain, "unit": unit, "former": former,
            "stage": record.stage(), "advisors": advisors, "lessons": lessons,
        }));
    }
    Ok(json!({ "items": items, "next": next }))
}

/// Lessons of first cases on a matter or in a field of law, for later cases of every squad, page by page. They are not limited by reach,
/// and name no case.
pub async fn lessons(access: Access<ReadsRecords>, query: web::Query<LessonQuery>) -> Result<HttpResponse, Problem> {
    let (query, kinds) = (query.into_inner(), access.app.kinds.clone());
    if query.matter.is_none() && query.domain.is_none() {
        return Err(Problem::field("matter", "name a matter or a domain"));
    }
    let found = access.app.read(move |tx, district| lessons_of(tx, district, &kinds, &query)).await?;
    Ok(HttpResponse::Ok().json(found))
}
