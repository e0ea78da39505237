//! What follows from a problem that was found by invitation (`domain.md` §4, a default in doubt).

use crate::base::Date;
use crate::checklist::Severity;
use crate::dated::Book;
use crate::law::policy::{self, Answer, PolicyError};

/// A problem as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// How grave it is.
    pub severity: Severity,
    /// No department knew of it before the invited visit.
    pub first_found: bool,
    /// It was corrected by the day that was set.
    pub corrected_in_time: bool,
    /// It may be a crime.
    pub suspected_crime: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// Not filed: guidance was enough (行政处罚法 33).
    NotFiled,
    /// Filed like any other clue (行政处罚法 54).
    Filed,
    /// Stopped and handed to the competent department at once (安全生产法 70).
    HandedOver,
    /// Handed to the judicial organs (行政处罚法 27).
    Transferred,
}

/// What follows from a problem on a day. No invitation and no policy shields a suspected crime or a major hazard; only a minor
/// problem that nobody knew and that was corrected in time may be left unfiled, if `invitation.minor_problems` says so.
pub fn handling(book: &Book, day: Date, found: Found) -> Result<Answer<Handling>, PolicyError> {
    let lenient = policy::get::<String>(book, "invitation.minor_problems", day)?;
    let value = match found {
        Found { suspected_crime: true, .. } => Handling::Transferred,
        Found { severity: Severity::Critical, .. } => Handling::HandedOver,
        Found { severity: Severity::Minor, first_found: true, corrected_in_time: true, .. } if lenient.value == "not_filed" => Handling::NotFiled,
        _ => Handling::Filed,
    };
    Ok(Answer { value, source: lenient.source, doubtful: lenient.doubtful })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Validity;
    use crate::base::date::date;
    use crate::dated::Row;
    use crate::law::policy::{Policy, Setting};

    const MINOR: Found = Found { severity: Severity::Minor, first_found: true, corrected_in_time: true, suspected_crime: false };
    const TODAY: Date = date(2026, 9, 21);

    fn of(book: &Book, found: Found) -> Handling {
        handling(book, TODAY, found).unwrap().value
    }

    #[test]
    fn a_minor_problem_is_left_unfiled_only_if_it_was_new_and_corrected_in_time() {
        let book = Book::new();
        assert_eq!(of(&book, MINOR), Handling::NotFiled);
        assert_eq!(of(&book, Found { corrected_in_time: false, ..MINOR }), Handling::Filed);
        assert_eq!(of(&book, Found { first_found: false, ..MINOR }), Handling::Filed);
        assert_eq!(of(&book, Found { severity: Severity::General, ..MINOR }), Handling::Filed);
        assert!(handling(&book, TODAY, MINOR).unwrap().doubtful, "no rule of the zone says so");
    }

    #[test]
    fn hazards_and_crimes_are_handed_over_whatever_the_policy_says() {
        let mut strict = Book::new();
        let policy = Policy { doubt: false, note: String::new(), owner: "指导办".into(), source: "会议纪要".into(), value: Setting::Choice("filed".into()) };
        strict.insert(Row::new("invitation.minor_problems", Validity::from(date(2026, 1, 1)), &policy).unwrap()).unwrap();
        assert_eq!(of(&strict, MINOR), Handling::Filed);
        for book in [Book::new(), strict] {
            assert_eq!(of(&book, Found { severity: Severity::Critical, ..MINOR }), Handling::HandedOver);
            assert_eq!(of(&book, Found { severity: Severity::Critical, suspected_crime: true, ..MINOR }), Handling::Transferred);
            assert_eq!(of(&book, Found { suspected_crime: true, ..MINOR }), Handling::Transferred);
        }
    }
}
