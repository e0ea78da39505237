//! Guards of a co-handling. Each reads the record with the change's edits in it, and nothing else.

use serde_json::Value as Json;

use super::{advisors, course};
use crate::record::{Guard, GuardInput, read_field};

const BASIS: &str = "domain.md §12 (首案共办)";

fn json(input: &GuardInput<'_>, key: &str) -> Json {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json()).unwrap_or_default()
}

fn written(json: &Json, member: &str) -> bool {
    json.get(member).and_then(Json::as_str).is_some_and(|text| !text.trim().is_empty())
}

pub(super) const DEPARTMENT_KNOWN: Guard =
    Guard { code: "no_department", basis: BASIS, holds: |i| ["former", "former_unit"].iter().all(|key| json(i, key).as_str().is_some_and(|text| !text.is_empty())) };

pub(super) const REQUEST_WRITTEN: Guard = Guard { code: "no_request", basis: BASIS, holds: |i| written(&json(i, "request"), "text") };

pub(super) const SAID_YES: Guard = Guard { code: "no_reply", basis: BASIS, holds: |i| json(i, "reply").get("agreed").and_then(Json::as_bool) == Some(true) };

pub(super) const SAID_NO: Guard =
    Guard { code: "no_reply", basis: BASIS, holds: |i| json(i, "reply").get("agreed").and_then(Json::as_bool) == Some(false) && written(&json(i, "reply"), "text") };

pub(super) const ADVISOR_NAMED: Guard = Guard { code: "no_advisor", basis: BASIS, holds: |i| advisors(i.record).next().is_some() };

/// The organ that holds the power decides alone (行政处罚法 17, 57; 浙江省综合行政执法条例 29).
pub(super) const ADVISORS_APART: Guard = Guard {
    code: "advisor_decides",
    basis: "行政处罚法 17, 57; domain.md §12",
    holds: |i| advisors(i.record).all(|who| !course::members(i.record, "deciders.").any(|(decides, _)| decides == who)),
};

pub(super) const LESSONS_WRITTEN: Guard = Guard { code: "no_lessons", basis: BASIS, holds: |i| course::members(i.record, "lessons.").any(|(_, l)| written(&l, "text")) };

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: BASIS, holds: |i| i.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty()) };
