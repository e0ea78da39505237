//! The field table of a visit.

use crate::evidence;
use crate::number::paper::{DOCUMENT, PAPER};
use crate::record::{FieldRow, Policy, Type};

/// How a question of the form was answered: 符合, 不符合, 不适用, 未查.
pub const RESULTS: &[&str] = &["ok", "bad", "na", "unchecked"];
/// Risk of the site as found, least first.
pub const RISKS: &[&str] = &["none", "low", "medium", "high", "stop_work"];
/// What a participant is there for; auxiliaries (辅助人员) never count towards two officers.
pub const ROLES: &[&str] = &["lead", "officer", "auxiliary"];
/// How the officers themselves describe the state of their work; the stage is what the acts made of it.
pub const STATUSES: &[&str] = &["draft", "in_progress", "submitted", "approved"];
/// Kinds of inspection (`domain.md` §3.1) and guidance by invitation (§4).
pub const MODES: &[&str] = &["daily", "special", "triggered", "appointment", "guidance"];
/// Why an organ takes part, as the cap on visits distinguishes (`law::policy::VisitKind`).
pub const KINDS: &[&str] = &["daily", "special_own", "special_superior", "triggered", "appointment", "recheck"];
/// What may stand in the place of a plan (无计划不检查, 国办发〔2024〕54号): complaint, transfer, a superior's order, a data
/// alert, the firm's own invitation, a re-check.
pub const SOURCES: &[&str] = &["complaint", "transfer", "superior", "alert", "invitation", "recheck"];
/// What weighs how much among the findings of an admission: a warning, or a block.
pub const WEIGHTS: &[&str] = &["warn", "block"];
/// How the notice reached the party, or that there was a ground for none.
pub const NOTICE_WAYS: &[&str] = &["served", "on_site", "no_prior_notice"];

/// Degrees × 10⁷; whole Earth, so that a wrong fix is visible and not refused.
const LON: Type = Type::Int(-1_800_000_000, 1_800_000_000);
const LAT: Type = Type::Int(-900_000_000, 900_000_000);
/// Instants in UTC milliseconds, up to the year 2200.
const MS: Type = Type::Int(0, 7_258_118_400_000);

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

pub(super) static FIELDS: &[FieldRow] = &[
    row("area", Type::Token, "所属区域", "Area"),
    row("case_no", Type::Text(40), "案件编号", "Case number").read_as(Policy::Office),
    row("code", CODE, "行政行为码", "Code of the act"),
    row("contact.name", Type::Text(60), "联系人", "Contact").read_as(Policy::Latest).personal(),
    row("contact.phone", Type::Text(40), "联系电话", "Contact's telephone").read_as(Policy::Latest).personal(),
    row("due", Type::Map(&[("alert_ms", MS), ("at_ms", MS), ("day", Type::Date), ("for", Type::Token)]), "应办期限", "Due").read_as(Policy::Office),
    row("fence", Type::Map(&[("lat_e7", LAT), ("lon_e7", LON), ("radius_m", Type::Int(1, 100_000))]), "到场围栏", "Fence for checking in").read_as(Policy::Office),
    row("finished_ms", MS, "结束时间", "Finished"),
    row("follow_up", Type::Bool, "需要复查", "Follow-up needed"),
    row("follow_up_date", Type::Date, "复查日期", "Follow-up date"),
    row("humidity_pct", Type::Int(0, 100), "湿度(%)", "Humidity, per cent"),
    row("invitation", Type::Token, "邀约单", "Invitation (record)"),
    row("joined_into", Type::Token, "并入的检查", "Joined into this visit").read_as(Policy::Office),
    row("lead", Type::Token, "牵头执法人员", "Lead officer"),
    row("mode", Type::Enum(MODES), "检查方式", "Kind of inspection"),
    row("notice", Type::Map(&[("ground", Type::Text(500)), ("served_ms", MS), ("to", Type::Text(60)), ("way", Type::Enum(NOTICE_WAYS))]), "检查通知", "Notice").personal(),
    row("occupancy", Type::Int(0, 1_000_000), "现场人数", "People on site"),
    row(
        "party",
        Type::Map(&[("name", Type::Text(60)), ("refused", Type::Bool), ("role", Type::Text(40)), ("signature", Type::Token), ("video", Type::Token), ("witness", Type::Text(60))]),
        "现场负责人签名",
        "Signature of the party on site",
    )
    .personal(),
    row("permit_no", Type::Text(60), "施工许可证号", "Permit number"),
    row("planned_date", Type::Date, "计划日期", "Planned date"),
    row("regularised", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("reason", Type::Text(500))]), "补办审批", "Approval made up for").read_as(Policy::Office),
    row("result", Type::Map(&[("conclusion", Type::Text(2_000)), ("delivered_ms", MS), ("to", Type::Text(60))]), "检查结果告知", "Result delivered").personal(),
    row("risk", Type::Enum(RISKS), "风险等级", "Risk").read_as(Policy::Severest),
    row("risk_score", Type::Int(0, 1_000), "风险分值", "Risk score"),
    row("site", Type::Token, "检查对象", "Site (record)"),
    row("site.accuracy_cm", Type::Int(0, 100_000_000), "定位精度(厘米)", "Accuracy, centimetres").read_as(Policy::Latest),
    row("site.address", Type::Text(200), "地址", "Address"),
    row("site.city", Type::Text(60), "城市", "City"),
    row("site.lat_e7", LAT, "纬度(10⁻⁷度)", "Latitude, degrees × 10⁷").read_as(Policy::Latest),
    row("site.lon_e7", LON, "经度(10⁻⁷度)", "Longitude, degrees × 10⁷").read_as(Policy::Latest),
    row("site.name", Type::Text(120), "工地名称", "Site name"),
    row("site.postcode", Type::Text(10), "邮编", "Postcode"),
    row("source", SOURCE, "检查来源", "What it was triggered by"),
    row("started_ms", MS, "开始时间", "Started"),
    row("status", Type::Enum(STATUSES), "填报状态", "State of the work").read_as(Policy::Latest),
    row("summary", Type::Text(4_000), "检查概述", "Summary"),
    row("task", Type::Text(80), "任务来源", "Task"),
    row("temperature_dc", Type::Int(-600, 700), "气温(0.1℃)", "Temperature, tenths of °C"),
    row("unit", Type::Token, "牵头单位", "Lead unit"),
    row("urgent", Type::Map(&[("at_ms", MS), ("reason", Type::Text(500))]), "紧急检查", "Urgent inspection"),
    row("weather", Type::Text(20), "天气", "Weather"),
];

/// The code of the act: what is printed, and the signed token that its QR shows (`number`).
const CODE: Type = Type::Map(&[("no", Type::Text(80)), ("seq", Type::Int(1, 99_999_999)), ("series", Type::Text(60)), ("token", Type::Text(400))]);
const SOURCE: Type = Type::Map(&[("at_ms", MS), ("kind", Type::Enum(SOURCES)), ("ref", Type::Text(120)), ("text", Type::Text(1_000))]);
/// One answer; `items` are those not met under a question that covers several; `measure` counts thousandths of
/// `unit`, since no value is ever a float.
const ANSWER: Type = Type::Map(&[
    ("items", Type::List(32, &Type::Token)),
    ("measure", Type::Int(-1_000_000_000_000, 1_000_000_000_000)),
    ("reason", Type::Text(500)),
    ("result", Type::Enum(RESULTS)),
    ("unit", Type::Text(16)),
]);
const CLUE: Type = Type::Map(&[("fact", Type::Text(2_000)), ("items", Type::List(64, &Type::Token)), ("matter", Type::Text(40)), ("to", Type::Token)]);
const FORM: Type = Type::Map(&[("department", Type::Token), ("template", Type::Token), ("title", Type::Text(120)), ("version", Type::Int(1, 1_000_000))]);
const ITEM: Type = Type::Map(&[("covers", Type::List(32, &Type::Token)), ("departments", Type::List(32, &Type::Token)), ("photo", Type::Bool), ("title", Type::Text(300))]);
const ORDER: Type =
    Type::Map(&[("basis", Type::Text(300)), ("deadline", Type::Date), ("demand", Type::Text(1_000)), ("department", Type::Token), ("items", Type::List(64, &Type::Token))]);
/// `cosign` names the signature by which an officer without a handheld of his own stands for being there.
const PARTICIPANT: Type = Type::Map(&[
    ("certificate", Type::Text(32)),
    ("checked_in_ms", MS),
    ("code_shown", Type::Bool),
    ("cosign", Type::Token),
    ("department", Type::Token),
    ("name", Type::Text(60)),
    ("role", Type::Enum(ROLES)),
]);
/// `sm3` beside `sha256`: both are of the original as it was captured.
const PHOTO: Type = Type::Map(&[
    ("by", Type::Token),
    ("lat_e7", LAT),
    ("lon_e7", LON),
    ("mime", Type::Text(40)),
    ("second", Type::Token),
    ("sha256", Type::Token),
    ("size", Type::Int(0, 1 << 40)),
    ("sm3", Type::Token),
    ("taken_ms", MS),
]);
/// What an organ contributes to a joint visit (联合检查方案的分工).
const ORGAN: Type = Type::Map(&[
    ("basis", Type::Text(500)),
    ("entries", Type::List(64, &Type::Token)),
    ("kind", Type::Enum(KINDS)),
    ("matters", Type::List(200, &Type::Text(40))),
    ("plan", Type::Token),
]);
/// A problem found on a visit by invitation, with what to do about it (整改意见).
const OPINION: Type = Type::Map(&[
    ("clause", Type::Text(500)),
    ("deadline", Type::Date),
    ("department", Type::Token),
    ("fact", Type::Text(2_000)),
    ("item", Type::Token),
    ("photo", Type::Token),
    ("suggestion", Type::Text(2_000)),
]);
/// A risk and how to keep clear of it (合规建议).
const ADVICE: Type = Type::Map(&[("advice", Type::Text(2_000)), ("department", Type::Token), ("reference", Type::Text(500)), ("risk", Type::Text(1_000))]);
/// Technical support given on site (技术支持和帮扶指导): a finding of its own kind, counted.
const SUPPORT: Type = Type::Map(&[("by", Type::Text(60)), ("department", Type::Token), ("item", Type::Token), ("ms", MS), ("text", Type::Text(2_000))]);
/// What the admission found wrong, by code; `settled` is a reviewer's reason to let it stand (`admission`).
const FLAG: Type = Type::Map(&[
    ("about", Type::Text(200)),
    ("at_ms", MS),
    ("basis", Type::Text(200)),
    ("code", Type::Token),
    ("detail", Type::Text(500)),
    ("settled", Type::Text(500)),
    ("settled_by", Type::Token),
    ("weight", Type::Enum(WEIGHTS)),
]);
/// A signature on glass: strokes as x, y, x, y … in a box of `w` × `h`.
const SIGNATURE: Type = Type::Map(&[
    ("by", Type::Text(60)),
    ("h", Type::Int(1, 65_535)),
    ("ms", MS),
    ("role", Type::Text(40)),
    ("strokes", Type::List(128, &Type::List(4_096, &Type::Int(0, 65_535)))),
    ("w", Type::Int(1, 65_535)),
]);
const SUBJECT: Type = Type::Map(&[("name", Type::Text(120)), ("role", Type::Text(40)), ("uscc", Type::Text(18))]);
/// An application for more time to correct, and the office's word on it under the same id.
const EXTENSION: Type = Type::Map(&[("applied_ms", MS), ("by", Type::Text(60)), ("order", Type::Token), ("reason", Type::Text(1_000)), ("to", Type::Date)]);
const RULING: Type = Type::Map(&[("at_ms", MS), ("by", Type::Token), ("granted", Type::Bool), ("order", Type::Token), ("reason", Type::Text(1_000)), ("to", Type::Date)]);
const RECHECK: Type = Type::Map(&[("done_ms", MS), ("note", Type::Text(1_000)), ("result", Type::Enum(&["corrected", "extended", "not_corrected"]))]);

pub(super) static GROUPS: &[FieldRow] = &[
    row("advice.*", ADVICE, "合规建议", "Compliance suggestions"),
    row("answers.*", ANSWER, "检查结论", "Answers"),
    row("clues.*", CLUE, "案件线索", "Clues").read_as(Policy::Present),
    row("documents.*", DOCUMENT, "文书", "Documents").read_as(Policy::Office),
    row("extensions.*", EXTENSION, "延期整改申请", "Applications for more time"),
    row("files.*", evidence::FILE, "原件接收", "Originals received").read_as(Policy::Office),
    row("flags.*", FLAG, "合规提示", "What is wrong with it").read_as(Policy::Office),
    row("form.*", FORM, "联合表单的模板", "Templates of the joint form").read_as(Policy::Present),
    row("items.*", ITEM, "联合表单的检查项", "Items of the joint form").read_as(Policy::Present),
    row("notes.*", Type::Text(2_000), "情况说明", "Notes"),
    row("opinions.*", OPINION, "整改意见", "Rectification opinions"),
    row("orders.*", ORDER, "责令改正", "Rectification orders"),
    row("organs.*", ORGAN, "参加机关与分工", "Organs that take part"),
    row("overrides.*", Type::Map(&[("at_ms", MS), ("by", Type::Token), ("reason", Type::Text(500))]), "例外理由", "Overrides").read_as(Policy::Office),
    row("papers.*", PAPER, "现场文书", "Papers drawn up in the field"),
    row("participants.*", PARTICIPANT, "参加人员", "Participants").read_as(Policy::Present).personal(),
    row("photos.*", PHOTO, "照片", "Photos").read_as(Policy::Present),
    row("ratings.*", Type::Map(&[("ms", MS), ("score", Type::Int(1, 5)), ("text", Type::Text(500))]), "企业评价", "Ratings").read_as(Policy::Office),
    row("rechecks.*", RECHECK, "复查记录", "Re-checks"),
    row("recusals.*", Type::Map(&[("at_ms", MS), ("reason", Type::Text(500))]), "回避", "Recusals").read_as(Policy::Present),
    row("rulings.*", RULING, "延期整改答复", "Answers to applications for more time").read_as(Policy::Office),
    row("signatures.*", SIGNATURE, "手写签名", "Signatures").personal(),
    row("subjects.*", SUBJECT, "检查对象单位", "Firms and persons visited").read_as(Policy::Present),
    row("support.*", SUPPORT, "技术支持和帮扶指导", "Technical support given"),
    row("tags.*", Type::Bool, "标签", "Tags").read_as(Policy::Present),
];
