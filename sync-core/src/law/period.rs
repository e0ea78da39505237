//! Periods and deadlines (期间): how many days, of which kind, and on which day they are over.
//!
//! The day of the event is never counted (民事诉讼法 art. 85). A last day that is not worked moves to the next working day for the
//! party; an organ's own duty is shown on the unmoved day. A period of months or years ends on the day of the same number, else
//! on the last day of that month. Days on which a period stands still (听证, 鉴定, 公告 …) are records of their own; the end
//! follows from them and is never edited.
//!
//! Deliberately absent: hours, which the law counts by the clock, and time on the road (在途时间): what was mailed before the
//! end is in time by the instant of mailing, which the caller gives to [`Deadline::met_by`].

use jiff::Span;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, UnknownYear, advance};
use crate::base::date::{next, start_of};
use crate::base::{Date, UtcMs, Validity};

/// What a period counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 工作日.
    WorkingDays,
    /// 自然日.
    CalendarDays,
    /// 月.
    Months,
    /// 年.
    Years,
}

/// A length of time as the law states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// How many.
    pub count: u16,
    /// Of what.
    pub unit: Unit,
}

impl Period {
    /// So many working days.
    pub const fn working_days(count: u16) -> Period {
        Period { count, unit: Unit::WorkingDays }
    }

    /// So many calendar days.
    pub const fn calendar_days(count: u16) -> Period {
        Period { count, unit: Unit::CalendarDays }
    }

    /// So many months.
    pub const fn months(count: u16) -> Period {
        Period { count, unit: Unit::Months }
    }

    /// So many years.
    pub const fn years(count: u16) -> Period {
        Period { count, unit: Unit::Years }
    }
}

/// What a law means by a number of days (日).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// 行政处罚法 art. 85: 二日, 三日, 五日 and 七日 are working days, other numbers are calendar days.
    Penalty,
    /// 行政强制法 art. 69: periods of up to ten days are working days, longer ones are calendar days.
    Coercion,
    /// 民事诉讼法 art. 85, which governs service (送达): days are calendar days.
    CivilProcedure,
}

impl Rule {
    /// The period that this law means by `count` 日.
    pub const fn days(self, count: u16) -> Period {
        let working = match self {
            Rule::Penalty => matches!(count, 2 | 3 | 5 | 7),
            Rule::Coercion => count <= 10,
            Rule::CivilProcedure => false,
        };
        if working { Period::working_days(count) } else { Period::calendar_days(count) }
    }
}

/// Whose time is running out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The party (当事人): a last day that is not worked moves to the next working day.
    Party,
    /// The organ: its own duty is shown on the unmoved day.
    Organ,
}

/// Days on which a period stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// From the first day that does not count up to the first that does again; open while nobody knows.
    pub days: Validity,
    /// Why, in words.
    pub reason: String,
}

/// The end of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The last day.
    pub due: Date,
    /// The last day before any move to a working day.
    pub unshifted_due: Date,
    /// 24:00 of the last day in Asia/Shanghai.
    pub ends_at: UtcMs,
    /// A provisional year had a part in it: the notice for that year may move the last day.
    pub provisional: bool,
}

impl Deadline {
    /// Whether what was done or mailed at an instant is in time.
    pub fn met_by(&self, at: UtcMs) -> bool {
        at < self.ends_at
    }
}

/// Where a period leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// It is over at the end of a known day.
    Ends(Deadline),
    /// It stands still from a day on, until the suspension is ended.
    Stands {
        /// First day that does not count.
        since: Date,
    },
}

impl Outcome {
    /// The end, if it is known.
    pub fn deadline(self) -> Option<Deadline> {
        match self {
            Outcome::Ends(deadline) => Some(deadline),
            Outcome::Stands { .. } => None,
        }
    }
}

/// When `period` is over that began with an event on the day `start`, which is not counted.
///
/// A suspended working-day period is longer by the suspended working days, any other by the suspended calendar days; days
/// suspended twice count once, and days before the event or after the end change nothing. The move to a working day skips
/// suspended days too. `Err` if a year has to be known that is not entered.
pub fn deadline(calendar: &Calendar, period: Period, start: Date, side: Side, suspensions: &[Suspension]) -> Result<Outcome, UnknownYear> {
    let suspended = |day: Date| suspensions.iter().any(|s| s.days.contains(day));
    let standing = suspensions.iter().filter(|s| s.days.until.is_none()).map(|s| s.days.from).min();
    // Nothing counts from the first open suspension on, so a search that reaches it would not end.
    let stands = |day: Date| standing.filter(|since| *since <= day);
    let counts = |day: Date| Ok(!suspended(day) && (period.unit != Unit::WorkingDays || calendar.is_working_day(day)?));
    let count_until_standing = |from: Date, count: u64| advance(from, count, |day| if stands(day).is_some() { Ok(true) } else { counts(day) });

    let unshifted_due = match period.unit {
        Unit::WorkingDays | Unit::CalendarDays => count_until_standing(start, u64::from(period.count))?,
        Unit::Months | Unit::Years => {
            let same_number = same_number_later(start, period).ok_or(UnknownYear { year: i16::MAX })?;
            let lost = days_after(start, same_number).filter(|day| stands(*day).is_none() && suspended(*day)).count();
            count_until_standing(same_number, lost as u64)?
        }
    };
    if let Some(since) = stands(unshifted_due).filter(|_| unshifted_due > start) {
        return Ok(Outcome::Stands { since: since.max(next(start)) });
    }
    let mut due = unshifted_due;
    if side == Side::Party {
        while suspended(due) || !calendar.is_working_day(due)? {
            due = next(due);
            if let Some(since) = stands(due) {
                return Ok(Outcome::Stands { since });
            }
        }
    }
    let looked_from = if period.unit == Unit::WorkingDays { start } else { unshifted_due.yesterday().unwrap_or(unshifted_due) };
    let looked = period.unit == Unit::WorkingDays || side == Side::Party;
    let provisional = looked && calendar.leans_on_provisional(looked_from, due);
    Ok(Outcome::Ends(Deadline { due, unshifted_due, ends_at: start_of(next(due)), provisional }))
}

/// The day of the same number so many months or years later, else the last day of that month.
fn same_number_later(start: Date, period: Period) -> Option<Date> {
    let span = if period.unit == Unit::Years { Span::new().try_years(period.count) } else { Span::new().try_months(period.count) };
    start.checked_add(span.ok()?).ok()
}

/// The days after `start`, up to and with `end`.
fn days_after(start: Date, end: Date) -> impl Iterator<Item = Date> {
    start.series(Span::new().days(1)).skip(1).take_while(move |day| *day <= end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::fixtures::law::calendar;
    use proptest::prelude::*;

    fn ends(period: Period, start: Date, side: Side, suspensions: &[Suspension]) -> Deadline {
        deadline(&calendar().unwrap(), period, start, side, suspensions).unwrap().deadline().expect("it does not stand still")
    }

    fn stop(from: Date, until: Option<Date>) -> Suspension {
        Suspension { days: Validity { from, until }, reason: "鉴定".into() }
    }

    #[test]
    fn apl_85_two_three_five_and_seven_days_are_working_days() {
        for count in 1..=90 {
            let unit = if [2, 3, 5, 7].contains(&count) { Unit::WorkingDays } else { Unit::CalendarDays };
            assert_eq!(Rule::Penalty.days(count), Period { count, unit });
        }
    }

    #[test]
    fn coercion_law_69_up_to_ten_days_are_working_days() {
        assert_eq!(Rule::Coercion.days(3), Period::working_days(3), "代履行");
        assert_eq!(Rule::Coercion.days(10), Period::working_days(10), "催告");
        assert_eq!(Rule::Coercion.days(30), Period::calendar_days(30), "查封扣押");
        assert_eq!(Rule::CivilProcedure.days(7), Period::calendar_days(7), "civil procedure law art. 85 knows no working days");
    }

    #[test]
    fn periods_around_the_national_day_of_2024() {
        let friday = date(2024, 9, 27);
        assert_eq!(ends(Period::working_days(5), friday, Side::Party, &[]).due, date(2024, 10, 10));
        assert_eq!(ends(Period::working_days(7), friday, Side::Party, &[]).due, date(2024, 10, 12));
        let payment = ends(Rule::Penalty.days(15), friday, Side::Party, &[]);
        assert_eq!(payment.due, date(2024, 10, 12), "a make-up Saturday is worked, so nothing moves");
        assert_eq!(payment.ends_at, start_of(date(2024, 10, 13)));
        assert!(payment.met_by(UtcMs(payment.ends_at.0 - 1)) && !payment.met_by(payment.ends_at), "24:00 is the end (mailed before is in time)");
    }

    #[test]
    fn apl_60_ninety_days_of_the_organ_are_shown_unmoved_and_a_partys_move() {
        let filed = date(2024, 7, 15);
        let organ = ends(Rule::Penalty.days(90), filed, Side::Organ, &[]);
        assert_eq!((organ.due, organ.unshifted_due), (date(2024, 10, 13), date(2024, 10, 13)), "a Sunday");
        let party = ends(Rule::Penalty.days(90), filed, Side::Party, &[]);
        assert_eq!((party.due, party.unshifted_due), (date(2024, 10, 14), date(2024, 10, 13)));
    }

    #[test]
    fn months_end_on_the_same_number_or_the_last_day() {
        let organ = |period, start| ends(period, start, Side::Organ, &[]).due;
        assert_eq!(organ(Period::months(6), date(2024, 8, 31)), date(2025, 2, 28));
        assert_eq!(organ(Period::months(1), date(2024, 1, 31)), date(2024, 2, 29), "leap year");
        assert_eq!(organ(Period::months(1), date(2024, 2, 29)), date(2024, 3, 29), "the same number, not the last day");
        assert_eq!(organ(Period::years(2), date(2024, 2, 29)), date(2026, 2, 28), "APL 36 from a leap day");
        assert_eq!(organ(Period::months(3), date(2024, 11, 30)), date(2025, 2, 28), "over the year's end");
        assert_eq!(organ(Period::calendar_days(60), date(2023, 12, 31)), date(2024, 2, 29));
    }

    #[test]
    fn a_last_day_in_the_spring_festival_moves_behind_it() {
        let calm = ends(Period::calendar_days(15), date(2026, 2, 2), Side::Party, &[]);
        assert_eq!((calm.unshifted_due, calm.due), (date(2026, 2, 17), date(2026, 2, 24)), "off from 15 to 23 February 2026");
        let month = ends(Period::months(1), date(2025, 1, 1), Side::Party, &[]);
        assert_eq!((month.unshifted_due, month.due), (date(2025, 2, 1), date(2025, 2, 5)), "off from 28 January to 4 February 2025");
        assert_eq!(ends(Period::working_days(5), date(2024, 2, 8), Side::Party, &[]).due, date(2024, 2, 21), "New Year's Eve, 9 February, was worked, Sunday 18 made up for");
        assert_eq!(ends(Period::working_days(1), date(2025, 12, 31), Side::Party, &[]).due, date(2026, 1, 4), "a made-up Sunday after New Year's Day");
    }

    #[test]
    fn what_leans_on_a_provisional_year_says_so_and_on_an_unknown_one_fails() {
        let calendar = calendar().unwrap();
        let reckon = |period, start, side| deadline(&calendar, period, start, side, &[]);
        let provisional = |period, start, side| reckon(period, start, side).unwrap().deadline().unwrap().provisional;
        assert!(provisional(Period::calendar_days(90), date(2026, 11, 22), Side::Party));
        assert!(!provisional(Period::calendar_days(90), date(2026, 11, 22), Side::Organ), "no calendar has a part in it");
        assert!(provisional(Period::working_days(40), date(2026, 11, 22), Side::Organ));
        assert!(!provisional(Period::working_days(5), date(2026, 11, 22), Side::Party));
        assert_eq!(reckon(Period::months(6), date(2027, 9, 1), Side::Party), Err(UnknownYear { year: 2028 }));
        assert_eq!(reckon(Period::months(6), date(2027, 9, 1), Side::Organ).unwrap().deadline().unwrap().due, date(2028, 3, 1));
        assert_eq!(reckon(Period::working_days(3), date(2022, 12, 30), Side::Organ), Err(UnknownYear { year: 2022 }));
        assert_eq!(reckon(Period::years(u16::MAX), date(2024, 1, 1), Side::Organ), Err(UnknownYear { year: i16::MAX }));
    }

    #[test]
    fn a_suspended_period_is_longer_by_the_days_suspended() {
        let filed = date(2024, 7, 15);
        let hearing = stop(date(2024, 8, 1), Some(date(2024, 8, 11)));
        assert_eq!(ends(Period::calendar_days(90), filed, Side::Organ, std::slice::from_ref(&hearing)).due, date(2024, 10, 23), "ten days more");
        let again = [hearing.clone(), stop(date(2024, 8, 6), Some(date(2024, 8, 13)))];
        assert_eq!(ends(Period::calendar_days(90), filed, Side::Organ, &again).due, date(2024, 10, 25), "days suspended twice count once");
        assert_eq!(ends(Period::working_days(7), date(2024, 7, 31), Side::Organ, &[hearing]).due, date(2024, 8, 20), "seven working days from 12 August, the first that counts");
        let outside = [stop(date(2024, 7, 1), Some(date(2024, 7, 16))), stop(date(2024, 10, 14), None)];
        assert_eq!(ends(Period::calendar_days(90), filed, Side::Organ, &outside).due, date(2024, 10, 13), "before the first and after the last day");
        let late = [stop(date(2024, 8, 1), Some(date(2024, 8, 11))), stop(date(2024, 10, 20), Some(date(2024, 10, 25)))];
        assert_eq!(ends(Period::months(3), filed, Side::Organ, &late).due, date(2024, 10, 30), "15 October, ten days more, of which five stand still again");
    }

    #[test]
    fn under_an_open_suspension_there_is_no_end() {
        let calendar = calendar().unwrap();
        let since = date(2024, 8, 1);
        for period in [Period::calendar_days(90), Period::working_days(20), Period::months(3)] {
            let open = deadline(&calendar, period, date(2024, 7, 15), Side::Organ, &[stop(since, None)]).unwrap();
            assert_eq!(open, Outcome::Stands { since }, "{period:?}");
        }
        let from_the_start = deadline(&calendar, Period::calendar_days(5), date(2024, 7, 15), Side::Organ, &[stop(date(2024, 7, 1), None)]).unwrap();
        assert_eq!(from_the_start, Outcome::Stands { since: date(2024, 7, 16) });
        let while_moving = deadline(&calendar, Period::calendar_days(90), date(2024, 7, 15), Side::Party, &[stop(date(2024, 10, 14), None)]).unwrap();
        assert_eq!(while_moving, Outcome::Stands { since: date(2024, 10, 14) }, "the Sunday moves to a Monday that is suspended");
    }

    proptest! {
        /// The oracle knows no arithmetic of days: it walks from the event, crossing days out.
        #[test]
        fn any_suspensions_agree_with_crossing_days_out(
            from in 0i32..1000, count in 1u16..60, working: bool, party: bool,
            stops in proptest::collection::vec((-20i32..150, proptest::option::weighted(0.9, 1i32..40)), 0..4),
        ) {
            let calendar = calendar().unwrap();
            let day = |n: i32| date(2023, 2, 1).checked_add(Span::new().days(n)).unwrap();
            let stops: Vec<Suspension> = stops.into_iter().map(|(at, length)| stop(day(from + at), length.map(|l| day(from + at + l)))).collect();
            let period = if working { Period::working_days(count) } else { Period::calendar_days(count) };
            let side = if party { Side::Party } else { Side::Organ };
            let found = deadline(&calendar, period, day(from), side, &stops).unwrap();

            let runs = |n: i32| !stops.iter().any(|s| s.days.contains(day(n)));
            let works = |n: i32| calendar.is_working_day(day(n)).unwrap();
            let horizon = from + 400;
            let counted: Vec<i32> = (from + 1..horizon).filter(|n| runs(*n) && (!working || works(*n))).collect();
            let last = counted.get(usize::from(count) - 1).copied();
            let due = last.and_then(|last| if party { (last..horizon).find(|n| runs(*n) && works(*n)) } else { Some(last) });
            prop_assert_eq!(found.deadline().map(|d| (d.unshifted_due, d.due)), last.zip(due).map(|(last, due)| (day(last), day(due))));
        }

        #[test]
        fn a_suspended_month_is_longer_by_as_many_days_as_were_crossed_out(from in 0i32..900, months in 1u16..9, at in -10i32..200, length in 1i32..60) {
            let calendar = calendar().unwrap();
            let day = |n: i32| date(2023, 2, 1).checked_add(Span::new().days(n)).unwrap();
            let stop = stop(day(from + at), Some(day(from + at + length)));
            let bare = deadline(&calendar, Period::months(months), day(from), Side::Organ, &[]).unwrap().deadline().unwrap().due;
            let found = deadline(&calendar, Period::months(months), day(from), Side::Organ, std::slice::from_ref(&stop)).unwrap().deadline().unwrap().due;
            let running = |until: Date| days_after(day(from), until).filter(|d| !stop.days.contains(*d)).count();
            prop_assert_eq!(running(found), days_after(day(from), bare).count(), "as many running days as the bare period has days");
            prop_assert!(!stop.days.contains(found));
        }
    }
}
