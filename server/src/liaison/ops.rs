//! Asking and replying, each as an order on the one road.

use serde_json::json;
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::index::members;
use sync_core::liaison::{KIND, NAME};
use sync_core::org::Organ;

use super::http::{AskBody, ReplyBody};
use crate::access::UserActor;
use crate::base::problem::Problem;
use crate::invitation::speaks::{speaking, unit_of};
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::{EditBody, within};
use crate::record::{Order, Written, who, write};
use crate::sync::store::Working;

/// Most organs that one request asks.
const MAX_ORGANS: usize = 32;

/// Asks organs for something; the asker's own organ is the sender.
pub(super) fn ask(store: &mut Working<'_, '_>, actor: &UserActor, unit: &str, id: RecordId, body: &AskBody, ground: &Ground<'_>) -> Op<Written> {
    let today = day_of(store.now).unwrap_or(Date::MAX);
    match drafted(store, actor, unit, body, ground, today) {
        Ok(edits) => write(store, actor, &Order { begin: Some(NAME.to_owned()), edits, of_feature: true, ..Order::of(id) }, ground),
        Err(problem) => Ok(Err(problem)),
    }
}

fn drafted(store: &Working<'_, '_>, actor: &UserActor, unit: &str, body: &AskBody, ground: &Ground<'_>, today: Date) -> Result<Vec<EditBody>, Problem> {
    let book = &ground.law.book;
    who::may_write(&actor.roles, NAME)?;
    let from = speaking(book, &actor.officer, unit, body.from.as_deref(), today)?;
    for (field, text, most) in [("title", &body.title, 120), ("text", &body.text, 4_000)] {
        if text.trim().is_empty() || text.chars().count() > most {
            return Err(Problem::field(field, format!("give 1 to {most} characters")));
        }
    }
    if body.to.is_empty() || body.to.len() > MAX_ORGANS {
        return Err(Problem::field("to", format!("name 1 to {MAX_ORGANS} organs")));
    }
    if body.answer_by.is_some_and(|day| day < today) {
        return Err(Problem::field("answer_by", "the day is past"));
    }
    let mut fields = vec![
        ("asked_ms".to_owned(), json!(store.now.0)),
        ("day".to_owned(), json!(today)),
        ("from".to_owned(), json!(from)),
        ("text".to_owned(), json!(body.text)),
        ("title".to_owned(), json!(body.title)),
        ("unit".to_owned(), json!(unit)),
    ];
    for organ in &body.to {
        if *organ == from {
            return Err(Problem::field("to", format!("{organ:.64} asks itself")));
        }
        if book.get::<Organ>(organ, today).is_none() {
            return Err(Problem::field("to", format!("there is no organ {organ:.64} today")));
        }
        let key = format!("organs.{organ}");
        if fields.iter().any(|(there, _)| *there == key) {
            return Err(Problem::field("to", format!("{organ:.64} stands twice")));
        }
        fields.push((key, json!({ "unit": unit_of(book, organ, None, today)? })));
    }
    fields.extend(body.about.as_ref().map(|about| ("about".to_owned(), json!({ "kind": about.kind, "record": about.record }))));
    fields.extend(body.answer_by.map(|day| ("answer_by".to_owned(), json!(day))));
    Ok(fields.into_iter().map(|(field, value)| EditBody { field, value, replaces: Vec::new(), reason: None }).collect())
}

/// Replies for the caller's organ; a later reply takes the place of his organ's earlier one.
pub(super) fn reply(store: &mut Working<'_, '_>, actor: &UserActor, unit: &str, id: RecordId, body: &ReplyBody, ground: &Ground<'_>) -> Op<Written> {
    let found = store.look(id)?.filter(|record| *record.kind == *NAME);
    let Some(record) = found else { return Ok(Err(Problem::not_found("such request"))) };
    if !within(store, actor, id)? {
        return Ok(Err(Problem::not_found("such request")));
    }
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let organ = match speaking(&ground.law.book, &actor.officer, unit, body.organ.as_deref(), today) {
        Ok(organ) => organ,
        Err(problem) => return Ok(Err(problem)),
    };
    if !members(&record, "organs.").any(|(asked, _)| asked == organ) {
        return Ok(Err(Problem::new("conflict", format!("{organ} was not asked"))));
    }
    if !KIND.act("reply").any(|row| row.from.contains(&record.stage())) {
        return Ok(Err(Problem::new("conflict", format!("the request is {}; nothing is awaited", record.stage()))));
    }
    if body.text.trim().is_empty() || body.text.chars().count() > 4_000 {
        return Ok(Err(Problem::field("text", "give 1 to 4000 characters")));
    }
    let key = format!("replies.{organ}");
    let value = json!({ "agreed": body.agreed, "by": actor.officer, "ms": store.now.0, "text": body.text });
    let replaces = record.register(&key).map(|r| r.dots()).unwrap_or_default();
    let edits = vec![EditBody { field: key, value, replaces, reason: None }];
    write(store, actor, &Order { edits, act: Some("reply".into()), part: Some(organ), of_feature: true, ..Order::of(id) }, ground)
}
