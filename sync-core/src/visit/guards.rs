//! Guards of a visit. Each reads the record with the change's edits in it, and nothing else.

use crate::checklist::{Progress, progress};
use crate::record::{Guard, GuardInput, Policy, Reading, Register, WHOLE, engine_key, read, read_field};

/// What a single field reads as JSON, unless absent or contested.
fn map(input: &GuardInput<'_>, key: &str) -> Option<serde_json::Value> {
    read_field(input.record, input.kind, key).value().map(|v| v.to_json())
}

fn filled(json: &serde_json::Value, member: &str) -> bool {
    match json.get(member) {
        Some(serde_json::Value::String(text)) => !text.trim().is_empty(),
        Some(serde_json::Value::Null) | None => false,
        Some(_) => true,
    }
}

/// The members of one collection that stand: key without prefix, and every value that is not cleared.
fn standing<'a>(input: &'a GuardInput<'_>, prefix: &'a str) -> impl Iterator<Item = (&'a str, Vec<serde_json::Value>)> {
    input.record.with_prefix(prefix).filter_map(move |(key, register): (&str, &Register)| {
        let values: Vec<_> = register.candidates().iter().filter(|c| !c.value.is_null()).map(|c| c.value.to_json()).collect();
        Some((key.strip_prefix(prefix)?, values)).filter(|(_, v)| !v.is_empty())
    })
}

fn part_progress(input: &GuardInput<'_>) -> Option<Progress> {
    progress(input.record).departments.remove(input.act.part())
}

fn reason_given(input: &GuardInput<'_>) -> bool {
    input.act.reason.as_deref().is_some_and(|r| !r.trim().is_empty())
}

/// Officers who count: certified, checked in, not auxiliaries.
fn officers_in(input: &GuardInput<'_>, code_shown: bool) -> usize {
    let counts = |p: &serde_json::Value| {
        filled(p, "certificate")
            && filled(p, "checked_in_ms")
            && p.get("role").and_then(|r| r.as_str()) != Some("auxiliary")
            && (!code_shown || p.get("code_shown").and_then(|c| c.as_bool()) == Some(true))
    };
    standing(input, "participants.").filter(|(_, values)| values.iter().any(counts)).count()
}

pub(super) const SITE_NAMED: Guard = Guard {
    code: "no_site",
    basis: "domain.md §3.3",
    holds: |i| matches!(read_field(i.record, i.kind, "site"), Reading::One(_)) || matches!(read_field(i.record, i.kind, "site.name"), Reading::One(_)),
};

pub(super) const UNIT_NAMED: Guard = Guard { code: "no_unit", basis: "domain.md §3.3 (1)", holds: |i| matches!(read_field(i.record, i.kind, "unit"), Reading::One(_)) };

pub(super) const NOTICE_ON_RECORD: Guard = Guard {
    code: "no_notice",
    basis: "domain.md §3.3 (6)",
    holds: |i| {
        map(i, "notice").is_some_and(|n| match n.get("way").and_then(|w| w.as_str()) {
            Some("no_prior_notice") => filled(&n, "ground"),
            Some(_) => filled(&n, "served_ms"),
            None => false,
        })
    },
};

pub(super) const TWO_OFFICERS: Guard = Guard { code: "two_officers", basis: "行政处罚法 42", holds: |i| officers_in(i, false) >= 2 };

pub(super) const CODE_SHOWN: Guard = Guard { code: "code_not_shown", basis: "行政处罚法 55; domain.md §3.3 (7)", holds: |i| officers_in(i, true) >= 1 };

pub(super) const FORM_PINNED: Guard =
    Guard { code: "no_form", basis: "domain.md §3.7", holds: |i| standing(i, "form.").next().is_some() && standing(i, "items.").next().is_some() };

pub(super) const PART_IS_DEPARTMENT: Guard =
    Guard { code: "not_a_department", basis: "domain.md §3.7 (各部门签各自事项)", holds: |i| i.act.part() != WHOLE && part_progress(i).is_some() };

pub(super) const PART_ANSWERED: Guard = Guard { code: "items_open", basis: "domain.md §3.7", holds: |i| part_progress(i).is_none_or(|p| p.open.is_empty()) };

pub(super) const PART_PHOTOGRAPHED: Guard = Guard { code: "photos_missing", basis: "domain.md §3.7", holds: |i| part_progress(i).is_none_or(|p| p.photos_missing.is_empty()) };

pub(super) const PART_UNCONTESTED: Guard = Guard { code: "items_contested", basis: "sync.md §1", holds: |i| part_progress(i).is_none_or(|p| p.contested.is_empty()) };

pub(super) const FORM_ANSWERED: Guard = Guard {
    code: "items_open",
    basis: "domain.md §3.7",
    holds: |i| {
        let progress = progress(i.record);
        progress.total > 0 && progress.departments.values().all(|p| p.open.is_empty())
    },
};

pub(super) const FORM_PHOTOGRAPHED: Guard =
    Guard { code: "photos_missing", basis: "domain.md §3.7", holds: |i| progress(i.record).departments.values().all(|p| p.photos_missing.is_empty()) };

pub(super) const DEPARTMENTS_SIGNED: Guard = Guard {
    code: "department_unsigned",
    basis: "domain.md §3.7 (各部门签各自事项)",
    holds: |i| {
        let signed = |department: &String| i.record.register(&engine_key::seal(department)).is_some_and(|r| matches!(read(r, Policy::Present), Reading::One(_)));
        progress(i.record).departments.keys().all(signed)
    },
};

pub(super) const PARTY_NAMED: Guard =
    Guard {
        code: "no_party", basis: "domain.md §3.7", holds: |i| map(i, "party").is_some_and(|p| filled(&p, "name") && p.get("refused").and_then(|r| r.as_bool()) != Some(true))
    };

pub(super) const REFUSAL_WITNESSED: Guard = Guard {
    code: "no_witness",
    basis: "domain.md §3.7",
    holds: |i| map(i, "party").is_some_and(|p| p.get("refused").and_then(|r| r.as_bool()) == Some(true) && (filled(&p, "witness") || filled(&p, "video"))),
};

pub(super) const RESULT_ON_RECORD: Guard =
    Guard { code: "no_result", basis: "国办发〔2024〕54号", holds: |i| map(i, "result").is_some_and(|r| filled(&r, "conclusion") && filled(&r, "delivered_ms")) };

pub(super) const ORDERS_HAVE_DEADLINES: Guard = Guard {
    code: "no_order",
    basis: "行政处罚法 28",
    holds: |i| {
        let mut orders = standing(i, "orders.").peekable();
        orders.peek().is_some() && orders.all(|(_, values)| values.iter().all(|o| filled(o, "demand") && filled(o, "deadline")))
    },
};

pub(super) const ORDERS_RECHECKED: Guard = Guard {
    code: "recheck_missing",
    basis: "domain.md §3.7",
    holds: |i| {
        let corrected = |id: &str| map(i, &format!("rechecks.{id}")).is_some_and(|r| matches!(r.get("result").and_then(|x| x.as_str()), Some("corrected" | "not_corrected")));
        standing(i, "orders.").all(|(id, _)| corrected(id))
    },
};

pub(super) const NO_ORDERS: Guard = Guard { code: "orders_open", basis: "domain.md §3.7", holds: |i| standing(i, "orders.").next().is_none() };

pub(super) const BY_LEAD: Guard = Guard {
    code: "not_the_lead",
    basis: "domain.md §3.7 (牵头单位收口)",
    holds: |i| i.change.device.is_office() || read_field(i.record, i.kind, "lead").value().and_then(|v| v.as_text()).as_deref() == Some(i.change.officer.as_str()),
};

pub(super) const CLUE_ON_RECORD: Guard =
    Guard { code: "no_clue", basis: "浙江省综合行政执法条例 18", holds: |i| standing(i, "clues.").any(|(_, values)| values.iter().any(|c| filled(c, "fact"))) };

pub(super) const REASON_GIVEN: Guard = Guard { code: "no_reason", basis: "sync.md §2", holds: reason_given };
