//! The field table of a repair. All of it is the office's.

use crate::record::{FieldRow, Policy, Type};

/// How grave a record is (`law::policy::Category`).
pub const CATEGORIES: &[&str] = &["minor", "general", "serious"];
/// Who brought an application in: an officer for the enterprise, or the enterprise through the portal.
pub const CHANNELS: &[&str] = &["officer", "portal"];
/// Materials of an application, the words of `credit.materials`.
pub const MATERIALS: &[&str] = &["performance", "commitment", "form", "licence", "identity", "authorisation"];
/// Whether a record is displayed (`law::policy::Shown`).
pub const SHOWN: &[&str] = &["no", "if_needed", "yes"];

const MS: Type = Type::Int(0, 7_258_118_400_000);

const fn office(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en).read_as(Policy::Office)
}

const MATERIAL: Type = Type::Map(&[("kind", Type::Enum(MATERIALS)), ("mime", Type::Text(80)), ("name", Type::Text(120)), ("sha256", Type::Token), ("size", Type::Int(0, 1 << 40))]);
/// `by` is the officer who brought it in; nobody where the enterprise did.
const APPLICATION: Type = Type::Map(&[
    ("at_ms", MS),
    ("by", Type::Token),
    ("channel", Type::Enum(CHANNELS)),
    ("commitment", Type::Text(2_000)),
    ("contact", Type::Text(60)),
    ("day", Type::Date),
    ("materials", Type::List(20, &MATERIAL)),
    ("number", Type::Int(1, 100)),
    ("phone", Type::Text(40)),
    ("public", Type::Bool),
]);
/// What case and book said when it was last reckoned: the guards ask this.
const RECKONED: Type = Type::Map(&[
    ("category", Type::Enum(CATEGORIES)),
    ("corrected", Type::Bool),
    ("displayed", Type::Bool),
    ("doubtful", Type::Bool),
    ("duties", Type::Bool),
    ("latest", Type::Date),
    ("materials", Type::List(6, &Type::Enum(MATERIALS))),
    ("opens", Type::Date),
    ("own", Type::Token),
    ("regime", Type::Token),
    ("shown", Type::Enum(SHOWN)),
    ("stands", Type::Bool),
    ("start", Type::Date),
]);

pub(super) static FIELDS: &[FieldRow] = &[
    office("acceptance", Type::Map(&[("accepted", Type::Bool), ("at_ms", MS), ("by", Type::Token), ("reason", Type::Text(1_000))]), "受理", "Acceptance"),
    office("application", APPLICATION, "信用修复申请", "Application").personal(),
    office("area", Type::Token, "违法行为地", "Area of the act"),
    office("case", Type::Token, "案件（记录）", "Case (record)"),
    office("ceased", Type::Map(&[("at_ms", MS), ("day", Type::Date), ("reason", Type::Text(500))]), "终止修复", "Why nothing is left to repair"),
    office("day", Type::Date, "处罚决定日期", "Day of the decision"),
    office("due", Type::Map(&[("day", Type::Date), ("for", Type::Token), ("since", Type::Date)]), "办理时限", "Due"),
    office("matter", Type::Text(40), "处罚事项代码", "Matter"),
    office("number", Type::Text(80), "处罚决定书文号", "Number of the decision"),
    office("party.kind", Type::Token, "当事人类型", "Kind of party"),
    office("party.name", Type::Text(120), "当事人", "Party").personal(),
    office("party.uscc", Type::Text(18), "统一社会信用代码", "Unified social credit code"),
    office("qualified", Type::Map(&[("day", Type::Date)]), "可修复核定", "Found to be repairable"),
    office("reckoned", RECKONED, "核算结果", "What was reckoned"),
    office("result", Type::Map(&[("approved", Type::Bool), ("at_ms", MS), ("by", Type::Token), ("reason", Type::Text(2_000))]), "修复决定", "Result"),
    office("review", Type::Map(&[("at_ms", MS), ("by", Type::Token)]), "审核", "Review"),
    office(
        "revocation",
        Type::Map(&[("at_ms", MS), ("by", Type::Token), ("evidence", Type::Text(1_000)), ("reason", Type::Text(2_000))]),
        "撤销修复（虚假承诺）",
        "Taken back for a false commitment",
    ),
    office("site", Type::Token, "涉案对象", "Site (record)"),
    office("subject", Type::Token, "当事人档案", "Party (record)"),
    office("synced", Type::Map(&[("at_ms", MS), ("key", Type::Token), ("receipt", Type::Text(120))]), "同步信用网站", "Passed on to the credit site"),
    office("title", Type::Text(200), "案由", "Cause"),
    office("unit", Type::Token, "承办单位", "Unit in charge"),
];

pub(super) static GROUPS: &[FieldRow] = &[
    office("extensions.*", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("reason", Type::Text(600))]), "延长办理期限", "Extensions"),
    office("notes.*", Type::Text(2_000), "备注", "Notes"),
];
