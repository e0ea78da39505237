//! Payment, surcharge, execution and publicity: `domain.md` §5.7, §5.9.

use super::super::known::Mark::{Doubtful, General, House, Text};
use super::super::known::{Known, choice, integer, integers, period};
use super::super::setting::Label;
use super::DAYS;
use crate::law::period::{Period, Rule};

const BASE: &[Label] = &[("unpaid_part", "未缴部分", "What is unpaid"), ("whole_fine", "罚款总额", "The whole fine")];

pub(super) const POLICIES: &[Known] = &[
    period("penalty.pay", "缴纳罚款期限", "Payment of a fine", Rule::Penalty.days(15), DAYS).by("行政处罚法第六十七条第三款", Text, "§5.7"),
    integer("penalty.surcharge.rate", "加处罚款日利率", "Surcharge for a day", 3, (0, 100), "percent").by("行政处罚法第七十二条第一款第一项", Text, "§5.7"),
    choice("penalty.surcharge.base", "加处罚款基数", "What the surcharge is reckoned on", "unpaid_part", BASE).by(
        "行政处罚法第七十二条第一款第一项，部分缴纳后未明确",
        Doubtful,
        "§5.7",
    ),
    period("court.urge", "催告后申请强制执行的等待期", "Wait after urging", Rule::Coercion.days(10), DAYS).by("行政强制法第五十四条", Text, "§5.7"),
    period("court.review", "申请行政复议期限", "Application for review", Period::calendar_days(60), DAYS).by("行政复议法第二十条", Text, "§5.7"),
    period("court.suit", "直接起诉期限", "Suit without review", Period::months(6), (1, 24)).by("行政诉讼法第四十六条", Text, "§5.7"),
    period("court.suit_after_review", "复议后起诉期限", "Suit after review", Period::calendar_days(15), DAYS).by("行政诉讼法第四十五条", Text, "§5.7"),
    period("court.window", "申请法院强制执行期限", "Application to the court", Period::months(3), (1, 24)).by("行政强制法第五十三条", Text, "§5.7"),
    integers("court.alerts", "申请强制执行到期提醒", "Alerts before the window closes", &[60, 30, 7], (0, 366), "days before").by("无规定；本系统设定", House, "§5.7"),
    period("coercion.own", "自行强制执行的等待期", "Wait before own enforcement", Rule::Coercion.days(30), DAYS).by("行政强制法第四十六条第一款", Text, "§5.7"),
    period("coercion.perform", "代履行催告期限", "Urging before performance by others", Rule::Coercion.days(3), DAYS).by("行政强制法第五十一条第一款第二项", Text, "§5.7"),
    period("penalty.archive", "归档期限", "Archiving after closure", Period::calendar_days(30), DAYS).by("档案管理通行做法", General, "§5.3"),
    period("publicity.penalty", "处罚决定公开期限", "Publication of a penalty", Period::working_days(7), DAYS).by("国办发〔2018〕118号", General, "§5.9"),
    period("publicity.other", "其他执法结果公开期限", "Publication of other results", Period::working_days(20), DAYS).by("国办发〔2018〕118号", General, "§5.9"),
    period("publicity.withdraw", "撤回公开期限", "Withdrawal of a publication", Rule::Penalty.days(3), DAYS).by("行政处罚法第四十八条第二款", Text, "§5.3, §5.9"),
];
