//! Guards from the notice to the decision (`domain.md` §5.3 6–9, §5.5).

use serde_json::Value as Json;

use super::investigation::weighty;
use super::{handlers, has, map, number, signed, standing, text, word, yes};
use crate::case::fields::PENALTIES;
use crate::evidence;
use crate::record::{Guard, GuardInput};

/// A decision rests on originals that are there.
pub(in crate::case) const EVIDENCE_THERE: Guard = evidence::there::<3>();

pub(in crate::case) const PENALTY: Guard = Guard {
    code: "no_penalty",
    basis: "行政处罚法 9, 44",
    holds: |i| {
        let penalty = map(i, "penalty");
        let amount = word(&penalty, "kind") != Some("fine") || number(&penalty, "amount_fen").is_some_and(|fen| fen > 0);
        has(&penalty, "kind") && has(&penalty, "basis") && amount
    },
};

/// Which of two laws applies was chosen, where both were offered; nothing was offered where the law did not change.
pub(in crate::case) const LAW_CHOSEN: Guard = Guard {
    code: "law_not_chosen",
    basis: "行政处罚法 37; 生态环境法典 1057",
    holds: |i| {
        let choice = map(i, "law_choice");
        !has(&choice, "now_clause") || (has(&choice, "chosen") && has(&choice, "reason"))
    },
};

pub(in crate::case) const DISCRETION: Guard = Guard {
    code: "no_discretion",
    basis: "行政处罚法 34",
    holds: |i| {
        let (used, penalty) = (map(i, "discretion"), map(i, "penalty"));
        if word(&penalty, "kind") != Some("fine") {
            return true;
        }
        let amount = number(&penalty, "amount_fen").unwrap_or(0);
        let within = match (number(&used, "suggested_min"), number(&used, "suggested_max")) {
            (Some(min), Some(max)) => (min..=max).contains(&amount),
            _ => true,
        };
        let legal = word(&used, "leniency") != Some("mitigated") || has(&used, "ground");
        has(&used, "reason") && legal && (within || has(&used, "deviation"))
    },
};

pub(in crate::case) const PRE_NOTICE: Guard = Guard { code: "no_pre_notice", basis: "行政处罚法 44", holds: |i| number(&map(i, "pre_notice"), "served_ms").is_some() };

/// The notice names what is proposed, so that a heavier outcome can be seen.
pub(in crate::case) const NOTICE_COMPLETE: Guard = Guard {
    code: "notice_incomplete",
    basis: "行政处罚法 44, 45",
    holds: |i| {
        let (notice, penalty) = (map(i, "pre_notice"), map(i, "penalty"));
        let kinds = kinds_of(&notice);
        let named =
            standing(i, "penalties.").filter_map(|(_, p)| word(&p, "kind").map(str::to_owned)).chain(word(&penalty, "kind").map(str::to_owned)).all(|kind| kinds.contains(&kind));
        named && number(&notice, "amount_fen").unwrap_or(0) >= fines(i)
    },
};

fn kinds_of(notice: &Json) -> Vec<String> {
    notice.get("kinds").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// All fines together, in fen.
fn fines(input: &GuardInput<'_>) -> i64 {
    let fine = |json: &Json| if word(json, "kind") == Some("fine") { number(json, "amount_fen").unwrap_or(0) } else { 0 };
    standing(input, "penalties.").map(|(_, p)| fine(&p)).fold(fine(&map(input, "penalty")), i64::saturating_add)
}

/// All confiscations together, in fen.
fn confiscated(input: &GuardInput<'_>) -> i64 {
    let gains = |json: &Json| if word(json, "kind") == Some("confiscation") { number(json, "amount_fen").unwrap_or(0) } else { 0 };
    standing(input, "penalties.").map(|(_, p)| gains(&p)).fold(gains(&map(input, "penalty")), i64::saturating_add)
}

/// A statement reviewed, an explicit written waiver, or the period over.
pub(in crate::case) const DEFENCE: Guard = Guard {
    code: "defence_open",
    basis: "行政处罚法 45, 62",
    holds: |i| {
        let defence = map(i, "defence");
        (yes(&defence, "waived") && signed(i, word(&defence, "signature")))
            || (text(defence.get("statement").unwrap_or(&Json::Null)) && has(&defence, "review"))
            || yes(&defence, "lapsed")
    },
};

/// Not heavier than what was told, in kind, fine or confiscation: a defence never makes it worse.
pub(in crate::case) const NOT_HEAVIER: Guard = Guard {
    code: "heavier_than_noticed",
    basis: "行政处罚法 45 第二款",
    holds: |i| {
        let notice = map(i, "pre_notice");
        let rank = |kind: &str| PENALTIES.iter().position(|k| *k == kind);
        let told: Vec<String> = kinds_of(&notice);
        let most = told.iter().filter_map(|k| rank(k)).max();
        let main = map(i, "penalty");
        let mut decided = standing(i, "penalties.").filter_map(|(_, p)| word(&p, "kind").and_then(rank)).chain(word(&main, "kind").and_then(rank));
        decided.all(|kind| Some(kind) <= most) && fines(i) <= number(&notice, "amount_fen").unwrap_or(0) && confiscated(i) <= number(&notice, "confiscation_fen").unwrap_or(0)
    },
};

pub(in crate::case) const HEARING_CALLED: Guard = Guard {
    code: "no_hearing_notice",
    basis: "行政处罚法 64 (二)",
    holds: |i| {
        let hearing = map(i, "hearing");
        number(&hearing, "requested_ms").is_some()
            && number(&hearing, "notice_ms").is_some()
            && number(&hearing, "at_ms").is_some()
            && has(&hearing, "place")
            && has(&hearing, "chair")
    },
};

/// 主持人由非本案调查人员担任.
pub(in crate::case) const CHAIR_APART: Guard = Guard {
    code: "chair_handles",
    basis: "行政处罚法 64 (四)",
    holds: |i| word(&map(i, "hearing"), "chair").is_none_or(|chair| !handlers(i.record).any(|officer| officer == chair)),
};

pub(in crate::case) const HEARING_RECORDED: Guard = Guard {
    code: "no_hearing_record",
    basis: "行政处罚法 64 (八), 65",
    holds: |i| {
        let hearing = map(i, "hearing");
        number(&hearing, "ended_ms").is_some() && has(&hearing, "record") && has(&hearing, "opinion")
    },
};

/// The party stayed away without a reason, or took its request back.
pub(in crate::case) const HEARING_FORGONE: Guard = Guard {
    code: "hearing_not_forgone",
    basis: "行政处罚法 64 (六)",
    holds: |i| {
        let hearing = map(i, "hearing");
        yes(&hearing, "absent") || yes(&hearing, "withdrawn")
    },
};

/// A hearing that was asked for was held or forgone.
pub(in crate::case) const HEARING_DONE: Guard = Guard {
    code: "hearing_open",
    basis: "行政处罚法 63, 65",
    holds: |i| {
        let hearing = map(i, "hearing");
        number(&hearing, "requested_ms").is_none() || number(&hearing, "ended_ms").is_some() || yes(&hearing, "absent") || yes(&hearing, "withdrawn")
    },
};

pub(in crate::case) const DISCUSSION: Guard = Guard {
    code: "no_discussion",
    basis: "行政处罚法 57 第二款",
    holds: |i| {
        let discussion = map(i, "discussion");
        let members: Vec<&str> = discussion.get("members").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        let seen = members.iter().all(|member| has(&map(i, &format!("views.{member}")), "view"));
        !members.is_empty() && seen && has(&discussion, "decision") && number(&discussion, "at_ms").is_some()
    },
};

pub(in crate::case) const DISCUSSED_IF_WEIGHTY: Guard = Guard {
    code: "discussion_due",
    basis: "行政处罚法 57 第二款",
    holds: |i| !weighty(i, &["doubtful", "heavy_penalty", "impact", "many_relations", "public_interest"]) || number(&map(i, "discussion"), "at_ms").is_some(),
};

pub(in crate::case) const EXEMPTION: Guard =
    Guard { code: "no_exemption", basis: "行政处罚法 30, 31, 33, 36", holds: |i| has(&map(i, "exemption"), "clause") && has(&map(i, "exemption"), "reason") };

/// 首违不罚 needs correction in time and education with a signed commitment; other exemptions need the education alone (33 第三款).
pub(in crate::case) const EDUCATED: Guard = Guard {
    code: "no_education",
    basis: "行政处罚法 33",
    holds: |i| {
        let (exemption, education) = (map(i, "exemption"), map(i, "education"));
        let first = word(&exemption, "clause") == Some("first_time");
        has(&education, "text") && (!first || (number(&exemption, "corrected_ms").is_some() && signed(i, word(&education, "commitment"))))
    },
};
