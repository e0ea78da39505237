use serde_json::{Value as Json, json};

use super::*;
use crate::base::Date;
use crate::base::date::date;
use crate::case::execution::tests::{FRIDAY, and, book, case, fined, ms};
use crate::case::finding::findings;

fn found(stage: &str, fields: &[(&str, Json)], today: Date) -> Vec<&'static str> {
    let (record, book) = (case(stage, fields), book());
    let facts = Facts { book: &book, area: "nb-gaoxin", organ: None, today, others: &[], elsewhere: &[] };
    let ours = |code: &str| CODES.iter().any(|row| row.code == code);
    findings(&View::of(&record), &facts).into_iter().map(|f| f.code).filter(|code| ours(code) && *code != "general_overdue" && *code != "serve_late").collect()
}

fn bars(code: &str) -> &'static [&'static str] {
    CODES.iter().find(|row| row.code == code).unwrap().bars
}

const LAST: Date = date(2024, 10, 12);

#[test]
fn apl_67_nothing_lapses_before_the_last_day_of_payment_is_over() {
    assert_eq!(found("SERVED", &fined(1_000_000), LAST), ["lapse_early"]);
    assert_eq!(found("SERVED", &fined(1_000_000), date(2024, 10, 13)), ["surcharge_unpaid"]);
    assert_eq!(bars("lapse_early"), ["lapse"]);
    let parts = and(fined(1_000_000), &[("instalments.i1", json!({ "amount_fen": 1_000_000, "day": "2024-11-10" }))]);
    assert_eq!(found("SERVED", &parts, date(2024, 11, 11)), ["lapse_early"], "行政处罚法 66: put off");
    assert_eq!(found("PARTIAL", &parts, date(2024, 11, 12)), ["surcharge_unpaid"]);
    let unserved = and(fined(1_000_000), &[("served", json!({ "posted": "2024-09-20", "reason": "下落不明", "way": "public_notice" }))]);
    assert_eq!(found("SERVED", &unserved, date(2024, 10, 14)), ["lapse_early"], "the notice took effect on 20 October");
}

#[test]
fn what_is_paid_is_neither_late_nor_urged_nor_enforced() {
    let paid = and(fined(1_000_000), &[("payments.a", json!({ "amount_fen": 1_000_000, "day": "2024-10-08", "for": "fine", "receipt": "P" }))]);
    for stage in ["SERVED", "OVERDUE"] {
        assert_eq!(found(stage, &paid, date(2025, 4, 1)), ["nothing_owed"], "{stage}");
    }
    assert_eq!(bars("nothing_owed"), ["apply_court", "lapse", "urge"]);
    let ban = and(paid, &[("penalties.p", json!({ "kind": "stop_production" }))]);
    assert_eq!(found("OVERDUE", &ban, date(2025, 4, 1)), [""; 0], "a ban is enforced without money");
}

#[test]
fn aml_54_an_urging_comes_after_the_last_day_and_the_court_ten_working_days_after_it() {
    let urged = |day: Date| and(fined(1_000_000), &[("urge", json!({ "served_ms": ms(day), "way": "direct" }))]);
    assert_eq!(found("OVERDUE", &urged(LAST), date(2024, 10, 20)), ["surcharge_unpaid", "urge_early"]);
    assert_eq!(found("OVERDUE", &urged(date(2024, 10, 13)), date(2024, 10, 20)), ["surcharge_unpaid"]);
    let urged = urged(date(2025, 3, 20));
    assert_eq!(found("URGED", &urged, date(2025, 4, 3)), ["court_urge_short", "surcharge_unpaid"]);
    assert_eq!(found("URGED", &urged, date(2025, 4, 4)), ["surcharge_unpaid"]);
}

#[test]
fn aml_53_the_court_is_asked_after_the_remedies_and_within_three_months() {
    let urged = and(fined(1_000_000), &[("urge", json!({ "served_ms": ms(date(2024, 11, 1)), "way": "direct" }))]);
    assert_eq!(found("URGED", &urged, date(2025, 3, 27)), ["court_remedy_open", "surcharge_unpaid"], "served + six months is still the party's");
    assert_eq!(found("URGED", &urged, date(2025, 3, 28)), ["surcharge_unpaid"]);
    assert_eq!(found("URGED", &urged, date(2025, 6, 27)), ["surcharge_unpaid"]);
    assert_eq!(found("URGED", &urged, date(2025, 6, 28)), ["court_window_closed", "surcharge_unpaid"]);
    let pending = and(urged.clone(), &[("remedies.r", json!({ "filed": "2024-11-02", "kind": "review" }))]);
    assert!(found("URGED", &pending, date(2025, 4, 1)).contains(&"court_remedy_pending"));
    let parts = and(urged, &[("instalments.i1", json!({ "amount_fen": 1_000_000, "day": "2025-05-10" }))]);
    assert_eq!(found("URGED", &parts, date(2025, 5, 10)), ["court_instalments"], "行政处罚法 72 第二款");
    for code in ["court_urge_short", "court_remedy_open", "court_remedy_pending", "court_instalments", "court_window_closed"] {
        assert_eq!(bars(code), ["apply_court"]);
    }
}

#[test]
fn a_decision_that_a_remedy_undid_is_not_enforced_until_it_is_mended() {
    let undone = and(fined(1_000_000), &[("remedies.r", json!({ "ended": "2024-12-01", "filed": "2024-10-08", "kind": "review", "outcome": "changed" }))]);
    assert!(found("OVERDUE", &undone, date(2024, 12, 2)).contains(&"decision_undone"), "行政复议法 63");
    let mended = and(undone, &[("ended", json!({ "at_ms": ms(date(2024, 12, 5)), "authority": "复议决定" }))]);
    assert!(!found("OVERDUE", &mended, date(2024, 12, 6)).contains(&"decision_undone"));
}

#[test]
fn a_surcharge_that_is_unpaid_is_shown_and_bars_nothing() {
    let paid = and(fined(1_000_000), &[("payments.a", json!({ "amount_fen": 1_000_000, "day": "2024-10-22", "for": "fine", "receipt": "P" }))]);
    assert_eq!(found("PERFORMED", &paid, date(2024, 12, 1)), ["surcharge_unpaid"]);
    assert!(bars("surcharge_unpaid").is_empty());
    let more = and(paid, &[("payments.b", json!({ "amount_fen": 300_000, "day": "2024-11-01", "for": "surcharge", "receipt": "S" }))]);
    assert_eq!(found("PERFORMED", &more, date(2024, 12, 1)), [""; 0]);
}

#[test]
fn cpl_95_a_notice_that_still_runs_has_served_nothing() {
    let posted = and(fined(1_000_000), &[("served", json!({ "posted": "2024-09-01", "reason": "下落不明", "way": "public_notice" }))]);
    assert_eq!(found("DECIDED", &posted, date(2024, 10, 7)), ["serve_notice_running"]);
    assert_eq!(found("DECIDED", &posted, date(2024, 10, 8)), [""; 0]);
    assert_eq!(bars("serve_notice_running"), ["serve"]);
}

#[test]
fn apl_61_a_case_is_closed_with_every_service_complete() {
    let half = and(fined(1_000_000), &[("services.s1", json!({ "received_ms": 5, "way": "post" }))]);
    assert!(found("PERFORMED", &half, FRIDAY).contains(&"service_incomplete"));
    assert_eq!(bars("service_incomplete"), ["close"]);
    let stranger = and(fined(1_000_000), &[("party.name", json!("某公司"))]);
    assert!(found("SERVED", &stranger, FRIDAY).contains(&"service_relation"), "民事诉讼法 88");
}

#[test]
fn apl_28_a_case_is_closed_with_its_correction_reviewed() {
    let order = |recheck: Json| and(fined(0), &[("order", json!({ "demand": "清理", "recheck": recheck, "served_ms": 5 }))]);
    assert_eq!(found("PERFORMED", &order(json!("not_corrected")), FRIDAY), ["correction_unreviewed"]);
    assert_eq!(found("PERFORMED", &order(json!("corrected")), FRIDAY), [""; 0]);
    assert_eq!(found("ENFORCED", &order(json!("not_corrected")), FRIDAY), [""; 0], "the court ended it");
    assert_eq!(bars("correction_unreviewed"), ["close"]);
}

#[test]
fn aml_43_nothing_is_enforced_at_night_or_on_a_holiday_unless_urgent() {
    let begun = |day: Date, hour: i64, urgent: bool| {
        let at = start_of(day).0 + hour * 3_600_000;
        found("SERVED", &and(fined(0), &[("substitute", json!({ "began_ms": at, "urgent": urgent }))]), FRIDAY)
    };
    assert_eq!(begun(FRIDAY, 10, false), [""; 0]);
    for (day, hour) in [(FRIDAY, 22), (FRIDAY, 5), (date(2024, 10, 1), 10)] {
        assert_eq!(begun(day, hour, false), ["enforced_at_rest"], "{day} {hour}");
        assert_eq!(begun(day, hour, true), [""; 0], "{day} {hour}: 情况紧急的除外");
    }
    assert_eq!(begun(FRIDAY, 6, false), [""; 0], "the night is over at six");
    assert_eq!(found("SERVED", &and(fined(0), &[("substitute", json!({ "day": "2024-10-01" }))]), FRIDAY), ["enforced_at_rest"], "planned on a holiday");
}

#[test]
fn what_came_too_late_stays_shown() {
    let (book, today) = (book(), date(2024, 11, 1));
    let all = |stage: &str, fields: &[(&str, Json)]| {
        let record = case(stage, fields);
        let facts = Facts { book: &book, area: "nb-gaoxin", organ: None, today, others: &[], elsewhere: &[] };
        findings(&View::of(&record), &facts).into_iter().filter(|f| ["general_overdue", "serve_late"].contains(&f.code)).map(|f| (f.code, f.detail)).collect::<Vec<_>>()
    };
    assert_eq!(all("INVESTIGATING", &[("filed_date", json!("2024-07-15"))]), [("general_overdue", "2024-10-13".to_owned())], "行政处罚法 60");
    let late = [("decided_date", json!("2024-10-20")), ("filed_date", json!("2024-07-15")), ("served", json!({ "received_ms": ms(date(2024, 10, 31)), "way": "direct" }))];
    assert_eq!(all("SERVED", &late), [("general_overdue", "2024-10-13, 2024-10-20".to_owned()), ("serve_late", "2024-10-29, 2024-10-31".to_owned())], "行政处罚法 61");
}
