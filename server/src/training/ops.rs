//! The steps of a course, each as an order. Whether its stage and its guards allow it, the tables decide.
//!
//! Scheduling, holding, closing and cancelling are plain acts of `/api/v1/records/{id}/acts`; materials, own lecturers and the
//! programme are plain edits.

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::index::members;
use sync_core::org::{Organ, Unit};
use sync_core::record::{Draft, FieldKey, Record, Value, read_field};
use sync_core::training::course::{self, KIND, PASS, stage};

use super::http::{InviteBody, PlanBody, ReplyBody};
use super::{secret, sound};
use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::invitation::speaks::{speaking, unit_of};
use crate::org::ops::Op;
use crate::react::Ground;
use crate::react::training::{doubt_ms, hours_of};
use crate::record::write::{EditBody, within};
use crate::record::{Order, Written, who, write};
use crate::sync::store::Working;

/// Most departments of one letter, and most units that attend.
const MOST: usize = 32;
/// Most lecturers that one department sends.
const MAX_LECTURERS: usize = 20;

/// Who asks, and by what it is judged.
pub struct Asker<'a> {
    /// Who.
    pub actor: &'a UserActor,
    /// The unit that the roster gives him.
    pub unit: &'a str,
    /// The book and the keys.
    pub ground: &'a Ground<'a>,
}

/// The day of the transaction.
pub fn today(store: &Working<'_, '_>) -> Date {
    day_of(store.now).unwrap_or(Date::MAX)
}

/// An edit that takes the place of everything that stands in a field.
pub fn edit(record: Option<&Record>, key: &str, value: Json) -> EditBody {
    let replaces = record.and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default();
    EditBody { field: key.to_owned(), value, replaces, reason: None }
}

/// Refuses a text that says nothing or too much.
pub fn said(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    if text.trim().is_empty() || text.chars().count() > most { Err(Problem::field(field, format!("give 1 to {most} characters"))) } else { Ok(()) }
}

/// A course within reach that stands where an act starts.
fn ready(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, act: &str) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *course::NAME);
    let Some(record) = found else { return Ok(Err(Problem::not_found("such course"))) };
    if !within(store, asker.actor, id)? {
        return Ok(Err(Problem::not_found("such course")));
    }
    sound!(who::may_act(&asker.actor.roles, course::NAME, act));
    if !KIND.act(act).any(|row| row.from.contains(&record.stage())) {
        return Ok(Err(Problem::new("conflict", format!("{act} is not possible at the stage {}; read the course again", record.stage()))));
    }
    Ok(Ok(record))
}

/// A course that concerns the caller: within his reach, held by his unit, or meant for it.
pub(super) fn concerning(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *course::NAME);
    let Some(record) = found else { return Ok(Err(Problem::not_found("such course"))) };
    let own = read_field(&record, &KIND, "unit").value().and_then(|v| v.as_text()).is_some_and(|unit| *unit == *asker.unit);
    let meant = members(&record, "audience.").any(|(unit, _)| unit == asker.unit);
    if own || meant || within(store, asker.actor, id)? { Ok(Ok(record)) } else { Ok(Err(Problem::not_found("such course"))) }
}

/// Writes fields that the caller's roles and reach say nothing about, since they are about himself.
pub(super) fn own_fields(store: &mut Working<'_, '_>, asker: &Asker<'_>, record: &Record, fields: &[(String, Json)]) -> Op<()> {
    let mut edits = Vec::new();
    for (key, value) in fields {
        let field: FieldKey = sound!(key.parse().map_err(|e| Problem::field(key, format!("{e}"))));
        let value = sound!(Value::from_json(value).map_err(|e| Problem::field(key, e.to_string())));
        edits.push((field, value, record.register(key).map(|r| r.dots()).unwrap_or_default(), None));
    }
    let (kinds, now) = (store.kinds, store.now);
    let draft = Draft { edits, ..Draft::of(record.id, course::NAME) };
    match office_write(store, kinds, &OfficeWrite { draft, officer: asker.actor.officer.clone() }, &asker.ground.keys.receipt, now)? {
        Ok(_) => Ok(Ok(())),
        Err(why) => Ok(Err(Problem::from(why))),
    }
}

/// Plans a course of the caller's unit.
pub fn plan(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &PlanBody) -> Op<Written> {
    sound!(who::may_write(&asker.actor.roles, course::NAME));
    sound!(said("title", &body.title, 120));
    let (book, day) = (&asker.ground.law.book, today(store));
    if body.audience.len() > MOST {
        return Ok(Err(Problem::field("audience", format!("at most {MOST} units"))));
    }
    if let Some(unknown) = body.audience.iter().find(|unit| book.get::<Unit>(unit, day).is_none()) {
        return Ok(Err(Problem::field("audience", format!("there is no unit {unknown:.64} today"))));
    }
    if (body.kind == "three_level") != body.level.is_some() {
        return Ok(Err(Problem::field("level", "a course of the 三级学习 names its level, no other does")));
    }
    let mut fields = vec![("kind".to_owned(), json!(body.kind)), ("title".to_owned(), json!(body.title)), ("unit".to_owned(), json!(asker.unit))];
    let optional = [
        ("day", body.day.map(|v| json!(v))),
        ("domain", body.domain.clone().map(Json::from)),
        ("from_ms", body.from_ms.map(Json::from)),
        ("goal", body.goal.clone().map(Json::from)),
        ("hours", body.hours.map(Json::from)),
        ("level", body.level.clone().map(Json::from)),
        ("online", body.online.clone().map(Json::from)),
        ("pass", body.pass.map(Json::from)),
        ("place", body.place.clone().map(Json::from)),
        ("until_ms", body.until_ms.map(Json::from)),
    ];
    fields.extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    fields.extend(body.audience.iter().map(|unit| (format!("audience.{unit}"), json!({}))));
    let edits = fields.into_iter().map(|(key, value)| edit(None, &key, value)).collect();
    write(store, asker.actor, &Order { begin: Some(course::NAME.to_owned()), edits, of_feature: true, ..Order::of(id) }, asker.ground)
}

/// Asks departments for lecturers (培训邀请函).
pub fn invite(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &InviteBody) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "invite")?);
    let (book, day) = (&asker.ground.law.book, today(store));
    sound!(said("text", &body.text, 2_000));
    if body.departments.is_empty() || body.departments.len() > MOST {
        return Ok(Err(Problem::field("departments", format!("name 1 to {MOST} departments"))));
    }
    if body.answer_by.is_some_and(|by| by < day) {
        return Ok(Err(Problem::field("answer_by", "the day is past")));
    }
    let mut edits: Vec<EditBody> = Vec::new();
    for one in &body.departments {
        if book.get::<Organ>(&one.organ, day).is_none() {
            return Ok(Err(Problem::field("departments", format!("there is no organ {:.64} today", one.organ))));
        }
        let unit = sound!(unit_of(book, &one.organ, one.unit.as_deref(), day));
        let key = format!("invitations.{}", one.organ);
        if edits.iter().any(|there| there.field == key) || members(&record, "invitations.").any(|(organ, _)| organ == one.organ) {
            return Ok(Err(Problem::field("departments", format!("{:.64} is asked already", one.organ))));
        }
        let mut letter = json!({ "asked_day": day, "by": asker.actor.officer, "domain": one.domain, "ms": store.now.0, "text": body.text, "unit": unit });
        if let (Some(letter), Some(by)) = (letter.as_object_mut(), body.answer_by) {
            letter.insert("answer_by".into(), json!(by));
        }
        edits.push(edit(Some(&record), &key, letter));
    }
    write(store, asker.actor, &Order { edits, act: Some("invite".into()), of_feature: true, ..Order::of(id) }, asker.ground)
}

/// Replies for the caller's organ; with yes come its lecturers. A later reply takes the place of an earlier one.
pub fn reply(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &ReplyBody) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "reply")?);
    let organ = sound!(speaking(&asker.ground.law.book, &asker.actor.officer, asker.unit, body.organ.as_deref(), today(store)));
    if !members(&record, "invitations.").any(|(asked, _)| asked == organ) {
        return Ok(Err(Problem::new("conflict", format!("{organ} was not asked"))));
    }
    if body.accepted == body.lecturers.is_empty() || body.lecturers.len() > MAX_LECTURERS {
        return Ok(Err(Problem::field("lecturers", format!("name 1 to {MAX_LECTURERS} with a yes, and none with a no"))));
    }
    for text in body.text.iter().filter(|text| text.chars().count() > 2_000) {
        sound!(said("text", text, 2_000));
    }
    let mut value = json!({ "accepted": body.accepted, "by": asker.actor.officer, "ms": store.now.0 });
    if let Some(members) = value.as_object_mut() {
        members.extend(body.text.clone().map(|text| ("text".to_owned(), json!(text))));
        members.extend(body.day.map(|day| ("day".to_owned(), json!(day))));
    }
    let mut edits = vec![edit(Some(&record), &format!("replies.{organ}"), value)];
    let mine = |entry: &str| entry.rsplit_once('-').is_some_and(|(of, _)| of == organ);
    let mut standing: Vec<String> = members(&record, "lecturers.").filter(|(entry, _)| mine(entry)).map(|(entry, _)| format!("lecturers.{entry}")).collect();
    for (n, lecturer) in (1..).zip(&body.lecturers) {
        sound!(said("lecturers", &lecturer.name, 60));
        let key = format!("lecturers.{organ}-{n}");
        standing.retain(|there| *there != key);
        edits.push(edit(Some(&record), &key, json!({ "department": organ, "name": lecturer.name, "title": lecturer.title.clone().unwrap_or_default() })));
    }
    edits.extend(standing.iter().map(|key| edit(Some(&record), key, Json::Null)));
    write(store, asker.actor, &Order { edits, act: Some("reply".into()), part: Some(organ), of_feature: true, ..Order::of(id) }, asker.ground)
}

/// Signs the caller in with the code that is on the screen now. Doing it again changes nothing.
pub fn sign_in(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, code: &str) -> Op<&'static str> {
    let record = sound!(concerning(store, asker, id)?);
    if ![stage::CONFIRMED, stage::HELD].contains(&record.stage()) {
        return Ok(Err(Problem::new("conflict", format!("the course is {}; nobody signs in", record.stage()))));
    }
    let officer = asker.actor.officer.as_str();
    let verdict = |v: &Json| v.get("word").and_then(Json::as_str) == Some("right");
    if members(&record, "verdicts.").any(|(who, v)| who == officer && verdict(&v)) {
        return Ok(Ok("right"));
    }
    let doubt = doubt_ms(&asker.ground.law.book, today(store));
    match secret::verdict(asker.ground.keys, id, hours_of(&record), code, store.now.0, doubt) {
        "right" => {}
        "outside" => return Ok(Err(Problem::new("conflict", "sign in from half an hour before the course until it ends"))),
        _ => return Ok(Err(Problem::field("code", "is not the one on the screen; read it again"))),
    }
    sound!(own_fields(store, asker, &record, &[(format!("attendance.{officer}"), json!({ "code": code.trim(), "ms": store.now.0 }))])?);
    store.note(Deed::of(&asker.actor.officer, "course.signed_in", format!("record:{id}")));
    Ok(Ok("right"))
}

/// What is still to be credited: the hours of the course to each whose sign-in was right, none to who did not pass its quiz.
pub fn due_credits(record: &Record, now_ms: i64) -> Vec<(String, Json)> {
    let number = |key: &str| read_field(record, &KIND, key).value().and_then(|v| v.to_json().as_i64());
    let (Some(hours), pass) = (number("hours"), number("pass").unwrap_or(PASS)) else { return Vec::new() };
    let quiz = members(record, "questions.").next().is_some();
    let credited = |officer: &str| members(record, "credits.").any(|(who, _)| who == officer);
    let attended = members(record, "verdicts.").filter(|(_, v)| v.get("word").and_then(Json::as_str) == Some("right"));
    let credit = |officer: &str| {
        let result = members(record, "results.").find(|(who, _)| *who == officer).map(|(_, result)| result);
        let count = |member: &str| result.as_ref().and_then(|r| r.get(member)).and_then(Json::as_i64).unwrap_or(0);
        let passed = !quiz || (count("total") > 0 && count("right").saturating_mul(100) >= pass.saturating_mul(count("total")));
        if passed {
            json!({ "hours": hours, "ms": now_ms })
        } else {
            json!({ "hours": 0, "ms": now_ms, "why": if result.is_some() { "测验未合格" } else { "未参加测验" } })
        }
    };
    attended.filter(|(officer, _)| !credited(officer)).map(|(officer, _)| (officer.to_owned(), credit(officer))).collect()
}

/// Credits the hours of everybody who attended and was not credited yet.
pub fn credit(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "close")?);
    let due = due_credits(&record, store.now.0);
    if due.is_empty() {
        return Ok(Err(Problem::new("conflict", "everybody who attended has his hours, or nobody attended")));
    }
    let edits = due.into_iter().map(|(officer, credit)| edit(Some(&record), &format!("credits.{officer}"), credit)).collect();
    write(store, asker.actor, &Order { edits, of_feature: true, ..Order::of(id) }, asker.ground)
}
