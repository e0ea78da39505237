//! A device's database in memory.

use std::collections::BTreeMap;

use super::mem::{Died, Fuse};
use crate::base::{DeviceId, Digest, RecordId};
use crate::protocol::{Disposition, Signed};
use crate::record::{Bucket, Dot, Seen, SignedChange};
use crate::replica::{Journal, JournalRow, Meta, Mirror, Store};

/// See [`Store`]. Fields are public so that oracles can look.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct MemReplica {
    pub fuse: Fuse,
    pub meta: Meta,
    pub journal: BTreeMap<Dot, (JournalRow, SignedChange)>,
    pub mirrors: BTreeMap<RecordId, Mirror>,
    pub authored: BTreeMap<RecordId, (u64, Seen)>,
    pub certificates: BTreeMap<DeviceId, Signed>,
    pub thumbnails: BTreeMap<Digest, Vec<u8>>,
    /// Bytes of originals that nobody acknowledged.
    pub original_bytes: u64,
    pub next_order: u64,
}

impl MemReplica {
    /// A new store.
    pub fn new(meta: Meta) -> MemReplica {
        MemReplica {
            fuse: Fuse::default(),
            meta,
            journal: BTreeMap::new(),
            mirrors: BTreeMap::new(),
            authored: BTreeMap::new(),
            certificates: BTreeMap::new(),
            thumbnails: BTreeMap::new(),
            original_bytes: 0,
            next_order: 1,
        }
    }

    fn rows(&self, keep: impl Fn(&JournalRow) -> bool) -> Vec<JournalRow> {
        let mut rows: Vec<JournalRow> = self.journal.values().map(|(r, _)| r).filter(|r| keep(r)).cloned().collect();
        rows.sort_by_key(|r| r.order);
        rows
    }
}

impl Store for MemReplica {
    type Error = Died;

    fn meta(&mut self) -> Result<Meta, Died> {
        Ok(self.meta.clone())
    }
    fn put_meta(&mut self, meta: &Meta) -> Result<(), Died> {
        self.fuse.burn()?;
        self.meta = meta.clone();
        Ok(())
    }
    fn append(&mut self, row: &JournalRow, signed: &SignedChange) -> Result<(), Died> {
        self.fuse.burn()?;
        let order = self.next_order;
        self.journal.entry(row.dot).or_insert_with(|| (JournalRow { order, ..row.clone() }, signed.clone()));
        self.next_order += 1;
        Ok(())
    }
    fn journal(&mut self, dot: Dot) -> Result<Option<JournalRow>, Died> {
        Ok(self.journal.get(&dot).map(|r| r.0.clone()))
    }
    fn update(&mut self, row: &JournalRow) -> Result<(), Died> {
        self.fuse.burn()?;
        if let Some(stored) = self.journal.get_mut(&row.dot) {
            stored.0 = JournalRow { order: stored.0.order, ..row.clone() };
        }
        Ok(())
    }
    fn signed(&mut self, dot: Dot) -> Result<Option<SignedChange>, Died> {
        Ok(self.journal.get(&dot).map(|r| r.1.clone()))
    }
    fn undelivered(&mut self, which: Journal, after: u64, limit: usize) -> Result<Vec<JournalRow>, Died> {
        let own = self.meta.device;
        let mut rows = self.rows(|r| !r.held && r.order > after && (r.dot.device == own) == (which == Journal::Own));
        rows.truncate(limit);
        Ok(rows)
    }
    fn overlay(&mut self, record: RecordId) -> Result<Vec<JournalRow>, Died> {
        Ok(self.rows(|r| r.record == record && !r.settled))
    }
    fn unanswered(&mut self, limit: usize) -> Result<Vec<(u64, u64)>, Died> {
        let own = self.meta.device;
        let seqs = self.journal.values().filter(|(r, _)| r.dot.device == own && r.disposition.is_none()).map(|(r, _)| r.dot.seq);
        let mut out = super::ranges(seqs);
        out.truncate(limit);
        Ok(out)
    }
    fn unsettled_held(&mut self, after: u64, limit: usize) -> Result<Vec<JournalRow>, Died> {
        let mut rows = self.rows(|r| r.held && !r.settled && r.order > after);
        rows.truncate(limit);
        Ok(rows)
    }
    fn held_up(&mut self) -> Result<Vec<JournalRow>, Died> {
        let own = self.meta.device;
        Ok(self.rows(|r| r.dot.device == own && matches!(r.disposition, Some(Disposition::Parked { .. } | Disposition::Quarantined { .. }))))
    }
    fn mark_own_held(&mut self, ranges: &[(u64, u64)]) -> Result<(), Died> {
        self.fuse.burn()?;
        let own = self.meta.device;
        for (row, _) in self.journal.values_mut().filter(|(r, _)| r.dot.device == own) {
            row.held = ranges.iter().any(|&(from, to)| (from..=to).contains(&row.dot.seq));
        }
        Ok(())
    }
    fn begin_epoch(&mut self) -> Result<(), Died> {
        self.fuse.burn()?;
        let own = self.meta.device;
        for (row, _) in self.journal.values_mut() {
            row.held &= row.dot.device == own;
            row.settled = false;
        }
        Ok(())
    }
    fn pending_bytes(&mut self) -> Result<u64, Died> {
        Ok(self.original_bytes)
    }
    fn pending(&mut self) -> Result<Vec<(RecordId, u64)>, Died> {
        let own = self.meta.device;
        let mut out: BTreeMap<RecordId, u64> = BTreeMap::new();
        for row in self.rows(|r| r.dot.device == own && !r.held) {
            *out.entry(row.record).or_default() += 1;
        }
        Ok(out.into_iter().collect())
    }
    fn mirror(&mut self, record: RecordId) -> Result<Option<Mirror>, Died> {
        Ok(self.mirrors.get(&record).cloned())
    }
    fn put_mirror(&mut self, mirror: &Mirror) -> Result<(), Died> {
        self.fuse.burn()?;
        self.mirrors.insert(mirror.record.id, mirror.clone());
        Ok(())
    }
    fn drop_mirror(&mut self, record: RecordId) -> Result<(), Died> {
        self.fuse.burn()?;
        self.mirrors.remove(&record);
        Ok(())
    }
    fn in_bucket(&mut self, bucket: &Bucket) -> Result<Vec<RecordId>, Died> {
        Ok(self.mirrors.values().filter(|m| m.buckets.contains_key(bucket)).map(|m| m.record.id).collect())
    }
    fn bucket_sum(&mut self, bucket: &Bucket) -> Result<u64, Died> {
        Ok(self.mirrors.values().filter(|m| m.buckets.contains_key(bucket)).fold(0, |sum, m| sum.wrapping_add(m.record.checksum())))
    }
    fn records(&mut self, after: Option<RecordId>, limit: usize) -> Result<Vec<RecordId>, Died> {
        let mut ids: Vec<RecordId> = self.mirrors.keys().copied().chain(self.journal.values().filter(|(r, _)| !r.settled).map(|(r, _)| r.record)).collect();
        ids.sort();
        ids.dedup();
        Ok(ids.into_iter().filter(|id| after.is_none_or(|a| *id > a)).take(limit).collect())
    }
    fn authored(&mut self, record: RecordId) -> Result<(u64, Seen), Died> {
        Ok(self.authored.get(&record).cloned().unwrap_or_default())
    }
    fn put_authored(&mut self, record: RecordId, last: u64, told: &Seen) -> Result<(), Died> {
        self.fuse.burn()?;
        self.authored.insert(record, (last, told.clone()));
        Ok(())
    }
    fn certificate(&mut self, device: DeviceId) -> Result<Option<Signed>, Died> {
        Ok(self.certificates.get(&device).cloned())
    }
    fn put_certificate(&mut self, device: DeviceId, certificate: &Signed) -> Result<(), Died> {
        self.fuse.burn()?;
        self.certificates.insert(device, certificate.clone());
        Ok(())
    }
    fn thumbnail(&mut self, photo: Digest) -> Result<Option<Vec<u8>>, Died> {
        Ok(self.thumbnails.get(&photo).cloned())
    }
    fn put_thumbnail(&mut self, photo: Digest, jpeg: &[u8]) -> Result<(), Died> {
        self.fuse.burn()?;
        self.thumbnails.entry(photo).or_insert_with(|| jpeg.to_vec());
        Ok(())
    }
}
