//! By when the next step is due: the service levels of `domain.md` §4, each a policy of the day on which the term begins.

use super::stage::*;
use crate::base::Date;
use crate::dated::Book;
use crate::law::policy::{self, PolicyError};
use crate::law::{Calendar, Period, Side, UnknownYear, deadline};

/// A service level: which policy says how long, and from which stage's day it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The policy that states the period.
    pub policy: &'static str,
    /// The stage from whose beginning it runs.
    pub since: &'static str,
}

/// What is due at a stage; nothing once the follow-up is done, or it is over. A day that was set does not prolong the term for the
/// visit, nor a correction that for the follow-up: both run from the step before.
pub fn term(stage: &str) -> Option<Term> {
    let (policy, since) = match stage {
        SUBMITTED => ("invitation.accept", SUBMITTED),
        ACCEPTED => ("invitation.dispatch", ACCEPTED),
        DECLINED => ("invitation.dispatch", DECLINED),
        DISPATCHED => ("invitation.claim", DISPATCHED),
        CLAIMED | SCHEDULED => ("invitation.visit", CLAIMED),
        ON_SITE => ("invitation.report", ON_SITE),
        REPORT_ISSUED | RECTIFYING => ("invitation.follow_up", REPORT_ISSUED),
        _ => return None,
    };
    Some(Term { policy, since })
}

/// Why there is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The calendar.
    #[error(transparent)]
    Calendar(#[from] UnknownYear),
}

/// The last day for what is due at a stage, if anything is. `entered` is the day on which [`Term::since`] began, which is not
/// counted; the duty is the organ's, so a last day that is not worked does not move.
pub fn due(stage: &str, entered: Date, book: &Book, calendar: &Calendar) -> Result<Option<Date>, TermError> {
    let Some(term) = term(stage) else { return Ok(None) };
    let period: Period = policy::get(book, term.policy, entered)?.value;
    Ok(deadline(calendar, period, entered, Side::Organ, &[])?.deadline().map(|deadline| deadline.due))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::fixtures::law::calendar;

    fn on(stage: &str, entered: Date) -> Option<Date> {
        due(stage, entered, &Book::new(), &calendar().unwrap()).unwrap()
    }

    #[test]
    fn terms_are_counted_by_the_calendar_of_the_year() {
        // The Friday before 中秋 of 2026 is a working day, the 25th is the holiday; 国庆 lasts from the 1st to the 7th of October.
        let thursday = date(2026, 9, 24);
        assert_eq!(on(ACCEPTED, thursday), Some(date(2026, 9, 28)), "中秋 and the weekend are off");
        assert_eq!(on(SUBMITTED, thursday), Some(date(2026, 9, 29)));
        assert_eq!(on(DISPATCHED, date(2026, 9, 30)), Some(date(2026, 10, 9)), "国庆 is off");
        assert_eq!(on(ON_SITE, date(2026, 9, 30)), Some(date(2026, 10, 13)), "the Saturday of 10 October is worked");
        assert_eq!(on(SCHEDULED, date(2026, 9, 30)), on(CLAIMED, date(2026, 9, 30)));
        assert_eq!(on(RECTIFYING, date(2026, 9, 5)), Some(date(2026, 10, 5)), "thirty calendar days, unmoved");
    }

    #[test]
    fn what_is_over_or_waits_for_the_firm_has_no_term() {
        for stage in [FOLLOWED_UP, RATED, CLOSED, REJECTED, WITHDRAWN] {
            assert_eq!(on(stage, date(2026, 9, 24)), None, "{stage}");
        }
    }

    #[test]
    fn a_year_without_a_calendar_is_an_error_and_no_guess() {
        let late = due(SUBMITTED, date(2031, 12, 31), &Book::new(), &calendar().unwrap());
        assert!(matches!(late, Err(TermError::Calendar(_))), "{late:?}");
    }
}
