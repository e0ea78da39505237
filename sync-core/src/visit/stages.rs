//! The stage table of a visit (`domain.md` §3.7), row by row.
//!
//! An act that several officers may do at once on their own handhelds (checking in, opening the form, signing a
//! part) has a second row that stays where it is, so that the later one is no exception.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn request(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to, weight: Weight::Request, writer: Writer::Anyone, seals: false, relies_on: &[], guards, basis }
}

const fn deed(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { weight: Weight::Deed, ..request(act, from, to, guards, basis) }
}

const FINDINGS: &[&str] = &["answers.", "risk"];
const DECIDING: &[&str] = &["answers.", "orders.", "rechecks.", "risk", "site", "unit"];

pub(super) static ACTS: &[ActRow] = &[
    ActRow {
        writer: Writer::Office,
        relies_on: &["mode", "organs.", "site", "site.name", "source", "unit"],
        ..request("approve", &[CREATED], Some(APPROVED), &[g::SITE_NAMED, g::UNIT_NAMED, g::PLANNED_OR_TRIGGERED], "国办发〔2024〕54号; ZJ 浙政办发〔2025〕5号")
    },
    deed("notify", &[APPROVED], Some(NOTIFIED), &[g::NOTICE_ON_RECORD], "国办发〔2024〕54号 (检查通知书)"),
    deed(
        "check_in",
        &[APPROVED, NOTIFIED],
        Some(CHECKED_IN),
        &[g::TWO_OFFICERS, g::HAS_CODE, g::CODE_SHOWN, g::WITHIN_FENCE],
        "行政处罚法 42; 浙江省综合行政执法条例 29; domain.md §3.3, §3.7",
    ),
    deed(
        "start_urgent",
        &[CREATED],
        Some(CHECKED_IN),
        &[g::URGENT_GROUND, g::SITE_NAMED, g::TWO_OFFICERS, g::HAS_CODE, g::CODE_SHOWN, g::WITHIN_FENCE],
        "国办发〔2024〕54号 (紧急情况当场实施，及时补办)",
    ),
    deed("check_in", &[CHECKED_IN, RECORDING], None, &[], "行政处罚法 42"),
    request("record", &[CHECKED_IN], Some(RECORDING), &[g::FORM_PINNED], "浙江省综合行政执法条例 14"),
    request("record", &[RECORDING], None, &[g::FORM_PINNED], "浙江省综合行政执法条例 14"),
    ActRow {
        seals: true,
        ..deed(
            "sign",
            &[RECORDING],
            None,
            &[g::PART_IS_DEPARTMENT, g::SIGNER_OF_DEPARTMENT, g::PART_ANSWERED, g::PART_PHOTOGRAPHED, g::PART_UNCONTESTED],
            "行政处罚法 47 (全过程记录)",
        )
    },
    ActRow {
        seals: true,
        relies_on: FINDINGS,
        ..deed(
            "party_sign",
            &[RECORDING],
            Some(SIGNED),
            &[g::FORM_ANSWERED, g::FORM_PHOTOGRAPHED, g::DEPARTMENTS_SIGNED, g::PARTY_NAMED, g::PARTY_SIGNATURE],
            "domain.md §3.7 (现场检查笔录)",
        )
    },
    ActRow {
        seals: true,
        relies_on: FINDINGS,
        ..deed(
            "party_refuse",
            &[RECORDING],
            Some(SIGNED),
            &[g::FORM_ANSWERED, g::FORM_PHOTOGRAPHED, g::DEPARTMENTS_SIGNED, g::REFUSAL_WITNESSED],
            "domain.md §3.7 (拒签见证或录像)",
        )
    },
    ActRow {
        seals: true,
        relies_on: FINDINGS,
        ..deed("issue_result", &[RECORDING], Some(RESULT_ISSUED), &[g::GUIDANCE, g::FORM_ANSWERED, g::RESULT_ON_RECORD], "domain.md §4 (指导服务不制作笔录)")
    },
    ActRow { seals: true, relies_on: FINDINGS, ..deed("issue_result", &[SIGNED], Some(RESULT_ISSUED), &[g::RESULT_ON_RECORD], "国办发〔2024〕54号 (检查结果告知)") },
    ActRow {
        seals: true,
        relies_on: &["answers.", "orders.", "risk"],
        ..deed("order", &[RESULT_ISSUED], Some(RECTIFYING), &[g::ORDERS_HAVE_DEADLINES, g::NOT_GUIDANCE], "行政处罚法 28 (责令改正)")
    },
    ActRow { relies_on: &["orders.", "rechecks."], ..request("review", &[RECTIFYING], Some(REVIEWED), &[g::ORDERS_RECHECKED], "domain.md §3.7 (复查)") },
    ActRow {
        seals: true,
        relies_on: DECIDING,
        ..request("close", &[REVIEWED], Some(CLOSED), &[g::BY_LEAD, g::FORMALITIES_MADE_UP, g::FLAGS_SETTLED, g::EVIDENCE_THERE], "domain.md §3.7; sync.md §4")
    },
    ActRow {
        seals: true,
        relies_on: DECIDING,
        ..request("close", &[RESULT_ISSUED], Some(CLOSED), &[g::BY_LEAD, g::NO_ORDERS, g::FORMALITIES_MADE_UP, g::FLAGS_SETTLED, g::EVIDENCE_THERE], "domain.md §3.7; sync.md §4")
    },
    request("raise_clue", &[RECORDING, SIGNED, RESULT_ISSUED, RECTIFYING, REVIEWED], None, &[g::CLUE_ON_RECORD], "浙江省综合行政执法条例 18"),
    ActRow { writer: Writer::Office, ..request("join", &[], None, &[g::REASON_GIVEN, g::JOINED_ELSEWHERE], "浙江省综合行政执法条例 13; sync.md §4") },
    request("cancel", &[CREATED, APPROVED, NOTIFIED], Some(CANCELLED), &[g::REASON_GIVEN], "domain.md §3.7"),
    deed("abort", &[CHECKED_IN, RECORDING], Some(ABORTED), &[g::REASON_GIVEN], "domain.md §3.7 (拒检、停工、对象不符)"),
    request("reopen", &[SIGNED, RESULT_ISSUED, RECTIFYING, REVIEWED, CLOSED], Some(RECORDING), &[g::REASON_GIVEN], "sync.md §2"),
    request("reopen", &[RECORDING], None, &[g::REASON_GIVEN], "sync.md §2"),
];
