//! Guards of a visit. Each reads the record with the change's edits in it, and nothing else.

use crate::base::Date;
use crate::base::geo::Point;
use crate::checklist::{Progress, progress};
use crate::evidence;
use crate::record::{Guard, GuardInput, Policy, Reading, Record, Register, WHOLE, engine_key, read, read_field};

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

fn word<'j>(json: &'j serde_json::Value, member: &str) -> Option<&'j str> {
    json.get(member).and_then(serde_json::Value::as_str)
}

/// Whether somebody took himself, or was taken, out of this visit (回避).
pub fn recused(record: &Record, officer: &str) -> bool {
    record.register(&format!("recusals.{officer}")).is_some_and(|r| matches!(read(r, Policy::Present), Reading::One(_)))
}

/// Whether a signature with at least one stroke stands under this id.
fn signed_on_glass(record: &Record, id: &str) -> bool {
    let strokes =
        |json: &serde_json::Value| json.get("strokes").and_then(|s| s.as_array()).is_some_and(|all| all.iter().any(|one| one.as_array().is_some_and(|points| points.len() >= 4)));
    record.register(&format!("signatures.{id}")).is_some_and(|r| r.candidates().iter().any(|c| strokes(&c.value.to_json())))
}

/// How many officers stand for being on site: with a certificate, checked in, no auxiliaries, not recused. An officer counts by
/// his own handheld or by his signature on a colleague's (行政处罚法 42); two entries of one handheld without a signature are one.
pub fn officers_confirmed(record: &Record) -> usize {
    officers_on_site(record, |_| true)
}

/// The same, of those officers only whom `fits` takes.
pub fn officers_on_site(record: &Record, fits: impl Fn(&str) -> bool) -> usize {
    let mut handhelds = std::collections::BTreeSet::new();
    let mut signatures = std::collections::BTreeSet::new();
    for (key, register) in record.with_prefix("participants.") {
        let officer = key.strip_prefix("participants.").unwrap_or_default();
        if recused(record, officer) || !fits(officer) {
            continue;
        }
        for candidate in register.candidates().iter().filter(|c| !c.value.is_null()) {
            let json = candidate.value.to_json();
            if !filled(&json, "certificate") || !filled(&json, "checked_in_ms") || word(&json, "role") == Some("auxiliary") {
                continue;
            }
            match word(&json, "cosign") {
                Some(id) if signed_on_glass(record, id) => _ = signatures.insert(officer.to_owned()),
                _ if !candidate.dot.device.is_office() => _ = handhelds.insert(candidate.dot.device),
                _ => {}
            }
        }
    }
    handhelds.len() + signatures.len()
}

/// Whether somebody checked in and showed the code.
fn code_shown(record: &Record) -> bool {
    let shown = |json: &serde_json::Value| filled(json, "checked_in_ms") && json.get("code_shown").and_then(|c| c.as_bool()) == Some(true);
    record.with_prefix("participants.").any(|(_, r)| r.candidates().iter().any(|c| shown(&c.value.to_json())))
}

/// Whether it is guidance, which compels nobody (`domain.md` §4).
fn is_guidance(input: &GuardInput<'_>) -> bool {
    read_field(input.record, input.kind, "mode").value().and_then(|v| v.as_text()).as_deref() == Some("guidance")
}

/// Whether the place of the change lies in the fence, as far as its accuracy can say.
fn within_fence(input: &GuardInput<'_>) -> bool {
    let Some(fence) = map(input, "fence") else { return true };
    let number = |member: &str| fence.get(member).and_then(serde_json::Value::as_i64);
    let (Some(lon), Some(lat), Some(radius)) = (number("lon_e7"), number("lat_e7"), number("radius_m")) else { return true };
    let Some(here) = input.change.place.as_ref() else { return false };
    match (Point::new(lon, lat), Point::new(here.lon_e7, here.lat_e7)) {
        (Ok(centre), Ok(place)) => centre.metres_to(&place) - here.accuracy_cm / 100 <= radius,
        _ => false,
    }
}

/// The day by which an order is to be obeyed: its own, or the latest that the office granted.
pub fn deadline_of(record: &Record, order: &str) -> Option<Date> {
    let day = |json: &serde_json::Value, member: &str| word(json, member).and_then(|text| text.parse::<Date>().ok());
    let own = record.register(&format!("orders.{order}"))?.candidates().iter().filter_map(|c| day(&c.value.to_json(), "deadline")).min();
    let rulings = record.with_prefix("rulings.").flat_map(|(_, r)| r.candidates()).map(|c| c.value.to_json());
    let granted = rulings.filter(|r| word(r, "order") == Some(order) && r.get("granted").and_then(|g| g.as_bool()) == Some(true)).filter_map(|r| day(&r, "to")).max();
    granted.max(own)
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

pub(super) const TWO_OFFICERS: Guard = Guard { code: "two_officers", basis: "行政处罚法 42", holds: |i| officers_confirmed(i.record) >= 2 };

pub(super) const CODE_SHOWN: Guard = Guard { code: "code_not_shown", basis: "行政处罚法 55; domain.md §3.3 (7)", holds: |i| code_shown(i.record) };

pub(super) const PLANNED_OR_TRIGGERED: Guard = Guard {
    code: "no_plan",
    basis: "国办发〔2024〕54号 (无计划不检查); domain.md §3.3 (2)",
    holds: |i| {
        let planned = |o: &serde_json::Value| filled(o, "plan") || o.get("entries").and_then(|e| e.as_array()).is_some_and(|e| !e.is_empty());
        map(i, "source").is_some_and(|s| filled(&s, "kind") && filled(&s, "ref")) || standing(i, "organs.").any(|(_, values)| values.iter().any(planned))
    },
};

pub(super) const URGENT_GROUND: Guard =
    Guard { code: "no_urgent_ground", basis: "国办发〔2024〕54号 (紧急情况)", holds: |i| map(i, "urgent").is_some_and(|u| filled(&u, "reason") && filled(&u, "at_ms")) };

pub(super) const HAS_CODE: Guard = Guard { code: "no_code", basis: "domain.md §3.3 (7), §3.8 (亮证亮码)", holds: |i| map(i, "code").is_some_and(|c| filled(&c, "no")) };

pub(super) const WITHIN_FENCE: Guard = Guard { code: "outside_fence", basis: "domain.md §3.7 (到场定位，例外须有理由)", holds: |i| within_fence(i) || reason_given(i) };

pub(super) const FORMALITIES_MADE_UP: Guard = Guard {
    code: "formalities_due",
    basis: "国办发〔2024〕54号 (及时补办)",
    holds: |i| map(i, "urgent").is_none_or(|u| !filled(&u, "reason")) || map(i, "regularised").is_some_and(|r| filled(&r, "at_ms")),
};

pub(super) const FLAGS_SETTLED: Guard = Guard {
    code: "flags_open",
    basis: "domain.md §3.3, §3.4",
    holds: |i| standing(i, "flags.").all(|(_, values)| values.iter().all(|f| word(f, "weight") != Some("block") || filled(f, "settled"))),
};

pub(super) const JOINED_ELSEWHERE: Guard = Guard {
    code: "no_target",
    basis: "sync.md §4 (joined_into)",
    holds: |i| read_field(i.record, i.kind, "joined_into").value().and_then(|v| v.as_text()).is_some_and(|other| *other != i.record.id.to_string()),
};

pub(super) const GUIDANCE: Guard = Guard { code: "not_guidance", basis: "domain.md §4", holds: is_guidance };

pub(super) const NOT_GUIDANCE: Guard = Guard { code: "guidance", basis: "domain.md §4 (指导服务不具强制性)", holds: |i| !is_guidance(i) };

pub(super) const SIGNER_OF_DEPARTMENT: Guard = Guard {
    code: "not_of_department",
    basis: "domain.md §3.7 (各部门签各自事项)",
    holds: |i| {
        let key = format!("participants.{}", i.change.officer);
        i.record.register(&key).is_some_and(|r| r.candidates().iter().any(|c| word(&c.value.to_json(), "department") == Some(i.act.part())))
    },
};

pub(super) const PARTY_SIGNATURE: Guard = Guard {
    code: "no_signature",
    basis: "domain.md §3.7 (现场负责人签名)",
    holds: |i| map(i, "party").is_some_and(|p| word(&p, "signature").is_some_and(|id| signed_on_glass(i.record, id))),
};

pub(super) const FORM_PINNED: Guard =
    Guard { code: "no_form", basis: "domain.md §3.7", holds: |i| standing(i, "form.").next().is_some() && standing(i, "items.").next().is_some() };

pub(super) const PART_IS_DEPARTMENT: Guard =
    Guard { code: "not_a_department", basis: "domain.md §3.7 (各部门签各自事项)", holds: |i| i.act.part() != WHOLE && part_progress(i).is_some() };

pub(super) const PART_ANSWERED: Guard = Guard { code: "items_open", basis: "domain.md §3.7", holds: |i| part_progress(i).is_none_or(|p| p.open.is_empty()) };

/// Signing on site waits for no upload; closing does.
pub(super) const EVIDENCE_THERE: Guard = evidence::there::<4>();
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
