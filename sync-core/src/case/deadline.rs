//! What has to be done by when: every period of `domain.md` §5 and §6, reckoned from the record, dated policy and the calendar.
//!
//! Nothing here is kept: a day that was moved by hand could not be explained. Time that does not count is an explicit entry of
//! `standstills.*`; what lengthens a period is an entry of `extensions.*`. Deliberately absent: doing anything when a day is past.

use serde::Serialize;

use super::read::View;
use crate::base::Date;
use crate::dated::Book;
use crate::law::period::Side;

/// One thing that has to be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Due {
    /// Its code, a row of a topic.
    pub code: &'static str,
    /// What it is about: a measure, an inquiry; empty for the case.
    pub about: String,
    /// The day from which it runs; that day is not counted.
    pub began: Date,
    /// The last day; absent while it stands still.
    pub due: Option<Date>,
    /// The last day before it was moved off a holiday.
    pub unshifted: Option<Date>,
    /// The day on which it was done.
    pub done: Option<Date>,
    /// Statute article or source of the policy that it was reckoned by.
    pub basis: String,
}

/// A kind of deadline.
pub struct Clock {
    /// Stable code.
    pub code: &'static str,
    /// The policy that says how long.
    pub policy: &'static str,
    /// Whose it is; for a party's, a holiday at the end moves it.
    pub side: Side,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Reckons it: nothing where the case has not come to it.
    pub of: fn(&View<'_>, &Book, &Clock) -> Vec<Due>,
}

/// All clocks, in the order of `domain.md` §5.
pub static CLOCKS: &[Clock] = &[];

/// Every deadline of a case, running, standing still and done, by code.
pub fn deadlines(view: &View<'_>, book: &Book) -> Vec<Due> {
    let mut out: Vec<Due> = CLOCKS.iter().flat_map(|clock| (clock.of)(view, book, clock)).collect();
    out.sort();
    out
}
