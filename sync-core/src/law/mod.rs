//! Days and periods of the law, what is owed for lateness, and the rules that places set for themselves.
//!
//! [`calendar`] knows working days, [`period`] reckons deadlines with them, [`mod@surcharge`] what a late fine grows by, and
//! [`policy`] answers what a configured rule says on a day. All of it is reckoned from rows with days.
//!
//! Deliberately absent: "today". Every question names its day.

pub mod calendar;
pub mod period;
pub mod policy;
pub mod surcharge;

pub use calendar::{Calendar, Counted, Holiday, UnknownYear, Year};
pub use period::{Deadline, Outcome, Period, Rule, Side, Suspension, Unit, deadline};
pub use policy::{Answer, POLICIES, Policy, PolicyError};
pub use surcharge::{Base, Fine, Payment, Surcharge, Terms, surcharge};
