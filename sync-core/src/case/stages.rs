//! The stage table of a case (`domain.md` §5.3).

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn office(act: &'static str, from: &'static [&'static str], to: &'static str, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to: Some(to), weight: Weight::Request, writer: Writer::Office, seals: false, relies_on: &[], guards, basis }
}

const fn anyone(act: &'static str, from: &'static [&'static str], to: &'static str, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { writer: Writer::Anyone, ..office(act, from, to, guards, basis) }
}

const PARTY: &[&str] = &["matter", "party.id_no", "party.kind", "party.name", "party.uscc"];
const MERITS: &[&str] = &["act_date", "facts", "law", "matter", "party.id_no", "party.kind", "party.name", "party.uscc", "penalty"];

pub(super) static ACTS: &[ActRow] = &[
    ActRow { relies_on: PARTY, ..office("file", &[CLUE], FILED, &[g::CLUE_ON_RECORD, g::UNIT_NAMED, g::OPINION], "行政处罚法 54") },
    office("not_file", &[CLUE], NOT_FILED, &[g::OPINION], "行政处罚法 54"),
    office("transfer", &[CLUE, FILED, INVESTIGATING], TRANSFERRED, &[g::OPINION], "行政处罚法 27; 国务院令730"),
    anyone("investigate", &[FILED], INVESTIGATING, &[g::TWO_HANDLERS], "行政处罚法 42"),
    ActRow { relies_on: MERITS, ..anyone("conclude", &[INVESTIGATING], INVESTIGATED, &[g::FACTS, g::EVIDENCE], "行政处罚法 40, 46") },
    ActRow { weight: Weight::Deed, seals: true, relies_on: MERITS, ..anyone("pre_notice", &[INVESTIGATED], PRE_NOTICED, &[g::PENALTY, g::PRE_NOTICE], "行政处罚法 44") },
    ActRow { relies_on: &["defence"], ..anyone("close_defence", &[PRE_NOTICED], DEFENCE_CLOSED, &[g::DEFENCE], "行政处罚法 45") },
    ActRow { seals: true, relies_on: MERITS, ..office("decide", &[DEFENCE_CLOSED], DECIDED, &[g::PENALTY, g::OPINION], "行政处罚法 57, 59") },
    ActRow { seals: true, relies_on: MERITS, ..office("not_punish", &[INVESTIGATED, DEFENCE_CLOSED], NOT_PUNISHED, &[g::OPINION], "行政处罚法 33, 57") },
    ActRow { weight: Weight::Deed, relies_on: &["served"], ..anyone("serve", &[DECIDED], SERVED, &[g::SERVICE], "行政处罚法 61") },
    ActRow { relies_on: &["performed"], ..office("perform", &[SERVED], PERFORMED, &[g::PERFORMED_PAID], "行政处罚法 66, 67") },
    ActRow { seals: true, relies_on: MERITS, ..office("close", &[PERFORMED], CLOSED, &[g::OPINION], "domain.md §5.7") },
    office("withdraw", &[FILED, INVESTIGATING, INVESTIGATED], WITHDRAWN, &[g::REASON_GIVEN], "domain.md §5.3"),
    office("reopen", &[DECIDED, SERVED, PERFORMED, CLOSED], INVESTIGATING, &[g::REASON_GIVEN], "sync.md §2"),
];
