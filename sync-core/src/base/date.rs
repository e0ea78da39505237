//! Civil dates of the law's places: instants are UTC, days are Asia/Shanghai's.
//!
//! China has kept UTC+8 without summer time since 1991-09-15, so a fixed offset is exact for every date of this program.

use jiff::tz::{Offset, offset};
use serde::{Deserialize, Serialize};

use super::time::UtcMs;

pub use jiff::civil::{Date, date};

/// Asia/Shanghai.
const SHANGHAI: Offset = offset(8);

/// The day on which an instant falls. `None` outside years −9999 to 9999.
pub fn day_of(at: UtcMs) -> Option<Date> {
    let instant = jiff::Timestamp::from_millisecond(at.0).ok()?;
    Some(SHANGHAI.to_datetime(instant).date())
}

/// An instant as people of the place write it, to the second: `2026-03-05 09:30:00`. Empty outside years −9999 to 9999.
pub fn clock_text(at: UtcMs) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|instant| SHANGHAI.to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// 00:00 of a day, which is 24:00 of the day before.
pub fn start_of(day: Date) -> UtcMs {
    UtcMs(SHANGHAI.to_timestamp(day.at(0, 0, 0, 0)).map_or(i64::MAX, jiff::Timestamp::as_millisecond))
}

/// The day after; the last day of the calendar is its own successor.
pub fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

/// The days on which something is in force: from a first day up to, and without, the day on which it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Validity {
    /// First day in force.
    pub from: Date,
    /// First day no longer in force; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Validity {
    /// In force from a day on.
    pub fn from(from: Date) -> Validity {
        Validity { from, until: None }
    }

    /// In force from `from` up to, and without, `until`; `None` if that is no day at all.
    pub fn between(from: Date, until: Date) -> Option<Validity> {
        (from < until).then_some(Validity { from, until: Some(until) })
    }

    /// Whether it is in force on a day.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    /// Whether a day is in both.
    pub fn overlaps(&self, other: &Validity) -> bool {
        self.until.is_none_or(|until| other.from < until) && other.until.is_none_or(|until| self.from < until)
    }

    /// Whether it has at least one day.
    pub fn is_sound(&self) -> bool {
        self.until.is_none_or(|until| self.from < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_sixteen_hours_utc() {
        let new_year = date(2024, 1, 1);
        let midnight = start_of(new_year);
        assert_eq!(midnight, UtcMs(1_704_038_400_000), "2023-12-31T16:00:00Z");
        assert_eq!(day_of(midnight), Some(new_year));
        assert_eq!(day_of(UtcMs(midnight.0 - 1)), Some(date(2023, 12, 31)));
        assert_eq!(day_of(UtcMs(i64::MAX)), None);
    }

    #[test]
    fn the_end_is_exclusive() {
        let year = Validity::between(date(2023, 1, 1), date(2024, 1, 1)).unwrap();
        assert!(year.contains(date(2023, 12, 31)) && !year.contains(date(2024, 1, 1)));
        assert!(!year.overlaps(&Validity::from(date(2024, 1, 1))));
        assert!(year.overlaps(&Validity::from(date(2023, 12, 31))));
        assert_eq!(Validity::between(date(2024, 1, 1), date(2024, 1, 1)), None);
    }
}
