//! The surcharge for late payment of a fine (加处罚款, 行政处罚法 art. 72(1)1): three per cent a day, never more than the fine.
//!
//! It runs from the day after the last day for payment and is due only if the decision told the party of it. Days of review and
//! litigation do not count (art. 73(3)). Whether it is reckoned on what is still unpaid or on the whole fine is a policy
//! ([`super::policy::surcharge_terms`]). A part of a fen is dropped: nobody owes it.
//!
//! Deliberately absent: reduction by an agreement on execution (行政强制法 art. 42), which is a decision and not a sum, and
//! instalments: each instalment that is late is a fine of its own here.

use jiff::Span;
use serde::{Deserialize, Serialize};

use crate::base::date::next;
use crate::base::money::Fen;
use crate::base::{Date, Validity};

/// What the daily rate is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// Of what is still unpaid on that day.
    UnpaidPart,
    /// Of the whole fine, as long as something is unpaid.
    WholeFine,
}

/// How a surcharge is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Per cent of the base for a day.
    pub percent: u8,
    /// What the rate is taken of.
    pub base: Base,
}

/// A fine that is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fine {
    /// Its amount.
    pub amount: Fen,
    /// The last day for payment, moved to a working day where it was.
    pub due: Date,
    /// The decision told the party of the surcharge.
    pub told: bool,
}

/// A payment towards the fine itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// The day on which it came in. That day is still overdue on the amount paid.
    pub day: Date,
    /// How much.
    pub amount: Fen,
}

/// What is owed in addition at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Surcharge {
    /// The surcharge.
    pub amount: Fen,
    /// What is unpaid of the fine.
    pub unpaid: Fen,
    /// Days after the last day for payment on which something was unpaid, without days of review or litigation.
    pub overdue_days: u32,
    /// The overdue day, from 1, on which the surcharge reached the fine.
    pub capped_on: Option<u32>,
}

/// The surcharge at the end of `day`.
///
/// `pauses` are the days of review and litigation. Nothing is due for a fine of which the party was not told.
pub fn surcharge(fine: Fine, terms: Terms, payments: &[Payment], pauses: &[Validity], day: Date) -> Surcharge {
    let unpaid_before = |day: Date| {
        let paid: i128 = payments.iter().filter(|p| p.day < day).map(|p| i128::from(p.amount.0)).sum();
        (i128::from(fine.amount.0) - paid).max(0)
    };
    let whole = i128::from(fine.amount.0).max(0);
    let (mut hundredths, mut overdue_days, mut capped_on) = (0i128, 0u32, None);
    let overdue = fine.due.series(Span::new().days(1)).skip(1).take_while(|at| *at <= day);
    for at in overdue {
        let unpaid = unpaid_before(at);
        if unpaid == 0 {
            break;
        }
        if pauses.iter().any(|pause| pause.contains(at)) {
            continue;
        }
        overdue_days += 1;
        if fine.told && capped_on.is_none() {
            hundredths += i128::from(terms.percent) * if terms.base == Base::WholeFine { whole } else { unpaid };
            if hundredths >= whole * 100 {
                hundredths = whole * 100;
                capped_on = Some(overdue_days);
            }
        }
    }
    let fen = |amount: i128| Fen(i64::try_from(amount).unwrap_or(i64::MAX));
    let unpaid = unpaid_before(next(day));
    Surcharge { amount: fen(hundredths / 100), unpaid: fen(unpaid), overdue_days, capped_on }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use proptest::prelude::*;

    /// Received on 2024-09-27: 15 days end on 2024-10-12.
    const DUE: Date = date(2024, 10, 12);

    const UNPAID: Terms = Terms { percent: 3, base: Base::UnpaidPart };
    const WHOLE: Terms = Terms { percent: 3, base: Base::WholeFine };

    fn fine(yuan: i64) -> Fine {
        Fine { amount: Fen::from_yuan(yuan).unwrap(), due: DUE, told: true }
    }

    fn late(days: i32) -> Date {
        DUE.checked_add(Span::new().days(days)).unwrap()
    }

    fn plain(days: i32) -> Surcharge {
        surcharge(fine(10_000), UNPAID, &[], &[], late(days))
    }

    #[test]
    fn apl_72_three_per_cent_a_day_up_to_the_fine() {
        let yuan = |days| plain(days).amount;
        assert_eq!(yuan(0), Fen::ZERO, "the last day for payment");
        assert_eq!(yuan(1), Fen::from_yuan(300).unwrap(), "from 2024-10-13");
        assert_eq!(yuan(20), Fen::from_yuan(6_000).unwrap());
        assert_eq!(yuan(33), Fen::from_yuan(9_900).unwrap());
        assert_eq!(yuan(34), Fen::from_yuan(10_000).unwrap(), "the cap is reached on the 34th overdue day");
        assert_eq!(yuan(40), Fen::from_yuan(10_000).unwrap());
        assert_eq!((plain(33).capped_on, plain(40).capped_on, plain(40).overdue_days), (None, Some(34), 40));
        assert_eq!(yuan(-5), Fen::ZERO);
        let tenth = surcharge(fine(10_000), Terms { percent: 10, base: Base::UnpaidPart }, &[], &[], late(30));
        assert_eq!(tenth.capped_on, Some(10), "the day on which it equals the fine");
    }

    #[test]
    fn a_part_of_a_fen_is_dropped() {
        let odd = Fine { amount: Fen(3_333), ..fine(0) };
        assert_eq!(surcharge(odd, UNPAID, &[], &[], late(1)).amount, Fen(99), "99.99 fen");
        assert_eq!(surcharge(odd, UNPAID, &[], &[], late(2)).amount, Fen(199), "199.98 fen: parts of days are summed before they are dropped");
    }

    #[test]
    fn after_a_part_payment_the_base_is_a_policy() {
        let half = [Payment { day: late(10), amount: Fen::from_yuan(5_000).unwrap() }];
        let at = |base, days| surcharge(fine(10_000), base, &half, &[], late(days)).amount;
        assert_eq!(at(UNPAID, 10), Fen::from_yuan(3_000).unwrap(), "the day of payment still counts on the whole");
        assert_eq!(at(UNPAID, 20), Fen::from_yuan(4_500).unwrap());
        assert_eq!(at(WHOLE, 20), Fen::from_yuan(6_000).unwrap());
        let in_time = [Payment { day: DUE, amount: Fen::from_yuan(10_000).unwrap() }];
        let paid = surcharge(fine(10_000), WHOLE, &in_time, &[], late(50));
        assert_eq!(paid, Surcharge { amount: Fen::ZERO, unpaid: Fen::ZERO, overdue_days: 0, capped_on: None });
        let rest = [half[0], Payment { day: late(12), amount: Fen::from_yuan(5_000).unwrap() }];
        let settled = surcharge(fine(10_000), UNPAID, &rest, &[], late(300));
        assert_eq!((settled.amount, settled.overdue_days), (Fen::from_yuan(3_300).unwrap(), 12), "nothing grows after the last payment");
    }

    #[test]
    fn apl_73_days_of_review_and_litigation_do_not_count() {
        let review = [Validity::between(late(6), late(16)).unwrap()];
        let paused = surcharge(fine(10_000), UNPAID, &[], &review, late(30));
        assert_eq!((paused.amount, paused.overdue_days), (Fen::from_yuan(6_000).unwrap(), 20));
        let open = surcharge(fine(10_000), UNPAID, &[], &[Validity::from(DUE)], late(900));
        assert_eq!((open.amount, open.unpaid), (Fen::ZERO, Fen::from_yuan(10_000).unwrap()));
    }

    #[test]
    fn nothing_is_due_unless_the_decision_told_it() {
        let untold = surcharge(Fine { told: false, ..fine(10_000) }, UNPAID, &[], &[], late(40));
        assert_eq!((untold.amount, untold.overdue_days, untold.capped_on), (Fen::ZERO, 40, None));
    }

    proptest! {
        #[test]
        fn without_payments_it_is_the_formula_of_the_statute(fen in 1i64..5_000_000_000, days in 0i32..400) {
            let found = surcharge(Fine { amount: Fen(fen), ..fine(0) }, UNPAID, &[], &[], late(days));
            prop_assert_eq!(i128::from(found.amount.0), i128::from(fen).min(i128::from(fen) * 3 * i128::from(days) / 100));
        }

        #[test]
        fn it_never_shrinks_nor_passes_the_fine(
            fen in 1i64..1_000_000, days in 0i32..100,
            payments in proptest::collection::vec((-5i32..90, 0i64..600_000), 0..4), pause in (0i32..60, 1i32..40),
        ) {
            let payments: Vec<Payment> = payments.into_iter().map(|(at, amount)| Payment { day: late(at), amount: Fen(amount) }).collect();
            let pauses = [Validity::between(late(pause.0), late(pause.0 + pause.1)).unwrap()];
            let fine = Fine { amount: Fen(fen), ..fine(0) };
            let at = |base, days| surcharge(fine, base, &payments, &pauses, late(days)).amount;
            for base in [UNPAID, WHOLE] {
                prop_assert!(at(base, days) <= at(base, days + 1) && at(base, days + 1) <= fine.amount);
            }
            prop_assert!(at(UNPAID, days) <= at(WHOLE, days));
        }
    }
}
