//! Records and feed, rebuilt from nothing but the applied changes in the order of their commits.
//!
//! One record is in memory at a time, with its changes. What a guard or a policy decides is decided by the tables of
//! this program: a database written under other tables than these must be checked by the program that wrote it last.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::base::pack::unpack;
use sync_core::protocol::Disposition;
use sync_core::record::{Applied, Bucket, Change, Context, Dot, Exception, Kind, MAX_CHANGE_BYTES, Record, act_names, apply, unsettled_fields};

use super::finding::{Code, Finding, Findings};
use super::ledger::Ledger;
use super::source::PAGE;
use super::{Figures, Ground, VerifyError, index};
use crate::on;
use crate::schema::{bucket_head, feed, head, ledger, record, waived};
use crate::sync::store::rows::{StoredFeed, device_id, int, nat, record_id};

/// Most bytes of an inflated record.
const MAX_STATE: usize = 64 << 20;

#[derive(Queryable, Selectable)]
#[diesel(table_name = ledger)]
struct Row {
    bytes: Vec<u8>,
    leaf: i64,
    disposition: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
struct StoredRecord {
    kind: String,
    state: Vec<u8>,
    commit_seq: i64,
    sum: i64,
    contested: i64,
    exceptions: i64,
}

/// What goes over all records.
struct Rebuild<'a, 't, 'c> {
    ground: &'a mut Ground<'t, 'c>,
    found: &'a mut Findings,
    figures: &'a mut Figures,
    rebuilt: HashSet<RecordId>,
    sums: HashMap<Bucket, u64>,
    waived: BTreeSet<Dot>,
    index: index::Check,
}

/// Rebuilds every record and compares it with what is stored, fed and indexed.
pub fn check(ground: &mut Ground<'_, '_>, ledger: &Ledger, figures: &mut Figures, found: &mut Findings) -> Result<(), VerifyError> {
    let index = index::Check::new(ground)?;
    let mut rebuild = Rebuild { ground, found, figures, rebuilt: HashSet::new(), sums: HashMap::new(), waived: BTreeSet::new(), index };
    let mut after: Vec<u8> = Vec::new();
    loop {
        let district = rebuild.ground.district;
        let keys: Vec<Option<Vec<u8>>> = on!(rebuild.ground.tx, |c| ledger::table
            .filter(ledger::district.eq(district))
            .filter(ledger::record.gt(&after))
            .select(ledger::record)
            .distinct()
            .order(ledger::record)
            .limit(PAGE)
            .load(c))?;
        let Some(last) = keys.last().cloned().flatten() else { break };
        after = last;
        for key in keys.iter().flatten() {
            match record_id(key) {
                Ok(id) => rebuild.one(id, key)?,
                Err(_) => rebuild.found.add(Finding::new(Code::LedgerRowWrong, "a row of the ledger names a record whose id is not sixteen bytes")),
            }
        }
    }
    rebuild.unexplained()?;
    rebuild.index.rest(rebuild.ground, rebuild.found, &rebuild.rebuilt)?;
    rebuild.buckets()?;
    rebuild.waivers(ledger)
}

impl Rebuild<'_, '_, '_> {
    /// The applied changes of a record: commit and bytes, by commit.
    fn applied(&mut self, key: &[u8]) -> Result<BTreeMap<u64, Vec<u8>>, VerifyError> {
        let district = self.ground.district;
        let mut applied = BTreeMap::new();
        let mut at = -1;
        loop {
            let rows: Vec<Row> = on!(self.ground.tx, |c| ledger::table
                .filter(ledger::district.eq(district))
                .filter(ledger::record.eq(key))
                .filter(ledger::leaf.gt(at))
                .order(ledger::leaf)
                .limit(PAGE)
                .select(Row::as_select())
                .load(c))?;
            let Some(last) = rows.last() else { return Ok(applied) };
            at = last.leaf;
            for row in rows {
                let commit = match serde_json::from_str(&row.disposition) {
                    Ok(Disposition::Applied { commit, .. }) => commit,
                    _ => continue,
                };
                // What cannot be read has been named by the walk over the ledger.
                if let Ok(bytes) = unpack(&row.bytes, MAX_CHANGE_BYTES) {
                    applied.insert(commit, bytes);
                }
            }
        }
    }

    fn one(&mut self, id: RecordId, key: &[u8]) -> Result<(), VerifyError> {
        let applied = self.applied(key)?;
        let changes: Vec<(u64, Change<'_>)> = applied.iter().filter_map(|(commit, bytes)| Change::decode(bytes).ok().map(|c| (*commit, c))).collect();
        let Some(kind) = changes.first().and_then(|(_, c)| self.ground.kinds.get(c.kind)) else { return Ok(()) };
        self.rebuilt.insert(id);
        let mut truth = Record::new(id, kind.name, kind.initial);
        let mut ever: BTreeSet<String> = BTreeSet::new();
        let (mut sound, mut moves) = (true, Vec::new());
        for (commit, change) in &changes {
            let before = truth.stage().to_owned();
            let context = Context { commit: *commit, lenient: false };
            if let Applied::Parked(missing) = apply(&mut truth, kind, change, context) {
                let names = missing.iter().map(Dot::to_string).collect::<Vec<_>>().join(", ");
                let why = format!("change {} was applied to record {id}, and what it depends on was not applied before it: {names}", change.dot());
                self.found.add(Finding::new(Code::CauseMissing, why).at(change.dot()).on(id));
                sound = false;
                apply(&mut truth, kind, change, Context { lenient: true, ..context });
            }
            if before != truth.stage() {
                moves.push(index::Move { commit: *commit, dot: change.dot(), from: before, to: truth.stage().to_owned(), wall: change.time.wall });
            }
            if let Some(act) = change.act.as_ref().filter(|a| &*a.name == act_names::WAIVE) {
                self.waived.extend(act.dot);
            }
            ever.extend(unsettled_fields(&truth, kind).into_iter().map(str::to_owned));
        }
        let standing = unsettled_fields(&truth, kind);
        self.figures.contested += ever.len() as u64;
        self.figures.resolved += ever.iter().filter(|f| !standing.contains(&f.as_str())).count() as u64;
        let changes: Vec<Change<'_>> = changes.into_iter().map(|(_, c)| c).collect();
        self.compare(&truth, kind, &changes, sound, key)?;
        if sound {
            self.index.one(self.ground, self.found, &truth, kind, &moves)?;
        }
        self.feed(&truth, kind, key)
    }

    /// The record as stored, against the record as it follows from the log.
    fn compare(&mut self, truth: &Record, kind: &'static Kind, changes: &[Change<'_>], sound: bool, key: &[u8]) -> Result<(), VerifyError> {
        let (district, id) = (self.ground.district, truth.id);
        let row: Option<StoredRecord> = on!(self.ground.tx, |c| record::table.find((district, key)).select(StoredRecord::as_select()).first(c).optional())?;
        let Some(row) = row else {
            self.found.add(Finding::new(Code::RecordMissing, format!("record {id}: {} changes were applied to it, and it is not there", changes.len())).on(id));
            return Ok(());
        };
        let read = unpack(&row.state, MAX_STATE).ok().and_then(|state| Record::from_state(id, &state, &self.ground.kinds).ok());
        let Some(stored) = read else {
            self.found.add(Finding::new(Code::RecordUnreadable, format!("record {id}: its stored state cannot be read; it can be rebuilt from its changes")).on(id));
            return Ok(());
        };
        self.values(&stored, kind, changes);
        if !sound {
            return Ok(());
        }
        let contested = unsettled_fields(truth, kind).len() as u64;
        let exceptions = Exception::open(truth).len() as u64;
        for (same, what) in [
            (stored.kind == truth.kind && *row.kind == *truth.kind, "kind"),
            (stored.stage() == truth.stage(), "stage"),
            (stored.seen() == truth.seen(), "seen"),
            (stored.commit() == truth.commit() && row.commit_seq == int(truth.commit()), "commit number"),
            (stored.checksum() == truth.checksum() && row.sum == truth.checksum().cast_signed(), "checksum"),
            (row.contested == int(contested), "number of contested fields"),
            (row.exceptions == int(exceptions), "number of open exceptions"),
        ] {
            if !same {
                self.found.add(Finding::new(Code::RecordAltered, format!("record {id}: its {what} is not what its changes give")).on(id));
            }
        }
        for field in differing(&stored, truth) {
            self.found.add(Finding::new(Code::RecordAltered, format!("record {id}: field {field} is not what its changes give")).on(id).field(&field));
        }
        Ok(())
    }

    /// Every value that was written stands as it was written, or a change says that it replaced it.
    fn values(&mut self, stored: &Record, kind: &Kind, changes: &[Change<'_>]) {
        let id = stored.id;
        let mut replaced: HashSet<(String, Dot)> = HashSet::new();
        for change in changes {
            for edit in &change.edits {
                let (field, _) = kind.upcast(change.schema, edit.field, edit.value);
                replaced.extend(edit.replaces.iter().map(|dot| (field.to_string(), *dot)));
            }
        }
        for change in changes {
            let dot = change.dot();
            for edit in &change.edits {
                let (field, value) = kind.upcast(change.schema, edit.field, edit.value);
                let standing = stored.register(&field).and_then(|r| r.candidates().iter().find(|c| c.dot == dot));
                let finding = match standing {
                    Some(candidate) if candidate.value == value => continue,
                    Some(_) => Finding::new(Code::ValueAltered, format!("record {id}: field {field} does not hold what change {dot} wrote")),
                    None if replaced.contains(&(field.to_string(), dot)) => continue,
                    None => Finding::new(Code::ValueVanished, format!("record {id}: what change {dot} wrote to {field} does not stand, and no change says that it replaced it")),
                };
                self.found.add(finding.at(dot).on(id).field(&field));
            }
        }
    }

    /// The buckets that the record belongs to, against its rows in the feed.
    fn feed(&mut self, truth: &Record, kind: &Kind, key: &[u8]) -> Result<(), VerifyError> {
        let (district, id) = (self.ground.district, truth.id);
        let due: BTreeSet<Bucket> = (kind.buckets)(truth).into_iter().collect();
        for bucket in &due {
            let sum = self.sums.entry(bucket.clone()).or_default();
            *sum = sum.wrapping_add(truth.checksum());
        }
        let rows: Vec<StoredFeed> = on!(self.ground.tx, |c| feed::table.filter(feed::district.eq(district)).filter(feed::record.eq(key)).select(StoredFeed::as_select()).load(c))?;
        let present: BTreeSet<Bucket> = rows.iter().filter(|r| !r.has_left).map(|r| Bucket(r.bucket.as_str().into())).collect();
        for bucket in due.difference(&present) {
            self.found
                .add(Finding::new(Code::FeedRowMissing, format!("record {id} belongs in bucket {}, and the feed does not have it there: replicas will miss it", bucket.0)).on(id));
        }
        for bucket in present.difference(&due) {
            self.found.add(Finding::new(Code::FeedRowWrong, format!("record {id} does not belong in bucket {}, and the feed has it there", bucket.0)).on(id));
        }
        for row in rows.iter().filter(|r| !r.has_left && due.contains(&Bucket(r.bucket.as_str().into()))) {
            if nat(row.last) < truth.commit() || row.entered > row.last {
                let why = format!("record {id} in bucket {}: entered at {}, last changed at {}, and its last commit is {}", row.bucket, row.entered, row.last, truth.commit());
                self.found.add(Finding::new(Code::FeedRowWrong, why).on(id));
            }
        }
        Ok(())
    }

    /// Records without a log, and rows of the feed without a record.
    fn unexplained(&mut self) -> Result<(), VerifyError> {
        let district = self.ground.district;
        let mut after: Vec<u8> = Vec::new();
        loop {
            let keys: Vec<Vec<u8>> = on!(self.ground.tx, |c| record::table
                .filter(record::district.eq(district))
                .filter(record::id.gt(&after))
                .select(record::id)
                .order(record::id)
                .limit(PAGE)
                .load(c))?;
            let Some(last) = keys.last() else { break };
            after = last.clone();
            for id in keys.iter().filter_map(|k| record_id(k).ok()).filter(|id| !self.rebuilt.contains(id)) {
                self.found.add(Finding::new(Code::RecordUnexplained, format!("record {id} is there, and no applied change explains it")).on(id));
            }
        }
        Ok(())
    }

    /// Sums and heads of the buckets.
    fn buckets(&mut self) -> Result<(), VerifyError> {
        let district = self.ground.district;
        let commit: i64 = on!(self.ground.tx, |c| head::table.find(district).select(head::commit_seq).first(c))?;
        let rows: Vec<(String, i64, i64)> =
            on!(self.ground.tx, |c| bucket_head::table.filter(bucket_head::district.eq(district)).select((bucket_head::bucket, bucket_head::last, bucket_head::sum)).load(c))?;
        let mut heads: BTreeMap<Bucket, (i64, u64)> = rows.into_iter().map(|(b, last, sum)| (Bucket(b.into()), (last, sum.cast_unsigned()))).collect();
        for bucket in self.sums.keys() {
            heads.entry(bucket.clone()).or_default();
        }
        for (bucket, (last, sum)) in heads {
            let truth = self.sums.get(&bucket).copied().unwrap_or(0);
            if sum != truth {
                self.found.add(Finding::new(Code::BucketSumWrong, format!("the checksum of bucket {} is not the sum over its records", bucket.0)));
            }
            let newest: Option<i64> =
                on!(self.ground.tx, |c| feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq(&*bucket.0)).select(diesel::dsl::max(feed::last)).first(c))?;
            if newest.unwrap_or(0) > last || last > commit {
                let why = format!("the head of bucket {} is at {last}; its newest row is at {}, the district at {commit}", bucket.0, newest.unwrap_or(0));
                self.found.add(Finding::new(Code::BucketHeadWrong, why));
            }
        }
        self.orphans()
    }

    /// Rows of the feed of records that no change explains.
    fn orphans(&mut self) -> Result<(), VerifyError> {
        let district = self.ground.district;
        let mut after: Vec<u8> = Vec::new();
        loop {
            let keys: Vec<Vec<u8>> = on!(self.ground.tx, |c| feed::table
                .filter(feed::district.eq(district))
                .filter(feed::record.gt(&after))
                .select(feed::record)
                .distinct()
                .order(feed::record)
                .limit(PAGE)
                .load(c))?;
            let Some(last) = keys.last() else { return Ok(()) };
            after = last.clone();
            for id in keys.iter().filter_map(|k| record_id(k).ok()).filter(|id| !self.rebuilt.contains(id)) {
                self.found.add(Finding::new(Code::FeedRowWrong, format!("the feed names record {id}, which no applied change explains")).on(id));
            }
        }
    }

    /// Waived dots have their office change, and nothing else was dismissed as waived.
    fn waivers(&mut self, ledger: &Ledger) -> Result<(), VerifyError> {
        let district = self.ground.district;
        let rows: Vec<(i64, i64)> = on!(self.ground.tx, |c| waived::table.filter(waived::district.eq(district)).select((waived::device, waived::seq)).load(c))?;
        let stored: BTreeSet<Dot> = rows.into_iter().map(|(d, s)| Dot::new(device_id(d), nat(s))).collect();
        for dot in stored.difference(&self.waived) {
            self.found.add(Finding::new(Code::WaiverWrong, format!("{dot} counts as waived, and no reviewer's change says so")).at(*dot));
        }
        for dot in self.waived.difference(&stored) {
            self.found.add(Finding::new(Code::WaiverWrong, format!("a reviewer waived {dot}, and it does not count as waived")).at(*dot));
        }
        for dot in &ledger.dismissed_as_waived {
            if self.waived.range(*dot..=Dot::new(dot.device, u64::MAX)).next().is_none() {
                self.found.add(Finding::new(Code::WaiverWrong, format!("change {dot} was dismissed as waived, and no reviewer waived it")).at(*dot));
            }
        }
        Ok(())
    }
}

/// The fields that differ, in either direction.
fn differing(stored: &Record, truth: &Record) -> Vec<String> {
    let of = |record: &Record| -> BTreeSet<String> { record.registers().map(|(k, _)| k.to_owned()).collect() };
    of(stored).union(&of(truth)).filter(|key| stored.register(key) != truth.register(key)).cloned().collect()
}
