//! The field table of a course.

use crate::number::paper::DOCUMENT;
use crate::record::{FieldRow, Policy, Type};

/// Kinds of course (`domain.md` §12), in the words of the zone.
pub const KINDS: &[&str] = &["three_level", "monthly", "friday_cloud", "special", "case_sharing"];
/// Who holds a course of the 三级学习: 市局, 执法队, 中队.
pub const LEVELS: &[&str] = &["city", "team", "squad"];
/// What became of a sign-in: right; a code that was not shown then; outside the hours of the course; by another's handheld.
pub const VERDICTS: &[&str] = &["right", "wrong_code", "outside", "another"];

/// Instants in UTC milliseconds, up to the year 2200.
const MS: Type = Type::Int(0, 7_258_118_400_000);
/// 学时, whole ones.
const HOURS: Type = Type::Int(0, 40);
/// Most options of a question; a choice is a set of them.
pub const OPTIONS: usize = 8;
const CHOICE: Type = Type::List(OPTIONS, &Type::Int(0, 7));

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

const fn office(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    row(key, ty, zh, en).read_as(Policy::Office)
}

pub(super) static FIELDS: &[FieldRow] = &[
    row("day", Type::Date, "培训日期", "Day"),
    row("domain", Type::Token, "执法领域", "Field of law"),
    row("due", Type::Map(&[("day", Type::Date), ("for", Type::Token)]), "办理时限", "Due").read_as(Policy::Office),
    row("from_ms", MS, "开始时间", "From"),
    row("goal", Type::Text(600), "培训对象与目标", "Audience and goal"),
    row("hours", Type::Int(1, 40), "学时", "Hours of training"),
    row("kind", Type::Enum(KINDS), "培训形式", "Kind of course"),
    row("level", Type::Enum(LEVELS), "学习层级", "Level"),
    row("online", Type::Text(300), "线上地址", "Online at"),
    row("pass", Type::Int(0, 100), "测验合格线", "Pass mark in percent"),
    row("place", Type::Text(200), "地点", "Place"),
    row("summary", Type::Text(4_000), "培训小结", "What was taught"),
    row("title", Type::Text(120), "课程名称", "Title"),
    row("unit", Type::Token, "主办单位", "Unit that holds it"),
    row("until_ms", MS, "结束时间", "Until"),
];

/// The code that stood on the screen, and when by the clock of whoever signed in.
const ATTENDANCE: Type = Type::Map(&[("code", Type::Text(12)), ("ms", MS)]);
const CREDIT: Type = Type::Map(&[("by", Type::Token), ("hours", HOURS), ("ms", MS), ("why", Type::Text(300))]);
/// 培训邀请函: which field a department is asked to teach, by when it answers.
const INVITATION: Type = Type::Map(&[
    ("answer_by", Type::Date),
    ("asked_day", Type::Date),
    ("by", Type::Token),
    ("domain", Type::Token),
    ("ms", MS),
    ("text", Type::Text(2_000)),
    ("unit", Type::Token),
]);
const LECTURER: Type = Type::Map(&[("department", Type::Token), ("name", Type::Text(60)), ("officer", Type::Token), ("title", Type::Text(60))]);
const MATERIAL: Type = Type::Map(&[("mime", Type::Text(40)), ("name", Type::Text(120)), ("sha256", Type::Token), ("size", Type::Int(0, 1 << 40)), ("url", Type::Text(500))]);
/// `key` is a digest of the right choice with the server's secret: whoever holds the record does not hold the answer.
const QUESTION: Type = Type::Map(&[("key", Type::Token), ("options", Type::List(OPTIONS, &Type::Text(200))), ("text", Type::Text(600))]);
const REPLY: Type = Type::Map(&[("accepted", Type::Bool), ("by", Type::Token), ("day", Type::Date), ("ms", MS), ("text", Type::Text(2_000))]);
const RESULT: Type = Type::Map(&[("choices", Type::List(50, &CHOICE)), ("ms", MS), ("right", Type::Int(0, 50)), ("total", Type::Int(0, 50))]);
/// `of` is the sign-in that was looked at; `arrived_ms` is when it came to the server.
const VERDICT: Type = Type::Map(&[("arrived_ms", MS), ("of", Type::Text(60)), ("signed_ms", MS), ("word", Type::Enum(VERDICTS))]);

pub(super) static GROUPS: &[FieldRow] = &[
    row("attendance.*", ATTENDANCE, "签到", "Sign-ins").read_as(Policy::Latest),
    row("audience.*", Type::Map(&[("text", Type::Text(200))]), "参训单位", "Units that attend").read_as(Policy::Present),
    office("credits.*", CREDIT, "学时认定", "Hours credited"),
    office("documents.*", DOCUMENT, "文书", "Documents"),
    office("invitations.*", INVITATION, "培训邀请函", "Invitations to departments"),
    row("lecturers.*", LECTURER, "授课人", "Lecturers").read_as(Policy::Present),
    row("materials.*", MATERIAL, "培训材料", "Materials"),
    row("notes.*", Type::Text(2_000), "备注", "Notes"),
    office("questions.*", QUESTION, "测验题", "Questions of the quiz"),
    office("replies.*", REPLY, "部门答复", "Replies of departments"),
    office("results.*", RESULT, "测验成绩", "Results of the quiz"),
    office("verdicts.*", VERDICT, "签到核验", "What became of sign-ins"),
];
