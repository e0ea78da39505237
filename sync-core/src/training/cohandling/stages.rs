//! The stage table of a co-handling, row by row. All of it is the office's.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn office(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to, weight: Weight::Request, writer: Writer::Office, seals: false, relies_on: &[], guards, basis }
}

const BASIS: &str = "domain.md §12 (首案共办)";

pub(super) static ACTS: &[ActRow] = &[
    office("ask", &[PROPOSED], Some(ASKED), &[g::DEPARTMENT_KNOWN, g::REQUEST_WRITTEN], BASIS),
    office("forgo", &[PROPOSED, ASKED], Some(FORGONE), &[g::REASON_GIVEN], BASIS),
    office("agree", &[ASKED], Some(AGREED), &[g::SAID_YES, g::ADVISOR_NAMED, g::ADVISORS_APART], BASIS),
    office("decline", &[ASKED], Some(DECLINED), &[g::SAID_NO], BASIS),
    office("conclude", &[AGREED], Some(CONCLUDED), &[g::LESSONS_WRITTEN, g::ADVISORS_APART], BASIS),
];
