//! Guards of a repair. Each reads the record with the change's edits in it, and nothing else.

use serde_json::Value as Json;

use crate::base::Date;
use crate::record::{Guard, GuardInput, read_field};

const BASIS: &str = "国家发展改革委令2023年第58号；国家发展改革委令2025年第36号";

fn map(input: &GuardInput<'_>, key: &str) -> Json {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json()).unwrap_or_default()
}

fn has(json: &Json, member: &str) -> bool {
    json.get(member).and_then(Json::as_str).is_some_and(|t| !t.trim().is_empty())
}

fn yes(json: &Json, member: &str) -> bool {
    json.get(member).and_then(Json::as_bool) == Some(true)
}

fn number(json: &Json, member: &str) -> Option<i64> {
    json.get(member).and_then(Json::as_i64)
}

fn day(json: &Json, member: &str) -> Option<Date> {
    json.get(member)?.as_str()?.parse().ok()
}

/// A day from which on an application is possible is known and has come by the day that `of` names.
fn in_time(input: &GuardInput<'_>, of: &str) -> bool {
    let opens = day(&map(input, "reckoned"), "opens");
    let at = day(&map(input, of), "day");
    opens.zip(at).is_some_and(|(opens, at)| at >= opens)
}

pub(super) const OPENED: Guard = Guard { code: "repair_early", basis: BASIS, holds: |i| in_time(i, "qualified") };

pub(super) const NOT_EARLY: Guard = Guard { code: "repair_early", basis: BASIS, holds: |i| in_time(i, "application") };

pub(super) const DUTIES_DONE: Guard = Guard { code: "duties_open", basis: BASIS, holds: |i| yes(&map(i, "reckoned"), "duties") };

pub(super) const CORRECTED: Guard = Guard { code: "not_corrected", basis: BASIS, holds: |i| yes(&map(i, "reckoned"), "corrected") };

pub(super) const STANDS: Guard = Guard { code: "nothing_to_repair", basis: BASIS, holds: |i| yes(&map(i, "reckoned"), "stands") && yes(&map(i, "reckoned"), "displayed") };

/// One of the things that make a repair possible has gone.
pub(super) const NOT_MET: Guard = Guard {
    code: "still_eligible",
    basis: BASIS,
    holds: |i| {
        let reckoned = map(i, "reckoned");
        !in_time(i, "qualified") || ["duties", "corrected", "stands", "displayed"].iter().any(|member| !yes(&reckoned, member))
    },
};

/// When, by which channel, and by whom if not by the enterprise itself.
pub(super) const APPLICATION: Guard = Guard {
    code: "no_repair_application",
    basis: BASIS,
    holds: |i| {
        let application = map(i, "application");
        number(&application, "at_ms").is_some() && (has(&application, "by") || application.get("channel").and_then(Json::as_str) == Some("portal"))
    },
};

pub(super) const COMMITTED: Guard =
    Guard {
        code: "no_commitment", basis: "信用修复管理办法 (信用承诺并公开)", holds: |i| has(&map(i, "application"), "commitment") && yes(&map(i, "application"), "public")
    };

/// Everything that was asked for was handed in.
pub(super) const MATERIALS: Guard = Guard {
    code: "materials_missing",
    basis: BASIS,
    holds: |i| {
        let (reckoned, application) = (map(i, "reckoned"), map(i, "application"));
        let list = |json: &Json| json.get("materials").and_then(Json::as_array).cloned().unwrap_or_default();
        let handed = list(&application);
        list(&reckoned).iter().all(|needed| handed.iter().any(|one| one.get("kind") == Some(needed)))
    },
};

/// Nobody decides on an application that he brought in (`domain.md` §0.3).
pub(super) const NOT_APPLICANT: Guard = Guard {
    code: "own_application",
    basis: "domain.md §0.3 (谁都不能审批自己提交的事项)",
    holds: |i| map(i, "application").get("by").and_then(Json::as_str) != Some(i.change.officer.as_str()),
};

pub(super) const ACCEPTED: Guard =
    Guard { code: "no_acceptance", basis: BASIS, holds: |i| yes(&map(i, "acceptance"), "accepted") && number(&map(i, "acceptance"), "at_ms").is_some() };

/// Returned with what is missing.
pub(super) const RETURNED: Guard = Guard {
    code: "no_reason",
    basis: BASIS,
    holds: |i| {
        let acceptance = map(i, "acceptance");
        !yes(&acceptance, "accepted") && number(&acceptance, "at_ms").is_some() && has(&acceptance, "reason")
    },
};

pub(super) const REVIEWER: Guard = Guard { code: "no_reviewer", basis: BASIS, holds: |i| has(&map(i, "review"), "by") };

pub(super) const EXTENDED: Guard = Guard {
    code: "no_extension",
    basis: BASIS,
    holds: |i| super::members(i.record, "extensions.").any(|(key, e)| key == i.act.part() && has(&e, "reason") && number(&e, "at_ms").is_some()),
};

pub(super) const GRANTED: Guard = Guard { code: "no_repair_result", basis: BASIS, holds: |i| yes(&map(i, "result"), "approved") && number(&map(i, "result"), "at_ms").is_some() };

pub(super) const DENIED: Guard = Guard {
    code: "no_reason",
    basis: BASIS,
    holds: |i| {
        let result = map(i, "result");
        !yes(&result, "approved") && number(&result, "at_ms").is_some() && has(&result, "reason")
    },
};

pub(super) const RECEIPT: Guard = Guard { code: "no_sync_receipt", basis: BASIS, holds: |i| has(&map(i, "synced"), "receipt") && number(&map(i, "synced"), "at_ms").is_some() };

/// What was promised, and what shows that it was not true.
pub(super) const FALSE_COMMITMENT: Guard = Guard {
    code: "no_false_commitment",
    basis: "信用修复管理办法 (虚假承诺、提供虚假材料的，撤销修复)",
    holds: |i| has(&map(i, "revocation"), "reason") && has(&map(i, "revocation"), "evidence") && number(&map(i, "revocation"), "at_ms").is_some(),
};

pub(super) const CEASED: Guard = Guard { code: "no_reason", basis: BASIS, holds: |i| has(&map(i, "ceased"), "reason") };
