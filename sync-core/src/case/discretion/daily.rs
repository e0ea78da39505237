//! Fines reckoned day by day (按日连续处罚, 生态环境法典 1060): where a re-check finds that the act goes on after an order to
//! correct, the original fine counts again for every day from the day after the order.
//!
//! Deliberately absent: which acts it may be used for, which the clause says, and the re-check itself.

use serde::Serialize;

use crate::base::Date;
use crate::base::date::next;
use crate::base::money::Fen;

/// A re-check after an order to correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recheck {
    /// Its day.
    pub day: Date,
    /// It found that the act goes on.
    pub goes_on: bool,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Daily {
    /// The first day that counts: the one after the order was served.
    pub from: Date,
    /// The last day that counts: that of the last re-check which found that the act goes on.
    pub until: Date,
    /// How many days.
    pub days: i64,
    /// The original fine, as many times.
    pub amount: Fen,
}

/// Reckons a fine day by day. Re-checks count in their order of days, up to the first that found the act ended; one on the day of
/// the order or before counts for nothing. `None` where none found that it goes on, for a fine that is none, and beyond the range
/// of amounts.
pub fn daily(original: Fen, ordered: Date, rechecks: &[Recheck]) -> Option<Daily> {
    if original <= Fen::ZERO {
        return None;
    }
    let mut in_order: Vec<&Recheck> = rechecks.iter().filter(|check| check.day > ordered).collect();
    in_order.sort_by_key(|check| (check.day, check.goes_on));
    let until = in_order.into_iter().take_while(|check| check.goes_on).last()?.day;
    let days = i64::from(ordered.until(until).ok()?.get_days());
    Some(Daily { from: next(ordered), until, days, amount: original.times(days)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::date::date;

    const FINE: Fen = Fen(2_000_000);

    fn found(month: i8, day: i8, goes_on: bool) -> Recheck {
        Recheck { day: date(2026, month, day), goes_on }
    }

    #[test]
    fn it_runs_from_the_day_after_the_order_at_the_original_amount_under_article_1060() {
        let ten = daily(FINE, date(2026, 9, 20), &[found(9, 30, true)]).unwrap();
        assert_eq!((ten.from, ten.until, ten.days, ten.amount), (date(2026, 9, 21), date(2026, 9, 30), 10, Fen(20_000_000)));
        assert_eq!(daily(FINE, date(2026, 9, 30), &[found(10, 1, true)]).unwrap().days, 1);
    }

    #[test]
    fn an_act_that_was_found_ended_is_fined_up_to_the_re_check_before() {
        assert_eq!(daily(FINE, date(2026, 9, 20), &[found(9, 30, false)]), None);
        let twice = daily(FINE, date(2026, 9, 20), &[found(10, 10, false), found(9, 30, true), found(10, 20, true)]).unwrap();
        assert_eq!((twice.until, twice.days), (date(2026, 9, 30), 10), "what goes on after an end is a new act");
        assert_eq!(daily(FINE, date(2026, 9, 20), &[found(9, 30, true), found(10, 10, true)]).unwrap().days, 20);
    }

    #[test]
    fn nothing_counts_on_the_day_of_the_order_or_without_a_fine() {
        assert_eq!(daily(FINE, date(2026, 9, 20), &[found(9, 20, true)]), None);
        assert_eq!(daily(Fen::ZERO, date(2026, 9, 20), &[found(9, 30, true)]), None);
        assert_eq!(daily(Fen(i64::MAX), date(2026, 9, 20), &[found(9, 30, true)]), None, "beyond the range of amounts");
    }

    proptest! {
        #[test]
        fn each_day_costs_the_original_fine(fine in 1i64..1_000_000_000, days in 1i64..4_000) {
            let ordered = date(2026, 1, 1);
            let day = ordered.checked_add(jiff::Span::new().days(days)).unwrap();
            let reckoned = daily(Fen(fine), ordered, &[Recheck { day, goes_on: true }]).unwrap();
            prop_assert_eq!((reckoned.days, reckoned.amount), (days, Fen(fine * days)));
        }
    }
}
