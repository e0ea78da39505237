//! What a policy can say: a value of one of a few types, with bounds.
//!
//! Deliberately absent: floats, and expressions. A rule that needs a formula is code with its article, not configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::money::Fen;
use crate::dated::Flaw;
use crate::law::period::Period;

/// A cell of a table: a number (of the column's unit; money in fen) or a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(i64),
    /// A text, a code, or one of the column's choices.
    Word(String),
}

/// A row of a table: one cell for every column, by the column's key.
pub type TableRow = BTreeMap<String, Cell>;

/// A value. As JSON it names its type: `{"integer": 3}`, `{"period": {"count": 5, "unit": "working_days"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// A whole number.
    Integer(i64),
    /// Several whole numbers, in order.
    Integers(Vec<i64>),
    /// A length of time.
    Period(Period),
    /// An amount.
    Money(Fen),
    /// A text.
    Text(String),
    /// One of the choices.
    Choice(String),
    /// Any of the choices, each once.
    Choices(Vec<String>),
    /// Rows; where one is looked for, the first that fits is taken.
    Table(Vec<TableRow>),
}

/// A choice: its code, its label in Chinese and in English.
pub type Label = (&'static str, &'static str, &'static str);

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its key.
    pub key: &'static str,
    /// Label in Chinese.
    pub zh: &'static str,
    /// Label in English.
    pub en: &'static str,
    /// What stands in it.
    pub ty: ColumnType,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// A code of something, or `*` for all.
    Scope,
    /// A whole number within bounds.
    Integer {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
        /// Of what.
        unit: &'static str,
    },
    /// An amount in fen, not negative.
    Money,
    /// One of these.
    Choice(&'static [Label]),
}

/// The type of a policy, with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// A whole number.
    Integer {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
        /// Of what.
        unit: &'static str,
    },
    /// Up to [`MAX_ITEMS`] whole numbers, each once.
    Integers {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
        /// Of what.
        unit: &'static str,
    },
    /// A length of time in any unit.
    Period {
        /// Least count.
        min: u16,
        /// Most.
        max: u16,
    },
    /// An amount.
    Money {
        /// Least.
        min: Fen,
        /// Most.
        max: Fen,
    },
    /// A text.
    Text {
        /// Fewest bytes.
        min: usize,
        /// Most bytes.
        max: usize,
    },
    /// One of these.
    Choice(&'static [Label]),
    /// Any of these.
    Choices(&'static [Label]),
    /// Up to [`MAX_ROWS`] rows of these columns.
    Table(&'static [Column]),
}

/// Most numbers of a list.
pub const MAX_ITEMS: usize = 20;
/// Most rows of a table.
pub const MAX_ROWS: usize = 500;
/// Most bytes of a code in a table.
pub const MAX_SCOPE: usize = 64;

fn flaw<T>(why: impl Into<String>) -> Result<T, Flaw> {
    Err(Flaw::new("value", why))
}

fn within<T: PartialOrd + std::fmt::Display>(value: &T, min: &T, max: &T, unit: &str) -> Result<(), Flaw> {
    if min <= value && value <= max { Ok(()) } else { flaw(format!("{value} is out of bounds; give {min} to {max}{}{unit}", if unit.is_empty() { "" } else { " " })) }
}

fn one_of(labels: &[Label], word: &str) -> Result<(), Flaw> {
    if labels.iter().any(|(code, ..)| *code == word) {
        return Ok(());
    }
    let codes: Vec<&str> = labels.iter().map(|(code, ..)| *code).collect();
    flaw(format!("'{word}' is no choice; give one of {}", codes.join(", ")))
}

fn once<T: Ord>(items: &[T]) -> Result<(), Flaw> {
    let distinct: BTreeSet<&T> = items.iter().collect();
    if distinct.len() == items.len() { Ok(()) } else { flaw("something stands twice; give each once") }
}

impl Type {
    /// What the type is called in [`Setting`]'s JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Type::Integer { .. } => "integer",
            Type::Integers { .. } => "integers",
            Type::Period { .. } => "period",
            Type::Money { .. } => "money",
            Type::Text { .. } => "text",
            Type::Choice(_) => "choice",
            Type::Choices(_) => "choices",
            Type::Table(_) => "table",
        }
    }

    /// Refuses a value of another type or out of bounds, with reason and remedy; the flaw's field is `value` or a path below it.
    pub fn check(&self, setting: &Setting) -> Result<(), Flaw> {
        match (self, setting) {
            (Type::Integer { min, max, unit }, Setting::Integer(n)) => within(n, min, max, unit),
            (Type::Integers { min, max, unit }, Setting::Integers(list)) => {
                within(&list.len(), &1, &MAX_ITEMS, "numbers")?;
                once(list)?;
                list.iter().try_for_each(|n| within(n, min, max, unit))
            }
            (Type::Period { min, max }, Setting::Period(period)) => within(&period.count, min, max, ""),
            (Type::Money { min, max }, Setting::Money(fen)) => within(fen, min, max, "yuan"),
            (Type::Text { min, max }, Setting::Text(text)) => within(&text.len(), min, max, "bytes"),
            (Type::Choice(labels), Setting::Choice(word)) => one_of(labels, word),
            (Type::Choices(labels), Setting::Choices(words)) => {
                once(words)?;
                words.iter().try_for_each(|word| one_of(labels, word))
            }
            (Type::Table(columns), Setting::Table(rows)) => {
                within(&rows.len(), &1, &MAX_ROWS, "rows")?;
                rows.iter().enumerate().try_for_each(|(n, row)| check_row(columns, row).map_err(|f| Flaw::new(format!("value.{n}.{}", f.field), f.why)))
            }
            _ => flaw(format!("is of another type; give {{\"{}\": …}}", self.name())),
        }
    }
}

/// The flaw's field is the column's key.
fn check_row(columns: &[Column], row: &TableRow) -> Result<(), Flaw> {
    if let Some(key) = row.keys().find(|key| !columns.iter().any(|column| column.key == key.as_str())) {
        return Err(Flaw::new(key.as_str(), "is no column of this table; leave it out"));
    }
    for column in columns {
        let at = |f: Flaw| Flaw::new(column.key, f.why);
        match (column.ty, row.get(column.key)) {
            (ColumnType::Scope, Some(Cell::Word(code))) => within(&code.len(), &1, &MAX_SCOPE, "bytes").map_err(at)?,
            (ColumnType::Integer { min, max, unit }, Some(Cell::Number(n))) => within(n, &min, &max, unit).map_err(at)?,
            (ColumnType::Money, Some(Cell::Number(fen))) => within(fen, &0, &i64::MAX, "fen").map_err(at)?,
            (ColumnType::Choice(labels), Some(Cell::Word(word))) => one_of(labels, word).map_err(at)?,
            (ColumnType::Scope | ColumnType::Choice(_), _) => return Err(Flaw::new(column.key, "is missing or no word; give one in quotes")),
            (ColumnType::Integer { .. } | ColumnType::Money, _) => return Err(Flaw::new(column.key, "is missing or no whole number; give one")),
        }
    }
    Ok(())
}

/// Reads a value as the Rust type that stands for a policy's type.
pub trait Typed: Sized {
    /// The value, if the setting is of this type.
    fn of(setting: &Setting) -> Option<Self>;
}

macro_rules! typed {
    ($($rust:ty: $pattern:pat => $value:expr),+ $(,)?) => {$(
        impl Typed for $rust {
            fn of(setting: &Setting) -> Option<Self> {
                match setting {
                    $pattern => Some($value.clone()),
                    _ => None,
                }
            }
        }
    )+};
}

typed! {
    i64: Setting::Integer(n) => n,
    Vec<i64>: Setting::Integers(list) => list,
    Period: Setting::Period(period) => period,
    Fen: Setting::Money(fen) => fen,
    String: Setting::Text(text) | Setting::Choice(text) => text,
    Vec<String>: Setting::Choices(words) => words,
    Vec<TableRow>: Setting::Table(rows) => rows,
}
