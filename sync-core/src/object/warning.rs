//! Warnings of too many visits to one enterprise (多头、重复、高频检查预警; 国办发〔2024〕54号, `domain.md` §12): pure, over the visits
//! to one family of objects.
//!
//! Visits that the enterprise asked for, guidance, and re-checks of orders burden nobody by themselves: they raise neither the
//! first nor the second kind. What counts towards the third, says the cap. Visits are told apart by their ids, so a joint visit of five
//! organs is one. Deliberately absent: officers. A warning is about what an enterprise has to bear, never about who came.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::base::Date;
use crate::law::policy::{Cap, VisitKind};
use crate::law::{Calendar, Period, Side, deadline};
use crate::plan::cap::{Past, standing};

/// Every code with its source, and what it says in Chinese and English.
pub const CODES: &[(&str, &str, &str, &str)] = &[
    ("frequent", "浙政办发〔2025〕5号", "高频检查：已达年度频次上限", "frequent: the cap on an organ's visits of the year is reached"),
    ("multi_head", "国办发〔2024〕54号; 浙江省综合行政执法条例 13", "多头检查：多个机关分别上门", "multi-head: several organs came separately"),
    ("repeated", "国办发〔2024〕54号; 浙江省综合行政执法条例 13", "重复检查：短期内多次上门", "repeated: many visits in a short time"),
];

/// By what visits are judged.
pub struct Rule<'a> {
    /// Visits within a window that are too many: the policy `alert.repeated.visits`.
    pub visits: usize,
    /// Last day of the window that begins on a day: the policy `alert.repeated.window`.
    pub window: &'a dyn Fn(Date) -> Date,
    /// The cap that holds on a day, if one does: the policy `inspection.cap` for the enterprise's area and risk.
    pub cap: &'a dyn Fn(Date) -> Option<Cap>,
}

/// Last day of the window that begins on a day. Where the calendar lacks a year, working days are counted as days: the window
/// is then shorter, never longer.
pub fn last_day(calendar: &Calendar, window: Period, day: Date) -> Date {
    let end = deadline(calendar, window, day, Side::Organ, &[]).ok().and_then(|end| end.deadline());
    end.map_or_else(|| day.saturating_add(jiff::Span::new().days(i32::from(window.count))), |end| end.due)
}

/// A warning, with the visits that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Warning {
    /// A code of [`CODES`].
    pub code: &'static str,
    /// The organ whose cap is reached; absent where several organs together are too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organ: Option<String>,
    /// Day of the first visit.
    pub from: Date,
    /// Day of the last.
    pub to: Date,
    /// The visits, by day and id.
    pub visits: Vec<Visit>,
}

/// A visit that a warning rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Visit {
    /// The day.
    pub day: Date,
    /// Its id.
    pub visit: String,
    /// The organs that took part.
    pub organs: BTreeSet<String>,
}

/// The warnings that visits to one family raise, in order of code and days. Of windows with the same visits, or with some of
/// another's, only the fullest is told.
pub fn warnings(past: &[Past], rule: &Rule<'_>) -> Vec<Warning> {
    let mut out = BTreeSet::new();
    let burdens = |kind: VisitKind| !kind.repeats_nothing() && kind != VisitKind::Appointment;
    let visits = by_visit(past.iter().filter(|p| p.checked_in && burdens(p.kind)));
    for run in fullest(windows(&visits, rule.window)) {
        let organs: BTreeSet<&String> = run.iter().flat_map(|v| &v.organs).collect();
        if run.len() >= 2 && organs.len() >= 2 {
            out.extend(warning("multi_head", None, run.to_vec()));
        }
        if run.len() >= rule.visits.max(2) {
            out.extend(warning("repeated", None, run.to_vec()));
        }
    }
    let mut organs: BTreeMap<&str, Vec<&Past>> = BTreeMap::new();
    for one in past.iter().filter(|p| p.checked_in) {
        organs.entry(&one.organ).or_default().push(one);
    }
    for (organ, past) in organs {
        out.extend(frequent(organ, &past, rule.cap));
    }
    out.into_iter().collect()
}

fn warning(code: &'static str, organ: Option<&str>, visits: Vec<Visit>) -> Option<Warning> {
    let (from, to) = (visits.first()?.day, visits.last()?.day);
    Some(Warning { code, organ: organ.map(str::to_owned), from, to, visits })
}

/// Each visit once, by day and id, with all its organs.
fn by_visit<'a>(past: impl Iterator<Item = &'a Past>) -> Vec<Visit> {
    let mut visits: BTreeMap<(Date, &str), BTreeSet<String>> = BTreeMap::new();
    // A visit that was joined into another may have begun on another day: its first day stands for it.
    let mut first: BTreeMap<&str, Date> = BTreeMap::new();
    let past: Vec<&Past> = past.collect();
    for one in &past {
        let day = first.entry(&one.visit).or_insert(one.day);
        *day = one.day.min(*day);
    }
    for one in past {
        let day = first.get(one.visit.as_str()).copied().unwrap_or(one.day);
        visits.entry((day, &one.visit)).or_default().insert(one.organ.clone());
    }
    visits.into_iter().map(|((day, visit), organs)| Visit { day, visit: visit.to_owned(), organs }).collect()
}

/// The visits within the window that each of them begins.
fn windows<'a>(visits: &'a [Visit], window: &dyn Fn(Date) -> Date) -> Vec<&'a [Visit]> {
    let run = |at: usize| {
        let rest = visits.get(at..).unwrap_or_default();
        let last = rest.first().map(|first| window(first.day));
        rest.get(..rest.partition_point(|v| Some(v.day) <= last)).unwrap_or_default()
    };
    (0..visits.len()).map(run).collect()
}

/// Runs that are no part of the one before: all begin one later, so one that does not end later is a part.
fn fullest(runs: Vec<&[Visit]>) -> Vec<&[Visit]> {
    let mut out: Vec<&[Visit]> = Vec::new();
    for run in runs {
        if out.last().is_none_or(|before| before.last() != run.last()) {
            out.push(run);
        }
    }
    out
}

/// The years in which an organ used up its cap: one for every calendar year, or the fullest twelve months.
fn frequent(organ: &str, past: &[&Past], cap: &dyn Fn(Date) -> Option<Cap>) -> Vec<Warning> {
    let mut runs: Vec<Vec<(Date, String)>> = Vec::new();
    let days: BTreeSet<Date> = past.iter().map(|p| p.day).collect();
    for day in days {
        let Some(cap) = cap(day) else { continue };
        let found = standing(&cap, past.iter().copied(), VisitKind::Daily, day);
        if found.used == 0 || found.used < found.max {
            continue;
        }
        // Twelve months that go on from the ones before hold all of these unless the first has dropped out.
        if runs.last().is_some_and(|before| before.iter().all(|visit| found.counted.contains(visit))) {
            runs.pop();
        }
        if runs.last() != Some(&found.counted) {
            runs.push(found.counted);
        }
    }
    let visit = |(day, visit): (Date, String)| Visit { day, visit, organs: BTreeSet::from([organ.to_owned()]) };
    runs.into_iter().filter_map(|run| warning("frequent", Some(organ), run.into_iter().map(visit).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::law::policy::YearBasis;
    use proptest::prelude::*;

    fn past(visit: &str, organ: &str, day: Date) -> Past {
        Past { visit: visit.into(), organ: organ.into(), object: "firm".into(), day, kind: VisitKind::Daily, checked_in: true }
    }

    fn judged(past: &[Past]) -> Vec<(&'static str, Vec<String>)> {
        judged_by(past, YearBasis::Calendar)
    }

    fn judged_by(past: &[Past], year: YearBasis) -> Vec<(&'static str, Vec<String>)> {
        let cap = move |_| Some(Cap { max: 2, counts: vec![VisitKind::Daily], year });
        let rule = Rule { visits: 3, window: &|day| day.saturating_add(jiff::Span::new().days(30)), cap: &cap };
        warnings(past, &rule).into_iter().map(|w| (w.code, w.visits.into_iter().map(|v| v.visit).collect())).collect()
    }

    fn told(code: &'static str, visits: &[&str]) -> (&'static str, Vec<String>) {
        (code, visits.iter().map(|v| (*v).to_owned()).collect())
    }

    #[test]
    fn organs_that_come_separately_within_the_window_are_several_heads_and_a_joint_visit_is_none() {
        let joint = [past("a", "fire", date(2026, 3, 1)), past("a", "housing", date(2026, 3, 1))];
        assert!(judged(&joint).is_empty());
        let apart = |second| judged(&[past("a", "fire", date(2026, 3, 1)), past("b", "housing", second)]);
        assert_eq!(apart(date(2026, 3, 31)), [told("multi_head", &["a", "b"])]);
        assert!(apart(date(2026, 4, 1)).is_empty(), "the thirty-first day after");
    }

    #[test]
    fn many_visits_in_a_short_time_are_repeated_and_invited_ones_and_rechecks_are_left_out() {
        let visits = |kind| {
            let mut all = [past("a", "fire", date(2026, 3, 1)), past("b", "fire", date(2026, 3, 9)), past("c", "fire", date(2026, 3, 20))];
            all[2].kind = kind;
            judged(&all).into_iter().filter(|w| w.0 == "repeated").collect::<Vec<_>>()
        };
        assert_eq!(visits(VisitKind::Triggered), [told("repeated", &["a", "b", "c"])]);
        assert!([VisitKind::Recheck, VisitKind::Appointment, VisitKind::Guidance].into_iter().all(|kind| visits(kind).is_empty()));
    }

    #[test]
    fn a_cap_that_is_used_up_is_told_once_for_its_organ_and_year() {
        let visits = [past("a", "fire", date(2026, 1, 5)), past("b", "fire", date(2026, 6, 5)), past("c", "fire", date(2026, 11, 5)), past("d", "housing", date(2026, 8, 5))];
        assert_eq!(judged(&visits), [told("frequent", &["a", "b", "c"])]);
        assert!(judged(&visits[..1]).is_empty());
        let over_new_year = [past("a", "fire", date(2026, 11, 5)), past("b", "fire", date(2027, 2, 5)), past("c", "fire", date(2027, 12, 5))];
        assert_eq!(judged(&over_new_year), [told("frequent", &["b", "c"])]);
        assert_eq!(judged_by(&over_new_year, YearBasis::Rolling), [told("frequent", &["a", "b"]), told("frequent", &["b", "c"])]);
    }

    #[test]
    fn what_was_cancelled_before_anybody_came_raises_nothing() {
        let mut visits = [past("a", "fire", date(2026, 3, 1)), past("b", "housing", date(2026, 3, 2))];
        visits[1].checked_in = false;
        assert!(judged(&visits).is_empty());
    }

    #[test]
    fn every_code_is_in_the_table() {
        let codes: Vec<&str> = CODES.iter().map(|row| row.0).collect();
        assert_eq!(codes, ["frequent", "multi_head", "repeated"]);
    }

    proptest! {
        /// Every set of visits within a window that nothing within it could be added to, found by trying all first days.
        #[test]
        fn repeated_windows_are_the_fullest_there_are(days in proptest::collection::btree_set(0i32..200, 0..20)) {
            let day = |n: i32| date(2026, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap();
            let all: Vec<Past> = days.iter().map(|n| past(&format!("v{n:03}"), "fire", day(*n))).collect();
            let found: BTreeSet<Vec<String>> = judged(&all).into_iter().filter(|w| w.0 == "repeated").map(|w| w.1).collect();
            let sets: Vec<Vec<String>> = (-31..200).map(|first| days.iter().filter(|n| (first..=first + 30).contains(*n)).map(|n| format!("v{n:03}")).collect()).collect();
            let fullest = |set: &Vec<String>| set.len() >= 3 && !sets.iter().any(|other| other.len() > set.len() && set.iter().all(|v| other.contains(v)));
            prop_assert_eq!(found, sets.iter().filter(|set| fullest(set)).cloned().collect::<BTreeSet<_>>());
        }
    }
}
