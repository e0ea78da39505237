//! The handhelds' own stores against the server: whether what they were told is so.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use sync_core::base::Digest;
use sync_core::base::merkle::{inclusion_proof, verify_inclusion};
use sync_core::protocol::{Certificate, Receipt};
use sync_core::record::Dot;
use sync_core::replica::{JournalRow, Meta, Store as _};
use zhifa_mobile::device::store::{Db, StoreError, Tx, with_suffix};
use zhifa_mobile::device::{DeviceError, clock, vault};

use super::finding::{Code, Finding, Findings};
use super::{Figures, Ground, Options, Server, VerifyError, replicas};
use crate::on;
use crate::schema::head;

/// Rows of one page of a journal.
const PAGE: usize = 500;
/// Most bytes of `pins.json`.
const MAX_PINS: u64 = 1 << 20;

/// Why the look at one store ended.
#[derive(Debug)]
pub enum Ended {
    /// The store cannot be read: a finding.
    Store(StoreError),
    /// The server's database did not answer: the end of the check.
    Verify(VerifyError),
}

impl From<StoreError> for Ended {
    fn from(e: StoreError) -> Ended {
        Ended::Store(e)
    }
}

impl From<diesel::result::Error> for Ended {
    fn from(e: diesel::result::Error) -> Ended {
        Ended::Verify(e.into())
    }
}

/// What goes over all handhelds.
#[derive(Default)]
struct Tally {
    captured: HashSet<Digest>,
    pending: HashSet<Digest>,
    lost: BTreeSet<Dot>,
}

/// Compares every store in the folders with the server.
pub fn check(ground: &mut Ground<'_, '_>, server: &Server, options: &Options, figures: &mut Figures, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    let epoch: i64 = on!(ground.tx, |c| head::table.find(district).select(head::epoch).first(c))?;
    let mut tally = Tally::default();
    figures.replicas_equal = true;
    for folder in &options.journals {
        let pins = Pins::read(folder, options)?;
        for path in stores(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            figures.handhelds += 1;
            let unreadable = |why: String| Finding::new(Code::HandheldUnreadable, format!("{}: {why}", path.display()));
            let db = pins.of(&name).and_then(|pin| open(&path, pin, ground).map_err(|e| e.to_string()));
            let mut db = match db {
                Ok(db) => db,
                Err(why) => {
                    figures.replicas_equal = false;
                    found.add(unreadable(why));
                    continue;
                }
            };
            let mut look = Look { ground, server, epoch, name: &name, figures, found, tally: &mut tally };
            match db.read(|tx| look.run(tx)) {
                Ok(()) => {}
                Err(Ended::Verify(e)) => return Err(e),
                Err(Ended::Store(e)) => {
                    figures.replicas_equal = false;
                    found.add(unreadable(e.to_string()));
                }
            }
        }
    }
    figures.captured = tally.captured.len() as u64;
    figures.pending = tally.pending.len() as u64;
    figures.lost = tally.lost.len() as u64;
    Ok(())
}

fn open(path: &Path, pin: &str, ground: &Ground<'_, '_>) -> Result<Db, DeviceError> {
    let unlocked = vault::open(&with_suffix(path, ".key"), pin, clock::now())?;
    Db::open_to_read(path, &unlocked.store_key, ground.kinds.clone())
}

/// The stores of a folder, by name.
fn stores(folder: &Path) -> Result<Vec<PathBuf>, VerifyError> {
    let cannot = |why: String| VerifyError::Journals(folder.display().to_string(), why);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| cannot(e.to_string()))? {
        let path = entry.map_err(|e| cannot(e.to_string()))?.path();
        if path.extension().is_some_and(|e| e == "zhifa") && path.is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(cannot("there is no *.zhifa in it; name the folder that holds the handhelds' stores".into()));
    }
    found.sort();
    Ok(found)
}

/// The PINs by which stores are opened.
enum Pins<'a> {
    All(&'a str),
    ByName(BTreeMap<String, String>),
}

impl<'a> Pins<'a> {
    fn read(folder: &Path, options: &'a Options) -> Result<Pins<'a>, VerifyError> {
        if let Some(pin) = &options.pin {
            return Ok(Pins::All(pin));
        }
        let path = folder.join("pins.json");
        let cannot = |why: String| VerifyError::Journals(path.display().to_string(), format!("{why}; give a map from file name to PIN there, or one PIN with --pin"));
        let size = std::fs::metadata(&path).map_err(|e| cannot(e.to_string()))?.len();
        if size > MAX_PINS {
            return Err(cannot(format!("larger than {MAX_PINS} bytes")));
        }
        let text = std::fs::read(&path).map_err(|e| cannot(e.to_string()))?;
        serde_json::from_slice(&text).map(Pins::ByName).map_err(|e| cannot(e.to_string()))
    }

    fn of(&self, name: &str) -> Result<&str, String> {
        match self {
            Pins::All(pin) => Ok(pin),
            Pins::ByName(map) => map.get(name).map(String::as_str).ok_or_else(|| "pins.json has no PIN for it".to_owned()),
        }
    }
}

/// Where a change from a journal stands at the server.
enum Whereabouts {
    /// In its slot, under this leaf.
    Here(u64),
    /// In another slot.
    Elsewhere(Dot),
    /// In custody.
    Custody,
    /// Another change has its slot.
    Altered,
    /// Nowhere.
    Gone,
}

struct Look<'a, 't, 'c> {
    ground: &'a mut Ground<'t, 'c>,
    server: &'a Server,
    epoch: i64,
    name: &'a str,
    figures: &'a mut Figures,
    found: &'a mut Findings,
    tally: &'a mut Tally,
}

impl Look<'_, '_, '_> {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Ended> {
        if !tx.is_enrolled()? {
            return Ok(());
        }
        let meta = tx.meta()?;
        if let Some(why) = self.foreign(&meta) {
            self.figures.replicas_equal = false;
            self.found.add(Finding::new(Code::HandheldForeign, format!("{}: {why}", self.name)).of(meta.device));
            return Ok(());
        }
        if !self.server.roster.contains_key(&meta.device) {
            self.found.add(Finding::new(Code::DeviceUnknown, format!("{}: the server enrolled device {} and does not know it any more", self.name, meta.device)).of(meta.device));
        }
        let receipt = self.receipt(&meta);
        self.journal(tx, &meta, receipt.as_ref())?;
        let equal = replicas::check(self.ground, self.server, tx, &meta, self.epoch, self.found)?;
        self.figures.replicas_equal &= equal;
        Ok(())
    }

    fn foreign(&self, meta: &Meta) -> Option<&'static str> {
        let enrolled = &meta.enrolled;
        if i64::from(enrolled.district.0) != self.ground.district {
            return Some("it is enrolled in another district");
        }
        if enrolled.server_key.0 != self.ground.server_raw {
            return Some("it was enrolled by a server with another key");
        }
        let certificate = enrolled.certificate.open::<Certificate>(&self.ground.server_key);
        if certificate.is_none_or(|c| c.device != meta.device) { Some("its certificate does not bear the server's signature") } else { None }
    }

    /// The last receipt, if it is the server's word; counted if it holds true.
    fn receipt(&mut self, meta: &Meta) -> Option<Receipt> {
        let signed = meta.receipt.as_ref()?;
        let device = meta.device;
        let opened = signed.open::<Receipt>(&self.ground.server_key);
        let Some(receipt) = opened.filter(|r| r.device == device && i64::from(r.district.0) == self.ground.district) else {
            let why = format!("{}: its receipt does not bear the server's signature for device {device}", self.name);
            self.found.add(Finding::new(Code::ReceiptForged, why).of(device));
            return None;
        };
        if i64::from(receipt.epoch) < self.epoch {
            let why = format!("{}: its receipt is of epoch {}, the district's is {}: the server was restored since; let it sync", self.name, receipt.epoch, self.epoch);
            self.found.add(Finding::new(Code::EpochBehind, why).of(device));
            return Some(receipt);
        }
        let mut sound = true;
        if self.server.tree.root(receipt.log_size) != Some(receipt.log_root) {
            sound = false;
            let why = format!("{}: the log of {} leaves that its receipt names is not the beginning of the server's log", self.name, receipt.log_size);
            self.found.add(Finding::new(Code::LogRewritten, why).of(device));
        }
        let through = (receipt.through_seq > 0).then_some((1, receipt.through_seq, receipt.head_hash));
        for (from, to, hash) in through.into_iter().chain(receipt.held.iter().copied()) {
            let last = Dot::new(device, to);
            if self.server.ledger.slot(last).is_some_and(|s| s.hash != hash) {
                sound = false;
                self.found.add(Finding::new(Code::ReceiptWrong, format!("{}: its receipt vouches for another change {last} than stands in the ledger", self.name)).at(last));
            }
            for dot in (from..=to).map(|seq| Dot::new(device, seq)).filter(|d| self.server.ledger.slot(*d).is_none()) {
                sound = false;
                self.deleted(dot);
            }
        }
        self.figures.receipts_verified += u64::from(sound);
        Some(receipt)
    }

    fn deleted(&mut self, dot: Dot) {
        if self.tally.lost.insert(dot) {
            let why = format!("{}: acknowledged change {dot} is not at the server any more", self.name);
            self.found.add(Finding::new(Code::ChangeDeleted, why).at(dot));
        }
    }

    fn journal(&mut self, tx: &mut Tx<'_>, meta: &Meta, receipt: Option<&Receipt>) -> Result<(), Ended> {
        let mut after = 0;
        let mut unreceipted = 0u64;
        loop {
            let rows = tx.journal_after(after, PAGE)?;
            let Some(last) = rows.last() else { break };
            after = last.order;
            for row in rows {
                if tx.signed(row.dot)?.is_none_or(|s| s.hash() != row.hash) {
                    let why = format!("{}: change {} in its journal is not what its hash says", self.name, row.dot);
                    self.found.add(Finding::new(Code::JournalAltered, why).at(row.dot).on(row.record));
                }
                self.tally.captured.insert(row.hash);
                let own = row.dot.device == meta.device;
                unreceipted += u64::from(own && row.held && meta.receipt.is_none());
                self.compare(&row, own, meta, receipt);
            }
        }
        if unreceipted > 0 {
            let why = format!("{}: it takes {unreceipted} of its changes for delivered and has no receipt", self.name);
            self.found.add(Finding::new(Code::ReceiptMissing, why).of(meta.device));
        }
        Ok(())
    }

    fn whereabouts(&self, row: &JournalRow) -> Whereabouts {
        let slot = self.server.ledger.slot(row.dot);
        match slot {
            Some(slot) if slot.hash == row.hash => Whereabouts::Here(slot.leaf),
            _ => match self.server.ledger.holders(row.hash).next() {
                Some(other) => Whereabouts::Elsewhere(other.dot),
                None if self.server.custody.contains(&row.hash) => Whereabouts::Custody,
                None if slot.is_some() => Whereabouts::Altered,
                None => Whereabouts::Gone,
            },
        }
    }

    fn compare(&mut self, row: &JournalRow, own: bool, meta: &Meta, receipt: Option<&Receipt>) {
        // Of a frozen chain a receipt may speak of the other branch: only what was answered one by one counts.
        let covered = own && !meta.frozen && receipt.is_some_and(|r| r.covers(row.dot.seq));
        let there = self.whereabouts(row);
        if !row.held && !covered {
            if !matches!(there, Whereabouts::Here(_) | Whereabouts::Custody) {
                self.tally.pending.insert(row.hash);
            }
            return;
        }
        let (dot, name) = (row.dot, self.name);
        match there {
            Whereabouts::Here(leaf) => {
                if let Some(receipt) = receipt.filter(|r| covered && i64::from(r.epoch) == self.epoch)
                    && !self.included(row.hash, leaf, receipt)
                {
                    let why = format!("{name}: delivered change {dot} cannot be proven to be in the log of {} leaves that its receipt names", receipt.log_size);
                    self.found.add(Finding::new(Code::InclusionUnproven, why).at(dot));
                }
            }
            Whereabouts::Custody => {}
            Whereabouts::Elsewhere(other) => {
                self.found.add(Finding::new(Code::ChangeMoved, format!("{name}: acknowledged change {dot} stands in slot {other} at the server")).at(dot).on(row.record));
            }
            Whereabouts::Altered => {
                self.tally.lost.insert(dot);
                let why = format!("{name}: the server holds other bytes for acknowledged change {dot} than were written");
                self.found.add(Finding::new(Code::ChangeAltered, why).at(dot).on(row.record));
            }
            Whereabouts::Gone => self.deleted(dot),
        }
    }

    fn included(&self, hash: Digest, leaf: u64, receipt: &Receipt) -> bool {
        if leaf >= receipt.log_size {
            return false;
        }
        let path = inclusion_proof(&mut &self.server.tree, leaf, receipt.log_size);
        path.is_ok_and(|path| verify_inclusion(&hash, leaf, receipt.log_size, &path, &receipt.log_root))
    }
}
