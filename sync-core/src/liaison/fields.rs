//! The field table of a liaison.

use crate::record::{FieldRow, Policy, Type};

/// What a request may be about.
pub const ABOUT: &[&str] = &["visit", "case", "invitation", "plan", "site", "subject"];

/// Instants in UTC milliseconds, up to the year 2200.
const MS: Type = Type::Int(0, 7_258_118_400_000);

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

pub(super) static FIELDS: &[FieldRow] = &[
    row("about", Type::Map(&[("kind", Type::Enum(ABOUT)), ("record", Type::Token)]), "相关记录", "About"),
    row("answer_by", Type::Date, "要求答复日期", "Answer by"),
    row("asked_ms", MS, "发出时间", "Asked"),
    row("day", Type::Date, "发出日期", "Day of the request"),
    row("due", Type::Map(&[("day", Type::Date), ("for", Type::Token)]), "办理时限", "Due").read_as(Policy::Office),
    row("from", Type::Token, "发出机关", "Organ that asks"),
    row("text", Type::Text(4_000), "内容", "Request"),
    row("title", Type::Text(120), "标题", "Title"),
    row("unit", Type::Token, "发出单位", "Unit that asks"),
];

/// A reply; `agreed` says whether the department will do what is asked.
const REPLY: Type = Type::Map(&[("agreed", Type::Bool), ("by", Type::Token), ("ms", MS), ("text", Type::Text(4_000))]);

pub(super) static GROUPS: &[FieldRow] = &[
    row("notes.*", Type::Text(2_000), "备注", "Notes"),
    row("organs.*", Type::Map(&[("unit", Type::Token)]), "主送机关", "Organs that are asked").read_as(Policy::Present),
    row("replies.*", REPLY, "答复", "Replies").read_as(Policy::Office),
];
