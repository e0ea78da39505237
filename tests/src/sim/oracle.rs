//! What must be true, always and after everything has healed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sync_core::base::keys::{PublicKey, Signer as _};
use sync_core::base::merkle::{inclusion_proof, verify_inclusion};
use sync_core::base::{Digest, RecordId, UtcMs};
use sync_core::district::{NodesOf, scope_of};
use sync_core::protocol::{Disposition, Receipt};
use sync_core::record::{Applied, Bucket, Change, Context, Dot, Record, SignedChange, apply, engine_key, late_writes, sealed_value};
use sync_core::replica::{status, view};
use sync_core::testing::{TEST_ALG, probe_kinds};

use super::World;
use super::world::server_key;

/// An oracle's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The oracle.
    pub oracle: &'static str,
    /// What it saw.
    pub seen: String,
}

impl Violation {
    /// A verdict.
    pub fn new(oracle: &'static str, seen: impl Into<String>) -> Violation {
        Violation { oracle, seen: seen.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oracle '{}': {}", self.oracle, self.seen)
    }
}

fn fail<T>(oracle: &'static str, seen: impl Into<String>) -> Result<T, Violation> {
    Err(Violation::new(oracle, seen))
}

impl World {
    /// After every step.
    pub fn check_always(&mut self) -> Result<(), Violation> {
        if let Some(violation) = self.noticed.take() {
            return Err(violation);
        }
        self.held_is_true()
    }

    /// What a handheld shows as held by the server is there (unless the server has been restored since).
    fn held_is_true(&self) -> Result<(), Violation> {
        for dev in self.devs.iter().filter(|d| d.alive) {
            if dev.store.meta.epoch != self.server.store.head.epoch || self.restores > 0 {
                continue;
            }
            for (row, _) in dev.store.journal.values().filter(|(r, _)| r.held) {
                if !self.at_server(row.dot, row.hash) {
                    return fail("status is the truth", format!("{} shows {} as held, the server has not got it", dev.officer, row.dot));
                }
            }
        }
        Ok(())
    }

    fn at_server(&self, dot: Dot, hash: Digest) -> bool {
        self.server.store.ledger.get(&dot).is_some_and(|(e, _)| e.hash == hash) || self.server.store.custody.contains_key(&hash)
    }

    /// After everything has drained.
    pub fn check_healed(&mut self) -> Result<(), Violation> {
        self.nothing_is_lost()?;
        self.dispositions_are_final()?;
        self.commits_are_dense()?;
        self.no_value_vanished()?;
        self.records_follow_from_the_log()?;
        self.seals_speak()?;
        self.log_is_whole()?;
        for i in 0..self.devs.len() {
            if self.devs[i].alive {
                self.mirror_equals_server(i, "replicas are equal")?;
                self.status_says_done(i)?;
                self.receipt_verifies(i)?;
            }
        }
        Ok(())
    }

    fn nothing_is_lost(&self) -> Result<(), Violation> {
        for dev in self.devs.iter().filter(|d| d.alive || d.retired) {
            for (row, _) in dev.store.journal.values() {
                if !self.at_server(row.dot, row.hash) {
                    return fail("nothing is lost", format!("{} is on the handheld of {} and not at the server", row.dot, dev.officer));
                }
            }
        }
        for (dot, hash) in self.acknowledged.difference(&self.excused) {
            if !self.at_server(*dot, *hash) {
                return fail("nothing acknowledged is lost", format!("{dot} was acknowledged and is gone"));
            }
        }
        for ((dot, hash), i) in &self.captured {
            let dev = &self.devs[*i];
            if dev.alive && !dev.restored && dev.store.journal.get(dot).is_none_or(|(r, _)| r.hash != *hash) {
                return fail("nothing kept is lost", format!("{dot} was said to be kept and is not on its handheld"));
            }
        }
        Ok(())
    }

    fn dispositions_are_final(&self) -> Result<(), Violation> {
        for (dot, (entry, _)) in &self.server.store.ledger {
            match &entry.disposition {
                Disposition::Applied { .. } => {}
                Disposition::Dismissed { code, .. } if &**code == "reviewer" => {}
                Disposition::Dismissed { code, .. } if &**code == "waived" => {
                    let waived = self.server.store.waived.iter().any(|w| w.device == dot.device && w.seq >= dot.seq);
                    if !waived {
                        return fail("dismissed by a human only", format!("{dot} was dismissed as waived, nobody waived it"));
                    }
                }
                other => return fail("one final disposition", format!("{dot} is {}", other.state())),
            }
        }
        Ok(())
    }

    fn applied(&self) -> BTreeMap<u64, (Dot, &SignedChange)> {
        let rows = self.server.store.ledger.iter();
        rows.filter_map(|(dot, (e, s))| match e.disposition {
            Disposition::Applied { commit, .. } => Some((commit, (*dot, s))),
            _ => None,
        })
        .collect()
    }

    fn commits_are_dense(&self) -> Result<(), Violation> {
        let applied = self.server.store.ledger.values().filter(|(e, _)| matches!(e.disposition, Disposition::Applied { .. })).count();
        let distinct = self.applied().len();
        let highest = self.applied().keys().next_back().copied().unwrap_or(0);
        if applied != distinct || highest > self.server.store.head.commit {
            return fail("commits are numbered once", format!("{applied} applied, {distinct} numbers, highest {highest} of {}", self.server.store.head.commit));
        }
        Ok(())
    }

    /// A value that was applied stands, or a change that was applied says that it replaced it.
    fn no_value_vanished(&self) -> Result<(), Violation> {
        let kinds = probe_kinds(2);
        let Some(kind) = kinds.get("probe") else { return fail("setup", "no probe") };
        let mut replaced: BTreeMap<(RecordId, String), BTreeSet<Dot>> = BTreeMap::new();
        let applied = self.applied();
        let decoded: Vec<Change<'_>> = applied.values().filter_map(|(_, s)| Change::decode(&s.bytes).ok()).collect();
        for change in &decoded {
            for edit in &change.edits {
                let (key, _) = kind.upcast(change.schema, edit.field, edit.value);
                replaced.entry((change.record, key.into_owned())).or_default().extend(edit.replaces.iter().copied());
            }
        }
        for change in &decoded {
            for edit in &change.edits {
                let (key, value) = kind.upcast(change.schema, edit.field, edit.value);
                let stands = self.server.store.records.get(&change.record).and_then(|r| r.register(&key)).and_then(|r| r.candidates().iter().find(|c| c.dot == change.dot()));
                let named = replaced.get(&(change.record, key.clone().into_owned())).is_some_and(|r| r.contains(&change.dot()));
                match stands {
                    Some(candidate) if candidate.value == value => {}
                    Some(candidate) => return fail("no value is altered", format!("{} wrote {value:?} to {key}, {:?} stands", change.dot(), candidate.value)),
                    None if named => {}
                    None => return fail("no value vanishes", format!("{} wrote {key}; it does not stand and nobody replaced it", change.dot())),
                }
            }
        }
        Ok(())
    }

    /// The records are what the log says, applied in the order of commits.
    fn records_follow_from_the_log(&self) -> Result<(), Violation> {
        let kinds = probe_kinds(self.server.version);
        let mut rebuilt: BTreeMap<RecordId, Record> = BTreeMap::new();
        for (commit, (dot, signed)) in self.applied() {
            let change = Change::decode(&signed.bytes).map_err(|e| Violation::new("log is readable", e.0))?;
            let Some(kind) = kinds.get(change.kind) else { return fail("log is readable", "an unknown kind") };
            let record = rebuilt.entry(change.record).or_insert_with(|| Record::new(change.record, kind.name, kind.initial));
            if let Applied::Parked(missing) = apply(record, kind, &change, Context { commit, lenient: false }) {
                return fail("records follow from the log", format!("{dot} applied, its log lacks {missing:?}"));
            }
        }
        for (id, record) in &self.server.store.records {
            let Some(rebuilt) = rebuilt.get(id) else { return fail("records follow from the log", format!("{id} is not in the log")) };
            if record.checksum() != record.recompute_checksum() {
                return fail("checksums are true", format!("{id}"));
            }
            if rebuilt.checksum() != record.checksum() {
                return fail("records follow from the log", format!("{id} differs from its log"));
            }
        }
        Ok(())
    }

    /// What was signed is what reads, and whatever came later is shown as late.
    fn seals_speak(&self) -> Result<(), Violation> {
        for record in self.server.store.records.values() {
            let Some(register) = record.register(&engine_key::seal("whole")) else { continue };
            let mut standing: Vec<_> = register.candidates().iter().collect();
            standing.sort_by_key(|c| c.dot);
            let Some(seal) = standing.last() else { continue };
            let body = seal.value.to_json();
            for (field, shown) in body["shown"].as_object().into_iter().flatten() {
                let reads = sealed_value(record, field).map(|(_, v)| v.to_json());
                if reads.as_ref() != Some(shown) {
                    return fail("what was signed is what reads", format!("{field} was signed as {shown} and reads {reads:?}"));
                }
            }
            let covers: Vec<Dot> = serde_json::from_value(body["covers"].clone()).unwrap_or_default();
            let covered = |dot: Dot| dot == seal.dot || covers.iter().any(|c| c.device == dot.device && c.seq >= dot.seq);
            let late: BTreeSet<(String, Dot)> = late_writes(record).into_iter().filter(|l| l.seal == seal.dot).map(|l| (l.field.to_owned(), l.candidate.dot)).collect();
            for (field, register) in record.registers().filter(|(k, _)| !k.starts_with('$')) {
                for c in register.candidates() {
                    if covered(c.dot) == late.contains(&(field.to_owned(), c.dot)) {
                        return fail("late writes are shown", format!("{} in {field}", c.dot));
                    }
                }
            }
        }
        Ok(())
    }

    /// Every slot is a leaf of the log, once, in the order taken.
    fn log_is_whole(&mut self) -> Result<(), Violation> {
        let mut leaves: Vec<(u64, Digest)> = self.server.store.ledger.values().map(|(e, _)| (e.leaf, e.hash)).collect();
        leaves.sort();
        let size = self.server.store.head.log.size;
        if leaves.len() as u64 != size || leaves.iter().enumerate().any(|(i, (leaf, _))| *leaf != i as u64) {
            return fail("the log is whole", format!("{} slots, {size} leaves", leaves.len()));
        }
        let root = self.server.store.head.log.root();
        for (leaf, hash) in leaves {
            let path = inclusion_proof(&mut NodesOf(&mut self.server.store), leaf, size).map_err(|_| Violation::new("the log is whole", "a node is missing"))?;
            if !verify_inclusion(&hash, leaf, size, &path, &root) {
                return fail("the log is whole", format!("leaf {leaf} cannot be proven"));
            }
        }
        Ok(())
    }

    /// A handheld's mirror is exactly what its scope holds at the server.
    pub fn mirror_equals_server(&mut self, i: usize, oracle: &'static str) -> Result<(), Violation> {
        let now = UtcMs(self.now().0);
        let officer = self.devs[i].officer.clone();
        let known = self.server.store.devices.contains_key(&self.devs[i].id());
        let scope: Vec<Bucket> = if known { scope_of(&mut self.server.store, &officer, now).unwrap_or_default() } else { Vec::new() };
        let due: BTreeSet<RecordId> = self.server.store.feed.iter().filter(|(_, rows)| rows.values().any(|r| !r.left && scope.contains(&r.bucket))).map(|(id, _)| *id).collect();
        let held: BTreeSet<RecordId> = self.devs[i].store.mirrors.keys().copied().collect();
        if due != held {
            return fail(oracle, format!("{officer} should hold {due:?}, holds {held:?}"));
        }
        for id in due {
            let (Some(mirror), Some(record)) = (self.devs[i].store.mirrors.get(&id), self.server.store.records.get(&id)) else { continue };
            if mirror.record.checksum() != mirror.record.recompute_checksum() {
                return fail("checksums are true", format!("{id} on the handheld of {officer}"));
            }
            if mirror.record != *record {
                return fail(oracle, format!("{id} differs on the handheld of {officer}"));
            }
        }
        Ok(())
    }

    fn status_says_done(&mut self, i: usize) -> Result<(), Violation> {
        let kinds = self.devs[i].kinds();
        let said = status(&mut self.devs[i].store).map_err(|_| Violation::new("setup", "died"))?;
        if !said.is_done() {
            return fail("status is the truth", format!("everything is delivered, the handheld says {said:?}"));
        }
        let ids: Vec<RecordId> = self.devs[i].store.mirrors.keys().copied().collect();
        for id in ids {
            let shown = view(&mut self.devs[i].store, &kinds, id).map_err(|_| Violation::new("setup", "died"))?;
            if shown.as_ref() != self.devs[i].store.mirrors.get(&id).map(|m| &m.record) {
                return fail("what is shown is what the server has", format!("{id}"));
            }
        }
        Ok(())
    }

    fn receipt_verifies(&self, i: usize) -> Result<(), Violation> {
        let dev = &self.devs[i];
        let Some(signed) = &dev.store.meta.receipt else { return fail("receipts verify", "no receipt") };
        let key = PublicKey::new(TEST_ALG, &server_key().public_key());
        let Some(receipt) = key.and_then(|k| signed.open::<Receipt>(&k)) else { return fail("receipts verify", "signature") };
        let own = dev.store.journal.values().filter(|(r, _)| r.dot.device == dev.id());
        for (row, _) in own {
            if !receipt.covers(row.dot.seq) {
                return fail("receipts verify", format!("{} is not covered", row.dot));
            }
        }
        Ok(())
    }
}
