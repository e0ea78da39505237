//! The world: handhelds, the server, the network between them, and what is true.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::base::keys::{PublicKey, Signer as _};
use sync_core::base::plant::{Bug, planted};
use sync_core::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId, Stamp, UtcMs, b64};
use sync_core::district::{self, Checked, DeviceRow, DeviceState, Grant, OfficeWrite, check_line};
use sync_core::protocol::{Bytes, Certificate, Cursor, Disposition, Enrolled, Limits, PullItem, PullPage, PushResponse, SessionRequest, Signed};
use sync_core::record::{ActCall, Bucket, Dot, Draft, FieldKey, Kinds, Record, Value, WHOLE, act_names, contested_fields, engine_key};
use sync_core::replica::{self, Author, Call, Event, Failure, HttpRequest, Meta, Session, capture, export_bundle, import_bundle, view, whole_seal};
use sync_core::testing::{Died, MemDistrict, MemReplica, TEST_ALG, TestSigner, probe_kinds};

use super::Violation;
use super::ops::{DEVICES, Fault, Op, RECORDS};

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
    boot: u64,
    booted: i64,
    skew: i64,
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
    wire: Vec<(usize, HttpRequest)>,
    now: i64,
    serial: u64,
}

/// The key with which the server signs.
pub fn server_key() -> TestSigner {
    TestSigner(b"server".to_vec())
}

fn record_id(i: usize) -> RecordId {
    RecordId(0x1000 + i as u128)
}

fn officer(i: usize) -> OfficerId {
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

impl World {
    /// A new world: four handhelds of four officers, two units.
    pub fn new() -> World {
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

    fn dev(&mut self, i: usize) -> &mut Dev {
        let n = self.devs.len();
        match self.devs.get_mut(i % n) {
            Some(dev) => dev,
            None => unreachable!("there is always a handheld"),
        }
    }

    /// Runs one transaction on a handheld; if it dies, nothing of it happened and all workers are gone.
    fn on_device<T>(&mut self, i: usize, dies_at: Option<u32>, body: impl FnOnce(&mut MemReplica, &Kinds, &mut [Option<Session>; 2]) -> Result<T, Died>) -> Option<T> {
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
    fn on_server<T>(&mut self, dies_at: Option<u32>, body: impl FnOnce(&mut MemDistrict, &Kinds, UtcMs) -> Result<T, Died>) -> Option<T> {
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

    fn stamp(&mut self, i: usize) -> Stamp {
        let now = self.now;
        let dev = self.dev(i);
        Stamp { wall: now + dev.skew, mono: now - dev.booted, boot: dev.boot, server: dev.store.meta.contact, gnss: None }
    }

    fn captured(&mut self, i: usize, draft: &Draft, dies_at: Option<u32>) {
        let stamp = self.stamp(i);
        let dev = self.dev(i);
        let (signer, officer) = (TestSigner(dev.key.clone()), dev.officer.clone());
        let done = self.on_device(i, dies_at, |store, kinds, _| capture(store, kinds, &Author { signer: &signer, officer: &officer }, draft, stamp));
        let Some(Ok(captured)) = done else { return };
        let dev = self.dev(i);
        let hash = match dev.store.journal.get(&captured.dot) {
            Some((row, _)) => row.hash,
            None => return self.notice(Violation::new("kept", format!("{} was said to be kept and is not in the journal", captured.dot))),
        };
        let restored = dev.restored;
        if self.captured.insert((captured.dot, hash), i).is_some() {
            self.notice(Violation::new("one dot, one change", format!("{} was captured twice", captured.dot)));
        }
        if !restored {
            self.name(captured.dot, hash);
        }
    }

    /// A dot names one change for ever.
    pub fn name(&mut self, dot: Dot, hash: Digest) {
        if self.names.insert(dot, hash).is_some_and(|old| old != hash) {
            self.notice(Violation::new("one dot, one change", format!("{dot} names two changes")));
        }
    }

    /// Remembers the first violation seen in passing.
    pub fn notice(&mut self, violation: Violation) {
        self.noticed.get_or_insert(violation);
    }

    fn capture(&mut self, device: usize, record: usize, picks: &[(u8, u8)], dies_at: Option<u32>) {
        let i = self.current(device);
        let id = record_id(record % RECORDS);
        let kinds = self.dev(i).kinds();
        let Ok(shown) = view(&mut self.dev(i).store, &kinds, id) else { return };
        let version = self.dev(i).version;
        let mut edits: BTreeMap<String, Value> = BTreeMap::new();
        if shown.is_none() {
            edits.insert("unit".into(), Value::text(&format!("u{}", record % 2)));
            edits.insert(format!("members.{}", self.dev(i).officer), Value::trusted_bool(true));
        }
        for &(a, b) in picks {
            self.serial += 1;
            let (field, value) = match a {
                0..=13 if version == 1 => (format!("checks.i{}", a % 6), answer(b)),
                0..=12 => (format!("answers.i{}", a % 6), answer(b)),
                13 => ("remarks.r".into(), Value::text(&format!("remark {}", self.serial))),
                14..=16 => (format!("photos.p{}", self.serial), Value::text("photo")),
                17 => ("phone".into(), Value::text(&format!("138{:08}", self.serial))),
                18..=19 => ("risk".into(), Value::text(["low", "mid", "high"].get(usize::from(b % 3)).copied().unwrap_or("low"))),
                20 => ("unit".into(), Value::text(&format!("u{}", b % 2))),
                21 => (format!("members.o{}", usize::from(b) % DEVICES), if b > 3 { Value::null() } else { Value::trusted_bool(true) }),
                _ => (format!("members.o{}", usize::from(b) % DEVICES), Value::trusted_bool(true)),
            };
            edits.insert(field, value);
        }
        let edits = edits.into_iter().filter_map(|(field, value)| {
            let replaces = shown.as_ref().map(|r| replica::shown_dots(r, &field)).unwrap_or_default();
            Some((field.parse::<FieldKey>().ok()?, value, replaces, None))
        });
        let draft = Draft { record: id, kind: "probe".into(), edits: edits.collect(), act: None, needs: vec![], place: None };
        self.captured(i, &draft, dies_at);
    }

    fn act(&mut self, device: usize, record: usize, act: u8) {
        let i = self.current(device);
        let id = record_id(record % RECORDS);
        let kinds = self.dev(i).kinds();
        let Ok(Some(shown)) = view(&mut self.dev(i).store, &kinds, id) else { return };
        let Some(kind) = kinds.get("probe") else { return };
        let seals = shown.register(&engine_key::seal(WHOLE)).map(|r| r.dots()).unwrap_or_default();
        let call = match act % 4 {
            0 => ActCall::new("begin"),
            1 => ActCall { seal: Some(whole_seal(&shown, kind)), replaces: seals, ..ActCall::new("sign") },
            2 => ActCall::new("close"),
            _ => ActCall { reason: Some("again".into()), replaces: seals, ..ActCall::new(act_names::REOPEN) },
        };
        let draft = Draft { record: id, kind: "probe".into(), edits: vec![], act: Some(call), needs: vec![], place: None };
        self.captured(i, &draft, None);
    }

    /// One request of a session, with a fault. Says whether the session goes on.
    pub fn sync_step(&mut self, i: usize, worker: usize, fault: Fault) -> bool {
        let worker = worker % 2;
        let request = self.on_device(i, None, |store, kinds, sessions| {
            let Some(slot) = sessions.get_mut(worker) else { return Ok(None) };
            let session = slot.get_or_insert_with(|| Session::start("sim"));
            let request = session.next(store, kinds)?;
            if request.is_none() {
                *slot = None;
            }
            Ok(request)
        });
        let Some(Some(request)) = request else { return false };
        self.wire.push((i, request.clone()));
        let answer = match fault {
            Fault::RequestLost => None,
            Fault::TokenExpired => Some((401, Vec::new())),
            Fault::StrangeError => Some((520, Vec::new())),
            Fault::ServerKilled(writes) => self.serve(i, &request, Some(writes)),
            Fault::Duplicated => {
                let first = self.serve(i, &request, None);
                self.serve(i, &request, None);
                first
            }
            Fault::AnswerLost => {
                self.serve(i, &request, None);
                None
            }
            Fault::Truncated => self.serve(i, &request, None).map(|(status, mut body)| {
                body.truncate(body.len() * 2 / 3);
                (status, body)
            }),
            Fault::None | Fault::DeviceKilled(_) => self.serve(i, &request, None),
        };
        let dies_at = match fault {
            Fault::DeviceKilled(writes) => Some(writes),
            _ => None,
        };
        let now = self.now;
        let events = self.on_device(i, dies_at, |store, _, sessions| {
            let boot = 1;
            let Some(Some(session)) = sessions.get_mut(worker) else { return Ok(Vec::new()) };
            match answer {
                None => Ok(session.failed(Failure::NoAnswer)),
                Some((status, body)) => session.on(store, status, &body, now, boot),
            }
        });
        for event in events.unwrap_or_default() {
            self.events += 1;
            match event {
                // A server that was restored and does not know it yet is found out by the next session.
                Event::Refetching(_) if self.restores > 0 => {}
                Event::Refetching(bucket) => self.notice(Violation::new("no drift", format!("bucket {} of handheld {i} differs from the server's", bucket.0))),
                Event::LogRewritten => self.notice(Violation::new("log only grows", format!("handheld {i} was shown a rewritten log"))),
                _ => {}
            }
        }
        self.note_acknowledged(i);
        true
    }

    fn note_acknowledged(&mut self, i: usize) {
        let device = self.dev(i).id();
        let held: Vec<(Dot, Digest)> = self.dev(i).store.journal.values().filter(|(r, _)| r.held && r.dot.device == device).map(|(r, _)| (r.dot, r.hash)).collect();
        self.acknowledged.extend(held);
    }

    /// A whole session without faults.
    pub fn sync_fully(&mut self, i: usize) {
        self.dev(i).sessions = [None, None];
        for _ in 0..400 {
            if !self.sync_step(i, 0, Fault::None) {
                return;
            }
        }
        self.notice(Violation::new("liveness", format!("a session of handheld {i} does not end")));
    }

    /// Pulls flow although no push gets through.
    fn sync_without_push(&mut self, device: usize) -> Result<(), Violation> {
        let i = self.current(device);
        self.dev(i).sessions = [None, None];
        for _ in 0..400 {
            let next = self.on_device(i, None, |store, kinds, sessions| {
                let session = sessions[0].get_or_insert_with(|| Session::start("sim"));
                session.next(store, kinds)?;
                Ok(session.call().cloned())
            });
            let fault = match next.flatten() {
                Some(Call::Push(_)) => Fault::StrangeError,
                _ => Fault::None,
            };
            if !self.sync_step(i, 0, fault) {
                break;
            }
        }
        self.mirror_equals_server(i, "pulls flow without pushes")
    }

    fn replay(&mut self, pick: usize) {
        if self.wire.is_empty() {
            return;
        }
        let (i, request) = self.wire[pick % self.wire.len()].clone();
        if self.devs.get(i).is_some_and(|d| d.alive) {
            self.serve(i, &request, None);
        }
    }

    /// The server answers a request: status and body, or nothing if it died.
    fn serve(&mut self, i: usize, request: &HttpRequest, dies_at: Option<u32>) -> Option<(u16, Vec<u8>)> {
        let device = self.dev(i).id();
        let before = (dies_at.is_some() && planted(Bug::AcknowledgeBeforeCommit)).then(|| self.server.store.clone());
        let dies_at = if before.is_some() { None } else { dies_at };
        let path = request.path.split('?').next().unwrap_or_default();
        let answer = match path {
            "/sync/v1/session" => {
                let body: SessionRequest = serde_json::from_slice(&request.body).ok()?;
                self.on_server(dies_at, |store, kinds, now| {
                    if let Some(key) = PublicKey::new(TEST_ALG, &server_key().public_key()) {
                        district::adopt(store, &body.certificate, &key)?;
                    }
                    district::session(store, kinds, device, &body, &server_key(), now)
                })
                .and_then(Result::ok)
                .and_then(|a| serde_json::to_vec(&a).ok())
            }
            "/sync/v1/push" => self.serve_push(device, &request.body, dies_at),
            "/sync/v1/pull" => {
                let cursor = Cursor::parse(request.path.split("cursor=").nth(1).unwrap_or_default())?;
                let limits = Limits { page_items: 3, page_bytes: 4_000, ..Limits::default() };
                let page = self.on_server(None, |store, _, now| {
                    let officer = store.devices.get(&device).map(|d| d.officer.clone());
                    let scope = officer.map(|o| district::scope_of(store, &o, now)).transpose()?.unwrap_or_default();
                    Ok((district::pull(store, device, &scope, &cursor, &limits)?.into_json(), scope))
                });
                let (json, scope) = page?;
                self.check_page(&json, &scope);
                Some(json)
            }
            "/sync/v1/salvage" => self
                .on_server(dies_at, |store, _, _| {
                    for salvage in serde_json::from_slice::<Vec<_>>(&request.body).unwrap_or_default() {
                        district::take_salvage(store, device, &salvage)?;
                    }
                    Ok(())
                })
                .map(|()| b"{}".to_vec()),
            _ => return Some((404, Vec::new())),
        };
        if let Some(before) = before {
            self.server.store = before;
        }
        self.name_ledger();
        answer.map(|body| (200, body))
    }

    fn serve_push(&mut self, device: DeviceId, body: &[u8], dies_at: Option<u32>) -> Option<Vec<u8>> {
        let answer = self.on_server(dies_at, |store, kinds, now| {
            let devices = store.devices.clone();
            let keys = |d: DeviceId| devices.get(&d).and_then(|row| PublicKey::new(&row.alg, &row.public_key));
            let lines: Vec<Checked> = body.split(|b| *b == b'\n').map(|line| check_line(line, &keys)).collect();
            let results = district::accept_checked(store, kinds, &lines, now)?;
            let receipt = district::receipt_for(store, device, now, &server_key())?;
            Ok((results, receipt))
        });
        let (results, receipt) = answer?;
        for result in &results {
            let (Some(dot), Some(said)) = (result.dot, &result.disposition) else { continue };
            let entry = self.server.store.ledger.get(&dot);
            let truth = match entry {
                Some((entry, _)) if entry.hash == result.hash => entry.disposition == *said || !matches!(said, Disposition::Applied { .. }) || result.repeat,
                _ => self.server.store.custody.contains_key(&result.hash),
            };
            if !truth {
                self.notice(Violation::new(
                    "one current disposition",
                    format!("{dot} was said to be {}, the ledger has {:?}", said.state(), entry.map(|e| e.0.disposition.state())),
                ));
            }
        }
        serde_json::to_vec(&PushResponse { results, receipt: receipt.ok()? }).ok()
    }

    /// Nothing may leave the server that its receiver's scope does not hold.
    fn check_page(&mut self, json: &[u8], scope: &[Bucket]) {
        let Ok(page) = serde_json::from_slice::<PullPage>(json) else {
            return self.notice(Violation::new("pages are readable", String::from_utf8_lossy(json).into_owned()));
        };
        for item in page.items {
            if let PullItem::Record(_, delta) = item {
                let rows = self.server.store.feed.get(&delta.record);
                let held = rows.is_some_and(|rows| rows.values().any(|r| !r.left && scope.contains(&r.bucket)));
                if !held {
                    self.notice(Violation::new("no byte crosses a scope", format!("record {} left for a device without scope", delta.record)));
                }
            }
        }
    }

    fn name_ledger(&mut self) {
        let restored: BTreeSet<DeviceId> = self.devs.iter().filter(|d| d.restored).map(Dev::id).collect();
        let named: Vec<(Dot, Digest)> = self.server.store.ledger.iter().filter(|(d, _)| !restored.contains(&d.device)).map(|(d, (e, _))| (*d, e.hash)).collect();
        for (dot, hash) in named {
            self.name(dot, hash);
        }
    }

    fn courier(&mut self, from: usize, to: usize, record: Option<usize>, dies_at: Option<u32>) {
        let (from, to) = (self.current(from), self.current(to));
        if from == to {
            return;
        }
        let records: Vec<RecordId> = record.map(|r| record_id(r % RECORDS)).into_iter().collect();
        let Some(bundle) = self.on_device(from, None, |store, _, _| export_bundle(store, &records)) else { return };
        let taken = self.on_device(to, dies_at, |store, _, _| import_bundle(store, &bundle));
        if let Some(Err(why)) = taken {
            self.notice(Violation::new("bundles are readable", why.to_string()));
        }
    }

    fn office(&mut self, record: RecordId, edits: Vec<(FieldKey, Value, Vec<Dot>, Option<String>)>, act: Option<ActCall>) -> bool {
        let write = OfficeWrite { record, kind: "probe".into(), edits, act, needs: vec![], officer: officer(99) };
        let done = self.on_server(None, |store, kinds, now| district::office_write(store, kinds, &write, &server_key(), now));
        self.name_ledger();
        match done {
            Some(Ok((_, Disposition::Applied { .. }))) => true,
            Some(Ok((dot, other))) => {
                self.notice(Violation::new("office changes apply", format!("{dot} is {}", other.state())));
                false
            }
            _ => false,
        }
    }

    /// A reviewer settles one contested field by choosing a value that he was shown.
    pub fn resolve(&mut self, pick: usize) -> bool {
        let kinds = probe_kinds(self.server.version);
        let mut open: Vec<(RecordId, String)> = Vec::new();
        for record in self.server.store.records.values() {
            let Some(kind) = kinds.get(&record.kind) else { continue };
            open.extend(contested_fields(record, kind).into_iter().filter(|f| !f.starts_with('$')).map(|f| (record.id, f.to_owned())));
        }
        let Some((id, field)) = open.get(pick % open.len().max(1)).cloned() else { return false };
        let Some(register) = self.server.store.records.get(&id).and_then(|r| r.register(&field)) else { return false };
        let candidates = register.candidates();
        let Some(chosen) = candidates.get(pick % candidates.len().max(1)) else { return false };
        let (value, dots) = (chosen.value.clone(), register.dots());
        let Ok(key) = field.parse() else { return false };
        self.office(id, vec![(key, value, dots, Some("looked at the photos".into()))], None)
    }

    fn office_field(&mut self, record: usize, day: u8) {
        let id = record_id(record % RECORDS);
        let Some(shown) = self.server.store.records.get(&id) else { return };
        let dots = replica::shown_dots(shown, "deadline");
        if let Ok(key) = "deadline".parse() {
            self.office(id, vec![(key, Value::text(&format!("2026-03-{:02}", day % 28 + 1)), dots, None)], None);
        }
    }

    /// A reviewer looks at one change in quarantine.
    pub fn review(&mut self, pick: usize, dismiss: bool) -> bool {
        let held: Vec<Dot> = self.server.store.ledger.iter().filter(|(_, (e, _))| matches!(e.disposition, Disposition::Quarantined { .. })).map(|(d, _)| *d).collect();
        let Some(&dot) = held.get(pick % held.len().max(1)) else { return false };
        let frozen = matches!(&self.server.store.ledger.get(&dot).map(|e| &e.0.disposition), Some(Disposition::Quarantined { code, .. }) if code.starts_with("chain_"));
        let moved = self.on_server(
            None,
            |store, kinds, now| {
                if dismiss || frozen { district::dismiss(store, kinds, dot, "not usable", now) } else { district::release(store, kinds, dot, now) }
            },
        );
        moved.is_some_and(|m| m.is_ok())
    }

    /// A reviewer gives up waiting for one missing cause.
    pub fn waive(&mut self, pick: usize) -> bool {
        let waits: Vec<(RecordId, Dot)> = self
            .server
            .store
            .parked
            .iter()
            .filter_map(|(dot, missing)| Some((self.server.store.ledger.get(dot)?.0.record?, *missing.first()?)))
            .filter(|(_, m)| m.seq > 0)
            .collect();
        let Some(&(record, missing)) = waits.get(pick % waits.len().max(1)) else { return false };
        self.office(record, vec![], Some(ActCall::about(act_names::WAIVE, missing, "the phone drowned")))
    }

    /// A reviewer decides about one excepted deed.
    pub fn decide(&mut self, pick: usize, revoke: bool) -> bool {
        let open: Vec<(RecordId, Dot)> =
            self.server.store.records.values().flat_map(|r| sync_core::record::Exception::open(r).into_iter().map(move |(dot, _)| (r.id, dot))).collect();
        let Some(&(record, dot)) = open.get(pick % open.len().max(1)) else { return false };
        let name = if revoke { act_names::REVOKE } else { act_names::CONFIRM };
        self.office(record, vec![], Some(ActCall::about(name, dot, "as found")))
    }

    fn grant(&mut self, device: usize, unit: u8, held: bool) {
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

    fn restore_server(&mut self) {
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
    fn excuse_what_nobody_holds(&mut self, changes: Vec<(Dot, Digest)>) {
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

fn answer(b: u8) -> Value {
    let text = match b % 5 {
        0 => r#"{"result":"ok"}"#.to_owned(),
        1 => r#"{"result":"bad"}"#.to_owned(),
        2 => r#"{"result":"na"}"#.to_owned(),
        n => format!(r#"{{"note":"{}","result":"bad"}}"#, b64::encode(&[n; 4])),
    };
    Value::parse(&text).unwrap_or_else(|_| Value::null())
}

/// Short for tests: a boolean value.
trait TrustedBool {
    /// `true` or `false`.
    fn trusted_bool(b: bool) -> Value;
}

impl TrustedBool for Value {
    fn trusted_bool(b: bool) -> Value {
        Value::from_json(&serde_json::Value::Bool(b)).unwrap_or_else(|_| Value::null())
    }
}
