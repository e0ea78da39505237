//! At which stages a document may be drawn up: a decision is not printed before it is taken.

use sync_core::case::stage as c;
use sync_core::document::DocumentType;
use sync_core::evidence;
use sync_core::record::Record;
use sync_core::training::course;
use sync_core::{case, visit};

use crate::base::problem::Problem;

/// Types that belong to courses.
const OF_COURSES: &[&str] = &["training_invitation"];
/// Types that belong to visits; all others but [`BOTH`] and [`OF_COURSES`] belong to cases.
const OF_VISITS: &[&str] = &["inspection_approval", "inspection_notice", "inspection_result", "recheck_record", "site_record"];
/// Types that belong to either.
const BOTH: &[&str] = &["compliance_advice", "order_to_correct", "service_receipt"];

/// A decision that binds, and what follows it.
const DECIDED: &[&str] = &[c::DECIDED, c::SERVED, c::PARTIAL, c::PERFORMED, c::OVERDUE, c::URGED, c::COURT_APPLIED, c::ENFORCED, c::CHANGED, c::REVOKED, c::CLOSED, c::ARCHIVED];
/// From the review of the case to the decision: when a proposal is told.
const PROPOSED: &[&str] = &[c::CASE_REVIEWED, c::LEGAL_REVIEWED, c::PRE_NOTICED, c::DEFENCE_CLOSED, c::HEARING, c::HEARD, c::DISCUSSED, c::FAST_RUNNING];
const CLOSED: &[&str] = &[c::CLOSED, c::ARCHIVED];

/// A type, and the stages at which it may be drawn up; a type without a row may be drawn up at any.
const STAGES: &[(&str, &[&str])] = &[
    ("court_application", &[c::URGED, c::COURT_APPLIED, c::ENFORCED, c::CLOSED]),
    ("crime_transfer", &[c::TO_POLICE, c::CLOSED]),
    ("file_cover", CLOSED),
    ("file_list", CLOSED),
    ("file_note", CLOSED),
    ("hearing_offer", PROPOSED),
    ("no_penalty_decision", &[c::NOT_PUNISHED, c::CLOSED]),
    ("penalty_decision", DECIDED),
    ("prior_notice", PROPOSED),
    ("revision_decision", &[c::REVOKED, c::CHANGED, c::SERVED, c::CLOSED]),
    ("spot_decision", DECIDED),
    ("transfer_letter", &[c::TRANSFERRED, c::ARCHIVED]),
    ("urging_letter", &[c::OVERDUE, c::URGED, c::COURT_APPLIED]),
];

/// Types that say what was found or decided, and are sealed only once every original that they rest on is here (行政处罚法 40, 46).
const RESTING: &[&str] =
    &["file_cover", "file_list", "inspection_result", "no_penalty_decision", "penalty_decision", "recheck_record", "revision_decision", "site_record", "spot_decision"];

/// Kinds of record that have documents.
pub const KINDS: &[&str] = &[case::NAME, course::NAME, visit::NAME];

/// Whether a type belongs to a kind of record.
pub fn belongs(sort: &str, kind: &str) -> bool {
    match kind {
        course::NAME => OF_COURSES.contains(&sort),
        visit::NAME => BOTH.contains(&sort) || OF_VISITS.contains(&sort),
        _ => !OF_COURSES.contains(&sort) && !OF_VISITS.contains(&sort),
    }
}

/// Whether a document may be drawn up now.
pub fn ripe(record: &Record, sort: &DocumentType) -> Result<(), Problem> {
    if !belongs(sort.code, &record.kind) {
        return Err(Problem::field("type", format!("{} is no document of a {}", sort.title_zh, record.kind)));
    }
    match STAGES.iter().find(|row| row.0 == sort.code) {
        Some((_, stages)) if !stages.contains(&record.stage()) => {
            Err(Problem::new("conflict", format!("{} is drawn up at {}; the record stands at {}", sort.title_zh, stages.join(", "), record.stage())))
        }
        _ => Ok(()),
    }?;
    let awaited = if RESTING.contains(&sort.code) { evidence::standing(record).awaited } else { Vec::new() };
    match awaited.first() {
        Some(first) => {
            let detail = format!("{} waits for {} originals, {first} the first; upload them, or put on record why one never comes", sort.title_zh, awaited.len());
            Err(Problem::new("evidence_awaited", detail))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::document::type_of;

    #[test]
    fn every_row_names_a_type() {
        for code in OF_VISITS.iter().chain(OF_COURSES).chain(BOTH).chain(RESTING).chain(STAGES.iter().map(|row| &row.0)) {
            assert!(type_of(code).is_some(), "{code}");
        }
    }

    #[test]
    fn what_rests_on_evidence_is_not_sealed_before_it_is_there() {
        use sync_core::record::Value;
        let mut visit = Record::new(sync_core::base::RecordId(2), "visit", "SIGNED");
        let (record, notice) = (type_of("site_record").unwrap(), type_of("inspection_notice").unwrap());
        assert!(ripe(&visit, record).is_ok());
        let photo = Value::parse(r#"{"sha256":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}"#).unwrap();
        visit.preview(&[("photos.F-1.p1".parse().unwrap(), photo.clone(), vec![], None)]);
        assert_eq!(ripe(&visit, record).unwrap_err().code(), "evidence_awaited");
        assert!(ripe(&visit, notice).is_ok(), "a notice rests on no photo");
        visit.preview(&[("files.a".parse().unwrap(), photo, vec![], None)]);
        assert!(ripe(&visit, record).is_ok());
    }

    #[test]
    fn a_decision_is_not_printed_before_it_is_taken() {
        let decision = type_of("penalty_decision").unwrap();
        let case = |stage| Record::new(sync_core::base::RecordId(1), "case", stage);
        for stage in [c::CLUE, c::FILED, c::DISCUSSED, c::NOT_PUNISHED] {
            assert!(ripe(&case(stage), decision).is_err(), "行政处罚法 57, 59: {stage}");
        }
        assert!(ripe(&case(c::DECIDED), decision).is_ok());
        assert!(ripe(&Record::new(sync_core::base::RecordId(2), "visit", "SIGNED"), decision).is_err());
        let letter = type_of("training_invitation").unwrap();
        assert!(ripe(&case(c::DECIDED), letter).is_err() && ripe(&Record::new(sync_core::base::RecordId(3), "course", "INVITED"), letter).is_ok());
    }
}
