//! Three documents together (三书同达, `domain.md` §7.1), credit display and repair (信用修复, §7.2). The defaults of the latter are
//! those of NDRC Order 36, in force since 2026-04-01.

use super::super::known::Mark::{Doubtful, Excerpt, General, House};
use super::super::known::PresetCell::{N, W};
use super::super::known::{Known, choice, choices, integer, integers, period, table, text};
use super::super::setting::{Column, ColumnType, Label};
use super::DAYS;
use crate::law::period::Period;

const CATEGORIES: &[Label] = &[("minor", "轻微", "Minor"), ("general", "一般", "General"), ("serious", "严重", "Serious")];
const SHOWN: &[Label] = &[("no", "不公示", "Not displayed"), ("if_needed", "确有必要方公示", "Only if needed"), ("yes", "公示", "Displayed")];
const START: &[Label] = &[("decision", "决定之日", "Day of the decision"), ("publication", "公示之日", "Day of publication")];
const SEVERAL: &[Label] = &[("longest", "按最长期限", "The longest periods"), ("each", "分别计算", "Each by its own")];
const REGIME: &[Label] = &[("newer", "适用新规定", "The newer regime"), ("older", "适用旧规定", "The older regime")];
const MEASURES: &[Label] = &[
    ("simple", "简易程序处罚", "Simple procedure"),
    ("warning", "警告", "Warning"),
    ("criticism", "通报批评", "Public criticism"),
    ("fine", "罚款", "Fine"),
    ("confiscation", "没收", "Confiscation"),
    ("huge_fine", "巨额罚款", "Huge fine"),
    ("revocation", "吊销许可证件", "Revocation of a licence"),
    ("practice_ban", "限制从业", "Ban on practice"),
    ("any", "任何处罚", "Any penalty"),
];
const MATERIALS: &[Label] = &[
    ("performance", "履行义务证明", "Proof of performance"),
    ("commitment", "信用承诺书", "Commitment"),
    ("form", "信用修复申请书", "Application form"),
    ("licence", "营业执照", "Business licence"),
    ("identity", "身份证明", "Identity"),
    ("authorisation", "授权委托书", "Authorisation"),
];
const REGIMES: &[Label] = &[("order_58", "国家发展改革委令2023年第58号", "NDRC Order 58 (2023)"), ("order_36", "国家发展改革委令2025年第36号", "NDRC Order 36 (2025)")];
const PARTIES: &[Label] =
    &[("citizen", "自然人", "Natural persons"), ("individual_business", "个体工商户", "Individual businesses"), ("organisation", "法人和其他组织", "Organisations")];
const TOGETHER: &[Label] = &[("compliance_advice", "行政合规建议书", "Advice on compliance"), ("repair_notice", "信用修复告知书", "Notice of credit repair")];
const LEFT_OUT: &[Label] = &[
    ("citizen", "自然人", "Natural persons"),
    ("simple", "简易程序", "Simple procedure"),
    ("warning_only", "仅警告、通报批评", "Only a warning or public criticism"),
    ("public_notice", "公告送达", "Service by public notice"),
];
const HUGE: &[Column] = &[
    Column { key: "domain", zh: "领域", en: "Domain", ty: ColumnType::Scope },
    Column { key: "person", zh: "公民", en: "Persons", ty: ColumnType::Money },
    Column { key: "organisation", zh: "法人和其他组织", en: "Organisations", ty: ColumnType::Money },
];
const CATEGORY: &[Column] = &[
    Column { key: "domain", zh: "领域", en: "Domain", ty: ColumnType::Scope },
    Column { key: "measure", zh: "处罚种类", en: "Measure", ty: ColumnType::Choice(MEASURES) },
    Column { key: "category", zh: "失信程度", en: "Category", ty: ColumnType::Choice(CATEGORIES) },
];
/// Bytes of a title.
const TITLE: (usize, usize) = (3, 90);
const MONTHS: ColumnType = ColumnType::Integer { min: 0, max: 120, unit: "months" };
const DISPLAY: &[Column] = &[
    Column { key: "category", zh: "失信程度", en: "Category", ty: ColumnType::Choice(CATEGORIES) },
    Column { key: "shown", zh: "是否公示", en: "Displayed", ty: ColumnType::Choice(SHOWN) },
    Column { key: "min_months", zh: "最短公示期", en: "Shortest display", ty: MONTHS },
    Column { key: "max_months", zh: "最长公示期", en: "Longest display", ty: MONTHS },
];

pub(super) const POLICIES: &[Known] = &[
    choices(
        "credit.three_documents",
        "与处罚决定书一并送达的文书（三书同达）",
        "Documents that are served together with a decision",
        &["compliance_advice", "repair_notice"],
        TOGETHER,
    )
    .by("国办发〔2025〕22号（两书同达）；宁波高新区“三书同达”机制", Excerpt, "§7.1"),
    choices(
        "credit.three_documents.excluded",
        "不适用三书同达的情形",
        "Cases in which documents need not be served together",
        &["citizen", "simple", "warning_only", "public_notice"],
        LEFT_OUT,
    )
    .by("宁波高新区“三书同达”机制", Excerpt, "§7.1"),
    text("document.title.compliance_advice", "合规建议书的本地名称", "What the advice on compliance is called here", "行政合规建议书", TITLE).by(
        "无统一名称；各地自定",
        House,
        "§7.1",
    ),
    text("document.title.repair_notice", "信用修复告知书的本地名称", "What the notice of credit repair is called here", "信用修复告知书", TITLE).by(
        "无统一名称；各地自定",
        House,
        "§7.1",
    ),
    choice("credit.regime", "信用修复适用规定", "Rules of credit repair in force", "order_36", REGIMES).by("信用修复管理办法（国家发展改革委令2025年第36号）", Excerpt, "§7.2"),
    choices("credit.parties", "适用信用修复的当事人", "Parties whose records are repaired", &["individual_business", "organisation"], PARTIES).by(
        "信用修复管理办法（国家发展改革委令2025年第36号）",
        General,
        "§7.2",
    ),
    table("credit.huge_fine", "巨额罚款", "Huge fines", HUGE, &[&[W("*"), N(10_000_000), N(100_000_000)]]).by("具体标准由行业主管部门确定；数额待核", Doubtful, "§7.2, §14.4"),
    table(
        "credit.category",
        "失信信息分类",
        "Category of a penalty",
        CATEGORY,
        &[
            &[W("*"), W("simple"), W("minor")],
            &[W("*"), W("warning"), W("minor")],
            &[W("*"), W("criticism"), W("minor")],
            &[W("*"), W("huge_fine"), W("serious")],
            &[W("*"), W("revocation"), W("serious")],
            &[W("*"), W("practice_ban"), W("serious")],
            &[W("*"), W("any"), W("general")],
        ],
    )
    .by("信用修复管理办法（国家发展改革委令2025年第36号）；具体标准由行业主管部门确定", Doubtful, "§7.2, §14.4"),
    table(
        "credit.display",
        "公示期限",
        "Periods of display",
        DISPLAY,
        &[&[W("minor"), W("if_needed"), N(0), N(3)], &[W("general"), W("yes"), N(3), N(12)], &[W("serious"), W("yes"), N(12), N(36)]],
    )
    .by("信用修复管理办法（国家发展改革委令2025年第36号）", Excerpt, "§7.2, §14.4"),
    choice("credit.display.start", "公示期起算", "Start of the display", "decision", START).by("信用修复管理办法（国家发展改革委令2025年第36号）", Doubtful, "§7.2"),
    choice("credit.several", "一份决定含多种处罚", "Several penalties in one decision", "longest", SEVERAL).by(
        "国家发展改革委令2023年第58号；第36号令是否沿用待核",
        Doubtful,
        "§7.2",
    ),
    choice("credit.transition", "新规施行前的失信信息", "Records from before the newer regime", "newer", REGIME).by(
        "信用修复管理办法（国家发展改革委令2025年第36号），过渡规定待核",
        Doubtful,
        "§7.2, §14.4",
    ),
    choices("credit.materials", "信用修复申请材料", "Materials of an application", &["performance", "commitment"], MATERIALS).by(
        "信用修复管理办法（国家发展改革委令2025年第36号）",
        Excerpt,
        "§7.2",
    ),
    period("credit.accept", "信用修复受理期限", "Accepting an application", Period::working_days(3), DAYS).by("信用修复管理办法，时限待核", Doubtful, "§7.2, §14.4"),
    period("credit.result", "信用修复办结期限", "Deciding an application", Period::working_days(10), DAYS).by("信用修复管理办法，时限待核", Doubtful, "§7.2, §14.4"),
    integer("credit.result.extensions", "办结期限可延长次数", "Extensions of that time", 1, (0, 5), "times").by("信用修复管理办法，时限待核", Doubtful, "§7.2, §14.4"),
    period("credit.sync", "修复结果同步期限", "Passing the result on", Period::working_days(3), DAYS).by("信用修复管理办法，时限待核", Doubtful, "§7.2, §14.4"),
    integers("credit.reminders", "可修复提醒", "Reminders before a repair is possible", &[30, 7, 0], (0, 366), "days before").by("无规定；本系统设定", House, "§7.2"),
    choice("credit.minor.repairable_at_once", "轻微失信履行完毕即可修复", "Minor records can be repaired once performed", "yes", super::YES_NO).by(
        "信用修复管理办法（国家发展改革委令2025年第36号）",
        General,
        "§7.2",
    ),
];
