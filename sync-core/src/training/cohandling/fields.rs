//! The field table of a co-handling.

use crate::record::{FieldRow, Policy, Type};

/// Instants in UTC milliseconds, up to the year 2200.
const MS: Type = Type::Int(0, 7_258_118_400_000);

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

const fn office(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    row(key, ty, zh, en).read_as(Policy::Office)
}

pub(super) static FIELDS: &[FieldRow] = &[
    office("case", Type::Token, "首案", "Case (record)"),
    office("day", Type::Date, "提出日期", "Day of the proposal"),
    office("domain", Type::Token, "执法领域", "Field of law"),
    office("former", Type::Token, "原主管部门", "Former department"),
    office("former_unit", Type::Token, "原主管部门承办单位", "Unit of the former department"),
    office("matter", Type::Text(40), "事项", "Matter"),
    office("reply", Type::Map(&[("agreed", Type::Bool), ("by", Type::Token), ("ms", MS), ("text", Type::Text(2_000))]), "部门答复", "Reply of the department"),
    office("request", Type::Map(&[("by", Type::Token), ("ms", MS), ("text", Type::Text(2_000))]), "共办请求", "Request of the head"),
    office("title", Type::Text(200), "标题", "Title"),
    office("transfer", Type::Token, "职权划转", "Transfer"),
    office("unit", Type::Token, "办案单位", "Squad"),
];

pub(super) static GROUPS: &[FieldRow] = &[
    office("advisors.*", Type::Map(&[("department", Type::Token), ("name", Type::Text(60)), ("title", Type::Text(60))]), "共办专家", "Advisors"),
    office("deciders.*", Type::Map(&[("case", Type::Token)]), "承办与审批人员", "Who handles and decides"),
    office("lessons.*", Type::Map(&[("by", Type::Token), ("ms", MS), ("text", Type::Text(4_000)), ("topic", Type::Text(120))]), "办案要点", "Lessons"),
    row("notes.*", Type::Text(2_000), "备注", "Notes"),
];
