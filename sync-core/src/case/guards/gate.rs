//! Guards of the gate (`domain.md` §5.1) and of the simple procedure (§5.2).

use super::{handlers, has, map, number, signed, standing, text, word, yes};
use crate::record::Guard;

pub(in crate::case) const CLUE_ON_RECORD: Guard = Guard { code: "no_clue", basis: "行政处罚法 54", holds: |i| has(&map(i, "clue"), "fact") && has(&map(i, "clue"), "source") };

/// A record of a monitoring device that was not reviewed is no evidence.
pub(in crate::case) const DEVICE_REVIEWED: Guard = Guard {
    code: "device_unreviewed",
    basis: "行政处罚法 41",
    holds: |i| {
        let clue = map(i, "clue");
        word(&clue, "source") != Some("device") || (yes(&clue, "device_approved") && has(&clue, "device_no"))
    },
};

pub(in crate::case) const UNIT_NAMED: Guard = Guard { code: "no_unit", basis: "行政处罚法 22", holds: |i| text(&map(i, "unit")) };

/// A case is filed once: what was converted keeps the clock of its first day.
pub(in crate::case) const NOT_FILED_YET: Guard = Guard { code: "already_filed", basis: "行政处罚法 51, 60", holds: |i| !text(&map(i, "filed_date")) };

pub(in crate::case) const FILED_DATE: Guard = Guard { code: "not_filed", basis: "行政处罚法 54, 60", holds: |i| text(&map(i, "filed_date")) };

pub(in crate::case) const RECEIVER_NAMED: Guard =
    Guard { code: "no_receiver", basis: "行政处罚法 22, 25, 27", holds: |i| has(&map(i, "transferred"), "to") && has(&map(i, "transferred"), "reason") };

pub(in crate::case) const CRIME_DECIDED: Guard = Guard {
    code: "no_crime_decision",
    basis: "国务院令730 第五条",
    holds: |i| {
        let crime = map(i, "crime");
        number(&crime, "suspected_ms").is_some() && number(&crime, "decided_ms").is_some() && yes(&crime, "transferred") && has(&crime, "to")
    },
};

pub(in crate::case) const POLICE_DECLINED: Guard =
    Guard { code: "police_not_declined", basis: "国务院令730 第八条, 第九条", holds: |i| word(&map(i, "crime"), "answer") == Some("declined") };

pub(in crate::case) const POLICE_ANSWERED: Guard = Guard {
    code: "police_unanswered",
    basis: "国务院令730 第八条; domain.md §5.7",
    holds: |i| i.record.stage() != crate::case::stage::TO_POLICE || word(&map(i, "crime"), "answer") == Some("filed"),
};

pub(in crate::case) const TWO_HANDLERS: Guard = Guard { code: "two_officers", basis: "行政处罚法 42", holds: |i| handlers(i.record).count() >= 2 };

pub(in crate::case) const CERTIFICATES_SHOWN: Guard =
    Guard { code: "certificates_not_shown", basis: "行政处罚法 52, 55", holds: |i| yes(&map(i, "simple"), "certificates_shown") };

pub(in crate::case) const HEARD_ON_SPOT: Guard = Guard { code: "not_heard", basis: "行政处罚法 44, 45, 52", holds: |i| yes(&map(i, "simple"), "heard") };

/// On the spot only a warning or a fine, and nothing beside it. How much is a policy, and a finding.
pub(in crate::case) const SIMPLE_KIND: Guard = Guard {
    code: "not_simple",
    basis: "行政处罚法 51",
    holds: |i| matches!(word(&map(i, "penalty"), "kind"), Some("warning" | "fine")) && standing(i, "penalties.").all(|(_, p)| matches!(word(&p, "kind"), Some("warning" | "fine"))),
};

/// A numbered decision, from the block of the handheld that acts or given by the office.
pub(in crate::case) const NUMBERED: Guard = Guard {
    code: "no_number",
    basis: "行政处罚法 52 (编有号码的行政处罚决定书)",
    holds: |i| standing(i, "papers.").any(|(_, p)| word(&p, "type") == Some("spot_decision") && p.get("number").is_some_and(|n| has(n, "no"))),
};

/// Signed by the party, or the refusal noted with its witness.
pub(in crate::case) const SIGNED_OR_REFUSED: Guard = Guard {
    code: "no_signature",
    basis: "行政处罚法 52",
    holds: |i| {
        let simple = map(i, "simple");
        signed(i, word(&simple, "signature")) || (yes(&simple, "refused") && has(&simple, "witness"))
    },
};

pub(in crate::case) const REPORTED: Guard =
    Guard { code: "not_reported", basis: "行政处罚法 52 (报所属行政机关备案)", holds: |i| number(&map(i, "simple"), "reported_ms").is_some() };

pub(in crate::case) const REPORTED_IF_SIMPLE: Guard = Guard {
    code: "simple_not_reported",
    basis: "行政处罚法 52 (报所属行政机关备案)",
    holds: |i| map(i, "procedure").as_str() != Some("simple") || number(&map(i, "simple"), "reported_ms").is_some(),
};

/// What was collected on the spot was handed in and banked.
pub(in crate::case) const COLLECTED_BANKED: Guard = Guard {
    code: "not_banked",
    basis: "行政处罚法 70, 71",
    holds: |i| {
        let collected = map(i, "collected");
        number(&collected, "amount_fen").is_none() || (has(&collected, "receipt") && number(&collected, "handed_in_ms").is_some() && number(&collected, "banked_ms").is_some())
    },
};
