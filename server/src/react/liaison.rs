//! What the office adds to a liaison: the day by which it has to be answered, and that the last reply is in.

use serde_json::{Value as Json, json};
use sync_core::base::Digest;
use sync_core::index::members;
use sync_core::liaison::{self, stage};
use sync_core::record::{ActCall, Draft, Record};

use super::invitation::{digest, reads};
use super::{Ground, put};
use crate::sync::store::{StoreError, Working};

/// What the reaction rests on.
pub fn basis(record: &Record) -> Digest {
    digest(record, &["answer_by", "due", "organs.", "replies."])
}

/// Everything that a liaison wants written.
pub fn react(_: &mut Working<'_, '_>, record: &Record, _: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let says = |organ: &str| members(record, "replies.").any(|(from, r)| from == organ && r.get("text").and_then(Json::as_str).is_some_and(|t| !t.trim().is_empty()));
    let mut asked = members(record, "organs.").peekable();
    if record.stage() == stage::OPEN && asked.peek().is_some() && asked.all(|(organ, _)| says(organ)) {
        return Ok(vec![Draft { act: Some(ActCall::new("complete")), ..Draft::of(record.id, liaison::NAME) }]);
    }
    let day = reads(record, &liaison::KIND, "answer_by").filter(|_| record.stage() == stage::OPEN);
    let due = day.map(|day| json!({ "day": day, "for": stage::OPEN }));
    let edits: Vec<_> = put(record, "due", due.as_ref()).into_iter().collect();
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Draft { edits, ..Draft::of(record.id, liaison::NAME) }])
}
