//! A district's database in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::mem::{Died, Fuse};
use crate::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId, UtcMs};
use crate::district::{BucketHead, Custody, DeviceRow, Entry, FeedRow, Grant, Head, Notice, Store};
use crate::protocol::Command;
use crate::record::{Bucket, Dot, Record, SignedChange};

/// See [`Store`]. Fields are public so that oracles can look.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct MemDistrict {
    pub fuse: Fuse,
    pub head: Head,
    pub devices: BTreeMap<DeviceId, DeviceRow>,
    pub suspended: BTreeSet<OfficerId>,
    pub grants: BTreeMap<OfficerId, Vec<Grant>>,
    pub ledger: BTreeMap<Dot, (Entry, SignedChange)>,
    pub parked: BTreeMap<Dot, Vec<Dot>>,
    pub waived: BTreeSet<Dot>,
    pub records: BTreeMap<RecordId, Record>,
    pub feed: BTreeMap<RecordId, BTreeMap<Bucket, FeedRow>>,
    pub buckets: BTreeMap<Bucket, BucketHead>,
    pub nodes: BTreeMap<(u32, u64), Digest>,
    pub roots: BTreeMap<u64, Digest>,
    pub custody: BTreeMap<Digest, (Custody, Vec<u8>)>,
    pub notices: Vec<Notice>,
    pub pending: BTreeMap<DeviceId, Vec<(RecordId, u64)>>,
    pub journal_heads: BTreeMap<DeviceId, (u64, Digest)>,
    pub commands: BTreeMap<DeviceId, Vec<(u64, Command)>>,
}

impl MemDistrict {
    /// A new district.
    pub fn new(district: DistrictId) -> MemDistrict {
        MemDistrict {
            fuse: Fuse::default(),
            head: Head::new(district),
            devices: BTreeMap::new(),
            suspended: BTreeSet::new(),
            grants: BTreeMap::new(),
            ledger: BTreeMap::new(),
            parked: BTreeMap::new(),
            waived: BTreeSet::new(),
            records: BTreeMap::new(),
            feed: BTreeMap::new(),
            buckets: BTreeMap::new(),
            nodes: BTreeMap::new(),
            roots: BTreeMap::new(),
            custody: BTreeMap::new(),
            notices: Vec::new(),
            pending: BTreeMap::new(),
            journal_heads: BTreeMap::new(),
            commands: BTreeMap::new(),
        }
    }
}

impl Store for MemDistrict {
    type Error = Died;

    fn head(&mut self) -> Result<Head, Died> {
        Ok(self.head.clone())
    }
    fn put_head(&mut self, head: &Head) -> Result<(), Died> {
        self.fuse.burn()?;
        self.head = head.clone();
        Ok(())
    }
    fn device(&mut self, device: DeviceId) -> Result<Option<DeviceRow>, Died> {
        Ok(self.devices.get(&device).cloned())
    }
    fn put_device(&mut self, row: &DeviceRow) -> Result<(), Died> {
        self.fuse.burn()?;
        self.devices.insert(row.device, row.clone());
        Ok(())
    }
    fn suspended(&mut self, officer: &OfficerId) -> Result<bool, Died> {
        Ok(self.suspended.contains(officer))
    }
    fn grants(&mut self, officer: &OfficerId) -> Result<Vec<Grant>, Died> {
        Ok(self.grants.get(officer).cloned().unwrap_or_default())
    }
    fn entry(&mut self, dot: Dot) -> Result<Option<Entry>, Died> {
        Ok(self.ledger.get(&dot).map(|e| e.0.clone()))
    }
    fn insert_entry(&mut self, dot: Dot, entry: &Entry, signed: &SignedChange) -> Result<(), Died> {
        self.fuse.burn()?;
        let old = self.ledger.insert(dot, (entry.clone(), signed.clone()));
        assert!(old.is_none(), "the slot {dot} was taken twice");
        Ok(())
    }
    fn update_entry(&mut self, dot: Dot, entry: &Entry) -> Result<(), Died> {
        self.fuse.burn()?;
        let row = self.ledger.get_mut(&dot).ok_or(Died)?;
        row.0 = entry.clone();
        Ok(())
    }
    fn signed(&mut self, dot: Dot) -> Result<Option<SignedChange>, Died> {
        Ok(self.ledger.get(&dot).map(|e| e.1.clone()))
    }
    fn held_above(&mut self, device: DeviceId, above: u64) -> Result<Vec<(u64, u64)>, Died> {
        Ok(super::ranges(self.ledger.range(Dot::new(device, above + 1)..=Dot::new(device, u64::MAX)).map(|(d, _)| d.seq)))
    }
    fn moves_after(&mut self, device: DeviceId, moves: u64, limit: usize) -> Result<Vec<(Dot, Entry)>, Died> {
        let mut rows: Vec<(Dot, Entry)> =
            self.ledger.range(Dot::new(device, 0)..=Dot::new(device, u64::MAX)).filter(|(_, (e, _))| e.moved > moves).map(|(d, (e, _))| (*d, e.clone())).collect();
        rows.sort_by_key(|(_, e)| e.moved);
        rows.truncate(limit);
        Ok(rows)
    }
    fn park(&mut self, dot: Dot, missing: &[Dot]) -> Result<(), Died> {
        self.fuse.burn()?;
        if missing.is_empty() {
            self.parked.remove(&dot);
        } else {
            self.parked.insert(dot, missing.to_vec());
        }
        Ok(())
    }
    fn waiting_for(&mut self, dot: Dot) -> Result<Vec<Dot>, Died> {
        Ok(self.parked.iter().filter(|(_, m)| m.contains(&dot)).map(|(d, _)| *d).collect())
    }
    fn put_waived(&mut self, dot: Dot) -> Result<(), Died> {
        self.fuse.burn()?;
        self.waived.insert(dot);
        Ok(())
    }
    fn waived(&mut self, dot: Dot) -> Result<bool, Died> {
        Ok(self.waived.contains(&dot))
    }
    fn take_record(&mut self, id: RecordId) -> Result<Option<Record>, Died> {
        Ok(self.records.get(&id).cloned())
    }
    fn put_record(&mut self, record: Record) -> Result<(), Died> {
        self.fuse.burn()?;
        self.records.insert(record.id, record);
        Ok(())
    }
    fn give_back(&mut self, _record: Record) {}
    fn feed_rows(&mut self, record: RecordId) -> Result<Vec<FeedRow>, Died> {
        Ok(self.feed.get(&record).map(|rows| rows.values().cloned().collect()).unwrap_or_default())
    }
    fn put_feed_row(&mut self, row: &FeedRow) -> Result<(), Died> {
        self.fuse.burn()?;
        self.feed.entry(row.record).or_default().insert(row.bucket.clone(), row.clone());
        Ok(())
    }
    fn feed_after(&mut self, bucket: &Bucket, after: u64, limit: usize) -> Result<Vec<(FeedRow, Option<Record>)>, Died> {
        let mut rows: Vec<FeedRow> = self.feed.values().filter_map(|rows| rows.get(bucket)).filter(|r| r.last > after).cloned().collect();
        rows.sort_by_key(|r| r.last);
        rows.truncate(limit);
        Ok(rows.into_iter().map(|r| (r.clone(), if r.left { None } else { self.records.get(&r.record).cloned() })).collect())
    }
    fn bucket(&mut self, bucket: &Bucket) -> Result<BucketHead, Died> {
        Ok(self.buckets.get(bucket).copied().unwrap_or_default())
    }
    fn put_bucket(&mut self, bucket: &Bucket, head: BucketHead) -> Result<(), Died> {
        self.fuse.burn()?;
        self.buckets.insert(bucket.clone(), head);
        Ok(())
    }
    fn put_node(&mut self, level: u32, index: u64, hash: Digest) -> Result<(), Died> {
        self.fuse.burn()?;
        self.nodes.insert((level, index), hash);
        Ok(())
    }
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Died> {
        self.nodes.get(&(level, index)).copied().ok_or(Died)
    }
    fn put_root(&mut self, size: u64, root: Digest) -> Result<(), Died> {
        self.fuse.burn()?;
        self.roots.insert(size, root);
        Ok(())
    }
    fn root(&mut self, size: u64) -> Result<Option<Digest>, Died> {
        Ok(self.roots.get(&size).copied())
    }
    fn keep(&mut self, custody: Custody, hash: Digest, _from: Option<DeviceId>, bytes: &[u8]) -> Result<(), Died> {
        self.fuse.burn()?;
        self.custody.entry(hash).or_insert_with(|| (custody, bytes.to_vec()));
        Ok(())
    }
    fn notify(&mut self, notice: Notice) -> Result<(), Died> {
        self.fuse.burn()?;
        self.notices.push(notice);
        Ok(())
    }
    fn put_pending(&mut self, device: DeviceId, pending: &[(RecordId, u64)], _bytes: u64, _now: UtcMs) -> Result<(), Died> {
        self.fuse.burn()?;
        self.pending.insert(device, pending.to_vec());
        Ok(())
    }
    fn put_journal_head(&mut self, device: DeviceId, seq: u64, hash: Digest, _now: UtcMs) -> Result<(), Died> {
        self.fuse.burn()?;
        self.journal_heads.insert(device, (seq, hash));
        Ok(())
    }
    fn commands(&mut self, device: DeviceId, _now: UtcMs) -> Result<Vec<(u64, Command)>, Died> {
        Ok(self.commands.get(&device).cloned().unwrap_or_default())
    }
    fn acknowledge(&mut self, device: DeviceId, done: &[u64], _now: UtcMs) -> Result<(), Died> {
        self.fuse.burn()?;
        if let Some(open) = self.commands.get_mut(&device) {
            open.retain(|(number, _)| !done.contains(number));
        }
        Ok(())
    }
}
