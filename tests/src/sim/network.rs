//! Requests between handhelds and the server, and what goes wrong on the way.

use std::collections::BTreeSet;

use sync_core::base::keys::PublicKey;
use sync_core::base::keys::Signer as _;
use sync_core::base::plant::{Bug, planted};
use sync_core::base::{DeviceId, Digest};
use sync_core::district::{self, Checked, check_line};
use sync_core::protocol::{Cursor, Disposition, Limits, PullItem, PullPage, PushResponse, SessionRequest};
use sync_core::record::{Bucket, Dot};
use sync_core::replica::{Call, Event, Failure, HttpRequest, Reading, Session};
use sync_core::testing::TEST_ALG;

use super::ops::Fault;
use super::world::{Dev, server_key};
use super::{Violation, World};

impl World {
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
                Some((status, body)) => session.on(store, status, &body, Reading { wall: now, mono: now, boot }),
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

    pub(super) fn note_acknowledged(&mut self, i: usize) {
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
    pub(super) fn sync_without_push(&mut self, device: usize) -> Result<(), Violation> {
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

    pub(super) fn replay(&mut self, pick: usize) {
        if self.wire.is_empty() {
            return;
        }
        let (i, request) = self.wire[pick % self.wire.len()].clone();
        if self.devs.get(i).is_some_and(|d| d.alive) {
            self.serve(i, &request, None);
        }
    }

    /// The server answers a request: status and body, or nothing if it died.
    pub(super) fn serve(&mut self, i: usize, request: &HttpRequest, dies_at: Option<u32>) -> Option<(u16, Vec<u8>)> {
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

    pub(super) fn serve_push(&mut self, device: DeviceId, body: &[u8], dies_at: Option<u32>) -> Option<Vec<u8>> {
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
    pub(super) fn check_page(&mut self, json: &[u8], scope: &[Bucket]) {
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

    pub(super) fn name_ledger(&mut self) {
        let restored: BTreeSet<DeviceId> = self.devs.iter().filter(|d| d.restored).map(Dev::id).collect();
        let named: Vec<(Dot, Digest)> = self.server.store.ledger.iter().filter(|(d, _)| !restored.contains(&d.device)).map(|(d, (e, _))| (*d, e.hash)).collect();
        for (dot, hash) in named {
            self.name(dot, hash);
        }
    }
}
