//! Days and periods of the law.

pub mod calendar;
pub mod period;
pub mod surcharge;

pub use calendar::{Calendar, Counted, Holiday, UnknownYear, Year};
pub use period::{Deadline, Outcome, Period, Rule, Side, Suspension, Unit, deadline};
pub use surcharge::{Fine, Payment, Surcharge, surcharge};
