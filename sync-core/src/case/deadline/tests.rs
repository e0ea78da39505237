use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::base::date::{date, next, start_of};
use crate::case::execution::tests::{FRIDAY, and, book, case, fined, ms, with_policy};
use crate::case::stage;

const HOUR: i64 = 3_600_000;

fn all(stage: &str, fields: &[(&str, Json)]) -> Vec<Due> {
    let record = case(stage, fields);
    deadlines(&View::of(&record), &book())
}

fn one(stage: &str, fields: &[(&str, Json)], code: &str) -> Due {
    all(stage, fields).into_iter().find(|due| due.code == code).unwrap_or_else(|| panic!("{code} does not run"))
}

fn day(stage: &str, fields: &[(&str, Json)], code: &str) -> Option<Date> {
    one(stage, fields, code).due
}

fn none(stage: &str, fields: &[(&str, Json)], code: &str) {
    assert!(all(stage, fields).iter().all(|due| due.code != code), "{code}");
}

fn filed(on: &str) -> (&'static str, Json) {
    ("filed_date", json!(on))
}

#[test]
fn every_clock_has_a_code_of_its_own_words_and_a_policy_that_there_is() {
    let mut codes = std::collections::BTreeSet::new();
    for clock in CLOCKS {
        assert!(codes.insert(clock.code) && !clock.zh.is_empty() && !clock.en.is_empty(), "{}", clock.code);
        assert!(clock.policy.map_or(!clock.basis.is_empty(), |key| crate::law::policy::known(key).is_some()), "{}: a policy or a basis", clock.code);
        assert!(crate::law::policy::known(clock.alerts).is_some(), "{}", clock.code);
    }
    assert!(clock("general").is_some() && clock("nothing").is_none());
    assert_eq!(all(stage::CLUE, &[]), [], "a case of which nothing is known has no days");
}

#[test]
fn a_clue_is_checked_within_fifteen_days_and_ten_more_with_approval() {
    let found = ("found_date", json!("2024-07-10"));
    assert_eq!(day(stage::CLUE, std::slice::from_ref(&found), "check"), Some(date(2024, 7, 25)));
    let longer = [found.clone(), ("extensions.check-head", json!({ "of": "check", "way": "head" }))];
    assert_eq!(day(stage::CLUE, &longer, "check"), Some(date(2024, 8, 4)), "住建部令55; a Sunday: the organ's own day does not move");
    assert_eq!(one(stage::FILED, &[found.clone(), filed("2024-07-15")], "check").done, Some(date(2024, 7, 15)));
    let declined = [found, ("opinions.not_file.head", json!({ "agrees": true, "at_ms": ms(date(2024, 7, 12)), "by": "head" }))];
    assert_eq!(one(stage::NOT_FILED, &declined, "check").done, Some(date(2024, 7, 12)));
}

#[test]
fn apl_60_ninety_days_from_the_filing_shown_unmoved() {
    let due = one(stage::INVESTIGATING, &[filed("2024-07-15")], "general");
    assert_eq!((due.due, due.unshifted, due.done), (Some(date(2024, 10, 13)), Some(date(2024, 10, 13)), None), "a Sunday");
    assert_eq!(due.alert, Some(date(2024, 10, 6)), "seven days before");
    assert!(!due.is_overdue(date(2024, 10, 13)) && due.is_overdue(date(2024, 10, 14)));
    let decided = [filed("2024-07-15"), ("decided_date", json!("2024-09-25"))];
    assert_eq!(one(stage::DECIDED, &decided, "general").done, Some(date(2024, 9, 25)));
    assert_eq!(one(stage::INVESTIGATING, &decided, "general").done, None, "reopened, it is not decided");
    assert!(!one(stage::DECIDED, &decided, "general").is_overdue(date(2030, 1, 1)));
}

#[test]
fn the_ninety_days_are_longer_by_thirty_from_the_head_and_sixty_by_discussion() {
    let head = ("extensions.general-head", json!({ "of": "general", "way": "head" }));
    let both = [filed("2024-07-15"), head.clone(), ("extensions.general-collective", json!({ "way": "collective" }))];
    assert_eq!(day(stage::INVESTIGATING, &both[..2], "general"), Some(date(2024, 11, 12)));
    assert_eq!(day(stage::INVESTIGATING, &both, "general"), Some(date(2025, 1, 11)));
    let twice = [filed("2024-07-15"), head, ("extensions.again", json!({ "of": "general", "way": "head" }))];
    assert_eq!(day(stage::INVESTIGATING, &twice, "general"), Some(date(2024, 11, 12)), "once");
    let other = [filed("2024-07-15"), ("extensions.m1", json!({ "of": "m1", "way": "head" }))];
    assert_eq!(day(stage::INVESTIGATING, &other, "general"), Some(date(2024, 10, 13)), "of a seizure");
}

#[test]
fn hearing_test_appraisal_and_notice_do_not_count_and_a_suspension_never_does() {
    let stop = |ground: &str| [filed("2024-07-15"), ("standstills.s", json!({ "from": "2024-08-01", "ground": ground, "until": "2024-08-11" }))];
    for ground in ["hearing", "test", "appraisal", "announcement", "suspension"] {
        assert_eq!(day(stage::INVESTIGATING, &stop(ground), "general"), Some(date(2024, 10, 23)), "{ground}");
    }
    assert_eq!(day(stage::INVESTIGATING, &stop("agreement"), "general"), Some(date(2024, 10, 13)), "that is of the execution");
    let open = [filed("2024-07-15"), ("standstills.s", json!({ "from": "2024-08-01", "ground": "suspension" }))];
    let due = one(stage::SUSPENDED, &open, "general");
    assert_eq!((due.due, due.stands), (None, Some(date(2024, 8, 1))));
    // What does not count is policy.
    let record = case(stage::INVESTIGATING, &stop("hearing"));
    let strict = with_policy("penalty.general.excluded", &json!({ "choices": ["test"] }));
    let due = deadlines(&View::of(&record), &strict).into_iter().find(|due| due.code == "general").unwrap();
    assert_eq!(due.due, Some(date(2024, 10, 13)));
}

#[test]
fn fast_handling_takes_seven_working_days_and_a_conversion_keeps_the_ninety() {
    let running = [filed("2024-09-27"), ("fast", json!({ "started_ms": ms(FRIDAY) }))];
    assert_eq!(day(stage::FAST_RUNNING, &running, "fast"), Some(date(2024, 10, 12)));
    assert_eq!(day(stage::FAST_RUNNING, &running, "general"), Some(date(2024, 12, 26)));
    let converted = [filed("2024-09-27"), ("fast", json!({ "converted_ms": ms(date(2024, 9, 30)), "started_ms": ms(FRIDAY) }))];
    assert_eq!(one(stage::CONVERTED, &converted, "fast").done, Some(date(2024, 9, 30)));
    assert_eq!(
        (one(stage::CONVERTED, &converted, "general").began, day(stage::CONVERTED, &converted, "general")),
        (FRIDAY, Some(date(2024, 12, 26))),
        "行政处罚法 60: from the first filing"
    );
    none(stage::INVESTIGATING, &[filed("2024-09-27")], "fast");
}

#[test]
fn a_legal_review_runs_from_when_it_is_asked_for_or_a_hearing_ended() {
    let asked = ("opinions.review_legality.handler", json!({ "agrees": true, "at_ms": ms(FRIDAY), "by": "a" }));
    assert_eq!(day(stage::CASE_REVIEWED, std::slice::from_ref(&asked), "legal_review"), Some(date(2024, 10, 10)));
    let heard = [asked, ("hearing", json!({ "ended_ms": ms(date(2024, 10, 8)) })), ("legal_review", json!({ "at_ms": ms(date(2024, 9, 28)), "outcome": "agree" }))];
    let due = one(stage::HEARD, &heard, "legal_review");
    assert_eq!((due.began, due.due, due.done), (date(2024, 10, 8), Some(date(2024, 10, 14)), None), "行政处罚法 58: after the hearing anew");
}

#[test]
fn apl_44_64_the_party_has_five_working_days_and_what_is_not_used_is_no_lateness() {
    let told = ("pre_notice", json!({ "hearing_told": true, "served_ms": ms(FRIDAY) }));
    for code in ["statement", "hearing_request"] {
        let due = one(stage::PRE_NOTICED, std::slice::from_ref(&told), code);
        assert_eq!((due.due, due.right, due.is_overdue(date(2025, 1, 1))), (Some(date(2024, 10, 10)), true, false), "{code}");
        assert_eq!(one(stage::DEFENCE_CLOSED, std::slice::from_ref(&told), code).done, Some(date(2024, 10, 10)), "{code}");
    }
    let used = [told, ("defence", json!({ "at_ms": ms(date(2024, 9, 30)), "statement": "…" })), ("hearing", json!({ "requested_ms": ms(date(2024, 10, 9)) }))];
    assert_eq!(one(stage::PRE_NOTICED, &used, "statement").done, Some(date(2024, 9, 30)));
    assert_eq!(one(stage::PRE_NOTICED, &used, "hearing_request").done, Some(date(2024, 10, 9)));
    none(stage::PRE_NOTICED, &[("pre_notice", json!({ "served_ms": ms(FRIDAY) }))], "hearing_request");
}

#[test]
fn apl_64_a_hearing_is_told_seven_working_days_before() {
    let held = |on: Date, told: Option<Date>| {
        let mut hearing = json!({ "at_ms": ms(on), "requested_ms": ms(date(2024, 9, 20)) });
        told.iter().for_each(|told| hearing["notice_ms"] = json!(ms(*told)));
        one(stage::HEARING, &[("hearing", hearing)], "hearing_notice")
    };
    assert_eq!(held(date(2024, 10, 12), None).due, Some(date(2024, 9, 28)), "from the Saturday that is off seven working days end on 12 October, as from the Friday");
    assert_eq!(held(date(2024, 10, 12), Some(FRIDAY)).done, Some(FRIDAY));
}

#[test]
fn apl_61_a_decision_is_served_in_seven_working_days_and_a_changed_one_anew() {
    let decided = ("decided_date", json!("2024-09-27"));
    assert_eq!(day(stage::DECIDED, std::slice::from_ref(&decided), "serve"), Some(date(2024, 10, 12)));
    let posted = [decided.clone(), ("served", json!({ "posted": "2024-10-09", "reason": "下落不明", "way": "public_notice" }))];
    assert_eq!(one(stage::DECIDED, &posted, "serve").done, Some(date(2024, 10, 9)), "the organ did its part by posting");
    let changed = and(fined(1_000_000), &[decided, ("ended", json!({ "at_ms": ms(date(2024, 11, 4)), "authority": "复议决定" }))]);
    let due = one(stage::CHANGED, &changed, "serve");
    assert_eq!((due.began, due.due, due.done), (date(2024, 11, 4), Some(date(2024, 11, 13)), None), "what was served was the old one");
}

#[test]
fn apl_56_aml_25_what_was_taken_is_decided_on_in_time_and_tests_do_not_count() {
    let measures = [
        ("measures.m1", json!({ "began_ms": ms(FRIDAY), "kind": "registration" })),
        ("measures.m2", json!({ "began_ms": ms(FRIDAY), "kind": "seizure", "urgent": true })),
        ("measures.m3", json!({ "kind": "seizure" })),
        ("measures.m4", json!({ "began_ms": ms(FRIDAY), "kind": "appraisal", "term": "2024-10-06" })),
    ];
    let found = |more: &[(&str, Json)], code: &str| one(stage::INVESTIGATING, &[&measures[..], more].concat(), code);
    assert_eq!((found(&[], "registration").due, &*found(&[], "registration").about), (Some(date(2024, 10, 12)), "m1"));
    assert_eq!((found(&[], "seizure").due, &*found(&[], "seizure").about), (Some(date(2024, 10, 27)), "m2"));
    assert_eq!(found(&[("extensions.e", json!({ "of": "m2", "way": "head" }))], "seizure").due, Some(date(2024, 11, 26)));
    assert_eq!(found(&[("standstills.s", json!({ "from": "2024-10-01", "ground": "test", "until": "2024-10-06" }))], "seizure").due, Some(date(2024, 11, 1)));
    assert_eq!(found(&[("standstills.s", json!({ "from": "2024-10-01", "ground": "hearing", "until": "2024-10-06" }))], "seizure").due, Some(date(2024, 10, 27)));
    assert_eq!(found(&[("rulings.m1", json!({ "at_ms": ms(date(2024, 10, 8)), "disposal": "returned", "of": "m1" }))], "registration").done, Some(date(2024, 10, 8)));
    let report = found(&[], "seizure_report");
    assert_eq!((report.at_ms, report.due), (Some(ms(FRIDAY) + 24 * HOUR), Some(date(2024, 9, 28))), "行政强制法 19: by the hour");
    assert_eq!(found(&[], "appraisal").due, Some(date(2024, 10, 6)));
}

#[test]
fn order_730_a_crime_is_decided_on_in_three_days_handed_over_in_a_day_and_answered_in_three() {
    let decided = ms(date(2024, 9, 30));
    let crime = |members: Json| {
        let mut all = json!({ "decided_ms": decided, "suspected_ms": ms(FRIDAY), "transferred": true });
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        [("crime", all)]
    };
    let first = crime(json!({}));
    assert_eq!((day(stage::INVESTIGATING, &first, "crime_decide"), one(stage::INVESTIGATING, &first, "crime_decide").done), (Some(date(2024, 9, 30)), Some(date(2024, 9, 30))));
    let due = one(stage::INVESTIGATING, &first, "crime_transfer");
    assert_eq!((due.at_ms, due.due, due.done), (Some(decided + 24 * HOUR), Some(date(2024, 10, 1)), None), "to the millisecond, holidays or not");
    let sent = crime(json!({ "transferred_ms": decided + HOUR }));
    assert_eq!(day(stage::TO_POLICE, &sent, "police_answer"), Some(date(2024, 10, 3)));
    let filed = crime(json!({ "answer": "filed", "answered_ms": ms(date(2024, 10, 2)), "transferred_ms": decided }));
    assert_eq!(day(stage::TO_POLICE, &filed, "crime_property"), Some(date(2024, 10, 5)));
    none(stage::TO_POLICE, &filed, "crime_objection");
    let declined = crime(json!({ "answer": "declined", "answered_ms": ms(date(2024, 10, 2)), "transferred_ms": decided }));
    assert_eq!(day(stage::TO_POLICE, &declined, "crime_objection"), Some(date(2024, 10, 5)));
    none(stage::TO_POLICE, &declined, "crime_property");
}

#[test]
fn a_penalty_on_the_spot_is_reported_in_three_and_its_fine_handed_in_and_banked_in_two_working_days() {
    let spot = [
        ("collected", json!({ "amount_fen": 10_000, "at_ms": ms(FRIDAY), "handed_in_ms": ms(date(2024, 9, 30)), "receipt": "R1" })),
        ("decided_date", json!("2024-09-27")),
        ("papers.p1", json!({ "at_ms": ms(FRIDAY), "type": "spot_decision" })),
        ("penalty", json!({ "amount_fen": 10_000, "kind": "fine" })),
        ("procedure", json!("simple")),
    ];
    assert_eq!(day(stage::SERVED, &spot, "simple_report"), Some(date(2024, 10, 8)), "27 September, then 29 and 30 and, after the holidays, 8 October");
    assert_eq!((day(stage::SERVED, &spot, "hand_in"), one(stage::SERVED, &spot, "hand_in").done), (Some(date(2024, 9, 30)), Some(date(2024, 9, 30))));
    assert_eq!((day(stage::SERVED, &spot, "bank"), one(stage::SERVED, &spot, "bank").done), (Some(date(2024, 10, 9)), None));
    none(stage::SERVED, &spot, "general");
}

#[test]
fn apl_67_fifteen_days_to_pay_move_off_a_holiday_for_the_party() {
    assert_eq!(day(stage::SERVED, &fined(1_000_000), "pay"), Some(date(2024, 10, 12)), "a make-up working day");
    let earlier = and(fined(1_000_000), &[("decided_date", json!("2024-09-01")), ("served", json!({ "received_ms": ms(date(2024, 9, 18)), "way": "direct" }))]);
    let due = one(stage::SERVED, &earlier, "pay");
    assert_eq!((due.unshifted, due.due), (Some(date(2024, 10, 3)), Some(date(2024, 10, 8))));
    let paid = and(fined(1_000_000), &[("payments.a", json!({ "amount_fen": 1_000_000, "day": "2024-10-08", "for": "fine", "receipt": "P" }))]);
    assert_eq!(one(stage::SERVED, &paid, "pay").done, Some(date(2024, 10, 8)));
    let notice = and(fined(1_000_000), &[("served", json!({ "posted": "2024-10-09", "reason": "下落不明", "way": "public_notice" }))]);
    assert_eq!(one(stage::SERVED, &notice, "pay").began, date(2024, 11, 8), "from the day on which the notice took effect");
    let parts = and(fined(1_000_000), &[("instalments.i1", json!({ "amount_fen": 1_000_000, "day": "2024-11-10" }))]);
    none(stage::SERVED, &parts, "pay");
    assert_eq!((day(stage::SERVED, &parts, "instalment"), &*one(stage::SERVED, &parts, "instalment").about), (Some(date(2024, 11, 11)), "i1"), "a Sunday moves");
}

#[test]
fn remedies_and_the_window_of_the_court_follow_from_the_service() {
    let urged = and(fined(1_000_000), &[("urge", json!({ "served_ms": ms(FRIDAY), "way": "direct" }))]);
    assert_eq!(day(stage::URGED, &urged, "urge_wait"), Some(date(2024, 10, 16)), "行政强制法 54: ten working days");
    assert_eq!(day(stage::URGED, &urged, "review"), Some(date(2024, 11, 26)), "行政复议法 20: sixty days");
    assert_eq!(day(stage::URGED, &urged, "suit"), Some(date(2025, 3, 27)), "行政诉讼法 46: six months");
    let window = one(stage::URGED, &urged, "court_window");
    assert_eq!((window.due, window.alert), (Some(date(2025, 6, 27)), Some(date(2025, 4, 28))), "行政强制法 53; near from sixty days before");
    let pending = and(urged.clone(), &[("remedies.r1", json!({ "filed": "2024-11-01", "kind": "review" }))]);
    assert_eq!((one(stage::URGED, &pending, "court_window").stands, one(stage::URGED, &pending, "review").done), (Some(date(2024, 11, 1)), Some(date(2024, 11, 1))));
    let upheld = and(urged.clone(), &[("remedies.r1", json!({ "ended": "2024-12-31", "filed": "2024-11-01", "kind": "review", "outcome": "upheld" }))]);
    assert_eq!(day(stage::URGED, &upheld, "suit_after_review"), Some(date(2025, 1, 15)));
    assert_eq!(day(stage::URGED, &upheld, "court_window"), Some(date(2025, 4, 15)));
    let applied = and(urged, &[("court", json!({ "applied_ms": ms(date(2025, 4, 1)), "court": "宁波市鄞州区人民法院" }))]);
    assert_eq!(one(stage::COURT_APPLIED, &applied, "court_window").done, Some(date(2025, 4, 1)));
    none(stage::SERVED, &and(fined(0), &[]), "court_window");
}

#[test]
fn publicity_takes_seven_working_days_other_results_twenty_and_a_withdrawal_three() {
    assert_eq!(day(stage::SERVED, &fined(1_000_000), "publish"), Some(date(2024, 10, 10)), "from the decision of 25 September");
    none(stage::SERVED, &fined(1_000_000), "publish_other");
    let spared = [("decided_date", json!("2024-09-27")), ("exemption", json!({ "clause": "first_time", "reason": "…" }))];
    assert_eq!(day(stage::NOT_PUNISHED, &spared, "publish_other"), Some(date(2024, 10, 30)));
    let published = and(fined(1_000_000), &[("publicity", json!({ "at_ms": ms(date(2024, 10, 8)), "state": "published" }))]);
    assert_eq!(one(stage::SERVED, &published, "publish").done, Some(date(2024, 10, 8)));
    let revoked = and(published, &[("ended", json!({ "at_ms": ms(date(2024, 11, 4)), "authority": "复议决定" }))]);
    assert_eq!((day(stage::REVOKED, &revoked, "publicity_withdraw"), one(stage::REVOKED, &revoked, "publicity_withdraw").done), (Some(date(2024, 11, 7)), None), "行政处罚法 48");
    let withdrawn = and(revoked, &[("publicity", json!({ "at_ms": ms(date(2024, 10, 8)), "state": "withdrawn", "withdrawn_ms": ms(date(2024, 11, 6)) }))]);
    assert_eq!(one(stage::REVOKED, &withdrawn, "publicity_withdraw").done, Some(date(2024, 11, 6)));
}

#[test]
fn a_closed_case_goes_to_the_archive_in_thirty_days() {
    let closed = [("opinions.close.head", json!({ "agrees": true, "at_ms": ms(FRIDAY), "by": "head" }))];
    assert_eq!(day(stage::CLOSED, &closed, "archive"), Some(date(2024, 10, 27)));
    let archived = [closed[0].clone(), ("archive", json!({ "at_ms": ms(date(2024, 10, 9)), "pages": 9 }))];
    assert_eq!(one(stage::ARCHIVED, &archived, "archive").done, Some(date(2024, 10, 9)));
}

#[test]
fn an_order_to_correct_runs_to_its_own_day_and_ends_with_the_recheck() {
    let order = |more: Json| {
        let mut all = json!({ "deadline": "2024-10-03", "demand": "清理", "served_ms": ms(FRIDAY) });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        [("order", all)]
    };
    assert_eq!(day(stage::INVESTIGATING, &order(json!({})), "correct"), Some(date(2024, 10, 8)), "a holiday moves");
    assert_eq!(one(stage::INVESTIGATING, &order(json!({ "recheck": "corrected", "rechecked_ms": ms(date(2024, 10, 8)) })), "correct").done, Some(date(2024, 10, 8)));
}

#[test]
fn what_cannot_be_reckoned_says_why_and_stays_open() {
    let due = one(stage::SERVED, &and(fined(1_000_000), &[("served", json!({ "received_ms": ms(date(2031, 5, 1)), "way": "direct" }))]), "pay");
    assert!(due.is_open() && due.due.is_none() && due.unknown.as_deref().is_some_and(|why| why.contains("2031")), "{due:?}");
    assert_eq!(nearest(&[due]), None);
    let dues = all(stage::SERVED, &fined(1_000_000));
    assert_eq!(nearest(&dues).map(|due| due.code), Some("publish"), "{dues:?}");
}

#[test]
fn a_policy_of_another_length_moves_what_begins_under_it() {
    let record = case(stage::INVESTIGATING, &[filed("2024-07-15")]);
    let longer = with_policy("penalty.general", &json!({ "period": { "count": 120, "unit": "calendar_days" } }));
    let due = deadlines(&View::of(&record), &longer).into_iter().find(|due| due.code == "general").unwrap();
    assert_eq!((due.due, &*due.basis), (Some(date(2024, 11, 12)), "测试"));
}

fn working(day: Date) -> bool {
    Calendar::of(&book()).is_working_day(day).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A last day of the party's is a working day and none before the unmoved one is skipped; the organ's is the unmoved day.
    #[test]
    fn no_day_is_on_the_wrong_side_of_a_holiday(after in 0_i64..1_200) {
        let from = date(2023, 1, 3).checked_add(jiff::Span::new().days(after)).unwrap();
        let fields = and(fined(1_000_000), &[
            ("decided_date", json!(from.to_string())),
            filed("2023-01-02"),
            ("served", json!({ "received_ms": ms(from), "way": "direct" })),
            ("pre_notice", json!({ "hearing_told": true, "served_ms": ms(from) })),
            ("urge", json!({ "served_ms": ms(from), "way": "direct" })),
            ("measures.m1", json!({ "began_ms": ms(from), "kind": "seizure" })),
        ]);
        for due in all(stage::URGED, &fields) {
            let (Some(last), Some(unmoved)) = (due.due, due.unshifted) else { continue };
            if due.side == Side::Party {
                prop_assert!(working(last), "{} ends on {last}", due.code);
                let mut between = unmoved;
                while between < last {
                    prop_assert!(!working(between), "{}: {between} was worked, and it ends on {last}", due.code);
                    between = next(between);
                }
            } else {
                prop_assert_eq!(last, unmoved, "{}", due.code);
            }
            prop_assert!(due.alert.is_none_or(|alert| due.began <= alert && alert <= last), "{}: {:?}", due.code, due.alert);
        }
    }

    /// Days that do not count make the period longer by exactly as many days as are in it, each once.
    #[test]
    fn a_suspension_adds_exactly_its_length(starts in proptest::collection::vec((0_i64..85, 1_i64..40), 0..4), head: bool) {
        let from = date(2024, 7, 15);
        let add = |days: i64| from.checked_add(jiff::Span::new().days(days)).unwrap();
        let mut fields: Vec<(String, Json)> = vec![("filed_date".into(), json!(from.to_string()))];
        if head {
            fields.push(("extensions.general-head".into(), json!({ "of": "general", "way": "head" })));
        }
        let mut out = std::collections::BTreeSet::new();
        for (n, (start, length)) in starts.iter().enumerate() {
            let ground = ["hearing", "test", "appraisal", "suspension"][n];
            fields.push((format!("standstills.s{n}"), json!({ "from": add(*start).to_string(), "ground": ground, "until": add(start + length).to_string() })));
            out.extend((*start..start + length).filter(|day| *day > 0));
        }
        let fields: Vec<(&str, Json)> = fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        let last = day(stage::INVESTIGATING, &fields, "general").unwrap();
        // The oracle counts days that count one by one.
        let (mut at, mut left) = (0, if head { 120 } else { 90 });
        while left > 0 {
            at += 1;
            left -= i64::from(!out.contains(&at));
        }
        prop_assert_eq!(last, add(at));
        let inside = out.iter().filter(|day| **day <= at).count() as i64;
        prop_assert_eq!(last, add((if head { 120 } else { 90 }) + inside), "exactly its length");
    }
}

#[test]
fn an_instant_late_at_night_belongs_to_its_day_in_shanghai() {
    let late = start_of(FRIDAY).0 + 23 * HOUR + 59 * 60_000;
    let served = |at: i64| and(fined(1_000_000), &[("served", json!({ "received_ms": at, "way": "direct" }))]);
    assert_eq!(one(stage::SERVED, &served(late), "pay").began, FRIDAY);
    assert_eq!(one(stage::SERVED, &served(late + 60_000), "pay").began, date(2024, 9, 28));
}
