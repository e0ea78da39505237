//! Guards of a case. Each reads the record with the change's edits in it, and nothing else.

use crate::record::{Guard, GuardInput, read_field};

fn map(input: &GuardInput<'_>, key: &str) -> serde_json::Value {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json()).unwrap_or_default()
}

fn text(json: &serde_json::Value) -> bool {
    json.as_str().is_some_and(|t| !t.trim().is_empty())
}

fn yes(json: &serde_json::Value, member: &str) -> bool {
    json.get(member).and_then(|v| v.as_bool()) == Some(true)
}

fn member_text(json: &serde_json::Value, member: &str) -> bool {
    json.get(member).is_some_and(text)
}

fn member_int(json: &serde_json::Value, member: &str) -> bool {
    json.get(member).is_some_and(|v| v.is_i64())
}

/// How many members of a collection stand with a value for which `counts` holds.
fn count(input: &GuardInput<'_>, prefix: &str, counts: fn(&serde_json::Value) -> bool) -> usize {
    input.record.with_prefix(prefix).filter(|(_, r)| r.candidates().iter().any(|c| !c.value.is_null() && counts(&c.value.to_json()))).count()
}

pub(super) const CLUE_ON_RECORD: Guard =
    Guard { code: "no_clue", basis: "行政处罚法 54", holds: |i| member_text(&map(i, "clue"), "fact") && member_text(&map(i, "clue"), "source") };

pub(super) const UNIT_NAMED: Guard = Guard { code: "no_unit", basis: "行政处罚法 22", holds: |i| text(&map(i, "unit")) };

pub(super) const OPINION: Guard = Guard { code: "no_opinion", basis: "行政处罚法 57; domain.md §0.3", holds: |i| text(&map(i, "opinion")) };

pub(super) const TWO_HANDLERS: Guard = Guard {
    code: "two_officers",
    basis: "行政处罚法 42",
    holds: |i| count(i, "handlers.", |h| member_text(h, "certificate") && h.get("role").and_then(|r| r.as_str()) != Some("auxiliary")) >= 2,
};

pub(super) const FACTS: Guard = Guard { code: "no_facts", basis: "行政处罚法 40", holds: |i| text(&map(i, "facts")) && text(&map(i, "party.name")) };

pub(super) const EVIDENCE: Guard = Guard { code: "no_evidence", basis: "行政处罚法 46", holds: |i| count(i, "evidence.", |e| member_text(e, "fact")) >= 1 };

pub(super) const PENALTY: Guard = Guard {
    code: "no_penalty",
    basis: "行政处罚法 9, 44",
    holds: |i| {
        let penalty = map(i, "penalty");
        let amount = penalty.get("kind").and_then(|k| k.as_str()) != Some("fine") || member_int(&penalty, "amount_fen");
        member_text(&penalty, "kind") && member_text(&penalty, "basis") && amount
    },
};

pub(super) const PRE_NOTICE: Guard = Guard { code: "no_pre_notice", basis: "行政处罚法 44", holds: |i| member_int(&map(i, "pre_notice"), "served_ms") };

pub(super) const DEFENCE: Guard = Guard {
    code: "defence_open",
    basis: "行政处罚法 45, 62",
    holds: |i| {
        let defence = map(i, "defence");
        yes(&defence, "waived") || member_text(&defence, "review")
    },
};

pub(super) const SERVICE: Guard =
    Guard { code: "not_served", basis: "行政处罚法 61", holds: |i| member_text(&map(i, "served"), "way") && member_int(&map(i, "served"), "received_ms") };

pub(super) const PERFORMED_PAID: Guard = Guard {
    code: "not_performed",
    basis: "行政处罚法 66; 28 (责令改正)",
    holds: |i| {
        let (done, penalty) = (map(i, "performed"), map(i, "penalty"));
        let due = penalty.get("amount_fen").and_then(|f| f.as_i64()).unwrap_or(0);
        yes(&done, "corrected") && done.get("paid_fen").and_then(|f| f.as_i64()).unwrap_or(0) >= due
    },
};

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: "domain.md §0.3", holds: |i| i.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty()) };
