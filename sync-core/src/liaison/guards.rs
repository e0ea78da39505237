//! Guards of a liaison. Each reads the record with the change's edits in it, and nothing else.

use serde_json::Value as Json;

use crate::record::{Guard, GuardInput, Record};

const BASIS: &str = "浙江省综合行政执法条例 12, 14 (协同配合)";

/// The members of a collection that stand.
pub(super) fn members<'a>(record: &'a Record, prefix: &'a str) -> impl Iterator<Item = (&'a str, Json)> {
    record.with_prefix(prefix).flat_map(move |(key, register)| {
        let key = key.strip_prefix(prefix).unwrap_or_default();
        register.candidates().iter().filter(|c| !c.value.is_null()).map(move |c| (key, c.value.to_json()))
    })
}

fn is_asked(input: &GuardInput<'_>) -> bool {
    members(input.record, "organs.").any(|(organ, _)| organ == input.act.part())
}

/// Whether an organ's reply says something.
fn replied(record: &Record, organ: &str) -> bool {
    let says = |json: &Json| json.get("text").and_then(Json::as_str).is_some_and(|t| !t.trim().is_empty()) && json.get("ms").is_some_and(|ms| !ms.is_null());
    members(record, "replies.").any(|(from, json)| from == organ && says(&json))
}

pub(super) const PART_ASKED: Guard = Guard { code: "not_asked", basis: BASIS, holds: is_asked };

pub(super) const REPLY_ON_RECORD: Guard = Guard { code: "no_reply", basis: BASIS, holds: |i| !is_asked(i) || replied(i.record, i.act.part()) };

pub(super) const ALL_REPLIED: Guard = Guard {
    code: "unanswered",
    basis: BASIS,
    holds: |i| {
        let mut asked = members(i.record, "organs.").peekable();
        asked.peek().is_some() && asked.all(|(organ, _)| replied(i.record, organ))
    },
};

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: BASIS, holds: |i| i.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty()) };
