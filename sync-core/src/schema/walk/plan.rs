//! The cases of a plan. The head wrote every field; what stands first was written first, so the submission goes before the
//! opinions on it.

use super::{Break, Case, Json, case, json};

const ENTRY: &str = r#"{"area":"juxian","basis":"年度检查计划","from":"2026-01-05","kind":"daily","matters":["FR-001"],"minutes":60,"mode":"on_site","object":"site-1","officers":2,"risk":"low","to":"2026-01-30","visits":1}"#;

fn draft() -> Vec<(&'static str, Json)> {
    vec![
        ("entries.e1", serde_json::from_str(ENTRY).unwrap()),
        ("organ", json!("fire")),
        ("unit", json!("dept-fire")),
        ("window", json!({"from": "2026-01-01", "to": "2026-12-31"})),
        ("submitted", json!({"day": "2025-12-20"})),
    ]
}

fn and(mut fields: Vec<(&'static str, Json)>, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    fields.extend_from_slice(more);
    fields
}

fn reviewed() -> Vec<(&'static str, Json)> {
    and(draft(), &[("opinion.legal", json!({"agree": true, "text": "同意"}))])
}

fn discussed() -> Vec<(&'static str, Json)> {
    and(reviewed(), &[("opinion.discussion", json!({"held": "2025-12-25", "members": ["a", "b", "c"], "minutes": "一致同意", "passed": true}))])
}

/// The same entry, one minute longer: sound, and written after the submission.
const CHANGED: (&str, Break) = (
    "entries_changed",
    Break::Fields(&[(
        "entries.e1",
        r#"{"area":"juxian","basis":"年度检查计划","from":"2026-01-05","kind":"daily","matters":["FR-001"],"minutes":61,"mode":"on_site","object":"site-1","officers":2,"risk":"low","to":"2026-01-30","visits":1}"#,
    )]),
);
const NO_LEGAL: (&str, Break) = ("no_legal_opinion", Break::Fields(&[("opinion.legal", r#"{"agree":false,"text":"缺少依据"}"#)]));
const NO_DISCUSSION: (&str, Break) = ("no_discussion", Break::Fields(&[("opinion.discussion", r#"{"members":["a","a"],"minutes":"一致同意","passed":true}"#)]));
const OWN: (&str, Break) = ("own_submission", Break::Officer("head"));

fn submitting() -> Vec<(&'static str, Break)> {
    vec![
        ("no_organ", Break::Fields(&[("organ", "null")])),
        ("no_unit", Break::Fields(&[("unit", "null")])),
        ("no_window", Break::Fields(&[("window", r#"{"from":"2026-12-31","to":"2026-01-01"}"#)])),
        ("no_entries", Break::Fields(&[("entries.e1", "null")])),
        ("entry_flawed", Break::Fields(&[("window", r#"{"from":"2026-02-01","to":"2026-12-31"}"#)])),
        ("no_submission", Break::Fields(&[("opinion.legal", r#"{"agree":true,"text":"同意"}"#)])),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("submit", draft(), submitting()),
        case("match", draft(), vec![CHANGED]),
        case("review", and(draft(), &[("matching", json!("m1"))]), vec![("no_matching", Break::Fields(&[("matching", "null")])), CHANGED]),
        case("discuss", reviewed(), vec![NO_LEGAL, CHANGED, OWN]),
        case(
            "approve",
            and(discussed(), &[("approval", json!({"opinion": "同意"}))]),
            vec![NO_LEGAL, NO_DISCUSSION, ("no_opinion", Break::Fields(&[("approval", r#"{"opinion":" "}"#)])), CHANGED, OWN],
        ),
        case(
            "publish",
            and(discussed(), &[("published", json!({"day": "2025-12-30", "place": "管委会网站"}))]),
            vec![NO_LEGAL, NO_DISCUSSION, ("not_published", Break::Fields(&[("published", r#"{"day":"2025-12-30"}"#)]))],
        ),
        Case { reason: Some("上级新增专项任务"), ..case("adjust", discussed(), vec![("no_reason", Break::NoReason)]) },
        case("resubmit", draft(), submitting()),
        case("execute", discussed(), Vec::new()),
        case("close", and(discussed(), &[("report", json!("全部完成"))]), vec![("not_reported", Break::Fields(&[("report", r#"" ""#)]))]),
        Case { reason: Some("条目依据不足"), ..case("send_back", draft(), vec![("no_reason", Break::NoReason)]) },
    ]
}
