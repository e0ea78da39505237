//! The number of a certificate of administrative law enforcement (行政执法证号), an opaque text.
//!
//! Its official layout is not settled (`domain.md` §14 item 3), so the layout is configuration ([`CertificateFormat`]) and a number
//! that departs from it is told, by whoever asks, with the place. That a number is in the registry and valid on a day is asked of
//! the rows of `crate::org::Certificate`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::text::{Fault, as_text, half_width};

/// Most characters of a number.
const MAX: usize = 40;

/// A number: 1 to 40 characters without white space and control characters, in half width. Letters keep their case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateNumber(Box<str>);

/// What numbers look like here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFormat {
    /// Whether ASCII letters may stand beside digits.
    pub letters: bool,
    /// Most characters.
    pub max: usize,
    /// Fewest characters.
    pub min: usize,
}

/// Eleven digits, the pattern `^\d{11}$` (`domain.md` §9, doubtful).
impl Default for CertificateFormat {
    fn default() -> CertificateFormat {
        CertificateFormat { letters: false, max: 11, min: 11 }
    }
}

/// A pattern that is no format of certificate numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(r"write ^\d{{11}}$, ^\d{{9,12}}$ or ^[0-9A-Za-z]{{8,20}}$: digits, or digits and letters, and how many, at most 40")]
pub struct BadFormat;

/// Reads the regular expressions that a format can be: one class of characters and how many of it.
impl FromStr for CertificateFormat {
    type Err = BadFormat;
    fn from_str(pattern: &str) -> Result<CertificateFormat, BadFormat> {
        let inner = pattern.strip_prefix('^').and_then(|p| p.strip_suffix('$')).ok_or(BadFormat)?;
        let (letters, count) = match (inner.strip_prefix(r"\d"), inner.strip_prefix("[0-9A-Za-z]")) {
            (Some(count), _) => (false, count),
            (None, Some(count)) => (true, count),
            (None, None) => return Err(BadFormat),
        };
        let count = count.strip_prefix('{').and_then(|c| c.strip_suffix('}')).ok_or(BadFormat)?;
        let (min, max) = count.split_once(',').unwrap_or((count, count));
        let (min, max) = (min.parse().map_err(|_| BadFormat)?, max.parse().map_err(|_| BadFormat)?);
        if (1..=max).contains(&min) && max <= MAX { Ok(CertificateFormat { letters, max, min }) } else { Err(BadFormat) }
    }
}

impl CertificateNumber {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it looks as numbers do here; if not, where.
    pub fn check(&self, format: &CertificateFormat) -> Result<(), Fault> {
        let expected = if format.letters { "a digit or a letter from A to Z" } else { "a digit" };
        let fits = |c: char| c.is_ascii_digit() || format.letters && c.is_ascii_alphabetic();
        if let Some((index, found)) = self.0.chars().enumerate().find(|&(_, c)| !fits(c)) {
            return Err(Fault::At { position: index + 1, found, expected });
        }
        let found = self.0.chars().count();
        if (format.min..=format.max).contains(&found) { Ok(()) } else { Err(Fault::Length { found, expected: "as many as the configured format of certificate numbers has" }) }
    }
}

impl FromStr for CertificateNumber {
    type Err = Fault;
    fn from_str(text: &str) -> Result<CertificateNumber, Fault> {
        let chars: Vec<char> = text.trim().chars().map(half_width).collect();
        if let Some((index, &found)) = chars.iter().enumerate().find(|(_, c)| c.is_whitespace() || c.is_control()) {
            return Err(Fault::At { position: index + 1, found, expected: "a character that can be seen" });
        }
        if chars.is_empty() || chars.len() > MAX {
            return Err(Fault::Length { found: chars.len(), expected: "1 to 40" });
        }
        Ok(CertificateNumber(chars.into_iter().collect()))
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

as_text!(CertificateNumber => CertificateNumber::as_str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_read_from_its_pattern() {
        assert_eq!(r"^\d{11}$".parse(), Ok(CertificateFormat::default()));
        assert_eq!(r"^\d{9,12}$".parse(), Ok(CertificateFormat { letters: false, min: 9, max: 12 }));
        let letters: CertificateFormat = "^[0-9A-Za-z]{8,20}$".parse().unwrap();
        let number: CertificateNumber = "ZJ330200123".parse().unwrap();
        assert_eq!(number.check(&letters), Ok(()));
        assert!(number.check(&CertificateFormat::default()).is_err());
        for bad in ["", r"\d{11}", r"^\d{11}", r"^\d+$", r"^\d{0}$", r"^\d{12,9}$", r"^\d{41}$", r"^\d{-1}$", "^[a-z]{3}$", r"^\d{11}{2}$"] {
            assert_eq!(bad.parse::<CertificateFormat>(), Err(BadFormat), "{bad}");
        }
    }

    #[test]
    fn the_format_is_configuration() {
        let number: CertificateNumber = " ３３990000001 ".parse().unwrap();
        assert_eq!(number.as_str(), "33990000001");
        assert_eq!(number.check(&CertificateFormat::default()), Ok(()));
        let lettered: CertificateNumber = "B3399000001".parse().unwrap();
        assert_eq!(lettered.check(&CertificateFormat::default()), Err(Fault::At { position: 1, found: 'B', expected: "a digit" }));
        assert_eq!(lettered.check(&CertificateFormat { letters: true, max: 12, min: 10 }), Ok(()));
        assert!(matches!(number.check(&CertificateFormat { letters: false, max: 10, min: 8 }), Err(Fault::Length { found: 11, .. })));
    }

    #[test]
    fn it_is_opaque_but_can_be_seen() {
        assert_eq!("浙执法0001".parse::<CertificateNumber>().unwrap().as_str(), "浙执法0001");
        assert!(matches!("33 99".parse::<CertificateNumber>(), Err(Fault::At { position: 3, found: ' ', .. })));
        assert!(matches!("33\u{0}99".parse::<CertificateNumber>(), Err(Fault::At { position: 3, .. })));
        assert!(matches!("  ".parse::<CertificateNumber>(), Err(Fault::Length { found: 0, .. })));
        assert!("1".repeat(40).parse::<CertificateNumber>().is_ok() && "1".repeat(41).parse::<CertificateNumber>().is_err());
        assert_eq!(serde_json::from_str::<CertificateNumber>("\"33990000001\"").unwrap().as_str(), "33990000001");
    }
}
