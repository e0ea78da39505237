//! The stage table of an invitation (`domain.md` §4), row by row.
//!
//! A department's claim leaves the stage as it is; the office moves it on by `assemble` once the last one has claimed. Arriving on
//! site is a deed: it has a second row that stays where it is, since several handhelds and the office may tell of it.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn request(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to, weight: Weight::Request, writer: Writer::Anyone, seals: false, relies_on: &[], guards, basis }
}

const fn deed(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { weight: Weight::Deed, ..request(act, from, to, guards, basis) }
}

const fn office(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { writer: Writer::Office, ..request(act, from, to, guards, basis) }
}

pub(super) static ACTS: &[ActRow] = &[
    ActRow {
        relies_on: &["firm", "mode", "site", "topics"],
        ..office("accept", &[SUBMITTED], Some(ACCEPTED), &[g::FIRM_NAMED, g::SITE_NAMED, g::TOPICS_CHOSEN, g::MODE_CHOSEN], "domain.md §4 (受理)")
    },
    office("reject", &[SUBMITTED], Some(REJECTED), &[g::REASON_GIVEN], "domain.md §4 (不予受理须说明理由)"),
    office("dispatch", &[ACCEPTED, DECLINED], Some(DISPATCHED), &[g::DEPARTMENTS_ASKED], "domain.md §4 (指导办派单)"),
    office("claim", &[DISPATCHED, DECLINED], None, &[g::PART_ASKED, g::CLAIM_ON_RECORD], "domain.md §4 (部门认领)"),
    office("decline", &[DISPATCHED], Some(DECLINED), &[g::PART_ASKED, g::DECLINE_ON_RECORD, g::REASON_GIVEN], "domain.md §4 (退单，重新派单)"),
    office("decline", &[DECLINED], None, &[g::PART_ASKED, g::DECLINE_ON_RECORD, g::REASON_GIVEN], "domain.md §4 (退单，重新派单)"),
    office("assemble", &[DISPATCHED], Some(CLAIMED), &[g::ALL_CLAIMED], "domain.md §4 (受邀部门全部认领)"),
    office("schedule", &[CLAIMED], Some(SCHEDULED), &[g::DAY_SET, g::LEAD_CLAIMED], "domain.md §4 (约定上门日期)"),
    office("schedule", &[SCHEDULED], None, &[g::DAY_SET, g::LEAD_CLAIMED], "domain.md §4 (另约上门日期)"),
    deed("arrive", &[SCHEDULED], Some(ON_SITE), &[g::VISIT_NAMED], "domain.md §4 (组团上门体检)"),
    deed("arrive", &[ON_SITE, REPORT_ISSUED, RECTIFYING, FOLLOWED_UP, RATED, CLOSED], None, &[], "domain.md §4 (组团上门体检)"),
    office("report", &[ON_SITE], Some(REPORT_ISSUED), &[g::REPORT_ON_RECORD], "domain.md §4 (出具体检报告)"),
    request("rectify", &[REPORT_ISSUED], Some(RECTIFYING), &[g::OPINIONS_GIVEN], "domain.md §4 (企业整改)"),
    request("follow_up", &[RECTIFYING], Some(FOLLOWED_UP), &[g::FOLLOW_UP_ON_RECORD, g::OPINIONS_ACCOUNTED], "domain.md §4 (回访)"),
    request("follow_up", &[REPORT_ISSUED], Some(FOLLOWED_UP), &[g::FOLLOW_UP_ON_RECORD, g::NO_OPINIONS], "domain.md §4 (无整改意见的直接回访)"),
    office("rate", &[FOLLOWED_UP], Some(RATED), &[g::RATING_ON_RECORD], "domain.md §4 (企业评价)"),
    office("close", &[RATED], Some(CLOSED), &[], "domain.md §4 (办结)"),
    // A firm need not rate; the reason says that it did not.
    office("close", &[FOLLOWED_UP], Some(CLOSED), &[g::REASON_GIVEN], "domain.md §4 (企业未评价的，说明后办结)"),
    // Whoever asked may stop asking: no reason is needed, and none weighs against him.
    office("withdraw", &[SUBMITTED, ACCEPTED, DISPATCHED, DECLINED, CLAIMED, SCHEDULED], Some(WITHDRAWN), &[], "domain.md §4 (上门前可以撤回)"),
];
