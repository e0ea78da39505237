//! The joint form of a visit, by department: what each signs for, what was answered, what is open.

use serde_json::Value as Json;
use sync_core::base::Date;
use sync_core::checklist::{pinned, progress};
use sync_core::dated::Book;
use sync_core::index::members;
use sync_core::org::Organ;
use sync_core::record::{Reading, Record, engine_key, read_field};
use sync_core::visit;

use super::edit::place;
use super::review::address;
use super::words::Words;

/// A question as one department sees it.
pub struct Asked {
    /// What is asked.
    pub title: String,
    /// What was answered; several where it is contested.
    pub answers: Vec<String>,
    /// Whether something is wrong there.
    pub bad: bool,
    /// Photos that belong to it.
    pub photos: usize,
    /// Where it is decided, if it is contested.
    pub clash: String,
    /// Where it is written, if this reader may.
    pub edit: String,
}

/// A department's part.
pub struct Part {
    /// The department.
    pub name: String,
    /// Questions that are settled.
    pub answered: usize,
    /// Questions that it signs for.
    pub total: usize,
    /// Whether it signed.
    pub signed: bool,
    /// The questions: open ones first, then those that found a fault.
    pub questions: Vec<Asked>,
}

fn answer(value: &Json, w: &'static Words) -> (String, bool) {
    let text = |name: &str| value.get(name).and_then(|v| v.as_str().map(str::to_owned).or_else(|| v.as_i64().map(|n| n.to_string())));
    let result = text("result").unwrap_or_default();
    let word = match result.as_str() {
        "ok" => w.f_ok,
        "bad" => w.f_bad,
        "na" => w.f_na,
        "unchecked" => w.f_unchecked,
        other => return (other.to_owned(), false),
    };
    let rest = [text("value"), text("unit"), text("reason")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    (if rest.is_empty() { word.to_owned() } else { format!("{word} · {rest}") }, result == "bad")
}

/// The form of a visit, department by department in the order of their codes; empty for a visit without one.
pub fn parts(record: &Record, book: &Book, today: Date, writes: &dyn Fn(&str) -> bool, w: &'static Words) -> Vec<Part> {
    let organ = |code: &str| book.get::<Organ>(code, today).map_or_else(|| code.to_owned(), |organ| organ.name);
    let signed = |code: &str| record.register(&format!("{}{code}", engine_key::SEALS)).is_some_and(|seals| seals.candidates().iter().any(|c| !c.value.is_null()));
    let mut all: Vec<(String, Part)> = Vec::new();
    for (code, progress) in &progress(record).departments {
        let part = Part { name: organ(code), answered: progress.answered, total: progress.total, signed: signed(code), questions: Vec::new() };
        all.push((code.to_string(), part));
    }
    for question in pinned(record) {
        let key = format!("answers.{}", question.code);
        let values: Vec<Json> = record.register(&key).into_iter().flat_map(|r| r.candidates()).filter(|c| !c.value.is_null()).map(|c| c.value.to_json()).collect();
        let contested = matches!(read_field(record, &visit::KIND, &key), Reading::Contested(_));
        let photos = members(record, &format!("photos.{}.", question.code)).count();
        for (_, part) in all.iter_mut().filter(|(code, _)| question.departments.contains(code.as_str())) {
            let (answers, bad): (Vec<String>, Vec<bool>) = values.iter().map(|value| answer(value, w)).unzip();
            let clash = if contested { address(record.id, &key) } else { String::new() };
            let edit = if !contested && writes(&key) { place(record.id, &key) } else { String::new() };
            part.questions.push(Asked { title: question.title.clone(), answers, bad: bad.contains(&true), photos, clash, edit });
        }
    }
    for (_, part) in &mut all {
        part.questions.sort_by_key(|q| (q.clash.is_empty(), !q.answers.is_empty(), !q.bad));
    }
    all.into_iter().map(|(_, part)| part).collect()
}
