//! The cap on an organ's visits to one object (频次上限): how many count, how many are left, and what is over it.
//!
//! What counts is policy (`inspection.cap`; 浙政办发〔2025〕5号, 国办发〔2024〕54号). Visits are counted once by their id however many rows name
//! them, by organ and object key: another name of the object or a split of the visit changes nothing. The same function judges a
//! plan, a start on site, and once more, with the day of the event, what comes in from a handheld.
//!
//! Deliberately absent: permission. An override is somebody's reason, kept; who may give one is decided elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::law::policy::{Cap, VisitKind, YearBasis};

/// A visit that took place, or is taken as if: one row for each organ that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Past {
    /// The visit's id.
    pub visit: String,
    /// An organ that took part.
    pub organ: String,
    /// Resolved key of the object.
    pub object: String,
    /// The day of the event, not of its arrival.
    pub day: Date,
    /// Why it took place, for this organ.
    pub kind: VisitKind,
    /// Whether officers checked in; one that was cancelled before does not count.
    pub checked_in: bool,
}

/// How far back and ahead of a day visits may lie that bear on it, whatever the year is (`YearBasis`).
pub const YEAR_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(366 * 24);

/// What the cap says of one more visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Visits of this kind do not count.
    Outside,
    /// There is room.
    Free,
    /// It is the last of the year.
    Last,
    /// The cap is reached: only with a reason.
    Blocked,
}

/// Where an organ stands with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What holds for one more visit.
    pub verdict: Verdict,
    /// Visits that count in the year.
    pub used: u32,
    /// Most of them.
    pub max: u32,
    /// The visits that count, by day and id.
    pub counted: Vec<(Date, String)>,
}

/// First and last day of the year of which a visit on `day` is a part: of its calendar year, or of the twelve months up to it.
pub fn year_of(basis: YearBasis, day: Date) -> (Date, Date) {
    match basis {
        YearBasis::Calendar => (Date::new(day.year(), 1, 1).unwrap_or(Date::MIN), Date::new(day.year(), 12, 31).unwrap_or(Date::MAX)),
        YearBasis::Rolling => (day.saturating_sub(jiff::Span::new().years(1)).saturating_add(jiff::Span::new().days(1)), day),
    }
}

/// Whether one more visit of a kind on a day is within the cap; `past` is of one organ and one object.
///
/// In a rolling year a later visit, already there, can be put over the cap by an earlier one; it is judged anew by its own day.
pub fn standing<'a>(cap: &Cap, past: impl IntoIterator<Item = &'a Past>, kind: VisitKind, day: Date) -> Standing {
    let (first, last) = year_of(cap.year, day);
    let mut visits: BTreeMap<&str, Date> = BTreeMap::new();
    for visit in past {
        if visit.checked_in && cap.counts.contains(&visit.kind) && (first..=last).contains(&visit.day) {
            visits.insert(&visit.visit, visit.day);
        }
    }
    let mut counted: Vec<(Date, String)> = visits.into_iter().map(|(id, day)| (day, id.to_owned())).collect();
    counted.sort();
    let used = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let verdict = match used {
        _ if !cap.counts.contains(&kind) => Verdict::Outside,
        used if used >= cap.max => Verdict::Blocked,
        used if used + 1 == cap.max => Verdict::Last,
        _ => Verdict::Free,
    };
    Standing { verdict, used, max: cap.max, counted }
}

/// Why a visit over the cap takes place all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Who decided it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// How a visit was admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "admitted", rename_all = "snake_case")]
pub enum Admission {
    /// Within the cap, or outside what counts.
    Within {
        /// It is the last of the year.
        last: bool,
    },
    /// Over the cap, for a reason that is kept.
    Overridden(Override),
}

/// Why a visit is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CapError {
    /// The cap is reached.
    #[error("cap: {used} of {max} visits of the year are used; choose another year, do it off site, or give a reason")]
    Reached {
        /// Visits that count.
        used: u32,
        /// Most of them.
        max: u32,
    },
    /// The override says nothing.
    #[error("override: a reason and a name must be given")]
    NoReason,
}

/// Admits a visit, or says why not. A reason that was not needed is not kept.
pub fn admit(standing: &Standing, reason: Option<&Override>) -> Result<Admission, CapError> {
    match (standing.verdict, reason) {
        (Verdict::Blocked, None) => Err(CapError::Reached { used: standing.used, max: standing.max }),
        (Verdict::Blocked, Some(given)) if given.reason.trim().is_empty() || given.by.trim().is_empty() => Err(CapError::NoReason),
        (Verdict::Blocked, Some(given)) => Ok(Admission::Overridden(given.clone())),
        (verdict, _) => Ok(Admission::Within { last: verdict == Verdict::Last }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::dated::Book;
    use crate::law::policy;

    fn past(visit: &str, month: i8, kind: VisitKind) -> Past {
        Past { visit: visit.into(), organ: "fire".into(), object: "site-1".into(), day: date(2026, month, 5), kind, checked_in: true }
    }

    fn default() -> Cap {
        policy::cap(&Book::new(), &["juxian"], &[], "low", date(2026, 6, 1)).unwrap().value
    }

    #[test]
    fn two_a_year_by_zhejiang_2025_no_5_the_second_warns_and_the_third_is_blocked() {
        let visits = [past("a", 1, VisitKind::Daily), past("b", 3, VisitKind::SpecialOwn)];
        let verdict = |n: usize| standing(&default(), &visits[..n], VisitKind::Daily, date(2026, 6, 1)).verdict;
        assert_eq!([verdict(0), verdict(1), verdict(2)], [Verdict::Free, Verdict::Last, Verdict::Blocked]);
        assert_eq!(standing(&default(), &visits, VisitKind::Triggered, date(2026, 6, 1)).verdict, Verdict::Outside, "complaints are outside the cap");
        assert_eq!(standing(&default(), &visits, VisitKind::Recheck, date(2026, 6, 1)).verdict, Verdict::Outside, "a re-check does not count");
    }

    #[test]
    fn what_does_not_count_uses_nothing() {
        let mut cancelled = past("c", 2, VisitKind::Daily);
        cancelled.checked_in = false;
        let visits = [past("a", 1, VisitKind::SpecialSuperior), past("b", 2, VisitKind::Appointment), cancelled, past("d", 2, VisitKind::Recheck)];
        assert_eq!(standing(&default(), &visits, VisitKind::Daily, date(2026, 6, 1)).used, 0);
    }

    #[test]
    fn a_visit_counts_once_however_often_it_is_told() {
        let visits = [past("a", 1, VisitKind::Daily), past("a", 1, VisitKind::Daily), past("a", 1, VisitKind::SpecialOwn)];
        let standing = standing(&default(), &visits, VisitKind::Daily, date(2026, 12, 31));
        assert_eq!((standing.used, standing.counted), (1, vec![(date(2026, 1, 5), "a".to_owned())]));
    }

    #[test]
    fn the_year_is_the_calendars_or_the_twelve_months_before() {
        let visits = [past("a", 2, VisitKind::Daily), past("b", 11, VisitKind::Daily)];
        let used = |year, day| standing(&Cap { year, ..default() }, &visits, VisitKind::Daily, day).used;
        assert_eq!(used(YearBasis::Calendar, date(2027, 1, 1)), 0);
        assert_eq!(used(YearBasis::Rolling, date(2027, 1, 1)), 2);
        assert_eq!(used(YearBasis::Rolling, date(2027, 2, 5)), 1, "a year after 5 February that day is out");
        assert_eq!(used(YearBasis::Rolling, date(2027, 2, 4)), 2);
    }

    #[test]
    fn over_the_cap_only_with_a_reason() {
        let visits = [past("a", 1, VisitKind::Daily), past("b", 2, VisitKind::Daily)];
        let blocked = standing(&default(), &visits, VisitKind::Daily, date(2026, 6, 1));
        assert_eq!(admit(&blocked, None), Err(CapError::Reached { used: 2, max: 2 }));
        let given = |reason: &str| Override { by: "liu-head".into(), reason: reason.into() };
        assert_eq!(admit(&blocked, Some(&given(" "))), Err(CapError::NoReason));
        assert_eq!(admit(&blocked, Some(&given("重大隐患"))), Ok(Admission::Overridden(given("重大隐患"))));
        let last = standing(&default(), &visits[..1], VisitKind::Daily, date(2026, 6, 1));
        assert_eq!(admit(&last, Some(&given("x"))), Ok(Admission::Within { last: true }));
    }
}
