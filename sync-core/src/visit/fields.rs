//! The field table of a visit.

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
    row("case_no", Type::Text(40), "案件编号", "Case number").read_as(Policy::Office),
    row("contact.name", Type::Text(60), "联系人", "Contact").read_as(Policy::Latest).personal(),
    row("contact.phone", Type::Text(40), "联系电话", "Contact's telephone").read_as(Policy::Latest).personal(),
    row("finished_ms", MS, "结束时间", "Finished"),
    row("follow_up", Type::Bool, "需要复查", "Follow-up needed"),
    row("follow_up_date", Type::Date, "复查日期", "Follow-up date"),
    row("humidity_pct", Type::Int(0, 100), "湿度(%)", "Humidity, per cent"),
    row("joined_into", Type::Token, "并入的检查", "Joined into this visit"),
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
    row("started_ms", MS, "开始时间", "Started"),
    row("status", Type::Enum(STATUSES), "填报状态", "State of the work").read_as(Policy::Latest),
    row("summary", Type::Text(4_000), "检查概述", "Summary"),
    row("task", Type::Text(80), "任务来源", "Task"),
    row("temperature_dc", Type::Int(-600, 700), "气温(0.1℃)", "Temperature, tenths of °C"),
    row("unit", Type::Token, "牵头单位", "Lead unit"),
    row("weather", Type::Text(20), "天气", "Weather"),
];

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
const PARTICIPANT: Type = Type::Map(&[
    ("certificate", Type::Text(32)),
    ("checked_in_ms", MS),
    ("code_shown", Type::Bool),
    ("department", Type::Token),
    ("name", Type::Text(60)),
    ("role", Type::Enum(ROLES)),
]);
const PHOTO: Type =
    Type::Map(&[("by", Type::Token), ("lat_e7", LAT), ("lon_e7", LON), ("mime", Type::Text(40)), ("sha256", Type::Token), ("size", Type::Int(0, 1 << 40)), ("taken_ms", MS)]);
const RECHECK: Type = Type::Map(&[("done_ms", MS), ("note", Type::Text(1_000)), ("result", Type::Enum(&["corrected", "extended", "not_corrected"]))]);

pub(super) static GROUPS: &[FieldRow] = &[
    row("answers.*", ANSWER, "检查结论", "Answers"),
    row("clues.*", CLUE, "案件线索", "Clues").read_as(Policy::Present),
    row("form.*", FORM, "联合表单的模板", "Templates of the joint form").read_as(Policy::Present),
    row("items.*", ITEM, "联合表单的检查项", "Items of the joint form").read_as(Policy::Present),
    row("notes.*", Type::Text(2_000), "情况说明", "Notes"),
    row("orders.*", ORDER, "责令改正", "Rectification orders"),
    row("participants.*", PARTICIPANT, "参加人员", "Participants").read_as(Policy::Present).personal(),
    row("photos.*", PHOTO, "照片", "Photos").read_as(Policy::Present),
    row("rechecks.*", RECHECK, "复查记录", "Re-checks"),
    row("tags.*", Type::Bool, "标签", "Tags").read_as(Policy::Present),
];
