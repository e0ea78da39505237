//! The engine's questions, answered from the working set.

use diesel::prelude::*;
use sync_core::base::merkle::{leaf_hash, node_hash};
use sync_core::base::{DeviceId, Digest, OfficerId, RecordId, UtcMs};
use sync_core::district::{BucketHead, Custody, DeviceRow, Entry, FeedRow, Grant, Head, Notice, StageMove, Store};
use sync_core::protocol::Command;
use sync_core::record::{Bucket, Dot, Record, SignedChange};

use super::flush::{self, Kept, NewEntry};
use super::rows::{digest, id, int, nat, pack_change};
use super::{Derived, KeptRecord, StoreError, Working, load};
use crate::on;
use crate::schema::{command, merkle_root, waived};

/// Levels of the Merkle log that are kept.
const KEPT_LEVELS: u32 = 8;
/// Most ranges that a receipt names.
const MAX_RANGES: usize = 1_000;

impl Working<'_, '_> {
    fn kept(&mut self, record: RecordId) -> Result<&mut KeptRecord, StoreError> {
        if !self.memory.records.contains_key(&record) {
            self.load_records(&[record])?;
        }
        let used = self.memory.round;
        let kept = self.memory.records.entry(record).or_insert(KeptRecord { record: None, rows: Vec::new(), used, derived: Derived::default() });
        kept.used = used;
        Ok(kept)
    }
}

/// How a notice is named in the queue: class and subject, together its identity.
fn named(notice: &Notice) -> (&'static str, String) {
    match notice {
        Notice::Forked(dot) => ("forked", format!("forked:{dot}")),
        Notice::DeviceRestored(device) => ("device_restored", format!("device_restored:{device}")),
        Notice::ServerRestored { epoch } => ("server_restored", format!("server_restored:{epoch}")),
        Notice::Quarantined(dot) => ("quarantined", format!("quarantined:{dot}")),
        Notice::Excepted(dot) => ("excepted", format!("excepted:{dot}")),
        Notice::WaivedCame(dot) => ("waived_came", format!("waived_came:{dot}")),
        Notice::Unverified(hash) => ("unverified", format!("unverified:{hash}")),
    }
}

impl Store for Working<'_, '_> {
    type Error = StoreError;

    fn head(&mut self) -> Result<Head, StoreError> {
        Ok(self.head.clone())
    }

    fn put_head(&mut self, head: &Head) -> Result<(), StoreError> {
        self.head = head.clone();
        Ok(())
    }

    fn device(&mut self, device: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        if let Some(known) = self.memory.devices.get(&device) {
            return Ok(known.clone());
        }
        let row = load::devices(self.tx, self.district, &[device])?.pop();
        self.memory.devices.insert(device, row.clone());
        Ok(row)
    }

    fn put_device(&mut self, row: &DeviceRow) -> Result<(), StoreError> {
        self.memory.devices.insert(row.device, Some(row.clone()));
        self.dirty_devices.insert(row.device);
        self.touched_devices.insert(row.device);
        Ok(())
    }

    fn suspended(&mut self, officer: &OfficerId) -> Result<bool, StoreError> {
        if !self.memory.officers.contains_key(officer) {
            self.load_officers(vec![officer.clone()])?;
        }
        Ok(self.memory.officers.get(officer).is_some_and(|o| o.suspended))
    }

    fn grants(&mut self, officer: &OfficerId) -> Result<Vec<Grant>, StoreError> {
        if !self.memory.officers.contains_key(officer) {
            self.load_officers(vec![officer.clone()])?;
        }
        Ok(self.memory.officers.get(officer).map(|o| o.grants.clone()).unwrap_or_default())
    }

    fn entry(&mut self, dot: Dot) -> Result<Option<Entry>, StoreError> {
        if !self.entries.contains_key(&dot) {
            self.load_entries(&[dot])?;
        }
        Ok(self.entries.get(&dot).cloned().flatten())
    }

    fn insert_entry(&mut self, dot: Dot, entry: &Entry, signed: &SignedChange) -> Result<(), StoreError> {
        let packed = self.packed.remove(&entry.hash).unwrap_or_else(|| pack_change(&signed.bytes));
        self.new.push(NewEntry { dot, alg: signed.alg.clone(), signature: signed.signature.clone(), packed });
        self.new_dots.insert(dot);
        self.fresh.insert(dot);
        self.entries.insert(dot, Some(entry.clone()));
        if let Some(max) = self.memory.max_seq.get_mut(&dot.device) {
            *max = (*max).max(dot.seq);
        }
        Ok(())
    }

    fn update_entry(&mut self, dot: Dot, entry: &Entry) -> Result<(), StoreError> {
        self.entries.insert(dot, Some(entry.clone()));
        self.moved.insert(dot);
        Ok(())
    }

    fn signed(&mut self, dot: Dot) -> Result<Option<SignedChange>, StoreError> {
        self.flush()?;
        Ok(load::signed(self.tx, self.district, &[dot])?.pop().map(|(_, signed)| signed))
    }

    fn held_above(&mut self, device: DeviceId, above: u64) -> Result<Vec<(u64, u64)>, StoreError> {
        let max = match self.memory.max_seq.get(&device) {
            Some(max) => *max,
            None => {
                self.flush()?;
                let max = load::max_seq(self.tx, self.district, device)?;
                self.memory.max_seq.insert(device, max);
                max
            }
        };
        if max <= above {
            return Ok(Vec::new());
        }
        self.flush()?;
        load::held_above(self.tx, self.district, device, above, MAX_RANGES)
    }

    fn moves_after(&mut self, device: DeviceId, moves: u64, limit: usize) -> Result<Vec<(Dot, Entry)>, StoreError> {
        if moves >= self.head.moves {
            return Ok(Vec::new());
        }
        self.flush()?;
        load::moves_after(self.tx, self.district, device, moves, limit)
    }

    fn park(&mut self, dot: Dot, missing: &[Dot]) -> Result<(), StoreError> {
        for waiting in self.waiters.values_mut() {
            waiting.remove(&dot);
        }
        for m in missing {
            if let Some(waiting) = self.waiters.get_mut(m) {
                waiting.insert(dot);
            }
        }
        self.parks.insert(dot, missing.to_vec());
        Ok(())
    }

    fn waiting_for(&mut self, dot: Dot) -> Result<Vec<Dot>, StoreError> {
        if !self.waiters.contains_key(&dot) {
            self.load_waiters(&[dot])?;
        }
        let waiting: Vec<Dot> = self.waiters.get(&dot).map(|w| w.iter().copied().collect()).unwrap_or_default();
        let unknown: Vec<Dot> = waiting.iter().copied().filter(|d| !self.entries.contains_key(d)).collect();
        self.load_entries(&unknown)?;
        Ok(waiting)
    }

    fn put_waived(&mut self, dot: Dot) -> Result<(), StoreError> {
        self.waived.push(dot);
        Ok(())
    }

    fn waived(&mut self, dot: Dot) -> Result<bool, StoreError> {
        if self.waived.contains(&dot) {
            return Ok(true);
        }
        let found: i64 = on!(self.tx, |c| waived::table.find((self.district, id(dot.device), int(dot.seq))).count().get_result(c))?;
        Ok(found > 0)
    }

    fn take_record(&mut self, record: RecordId) -> Result<Option<Record>, StoreError> {
        Ok(self.kept(record)?.record.take())
    }

    fn put_record(&mut self, record: Record) -> Result<(), StoreError> {
        let id = record.id;
        self.kept(id)?.record = Some(record);
        self.dirty_records.insert(id);
        self.stirred.insert(id);
        self.undated.insert(id);
        Ok(())
    }

    fn give_back(&mut self, record: Record) {
        let used = self.memory.round;
        let kept = self.memory.records.entry(record.id).or_insert(KeptRecord { record: None, rows: Vec::new(), used, derived: Derived::default() });
        kept.record = Some(record);
    }

    fn stage_moved(&mut self, moved: StageMove) -> Result<(), StoreError> {
        self.moves.push(moved);
        Ok(())
    }

    fn feed_rows(&mut self, record: RecordId) -> Result<Vec<FeedRow>, StoreError> {
        Ok(self.kept(record)?.rows.clone())
    }

    fn put_feed_row(&mut self, row: &FeedRow) -> Result<(), StoreError> {
        let kept = self.kept(row.record)?;
        let was = match kept.rows.iter_mut().find(|r| r.bucket == row.bucket) {
            Some(old) => Some(std::mem::replace(old, row.clone())),
            None => {
                kept.rows.push(row.clone());
                None
            }
        };
        if was.is_none_or(|was| was.left != row.left) {
            self.rehoused.insert(row.record);
        }
        self.dirty_feed.insert((row.bucket.clone(), row.record), row.clone());
        Ok(())
    }

    fn feed_after(&mut self, bucket: &Bucket, after: u64, limit: usize) -> Result<Vec<(FeedRow, Option<Record>)>, StoreError> {
        self.flush()?;
        let rows = load::feed_after(self.tx, self.district, bucket, after, limit)?;
        let unknown: Vec<RecordId> = rows.iter().filter(|r| !r.left).map(|r| r.record).filter(|r| !self.memory.records.contains_key(r)).collect();
        self.load_records(&unknown)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let record = if row.left { None } else { self.kept(row.record)?.record.take() };
            out.push((row, record));
        }
        Ok(out)
    }

    fn bucket(&mut self, bucket: &Bucket) -> Result<BucketHead, StoreError> {
        if !self.memory.buckets.contains_key(bucket) {
            self.load_buckets(vec![bucket.clone()])?;
        }
        Ok(self.memory.buckets.get(bucket).copied().unwrap_or_default())
    }

    fn put_bucket(&mut self, bucket: &Bucket, head: BucketHead) -> Result<(), StoreError> {
        self.memory.buckets.insert(bucket.clone(), head);
        self.dirty_buckets.insert(bucket.clone());
        self.touched_buckets.insert(bucket.clone());
        Ok(())
    }

    fn put_node(&mut self, level: u32, index: u64, hash: Digest) -> Result<(), StoreError> {
        if level > 0 && level.is_multiple_of(KEPT_LEVELS) {
            self.nodes.push((level, index, hash));
        }
        Ok(())
    }

    fn node(&mut self, level: u32, index: u64) -> Result<Digest, StoreError> {
        self.flush()?;
        let base = level - level % KEPT_LEVELS;
        let above = level - base;
        let mut row = load::nodes(self.tx, self.district, base, index << above, 1 << above)?;
        if base == 0 {
            row.iter_mut().for_each(|leaf| *leaf = leaf_hash(leaf));
        }
        while row.len() > 1 {
            row = row.chunks(2).filter_map(|pair| Some(node_hash(pair.first()?, pair.get(1)?))).collect();
        }
        row.pop().ok_or_else(|| StoreError::Broken("an empty level of the log".into()))
    }

    fn put_root(&mut self, size: u64, root: Digest) -> Result<(), StoreError> {
        self.roots.insert(size, root);
        Ok(())
    }

    fn root(&mut self, size: u64) -> Result<Option<Digest>, StoreError> {
        if let Some(root) = self.roots.get(&size) {
            return Ok(Some(*root));
        }
        let found: Option<Vec<u8>> = on!(self.tx, |c| merkle_root::table.find((self.district, int(size))).select(merkle_root::root).first(c).optional())?;
        found.as_deref().map(digest).transpose()
    }

    fn keep(&mut self, custody: Custody, hash: Digest, from: Option<DeviceId>, bytes: &[u8]) -> Result<(), StoreError> {
        let class = match custody {
            Custody::Unverified => "unverified",
            Custody::Fork => "fork",
            Custody::Salvage => "salvage",
        };
        if !self.kept.iter().any(|k| k.hash == hash) {
            self.kept.push(Kept { class, hash, from, bytes: bytes.to_vec() });
        }
        Ok(())
    }

    fn notify(&mut self, notice: Notice) -> Result<(), StoreError> {
        self.notices.push(named(&notice));
        Ok(())
    }

    fn put_pending(&mut self, device: DeviceId, pending: &[(RecordId, u64)], bytes: u64, now: UtcMs) -> Result<(), StoreError> {
        flush::pending(self.tx, self.district, device, pending, bytes, now)
    }

    fn put_journal_head(&mut self, device: DeviceId, seq: u64, hash: Digest, now: UtcMs) -> Result<(), StoreError> {
        flush::journal_head(self.tx, self.district, device, seq, hash, now)
    }

    fn commands(&mut self, device: DeviceId, now: UtcMs) -> Result<Vec<(u64, Command)>, StoreError> {
        let rows: Vec<(i64, String)> = on!(self.tx, |c| command::table
            .filter(command::district.eq(self.district))
            .filter(command::device.eq(id(device)))
            .filter(command::done_ms.is_null())
            .order(command::number)
            .limit(100)
            .select((command::number, command::body))
            .load(c))?;
        if !rows.is_empty() {
            let untold = command::table.filter(command::district.eq(self.district)).filter(command::device.eq(id(device))).filter(command::told_ms.is_null());
            on!(self.tx, |c| diesel::update(untold).set(command::told_ms.eq(now.0)).execute(c))?;
        }
        let parse = |text: &str| serde_json::from_str(text).map_err(|e| StoreError::Broken(format!("command: {e}")));
        rows.into_iter().map(|(number, text)| Ok((nat(number), parse(&text)?))).collect()
    }

    fn acknowledge(&mut self, device: DeviceId, done: &[u64], now: UtcMs) -> Result<(), StoreError> {
        if done.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = done.iter().take(1_000).map(|n| int(*n)).collect();
        on!(self.tx, |c| diesel::update(
            command::table
                .filter(command::district.eq(self.district))
                .filter(command::device.eq(id(device)))
                .filter(command::number.eq_any(&numbers))
                .filter(command::done_ms.is_null())
        )
        .set(command::done_ms.eq(now.0))
        .execute(c))?;
        Ok(())
    }
}
