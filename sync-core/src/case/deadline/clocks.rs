//! All clocks, in the order of `domain.md` §5.

mod crime;
mod execution;
mod gate;
mod investigation;
mod notice;

use super::Clock;
use crate::law::period::Side::{Organ, Party};

const ALERTS: &str = "deadline.alerts";

const fn duty(code: &'static str, policy: &'static str, zh: &'static str, en: &'static str, of: Of) -> Clock {
    Clock { code, policy: Some(policy), side: Organ, right: false, alerts: ALERTS, basis: "", zh, en, of }
}

/// What the party has to do.
const fn party(clock: Clock) -> Clock {
    Clock { side: Party, ..clock }
}

/// What somebody may do, or waits for: once it is past, nothing is overdue.
const fn right(clock: Clock) -> Clock {
    Clock { right: true, ..clock }
}

/// What the record itself names a day for.
const fn named(basis: &'static str, clock: Clock) -> Clock {
    Clock { policy: None, basis, ..clock }
}

type Of = fn(&super::Ground<'_>, &Clock) -> Vec<super::Due>;

/// Every clock.
pub static CLOCKS: &[Clock] = &[
    // §5.1
    duty("check", "penalty.check", "线索核查", "Check of the clue", gate::check),
    // §5.2
    duty("simple_report", "penalty.simple.report", "当场处罚报备", "Report of the penalty on the spot", gate::simple_report),
    duty("hand_in", "penalty.collect.hand_in", "当场收缴罚款交回", "Handing in what was collected", gate::hand_in),
    duty("bank", "penalty.collect.bank", "罚款缴付银行", "Paying into the bank what was handed in", gate::bank),
    // §5.3, §6
    duty("general", "penalty.general", "普通程序办案", "The case as a whole", gate::general),
    duty("fast", "fast.period", "简案快办", "Fast handling", gate::fast),
    duty("legal_review", "penalty.legal_review", "法制审核", "Legal review", notice::legal_review),
    right(party(duty("statement", "penalty.statement", "陈述申辩", "Statement and defence", notice::statement))),
    right(party(duty("hearing_request", "penalty.hearing.request", "要求听证", "Request for a hearing", notice::hearing_request))),
    duty("hearing_notice", "penalty.hearing.notice", "听证通知", "Notice of the hearing", notice::hearing_notice),
    duty("serve", "penalty.serve", "决定书送达", "Service of the decision", notice::serve),
    party(named("行政处罚法 28", duty("correct", "", "责令改正", "Correction that was ordered", notice::correct))),
    // §5.4
    duty("registration", "evidence.registration", "先行登记保存处理", "Decision on registered evidence", investigation::registration),
    duty("seizure", "coercion.seizure", "查封扣押", "Seizure", investigation::seizure),
    duty("seizure_report", "coercion.urgent.report", "紧急查封扣押报告", "Report of an urgent seizure", investigation::seizure_report),
    named("domain.md §5.4 (鉴定期限)", duty("appraisal", "", "鉴定", "Appraisal", investigation::appraisal)),
    // §5.5
    duty("crime_decide", "crime.head", "移送公安决定", "Decision on the transfer to the police", crime::decide),
    duty("crime_transfer", "crime.transfer", "移送公安", "Transfer to the police", crime::transfer),
    duty("police_answer", "crime.answer", "公安机关答复", "Answer of the police", crime::answer),
    right(duty("crime_objection", "crime.objection", "提请公安复议", "Objection to the answer", crime::objection)),
    duty("crime_property", "crime.property", "移交涉案物品", "Handing over property", crime::property),
    // §5.7
    party(duty("pay", "penalty.pay", "缴纳罚没款", "Payment", execution::pay)),
    party(named("行政处罚法 66 第二款", duty("instalment", "", "分期缴纳", "Instalment", execution::instalment))),
    right(party(duty("urge_wait", "court.urge", "催告后等待", "Wait after the urging", execution::urge_wait))),
    right(party(duty("review", "court.review", "申请行政复议", "Application for review", execution::review))),
    right(party(duty("suit", "court.suit", "提起行政诉讼", "Suit", execution::suit))),
    right(party(duty("suit_after_review", "court.suit_after_review", "复议后起诉", "Suit after the review", execution::suit_after_review))),
    Clock { alerts: "court.alerts", ..duty("court_window", "court.window", "申请法院强制执行", "Application to the court", execution::court_window) },
    duty("archive", "penalty.archive", "归档", "Archiving", execution::archive),
    // §5.9
    duty("publish", "publicity.penalty", "处罚决定公示", "Publication of the penalty", execution::publish),
    duty("publish_other", "publicity.other", "其他执法结果公示", "Publication of another result", execution::publish_other),
    duty("publicity_withdraw", "publicity.withdraw", "撤回公示", "Withdrawal of the publication", execution::withdraw),
];
