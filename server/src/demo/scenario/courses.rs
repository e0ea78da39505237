//! Training: a lesson, letters to departments, their answers, and officers who sign in on their handhelds.

use serde_json::{Value as Json, json};

use super::file::{Asked, Lecturer};
use super::stage::Stage;
use crate::demo::Failure;
use crate::demo::handheld::Entry;

const HOUR: i64 = 3_600_000;

/// A lesson as the file names it.
pub struct Lesson<'l> {
    /// The file's key.
    pub key: &'l str,
    /// Title.
    pub title: &'l str,
    /// Kind, such as `monthly`.
    pub kind: &'l str,
    /// The field.
    pub domain: &'l str,
    /// When it begins, UTC milliseconds.
    pub from_ms: i64,
    /// Its day.
    pub day: String,
    /// Hours that it counts.
    pub hours: i64,
    /// Where.
    pub place: &'l str,
}

impl Stage<'_> {
    /// A lesson of the squad is planned.
    pub fn course(&mut self, lesson: &Lesson<'_>) -> Result<(), Failure> {
        let unit = self.with_role("squad_leader", None)?.unit;
        let body = json!({
            "kind": lesson.kind, "title": lesson.title, "domain": lesson.domain, "day": lesson.day, "from_ms": lesson.from_ms, "until_ms": lesson.from_ms + lesson.hours * HOUR,
            "hours": lesson.hours, "place": lesson.place, "audience": [unit]
        });
        let done = self.by("squad_leader")?.call("/api/v1/courses", &body)?;
        let record = done.get("record").and_then(Json::as_str).ok_or("the call gave no record")?.to_owned();
        self.keep("course", lesson.key, record)
    }

    /// Departments are asked to teach (培训邀请函).
    pub fn letter(&mut self, course: &str, departments: &[Asked], text: &str, answer_by: &str) -> Result<(), Failure> {
        let record = self.record("course", course)?;
        let asked: Vec<Json> = departments.iter().map(|one| json!({ "organ": one.organ, "domain": one.domain })).collect();
        let desk = self.by("squad_leader")?;
        desk.call(&format!("/api/v1/courses/{record}/invite"), &json!({ "departments": asked, "text": text, "answer_by": answer_by }))?;
        for one in departments {
            desk.call(&format!("/api/v1/records/{record}/documents"), &json!({ "type": "training_invitation", "of": one.organ }))?;
        }
        Ok(())
    }

    /// A department answers for itself; once it sends somebody the lesson can be set.
    pub fn reply(&mut self, course: &str, organ: &str, lecturers: &[Lecturer], text: &str) -> Result<(), Failure> {
        let (record, liaison) = (self.record("course", course)?, self.with_role("liaison", Some(organ))?);
        let lecturers: Vec<Json> = lecturers.iter().map(|one| json!({ "name": one.name, "title": one.title })).collect();
        let body = json!({ "accepted": !lecturers.is_empty(), "lecturers": lecturers, "text": text });
        self.desk(&liaison)?.call(&format!("/api/v1/courses/{record}/reply"), &body).map(drop)
    }

    /// The lesson is held: the code stands on the screen, each officer signs in on his handheld, hours are credited.
    pub fn hold(&mut self, course: &str, officers: &[String]) -> Result<(), Failure> {
        let record = self.record("course", course)?;
        self.act("squad_leader", &record, "schedule", &[])?;
        let now = self.now();
        for officer in officers {
            let screen = self.by("squad_leader")?.get(&format!("/api/v1/courses/{record}/code"))?;
            let code = screen.get("code").cloned().ok_or("the screen shows no code")?;
            let entries = [Entry::Field(format!("attendance.{officer}"), json!({ "code": code, "ms": now }))];
            let player = self.handheld(officer)?;
            player.ask(&json!({ "do": "capture_each", "record": record, "kind": "course", "entries": entries }))?;
            player.sync()?;
        }
        self.act("squad_leader", &record, "hold", &[])?;
        self.by("squad_leader")?.call(&format!("/api/v1/courses/{record}/credits"), &json!({}))?;
        self.act("squad_leader", &record, "close", &[]).map(drop)
    }
}
