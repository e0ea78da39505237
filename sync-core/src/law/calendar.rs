//! Working days (工作日): weekends are off unless made up for, holidays are off.
//!
//! The days of a year are data: the yearly notice of the State Council's office (节假日安排的通知) says which days are off and
//! which weekends are worked instead (调休). A year without a row is unknown, and what would have to be known of it is an
//! error, never a guess. A year whose notice is not out yet can be entered as provisional (statutory holidays only); whatever
//! is reckoned with it says so.
//!
//! Deliberately absent: lunar reckoning. The notice states dates.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

use crate::base::date::next;
use crate::base::{Date, Validity};
use crate::dated::{Body, Book, Flaw, Kind, Row};

/// Most bytes of a holiday's name.
const MAX_NAME: usize = 60;
/// Most bytes of the text that names a source.
const MAX_SOURCE: usize = 500;

/// A day off and the holiday it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The day.
    pub day: Date,
    /// The holiday's Chinese name.
    pub name: String,
}

/// Holidays and make-up working days of one calendar year: the body of rows of kind [`Kind::Year`], whose key is the year in
/// four digits and which hold from its 1 January up to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// Days off, ascending; weekends inside a holiday may be among them.
    pub holidays: Vec<Holiday>,
    /// The notice is not out: only what the law fixes is entered, and weekends may yet be worked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// Title and number of the notice.
    pub source: String,
    /// Saturdays and Sundays that are worked (调休), ascending.
    pub workdays: Vec<Date>,
}

/// The days of a year.
fn validity_of(year: i16) -> Option<Validity> {
    let first = |year: i16| Date::new(year, 1, 1).ok();
    Validity::between(first(year)?, first(year.checked_add(1)?)?)
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

impl Body for Year {
    const KIND: Kind = Kind::Year;

    fn check(&self, key: &str, valid: &Validity) -> Result<(), Flaw> {
        let year: i16 = key.parse().ok().filter(|_| key.len() == 4 && key.bytes().all(|b| b.is_ascii_digit())).ok_or_else(|| Flaw::new("key", "give the year in four digits"))?;
        if validity_of(year).as_ref() != Some(valid) {
            return Err(Flaw::new("until", "a year holds from its 1 January up to the next 1 January"));
        }
        let mut before = None;
        for Holiday { day, name } in &self.holidays {
            if day.year() != year || before.is_some_and(|before| before >= *day) {
                return Err(Flaw::new("holidays", format!("{day} stands out of order or in another year; give each day of {year} once, ascending")));
            }
            if name.trim().is_empty() || name.len() > MAX_NAME {
                return Err(Flaw::new("holidays", format!("{day} has no usable name; give 1 to {MAX_NAME} bytes")));
            }
            before = Some(*day);
        }
        let mut before = None;
        for day in &self.workdays {
            if day.year() != year || before.is_some_and(|before| before >= *day) {
                return Err(Flaw::new("workdays", format!("{day} stands out of order or in another year; give each day of {year} once, ascending")));
            }
            if !is_weekend(*day) {
                return Err(Flaw::new("workdays", format!("{day} is no Saturday or Sunday and is worked anyway; leave it out")));
            }
            if self.holidays.iter().any(|holiday| holiday.day == *day) {
                return Err(Flaw::new("workdays", format!("{day} is also a holiday; decide for one")));
            }
            before = Some(*day);
        }
        if self.source.trim().is_empty() || self.source.len() > MAX_SOURCE {
            return Err(Flaw::new("source", format!("name the notice in 1 to {MAX_SOURCE} bytes")));
        }
        Ok(())
    }
}

impl Year {
    /// The row of a year.
    pub fn row(&self, year: &str) -> Result<Row, Flaw> {
        let valid = year.parse().ok().and_then(validity_of).ok_or_else(|| Flaw::new("key", "give the year in four digits"))?;
        Row::new(year, valid, self)
    }
}

/// A year whose holidays are not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the holidays of {year} are not entered, so working days of that year cannot be counted; enter the State Council's notice for {year}")]
pub struct UnknownYear {
    /// The year.
    pub year: i16,
}

/// A day that was found by counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The day.
    pub day: Date,
    /// A provisional year had a part in it: the notice may move it.
    pub provisional: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Days {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
    provisional: bool,
}

/// All years that are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    years: BTreeMap<i16, Days>,
}

impl Calendar {
    /// The years of a book. A row that this program cannot read leaves its year unknown.
    pub fn of(book: &Book) -> Calendar {
        let years = book.of_kind(Kind::Year).filter_map(|row| {
            let body: Year = row.typed()?;
            let days = Days { off: body.holidays.iter().map(|holiday| holiday.day).collect(), worked: body.workdays.into_iter().collect(), provisional: body.provisional };
            Some((row.key.parse().ok()?, days))
        });
        Calendar { years: years.collect() }
    }

    fn days(&self, day: Date) -> Result<&Days, UnknownYear> {
        self.years.get(&day.year()).ok_or(UnknownYear { year: day.year() })
    }

    /// Whether a day is worked.
    pub fn is_working_day(&self, day: Date) -> Result<bool, UnknownYear> {
        let days = self.days(day)?;
        Ok(days.worked.contains(&day) || !(is_weekend(day) || days.off.contains(&day)))
    }

    /// Whether a day is of a statutory holiday (法定节假日); a plain weekend is none.
    pub fn is_holiday(&self, day: Date) -> Result<bool, UnknownYear> {
        Ok(self.days(day)?.off.contains(&day))
    }

    /// The `count`-th working day after `start`, which itself is not counted; `start` for a count of 0.
    pub fn add_working_days(&self, start: Date, count: u16) -> Result<Counted, UnknownYear> {
        let day = advance(start, u64::from(count), |day| self.is_working_day(day))?;
        Ok(Counted { day, provisional: self.leans_on_provisional(start, day) })
    }

    /// The first working day after a day.
    pub fn next_working_day(&self, day: Date) -> Result<Counted, UnknownYear> {
        self.add_working_days(day, 1)
    }

    /// How many working days follow `start` up to and with `end`; 0 if `end` is not later.
    ///
    /// The opposite of [`Calendar::add_working_days`]: from `start` to its `n`-th working day there are `n`.
    pub fn working_days_between(&self, start: Date, end: Date) -> Result<u32, UnknownYear> {
        let (mut day, mut count) = (start, 0);
        while day < end {
            day = next(day);
            count += u32::from(self.is_working_day(day)?);
        }
        Ok(count)
    }

    /// Whether a day after `start`, up to and with `end`, lies in a year that is entered provisionally.
    pub(super) fn leans_on_provisional(&self, start: Date, end: Date) -> bool {
        let first = next(start);
        first <= end && self.years.range(first.year()..=end.year()).any(|(_, days)| days.provisional)
    }
}

/// The `count`-th day after `start` of those that `counts` counts. Asks about no day beyond it.
pub(super) fn advance(start: Date, count: u64, counts: impl Fn(Date) -> Result<bool, UnknownYear>) -> Result<Date, UnknownYear> {
    let (mut day, mut left) = (start, count);
    while left > 0 {
        day = day.tomorrow().map_err(|_| UnknownYear { year: i16::MAX })?;
        left -= u64::from(counts(day)?);
    }
    Ok(day)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    years: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    year: String,
    source: String,
    provisional: bool,
    holidays: Vec<Holiday>,
    workdays: Vec<Date>,
}

/// The rows of a calendar file: `{"years": [{year, source, provisional, holidays: [{day, name}], workdays}]}`.
pub fn rows(json: &str) -> Result<Vec<Row>, Flaw> {
    let file: File = serde_json::from_str(json).map_err(|e| Flaw::new("", e.to_string()))?;
    let row = |Entry { year, source, provisional, holidays, workdays }| {
        let flaw = |flaw: Flaw| Flaw::new(format!("{year}.{}", flaw.field), flaw.why);
        Year { holidays, provisional, source, workdays }.row(&year).map_err(flaw)
    };
    file.years.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::fixtures::law::calendar;
    use proptest::prelude::*;

    fn year(change: impl FnOnce(&mut Year)) -> Year {
        let off = |day| Holiday { day, name: "元旦".into() };
        let mut year = Year { holidays: vec![off(date(2024, 1, 1)), off(date(2024, 1, 2))], provisional: false, source: "通知".into(), workdays: vec![date(2024, 2, 4)] };
        change(&mut year);
        year
    }

    #[test]
    fn october_2024_is_as_the_notice_of_2023_no_7_says() {
        let calendar = calendar().unwrap();
        let works = |month, day| calendar.is_working_day(date(2024, month, day)).unwrap();
        assert!(works(9, 29) && works(10, 12), "make-up Sunday and Saturday");
        assert!((1..=7).all(|day| !works(10, day)), "1 to 7 October are off");
        assert!(works(9, 30) && works(10, 8) && !works(9, 28) && !works(10, 13));
        assert_eq!(calendar.next_working_day(date(2024, 9, 30)).unwrap().day, date(2024, 10, 8));
    }

    #[test]
    fn a_published_year_has_as_many_working_days_as_its_notice_leaves() {
        let calendar = calendar().unwrap();
        // Weekdays less days off on weekdays plus worked weekends, counted by two public libraries of these notices.
        for (year, days) in [(2023, 249), (2024, 251), (2025, 248), (2026, 248)] {
            let counted = calendar.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)).unwrap();
            assert_eq!(counted, days, "{year}");
        }
    }

    #[test]
    fn an_unknown_year_is_an_error_and_no_guess() {
        let calendar = calendar().unwrap();
        assert_eq!(calendar.is_working_day(date(2022, 12, 31)), Err(UnknownYear { year: 2022 }));
        assert_eq!(calendar.add_working_days(date(2027, 12, 30), 5), Err(UnknownYear { year: 2028 }));
        assert_eq!(calendar.working_days_between(date(2027, 12, 30), date(2028, 1, 2)), Err(UnknownYear { year: 2028 }));
        assert_eq!(Calendar::default().next_working_day(Date::MAX), Err(UnknownYear { year: i16::MAX }));
        assert!(UnknownYear { year: 2028 }.to_string().contains("enter the State Council's notice for 2028"));
    }

    #[test]
    fn what_is_reckoned_with_a_provisional_year_says_so() {
        let calendar = calendar().unwrap();
        let found = calendar.add_working_days(date(2026, 12, 30), 2).unwrap();
        assert_eq!(found, Counted { day: date(2027, 1, 4), provisional: true }, "31 December, then the Monday after New Year's Day");
        assert_eq!(calendar.add_working_days(date(2026, 12, 30), 1).unwrap(), Counted { day: date(2026, 12, 31), provisional: false });
    }

    #[test]
    fn a_faulty_year_is_refused() {
        let refused = |year: Year, field: &str| assert_eq!(year.row("2024").unwrap_err().field, field, "{year:?}");
        assert!(year(|_| ()).row("2024").is_ok());
        refused(year(|y| y.holidays.reverse()), "holidays");
        refused(year(|y| y.holidays[0].day = date(2023, 12, 31)), "holidays");
        refused(year(|y| y.holidays[1].name.clear()), "holidays");
        refused(year(|y| y.workdays = vec![date(2024, 2, 5)]), "workdays");
        refused(year(|y| y.workdays = vec![date(2024, 2, 4), date(2024, 2, 4)]), "workdays");
        refused(year(|y| y.holidays.push(Holiday { day: date(2024, 2, 4), name: "春节".into() })), "workdays");
        refused(year(|y| y.source = " ".into()), "source");
        assert_eq!(year(|_| ()).row("+202").unwrap_err().field, "key");
        let half = Validity::between(date(2024, 1, 1), date(2024, 7, 1)).unwrap();
        assert_eq!(Row::new("2024", half, &year(|_| ())).unwrap_err().field, "until");
        assert_eq!(rows(r#"{"years": [{"year": "2024"}]}"#).unwrap_err().field, "");
    }

    proptest! {
        #[test]
        fn counting_agrees_with_a_list_of_all_working_days(from in 0usize..1600, count in 0u16..120) {
            let calendar = calendar().unwrap();
            let days: Vec<Date> = date(2023, 1, 1).series(jiff::Span::new().days(1)).take(5 * 365 + 1).collect();
            let start = days[from];
            // The oracle writes all working days down and looks the answer up.
            let working: Vec<Date> = days[from + 1..].iter().copied().filter(|day| calendar.is_working_day(*day).unwrap()).collect();
            let expected = if count == 0 { Some(start) } else { working.get(usize::from(count) - 1).copied() };
            prop_assert_eq!(calendar.add_working_days(start, count).ok().map(|found| found.day), expected);
            if let Some(end) = expected {
                prop_assert_eq!(calendar.working_days_between(start, end), Ok(u32::from(count)));
            }
        }
    }
}
