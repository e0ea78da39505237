//! What has to be done by when: every period of `domain.md` §5 and §6, reckoned from the record, dated policy and the calendar.
//!
//! Nothing here is kept: a day that was moved by hand could not be explained. Time that does not count is an explicit entry of
//! `standstills.*`; what lengthens a period is an entry of `extensions.*`. What an organ has to do is shown on the unmoved day, and
//! a last day of the party that is not worked moves (`domain.md` §0.2). Deliberately absent: "today", and doing anything when a day
//! is past.

mod clocks;
mod ground;

pub use clocks::CLOCKS;
pub use ground::Ground;

use serde::Serialize;

use super::read::View;
use crate::base::Date;
use crate::dated::Book;
use crate::law::Calendar;
use crate::law::period::Side;

/// One thing that has to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// Its code, a row of [`CLOCKS`].
    pub code: &'static str,
    /// What it is about: a measure, an instalment; empty for the case.
    pub about: String,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// The day from which it runs; that day is not counted.
    pub began: Date,
    /// The last day; absent while it stands still, or cannot be reckoned.
    pub due: Option<Date>,
    /// The last day before it was moved off a holiday.
    pub unshifted: Option<Date>,
    /// The last instant, UTC milliseconds, of what is counted by the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// The first day on which it is shown as near.
    pub alert: Option<Date>,
    /// The day on which it was done.
    pub done: Option<Date>,
    /// Whose time it is.
    pub side: Side,
    /// It is a right or a wait: once it is past nothing is overdue.
    pub right: bool,
    /// Since when it stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<Date>,
    /// Why it cannot be reckoned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// The policy that it was reckoned by is in doubt, or the notice of a year is not out.
    pub doubtful: bool,
    /// Statute article or source of the policy that it was reckoned by.
    pub basis: String,
}

impl Due {
    /// Whether something still has to be done: neither done nor merely a right.
    pub fn is_open(&self) -> bool {
        self.done.is_none() && !self.right
    }

    /// Whether it is overdue at the end of a day.
    pub fn is_overdue(&self, day: Date) -> bool {
        self.is_open() && self.due.is_some_and(|due| due < day)
    }
}

/// A kind of deadline.
pub struct Clock {
    /// Stable code.
    pub code: &'static str,
    /// The policy that says how long; none where the record itself names the day.
    pub policy: Option<&'static str>,
    /// Whose it is; for a party's, a holiday at the end moves it.
    pub side: Side,
    /// It is a right or a wait, not a duty.
    pub right: bool,
    /// The policy that says how long before its end it is shown as near.
    pub alerts: &'static str,
    /// What the period rests on where the record names the day.
    pub basis: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Reckons it: nothing where the case has not come to it.
    pub of: fn(&Ground<'_>, &Clock) -> Vec<Due>,
}

/// The clock of a code.
pub fn clock(code: &str) -> Option<&'static Clock> {
    CLOCKS.iter().find(|clock| clock.code == code)
}

/// Every deadline of a case, running, standing still and done, by code.
pub fn deadlines(view: &View<'_>, book: &Book) -> Vec<Due> {
    deadlines_by(view, book, &Calendar::of(book))
}

/// [`deadlines`] with the book's calendar at hand.
pub fn deadlines_by(view: &View<'_>, book: &Book, calendar: &Calendar) -> Vec<Due> {
    let ground = Ground { view, book, calendar };
    let mut out: Vec<Due> = CLOCKS.iter().flat_map(|clock| (clock.of)(&ground, clock)).collect();
    out.sort_by(|a, b| (a.code, &a.about, a.began).cmp(&(b.code, &b.about, b.began)));
    out.dedup_by(|b, a| (a.code, &a.about) == (b.code, &b.about));
    out
}

/// The open deadline that ends first: what a list shows of the case.
pub fn nearest(dues: &[Due]) -> Option<&Due> {
    dues.iter().filter(|due| due.is_open() && due.due.is_some()).min_by_key(|due| due.due)
}

#[cfg(test)]
mod tests;
