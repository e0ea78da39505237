//! A report in words: proposals with their days and reasons, what has no place, and the figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sync_core::fixtures;
use sync_core::plan::{Language, Placed};

use super::{Failure, Report};

/// The report as text.
pub(super) fn report(report: &Report, language: Language) -> Result<String, Failure> {
    let chinese = language == Language::Chinese;
    let organisation = fixtures::organisation()?;
    let name = |code: &str| {
        let unit = || organisation.units.iter().find(|unit| unit.code == code).map(|unit| unit.name.clone());
        let named = organisation.organ(code).map(|organ| organ.name.clone()).or_else(unit).filter(|_| chinese);
        named.unwrap_or_else(|| risk(code, chinese).unwrap_or(code).to_owned())
    };
    let placed: BTreeMap<usize, &Placed> = report.schedule.placed.iter().map(|placed| (placed.visit, placed)).collect();
    let mut out = String::new();
    for (n, visit) in report.merged.visits.iter().enumerate() {
        let organs = visit.organs.iter().map(|organ| name(organ)).collect::<Vec<_>>().join(if chinese { "、" } else { ", " });
        let joint = match (visit.joint(), chinese) {
            (true, true) => "联合检查",
            (false, true) => "单独检查",
            (true, false) => "joint visit",
            (false, false) => "single visit",
        };
        let day = match placed.get(&n) {
            Some(placed) => {
                let squad = report.squads.get(placed.squad).map(|squad| name(&squad.id)).unwrap_or_default();
                let minutes = if chinese { "分钟后" } else { "minutes into the day" };
                format!("{} {squad} +{} {minutes}", placed.day, placed.start)
            }
            None => if chinese { "未排期" } else { "no place" }.to_owned(),
        };
        writeln!(out, "{} {joint}: {organs}; {} – {}; {day}", visit.id, visit.from, visit.to)?;
        for why in visit.why.iter().chain(placed.get(&n).map(|placed| &placed.why)) {
            writeln!(out, "  - {}", why.text(language, &name))?;
        }
    }
    for unmet in &report.merged.unmet {
        writeln!(out, "! {}: {}", unmet.entry, unmet.why.text(language, &name))?;
    }
    for unplaced in &report.schedule.unplaced {
        let id = report.merged.visits.get(unplaced.visit).map(|visit| &*visit.id).unwrap_or_default();
        writeln!(out, "! {id}: {}", unplaced.why.text(language, &name))?;
    }
    let (gain, percent) = (report.gain, format!("{}.{:02} %", report.reduction / 100, report.reduction % 100));
    let (schedule, unmet) = (&report.schedule, report.merged.unmet.len());
    let figures = if chinese {
        format!(
            "计划条目{}条，未能满足{unmet}条。合并前{}次，合并后{}次（各对象可证明的下限合计{}次），减少{}次，降幅{percent}。\n已排期{}次，未排期{}次，任何排法至少{}次，差距{}次。",
            report.entries,
            gain.before,
            gain.after,
            report.merged.least,
            gain.saved(),
            schedule.placed.len(),
            schedule.unplaced.len(),
            schedule.bound,
            report.gap
        )
    } else {
        format!(
            "{} entries, {unmet} of them not satisfied. Visits before {}, after {} (provable minimum over the objects {}), {} saved, reduction {percent}.\n{} placed, {} without a place, no schedule leaves fewer than {}, gap {}.",
            report.entries,
            gain.before,
            gain.after,
            report.merged.least,
            gain.saved(),
            schedule.placed.len(),
            schedule.unplaced.len(),
            schedule.bound,
            report.gap
        )
    };
    writeln!(out, "{figures}")?;
    Ok(out)
}

/// A word of risk in Chinese.
fn risk(word: &str, chinese: bool) -> Option<&'static str> {
    let words = [("low", "低"), ("medium", "中"), ("high", "高")];
    words.iter().find(|(known, _)| chinese && *known == word).map(|(_, zh)| *zh)
}
