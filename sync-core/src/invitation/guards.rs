//! Guards of an invitation. Each reads the record with the change's edits in it, and nothing else.

use serde_json::Value as Json;

use crate::record::{Guard, GuardInput, Reading, Record, read_field};

fn map(input: &GuardInput<'_>, key: &str) -> Option<Json> {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json())
}

pub(super) fn filled(json: &Json, member: &str) -> bool {
    match json.get(member) {
        Some(Json::String(text)) => !text.trim().is_empty(),
        Some(Json::Null) | None => false,
        Some(_) => true,
    }
}

pub(super) fn word<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

/// The invited departments, each with its entry.
pub(super) fn departments(record: &Record) -> impl Iterator<Item = (&str, Json)> {
    record.with_prefix("departments.").flat_map(|(key, register)| {
        let organ = key.strip_prefix("departments.").unwrap_or_default();
        register.candidates().iter().filter(|c| !c.value.is_null()).map(move |c| (organ, c.value.to_json()))
    })
}

/// Those that are asked to come: invited, and not declined.
fn asked(input: &GuardInput<'_>) -> Vec<(String, Json)> {
    departments(input.record).filter(|(_, json)| !filled(json, "declined")).map(|(organ, json)| (organ.to_owned(), json)).collect()
}

fn part(input: &GuardInput<'_>) -> Option<Json> {
    departments(input.record).find(|(organ, _)| *organ == input.act.part()).map(|(_, json)| json)
}

fn named(input: &GuardInput<'_>, key: &str) -> bool {
    matches!(read_field(input.record, input.kind, key), Reading::One(_))
}

fn count(json: &Json, member: &str) -> i64 {
    json.get(member).and_then(Json::as_i64).unwrap_or(0)
}

fn opinions(input: &GuardInput<'_>) -> i64 {
    map(input, "report").map_or(0, |report| count(&report, "opinions"))
}

pub(super) const FIRM_NAMED: Guard = Guard { code: "no_firm", basis: "domain.md §4 (企业点单)", holds: |i| named(i, "firm") || named(i, "firm.name") };

pub(super) const SITE_NAMED: Guard = Guard { code: "no_site", basis: "domain.md §4", holds: |i| named(i, "site") };

pub(super) const TOPICS_CHOSEN: Guard =
    Guard { code: "no_topics", basis: "domain.md §4 (服务主题)", holds: |i| map(i, "topics").is_some_and(|t| t.as_array().is_some_and(|all| !all.is_empty())) };

pub(super) const MODE_CHOSEN: Guard = Guard { code: "no_mode", basis: "domain.md §4 (指导或者检查)", holds: |i| named(i, "mode") };

pub(super) const DEPARTMENTS_ASKED: Guard = Guard { code: "no_department", basis: "domain.md §4 (指导办派单)", holds: |i| !asked(i).is_empty() };

pub(super) const PART_ASKED: Guard = Guard { code: "not_invited", basis: "domain.md §4 (受邀部门)", holds: |i| part(i).is_some() };

pub(super) const CLAIM_ON_RECORD: Guard =
    Guard {
        code: "no_claim", basis: "domain.md §4 (部门认领)", holds: |i| part(i).is_none_or(|d| filled(&d, "claimed_ms") && filled(&d, "officer") && !filled(&d, "declined"))
    };

pub(super) const DECLINE_ON_RECORD: Guard =
    Guard { code: "no_decline", basis: "domain.md §4 (退单须说明理由)", holds: |i| part(i).is_none_or(|d| filled(&d, "declined") && !filled(&d, "claimed_ms")) };

pub(super) const ALL_CLAIMED: Guard = Guard {
    code: "unclaimed",
    basis: "domain.md §4 (受邀部门全部认领)",
    holds: |i| {
        let asked = asked(i);
        !asked.is_empty() && asked.iter().all(|(_, d)| filled(d, "claimed_ms"))
    },
};

pub(super) const DAY_SET: Guard = Guard { code: "no_date", basis: "domain.md §4", holds: |i| named(i, "planned_date") };

pub(super) const LEAD_CLAIMED: Guard = Guard {
    code: "no_lead",
    basis: "浙江省综合行政执法条例 14 (牵头部门)",
    holds: |i| {
        read_field(i.record, i.kind, "lead").value().and_then(|v| v.as_text()).is_some_and(|lead| asked(i).iter().any(|(organ, d)| *organ == lead && filled(d, "claimed_ms")))
    },
};

pub(super) const VISIT_NAMED: Guard = Guard { code: "no_visit", basis: "domain.md §4 (组团上门)", holds: |i| named(i, "visit") };

pub(super) const REPORT_ON_RECORD: Guard =
    Guard { code: "no_report", basis: "domain.md §4 (体检报告)", holds: |i| map(i, "report").is_some_and(|r| filled(&r, "summary") && filled(&r, "issued_ms")) };

pub(super) const OPINIONS_GIVEN: Guard = Guard { code: "no_opinions", basis: "domain.md §4 (整改意见)", holds: |i| opinions(i) > 0 };

pub(super) const NO_OPINIONS: Guard = Guard { code: "opinions_open", basis: "domain.md §4 (有整改意见的须整改)", holds: |i| opinions(i) == 0 };

pub(super) const FOLLOW_UP_ON_RECORD: Guard =
    Guard { code: "no_follow_up", basis: "domain.md §4 (回访)", holds: |i| map(i, "follow_up").is_some_and(|f| filled(&f, "done_ms")) };

pub(super) const OPINIONS_ACCOUNTED: Guard = Guard {
    code: "opinions_unaccounted",
    basis: "domain.md §4 (逐条回访)",
    holds: |i| map(i, "follow_up").is_none_or(|f| !filled(&f, "done_ms") || count(&f, "corrected") + count(&f, "open") == opinions(i)),
};

pub(super) const RATING_ON_RECORD: Guard = Guard { code: "no_rating", basis: "domain.md §4 (企业评价)", holds: |i| map(i, "rating").is_some_and(|r| filled(&r, "score")) };

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: "domain.md §4", holds: |i| i.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty()) };
