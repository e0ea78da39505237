//! Every code, held and not held.

use serde_json::json;

use super::*;
use crate::base::date::date;
use crate::base::{DeviceId, Validity};
use crate::catalogue::matter::{Clause, PenaltyKind, Trigger};
use crate::catalogue::power::{Power, Scope, power_key};
use crate::dated::{Body, Row};
use crate::law::policy::VisitKind;
use crate::law::policy::{Cell, Policy, Setting, TableRow};
use crate::org::{Area, Certificate, HolderKind};
use crate::record::{Candidate, Dot, Value};
use crate::visit::stage;

const DAY: Date = date(2026, 6, 1);
const OBJECT: &str = "00000000000000000000000000000007";

fn enter<B: Body>(book: &mut Book, key: &str, valid: Validity, body: &B) {
    book.insert(Row::new(key, valid, body).unwrap_or_else(|e| panic!("{key}: {e}"))).unwrap();
}

fn matter(book: &mut Book, code: &str, domain: &str, holder: &str, power: PowerType, valid: Validity) {
    let clause = |law: &str| Clause { law: law.into(), article: "第一条".into(), text: None };
    let body = Matter {
        name: code.into(),
        domain: domain.into(),
        violation: vec![clause("消防法")],
        penalty: vec![clause("消防法")],
        kinds: vec![PenaltyKind::Warning],
        fine: None,
        trigger: Trigger::Immediate,
        overdue: None,
        party_types: vec![],
        tiers: vec![],
        tier_holes: None,
        fast_case: false,
        minor_exempt: None,
        case_allowed: true,
        listed: None,
        note: None,
        doubt: None,
        synthetic: false,
        source: "test".into(),
    };
    enter(book, code, valid, &body);
    let transfer = None;
    enter(book, &power_key(code, "zone", power), valid, &Power { organ: holder.into(), power, scope: Scope::Whole, legal_doc: "文件".into(), transfer });
}

fn certificate(book: &mut Book, number: &str, officer: &str, valid: Validity) {
    let body =
        Certificate { areas: None, holder_kind: HolderKind::Officer, issuer: "浙江省人民政府".into(), levels: None, officer: officer.parse().unwrap(), suspended: false };
    enter(book, number, valid, &body);
}

/// Fire checks `FR-1`, water `WR-1`; the power over `ZF-1` went to the team, whose department was fire. Two officers.
fn book() -> Book {
    let mut book = Book::new();
    let valid = Validity::from(date(2024, 1, 1));
    enter(&mut book, "zone", valid, &Area { functional: true, name: "高新区".into(), parents: vec!["330212".into()], polygon: None });
    matter(&mut book, "FR-1", "fire", "fire", PowerType::Inspection, valid);
    matter(&mut book, "WR-1", "water", "water", PowerType::Inspection, Validity { from: date(2024, 1, 1), until: Some(date(2026, 7, 1)) });
    matter(&mut book, "ZF-1", "fire", "enforcement", PowerType::Inspection, valid);
    certificate(&mut book, "33990000001", "zhang", valid);
    certificate(&mut book, "33990000002", "li", Validity { from: date(2024, 1, 1), until: Some(date(2026, 7, 1)) });
    book
}

/// The book with a policy of one's own.
fn with(key: &str, value: Setting) -> Book {
    let mut book = book();
    enter(&mut book, key, Validity::from(date(2024, 1, 1)), &Policy { doubt: false, note: String::new(), owner: "法制部门".into(), source: "测试".into(), value });
    book
}

fn visit_of(stage: &str, fields: &[(&str, serde_json::Value)]) -> Record {
    let mut record = Record::new(RecordId(1), visit::NAME, visit::KIND.initial);
    for (n, (key, json)) in (1u64..).zip(fields) {
        let value = Value::from_json(json).unwrap();
        visit::KIND.field(key).unwrap_or_else(|| panic!("{key}")).ty.check(value.as_json()).unwrap_or_else(|e| panic!("{key}: {e}"));
        // Each from a handheld of its own, as officers on site write.
        record.write(key, &[], Some(Candidate { dot: Dot::new(DeviceId(n), 1), commit: n, value, by: None }), n);
    }
    record.set_stage(stage);
    record
}

fn officer(n: u32) -> serde_json::Value {
    json!({ "certificate": format!("3399000000{n}"), "checked_in_ms": 5, "department": "fire", "role": "officer" })
}

/// A visit of fire that took place, with two officers.
fn usual() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("organs.fire", json!({ "kind": "daily", "matters": ["FR-1"], "plan": "plan-2026" })),
        ("participants.zhang", officer(1)),
        ("participants.li", officer(2)),
        ("site", json!(OBJECT)),
    ]
}

fn put(mut fields: Vec<(&'static str, serde_json::Value)>, key: &'static str, value: serde_json::Value) -> Vec<(&'static str, serde_json::Value)> {
    fields.retain(|(k, _)| *k != key);
    fields.push((key, value));
    fields
}

fn past(visit: &str, organ: &str, day: Date) -> Past {
    Past { visit: visit.into(), organ: organ.into(), object: OBJECT.into(), day, kind: VisitKind::Daily, checked_in: true }
}

fn asked(book: &Book, record: &Record, day: Date, past: &[Past]) -> Vec<Finding> {
    let objects: Vec<Counted> = parts(record).objects().iter().map(|id| Counted { key: key_of(*id), risk: "low".into() }).collect();
    findings(record, &Facts { book, area: "zone", day, past, objects: &objects })
}

/// Code and what it is about, of every finding.
fn codes(book: &Book, fields: &[(&str, serde_json::Value)], day: Date, past: &[Past]) -> Vec<(&'static str, String)> {
    asked(book, &visit_of(stage::RECORDING, fields), day, past).into_iter().map(|f| (f.code, f.about)).collect()
}

fn only(code: &'static str, about: &str) -> Vec<(&'static str, String)> {
    vec![(code, about.to_owned())]
}

#[test]
fn a_visit_as_it_should_be_has_nothing_against_it() {
    assert_eq!(codes(&book(), &usual(), DAY, &[]), []);
}

#[test]
fn matter_unknown_unpublished_matters_must_not_be_checked_guobanfa_2024_54() {
    let fields = put(usual(), "organs.fire", json!({ "kind": "daily", "matters": ["FR-1", "FR-2"] }));
    let found = asked(&book(), &visit_of(stage::CREATED, &fields), DAY, &[]);
    assert_eq!(found.iter().map(|f| (f.code, &*f.about, &*f.detail, f.weight)).collect::<Vec<_>>(), [("matter_unknown", "fire", "FR-2", Weight::Block)]);
    assert_eq!(codes(&book(), &put(usual(), "organs.fire", json!({ "kind": "daily" })), DAY, &[]), only("matter_unknown", "fire"), "whoever inspects says what");
    let guidance = put(put(put(usual(), "organs.fire", json!({ "kind": "appointment" })), "mode", json!("guidance")), "invitation", json!("00000000000000000000000000000009"));
    assert_eq!(codes(&book(), &guidance, DAY, &[]), [], "guidance inspects nothing");
    let water = put(usual(), "organs.water", json!({ "kind": "daily", "matters": ["WR-1"] }));
    assert_eq!(codes(&book(), &water, date(2026, 6, 30), &[]), []);
    assert_eq!(codes(&book(), &put(water, "participants.li", officer(2)), date(2026, 7, 1), &[]).first(), Some(&("matter_unknown", "water".to_owned())), "the list of the day");
}

#[test]
fn power_not_held_who_checks_holds_the_power_that_day_administrative_penalty_law_17_zhejiang_8() {
    let foreign = put(usual(), "organs.fire", json!({ "kind": "daily", "matters": ["FR-1", "WR-1"] }));
    assert_eq!(codes(&book(), &foreign, DAY, &[]), only("power_not_held", "fire"));
    let own = put(put(usual(), "organs.fire", json!({ "kind": "daily", "matters": ["FR-1"] })), "organs.water", json!({ "kind": "daily", "matters": ["WR-1"] }));
    assert_eq!(codes(&book(), &own, DAY, &[]), []);
}

#[test]
fn power_not_held_the_department_that_handed_a_matter_over_supervises_on_unless_policy_says_no_zhejiang_16() {
    let handed = put(usual(), "organs.fire", json!({ "kind": "daily", "matters": ["ZF-1"] }));
    assert_eq!(codes(&book(), &handed, DAY, &[]), []);
    assert_eq!(codes(&with("transfer.department.inspects", Setting::Choice("no".into())), &handed, DAY, &[]), only("power_not_held", "fire"));
    let team = put(usual(), "organs.enforcement", json!({ "kind": "daily", "matters": ["ZF-1"] }));
    assert_eq!(codes(&with("transfer.department.inspects", Setting::Choice("no".into())), &team, DAY, &[]), []);
}

#[test]
fn unfit_officer_a_certificate_is_valid_on_the_day_administrative_penalty_law_42_zhejiang_29() {
    let found = codes(&book(), &usual(), date(2026, 7, 1), &[]);
    assert_eq!(found, [("too_few_officers", String::new()), ("unfit_officer", "li".to_owned())], "li's certificate ended the day before");
    let planned = asked(&book(), &visit_of(stage::APPROVED, &usual()), date(2026, 7, 1), &[]);
    assert!(planned.is_empty(), "nobody has checked in yet: {planned:?}");
}

#[test]
fn too_few_officers_two_with_certificates_administrative_penalty_law_42() {
    let helper = put(usual(), "participants.li", json!({ "checked_in_ms": 5, "role": "auxiliary" }));
    assert_eq!(codes(&book(), &helper, DAY, &[]), only("too_few_officers", ""));
    let recused = put(usual(), "recusals.li", json!({ "reason": "亲属" }));
    assert_eq!(codes(&book(), &recused, DAY, &[]), only("too_few_officers", ""));
    let recused_and_unfit = codes(&book(), &put(put(usual(), "recusals.li", json!({ "reason": "亲属" })), "participants.li", officer(2)), date(2026, 7, 1), &[]);
    assert_eq!(recused_and_unfit, only("too_few_officers", ""), "who is out is out once");
    assert_eq!(codes(&with("visit.officers", Setting::Integer(3)), &usual(), DAY, &[]), only("too_few_officers", ""), "a place may want more");
}

#[test]
fn formalities_due_an_urgent_start_is_made_up_for_guobanfa_2024_54() {
    let urgent = put(usual(), "urgent", json!({ "at_ms": 5, "reason": "基坑险情" }));
    let found = asked(&book(), &visit_of(stage::RECORDING, &urgent), DAY, &[]);
    assert_eq!(found.iter().map(|f| (f.code, f.weight)).collect::<Vec<_>>(), [("formalities_due", Weight::Warn)]);
    assert_eq!(codes(&book(), &put(urgent, "regularised", json!({ "at_ms": 9, "by": "head", "reason": "补办" })), DAY, &[]), []);
}

#[test]
fn object_unlinked_what_no_record_stands_for_cannot_be_counted() {
    let named = put(usual(), "site.name", json!("无档案工地"));
    let fields: Vec<_> = named.into_iter().filter(|(key, _)| *key != "site").collect();
    assert_eq!(codes(&book(), &fields, DAY, &[]), only("object_unlinked", ""));
    assert_eq!(codes(&book(), &put(fields, "subjects.00000000000000000000000000000008", json!({ "name": "某公司" })), DAY, &[]), [], "its firm is enough");
}

#[test]
fn cap_two_a_year_zhejiang_2025_5_the_second_warns_the_third_is_blocked_for_that_organ_and_object() {
    let about = format!("fire.{OBJECT}");
    let visits = [past("a", "fire", date(2026, 1, 9)), past("b", "fire", date(2026, 3, 9)), past("c", "water", date(2026, 1, 8)), past("d", "fire", date(2025, 12, 31))];
    let found = |n: usize| codes(&book(), &usual(), DAY, &visits[..n]);
    assert_eq!(found(1), only("cap_last", &about));
    assert_eq!(found(2), only("cap_reached", &about));
    assert_eq!(codes(&book(), &usual(), DAY, &visits[2..]), [], "another organ's and last year's visits are not its own of this year");
    let complaint = put(usual(), "organs.fire", json!({ "kind": "triggered", "matters": ["FR-1"] }));
    assert_eq!(codes(&book(), &complaint, DAY, &visits), [], "complaints are outside the cap");
    let flag = asked(&book(), &visit_of(stage::RECORDING, &usual()), DAY, &visits).remove(0);
    assert_eq!((flag.key(), &*flag.detail, flag.basis), (format!("flags.cap_reached.{about}"), "2 / 2", "浙政办发〔2025〕5号"));
}

#[test]
fn cap_may_differ_by_domain_and_holds_for_the_matters_that_are_checked() {
    let rule = |domain: &str, max: i64| {
        let cells = [
            ("area", "*"),
            ("domain", domain),
            ("risk", "*"),
            ("daily", "yes"),
            ("special_own", "yes"),
            ("special_superior", "no"),
            ("triggered", "no"),
            ("appointment", "no"),
            ("recheck", "no"),
            ("year", "calendar"),
        ];
        let mut row: TableRow = cells.into_iter().map(|(key, word)| (key.to_owned(), Cell::Word(word.into()))).collect();
        row.insert("max".to_owned(), Cell::Number(max));
        row
    };
    let book = with("inspection.cap", Setting::Table(vec![rule("fire", 4), rule("*", 1)]));
    let visits = [past("a", "fire", date(2026, 1, 9)), past("b", "water", date(2026, 1, 9))];
    assert_eq!(codes(&book, &usual(), DAY, &visits), []);
    let water = put(usual(), "organs.water", json!({ "kind": "daily", "matters": ["WR-1"] }));
    assert_eq!(codes(&book, &water, DAY, &visits), only("cap_reached", &format!("water.{OBJECT}")));
}

#[test]
fn repeat_and_near_one_object_is_visited_once_zhejiang_13() {
    let other = |day| codes(&book(), &usual(), DAY, &[past("9", "water", day)]);
    assert_eq!(other(DAY), only("repeat", &format!("{OBJECT}.9")));
    assert_eq!(other(date(2026, 7, 1)), only("near", &format!("{OBJECT}.9")), "30 days on");
    assert_eq!(other(date(2026, 7, 2)), []);
    let recheck = put(usual(), "organs.fire", json!({ "kind": "recheck", "matters": ["FR-1"] }));
    assert_eq!(codes(&book(), &recheck, DAY, &[past("9", "water", DAY)]), [], "a re-check is no second inspection");
    let again = Past { kind: VisitKind::Recheck, ..past("9", "water", DAY) };
    assert_eq!(codes(&book(), &usual(), DAY, &[again]), []);
    let elsewhere = Past { object: "00000000000000000000000000000099".into(), ..past("9", "fire", DAY) };
    assert_eq!(codes(&book(), &usual(), DAY, &[elsewhere]), []);
}

#[test]
fn an_organ_whose_officer_checked_in_takes_part_whether_or_not_the_scheme_names_it() {
    let fields = put(usual(), "participants.zhang", json!({ "certificate": "33990000001", "checked_in_ms": 5, "department": "water", "role": "officer" }));
    let visits = [past("a", "water", date(2026, 1, 9)), past("b", "water", date(2026, 3, 9))];
    assert_eq!(codes(&book(), &fields, DAY, &visits), only("cap_reached", &format!("water.{OBJECT}")));
}

#[test]
fn every_code_is_in_these_tests_with_its_source() {
    let text = include_str!("tests.rs");
    for (code, _, basis, zh, en) in CODES {
        assert!(text.contains(&format!("\"{code}\"")), "{code} is not tested");
        assert!(!basis.is_empty() && !zh.is_ascii() && en.is_ascii(), "{code}");
    }
    assert!(CODES.windows(2).all(|two| two[0].0 < two[1].0), "in order, each once");
}

#[test]
fn what_the_findings_rest_on_is_in_their_basis() {
    let base = visit_of(stage::RECORDING, &usual());
    let same = |fields: &[(&str, serde_json::Value)]| basis_of(&visit_of(stage::RECORDING, fields)) == basis_of(&base);
    assert!(same(&usual()));
    for (key, value) in [
        ("organs.water", json!({ "kind": "daily" })),
        ("recusals.li", json!({ "reason": "亲属" })),
        ("joined_into", json!("00000000000000000000000000000002")),
        ("subjects.00000000000000000000000000000008", json!({ "name": "某公司" })),
        ("urgent", json!({ "at_ms": 5, "reason": "险情" })),
    ] {
        assert!(!same(&put(usual(), key, value)), "{key}");
    }
    let noted: Vec<_> = put(usual(), "notes.x", json!("说明"));
    assert!(same(&noted), "a note changes no finding");
    assert_ne!(basis_of(&visit_of(stage::CREATED, &usual())), basis_of(&base));
}
