//! The field table of a case.

use crate::record::{FieldRow, Policy, Type};

/// Where a clue came from (`domain.md` §5.1).
pub const SOURCES: &[&str] = &["inspection", "complaint", "transfer", "superior", "media", "device"];
/// Kinds of penalty, least first (行政处罚法 9).
pub const PENALTIES: &[&str] = &["warning", "criticism", "fine", "confiscation", "suspension", "revocation"];

const MS: Type = Type::Int(0, 7_258_118_400_000);
/// Fen; up to ten thousand million yuan.
const FEN: Type = Type::Int(0, 1_000_000_000_000);

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

pub(super) static FIELDS: &[FieldRow] = &[
    row("act_date", Type::Date, "违法行为日期", "Date of the act"),
    row("case_no", Type::Text(40), "案号", "Case number").read_as(Policy::Office),
    row("clue", Type::Map(&[("fact", Type::Text(4_000)), ("found_ms", MS), ("source", Type::Enum(SOURCES)), ("visit", Type::Token)]), "线索", "Clue"),
    row("decision_no", Type::Text(60), "决定书文号", "Decision number").read_as(Policy::Office),
    row(
        "defence",
        Type::Map(&[("adopted", Type::Bool), ("review", Type::Text(4_000)), ("statement", Type::Text(4_000)), ("waived", Type::Bool)]),
        "陈述申辩",
        "Statement and defence",
    ),
    row("facts", Type::Text(8_000), "违法事实", "Facts"),
    row("filed_date", Type::Date, "立案日期", "Date of filing").read_as(Policy::Office),
    row("law", Type::Text(600), "适用法律", "Law applied"),
    row("matter", Type::Text(40), "处罚事项代码", "Matter"),
    row("opinion", Type::Text(2_000), "审批意见", "Head's opinion").read_as(Policy::Office),
    row("party.address", Type::Text(200), "当事人地址", "Party's address").personal(),
    row("party.id_no", Type::Text(24), "当事人证件号", "Party's identity number").personal(),
    row("party.kind", Type::Enum(&["citizen", "individual_business", "organisation"]), "当事人类型", "Kind of party"),
    row("party.legal_rep", Type::Text(60), "法定代表人", "Legal representative").personal(),
    row("party.name", Type::Text(120), "当事人", "Party").personal(),
    row("party.phone", Type::Text(40), "当事人电话", "Party's telephone").read_as(Policy::Latest).personal(),
    row("party.uscc", Type::Text(18), "统一社会信用代码", "Unified social credit code"),
    row("penalty", Type::Map(&[("amount_fen", FEN), ("basis", Type::Text(600)), ("kind", Type::Enum(PENALTIES))]), "处罚", "Penalty"),
    row("performed", Type::Map(&[("corrected", Type::Bool), ("done_ms", MS), ("paid_fen", FEN)]), "履行情况", "Performance"),
    row("pre_notice", Type::Map(&[("hearing_told", Type::Bool), ("served_ms", MS), ("way", Type::Token)]), "事先告知", "Prior notice"),
    row("served", Type::Map(&[("received_ms", MS), ("to", Type::Text(60)), ("way", Type::Enum(&["direct", "electronic", "lien", "post", "public_notice"]))]), "送达", "Service")
        .personal(),
    row("site", Type::Token, "涉案对象", "Site (record)"),
    row("title", Type::Text(200), "案由", "Cause"),
    row("unit", Type::Token, "承办单位", "Unit in charge"),
];

pub(super) static GROUPS: &[FieldRow] = &[
    row(
        "evidence.*",
        Type::Map(&[
            ("by", Type::Token),
            ("fact", Type::Text(600)),
            ("kind", Type::Enum(&["documentary", "physical", "audiovisual", "electronic", "testimony", "party_statement", "appraisal", "site_record"])),
            ("sha256", Type::Token),
            ("size", Type::Int(0, 1 << 40)),
            ("taken_ms", MS),
        ]),
        "证据",
        "Evidence",
    )
    .read_as(Policy::Present),
    row("handlers.*", Type::Map(&[("certificate", Type::Text(32)), ("name", Type::Text(60)), ("role", Type::Enum(&["lead", "officer", "auxiliary"]))]), "承办人", "Handlers")
        .read_as(Policy::Present)
        .personal(),
    row("notes.*", Type::Text(4_000), "备注", "Notes"),
];
