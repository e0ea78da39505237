//! Penalty procedure (行政处罚程序) up to the decision and its service: `domain.md` §5.1 to §5.6, §6.

use super::super::known::Mark::{Doubtful, Excerpt, General, Text};
use super::super::known::PresetCell::{self, W};
use super::super::known::{Known, choice, choices, integer, money, period, table};
use super::super::setting::{Column, ColumnType, Label};
use super::{DAYS, YES_NO};
use crate::law::period::{Period, Rule};

const TREATED_AS: &[Label] = &[("citizen", "按公民", "As a citizen"), ("organisation", "按其他组织", "As an organisation")];
const EXCLUDED: &[Label] = &[("hearing", "听证", "Hearing"), ("test", "检测", "Test"), ("appraisal", "鉴定", "Appraisal"), ("announcement", "公告", "Public notice")];
const FAST_EXCLUSIONS: &[Label] = &[
    ("minor", "未成年人", "A minor"),
    ("blind", "盲人", "Blind"),
    ("deaf", "聋（哑）人", "Deaf or deaf-mute"),
    ("limited_capacity", "限制行为能力人", "Of limited capacity"),
    ("disputed", "事实有争议", "Disputed facts"),
    ("crime", "涉嫌犯罪", "Suspected crime"),
    ("complex", "重大、复杂或集体讨论案件", "Major, complex or for collective discussion"),
    ("hearing", "要求听证", "Hearing requested"),
    ("public_notice", "公告送达", "Service by public notice"),
    ("unidentified", "当事人不明", "Party unidentified"),
    ("joint", "共同违法", "Joint offenders"),
    ("impact", "社会影响大", "Strong social impact"),
];
const FAST_MERGED: &[Label] = &[
    ("record_inquiry", "检查笔录与询问合并", "Site record and inquiry in one form"),
    ("filing_proposal", "立案与处罚建议合并审批", "Filing and proposal approved together"),
    ("notice_statement", "当场告知并听取陈述", "Notice and statement on the spot"),
    ("one_approval", "一级审批加决定复核", "One approval and a re-check of the decision"),
    ("generated", "文书自动生成", "Documents generated"),
    ("e_signature", "电子签名", "Electronic signature"),
];
const THRESHOLD: &[Column] = &[
    Column { key: "area", zh: "区域", en: "Area", ty: ColumnType::Scope },
    Column { key: "domain", zh: "领域", en: "Domain", ty: ColumnType::Scope },
    Column { key: "person", zh: "对个人（分）", en: "Persons, in fen", ty: ColumnType::Money },
    Column { key: "organisation", zh: "对单位（分）", en: "Organisations, in fen", ty: ColumnType::Money },
];

const fn yuan(amount: i64) -> PresetCell {
    PresetCell::N(amount * 100)
}

/// As the penalty law counts (行政处罚法 art. 85).
const fn days(count: u16) -> Period {
    Rule::Penalty.days(count)
}

pub(super) const POLICIES: &[Known] = &[
    period("penalty.check", "线索核查期限", "Check of a clue", days(15), DAYS).by("住房和城乡建设部令第55号；行政处罚法第五十四条“及时立案”", General, "§5.1, §14.7"),
    period("penalty.check.extension", "线索核查延长", "Extension of the check", Period::calendar_days(10), DAYS).by("住房和城乡建设部令第55号", General, "§5.1, §14.7"),
    period("penalty.limitation", "追究时效", "Limitation", Period::years(2), (1, 20)).by("行政处罚法第三十六条第一款", Text, "§5.1"),
    period("penalty.limitation.harm", "涉及生命健康安全、金融安全且有危害后果的追究时效", "Limitation where life, health or finance came to harm", Period::years(5), (1, 20)).by(
        "行政处罚法第三十六条第一款",
        Text,
        "§5.1",
    ),
    period("penalty.limitation.environment", "造成生态环境损害后果的追究时效", "Limitation where the environment came to harm", Period::years(5), (1, 20)).by(
        "生态环境法典第一千零五十四条",
        Text,
        "§5.1",
    ),
    money("penalty.simple.person", "简易程序公民罚款上限", "Simple procedure: most for a citizen", 200, 100_000).by("行政处罚法第五十一条", Text, "§5.2"),
    money("penalty.simple.organisation", "简易程序单位罚款上限", "Simple procedure: most for an organisation", 3_000, 1_000_000).by("行政处罚法第五十一条", Text, "§5.2"),
    choice("penalty.simple.individual_business", "简易程序中的个体工商户", "Individual businesses in the simple procedure", "citizen", TREATED_AS).by(
        "行政处罚法第五十一条，未明确",
        Doubtful,
        "§5.2, §14.8",
    ),
    period("penalty.simple.report", "当场处罚报备期限", "Reporting an on-the-spot penalty", Period::working_days(3), DAYS).by("行政处罚法第五十二条，未定日数", General, "§5.2"),
    money("penalty.collect.limit", "当场收缴罚款上限", "On-the-spot collection: most", 100, 100_000).by("行政处罚法第六十八条第一项", Text, "§5.2"),
    period("penalty.collect.hand_in", "当场收缴罚款交回期限", "Handing in what was collected", days(2), DAYS).by("行政处罚法第七十一条", Text, "§5.2"),
    period("penalty.collect.bank", "罚款缴付银行期限", "Paying into the bank what was handed in", days(2), DAYS).by("行政处罚法第七十一条", Text, "§5.2"),
    period("penalty.general", "普通程序办案期限", "General procedure", days(90), (1, 730)).by("行政处罚法第六十条", Text, "§5.3"),
    period("penalty.general.extension.head", "负责人批准延长", "Extension by the head", Period::calendar_days(30), DAYS).by("住房和城乡建设部令第55号", General, "§5.3, §14.7"),
    period("penalty.general.extension.collective", "集体讨论延长", "Extension by collective discussion", Period::calendar_days(60), DAYS).by(
        "住房和城乡建设部令第55号",
        Doubtful,
        "§5.3, §14.7",
    ),
    choices("penalty.general.excluded", "不计入办案期限的时间", "Time that does not count", &["hearing", "test", "appraisal", "announcement"], EXCLUDED).by(
        "部门规章通例",
        General,
        "§5.3",
    ),
    period("penalty.legal_review", "法制审核期限", "Legal review", Period::working_days(5), DAYS).by("行政处罚法第五十八条，未定日数；本系统设定", Doubtful, "§5.3"),
    period("penalty.statement", "陈述申辩期限", "Statement and defence", Period::working_days(5), DAYS).by("行政处罚法第四十五条，未定日数", Doubtful, "§5.3"),
    period("penalty.hearing.request", "要求听证期限", "Requesting a hearing", days(5), DAYS).by("行政处罚法第六十四条第一项", Text, "§5.3"),
    period("penalty.hearing.notice", "听证提前通知期限", "Notice before a hearing", days(7), DAYS).by("行政处罚法第六十四条第二项", Text, "§5.3"),
    table(
        "penalty.hearing.threshold",
        "听证“较大数额”标准",
        "Fines from which a hearing is offered",
        THRESHOLD,
        &[&[W("*"), W("*"), yuan(5_000), yuan(50_000)], &[W("*"), W("ecology"), yuan(5_000), yuan(50_000)], &[W("*"), W("emergency"), yuan(20_000), yuan(50_000)]],
    )
    .by("行政处罚法第六十三条；浙江省、宁波市标准待确认；住建、应急另有规定", Doubtful, "§5.5, §14.1"),
    integer("penalty.discussion.members", "集体讨论最少人数", "Fewest members of a collective discussion", 3, (2, 50), "members").by(
        "行政处罚法第五十七条，未定人数",
        General,
        "§5.5",
    ),
    period("penalty.serve", "决定书送达期限", "Service of the decision", days(7), DAYS).by("行政处罚法第六十一条", Text, "§5.3"),
    period("service.public_notice", "公告送达期限", "Service by public notice", Period::calendar_days(30), DAYS).by("民事诉讼法第九十五条", Text, "§5.6"),
    period("evidence.registration", "先行登记保存处理期限", "Disposal of registered evidence", days(7), DAYS).by("行政处罚法第五十六条", Text, "§5.4"),
    period("coercion.seizure", "查封扣押期限", "Seizure", Rule::Coercion.days(30), DAYS).by("行政强制法第二十五条", Text, "§5.4"),
    period("coercion.seizure.extension", "查封扣押延长", "Extension of a seizure", Rule::Coercion.days(30), DAYS).by("行政强制法第二十五条", Text, "§5.4"),
    integer("coercion.urgent.report", "紧急强制措施报告时限", "Time to report an urgent measure", 24, (1, 168), "hours").by("行政强制法第十九条", Text, "§5.4"),
    period("crime.head", "移送决定期限", "Head's decision on a suspected crime", Period::calendar_days(3), DAYS).by("行政执法机关移送涉嫌犯罪案件的规定第五条", Text, "§5.5"),
    integer("crime.transfer", "批准后移送时限", "Transfer after approval", 24, (1, 168), "hours").by("行政执法机关移送涉嫌犯罪案件的规定第五条", Text, "§5.5"),
    period("crime.answer", "公安机关审查期限", "Answer of the police", Period::calendar_days(3), DAYS).by("行政执法机关移送涉嫌犯罪案件的规定第八条", Text, "§5.5"),
    period("crime.objection", "提请复议期限", "Objection to the answer", Period::calendar_days(3), DAYS).by("行政执法机关移送涉嫌犯罪案件的规定第九条", Text, "§5.5"),
    period("crime.property", "移交涉案物品期限", "Handing over property", Period::calendar_days(3), DAYS).by("行政执法机关移送涉嫌犯罪案件的规定第十二条", Text, "§5.5"),
    period("fast.period", "简案快办期限", "Fast handling", Period::working_days(7), (3, 15)).by("地方规定3至15个工作日；宁波高新区未公布", Doubtful, "§6, §14.2"),
    choice("fast.consent_withdrawable", "快办同意可以撤回", "Consent to fast handling can be withdrawn", "yes", YES_NO).by("杭综法〔2024〕14号等地方规定", General, "§6"),
    choice("fast.below_hearing", "快办限于未达听证标准的案件", "Only below the threshold of a hearing", "yes", YES_NO).by("杭综法〔2024〕14号等地方规定", General, "§6"),
    choices(
        "fast.exclusions",
        "不适用快办的情形",
        "Cases excluded from fast handling",
        &["minor", "blind", "deaf", "limited_capacity", "disputed", "crime", "complex", "hearing", "public_notice", "unidentified", "joint", "impact"],
        FAST_EXCLUSIONS,
    )
    .by("杭综法〔2024〕14号；其余为通行做法", General, "§6"),
    choices(
        "fast.merged_steps",
        "快办可合并的环节",
        "Steps that fast handling merges",
        &["record_inquiry", "filing_proposal", "notice_statement", "one_approval", "generated", "e_signature"],
        FAST_MERGED,
    )
    .by("杭综法〔2024〕14号等地方规定", General, "§6"),
    choices(
        "three_documents.excluded",
        "不适用三书同达的情形",
        "Cases without three documents",
        &["natural_person", "simple_procedure", "warning_only", "public_notice"],
        THREE_EXCLUDED,
    )
    .by("国办发〔2025〕22号；地方规定", Excerpt, "§7.1"),
];

const THREE_EXCLUDED: &[Label] = &[
    ("natural_person", "自然人", "Natural person"),
    ("simple_procedure", "简易程序", "Simple procedure"),
    ("warning_only", "仅警告", "Warning only"),
    ("public_notice", "公告送达", "Service by public notice"),
];
