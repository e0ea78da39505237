//! The cases of a case.

use super::{Break, Case, Json, case, json};

type Fields = Vec<(&'static str, Json)>;
type Breaks = Vec<(&'static str, Break)>;

fn and(parts: &[Fields]) -> Fields {
    let mut out: Fields = Vec::new();
    for (key, value) in parts.iter().flatten() {
        out.retain(|(known, _)| known != key);
        out.push((key, value.clone()));
    }
    out
}

/// An act that a head approves: his opinion, and the two ways in which it is none.
fn approved(act: &'static str, met: Fields, mut breaks: Breaks, [head, handler]: [&'static str; 2], barred: bool) -> Case {
    let met = and(&[met, handlers(), vec![(head, json!({"agrees": true, "at_ms": 5, "by": "head", "text": "同意"}))]]);
    // The keys of the two breaks are `'static`, so each act's are spelt out where it is listed.
    breaks.push(("no_opinion", Break::Fields(leak(vec![(head, r#"{"agrees":false,"by":"head"}"#)]))));
    breaks.push(("own_submission", Break::Fields(leak(vec![(handler, r#"{"agrees":true,"by":"head"}"#)]))));
    if barred {
        breaks.push(barred_by(act));
    }
    case(act, met, breaks)
}

fn leak(fields: Vec<(&'static str, &'static str)>) -> &'static [(&'static str, &'static str)] {
    Vec::leak(fields)
}

/// A finding that bars an act, and one that bars another.
fn barred_by(act: &'static str) -> (&'static str, Break) {
    let flag = format!(r#"{{"bars":["{act}"],"code":"x","weight":"block"}}"#);
    ("flags_open", Break::Fields(leak(vec![("flags.x", String::leak(flag))])))
}

fn handlers() -> Fields {
    vec![
        ("handlers.a", json!({"certificate": "33990000001", "role": "lead"})),
        ("handlers.b", json!({"certificate": "33990000002", "role": "officer"})),
        ("handlers.c", json!({"role": "auxiliary"})),
        ("flags.other", json!({"bars": ["nothing"], "code": "other", "weight": "block"})),
        ("flags.settled", json!({"bars": ["file", "decide"], "code": "settled", "settled": "已核", "weight": "block"})),
    ]
}

fn clue() -> Fields {
    vec![("clue", json!({"fact": "泥浆入河", "source": "inspection"})), ("unit", json!("squad-juxian"))]
}

fn signature() -> Fields {
    vec![("signatures.s1", json!({"by": "王某", "h": 100, "strokes": [[1, 1, 9, 9]], "w": 100}))]
}

fn evidence() -> Fields {
    vec![
        ("elements.m1", json!({"evidence": ["e1"], "fact": "向河道排放泥浆"})),
        ("evidence.e1", json!({"fact": "泥浆入河", "kind": "audiovisual", "sha256": "00"})),
        ("verified.e1", json!({"at_ms": 5, "by": "reviewer"})),
    ]
}

/// A recording whose original the office has, and one of which it is on record that it never comes.
fn received() -> Fields {
    let (there, lost) = ("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFA");
    vec![
        ("evidence.e2", json!({"fact": "泥浆入河", "kind": "audiovisual", "sha256": there})),
        ("evidence.e3", json!({"fact": "泥浆入河", "kind": "audiovisual", "sha256": lost})),
        ("files.a", json!({"at_ms": 5, "by": "lead", "sha256": there, "size": 9})),
        ("files.b", json!({"at_ms": 5, "by": "reviewer", "lost": "执法终端落水", "sha256": lost})),
    ]
}

fn merits() -> Fields {
    vec![
        ("discretion", json!({"reason": "情节一般", "suggested_max": 3_000_000, "suggested_min": 1_000_000})),
        ("facts", json!("向河道排放泥浆")),
        ("party.name", json!("某建设公司")),
        ("penalty", json!({"amount_fen": 2_000_000, "basis": "第一千一百三十六条", "kind": "fine"})),
        ("penalties.p1", json!({"amount_fen": 50_000, "basis": "第一千一百三十六条", "kind": "confiscation"})),
    ]
}

fn noticed() -> Fields {
    vec![("pre_notice", json!({"amount_fen": 2_000_000, "confiscation_fen": 50_000, "hearing_told": true, "kinds": ["fine", "confiscation"], "served_ms": 5}))]
}

fn defended() -> Fields {
    and(&[signature(), vec![("defence", json!({"signature": "s1", "waived": true}))]])
}

fn hearing() -> Fields {
    vec![("hearing", json!({"at_ms": 9, "chair": "chair", "ended_ms": 10, "notice_ms": 6, "opinion": "维持", "place": "一号会议室", "record": "……", "requested_ms": 5}))]
}

fn reviewed() -> Fields {
    vec![("legal_review", json!({"at_ms": 20, "by": "legal", "certificate": "A2019", "outcome": "agree"}))]
}

fn served() -> Fields {
    and(&[signature(), vec![("served", json!({"received_ms": 5, "signature": "s1", "to": "王某", "way": "direct"}))]])
}

/// The decision with the advice and the notice of credit repair, on one receipt.
fn together() -> Fields {
    let document = |sort: &str| json!({"state": "sealed", "type": sort});
    let documents = vec![
        ("companions", json!({"day": "2026-09-21", "documents": ["compliance_advice", "repair_notice"], "except": ["public_notice"]})),
        ("documents.a", document("penalty_decision")),
        ("documents.b", document("compliance_advice")),
        ("documents.c", document("repair_notice")),
        ("served", json!({"documents": ["a", "b", "c"], "received_ms": 5, "signature": "s1", "to": "王某", "way": "direct"})),
    ];
    and(&[served(), documents])
}

fn paid() -> Fields {
    and(&[merits(), vec![("payments.y1", json!({"amount_fen": 2_050_000, "day": "2024-10-10", "for": "fine"})), ("performed", json!({"corrected": true}))]])
}

fn undone() -> Fields {
    vec![("ended", json!({"at_ms": 5, "authority": "市政府复议决定", "reason": "事实不清"}))]
}

/// A recording that was announced and never handed in.
const AWAITED: (&str, Break) =
    ("evidence_awaited", Break::Fields(&[("evidence.e9", r#"{"fact":"沿途遗撒","kind":"audiovisual","sha256":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFE"}"#)]));
const NO_REASON: (&str, Break) = ("no_reason", Break::NoReason);
const NO_FACTS: (&str, Break) = ("no_facts", Break::Fields(&[("facts", "null")]));
const NO_CLUE: (&str, Break) = ("no_clue", Break::Fields(&[("clue", r#"{"fact":"泥浆入河"}"#)]));
const NO_UNIT: (&str, Break) = ("no_unit", Break::Fields(&[("unit", "null")]));
const TWO: (&str, Break) = ("two_officers", Break::Fields(&[("recusals.b", r#"{"reason":"近亲属"}"#)]));
const FILED: (&str, Break) = ("already_filed", Break::Fields(&[("filed_date", "\"2024-07-15\"")]));
const MEASURE: (&str, Break) = ("measure_open", Break::Fields(&[("measures.m1", r#"{"kind":"registration"}"#)]));
const NO_PENALTY: (&str, Break) = ("no_penalty", Break::Fields(&[("penalty", r#"{"amount_fen":2000000,"kind":"fine"}"#)]));
const NO_LAW: (&str, Break) = ("law_not_chosen", Break::Fields(&[("law_choice", r#"{"now_clause":"新","then_clause":"旧"}"#)]));
const DEVIATES: (&str, Break) = ("no_discretion", Break::Fields(&[("discretion", r#"{"reason":"从重","suggested_max":1500000,"suggested_min":1000000}"#)]));
const HEAVIER: (&str, Break) =
    ("heavier_than_noticed", Break::Fields(&[("pre_notice", r#"{"amount_fen":1999999,"confiscation_fen":50000,"kinds":["fine","confiscation"],"served_ms":5}"#)]));
const UNSIGNED: (&str, Break) = ("not_served", Break::Fields(&[("served", r#"{"documents":["a","b","c"],"received_ms":5,"to":"王某","way":"direct"}"#)]));
const APART: (&str, Break) = ("documents_apart", Break::Fields(&[("documents.c", r#"{"state":"numbered","type":"repair_notice"}"#)]));

fn notice(act: &'static str) -> Case {
    let incomplete = ("notice_incomplete", Break::Fields(&[("pre_notice", r#"{"amount_fen":2000000,"kinds":["fine"],"served_ms":5}"#)]));
    let none = ("no_pre_notice", Break::Fields(&[("pre_notice", r#"{"amount_fen":2000000,"kinds":["fine","confiscation"]}"#)]));
    case(act, and(&[merits(), noticed()]), vec![NO_PENALTY, NO_LAW, DEVIATES, none, incomplete])
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = gate();
    all.extend(investigation());
    all.extend(decision());
    all.extend(execution());
    all.extend(fast());
    all
}

fn gate() -> Vec<Case> {
    let spot = and(&[
        clue(),
        handlers(),
        merits(),
        signature(),
        vec![
            ("papers.d1", json!({"number": {"no": "甬高新综执当罚字〔2024〕第0001号"}, "type": "spot_decision"})),
            ("penalty", json!({"amount_fen": 200_000, "basis": "第三十条", "kind": "fine"})),
            ("penalties.p1", Json::Null),
            ("simple", json!({"certificates_shown": true, "heard": true, "signature": "s1"})),
        ],
    ]);
    let crime = || vec![("crime", json!({"decided_ms": 9, "suspected_ms": 5, "to": "公安分局", "transferred": true}))];
    vec![
        approved(
            "file",
            clue(),
            vec![NO_CLUE, ("device_unreviewed", Break::Fields(&[("clue", r#"{"fact":"噪声超标","source":"device"}"#)])), NO_UNIT, FILED],
            ["opinions.file.head", "opinions.file.handler"],
            true,
        ),
        approved("not_file", clue(), vec![], ["opinions.not_file.head", "opinions.not_file.handler"], false),
        approved(
            "transfer",
            vec![("transferred", json!({"reason": "不属本机关管辖", "to": "traffic"}))],
            vec![("no_receiver", Break::Fields(&[("transferred", r#"{"reason":"不属本机关管辖"}"#)]))],
            ["opinions.transfer.head", "opinions.transfer.handler"],
            false,
        ),
        approved(
            "to_police",
            crime(),
            vec![("no_crime_decision", Break::Fields(&[("crime", r#"{"suspected_ms":5,"to":"公安分局","transferred":true}"#)]))],
            ["opinions.to_police.head", "opinions.to_police.handler"],
            false,
        ),
        case("take_back", vec![("crime", json!({"answer": "declined"}))], vec![("police_not_declined", Break::Fields(&[("crime", r#"{"answer":"filed"}"#)]))]),
        case(
            "punish_on_spot",
            spot,
            vec![
                NO_CLUE,
                FILED,
                TWO,
                ("certificates_not_shown", Break::Fields(&[("simple", r#"{"heard":true,"signature":"s1"}"#)])),
                NO_FACTS,
                NO_PENALTY,
                ("not_simple", Break::Fields(&[("penalty", r#"{"basis":"第三十条","kind":"confiscation"}"#)])),
                ("not_heard", Break::Fields(&[("simple", r#"{"certificates_shown":true,"signature":"s1"}"#)])),
                ("no_number", Break::Fields(&[("papers.d1", r#"{"type":"spot_decision"}"#)])),
                ("no_signature", Break::Fields(&[("simple", r#"{"certificates_shown":true,"heard":true,"refused":true}"#)])),
            ],
        ),
        case("report_simple", vec![("simple", json!({"reported_ms": 5}))], vec![("not_reported", Break::Fields(&[("simple", "{}")]))]),
    ]
}

fn investigation() -> Vec<Case> {
    let review = |by: &str| json!({"at_ms": 5, "by": by, "certificate": "A2019", "outcome": "agree"});
    let suspension = || vec![("standstills.s1", json!({"from": "2024-08-01", "ground": "suspension"}))];
    vec![
        case("investigate", handlers(), vec![TWO]),
        case("resume_normal", and(&[handlers(), vec![("filed_date", json!("2024-07-15"))]]), vec![TWO, ("not_filed", Break::Fields(&[("filed_date", "null")]))]),
        case(
            "conclude",
            and(&[merits(), evidence(), handlers(), vec![("rights", json!({"at_ms": 5}))]]),
            vec![("rights_untold", Break::Fields(&[("rights", "{}")])), NO_FACTS, ("fact_unproven", Break::Fields(&[("verified.e1", "null")])), MEASURE, barred_by("conclude")],
        ),
        Case { reason: Some("证据不足"), ..case("send_back", vec![], vec![NO_REASON]) },
        case(
            "review_case",
            and(&[handlers(), vec![("case_review", review("reviewer"))]]),
            vec![
                ("not_reviewed", Break::Fields(&[("case_review", r#"{"at_ms":5,"by":"reviewer","outcome":"return"}"#)])),
                ("reviewer_handles", Break::Fields(&[("case_review", r#"{"at_ms":5,"by":"a","outcome":"agree"}"#)])),
            ],
        ),
        case(
            "review_legality",
            and(&[handlers(), vec![("legal_review", review("legal"))]]),
            vec![
                ("no_legal_review", Break::Fields(&[("legal_review", r#"{"at_ms":5,"by":"legal","certificate":"A2019","outcome":"amend"}"#)])),
                ("legal_reviewer_handles", Break::Fields(&[("legal_review", r#"{"at_ms":5,"by":"b","certificate":"A2019","outcome":"agree"}"#)])),
                ("legal_reviewer_unqualified", Break::Fields(&[("legal_review", r#"{"at_ms":5,"by":"legal","outcome":"agree"}"#)])),
            ],
        ),
        approved(
            "suspend",
            suspension(),
            vec![("no_standstill", Break::Fields(&[("standstills.s1", r#"{"ground":"suspension"}"#)]))],
            ["opinions.suspend.head", "opinions.suspend.handler"],
            false,
        ),
        Case {
            reason: Some("鉴定已完成"),
            ..case(
                "resume",
                vec![("standstills.s1", json!({"from": "2024-08-01", "ground": "suspension", "until": "2024-08-11"}))],
                vec![("still_suspended", Break::Fields(&[("standstills.s1", r#"{"from":"2024-08-01","ground":"suspension"}"#)])), NO_REASON],
            )
        },
        Case { reason: Some("当事人死亡"), ..approved("terminate", vec![], vec![NO_REASON], ["opinions.terminate.head", "opinions.terminate.handler"], false) },
        Case { reason: Some("认定有误"), ..approved("withdraw", vec![], vec![NO_REASON, MEASURE], ["opinions.withdraw.head", "opinions.withdraw.handler"], false) },
        Case { reason: Some("法院撤销"), ..case("reopen", vec![], vec![NO_REASON]) },
    ]
}

fn decision() -> Vec<Case> {
    let discussion = || {
        vec![
            ("discussion", json!({"at_ms": 5, "decision": "罚款二万元", "members": ["h1", "h2", "h3"]})),
            ("views.h1", json!({"view": "同意"})),
            ("views.h2", json!({"view": "同意"})),
            ("views.h3", json!({"against": true, "view": "偏重"})),
        ]
    };
    let called = ("no_hearing_notice", Break::Fields(&[("hearing", r#"{"at_ms":9,"chair":"chair","place":"一号会议室","requested_ms":5}"#)]));
    let everything = and(&[merits(), noticed(), defended(), hearing(), reviewed(), discussion(), vec![("weighty", json!(["impact"]))]]);
    vec![
        notice("pre_notice"),
        notice("notice_again"),
        case(
            "close_defence",
            and(&[defended(), handlers()]),
            vec![
                ("defence_open", Break::Fields(&[("defence", r#"{"waived":true}"#)])),
                ("hearing_open", Break::Fields(&[("hearing", r#"{"requested_ms":5}"#)])),
                barred_by("close_defence"),
            ],
        ),
        case(
            "call_hearing",
            and(&[hearing(), handlers()]),
            vec![
                called,
                ("chair_handles", Break::Fields(&[("hearing", r#"{"at_ms":9,"chair":"a","notice_ms":6,"place":"一号会议室","requested_ms":5}"#)])),
                barred_by("call_hearing"),
            ],
        ),
        case(
            "hear",
            and(&[hearing(), handlers()]),
            vec![
                ("no_hearing_record", Break::Fields(&[("hearing", r#"{"chair":"chair","ended_ms":10,"record":"……"}"#)])),
                ("chair_handles", Break::Fields(&[("hearing", r#"{"chair":"b","ended_ms":10,"opinion":"维持","record":"……"}"#)])),
            ],
        ),
        Case {
            reason: Some("无正当理由未到场"),
            ..case(
                "forgo_hearing",
                vec![("hearing", json!({"absent": true, "requested_ms": 5}))],
                vec![("hearing_not_forgone", Break::Fields(&[("hearing", r#"{"requested_ms":5}"#)])), NO_REASON],
            )
        },
        case("discuss", and(&[discussion(), handlers()]), vec![("no_discussion", Break::Fields(&[("views.h3", "null")])), barred_by("discuss")]),
        approved(
            "decide",
            everything,
            vec![
                NO_PENALTY,
                NO_LAW,
                DEVIATES,
                ("no_pre_notice", Break::Fields(&[("pre_notice", r#"{"amount_fen":2000000,"confiscation_fen":50000,"kinds":["fine","confiscation"]}"#)])),
                ("defence_open", Break::Fields(&[("defence", r#"{"statement":"不应处罚"}"#)])),
                ("hearing_open", Break::Fields(&[("hearing", r#"{"requested_ms":5}"#)])),
                HEAVIER,
                TWO,
                ("legal_review_due", Break::Fields(&[("legal_review", r#"{"at_ms":9,"by":"legal","certificate":"A2019","outcome":"agree"}"#)])),
                ("discussion_due", Break::Fields(&[("discussion", "null")])),
                ("consent_withdrawn", Break::From("FAST_RUNNING", &[("fast", r#"{"withdrawn_ms":5}"#)])),
                AWAITED,
            ],
            ["opinions.decide.head", "opinions.decide.handler"],
            true,
        ),
        approved(
            "not_punish",
            and(&[
                merits(),
                signature(),
                hearing(),
                reviewed(),
                vec![
                    ("education", json!({"commitment": "s1", "text": "已教育"})),
                    ("exemption", json!({"clause": "first_time", "corrected_ms": 5, "reason": "初次违法，危害轻微并及时改正"})),
                ],
            ]),
            vec![
                ("no_exemption", Break::Fields(&[("exemption", r#"{"clause":"minor_corrected"}"#)])),
                ("no_education", Break::Fields(&[("education", r#"{"text":"已教育"}"#)])),
                AWAITED,
                ("legal_review_due", Break::Fields(&[("legal_review", "null")])),
            ],
            ["opinions.not_punish.head", "opinions.not_punish.handler"],
            true,
        ),
        approved("find_none", received(), vec![AWAITED], ["opinions.find_none.head", "opinions.find_none.handler"], false),
    ]
}

fn execution() -> Vec<Case> {
    let urged = || vec![("urge", json!({"amount_fen": 2_000_000, "served_ms": 5, "way": "direct"}))];
    vec![
        case("serve", together(), vec![UNSIGNED, APART]),
        case("perform", paid(), vec![("not_performed", Break::Fields(&[("payments.y1", r#"{"amount_fen":2049999,"for":"fine"}"#)]))]),
        case(
            "part_perform",
            and(&[paid(), vec![("payments.y1", json!({"amount_fen": 1_000_000, "for": "fine"}))]]),
            vec![("nothing_paid", Break::Fields(&[("payments.y1", r#"{"amount_fen":1000000,"for":"surcharge"}"#)]))],
        ),
        case("lapse", handlers(), vec![barred_by("lapse")]),
        case("urge", urged(), vec![("not_urged", Break::Fields(&[("urge", r#"{"amount_fen":2000000,"way":"direct"}"#)]))]),
        approved(
            "apply_court",
            and(&[merits(), vec![("court", json!({"applied_ms": 5, "court": "鄞州区人民法院"}))]]),
            vec![("no_application", Break::Fields(&[("court", r#"{"court":"鄞州区人民法院"}"#)]))],
            ["opinions.apply_court.head", "opinions.apply_court.handler"],
            true,
        ),
        case("end_enforcement", vec![("court", json!({"ended_ms": 9, "result": "enforced"}))], vec![("court_open", Break::Fields(&[("court", r#"{"ended_ms":9}"#)]))]),
        approved(
            "revoke_decision",
            undone(),
            vec![("no_authority", Break::Fields(&[("ended", r#"{"reason":"事实不清"}"#)]))],
            ["opinions.revoke_decision.head", "opinions.revoke_decision.handler"],
            false,
        ),
        approved(
            "change_decision",
            and(&[merits(), noticed(), undone()]),
            vec![("no_authority", Break::Fields(&[("ended", r#"{"authority":"市政府复议决定"}"#)])), NO_PENALTY, HEAVIER, AWAITED],
            ["opinions.change_decision.head", "opinions.change_decision.handler"],
            false,
        ),
        approved(
            "close",
            and(&[
                merits(),
                vec![
                    ("collected", json!({"amount_fen": 10_000, "banked_ms": 9, "handed_in_ms": 8, "receipt": "R-1"})),
                    ("crime", json!({"answer": "filed"})),
                    ("procedure", json!("simple")),
                    ("simple", json!({"reported_ms": 5})),
                ],
            ]),
            vec![
                MEASURE,
                ("simple_not_reported", Break::Fields(&[("simple", "{}")])),
                ("not_banked", Break::Fields(&[("collected", r#"{"amount_fen":10000,"handed_in_ms":8,"receipt":"R-1"}"#)])),
                ("police_unanswered", Break::From("TO_POLICE", &[("crime", "{}")])),
            ],
            ["opinions.close.head", "opinions.close.handler"],
            true,
        ),
        case("archive", vec![("archive", json!({"digest": "00", "pages": 40}))], vec![("no_archive", Break::Fields(&[("archive", r#"{"digest":"00"}"#)])), AWAITED]),
    ]
}

fn fast() -> Vec<Case> {
    let party = || vec![("party.kind", json!("organisation")), ("party.name", json!("某建设公司")), ("party.uscc", json!("91330201MA2AJ1XX0K"))];
    let consent = || and(&[signature(), vec![("fast", json!({"consent_ms": 6, "consent_signature": "s1", "facts_disputed": false, "offered_ms": 5}))]]);
    let no_consent = ("no_consent", Break::Fields(&[("fast", r#"{"consent_ms":6,"facts_disputed":false,"offered_ms":5}"#)]));
    vec![
        case(
            "offer_fast",
            and(&[clue(), party(), handlers(), consent()]),
            vec![
                ("not_offered", Break::Fields(&[("fast", r#"{"facts_disputed":false}"#)])),
                ("party_unknown", Break::Fields(&[("party.uscc", "null")])),
                ("facts_disputed", Break::Fields(&[("fast", r#"{"facts_disputed":true,"offered_ms":5}"#)])),
                barred_by("offer_fast"),
            ],
        ),
        case("consent_fast", consent(), vec![("no_consent", Break::Fields(&[("fast", r#"{"consent_ms":6,"facts_disputed":false,"offered_ms":5}"#)]))]),
        approved("run_fast", and(&[clue(), party(), merits(), consent()]), vec![no_consent, TWO, NO_UNIT, NO_FACTS], ["opinions.run_fast.head", "opinions.run_fast.handler"], true),
        case("withdraw_consent", vec![("fast", json!({"withdrawn_ms": 9}))], vec![("consent_not_withdrawn", Break::Fields(&[("fast", "{}")]))]),
        Case { reason: Some("事实有争议"), ..case("convert", vec![], vec![NO_REASON]) },
    ]
}
