//! The stage table of a plan (`domain.md` §3.5), row by row.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

const fn office(act: &'static str, from: &'static [&'static str], to: &'static str, guards: &'static [Guard], basis: &'static str) -> ActRow {
    ActRow { act, from, to: Some(to), weight: Weight::Request, writer: Writer::Office, seals: false, relies_on: &[], guards, basis }
}

const CONTENT: &[&str] = &["entries.", "organ", "unit", "window"];
const SUBMITTING: &[Guard] = &[g::ORGAN_NAMED, g::UNIT_NAMED, g::WINDOW, g::HAS_ENTRY, g::ENTRIES_SOUND, g::SUBMISSION];

pub(super) static ACTS: &[ActRow] = &[
    ActRow { relies_on: CONTENT, ..office("submit", &[DRAFT], SUBMITTED, SUBMITTING, "浙江省综合行政执法条例 13; domain.md §3.5") },
    office("match", &[SUBMITTED], MATCHING, &[g::AS_SUBMITTED], "浙江省综合行政执法条例 12, 13 (指导办统筹)"),
    office("review", &[MATCHING], LEGAL_REVIEW, &[g::MATCHED, g::AS_SUBMITTED], "domain.md §3.5"),
    ActRow {
        relies_on: &["opinion.legal"],
        ..office("discuss", &[LEGAL_REVIEW], COLLECTIVE_DISCUSSION, &[g::LEGAL_OPINION, g::AS_SUBMITTED, g::NOT_OWN], "domain.md §3.5 (法制审核)")
    },
    ActRow {
        relies_on: &["entries.", "opinion.discussion", "opinion.legal", "organ"],
        seals: true,
        ..office(
            "approve",
            &[COLLECTIVE_DISCUSSION],
            APPROVED,
            &[g::LEGAL_OPINION, g::DISCUSSED, g::HEADS_OPINION, g::AS_SUBMITTED, g::NOT_OWN],
            "国办发〔2024〕54号 (机关负责人批准); domain.md §3.5 (集体讨论)",
        )
    },
    office("publish", &[APPROVED], PUBLISHED, &[g::LEGAL_OPINION, g::DISCUSSED, g::PUBLICATION], "国办发〔2024〕54号 (公布)"),
    office("adjust", &[PUBLISHED], ADJUSTING, &[g::REASON_GIVEN], "domain.md §3.5 (动态调整)"),
    ActRow { relies_on: CONTENT, ..office("resubmit", &[ADJUSTING], LEGAL_REVIEW, SUBMITTING, "domain.md §3.5 (动态调整)") },
    office("execute", &[PUBLISHED], EXECUTING, &[], "domain.md §3.5"),
    office("close", &[EXECUTING], CLOSED, &[g::REPORTED], "domain.md §3.5"),
    office("send_back", &[SUBMITTED, MATCHING, LEGAL_REVIEW, COLLECTIVE_DISCUSSION], DRAFT, &[g::REASON_GIVEN], "domain.md §0.3, §3.5 (退回修改)"),
];
