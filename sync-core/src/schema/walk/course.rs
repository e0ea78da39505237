//! The cases of a course: two departments asked, one of which teaches.

use super::{Break, Case, Json, case, json};

fn invited() -> Vec<(&'static str, Json)> {
    vec![
        ("invitations.emergency", json!({"asked_day": "2024-05-06", "domain": "emergency", "ms": 1, "unit": "emergency-unit"})),
        ("invitations.water", json!({"asked_day": "2024-05-06", "domain": "water", "ms": 1, "unit": "water-unit"})),
        ("replies.emergency", json!({"accepted": false, "by": "ren-tianyu", "ms": 5, "text": "本月无讲师"})),
        ("replies.water", json!({"accepted": true, "by": "shen-qiuyue", "day": "2024-05-17", "ms": 6})),
    ]
}

fn settled() -> Vec<(&'static str, Json)> {
    let mut all = invited();
    all.extend([
        ("day", json!("2024-05-17")),
        ("from_ms", json!(1_715_911_200_000_i64)),
        ("hours", json!(3)),
        ("kind", json!("monthly")),
        ("lecturers.water-1", json!({"department": "water", "name": "何清源"})),
        ("place", json!("执法队三楼会议室")),
        ("title", json!("涉水领域执法")),
        ("until_ms", json!(1_715_918_400_000_i64)),
    ]);
    all
}

fn attended() -> Vec<(&'static str, Json)> {
    vec![
        ("credits.chen-yifan", json!({"hours": 3, "ms": 9})),
        ("hours", json!(3)),
        ("verdicts.chen-yifan", json!({"arrived_ms": 8, "signed_ms": 7, "word": "right"})),
        ("verdicts.lin-xiaohe", json!({"arrived_ms": 8, "signed_ms": 7, "word": "wrong_code"})),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("invite", invited(), vec![("no_invitation", Break::Fields(&[("invitations.emergency", "null"), ("invitations.water", "null")]))]),
        Case {
            part: Some("water"),
            ..case("reply", invited(), vec![("not_invited", Break::PartOf("lead", "labour")), ("no_reply", Break::Fields(&[("replies.water", r#"{"accepted":true}"#)]))])
        },
        case(
            "schedule",
            settled(),
            vec![
                ("unanswered", Break::Fields(&[("replies.emergency", "null")])),
                ("no_programme", Break::Fields(&[("until_ms", "1")])),
                ("no_lecturer", Break::Fields(&[("lecturers.water-1", r#"{"department":"water","name":" "}"#)])),
            ],
        ),
        case("hold", attended(), vec![("no_attendance", Break::Fields(&[("verdicts.chen-yifan", r#"{"word":"outside"}"#)]))]),
        case("close", attended(), vec![("uncredited", Break::Fields(&[("credits.chen-yifan", "null")]))]),
        Case { reason: Some("讲师改期"), ..case("cancel", Vec::new(), vec![("no_reason", Break::NoReason)]) },
    ]
}
