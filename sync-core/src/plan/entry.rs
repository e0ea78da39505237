//! One line of an organ's plan (检查计划条目): what it wants to inspect, where, when and how often.
//!
//! An entry names one object by its resolved key. Deliberately absent: finding duplicates of objects, and entries for
//! re-checks, which follow from an order and are not planned.

use serde::{Deserialize, Serialize};

use super::day::{Day, number};
use crate::base::Date;
use crate::base::ids::is_token;
use crate::catalogue::matter::is_code;
use crate::dated::Flaw;
use crate::law::policy::VisitKind;

/// Most matters of an entry.
pub const MAX_MATTERS: usize = 200;
/// Longest window in days.
pub const MAX_WINDOW: i32 = 3 * 366;
/// Most visits of an entry.
pub const MAX_VISITS: u8 = 52;
/// Most bytes of a basis.
const MAX_BASIS: usize = 500;
const MINUTES: (u16, u16) = (5, 1_440);
const MOST_OFFICERS: u8 = 20;

/// How an inspection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 现场.
    OnSite,
    /// 非现场: needs no visit.
    OffSite,
}

/// How risky a matter at an object is (风险等级).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// 低.
    Low,
    /// 中.
    Medium,
    /// 高.
    High,
}

impl Risk {
    /// The word that stands for it, also the scope of `inspection.cap`.
    pub fn as_str(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        }
    }
}

/// An entry of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id in the plan.
    pub id: String,
    /// The organ that plans it.
    pub organ: String,
    /// Codes of the matters to be inspected.
    pub matters: Vec<String>,
    /// Resolved key of the site or enterprise.
    pub object: String,
    /// Code of the area in which the object lies.
    pub area: String,
    /// First day of the window.
    pub from: Date,
    /// Last day of the window; it belongs to it.
    pub to: Date,
    /// On site or off.
    pub mode: Mode,
    /// How many visits, on as many days.
    pub visits: u8,
    /// The document and article, or the order, that it rests on.
    pub basis: String,
    /// Why, as the cap on visits distinguishes.
    pub kind: VisitKind,
    /// Highest risk of its matters.
    pub risk: Risk,
    /// Minutes on site.
    pub minutes: u16,
    /// Certified officers needed at once.
    pub officers: u8,
}

impl Entry {
    /// Everything that is wrong with it. `least_officers` is the policy `visit.officers` (行政处罚法第四十二条).
    pub fn flaws(&self, least_officers: u8) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for (field, code) in [("id", &self.id), ("organ", &self.organ), ("object", &self.object), ("area", &self.area)] {
            if !is_token(code) {
                flaws.push(Flaw::new(field, "give 1 to 64 letters, digits, '.', '_' or '-'"));
            }
        }
        if self.matters.is_empty() || self.matters.len() > MAX_MATTERS {
            flaws.push(Flaw::new("matters", format!("name 1 to {MAX_MATTERS} matters")));
        }
        for (n, matter) in self.matters.iter().enumerate() {
            if !is_code(matter) {
                flaws.push(Flaw::new(format!("matters.{n}"), "give the code of a matter of the catalogue"));
            } else if self.matters.iter().take(n).any(|before| before == matter) {
                flaws.push(Flaw::new(format!("matters.{n}"), "stands twice; leave it out"));
            }
        }
        if self.to < self.from {
            flaws.push(Flaw::new("to", "the last day lies before the first"));
        } else if number(self.to) - number(self.from) >= MAX_WINDOW {
            flaws.push(Flaw::new("to", format!("the window has {MAX_WINDOW} days or more; plan at most three years")));
        }
        if !(1..=MAX_VISITS).contains(&self.visits) {
            flaws.push(Flaw::new("visits", format!("give 1 to {MAX_VISITS}")));
        }
        if self.basis.trim().is_empty() || self.basis.len() > MAX_BASIS {
            flaws.push(Flaw::new("basis", format!("name in 1 to {MAX_BASIS} bytes what it rests on")));
        }
        if self.kind.repeats_nothing() {
            flaws.push(Flaw::new("kind", "a re-check follows from an order and guidance from an invitation; neither is planned"));
        }
        if !(MINUTES.0..=MINUTES.1).contains(&self.minutes) {
            flaws.push(Flaw::new("minutes", format!("give {} to {}", MINUTES.0, MINUTES.1)));
        }
        if !(least_officers..=MOST_OFFICERS).contains(&self.officers) {
            flaws.push(Flaw::new("officers", format!("give {least_officers} to {MOST_OFFICERS}")));
        }
        flaws
    }

    /// First and last day of its window as numbers.
    pub(super) fn window(&self) -> (Day, Day) {
        (number(self.from), number(self.to))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::date::date;

    /// A sound entry of an organ at an object, on days of January 2026.
    pub(in crate::plan) fn entry(id: &str, organ: &str, object: &str, from: i8, to: i8) -> Entry {
        Entry {
            id: id.into(),
            organ: organ.into(),
            matters: vec!["HC-004".into()],
            object: object.into(),
            area: "juxian".into(),
            from: date(2026, 1, from),
            to: date(2026, 1, to),
            mode: Mode::OnSite,
            visits: 1,
            basis: "年度检查计划".into(),
            kind: VisitKind::Daily,
            risk: Risk::Low,
            minutes: 60,
            officers: 2,
        }
    }

    #[test]
    fn a_flaw_names_its_field() {
        let sound = entry("e1", "fire", "site-1", 5, 9);
        assert_eq!(sound.flaws(2), []);
        let flawed = |change: fn(&mut Entry)| {
            let mut entry = sound.clone();
            change(&mut entry);
            entry.flaws(2).into_iter().map(|flaw| flaw.field).collect::<Vec<_>>()
        };
        assert_eq!(flawed(|e| e.object = "新达工地".into()), ["object"]);
        assert_eq!(flawed(|e| e.matters = vec!["HC-004".into(), "HC-004".into(), "a b".into()]), ["matters.1", "matters.2"]);
        assert_eq!(flawed(|e| e.matters.clear()), ["matters"]);
        assert_eq!(flawed(|e| e.to = date(2026, 1, 4)), ["to"]);
        assert_eq!(flawed(|e| e.to = date(2029, 6, 1)), ["to"]);
        assert_eq!(flawed(|e| e.visits = 0), ["visits"]);
        assert_eq!(flawed(|e| e.kind = VisitKind::Recheck), ["kind"]);
        assert_eq!(flawed(|e| (e.officers, e.minutes) = (1, 0)), ["minutes", "officers"], "行政处罚法第四十二条: two officers");
        assert_eq!(flawed(|e| e.basis = " ".into()), ["basis"]);
    }
}
