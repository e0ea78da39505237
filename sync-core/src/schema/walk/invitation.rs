//! The cases of an invitation: four departments, of which one may have declined.

use super::{Break, Case, Json, case, json};

fn asked() -> Vec<(&'static str, Json)> {
    vec![
        ("departments.fire", json!({"asked_ms": 5, "unit": "fire-unit"})),
        ("departments.water", json!({"asked_ms": 5, "declined": "不涉水", "declined_ms": 6, "unit": "water-unit"})),
    ]
}

fn claimed() -> Vec<(&'static str, Json)> {
    vec![
        ("departments.fire", json!({"asked_ms": 5, "claimed_ms": 7, "officer": "ren-tianyu", "unit": "fire-unit"})),
        ("departments.water", json!({"asked_ms": 5, "declined": "不涉水", "declined_ms": 6, "unit": "water-unit"})),
    ]
}

fn and(mut fields: Vec<(&'static str, Json)>, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    fields.extend_from_slice(more);
    fields
}

const UNCLAIMED: &str = r#"{"asked_ms":5,"unit":"fire-unit"}"#;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "accept",
            vec![("firm.name", json!("某建设公司")), ("mode", json!("guidance")), ("site", json!("5a1e0000000000000000000000000001")), ("topics", json!(["fire-safety"]))],
            vec![
                ("no_firm", Break::Fields(&[("firm.name", "null")])),
                ("no_site", Break::Fields(&[("site", "null")])),
                ("no_topics", Break::Fields(&[("topics", "[]")])),
                ("no_mode", Break::Fields(&[("mode", "null")])),
            ],
        ),
        Case { reason: Some("不在服务范围"), ..case("reject", Vec::new(), vec![("no_reason", Break::NoReason)]) },
        case("dispatch", asked(), vec![("no_department", Break::Fields(&[("departments.fire", r#"{"declined":"人手不足","unit":"fire-unit"}"#)]))]),
        Case {
            part: Some("fire"),
            ..case("claim", claimed(), vec![("not_invited", Break::PartOf("lead", "labour")), ("no_claim", Break::Fields(&[("departments.fire", UNCLAIMED)]))])
        },
        Case {
            part: Some("water"),
            reason: Some("不涉水"),
            ..case(
                "decline",
                asked(),
                vec![
                    ("not_invited", Break::PartOf("lead", "labour")),
                    ("no_decline", Break::Fields(&[("departments.water", r#"{"claimed_ms":7,"declined":"不涉水","unit":"water-unit"}"#)])),
                    ("no_reason", Break::NoReason),
                ],
            )
        },
        case("assemble", claimed(), vec![("unclaimed", Break::Fields(&[("departments.fire", UNCLAIMED)]))]),
        case(
            "schedule",
            and(claimed(), &[("lead", json!("fire")), ("planned_date", json!("2026-10-09"))]),
            vec![("no_date", Break::Fields(&[("planned_date", "null")])), ("no_lead", Break::Fields(&[("lead", r#""water""#)]))],
        ),
        case("arrive", vec![("visit", json!("5a1e0000000000000000000000000009"))], vec![("no_visit", Break::Fields(&[("visit", "null")]))]),
        case(
            "report",
            vec![("report", json!({"advice": 11, "issued_ms": 9, "items": 8, "opinions": 9, "summary": "总体规范"}))],
            vec![("no_report", Break::Fields(&[("report", r#"{"issued_ms":9,"summary":" "}"#)]))],
        ),
        case(
            "rectify",
            vec![("report", json!({"issued_ms": 9, "opinions": 9, "summary": "总体规范"}))],
            vec![("no_opinions", Break::Fields(&[("report", r#"{"issued_ms":9,"opinions":0}"#)]))],
        ),
        case(
            "follow_up",
            vec![("report", json!({"issued_ms": 9, "opinions": 0, "summary": "无问题"})), ("follow_up", json!({"corrected": 0, "done_ms": 10, "open": 0}))],
            vec![
                ("no_follow_up", Break::Fields(&[("follow_up", r#"{"text":"电话未接"}"#)])),
                ("opinions_unaccounted", Break::Fields(&[("follow_up", r#"{"corrected":1,"done_ms":10,"open":0}"#)])),
                ("opinions_open", Break::Fields(&[("report", r#"{"issued_ms":9,"opinions":2,"summary":"两处问题"}"#)])),
            ],
        ),
        case("rate", vec![("rating", json!({"ms": 11, "score": 5}))], vec![("no_rating", Break::Fields(&[("rating", r#"{"text":"好"}"#)]))]),
        Case { reason: Some("企业未评价"), ..case("close", Vec::new(), vec![("no_reason", Break::NoReason)]) },
        case("withdraw", Vec::new(), Vec::new()),
    ]
}
