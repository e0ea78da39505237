//! `sync_core::district::Store` over an open transaction of either engine, as a working set.
//!
//! What a batch will touch is fetched beforehand in a few queries ([`Working::prefetch`]); reads are answered from
//! memory; writes are buffered and go out as statements of many rows ([`Working::flush`]). What cannot be answered
//! from memory flushes first, so that the database always answers from all that was written.
//!
//! [`Memory`] outlives the transaction. It is believed only if the head that the next transaction reads is the head
//! it was left with, and is dropped after a rollback or an unknown outcome.

pub mod flush;
mod imp;
pub mod load;
pub mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sync_core::base::keys::Signer;
use sync_core::base::{DeviceId, Digest, OfficerId, RecordId, UtcMs};
use sync_core::district::{BucketHead, DeviceRow, Entry, FeedRow, Grant, Head, StageMove, Store as _};
use sync_core::record::{Bucket, Dot, Kind, Kinds, Record};

use crate::audit::Deed;
use crate::base::db::Tx;
use crate::index;
use flush::{Kept, NewEntry};
use rows::HeadRow;

/// Why the database could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine said so.
    #[error(transparent)]
    Db(#[from] diesel::result::Error),
    /// What is stored cannot be what was written: `zhifa verify` says more.
    #[error("the database is damaged: {0}")]
    Broken(String),
    /// The program failed while it worked on this; the transaction was rolled back.
    #[error("the program failed: {0}")]
    Panicked(String),
}

impl StoreError {
    /// Whether the same work may succeed later: the sender keeps its copy and repeats.
    pub fn is_transient(&self) -> bool {
        use diesel::result::{DatabaseErrorKind as K, Error as E};
        match self {
            StoreError::Db(E::DatabaseError(kind, info)) => match kind {
                K::SerializationFailure | K::ClosedConnection | K::UnableToSendCommand | K::ReadOnlyTransaction => true,
                K::UniqueViolation | K::ForeignKeyViolation | K::NotNullViolation | K::CheckViolation | K::RestrictViolation | K::ExclusionViolation => false,
                _ => {
                    let message = info.message().to_ascii_lowercase();
                    const TRANSIENT: [&str; 13] =
                        ["locked", "busy", "full", "no space", "i/o", "deadlock", "connection", "terminat", "timeout", "memory", "starting up", "shutting down", "recovery"];
                    TRANSIENT.iter().any(|t| message.contains(t))
                }
            },
            StoreError::Db(E::BrokenTransactionManager | E::AlreadyInTransaction | E::NotInTransaction | E::RollbackErrorOnCommit { .. } | E::RollbackTransaction) => true,
            StoreError::Db(_) | StoreError::Broken(_) | StoreError::Panicked(_) => false,
        }
    }
}

/// Decoded records kept between transactions.
const KEEP_RECORDS: usize = 8_192;
/// Devices and officers kept between transactions.
const KEEP_ROSTER: usize = 50_000;

struct KeptRecord {
    /// Taken out while the engine works on it.
    record: Option<Record>,
    rows: Vec<FeedRow>,
    used: u64,
    derived: Derived,
}

/// Digests of what was last derived from a record: only what differs is derived again.
#[derive(Default, Clone, Copy)]
struct Derived {
    /// Of its contribution to the index.
    index: Option<u64>,
    /// Of what reactions rest on.
    reaction: Option<Digest>,
}

impl Derived {
    /// What is derived from a record as it is stored.
    fn of(record: &Record, kind: &Kind) -> Derived {
        Derived { index: Some(index::contribution(record, kind).digest()), reaction: Some(crate::react::basis(record)) }
    }
}

#[derive(Clone, Default)]
struct Standing {
    suspended: bool,
    grants: Vec<Grant>,
}

/// What a committer remembers between transactions.
#[derive(Default)]
pub struct Memory {
    head: Option<HeadRow>,
    devices: HashMap<DeviceId, Option<DeviceRow>>,
    max_seq: HashMap<DeviceId, u64>,
    officers: HashMap<OfficerId, Standing>,
    records: HashMap<RecordId, KeptRecord>,
    buckets: HashMap<Bucket, BucketHead>,
    round: u64,
}

impl Memory {
    /// Forgets what the database may have changed since; drops what was not used lately if there is too much.
    fn meet(&mut self, head: &HeadRow) {
        let same = self.head.as_ref().is_some_and(|h| HeadRow { roster: head.roster, ..h.clone() } == *head);
        let same_roster = self.head.as_ref().is_some_and(|h| h.roster == head.roster);
        if !same {
            self.records.clear();
            self.buckets.clear();
            self.max_seq.clear();
        }
        if !same || !same_roster || self.devices.len() + self.officers.len() > KEEP_ROSTER {
            self.devices.clear();
            self.officers.clear();
            self.max_seq.clear();
        }
        if self.records.len() > KEEP_RECORDS {
            let mut used: Vec<u64> = self.records.values().map(|r| r.used).collect();
            used.sort_unstable();
            let middle = used.get(used.len() / 2).copied().unwrap_or(0);
            self.records.retain(|_, r| r.used > middle);
        }
        self.round += 1;
        self.head = Some(head.clone());
    }
}

/// What a batch is going to touch.
#[derive(Debug, Clone, Default)]
pub struct Want {
    /// Rows of the ledger.
    pub dots: Vec<Dot>,
    /// Dots that parked changes may wait for.
    pub arriving: Vec<Dot>,
    /// Devices.
    pub devices: Vec<DeviceId>,
    /// Officers.
    pub officers: Vec<OfficerId>,
    /// Records, with their rows in the feed.
    pub records: Vec<RecordId>,
}

impl Want {
    /// Adds what another part of the batch touches.
    pub fn add(&mut self, other: &Want) {
        self.dots.extend_from_slice(&other.dots);
        self.arriving.extend_from_slice(&other.arriving);
        self.devices.extend_from_slice(&other.devices);
        self.officers.extend_from_slice(&other.officers);
        self.records.extend_from_slice(&other.records);
    }
}

/// What others may be told after the commit.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The head as committed.
    pub head: Head,
    /// Version of the roster.
    pub roster: i64,
    /// Heads of buckets that moved.
    pub buckets: Vec<(Bucket, BucketHead)>,
    /// Devices that were written.
    pub devices: Vec<DeviceRow>,
    /// Whether officers, grants or devices were written by administration.
    pub roster_written: bool,
}

/// The database as the engine sees it during one transaction.
pub struct Working<'t, 'c> {
    /// The open transaction, for what the engine does not know of.
    pub tx: &'t mut Tx<'c>,
    /// The district.
    pub district: i64,
    /// The kinds that this program knows.
    pub kinds: &'t Kinds,
    /// The instant of this transaction.
    pub now: UtcMs,
    memory: Memory,
    head: Head,
    roster: i64,
    roster_written: bool,
    packed: HashMap<Digest, Vec<u8>>,
    entries: HashMap<Dot, Option<Entry>>,
    new: Vec<NewEntry>,
    new_dots: HashSet<Dot>,
    moved: BTreeSet<Dot>,
    waiters: HashMap<Dot, BTreeSet<Dot>>,
    parks: BTreeMap<Dot, Vec<Dot>>,
    fresh: HashSet<Dot>,
    waived: Vec<Dot>,
    dirty_records: BTreeSet<RecordId>,
    dirty_feed: BTreeMap<(Bucket, RecordId), FeedRow>,
    /// Records that came into a bucket or left one.
    rehoused: BTreeSet<RecordId>,
    dirty_buckets: BTreeSet<Bucket>,
    dirty_devices: BTreeSet<DeviceId>,
    nodes: Vec<(u32, u64, Digest)>,
    roots: BTreeMap<u64, Digest>,
    kept: Vec<Kept>,
    notices: Vec<(&'static str, String)>,
    moves: Vec<StageMove>,
    /// Records that changed in this transaction and have not been looked at for reactions.
    stirred: BTreeSet<RecordId>,
    /// Records whose reactions are asked for though they did not change.
    called: BTreeSet<RecordId>,
    /// Records that changed in this transaction and whose deadlines have not been reckoned since.
    undated: BTreeSet<RecordId>,
    deeds: Vec<Deed>,
    touched_buckets: BTreeSet<Bucket>,
    touched_devices: BTreeSet<DeviceId>,
}

impl<'t, 'c> Working<'t, 'c> {
    /// Begins: reads the head (and locks it, if this transaction writes), and lets `memory` stand if it agrees.
    pub fn begin(tx: &'t mut Tx<'c>, district: i64, kinds: &'t Kinds, now: UtcMs, mut memory: Memory, lock: bool) -> Result<Self, StoreError> {
        let row = load::head(tx, district, lock)?;
        memory.meet(&row);
        Ok(Working {
            tx,
            district,
            kinds,
            now,
            memory,
            head: row.head()?,
            roster: row.roster,
            roster_written: false,
            packed: HashMap::new(),
            entries: HashMap::new(),
            new: Vec::new(),
            new_dots: HashSet::new(),
            moved: BTreeSet::new(),
            waiters: HashMap::new(),
            parks: BTreeMap::new(),
            fresh: HashSet::new(),
            waived: Vec::new(),
            dirty_records: BTreeSet::new(),
            dirty_feed: BTreeMap::new(),
            rehoused: BTreeSet::new(),
            dirty_buckets: BTreeSet::new(),
            dirty_devices: BTreeSet::new(),
            nodes: Vec::new(),
            roots: BTreeMap::new(),
            kept: Vec::new(),
            notices: Vec::new(),
            moves: Vec::new(),
            stirred: BTreeSet::new(),
            called: BTreeSet::new(),
            undated: BTreeSet::new(),
            deeds: Vec::new(),
            touched_buckets: BTreeSet::new(),
            touched_devices: BTreeSet::new(),
        })
    }

    /// Gives bytes that were packed beforehand, by the hash of the change.
    pub fn offer_packed(&mut self, hash: Digest, packed: Vec<u8>) {
        self.packed.insert(hash, packed);
    }

    /// Notes that officers, grants or devices were written past the engine: caches everywhere forget them.
    pub fn roster_written(&mut self) {
        self.roster += 1;
        self.roster_written = true;
        self.memory.devices.clear();
        self.memory.officers.clear();
    }

    /// Notes what somebody does in this transaction; written with it, or not at all.
    pub fn note(&mut self, deed: Deed) {
        self.deeds.push(deed);
    }

    /// Raises something that a human should know. `subject` names it once and for all.
    pub fn raise(&mut self, class: &'static str, subject: String) {
        self.notices.push((class, subject));
    }

    /// Appends to the audit what was noted.
    pub fn audit(&mut self, signer: &dyn Signer) -> Result<(), StoreError> {
        let deeds = std::mem::take(&mut self.deeds);
        crate::audit::append(self.tx, self.district, self.now, signer, deeds)
    }

    /// Fetches in a few queries what a batch will touch. What is not there is remembered as absent.
    pub fn prefetch(&mut self, want: &Want) -> Result<(), StoreError> {
        let dots: Vec<Dot> = want.dots.iter().copied().filter(|d| !self.entries.contains_key(d)).collect();
        self.load_entries(&dots)?;
        let arriving: Vec<Dot> = want.arriving.iter().copied().filter(|d| !self.waiters.contains_key(d)).collect();
        self.load_waiters(&arriving)?;
        let mut devices: Vec<DeviceId> = want.devices.iter().copied().filter(|d| !self.memory.devices.contains_key(d)).collect();
        devices.sort_unstable();
        devices.dedup();
        if !devices.is_empty() {
            for row in load::devices(self.tx, self.district, &devices)? {
                self.memory.devices.insert(row.device, Some(row));
            }
            for device in devices {
                self.memory.devices.entry(device).or_insert(None);
            }
        }
        let mut officers: Vec<OfficerId> = want.officers.iter().filter(|o| !self.memory.officers.contains_key(*o)).cloned().collect();
        officers.sort_unstable();
        officers.dedup();
        self.load_officers(officers)?;
        let mut records: Vec<RecordId> = want.records.iter().copied().filter(|r| !self.memory.records.contains_key(r)).collect();
        records.sort_unstable();
        records.dedup();
        self.load_records(&records)?;
        let missing: BTreeSet<Bucket> = want
            .records
            .iter()
            .filter_map(|r| self.memory.records.get(r))
            .flat_map(|k| k.rows.iter().map(|r| &r.bucket))
            .filter(|b| !self.memory.buckets.contains_key(*b))
            .cloned()
            .collect();
        self.load_buckets(missing.into_iter().collect())
    }

    fn load_entries(&mut self, dots: &[Dot]) -> Result<(), StoreError> {
        if dots.is_empty() {
            return Ok(());
        }
        for dot in dots {
            self.entries.insert(*dot, None);
        }
        for (dot, entry) in load::entries(self.tx, self.district, dots)? {
            self.entries.insert(dot, Some(entry));
        }
        Ok(())
    }

    fn load_waiters(&mut self, missing: &[Dot]) -> Result<(), StoreError> {
        if missing.is_empty() {
            return Ok(());
        }
        for dot in missing {
            let noted = self.parks.iter().filter(|(_, m)| m.contains(dot)).map(|(d, _)| *d).collect();
            self.waiters.insert(*dot, noted);
        }
        for (missing, waiting) in load::waiting(self.tx, self.district, missing)? {
            if !self.parks.contains_key(&waiting) {
                self.waiters.entry(missing).or_default().insert(waiting);
            }
        }
        Ok(())
    }

    fn load_officers(&mut self, officers: Vec<OfficerId>) -> Result<(), StoreError> {
        if officers.is_empty() {
            return Ok(());
        }
        let (suspended, grants) = load::officers(self.tx, self.district, &officers)?;
        for officer in officers {
            self.memory.officers.insert(officer, Standing::default());
        }
        for officer in suspended {
            self.memory.officers.entry(officer).or_default().suspended = true;
        }
        for (officer, grant) in grants {
            self.memory.officers.entry(officer).or_default().grants.push(grant);
        }
        Ok(())
    }

    fn load_records(&mut self, ids: &[RecordId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let used = self.memory.round;
        for id in ids {
            self.memory.records.insert(*id, KeptRecord { record: None, rows: Vec::new(), used, derived: Derived::default() });
        }
        for record in load::records(self.tx, self.district, ids, self.kinds)? {
            if let Some(kept) = self.memory.records.get_mut(&record.id) {
                kept.derived = self.kinds.get(&record.kind).map(|kind| Derived::of(&record, kind)).unwrap_or_default();
                kept.record = Some(record);
            }
        }
        for row in load::feed_rows(self.tx, self.district, ids)? {
            if let Some(kept) = self.memory.records.get_mut(&row.record) {
                kept.rows.push(row);
            }
        }
        Ok(())
    }

    fn load_buckets(&mut self, missing: Vec<Bucket>) -> Result<(), StoreError> {
        if missing.is_empty() {
            return Ok(());
        }
        for (bucket, head) in load::buckets(self.tx, self.district, Some(&missing))? {
            self.memory.buckets.insert(bucket, head);
        }
        for bucket in missing {
            self.memory.buckets.entry(bucket).or_default();
        }
        Ok(())
    }

    /// Sends everything buffered to the database. The transaction stays open.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        let (district, now) = (self.district, self.now);
        let new = std::mem::take(&mut self.new);
        let entry = |dot: &Dot| self.entries.get(dot).and_then(Option::as_ref);
        flush::ledger_rows(self.tx, district, new.iter().filter_map(|n| entry(&n.dot).map(|e| (n, e))))?;
        for dot in std::mem::take(&mut self.moved) {
            if let Some(entry) = self.entries.get(&dot).and_then(Option::as_ref)
                && !self.new_dots.contains(&dot)
            {
                flush::ledger_move(self.tx, district, dot, entry)?;
            }
        }
        self.new_dots.clear();
        let fresh = std::mem::take(&mut self.fresh);
        flush::parks(self.tx, district, &|dot| fresh.contains(&dot), self.parks.iter())?;
        self.parks.clear();
        flush::waived_dots(self.tx, district, &std::mem::take(&mut self.waived))?;
        let dirty = std::mem::take(&mut self.dirty_records);
        let records = dirty.iter().filter_map(|id| self.memory.records.get(id)?.record.as_ref());
        flush::records(self.tx, district, self.kinds, records)?;
        index::write::moves(self.tx, district, &std::mem::take(&mut self.moves))?;
        let mut held = self.flush_index(&dirty)?;
        flush::feed_rows(self.tx, district, std::mem::take(&mut self.dirty_feed).values())?;
        let rehoused: Vec<Vec<u8>> = std::mem::take(&mut self.rehoused).iter().map(|id| id.to_bytes().to_vec()).collect();
        held.extend(rehoused.iter().cloned());
        index::held::lines(self.tx, district, &held.into_iter().collect::<Vec<_>>())?;
        index::held::deadlines(self.tx, district, &rehoused)?;
        let dirty = std::mem::take(&mut self.dirty_buckets);
        flush::buckets(self.tx, district, dirty.iter().filter_map(|b| self.memory.buckets.get(b).map(|h| (b, h))))?;
        let dirty = std::mem::take(&mut self.dirty_devices);
        flush::devices(self.tx, district, now, dirty.iter().filter_map(|d| self.memory.devices.get(d)?.as_ref()))?;
        flush::nodes(self.tx, district, &std::mem::take(&mut self.nodes))?;
        flush::roots(self.tx, district, std::mem::take(&mut self.roots).iter())?;
        flush::custody_rows(self.tx, district, now, &std::mem::take(&mut self.kept))?;
        let mut notices = std::mem::take(&mut self.notices);
        notices.sort_unstable();
        notices.dedup();
        flush::notices(self.tx, district, now, &notices)?;
        let row = HeadRow::of(&self.head, self.roster);
        if self.memory.head.as_ref() != Some(&row) {
            flush::head_row(self.tx, &row)?;
            self.memory.head = Some(row);
        }
        Ok(())
    }

    /// Brings the index up to date with the dirty records whose contribution changed; gives their keys.
    fn flush_index(&mut self, dirty: &BTreeSet<RecordId>) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        let mut changed = Vec::new();
        for id in dirty {
            let Some((record, derived)) = self.memory.records.get(id).and_then(|kept| Some((kept.record.as_ref()?, kept.derived))) else { continue };
            let Some(kind) = self.kinds.get(&record.kind) else { continue };
            let now = index::contribution(record, kind);
            let digest = now.digest();
            if derived.index != Some(digest) {
                changed.push((digest, index::write::Changed { record, now }));
            }
        }
        let (digests, changed): (Vec<u64>, Vec<_>) = changed.into_iter().unzip();
        index::write::write(self.tx, self.district, &changed)?;
        let ids: Vec<RecordId> = changed.iter().map(|c| c.record.id).collect();
        for (id, digest) in ids.iter().zip(digests) {
            if let Some(kept) = self.memory.records.get_mut(id) {
                kept.derived.index = Some(digest);
            }
        }
        Ok(ids.iter().map(|id| id.to_bytes().to_vec()).collect())
    }

    /// Something that a record's reactions rest on changed outside it.
    pub fn stir(&mut self, id: RecordId) {
        self.called.insert(id);
    }

    /// The records that changed since this was last asked, and of which something changed that reactions rest on.
    pub fn stirred(&mut self) -> Vec<RecordId> {
        let mut out = Vec::new();
        for id in std::mem::take(&mut self.stirred) {
            let Some(kept) = self.memory.records.get_mut(&id) else { continue };
            let now = kept.record.as_ref().map(crate::react::basis);
            if kept.derived.reaction != now {
                kept.derived.reaction = now;
                out.push(id);
            }
        }
        for id in std::mem::take(&mut self.called) {
            if !out.contains(&id) {
                out.push(id);
            }
        }
        out
    }

    /// The records that changed since this was last asked, whatever changed of them.
    pub fn undated(&mut self) -> Vec<RecordId> {
        std::mem::take(&mut self.undated).into_iter().collect()
    }

    /// A record as it stands in this transaction, to look at.
    pub fn look(&mut self, id: RecordId) -> Result<Option<Record>, StoreError> {
        let found = self.take_record(id)?;
        Ok(found.map(|record| {
            let copy = record.clone();
            self.give_back(record);
            copy
        }))
    }

    /// Flushes and ends; what is returned holds only if the transaction commits.
    pub fn finish(mut self) -> Result<(Memory, Outcome), StoreError> {
        self.flush()?;
        let outcome = Outcome {
            head: self.head,
            roster: self.roster,
            buckets: self.touched_buckets.iter().filter_map(|b| self.memory.buckets.get(b).map(|h| (b.clone(), *h))).collect(),
            devices: self.touched_devices.iter().filter_map(|d| self.memory.devices.get(d)?.clone()).collect(),
            roster_written: self.roster_written,
        };
        Ok((self.memory, outcome))
    }
}
