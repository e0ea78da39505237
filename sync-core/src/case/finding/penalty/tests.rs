//! Every code of the topic: found where it applies, gone where it is mended.

use serde_json::json;

use super::*;
use crate::case::finding::Finding;
use crate::case::law_choice::tests::{BOOK, TODAY, case_of, found};
use crate::case::law_choice::{Side, offer, value};

type Fields = Vec<(&'static str, Json)>;

const YUAN: i64 = 100;

/// A case of the Code's own time that nothing stands against.
fn usual() -> Fields {
    vec![
        ("matter", json!("EE-012")),
        ("act_date", json!("2026-09-01")),
        ("handlers.li", json!({ "certificate": "33990000001", "role": "lead" })),
        ("penalty", json!({ "amount_fen": 200_000 * YUAN, "basis": "第一千一百三十六条", "kind": "fine" })),
        ("discretion", json!({ "at_ms": 5, "reason": "情节一般" })),
    ]
}

fn with(mut fields: Fields, more: &[(&'static str, Json)]) -> Fields {
    for (key, value) in more {
        fields.retain(|(known, _)| known != key);
        fields.push((key, value.clone()));
    }
    fields
}

fn codes(fields: &Fields) -> Vec<String> {
    of(fields).into_iter().map(|f| f.code.to_owned()).collect()
}

fn of(fields: &Fields) -> Vec<Finding> {
    found("CASE_REVIEWED", fields, "").into_iter().filter(|f| CODES.iter().any(|row| row.code == f.code)).collect()
}

fn fine(yuan: i64) -> (&'static str, Json) {
    ("penalty", json!({ "amount_fen": yuan * YUAN, "basis": "第一千一百三十六条", "kind": "fine" }))
}

#[test]
fn a_usual_case_has_nothing_against_it_and_without_a_proposal_nothing_is_asked() {
    assert_eq!(codes(&usual()), Vec::<String>::new());
    let fields = with(usual(), &[("act_date", json!("2026-08-14")), ("penalty", Json::Null)]);
    assert_eq!(codes(&fields), Vec::<String>::new());
}

#[test]
fn a_case_that_crosses_the_code_needs_a_choice_that_legal_review_has_seen_under_article_37() {
    let old = with(usual(), &[("act_date", json!("2026-08-14"))]);
    assert_eq!(codes(&old), ["law_choice_due"]);
    assert!(of(&old)[0].bars.contains(&"pre_notice") && of(&old)[0].bars.contains(&"decide"));
    let choice = offer(&View::of(&case_of("CASE_REVIEWED", &old)), &BOOK, TODAY).unwrap();
    let made = value(&choice, Side::Then, "旧法较轻", "li", UtcMs(50), TODAY).unwrap();
    let chosen = with(old, &[("law_choice", made.clone())]);
    assert_eq!(codes(&chosen), ["law_choice_unreviewed"]);
    let review = |at: i64| ("legal_review", json!({ "at_ms": at, "by": "legal", "outcome": "agree" }));
    assert_eq!(codes(&with(chosen.clone(), &[review(49)])), ["law_choice_unreviewed"], "the review is older than the choice");
    assert_eq!(codes(&with(chosen.clone(), &[("legal_review", json!({ "at_ms": 60, "by": "legal", "outcome": "return" }))])), ["law_choice_unreviewed"]);
    assert_eq!(codes(&with(chosen.clone(), &[review(50)])), Vec::<String>::new());
    let mut against = made;
    against["chosen"] = json!("now");
    assert_eq!(codes(&with(chosen, &[("law_choice", against), review(60)])), ["law_choice_contradicts"]);
}

#[test]
fn the_old_range_binds_a_fine_under_the_old_law() {
    let old = with(usual(), &[("act_date", json!("2026-08-14")), fine(300_000)]);
    assert_eq!(codes(&old), ["law_choice_due", "out_of_range"], "200,000 at most under 水污染防治法 85");
}

#[test]
fn an_act_whose_day_is_open_waits_where_the_law_changed() {
    let undated = with(usual(), &[("act_date", Json::Null)]);
    assert_eq!(codes(&undated), ["law_choice_due"]);
    assert_eq!(codes(&with(undated, &[("matter", json!("WR-001"))])), Vec::<String>::new(), "one version: the day changes nothing");
}

#[test]
fn what_no_law_forbade_on_its_day_is_not_punished_under_article_4() {
    assert_eq!(codes(&with(usual(), &[("act_date", json!("2021-12-31"))])), ["law_unknown"]);
}

#[test]
fn a_fine_above_the_range_is_never_legal_and_one_below_only_on_a_ground_of_article_32() {
    assert_eq!(codes(&with(usual(), &[fine(1_000_001)])), ["out_of_range"]);
    let below = with(usual(), &[fine(99_999)]);
    assert_eq!(codes(&below), ["out_of_range"]);
    let grounded = |discretion: Json| codes(&with(below.clone(), &[("discretion", discretion)]));
    assert_eq!(grounded(json!({ "leniency": "mitigated", "reason": "从宽" })), ["out_of_range"], "no ground");
    assert_eq!(grounded(json!({ "circumstances": ["removed_harm"], "leniency": "lighter", "ground": "第三十二条", "reason": "从轻" })), ["out_of_range"], "从轻 stays inside");
    assert_eq!(grounded(json!({ "circumstances": ["removed_harm"], "ground": "第三十二条第一项", "leniency": "mitigated", "reason": "减轻" })), Vec::<String>::new());
    let above = json!({ "circumstances": ["removed_harm"], "ground": "第三十二条", "leniency": "mitigated", "reason": "x" });
    assert_eq!(codes(&with(usual(), &[fine(1_000_001), ("discretion", above)])), ["out_of_range"], "above: never");
}

#[test]
fn fines_that_stand_beside_each_other_count_together() {
    let more = ("penalties.p1", json!({ "amount_fen": 900_000 * YUAN, "basis": "x", "kind": "fine" }));
    assert_eq!(codes(&with(usual(), &[more])), ["out_of_range"]);
}

#[test]
fn a_fine_after_an_order_waits_for_the_order_and_a_failed_re_check() {
    let day = |d: i8| crate::base::date::start_of(crate::base::date::date(2026, 9, d)).0;
    let order = |order: Json| codes(&with(usual(), &[("matter", json!("WR-001")), ("order", order)]));
    assert_eq!(order(json!({})), ["order_first"], "水土保持法 53: 逾期不补办的");
    assert_eq!(order(json!({ "deadline": "2026-09-05", "served_ms": day(1) })), ["order_first"], "no re-check");
    let checked = |recheck: &str, at: i8| json!({ "deadline": "2026-09-05", "recheck": recheck, "rechecked_ms": day(at), "served_ms": day(1) });
    assert_eq!(order(checked("corrected", 6)), ["order_first"], "it was put right");
    assert_eq!(order(checked("not_corrected", 5)), ["order_first"], "its time was not over");
    assert_eq!(order(json!({ "deadline": "2026-09-05", "recheck": "not_corrected", "rechecked_ms": day(1) - 1, "served_ms": day(1) })), ["order_first"], "before the order");
    assert_eq!(order(checked("not_corrected", 6)), Vec::<String>::new());
}

#[test]
fn a_ratio_and_units_rest_on_a_base_with_verified_evidence_under_article_40() {
    let ratio = |count: Json, evidence: &str| {
        let mut penalty = json!({ "amount_fen": 15_000 * YUAN, "basis": "第五十七条", "basis_evidence": evidence, "kind": "fine" });
        penalty["count"] = count;
        with(usual(), &[("matter", json!("HC-001")), ("penalty", penalty), ("evidence.contract", json!({ "fact": "合同价款一百万元", "kind": "documentary" }))])
    };
    let verified = ("verified.contract", json!({ "at_ms": 5, "by": "reviewer" }));
    let excluded = ("verified.contract", json!({ "at_ms": 5, "by": "reviewer", "excluded": true }));
    let base = 1_000_000 * YUAN;
    assert_eq!(codes(&with(ratio(json!(0), "contract"), std::slice::from_ref(&verified))), ["count_due"]);
    assert_eq!(codes(&ratio(json!(base), "contract")), ["basis_unproven"], "nobody verified it");
    assert_eq!(codes(&with(ratio(json!(base), "other"), std::slice::from_ref(&verified))), ["basis_unproven"], "it does not exist");
    assert_eq!(codes(&with(ratio(json!(base), "contract"), &[excluded])), ["basis_unproven"]);
    assert_eq!(codes(&with(ratio(json!(base), "contract"), std::slice::from_ref(&verified))), Vec::<String>::new());
    assert_eq!(codes(&with(ratio(json!(base / 2), "contract"), &[verified])), ["out_of_range"], "15,000 is three per cent");
}

#[test]
fn a_kind_that_the_clause_does_not_name_is_not_imposed_under_article_38() {
    let closed = ("penalties.p1", json!({ "basis": "x", "kind": "close_down" }));
    let against = of(&with(usual(), &[closed]));
    assert_eq!(against.iter().map(Finding::key).collect::<Vec<_>>(), ["flags.kind_not_allowed.close_down"]);
}

#[test]
fn illegal_gains_are_confiscated_under_article_28() {
    let gains = ("gains", json!({ "amount_fen": 5_000, "refunded_fen": 1_000 }));
    let taken = |fen: i64| ("penalties.p1", json!({ "amount_fen": fen, "basis": "第二十八条", "kind": "confiscation" }));
    assert_eq!(codes(&with(usual(), std::slice::from_ref(&gains))), ["gains_left"]);
    assert_eq!(codes(&with(usual(), &[gains.clone(), taken(3_999)])), ["gains_left"]);
    assert_eq!(codes(&with(usual(), &[gains, taken(4_000)])), Vec::<String>::new());
    assert_eq!(codes(&with(usual(), &[taken(4_000)])), ["kind_not_allowed"], "without gains the clause would have to say so");
}

#[test]
fn a_deviation_waits_for_reasons_and_for_a_reviewer_who_does_not_handle_the_case() {
    let lighter = json!({ "at_ms": 50, "circumstances": ["merit"], "deviation": "数额巨大", "reason": "x" });
    let away = with(usual(), &[fine(900_000), ("discretion", lighter.clone())]);
    assert_eq!(codes(&away), ["deviation_unreviewed"], "行政处罚法 34: 100,000 to 550,000 is suggested");
    let opinion = |by: &str, at: i64, agrees: bool| ("opinions.pre_notice.reviewer", json!({ "agrees": agrees, "at_ms": at, "by": by }));
    assert_eq!(codes(&with(away.clone(), &[opinion("li", 60, true)])), ["deviation_unreviewed"], "he handles it");
    assert_eq!(codes(&with(away.clone(), &[opinion("wang", 40, true)])), ["deviation_unreviewed"], "older than the proposal");
    assert_eq!(codes(&with(away.clone(), &[opinion("wang", 60, false)])), ["deviation_unreviewed"]);
    assert_eq!(codes(&with(away.clone(), &[opinion("wang", 60, true)])), Vec::<String>::new());
    let mut silent = lighter;
    silent.as_object_mut().unwrap().remove("deviation");
    assert_eq!(codes(&with(away, &[("discretion", silent), opinion("wang", 60, true)])), ["deviation_unreviewed"], "no reasons");
}

#[test]
fn a_range_that_is_not_entered_is_told_and_bars_nothing() {
    let against = of(&with(usual(), &[("matter", json!("UM-018"))]));
    assert_eq!((against.len(), against[0].code, against[0].weight, against[0].bars.len()), (1, "range_unknown", Weight::Warn, 0));
}

#[test]
fn after_the_decision_nothing_is_asked_any_more() {
    assert!(found("DECIDED", &with(usual(), &[fine(1_000_001)]), "out_of_range").is_empty());
}
