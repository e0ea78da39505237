//! The stage table of a course, row by row. A course that the unit teaches by itself is confirmed without an invitation.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn office(act: &'static str, from: &'static [&'static str], to: Option<&'static str>, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to, weight: Weight::Request, writer: Writer::Office, seals: false, relies_on: &[], guards, basis }
}

const INVITING: &str = "domain.md §12 (培训邀请函)";
const BASIS: &str = "domain.md §12 (培训)";

pub(super) static ACTS: &[ActRow] = &[
    office("invite", &[PLANNED], Some(INVITED), &[g::LETTER_WRITTEN], INVITING),
    // Another department may be asked once one has declined.
    office("invite", &[INVITED], None, &[g::LETTER_WRITTEN], INVITING),
    office("reply", &[INVITED], None, &[g::PART_INVITED, g::REPLY_ON_RECORD], INVITING),
    ActRow {
        relies_on: &["day", "from_ms", "hours", "kind", "title", "until_ms"],
        ..office("schedule", &[PLANNED, INVITED], Some(CONFIRMED), &[g::ALL_REPLIED, g::PROGRAMME_SET, g::LECTURER_NAMED], BASIS)
    },
    office("hold", &[CONFIRMED], Some(HELD), &[g::SOMEBODY_ATTENDED], BASIS),
    ActRow { relies_on: &["hours"], ..office("close", &[HELD], Some(CLOSED), &[g::ALL_CREDITED], BASIS) },
    office("cancel", &[PLANNED, INVITED, CONFIRMED], Some(CANCELLED), &[g::REASON_GIVEN], BASIS),
];
