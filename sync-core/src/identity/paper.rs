//! Papers by which a person without a citizen id is identified. All are personal: `Debug` hides them, [`Paper::reveal`] shows them.
//!
//! Passports and permits have no check that can be relied on, so only their shape is read. The residence permits of people from
//! Hong Kong, Macau and Taiwan (regions 81, 82, 83) and the foreigner's card of 2023 follow GB 11643, and are checked by it.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::CitizenId;
use super::text::{Fault, normal};

/// What kind of paper it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// 居民身份证, and 港澳台居民居住证, which has the same layout.
    CitizenId,
    /// 护照: 5 to 9 letters and digits (ICAO 9303).
    Passport,
    /// 港澳居民来往内地通行证: H or M and eight digits, or ten on older ones.
    HongKongMacauPermit,
    /// 台湾居民来往大陆通行证: eight digits.
    TaiwanPermit,
    /// 外国人永久居留身份证: 18 characters that begin with 9 (since 2023), or three letters and twelve digits.
    ForeignResident,
}

/// A paper with its number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Paper {
    kind: PaperKind,
    number: Box<str>,
}

/// As stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    kind: PaperKind,
    number: Box<str>,
}

impl Paper {
    /// Reads a number of a kind; lower case, full width and white space around it are mended.
    pub fn parse(kind: PaperKind, number: &str) -> Result<Paper, Fault> {
        let chars = normal(number);
        let number: String = chars.iter().collect();
        match kind {
            PaperKind::CitizenId => drop(number.parse::<CitizenId>()?),
            PaperKind::Passport => shape(&chars, 0, &[5, 6, 7, 8, 9], "5 to 9 letters and digits", true)?,
            PaperKind::HongKongMacauPermit => {
                first(&chars, |c| matches!(c, 'H' | 'M'), "H or M")?;
                shape(&chars, 1, &[9, 11], "H or M and 8 digits (10 on older permits)", false)?;
            }
            PaperKind::TaiwanPermit => shape(&chars, 0, &[8], "8 digits", false)?,
            PaperKind::ForeignResident if chars.first().is_some_and(char::is_ascii_digit) => {
                first(&chars, |c| c == '9', "9, with which these cards begin, or a letter")?;
                number.parse::<CitizenId>()?;
            }
            PaperKind::ForeignResident => {
                for (index, &found) in chars.iter().enumerate().take(3) {
                    if !found.is_ascii_uppercase() {
                        return Err(Fault::At { position: index + 1, found, expected: "a letter of the country's code, or a card that begins with 9" });
                    }
                }
                shape(&chars, 3, &[15], "18 characters that begin with 9, or 3 letters and 12 digits", false)?;
            }
        }
        Ok(Paper { kind, number: number.into() })
    }

    /// What kind of paper it is.
    pub fn kind(&self) -> PaperKind {
        self.kind
    }

    /// The number. Personal: show it to those who may see it, and log it nowhere.
    pub fn reveal(&self) -> &str {
        &self.number
    }
}

fn first(chars: &[char], fits: impl Fn(char) -> bool, expected: &'static str) -> Result<(), Fault> {
    match chars.first() {
        Some(&found) if !fits(found) => Err(Fault::At { position: 1, found, expected }),
        _ => Ok(()),
    }
}

/// Digits (or letters too) from an index on, and one of these lengths.
fn shape(chars: &[char], from: usize, lengths: &[usize], expected: &'static str, letters: bool) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_digit() || letters && c.is_ascii_uppercase();
    if let Some((index, &found)) = chars.iter().enumerate().skip(from).find(|&(_, &c)| !fits(c)) {
        return Err(Fault::At { position: index + 1, found, expected: if letters { "a digit or a letter from A to Z" } else { "a digit" } });
    }
    if lengths.contains(&chars.len()) { Ok(()) } else { Err(Fault::Length { found: chars.len(), expected }) }
}

impl TryFrom<Form> for Paper {
    type Error = Fault;
    fn try_from(form: Form) -> Result<Paper, Fault> {
        Paper::parse(form.kind, &form.number)
    }
}

impl From<Paper> for Form {
    fn from(paper: Paper) -> Form {
        Form { kind: paper.kind, number: paper.number }
    }
}

impl From<CitizenId> for Paper {
    fn from(id: CitizenId) -> Paper {
        Paper { kind: PaperKind::CitizenId, number: id.reveal().into() }
    }
}

/// The kind, without the number.
impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Paper({:?}, ***)", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_shape() {
        for (kind, good) in [
            (PaperKind::CitizenId, "11010519491231002X"),
            (PaperKind::Passport, "e12345678"),
            (PaperKind::HongKongMacauPermit, "H12345678"),
            (PaperKind::HongKongMacauPermit, "M1234567800"),
            (PaperKind::TaiwanPermit, "12345678"),
            (PaperKind::ForeignResident, "USA110084122801"),
        ] {
            let paper = Paper::parse(kind, good).unwrap();
            assert_eq!(paper.reveal(), good.to_uppercase());
            assert!(!format!("{paper:?}").contains(|c: char| c.is_ascii_digit()), "{paper:?}");
            let json = serde_json::to_string(&paper).unwrap();
            assert_eq!(serde_json::from_str::<Paper>(&json).unwrap(), paper);
        }
        for (kind, bad, position) in [
            (PaperKind::Passport, "E1234-678", 6),
            (PaperKind::HongKongMacauPermit, "A12345678", 1),
            (PaperKind::HongKongMacauPermit, "H1234567O", 9),
            (PaperKind::TaiwanPermit, "1234567X", 8),
            (PaperKind::ForeignResident, "U5A110084122801", 2),
            (PaperKind::ForeignResident, "11010519491231002X", 1),
        ] {
            assert!(matches!(Paper::parse(kind, bad), Err(Fault::At { position: at, .. }) if at == position), "{bad}");
        }
        for (kind, short) in [(PaperKind::Passport, "E123"), (PaperKind::HongKongMacauPermit, "H1234567"), (PaperKind::TaiwanPermit, ""), (PaperKind::ForeignResident, "USA")] {
            assert!(matches!(Paper::parse(kind, short), Err(Fault::Length { .. })), "{short}");
        }
    }

    #[test]
    fn a_card_of_2023_is_checked_by_gb_11643() {
        let checked: Vec<String> = "0123456789X".chars().map(|c| format!("91112419800101001{c}")).filter(|n| Paper::parse(PaperKind::ForeignResident, n).is_ok()).collect();
        assert_eq!(checked.len(), 1, "one check character of eleven fits");
    }
}
