//! The cases of a case.

use super::{Break, Case, Json, case, json};

fn clue() -> Vec<(&'static str, Json)> {
    vec![("clue", json!({"fact": "泥浆入河", "source": "inspection"})), ("opinion", json!("同意")), ("unit", json!("squad-juxian"))]
}

fn merits() -> Vec<(&'static str, Json)> {
    vec![
        ("evidence.e1", json!({"fact": "泥浆入河", "kind": "audiovisual", "sha256": "00"})),
        ("facts", json!("向河道排放泥浆")),
        ("opinion", json!("同意")),
        ("party.name", json!("某建设公司")),
        ("penalty", json!({"amount_fen": 2_000_000, "basis": "第一千一百三十六条", "kind": "fine"})),
    ]
}

fn and(mut fields: Vec<(&'static str, Json)>, more: (&'static str, Json)) -> Vec<(&'static str, Json)> {
    fields.push(more);
    fields
}

const NO_OPINION: (&str, Break) = ("no_opinion", Break::Fields(&[("opinion", "\" \"")]));

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("file", clue(), vec![("no_clue", Break::Fields(&[("clue", r#"{"fact":"泥浆入河"}"#)])), ("no_unit", Break::Fields(&[("unit", "null")])), NO_OPINION]),
        case("not_file", clue(), vec![NO_OPINION]),
        case("transfer", clue(), vec![NO_OPINION]),
        case(
            "investigate",
            vec![
                ("handlers.a", json!({"certificate": "33990000001", "role": "lead"})),
                ("handlers.b", json!({"certificate": "33990000002", "role": "officer"})),
                ("handlers.c", json!({"role": "auxiliary"})),
            ],
            vec![("two_officers", Break::Fields(&[("handlers.b", "null")]))],
        ),
        case("conclude", merits(), vec![("no_facts", Break::Fields(&[("facts", "null")])), ("no_evidence", Break::Fields(&[("evidence.e1", r#"{"kind":"audiovisual"}"#)]))]),
        case(
            "pre_notice",
            and(merits(), ("pre_notice", json!({"served_ms": 5}))),
            vec![("no_penalty", Break::Fields(&[("penalty", r#"{"basis":"x","kind":"fine"}"#)])), ("no_pre_notice", Break::Fields(&[("pre_notice", "null")]))],
        ),
        case("close_defence", vec![("defence", json!({"waived": true}))], vec![("defence_open", Break::Fields(&[("defence", r#"{"waived":false}"#)]))]),
        case("decide", merits(), vec![("no_penalty", Break::Fields(&[("penalty", "null")])), NO_OPINION]),
        case("not_punish", merits(), vec![NO_OPINION]),
        case("serve", vec![("served", json!({"received_ms": 5, "way": "direct"}))], vec![("not_served", Break::Fields(&[("served", r#"{"way":"post"}"#)]))]),
        case(
            "perform",
            and(merits(), ("performed", json!({"corrected": true, "paid_fen": 2_000_000}))),
            vec![("not_performed", Break::Fields(&[("performed", r#"{"corrected":true,"paid_fen":1999999}"#)]))],
        ),
        case("close", merits(), vec![NO_OPINION]),
        Case { reason: Some("认定有误"), ..case("withdraw", Vec::new(), vec![("no_reason", Break::NoReason)]) },
        Case { reason: Some("法院撤销"), ..case("reopen", Vec::new(), vec![("no_reason", Break::NoReason)]) },
    ]
}
