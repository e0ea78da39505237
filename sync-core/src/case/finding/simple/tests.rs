use serde_json::json;

use super::*;
use crate::base::RecordId;
use crate::base::date::{date, start_of};
use crate::case::finding::findings;
use crate::case::{KIND, NAME};
use crate::dated::Book;
use crate::fixtures::{law, people};
use crate::record::{Record, Value};

/// 2024-09-27 is a Friday before the holiday of 1–7 October with make-up days on 29 September and 12 October.
const DAY: Date = date(2024, 9, 27);
const YUAN: i64 = 100;

type Field = (&'static str, Json);

fn ms(day: Date) -> i64 {
    start_of(day).0 + 10 * 3_600_000
}

fn fine(yuan: i64) -> Field {
    ("penalty", json!({ "amount_fen": yuan * YUAN, "basis": "第三十条", "kind": "fine" }))
}

/// A citizen fined 100 yuan on the spot by two officers, reported on the same day.
fn usual() -> Vec<Field> {
    vec![
        ("handlers.chen-yifan", json!({ "certificate": "33990000001", "role": "lead" })),
        ("handlers.lin-xiaohe", json!({ "certificate": "33990000002", "role": "officer" })),
        ("papers.d1", json!({ "at_ms": ms(DAY), "by": "chen-yifan", "type": PAPER })),
        ("party.kind", json!("citizen")),
        ("procedure", json!("simple")),
        ("simple", json!({ "heard": true, "reported_ms": ms(DAY) })),
        fine(100),
    ]
}

fn codes_on(at: &str, more: &[Field], today: Date) -> Vec<&'static str> {
    let mut fields = usual();
    fields.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
    fields.extend(more.iter().filter(|(_, value)| !value.is_null()).cloned());
    let mut record = Record::new(RecordId(1), NAME, at);
    for (key, value) in &fields {
        KIND.field(key).unwrap_or_else(|| panic!("{key}")).ty.check(Value::from_json(value).unwrap().as_json()).unwrap_or_else(|e| panic!("{key}: {e}"));
    }
    let edits: Vec<_> = fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
    record.preview(&edits);
    let mut book = Book::new();
    people::rows().unwrap().into_iter().chain(law::years().unwrap()).for_each(|row| book.insert(row).unwrap());
    let facts = Facts { book: &book, area: "nb-gaoxin", organ: Some("enforcement"), today, others: &[], elsewhere: &[] };
    findings(&View::of(&record), &facts).into_iter().map(|f| f.code).filter(|code| CODES.iter().any(|row| row.code == *code)).collect()
}

fn codes(more: &[Field]) -> Vec<&'static str> {
    codes_on(stage::DECIDED, more, DAY)
}

const NONE: &[&str] = &[];

#[test]
fn a_usual_penalty_on_the_spot_has_nothing_against_it() {
    assert_eq!(codes(&[]), NONE);
}

#[test]
fn a_fine_is_limited_by_the_kind_of_party_under_article_51() {
    let kind = |kind: &str| ("party.kind", json!(kind));
    assert_eq!(codes(&[fine(200)]), NONE);
    assert_eq!(codes(&[fine(201)]), ["simple.over_limit"]);
    assert_eq!(codes(&[fine(3_000), kind("organisation")]), NONE);
    assert_eq!(codes(&[fine(3_001), kind("organisation")]), ["simple.over_limit"]);
    assert_eq!(codes(&[fine(201), kind("individual_business")]), ["simple.over_limit"], "like a citizen, by the policy's default");
    assert_eq!(codes(&[fine(100), ("party.kind", Json::Null)]), ["simple.party_unknown"]);
    assert_eq!(codes(&[("penalty", json!({ "basis": "第三十条", "kind": "warning" })), ("party.kind", Json::Null)]), NONE, "a warning has no limit");
}

#[test]
fn several_fines_count_together_under_article_51() {
    let further = ("penalties.p2", json!({ "amount_fen": 101 * YUAN, "basis": "第三十一条", "kind": "fine" }));
    assert_eq!(codes(&[fine(100), further]), ["simple.over_limit"]);
}

#[test]
fn two_officers_with_valid_certificates_act_under_articles_42_and_52() {
    assert_eq!(codes(&[("handlers.lin-xiaohe", Json::Null)]), ["simple.officers"]);
    let stranger = ("handlers.nobody", json!({ "certificate": "33990009999", "role": "officer" }));
    assert_eq!(codes(&[("handlers.lin-xiaohe", Json::Null), stranger]), ["simple.officers"], "a number on the record is no certificate");
}

#[test]
fn a_penalty_on_the_spot_is_reported_within_three_working_days_under_article_52() {
    let open = ("simple", json!({ "heard": true }));
    // Sunday the 29th, Monday the 30th, then the holiday: the third working day is 8 October.
    assert_eq!(codes_on(stage::SERVED, std::slice::from_ref(&open), date(2024, 10, 8)), NONE);
    assert_eq!(codes_on(stage::SERVED, std::slice::from_ref(&open), date(2024, 10, 9)), ["simple.unreported"]);
    assert_eq!(codes_on(stage::CLUE, &[open], date(2024, 10, 9)), NONE, "nothing was decided yet");
    let told = |day| ("simple", json!({ "heard": true, "reported_ms": ms(day) }));
    assert_eq!(codes_on(stage::SERVED, &[told(date(2024, 10, 8))], date(2024, 11, 1)), NONE);
    assert_eq!(codes_on(stage::SERVED, &[told(date(2024, 10, 9))], date(2024, 11, 1)), ["simple.unreported"], "late stays late");
}

fn taken(more: Json) -> Field {
    let mut all = json!({ "amount_fen": 100 * YUAN, "at_ms": ms(DAY), "banked_ms": ms(DAY), "ground": "small", "handed_in_ms": ms(DAY), "receipt": "甬财0001" });
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    ("collected", all)
}

#[test]
fn collecting_on_the_spot_needs_a_ground_of_articles_68_and_69() {
    assert_eq!(codes(&[taken(json!({}))]), NONE);
    let of = |more| codes(&[fine(150), taken(more)]);
    assert_eq!(of(json!({})), ["simple.collection_not_allowed"], "150 is no small fine, whatever was ticked");
    assert_eq!(of(json!({ "ground": null })), ["simple.collection_not_allowed"]);
    assert_eq!(of(json!({ "ground": "hard_later" })), NONE);
    assert_eq!(of(json!({ "ground": "remote" })), ["simple.collection_not_allowed"], "remote only on the party's request");
    assert_eq!(of(json!({ "ground": "remote", "on_request": true })), NONE);
    assert_eq!(codes(&[taken(json!({ "amount_fen": 101 * YUAN }))]), ["simple.collected_excess"]);
}

#[test]
fn an_official_receipt_is_given_under_article_70() {
    assert_eq!(codes(&[taken(json!({ "receipt": null }))]), ["simple.no_receipt"]);
}

#[test]
fn what_was_collected_is_handed_in_and_banked_within_two_working_days_each_under_article_71() {
    let later = date(2024, 11, 1);
    let of = |more| codes_on(stage::SERVED, &[taken(more)], later);
    assert_eq!(of(json!({ "handed_in_ms": ms(date(2024, 9, 30)), "banked_ms": ms(date(2024, 10, 9)) })), NONE, "29 and 30 September; then 8 and 9 October");
    assert_eq!(of(json!({ "handed_in_ms": ms(date(2024, 10, 8)), "banked_ms": ms(date(2024, 10, 9)) })), ["simple.hand_in_late"]);
    assert_eq!(of(json!({ "handed_in_ms": ms(date(2024, 9, 30)), "banked_ms": ms(date(2024, 10, 10)) })), ["simple.bank_late"]);
    assert_eq!(of(json!({ "handed_in_ms": null, "banked_ms": null })), ["simple.hand_in_late"], "still with the officers");
    assert_eq!(of(json!({ "banked_ms": null })), ["simple.bank_late"]);
}

#[test]
fn a_case_of_the_general_procedure_is_none_of_this() {
    assert_eq!(codes(&[fine(50_000), ("filed_date", json!("2024-09-20"))]), NONE);
    assert_eq!(codes(&[fine(50_000), ("papers.d1", Json::Null), ("procedure", json!("general")), ("simple", Json::Null)]), NONE);
}
