//! Taking changes in: slot, chain, checks, apply, feed; and waking what waited.

use super::store::AWAITS_SCHEMA;
use super::{Checked, Custody, DeviceRow, DeviceState, Entry, Head, Notice, StageMove, Store};
use crate::base::plant::{Bug, planted};
use crate::base::time::interval;
use crate::base::{Digest, OfficerId, UtcMs};
use crate::protocol::{Disposition, PushResult};
use crate::record::{Applied, Bucket, Change, Context, Dot, Kinds, Record, SignedChange, act_names, apply, waived_by};

/// Takes checked lines in, in order: one result each.
pub fn accept_checked<S: Store>(store: &mut S, kinds: &Kinds, lines: &[Checked], now: UtcMs) -> Result<Vec<PushResult>, S::Error> {
    let mut work = Work::begin(store, kinds, now)?;
    let mut results = Vec::with_capacity(lines.len());
    for line in lines {
        results.push(match line {
            Checked::Verified { dot, hash, signed } => {
                let (disposition, repeat) = work.arrive(*dot, *hash, signed)?;
                PushResult { hash: *hash, dot: Some(*dot), disposition: Some(disposition), unverified: None, repeat }
            }
            Checked::Unverified { hash, code, line } => {
                if !line.is_empty() {
                    work.store.keep(Custody::Unverified, *hash, None, line)?;
                    work.store.notify(Notice::Unverified(*hash))?;
                }
                PushResult { hash: *hash, dot: None, disposition: None, unverified: Some((*code).into()), repeat: false }
            }
        });
    }
    work.finish()?;
    Ok(results)
}

/// After an upgrade: tries what waited for newer field tables. Returns how many were tried.
pub fn retry_parked_schema<S: Store>(store: &mut S, kinds: &Kinds, now: UtcMs) -> Result<usize, S::Error> {
    let waiting = store.waiting_for(AWAITS_SCHEMA)?;
    let mut work = Work::begin(store, kinds, now)?;
    for dot in &waiting {
        work.retry(*dot)?;
    }
    work.finish()?;
    Ok(waiting.len())
}

/// One run of the engine inside a transaction: the head is read once and written once.
pub(super) struct Work<'a, S: Store> {
    pub(super) store: &'a mut S,
    pub(super) kinds: &'a Kinds,
    pub(super) head: Head,
    pub(super) now: UtcMs,
    woken: Vec<Dot>,
}

impl<'a, S: Store> Work<'a, S> {
    pub(super) fn begin(store: &'a mut S, kinds: &'a Kinds, now: UtcMs) -> Result<Self, S::Error> {
        let head = store.head()?;
        Ok(Work { store, kinds, head, now, woken: Vec::new() })
    }

    pub(super) fn finish(self) -> Result<(), S::Error> {
        self.store.put_head(&self.head)
    }

    /// Takes a verified change in; says what became of it and whether it had been received before.
    pub(super) fn arrive(&mut self, dot: Dot, hash: Digest, signed: &SignedChange) -> Result<(Disposition, bool), S::Error> {
        if let Some(entry) = self.store.entry(dot)? {
            if entry.hash == hash {
                return Ok((entry.disposition, true));
            }
            return Ok((self.fork(dot, hash, signed)?, false));
        }
        let decoded = Change::decode(&signed.bytes);
        if planted(Bug::DuplicateDecidedBySeen)
            && let Ok(change) = &decoded
            && let Some(record) = self.store.take_record(change.record)?
        {
            let covered = record.seen().covers(dot);
            self.store.give_back(record);
            if covered {
                return Ok((Disposition::Applied { commit: 0, contested: vec![], excepted: vec![], refused: vec![] }, true));
            }
        }
        let leaf = self.head.log.size;
        let mut complete = Vec::new();
        self.head.log.push(&hash, |node| complete.push(node));
        for node in complete {
            self.store.put_node(node.level, node.index, node.hash)?;
        }
        let disposition = match (&decoded, self.store.device(dot.device)?) {
            (_, None) => Disposition::quarantined("malformed", "the device is not enrolled"),
            (Err(why), Some(device)) => {
                self.advance(device, dot, hash)?;
                Disposition::quarantined("malformed", why.0.as_str())
            }
            (Ok(change), Some(device)) => {
                let judged = self.judge(&device, change, hash)?;
                let device = self.store.device(dot.device)?.unwrap_or(device);
                self.advance(device, dot, hash)?;
                match judged {
                    Some(refused) => refused,
                    None => self.try_apply(change, false)?,
                }
            }
        };
        if matches!(disposition, Disposition::Quarantined { .. }) {
            self.store.notify(Notice::Quarantined(dot))?;
        }
        let record = decoded.as_ref().ok().map(|c| c.record);
        let entry = Entry { hash, record, leaf, received: self.now, disposition: disposition.clone(), moved: 0, released: false };
        self.store.insert_entry(dot, &entry, signed)?;
        self.note_parking(dot, &disposition)?;
        self.wake()?;
        Ok((disposition, false))
    }

    /// Another change stands in this slot: freeze the chain, raise the alarm, keep the bytes.
    fn fork(&mut self, dot: Dot, hash: Digest, signed: &SignedChange) -> Result<Disposition, S::Error> {
        self.store.keep(Custody::Fork, hash, Some(dot.device), &signed.to_line())?;
        self.freeze(dot)?;
        Ok(Disposition::quarantined("fork", format!("another change was validly signed as number {} of this device; enrol the device anew", dot.seq)))
    }

    /// Freezes a device's chain from this number on, and tells a human the first time.
    pub(super) fn freeze(&mut self, dot: Dot) -> Result<(), S::Error> {
        let Some(mut device) = self.store.device(dot.device)? else { return Ok(()) };
        match device.state {
            DeviceState::Revoked => return Ok(()),
            DeviceState::Frozen { from } if from <= dot.seq => return Ok(()),
            _ => device.state = DeviceState::Frozen { from: dot.seq },
        }
        self.store.put_device(&device)?;
        self.store.notify(Notice::Forked(dot))
    }

    /// Notes that a slot is held: moves `through_seq` on as far as slots are held without a gap.
    fn advance(&mut self, mut device: DeviceRow, dot: Dot, hash: Digest) -> Result<(), S::Error> {
        if dot.seq != device.through_seq + 1 {
            return Ok(());
        }
        (device.through_seq, device.head_hash) = (dot.seq, hash);
        while let Some(next) = self.store.entry(Dot::new(dot.device, device.through_seq + 1))? {
            (device.through_seq, device.head_hash) = (device.through_seq + 1, next.hash);
        }
        self.store.put_device(&device)
    }

    /// What bars a change before anyone looks at its content: its chain, its device, its officer.
    fn judge(&mut self, device: &DeviceRow, change: &Change<'_>, hash: Digest) -> Result<Option<Disposition>, S::Error> {
        let dot = change.dot();
        if dot.device.is_office() {
            return Ok(None);
        }
        let expected = match dot.seq {
            1 => Some(device.first_prev),
            n => self.store.entry(Dot::new(dot.device, n - 1))?.map(|e| e.hash),
        };
        let breaks_next = match self.store.entry(Dot::new(dot.device, dot.seq + 1))? {
            None => false,
            Some(_) => {
                let next = self.store.signed(Dot::new(dot.device, dot.seq + 1))?;
                next.as_ref().and_then(|s| Change::decode(&s.bytes).ok()).is_some_and(|c| c.prev != hash)
            }
        };
        if breaks_next || expected.is_some_and(|e| e != change.prev) {
            self.freeze(dot)?;
            return Ok(Some(Disposition::quarantined("chain_broken", "prev is not the hash of this device's previous change; enrol the device anew")));
        }
        match device.state {
            DeviceState::Frozen { from } if dot.seq >= from => {
                return Ok(Some(Disposition::quarantined("chain_frozen", format!("this device's chain is frozen from number {from} on; enrol it anew"))));
            }
            DeviceState::Revoked => return Ok(Some(Disposition::quarantined("device_revoked", "the device was revoked before this arrived"))),
            _ => {}
        }
        if change.officer != device.officer {
            return Ok(Some(Disposition::quarantined("officer_mismatch", "the change names another officer than its device's certificate")));
        }
        if self.store.suspended(&change.officer)? {
            return Ok(Some(Disposition::quarantined("officer_suspended", "the officer was suspended before this arrived")));
        }
        Ok(None)
    }

    /// Whether the officer held scope over these buckets at any time of the capture.
    fn in_scope(&mut self, change: &Change<'_>, buckets: &[Bucket]) -> Result<bool, S::Error> {
        if change.device.is_office() || buckets.contains(&Bucket::officer(change.officer.as_str())) {
            return Ok(true);
        }
        let when = interval(&change.time, self.now);
        let holds = |officer: &OfficerId, store: &mut S| -> Result<bool, S::Error> {
            let grants = store.grants(officer)?;
            Ok(grants.iter().any(|g| buckets.contains(&g.bucket) && g.from <= when.latest && g.until.is_none_or(|u| u > when.earliest)))
        };
        holds(&change.officer, self.store)
    }

    /// The road that every change takes into its record. `free`: a reviewer released it, access is settled.
    pub(super) fn try_apply(&mut self, change: &Change<'_>, free: bool) -> Result<Disposition, S::Error> {
        let dot = change.dot();
        let Some(kind) = self.kinds.get(change.kind) else {
            return Ok(Disposition::quarantined("unknown_kind", format!("this server knows no kind {}; upgrade it, then release", change.kind)));
        };
        if change.schema > kind.schema {
            return Ok(Disposition::Parked { missing: vec![], schema: Some(change.schema) });
        }
        if let Err(reject) = kind.check(change) {
            return Ok(Disposition::quarantined(reject.code, reject.detail));
        }
        let rows = self.store.feed_rows(change.record)?;
        let existing = self.store.take_record(change.record)?;
        let existed = existing.is_some();
        if existed && !free {
            let buckets: Vec<Bucket> = rows.iter().filter(|r| !r.left).map(|r| r.bucket.clone()).collect();
            let began = existing.as_ref().is_some_and(|r| r.seen().get(change.device) > 0);
            let goes_on = began && is_reference(&buckets);
            if !goes_on && !self.in_scope(change, &buckets)? {
                existing.into_iter().for_each(|r| self.store.give_back(r));
                return Ok(foreign_scope());
            }
        }
        let mut record = existing.unwrap_or_else(|| Record::new(change.record, kind.name, kind.initial));
        let barred = if record.kind.as_ref() != change.kind {
            Some(Disposition::quarantined("kind_mismatch", format!("the record is a {}", record.kind)))
        } else if waived_by(&record, change) {
            self.store.notify(Notice::WaivedCame(dot))?;
            Some(Disposition::Dismissed { code: "waived".into(), reason: "a reviewer had declared it lost before it came".into() })
        } else {
            let mut missing = Vec::new();
            for need in &change.needs {
                let applied = self.store.entry(*need)?.is_some_and(|e| matches!(e.disposition, Disposition::Applied { .. }));
                if !applied && !self.store.waived(*need)? {
                    missing.push(*need);
                }
            }
            (!missing.is_empty()).then_some(Disposition::Parked { missing, schema: None })
        };
        if let Some(barred) = barred {
            if existed {
                self.store.give_back(record);
            }
            return Ok(barred);
        }
        let (sum_before, stage_before) = (record.checksum(), Box::<str>::from(record.stage()));
        let commit = self.head.commit + 1;
        let effect = match apply(&mut record, kind, change, Context { commit, lenient: false }) {
            Applied::Parked(missing) => {
                if existed {
                    self.store.give_back(record);
                }
                return Ok(Disposition::Parked { missing, schema: None });
            }
            Applied::Done(effect) => effect,
        };
        let buckets = (kind.buckets)(&record);
        if !existed && !free && !is_reference(&buckets) && !self.in_scope(change, &buckets)? {
            return Ok(foreign_scope());
        }
        self.head.commit = commit;
        self.feed(&record, existed.then_some(sum_before), rows, buckets)?;
        if *stage_before != *record.stage() {
            let when = interval(&change.time, self.now);
            let shown = UtcMs(change.time.wall.clamp(when.earliest.0, when.latest.0));
            self.store.stage_moved(StageMove { record: record.id, dot, commit, from: stage_before, to: record.stage().into(), when, shown })?;
        }
        self.store.put_record(record)?;
        if let Some(act) = change.act.as_ref().filter(|a| &*a.name == act_names::WAIVE)
            && let Some(lost) = act.dot
        {
            self.waive(lost, act.reason.as_deref().unwrap_or(""))?;
        }
        if !effect.excepted.is_empty() {
            self.store.notify(Notice::Excepted(dot))?;
        }
        self.woken.push(dot);
        Ok(Disposition::Applied { commit, contested: effect.contested, excepted: effect.excepted, refused: effect.refused })
    }

    /// A dot was declared lost: what stands under it is dismissed, what waits for it goes on.
    fn waive(&mut self, lost: Dot, reason: &str) -> Result<(), S::Error> {
        self.store.put_waived(lost)?;
        if let Some(entry) = self.store.entry(lost)?
            && !entry.disposition.is_final()
        {
            self.move_to(lost, entry, Disposition::Dismissed { code: "waived".into(), reason: reason.into() })?;
        }
        self.woken.push(lost);
        Ok(())
    }

    /// Moves a row of the ledger forward.
    pub(super) fn move_to(&mut self, dot: Dot, mut entry: Entry, disposition: Disposition) -> Result<(), S::Error> {
        self.head.moves += 1;
        entry.moved = self.head.moves;
        entry.disposition = disposition;
        self.store.update_entry(dot, &entry)?;
        self.note_parking(dot, &entry.disposition)
    }

    fn note_parking(&mut self, dot: Dot, disposition: &Disposition) -> Result<(), S::Error> {
        match disposition {
            Disposition::Parked { schema: Some(_), .. } => self.store.park(dot, &[AWAITS_SCHEMA]),
            Disposition::Parked { missing, .. } => self.store.park(dot, missing),
            _ => Ok(()),
        }
    }

    /// Tries everything that waited for the dots that came in.
    pub(super) fn wake(&mut self) -> Result<(), S::Error> {
        while let Some(dot) = self.woken.pop() {
            for waiting in self.store.waiting_for(dot)? {
                self.retry(waiting)?;
            }
        }
        Ok(())
    }

    /// Tries a parked change again; whatever it frees is tried by [`Work::wake`].
    pub(super) fn retry(&mut self, dot: Dot) -> Result<(), S::Error> {
        let Some(entry) = self.store.entry(dot)? else { return Ok(()) };
        if !matches!(entry.disposition, Disposition::Parked { .. }) {
            return self.store.park(dot, &[]);
        }
        let Some(signed) = self.store.signed(dot)? else { return Ok(()) };
        let Ok(change) = Change::decode(&signed.bytes) else { return Ok(()) };
        let disposition = self.try_apply(&change, entry.released)?;
        if disposition == entry.disposition {
            return Ok(());
        }
        if !matches!(disposition, Disposition::Parked { .. }) {
            self.store.park(dot, &[])?;
        }
        if matches!(disposition, Disposition::Quarantined { .. }) {
            self.store.notify(Notice::Quarantined(dot))?;
        }
        self.move_to(dot, entry, disposition)?;
        self.wake()
    }
}

/// Whether a record is reference and nothing else. What everyone in the district may hold, whoever works in the field may begin,
/// and go on with what he began: a site that nobody knew of yet is not lost for want of a grant.
fn is_reference(buckets: &[Bucket]) -> bool {
    !buckets.is_empty() && buckets.iter().all(|bucket| *bucket == Bucket::reference())
}

fn foreign_scope() -> Disposition {
    Disposition::quarantined("foreign_scope", "the officer held no scope over this record at any time of the capture; a reviewer may release it")
}
