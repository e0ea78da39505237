//! The cases of a liaison: two departments asked, both of which have replied.

use super::{Break, Case, Json, case, json};

fn replied() -> Vec<(&'static str, Json)> {
    vec![
        ("organs.fire", json!({"unit": "fire-unit"})),
        ("organs.water", json!({"unit": "water-unit"})),
        ("replies.fire", json!({"agreed": true, "by": "ren-tianyu", "ms": 5, "text": "同意派员"})),
        ("replies.water", json!({"agreed": false, "by": "shen-qiuyue", "ms": 6, "text": "当日无人员"})),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            part: Some("fire"),
            ..case(
                "reply",
                replied(),
                vec![("not_asked", Break::PartOf("lead", "labour")), ("no_reply", Break::Fields(&[("replies.fire", r#"{"agreed":true,"ms":5,"text":" "}"#)]))],
            )
        },
        case("complete", replied(), vec![("unanswered", Break::Fields(&[("replies.water", "null")]))]),
        case("close", Vec::new(), Vec::new()),
        Case { reason: Some("事项已办结"), ..case("withdraw", Vec::new(), vec![("no_reason", Break::NoReason)]) },
    ]
}
