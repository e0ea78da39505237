//! Guards of the investigation (`domain.md` §5.4) and of the reviews that follow it (§5.5).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{handlers, has, map, number, recused, standing, text, word, yes};
use crate::record::{Guard, GuardInput};

pub(in crate::case) const RIGHTS_TOLD: Guard =
    Guard { code: "rights_untold", basis: "行政处罚法 43, 55 (告知权利与回避)", holds: |i| number(&map(i, "rights"), "at_ms").is_some() };

pub(in crate::case) const FACTS: Guard = Guard { code: "no_facts", basis: "行政处罚法 40", holds: |i| text(&map(i, "facts")) && text(&map(i, "party.name")) };

/// Evidence that stands and was not excluded.
fn admitted(input: &GuardInput<'_>) -> BTreeSet<String> {
    let excluded = |id: &str| yes(&map(input, &format!("verified.{id}")), "excluded");
    standing(input, "evidence.").filter(|(id, e)| has(e, "fact") && !excluded(id)).map(|(id, _)| id.to_owned()).collect()
}

/// Every fact that is decided upon rests on evidence that was verified and not excluded.
pub(in crate::case) const ELEMENTS_PROVEN: Guard = Guard {
    code: "fact_unproven",
    basis: "行政处罚法 40, 46 (证据须经查证属实)",
    holds: |i| {
        let admitted = admitted(i);
        let verified = |id: &str| admitted.contains(id) && has(&map(i, &format!("verified.{id}")), "by");
        let proven = |json: &Json| json.get("evidence").and_then(Json::as_array).is_some_and(|all| all.iter().filter_map(Json::as_str).any(verified));
        let mut elements = standing(i, "elements.").peekable();
        elements.peek().is_some() && elements.all(|(_, e)| proven(&e))
    },
};

/// Nothing that was registered or seized is left without a decision on it.
pub(in crate::case) const MEASURES_SETTLED: Guard = Guard {
    code: "measure_open",
    basis: "行政处罚法 56; 行政强制法 27",
    holds: |i| {
        let ruled = |id: &str| standing(i, "rulings.").any(|(_, r)| word(&r, "of") == Some(id) && has(&r, "disposal"));
        standing(i, "measures.").filter(|(_, m)| matches!(word(m, "kind"), Some("registration" | "seizure"))).all(|(id, _)| ruled(id))
    },
};

/// A review that agrees, by somebody who does not handle the case.
fn reviewed(input: &GuardInput<'_>, key: &str) -> bool {
    let review = map(input, key);
    word(&review, "outcome") == Some("agree") && has(&review, "by") && number(&review, "at_ms").is_some()
}

fn apart(input: &GuardInput<'_>, key: &str) -> bool {
    let review = map(input, key);
    word(&review, "by").is_none_or(|by| !handlers(input.record).any(|officer| officer == by) && !recused(input.record, by))
}

pub(in crate::case) const CASE_REVIEWED: Guard = Guard { code: "not_reviewed", basis: "行政处罚法 57", holds: |i| reviewed(i, "case_review") };

pub(in crate::case) const REVIEWER_APART: Guard = Guard { code: "reviewer_handles", basis: "domain.md §5.3 (4)", holds: |i| apart(i, "case_review") };

pub(in crate::case) const LEGALLY_REVIEWED: Guard = Guard { code: "no_legal_review", basis: "行政处罚法 58", holds: |i| reviewed(i, "legal_review") };

pub(in crate::case) const LEGAL_REVIEWER_APART: Guard = Guard { code: "legal_reviewer_handles", basis: "行政处罚法 58", holds: |i| apart(i, "legal_review") };

/// 初次从事法制审核的人员应当通过国家统一法律职业资格考试.
pub(in crate::case) const LEGAL_REVIEWER_QUALIFIED: Guard =
    Guard { code: "legal_reviewer_unqualified", basis: "行政处罚法 58 第二款", holds: |i| has(&map(i, "legal_review"), "certificate") };

/// Where it is mandatory: a hearing was held, or the case is weighty (public interest, doubtful, by law). It rests on what was
/// heard, so it comes after the hearing.
pub(in crate::case) const LEGAL_REVIEW_IF_DUE: Guard = Guard {
    code: "legal_review_due",
    basis: "行政处罚法 58",
    holds: |i| {
        let heard = number(&map(i, "hearing"), "ended_ms");
        let due = heard.is_some() || weighty(i, &["public_interest", "many_relations", "doubtful", "by_law"]);
        !due || (reviewed(i, "legal_review") && number(&map(i, "legal_review"), "at_ms").unwrap_or(0) >= heard.unwrap_or(0))
    },
};

/// Whether the case is weighty for one of these reasons.
pub(super) fn weighty(input: &GuardInput<'_>, reasons: &[&str]) -> bool {
    map(input, "weighty").as_array().is_some_and(|all| all.iter().filter_map(Json::as_str).any(|reason| reasons.contains(&reason)))
}
