//! Guards of a case. Each reads the record with the change's edits in it, and nothing else.
//!
//! What needs the calendar, a policy or other records (limitation, thresholds, the clock) is `case::finding`, whose findings the
//! office writes into `flags.*`; here a flag bars the acts that it names until it is settled.

mod decision;
mod execution;
mod fast;
mod gate;
mod investigation;

pub(super) use decision::*;
pub(super) use execution::*;
pub(super) use fast::*;
pub(super) use gate::*;
pub(super) use investigation::*;

use serde_json::Value as Json;

use crate::record::{Guard, GuardInput, Policy, Reading, Record, read, read_field};

/// What a single field reads as JSON, null if absent or contested.
fn map(input: &GuardInput<'_>, key: &str) -> Json {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json()).unwrap_or_default()
}

fn text(json: &Json) -> bool {
    json.as_str().is_some_and(|t| !t.trim().is_empty())
}

fn yes(json: &Json, member: &str) -> bool {
    json.get(member).and_then(Json::as_bool) == Some(true)
}

fn has(json: &Json, member: &str) -> bool {
    json.get(member).is_some_and(text)
}

fn number(json: &Json, member: &str) -> Option<i64> {
    json.get(member).and_then(Json::as_i64)
}

fn word<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

/// The members of a collection that stand: key without prefix, and a value each.
fn standing<'a>(input: &'a GuardInput<'_>, prefix: &'a str) -> impl Iterator<Item = (&'a str, Json)> {
    crate::case::standing(input.record, prefix)
}

/// Whether a signature with at least one stroke stands under this id.
fn signed(input: &GuardInput<'_>, id: Option<&str>) -> bool {
    let strokes = |json: &Json| json.get("strokes").and_then(Json::as_array).is_some_and(|all| all.iter().any(|one| one.as_array().is_some_and(|points| points.len() >= 4)));
    id.is_some_and(|id| input.record.register(&format!("signatures.{id}")).is_some_and(|r| r.candidates().iter().any(|c| strokes(&c.value.to_json()))))
}

/// The officers who handle the case: with a certificate, no auxiliaries, none whose recusal was granted.
pub(super) fn handlers(record: &Record) -> impl Iterator<Item = &str> {
    let fit = |json: &Json| has(json, "certificate") && word(json, "role") != Some("auxiliary");
    let all = record.with_prefix("handlers.").filter(move |(_, r)| matches!(read(r, Policy::Present), Reading::One(_)) && r.candidates().iter().any(|c| fit(&c.value.to_json())));
    all.filter_map(|(key, _)| key.strip_prefix("handlers.")).filter(|officer| !recused(record, officer))
}

/// Whether an officer is out of the case: the head granted it, or he asked for it himself and nobody refused.
pub(super) fn recused(record: &Record, officer: &str) -> bool {
    let asked = record.register(&format!("recusals.{officer}")).is_some_and(|r| matches!(read(r, Policy::Present), Reading::One(_)));
    let mut rulings = crate::case::standing(record, "rulings.").filter(|(_, r)| word(r, "of") == Some(officer)).map(|(_, r)| yes(&r, "granted"));
    asked && rulings.next().unwrap_or(true)
}

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: "domain.md §0.3", holds: |i| i.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty()) };

/// The head's opinion on this very step stands and agrees.
pub(super) const OPINION: Guard = Guard {
    code: "no_opinion",
    basis: "行政处罚法 57; domain.md §0.3",
    holds: |i| {
        let opinion = map(i, &format!("opinions.{}.head", i.act.name));
        yes(&opinion, "agrees") && has(&opinion, "by")
    },
};

/// Nobody approves what he submitted or handles.
pub(super) const NOT_HIS_OWN: Guard = Guard {
    code: "own_submission",
    basis: "行政处罚法 57 (调查与决定分离); domain.md §0.3",
    holds: |i| {
        let (head, handler) = (map(i, &format!("opinions.{}.head", i.act.name)), map(i, &format!("opinions.{}.handler", i.act.name)));
        let by = word(&head, "by");
        by.is_none_or(|by| word(&handler, "by") != Some(by) && !handlers(i.record).any(|officer| officer == by))
    },
};

/// No finding that bars this act stands unsettled.
pub(super) const NOT_BARRED: Guard = Guard {
    code: "flags_open",
    basis: "domain.md §5.1, §5.3",
    holds: |i| {
        let bars = |flag: &Json| flag.get("bars").and_then(Json::as_array).is_some_and(|acts| acts.iter().any(|act| act.as_str() == Some(&*i.act.name)));
        !standing(i, "flags.").any(|(_, flag)| word(&flag, "weight") == Some("block") && bars(&flag) && !has(&flag, "settled"))
    },
};
