//! Guards of a course. Each reads the record with the change's edits in it, and nothing else.

use serde_json::Value as Json;

use crate::record::{Guard, GuardInput, Record, read_field};

const BASIS: &str = "domain.md §12 (培训)";
const LETTER: &str = "domain.md §12 (培训邀请函)";
const ADVICE: &str = "浙江省综合行政执法条例 12 (业务培训交流)";

/// The members of a collection that stand.
pub(in crate::training) fn members<'a>(record: &'a Record, prefix: &'a str) -> impl Iterator<Item = (&'a str, Json)> {
    record.with_prefix(prefix).flat_map(move |(key, register)| {
        let key = key.strip_prefix(prefix).unwrap_or_default();
        register.candidates().iter().filter(|c| !c.value.is_null()).map(move |c| (key, c.value.to_json()))
    })
}

fn json(input: &GuardInput<'_>, key: &str) -> Option<Json> {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json())
}

fn says(input: &GuardInput<'_>, key: &str) -> bool {
    json(input, key).is_some_and(|j| j.as_str().is_none_or(|text| !text.trim().is_empty()))
}

fn is_invited(input: &GuardInput<'_>) -> bool {
    members(input.record, "invitations.").any(|(organ, _)| organ == input.act.part())
}

/// Whether an organ's reply says yes or no, and when.
fn replied(record: &Record, organ: &str) -> bool {
    let whole = |json: &Json| json.get("accepted").and_then(Json::as_bool).is_some() && json.get("ms").is_some_and(|ms| !ms.is_null());
    members(record, "replies.").any(|(from, json)| from == organ && whole(&json))
}

/// Officers whose sign-in was right.
pub(in crate::training) fn attended(record: &Record) -> impl Iterator<Item = &str> {
    members(record, "verdicts.").filter(|(_, v)| v.get("word").and_then(Json::as_str) == Some("right")).map(|(officer, _)| officer)
}

pub(super) const LETTER_WRITTEN: Guard = Guard { code: "no_invitation", basis: LETTER, holds: |i| members(i.record, "invitations.").next().is_some() };

pub(super) const PART_INVITED: Guard = Guard { code: "not_invited", basis: LETTER, holds: is_invited };

pub(super) const REPLY_ON_RECORD: Guard = Guard { code: "no_reply", basis: LETTER, holds: |i| !is_invited(i) || replied(i.record, i.act.part()) };

pub(super) const ALL_REPLIED: Guard = Guard { code: "unanswered", basis: ADVICE, holds: |i| members(i.record, "invitations.").all(|(organ, _)| replied(i.record, organ)) };

pub(super) const PROGRAMME_SET: Guard = Guard {
    code: "no_programme",
    basis: BASIS,
    holds: |i| {
        let hours = json(i, "from_ms").and_then(|j| j.as_i64()).zip(json(i, "until_ms").and_then(|j| j.as_i64()));
        ["day", "hours", "kind", "title"].iter().all(|key| says(i, key)) && hours.is_some_and(|(from, until)| from < until) && (says(i, "place") || says(i, "online"))
    },
};

pub(super) const LECTURER_NAMED: Guard = Guard {
    code: "no_lecturer",
    basis: BASIS,
    holds: |i| members(i.record, "lecturers.").any(|(_, l)| l.get("name").and_then(Json::as_str).is_some_and(|name| !name.trim().is_empty())),
};

pub(super) const SOMEBODY_ATTENDED: Guard = Guard { code: "no_attendance", basis: BASIS, holds: |i| attended(i.record).next().is_some() };

pub(super) const ALL_CREDITED: Guard =
    Guard { code: "uncredited", basis: BASIS, holds: |i| attended(i.record).all(|officer| members(i.record, "credits.").any(|(who, _)| who == officer)) };

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: BASIS, holds: |i| i.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty()) };
