//! The stage table of a repair (`domain.md` §7.2), row by row.
//!
//! That a record becomes repairable, or is so no more, the office writes by itself as days pass and cases move.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn office(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to, weight: Weight::Request, writer: Writer::Office, seals: false, relies_on: &[], guards, basis }
}

const BASIS: &str = "国家发展改革委令2023年第58号；国家发展改革委令2025年第36号";

/// Stages of a repair that is not decided.
const UNDECIDED: &[&str] = &[NOT_ELIGIBLE, ELIGIBLE, APPLIED, ACCEPTED, RETURNED, UNDER_REVIEW, REFUSED];

pub(super) static ACTS: &[ActRow] = &[
    office("qualify", &[NOT_ELIGIBLE], Some(ELIGIBLE), &[g::OPENED, g::DUTIES_DONE, g::CORRECTED, g::STANDS], BASIS),
    office("disqualify", &[ELIGIBLE], Some(NOT_ELIGIBLE), &[g::NOT_MET], BASIS),
    office("apply", super::OPEN, Some(APPLIED), &[g::APPLICATION, g::NOT_EARLY, g::DUTIES_DONE, g::CORRECTED, g::STANDS, g::COMMITTED, g::MATERIALS], BASIS),
    office("accept", &[APPLIED], Some(ACCEPTED), &[g::ACCEPTED, g::NOT_APPLICANT], "domain.md §7.2 (受理)"),
    office("return", &[APPLIED], Some(RETURNED), &[g::RETURNED, g::NOT_APPLICANT], "domain.md §7.2 (退回补正)"),
    office("review", &[ACCEPTED], Some(UNDER_REVIEW), &[g::REVIEWER, g::NOT_APPLICANT], "domain.md §7.2 (谁认定、谁修复)"),
    office("extend", &[UNDER_REVIEW], None, &[g::EXTENDED], "domain.md §7.2 (延长一次)"),
    office("approve", &[UNDER_REVIEW], Some(APPROVED), &[g::GRANTED, g::NOT_APPLICANT, g::DUTIES_DONE, g::CORRECTED], BASIS),
    office("refuse", &[UNDER_REVIEW], Some(REFUSED), &[g::DENIED, g::NOT_APPLICANT], BASIS),
    office("sync", &[APPROVED], Some(SYNCED), &[g::RECEIPT], "domain.md §7.2 (停止公示、共享和使用)"),
    office("revoke_repair", super::REPAIRED, Some(REVOKED), &[g::FALSE_COMMITMENT], "信用修复管理办法 (虚假承诺、提供虚假材料的，撤销修复)"),
    office("cease", UNDECIDED, Some(CEASED), &[g::CEASED], "domain.md §7.2 (最长公示期届满)；行政处罚法 48, 75"),
];
