//! Choice of law: the old clause, unless the new one is lighter (从旧兼从轻, 行政处罚法 art 37; 生态环境法典 art 1057).
//!
//! The law of the act applies; a continuing act counts by the day on which it ended. If that law is no longer in force when
//! the decision is made, and the new one is lighter or does not punish the act any more, the new one applies. What was in
//! force only in between counts for nothing: the article compares two days.
//!
//! Two versions are compared by what may be imposed, by the fine (its upper bound, then its lower), by its bounds after an
//! order to correct, and by when a penalty may follow. Where these point in different ways or cannot be compared, nothing
//! is guessed: an officer chooses, with reasons, and legal review sees both. A result always carries both versions.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;

use super::matter::{Matter, Range, Trigger};
use crate::base::{Date, Validity};
use crate::dated::{Body, Book};

/// When an act was committed, as far as it matters for the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// First day.
    pub start: Date,
    /// Last day; the same for an act of one day.
    pub end: Date,
    /// Whether an order to correct has run out or was refused; `None` while that is not known. It says which bounds of a
    /// fine are compared: those after an order, those without one, or both.
    pub refused: Option<bool>,
}

impl Act {
    /// An act of one day.
    pub fn on(day: Date) -> Act {
        Act { start: day, end: day, refused: None }
    }

    /// A continuing act.
    pub fn during(start: Date, end: Date) -> Act {
        Act { start, end, refused: None }
    }
}

/// A version of a matter with its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its days.
    pub valid: Validity,
    /// What it says.
    pub matter: Matter,
}

/// The outcome of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// One version was in force on both days.
    Unchanged,
    /// The law changed and is not lighter: the law of the act applies.
    Old,
    /// The law changed and is lighter: the law of the decision applies.
    NewIsLighter,
    /// The law of the decision does not punish the act any more: no penalty.
    Decriminalised,
    /// The versions cannot be compared: an officer's reasoned choice is needed.
    Undetermined,
}

/// What the versions differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The kinds of penalty.
    Kinds,
    /// The bounds of the fine.
    Fine,
    /// The bounds after an order to correct.
    Overdue,
    /// When a penalty may follow.
    Trigger,
}

/// How the new version stands to the old one in one aspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The new one is lighter.
    Lighter,
    /// Both are alike.
    Same,
    /// The new one is heavier.
    Heavier,
    /// They cannot be compared, such as a ratio and a fixed sum.
    Incomparable,
}

/// Which law applies, and why. Both versions are always there for legal review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The outcome.
    pub rule: Rule,
    /// The version of the act's last day.
    pub then: Version,
    /// The version of the day of decision; absent if there is none any more.
    pub now: Option<Version>,
    /// The aspects that were compared; empty where there was nothing to compare.
    pub because: Vec<(Aspect, Weight)>,
}

impl Choice {
    /// The version that applies; `None` if nothing is punished any more or an officer has to choose.
    pub fn law(&self) -> Option<&Version> {
        match self.rule {
            Rule::Old | Rule::Unchanged => Some(&self.then),
            Rule::NewIsLighter => self.now.as_ref(),
            Rule::Decriminalised | Rule::Undetermined => None,
        }
    }

    /// The version that does not apply: the one that legal review compares with. `None` if there is no second one, or none was chosen.
    pub fn other(&self) -> Option<&Version> {
        match self.rule {
            Rule::Old => self.now.as_ref(),
            Rule::NewIsLighter | Rule::Decriminalised => Some(&self.then),
            Rule::Unchanged | Rule::Undetermined => None,
        }
    }
}

/// Why there is no law to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NoLaw {
    /// The days are in the wrong order.
    #[error("{field}: the act ends no earlier than it starts, and the decision follows its end; correct the days")]
    Order {
        /// The day that is too early.
        field: &'static str,
    },
    /// No version in force on the act's last day punishes it: what no law forbade cannot be punished.
    #[error("on {day} no law punished this; an act is punished only under the law of its day")]
    NotThen {
        /// The act's last day.
        day: Date,
    },
    /// A version is there that this program cannot read.
    #[error("the version from {from} was written by a later program; update this one")]
    Unreadable {
        /// Its first day.
        from: Date,
    },
}

fn version(book: &Book, matter: &str, day: Date) -> Result<Option<Version>, NoLaw> {
    let Some(row) = book.at(Matter::KIND, matter, day) else { return Ok(None) };
    let matter = row.typed().ok_or(NoLaw::Unreadable { from: row.valid.from })?;
    Ok(Some(Version { valid: row.valid, matter }))
}

/// Chooses the law for an act that is decided on a day.
pub fn choose(book: &Book, matter: &str, act: Act, decision_day: Date) -> Result<Choice, NoLaw> {
    if act.end < act.start {
        return Err(NoLaw::Order { field: "act_end" });
    }
    if decision_day < act.end {
        return Err(NoLaw::Order { field: "decision_day" });
    }
    let then = version(book, matter, act.end)?.filter(|v| v.matter.punishable()).ok_or(NoLaw::NotThen { day: act.end })?;
    let now = version(book, matter, decision_day)?;
    let (rule, because) = match &now {
        Some(now) if now.valid.from == then.valid.from => (Rule::Unchanged, vec![]),
        Some(now) if now.matter.punishable() => {
            let because = compare(&then.matter, &now.matter, act.refused);
            (outcome(&because), because)
        }
        _ => (Rule::Decriminalised, vec![]),
    };
    Ok(Choice { rule, then, now, because })
}

fn outcome(because: &[(Aspect, Weight)]) -> Rule {
    let has = |weight| because.iter().any(|(_, w)| *w == weight);
    match (has(Weight::Incomparable), has(Weight::Lighter), has(Weight::Heavier)) {
        (true, ..) | (_, true, true) => Rule::Undetermined,
        (_, true, false) => Rule::NewIsLighter,
        (_, false, _) => Rule::Old,
    }
}

/// How a new version of a matter stands to the old one, aspect by aspect. `refused` as in [`Act`].
pub fn compare(old: &Matter, new: &Matter, refused: Option<bool>) -> Vec<(Aspect, Weight)> {
    let mut out = vec![(Aspect::Kinds, kinds(old, new))];
    let comparable = match (&old.fine, &new.fine) {
        (Some(a), Some(b)) => (a.shape, &a.unit, &a.base) == (b.shape, &b.unit, &b.base),
        // Where one of them has no fine at all, the kinds say so; where its amounts are not entered, nobody can compare.
        (a, b) => a.is_some() == fined(old) && b.is_some() == fined(new),
    };
    if !comparable {
        out.push((Aspect::Fine, Weight::Incomparable));
    } else if let (Some(a), Some(b)) = (&old.fine, &new.fine) {
        let after = |matter: &Matter, plain: Range| matter.overdue.unwrap_or(plain);
        if refused != Some(true) {
            out.push((Aspect::Fine, ranges(a.range(), b.range())));
        }
        if refused != Some(false) && (old.overdue.is_some() || new.overdue.is_some()) {
            out.push((Aspect::Overdue, ranges(after(old, a.range()), after(new, b.range()))));
        } else if refused == Some(true) {
            out.push((Aspect::Fine, ranges(a.range(), b.range())));
        }
    }
    if refused != Some(true) {
        out.push((Aspect::Trigger, weight(mildness(new.trigger).cmp(&mildness(old.trigger)))));
    }
    out
}

fn fined(matter: &Matter) -> bool {
    matter.kinds.contains(&super::matter::PenaltyKind::Fine)
}

fn weight(new_to_old: Ordering) -> Weight {
    match new_to_old {
        Ordering::Less => Weight::Lighter,
        Ordering::Equal => Weight::Same,
        Ordering::Greater => Weight::Heavier,
    }
}

/// Upper bounds first, then lower ones.
fn ranges(old: Range, new: Range) -> Weight {
    weight((new.max, new.min).cmp(&(old.max, old.min)))
}

/// Fewer kinds are lighter; kinds of which neither list holds the other cannot be compared.
fn kinds(old: &Matter, new: &Matter) -> Weight {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.kinds.iter().collect(), new.kinds.iter().collect());
    match (new.is_subset(&old), old.is_subset(&new)) {
        (true, true) => Weight::Same,
        (true, false) => Weight::Lighter,
        (false, true) => Weight::Heavier,
        (false, false) => Weight::Incomparable,
    }
}

/// How readily a penalty follows: the more must happen first, the milder. Not the same as gravity, hence an aspect of its own.
fn mildness(trigger: Trigger) -> u8 {
    match trigger {
        Trigger::None => 0,
        Trigger::AfterOverdue | Trigger::OnRefusal => 1,
        Trigger::Optional => 2,
        Trigger::Immediate => 3,
    }
}

#[cfg(test)]
mod tests;
