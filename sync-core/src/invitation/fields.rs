//! The field table of an invitation.

use crate::record::{FieldRow, Policy, Type};

/// `guidance`: no compulsion, outside the cap, no record of inspection (笔录). `inspection`: every condition of an inspection
/// holds; that a firm asks for it does not replace the approval (国办发〔2024〕54号).
pub const MODES: &[&str] = &["guidance", "inspection"];

/// Instants in UTC milliseconds, up to the year 2200.
const MS: Type = Type::Int(0, 7_258_118_400_000);
/// How many of something a report counts.
const COUNT: Type = Type::Int(0, 10_000);

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

/// Written by the office only.
const fn office(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    row(key, ty, zh, en).read_as(Policy::Office)
}

/// What has to be done by when: the stage that it is about, and the day from which the term runs.
const DUE: Type = Type::Map(&[("day", Type::Date), ("for", Type::Token), ("since", Type::Date)]);
/// What the follow-up found: of all opinions of the report so many corrected, and so many still open.
const FOLLOW_UP: Type = Type::Map(&[("corrected", COUNT), ("done_ms", MS), ("open", COUNT), ("text", Type::Text(2_000))]);
/// The report: what the visit holds when it is issued, counted.
const REPORT: Type = Type::Map(&[("advice", COUNT), ("by", Type::Token), ("issued_ms", MS), ("items", COUNT), ("opinions", COUNT), ("summary", Type::Text(4_000))]);

pub(super) static FIELDS: &[FieldRow] = &[
    row("area", Type::Token, "所属区域", "Area"),
    row("contact.name", Type::Text(60), "联系人", "Contact").read_as(Policy::Latest).personal(),
    row("contact.phone", Type::Text(40), "联系电话", "Contact's telephone").read_as(Policy::Latest).personal(),
    row("day", Type::Date, "申请日期", "Day of the request"),
    office("due", DUE, "办理时限", "Due"),
    row("firm", Type::Token, "企业", "Firm (record)"),
    row("firm.name", Type::Text(120), "企业名称", "Name of the firm"),
    row("firm.uscc", Type::Text(18), "统一社会信用代码", "Unified social credit code"),
    row("follow_up", FOLLOW_UP, "回访", "Follow-up"),
    office("lead", Type::Token, "牵头部门", "Lead department"),
    row("mode", Type::Enum(MODES), "服务方式", "Guidance or inspection"),
    office("planned_date", Type::Date, "上门日期", "Day of the visit"),
    office("rating", Type::Map(&[("ms", MS), ("score", Type::Int(1, 5)), ("text", Type::Text(500))]), "企业评价", "Rating by the firm"),
    office("report", REPORT, "体检报告", "Report"),
    row("request", Type::Text(2_000), "诉求", "What the firm asks"),
    row("site", Type::Token, "检查对象", "Site (record)"),
    row("submitted_ms", MS, "提交时间", "Submitted"),
    row("topics", Type::List(16, &Type::Token), "服务主题", "Themes"),
    row("unit", Type::Token, "受理单位", "Unit that accepts it"),
    office("visit", Type::Token, "上门检查", "Visit (record)"),
    row("wanted", Type::List(10, &Type::Date), "期望日期", "Wanted days"),
];

/// What a firm hands in about itself (自查材料): facts of a file, never the file.
const ATTACHMENT: Type = Type::Map(&[("mime", Type::Text(40)), ("name", Type::Text(120)), ("sha256", Type::Token), ("size", Type::Int(0, 1 << 40))]);
/// An invited department, under its code. `declined` is its reason; one that is invited anew has none any more.
const DEPARTMENT: Type = Type::Map(&[
    ("asked_ms", MS),
    ("claimed_ms", MS),
    ("declined", Type::Text(1_000)),
    ("declined_ms", MS),
    ("matters", Type::List(200, &Type::Text(40))),
    ("officer", Type::Token),
    ("unit", Type::Token),
]);
/// A refusal, kept whatever becomes of the department's entry.
const DECLINE: Type = Type::Map(&[("at_ms", MS), ("by", Type::Token), ("organ", Type::Token), ("reason", Type::Text(1_000))]);

pub(super) static GROUPS: &[FieldRow] = &[
    row("attachments.*", ATTACHMENT, "自查材料", "What the firm hands in"),
    office("declines.*", DECLINE, "退单记录", "Refusals by departments"),
    office("departments.*", DEPARTMENT, "受邀部门", "Invited departments"),
    row("notes.*", Type::Text(2_000), "备注", "Notes"),
];
