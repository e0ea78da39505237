use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::base::RecordId;
use crate::base::date::{date, start_of};
use crate::case::{NAME, stage};
use crate::fixtures::law;
use crate::record::{Record, Value};

/// The calendars that are known, and no policy: the defaults answer.
pub(in crate::case) fn book() -> Book {
    let mut book = Book::new();
    law::years().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    book
}

/// The same with a policy of another value from 2024 on.
pub(in crate::case) fn with_policy(key: &str, value: &Json) -> Book {
    let mut book = book();
    let body = json!({ "policies": [{ "key": key, "from": "2024-01-01", "value": value, "owner": "测试", "doubt": false, "source": "测试" }] });
    policy::rows(&body.to_string()).unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    book
}

/// A case at a stage with these fields.
pub(in crate::case) fn case(stage: &str, fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), NAME, stage);
    record.preview(&fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect::<Vec<_>>());
    record
}

/// Noon of a day.
pub(in crate::case) fn ms(day: Date) -> i64 {
    start_of(day).0 + 12 * 3_600_000
}

/// The Friday before the holidays of October 2024: fifteen days end on 12 October, a make-up working day.
pub(in crate::case) const FRIDAY: Date = date(2024, 9, 27);

/// A decision with a fine of so many fen that was handed over on the Friday and told of the surcharge.
pub(in crate::case) fn fined(fen: i64) -> Vec<(&'static str, Json)> {
    vec![
        ("decided_date", json!("2024-09-25")),
        ("penalty", json!({ "amount_fen": fen, "basis": "…", "kind": "fine", "surcharge_told": true })),
        ("served", json!({ "received_ms": ms(FRIDAY), "to": "王某", "video": "v1", "way": "direct" })),
    ]
}

pub(in crate::case) fn and(mut fields: Vec<(&'static str, Json)>, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    fields.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
    fields.extend(more.iter().cloned());
    fields
}

fn on(fields: &[(&str, Json)], day: Date) -> Account {
    let (record, book) = (case(stage::SERVED, fields), book());
    account(&View::of(&record), &book, &Calendar::of(&book), day)
}

fn late(days: i64) -> Date {
    date(2024, 10, 12).checked_add(jiff::Span::new().days(days)).unwrap()
}

#[test]
fn apl_72_a_fine_of_ten_thousand_grows_by_six_thousand_in_twenty_days_and_doubles_on_the_thirty_fourth() {
    let fields = fined(1_000_000);
    let [paid_by, first, twenty, capped, later] = [0, 1, 20, 34, 40].map(|days| on(&fields, late(days)));
    assert_eq!((paid_by.due, paid_by.surcharge_fen, paid_by.overdue), (Some(date(2024, 10, 12)), 0, false), "until 24:00 of the last day");
    assert_eq!((first.surcharge_fen, first.overdue), (30_000, true), "from 10-13");
    assert_eq!((twenty.surcharge_fen, twenty.owed_fen, twenty.capped_on), (600_000, 1_600_000, None));
    assert_eq!((capped.surcharge_fen, capped.capped_on), (1_000_000, Some(34)));
    assert_eq!((later.surcharge_fen, later.owed_fen), (1_000_000, 2_000_000), "never more than the fine");
}

#[test]
fn apl_72_what_the_decision_did_not_tell_of_is_not_added() {
    let untold = and(fined(1_000_000), &[("penalty", json!({ "amount_fen": 1_000_000, "basis": "…", "kind": "fine" }))]);
    let found = on(&untold, late(40));
    assert_eq!((found.surcharge_fen, found.owed_fen, found.overdue, found.surcharge_told), (0, 1_000_000, true, false));
}

#[test]
fn apl_73_days_of_review_and_suit_are_not_counted_with_their_first_and_last() {
    let reviewed = and(fined(1_000_000), &[("remedies.r1", json!({ "ended": "2024-10-22", "filed": "2024-10-18", "kind": "review", "outcome": "upheld" }))]);
    assert_eq!(on(&reviewed, late(20)).surcharge_fen, 450_000, "five of twenty days");
    let open = and(fined(1_000_000), &[("remedies.r1", json!({ "filed": "2024-10-18", "kind": "suit" }))]);
    assert_eq!(on(&open, late(200)).surcharge_fen, 150_000, "13 to 17 October, and no end in sight");
    let agreed = and(fined(1_000_000), &[("standstills.a", json!({ "from": "2024-10-13", "ground": "agreement", "until": "2024-10-23" }))]);
    assert_eq!(on(&agreed, late(20)).surcharge_fen, 300_000, "行政强制法 42: ten of twenty days");
    let other = and(fined(1_000_000), &[("standstills.a", json!({ "from": "2024-10-13", "ground": "test", "until": "2024-10-23" }))]);
    assert_eq!(on(&other, late(20)).surcharge_fen, 600_000, "a test stops no payment");
}

#[test]
fn a_part_payment_lessens_the_base_from_the_day_after_and_a_receipt_counts_once() {
    let pay = |receipt: &str| json!({ "amount_fen": 400_000, "day": "2024-10-22", "for": "fine", "receipt": receipt });
    let twice = and(fined(1_000_000), &[("payments.a", pay("P1")), ("payments.b", pay("P1"))]);
    let found = on(&twice, late(20));
    assert_eq!((found.paid_fen, found.unpaid_fine_fen), (400_000, 600_000), "entered twice, paid once");
    assert_eq!(found.surcharge_fen, 10 * 30_000 + 10 * 18_000, "ten days on all of it, ten on the rest");
    let sum: i64 = found.entries.iter().map(|entry| entry.fen).sum();
    assert_eq!((sum, found.doubtful), (found.owed_fen, true), "the lines add up; what the base is after a part payment is in doubt");
    let whole = with_policy("penalty.surcharge.base", &json!({ "choice": "whole_fine" }));
    let record = case(stage::PARTIAL, &twice);
    assert_eq!(account(&View::of(&record), &whole, &Calendar::of(&whole), late(20)).surcharge_fen, 600_000, "of the whole fine by policy");
}

#[test]
fn payments_go_to_what_they_are_for_and_what_is_over_goes_to_the_rest() {
    let more = [
        ("penalties.g", json!({ "amount_fen": 50_000, "kind": "confiscation" })),
        ("payments.a", json!({ "amount_fen": 1_100_000, "day": "2024-10-22", "for": "fine", "receipt": "P1" })),
        ("payments.b", json!({ "amount_fen": 100_000, "day": "2024-10-22", "for": "surcharge", "receipt": "P2" })),
    ];
    let found = on(&and(fined(1_000_000), &more), late(20));
    assert_eq!(found.surcharge_fen, 300_000, "ten days until it was paid");
    assert_eq!((found.unpaid_fine_fen, found.unpaid_confiscation_fen, found.unpaid_surcharge_fen), (0, 0, 150_000), "100,000 too many: 50,000 confiscated, 50,000 surcharge");
    assert_eq!((found.owed_fen, found.overpaid_fen), (150_000, 0));
    let over = [("payments.a", json!({ "amount_fen": 1_000_001, "day": "2024-10-01", "for": "fine", "receipt": "P1" }))];
    assert_eq!(on(&and(fined(1_000_000), &over), late(20)).overpaid_fen, 1);
}

#[test]
fn apl_66_instalments_have_days_of_their_own_and_what_is_late_of_one_is_reckoned_on_it() {
    let parts = [
        ("instalments.i1", json!({ "amount_fen": 400_000, "at_ms": ms(date(2024, 10, 8)), "day": "2024-11-10" })),
        ("instalments.i2", json!({ "amount_fen": 600_000, "at_ms": ms(date(2024, 10, 8)), "day": "2024-12-10" })),
    ];
    let fields = and(fined(1_000_000), &parts);
    let before = on(&fields, date(2024, 11, 11));
    assert_eq!((before.surcharge_fen, before.overdue, before.due), (0, false, Some(date(2024, 12, 10))), "10 November is a Sunday: Monday is in time");
    let late = on(&fields, date(2024, 11, 21));
    assert_eq!((late.surcharge_fen, late.overdue), (10 * 12_000, true), "ten days on the first");
    let paid = [("payments.a", json!({ "amount_fen": 400_000, "day": "2024-11-08", "for": "fine", "receipt": "P1" }))];
    assert_eq!(on(&and(fields, &paid), date(2024, 12, 20)).surcharge_fen, 10 * 18_000, "the earliest is paid first");
}

#[test]
fn what_is_put_off_after_it_was_due_keeps_what_was_added_until_then() {
    let late = [("instalments.i1", json!({ "amount_fen": 1_000_000, "at_ms": ms(date(2024, 10, 23)), "day": "2024-12-10" }))];
    let fields = and(fined(1_000_000), &late);
    assert_eq!(on(&fields, date(2024, 10, 17)).surcharge_fen, 5 * 30_000, "before it was granted");
    assert_eq!(on(&fields, date(2024, 12, 10)).surcharge_fen, 10 * 30_000, "13 to 22 October, and nothing since");
    assert_eq!(on(&fields, date(2025, 3, 1)).surcharge_fen, 1_000_000, "both together never more than the fine");
}

#[test]
fn nothing_is_late_before_the_service_and_a_missing_calendar_is_said() {
    let unserved = and(fined(1_000_000), &[("served", Json::Null)]);
    let found = on(&unserved, late(100));
    assert_eq!((found.owed_fen, found.due, found.overdue, found.surcharge_fen), (1_000_000, None, false, 0));
    let far = and(fined(1_000_000), &[("served", json!({ "received_ms": ms(date(2031, 5, 1)), "way": "direct" }))]);
    let found = on(&far, date(2031, 9, 1));
    assert!(found.unknown.as_deref().is_some_and(|why| why.contains("2031")) && found.owed_fen == 1_000_000, "{found:?}");
}

#[test]
fn what_was_collected_on_the_spot_and_what_the_officers_told_is_paid() {
    let told = and(fined(10_000), &[("collected", json!({ "amount_fen": 10_000, "at_ms": ms(FRIDAY), "receipt": "R1" })), ("performed", json!({ "paid_fen": 10_000 }))]);
    let record = case(stage::SERVED, &told);
    assert_eq!((on(&told, FRIDAY).owed_fen, paid_on(&View::of(&record))), (0, Some(FRIDAY)), "told again, paid once");
    let more = and(fined(10_000), &[("performed", json!({ "done_ms": ms(date(2024, 10, 8)), "paid_fen": 10_000 }))]);
    assert_eq!(paid_on(&View::of(&case(stage::SERVED, &more))), Some(date(2024, 10, 8)));
    assert_eq!(paid_on(&View::of(&case(stage::SERVED, &fined(10_000)))), None);
}

#[test]
fn a_file_is_kept_by_what_happened_in_the_case() {
    let class = |fields: &[(&str, Json)]| file_class(&View::of(&case(stage::CLOSED, fields)));
    assert_eq!(class(&[("procedure", json!("simple"))]), "simple");
    assert_eq!(class(&[]), "general");
    for major in [("weighty", json!(["impact"])), ("hearing", json!({ "ended_ms": 5 })), ("remedies.r", json!({ "filed": "2024-10-08", "kind": "suit" }))] {
        assert_eq!(class(&[("procedure", json!("general")), major.clone()]), "major", "{major:?}");
    }
}

fn window_of(fields: &[(&str, Json)]) -> Option<Window> {
    let (record, book) = (case(stage::URGED, fields), book());
    window(&View::of(&record), &book, &Calendar::of(&book)).unwrap()
}

#[test]
fn aml_53_the_court_can_be_asked_for_three_months_after_the_six_of_the_suit() {
    let found = window_of(&fined(1_000_000)).unwrap();
    assert_eq!((found.began, found.opens, found.closes), (Some(date(2025, 3, 27)), Some(date(2025, 3, 28)), Some(date(2025, 6, 27))), "served + 6 months, + 3 months");
    assert!(!found.contains(date(2025, 4, 1)), "not without an urging");
    let urged = and(fined(1_000_000), &[("urge", json!({ "served_ms": ms(date(2025, 3, 20)), "way": "direct" }))]);
    let found = window_of(&urged).unwrap();
    assert_eq!(found.urged_until, Some(date(2025, 4, 3)), "行政强制法 54, 69: ten working days");
    assert_eq!([date(2025, 4, 3), date(2025, 4, 4), date(2025, 6, 27), date(2025, 6, 28)].map(|day| found.contains(day)), [false, true, true, false]);
}

#[test]
fn a_remedy_moves_the_window_and_one_that_is_pending_holds_it_open() {
    let with = |remedy: Json| window_of(&and(fined(1_000_000), &[("remedies.r1", remedy)]));
    let pending = with(json!({ "filed": "2024-11-01", "kind": "review" })).unwrap();
    assert_eq!((pending.pending.as_deref(), pending.opens, pending.closes), (Some("r1"), None, None));
    let upheld = with(json!({ "ended": "2024-12-31", "filed": "2024-11-01", "kind": "review", "outcome": "upheld" })).unwrap();
    assert_eq!((upheld.began, upheld.opens, upheld.closes), (Some(date(2025, 1, 15)), Some(date(2025, 1, 16)), Some(date(2025, 4, 15))), "行政诉讼法 45: fifteen days to sue");
    let lost = with(json!({ "ended": "2025-02-10", "filed": "2024-11-01", "kind": "suit", "outcome": "upheld" })).unwrap();
    assert_eq!((lost.opens, lost.closes), (Some(date(2025, 2, 11)), Some(date(2025, 5, 10))));
    let back = with(json!({ "ended": "2024-12-31", "filed": "2024-11-01", "kind": "review", "outcome": "withdrawn" })).unwrap();
    assert_eq!(back.began, Some(date(2025, 3, 27)), "who took it back may still sue");
    assert_eq!(with(json!({ "ended": "2024-12-31", "filed": "2024-11-01", "kind": "review", "outcome": "revoked" })), None);
}

#[test]
fn apl_72_2_instalments_restart_the_window_at_their_end() {
    let parts = [("instalments.i1", json!({ "amount_fen": 1, "day": "2025-05-10" })), ("instalments.i2", json!({ "amount_fen": 2, "day": "2025-08-10" }))];
    let found = window_of(&and(fined(1_000_000), &parts)).unwrap();
    assert_eq!((found.began, found.opens, found.closes), (Some(date(2025, 8, 10)), Some(date(2025, 8, 11)), Some(date(2025, 11, 10))));
    assert_eq!(found.basis, "行政处罚法 72 第二款");
    let short = [("instalments.i1", json!({ "amount_fen": 1, "day": "2024-11-10" }))];
    assert_eq!(window_of(&and(fined(1_000_000), &short)).unwrap().began, Some(date(2025, 3, 27)), "they end before the remedies do");
}

proptest! {
    /// The surcharge never falls, never exceeds the fine, grows by at most three per cent a day; and the lines add up to what is owed.
    #[test]
    fn accounts_add_up(fen in 1_i64..5_000_000, pays in proptest::collection::vec((0_i64..120, 1_i64..600_000, 0_usize..3), 0..5), days in 0_i64..150) {
        let mut fields: Vec<(String, Json)> = fined(fen).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        for (n, (after, amount, what)) in pays.iter().enumerate() {
            let day = FRIDAY.checked_add(jiff::Span::new().days(*after)).unwrap().to_string();
            let purpose = ["fine", "surcharge", "gains"][*what];
            fields.push((format!("payments.p{n}"), json!({ "amount_fen": amount, "day": day, "for": purpose, "receipt": format!("P{n}") })));
        }
        let fields: Vec<(&str, Json)> = fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        let (today, tomorrow) = (on(&fields, late(days)), on(&fields, late(days + 1)));
        prop_assert!(today.surcharge_fen <= tomorrow.surcharge_fen && tomorrow.surcharge_fen <= fen);
        prop_assert!(tomorrow.surcharge_fen - today.surcharge_fen <= fen * 3 / 100 + 1);
        prop_assert_eq!(today.entries.iter().map(|e| e.fen).sum::<i64>(), today.owed_fen - today.overpaid_fen);
        prop_assert_eq!(today.owed_fen, today.unpaid_fine_fen + today.unpaid_surcharge_fen + today.unpaid_confiscation_fen);
    }
}
