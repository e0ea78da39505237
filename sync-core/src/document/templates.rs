//! The templates of this build, and which of them holds on a day.

use std::sync::LazyLock;

use super::engine::{Flaw, Template};
use crate::base::Date;

macro_rules! embedded {
    ($($file:literal),* $(,)?) => { &[$(($file, include_str!(concat!("templates/", $file, ".txt")))),*] };
}

/// Every version of every template, by file name, in order.
const EMBEDDED: &[(&str, &str)] = embedded![
    "address_confirmation.v1",
    "appraisal_request.v1",
    "appraisal_result.v1",
    "closing_approval.v1",
    "clue_registration.v1",
    "compliance_advice.v1",
    "court_application.v1",
    "crime_transfer.v1",
    "discussion_record.v1",
    "electronic_record.v1",
    "fast_consent.v1",
    "file_cover.v1",
    "file_list.v1",
    "file_note.v1",
    "filing_approval.v1",
    "hearing_notice.v1",
    "hearing_offer.v1",
    "hearing_record.v1",
    "hearing_report.v1",
    "inquiry_notice.v1",
    "inquiry_record.v1",
    "inspection_approval.v1",
    "inspection_notice.v1",
    "inspection_result.v1",
    "instalment_approval.v1",
    "instalment_decision.v1",
    "investigation_report.v1",
    "legal_review.v1",
    "no_penalty_decision.v1",
    "order_to_correct.v1",
    "penalty_approval.v1",
    "penalty_decision.v1",
    "prior_notice.v1",
    "recheck_record.v1",
    "registration_approval.v1",
    "registration_disposal.v1",
    "registration_notice.v1",
    "release_decision.v1",
    "repair_notice.v1",
    "revision_decision.v1",
    "rights_notice.v1",
    "sampling_notice.v1",
    "scene_record.v1",
    "sealing_decision.v1",
    "service_receipt.v1",
    "site_record.v1",
    "spot_decision.v1",
    "statement_record.v1",
    "statement_review.v1",
    "stay_approval.v1",
    "substitute_decision.v1",
    "training_invitation.v1",
    "transfer_letter.v1",
    "urging_letter.v1",
];

static ALL: LazyLock<Vec<(&'static str, Result<Template, Flaw>)>> = LazyLock::new(|| EMBEDDED.iter().map(|(name, text)| (*name, Template::parse(text))).collect());

/// Every template of this build with its file name, or what is wrong with it; a test reads them all.
pub fn templates() -> impl Iterator<Item = (&'static str, Result<&'static Template, &'static Flaw>)> {
    ALL.iter().map(|(name, template)| (*name, template.as_ref()))
}

/// The template of a type that holds on a day: the version with the latest first day up to it.
pub fn template_of(code: &str, day: Date) -> Option<&'static Template> {
    let held = templates().filter_map(|(_, template)| template.ok()).filter(|t| t.front().code == code && t.front().from <= day);
    held.max_by_key(|t| (t.front().from, t.front().version))
}

/// A given version of the template of a type: what a document that is already sealed was made of.
pub fn template_version(code: &str, version: u32) -> Option<&'static Template> {
    templates().filter_map(|(_, template)| template.ok()).find(|t| t.front().code == code && t.front().version == version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Digest;

    /// SHA-256 of every version that was ever used, one line each: a template that changes is another version.
    const FROZEN: &str = include_str!("templates/frozen.txt");

    #[test]
    fn a_version_of_a_template_never_changes() {
        let now: Vec<String> = EMBEDDED.iter().map(|(file, text)| format!("{file} {}", Digest::tagged("zhifa-template-v1", &[text.as_bytes()]))).collect();
        assert_eq!(FROZEN.lines().collect::<Vec<_>>(), now, "add a version; a line of frozen.txt changes only before its release");
    }

    #[test]
    fn every_type_has_a_text_from_the_first_day_on() {
        for sort in crate::document::TYPES {
            assert!(template_of(sort.code, crate::base::date::date(2021, 7, 15)).is_some(), "{}", sort.code);
            assert!(template_of(sort.code, crate::base::date::date(2021, 7, 14)).is_none(), "{}", sort.code);
            assert_eq!(template_version(sort.code, 1).map(|t| t.front().title.as_str()), Some(sort.title_zh));
        }
    }
}
