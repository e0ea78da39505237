//! What became of a proposal, and the figures: visits before and after coordination.
//!
//! A decision changes what is done, never what was matched: the set of entries that a proposal brought together stays with it,
//! each entry with its fate, for the audit. Keeping visits of one organ and one object apart needs a reason
//! (浙江省综合行政执法条例第十三条), and so does taking an organ's entry out of a joint visit.
//!
//! Deliberately absent: any figure by officer, and any goal for how many visits there should be.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Visit;

/// What is decided about a proposed visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Outcome {
    /// As proposed.
    Accept,
    /// These entries are visited by themselves: one visit for each of their organs.
    Split {
        /// Which.
        entries: BTreeSet<String>,
        /// Why; must say something.
        reason: String,
    },
    /// These entries are given up.
    CancelItem {
        /// Which.
        entries: BTreeSet<String>,
    },
    /// These entries are carried out off site (非现场).
    ConvertToOffsite {
        /// Which.
        entries: BTreeSet<String>,
    },
}

/// What becomes of an entry of the matched set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fate {
    /// Part of the merged visit.
    Merged,
    /// Visited by itself.
    Split,
    /// Given up.
    Cancelled,
    /// Off site.
    OffSite,
}

/// An entry of the matched set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matched {
    /// The entry.
    pub entry: String,
    /// Its organ.
    pub organ: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// A proposal and what was decided about it so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The visit's id.
    pub visit: String,
    /// All that was matched; no decision shortens it.
    pub matched: Vec<Matched>,
    /// Decisions in order, with their reasons.
    pub decisions: Vec<Outcome>,
}

/// Why a decision cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A split without a reason.
    #[error("reason: a split must say why the organs cannot go together")]
    NoReason,
    /// No entry is named.
    #[error("entries: name at least one")]
    NoEntries,
    /// Not of this proposal, or no longer part of the visit.
    #[error("entries: {0} is not part of this visit; name one that is")]
    NotThere(String),
    /// All entries of a visit were to be split off.
    #[error("entries: a split leaves at least one entry in the visit; leave out those that stay")]
    NothingLeft,
}

/// Visits before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Gain {
    /// What the organs would have made by themselves: a visit for each entry and time.
    pub before: usize,
    /// What is made.
    pub after: usize,
}

impl Gain {
    /// Visits saved.
    pub fn saved(&self) -> usize {
        self.before.saturating_sub(self.after)
    }

    /// `1 − after / before` in hundredths of a percent, rounded down; 0 where nothing was before.
    pub fn reduction(&self) -> usize {
        (self.saved() * 10_000).checked_div(self.before).unwrap_or(0)
    }
}

impl Proposal {
    /// The proposal of a visit; `organ` tells whose an entry is.
    pub fn of(visit: &Visit, organ: impl Fn(&str) -> String) -> Proposal {
        let matched = visit.entries.iter().map(|entry| Matched { entry: entry.clone(), organ: organ(entry), fate: Fate::Merged }).collect();
        Proposal { visit: visit.id.clone(), matched, decisions: Vec::new() }
    }

    /// Takes a decision.
    pub fn decide(&mut self, outcome: Outcome) -> Result<(), Refused> {
        let (entries, fate) = match &outcome {
            Outcome::Accept => {
                self.decisions.push(outcome);
                return Ok(());
            }
            Outcome::Split { reason, .. } if reason.trim().is_empty() => return Err(Refused::NoReason),
            Outcome::Split { entries, .. } => (entries, Fate::Split),
            Outcome::CancelItem { entries } => (entries, Fate::Cancelled),
            Outcome::ConvertToOffsite { entries } => (entries, Fate::OffSite),
        };
        let merged: BTreeSet<&String> = self.matched.iter().filter(|matched| matched.fate == Fate::Merged).map(|matched| &matched.entry).collect();
        if entries.is_empty() {
            return Err(Refused::NoEntries);
        }
        if let Some(other) = entries.iter().find(|entry| !merged.contains(entry)) {
            return Err(Refused::NotThere(other.clone()));
        }
        if fate == Fate::Split && entries.len() == merged.len() {
            return Err(Refused::NothingLeft);
        }
        for matched in self.matched.iter_mut().filter(|matched| entries.contains(&matched.entry)) {
            matched.fate = fate;
        }
        self.decisions.push(outcome);
        Ok(())
    }

    /// Visits before and after the decisions: the merged visit if anything of it is left, and one for each organ that split off.
    pub fn gain(&self) -> Gain {
        let of = |fate: Fate| self.matched.iter().filter(move |matched| matched.fate == fate);
        let split: BTreeSet<&String> = of(Fate::Split).map(|matched| &matched.organ).collect();
        Gain { before: self.matched.len(), after: usize::from(of(Fate::Merged).next().is_some()) + split.len() }
    }
}

/// The figures of several proposals.
pub fn total<'a>(proposals: impl IntoIterator<Item = &'a Proposal>) -> Gain {
    proposals.into_iter().map(Proposal::gain).fold(Gain::default(), |sum, gain| Gain { before: sum.before + gain.before, after: sum.after + gain.after })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal() -> Proposal {
        let organs = [("c", "construction"), ("e", "ecology"), ("f1", "fire"), ("f2", "fire")];
        let matched = organs.map(|(entry, organ)| Matched { entry: entry.into(), organ: organ.into(), fate: Fate::Merged });
        Proposal { visit: "s#1".into(), matched: matched.into(), decisions: Vec::new() }
    }

    fn set(entries: &[&str]) -> BTreeSet<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    #[test]
    fn each_outcome_has_its_figures_and_the_matched_set_stays() {
        let decided = |outcome| {
            let mut proposal = proposal();
            proposal.decide(outcome).unwrap();
            assert_eq!((proposal.matched.len(), proposal.decisions.len()), (4, 1));
            (proposal.gain().before, proposal.gain().after)
        };
        assert_eq!(decided(Outcome::Accept), (4, 1));
        assert_eq!(decided(Outcome::Split { entries: set(&["f1", "f2"]), reason: "检查条件不同".into() }), (4, 2), "one organ's entries are one visit");
        assert_eq!(decided(Outcome::Split { entries: set(&["e", "f1"]), reason: "检查条件不同".into() }), (4, 3));
        assert_eq!(decided(Outcome::CancelItem { entries: set(&["c", "e", "f1", "f2"]) }), (4, 0));
        assert_eq!(decided(Outcome::ConvertToOffsite { entries: set(&["c"]) }), (4, 1));
    }

    #[test]
    fn zj_regulation_article_13_a_split_needs_a_reason() {
        let refused = |outcome| proposal().decide(outcome).unwrap_err();
        assert_eq!(refused(Outcome::Split { entries: set(&["e"]), reason: " ".into() }), Refused::NoReason);
        assert_eq!(refused(Outcome::Split { entries: set(&["c", "e", "f1", "f2"]), reason: "x".into() }), Refused::NothingLeft);
        assert_eq!(refused(Outcome::CancelItem { entries: set(&[]) }), Refused::NoEntries);
        assert_eq!(refused(Outcome::CancelItem { entries: set(&["x"]) }), Refused::NotThere("x".into()));
        let mut twice = proposal();
        twice.decide(Outcome::CancelItem { entries: set(&["e"]) }).unwrap();
        assert_eq!(twice.decide(Outcome::ConvertToOffsite { entries: set(&["e"]) }), Err(Refused::NotThere("e".into())));
    }

    #[test]
    fn the_reduction_is_one_minus_after_by_before() {
        assert_eq!(Gain { before: 3, after: 1 }.reduction(), 6_666);
        assert_eq!((Gain::default().reduction(), Gain { before: 2, after: 2 }.reduction()), (0, 0));
        assert_eq!(total([&proposal(), &proposal()]), Gain { before: 8, after: 2 });
        let word = serde_json::to_value(Outcome::ConvertToOffsite { entries: set(&["c"]) }).unwrap();
        assert_eq!(word, serde_json::json!({ "outcome": "CONVERT_TO_OFFSITE", "entries": ["c"] }));
    }
}
