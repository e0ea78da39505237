//! What the engine is told about a kind of record: its fields, its acts, and who gets to see it.
//!
//! A rule of law is a row of one of these tables; the engine walks the rows and knows none of them.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::value::members;
use super::{ActCall, Change, Record, Value, act_names};
use crate::base::ids::is_token;

/// How a register with several candidates reads. Storage never depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Both values stand until someone who has seen both writes again.
    Contest,
    /// The most severe of an ordered enumeration (last is most severe), marked for confirmation.
    Severest,
    /// The candidate with the highest commit number; own pending counts as newest.
    Latest,
    /// Present if any candidate is not null: add wins.
    Present,
    /// Written by the office only.
    Office,
}

/// What a value of a field must look like. Null (cleared) is always allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text of at most this many characters.
    Text(usize),
    /// A token of ASCII letters, digits, `.`, `_`, `-`.
    Token,
    /// An integer within these bounds, both inclusive.
    Int(i64, i64),
    /// True or false.
    Bool,
    /// One of these words, in order of severity where that matters.
    Enum(&'static [&'static str]),
    /// A date `YYYY-MM-DD`.
    Date,
    /// A map with exactly these optional members.
    Map(&'static [(&'static str, Type)]),
    /// A list of at most this many items of one type.
    List(usize, &'static Type),
}

/// Who may write a field or perform an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// An officer on a handheld, or the office.
    Anyone,
    /// An office principal only.
    Office,
}

/// One field, or (key ending in `.*`) one collection of fields that differ in their last parts.
#[derive(Debug, Clone, Copy)]
pub struct FieldRow {
    /// `site.name`, or `answers.*`.
    pub key: &'static str,
    /// What its values look like.
    pub ty: Type,
    /// How it reads when several candidates stand.
    pub policy: Policy,
    /// Who may write it.
    pub writer: Writer,
    /// Label in Chinese.
    pub zh: &'static str,
    /// Label in English.
    pub en: &'static str,
    /// Whether it holds personal data (masked by role; reads are audited).
    pub personal: bool,
}

impl FieldRow {
    /// A field that contests, may be written by anyone and holds nothing personal: the default of every table.
    pub const fn new(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
        FieldRow { key, ty, policy: Policy::Contest, writer: Writer::Anyone, zh, en, personal: false }
    }

    /// The same field, read by another policy; `Office` makes the office its only writer.
    pub const fn read_as(self, policy: Policy) -> FieldRow {
        let writer = if matches!(policy, Policy::Office) { Writer::Office } else { self.writer };
        FieldRow { policy, writer, ..self }
    }

    /// The same field, holding personal data.
    pub const fn personal(self) -> FieldRow {
        FieldRow { personal: true, ..self }
    }
}

/// Whether an act can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Refusable: an unmet guard refuses the act with reasons; the edits stand.
    Request,
    /// It happened: an unmet guard makes it an exception that blocks what follows until confirmed or revoked.
    Deed,
}

/// What a guard looks at: the record with the change's edits in it.
pub struct GuardInput<'a> {
    /// The record after the edits.
    pub record: &'a Record,
    /// Its kind.
    pub kind: &'a Kind,
    /// The change that carries the act.
    pub change: &'a Change<'a>,
    /// The act.
    pub act: &'a ActCall,
}

/// A condition of an act.
pub struct Guard {
    /// Stable code, shown as the reason when the guard fails.
    pub code: &'static str,
    /// Statute article or source.
    pub basis: &'static str,
    /// Whether it holds.
    pub holds: fn(&GuardInput<'_>) -> bool,
}

/// One row of a stage table: from, act, to, guards.
pub struct ActRow {
    /// The act's name.
    pub act: &'static str,
    /// Stages it starts from; empty means any.
    pub from: &'static [&'static str],
    /// Stage it leads to; `None` stays.
    pub to: Option<&'static str>,
    /// Request or deed.
    pub weight: Weight,
    /// Who may perform it.
    pub writer: Writer,
    /// Whether it carries a seal.
    pub seals: bool,
    /// Fields (or prefixes ending in `.`) that must not be contested.
    pub relies_on: &'static [&'static str],
    /// Its conditions.
    pub guards: &'static [Guard],
    /// Statute article or source.
    pub basis: &'static str,
}

/// A bucket of the feed: `o:<officer>`, `u:<unit>`, `r` (reference) or `a:<unit>` (archive).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bucket(pub Box<str>);

impl Bucket {
    /// What concerns one officer: the visits that he takes part in.
    pub fn officer(id: &str) -> Bucket {
        Bucket(format!("o:{id}").into())
    }

    /// What concerns one unit.
    pub fn unit(id: &str) -> Bucket {
        Bucket(format!("u:{id}").into())
    }

    /// What everyone in the district may hold.
    pub fn reference() -> Bucket {
        Bucket("r".into())
    }

    /// What a unit has closed.
    pub fn archive(id: &str) -> Bucket {
        Bucket(format!("a:{id}").into())
    }

    /// Order in which buckets are served: officer, unit, reference, archive.
    pub fn rank(&self) -> u8 {
        match self.0.as_bytes().first() {
            Some(b'o') => 0,
            Some(b'u') => 1,
            Some(b'r') => 2,
            _ => 3,
        }
    }
}

/// How changes of an older field table are read.
pub struct Upcast {
    /// The schema version that this step leads to.
    pub to: u32,
    /// The key as it is called from then on.
    pub key: fn(&str) -> Cow<'_, str>,
    /// The value as it is written from then on, by the new key.
    pub value: fn(&str, Value) -> Value,
}

/// A kind of record.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// Version of its field table.
    pub schema: u32,
    /// Single fields in ascending order of their keys.
    pub fields: &'static [FieldRow],
    /// Collections (`answers.*`) in ascending order of their keys.
    pub groups: &'static [FieldRow],
    /// Its stage table.
    pub acts: &'static [ActRow],
    /// The stage before any act.
    pub initial: &'static str,
    /// The buckets that a record belongs to.
    pub buckets: fn(&Record) -> Vec<Bucket>,
    /// Steps from older field tables, ascending.
    pub upcasts: &'static [Upcast],
}

/// Why a signed change may not apply as it stands. The code is public and stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Reject {
    /// Stable code, see `protocol::codes`.
    pub code: &'static str,
    /// Field, reason and remedy.
    pub detail: String,
}

fn reject<T>(code: &'static str, detail: impl Into<String>) -> Result<T, Reject> {
    Err(Reject { code, detail: detail.into() })
}

/// A reason why an act was refused or excepted: a stable code and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// `stage`, `contested`, `open_exception`, or a guard's code.
    pub code: Box<str>,
    /// The field, stage or dot concerned, if any.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub about: Box<str>,
}

impl Reason {
    /// A reason about something.
    pub fn new(code: &str, about: &str) -> Reason {
        Reason { code: code.into(), about: about.into() }
    }
}

impl Kind {
    /// The row of a field, by its key. No single field lies inside a collection.
    pub fn field(&self, key: &str) -> Option<&'static FieldRow> {
        if let Some((group, rest)) = key.split_once('.')
            && let Ok(i) = self.groups.binary_search_by(|row| row.key.get(..row.key.len().saturating_sub(2)).unwrap_or_default().cmp(group))
        {
            return self.groups.get(i).filter(|_| !rest.is_empty());
        }
        let i = self.fields.binary_search_by(|row| row.key.cmp(key)).ok()?;
        self.fields.get(i)
    }

    /// How a field reads when contested; fields this version does not know contest.
    pub fn policy(&self, key: &str) -> Policy {
        self.field(key).map_or(Policy::Contest, |row| row.policy)
    }

    /// The rows of an act, whatever they start from.
    pub fn act(&self, name: &str) -> impl Iterator<Item = &'static ActRow> {
        let name = name.to_owned();
        self.acts.iter().filter(move |row| row.act == name)
    }

    /// A field of an older schema as it is called and written now.
    pub fn upcast<'k>(&self, schema: u32, key: &'k str, value: &str) -> (Cow<'k, str>, Value) {
        let mut key = Cow::Borrowed(key);
        let mut value = Value::trusted(value);
        for step in self.upcasts.iter().filter(|s| s.to > schema) {
            key = match key {
                Cow::Borrowed(k) => (step.key)(k),
                Cow::Owned(k) => Cow::Owned((step.key)(&k).into_owned()),
            };
            value = (step.value)(&key, value);
        }
        (key, value)
    }

    /// Checks a decoded change against the tables: known fields and act, values of the right type, and
    /// that only the office writes what is the office's. One forbidden edit rejects the whole change.
    pub fn check(&self, change: &Change<'_>) -> Result<(), Reject> {
        let office = change.device.is_office();
        for edit in &change.edits {
            let (key, value) = if change.schema < self.schema {
                let (key, value) = self.upcast(change.schema, edit.field, edit.value);
                (key, Cow::Owned(value.as_json().to_owned()))
            } else {
                (Cow::Borrowed(edit.field), Cow::Borrowed(edit.value))
            };
            let Some(row) = self.field(&key) else {
                return reject("unknown_field", format!("{} has no field {}; update the app, or correct the key", self.name, edit.field));
            };
            if row.writer == Writer::Office && !office {
                return reject("office_only", format!("{} may be written by the office only", edit.field));
            }
            if let Err(why) = row.ty.check(&value) {
                return reject("invalid_value", format!("{}: {why}", edit.field));
            }
        }
        let Some(act) = &change.act else { return Ok(()) };
        let writer = match &*act.name {
            act_names::WAIVE | act_names::CONFIRM | act_names::REVOKE => Some(Writer::Office),
            // It may have no row of its own.
            act_names::REOPEN => Some(self.act(act_names::REOPEN).next().map_or(Writer::Anyone, |row| row.writer)),
            name => self.act(name).next().map(|row| row.writer),
        };
        match writer {
            None => return reject("unknown_act", format!("{} has no act {}", self.name, act.name)),
            Some(Writer::Office) if !office => return reject("office_only", format!("{} is an act of the office", act.name)),
            Some(_) => {}
        }
        act.check().map_err(|detail| Reject { code: "invalid_act", detail })
    }
}

impl Type {
    /// Checks a canonical value; the error says what would be right.
    pub fn check(&self, json: &str) -> Result<(), String> {
        if json == Value::NULL {
            return Ok(());
        }
        match *self {
            Type::Text(max) => match text(json) {
                Some(t) if t.len() <= max || t.chars().count() <= max => Ok(()),
                Some(_) => Err(format!("longer than {max} characters")),
                None => Err("must be text".into()),
            },
            Type::Token => match text(json) {
                Some(t) if is_token(&t) => Ok(()),
                _ => Err("must be 1 to 64 letters, digits, '.', '_' or '-'".into()),
            },
            Type::Int(min, max) => match json.parse::<i64>() {
                Ok(n) if (min..=max).contains(&n) => Ok(()),
                _ => Err(format!("must be an integer from {min} to {max}")),
            },
            Type::Bool => match json {
                "true" | "false" => Ok(()),
                _ => Err("must be true or false".into()),
            },
            Type::Enum(words) => match text(json) {
                Some(t) if words.contains(&&*t) => Ok(()),
                _ => Err(format!("must be one of {}", words.join(", "))),
            },
            Type::Date => match text(json) {
                Some(t) if is_date(&t) => Ok(()),
                _ => Err("must be a date YYYY-MM-DD".into()),
            },
            Type::Map(table) => {
                let mut found = members(json).filter(|m| m.map).ok_or("must be a map")?;
                found.try_for_each(|(name, value)| {
                    let Some((_, ty)) = table.iter().find(|(m, _)| *m == name) else {
                        return Err(format!("has no member {name}"));
                    };
                    ty.check(value).map_err(|why| format!("{name} {why}"))
                })
            }
            Type::List(max, ty) => {
                let found = members(json).filter(|m| !m.map).ok_or("must be a list")?;
                for (n, (_, value)) in found.enumerate() {
                    if n == max {
                        return Err(format!("has more than {max} items"));
                    }
                    ty.check(value)?;
                }
                Ok(())
            }
        }
    }
}

/// The text of a canonical string; borrowed unless it has escapes.
fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(json).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

fn is_date(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| text.get(range).filter(|t| t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse::<u32>().ok());
    let separators = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    match (text.len(), separators, number(0..4), number(5..7), number(8..10)) {
        (10, true, Some(year), Some(month), Some(day)) => {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let days = match month {
                1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
                4 | 6 | 9 | 11 => 30,
                2 if leap => 29,
                2 => 28,
                _ => 0,
            };
            (1..=days).contains(&day)
        }
        _ => false,
    }
}

/// The kinds that a program knows.
#[derive(Clone)]
pub struct Kinds(Vec<&'static Kind>);

impl Kinds {
    /// A registry of these kinds.
    pub fn new(kinds: Vec<&'static Kind>) -> Kinds {
        Kinds(kinds)
    }

    /// The kind of this name.
    pub fn get(&self, name: &str) -> Option<&'static Kind> {
        self.0.iter().copied().find(|k| k.name == name)
    }

    /// All kinds.
    pub fn iter(&self) -> impl Iterator<Item = &'static Kind> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_say_what_would_be_right() {
        let answer = Type::Map(&[("result", Type::Enum(&["ok", "bad"])), ("unit", Type::Text(4))]);
        assert_eq!(answer.check(r#"{"result":"ok","unit":"米"}"#), Ok(()));
        assert_eq!(answer.check(r#"{"result":"maybe"}"#), Err("result must be one of ok, bad".into()));
        assert_eq!(answer.check(r#"{"x":1}"#), Err("has no member x".into()));
        assert_eq!(answer.check("null"), Ok(()));
        assert!(Type::Text(3).check("\"\\n\\n\\n\\n\"").is_err());
        assert!(Type::Int(0, 9).check("10").is_err() && Type::Int(0, 9).check("\"1\"").is_err());
    }

    #[test]
    fn dates_are_real_days() {
        for good in ["2024-02-29", "2026-12-31", "2000-02-29"] {
            assert!(is_date(good), "{good}");
        }
        for bad in ["2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-1-1", "+026-01-01", "2026-01-0１"] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
