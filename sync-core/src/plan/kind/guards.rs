//! Guards of a plan. Each reads the record with the change's edits in it, and nothing else.

use super::read::{planned, window};
use crate::record::{Guard, GuardInput, Register, read_field};

/// A discussion is one of several: fewer are no panel, whatever the policy `plan.discussion.members` asks for.
pub const MIN_MEMBERS: usize = 2;
/// Fewest officers of an entry (行政处罚法第四十二条); the policy of the day may ask for more, before the plan is submitted.
const OFFICERS: u8 = 2;

fn map(input: &GuardInput<'_>, key: &str) -> Option<serde_json::Value> {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json())
}

fn filled(json: &serde_json::Value, member: &str) -> bool {
    json.get(member).and_then(serde_json::Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

fn yes(json: &serde_json::Value, member: &str) -> bool {
    json.get(member).and_then(serde_json::Value::as_bool) == Some(true)
}

fn names(input: &GuardInput<'_>, key: &str) -> bool {
    map(input, key).is_some()
}

/// The commit of the youngest submission that stands.
fn submitted(input: &GuardInput<'_>) -> Option<u64> {
    let register = input.record.register("submitted")?;
    register.candidates().iter().filter(|c| !c.value.is_null()).map(|c| c.commit).max()
}

/// Whether something was written upon the submission, and not before it.
fn upon_submission(input: &GuardInput<'_>, register: &Register) -> bool {
    submitted(input).is_some_and(|at| register.candidates().iter().all(|c| c.commit >= at))
}

/// What a field reads, if it was written upon the submission.
fn opinion(input: &GuardInput<'_>, key: &str) -> Option<serde_json::Value> {
    let register = input.record.register(key)?;
    map(input, key).filter(|_| upon_submission(input, register))
}

pub(super) const ORGAN_NAMED: Guard = Guard { code: "no_organ", basis: "浙江省综合行政执法条例 13", holds: |i| names(i, "organ") };

pub(super) const UNIT_NAMED: Guard = Guard { code: "no_unit", basis: "domain.md §3.5", holds: |i| names(i, "unit") };

pub(super) const WINDOW: Guard = Guard { code: "no_window", basis: "domain.md §3.5", holds: |i| window(i.record).is_some() };

pub(super) const HAS_ENTRY: Guard = Guard { code: "no_entries", basis: "国办发〔2024〕54号 (无计划不检查)", holds: |i| !planned(i.record).is_empty() };

/// Each entry by itself, and its days within the plan's.
pub(super) const ENTRIES_SOUND: Guard = Guard {
    code: "entry_flawed",
    basis: "domain.md §3.5",
    holds: |i| {
        let days = window(i.record);
        planned(i.record).iter().all(|(_, entry)| match entry {
            // Whose plan it is, is a question of its own.
            Ok(planned) => planned.flaws(OFFICERS).iter().all(|flaw| flaw.field == "organ") && days.is_none_or(|(from, to)| from <= planned.entry.from && planned.entry.to <= to),
            Err(_) => false,
        })
    },
};

/// A submission that is younger than every opinion that stands, since those were about what stood before it, and than every
/// entry that stands.
pub(super) const SUBMISSION: Guard = Guard {
    code: "no_submission",
    basis: "domain.md §0.3",
    holds: |i| {
        let Some(at) = submitted(i) else { return false };
        let opinions = ["approval", "opinion.discussion", "opinion.legal", "published"].iter().filter_map(|key| i.record.register(key));
        let entries = i.record.with_prefix("entries.").flat_map(|(_, register)| register.candidates());
        opinions.flat_map(Register::candidates).filter(|c| !c.value.is_null()).all(|c| c.commit < at) && entries.filter(|c| !c.value.is_null()).all(|c| c.commit <= at)
    },
};

pub(super) const AS_SUBMITTED: Guard = Guard {
    code: "entries_changed",
    basis: "domain.md §0.3 (退回修改须重新提交)",
    holds: |i| submitted(i).is_some_and(|at| i.record.with_prefix("entries.").flat_map(|(_, r)| r.candidates()).all(|c| c.commit <= at)),
};

pub(super) const MATCHED: Guard = Guard { code: "no_matching", basis: "浙江省综合行政执法条例 13, 14", holds: |i| opinion(i, "matching").is_some() };

pub(super) const LEGAL_OPINION: Guard =
    Guard { code: "no_legal_opinion", basis: "domain.md §3.5 (法制审核)", holds: |i| opinion(i, "opinion.legal").is_some_and(|o| filled(&o, "text") && yes(&o, "agree")) };

pub(super) const DISCUSSED: Guard = Guard {
    code: "no_discussion",
    basis: "domain.md §3.5 (集体讨论)",
    holds: |i| {
        let members = |o: &serde_json::Value| {
            let list = o.get("members").and_then(serde_json::Value::as_array);
            list.map_or(0, |list| list.iter().filter_map(serde_json::Value::as_str).collect::<std::collections::BTreeSet<_>>().len())
        };
        opinion(i, "opinion.discussion").is_some_and(|o| filled(&o, "minutes") && yes(&o, "passed") && members(&o) >= MIN_MEMBERS)
    },
};

pub(super) const HEADS_OPINION: Guard =
    Guard { code: "no_opinion", basis: "国办发〔2024〕54号 (机关负责人批准)", holds: |i| opinion(i, "approval").is_some_and(|o| filled(&o, "opinion")) };

/// Nobody reviews or approves what he submitted.
pub(super) const NOT_OWN: Guard = Guard {
    code: "own_submission",
    basis: "domain.md §0.3",
    holds: |i| {
        let mut authors = i.record.register("submitted").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.by.as_ref());
        !authors.any(|by| by.officer == i.change.officer)
    },
};

pub(super) const PUBLICATION: Guard =
    Guard {
        code: "not_published", basis: "国办发〔2024〕54号 (检查计划公布)", holds: |i| opinion(i, "published").is_some_and(|p| filled(&p, "place") && filled(&p, "day"))
    };

pub(super) const REPORTED: Guard =
    Guard { code: "not_reported", basis: "domain.md §3.5", holds: |i| map(i, "report").and_then(|r| r.as_str().map(|t| !t.trim().is_empty())) == Some(true) };

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: "domain.md §0.3", holds: |i| i.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty()) };
