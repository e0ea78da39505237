//! P: merging and scheduling of a year's plans, 1,250 to 10,000 entries over up to 3,000 objects. Twice the entries should take
//! about twice the time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sync_core::dated::Book;
use sync_core::fixtures;
use sync_core::fixtures::plan::{Year, year_of};
use sync_core::plan::{Gain, Ground, OpenDays, merge, schedule};

use super::Failure;
use super::measure::timed;
use super::report::Row;

/// Sizes with the names of their rows: each has twice the entries of the one before.
const SIZES: [(&str, usize); 4] = [("plan_1250", 1_250), ("plan_2500", 2_500), ("plan_5000", 5_000), ("plan_10000", 10_000)];
/// Objects for the largest.
const OBJECTS: usize = 3_000;
/// Runs of which the quickest counts.
const RUNS: usize = 3;

/// Runs all sizes.
pub fn run() -> Result<Vec<Row>, Failure> {
    let calendar = fixtures::law::calendar()?;
    let (mut rows, mut before) = (Vec::new(), None);
    for (name, entries) in SIZES {
        let year = year_of(1, OBJECTS * entries / 10_000, entries)?;
        let open = OpenDays::of(&calendar, year.days.0, year.days.1, &BTreeSet::new())?;
        let mut row = measured(name, &year, &open)?;
        if let (Some(before), Some(more)) = (before.replace(row.cpu_s_per_1000 * entries as f64), row.more.as_object_mut()) {
            more.insert("times_of_half".into(), json!(row.cpu_s_per_1000 * entries as f64 / before));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn measured(name: &'static str, year: &Year, open: &OpenDays) -> Result<Row, Failure> {
    let book = Book::new();
    let ground = Ground { book: &book, open, past: &[], risks: &BTreeMap::new(), apart: 60, near: 30 };
    let mut best: Option<(f64, f64, Row)> = None;
    for _ in 0..RUNS {
        let (merge_s, merged) = timed(|| merge(&year.entries, &ground));
        let merged = merged?;
        let (schedule_s, scheduled) = timed(|| schedule(&merged.visits, &year.squads, open));
        let gain = Gain { before: merged.before, after: merged.visits.len() };
        let mut row = Row::new(name, year.entries.len());
        let total = merge_s + schedule_s;
        row.cpu_s_per_1000 = total / year.entries.len() as f64 * 1e3;
        row.wall_s = total;
        row.per_s = year.entries.len() as f64 / total;
        row.more = json!({
            "objects": year.entries.iter().map(|entry| &entry.object).collect::<BTreeSet<_>>().len(),
            "merge_s": merge_s, "schedule_s": schedule_s,
            "before": gain.before, "after": gain.after, "least": merged.least, "reduction_percent": gain.reduction() as f64 / 100.0,
            "unmet": merged.unmet.len(), "unplaced": scheduled.unplaced.len(), "bound": scheduled.bound, "gap": scheduled.gap(),
        });
        if best.as_ref().is_none_or(|(merge, schedule, _)| total < merge + schedule) {
            best = Some((merge_s, schedule_s, row));
        }
    }
    best.map(|(.., row)| row).ok_or_else(|| "nothing was measured".into())
}
