//! Codes of administrative divisions (行政区划代码, GB/T 2260), six digits.
//!
//! The table holds what this program names: Zhejiang, Ningbo, and Ningbo's districts with those that have ended. A code that
//! is not in it is still a code. Functional zones have none; they are areas with a code of our own (`crate::org::Area`).

use std::fmt;
use std::str::FromStr;

use super::text::{Fault, as_text, ascii, fixed};

/// A six-digit code. Any six digits: old certificates bear codes that no table holds any more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode([u8; 6]);

/// A division of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Its code.
    pub code: &'static str,
    /// Its name in Chinese.
    pub name: &'static str,
    /// The year in which it ended, if it did.
    pub ended: Option<i16>,
}

const fn region(code: &'static str, name: &'static str) -> Region {
    Region { code, name, ended: None }
}

/// The divisions that this program names, in order of their codes (`domain.md` §9).
pub static REGIONS: &[Region] = &[
    region("330000", "浙江省"),
    region("330200", "宁波市"),
    region("330203", "海曙区"),
    Region { code: "330204", name: "江东区", ended: Some(2016) },
    region("330205", "江北区"),
    region("330206", "北仑区"),
    region("330211", "镇海区"),
    region("330212", "鄞州区"),
    region("330213", "奉化区"),
    region("330225", "象山县"),
    region("330226", "宁海县"),
    region("330281", "余姚市"),
    region("330282", "慈溪市"),
    Region { code: "330283", name: "奉化市", ended: Some(2016) },
];

impl RegionCode {
    /// Six ASCII digits that were checked as part of another code.
    pub(super) fn checked(digits: [u8; 6]) -> RegionCode {
        RegionCode(digits)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The division of this code; `None` if the table does not hold it, which proves nothing.
    pub fn known(&self) -> Option<&'static Region> {
        let i = REGIONS.binary_search_by(|r| r.code.cmp(self.as_str())).ok()?;
        REGIONS.get(i)
    }

    /// Whether it is `whole` or lies in it: a province's code ends in four zeros, a prefecture's in two.
    pub fn is_within(&self, whole: RegionCode) -> bool {
        let whole = whole.as_str();
        let prefix = whole.strip_suffix("0000").or_else(|| whole.strip_suffix("00")).unwrap_or(whole);
        self.as_str().starts_with(prefix)
    }
}

impl FromStr for RegionCode {
    type Err = Fault;
    fn from_str(text: &str) -> Result<RegionCode, Fault> {
        fixed(text, "six digits", |_, c| if c.is_ascii_digit() { Ok(()) } else { Err("a digit") }).map(RegionCode)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

as_text!(RegionCode => RegionCode::as_str);

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> RegionCode {
        text.parse().unwrap()
    }

    #[test]
    fn gb_t_2260_divisions_of_ningbo_are_known_with_those_that_ended() {
        assert!(REGIONS.windows(2).all(|w| w[0].code < w[1].code), "looked up by bisection");
        assert!(REGIONS.iter().all(|r| code(r.code).is_within(code("330000"))));
        assert_eq!(code("330212").known().map(|r| (r.name, r.ended)), Some(("鄞州区", None)));
        assert_eq!(code("330204").known().and_then(|r| r.ended), Some(2016), "江东区");
        assert_eq!(code("330283").known().and_then(|r| r.ended), Some(2016), "奉化市 became 奉化区, 330213");
        assert_eq!(code("110105").known(), None);
    }

    #[test]
    fn a_division_lies_in_its_prefecture_and_province() {
        assert!(code("330212").is_within(code("330200")) && code("330200").is_within(code("330000")) && code("330200").is_within(code("330200")));
        assert!(code("331002").is_within(code("330000")) && code("331002").is_within(code("331000")), "a prefecture whose code ends in three zeros");
        assert!(!code("331002").is_within(code("330200")) && !code("320212").is_within(code("330000")));
        assert!(!code("330212").is_within(code("330211")) && !code("330102").is_within(code("330200")) && !code("330200").is_within(code("330212")));
    }

    #[test]
    fn six_digits_and_nothing_else() {
        assert_eq!(code(" 330212 ").as_str(), "330212");
        assert_eq!(code("３３０２１２"), code("330212"), "full width");
        assert_eq!("33021".parse::<RegionCode>(), Err(Fault::Length { found: 5, expected: "six digits" }));
        assert_eq!("33O212".parse::<RegionCode>(), Err(Fault::At { position: 3, found: 'O', expected: "a digit" }));
        assert!("3302120".parse::<RegionCode>().is_err() && "".parse::<RegionCode>().is_err());
    }
}
