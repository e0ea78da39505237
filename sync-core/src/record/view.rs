//! How a record reads. A view decides nothing and loses nothing: every stored candidate can still be shown.

use std::collections::BTreeMap;

use super::act::{StoredSeal, WHOLE};
use super::register::{Candidate, Register};
use super::{Dot, Kind, Policy, Record, Seen, Type, Value, engine_key};
use crate::base::plant::{Bug, planted};

/// A register as its policy reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<'a> {
    /// Never written, or cleared.
    Absent,
    /// One value, or several authors of the same value.
    One(&'a Candidate),
    /// One value stands for several different ones and wants confirming.
    Unconfirmed(&'a Candidate),
    /// Several different values; the first of each, in order of dots.
    Contested(Vec<&'a Candidate>),
}

impl<'a> Reading<'a> {
    /// The value that reads, unless absent or contested.
    pub fn value(&self) -> Option<&'a Value> {
        match self {
            Reading::One(c) | Reading::Unconfirmed(c) => Some(&c.value),
            _ => None,
        }
    }
}

/// Reads a register under a policy. `Severest` without its enumeration reads as `Contest`; use
/// [`Kind`]-aware callers through [`read_field`].
pub fn read(register: &Register, policy: Policy) -> Reading<'_> {
    read_ranked(register, policy, &[])
}

/// Reads a field of a record by its row.
pub fn read_field<'a>(record: &'a Record, kind: &Kind, key: &str) -> Reading<'a> {
    let Some(register) = record.register(key) else { return Reading::Absent };
    match kind.field(key) {
        Some(row) => match row.ty {
            Type::Enum(words) => read_ranked(register, row.policy, words),
            _ => read(register, row.policy),
        },
        None => read(register, Policy::Contest),
    }
}

fn read_ranked<'a>(register: &'a Register, policy: Policy, words: &[&str]) -> Reading<'a> {
    let all = register.candidates();
    let newest = || all.iter().max_by_key(|c| (c.commit, c.dot));
    match policy {
        Policy::Latest => newest().filter(|c| !c.value.is_null()).map_or(Reading::Absent, Reading::One),
        Policy::Present => all.iter().find(|c| !c.value.is_null()).map_or(Reading::Absent, Reading::One),
        Policy::Contest | Policy::Office | Policy::Severest => {
            let mut distinct: Vec<&Candidate> = Vec::new();
            for c in all {
                if !distinct.iter().any(|d| d.value == c.value) {
                    distinct.push(c);
                }
            }
            match (distinct.as_slice(), policy) {
                ([], _) => Reading::Absent,
                ([one], _) if one.value.is_null() => Reading::Absent,
                ([one], _) => Reading::One(one),
                (_, Policy::Severest) if !words.is_empty() => {
                    let rank = |c: &&&Candidate| c.value.as_text().and_then(|t| words.iter().position(|w| *w == t));
                    distinct.iter().max_by_key(rank).map_or(Reading::Absent, |c| Reading::Unconfirmed(c))
                }
                _ => Reading::Contested(distinct),
            }
        }
    }
}

/// The fields of a record that read contested, in order, two seals that disagree among them. No act may rely on them.
pub fn contested_fields<'a>(record: &'a Record, kind: &Kind) -> Vec<&'a str> {
    fields_that(record, kind, |reading| matches!(reading, Reading::Contested(_)))
}

/// The fields that want a human, in order: contested ones, and those whose most severe value waits to be confirmed.
pub fn unsettled_fields<'a>(record: &'a Record, kind: &Kind) -> Vec<&'a str> {
    fields_that(record, kind, |reading| matches!(reading, Reading::Contested(_) | Reading::Unconfirmed(_)))
}

fn fields_that<'a>(record: &'a Record, kind: &Kind, wanted: fn(&Reading<'_>) -> bool) -> Vec<&'a str> {
    record
        .registers()
        .filter(|(_, r)| r.candidates().len() > 1)
        .filter(|(key, r)| match key.strip_prefix('$') {
            Some(_) => key.starts_with(engine_key::SEALS) && seals_disagree(r),
            None => wanted(&read_field(record, kind, key)),
        })
        .map(|(key, _)| key)
        .collect()
}

fn seals_disagree(register: &Register) -> bool {
    let shown: Vec<Option<BTreeMap<Box<str>, Value>>> = register.candidates().iter().map(|c| stored(c).map(|s| s.shown)).collect();
    shown.windows(2).any(|w| w.first() != w.last())
}

fn stored(candidate: &Candidate) -> Option<StoredSeal> {
    serde_json::from_str(candidate.value.as_json()).ok()
}

/// A candidate that a seal does not cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late<'a> {
    /// The field.
    pub field: &'a str,
    /// What was written outside the seal.
    pub candidate: &'a Candidate,
    /// The act whose seal it came too late for.
    pub seal: Dot,
}

/// The writes that came too late for a standing seal, whatever order they arrived in.
///
/// A seal of the whole record speaks for every field; a seal of a part for the fields it showed.
pub fn late_writes(record: &Record) -> Vec<Late<'_>> {
    let mut out = Vec::new();
    for Standing { part, dot: seal_dot, covers, shown } in seals(record) {
        for (field, register) in record.registers().filter(|(k, _)| !k.starts_with('$')) {
            if part != WHOLE && !shown.contains_key(field) {
                continue;
            }
            let late = register.candidates().iter().filter(|c| c.dot != seal_dot && !covers.covers(c.dot));
            out.extend(late.map(|candidate| Late { field, candidate, seal: seal_dot }));
        }
    }
    out
}

/// What was signed for a field: the value of the newest standing seal that showed it.
pub fn sealed_value(record: &Record, field: &str) -> Option<(Dot, Value)> {
    if planted(Bug::LateWriteIntoSeal) {
        return None;
    }
    let mut speaking: Vec<_> = seals(record).into_iter().filter_map(|mut seal| seal.shown.remove(field).map(|v| (seal.dot, v))).collect();
    speaking.sort_by_key(|(dot, _)| *dot);
    speaking.pop()
}

/// A seal that stands.
struct Standing<'a> {
    part: &'a str,
    dot: Dot,
    covers: Seen,
    shown: BTreeMap<Box<str>, Value>,
}

fn seals(record: &Record) -> Vec<Standing<'_>> {
    let mut out = Vec::new();
    for (key, register) in record.with_prefix(engine_key::SEALS) {
        let part = key.strip_prefix(engine_key::SEALS).unwrap_or_default();
        for c in register.candidates() {
            if let Some(seal) = stored(c) {
                out.push(Standing { part, dot: c.dot, covers: seal.covers.into_iter().collect(), shown: seal.shown });
            }
        }
    }
    out
}
