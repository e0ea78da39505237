//! Numbers of legal documents (文书文号), as `甬高新综执罚决字〔2024〕第0001号`: prefix (代字), year in the brackets U+3014 and U+3015,
//! sequence.
//!
//! Every number has one spelling: four digits, five from 10000 on, no other brackets. A wrong bracket is a fault with its place and
//! not mended, because the text is what stands on the paper.
//!
//! Deliberately absent: giving numbers out. A series is gapless per organ, kind of document and year, and that needs a ledger.

use std::fmt;
use std::str::FromStr;

use super::text::{Fault, as_text};

/// A number. Sorts by series, then by sequence.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentNumber {
    prefix: Box<str>,
    year: i16,
    sequence: u32,
    text: Box<str>,
}

const PREFIX: &str = "3 to 20 Chinese characters before 字: organ, team and kind of document";
const OPEN: &str = "the bracket 〔 (U+3014), after 字";
const CLOSE: &str = "the bracket 〕 (U+3015)";
const YEAR: &str = "a digit: the year has four, from 2000 to 2099";
const SEQUENCE: &str = "a digit: a sequence has four, and five from 10000 on";

/// Whether a text may be a prefix (代字) or a part of one: Chinese characters only (U+4E00 to U+9FA5), 1 to 20.
pub fn is_prefix_part(text: &str) -> bool {
    (1..=20).contains(&text.chars().count()) && text.chars().all(chinese)
}

fn chinese(c: char) -> bool {
    ('\u{4E00}'..='\u{9FA5}').contains(&c)
}

impl DocumentNumber {
    /// The number of a prefix (without 字), a year from 2000 to 2099 and a sequence from 1 to 99999.
    pub fn new(prefix: &str, year: i16, sequence: u32) -> Result<DocumentNumber, Fault> {
        let length = prefix.chars().count();
        if let Some((index, found)) = prefix.chars().enumerate().find(|&(_, c)| !chinese(c)) {
            return Err(Fault::At { position: index + 1, found, expected: PREFIX });
        }
        if !(3..=20).contains(&length) {
            return Err(Fault::Length { found: length, expected: PREFIX });
        }
        if !(2000..=2099).contains(&year) {
            return Err(Fault::Span { from: length + 3, to: length + 6, expected: "a year from 2000 to 2099" });
        }
        if !(1..=99_999).contains(&sequence) {
            return Err(Fault::Span { from: length + 9, to: length + 12, expected: "a sequence from 0001 to 99999" });
        }
        let text = format!("{prefix}字〔{year}〕第{sequence:04}号");
        Ok(DocumentNumber { prefix: prefix.into(), year, sequence, text: text.into() })
    }

    /// The number as printed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before 字.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The year of its series.
    pub fn year(&self) -> i16 {
        self.year
    }

    /// Its place in the series, from 1.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }
}

/// What numbers of documents look like, by policy (`document.number.pattern`, `domain.md` §8): how many characters before 字, how
/// many digits of the sequence. A pattern narrows what [`DocumentNumber`] reads and never widens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFormat {
    prefix: (usize, usize),
    digits: (usize, usize),
}

/// A text that is no pattern of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(r"write it as ^[\u4e00-\u9fa5]{{3,20}}字〔20\d{{2}}〕第\d{{4,5}}号$: 3 to 20 characters before 字, 4 to 5 digits, the smaller number first")]
pub struct BadNumberFormat;

impl Default for NumberFormat {
    fn default() -> NumberFormat {
        NumberFormat { prefix: (3, 20), digits: (4, 5) }
    }
}

impl NumberFormat {
    /// Whether a number is of this form.
    pub fn fits(&self, number: &DocumentNumber) -> bool {
        let within = |(least, most): (usize, usize), n: usize| (least..=most).contains(&n);
        within(self.prefix, number.prefix.chars().count()) && within(self.digits, if number.sequence < 10_000 { 4 } else { 5 })
    }
}

impl FromStr for NumberFormat {
    type Err = BadNumberFormat;

    fn from_str(pattern: &str) -> Result<NumberFormat, BadNumberFormat> {
        let read = || {
            let rest = pattern.strip_prefix(r"^[\u4e00-\u9fa5]{")?;
            let (prefix, rest) = rest.split_once(r"}字〔20\d{2}〕第\d{")?;
            let pair = |text: &str| {
                let (least, most) = text.split_once(',').unwrap_or((text, text));
                Some((least.parse::<usize>().ok()?, most.parse::<usize>().ok()?))
            };
            Some(NumberFormat { prefix: pair(prefix)?, digits: pair(rest.strip_suffix("}号$")?)? })
        };
        let inside = |(least, most): (usize, usize), (from, to): (usize, usize)| from <= least && least <= most && most <= to;
        read().filter(|format| inside(format.prefix, (3, 20)) && inside(format.digits, (4, 5))).ok_or(BadNumberFormat)
    }
}

/// The characters still to be read, each with its position.
struct Rest<'a> {
    chars: &'a [char],
    at: usize,
}

impl Rest<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn wrong<T>(&self, expected: &'static str) -> Result<T, Fault> {
        Err(match self.peek() {
            Some(found) => Fault::At { position: self.at + 1, found, expected },
            None => Fault::Length { found: self.chars.len(), expected },
        })
    }

    fn must(&mut self, wanted: char, expected: &'static str) -> Result<(), Fault> {
        if self.peek() != Some(wanted) {
            return self.wrong(expected);
        }
        self.at += 1;
        Ok(())
    }

    fn digit(&mut self, expected: &'static str) -> Result<u32, Fault> {
        let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) else { return self.wrong(expected) };
        self.at += 1;
        Ok(digit)
    }
}

impl FromStr for DocumentNumber {
    type Err = Fault;

    /// Reads a number; only white space around it is mended.
    fn from_str(text: &str) -> Result<DocumentNumber, Fault> {
        let chars: Vec<char> = text.trim().chars().collect();
        let mut rest = Rest { chars: &chars, at: 0 };
        while rest.peek().is_some_and(chinese) {
            rest.at += 1;
        }
        // The prefix may contain 字 itself, so its end is the last one before the bracket.
        let head = chars.get(..rest.at).unwrap_or_default();
        let Some((&'字', prefix)) = head.split_last() else {
            return match (rest.peek(), head.len()) {
                (Some(_), 0) => rest.wrong(PREFIX),
                (Some(found), _) => Err(Fault::At { position: rest.at + 1, found, expected: "字, and then the bracket 〔 (U+3014)" }),
                (None, found) => Err(Fault::Length { found, expected: "a number such as 甬高新综执罚决字〔2024〕第0001号" }),
            };
        };
        if !(3..=20).contains(&prefix.len()) {
            return Err(Fault::Span { from: 1, to: prefix.len().max(1), expected: PREFIX });
        }
        rest.must('〔', OPEN)?;
        rest.must('2', YEAR)?;
        rest.must('0', YEAR)?;
        let year = 2000 + 10 * rest.digit(YEAR)? + rest.digit(YEAR)?;
        rest.must('〕', CLOSE)?;
        rest.must('第', "第")?;
        let from = rest.at + 1;
        let mut sequence = 0;
        for _ in 0..4 {
            sequence = sequence * 10 + rest.digit(SEQUENCE)?;
        }
        if rest.peek().is_some_and(|c| c.is_ascii_digit()) {
            sequence = sequence * 10 + rest.digit(SEQUENCE)?;
            if sequence < 10_000 {
                return Err(Fault::Span { from, to: rest.at, expected: SEQUENCE });
            }
        }
        if sequence == 0 {
            return Err(Fault::Span { from, to: rest.at, expected: "a sequence from 0001 on" });
        }
        rest.must('号', "号")?;
        if rest.peek().is_some() {
            return rest.wrong("nothing after 号");
        }
        DocumentNumber::new(&String::from_iter(prefix), i16::try_from(year).unwrap_or_default(), sequence)
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

as_text!(DocumentNumber => DocumentNumber::as_str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = "甬高新综执罚决字〔2024〕第0001号";

    #[test]
    fn a_number_is_read_and_printed() {
        let read: DocumentNumber = format!(" {EXAMPLE} ").parse().unwrap();
        assert_eq!((read.prefix(), read.year(), read.sequence(), read.as_str()), ("甬高新综执罚决", 2024, 1, EXAMPLE));
        assert_eq!(DocumentNumber::new("甬高新综执罚决", 2024, 1), Ok(read));
        assert_eq!(DocumentNumber::new("甬高新综执责改", 2026, 12_345).unwrap().as_str(), "甬高新综执责改字〔2026〕第12345号");
        assert_eq!("甬文字执字〔2024〕第0001号".parse::<DocumentNumber>().unwrap().prefix(), "甬文字执");
    }

    #[test]
    fn a_wrong_bracket_is_told_with_its_place() {
        for (open, close) in [('[', ']'), ('(', ')'), ('(', ')'), ('【', '】'), ('［', '］'), ('﹝', '﹞'), ('〈', '〉')] {
            let first = EXAMPLE.replace('〔', &open.to_string()).replace('〕', &close.to_string());
            assert_eq!(first.parse::<DocumentNumber>(), Err(Fault::At { position: 9, found: open, expected: OPEN }), "{first}");
            let second = EXAMPLE.replace('〕', &close.to_string());
            assert_eq!(second.parse::<DocumentNumber>(), Err(Fault::At { position: 14, found: close, expected: CLOSE }), "{second}");
        }
    }

    #[test]
    fn any_other_fault_is_told_with_its_place() {
        for (text, position) in [
            ("甬高新综执罚决〔2024〕第0001号", 8),
            ("甬A新综执罚决字〔2024〕第0001号", 2),
            ("(甬)高新综执罚决字〔2024〕第0001号", 1),
            ("甬高新综执罚决字〔1999〕第0001号", 10),
            ("甬高新综执罚决字〔24〕第0001号", 11),
            ("甬高新综执罚决字〔２024〕第0001号", 10),
            ("甬高新综执罚决字〔2024〕0001号", 15),
            ("甬高新综执罚决字〔2024〕第001号", 19),
            ("甬高新综执罚决字〔2024〕第123456号", 21),
            ("甬高新综执罚决字〔2024〕第0001", 0),
            ("甬高新综执罚决字〔2024〕第0001号。", 21),
        ] {
            match text.parse::<DocumentNumber>() {
                Err(Fault::At { position: at, .. }) => assert_eq!(at, position, "{text}"),
                Err(Fault::Length { found, .. }) => assert_eq!((found, position), (text.chars().count(), 0), "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        for (text, from, to) in [
            ("甬罚字〔2024〕第0001号", 1, 2),
            ("甬高新综执罚决字〔2024〕第0000号", 16, 19),
            ("甬高新综执罚决字〔2024〕第00001号", 16, 20),
            ("甬高新综执罚决字〔2024〕第01234号", 16, 20),
        ] {
            assert!(matches!(text.parse::<DocumentNumber>(), Err(Fault::Span { from: f, to: t, .. }) if (f, t) == (from, to)), "{text}");
        }
        assert!(matches!("".parse::<DocumentNumber>(), Err(Fault::Length { found: 0, .. })));
        assert!(DocumentNumber::new("甬高", 2024, 1).is_err() && DocumentNumber::new("甬高新", 1999, 1).is_err());
        assert!(DocumentNumber::new("甬高新", 2024, 0).is_err() && DocumentNumber::new("甬高新", 2024, 100_000).is_err());
    }

    #[test]
    fn a_series_sorts_by_sequence() {
        let number = |sequence| DocumentNumber::new("甬高新综执罚决", 2024, sequence).unwrap();
        assert!(number(9_999) < number(10_000));
    }

    #[test]
    fn a_pattern_narrows_what_a_number_may_be() {
        let format: NumberFormat = r"^[\u4e00-\u9fa5]{3,20}字〔20\d{2}〕第\d{4,5}号$".parse().unwrap();
        assert_eq!(format, NumberFormat::default());
        let short: NumberFormat = r"^[\u4e00-\u9fa5]{3,6}字〔20\d{2}〕第\d{4}号$".parse().unwrap();
        let number = |prefix, sequence| DocumentNumber::new(prefix, 2026, sequence).unwrap();
        assert!(format.fits(&number("甬高新综执罚决", 1)) && format.fits(&number("甬高新综执罚决", 10_000)));
        assert!(short.fits(&number("甬综罚决", 9_999)) && !short.fits(&number("甬综罚决", 10_000)) && !short.fits(&number("甬高新综执罚决", 1)));
        for bad in ["", ".*", r"^[\u4e00-\u9fa5]{2,20}字〔20\d{2}〕第\d{4,5}号$", r"^[\u4e00-\u9fa5]{5,4}字〔20\d{2}〕第\d{4}号$", r"^[\u4e00-\u9fa5]{3,20}字[20\d{2}]第\d{4,5}号$"]
        {
            assert_eq!(bad.parse::<NumberFormat>(), Err(BadNumberFormat), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_printed_is_read_back(prefix in "[\u{4e00}-\u{9fa5}]{3,20}", year in 2000i16..2100, sequence in 1u32..100_000) {
            let number = DocumentNumber::new(&prefix, year, sequence).unwrap();
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }

        #[test]
        fn one_number_has_one_spelling(at in 0usize..20, other in any::<char>()) {
            let mut chars: Vec<char> = EXAMPLE.chars().collect();
            chars[at] = other;
            let text: String = chars.into_iter().collect();
            if let Ok(read) = text.parse::<DocumentNumber>() {
                prop_assert_eq!(read.as_str(), text.trim());
            }
        }
    }
}
