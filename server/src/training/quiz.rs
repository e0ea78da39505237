//! The quiz of a course: its questions, whose answers are not in the record, and what an attendant answered.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::index::members;
use sync_core::record::Record;
use sync_core::training::course::{self, OPTIONS, stage};

use super::http::Question;
use super::ops::{Asker, concerning, edit, own_fields, said};
use super::{secret, sound};
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::record::write::within;
use crate::record::{Order, Written, who, write};
use crate::sync::store::Working;

/// Most questions of a course.
const MAX_QUESTIONS: usize = 50;

/// A choice that names options of a question, each once.
fn sound_choice(choice: &[u8], options: usize) -> bool {
    let mut set = choice.to_vec();
    set.sort_unstable();
    set.dedup();
    set.len() == choice.len() && choice.iter().all(|option| usize::from(*option) < options)
}

/// Sets the questions, in place of those before; refused once somebody has answered.
pub(super) fn set(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, questions: &[Question]) -> Op<Written> {
    let found = store.look(id)?.filter(|record| *record.kind == *course::NAME);
    let Some(record) = found else { return Ok(Err(Problem::not_found("such course"))) };
    if !within(store, asker.actor, id)? {
        return Ok(Err(Problem::not_found("such course")));
    }
    sound!(who::may_write(&asker.actor.roles, course::NAME));
    if [stage::CLOSED, stage::CANCELLED].contains(&record.stage()) || members(&record, "results.").next().is_some() {
        return Ok(Err(Problem::new("conflict", "the course is over or somebody has answered; the questions stay")));
    }
    if questions.is_empty() || questions.len() > MAX_QUESTIONS {
        return Ok(Err(Problem::field("questions", format!("give 1 to {MAX_QUESTIONS}"))));
    }
    let mut edits = Vec::new();
    for (n, one) in (1..).zip(questions) {
        sound!(said("questions", &one.text, 600));
        if !(2..=OPTIONS).contains(&one.options.len()) || one.right.is_empty() || !sound_choice(&one.right, one.options.len()) {
            return Ok(Err(Problem::field("questions", format!("question {n}: give 2 to {OPTIONS} options, and which of them are right, counted from 0"))));
        }
        for option in &one.options {
            sound!(said("questions", option, 200));
        }
        let name = n.to_string();
        let key = secret::answer_key(asker.ground.keys, id, &name, &one.right).unwrap_or_default();
        edits.push(edit(Some(&record), &format!("questions.{name}"), json!({ "key": key, "options": one.options, "text": one.text })));
    }
    let beyond = |name: &str| name.parse::<usize>().is_ok_and(|n| n > questions.len());
    let mut old: Vec<String> = members(&record, "questions.").map(|(name, _)| name).filter(|name| beyond(name)).map(|name| format!("questions.{name}")).collect();
    old.dedup();
    edits.extend(old.iter().map(|key| edit(Some(&record), key, Json::Null)));
    write(store, asker.actor, &Order { edits, of_feature: true, ..Order::of(id) }, asker.ground)
}

/// The questions in order: name, text, options, key.
pub(super) fn questions(record: &Record) -> Vec<(String, Json)> {
    let mut all: Vec<(String, Json)> = members(record, "questions.").map(|(name, json)| (name.to_owned(), json)).collect();
    all.sort_by_key(|(name, _)| name.parse::<usize>().unwrap_or(usize::MAX));
    all
}

fn options(question: &Json) -> usize {
    question.get("options").and_then(Json::as_array).map_or(0, Vec::len)
}

fn key(question: &Json) -> &str {
    question.get("key").and_then(Json::as_str).unwrap_or_default()
}

/// What an attendant is told of his answers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Marked {
    /// Questions answered right.
    pub right: usize,
    /// Questions.
    pub total: usize,
}

/// Marks the caller's answers, one choice for each question in order. He answers once; the same answers again are told the same.
pub(super) fn answer(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, choices: &[Vec<u8>]) -> Op<Marked> {
    let record = sound!(concerning(store, asker, id)?);
    let officer = asker.actor.officer.as_str();
    let attended = members(&record, "verdicts.").any(|(who, v)| who == officer && v.get("word").and_then(Json::as_str) == Some("right"));
    if !attended {
        return Ok(Err(Problem::new("conflict", "sign in first; who did not attend is not asked")));
    }
    let questions = questions(&record);
    if questions.is_empty() {
        return Ok(Err(Problem::new("conflict", "the course has no quiz")));
    }
    if choices.len() != questions.len() || questions.iter().zip(choices).any(|((_, q), choice)| !sound_choice(choice, options(q))) {
        return Ok(Err(Problem::field("choices", format!("give {} choices, each a list of options counted from 0", questions.len()))));
    }
    let right = questions.iter().zip(choices).filter(|((name, q), choice)| secret::answer_key(asker.ground.keys, id, name, choice).as_deref() == Some(key(q))).count();
    let marked = Marked { right, total: questions.len() };
    if let Some((_, before)) = members(&record, "results.").find(|(who, _)| *who == officer) {
        let same = before.get("choices") == Some(&json!(choices));
        return Ok(if same { Ok(marked) } else { Err(Problem::new("conflict", "you have answered; a second attempt is not taken")) });
    }
    if ![stage::CONFIRMED, stage::HELD].contains(&record.stage()) {
        return Ok(Err(Problem::new("conflict", format!("the course is {}; the quiz is over", record.stage()))));
    }
    let result = json!({ "choices": choices, "ms": store.now.0, "right": marked.right, "total": marked.total });
    sound!(own_fields(store, asker, &record, &[(format!("results.{officer}"), result)])?);
    store.note(Deed::of(&asker.actor.officer, "course.answered", format!("record:{id}")));
    Ok(Ok(marked))
}

/// The quiz as somebody may see it: with the right choices once he has answered, or the course is over.
pub(super) fn shown(keys: &crate::base::keys::ServerKeys, record: &Record, officer: &str) -> Vec<Json> {
    let mine = members(record, "results.").find(|(who, _)| *who == officer).map(|(_, result)| result);
    let open = mine.is_some() || record.stage() == stage::CLOSED;
    let view = |(name, q): (String, Json)| {
        let right = open.then(|| secret::reveal(keys, record.id, &name, options(&q), key(&q))).flatten();
        json!({ "question": name, "text": q.get("text"), "options": q.get("options"), "right": right })
    };
    questions(record).into_iter().map(view).collect()
}
