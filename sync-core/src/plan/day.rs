//! Days as numbers, and the days on which visits can be made.
//!
//! Spacing is reckoned in calendar days, so a day is its number since 1970-01-01 and a gap is a difference.

use std::collections::BTreeSet;

use crate::base::Date;
use crate::base::date::{date, next};
use crate::law::{Calendar, UnknownYear};

/// A day as its number since 1970-01-01.
pub type Day = i32;

const EPOCH: Date = date(1970, 1, 1);

/// The number of a day.
pub fn number(day: Date) -> Day {
    day.since(EPOCH).map_or(Day::MAX, |span| span.get_days())
}

/// The day of a number; beyond the calendar, its last day.
pub fn date_of(day: Day) -> Date {
    EPOCH.saturating_add(jiff::Span::new().days(day))
}

/// Days on which visits can be made, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenDays(Vec<Day>);

impl OpenDays {
    /// The working days of a stretch that are not closed. The last day belongs to it.
    pub fn of(calendar: &Calendar, from: Date, to: Date, closed: &BTreeSet<Date>) -> Result<OpenDays, UnknownYear> {
        let (mut day, mut open) = (from, Vec::new());
        while day <= to {
            if calendar.is_working_day(day)? && !closed.contains(&day) {
                open.push(number(day));
            }
            if day == Date::MAX {
                break;
            }
            day = next(day);
        }
        Ok(OpenDays(open))
    }

    /// All of them.
    pub fn days(&self) -> &[Day] {
        &self.0
    }
}

/// Those of ascending days that lie in a window; its last day belongs to it.
pub(super) fn within(days: &[Day], from: Day, to: Day) -> &[Day] {
    let start = days.partition_point(|day| *day < from);
    let end = days.partition_point(|day| *day <= to).max(start);
    days.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::law::calendar;

    #[test]
    fn a_holiday_of_the_notice_and_a_closed_day_are_no_days_for_visits() {
        let closed = BTreeSet::from([date(2024, 9, 30)]);
        let open = OpenDays::of(&calendar().unwrap(), date(2024, 9, 28), date(2024, 10, 8), &closed).unwrap();
        let dates: Vec<Date> = open.days().iter().map(|day| date_of(*day)).collect();
        assert_eq!(dates, [date(2024, 9, 29), date(2024, 10, 8)], "the make-up Sunday, and the first day after 1 to 7 October");
        assert!(OpenDays::of(&calendar().unwrap(), date(2022, 12, 30), date(2023, 1, 3), &BTreeSet::new()).is_err(), "an unknown year is no guess");
    }

    #[test]
    fn a_number_is_its_day() {
        assert_eq!(number(date(1970, 1, 2)), 1);
        assert_eq!(date_of(number(date(2028, 2, 29))), date(2028, 2, 29));
        assert_eq!(within(&[1, 3, 5], 2, 5), [3, 5]);
        assert!(within(&[1, 3, 5], 4, 2).is_empty());
    }
}
