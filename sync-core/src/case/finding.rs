//! What is wrong with a case by the book, the day and other cases: the conditions of `domain.md` §5 and §6 that a guard cannot
//! see, since it reads the record alone.
//!
//! One function for the office that acts and for the server when offline work comes in. A block names the acts that it bars; the
//! office writes it into `flags.*`, where the guards find it until a reviewer settles it with a reason. Deliberately absent:
//! refusing what happened, and deciding.

pub mod execution;
pub mod fast;
pub mod gate;
pub mod hearing;
pub mod investigation;
pub mod penalty;
pub mod simple;

use std::collections::BTreeSet;

use serde::Serialize;

use super::read::View;
use crate::base::{Date, RecordId};
use crate::dated::Book;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Shown.
    Warn,
    /// Bars acts as long as it holds, and is no fault: a time that is not over. Never a flag, and nothing to be settled.
    Wait,
    /// Bars acts until it is settled.
    Block,
}

impl Weight {
    /// Its word in `visit::WEIGHTS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Weight::Warn => "warn",
            Weight::Wait => "wait",
            Weight::Block => "block",
        }
    }
}

/// A code: what it weighs, which acts it bars, its source, and what it says in Chinese and English.
pub struct Code {
    /// Stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// The acts that it bars.
    pub bars: &'static [&'static str],
    /// Statute article or source.
    pub basis: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// A code of one of the topics.
    pub code: &'static str,
    /// What it is about, as part of a field key: an officer, a measure, a case.
    pub about: String,
    /// How much it weighs.
    pub weight: Weight,
    /// The acts that it bars.
    pub bars: &'static [&'static str],
    /// Statute article or source.
    pub basis: &'static str,
    /// More, for people.
    pub detail: String,
}

impl Finding {
    /// The key of its flag on a case: `flags.<code>`, and what it is about.
    pub fn key(&self) -> String {
        if self.about.is_empty() { format!("flags.{}", self.code) } else { format!("flags.{}.{}", self.code, self.about) }
    }
}

/// Another case of the same party, of any organ of the district.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The case.
    pub record: RecordId,
    /// Its matter.
    pub matter: String,
    /// The organ in charge.
    pub organ: String,
    /// Its stage.
    pub stage: String,
    /// The day of the act.
    pub act_day: Option<Date>,
    /// The last day of an act that went on.
    pub act_end: Option<Date>,
    /// The day of the decision.
    pub decided: Option<Date>,
    /// The fine that was decided, in fen.
    pub fine_fen: i64,
    /// Whether it punishes: a kind of penalty stands, and no ground of exemption.
    pub punished: bool,
    /// The ground on which nothing was punished, a word of `case::EXEMPTIONS`.
    pub exemption: Option<String>,
    /// The site.
    pub site: Option<RecordId>,
}

/// What officers of the case did elsewhere, so that nobody is in two places at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The officer.
    pub officer: String,
    /// What he did: a case's or visit's record and the key of the entry.
    pub what: String,
    /// Beginning, UTC milliseconds.
    pub from_ms: i64,
    /// End, UTC milliseconds.
    pub until_ms: i64,
}

/// What is known beside the case.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The book.
    pub book: &'a Book,
    /// The area of the act; the district's own if the case names none.
    pub area: &'a str,
    /// The organ of the unit in charge.
    pub organ: Option<&'a str>,
    /// Today.
    pub today: Date,
    /// Other cases of the same party.
    pub others: &'a [Other],
    /// What its officers did elsewhere at the time of its inquiries and measures.
    pub elsewhere: &'a [Elsewhere],
}

/// A topic: its codes, and what it finds.
pub struct Topic {
    /// Every code that it can give.
    pub codes: &'static [Code],
    /// Looks at a case.
    pub look: fn(&View<'_>, &Facts<'_>, &mut Found),
}

/// What was found so far.
pub struct Found {
    codes: &'static [Code],
    out: BTreeSet<Finding>,
}

impl Found {
    /// Adds a finding of the topic at work. A code that the topic does not list is a fault that its test finds.
    pub fn add(&mut self, code: &'static str, about: impl Into<String>, detail: impl Into<String>) {
        let row = self.codes.iter().find(|row| row.code == code);
        debug_assert!(row.is_some(), "{code} is not listed");
        if let Some(Code { weight, bars, basis, .. }) = row {
            self.out.insert(Finding { code, about: about.into(), weight: *weight, bars, basis, detail: detail.into() });
        }
    }
}

/// The topics, in the order of `domain.md`.
pub static TOPICS: &[Topic] = &[gate::TOPIC, simple::TOPIC, penalty::TOPIC, fast::TOPIC, investigation::TOPIC, hearing::TOPIC, execution::TOPIC];

/// Everything that is wrong with a case, in order of code.
pub fn findings(view: &View<'_>, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Found { codes: &[], out: BTreeSet::new() };
    for topic in TOPICS {
        found.codes = topic.codes;
        (topic.look)(view, facts, &mut found);
    }
    found.out.into_iter().collect()
}
