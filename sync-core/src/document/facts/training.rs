//! The facts of a course: what a department is asked to teach (培训邀请函).

use serde_json::{Map, json};

use super::{Facts, Json, Source, filled, put, taken, word};
use crate::org::Organ;

/// Adds what the letter to a department says; `about` is its organ, or the first that was asked.
pub(super) fn add(source: &Source<'_>, out: &mut Facts) {
    let mut course: Map<String, Json> = Map::new();
    put(&mut course, "title", source.text("title"));
    put(&mut course, "goal", source.text("goal"));
    put(&mut course, "day", source.text("day"));
    put(&mut course, "place", source.text("place").or_else(|| source.text("online")));
    put(&mut course, "hours", Some(source.json("hours")).filter(|hours| !hours.is_null()));
    out.insert("course".to_owned(), Json::Object(course));
    let name = |code: &str| source.book.get::<Organ>(code, source.day).map_or_else(|| code.to_owned(), |organ| organ.name);
    let letters = source.all("invitations.");
    let Some((organ, letter)) = letters.iter().find(|(organ, _)| source.about.is_none_or(|about| about == *organ)) else { return };
    let mut told = taken(letter, &["answer_by", "text"]);
    put(&mut told, "to", Some(name(organ)));
    put(&mut told, "domain", word(letter, "domain").map(name));
    put(&mut told, "asked", letter.get("asked_day").and_then(filled));
    out.insert("letter".to_owned(), json!(told));
}
