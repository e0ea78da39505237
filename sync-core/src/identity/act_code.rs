//! Codes of administrative acts (行政行为码) as they are printed: a layout, and what stands in it.
//!
//! The digits of the provincial code are not published (`domain.md` §3.8, §14 item 3), so the layout is a policy
//! (`inspection.code.pattern`) that is parsed once into a [`CodeFormat`]. The check character is that of ISO/IEC 7064 MOD 37,36: it finds
//! every single wrong character and nearly every exchange of two neighbours.
//!
//! Deliberately absent: giving codes out (`crate::number`), and the provincial code itself.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::region::RegionCode;
use super::text::{Fault, half_width};
use crate::base::Date;
use crate::base::ids::is_token;

/// Most characters of a code.
pub const MAX_CODE: usize = 80;
/// Largest running number.
pub const MAX_SEQ: u32 = 99_999_999;
/// Fewest digits of a printed running number; larger ones take more.
const SEQ_DIGITS: usize = 5;
/// What may stand between braces.
const PLACEHOLDERS: &[(&str, Part)] =
    &[("region6", Part::Region), ("organ", Part::Organ), ("yyyymmdd", Part::Day), ("yyyy", Part::Year), ("seq", Part::Seq), ("check", Part::Check)];

/// A piece of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Region,
    Organ,
    Day,
    Year,
    Seq,
    Check,
}

/// A layout of codes, as `XW-{region6}-{organ}-{yyyymmdd}-{seq}-{check}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeFormat {
    parts: Vec<Part>,
    pattern: Box<str>,
}

/// What stands in a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActCode {
    /// GB/T 2260 code of the region, if the layout has it.
    pub region: Option<RegionCode>,
    /// Code of the organ.
    pub organ: Box<str>,
    /// The year of the series.
    pub year: i16,
    /// The day, if the layout has it.
    pub day: Option<Date>,
    /// The running number in the organ's year.
    pub seq: u32,
}

/// A pattern that is no layout of codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    /// A placeholder that means nothing.
    #[error("{{{0}}} means nothing here; use {{region6}}, {{organ}}, {{yyyymmdd}} or {{yyyy}}, {{seq}} and {{check}}")]
    Unknown(String),
    /// A brace without its other half.
    #[error("a brace at character {0} has no other half; write placeholders as {{seq}}")]
    Brace(usize),
    /// A placeholder twice.
    #[error("{{{0}}} stands twice; once is enough")]
    Twice(&'static str),
    /// Something without which two acts would have one code.
    #[error("{{{0}}} is missing: without it two acts would have the same code")]
    Missing(&'static str),
    /// An organ's code and a running number side by side cannot be told apart again.
    #[error("put a sign between {{organ}} and {{seq}}, so that one can see where the number begins")]
    Adjoining,
    /// A character that cannot be printed or spoken.
    #[error("character {0} may not stand in a code; use letters, digits and - _ . / or Chinese characters")]
    Character(usize),
    /// Codes would not fit.
    #[error("codes of this layout would have more than {MAX_CODE} characters; shorten it")]
    Long,
}

/// Why no code can be made of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadParts {
    /// Not an organ's code.
    #[error("an organ's code has 1 to 64 letters, digits, dots, hyphens or underscores")]
    Organ,
    /// The running number.
    #[error("a running number goes from 1 to 99999999")]
    Seq,
    /// The layout wants a region and there is none.
    #[error("the layout has {{region6}} and the organ's area has no code of six digits; set the policy area.platform_code")]
    Region,
    /// The layout wants a day and there is none.
    #[error("the layout has {{yyyymmdd}}, and no day is given")]
    Day,
    /// Too long.
    #[error("the code would have more than {MAX_CODE} characters; shorten the organ's code or the layout")]
    Long,
}

impl Default for CodeFormat {
    /// The layout of `domain.md` §3.8.
    fn default() -> CodeFormat {
        let text = |t: &str| Part::Text(t.into());
        let parts = vec![text("XW-"), Part::Region, text("-"), Part::Organ, text("-"), Part::Day, text("-"), Part::Seq, text("-"), Part::Check];
        CodeFormat { parts, pattern: "XW-{region6}-{organ}-{yyyymmdd}-{seq}-{check}".into() }
    }
}

fn may_stand(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/') || ('\u{4E00}'..='\u{9FA5}').contains(&c)
}

impl FromStr for CodeFormat {
    type Err = BadPattern;

    fn from_str(pattern: &str) -> Result<CodeFormat, BadPattern> {
        let mut parts: Vec<Part> = Vec::new();
        let (mut text, mut name) = (String::new(), None::<(usize, String)>);
        for (index, c) in pattern.chars().enumerate() {
            match (&mut name, c) {
                (None, '{') => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text).into()));
                    }
                    name = Some((index + 1, String::new()));
                }
                (None, '}') | (Some(_), '{') => return Err(BadPattern::Brace(index + 1)),
                (Some((_, word)), '}') => {
                    let (known, part) = PLACEHOLDERS.iter().find(|row| row.0 == *word).ok_or_else(|| BadPattern::Unknown(word.chars().take(40).collect()))?;
                    if parts.contains(part) {
                        return Err(BadPattern::Twice(known));
                    }
                    parts.push(part.clone());
                    name = None;
                }
                (Some((_, word)), c) => word.push(c),
                (None, c) if may_stand(c) => text.push(c),
                (None, _) => return Err(BadPattern::Character(index + 1)),
            }
        }
        if let Some((at, _)) = name {
            return Err(BadPattern::Brace(at));
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.into()));
        }
        for (part, word) in [(Part::Organ, "organ"), (Part::Seq, "seq")] {
            if !parts.contains(&part) {
                return Err(BadPattern::Missing(word));
            }
        }
        if !parts.contains(&Part::Day) && !parts.contains(&Part::Year) {
            return Err(BadPattern::Missing("yyyymmdd"));
        }
        let open = |part: &Part| matches!(part, Part::Organ | Part::Seq);
        if parts.windows(2).any(|two| two.iter().all(open)) {
            return Err(BadPattern::Adjoining);
        }
        let shortest = |part: &Part| match part {
            Part::Text(text) => text.chars().count(),
            Part::Region => 6,
            Part::Organ | Part::Check => 1,
            Part::Day => 8,
            Part::Year => 4,
            Part::Seq => SEQ_DIGITS,
        };
        if parts.iter().map(shortest).sum::<usize>() > MAX_CODE {
            return Err(BadPattern::Long);
        }
        Ok(CodeFormat { parts, pattern: pattern.into() })
    }
}

impl CodeFormat {
    /// The pattern that it was read from.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The code as it is printed.
    pub fn print(&self, code: &ActCode) -> Result<String, BadParts> {
        if !is_token(&code.organ) {
            return Err(BadParts::Organ);
        }
        if !(1..=MAX_SEQ).contains(&code.seq) {
            return Err(BadParts::Seq);
        }
        let mut pieces = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            pieces.push(match part {
                Part::Text(text) => text.to_string(),
                Part::Region => code.region.ok_or(BadParts::Region)?.as_str().to_owned(),
                Part::Organ => code.organ.to_string(),
                Part::Day => code.day.map(|d| format!("{:04}{:02}{:02}", d.year(), d.month(), d.day())).ok_or(BadParts::Day)?,
                Part::Year => format!("{:04}", code.year),
                Part::Seq => format!("{:0SEQ_DIGITS$}", code.seq),
                Part::Check => String::new(),
            });
        }
        let check = check_char(&pieces.concat()).to_string();
        let printed: String = self.parts.iter().zip(pieces).map(|(part, piece)| if *part == Part::Check { check.clone() } else { piece }).collect();
        if printed.chars().count() > MAX_CODE { Err(BadParts::Long) } else { Ok(printed) }
    }

    /// Reads a printed code: white space around, full width, and the check character's case are mended.
    pub fn read(&self, text: &str) -> Result<ActCode, Fault> {
        let chars: Vec<char> = text.trim().chars().map(half_width).collect();
        if chars.is_empty() || chars.len() > MAX_CODE {
            return Err(Fault::Length { found: chars.len(), expected: "1 to 80" });
        }
        let mut reading = Reading::default();
        if !reading.step(&self.parts, &chars, 0) {
            let from = reading.furthest.min(chars.len() - 1);
            return Err(Fault::At {
                position: from + 1,
                found: chars.get(from).copied().unwrap_or(' '),
                expected: "what the layout of codes has there (policy inspection.code.pattern)",
            });
        }
        if let Some(at) = reading.check {
            let found = chars.get(at).copied().unwrap_or(' ').to_ascii_uppercase();
            let others: String = chars.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| *c).collect();
            let expected = check_char(&others);
            if found != expected {
                return Err(Fault::Check { position: at + 1, found, expected });
            }
        }
        let year = reading.year.or(reading.day.map(|d| d.year())).unwrap_or_default();
        Ok(ActCode { region: reading.region, organ: reading.organ.into(), year, day: reading.day, seq: reading.seq })
    }
}

/// What has been read of a code so far.
#[derive(Default)]
struct Reading {
    region: Option<RegionCode>,
    organ: String,
    year: Option<i16>,
    day: Option<Date>,
    seq: u32,
    check: Option<usize>,
    furthest: usize,
}

impl Reading {
    /// Reads the remaining parts from a place on. An organ's code may itself have hyphens, so the longest that lets the rest fit is taken.
    fn step(&mut self, parts: &[Part], chars: &[char], at: usize) -> bool {
        self.furthest = self.furthest.max(at);
        let Some((part, rest)) = parts.split_first() else { return at == chars.len() };
        let piece = |len: usize| -> Option<String> { chars.get(at..at + len).map(|c| c.iter().collect()) };
        let digits = |len: usize| piece(len).filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
        match part {
            Part::Text(text) => {
                let len = text.chars().count();
                piece(len).is_some_and(|p| p.eq_ignore_ascii_case(text)) && self.step(rest, chars, at + len)
            }
            Part::Region => {
                self.region = digits(6).and_then(|p| p.parse().ok());
                self.region.is_some() && self.step(rest, chars, at + 6)
            }
            Part::Day => {
                let day = |p: String| Date::new(p.get(..4)?.parse().ok()?, p.get(4..6)?.parse().ok()?, p.get(6..)?.parse().ok()?).ok();
                self.day = digits(8).and_then(day);
                self.day.is_some() && self.step(rest, chars, at + 8)
            }
            Part::Year => {
                self.year = digits(4).and_then(|p| p.parse().ok());
                self.year.is_some() && self.step(rest, chars, at + 4)
            }
            Part::Check => {
                self.check = Some(at);
                chars.get(at).is_some_and(char::is_ascii_alphanumeric) && self.step(rest, chars, at + 1)
            }
            Part::Seq => (SEQ_DIGITS..=8).rev().any(|len| {
                // One spelling each: no more zeros in front than the shortest has.
                let Some(seq) = digits(len).filter(|p| len == SEQ_DIGITS || !p.starts_with('0')).and_then(|p| p.parse().ok()).filter(|seq| *seq > 0) else { return false };
                self.seq = seq;
                self.step(rest, chars, at + len)
            }),
            Part::Organ => (1..=chars.len().saturating_sub(at).min(64)).rev().any(|len| {
                let Some(organ) = piece(len).filter(|p| is_token(p)) else { return false };
                self.organ = organ;
                self.step(rest, chars, at + len)
            }),
        }
    }
}

/// The check character of ISO/IEC 7064 MOD 37,36 over the ASCII letters and digits of a text, letters in upper case.
pub fn check_char(text: &str) -> char {
    const M: u32 = 36;
    let values = text.chars().filter_map(|c| c.to_digit(M).filter(|_| c.is_ascii()));
    let product = values.fold(M, |product, value| {
        let sum = (product + value) % M;
        (if sum == 0 { M } else { sum }) * 2 % (M + 1)
    });
    char::from_digit((M + 1 - product) % M, M).unwrap_or('0').to_ascii_uppercase()
}

impl fmt::Display for CodeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use proptest::prelude::*;

    fn code(organ: &str, seq: u32) -> ActCode {
        ActCode { region: "330200".parse().ok(), organ: organ.into(), year: 2026, day: Some(date(2026, 3, 9)), seq }
    }

    #[test]
    fn check_characters_are_those_of_published_numbers() {
        // Global Release Identifier A1-2425G-ABC1234002-M (IFPI), ISAN 0000-0000-D07A-0090-Q-0000-0000-X and
        // 0000-0000-3A8D-0000-Z-0000-0000-6 (ISO 15706): all of ISO/IEC 7064 MOD 37,36.
        for (text, check) in [
            ("A1-2425G-ABC1234002", 'M'),
            ("0000-0000-D07A-0090", 'Q'),
            ("0000-0000-D07A-0090-0000-0000", 'X'),
            ("0000-0000-3A8D-0000", 'Z'),
            ("0000-0000-3A8D-0000-0000-0000", '6'),
        ] {
            assert_eq!(check_char(text), check, "{text}");
        }
        assert_eq!(check_char("a1-2425g-abc1234002"), 'M');
    }

    #[test]
    fn the_layout_of_the_policy_prints_and_reads() {
        let format: CodeFormat = "XW-{region6}-{organ}-{yyyymmdd}-{seq}-{check}".parse().unwrap();
        assert_eq!(format, CodeFormat::default());
        let printed = format.print(&code("enforcement", 12)).unwrap();
        assert!(printed.starts_with("XW-330200-enforcement-20260309-00012-"), "{printed}");
        assert_eq!(format.read(&format!(" {}\n", printed.to_ascii_lowercase())), Ok(code("enforcement", 12)));
        assert_eq!(format.read(&printed.replace("00012", "00013").replace('-', "－")).map_err(|e| matches!(e, Fault::Check { .. })), Err(true));
        assert!(matches!(format.read("XW-330200-enforcement-20260230-00012-A"), Err(Fault::At { .. })), "no such day");
        assert!(matches!(format.read("YW"), Err(Fault::At { position: 1, .. })));
        assert!(matches!(format.read(""), Err(Fault::Length { .. })));
    }

    #[test]
    fn a_pattern_says_what_is_wrong_with_it() {
        for (pattern, why) in [
            ("XW-{organ}-{yyyy}-{seq}-{chekc}", BadPattern::Unknown("chekc".into())),
            ("XW-{organ}-{yyyy}-{seq", BadPattern::Brace(19)),
            ("XW-{organ}}-{yyyy}-{seq}", BadPattern::Brace(11)),
            ("{organ}-{yyyy}-{seq}-{seq}", BadPattern::Twice("seq")),
            ("{organ}-{yyyy}", BadPattern::Missing("seq")),
            ("{yyyy}-{seq}", BadPattern::Missing("organ")),
            ("{organ}-{seq}", BadPattern::Missing("yyyymmdd")),
            ("{yyyy}{organ}{seq}", BadPattern::Adjoining),
            ("XW {organ}-{yyyy}-{seq}", BadPattern::Character(3)),
        ] {
            assert_eq!(pattern.parse::<CodeFormat>(), Err(why), "{pattern}");
        }
        assert_eq!(format!("{}{{organ}}-{{yyyy}}-{{seq}}", "X".repeat(75)).parse::<CodeFormat>(), Err(BadPattern::Long));
        assert!(BadPattern::Unknown("chekc".into()).to_string().starts_with("{chekc} means nothing here"));
    }

    #[test]
    fn what_does_not_fit_the_layout_is_refused() {
        let format = CodeFormat::default();
        assert_eq!(format.print(&ActCode { region: None, ..code("fire", 1) }), Err(BadParts::Region));
        assert_eq!(format.print(&ActCode { day: None, ..code("fire", 1) }), Err(BadParts::Day));
        assert_eq!(format.print(&code("消防", 1)), Err(BadParts::Organ));
        assert_eq!(format.print(&code("fire", 0)), Err(BadParts::Seq));
        assert_eq!(format.print(&code("fire", MAX_SEQ + 1)), Err(BadParts::Seq));
        assert_eq!(format.print(&code(&"x".repeat(64), 1)), Err(BadParts::Long));
    }

    proptest! {
        #[test]
        fn every_code_reads_as_it_was_printed(organ in "[a-z][a-z0-9-]{0,20}[0-9]?", seq in 1u32..=MAX_SEQ, which in 0usize..4) {
            let pattern = ["XW-{region6}-{organ}-{yyyymmdd}-{seq}-{check}", "{organ}/{yyyy}/{seq}{check}", "{check}甬{yyyymmdd}{organ}.{seq}", "{seq}-{organ}-{yyyy}"][which];
            let format: CodeFormat = pattern.parse().unwrap();
            let made = code(&organ, seq);
            let read = format.read(&format.print(&made).unwrap()).unwrap();
            prop_assert_eq!((&read.organ, read.seq, read.year), (&made.organ, made.seq, made.year));
        }

        #[test]
        fn one_wrong_character_is_found(seq in 1u32..=99_999, at in 0usize..200, to in "[0-9A-Z]") {
            let format = CodeFormat::default();
            let printed = format.print(&code("enforcement", seq)).unwrap();
            let at = at % printed.len();
            let mut wrong = printed.clone();
            wrong.replace_range(at..at + 1, &to);
            prop_assume!(!wrong.eq_ignore_ascii_case(&printed));
            prop_assert!(format.read(&wrong).is_err(), "{wrong}");
        }
    }
}
