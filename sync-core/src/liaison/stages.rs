//! The stage table of a liaison, row by row. The office moves it on by `complete` once the last reply is in.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn office(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to, weight: Weight::Request, writer: Writer::Office, seals: false, relies_on: &[], guards, basis }
}

pub(super) static ACTS: &[ActRow] = &[
    office("reply", &[OPEN, ANSWERED], None, &[g::PART_ASKED, g::REPLY_ON_RECORD], "浙江省综合行政执法条例 14 (参加部门应当配合)"),
    office("complete", &[OPEN], Some(ANSWERED), &[g::ALL_REPLIED], "浙江省综合行政执法条例 14"),
    office("close", &[ANSWERED], Some(CLOSED), &[], "浙江省综合行政执法条例 12 (指导协调)"),
    office("withdraw", &[OPEN, ANSWERED], Some(WITHDRAWN), &[g::REASON_GIVEN], "浙江省综合行政执法条例 12"),
];
