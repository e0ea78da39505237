//! Money in fen. No floats: a rate is an integer per mille or per cent, and every product says how it rounds.
//!
//! Deliberately absent: other currencies, and operators that could overflow unseen.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An amount in fen, a hundredth of a yuan. Stored and sent as an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// What becomes of a part of a fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Dropped: towards zero. For what a party owes, since nobody owes a part of a fen.
    Down,
    /// 四舍五入: half a fen and more becomes one, away from zero.
    HalfUp,
}

/// Why a text is not an amount. Positions count characters from 1 in the text without white space around it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// There is nothing.
    #[error("empty; give yuan such as 1234.56 or 1,234.56")]
    Empty,
    /// A character that may not stand there.
    #[error("character {position} is {found:?}; give {expected}")]
    At {
        /// Which character, from 1.
        position: usize,
        /// What stands there.
        found: char,
        /// What may stand there.
        expected: &'static str,
    },
    /// The text ends too early.
    #[error("ends after character {position}; give {expected}")]
    End {
        /// The last character, from 1.
        position: usize,
        /// What must follow.
        expected: &'static str,
    },
    /// More than an `i64` of fen.
    #[error("more than 92,233,720,368,547,758.07 yuan; check the digits")]
    TooLarge,
}

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);

    /// Whole yuan; `None` beyond ±92,233,720,368,547,758.
    pub fn from_yuan(yuan: i64) -> Option<Fen> {
        yuan.checked_mul(100).map(Fen)
    }

    /// The sum; `None` on overflow.
    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    /// The difference; `None` on overflow.
    pub fn checked_sub(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    /// So many times the amount; `None` on overflow.
    pub fn times(self, n: i64) -> Option<Fen> {
        self.0.checked_mul(n).map(Fen)
    }

    /// So many thousandths of the amount; `None` on overflow.
    pub fn per_mille(self, rate: i64, rounding: Rounding) -> Option<Fen> {
        self.share(rate, 1_000, rounding)
    }

    /// So many hundredths of the amount; `None` on overflow.
    pub fn percent(self, rate: i64, rounding: Rounding) -> Option<Fen> {
        self.share(rate, 100, rounding)
    }

    /// The sum of many; `None` on overflow.
    pub fn sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::checked_add)
    }

    fn share(self, rate: i64, whole: i128, rounding: Rounding) -> Option<Fen> {
        let product = i128::from(self.0) * i128::from(rate);
        let rounded = match rounding {
            Rounding::Down => product / whole,
            Rounding::HalfUp => (product + product.signum() * (whole / 2)) / whole,
        };
        i64::try_from(rounded).ok().map(Fen)
    }
}

/// Yuan with two decimals, without separators: `1234.56`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// Reads yuan: `1234`, `1234.5`, `1,234.56`, `-12.00`. Separators stand between all groups of three or nowhere.
impl FromStr for Fen {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Fen, BadAmount> {
        let chars: Vec<char> = text.trim().chars().collect();
        if chars.is_empty() {
            return Err(BadAmount::Empty);
        }
        let negative = chars.first() == Some(&'-');
        let mut read = Reader { chars: &chars, at: usize::from(negative), fen: 0 };
        read.yuan()?;
        read.cents()?;
        let fen = if negative { -read.fen } else { read.fen };
        i64::try_from(fen).map(Fen).map_err(|_| BadAmount::TooLarge)
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    fen: i128,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Takes a digit if one is there.
    fn digit(&mut self) -> Result<bool, BadAmount> {
        let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) else { return Ok(false) };
        self.fen = self.fen.checked_mul(10).and_then(|fen| fen.checked_add(i128::from(digit))).ok_or(BadAmount::TooLarge)?;
        self.at += 1;
        Ok(true)
    }

    fn need_digit(&mut self, expected: &'static str) -> Result<(), BadAmount> {
        if self.digit()? { Ok(()) } else { self.wrong(expected) }
    }

    fn wrong<T>(&self, expected: &'static str) -> Result<T, BadAmount> {
        Err(match self.peek() {
            Some(found) => BadAmount::At { position: self.at + 1, found, expected },
            None => BadAmount::End { position: self.at, expected },
        })
    }

    fn yuan(&mut self) -> Result<(), BadAmount> {
        self.need_digit("a digit")?;
        let mut first = 1;
        while self.digit()? {
            first += 1;
        }
        if self.peek() == Some(',') && first > 3 {
            return self.wrong("digits without ',' here: separators stand between all groups of three or nowhere");
        }
        while self.peek() == Some(',') {
            self.at += 1;
            for _ in 0..3 {
                self.need_digit("three digits after every ','")?;
            }
            if self.peek().is_some_and(|c| c.is_ascii_digit()) {
                return self.wrong("',' or '.' after three digits");
            }
        }
        Ok(())
    }

    fn cents(&mut self) -> Result<(), BadAmount> {
        let mut digits = 0;
        if self.peek() == Some('.') {
            self.at += 1;
            self.need_digit("one or two digits after '.'")?;
            digits = if self.digit()? { 2 } else { 1 };
        }
        if self.peek().is_some() {
            return self.wrong(match digits {
                0 => "a digit, ',' or '.'",
                1 => "a digit or nothing",
                _ => "nothing: a yuan has two decimals",
            });
        }
        for _ in digits..2 {
            self.fen = self.fen.checked_mul(10).ok_or(BadAmount::TooLarge)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn yuan_are_read_with_and_without_separators() {
        for (text, fen) in [
            ("1234.56", 123_456),
            ("1,234.56", 123_456),
            ("0.05", 5),
            ("7.5", 750),
            (" 10 ", 1_000),
            ("-12.00", -1_200),
            ("1,000,000", 100_000_000),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Fen(fen)), "{text}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_position() {
        for (text, position) in [
            ("12x", 3),
            (".5", 1),
            ("1.", 2),
            ("1.234", 5),
            ("1,23", 4),
            ("1,2345", 6),
            ("1234,567", 5),
            ("12,345,67", 9),
            ("1 000", 2),
            ("¥5", 1),
            ("１2", 1),
            ("1.2,", 4),
            ("--1", 2),
            ("1.-5", 3),
        ] {
            let said = text.parse::<Fen>().unwrap_err();
            let at = match said {
                BadAmount::At { position, .. } | BadAmount::End { position, .. } => position,
                ref other => panic!("{text}: {other}"),
            };
            assert_eq!(at, position, "{text}: {said}");
        }
        assert_eq!("  ".parse::<Fen>(), Err(BadAmount::Empty));
        assert_eq!("92233720368547758.08".parse::<Fen>(), Err(BadAmount::TooLarge));
        assert_eq!("9".repeat(60).parse::<Fen>(), Err(BadAmount::TooLarge));
    }

    #[test]
    fn rounding_is_the_one_asked_for() {
        let fine = Fen(33);
        assert_eq!(fine.percent(3, Rounding::Down), Some(Fen(0)), "0.99 fen");
        assert_eq!(fine.percent(3, Rounding::HalfUp), Some(Fen(1)));
        assert_eq!(Fen(-50).percent(1, Rounding::HalfUp), Some(Fen(-1)), "half away from zero");
        assert_eq!(Fen(-99).percent(1, Rounding::Down), Some(Fen(0)));
        assert_eq!(Fen(i64::MAX).percent(101, Rounding::Down), None);
        assert_eq!(Fen(i64::MAX).per_mille(1_000, Rounding::HalfUp), Some(Fen(i64::MAX)));
    }

    #[test]
    fn three_per_cent_a_day_of_administrative_penalty_law_article_72() {
        let fine = Fen::from_yuan(10_000).unwrap();
        assert_eq!(fine.percent(3 * 20, Rounding::Down), Fen::from_yuan(6_000));
    }

    #[test]
    fn nothing_overflows_unseen() {
        assert_eq!(Fen(i64::MAX).checked_add(Fen(1)), None);
        assert_eq!(Fen(i64::MIN).checked_sub(Fen(1)), None);
        assert_eq!(Fen(i64::MAX).times(2), None);
        assert_eq!(Fen::from_yuan(i64::MAX), None);
        assert_eq!(Fen::sum([Fen(1), Fen(2), Fen(3)]), Some(Fen(6)));
        assert_eq!(Fen::sum([Fen(i64::MAX), Fen(1), Fen(-1)]), None);
    }

    #[test]
    fn it_is_stored_as_an_integer() {
        assert_eq!(serde_json::to_string(&Fen(123_456)).unwrap(), "123456");
        assert!(serde_json::from_str::<Fen>("12.5").is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(fen: i64) {
            prop_assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
        }

        #[test]
        fn separators_change_nothing(fen in 0..i64::MAX) {
            let plain = Fen(fen).to_string();
            let (yuan, cents) = plain.split_once('.').unwrap();
            let grouped: Vec<String> = yuan.as_bytes().rchunks(3).rev().map(|group| String::from_utf8(group.to_vec()).unwrap()).collect();
            prop_assert_eq!(format!("{}.{cents}", grouped.join(",")).parse(), Ok(Fen(fen)));
        }

        #[test]
        fn a_rounded_share_is_off_by_less_than_it_may(fen in -1_000_000_000i64..1_000_000_000, rate in -5_000i64..5_000) {
            let exact = i128::from(fen) * i128::from(rate);
            let off = |rounding| (i128::from(Fen(fen).per_mille(rate, rounding).unwrap().0) * 1_000 - exact).abs();
            prop_assert!(off(Rounding::HalfUp) <= 500);
            prop_assert!(off(Rounding::Down) < 1_000);
            prop_assert!(i128::from(Fen(fen).per_mille(rate, Rounding::Down).unwrap().0).abs() * 1_000 <= exact.abs());
        }
    }
}
