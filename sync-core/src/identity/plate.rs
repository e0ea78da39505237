//! Number plates of motor vehicles (机动车号牌, GA 36). The colour is part of what an officer sees, so it is kept with the number.
//!
//! Number and colour are checked apart: a colour that does not go with its number may be the very thing that is wrong with the
//! vehicle, so it is kept and shown as a doubt. Deliberately absent: plates of diplomats, armed forces and temporary plates.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::text::{Fault, as_text, normal};

/// The provinces' short names.
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// The number of a plate: seven characters, or eight for new energy, without the dot that is painted after the second.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlateNumber {
    text: Box<str>,
    series: Series,
}

/// Which series of GA 36 a number belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// Seven letters and digits: cars, lorries, buses, motorcycles.
    Ordinary,
    /// Ends in 学: driving school.
    School,
    /// Ends in 警: police.
    Police,
    /// Ends in 港: admitted from Hong Kong.
    HongKong,
    /// Ends in 澳: admitted from Macau.
    Macau,
    /// Ends in 挂: trailer.
    Trailer,
    /// Eight characters, a letter third: small new-energy vehicle.
    NewEnergySmall,
    /// Eight characters, a letter last: large new-energy vehicle.
    NewEnergyLarge,
}

/// The ground of a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlateColour {
    /// 蓝: small vehicles.
    Blue,
    /// 黄: large vehicles, trailers, driving schools, motorcycles.
    Yellow,
    /// 白: police.
    White,
    /// 黑: vehicles from Hong Kong and Macau, foreign-owned vehicles of old.
    Black,
    /// 渐变绿: small new-energy vehicles.
    Green,
    /// 黄绿双拼: large new-energy vehicles.
    YellowGreen,
}

/// A plate as seen: its number and its colour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plate {
    /// Its ground.
    pub colour: PlateColour,
    /// Its number.
    pub number: PlateNumber,
}

impl PlateNumber {
    /// The number, as `浙B12345`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its series.
    pub fn series(&self) -> Series {
        self.series
    }

    /// The colours that GA 36 gives to its series.
    pub fn colours(&self) -> &'static [PlateColour] {
        use PlateColour::{Black, Blue, Green, White, Yellow, YellowGreen};
        match self.series {
            Series::Ordinary => &[Blue, Yellow, Black],
            Series::School | Series::Trailer => &[Yellow],
            Series::Police => &[White],
            Series::HongKong | Series::Macau => &[Black],
            Series::NewEnergySmall => &[Green],
            Series::NewEnergyLarge => &[YellowGreen],
        }
    }
}

impl Plate {
    /// Whether GA 36 gives this colour to this number. If not: look again, and then it is a finding.
    pub fn colour_fits(&self) -> bool {
        self.number.colours().contains(&self.colour)
    }
}

/// A letter that plates use: not I, not O.
fn letter(c: char) -> bool {
    c.is_ascii_uppercase() && !matches!(c, 'I' | 'O')
}

fn letter_or_digit(c: char) -> bool {
    letter(c) || c.is_ascii_digit()
}

/// The letters that mark new energy: A to K without I.
fn energy(c: char) -> bool {
    matches!(c, 'A'..='H' | 'J' | 'K')
}

const PROVINCE: &str = "the short name of a province, such as 浙";
const OFFICE: &str = "a letter other than I and O";
const LETTER_OR_DIGIT: &str = "a digit, or a letter other than I and O";
const LAST: &str = "a digit, a letter other than I and O, or one of 学警港澳挂";
const ENERGY: &str = "a letter from A to K other than I: new energy, small vehicle";
const ENERGY_LAST: &str = "a letter from A to K other than I: new energy, large vehicle";
const DIGIT: &str = "a digit";

/// The test of one character and what it says is expected.
type Place = (fn(char) -> bool, &'static str);

const HEAD: [Place; 2] = [(|c| PROVINCES.contains(c), PROVINCE), (letter, OFFICE)];
const ORDINARY: [Place; 5] = [
    (letter_or_digit, LETTER_OR_DIGIT),
    (letter_or_digit, LETTER_OR_DIGIT),
    (letter_or_digit, LETTER_OR_DIGIT),
    (letter_or_digit, LETTER_OR_DIGIT),
    (|c| letter_or_digit(c) || "学警港澳挂".contains(c), LAST),
];
const fn digit(c: char) -> bool {
    c.is_ascii_digit()
}
const SMALL: [Place; 6] = [(energy, ENERGY), (letter_or_digit, LETTER_OR_DIGIT), (digit, DIGIT), (digit, DIGIT), (digit, DIGIT), (digit, DIGIT)];
const LARGE: [Place; 6] = [(digit, DIGIT), (digit, DIGIT), (digit, DIGIT), (digit, DIGIT), (digit, DIGIT), (energy, ENERGY_LAST)];

/// Checks characters, each with its position in what was given.
fn along(chars: &[(usize, char)], places: &[Place]) -> Result<(), Fault> {
    for (&(position, found), &(fits, expected)) in chars.iter().zip(places) {
        if !fits(found) {
            return Err(Fault::At { position, found, expected });
        }
    }
    Ok(())
}

impl FromStr for PlateNumber {
    type Err = Fault;

    /// Reads a number; lower case, full width, white space around it, and a dot, hyphen or space after the second character are mended.
    fn from_str(text: &str) -> Result<PlateNumber, Fault> {
        let given = normal(text);
        let separator = |c: char| matches!(c, '·' | '•' | '・' | '.' | '-' | ' ');
        let chars: Vec<(usize, char)> = given.iter().enumerate().filter(|&(i, &c)| !(i == 2 && separator(c))).map(|(i, &c)| (i + 1, c)).collect();
        along(&chars, &HEAD)?;
        let rest = chars.get(2..).unwrap_or_default();
        let series = match rest.len() {
            5 => {
                along(rest, &ORDINARY)?;
                match given.last() {
                    Some('学') => Series::School,
                    Some('警') => Series::Police,
                    Some('港') => Series::HongKong,
                    Some('澳') => Series::Macau,
                    Some('挂') => Series::Trailer,
                    _ => Series::Ordinary,
                }
            }
            6 if rest.first().is_some_and(|&(_, c)| c.is_ascii_digit()) => {
                along(rest, &LARGE)?;
                Series::NewEnergyLarge
            }
            6 => {
                along(rest, &SMALL)?;
                Series::NewEnergySmall
            }
            _ => return Err(Fault::Length { found: chars.len(), expected: "7 characters, or 8 for new energy" }),
        };
        Ok(PlateNumber { text: chars.iter().map(|&(_, c)| c).collect(), series })
    }
}

impl fmt::Display for PlateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PlateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

as_text!(PlateNumber => PlateNumber::as_str);

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PlateNumber {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn ga_36_series_are_told_apart() {
        for (text, series) in [
            ("浙B12345", Series::Ordinary),
            ("京A8N6P0", Series::Ordinary),
            ("浙B1234学", Series::School),
            ("浙B1234警", Series::Police),
            ("粤ZF023港", Series::HongKong),
            ("粤ZF023澳", Series::Macau),
            ("浙B1234挂", Series::Trailer),
            ("浙BD12345", Series::NewEnergySmall),
            ("浙BFK2345", Series::NewEnergySmall),
            ("浙B12345D", Series::NewEnergyLarge),
        ] {
            let read = number(text);
            assert_eq!((read.as_str(), read.series()), (text, series));
        }
    }

    #[test]
    fn spelling_is_mended() {
        for text in ["浙b12345", " 浙B·12345 ", "浙Ｂ１２３４５", "浙B-12345", "浙B 12345"] {
            assert_eq!(number(text), number("浙B12345"), "{text}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let at = |text: &str| match text.parse::<PlateNumber>() {
            Err(Fault::At { position, expected, .. }) => (position, expected),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(at("台B12345"), (1, PROVINCE));
        assert_eq!(at("浙O12345"), (2, OFFICE));
        assert_eq!(at("浙B1I345"), (4, LETTER_OR_DIGIT));
        assert_eq!(at("浙B·1I345"), (5, LETTER_OR_DIGIT), "counted in what was given");
        assert_eq!(at("浙B1234领"), (7, LAST));
        assert_eq!(at("浙BL12345"), (3, ENERGY));
        assert_eq!(at("浙BD1234A"), (8, DIGIT));
        assert_eq!(at("浙B123456"), (8, ENERGY_LAST));
        assert_eq!(at("浙B12·345"), (5, DIGIT), "a dot stands after the second character only");
        for (text, found) in [("浙B1234", 6), ("浙B1234567", 9), ("浙", 1), ("", 0)] {
            assert_eq!(text.parse::<PlateNumber>(), Err(Fault::Length { found, expected: "7 characters, or 8 for new energy" }), "{text}");
        }
    }

    #[test]
    fn a_colour_that_does_not_fit_is_kept() {
        let seen = |text: &str, colour| Plate { colour, number: number(text) }.colour_fits();
        assert!(seen("浙B12345", PlateColour::Blue) && seen("浙B12345", PlateColour::Yellow) && seen("浙BD12345", PlateColour::Green));
        assert!(!seen("浙BD12345", PlateColour::Blue) && !seen("浙B12345", PlateColour::Green) && !seen("浙B1234警", PlateColour::Blue));
        let plate = Plate { colour: PlateColour::YellowGreen, number: number("浙B12345") };
        let json = serde_json::to_string(&plate).unwrap();
        assert_eq!(json, r#"{"colour":"yellow_green","number":"浙B12345"}"#);
        assert_eq!(serde_json::from_str::<Plate>(&json).unwrap(), plate);
    }

    #[test]
    fn the_31_provinces_are_there_once() {
        let distinct: std::collections::BTreeSet<char> = PROVINCES.chars().collect();
        assert_eq!((distinct.len(), PROVINCES.chars().count()), (31, 31));
    }
}
