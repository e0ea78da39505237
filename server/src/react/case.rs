//! What the office adds to a case: the days of filing and decision and the case number, flags of what is wrong with it, and the end of
//! opinions that were given on an earlier round.
//!
//! A case is filed once: what is converted, suspended or reopened keeps the day of its first filing (行政处罚法 60).

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::json;
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, UtcMs};
use sync_core::case::finding::Weight;
use sync_core::case::read::View;
use sync_core::case::{self, stage, standing};
use sync_core::dated::Book;
use sync_core::org::{Organ, Unit, in_name_of};
use sync_core::record::{Draft, Record};

use super::{Ground, put};
use crate::case::gate::{self, Edits};
use crate::on;
use crate::schema::{listing, stage_move};
use crate::sync::store::rows::int;
use crate::sync::store::{StoreError, Working};

/// What the office writes itself, and what nothing rests on.
const OWN: &[&str] = &["case_no", "companions", "decided_date", "documents.", "due", "flags.", "notes.", "papers.", "publicity"];

/// What the reaction to a case rests on: everything but what it writes itself.
pub fn basis(record: &Record) -> Digest {
    let mut parts: Vec<Vec<u8>> = vec![record.stage().as_bytes().to_vec()];
    let own = |key: &str| OWN.iter().any(|own| key == *own || (own.ends_with('.') && key.starts_with(own)));
    for (key, register) in record.registers().filter(|(key, _)| !key.starts_with('$') && !own(key)) {
        parts.push(key.as_bytes().to_vec());
        parts.extend(register.candidates().iter().map(|c| c.value.as_json().as_bytes().to_vec()));
    }
    let parts: Vec<&[u8]> = parts.iter().flat_map(|part| [part.as_slice(), b"\n"]).collect();
    Digest::tagged("zhifa.react.case.v1", &parts)
}

/// Everything that a case wants written.
pub fn react(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let moves = moves(store, record)?;
    let mut edits = days(store, record, &moves, &ground.law.book)?;
    edits.extend(outdated(record, &moves));
    // A case that is over is not judged any more; its flags say how it ended.
    if !stage::OVER.contains(&record.stage()) {
        let mut after = record.clone();
        after.preview(&edits);
        let found = gate::judge(store, &after, &ground.law.book)?;
        let standing = gate::flags(record);
        let overridden: BTreeSet<String> = standing_keys(record, "overrides.");
        for finding in found.iter().filter(|f| f.weight == Weight::Block) {
            let key = finding.key();
            if !standing.contains_key(&key) && !overridden.contains(key.trim_start_matches("flags.")) {
                edits.extend(put(record, &key, Some(&gate::flag(finding, store.now.0))));
            }
        }
        edits.extend(gate::stale(record, &found));
        // What has to reach the party with the decision stays on record once it has.
        if [stage::DECIDED, stage::CHANGED].contains(&record.stage()) {
            edits.extend(put(record, "companions", case::together::companions(&View::of(&after), &ground.law.book).as_ref()));
        }
    }
    Ok(if edits.is_empty() { Vec::new() } else { vec![Draft { edits, ..Draft::of(record.id, &record.kind) }] })
}

fn standing_keys(record: &Record, prefix: &str) -> BTreeSet<String> {
    standing(record, prefix).map(|(key, _)| key.to_owned()).collect()
}

/// A move from stage to stage: by which commit, from, to, and when its author's clock showed it.
struct Move {
    commit: i64,
    from: String,
    to: String,
    shown: UtcMs,
}

/// The moves of a case, oldest first.
fn moves(store: &mut Working<'_, '_>, record: &Record) -> Result<Vec<Move>, StoreError> {
    store.flush()?;
    let (district, key) = (store.district, record.id.to_bytes().to_vec());
    let rows: Vec<(i64, String, String, i64)> = on!(store.tx, |c| stage_move::table
        .filter(stage_move::district.eq(district))
        .filter(stage_move::record.eq(&key))
        .order(stage_move::commit_seq)
        .select((stage_move::commit_seq, stage_move::from_stage, stage_move::to_stage, stage_move::shown_ms))
        .load(c))?;
    Ok(rows.into_iter().map(|(commit, from, to, shown)| Move { commit, from, to, shown: UtcMs(shown) }).collect())
}

/// The day of the first filing, never moved; the day of the last decision; and a number once it is filed.
fn days(store: &mut Working<'_, '_>, record: &Record, moves: &[Move], book: &Book) -> Result<Edits, StoreError> {
    let view = View::of(record);
    let mut edits = Edits::new();
    let day = |m: &Move| day_of(m.shown);
    let filed = moves.iter().find(|m| [stage::FILED, stage::FAST_RUNNING].contains(&&*m.to)).and_then(day);
    if let Some(filed) = filed.filter(|_| record.register("filed_date").is_none_or(|r| r.candidates().iter().all(|c| c.value.is_null()))) {
        edits.extend(put(record, "filed_date", Some(&json!(filed.to_string()))));
    }
    let decided = moves.iter().rfind(|m| [stage::DECIDED, stage::NOT_PUNISHED, stage::NO_VIOLATION].contains(&&*m.to)).and_then(day);
    if let Some(decided) = decided {
        edits.extend(put(record, "decided_date", Some(&json!(decided.to_string()))));
    }
    let filed = view.day("filed_date").or(filed);
    if let (Some(filed), None, Some(unit)) = (filed, view.text("case_no"), view.text("unit")) {
        edits.extend(case_no(store, book, &unit, filed)?.and_then(|no| put(record, "case_no", Some(&json!(no)))));
    }
    Ok(edits)
}

/// The next number of an organ in a year: 甬高新综执立字〔2024〕第0001号. An organ without a 代字 is named by its code.
fn case_no(store: &mut Working<'_, '_>, book: &Book, unit: &str, filed: Date) -> Result<Option<String>, StoreError> {
    let Some(unit) = book.get::<Unit>(unit, filed) else { return Ok(None) };
    let prefix = |code: &str| book.get::<Organ>(code, filed).and_then(|organ| organ.prefix).map(String::from);
    let named = in_name_of(book, &unit.organ, filed).and_then(|(code, _)| prefix(&code));
    let prefix = prefix(&unit.organ).or(named).unwrap_or_else(|| unit.organ.to_string());
    let head = format!("{prefix}立字〔{}〕第", filed.year());
    let district = store.district;
    // Four digits, more where they are used up; the longest that there is goes on.
    for digits in [6_usize, 5, 4] {
        let like = format!("{}{}号", head.replace(['%', '_'], "_"), "_".repeat(digits));
        let last: Option<Option<String>> = on!(store.tx, |c| listing::table
            .filter(listing::district.eq(district))
            .filter(listing::kind.eq(case::NAME))
            .filter(listing::code.like(&like))
            .order(listing::code.desc())
            .select(listing::code)
            .first(c)
            .optional())?;
        let last = last.flatten().and_then(|no| no.strip_prefix(&head)?.strip_suffix('号')?.parse::<u32>().ok());
        if let Some(last) = last {
            return Ok(Some(format!("{head}{:04}号", last.saturating_add(1))));
        }
    }
    Ok(Some(format!("{head}0001号")))
}

/// Opinions on acts that can be done again, given before they were last done or before the case was sent back to work: what is done
/// anew is approved anew (`domain.md` §0.3). What was said stays in the ledger.
fn outdated(record: &Record, moves: &[Move]) -> Edits {
    let now = record.stage();
    let rows = |step: &str| case::KIND.act(step).collect::<Vec<_>>();
    let mut edits = Edits::new();
    for (key, register) in record.with_prefix("opinions.") {
        let Some(step) = key.strip_prefix("opinions.").and_then(|rest| rest.split_once('.')).map(|(step, _)| step) else { continue };
        let rows = rows(step);
        let Some(given) = register.candidates().iter().filter(|c| !c.value.is_null()).map(|c| int(c.commit)).max() else { continue };
        if !rows.iter().any(|row| row.from.is_empty() || row.from.contains(&now)) {
            continue;
        }
        let done = |m: &Move| rows.iter().any(|row| row.to == Some(&*m.to) && (row.from.is_empty() || row.from.contains(&&*m.from)));
        let reworked = |m: &Move| m.to == stage::INVESTIGATING && ![stage::FILED, stage::CONVERTED, stage::SUSPENDED].contains(&&*m.from);
        if moves.iter().any(|m| m.commit >= given && (done(m) || reworked(m))) {
            edits.extend(put(record, key, None));
        }
    }
    edits
}
