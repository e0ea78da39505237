//! What courses and co-handlings contribute to the index: pure readings, so that it can be rebuilt and compared.

use serde_json::Value as Json;

use super::{cohandling, course};
use crate::base::{Date, RecordId};
use crate::record::{Kind, Record, read_field};

/// A department that was asked to teach.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Invited {
    /// The organ.
    pub organ: String,
    /// The field of law.
    pub domain: String,
    /// The day on which it was asked.
    pub asked: Option<Date>,
    /// What it replied; `None` so far.
    pub accepted: Option<bool>,
}

/// Somebody who teaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Teacher {
    /// His entry.
    pub entry: String,
    /// His name, as on the letter of his department.
    pub name: String,
    /// His department; empty for one of the team's own.
    pub department: String,
}

/// An officer who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attendance {
    /// Who.
    pub officer: String,
    /// When, by his own clock.
    pub signed_ms: Option<i64>,
    /// What became of the sign-in; `None` so far.
    pub word: Option<String>,
    /// Right answers in the quiz.
    pub right: Option<i64>,
    /// Questions of the quiz.
    pub total: Option<i64>,
    /// Hours credited.
    pub hours: Option<i64>,
}

/// A course.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CourseEntry {
    /// Its kind.
    pub kind: String,
    /// The level of 三级学习; empty for other kinds.
    pub level: String,
    /// The field of law; empty if it is about none.
    pub domain: String,
    /// The unit that holds it.
    pub unit: String,
    /// Its day.
    pub day: Option<Date>,
    /// Hours of training.
    pub hours: i64,
    /// Departments that were asked.
    pub invited: Vec<Invited>,
    /// Who teaches.
    pub teachers: Vec<Teacher>,
    /// Who signed in.
    pub attendance: Vec<Attendance>,
}

/// A co-handling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CohandlingEntry {
    /// The case.
    pub case: Option<RecordId>,
    /// The squad.
    pub unit: String,
    /// The matter.
    pub matter: String,
    /// The field of law.
    pub domain: String,
    /// The former department.
    pub former: String,
    /// Lessons on record.
    pub lessons: i64,
}

fn text(record: &Record, kind: &Kind, key: &str) -> String {
    read_field(record, kind, key).value().and_then(|v| v.as_text()).unwrap_or_default()
}

fn word(json: &Json, member: &str) -> String {
    json.get(member).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn number(json: &Json, member: &str) -> Option<i64> {
    json.get(member).and_then(Json::as_i64)
}

/// The member of a collection; of several that stand, the last.
fn of(record: &Record, prefix: &str, key: &str) -> Option<Json> {
    course::members(record, prefix).filter(|(k, _)| *k == key).map(|(_, json)| json).last()
}

fn keys(record: &Record, prefix: &str) -> Vec<String> {
    let mut out: Vec<String> = course::members(record, prefix).map(|(key, _)| key.to_owned()).collect();
    out.dedup();
    out
}

/// What a course contributes.
pub fn course_entry(record: &Record) -> CourseEntry {
    let field = |key: &str| text(record, &course::KIND, key);
    let invited = keys(record, "invitations.").into_iter().map(|organ| {
        let letter = of(record, "invitations.", &organ).unwrap_or_default();
        let accepted = of(record, "replies.", &organ).and_then(|reply| reply.get("accepted").and_then(Json::as_bool));
        Invited { domain: word(&letter, "domain"), asked: word(&letter, "asked_day").parse().ok(), accepted, organ }
    });
    let teachers = keys(record, "lecturers.").into_iter().map(|entry| {
        let lecturer = of(record, "lecturers.", &entry).unwrap_or_default();
        Teacher { name: word(&lecturer, "name"), department: word(&lecturer, "department"), entry }
    });
    let mut who = keys(record, "attendance.");
    who.extend(keys(record, "credits."));
    who.sort();
    who.dedup();
    let attendance = who.into_iter().map(|officer| {
        let [signed, verdict, result, credit] = ["attendance.", "verdicts.", "results.", "credits."].map(|prefix| of(record, prefix, &officer).unwrap_or_default());
        Attendance {
            signed_ms: number(&signed, "ms"),
            word: verdict.get("word").and_then(Json::as_str).map(str::to_owned),
            right: number(&result, "right"),
            total: number(&result, "total"),
            hours: number(&credit, "hours"),
            officer,
        }
    });
    CourseEntry {
        kind: field("kind"),
        level: field("level"),
        domain: field("domain"),
        unit: field("unit"),
        day: field("day").parse().ok(),
        hours: read_field(record, &course::KIND, "hours").value().and_then(|v| v.to_json().as_i64()).unwrap_or(0),
        invited: invited.collect(),
        teachers: teachers.collect(),
        attendance: attendance.collect(),
    }
}

/// What a co-handling contributes.
pub fn cohandling_entry(record: &Record) -> CohandlingEntry {
    let field = |key: &str| text(record, &cohandling::KIND, key);
    CohandlingEntry {
        case: field("case").parse().ok(),
        unit: field("unit"),
        matter: field("matter"),
        domain: field("domain"),
        former: field("former"),
        lessons: i64::try_from(keys(record, "lessons.").len()).unwrap_or(i64::MAX),
    }
}
