//! What the program knows of a policy: key, labels, type, default, basis, and how sure the basis is.

use serde::Serialize;

use super::setting::{Cell, Column, Label, Setting, TableRow, Type};
use crate::base::money::Fen;
use crate::law::period::Period;

/// How far the default has been checked against its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Against the text of the rule.
    Text,
    /// Against an excerpt, official news or a draft.
    Excerpt,
    /// General knowledge, unchecked: `[K]`.
    General,
    /// Doubtful: `[?]`. The client's legal office has to confirm it.
    Doubtful,
    /// No law says anything; a choice of the house.
    House,
}

impl Mark {
    /// Whether an answer that rests on it has to be shown as doubtful.
    pub const fn doubtful(self) -> bool {
        matches!(self, Mark::General | Mark::Doubtful)
    }
}

/// A cell of a default table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresetCell {
    /// A number.
    N(i64),
    /// A word.
    W(&'static str),
}

/// A default, as a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preset {
    Integer(i64),
    Integers(&'static [i64]),
    Period(Period),
    Money(Fen),
    Text(&'static str),
    Choice(&'static str),
    Choices(&'static [&'static str]),
    Table(&'static [Column], &'static [&'static [PresetCell]]),
}

/// A policy that the program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its key: lower-case words, `_` within a word and `.` between them.
    pub key: &'static str,
    /// Label in Chinese.
    pub zh: &'static str,
    /// Label in English.
    pub en: &'static str,
    /// Its type.
    pub ty: Type,
    /// Statute and article, or where else it comes from.
    pub basis: &'static str,
    /// How sure that is.
    pub mark: Mark,
    /// Its place in `domain.md`.
    pub place: &'static str,
    pub(super) preset: Preset,
}

impl Known {
    const fn new(key: &'static str, zh: &'static str, en: &'static str, ty: Type, preset: Preset) -> Known {
        Known { key, zh, en, ty, basis: "", mark: Mark::Doubtful, place: "", preset }
    }

    pub(super) const fn by(self, basis: &'static str, mark: Mark, place: &'static str) -> Known {
        Known { basis, mark, place, ..self }
    }

    /// The value where no row is in force.
    pub fn default(&self) -> Setting {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let cell = |cell: &PresetCell| match cell {
            PresetCell::N(n) => Cell::Number(*n),
            PresetCell::W(word) => Cell::Word((*word).to_owned()),
        };
        match self.preset {
            Preset::Integer(n) => Setting::Integer(n),
            Preset::Integers(list) => Setting::Integers(list.to_vec()),
            Preset::Period(period) => Setting::Period(period),
            Preset::Money(fen) => Setting::Money(fen),
            Preset::Text(text) => Setting::Text(text.to_owned()),
            Preset::Choice(word) => Setting::Choice(word.to_owned()),
            Preset::Choices(list) => Setting::Choices(words(list)),
            Preset::Table(columns, rows) => {
                let row = |cells: &&[PresetCell]| -> TableRow { columns.iter().map(|c| c.key.to_owned()).zip(cells.iter().map(cell)).collect() };
                Setting::Table(rows.iter().map(row).collect())
            }
        }
    }
}

pub(super) const fn integer(key: &'static str, zh: &'static str, en: &'static str, default: i64, bounds: (i64, i64), unit: &'static str) -> Known {
    Known::new(key, zh, en, Type::Integer { min: bounds.0, max: bounds.1, unit }, Preset::Integer(default))
}

pub(super) const fn integers(key: &'static str, zh: &'static str, en: &'static str, default: &'static [i64], bounds: (i64, i64), unit: &'static str) -> Known {
    Known::new(key, zh, en, Type::Integers { min: bounds.0, max: bounds.1, unit }, Preset::Integers(default))
}

pub(super) const fn period(key: &'static str, zh: &'static str, en: &'static str, default: Period, bounds: (u16, u16)) -> Known {
    Known::new(key, zh, en, Type::Period { min: bounds.0, max: bounds.1 }, Preset::Period(default))
}

/// Default and greatest amount in yuan.
pub(super) const fn money(key: &'static str, zh: &'static str, en: &'static str, default: i64, max: i64) -> Known {
    Known::new(key, zh, en, Type::Money { min: Fen::ZERO, max: Fen(max * 100) }, Preset::Money(Fen(default * 100)))
}

pub(super) const fn text(key: &'static str, zh: &'static str, en: &'static str, default: &'static str, bounds: (usize, usize)) -> Known {
    Known::new(key, zh, en, Type::Text { min: bounds.0, max: bounds.1 }, Preset::Text(default))
}

pub(super) const fn choice(key: &'static str, zh: &'static str, en: &'static str, default: &'static str, of: &'static [Label]) -> Known {
    Known::new(key, zh, en, Type::Choice(of), Preset::Choice(default))
}

pub(super) const fn choices(key: &'static str, zh: &'static str, en: &'static str, default: &'static [&'static str], of: &'static [Label]) -> Known {
    Known::new(key, zh, en, Type::Choices(of), Preset::Choices(default))
}

pub(super) const fn table(key: &'static str, zh: &'static str, en: &'static str, columns: &'static [Column], rows: &'static [&'static [PresetCell]]) -> Known {
    Known::new(key, zh, en, Type::Table(columns), Preset::Table(columns, rows))
}
