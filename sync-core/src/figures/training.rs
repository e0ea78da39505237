//! What courses and first cases handled with advice say.

use serde_json::Value as Json;

use super::{Fact, Out, blank, ms, text, word};
use crate::base::date::day_of;
use crate::base::{Date, UtcMs};
use crate::index::members;
use crate::record::{Record, read_field};
use crate::training::cohandling::stage::{AGREED, CONCLUDED};
use crate::training::course::stage::CANCELLED;
use crate::training::{cohandling, course, course_entry};

/// A letter counts on the day on which it went out; what a course taught counts on the day of the course, once it took place.
pub(super) fn of_course(record: &Record, out: &mut Out) {
    if record.stage() == CANCELLED {
        return;
    }
    let entry = course_entry(record);
    let unit = Some(entry.unit).filter(|unit| !unit.is_empty());
    let row = |what, about: &str, day| Fact { about: about.to_owned(), unit: unit.clone(), ..blank(what, day) };
    for letter in entry.invited.iter().filter(|letter| !letter.domain.is_empty()) {
        if let Some(asked) = letter.asked {
            out.insert(Fact { organ: Some(letter.organ.clone()), ..row("training_letter", &letter.domain, asked) });
        }
    }
    let Some(day) = entry.day.filter(|_| course::TAUGHT.contains(&record.stage())) else { return };
    out.insert(row("course", &entry.kind, day));
    for teacher in entry.teachers.iter().filter(|teacher| !teacher.department.is_empty() && !teacher.name.trim().is_empty()) {
        // He is known by his name on the letter of his department: whoever teaches twice is one expert.
        out.insert(Fact { organ: Some(teacher.department.clone()), ..row("training_expert", &format!("{} {}", teacher.department, teacher.name.trim()), day) });
    }
    let pass = read_field(record, &course::KIND, "pass").value().and_then(|v| v.to_json().as_i64()).unwrap_or(course::PASS);
    for one in &entry.attendance {
        if let Some(hours) = one.hours.filter(|hours| *hours > 0) {
            out.insert(Fact { amount: hours, ..row("training_hours", &one.officer, day) });
        }
        if let Some((right, total)) = one.right.zip(one.total).filter(|(_, total)| *total > 0) {
            out.insert(row("quiz", &one.officer, day));
            if right.saturating_mul(100) >= pass.saturating_mul(total) {
                out.insert(row("quiz_passed", &one.officer, day));
            }
        }
    }
}

/// A co-handling is one once the department has said that it comes, and counts on that day.
pub(super) fn of_cohandling(record: &Record, out: &mut Out) {
    if ![AGREED, CONCLUDED].contains(&record.stage()) {
        return;
    }
    let field = |key: &str| text(record, &cohandling::KIND, key).filter(|text| !text.is_empty());
    let reply = read_field(record, &cohandling::KIND, "reply").value().map(|v| v.to_json()).unwrap_or_default();
    let Some(day) = ms(&reply, "ms").and_then(|at| day_of(UtcMs(at))).or_else(|| field("day")?.parse::<Date>().ok()) else { return };
    let row = |what, about: &str| Fact { about: about.to_owned(), organ: field("former"), unit: field("unit"), matter: field("matter"), ..blank(what, day) };
    out.insert(row("cohandling", ""));
    for (key, _) in members(record, "lessons.").filter(|(_, lesson): &(_, Json)| word(lesson, "text").is_some_and(|text| !text.trim().is_empty())) {
        out.insert(row("cohandling_lesson", key));
    }
}
