use serde_json::json;

use super::*;
use crate::base::RecordId;
use crate::base::date::{date, start_of};
use crate::case::{NAME, stage};
use crate::fixtures::law;
use crate::record::{Record, Value};

fn book() -> Book {
    let mut book = Book::new();
    law::years().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    book
}

fn case(fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), NAME, stage::DECIDED);
    record.preview(&fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect::<Vec<_>>());
    record
}

fn missing(fields: &[(&str, Json)], served: Json) -> Vec<&'static str> {
    lacks(&View::of(&case(fields)), &served).into_iter().map(|lack| lack.member).collect()
}

fn signature() -> (&'static str, Json) {
    ("signatures.s1", json!({ "by": "王某", "h": 100, "strokes": [[1, 1, 9, 9]], "w": 100 }))
}

/// An instant at ten in the evening of a day: UTC and Shanghai agree on no day by accident.
fn at(day: Date) -> i64 {
    start_of(day).0 + 22 * 3_600_000
}

fn on(served: Json) -> Option<Date> {
    let book = book();
    effect(&served, &book, &Calendar::of(&book)).unwrap().map(|effect| effect.day)
}

const FRIDAY: Date = date(2024, 9, 27);

#[test]
fn cpl_87_direct_service_needs_receipt_receiver_and_signature_and_takes_effect_on_the_day_of_signing() {
    let full = json!({ "received_ms": at(FRIDAY), "signature": "s1", "to": "王某", "way": "direct" });
    assert_eq!(missing(&[signature(), ("party.name", json!("王某"))], full.clone()), [""; 0]);
    assert_eq!(on(full), Some(FRIDAY));
    assert_eq!(missing(&[], json!({ "way": "direct" })), ["received_ms", "to", "signature"]);
    assert_eq!(missing(&[], json!({ "received_ms": 5, "to": "王某", "video": "v1", "way": "direct" })), [""; 0], "a refusal on video");
    let empty = ("signatures.s1", json!({ "by": "王某", "h": 100, "strokes": [[1, 1]], "w": 100 }));
    assert_eq!(missing(&[empty], json!({ "received_ms": 5, "signature": "s1", "to": "王某", "way": "direct" })), ["signature"], "a dot is no signature");
}

#[test]
fn cpl_88_another_receiver_says_how_he_stands_to_the_party() {
    let firm = [signature(), ("party.name", json!("某公司")), ("party.legal_rep", json!("王建国"))];
    let to = |to: &str| json!({ "received_ms": 5, "signature": "s1", "to": to, "way": "direct" });
    assert_eq!(missing(&firm, to("王建国")), [""; 0]);
    assert_eq!(missing(&firm, to("前台小李")), ["relation"]);
    let said = json!({ "received_ms": 5, "relation": "负责收件的人", "signature": "s1", "to": "前台小李", "way": "direct" });
    assert_eq!(missing(&firm, said), [""; 0]);
}

#[test]
fn cpl_89_what_is_left_needs_a_witness_or_video_and_takes_effect_on_the_day_left() {
    assert_eq!(missing(&[], json!({ "received_ms": 5, "way": "lien" })), ["witness"]);
    for proof in ["witness", "video"] {
        assert_eq!(missing(&[], json!({ "received_ms": 5, (proof): "x1", "way": "lien" })), [""; 0], "{proof}");
    }
    assert_eq!(on(json!({ "received_ms": at(FRIDAY), "way": "lien", "witness": "社区" })), Some(FRIDAY));
}

#[test]
fn cpl_91_a_letter_takes_effect_on_the_day_of_its_receipt_not_of_its_sending() {
    assert_eq!(missing(&[], json!({ "at_ms": 5, "way": "post" })), ["received_ms", "tracking"]);
    let letter = json!({ "at_ms": at(FRIDAY), "received_ms": at(date(2024, 10, 8)), "tracking": "EMS1", "way": "post" });
    let book = book();
    let found = effect(&letter, &book, &Calendar::of(&book)).unwrap().unwrap();
    assert_eq!((found.day, found.acted), (date(2024, 10, 8), FRIDAY));
    assert_eq!(on(json!({ "at_ms": at(FRIDAY), "tracking": "EMS1", "way": "post" })), None, "on its way");
}

#[test]
fn apl_61_electronic_service_rests_on_a_signed_agreement_and_arrives_in_the_system_that_it_names() {
    let address = |system: &str| ("service_address", json!({ "electronic": true, "signature": "s1", "system": system }));
    let sent = json!({ "received_ms": at(FRIDAY), "system": "浙里办", "way": "electronic" });
    assert_eq!(missing(&[signature(), address("浙里办")], sent.clone()), [""; 0]);
    assert_eq!(missing(&[signature(), address("电子邮箱")], sent.clone()), ["system"]);
    assert_eq!(missing(&[address("浙里办")], sent.clone()), ["service_address"], "nobody signed it");
    assert_eq!(missing(&[signature(), ("service_address", json!({ "electronic": false, "signature": "s1" }))], sent.clone()), ["service_address"]);
    assert_eq!(on(sent), Some(FRIDAY));
}

#[test]
fn cpl_95_a_public_notice_takes_effect_thirty_days_after_its_posting_on_a_working_day() {
    assert_eq!(missing(&[], json!({ "way": "public_notice" })), ["posted", "reason"]);
    assert_eq!(on(json!({ "posted": "2024-07-01", "reason": "下落不明", "way": "public_notice" })), Some(date(2024, 7, 31)));
    assert_eq!(on(json!({ "posted": "2024-09-01", "reason": "下落不明", "way": "public_notice" })), Some(date(2024, 10, 8)), "1 October is a holiday");
    assert_eq!(on(json!({ "reason": "下落不明", "way": "public_notice" })), None);
    let unknown = effect(&json!({ "posted": "2031-12-01", "way": "public_notice" }), &book(), &Calendar::of(&book()));
    assert!(unknown.unwrap_err().contains("2031"), "a year without a calendar is no guess");
}

#[test]
fn every_way_of_the_field_table_has_a_row_and_no_other() {
    let mut rows: Vec<&str> = WAYS.iter().map(|way| way.code).collect();
    rows.sort_unstable();
    assert_eq!(rows, crate::case::WAYS);
    assert_eq!(missing(&[], json!({})), ["way"]);
    assert!(way(&json!({ "way": "pigeon" })).is_none());
}
