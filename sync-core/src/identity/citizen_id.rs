//! The citizen identity number (公民身份号码, GB 11643): region, birth date, sequence with sex, check character.
//!
//! A region code that has ended, or that no table holds, rejects nothing: people keep the number they were given. The number is
//! personal: `Debug` and `Display` hide it, and [`CitizenId::reveal`] says in the source where it is shown. Storing it (serde)
//! reveals it too; whoever stores it encrypts or restricts the place.
//!
//! The check finds every wrong digit and every exchange of two adjacent characters that differ.

use std::fmt;
use std::str::FromStr;

use super::RegionCode;
use super::text::{Fault, as_text, ascii, fixed};
use crate::base::Date;

/// GB 11643: 2 to the power of (18 − position), modulo 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// GB 11643: the check character by the remainder.
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// A number whose birth date is a day and whose check character holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenId {
    code: [u8; 18],
    birth: Date,
}

/// Digit 17: odd is male.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

/// What a person's age means to a penalty (APL art 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// 不满十四周岁: no penalty; the guardian is ordered to see to it.
    Under14,
    /// 已满十四周岁不满十八周岁: the penalty is lighter or reduced.
    Under18,
    /// 已满十八周岁.
    Adult,
}

impl Age {
    /// What the age of somebody born on a day means on another; `None` before birth.
    pub fn on(birth: Date, day: Date) -> Option<Age> {
        years(birth, day).map(|years| match years {
            ..14 => Age::Under14,
            14..18 => Age::Under18,
            _ => Age::Adult,
        })
    }
}

fn years(birth: Date, day: Date) -> Option<i16> {
    if day < birth {
        return None;
    }
    let had_birthday = (day.month(), day.day()) > (birth.month(), birth.day());
    Some((day.year() - birth.year() - i16::from(!had_birthday)).max(0))
}

impl CitizenId {
    /// The number. Personal: show it to those who may see it, and log it nowhere.
    pub fn reveal(&self) -> &str {
        ascii(&self.code)
    }

    /// The division that gave the number; possibly one that has ended.
    pub fn region(&self) -> RegionCode {
        let [a, b, c, d, e, f, ..] = self.code;
        RegionCode::checked([a, b, c, d, e, f])
    }

    /// The day of birth.
    pub fn birth(&self) -> Date {
        self.birth
    }

    /// The sex that digit 17 says.
    pub fn sex(&self) -> Sex {
        let [.., digit, _] = self.code;
        if digit % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// Completed years (周岁) on a day; `None` before birth.
    ///
    /// A year is complete from the day after the birthday on (法释〔2006〕1号 art 2 says so for minors before a criminal court;
    /// nothing says otherwise for penalties, and it favours the minor).
    pub fn years_on(&self, day: Date) -> Option<i16> {
        years(self.birth, day)
    }

    /// What the person's age on a day means (APL art 30); `None` before birth.
    pub fn age_on(&self, day: Date) -> Option<Age> {
        Age::on(self.birth, day)
    }

    /// Whether the person is a minor (未成年人) on a day; before birth nobody is.
    pub fn is_minor_on(&self, day: Date) -> bool {
        self.age_on(day).is_some_and(|age| age < Age::Adult)
    }
}

/// What character 18 must be.
fn check(code: &[u8; 18]) -> char {
    let sum: u32 = code.iter().zip(WEIGHTS).map(|(&c, weight)| u32::from(c.wrapping_sub(b'0')) * weight).sum();
    usize::try_from(sum % 11).ok().and_then(|i| CHECKS.get(i)).copied().unwrap_or('0')
}

/// The day written as eight digits.
fn date(code: &[u8; 18]) -> Option<Date> {
    let text = ascii(code);
    let year = text.get(6..10)?.parse().ok()?;
    let month = text.get(10..12)?.parse().ok()?;
    let day = text.get(12..14)?.parse().ok()?;
    Date::new(year, month, day).ok().filter(|d| d.year() >= 1800)
}

impl FromStr for CitizenId {
    type Err = Fault;

    /// Reads 18 characters; a small `x`, full width and white space around them are mended.
    fn from_str(text: &str) -> Result<CitizenId, Fault> {
        let code: [u8; 18] = fixed(text, "18 characters; a number of 15 was replaced by 2013, take the one of 18", |index, c| match index {
            _ if c.is_ascii_digit() => Ok(()),
            17 if c == 'X' => Ok(()),
            17 => Err("a digit or X"),
            _ => Err("a digit"),
        })?;
        let birth = date(&code).ok_or(Fault::Span { from: 7, to: 14, expected: "a day of birth YYYYMMDD that is in the calendar" })?;
        let [.., found] = code.map(char::from);
        let expected = check(&code);
        if found != expected {
            return Err(Fault::Check { position: 18, found, expected });
        }
        Ok(CitizenId { code, birth })
    }
}

/// Asterisks only.
impl fmt::Display for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******************")
    }
}

/// Asterisks only.
impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenId({self})")
    }
}

as_text!(CitizenId => CitizenId::reveal);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date as day;
    use proptest::prelude::*;

    /// The examples of GB 11643 itself.
    const EXAMPLES: [&str; 2] = ["11010519491231002X", "440524188001010014"];

    fn id(text: &str) -> CitizenId {
        text.parse().unwrap()
    }

    #[test]
    fn the_examples_of_gb_11643_say_when_and_what() {
        let (woman, man) = (id(EXAMPLES[0]), id(EXAMPLES[1]));
        assert_eq!((woman.birth(), woman.sex(), woman.region().as_str()), (day(1949, 12, 31), Sex::Female, "110105"));
        assert_eq!((man.birth(), man.sex(), man.region().as_str()), (day(1880, 1, 1), Sex::Male, "440524"));
        assert_eq!(woman.reveal(), EXAMPLES[0]);
    }

    #[test]
    fn it_does_not_show_itself() {
        let shown = format!("{0} {0:?} {0:#?}", id(EXAMPLES[0]));
        assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{shown}");
        for text in ["11010519491231002Y", "110105194912310020", "110105194902310021", "1101051949123100"] {
            let said = format!("{0} {0:?}", text.parse::<CitizenId>().unwrap_err());
            assert!(!said.contains("110105") && !said.contains("1949"), "{said}");
        }
        let said = serde_json::from_str::<CitizenId>("\"110105194912310020\"").unwrap_err().to_string();
        assert!(!said.contains("110105"), "{said}");
    }

    #[test]
    fn spelling_is_mended_and_it_is_stored_as_its_text() {
        assert_eq!(id(" 11010519491231002x "), id(EXAMPLES[0]));
        assert_eq!(id("１１０１０５１９４９１２３１００２ｘ"), id(EXAMPLES[0]));
        assert_eq!(serde_json::to_string(&id(EXAMPLES[0])).unwrap(), "\"11010519491231002X\"");
        assert_eq!(serde_json::from_str::<CitizenId>("\"11010519491231002x\"").unwrap(), id(EXAMPLES[0]));
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let read = |text: &str| text.parse::<CitizenId>().unwrap_err();
        assert_eq!(read("110105194912310021"), Fault::Check { position: 18, found: '1', expected: 'X' });
        assert_eq!(read("1101051949123100XX"), Fault::At { position: 17, found: 'X', expected: "a digit" });
        assert_eq!(read("11010519491231002Y"), Fault::At { position: 18, found: 'Y', expected: "a digit or X" });
        assert!(matches!(read("110105194902300021"), Fault::Span { from: 7, to: 14, .. }), "30 February");
        assert!(matches!(read("110105190002290021"), Fault::Span { from: 7, to: 14, .. }), "1900 was no leap year");
        assert!(matches!(read("110105491231002"), Fault::Length { found: 15, .. }));
    }

    /// A number of the region, birth date and sequence given, with its check character.
    fn made(region: &str, birth: Date, sequence: u16) -> String {
        let front = format!("{region}{:04}{:02}{:02}{sequence:03}0", birth.year(), birth.month(), birth.day());
        let code: [u8; 18] = front.as_bytes().try_into().unwrap();
        format!("{}{}", &front[..17], check(&code))
    }

    #[test]
    fn no_region_rejects() {
        for region in ["330204", "330283", "000000", "999999", "810000"] {
            assert_eq!(id(&made(region, day(1990, 6, 1), 1)).region().as_str(), region);
        }
    }

    #[test]
    fn penalty_law_article_30_counts_years_from_the_day_after_the_birthday() {
        let born = id(&made("330212", day(2010, 5, 20), 12));
        assert_eq!(born.years_on(day(2010, 5, 19)), None);
        assert_eq!(born.years_on(day(2010, 5, 20)), Some(0));
        assert_eq!(born.age_on(day(2024, 5, 20)), Some(Age::Under14), "on the birthday itself not yet fourteen");
        assert_eq!(born.age_on(day(2024, 5, 21)), Some(Age::Under18));
        assert!(born.is_minor_on(day(2028, 5, 20)) && !born.is_minor_on(day(2028, 5, 21)));
        let leap = id(&made("330212", day(2008, 2, 29), 12));
        assert_eq!((leap.years_on(day(2026, 2, 28)), leap.years_on(day(2026, 3, 1))), (Some(17), Some(18)));
    }

    proptest! {
        #[test]
        fn every_wrong_digit_and_every_adjacent_exchange_is_found(
            region in "[0-9]{6}", year in 1900i16..2030, month in 1i8..=12, dom in 1i8..=28, sequence in 0u16..1000, at in 0usize..18, digit in 0u8..10,
        ) {
            let text = made(&region, day(year, month, dom), sequence);
            let read = id(&text);
            prop_assert_eq!(read.reveal(), &*text);
            let mut wrong = text.clone().into_bytes();
            wrong[at] = b'0' + digit;
            prop_assert_eq!(ascii(&wrong).parse::<CitizenId>().is_ok(), ascii(&wrong) == text);
            if at < 17 {
                let mut exchanged = text.clone().into_bytes();
                exchanged.swap(at, at + 1);
                prop_assert_eq!(ascii(&exchanged).parse::<CitizenId>().is_ok(), ascii(&exchanged) == text);
            }
        }

        #[test]
        fn years_agree_with_counting_birthdays(born in 0i32..40_000, later in 0i32..40_000) {
            let birth = day(1900, 1, 1).saturating_add(jiff::Span::new().days(born));
            let on = birth.saturating_add(jiff::Span::new().days(later));
            let birthdays = (1..200).filter(|n| {
                let year = birth.year() + n;
                // A birthday on 29 February is over on 1 March of a common year.
                let last = Date::new(year, birth.month(), birth.day()).unwrap_or(day(year, 2, 28));
                last < on
            }).count();
            prop_assert_eq!(id(&made("330212", birth, 1)).years_on(on), i16::try_from(birthdays).ok());
        }
    }
}
