//! The cases of a co-handling: a water case of a squad, on which the water department advises.

use super::{Break, Case, Json, case, json};

fn advised() -> Vec<(&'static str, Json)> {
    vec![
        ("advisors.shen-qiuyue", json!({"department": "water", "name": "沈秋月"})),
        ("deciders.chen-yifan", json!({"case": "c1"})),
        ("lessons.1", json!({"by": "chen-yifan", "ms": 9, "text": "先测流速，再定取样点"})),
        ("reply", json!({"agreed": true, "by": "shen-qiuyue", "ms": 5})),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "ask",
            vec![("former", json!("water")), ("former_unit", json!("water-unit")), ("request", json!({"by": "head", "ms": 1, "text": "请派员指导"}))],
            vec![("no_department", Break::Fields(&[("former_unit", "null")])), ("no_request", Break::Fields(&[("request", r#"{"text":" "}"#)]))],
        ),
        Case { reason: Some("案情简单"), ..case("forgo", Vec::new(), vec![("no_reason", Break::NoReason)]) },
        case(
            "agree",
            advised(),
            vec![
                ("no_reply", Break::Fields(&[("reply", r#"{"agreed":false}"#)])),
                ("no_advisor", Break::Fields(&[("advisors.shen-qiuyue", "null")])),
                ("advisor_decides", Break::Fields(&[("deciders.shen-qiuyue", r#"{"case":"c1"}"#)])),
            ],
        ),
        case("decline", vec![("reply", json!({"agreed": false, "by": "shen-qiuyue", "ms": 5, "text": "人员不足"}))], vec![("no_reply", Break::Fields(&[("reply", "null")]))]),
        case(
            "conclude",
            advised(),
            vec![("no_lessons", Break::Fields(&[("lessons.1", r#"{"text":""}"#)])), ("advisor_decides", Break::Fields(&[("deciders.shen-qiuyue", r#"{"case":"c1"}"#)]))],
        ),
    ]
}
