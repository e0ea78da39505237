//! The field table of a plan.

use crate::record::{FieldRow, Policy, Type};

/// A plan of a year (年度计划), or of a campaign (专项计划).
pub const BASES: &[&str] = &["annual", "campaign"];
/// Lists of objects from which may be drawn: 随机抽查, 重点监管. What is left alone (无事不扰) is never drawn.
pub const STRATA: &[&str] = &["key", "random"];

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en).read_as(Policy::Office)
}

pub(super) static FIELDS: &[FieldRow] = &[
    row("approval", Type::Map(&[("opinion", Type::Text(2_000))]), "机关负责人审批意见", "The head's opinion"),
    row("basis", Type::Text(500), "制定依据", "What it rests on"),
    row("kind", Type::Enum(BASES), "计划类型", "Kind of plan"),
    row("matching", Type::Token, "撮合运行", "Matching that it took part in"),
    row(
        "opinion.discussion",
        Type::Map(&[("held", Type::Date), ("members", Type::List(50, &Type::Token)), ("minutes", Type::Text(8_000)), ("passed", Type::Bool)]),
        "集体讨论",
        "Collective discussion",
    ),
    row("opinion.legal", Type::Map(&[("agree", Type::Bool), ("text", Type::Text(2_000))]), "法制审核意见", "Legal opinion"),
    row("organ", Type::Token, "制定机关", "Organ"),
    row("published", Type::Map(&[("day", Type::Date), ("place", Type::Text(300))]), "公布情况", "Publication"),
    row("report", Type::Text(4_000), "执行情况", "How it was carried out"),
    row("submitted", Type::Map(&[("day", Type::Date), ("note", Type::Text(500))]), "提交", "Submission"),
    row("title", Type::Text(120), "计划名称", "Title"),
    row("unit", Type::Token, "制定单位", "Unit"),
    row("window", Type::Map(&[("from", Type::Date), ("to", Type::Date)]), "计划期间", "First and last day"),
    row("year", Type::Int(2000, 2200), "年度", "Year"),
];

/// One entry; `object` is a site or subject by record, `sample` stands in its place where objects are to be drawn.
const ENTRY: Type = Type::Map(&[
    ("area", Type::Token),
    ("basis", Type::Text(500)),
    ("from", Type::Date),
    ("kind", Type::Enum(&["daily", "special_own", "special_superior", "triggered", "appointment"])),
    ("matters", Type::List(200, &Type::Text(40))),
    ("minutes", Type::Int(1, 1_440)),
    ("mode", Type::Enum(&["on_site", "off_site"])),
    ("object", Type::Token),
    ("officers", Type::Int(1, 20)),
    ("risk", Type::Enum(&["low", "medium", "high"])),
    ("sample", Type::Map(&[("list", Type::Enum(STRATA)), ("percent", Type::Int(1, 100)), ("risk", Type::Enum(&["low", "medium", "high"]))])),
    ("to", Type::Date),
    ("visits", Type::Int(1, 52)),
]);

pub(super) static GROUPS: &[FieldRow] = &[row("entries.*", ENTRY, "计划条目", "Entries"), row("notes.*", Type::Text(2_000), "备注", "Notes")];
