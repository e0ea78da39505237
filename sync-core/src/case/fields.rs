//! The field table of a case.
//!
//! Facts and steps are fields; what the office alone may say (approvals, reviews, findings, sealed documents, publicity) is read
//! as `Office`. What can be reckoned from them (deadlines, surcharges, effective days of service) is never a field.

use crate::evidence;
use crate::number::paper::{DOCUMENT, PAPER};
use crate::record::{FieldRow, Policy, Type};

/// Where a clue came from (`domain.md` §5.1).
pub const SOURCES: &[&str] = &["inspection", "complaint", "transfer", "superior", "media", "device"];
/// Kinds of penalty, least first (行政处罚法 9); the words of an older table stand at the end of their step.
pub const PENALTIES: &[&str] =
    &["warning", "criticism", "fine", "confiscation", "suspension", "lower_grade", "revocation", "restrict_business", "stop_production", "close_down", "practice_ban", "other"];
/// Procedures (行政处罚法 51, 54).
pub const PROCEDURES: &[&str] = &["simple", "general"];
/// Kinds of party. An individual business is a kind of its own, since the limits of §5.2 treat it by policy.
pub const PARTIES: &[&str] = &["citizen", "individual_business", "organisation"];
/// Conditions of a party that bear on capacity and on fast handling (行政处罚法 30, 31).
pub const CONDITIONS: &[&str] = &["none", "blind", "deaf_mute", "limited_capacity", "no_capacity"];
/// Harm that lengthens the limitation (行政处罚法 36; 生态环境法典 1054).
pub const HARMS: &[&str] = &["none", "life_health_finance", "environment"];
/// Why a case is complex or major (行政处罚法 57, 58).
pub const WEIGHTIES: &[&str] = &["public_interest", "many_relations", "doubtful", "heavy_penalty", "impact", "by_law"];
/// Ways of service (行政处罚法 61; 民事诉讼法 87–95).
pub const WAYS: &[&str] = &["direct", "electronic", "lien", "post", "public_notice"];
/// Kinds of evidence (行政处罚法 46).
pub const EVIDENCE: &[&str] = &["documentary", "physical", "audiovisual", "electronic", "testimony", "party_statement", "appraisal", "site_record"];
/// Measures of an investigation (`domain.md` §5.4).
pub const MEASURES: &[&str] = &["inspection", "sampling", "registration", "seizure", "electronic_extraction", "appraisal"];
/// What becomes of what was registered or seized (行政处罚法 56; 行政强制法 27).
pub const DISPOSALS: &[&str] = &["returned", "appraised", "sealed", "confiscated", "transferred", "released"];
/// Grounds on which time does not count (`penalty.general.excluded`), and 中止.
pub const STANDSTILLS: &[&str] = &["hearing", "test", "appraisal", "announcement", "suspension", "agreement"];
/// Outcomes of a review of the case or of its legality (`domain.md` §5.5).
pub const OUTCOMES: &[&str] = &["agree", "amend", "return", "wrong_procedure", "transfer"];
/// Grounds of 不予处罚 (行政处罚法 30, 31, 33): the last is 首违不罚.
pub const EXEMPTIONS: &[&str] = &["under_fourteen", "no_capacity", "minor_corrected", "no_fault", "limitation", "first_time"];
/// How discretion was used (行政处罚法 32): inside the range, at its lower part, below it, or at its upper part.
pub const LENIENCIES: &[&str] = &["standard", "lighter", "mitigated", "heavier"];
/// Who gives an opinion on a step (`domain.md` §0.3; §8 no. 8: 承办人, 承办机构, 负责人).
pub const VOICES: &[&str] = &["handler", "section", "reviewer", "legal", "head"];
/// Grounds for collecting a fine on the spot (行政处罚法 68, 69).
pub const COLLECTIONS: &[&str] = &["small", "hard_later", "remote"];

const MS: Type = Type::Int(0, 7_258_118_400_000);
/// Fen; up to ten thousand million yuan.
const FEN: Type = Type::Int(0, 1_000_000_000_000);
const TEXT: Type = Type::Text(4_000);
const NAME: Type = Type::Text(60);
const TOKENS: Type = Type::List(64, &Type::Token);
const DISTINCT_CIRCUMSTANCES: Type = Type::List(32, &Type::Text(200));

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

const fn office(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    row(key, ty, zh, en).read_as(Policy::Office)
}

const CLUE: Type = Type::Map(&[
    ("device_approved", Type::Bool),
    ("device_no", Type::Text(80)),
    ("fact", TEXT),
    ("found_ms", MS),
    ("ref", Type::Text(120)),
    ("source", Type::Enum(SOURCES)),
    ("visit", Type::Token),
]);
/// `waived` only by a written declaration, whose signature is named (行政处罚法 62).
const DEFENCE: Type = Type::Map(&[
    ("adopted", Type::Bool),
    ("at_ms", MS),
    ("lapsed", Type::Bool),
    ("review", TEXT),
    ("reviewer", Type::Token),
    ("signature", Type::Token),
    ("statement", TEXT),
    ("waived", Type::Bool),
]);
/// `count` is what a ratio is taken of (fen) or how many units there are; `basis_evidence` proves it.
const PENALTY: Type = Type::Map(&[
    ("amount_fen", FEN),
    ("basis", Type::Text(600)),
    ("basis_evidence", Type::Token),
    ("count", Type::Int(0, 1_000_000_000_000)),
    ("detail", Type::Text(600)),
    ("kind", Type::Enum(PENALTIES)),
    ("surcharge_told", Type::Bool),
]);
const FURTHER: Type = Type::Map(&[("amount_fen", FEN), ("basis", Type::Text(600)), ("detail", Type::Text(600)), ("kind", Type::Enum(PENALTIES)), ("months", Type::Int(0, 600))]);
const DISCRETION: Type = Type::Map(&[
    ("at_ms", MS),
    ("by", Type::Token),
    ("circumstances", DISTINCT_CIRCUMSTANCES),
    ("deviation", Type::Text(2_000)),
    ("ground", Type::Text(600)),
    ("leniency", Type::Enum(LENIENCIES)),
    ("reason", Type::Text(2_000)),
    ("suggested_max", FEN),
    ("suggested_min", FEN),
    ("tier", Type::Int(0, 64)),
]);
const LAW_CHOICE: Type = Type::Map(&[
    ("at_ms", MS),
    ("by", Type::Token),
    ("chosen", Type::Enum(&["then", "now"])),
    ("day", Type::Date),
    ("now_clause", Type::Text(600)),
    ("now_from", Type::Date),
    ("reason", Type::Text(2_000)),
    ("rule", Type::Token),
    ("then_clause", Type::Text(600)),
    ("then_from", Type::Date),
]);
/// What the party was told: kinds and amounts are kept, so that a heavier outcome is seen (行政处罚法 45).
const PRE_NOTICE: Type = Type::Map(&[
    ("amount_fen", FEN),
    ("confiscation_fen", FEN),
    ("facts", Type::Token),
    ("hearing_told", Type::Bool),
    ("kinds", Type::List(12, &Type::Enum(PENALTIES))),
    ("number", Type::Int(1, 50)),
    ("served_ms", MS),
    ("to", NAME),
    ("way", Type::Token),
]);
const HEARING: Type = Type::Map(&[
    ("absent", Type::Bool),
    ("agents", Type::List(8, &NAME)),
    ("at_ms", MS),
    ("chair", Type::Token),
    ("ended_ms", MS),
    ("notice_ms", MS),
    ("open", Type::Bool),
    ("opinion", TEXT),
    ("place", Type::Text(200)),
    ("record", TEXT),
    ("recorder", Type::Token),
    ("recording", Type::Token),
    ("requested_ms", MS),
    ("withdrawn", Type::Bool),
]);
const REVIEW: Type = Type::Map(&[
    ("at_ms", MS),
    ("by", Type::Token),
    ("certificate", Type::Text(40)),
    ("issues", TEXT),
    ("opinion", TEXT),
    ("organ", Type::Token),
    ("outcome", Type::Enum(OUTCOMES)),
]);
const DISCUSSION: Type = Type::Map(&[
    ("at_ms", MS),
    ("chair", Type::Token),
    ("decision", TEXT),
    ("members", TOKENS),
    ("place", Type::Text(200)),
    ("recorder", NAME),
    ("votes_against", Type::Int(0, 64)),
    ("votes_for", Type::Int(0, 64)),
]);
/// `documents` are all that are handed over with one receipt (送达回证), by their ids on the case.
const SERVED: Type = Type::Map(&[
    ("at_ms", MS),
    ("document", Type::Token),
    ("documents", Type::List(8, &Type::Token)),
    ("posted", Type::Date),
    ("reason", Type::Text(600)),
    ("received_ms", MS),
    ("refused", Type::Bool),
    ("relation", NAME),
    ("signature", Type::Token),
    ("system", Type::Text(80)),
    ("to", NAME),
    ("tracking", Type::Text(80)),
    ("video", Type::Token),
    ("way", Type::Enum(WAYS)),
    ("witness", NAME),
]);
const FAST: Type = Type::Map(&[
    ("consent_ms", MS),
    ("consent_signature", Type::Token),
    ("converted_ms", MS),
    ("facts_disputed", Type::Bool),
    ("impact", Type::Bool),
    ("joint_offenders", Type::Bool),
    ("needs_appraisal", Type::Bool),
    ("offered_ms", MS),
    ("reason", Type::Text(600)),
    ("started_ms", MS),
    ("withdrawn_ms", MS),
]);
const CRIME: Type = Type::Map(&[
    ("answer", Type::Enum(&["filed", "declined"])),
    ("answered_ms", MS),
    ("decided_ms", MS),
    ("objected_ms", MS),
    ("offence", Type::Text(200)),
    ("property_ms", MS),
    ("suspected_ms", MS),
    ("to", Type::Text(120)),
    ("transferred", Type::Bool),
    ("transferred_ms", MS),
]);
const COLLECTED: Type = Type::Map(&[
    ("amount_fen", FEN),
    ("at_ms", MS),
    ("banked_ms", MS),
    ("ground", Type::Enum(COLLECTIONS)),
    ("handed_in_ms", MS),
    ("on_request", Type::Bool),
    ("receipt", Type::Text(60)),
]);
const COURT: Type =
    Type::Map(&[("applied_ms", MS), ("court", Type::Text(120)), ("ended_ms", MS), ("reason", Type::Text(600)), ("result", Type::Enum(&["enforced", "refused", "ended"]))]);
const ENDED: Type = Type::Map(&[("at_ms", MS), ("authority", Type::Text(120)), ("by", Type::Token), ("reason", Type::Text(2_000)), ("ref", Type::Text(120))]);
const ITEM: Type = Type::Map(&[("count", Type::Text(40)), ("name", Type::Text(120)), ("note", Type::Text(200)), ("seal_no", Type::Text(40))]);
const ITEMS: Type = Type::List(64, &ITEM);
/// `urgent`: begun before it was approved (行政强制法 19); `approved_by` and `approved_ms`: an approval by word of mouth that is still
/// to be made up for in writing; `reported_ms`: the report to the head. Until when it lasts is reckoned when asked for;
/// `term` is the day that a laboratory was given.
const MEASURE: Type = Type::Map(&[
    ("approved_by", NAME),
    ("approved_ms", MS),
    ("basis", Type::Text(600)),
    ("began_ms", MS),
    ("by", TOKENS),
    ("custodian", NAME),
    ("detail", TEXT),
    ("ended_ms", MS),
    ("items", ITEMS),
    ("kind", Type::Enum(MEASURES)),
    ("lab", Type::Text(120)),
    ("party_present", Type::Bool),
    ("place", Type::Text(200)),
    ("reason", Type::Text(600)),
    ("recording", Type::Token),
    ("reported_ms", MS),
    ("term", Type::Date),
    ("told_ms", MS),
    ("urgent", Type::Bool),
    ("witness", NAME),
]);
const QA: Type = Type::Map(&[("a", Type::Text(2_000)), ("q", Type::Text(600))]);
const INQUIRY: Type = Type::Map(&[
    ("by", TOKENS),
    ("certificates_shown", Type::Bool),
    ("ended_ms", MS),
    ("guardian", NAME),
    ("id_no", Type::Text(24)),
    ("minor", Type::Bool),
    ("name", NAME),
    ("place", Type::Text(200)),
    ("qa", Type::List(200, &QA)),
    ("read_back", Type::Bool),
    ("refused", Type::Bool),
    ("relation", NAME),
    ("rights_told", Type::Bool),
    ("signature", Type::Token),
    ("started_ms", MS),
    ("witness", NAME),
]);
const FLAG: Type = Type::Map(&[
    ("about", Type::Text(200)),
    ("at_ms", MS),
    ("bars", Type::List(16, &Type::Token)),
    ("basis", Type::Text(200)),
    ("code", Type::Token),
    ("detail", Type::Text(500)),
    ("settled", Type::Text(500)),
    ("settled_by", Type::Token),
    ("weight", Type::Enum(crate::visit::WEIGHTS)),
]);
const OPINION: Type = Type::Map(&[("agrees", Type::Bool), ("at_ms", MS), ("by", Type::Token), ("late", Type::Text(500)), ("text", Type::Text(2_000))]);
const SIGNATURE: Type = Type::Map(&[
    ("by", NAME),
    ("h", Type::Int(1, 65_535)),
    ("ms", MS),
    ("role", Type::Text(40)),
    ("strokes", Type::List(128, &Type::List(4_096, &Type::Int(0, 65_535)))),
    ("w", Type::Int(1, 65_535)),
]);

const LINES: Type = Type::List(40, &Type::Text(300));
/// What was chosen from the guidance for the matter (菜单式合规指导), as it stands on the advice; `items` name the entries of the book.
const ADVICE: Type = Type::Map(&[
    ("at_ms", MS),
    ("by", Type::Token),
    ("causes", LINES),
    ("checks", LINES),
    ("clauses", LINES),
    ("follow_up", Type::Date),
    ("items", TOKENS),
    ("measures", LINES),
    ("summary", Type::Text(2_000)),
]);
/// `documents` are the types that go with the decision; `except` the ways of service in which they need not.
const COMPANIONS: Type = Type::Map(&[("day", Type::Date), ("documents", Type::List(8, &Type::Token)), ("except", Type::List(5, &Type::Enum(WAYS)))]);

pub(super) static FIELDS: &[FieldRow] = &[
    row("act_date", Type::Date, "违法行为日期", "Date of the act"),
    row("act_end", Type::Date, "违法行为终了日期", "End of a continuing act"),
    row("advice", ADVICE, "合规建议", "Advice on compliance"),
    office("archive", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("digest", Type::Token), ("pages", Type::Int(1, 100_000)), ("retention", Type::Token)]), "归档", "Archive"),
    row("area", Type::Token, "违法行为地", "Area of the act"),
    office("case_no", Type::Text(40), "案号", "Case number"),
    office("case_review", REVIEW, "案件审核", "Review of the case"),
    row("clue", CLUE, "线索", "Clue"),
    row("collected", COLLECTED, "当场收缴", "Collected on the spot"),
    office("companions", COMPANIONS, "须一并送达的文书", "Documents to be served with the decision"),
    office("court", COURT, "申请法院强制执行", "Enforcement by the court"),
    office("crime", CRIME, "涉嫌犯罪移送", "Suspected crime"),
    office("decided_date", Type::Date, "决定日期", "Date of the decision"),
    office("decision_no", Type::Text(60), "决定书文号", "Decision number"),
    row("defence", DEFENCE, "陈述申辩", "Statement and defence"),
    row("discretion", DISCRETION, "裁量", "Discretion"),
    office("discussion", DISCUSSION, "集体讨论", "Collective discussion"),
    office("due", Type::Map(&[("alert_ms", MS), ("at_ms", MS), ("day", Type::Date), ("for", Type::Token)]), "应办期限", "Due"),
    row("education", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("commitment", Type::Token), ("text", TEXT)]), "教育与承诺", "Education and commitment"),
    office("ended", ENDED, "终止、撤销、变更等", "Ended or undone"),
    row("exemption", Type::Map(&[("clause", Type::Enum(EXEMPTIONS)), ("corrected_ms", MS), ("reason", Type::Text(2_000))]), "不予处罚理由", "Ground for no penalty"),
    row("facts", Type::Text(8_000), "违法事实", "Facts"),
    row("fast", FAST, "简案快办", "Fast handling"),
    office("filed_date", Type::Date, "立案日期", "Date of filing"),
    row("found_date", Type::Date, "发现日期", "Date of discovery"),
    row("gains", Type::Map(&[("amount_fen", FEN), ("evidence", Type::Token), ("refunded_fen", FEN)]), "违法所得", "Illegal gains"),
    row("guidance", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("text", TEXT), ("way", Type::Text(60))]), "合规指导", "Guidance given"),
    row("harm", Type::Enum(HARMS), "危害后果", "Harm"),
    row("hearing", HEARING, "听证", "Hearing"),
    row("law", Type::Text(600), "适用法律", "Law applied"),
    row("law_choice", LAW_CHOICE, "法律适用选择", "Choice of law"),
    office("legal_review", REVIEW, "法制审核", "Legal review"),
    row("matter", Type::Text(40), "处罚事项代码", "Matter"),
    office("opinion", Type::Text(2_000), "审批意见", "Head's opinion"),
    row(
        "order",
        Type::Map(&[
            ("deadline", Type::Date),
            ("demand", Type::Text(1_000)),
            ("recheck", Type::Enum(&["corrected", "not_corrected", "refused"])),
            ("rechecked_ms", MS),
            ("served_ms", MS),
        ]),
        "责令改正",
        "Order to correct",
    ),
    row("party.address", Type::Text(200), "当事人地址", "Party's address").personal(),
    row("party.birth", Type::Date, "当事人出生日期", "Party's date of birth").personal(),
    row("party.condition", Type::Enum(CONDITIONS), "当事人行为能力", "Party's capacity").personal(),
    row("party.id_no", Type::Text(24), "当事人证件号", "Party's identity number").personal(),
    row("party.kind", Type::Enum(PARTIES), "当事人类型", "Kind of party"),
    row("party.legal_rep", NAME, "法定代表人", "Legal representative").personal(),
    row("party.name", Type::Text(120), "当事人", "Party").personal(),
    row("party.phone", Type::Text(40), "当事人电话", "Party's telephone").read_as(Policy::Latest).personal(),
    row("party.subject", Type::Token, "当事人档案", "Party (record)"),
    row("party.uscc", Type::Text(18), "统一社会信用代码", "Unified social credit code"),
    row("penalty", PENALTY, "处罚", "Penalty"),
    row("performed", Type::Map(&[("corrected", Type::Bool), ("done_ms", MS), ("paid_fen", FEN)]), "履行情况", "Performance"),
    row("place", Type::Text(200), "违法行为地点", "Place of the act"),
    row("pre_notice", PRE_NOTICE, "事先告知", "Prior notice"),
    row("procedure", Type::Enum(PROCEDURES), "适用程序", "Procedure"),
    office(
        "publicity",
        Type::Map(&[("at_ms", MS), ("corrected_ms", MS), ("reason", Type::Text(600)), ("state", Type::Enum(&["published", "withdrawn", "exempt"])), ("withdrawn_ms", MS)]),
        "公示",
        "Publicity",
    ),
    row("rights", Type::Map(&[("at_ms", MS), ("signature", Type::Token)]), "权利义务告知", "Rights told").personal(),
    row("served", SERVED, "送达", "Service").personal(),
    row(
        "service_address",
        Type::Map(&[("address", Type::Text(200)), ("electronic", Type::Bool), ("signature", Type::Token), ("system", Type::Text(80))]),
        "送达地址确认",
        "Address for service",
    )
    .personal(),
    row(
        "simple",
        Type::Map(&[
            ("certificates_shown", Type::Bool),
            ("heard", Type::Bool),
            ("refused", Type::Bool),
            ("reported_ms", MS),
            ("signature", Type::Token),
            ("statement", Type::Text(2_000)),
            ("witness", NAME),
        ]),
        "当场处罚",
        "On the spot",
    )
    .personal(),
    row("site", Type::Token, "涉案对象", "Site (record)"),
    row(
        "substitute",
        Type::Map(&[
            ("agent", Type::Text(120)),
            ("basis", Type::Text(600)),
            ("began_ms", MS),
            ("budget_fen", FEN),
            ("day", Type::Date),
            ("object", Type::Text(600)),
            ("reason", Type::Text(2_000)),
            ("urgent", Type::Bool),
            ("way", Type::Text(600)),
        ]),
        "代履行",
        "Substitute performance",
    ),
    row("title", Type::Text(200), "案由", "Cause"),
    office("transferred", Type::Map(&[("at_ms", MS), ("reason", Type::Text(600)), ("to", Type::Token)]), "移送", "Transferred"),
    row("unit", Type::Token, "承办单位", "Unit in charge"),
    row("urge", Type::Map(&[("amount_fen", FEN), ("defence", Type::Text(2_000)), ("served_ms", MS), ("way", Type::Enum(WAYS))]), "催告", "Urging"),
    row("weighty", Type::List(8, &Type::Enum(WEIGHTIES)), "重大复杂情形", "Complex or major"),
];

pub(super) static GROUPS: &[FieldRow] = &[
    row(
        "assists.*",
        Type::Map(&[("at_ms", MS), ("by", TOKENS), ("day", Type::Date), ("help", Type::Text(2_000)), ("problem", Type::Text(2_000)), ("visit", Type::Token)]),
        "企业帮扶",
        "Visits to help",
    ),
    office("documents.*", DOCUMENT, "文书", "Documents"),
    row("elements.*", Type::Map(&[("evidence", TOKENS), ("fact", Type::Text(2_000))]), "认定事实与证据", "Facts and what proves them"),
    row(
        "evidence.*",
        Type::Map(&[
            ("by", Type::Token),
            ("fact", Type::Text(600)),
            ("from", Type::Text(200)),
            ("kind", Type::Enum(EVIDENCE)),
            ("second", Type::Token),
            ("sha256", Type::Token),
            ("size", Type::Int(0, 1 << 40)),
            ("sm3", Type::Token),
            ("taken_ms", MS),
        ]),
        "证据",
        "Evidence",
    )
    .read_as(Policy::Present),
    office(
        "extensions.*",
        Type::Map(&[("at_ms", MS), ("by", Type::Token), ("members", TOKENS), ("of", Type::Token), ("reason", Type::Text(600)), ("way", Type::Enum(&["head", "collective"]))]),
        "延期",
        "Extensions",
    ),
    office("files.*", evidence::FILE, "原件接收", "Originals received"),
    office("flags.*", FLAG, "合规提示", "What is wrong with it"),
    row(
        "handlers.*",
        Type::Map(&[("certificate", Type::Text(32)), ("name", NAME), ("reviewer", Type::Bool), ("role", Type::Enum(&["lead", "officer", "auxiliary"]))]),
        "承办人",
        "Handlers",
    )
    .read_as(Policy::Present)
    .personal(),
    row("inquiries.*", INQUIRY, "询问笔录", "Inquiries").personal(),
    office("instalments.*", Type::Map(&[("amount_fen", FEN), ("at_ms", MS), ("by", Type::Token), ("day", Type::Date), ("reason", Type::Text(600))]), "分期缴纳", "Instalments"),
    row("measures.*", MEASURE, "调查措施", "Measures"),
    row("notes.*", Type::Text(4_000), "备注", "Notes"),
    office("opinions.*", OPINION, "审批意见", "Opinions"),
    office("overrides.*", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("reason", Type::Text(500))]), "例外理由", "Overrides"),
    row("papers.*", PAPER, "现场文书", "Papers drawn up in the field"),
    row(
        "payments.*",
        Type::Map(&[("amount_fen", FEN), ("day", Type::Date), ("for", Type::Enum(&["fine", "surcharge", "gains"])), ("receipt", Type::Text(80)), ("way", Type::Token)]),
        "缴款",
        "Payments",
    ),
    row("penalties.*", FURTHER, "并处", "Further penalties"),
    row("recusals.*", Type::Map(&[("at_ms", MS), ("by", NAME), ("reason", Type::Text(500))]), "回避", "Recusals").read_as(Policy::Present),
    office(
        "remedies.*",
        Type::Map(&[
            ("ended", Type::Date),
            ("filed", Type::Date),
            ("kind", Type::Enum(&["review", "suit"])),
            ("outcome", Type::Enum(&["upheld", "changed", "revoked", "withdrawn"])),
        ]),
        "复议诉讼",
        "Remedies",
    ),
    office(
        "rulings.*",
        Type::Map(&[("at_ms", MS), ("by", Type::Token), ("disposal", Type::Enum(DISPOSALS)), ("granted", Type::Bool), ("of", Type::Token), ("reason", Type::Text(600))]),
        "处理决定",
        "Rulings on measures, recusals and applications",
    ),
    row("services.*", SERVED, "其他文书送达", "Service of other documents").personal(),
    row("signatures.*", SIGNATURE, "手写签名", "Signatures").personal(),
    office(
        "standstills.*",
        Type::Map(&[("by", Type::Token), ("from", Type::Date), ("ground", Type::Enum(STANDSTILLS)), ("reason", Type::Text(600)), ("until", Type::Date)]),
        "不计入期限的时间",
        "Time that does not count",
    ),
    office("verified.*", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("excluded", Type::Bool), ("reason", Type::Text(600))]), "证据审查", "Evidence verified or excluded"),
    office("views.*", Type::Map(&[("against", Type::Bool), ("name", NAME), ("view", Type::Text(2_000))]), "集体讨论意见", "Views in the discussion"),
];
