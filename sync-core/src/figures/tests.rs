use serde_json::json;

use super::*;
use crate::record::Value;

fn record(kind: &str, stage: &str, fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), kind, stage);
    let edits: Vec<_> = fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
    record.preview(&edits);
    record
}

/// 2024-09-27, ten o'clock.
const AT: i64 = 1_727_402_400_000;

fn joint() -> Vec<(&'static str, Json)> {
    vec![
        ("organs.enforcement", json!({ "kind": "special_own", "plan": "joint" })),
        ("organs.water", json!({ "kind": "special_own" })),
        ("participants.li", json!({ "checked_in_ms": AT, "code_shown": true })),
        ("subjects.00000000000000000000000000000005", json!({ "name": "甲" })),
        ("subjects.00000000000000000000000000000006", json!({ "name": "乙" })),
        ("unit", json!("squad-1")),
    ]
}

fn with(fields: Vec<(&'static str, Json)>, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    fields.into_iter().chain(more.iter().cloned()).collect()
}

fn count(record: &Record, what: &str) -> usize {
    facts(record).iter().filter(|f| f.what == what).count()
}

#[test]
fn a_joint_visit_of_two_organs_to_two_firms_spares_each_of_them_one() {
    let visit = record("visit", "RECORDING", &joint());
    assert_eq!(["visit", "joint", "planned", "spared", "code_shown", "problem"].map(|what| count(&visit, what)), [4, 4, 2, 2, 4, 0]);
    assert!(facts(&visit).iter().all(|f| f.day == crate::base::date::date(2024, 9, 27) && f.unit.as_deref() == Some("squad-1")));
}

#[test]
fn visits_for_one_task_on_one_day_are_one_round_and_guidance_is_no_inspection() {
    let round = |more: &[(&'static str, Json)]| facts(&record("visit", "RECORDING", &with(joint(), more))).into_iter().find(|f| f.what == "joint_round").map(|f| f.about);
    assert_eq!(round(&[("task", json!("春季联合检查"))]).as_deref(), Some("春季联合检查 2024-09-27 squad-1"));
    assert_eq!(round(&[]), Some(RecordId(1).to_string()), "without a task it is a round of its own");
    let guidance = record("visit", "RECORDING", &with(joint(), &[("mode", json!("guidance")), ("answers.a", json!({ "result": "bad" })), ("support.1", json!({ "text": "x" }))]));
    assert_eq!(facts(&guidance).iter().map(|f| f.what).collect::<Vec<_>>(), ["support"], "domain.md §4");
}

#[test]
fn what_did_not_take_place_or_is_a_test_says_nothing() {
    let merged = [("joined_into", json!("00000000000000000000000000000009"))];
    assert_eq!(facts(&record("visit", "CREATED", &joint())), []);
    assert_eq!(facts(&record("visit", "CANCELLED", &joint())), []);
    assert_eq!(facts(&record("visit", "RECORDING", &with(joint(), &merged))), [], "it counts as the one that it was joined into");
    assert_eq!(facts(&record("visit", "RECORDING", &with(joint(), &[("tags.test", json!(true))]))), []);
    let cancelled = record("visit", "CANCELLED", &with(joint(), &merged));
    assert_eq!((facts(&cancelled).len(), count(&cancelled, "spared")), (4, 4), "a duplicate of two organs to two firms");
}

#[test]
fn what_an_invitation_brought_is_counted_on_its_visit_alone() {
    let found = [
        ("advice.1", json!({ "advice": "x" })),
        ("answers.a", json!({ "result": "ok" })),
        ("answers.b", json!({ "result": "bad" })),
        ("answers.c", json!({ "result": "na" })),
        ("opinions.1", json!({ "fact": "x" })),
        ("opinions.2", json!({ "fact": "y" })),
    ];
    let plain = record("visit", "RECORDING", &with(joint(), &found));
    assert_eq!(["examined", "opined", "advised", "invited", "problem"].map(|what| count(&plain, what)), [0, 0, 0, 0, 4]);
    let invited = record("visit", "RECORDING", &with(with(joint(), &found), &[("source", json!({ "kind": "invitation" }))]));
    assert_eq!(["examined", "opined", "advised", "invited", "problem"].map(|what| count(&invited, what)), [2, 2, 1, 2, 4]);
    let asked = [("day", json!("2024-04-10")), ("firm", json!("00000000000000000000000000000005"))];
    assert_eq!((count(&record("invitation", "CLAIMED", &asked), "invitation"), count(&record("invitation", "WITHDRAWN", &asked), "invitation")), (1, 0));
}

#[test]
fn a_case_counts_by_the_days_of_its_filing_and_decision() {
    let fields = [
        ("decided_date", json!("2024-04-18")),
        ("fast", json!({ "started_ms": AT })),
        ("filed_date", json!("2024-04-11")),
        ("matter", json!("UM-008")),
        ("penalty", json!({ "kind": "fine", "amount_fen": 1 })),
        ("unit", json!("squad-1")),
    ];
    let case = record("case", "SERVED", &fields);
    let of = |case: &Record| facts(case).into_iter().map(|f| (f.what, f.amount)).collect::<Vec<_>>();
    assert_eq!(of(&case), [("case_decided", 1), ("case_fast", 7), ("case_filed", 1), ("case_punished", 1), ("clue", 1)]);
    assert_eq!(of(&record("case", "REVOKED", &fields)), [("case_filed", 1), ("clue", 1)], "a decision that was taken back is none");
    let converted = with(
        fields[..1].to_vec(),
        &[("fast", json!({ "converted_ms": AT, "started_ms": AT })), ("filed_date", json!("2024-04-11")), ("exemption", json!({ "clause": "first_time" }))],
    );
    assert_eq!(of(&record("case", "NOT_PUNISHED", &converted)), [("case_decided", 1), ("case_filed", 1), ("case_first", 1), ("case_ordinary", 7), ("clue", 1)]);
    let lost = with(
        fields.to_vec(),
        &[
            ("remedies.a", json!({ "ended": "2024-06-01", "kind": "review", "outcome": "changed" })),
            ("remedies.b", json!({ "ended": "2024-06-01", "kind": "suit", "outcome": "upheld" })),
        ],
    );
    assert_eq!([count(&record("case", "SERVED", &lost), "remedy"), count(&record("case", "SERVED", &lost), "remedy_lost")], [2, 1]);
}

#[test]
fn a_course_counts_letters_on_their_day_and_teachers_once_it_was_held() {
    let letter = |domain: &str, asked: &str| json!({ "asked_day": asked, "domain": domain });
    let fields = [
        ("attendance.chen", json!({ "ms": AT })),
        ("credits.chen", json!({ "hours": 2 })),
        ("credits.lin", json!({ "hours": 0 })),
        ("day", json!("2024-05-20")),
        ("invitations.emergency", letter("emergency", "2024-05-02")),
        ("invitations.water", letter("water", "2024-05-03")),
        ("kind", json!("monthly")),
        ("lecturers.own-1", json!({ "name": "陈" })),
        ("lecturers.water-1", json!({ "department": "water", "name": "甲" })),
        ("lecturers.water-2", json!({ "department": "water", "name": "乙" })),
        ("pass", json!(80)),
        ("results.chen", json!({ "right": 4, "total": 5 })),
        ("results.lin", json!({ "right": 3, "total": 5 })),
        ("unit", json!("office")),
    ];
    let of = |stage: &str| facts(&record("course", stage, &fields)).into_iter().map(|f| (f.what, f.about, f.day.to_string(), f.organ, f.amount)).collect::<Vec<_>>();
    let letters = [
        ("training_letter", "emergency".to_owned(), "2024-05-02".to_owned(), Some("emergency".to_owned()), 1),
        ("training_letter", "water".to_owned(), "2024-05-03".to_owned(), Some("water".to_owned()), 1),
    ];
    assert_eq!(of("INVITED"), letters, "nothing is taught yet");
    assert_eq!(of("CANCELLED"), []);
    let held = of("CLOSED");
    let named: Vec<_> = held.iter().map(|(what, about, _, _, amount)| (*what, about.as_str(), *amount)).collect();
    let expected = [
        ("course", "monthly", 1),
        ("quiz", "chen", 1),
        ("quiz", "lin", 1),
        ("quiz_passed", "chen", 1),
        ("training_expert", "water 乙", 1),
        ("training_expert", "water 甲", 1),
        ("training_hours", "chen", 2),
        ("training_letter", "emergency", 1),
        ("training_letter", "water", 1),
    ];
    assert_eq!(named, expected);
}

#[test]
fn a_first_case_is_handled_with_advice_once_the_department_agrees() {
    let fields = [
        ("day", json!("2024-05-02")),
        ("former", json!("water")),
        ("lessons.1", json!({ "text": "x" })),
        ("matter", json!("UM-008")),
        ("reply", json!({ "agreed": true, "ms": AT })),
        ("unit", json!("squad-1")),
    ];
    let of = |stage: &str| facts(&record("cohandling", stage, &fields));
    assert_eq!([of("ASKED").len(), of("DECLINED").len(), of("FORGONE").len()], [0; 3]);
    let agreed = of("CONCLUDED");
    assert_eq!(agreed.iter().map(|f| f.what).collect::<Vec<_>>(), ["cohandling", "cohandling_lesson"]);
    assert!(agreed.iter().all(|f| f.day == crate::base::date::date(2024, 9, 27) && f.organ.as_deref() == Some("water") && f.matter.as_deref() == Some("UM-008")));
}
