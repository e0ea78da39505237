//! The cases of a visit: one question each for water and construction, one shared by both.

use super::{Break, Case, Json, case, json};

/// The digest of a photo.
const PHOTO: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

/// A form of three questions, all answered, the photo that is wanted taken.
fn answered() -> Vec<(&'static str, Json)> {
    vec![
        ("form.h1", json!({"department": "water", "template": "site-water", "title": "水利", "version": 1})),
        ("items.F-1", json!({"covers": ["HC-1", "WR-1"], "departments": ["construction", "water"], "photo": true, "title": "泥浆排放"})),
        ("items.HC-2", json!({"covers": ["HC-2"], "departments": ["construction"], "photo": false, "title": "围挡"})),
        ("items.WR-2", json!({"covers": ["WR-2"], "departments": ["water"], "photo": true, "title": "方案"})),
        ("answers.F-1", json!({"result": "bad"})),
        ("answers.HC-2", json!({"reason": "场地封闭", "result": "unchecked"})),
        ("answers.WR-2", json!({"result": "na"})),
        ("photos.F-1.p1", json!({"sha256": PHOTO, "size": 1})),
        ("risk", json!("low")),
        ("unit", json!("dept")),
    ]
}

fn and(mut fields: Vec<(&'static str, Json)>, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    fields.extend_from_slice(more);
    fields
}

fn signed() -> Vec<(&'static str, Json)> {
    and(answered(), &[("$seal.construction", json!({"act": "sign"})), ("$seal.water", json!({"act": "sign"}))])
}

fn on_site() -> Vec<(&'static str, Json)> {
    vec![
        ("participants.lead", json!({"certificate": "33990000001", "checked_in_ms": 5, "code_shown": true, "role": "lead"})),
        ("participants.second", json!({"certificate": "33990000002", "checked_in_ms": 5, "role": "officer"})),
        ("participants.helper", json!({"checked_in_ms": 5, "role": "auxiliary"})),
        ("code", json!({"no": "XW-330299-enforcement-20261122-000001-0", "seq": 1, "series": "XW-enforcement-2026"})),
    ]
}

/// The party's name with a signature of two strokes on glass.
fn party() -> Vec<(&'static str, Json)> {
    vec![
        ("party", json!({"name": "王工", "signature": "s1"})),
        ("signatures.s1", json!({"by": "王工", "h": 300, "role": "party", "strokes": [[1, 1, 5, 9], [7, 7, 9, 2, 11, 4]], "w": 600})),
    ]
}

/// Everything that closing asks for beside its orders.
fn closing() -> Vec<(&'static str, Json)> {
    let file = json!({"at_ms": 5, "by": "lead", "sha256": PHOTO, "size": 1});
    and(answered(), &[("files.a", file), ("lead", json!("lead")), ("flags.repeat.x", json!({"code": "repeat", "settled": "分两次确有必要", "weight": "block"}))])
}

const AWAITED: (&str, Break) = ("evidence_awaited", Break::Fields(&[("files.a", "null")]));
const NOT_LEAD: (&str, Break) = ("not_the_lead", Break::Officer("second"));
const NOT_MADE_UP: (&str, Break) = ("formalities_due", Break::Fields(&[("urgent", r#"{"at_ms":5,"reason":"塌方"}"#)]));
const FLAGGED: (&str, Break) = ("flags_open", Break::Fields(&[("flags.repeat.x", r#"{"code":"repeat","weight":"block"}"#)]));

const OPEN: Break = Break::Fields(&[("answers.HC-2", r#"{"result":"unchecked"}"#)]);
const NO_PHOTO: Break = Break::Fields(&[("photos.F-1.p1", "null")]);
const UNSIGNED: Break = Break::Fields(&[("items.FR-1", r#"{"departments":["fire"],"title":"消防"}"#), ("answers.FR-1", r#"{"result":"ok"}"#)]);

pub(super) fn cases() -> Vec<Case> {
    let order = ("orders.o1", json!({"deadline": "2026-12-01", "demand": "清理", "department": "water", "items": ["F-1"]}));
    vec![
        case(
            "approve",
            vec![("site.name", json!("新达工地")), ("unit", json!("squad-juxian")), ("organs.fire", json!({"kind": "daily", "matters": ["FR-1"], "plan": "plan-2026"}))],
            vec![
                ("no_site", Break::Fields(&[("site.name", "null")])),
                ("no_unit", Break::Fields(&[("unit", "null")])),
                ("no_plan", Break::Fields(&[("organs.fire", r#"{"kind":"daily"}"#)])),
            ],
        ),
        case("notify", vec![("notice", json!({"ground": "突击检查", "way": "no_prior_notice"}))], vec![("no_notice", Break::Fields(&[("notice", r#"{"way":"served"}"#)]))]),
        case(
            "check_in",
            on_site(),
            vec![
                ("two_officers", Break::Fields(&[("participants.second", r#"{"certificate":"33990000002","checked_in_ms":5,"role":"auxiliary"}"#)])),
                ("no_code", Break::Fields(&[("code", "null")])),
                ("code_not_shown", Break::Fields(&[("participants.lead", r#"{"certificate":"33990000001","checked_in_ms":5,"role":"lead"}"#)])),
                ("outside_fence", Break::Fields(&[("fence", r#"{"lat_e7":299020000,"lon_e7":1216480000,"radius_m":50}"#)])),
            ],
        ),
        case(
            "start_urgent",
            and(on_site(), &[("site.name", json!("新达工地")), ("urgent", json!({"at_ms": 5, "reason": "基坑塌方险情"}))]),
            vec![
                ("no_urgent_ground", Break::Fields(&[("urgent", r#"{"at_ms":5}"#)])),
                ("no_site", Break::Fields(&[("site.name", "null")])),
                ("two_officers", Break::Fields(&[("recusals.second", r#"{"reason":"亲属"}"#)])),
                ("no_code", Break::Fields(&[("code", "null")])),
                ("code_not_shown", Break::Fields(&[("participants.lead", r#"{"certificate":"33990000001","checked_in_ms":5,"role":"lead"}"#)])),
                ("outside_fence", Break::Fields(&[("fence", r#"{"lat_e7":299020000,"lon_e7":1216480000,"radius_m":50}"#)])),
            ],
        ),
        case("record", answered(), vec![("no_form", Break::Fields(&[("form.h1", "null")]))]),
        Case {
            part: Some("construction"),
            ..case(
                "sign",
                and(
                    answered(),
                    &[("participants.lead", json!({"department": "construction", "role": "lead"})), ("participants.fire", json!({"department": "fire", "role": "officer"}))],
                ),
                vec![
                    ("not_a_department", Break::PartOf("fire", "fire")),
                    ("not_of_department", Break::Officer("fire")),
                    ("items_open", OPEN),
                    ("photos_missing", NO_PHOTO),
                    ("items_contested", Break::Contest("answers.HC-2", r#"{"result":"ok"}"#)),
                ],
            )
        },
        case(
            "party_sign",
            and(signed(), &party()),
            vec![
                ("items_open", OPEN),
                ("photos_missing", NO_PHOTO),
                ("department_unsigned", UNSIGNED),
                ("no_party", Break::Fields(&[("party", r#"{"name":"王工","refused":true,"signature":"s1"}"#)])),
                ("no_signature", Break::Fields(&[("signatures.s1", r#"{"by":"王工","strokes":[[]]}"#)])),
            ],
        ),
        case(
            "party_refuse",
            and(signed(), &[("party", json!({"refused": true, "witness": "居委会李某"}))]),
            vec![("items_open", OPEN), ("photos_missing", NO_PHOTO), ("department_unsigned", UNSIGNED), ("no_witness", Break::Fields(&[("party", r#"{"refused":true}"#)]))],
        ),
        case(
            "issue_result",
            and(answered(), &[("mode", json!("guidance")), ("result", json!({"conclusion": "一项不符合", "delivered_ms": 7}))]),
            vec![("not_guidance", Break::Fields(&[("mode", r#""daily""#)])), ("items_open", OPEN), ("no_result", Break::Fields(&[("result", r#"{"conclusion":"一项不符合"}"#)]))],
        ),
        case(
            "order",
            and(answered(), std::slice::from_ref(&order)),
            vec![("no_order", Break::Fields(&[("orders.o1", r#"{"demand":"清理"}"#)])), ("guidance", Break::Fields(&[("mode", r#""guidance""#)]))],
        ),
        case(
            "review",
            and(answered(), &[order, ("rechecks.o1", json!({"result": "corrected"}))]),
            vec![("recheck_missing", Break::Fields(&[("rechecks.o1", r#"{"result":"extended"}"#)]))],
        ),
        case("close", closing(), vec![NOT_LEAD, ("orders_open", Break::Fields(&[("orders.o1", r#"{"demand":"清理"}"#)])), NOT_MADE_UP, FLAGGED, AWAITED]),
        case("raise_clue", vec![("clues.c1", json!({"fact": "泥浆入河", "items": ["WR-010"]}))], vec![("no_clue", Break::Fields(&[("clues.c1", "null")]))]),
        Case {
            reason: Some("同日重复检查"),
            ..case(
                "join",
                vec![("joined_into", json!("5a1e0000000000000000000000000009"))],
                vec![("no_reason", Break::NoReason), ("no_target", Break::Fields(&[("joined_into", "null")]))],
            )
        },
        Case { reason: Some("企业停业"), ..case("cancel", Vec::new(), vec![("no_reason", Break::NoReason)]) },
        Case { reason: Some("对象不符"), ..case("abort", Vec::new(), vec![("no_reason", Break::NoReason)]) },
        Case { reason: Some("漏签"), ..case("reopen", Vec::new(), vec![("no_reason", Break::NoReason)]) },
    ]
}
