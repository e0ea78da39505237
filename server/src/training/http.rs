//! `/api/v1/courses`, hours and figures.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::{Date, RecordId, qr};
use sync_core::law::policy;
use sync_core::training::course;

use super::cohandling::run;
use super::ops::{self, Asker};
use super::{quiz, read, secret};
use crate::access::{Access, AnyUser, ReadsPeople, ReadsRecords, Writes};
use crate::base::problem::Problem;
use crate::org::ops::page;
use crate::react::Ground;
use crate::record::id_or_fresh;
use crate::record::write::within;
use crate::sync::store::Want;

/// `POST /api/v1/courses`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    /// The record's id; drawn at random if left out. The same id twice is a conflict, so a repeated request does nothing.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// `three_level`, `monthly`, `friday_cloud`, `special`, `case_sharing`.
    pub kind: String,
    /// `city`, `team` or `squad`, of 三级学习 alone.
    #[serde(default)]
    pub level: Option<String>,
    /// What it is called.
    pub title: String,
    /// The field of law.
    #[serde(default)]
    pub domain: Option<String>,
    /// Its day.
    #[serde(default)]
    pub day: Option<Date>,
    /// From when, UTC milliseconds.
    #[serde(default)]
    pub from_ms: Option<i64>,
    /// Until when.
    #[serde(default)]
    pub until_ms: Option<i64>,
    /// 学时.
    #[serde(default)]
    pub hours: Option<i64>,
    /// Pass mark of its quiz, in percent; 60 if left out.
    #[serde(default)]
    pub pass: Option<i64>,
    /// Where.
    #[serde(default)]
    pub place: Option<String>,
    /// Or where online.
    #[serde(default)]
    pub online: Option<String>,
    /// For whom, and to what end.
    #[serde(default)]
    pub goal: Option<String>,
    /// Units whose officers are to attend.
    #[serde(default)]
    pub audience: Vec<String>,
}

/// A department that is asked to teach.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Its code.
    pub organ: String,
    /// The field of law that it is asked to teach.
    pub domain: String,
    /// The unit that answers; its head office or only unit if left out.
    #[serde(default)]
    pub unit: Option<String>,
}

/// `POST /api/v1/courses/{id}/invite`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteBody {
    /// Whom to ask.
    pub departments: Vec<Asked>,
    /// What they are asked.
    pub text: String,
    /// The day by which an answer is wanted.
    #[serde(default)]
    pub answer_by: Option<Date>,
}

/// Somebody who teaches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lecturer {
    /// His name.
    pub name: String,
    /// His title.
    #[serde(default)]
    pub title: Option<String>,
}

/// `POST /api/v1/courses/{id}/reply`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// The organ that replies; the caller's own if left out.
    #[serde(default)]
    pub organ: Option<String>,
    /// Whether it teaches.
    pub accepted: bool,
    /// The reply in words.
    #[serde(default)]
    pub text: Option<String>,
    /// The day that suits it.
    #[serde(default)]
    pub day: Option<Date>,
    /// Whom it sends.
    #[serde(default)]
    pub lecturers: Vec<Lecturer>,
}

/// A question of a quiz.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question.
    pub text: String,
    /// 2 to 8 options.
    pub options: Vec<String>,
    /// The options that are right, counted from 0.
    pub right: Vec<u8>,
}

/// `POST /api/v1/courses/{id}/questions`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionsBody {
    /// All questions, in order.
    pub questions: Vec<Question>,
}

/// `POST /api/v1/courses/{id}/sign-in`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInBody {
    /// The code on the screen.
    pub code: String,
}

/// `POST /api/v1/courses/{id}/quiz`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuizBody {
    /// One choice for each question in order.
    pub choices: Vec<Vec<u8>>,
}

/// Plans a course: 201.
pub async fn plan(access: Access<Writes>, body: web::Json<PlanBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let id = id_or_fresh(body.record)?;
    Ok(HttpResponse::Created().json(run!(access, id, |store, asker| ops::plan(store, asker, id, &body))))
}

/// Asks departments for lecturers: 200.
pub async fn invite(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<InviteBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| ops::invite(store, asker, id, &body))))
}

/// Replies for the caller's organ: 200; 403 for another's.
pub async fn reply(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReplyBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| ops::reply(store, asker, id, &body))))
}

/// Sets the questions of its quiz: 200.
pub async fn questions(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<QuestionsBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| quiz::set(store, asker, id, &body.questions))))
}

/// Signs the caller in: 200.
pub async fn sign_in(access: Access<AnyUser>, which: web::Path<RecordId>, body: web::Json<SignInBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    let word = run!(access, id, |store, asker| ops::sign_in(store, asker, id, &body.code));
    Ok(HttpResponse::Ok().json(json!({ "course": id, "sign_in": word })))
}

/// Takes the caller's answers: 200 with how many were right.
pub async fn answer(access: Access<AnyUser>, which: web::Path<RecordId>, body: web::Json<QuizBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| quiz::answer(store, asker, id, &body.choices))))
}

/// The quiz: with the right choices for whoever has answered.
pub async fn quiz(access: Access<AnyUser>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    let shown = run!(access, id, |store, asker| match ops::concerning(store, asker, id)? {
        Ok(record) => Ok(Ok(quiz::shown(asker.ground.keys, &record, asker.actor.officer.as_str()))),
        Err(problem) => crate::org::ops::Op::<Vec<Json>>::Ok(Err(problem)),
    });
    Ok(HttpResponse::Ok().json(json!({ "course": id, "questions": shown })))
}

/// Credits the hours of everybody who attended: 200.
pub async fn credit(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    Ok(HttpResponse::Ok().json(run!(access, id, |store, asker| ops::credit(store, asker, id))))
}

/// The code for the screen of the room, for those who may write the course: the digits, a QR code of them, and until when they hold.
pub async fn code(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    let (keys, actor) = (access.app.keys.clone(), access.actor);
    let want = Want { records: vec![id], ..Want::default() };
    let ask = access.app.committer.run(want, move |store| {
        let course = store.look(id)?.is_some_and(|record| *record.kind == *course::NAME);
        if !course || !within(store, &actor, id)? {
            return Ok::<_, crate::sync::store::StoreError>(Err(Problem::not_found("such course")));
        }
        Ok(crate::record::who::may_write(&actor.roles, course::NAME).map(|()| store.now.0))
    });
    let now = ask.await??;
    let Some((code, until_ms)) = secret::code_at(&keys, id, now) else { return Err(Problem::internal("no code could be made")) };
    let picture = qr(&format!("zhifa:sign-in:{id}:{code}")).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(json!({ "course": id, "code": code, "until_ms": until_ms, "qr": picture })))
}

/// `GET /api/v1/training/hours`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursQuery {
    year: i16,
    /// `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

/// Hours of officers within reach in a year against the goal (policy `training.hours`), in order of id.
pub async fn hours(access: Access<ReadsPeople>, query: web::Query<HoursQuery>) -> Result<HttpResponse, Problem> {
    let HoursQuery { year, after, limit } = query.into_inner();
    let Ok(last) = Date::new(year, 12, 31) else { return Err(Problem::field("year", "give a year as 2024")) };
    if !(2000..=2200).contains(&year) {
        return Err(Problem::field("year", "give a year from 2000 to 2200"));
    }
    let goal = policy::get::<i64>(&access.app.law().book, "training.hours", last).map_err(|why| Problem::new("conflict", why.to_string()))?.value;
    let (limit, reach, after) = (page(limit), access.actor.reach, after.unwrap_or_default());
    let items = access.app.read(move |tx, district| read::hours(tx, district, &reach, year, goal, &after, limit)).await?;
    let next = items.last().filter(|_| items.len() as i64 == limit).map(|one| one.officer.clone());
    Ok(HttpResponse::Ok().json(json!({ "year": year, "goal": goal, "items": items, "next": next })))
}

/// `GET /api/v1/training/figures`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiguresQuery {
    from: Date,
    to: Date,
}

/// Most days of one query.
const MAX_DAYS: i32 = 366;

/// Courses of the days from `from` to `to` within reach: whom they asked, who taught, and the rows that are counted.
pub async fn figures(access: Access<ReadsRecords>, query: web::Query<FiguresQuery>) -> Result<HttpResponse, Problem> {
    let FiguresQuery { from, to } = query.into_inner();
    let days = from.until(to).map_or(i32::MAX, |span| span.get_days());
    if !(0..MAX_DAYS).contains(&days) {
        return Err(Problem::field("to", format!("give a day from `from` on, at most {MAX_DAYS} days")));
    }
    let reach = access.actor.reach;
    let found = access.app.read(move |tx, district| read::figures(tx, district, &reach, from, to)).await?;
    Ok(HttpResponse::Ok().json(found))
}
