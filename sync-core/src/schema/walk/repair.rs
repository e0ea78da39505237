//! The cases of a repair: an application by an officer for a firm that has paid and corrected.

use super::{Break, Case, Json, case, json};

fn reckoned() -> Json {
    json!({
        "category": "general", "corrected": true, "displayed": true, "duties": true, "latest": "2027-09-21", "materials": ["performance", "commitment"],
        "opens": "2026-12-21", "own": "order_36", "regime": "order_36", "shown": "yes", "stands": true, "start": "2026-09-21"
    })
}

fn applied() -> Vec<(&'static str, Json)> {
    let materials = json!([{ "kind": "commitment", "name": "信用承诺书", "sha256": "aa", "size": 9 }, { "kind": "performance", "name": "缴款凭证", "sha256": "bb", "size": 9 }]);
    let application = json!({ "at_ms": 5, "by": "chen-yifan", "channel": "officer", "commitment": "依法经营", "day": "2026-12-21", "materials": materials, "public": true });
    vec![("application", application), ("reckoned", reckoned())]
}

fn and(more: Vec<(&'static str, Json)>) -> Vec<(&'static str, Json)> {
    applied().into_iter().chain(more).collect()
}

const EARLY: &str =
    r#"{"at_ms":5,"by":"chen-yifan","channel":"officer","commitment":"依法经营","day":"2026-12-20","materials":[{"kind":"commitment"},{"kind":"performance"}],"public":true}"#;
const SILENT: &str =
    r#"{"at_ms":5,"by":"chen-yifan","channel":"officer","commitment":"依法经营","day":"2026-12-21","materials":[{"kind":"commitment"},{"kind":"performance"}],"public":false}"#;
const BARE: &str = r#"{"at_ms":5,"by":"chen-yifan","channel":"officer","commitment":"依法经营","day":"2026-12-21","materials":[{"kind":"commitment"}],"public":true}"#;
const NOBODY: &str = r#"{"at_ms":5,"channel":"officer","commitment":"依法经营","day":"2026-12-21","materials":[{"kind":"commitment"},{"kind":"performance"}],"public":true}"#;
const OWES: &str = r#"{"corrected":true,"displayed":true,"duties":false,"materials":["performance"],"opens":"2026-12-21","stands":true}"#;
const GOES_ON: &str = r#"{"displayed":true,"duties":true,"materials":["performance"],"opens":"2026-12-21","stands":true}"#;
const UNDONE: &str = r#"{"corrected":true,"displayed":true,"duties":true,"materials":["performance"],"opens":"2026-12-21","stands":false}"#;

const DUTIES: (&str, Break) = ("duties_open", Break::Fields(&[("reckoned", OWES)]));
const CORRECTED: (&str, Break) = ("not_corrected", Break::Fields(&[("reckoned", GOES_ON)]));
const STANDS: (&str, Break) = ("nothing_to_repair", Break::Fields(&[("reckoned", UNDONE)]));
const OWN: (&str, Break) = ("own_application", Break::Officer("chen-yifan"));

pub(super) fn cases() -> Vec<Case> {
    let qualified = || vec![("qualified", json!({ "day": "2026-12-21" })), ("reckoned", reckoned())];
    let mut lapsed = qualified();
    lapsed[1].1["duties"] = json!(false);
    let met = r#"{"corrected":true,"displayed":true,"duties":true,"materials":[],"opens":"2026-12-21","stands":true}"#;
    vec![
        case("qualify", qualified(), vec![("repair_early", Break::Fields(&[("qualified", r#"{"day":"2026-12-20"}"#)])), DUTIES, CORRECTED, STANDS]),
        case("disqualify", lapsed, vec![("still_eligible", Break::Fields(Vec::leak(vec![("reckoned", met)])))]),
        case(
            "apply",
            applied(),
            vec![
                ("no_repair_application", Break::Fields(&[("application", NOBODY)])),
                ("repair_early", Break::Fields(&[("application", EARLY)])),
                DUTIES,
                CORRECTED,
                STANDS,
                ("no_commitment", Break::Fields(&[("application", SILENT)])),
                ("materials_missing", Break::Fields(&[("application", BARE)])),
            ],
        ),
        case(
            "accept",
            and(vec![("acceptance", json!({ "accepted": true, "at_ms": 6, "by": "legal" }))]),
            vec![("no_acceptance", Break::Fields(&[("acceptance", r#"{"accepted":false,"at_ms":6}"#)])), OWN],
        ),
        case(
            "return",
            and(vec![("acceptance", json!({ "accepted": false, "at_ms": 6, "by": "legal", "reason": "缴款凭证不清" }))]),
            vec![("no_reason", Break::Fields(&[("acceptance", r#"{"accepted":false,"at_ms":6,"reason":" "}"#)])), OWN],
        ),
        case("review", and(vec![("review", json!({ "at_ms": 7, "by": "legal" }))]), vec![("no_reviewer", Break::Fields(&[("review", r#"{"at_ms":7}"#)])), OWN]),
        Case {
            part: Some("1"),
            ..case(
                "extend",
                and(vec![("extensions.1", json!({ "at_ms": 8, "by": "head", "reason": "需核实履行情况" }))]),
                vec![("no_extension", Break::Fields(&[("extensions.1", r#"{"at_ms":8,"reason":""}"#)]))],
            )
        },
        case(
            "approve",
            and(vec![("result", json!({ "approved": true, "at_ms": 9, "by": "head" }))]),
            vec![("no_repair_result", Break::Fields(&[("result", r#"{"approved":false,"at_ms":9}"#)])), OWN, DUTIES, CORRECTED],
        ),
        case(
            "refuse",
            and(vec![("result", json!({ "approved": false, "at_ms": 9, "by": "head", "reason": "承诺内容不实" }))]),
            vec![("no_reason", Break::Fields(&[("result", r#"{"approved":false,"at_ms":9}"#)])), OWN],
        ),
        case(
            "sync",
            and(vec![("synced", json!({ "at_ms": 10, "key": "k", "receipt": "XYZJ-1" }))]),
            vec![("no_sync_receipt", Break::Fields(&[("synced", r#"{"at_ms":10,"key":"k"}"#)]))],
        ),
        case(
            "revoke_repair",
            and(vec![("revocation", json!({ "at_ms": 11, "by": "head", "evidence": "现场照片", "reason": "承诺整改而未整改" }))]),
            vec![("no_false_commitment", Break::Fields(&[("revocation", r#"{"at_ms":11,"reason":"x"}"#)]))],
        ),
        case("cease", and(vec![("ceased", json!({ "at_ms": 12, "reason": "决定被撤销" }))]), vec![("no_reason", Break::Fields(&[("ceased", r#"{"at_ms":12}"#)]))]),
    ]
}
