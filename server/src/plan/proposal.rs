//! A proposed visit as it is kept: its matched set never changes, decisions are added one after the other, and what is made of
//! it follows from both.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sync_core::base::{Date, OfficerId, RecordId};
use sync_core::law::policy::VisitKind;
use sync_core::plan::gain::{self, Fate, Refused};
use sync_core::plan::{Gain, Outcome, Proposal, Reason, Risk};

/// A proposed visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The key of the object's family.
    pub object: String,
    /// Its area.
    pub area: String,
    /// First day on which it may lie.
    pub from: Date,
    /// Last such day.
    pub to: Date,
    /// The day; absent if no squad has room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// The squad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub squad: Option<String>,
    /// Minutes after the squad's day begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<u16>,
    /// The organs that take part.
    pub organs: Vec<String>,
    /// The organ that leads.
    pub lead: String,
    /// The highest risk of its entries.
    pub risk: Risk,
    /// Minutes on site.
    pub minutes: u32,
    /// Officers at once.
    pub officers: u8,
    /// The entries that were brought together.
    pub matched: Vec<Matched>,
    /// Why these, why this day, who leads; or why there is no day.
    pub why: Vec<Reason>,
}

/// An entry of the matched set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// Its id in the run.
    pub entry: String,
    /// Its organ.
    pub organ: String,
    /// Its plan.
    pub plan: RecordId,
    /// Its id in the plan.
    pub id: String,
    /// The object that the plan names.
    pub object: RecordId,
    /// Its matters.
    pub matters: Vec<String>,
    /// Why, as the cap distinguishes.
    pub kind: VisitKind,
    /// What it rests on.
    pub basis: String,
}

/// Somebody's word on a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Who.
    pub by: OfficerId,
    /// The organ that speaks; absent for the guidance office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organ: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What.
    pub outcome: Outcome,
}

/// What a decision is called in a list: of the last one.
pub const OPEN: &str = "OPEN";

/// The word of an outcome.
pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accept => "ACCEPT",
        Outcome::Split { .. } => "SPLIT",
        Outcome::CancelItem { .. } => "CANCEL_ITEM",
        Outcome::ConvertToOffsite { .. } => "CONVERT_TO_OFFSITE",
    }
}

impl Line {
    /// The proposal after these decisions.
    pub fn decided(&self, id: &str, decisions: &[Decision]) -> Result<Proposal, Refused> {
        let matched = self.matched.iter().map(|m| gain::Matched { entry: m.entry.clone(), organ: m.organ.clone(), fate: Fate::Merged });
        let mut proposal = Proposal { visit: id.to_owned(), matched: matched.collect(), decisions: Vec::new() };
        decisions.iter().try_for_each(|decision| proposal.decide(decision.outcome.clone()))?;
        Ok(proposal)
    }

    /// The entries that are made together, and those of each organ that splits off.
    pub fn visits(&self, proposal: &Proposal) -> (Vec<&Matched>, Vec<(String, Vec<&Matched>)>) {
        let of = |fate: Fate| {
            let ids: BTreeSet<&str> = proposal.matched.iter().filter(|m| m.fate == fate).map(|m| &*m.entry).collect();
            self.matched.iter().filter(move |m| ids.contains(&*m.entry)).collect::<Vec<_>>()
        };
        let split = of(Fate::Split);
        let organs: BTreeSet<&str> = split.iter().map(|m| &*m.organ).collect();
        let split = organs.into_iter().map(|organ| (organ.to_owned(), split.iter().copied().filter(|m| m.organ == organ).collect())).collect();
        (of(Fate::Merged), split)
    }
}

/// Whether a proposal is accepted: by the guidance office, or by every organ that is left in it.
pub fn accepted(proposal: &Proposal, decisions: &[Decision]) -> bool {
    let by_office = decisions.iter().any(|d| d.outcome == Outcome::Accept && d.organ.is_none());
    let by: BTreeSet<&str> = decisions.iter().filter(|d| d.outcome == Outcome::Accept).filter_map(|d| d.organ.as_deref()).collect();
    let mut left = proposal.matched.iter().filter(|m| m.fate == Fate::Merged).peekable();
    by_office || (left.peek().is_some() && left.all(|m| by.contains(&*m.organ)))
}

/// The figures of all proposals of a run, each with its decisions.
pub fn total<'a>(all: impl Iterator<Item = (&'a Line, &'a [Decision])>) -> Result<Gain, Refused> {
    let proposals = all.map(|(line, decisions)| line.decided("", decisions)).collect::<Result<Vec<_>, _>>()?;
    Ok(gain::total(&proposals))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::base::date::date;

    fn line() -> Line {
        let matched = |entry: &str, organ: &str| Matched {
            entry: entry.into(),
            organ: organ.into(),
            plan: RecordId(1),
            id: entry.into(),
            object: RecordId(2),
            matters: vec!["FR-001".into()],
            kind: VisitKind::Daily,
            basis: "年度检查计划".into(),
        };
        Line {
            object: RecordId(2).to_string(),
            area: "juxian".into(),
            from: date(2026, 1, 5),
            to: date(2026, 1, 9),
            day: None,
            squad: None,
            start: None,
            organs: vec!["fire".into(), "water".into()],
            lead: "fire".into(),
            risk: Risk::Low,
            minutes: 60,
            officers: 2,
            matched: vec![matched("f", "fire"), matched("w", "water")],
            why: Vec::new(),
        }
    }

    fn decision(organ: Option<&str>, outcome: Outcome) -> Decision {
        Decision { at_ms: 1, by: "zhou".parse().unwrap(), organ: organ.map(str::to_owned), reason: String::new(), outcome }
    }

    #[test]
    fn what_is_kept_is_read_as_it_was() {
        let text = serde_json::to_string(&line()).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line());
        let decisions = vec![decision(Some("water"), Outcome::Split { entries: ["w".to_owned()].into(), reason: "条件不同".into() })];
        assert_eq!(serde_json::from_str::<Vec<Decision>>(&serde_json::to_string(&decisions).unwrap()).unwrap(), decisions);
    }

    #[test]
    fn it_is_accepted_by_the_guidance_office_or_by_every_organ_that_is_left() {
        let ok = |decisions: &[Decision]| accepted(&line().decided("", decisions).unwrap(), decisions);
        let split = || decision(Some("water"), Outcome::Split { entries: ["w".to_owned()].into(), reason: "条件不同".into() });
        assert!(ok(&[decision(None, Outcome::Accept)]));
        assert!(!ok(&[decision(Some("fire"), Outcome::Accept)]));
        assert!(ok(&[decision(Some("fire"), Outcome::Accept), split()]), "water has gone its own way");
        assert!(!ok(&[split()]));
    }

    #[test]
    fn an_organ_that_splits_off_has_a_visit_of_its_own() {
        let line = line();
        let decisions = [decision(Some("water"), Outcome::Split { entries: ["w".to_owned()].into(), reason: "条件不同".into() })];
        let proposal = line.decided("", &decisions).unwrap();
        let (together, split) = line.visits(&proposal);
        assert_eq!((together.len(), split.len(), &*split[0].0), (1, 1, "water"));
        assert_eq!(total([(&line, &decisions[..])].into_iter()).unwrap(), Gain { before: 2, after: 2 });
    }
}
