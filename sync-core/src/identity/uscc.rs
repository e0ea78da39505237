//! The unified social credit code (统一社会信用代码, GB 32100): 18 characters of an organisation or a sole trader.
//!
//! The outer check character decides. The organisation code inside (组织机构代码, GB 11714) has one of its own; codes are in use
//! whose inner check fails, so that is a warning which the code carries.
//!
//! What the outer check finds: every wrong character, and every exchange of two that differ, except of the first and the last,
//! which weigh the same. The inner check finds less: letters that are 11 or 22 apart (`0` and `B`) look alike to it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::RegionCode;
use super::text::{Fault, as_text, ascii, fixed};

/// GB 32100: the characters in order of their values, without I, O, S, V and Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// GB 32100: 3 to the power of (position − 1), modulo 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// GB 11714.
const INNER_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A code whose outer check holds. In upper case, half width, without white space. Two are equal if their characters are.
#[derive(Clone, Copy)]
pub struct Uscc {
    code: [u8; 18],
    inner: Option<InnerCheck>,
}

/// The organisation code inside fails its own check. Show it; refuse nothing because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the organisation code inside (characters 9 to 17) has the check character '{found}' where '{expected}' was expected; compare it with the certificate")]
pub struct InnerCheck {
    /// Character 17 as it stands.
    pub found: char,
    /// What characters 9 to 16 ask for.
    pub expected: char,
}

impl Uscc {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.code)
    }

    /// The warning, where the organisation code inside fails its own check.
    pub fn warning(&self) -> Option<InnerCheck> {
        self.inner
    }

    /// Characters 3 to 8: the division of the register.
    pub fn region(&self) -> RegionCode {
        let [_, _, a, b, c, d, e, f, ..] = self.code;
        RegionCode::checked([a, b, c, d, e, f])
    }

    /// Characters 9 to 17: the organisation code (GB 11714), nine characters without a hyphen.
    pub fn organisation_code(&self) -> &str {
        self.as_str().get(8..17).unwrap_or_default()
    }

    /// Whether it is a sole trader's (个体工商户): registered by market regulation, type 2 (GB 32100, table of types).
    pub fn is_sole_trader(&self) -> bool {
        self.code.starts_with(b"92")
    }
}

fn value(c: u8) -> u32 {
    ALPHABET.iter().position(|&a| a == c).and_then(|i| u32::try_from(i).ok()).unwrap_or_default()
}

/// GB 32100: what character 18 must be.
fn outer_check(code: &[u8; 18]) -> char {
    let sum: u32 = code.iter().zip(WEIGHTS).map(|(&c, weight)| value(c) * weight).sum();
    let index = (31 - sum % 31) % 31;
    usize::try_from(index).ok().and_then(|i| ALPHABET.get(i)).map_or('0', |&c| char::from(c))
}

/// GB 11714: what character 9 of an organisation code must be.
fn inner_check(code: &[u8; 18]) -> char {
    // Here letters count on from A = 10 without gaps, unlike in GB 32100.
    let sum: u32 = code.iter().skip(8).zip(INNER_WEIGHTS).map(|(&c, weight)| char::from(c).to_digit(36).unwrap_or_default() * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        r => char::from_digit(r, 10).unwrap_or('0'),
    }
}

impl FromStr for Uscc {
    type Err = Fault;

    /// Reads 18 characters; lower case, full width and white space around them are mended.
    fn from_str(text: &str) -> Result<Uscc, Fault> {
        let code: [u8; 18] = fixed(text, "18 characters", |index, c| match index {
            2..=7 if !c.is_ascii_digit() => Err("a digit: characters 3 to 8 are the division of the register"),
            _ if !u8::try_from(c).is_ok_and(|b| ALPHABET.contains(&b)) => Err("a digit, or a letter other than I, O, S, V, Z"),
            _ => Ok(()),
        })?;
        let [.., inner_found, found] = code.map(char::from);
        let expected = outer_check(&code);
        if found != expected {
            return Err(Fault::Check { position: 18, found, expected });
        }
        let expected = inner_check(&code);
        let inner = (inner_found != expected).then_some(InnerCheck { found: inner_found, expected });
        Ok(Uscc { code, inner })
    }
}

impl PartialEq for Uscc {
    fn eq(&self, other: &Uscc) -> bool {
        self.code == other.code
    }
}

impl Eq for Uscc {}

impl PartialOrd for Uscc {
    fn partial_cmp(&self, other: &Uscc) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Uscc {
    fn cmp(&self, other: &Uscc) -> Ordering {
        self.code.cmp(&other.code)
    }
}

impl Hash for Uscc {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code.hash(state);
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

as_text!(Uscc => Uscc::as_str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Published by the companies themselves: Alibaba, Tencent, Huawei, Baidu, Xiaomi.
    const PUBLIC: [&str; 5] = ["91330100799655058B", "9144030071526726XG", "914403001922038216", "91110000802100433B", "91110108551385082Q"];

    #[test]
    fn public_codes_satisfy_gb_32100_and_gb_11714() {
        for text in PUBLIC {
            let code: Uscc = text.parse().unwrap();
            assert_eq!((code.as_str(), code.warning(), code.is_sole_trader()), (text, None, false));
        }
        let alibaba: Uscc = PUBLIC[0].parse().unwrap();
        assert_eq!((alibaba.region().as_str(), alibaba.organisation_code()), ("330100", "799655058"));
    }

    #[test]
    fn the_tables_are_those_of_gb_32100_and_gb_11714() {
        let mut power = 1;
        for weight in WEIGHTS {
            assert_eq!(weight, power % 31, "3 to the power of (position − 1), modulo 31");
            power = power % 31 * 3;
        }
        let inner = |text: &str| inner_check(format!("00000000{text}00").as_bytes().try_into().unwrap());
        assert_eq!(inner("D2143569"), 'X', "D2143569-X, a remainder of 1");
        assert_eq!(inner("00000000"), '0', "a remainder of 0");
        assert_eq!(inner("79965505"), '8', "Alibaba's");
    }

    #[test]
    fn spelling_is_mended() {
        let code: Uscc = PUBLIC[1].parse().unwrap();
        assert_eq!(" 9144030071526726xg\n".parse(), Ok(code));
        assert_eq!("\u{3000}９１４４０３００７１５２６７２６ＸＧ".parse(), Ok(code));
        assert_eq!(serde_json::from_str::<Uscc>("\"9144030071526726xg\"").unwrap(), code);
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"9144030071526726XG\"");
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let read = |text: &str| text.parse::<Uscc>().unwrap_err();
        assert_eq!(read("91330100799655058C"), Fault::Check { position: 18, found: 'C', expected: 'B' });
        assert!(matches!(read("9133O100799655058B"), Fault::At { position: 5, found: 'O', .. }));
        assert!(matches!(read("913301007996S5058B"), Fault::At { position: 13, found: 'S', .. }));
        assert!(matches!(read("9133 0100799655058B"), Fault::At { position: 5, found: ' ', .. }));
        assert!(matches!(read("甲1330100799655058B"), Fault::At { position: 1, found: '甲', .. }));
        assert_eq!(read("91330100799655058"), Fault::Length { found: 17, expected: "18 characters" });
        assert_eq!(read("91330100799655058BB"), Fault::Length { found: 19, expected: "18 characters" });
        assert_eq!(read("91330100799655058B甲"), Fault::Length { found: 19, expected: "18 characters" });
        assert_eq!(read(""), Fault::Length { found: 0, expected: "18 characters" });
        assert!(read("91330100799655058C").to_string().contains("ask for 'B'"));
    }

    #[test]
    fn a_failing_inner_check_of_gb_11714_is_a_warning() {
        let mut warned = 0;
        for wrong in "012345679X".bytes() {
            let mut code: [u8; 18] = PUBLIC[0].as_bytes().try_into().unwrap();
            code[16] = wrong;
            code[17] = outer_check(&code) as u8;
            let read: Uscc = ascii(&code).parse().unwrap();
            assert_eq!(read.warning(), Some(InnerCheck { found: char::from(wrong), expected: '8' }));
            warned += 1;
        }
        assert_eq!(warned, 10);
    }

    #[test]
    fn every_wrong_character_and_every_adjacent_exchange_is_found() {
        for text in PUBLIC {
            let code = text.as_bytes();
            for at in 0..18 {
                for &other in ALPHABET.iter().filter(|&&c| c != code[at]) {
                    let mut wrong = code.to_vec();
                    wrong[at] = other;
                    assert!(ascii(&wrong).parse::<Uscc>().is_err(), "{text}: {} at {}", char::from(other), at + 1);
                }
                if at < 17 && code[at] != code[at + 1] {
                    let mut wrong = code.to_vec();
                    wrong.swap(at, at + 1);
                    assert!(ascii(&wrong).parse::<Uscc>().is_err(), "{text}: {} and {} exchanged", at + 1, at + 2);
                }
            }
        }
    }

    #[test]
    fn an_exchange_of_the_first_and_the_last_character_is_not_found() {
        assert!("B13301007996550589".parse::<Uscc>().is_ok(), "both weigh 1");
    }

    proptest! {
        #[test]
        fn of_any_code_a_wrong_character_or_an_exchange_of_two_is_found(
            picks in proptest::collection::vec(0usize..31, 17), digits in proptest::collection::vec(0usize..10, 6), a in 0usize..18, b in 0usize..18, other in 0usize..31,
        ) {
            let mut code = [b'0'; 18];
            for (at, pick) in picks.into_iter().enumerate() {
                code[at] = ALPHABET[if (2..8).contains(&at) { digits[at - 2] } else { pick }];
            }
            code[17] = outer_check(&code) as u8;
            prop_assert!(ascii(&code).parse::<Uscc>().is_ok());
            if ALPHABET[other] != code[a] {
                let mut wrong = code;
                wrong[a] = ALPHABET[other];
                prop_assert!(ascii(&wrong).parse::<Uscc>().is_err());
            }
            if code[a] != code[b] && (a.min(b), a.max(b)) != (0, 17) {
                let mut wrong = code;
                wrong.swap(a, b);
                prop_assert!(ascii(&wrong).parse::<Uscc>().is_err());
            }
        }
    }
}
