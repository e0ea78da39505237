//! Every slot: bytes, hash, signature, number, chain, and the columns beside them.

use std::collections::BTreeMap;

use diesel::prelude::*;
use sync_core::base::pack::unpack;
use sync_core::base::{DeviceId, Digest};
use sync_core::protocol::Disposition;
use sync_core::record::{Change, Dot, MAX_CHANGE_BYTES, SignedChange, change_hash, signing_input};

use super::finding::{Code, Finding, Findings};
use super::roster::Enrolled;
use super::source::PAGE;
use super::{Figures, Ground, VerifyError};
use crate::on;
use crate::schema::{head, ledger, parked};
use crate::sync::store::rows::{HeadRow, device_id, id, int, nat};

/// A slot of the ledger, by what was computed from its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// Where it stands.
    pub dot: Dot,
    /// Hash of the bytes; of the stored hash where the bytes cannot be read.
    pub hash: Digest,
    /// Its leaf.
    pub leaf: u64,
}

/// The whole ledger, some seventy bytes a slot.
#[derive(Default)]
pub struct Ledger {
    slots: Vec<Slot>,
    by_hash: Vec<u32>,
    /// Leaf number and stored hash.
    pub leaves: Vec<(u64, Digest)>,
    /// What was dismissed as waived.
    pub dismissed_as_waived: Vec<Dot>,
    commits: Vec<(u64, Dot)>,
    moves: Vec<(u64, Dot)>,
    parked: BTreeMap<Dot, Vec<Dot>>,
}

impl Ledger {
    /// What stands in a slot.
    pub fn slot(&self, dot: Dot) -> Option<&Slot> {
        self.slots.binary_search_by_key(&dot, |s| s.dot).ok().and_then(|i| self.slots.get(i))
    }

    /// The slots that hold a change.
    pub fn holders(&self, hash: Digest) -> impl Iterator<Item = &Slot> {
        let of = |i: &u32| self.slots.get(*i as usize);
        let start = self.by_hash.partition_point(|i| of(i).is_some_and(|s| s.hash < hash));
        self.by_hash.iter().skip(start).filter_map(move |i| self.slots.get(*i as usize)).take_while(move |s| s.hash == hash)
    }

    fn index(&mut self) {
        self.slots.sort_unstable_by_key(|s| s.dot);
        self.by_hash = (0..self.slots.len() as u32).collect();
        let slots = &self.slots;
        self.by_hash.sort_unstable_by_key(|i| slots.get(*i as usize).map(|s| (s.hash, s.dot)));
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = ledger)]
struct Row {
    seq: i64,
    hash: Vec<u8>,
    alg: String,
    signature: Vec<u8>,
    bytes: Vec<u8>,
    record: Option<Vec<u8>>,
    leaf: i64,
    state: String,
    disposition: String,
    commit_seq: Option<i64>,
    moved: i64,
    released: bool,
}

/// The slot before, for the chain.
struct Before {
    seq: u64,
    hash: Digest,
    applied: bool,
}

/// Reads the whole ledger, device by device.
pub fn check(ground: &mut Ground<'_, '_>, roster: &BTreeMap<DeviceId, Enrolled>, figures: &mut Figures, found: &mut Findings) -> Result<Ledger, VerifyError> {
    let district = ground.district;
    let writers: Vec<i64> = on!(ground.tx, |c| ledger::table.filter(ledger::district.eq(district)).select(ledger::device).distinct().load(c))?;
    let mut out = Ledger::default();
    for writer in writers.iter().map(|d| device_id(*d)) {
        let enrolled = roster.get(&writer);
        if enrolled.is_none() {
            found.add(Finding::new(Code::DeviceUnknown, format!("device {writer} has changes in the ledger and is not in the roster")).of(writer));
        }
        Walk { ground, enrolled, writer, figures, found, out: &mut out }.run()?;
    }
    for (device, enrolled) in roster.iter().filter(|(d, e)| e.through > 0 && !writers.contains(&id(**d))) {
        let gone = Finding::new(Code::SlotMissing, format!("device {device}: changes 1 to {} are missing in the ledger", enrolled.through));
        found.add(gone.at(Dot::new(*device, 1)));
    }
    out.index();
    doubles(&out, found);
    numbers(ground, &mut out, found)?;
    parking(ground, &out, found)?;
    Ok(out)
}

struct Walk<'a, 'g, 't, 'c> {
    ground: &'a mut Ground<'t, 'c>,
    enrolled: Option<&'g Enrolled>,
    writer: DeviceId,
    figures: &'a mut Figures,
    found: &'a mut Findings,
    out: &'a mut Ledger,
}

impl Walk<'_, '_, '_, '_> {
    fn run(mut self) -> Result<(), VerifyError> {
        let (district, device) = (self.ground.district, id(self.writer));
        let through = self.enrolled.map_or(0, |e| e.through);
        let mut before: Option<Before> = None;
        let mut dense = 0;
        let mut head = self.enrolled.filter(|_| through == 0).map(|e| e.first_prev);
        let mut at = 0;
        loop {
            let rows: Vec<Row> = on!(self.ground.tx, |c| ledger::table
                .filter(ledger::district.eq(district))
                .filter(ledger::device.eq(device))
                .filter(ledger::seq.gt(at))
                .order(ledger::seq)
                .limit(PAGE)
                .select(Row::as_select())
                .load(c))?;
            let Some(last) = rows.last() else { break };
            at = last.seq;
            for row in rows {
                let seq = nat(row.seq);
                let next = before.as_ref().map_or(1, |b| b.seq + 1);
                if seq > next && next <= through {
                    self.gap(next, through.min(seq - 1));
                }
                let stored = row.hash.as_slice().try_into().map(Digest).unwrap_or_default();
                if seq == dense + 1 {
                    dense = seq;
                }
                if seq == through {
                    head = Some(stored);
                }
                let applied = self.row(row, stored, before.as_ref());
                before = Some(Before { seq, hash: stored, applied });
            }
        }
        let last = before.map_or(0, |b| b.seq);
        if last < through {
            self.gap(last + 1, through);
        }
        if dense > through && self.enrolled.is_some() {
            self.add(Code::DeviceHeadWrong, self.writer, format!("device {}: changes up to {dense} are held, its row says {through}", self.writer));
        }
        if let Some((enrolled, head)) = self.enrolled.zip(head)
            && last >= through
            && enrolled.head != head.0
        {
            self.add(Code::DeviceHeadWrong, self.writer, format!("device {}: the head hash of its row is not that of change {through}", self.writer));
        }
        Ok(())
    }

    fn add(&mut self, code: Code, device: DeviceId, sentence: String) {
        self.found.add(Finding::new(code, sentence).of(device));
    }

    fn gap(&mut self, from: u64, to: u64) {
        let numbers = if from == to { format!("change {from} is") } else { format!("changes {from} to {to} are") };
        let gone = Finding::new(Code::SlotMissing, format!("device {}: {numbers} missing in the ledger, although its row says that they are held", self.writer));
        self.found.add(gone.at(Dot::new(self.writer, from)));
    }

    /// Checks one row; says whether it was applied.
    fn row(&mut self, row: Row, stored: Digest, before: Option<&Before>) -> bool {
        let dot = Dot::new(self.writer, nat(row.seq));
        self.out.leaves.push((nat(row.leaf), stored));
        let disposition = self.columns(dot, &row);
        let applied = matches!(disposition, Some(Disposition::Applied { .. }));
        let mut wrong = |code, sentence: String| self.found.add(Finding::new(code, sentence).at(dot));
        let Ok(bytes) = unpack(&row.bytes, MAX_CHANGE_BYTES) else {
            wrong(Code::ChangeUnreadable, format!("change {dot}: its bytes cannot be inflated"));
            self.out.slots.push(Slot { dot, hash: stored, leaf: nat(row.leaf) });
            return applied;
        };
        let hash = change_hash(&bytes);
        self.out.slots.push(Slot { dot, hash, leaf: nat(row.leaf) });
        if hash != stored {
            wrong(Code::ChangeAltered, format!("change {dot}: its bytes are not those whose hash was taken when it came"));
        } else if !self.enrolled.and_then(|e| e.key.as_ref()).is_some_and(|k| k.verify(&row.alg, &signing_input(&hash), &row.signature)) {
            wrong(Code::SignatureInvalid, format!("change {dot}: the signature is not that of the device's key"));
        }
        match SignedChange::peek(&bytes) {
            Some(named) if named == dot => {}
            Some(named) => {
                wrong(Code::ChangeMoved, format!("slot {dot} holds the change that was signed as {named}"));
                return applied;
            }
            None => wrong(Code::ChangeAltered, format!("change {dot}: its bytes do not begin with version, device and number")),
        }
        let change = match Change::decode(&bytes) {
            Ok(change) => change,
            Err(why) => {
                let put_aside = matches!(&disposition, Some(Disposition::Quarantined { .. } | Disposition::Dismissed { .. }));
                if !put_aside {
                    wrong(Code::ChangeUnreadable, format!("change {dot}: {why}"));
                }
                return applied;
            }
        };
        if row.record.as_deref().is_some_and(|r| r != change.record.to_bytes()) {
            wrong(Code::LedgerRowWrong, format!("change {dot}: its row names another record than its bytes"));
        }
        let expected = match before {
            _ if dot.seq == 1 => self.enrolled.map(|e| (e.first_prev, true)),
            Some(b) if b.seq + 1 == dot.seq => Some((b.hash, b.applied)),
            _ => None,
        };
        // A break that the server saw put one of the two aside, or froze the chain.
        let frozen = self.enrolled.and_then(|e| e.frozen_from).is_some_and(|from| from <= dot.seq);
        if let Some((prev, whole)) = expected
            && prev != change.prev
            && applied
            && whole
            && !row.released
            && !frozen
        {
            let what = if dot.seq == 1 { "the beginning of its device's chain" } else { "the hash of its device's previous change" };
            wrong(Code::ChainBroken, format!("change {dot}: it does not name {what}"));
        }
        applied
    }

    /// Checks that the columns of a row agree; counts.
    fn columns(&mut self, dot: Dot, row: &Row) -> Option<Disposition> {
        let mut wrong = |what: &str| self.found.add(Finding::new(Code::LedgerRowWrong, format!("change {dot}: {what}")).at(dot));
        let Ok(disposition) = serde_json::from_str::<Disposition>(&row.disposition) else {
            wrong("its disposition cannot be read");
            return None;
        };
        if disposition.state() != row.state {
            wrong("the columns state and disposition disagree");
        }
        let commit = match &disposition {
            Disposition::Applied { commit, .. } => Some(*commit),
            _ => None,
        };
        if row.commit_seq != commit.map(int) {
            wrong("the columns commit_seq and disposition disagree");
        }
        if row.moved > 0 {
            self.out.moves.push((nat(row.moved), dot));
        }
        match &disposition {
            Disposition::Applied { commit, .. } => {
                self.figures.applied += 1;
                self.out.commits.push((*commit, dot));
            }
            Disposition::Parked { missing, schema } => {
                self.figures.parked += 1;
                let mut missing = if schema.is_some() { vec![sync_core::district::AWAITS_SCHEMA] } else { missing.clone() };
                missing.sort_unstable();
                missing.dedup();
                self.out.parked.insert(dot, missing);
            }
            Disposition::Quarantined { .. } => self.figures.quarantined += 1,
            Disposition::Dismissed { code, .. } => {
                self.figures.dismissed += 1;
                if &**code == "waived" {
                    self.out.dismissed_as_waived.push(dot);
                }
            }
        }
        Some(disposition)
    }
}

fn doubles(ledger: &Ledger, found: &mut Findings) {
    let hashed = |i: &u32| ledger.slots.get(*i as usize);
    for pair in ledger.by_hash.windows(2) {
        if let [a, b] = pair
            && let Some((a, b)) = hashed(a).zip(hashed(b))
            && a.hash == b.hash
        {
            found.add(Finding::new(Code::ChangeDoubled, format!("one change stands in two slots, {} and {}", a.dot, b.dot)).at(b.dot));
        }
    }
}

/// Commits and moves are numbered once and not beyond the head; the office's chain ends where the head says.
fn numbers(ground: &mut Ground<'_, '_>, ledger: &mut Ledger, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    let row: HeadRow = on!(ground.tx, |c| head::table.find(district).select(HeadRow::as_select()).first(c))?;
    for (numbers, highest, code, what) in [(&mut ledger.commits, row.commit_seq, Code::CommitWrong, "commit"), (&mut ledger.moves, row.moves, Code::HeadWrong, "move")] {
        numbers.sort_unstable();
        for pair in numbers.windows(2) {
            if let [(a, first), (b, second)] = pair
                && a == b
            {
                found.add(Finding::new(code, format!("changes {first} and {second} have one {what} number, {a}")).at(*second));
            }
        }
        if let Some((last, dot)) = numbers.last().filter(|(n, _)| *n > nat(highest)) {
            found.add(Finding::new(code, format!("change {dot} has {what} number {last}, the head says {highest}")).at(*dot));
        }
    }
    if let Ok(head) = row.head() {
        let dot = Dot::new(head.office(), head.office_seq);
        let known = head.office_seq == 0 || ledger.slot(dot).is_some_and(|s| s.hash == head.office_prev);
        let more = ledger.slot(Dot::new(dot.device, dot.seq + 1)).is_some();
        if !known || more {
            found.add(Finding::new(Code::HeadWrong, format!("the head says that the office's chain ends at {dot}, the ledger says otherwise")).at(dot));
        }
    }
    Ok(())
}

/// What waits is noted where the engine looks for it, and nothing else is.
fn parking(ground: &mut Ground<'_, '_>, ledger: &Ledger, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    let rows: Vec<(i64, i64, i64, i64)> =
        on!(ground.tx, |c| parked::table.filter(parked::district.eq(district)).select((parked::device, parked::seq, parked::missing_device, parked::missing_seq)).load(c))?;
    let mut noted: BTreeMap<Dot, Vec<Dot>> = BTreeMap::new();
    for (device, seq, missing_device, missing_seq) in rows {
        noted.entry(Dot::new(device_id(device), nat(seq))).or_default().push(Dot::new(device_id(missing_device), nat(missing_seq)));
    }
    noted.values_mut().for_each(|m| m.sort_unstable());
    for (dot, missing) in &ledger.parked {
        if noted.get(dot) != Some(missing) {
            found.add(Finding::new(Code::ParkingWrong, format!("change {dot} is parked, and what it waits for is not noted as its disposition says")).at(*dot));
        }
    }
    // What has been dismissed meanwhile may still be noted; the engine clears that when it comes by.
    for dot in noted.keys().filter(|d| ledger.slot(**d).is_none()) {
        found.add(Finding::new(Code::ParkingWrong, format!("change {dot} is noted as waiting and is not in the ledger")).at(*dot));
    }
    Ok(())
}
