//! The index beside the records says what the records say, and the moves from stage to stage are those of the changes.
//!
//! Every record is rebuilt from its changes (`super::records`); what it contributes is read from that by the functions that write the
//! index, and compared row by row. Deliberately absent: the times of a move as such. They depend on when a change came, which
//! no record tells; that they agree with what the author's clock showed is checked.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use diesel::prelude::*;
use sync_core::base::{RecordId, UtcMs};
use sync_core::law::Calendar;
use sync_core::record::{Dot, Kind, Record};
use sync_core::visit::stage::CHECKED_IN;

use super::finding::{Code, Finding, Findings};
use super::source::PAGE;
use super::{Ground, VerifyError};
use crate::index::deadline::{By, Line as Due, lines as deadlines, nearest};
use crate::index::family::end_of;
use crate::index::held::{HeldDeadline, HeldLine, holder};
use crate::index::write::{BusyLine, CaseLine, Known, Line, Part, RepairLine, began_before, busy_lines, case_lines, known, line, parts_of, repair_line};
use crate::index::{Contribution, contribution};
use crate::law::live::{self, Edition};
use crate::on;
use crate::schema::{case_party, deadline, fact, held_deadline, held_line, listing, number_use, object, object_alias, officer_time, repair, stage_move, visit_part};
use crate::sync::store::rows::{id, int, record_id};

/// A move that the replayed log makes.
pub struct Move {
    /// The commit of its change.
    pub commit: u64,
    /// The change.
    pub dot: Dot,
    /// The stage before.
    pub from: String,
    /// The stage after.
    pub to: String,
    /// What the author's clock showed.
    pub wall: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = stage_move)]
struct StoredMove {
    commit_seq: i64,
    device: i64,
    seq: i64,
    from_stage: String,
    to_stage: String,
    earliest_ms: i64,
    latest_ms: i64,
    shown_ms: i64,
}

/// What goes over all records: objects with what they were joined into and their stored roots, the visits and the cases. Some 100 bytes an
/// object.
#[derive(Default)]
pub struct Check {
    objects: BTreeMap<RecordId, (Option<RecordId>, RecordId)>,
    visits: HashSet<RecordId>,
    cases: HashSet<RecordId>,
    first_move: Option<i64>,
    law: Edition,
    calendar: Calendar,
}

fn missing(found: &mut Findings, record: RecordId, what: &str) {
    found.add(Finding::new(Code::IndexRowMissing, format!("record {record}: the index lacks {what}; run zhifa reindex")).on(record));
}

fn wrong(found: &mut Findings, record: RecordId, what: &str) {
    found.add(Finding::new(Code::IndexRowWrong, format!("record {record}: in the index {what}; run zhifa reindex")).on(record));
}

impl Check {
    /// Begins: moves are noted since there is an index, so those before the first one are not asked for.
    pub fn new(ground: &mut Ground<'_, '_>) -> Result<Check, VerifyError> {
        let district = ground.district;
        let first_move = on!(ground.tx, |c| stage_move::table.filter(stage_move::district.eq(district)).select(diesel::dsl::min(stage_move::commit_seq)).first(c))?;
        let mut law = Edition { rev: live::revision(ground.tx, district).unwrap_or(0), ..Edition::default() };
        // What is wrong with the book itself, the walk over it says.
        for (_, row) in live::rows_since(ground.tx, district, 0).unwrap_or_default() {
            let _ = law.book.insert(row);
        }
        let calendar = Calendar::of(&law.book);
        Ok(Check { first_move, law, calendar, ..Check::default() })
    }

    /// Compares what one record contributes with what stands there.
    pub fn one(&mut self, ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, kind: &Kind, moves: &[Move]) -> Result<(), VerifyError> {
        let now = contribution(truth, kind);
        let key = truth.id.to_bytes().to_vec();
        // What is wrong with a line or a deadline itself is said once, and not again of those who hold it.
        let before = found.added();
        self.lines(ground, found, truth, &now, &key)?;
        self.deadlines(ground, found, truth, now.open, &key)?;
        if found.added() == before {
            held(ground, found, truth, kind, &key)?;
        }
        super::documents::check(ground, found, truth, &key)?;
        super::originals::of_record(ground, found, truth)?;
        let began = self.moves(ground, found, truth, moves, &key)?;
        if now.object.is_some() {
            self.object(ground, found, truth, &now, &key)?;
        }
        if let Some(parts) = &now.parts {
            self.visits.insert(truth.id);
            let district = ground.district;
            let mut due = parts_of(district, truth.id, parts, began.or_else(|| began_before(truth)));
            let mut stored: Vec<Part> =
                on!(ground.tx, |c| visit_part::table.filter(visit_part::district.eq(district)).filter(visit_part::visit.eq(&key)).select(Part::as_select()).load(c))?;
            due.sort();
            stored.sort();
            if due != stored {
                wrong(found, truth.id, "its parts by organ and object are not what the record says: visits are counted wrongly");
            }
        }
        if let Some(entry) = &now.case {
            self.cases.insert(truth.id);
            let district = ground.district;
            let due = case_lines(district, truth.id, &now.stage, entry);
            let mut stored: Vec<CaseLine> =
                on!(ground.tx, |c| case_party::table.filter(case_party::district.eq(district)).filter(case_party::record.eq(&key)).select(CaseLine::as_select()).load(c))?;
            stored.sort();
            if due != stored {
                wrong(found, truth.id, "its lines by party are not what the record says: a second fine would not be seen");
            }
        }
        if let Some(entry) = &now.training
            && !crate::training::index::agrees(ground.tx, ground.district, truth.id, &now.stage, entry)?
        {
            wrong(found, truth.id, "its lines of training are not what the record says: hours or first cases are counted wrongly");
        }
        if !crate::figures::index::agrees(ground.tx, ground.district, truth.id, &now.facts)? {
            wrong(found, truth.id, "its facts are not what the record says: figures count wrongly");
        }
        if let Some(entry) = &now.repair {
            let district = ground.district;
            let due = repair_line(district, truth.id, &now.stage, entry);
            let stored: Option<RepairLine> = on!(ground.tx, |c| repair::table.find((district, &key)).select(RepairLine::as_select()).first(c).optional())?;
            match stored {
                None => missing(found, truth.id, "its line among the repairs"),
                Some(stored) if stored != due => wrong(found, truth.id, "its line among the repairs is not what the record says"),
                Some(_) => {}
            }
        }
        if self.visits.contains(&truth.id) || self.cases.contains(&truth.id) {
            let district = ground.district;
            let mut due = busy_lines(district, truth.id, &now.busy);
            let mut stored: Vec<BusyLine> =
                on!(ground.tx, |c| officer_time::table.filter(officer_time::district.eq(district)).filter(officer_time::record.eq(&key)).select(BusyLine::as_select()).load(c))?;
            due.sort();
            stored.sort();
            if due != stored {
                wrong(found, truth.id, "what its officers did when is not what the record says");
            }
        }
        numbers(ground, found, truth, &now, &key)
    }

    fn lines(&self, ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, now: &Contribution, key: &[u8]) -> Result<(), VerifyError> {
        let district = ground.district;
        let stored: Option<Line> = on!(ground.tx, |c| listing::table.find((district, key)).select(Line::as_select()).first(c).optional())?;
        let Some(stored) = stored else {
            missing(found, truth.id, "its line");
            return Ok(());
        };
        let due = line(district, truth, now);
        // By when something is due of a case is compared with its deadlines.
        let (stored, due) = if now.case.is_some() { (stored.undated(), due.undated()) } else { (stored, due) };
        if stored.changed < 1 || stored.changed > due.changed {
            wrong(found, truth.id, "its line says that it changed at a commit at which it did not");
        }
        // The line last changed at some commit; which, the record as it stands does not tell.
        if stored.since(due.changed) != due {
            wrong(found, truth.id, "its line is not what the record says");
        }
        Ok(())
    }

    /// What is due, as far as it was reckoned by the book as it stands now; what was not, a running server reckons anew.
    fn deadlines(&self, ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, open: bool, key: &[u8]) -> Result<(), VerifyError> {
        let district = ground.district;
        let mut stored: Vec<Due> = on!(ground.tx, |c| deadline::table.filter(deadline::district.eq(district)).filter(deadline::record.eq(key)).select(Due::as_select()).load(c))?;
        stored.sort();
        let due = deadlines(district, truth, &ground.kinds, &By::with(&self.law, &self.calendar));
        if stored.iter().any(|line| line.rev > self.law.rev) {
            wrong(found, truth.id, "a deadline is of a revision that the book has not reached");
        } else if stored.is_empty() && !due.is_empty() {
            missing(found, truth.id, "what is due of it");
        } else if stored.iter().all(|line| line.rev == self.law.rev) && stored != due {
            wrong(found, truth.id, "what is due of it is not what the record and the book say");
        }
        if *truth.kind == *sync_core::case::NAME {
            type Shown = Option<(Option<String>, Option<String>)>;
            let shown: Shown = on!(ground.tx, |c| listing::table.find((district, key)).select((listing::due, listing::awaits)).first(c).optional())?;
            let near = nearest(&stored);
            if shown.is_some_and(|shown| shown != (near.clone(), near.filter(|_| open))) {
                wrong(found, truth.id, "its line shows another day than its nearest deadline");
            }
        }
        Ok(())
    }

    fn object(&mut self, ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, now: &Contribution, key: &[u8]) -> Result<(), VerifyError> {
        let Some((entry, aliases)) = &now.object else { return Ok(()) };
        let district = ground.district;
        type Stored = Option<(Known, Vec<u8>)>;
        let stored: Stored = on!(ground.tx, |c| object::table.find((district, key)).select((Known::as_select(), object::root)).first(c).optional())?;
        self.objects.insert(truth.id, (entry.joined, stored.as_ref().and_then(|(_, root)| record_id(root).ok()).unwrap_or(truth.id)));
        match stored {
            None => missing(found, truth.id, "it as an object"),
            Some((stored, _)) if stored != known(district, truth, entry) => wrong(found, truth.id, "it as an object is not what the record says"),
            Some(_) => {}
        }
        let stored: Vec<(String, String)> = on!(ground.tx, |c| object_alias::table
            .filter(object_alias::district.eq(district))
            .filter(object_alias::record.eq(key))
            .select((object_alias::kind, object_alias::value))
            .load(c))?;
        let due: BTreeSet<(&str, &str)> = aliases.iter().map(|a| (a.kind.as_str(), a.value.as_str())).collect();
        if stored.iter().map(|(kind, value)| (kind.as_str(), value.as_str())).collect::<BTreeSet<_>>() != due {
            wrong(found, truth.id, "the names and numbers under which it is known are not those of the record");
        }
        Ok(())
    }

    /// Compares the moves; gives when and at which commit officers first checked in.
    fn moves(&self, ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, moves: &[Move], key: &[u8]) -> Result<Option<(UtcMs, i64)>, VerifyError> {
        let district = ground.district;
        let stored: Vec<StoredMove> = on!(ground.tx, |c| stage_move::table
            .filter(stage_move::district.eq(district))
            .filter(stage_move::record.eq(key))
            .order(stage_move::commit_seq)
            .select(StoredMove::as_select())
            .load(c))?;
        for due in moves {
            let (commit, dot) = (int(due.commit), due.dot);
            match stored.iter().find(|s| s.commit_seq == commit) {
                None if self.first_move.is_none_or(|first| commit < first) => {}
                None => {
                    let what = format!("record {}: that change {dot} moved it from {} to {} is not noted", truth.id, due.from, due.to);
                    found.add(Finding::new(Code::IndexRowMissing, what).at(dot).on(truth.id));
                }
                Some(s) => {
                    let same = (s.device, s.seq, &*s.from_stage, &*s.to_stage) == (id(dot.device), int(dot.seq), &*due.from, &*due.to);
                    if !same || s.earliest_ms > s.latest_ms || s.shown_ms != due.wall.clamp(s.earliest_ms, s.latest_ms) {
                        let what = format!("record {}: what is noted of the move by change {dot} is not what the change did", truth.id);
                        found.add(Finding::new(Code::IndexRowWrong, what).at(dot).on(truth.id));
                    }
                }
            }
        }
        if let Some(more) = stored.iter().find(|s| moves.iter().all(|due| int(due.commit) != s.commit_seq)) {
            let what = format!("record {}: a move from {} to {} is noted that no change made", truth.id, more.from_stage, more.to_stage);
            found.add(Finding::new(Code::IndexRowWrong, what).on(truth.id));
        }
        Ok(stored.iter().find(|s| s.to_stage == CHECKED_IN).map(|s| (UtcMs(s.shown_ms), s.commit_seq)))
    }

    /// After all records: families, and rows of what no record explains.
    pub fn rest(&self, ground: &mut Ground<'_, '_>, found: &mut Findings, rebuilt: &HashSet<RecordId>) -> Result<(), VerifyError> {
        for (record, (_, root)) in &self.objects {
            let end = end_of(&self.objects, *record);
            if end != *root {
                wrong(found, *record, &format!("it is of the family of {root}, and it was joined into {end}"));
            }
        }
        let district = ground.district;
        macro_rules! strangers {
            ($table:ident . $column:ident, $known:expr) => {{
                let mut after: Vec<u8> = Vec::new();
                loop {
                    let keys: Vec<Vec<u8>> = on!(ground.tx, |c| $table::table
                        .filter($table::district.eq(district))
                        .filter($table::$column.gt(&after))
                        .select($table::$column)
                        .distinct()
                        .order($table::$column)
                        .limit(PAGE)
                        .load(c))?;
                    let Some(last) = keys.last() else { break };
                    after = last.clone();
                    for stranger in keys.iter().filter_map(|k| record_id(k).ok()).filter($known) {
                        wrong(found, stranger, concat!("it has rows in ", stringify!($table), ", and no such record is there"));
                    }
                }
            }};
        }
        strangers!(listing.record, |r| !rebuilt.contains(r));
        strangers!(object.record, |r| !self.objects.contains_key(r));
        strangers!(object_alias.record, |r| !self.objects.contains_key(r));
        strangers!(visit_part.visit, |r| !self.visits.contains(r));
        strangers!(case_party.record, |r| !self.cases.contains(r));
        strangers!(deadline.record, |r| !rebuilt.contains(r));
        strangers!(officer_time.record, |r| !self.cases.contains(r) && !self.visits.contains(r));
        strangers!(stage_move.record, |r| !rebuilt.contains(r));
        strangers!(fact.record, |r| !rebuilt.contains(r));
        strangers!(held_line.record, |r| !rebuilt.contains(r));
        strangers!(held_deadline.record, |r| !rebuilt.contains(r));
        Ok(())
    }
}

/// What stands under the names of its holders is its line and what is due of it.
fn held(ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, kind: &Kind, key: &[u8]) -> Result<(), VerifyError> {
    let district = ground.district;
    let holders: BTreeSet<String> = (kind.buckets)(truth).iter().map(holder).collect();
    let line: Option<Line> = on!(ground.tx, |c| listing::table.find((district, key)).select(Line::as_select()).first(c).optional())?;
    let mut stored: Vec<HeldLine> =
        on!(ground.tx, |c| held_line::table.filter(held_line::district.eq(district)).filter(held_line::record.eq(key)).select(HeldLine::as_select()).load(c))?;
    stored.sort();
    let mut due: Vec<HeldLine> = line.iter().flat_map(|line| holders.iter().map(move |holder| HeldLine::of(line, holder))).collect();
    due.sort();
    if stored != due {
        wrong(found, truth.id, "its line does not stand under the names of those who hold it: a list shows it to the wrong ones, or not as it is");
    }
    let lines: Vec<Due> = on!(ground.tx, |c| deadline::table.filter(deadline::district.eq(district)).filter(deadline::record.eq(key)).select(Due::as_select()).load(c))?;
    let mut stored: Vec<HeldDeadline> =
        on!(ground.tx, |c| held_deadline::table.filter(held_deadline::district.eq(district)).filter(held_deadline::record.eq(key)).select(HeldDeadline::as_select()).load(c))?;
    stored.sort();
    let mut due: Vec<HeldDeadline> = lines.iter().flat_map(|line| holders.iter().map(move |holder| HeldDeadline::of(line, holder))).collect();
    due.sort();
    if stored != due {
        wrong(found, truth.id, "what is due of it does not stand under the names of those who hold it: a board shows it to the wrong ones, or not as it is");
    }
    Ok(())
}

/// Every number that the record names is in the account of its series. There may be more: a number once used stays there.
fn numbers(ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, now: &Contribution, key: &[u8]) -> Result<(), VerifyError> {
    if now.number.is_empty() {
        return Ok(());
    }
    let district = ground.district;
    let stored: Vec<(String, i64, String)> = on!(ground.tx, |c| number_use::table
        .filter(number_use::district.eq(district))
        .filter(number_use::record.eq(key))
        .select((number_use::series, number_use::seq, number_use::number))
        .load(c))?;
    for number in now.number.iter().filter(|n| !stored.contains(n)) {
        missing(found, truth.id, &format!("the number {} that it uses", number.2));
    }
    Ok(())
}
