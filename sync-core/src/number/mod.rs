//! Running numbers: of the code of the act (行政行为码, `domain.md` §3.8) and of documents (文号, §8): series, what is signed for each number,
//! and the blocks that a handheld numbers from without a network.
//!
//! An organ has one series of each [`Sort`] in a year. The office leases blocks of it, each number of an act with its signed token, so that
//! whoever scans a code can tell without asking anybody that it is genuine, and each number of a document with its [seal](SealToken). A number is
//! given once: what became of it is accounted for by the server (used, void with a reason, gone with a handheld, still out).
//!
//! Deliberately absent: what a code is about. A token says district, series and number, and nothing else; the page behind it is the server's.

mod block;
pub mod paper;
mod seal;
mod sort;
mod token;

pub use block::{Block, BlockKey, Exhausted, MAX_BLOCK, MAX_BLOCKS, MAX_REASON, NewCode, Spoiled, Standing, Stock};
pub use seal::{BadSeal, SEAL_TAG, SealToken};
pub use sort::{Sort, Source};
pub use token::{BadToken, MAX_TOKEN, TOKEN_TAG, Token, public_address, token_in};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::base::ids::is_token;
use crate::dated::Book;
use crate::identity::RegionCode;
use crate::law::policy;
use crate::org::{Area, Organ};

/// Most bytes of a series.
pub const MAX_SERIES: usize = 60;
/// Bytes of a series beside the organ: prefix, year and two hyphens.
const AROUND: usize = 8;

/// An organ's running numbers of one sort in one year: `XW-enforcement-2026`, `FJ-enforcement-2026`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    sort: Sort,
    organ: Box<str>,
    year: i16,
}

/// A text that is no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a series as XW-organ-2026: a known prefix, an organ's code of at most 52 letters, digits, dots, hyphens or underscores, and a year from 2000 to 2099")]
pub struct BadSeries;

impl Series {
    /// The series of an organ's codes of acts in a year from 2000 to 2099.
    pub fn new(organ: &str, year: i16) -> Result<Series, BadSeries> {
        Series::of(Sort::ACT, organ, year)
    }

    /// The series of a sort, of an organ, in a year from 2000 to 2099.
    pub fn of(sort: Sort, organ: &str, year: i16) -> Result<Series, BadSeries> {
        let fits = is_token(organ) && AROUND + organ.len() <= MAX_SERIES && (2000..=2099).contains(&year);
        if fits { Ok(Series { sort, organ: organ.into(), year }) } else { Err(BadSeries) }
    }

    /// What it numbers.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// The organ's code.
    pub fn organ(&self) -> &str {
        &self.organ
    }

    /// The year.
    pub fn year(&self) -> i16 {
        self.year
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.sort.prefix(), self.organ, self.year)
    }
}

impl FromStr for Series {
    type Err = BadSeries;
    fn from_str(text: &str) -> Result<Series, BadSeries> {
        let (prefix, rest) = text.split_once('-').ok_or(BadSeries)?;
        let (sort, (organ, year)) = Sort::with_prefix(prefix).zip(rest.rsplit_once('-')).ok_or(BadSeries)?;
        let series = Series::of(sort, organ, year.parse().map_err(|_| BadSeries)?)?;
        // One spelling: `+2026` and `02026` are years to the parser of numbers.
        if year.len() == 4 { Ok(series) } else { Err(BadSeries) }
    }
}

impl Serialize for Series {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Series {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The six digits that codes of an organ begin with: its area's own division; for a zone, which has none, the policy
/// `area.platform_code`, else the division that it lies in, or the prefecture if it lies in several.
pub fn region_of(book: &Book, organ: &str, day: Date) -> Option<RegionCode> {
    let area = book.get::<Organ>(organ, day)?.areas.first()?.clone();
    if let Ok(region) = area.parse() {
        return Some(region);
    }
    let platform = policy::get_for::<String>(book, "area.platform_code", &[&area], day).ok()?.value;
    if let Ok(region) = platform.parse() {
        return Some(region);
    }
    let parents = book.get::<Area>(&area, day)?.parents;
    match parents.as_slice() {
        [one] => one.parse().ok(),
        [first, rest @ ..] => {
            let prefecture = first.get(..4)?;
            let one = rest.iter().all(|p| p.get(..4) == Some(prefecture));
            if one { format!("{prefecture}00").parse().ok() } else { first.parse().ok() }
        }
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::fixtures::people;

    #[test]
    fn a_series_has_one_spelling() {
        let series: Series = "XW-traffic-police-2026".parse().unwrap();
        assert_eq!((series.organ(), series.year()), ("traffic-police", 2026));
        assert_eq!(series.to_string(), "XW-traffic-police-2026");
        for bad in ["", "XW", "XW-2026", "XW--2026", "XW-fire-026", "XW-fire-02026", "XW-fire-+2026", "XW-fire-1999", "XW-消防-2026", "YW-fire-2026"] {
            assert!(bad.parse::<Series>().is_err(), "{bad}");
        }
        assert_eq!(Series::new(&"x".repeat(52), 2026).map(|s| s.to_string().len()), Ok(MAX_SERIES));
        assert!(Series::new(&"x".repeat(53), 2026).is_err());
    }

    #[test]
    fn a_zone_in_two_districts_is_numbered_under_their_prefecture() {
        let mut book = Book::new();
        people::rows().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
        assert_eq!(region_of(&book, "enforcement", date(2026, 3, 1)), "330200".parse().ok(), "330211 and 330212 lie in 330200");
        assert_eq!(region_of(&book, "nobody", date(2026, 3, 1)), None);
    }
}
