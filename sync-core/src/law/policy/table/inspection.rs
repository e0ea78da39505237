//! Organisation, transfer of powers, inspection (行政检查) and invited inspection (邀约式检查): `domain.md` §1 to §4, §10.

use super::super::known::Mark::{Doubtful, Excerpt, General, House, Text};
use super::super::known::PresetCell::{N, W};
use super::super::known::{Known, choice, integer, period, table, text};
use super::super::setting::{Column, ColumnType, Label};
use super::{DAYS, YES_NO};
use crate::law::period::Period;

const POWERS: &[Label] = &[("none", "无检查、处罚权", "Neither inspects nor punishes"), ("inspection", "有检查权", "May inspect")];
const PENDING: &[Label] = &[("stay", "由原立案机关继续办理", "Stay with the organ that filed"), ("move", "随职权移交", "Move with the power")];
const MINOR: &[Label] = &[("not_filed", "及时改正的不予立案", "Not filed if corrected in time"), ("filed", "照常立案", "Filed as usual")];
const GUARD: &[Label] = &[("guidance", "仅作指导", "Guidance only"), ("penalty", "可以处罚", "May be punished")];
const YEAR: &[Label] = &[("calendar", "自然年", "Calendar year"), ("rolling", "连续十二个月", "Twelve months back")];

const fn counts(key: &'static str, zh: &'static str, en: &'static str) -> Column {
    Column { key, zh, en, ty: ColumnType::Choice(YES_NO) }
}

const fn scope(key: &'static str, zh: &'static str, en: &'static str) -> Column {
    Column { key, zh, en, ty: ColumnType::Scope }
}

const CAP: &[Column] = &[
    scope("area", "区域", "Area"),
    scope("domain", "领域", "Domain"),
    scope("risk", "风险等级", "Risk level"),
    Column { key: "max", zh: "年度上限", en: "Most visits a year", ty: ColumnType::Integer { min: 0, max: 366, unit: "visits" } },
    counts("daily", "日常检查计入", "Daily inspections count"),
    counts("special_own", "本级专项检查计入", "Own special inspections count"),
    counts("special_superior", "上级部署的专项检查计入", "Special inspections ordered from above count"),
    counts("triggered", "触发式检查计入", "Triggered inspections count"),
    counts("appointment", "邀约式检查计入", "Invited inspections count"),
    counts("recheck", "整改复查计入", "Re-checks count"),
    Column { key: "year", zh: "年度口径", en: "Year", ty: ColumnType::Choice(YEAR) },
];

const CHANCE: &[Column] = &[
    scope("risk", "风险等级", "Risk level"),
    scope("credit", "信用等级", "Credit level"),
    Column { key: "weight", zh: "权重", en: "Weight", ty: ColumnType::Integer { min: 1, max: 1_000_000, unit: "tickets" } },
];

const fn wd(days: u16) -> Period {
    Period::working_days(days)
}

pub(super) const POLICIES: &[Known] = &[
    choice("organ.guidance.powers", "指导办的职权", "Powers of the guidance office", "none", POWERS).by("浙江省综合行政执法条例第十二条（未规定检查、处罚权）", General, "§1"),
    choice("transfer.department.inspects", "划转后业务主管部门是否保留日常检查", "Whether the competent department goes on inspecting after a transfer", "yes", YES_NO).by(
        "浙江省综合行政执法条例第十六条（业务主管部门履行监督管理职责），与第八条的衔接待核",
        House,
        "§2, §3.3",
    ),
    choice("transfer.pending_cases", "职权划转时未结案件", "Pending cases when powers are transferred", "stay", PENDING).by("无明文规定；按移交批次确定", Doubtful, "§2, §14.8"),
    text("inspection.bans", "“五个严禁”全文", "Text of the five bans", "", (0, 4_000)).by("国办发〔2024〕54号；全文须由法制部门录入", Doubtful, "§3.2, §14.3"),
    text("inspection.must_nots", "“八个不得”全文", "Text of the eight must-nots", "", (0, 4_000)).by("国办发〔2024〕54号；全文须由法制部门录入", Doubtful, "§3.2, §14.3"),
    integer("inspection.urgent.report", "紧急检查补办手续时限", "Time to report an urgent inspection", 24, (1, 168), "hours").by(
        "国办发〔2024〕54号“及时补办”，未定时数",
        Doubtful,
        "§3.3",
    ),
    integer("inspection.urgent.alert", "紧急检查补办提醒", "Reminder to report an urgent inspection", 12, (1, 168), "hours").by(
        "国办发〔2024〕54号“及时补办”，未定时数",
        Doubtful,
        "§3.3",
    ),
    table(
        "inspection.cap",
        "入企检查频次上限",
        "Cap on visits to one firm",
        CAP,
        &[&[W("*"), W("*"), W("*"), N(2), W("yes"), W("yes"), W("no"), W("no"), W("no"), W("no"), W("calendar")]],
    )
    .by("浙政办发〔2025〕5号；国办发〔2024〕54号问题解答", Doubtful, "§3.4, §14.8"),
    integer("inspection.geofence", "到场定位围栏半径", "Radius of the fence for checking in", 50, (5, 5_000), "metres").by("无规定；本系统设定", House, "§3.7"),
    integer("inspection.merge.distance", "视为同一对象的距离", "Distance within which sites are one object", 50, (1, 5_000), "metres").by("无规定；本系统设定", Doubtful, "§3.5"),
    period("inspection.merge.window", "检查合并时间窗", "Window within which visits are merged", Period::calendar_days(30), DAYS).by(
        "浙江省综合行政执法条例第十三条，未定日数",
        House,
        "§3.5",
    ),
    integer("inspection.apart", "同一计划条目两次检查的最短间隔", "Least days between two visits that one plan entry wants", 30, (1, 366), "days").by(
        "无规定；本系统设定",
        House,
        "§3.5",
    ),
    integer("inspection.squad.minutes", "撮合排期时每名执法人员每日可用时长", "Minutes of an officer on a day, for matching plans", 360, (30, 1_440), "minutes").by(
        "无规定；本系统设定",
        House,
        "§3.5",
    ),
    integer("plan.discussion.members", "检查计划集体讨论最少人数", "Fewest members of a discussion on a plan", 3, (2, 50), "members").by("无明文规定；本系统设定", House, "§3.5"),
    period("inspection.random.publish", "双随机结果公开期限", "Publication of random inspections", wd(20), DAYS).by(
        "优化营商环境条例第五十四条；浙江省综合行政执法条例第二十一条，未定日数",
        General,
        "§3.6",
    ),
    table(
        "inspection.random.weights",
        "双随机抽取权重",
        "Weights of random inspections",
        CHANCE,
        &[
            &[W("high"), W("d"), N(18)],
            &[W("high"), W("c"), N(12)],
            &[W("high"), W("a"), N(3)],
            &[W("high"), W("*"), N(6)],
            &[W("medium"), W("d"), N(12)],
            &[W("medium"), W("c"), N(8)],
            &[W("medium"), W("a"), N(2)],
            &[W("medium"), W("*"), N(4)],
            &[W("*"), W("d"), N(6)],
            &[W("*"), W("c"), N(4)],
            &[W("*"), W("a"), N(1)],
            &[W("*"), W("*"), N(2)],
        ],
    )
    .by("国发〔2019〕5号（按信用、风险确定抽查比例和频次），未定权重；本系统设定", House, "§3.6"),
    text("inspection.code.pattern", "行政行为码格式", "Layout of the code of an act", "XW-{region6}-{organ}-{yyyymmdd}-{seq}-{check}", (1, 200)).by(
        "省级编码规则未公布；本系统内部编码",
        Doubtful,
        "§3.8, §14.3",
    ),
    integer("inspection.code.block", "掌上终端号段长度", "Numbers leased to a handheld at once", 50, (1, 500), "numbers").by("无规定；本系统设定", House, "§3.8"),
    integer("inspection.code.refill", "号段续领余量", "Numbers left at which a handheld is leased more", 20, (0, 500), "numbers").by("无规定；本系统设定", House, "§3.8"),
    integer("inspection.rating.days", "企业评价期限", "Days in which an inspection can be rated", 30, (1, 365), "days").by("无规定；本系统设定", House, "§3.8"),
    integer("inspection.joint.goal", "联合检查实施率目标", "Goal for the share of joint inspections", 80, (0, 100), "percent").by(
        "浙政办发〔2025〕5号（2027年目标）",
        Excerpt,
        "§12",
    ),
    period("invitation.accept", "邀约检查受理期限", "Accepting an invitation", wd(2), DAYS).by("宁波高新区未公布时限；本系统设定", Doubtful, "§4, §14.2"),
    period("invitation.dispatch", "邀约检查派单期限", "Dispatching an invitation", wd(1), DAYS).by("宁波高新区未公布时限；本系统设定", Doubtful, "§4, §14.2"),
    period("invitation.claim", "邀约检查认领期限", "Claiming an invitation", wd(2), DAYS).by("宁波高新区未公布时限；本系统设定", Doubtful, "§4, §14.2"),
    period("invitation.visit", "邀约检查上门期限", "Visiting upon an invitation", wd(10), DAYS).by("宁波高新区未公布时限；本系统设定", Doubtful, "§4, §14.2"),
    period("invitation.report", "邀约检查出具报告期限", "Report after an invited inspection", wd(5), DAYS).by("宁波高新区未公布时限；本系统设定", Doubtful, "§4, §14.2"),
    period("invitation.follow_up", "邀约检查回访期限", "Follow-up of an invited inspection", Period::calendar_days(30), DAYS).by(
        "宁波高新区未公布时限；本系统设定",
        Doubtful,
        "§4, §14.2",
    ),
    choice("invitation.minor_problems", "邀约检查首次发现的轻微问题", "Minor problems first found by invitation", "not_filed", MINOR).by("行政处罚法第三十三条", Doubtful, "§4"),
    choice("checklist.gate_guard", "门岗制度事项的性质", "Gate-guard items", "guidance", GUARD).by("未查得罚则；宁波市建筑垃圾管理条例待核", Doubtful, "§10, §14.5"),
    choice("evidence.noise_monitor", "噪声自动监测未落实可否处罚", "Missing noise monitors may be punished", "no", YES_NO).by(
        "生态环境法典第一千零八十六条，适用有疑问",
        Doubtful,
        "§14.6",
    ),
    integer("noise.limit.day", "建筑施工噪声昼间限值", "Construction noise by day", 70, (30, 120), "dB(A)").by("GB 12523—2025，限值待核", Doubtful, "§14.6"),
    integer("noise.limit.night", "建筑施工噪声夜间限值", "Construction noise by night", 55, (30, 120), "dB(A)").by("GB 12523—2025，限值待核", Doubtful, "§14.6"),
    integer("recording.upload", "执法记录仪上传时限", "Upload of body-camera recordings", 24, (1, 720), "hours").by("执法音视频记录管理通行做法", General, "§11"),
    integer("alert.repeated.visits", "重复检查预警次数", "Visits to one firm that raise an alert", 3, (2, 100), "visits").by("无规定；本系统设定", House, "§12"),
    period("alert.repeated.window", "重复检查预警时间窗", "Window of the alert on repeated visits", Period::calendar_days(30), DAYS).by("无规定；本系统设定", House, "§12"),
    integer("visit.officers", "检查最少执法人员数", "Fewest officers on a visit", 2, (2, 20), "officers").by("行政处罚法第四十二条", Text, "§3.3"),
];
