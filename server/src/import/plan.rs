//! What a file would change, worked out against one edition of the book and one state of the roster.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sync_core::base::{Date, Digest};
use sync_core::catalogue::holder::Handover;
use sync_core::catalogue::preview;
use sync_core::dated::{Difference, Edit, Row};
use sync_core::law::policy::certificate_format;

use super::parse::{Reading, What};
use super::people::{Change, People};
use super::report::{Counts, MAX_ERRORS, Report, SHOWN};
use super::roster::Roster;
use super::sheet::{Line, Sheet, read};
use crate::base::problem::Problem;
use crate::base::seal::Sealer;
use crate::law::cross;
use crate::law::live::Edition;
use crate::law::ops::needs_reason;

/// What a file is held against.
pub struct Present<'a> {
    /// The book.
    pub edition: &'a Edition,
    /// The roster.
    pub people: &'a People,
    /// Opens and seals what is personal.
    pub sealer: &'a Sealer,
    /// The day in Asia/Shanghai.
    pub today: Date,
}

/// A file worked out.
pub struct Plan {
    /// What to tell.
    pub report: Report,
    /// What becomes of rows.
    pub differences: Vec<Difference>,
    /// What becomes of people.
    pub changes: Vec<Change>,
}

/// Works a file out. Changes nothing; the same file against the same book and roster on the same day gives the same `plan`.
pub fn work_out(what: What, file: &[u8], present: &Present<'_>) -> Result<Plan, Problem> {
    let sheet = read(file)?;
    let sha256 = Digest::plain(file);
    let (rev, roster) = (present.edition.rev, present.people.digest());
    let plan = Digest::tagged("zhifa.import.v1", &[what.as_str().as_bytes(), b"\0", &sha256.0, &rev.to_be_bytes(), &roster.0, present.today.to_string().as_bytes()]);
    let mut reading = Reading::new(what, &sheet);
    let mut edit = Edit::of(&present.edition.book);
    let (mut changes, mut warnings) = (Vec::new(), Vec::new());
    if reading.errors.is_empty() {
        if let Some(kind) = what.kind() {
            let rows = enter(&mut reading, &mut edit, &sheet, kind);
            cross_check(&mut reading, &edit, &rows, &mut warnings);
        } else {
            let format = certificate_format(&present.edition.book, present.today).map_err(|e| Problem::new("conflict", e.to_string()))?;
            let mut roster = Roster::new(present.people, present.sealer, format.value, present.today);
            for line in &sheet.lines {
                roster.line(&mut reading, &mut edit, line)?;
            }
            (changes, warnings) = (roster.changes, roster.warnings);
        }
    }
    let differences = edit.differences();
    let hands_over = hands_over(&edit, &differences);
    let mut counts = Counts::of(&differences);
    counts.officers_added = changes.iter().filter(|c| matches!(c, Change::Enter { .. })).count();
    counts.officers_changed = changes.len() - counts.officers_added;
    warnings.extend(edit.new_gaps());
    warnings.truncate(SHOWN);
    let mut errors = reading.errors;
    errors.sort_by_key(|error| error.row);
    errors.truncate(MAX_ERRORS);
    let people = changes.iter().map(Change::shown);
    let rows = differences.iter().map(|d| serde_json::to_value(d).unwrap_or(Json::Null));
    let report = Report {
        what: what.as_str(),
        plan,
        sha256: hex::encode(sha256.0),
        rev,
        rows: sheet.lines.len(),
        counts,
        differences: people.chain(rows).take(SHOWN).collect(),
        hands_over,
        errors,
        warnings,
        reason_needed: needs_reason(&differences, present.today),
        applied: false,
    };
    Ok(Plan { report, differences, changes })
}

/// Enters every line that can be read; gives the rows with their lines.
fn enter<'s>(reading: &mut Reading<'s>, edit: &mut Edit<'_>, sheet: &'s Sheet, kind: sync_core::dated::Kind) -> Vec<(&'s Line, Row)> {
    let mut seen: BTreeMap<(Box<str>, Date), usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for line in &sheet.lines {
        let Some(row) = reading.row(line, kind) else { continue };
        if let Some(first) = seen.insert((row.key.clone(), row.valid.from), line.number) {
            reading.error_at(line, "key", format!("row {first} says something of the same thing from the same day; leave one out"));
            continue;
        }
        match edit.enter(&row) {
            Ok(()) => rows.push((line, row)),
            Err(clash) => reading.error_at(line, "from", clash.to_string()),
        }
    }
    rows
}

/// Checks rows against the whole that they would stand in.
fn cross_check(reading: &mut Reading<'_>, edit: &Edit<'_>, rows: &[(&Line, Row)], warnings: &mut Vec<String>) {
    for (line, row) in rows {
        match cross::check(&edit.after, row) {
            Ok(found) => warnings.extend(found.into_iter().take(SHOWN.saturating_sub(warnings.len()))),
            Err(flaw) => reading.error_at(line, &flaw.field, flaw.why),
        }
    }
}

/// What changes hands, seen in the book as it would be: the rows of one file may follow on each other.
fn hands_over(edit: &Edit<'_>, differences: &[Difference]) -> Vec<Handover> {
    let added = differences.iter().filter_map(|d| match d {
        Difference::Added { row } | Difference::Changed { after: row, .. } => Some(row.clone()),
        Difference::Succeeded { .. } | Difference::Withdrawn { .. } => None,
    });
    let mut all = preview(&edit.after, &added.collect::<Vec<_>>());
    all.truncate(SHOWN);
    all
}
