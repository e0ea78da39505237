use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::base::date::{date, start_of};
use crate::base::{RecordId, Validity};
use crate::case::NAME;
use crate::case::finding::findings;
use crate::catalogue::any;
use crate::dated::Book;
use crate::fixtures::{law, people};
use crate::record::{Record, Value};

/// Friday before the holidays of October 2024: five working days later is 10 October, seven are 12 October (`domain.md` §0.2).
const TOLD: Date = date(2024, 9, 27);

fn book() -> Book {
    let mut book = Book::new();
    people::rows().unwrap().into_iter().chain(law::years().unwrap()).for_each(|row| book.insert(row).unwrap());
    let matter = json!({
        "name": "【合成】m1", "domain": "ecology", "violation": [{ "law": "生态环境法典", "article": "第一条" }], "penalty": [{ "law": "生态环境法典", "article": "第二条" }],
        "kinds": ["fine"], "fine": { "shape": "fixed", "unit": "CNY", "min": 0, "max": 100_000_000 }, "trigger": "immediate",
        "fast_case": false, "case_allowed": true, "synthetic": true, "source": "测试"
    });
    book.insert(any::row(Kind::Matter, "m1", Validity::from(people::SINCE), &matter).unwrap()).unwrap();
    book
}

/// The same, with the housing ministry's threshold in the zone: the lowest still applies.
fn with_policy(rows: Json) -> Book {
    let mut book = book();
    let body = json!({ "policies": [{ "key": "penalty.hearing.threshold", "from": "2024-01-01", "value": { "table": rows }, "owner": "测试", "doubt": false, "source": "测试" }] });
    policy::rows(&body.to_string()).unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    book
}

fn ms(day: Date) -> i64 {
    start_of(day).0 + 36_000_000
}

fn judge(book: &Book, fields: &[(&str, Json)], today: Date) -> Vec<&'static str> {
    let mut record = Record::new(RecordId(1), NAME, stage::PRE_NOTICED);
    let edits: Vec<_> = fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
    record.preview(&edits);
    let facts = Facts { book, area: "nb-gaoxin", organ: Some("enforcement"), today, others: &[], elsewhere: &[] };
    let ours = |code: &str| CODES.iter().any(|row| row.code == code);
    findings(&View::of(&record), &facts).into_iter().map(|f| f.code).filter(|code| ours(code)).collect()
}

fn codes(fields: &[(&str, Json)]) -> Vec<&'static str> {
    judge(&book(), fields, TOLD)
}

fn told(hearing: bool) -> (&'static str, Json) {
    ("pre_notice", json!({ "hearing_told": hearing, "served_ms": ms(TOLD) }))
}

/// A legal review and a discussion that leave nothing to be said.
fn settled() -> Vec<(&'static str, Json)> {
    let views = ["a", "b", "c"].map(|m| match m {
        "a" => ("views.a", json!({ "view": "同意" })),
        "b" => ("views.b", json!({ "view": "同意" })),
        _ => ("views.c", json!({ "view": "同意" })),
    });
    let discussion = ("discussion", json!({ "at_ms": ms(date(2024, 11, 1)), "decision": "同意", "members": ["a", "b", "c"], "votes_against": 0 }));
    let review = ("legal_review", json!({ "at_ms": ms(date(2024, 11, 1)), "by": "reviewer", "outcome": "agree" }));
    views.into_iter().chain([discussion, review]).collect()
}

fn fine(fen: i64) -> (&'static str, Json) {
    ("penalty", json!({ "amount_fen": fen, "basis": "…", "kind": "fine" }))
}

fn party(kind: &str) -> (&'static str, Json) {
    ("party.kind", json!(kind))
}

fn and(mut fields: Vec<(&'static str, Json)>, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    fields.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
    fields.extend(more.iter().cloned());
    fields
}

#[test]
fn apl_63_a_larger_fine_is_offered_a_hearing_by_the_kind_of_party() {
    for (kind, fen, due) in [
        ("citizen", 499_999, false),
        ("citizen", 500_000, true),
        ("individual_business", 500_000, true),
        ("organisation", 500_000, false),
        ("organisation", 4_999_999, false),
        ("organisation", 5_000_000, true),
    ] {
        let fields = and(settled(), &[told(false), fine(fen), party(kind)]);
        assert_eq!(codes(&fields), if due { vec!["hearing_untold"] } else { vec![] }, "{kind} {fen}");
        assert_eq!(codes(&and(fields, &[told(true)])), [""; 0]);
    }
    let split = [("penalties.p2", json!({ "amount_fen": 250_000, "kind": "fine" })), fine(250_000), told(false), party("citizen")];
    assert_eq!(codes(&and(settled(), &split)), ["hearing_untold"], "two fines are one amount");
    let noticed = ("pre_notice", json!({ "amount_fen": 600_000, "hearing_told": false, "kinds": ["fine"], "served_ms": ms(TOLD) }));
    assert_eq!(codes(&and(settled(), &[noticed, fine(400_000), party("citizen")])), ["hearing_untold"], "what was told counts, also if less is decided");
}

#[test]
fn apl_63_the_lowest_threshold_of_those_that_apply() {
    let row = |area: &str, domain: &str, person: i64, organisation: i64| json!({ "area": area, "domain": domain, "person": person, "organisation": organisation });
    let book = with_policy(json!([row("*", "*", 1_000_000, 10_000_000), row("nb-gaoxin", "*", 300_000, 3_000_000), row("*", "housing", 100, 100)]));
    let fields = |fen: i64| and(settled(), &[told(false), fine(fen), party("citizen")]);
    assert_eq!(judge(&book, &fields(299_900), TOLD), [""; 0], "another field's threshold does not apply");
    assert_eq!(judge(&book, &fields(300_000), TOLD), ["hearing_untold"]);
}

#[test]
fn apl_63_confiscations_licences_closures_and_bans_are_heard_whatever_the_fine() {
    for kind in HEARD_KINDS {
        let fields = and(settled(), &[told(false), ("penalty", json!({ "basis": "…", "kind": kind })), party("organisation")]);
        assert_eq!(codes(&fields), ["hearing_untold"], "{kind}");
    }
    for kind in ["suspension", "restrict_business"] {
        let fields = and(settled(), &[told(false), ("penalties.p2", json!({ "kind": kind })), party("organisation")]);
        assert_eq!(codes(&fields), ["hearing_perhaps"], "{kind}");
    }
    for kind in ["warning", "criticism"] {
        assert_eq!(codes(&[told(false), ("penalty", json!({ "basis": "…", "kind": kind })), party("citizen")]), [""; 0], "{kind}");
    }
    let gains = and(settled(), &[told(false), ("penalties.g", json!({ "amount_fen": 500_000, "kind": "confiscation" })), party("citizen")]);
    assert_eq!(codes(&gains), ["hearing_untold"]);
}

#[test]
fn apl_64_a_hearing_is_asked_for_within_five_working_days() {
    let asked = |day: Date| codes(&[told(true), ("hearing", json!({ "requested_ms": ms(day) }))]);
    assert_eq!(asked(date(2024, 10, 10)), [""; 0]);
    assert_eq!(asked(date(2024, 10, 11)), ["hearing_request_late"], "it may still be granted");
}

#[test]
fn apl_64_the_notice_comes_seven_working_days_before() {
    let held = |day: Date| codes(&[("hearing", json!({ "at_ms": ms(day), "notice_ms": ms(TOLD) }))]);
    assert_eq!(held(date(2024, 10, 11)), ["hearing_notice_short"]);
    assert_eq!(held(date(2024, 10, 12)), [""; 0], "the make-up Saturday is the seventh");
}

#[test]
fn apl_64_two_agents_at_most_and_open_but_for_secrets() {
    assert_eq!(codes(&[("hearing", json!({ "agents": ["a", "b"], "open": true }))]), [""; 0]);
    assert_eq!(codes(&[("hearing", json!({ "agents": ["a", "b", "c"], "open": false }))]), ["hearing_agents", "hearing_closed"]);
}

#[test]
fn apl_65_the_decision_rests_on_the_record_of_the_hearing() {
    let at = ms(date(2024, 10, 20));
    let fields = |taken: i64| {
        let evidence = ("evidence.e1", json!({ "fact": "x", "kind": "physical", "taken_ms": taken }));
        and(settled(), &[("elements.f1", json!({ "evidence": ["e1"], "fact": "x" })), ("hearing", json!({ "ended_ms": at })), evidence])
    };
    assert_eq!(codes(&fields(at)), [""; 0]);
    assert_eq!(codes(&fields(at + 1)), ["evidence_after_hearing"]);
}

#[test]
fn apl_44_45_a_period_is_over_only_after_its_last_day_and_a_statement_is_reviewed() {
    let lapsed = |today: Date| judge(&book(), &[told(true), ("defence", json!({ "lapsed": true }))], today);
    assert_eq!(lapsed(date(2024, 10, 10)), ["defence_lapsed_early"]);
    assert_eq!(lapsed(date(2024, 10, 11)), [""; 0]);
    let said = |how: &str| judge(&book(), &[told(true), ("defence", json!({ "statement": "不服", how: true }))], date(2024, 11, 1));
    assert_eq!(said("lapsed"), ["defence_unreviewed"]);
    assert_eq!(said("waived"), ["defence_unreviewed"]);
    assert_eq!(judge(&book(), &[told(true), ("defence", json!({ "lapsed": true, "review": "不采纳", "statement": "不服" }))], date(2024, 11, 1)), [""; 0]);
}

#[test]
fn apl_58_legality_is_reviewed_after_a_hearing_and_in_weighty_cases() {
    let lacking = |more: &[(&'static str, Json)]| {
        let mut fields = settled();
        fields.retain(|(key, _)| *key != "legal_review");
        codes(&and(fields, more))
    };
    assert_eq!(lacking(&[]), [""; 0]);
    assert_eq!(lacking(&[("hearing", json!({ "ended_ms": ms(date(2024, 10, 20)) }))]), ["legal_review_due"]);
    assert_eq!(lacking(&[fine(5_000_000), party("organisation")]), ["legal_review_due"]);
    for reason in ["public_interest", "many_relations", "doubtful", "by_law"] {
        assert_eq!(lacking(&[("weighty", json!([reason]))]), ["legal_review_due"], "{reason}");
    }
    assert_eq!(lacking(&[("weighty", json!(["impact"]))]), [""; 0]);
    let before = ("legal_review", json!({ "at_ms": ms(date(2024, 10, 1)), "by": "reviewer", "outcome": "agree" }));
    assert_eq!(lacking(&[("hearing", json!({ "ended_ms": ms(date(2024, 10, 20)) })), before]), ["legal_review_due"], "it rests on what was heard");
    let returned = ("legal_review", json!({ "at_ms": ms(date(2024, 11, 1)), "by": "reviewer", "outcome": "return" }));
    assert_eq!(lacking(&[("weighty", json!(["doubtful"])), returned]), ["legal_review_due"]);
}

#[test]
fn apl_58_the_reviewer_is_on_the_list_where_there_is_one() {
    let mut listed = book();
    let body = json!({ "holder_kind": "legal_reviewer", "issuer": "浙江省司法厅", "officer": "legal-a" });
    let number = listed.in_force(Kind::Certificate, TOLD).next().unwrap().key.to_string();
    let mut other = number.clone().into_bytes();
    let last = other.last_mut().unwrap();
    *last = if *last == b'9' { b'8' } else { b'9' };
    let number = [String::from_utf8(other).unwrap(), "33990099999".into()].into_iter().find(|n| listed.at(Kind::Certificate, n, TOLD).is_none()).unwrap();
    listed.insert(any::row(Kind::Certificate, &number, Validity::from(people::SINCE), &body).unwrap()).unwrap();
    let by = |who: &str| [("legal_review", json!({ "at_ms": ms(TOLD), "by": who, "outcome": "agree" }))];
    assert_eq!(judge(&listed, &by("legal-a"), TOLD), [""; 0]);
    assert_eq!(judge(&listed, &by("legal-b"), TOLD), ["legal_reviewer_unlisted"]);
}

#[test]
fn apl_57_complex_and_major_cases_are_discussed_by_enough_people_and_dissent_is_kept() {
    let lacking = |more: &[(&'static str, Json)]| {
        let mut fields = settled();
        fields.retain(|(key, _)| *key != "discussion");
        codes(&and(fields, more))
    };
    assert_eq!(lacking(&[]), [""; 0]);
    assert_eq!(lacking(&[fine(5_000_000), party("organisation")]), ["discussion_due"], "a heavy penalty makes it so by itself");
    for reason in DISCUSSED {
        assert_eq!(lacking(&[("weighty", json!([reason]))]), ["discussion_due"], "{reason}");
    }
    let held = |members: Json, against: i64| ("discussion", json!({ "at_ms": ms(TOLD), "decision": "同意", "members": members, "votes_against": against }));
    assert_eq!(lacking(&[held(json!(["a", "b"]), 0)]), ["discussion_small"]);
    assert_eq!(lacking(&[held(json!(["a", "b", "b"]), 0)]), ["discussion_small"], "one member is one");
    assert_eq!(lacking(&[held(json!(["a", "b", "c"]), 1)]), ["dissent_lost"]);
    assert_eq!(lacking(&[held(json!(["a", "b", "c"]), 1), ("views.c", json!({ "against": true, "view": "偏重" }))]), [""; 0]);
}

#[test]
fn a_simple_case_is_not_asked_and_every_code_is_listed_once_with_its_source() {
    assert_eq!(codes(&[("procedure", json!("simple")), told(false), fine(5_000_000), party("citizen")]), [""; 0]);
    let all: BTreeSet<&str> = CODES.iter().map(|row| row.code).collect();
    assert_eq!(all.len(), CODES.len());
    assert!(CODES.iter().all(|row| !row.basis.is_empty() && !row.zh.is_empty() && !row.en.is_empty()));
    assert!(CODES.iter().flat_map(|row| row.bars).all(|act| crate::case::KIND.act(act).next().is_some()));
}

proptest! {
    #[test]
    fn a_hearing_is_too_early_exactly_if_fewer_than_seven_working_days_lie_between(start in 0i64..300, later in 0i64..30) {
        let calendar = law::calendar().unwrap();
        let day = |n: i64| date(2024, 1, 2).checked_add(jiff::Span::new().days(n)).unwrap();
        let worked = (1..=later).filter(|n| calendar.is_working_day(day(start + n)).unwrap()).count();
        let found = codes(&[("hearing", json!({ "at_ms": ms(day(start + later)), "notice_ms": ms(day(start)) }))]);
        prop_assert_eq!(found == ["hearing_notice_short"], worked < 7);
    }

    #[test]
    fn more_never_takes_the_hearing_away(fen in 1i64..20_000_000, more in 0i64..20_000_000, person in any::<bool>()) {
        let kind = party(if person { "citizen" } else { "organisation" });
        let due = |fen: i64| codes(&[told(false), fine(fen), kind.clone()]).contains(&"hearing_untold");
        prop_assert!(!due(fen) || due(fen + more));
    }
}
