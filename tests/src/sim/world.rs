//! The world: handhelds, the server, the network between them, and what is true.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::base::keys::Signer as _;
use sync_core::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId, UtcMs};
use sync_core::district::{self, DeviceRow, DeviceState, Grant};
use sync_core::protocol::{Bytes, Certificate, Cursor, Enrolled, Limits, Signed};
use sync_core::record::{Bucket, Dot, Kinds, Record};
use sync_core::replica::{HttpRequest, Meta, Session, Standing};
use sync_core::testing::{Died, MemDistrict, MemReplica, TEST_ALG, TestSigner, probe_kinds};

use super::Violation;
use super::ops::{DEVICES, Op};

/// One handheld.
pub struct Dev {
    /// Its database.
    pub store: MemReplica,
    /// Its key.
    pub key: Vec<u8>,
    /// Its officer.
    pub officer: OfficerId,
    /// Version of the field tables in its program.
    pub version: u32,
    /// Its two sync workers.
    pub sessions: [Option<Session>; 2],
    /// It exists.
    pub alive: bool,
    /// It was given back after its chain was frozen and everything on it delivered.
    pub retired: bool,
    /// It was restored from a copy: numbers may name two changes.
    pub restored: bool,
    pub(super) boot: u64,
    pub(super) booted: i64,
    pub(super) skew: i64,
    copy: Option<MemReplica>,
}

/// A server's database and the version of its program.
#[derive(Clone)]
pub struct Server {
    /// Its database.
    pub store: MemDistrict,
    /// Version of its field tables.
    pub version: u32,
}

/// Everything there is.
pub struct World {
    /// The server.
    pub server: Server,
    /// Handhelds, those that are gone among them.
    pub devs: Vec<Dev>,
    /// What every officer was told is kept: dot and hash, with the handheld's index.
    pub captured: BTreeMap<(Dot, Digest), usize>,
    /// What handhelds knew to be held by the server.
    pub acknowledged: BTreeSet<(Dot, Digest)>,
    /// What no living machine held any more after a restore.
    pub excused: BTreeSet<(Dot, Digest)>,
    /// Every dot that ever named a change outside restored handhelds.
    pub names: BTreeMap<Dot, Digest>,
    /// Seals that were ever made: record, dot, what was shown.
    pub events: u64,
    /// The last violation that was noticed in passing.
    pub noticed: Option<Violation>,
    /// The server was restored and not every handheld has been told.
    pub restores: u32,
    backup: Option<Server>,
    pub(super) wire: Vec<(usize, HttpRequest)>,
    pub(super) now: i64,
    pub(super) serial: u64,
}

/// The key with which the server signs.
pub fn server_key() -> TestSigner {
    TestSigner(b"server".to_vec())
}

pub(super) fn record_id(i: usize) -> RecordId {
    RecordId(0x1000 + i as u128)
}

pub(super) fn officer(i: usize) -> OfficerId {
    format!("o{i}").parse().unwrap_or_else(|_| unreachable!("a token"))
}

impl Dev {
    /// The registry of its program.
    pub fn kinds(&self) -> Kinds {
        probe_kinds(self.version)
    }

    /// Its id.
    pub fn id(&self) -> DeviceId {
        self.store.meta.device
    }
}

impl Default for World {
    /// A new world: four handhelds of four officers, two units.
    fn default() -> World {
        let mut world = World {
            server: Server { store: MemDistrict::new(DistrictId(1)), version: 1 },
            devs: Vec::new(),
            captured: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            excused: BTreeSet::new(),
            names: BTreeMap::new(),
            events: 0,
            noticed: None,
            restores: 0,
            backup: None,
            wire: Vec::new(),
            now: 1_700_000_000_000,
            serial: 0,
        };
        for i in 0..DEVICES {
            let unit = Grant { bucket: Bucket::unit(&format!("u{}", i / 2)), from: UtcMs(0), until: None };
            world.server.store.grants.insert(officer(i), vec![unit]);
            world.enrol(i, None);
        }
        world
    }
}

impl World {
    /// The server's clock.
    pub fn now(&self) -> UtcMs {
        UtcMs(self.now)
    }

    /// Gives an officer a new handheld, which may continue the chain of an old one.
    pub fn enrol(&mut self, officer_index: usize, continues: Option<Digest>) -> usize {
        self.serial += 1;
        let device = DeviceId::handheld(0x100 + self.serial);
        let key = device.0.to_be_bytes().to_vec();
        let officer = officer(officer_index);
        let first_prev = continues.unwrap_or(Digest::ZERO);
        let head = self.server.store.head.clone();
        let certificate =
            Certificate { device, officer: officer.clone(), district: head.district, alg: TEST_ALG.into(), public_key: Bytes(key.clone()), issued: self.now(), first_prev };
        let Ok(certificate) = Signed::new(&certificate, &server_key()) else { unreachable!("the test key signs") };
        self.server.store.devices.insert(
            device,
            DeviceRow {
                device,
                officer: officer.clone(),
                alg: TEST_ALG.into(),
                public_key: key.clone(),
                first_prev,
                state: DeviceState::Active,
                through_seq: 0,
                head_hash: first_prev,
            },
        );
        let enrolled = Enrolled {
            certificate,
            server_alg: TEST_ALG.into(),
            server_key: Bytes(server_key().public_key()),
            server_recipient: String::new(),
            district: head.district,
            epoch: head.epoch,
        };
        let meta = Meta {
            device,
            enrolled,
            seq: 0,
            head: first_prev,
            receipt: None,
            epoch: head.epoch,
            cursor: Cursor::default(),
            refetching: Vec::new(),
            limits: Limits { push_changes: 5, page_items: 3, ..Limits::default() },
            contact: None,
            done: Vec::new(),
            frozen: false,
            complete_sessions: 0,
            standing: Standing::default(),
        };
        let version = self.devs.iter().rev().find(|d| d.officer == officer).map_or(1, |d| d.version);
        self.devs.push(Dev {
            store: MemReplica::new(meta),
            key,
            officer,
            version,
            sessions: [None, None],
            alive: true,
            retired: false,
            restored: false,
            boot: self.serial,
            booted: self.now,
            skew: 0,
            copy: None,
        });
        self.devs.len() - 1
    }

    /// The living handheld that officer `i` uses now.
    pub fn current(&self, i: usize) -> usize {
        let officer = officer(i % DEVICES);
        self.devs.iter().rposition(|d| d.officer == officer && d.alive).unwrap_or(0)
    }

    pub(super) fn dev(&mut self, i: usize) -> &mut Dev {
        let n = self.devs.len();
        match self.devs.get_mut(i % n) {
            Some(dev) => dev,
            None => unreachable!("there is always a handheld"),
        }
    }

    /// Runs one transaction on a handheld; if it dies, nothing of it happened and all workers are gone.
    pub(super) fn on_device<T>(&mut self, i: usize, dies_at: Option<u32>, body: impl FnOnce(&mut MemReplica, &Kinds, &mut [Option<Session>; 2]) -> Result<T, Died>) -> Option<T> {
        let dev = self.dev(i);
        let kinds = dev.kinds();
        let before = dev.store.clone();
        dev.store.fuse.light(dies_at);
        let mut sessions = std::mem::take(&mut dev.sessions);
        let result = body(&mut dev.store, &kinds, &mut sessions);
        dev.store.fuse.light(None);
        match result {
            Ok(value) => {
                dev.sessions = sessions;
                Some(value)
            }
            Err(Died) => {
                dev.store = before;
                None
            }
        }
    }

    /// Runs one transaction on the server; if it dies, nothing of it happened.
    pub(super) fn on_server<T>(&mut self, dies_at: Option<u32>, body: impl FnOnce(&mut MemDistrict, &Kinds, UtcMs) -> Result<T, Died>) -> Option<T> {
        let kinds = probe_kinds(self.server.version);
        let now = self.now();
        let before = self.server.store.clone();
        self.server.store.fuse.light(dies_at);
        let result = body(&mut self.server.store, &kinds, now);
        self.server.store.fuse.light(None);
        if result.is_err() {
            self.server.store = before;
        }
        result.ok()
    }

    /// Plays one step.
    pub fn step(&mut self, op: &Op) -> Result<(), Violation> {
        self.now += 60_000;
        match op {
            Op::Capture { device, record, edits, dies_at } => self.capture(*device, *record, edits, *dies_at),
            Op::Act { device, record, act } => self.act(*device, *record, *act),
            Op::Sync { device, worker, fault } => {
                let i = self.current(*device);
                self.sync_step(i, *worker, *fault);
            }
            Op::SyncFully { device } => {
                let i = self.current(*device);
                self.sync_fully(i);
            }
            Op::SyncWithoutPush { device } => return self.sync_without_push(*device),
            Op::Replay { pick } => self.replay(*pick),
            Op::Courier { from, to, record, dies_at } => self.courier(*from, *to, *record, *dies_at),
            Op::Resolve { pick } => {
                self.resolve(*pick);
            }
            Op::Office { record, day } => self.office_field(*record, *day),
            Op::Review { pick, dismiss } => {
                self.review(*pick, *dismiss);
            }
            Op::Waive { pick } => {
                self.waive(*pick);
            }
            Op::Decide { pick, revoke } => {
                self.decide(*pick, *revoke);
            }
            Op::Suspend { device, suspended } => {
                let officer = officer(*device % DEVICES);
                if *suspended {
                    self.server.store.suspended.insert(officer);
                } else {
                    self.server.store.suspended.remove(&officer);
                }
            }
            Op::Grant { device, unit, held } => self.grant(*device, *unit, *held),
            Op::ServerBackup => self.backup = Some(self.server.clone()),
            Op::ServerRestore => self.restore_server(),
            Op::DeviceBackup { device } => {
                let i = self.current(*device);
                let dev = self.dev(i);
                dev.copy = Some(dev.store.clone());
            }
            Op::DeviceRestore { device } => {
                let i = self.current(*device);
                let dev = self.dev(i);
                if let Some(copy) = dev.copy.clone() {
                    let held: Vec<(Dot, Digest)> = dev.store.journal.values().map(|(r, _)| (r.dot, r.hash)).collect();
                    dev.store = copy;
                    dev.sessions = [None, None];
                    dev.restored = true;
                    self.excuse_what_nobody_holds(held);
                }
            }
            Op::Drown { device } => {
                let i = self.current(*device);
                self.dev(i).alive = false;
                let held: Vec<(Dot, Digest)> = self.dev(i).store.journal.values().map(|(r, _)| (r.dot, r.hash)).collect();
                self.excuse_what_nobody_holds(held);
                self.enrol(*device % DEVICES, None);
            }
            Op::Clock { device, hours } => {
                let now = self.now;
                let i = self.current(*device);
                let dev = self.dev(i);
                dev.skew += i64::from(*hours) * 3_600_000;
                dev.boot += 1_000;
                dev.booted = now;
            }
            Op::UpgradeServer => self.upgrade_server(),
            Op::UpgradeDevice { device } => {
                let i = self.current(*device);
                self.dev(i).version = 2;
            }
        }
        match self.noticed.take() {
            Some(violation) => Err(violation),
            None => Ok(()),
        }
    }

    pub(super) fn grant(&mut self, device: usize, unit: u8, held: bool) {
        let now = self.now();
        let bucket = Bucket::unit(&format!("u{}", unit % 2));
        let grants = self.server.store.grants.entry(officer(device % DEVICES)).or_default();
        for grant in grants.iter_mut().filter(|g| g.bucket == bucket && g.until.is_none()) {
            grant.until = Some(now);
        }
        if held {
            grants.push(Grant { bucket, from: now, until: None });
        }
    }

    pub(super) fn restore_server(&mut self) {
        let Some(backup) = self.backup.clone() else { return };
        let lost: Vec<(Dot, Digest)> = self.server.store.ledger.iter().filter(|(d, _)| !backup.store.ledger.contains_key(d)).map(|(d, (e, _))| (*d, e.hash)).collect();
        let before = std::mem::replace(&mut self.server, backup);
        self.excuse_what_nobody_holds(lost);
        self.server.store.grants = before.store.grants;
        self.server.store.suspended = before.store.suspended;
        self.restores += 1;
        self.serial += 1;
        self.server.store.head.begin_office(self.serial as u32);
    }

    /// What neither the server nor any living handheld holds any more cannot come back.
    pub(super) fn excuse_what_nobody_holds(&mut self, changes: Vec<(Dot, Digest)>) {
        for (dot, hash) in changes {
            let living = self.devs.iter().any(|d| d.alive && d.store.journal.get(&dot).is_some_and(|(r, _)| r.hash == hash));
            let there = self.server.store.ledger.get(&dot).is_some_and(|(e, _)| e.hash == hash);
            if !living && !there {
                self.excused.insert((dot, hash));
            }
        }
    }

    /// The server's program is replaced by one that knows schema 2.
    pub fn upgrade_server(&mut self) {
        if self.server.version == 2 {
            return;
        }
        self.server.version = 2;
        let old: Vec<Record> = self.server.store.records.values().cloned().collect();
        self.on_server(None, |store, kinds, now| {
            for record in old {
                let (sum, state) = (record.checksum(), record.to_state(1));
                if let Ok(upgraded) = Record::from_state(record.id, &state, kinds) {
                    district::upgrade_record(store, kinds, upgraded, sum, now)?;
                }
            }
            district::retry_parked_schema(store, kinds, now)
        });
    }
}
