//! Eligibility, condition by condition, with the fact that it rests on.

use serde_json::json;

use super::*;
use crate::base::date::date;
use crate::case::law_choice::tests::{BOOK, TODAY, case_of, facts};
use crate::dated::{Book, Kind};

type Fields = Vec<(&'static str, Json)>;

/// A case that meets everything.
pub fn eligible() -> Fields {
    vec![
        ("matter", json!(matter_on_the_list())),
        ("act_date", json!("2026-09-01")),
        ("facts", json!("未按规定公示施工图纸")),
        ("clue", json!({ "fact": "未公示", "source": "inspection" })),
        ("party.kind", json!("citizen")),
        ("party.name", json!("王某")),
        ("party.id_no", json!("11010519491231002X")),
        ("party.condition", json!("none")),
        ("elements.m1", json!({ "evidence": ["e1"], "fact": "未公示" })),
        ("evidence.e1", json!({ "fact": "未公示", "kind": "audiovisual" })),
        ("verified.e1", json!({ "at_ms": 5, "by": "reviewer" })),
        ("penalty", json!({ "amount_fen": 100_000, "basis": "x", "kind": "fine" })),
        ("fast", json!({ "consent_ms": 6, "facts_disputed": false, "impact": false, "joint_offenders": false, "needs_appraisal": false, "offered_ms": 5 })),
    ]
}

/// The first matter on the list that can be fined at once and below every threshold of a hearing.
pub fn matter_on_the_list() -> String {
    let fits = |m: &Matter| m.fast_case && m.trigger == crate::catalogue::matter::Trigger::Immediate && m.fine.as_ref().is_some_and(|f| f.max <= 500_000);
    BOOK.in_force(Kind::Matter, TODAY).find(|row| row.typed::<Matter>().as_ref().is_some_and(fits)).unwrap().key.to_string()
}

pub fn with(mut fields: Fields, more: &[(&'static str, Json)]) -> Fields {
    for (key, value) in more {
        fields.retain(|(known, _)| known != key);
        fields.push((key, value.clone()));
    }
    fields
}

/// What officers say of it, but for one member.
pub fn said(member: &str, value: Json) -> (&'static str, Json) {
    let (_, mut fast) = eligible().into_iter().find(|(key, _)| *key == "fast").unwrap();
    fast[member] = value;
    ("fast", fast)
}

fn look(fields: &Fields, book: &Book) -> Eligibility {
    let record = case_of("CLUE", fields);
    eligibility(&View::of(&record), &facts(book))
}

/// Condition or exclusion by its code.
fn one(fields: &Fields, code: &str) -> (State, String) {
    let all = look(fields, &BOOK);
    let found = all.conditions.iter().chain(&all.exclusions).find(|one| one.code == code).unwrap_or_else(|| panic!("{code}"));
    assert!(!found.fact.is_empty() && !found.basis.is_empty() && !found.zh.is_empty() && !found.en.is_empty(), "{code}");
    (found.state, found.fact.clone())
}

#[test]
fn a_case_that_meets_everything_may_be_offered_and_run() {
    let all = look(&eligible(), &BOOK);
    assert!(all.may_offer && all.may_run, "{all:#?}");
    assert_eq!(all.exclusions.len(), 12);
    assert!(all.doubtful, "the list of exclusions is common practice, not a rule that was seen");
}

#[test]
fn consent_and_verification_come_after_the_offer() {
    let before = with(eligible(), &[said("consent_ms", Json::Null), ("verified.e1", Json::Null)]);
    let mut fast = before.iter().find(|(key, _)| *key == "fast").unwrap().1.clone();
    fast.as_object_mut().unwrap().remove("consent_ms");
    let before = with(before, &[("fast", fast)]);
    let all = look(&before, &BOOK);
    assert!(all.may_offer && !all.may_run);
    assert_eq!(one(&before, "consent").0, State::Unknown);
    assert_eq!(one(&before, "conclusive").0, State::NotMet);
    assert_eq!(one(&with(before, &[said("withdrawn_ms", json!(9))]), "consent").0, State::NotMet);
}

#[test]
fn each_condition_names_the_fact_that_it_rests_on() {
    assert_eq!(one(&with(eligible(), &[("matter", json!("EE-012"))]), "listed"), (State::NotMet, "EE-012 向水体倾倒、排放施工泥浆、建筑废弃物".into()));
    assert_eq!(one(&with(eligible(), &[("matter", Json::Null)]), "listed").0, State::Unknown);
    assert_eq!(one(&with(eligible(), &[("facts", Json::Null), ("clue", json!({}))]), "clear").0, State::NotMet);
    assert_eq!(one(&with(eligible(), &[("verified.e1", json!({ "by": "r", "excluded": true }))]), "conclusive"), (State::NotMet, "0/1 项事实有经查证属实的证据".into()));
    assert_eq!(one(&with(eligible(), &[("measures.m1", json!({ "kind": "appraisal" }))]), "no_appraisal").0, State::NotMet);
    assert_eq!(one(&with(eligible(), &[said("needs_appraisal", json!(true))]), "no_appraisal").0, State::NotMet);
}

#[test]
fn the_expected_penalty_lies_below_the_threshold_of_article_63() {
    let fined = |fen: i64, kind: &str| with(eligible(), &[("party.kind", json!(kind)), ("penalty", json!({ "amount_fen": fen, "basis": "x", "kind": "fine" }))]);
    assert_eq!(one(&fined(499_999, "citizen"), "below_hearing").0, State::Met);
    assert_eq!(one(&fined(500_000, "citizen"), "below_hearing").0, State::NotMet, "五千元以上");
    assert_eq!(one(&fined(500_000, "individual_business"), "below_hearing").0, State::NotMet, "rather a hearing too many");
    assert_eq!(one(&fined(4_999_999, "organisation"), "below_hearing").0, State::Met);
    let closed = with(eligible(), &[("penalties.p1", json!({ "basis": "x", "kind": "stop_production" }))]);
    assert_eq!(one(&closed, "below_hearing").0, State::NotMet);
    let gained = with(eligible(), &[("gains", json!({ "amount_fen": 600_000 }))]);
    assert_eq!(one(&gained, "below_hearing").0, State::NotMet, "没收较大数额违法所得");
    let nothing = with(eligible(), &[("penalty", Json::Null), ("matter", json!("EE-012"))]);
    assert_eq!(one(&nothing, "below_hearing").0, State::NotMet, "the whole range lies above");
}

#[test]
fn a_minor_is_one_on_the_day_of_the_act_or_today() {
    let born = |day: &str| one(&with(eligible(), &[("party.birth", json!(day))]), "minor").0;
    assert_eq!(born("2008-08-31"), State::Met, "eighteen the day before the act");
    assert_eq!(born("2008-09-10"), State::NotMet, "eighteen by now, not on the day of the act");
    assert_eq!(born("2012-01-01"), State::NotMet);
    assert_eq!(one(&with(eligible(), &[("party.id_no", json!("passport"))]), "minor").0, State::Unknown);
    assert_eq!(one(&with(eligible(), &[("party.kind", json!("organisation")), ("party.id_no", Json::Null)]), "minor").0, State::Met);
}

#[test]
fn an_unknown_fact_bars_the_offer_as_one_that_is_not_met() {
    for (key, value) in [("party.condition", Json::Null), ("party.id_no", json!("passport")), ("fast", json!({ "facts_disputed": false, "offered_ms": 5 }))] {
        let all = look(&with(eligible(), &[(key, value)]), &BOOK);
        assert!(!all.may_offer, "{key}");
    }
}

#[test]
fn the_policy_says_which_cases_are_excluded() {
    use crate::base::Validity;
    use crate::dated::Row;
    use crate::law::policy::{Policy, Setting};
    let mut book = BOOK.clone();
    let policy = |value| Policy { doubt: false, note: String::new(), owner: "法制部门".into(), source: "测试".into(), value };
    let from = Validity::from(date(2024, 1, 1));
    book.insert(Row::new("fast.exclusions", from, &policy(Setting::Choices(vec!["minor".into(), "crime".into()]))).unwrap()).unwrap();
    book.insert(Row::new("fast.below_hearing", from, &policy(Setting::Choice("no".into()))).unwrap()).unwrap();
    let blind = with(eligible(), &[("party.condition", json!("blind"))]);
    let all = look(&blind, &book);
    assert_eq!(all.exclusions.iter().map(|one| one.code).collect::<Vec<_>>(), ["minor", "crime"]);
    assert!(all.may_run && !all.doubtful && all.conditions.iter().all(|one| one.code != "below_hearing"));
    assert!(!look(&blind, &BOOK).may_run);
}
