//! Sync: drives a session by the library's own transport, or hands its requests to a host one by one.
//!
//! Only answers are taken in under the store's lock, each in one durable transaction; while a request is on its way
//! officers go on capturing. Orders of the office are carried out here, between two transactions.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use sync_core::protocol::Command;
use sync_core::replica::{Call, Event, Failure, NotTaken, Store, last_words};

use super::dialogue::Dialogue;
use super::enrol::SERVER;
use super::erase::Tombstone;
use super::error::{Code, DeviceError, Result};
use super::http::{Cancel, NoAnswer, Transport};
use super::notice;
use super::runtime::Device;
use super::schedule;
use super::store::StoreError;
use super::wire::{WireAnswer, WireRequest, as_error};

/// How to sync.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncInput {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// The network has just come back: the count of failures begins anew.
    pub connectivity_changed: bool,
    /// The network is paid by volume: originals wait for another, unless the office wants them at once.
    pub metered: bool,
    /// Another address of the same server, kept from now on. Its signatures decide whether it is the same.
    pub server: Option<String>,
}

/// Told before each request and after each answer. Never called under the store's lock.
pub type Progress<'a> = &'a mut dyn FnMut(&Json);

/// Most events reported of one session; the rest is counted.
const MAX_EVENTS: usize = 1_000;

#[derive(Default)]
struct Tally {
    requests: u64,
    pushed: u64,
    updated: u64,
    events: Vec<Json>,
    omitted: u64,
}

impl Tally {
    fn add(&mut self, events: &[Event]) {
        for event in events {
            if matches!(event, Event::Updated(_)) {
                self.updated += 1;
            } else if self.events.len() < MAX_EVENTS {
                self.events.push(event_json(event));
            } else {
                self.omitted += 1;
            }
        }
    }
}

impl Device {
    /// One session. Comes back with a report, also when the network failed on the way (`complete` is then false and
    /// `failure` says why); an error means that nothing could be tried, or that the caller cancelled.
    ///
    /// `retry_ms` says when to try again.
    pub fn sync(&self, input: &SyncInput, cancel: &Cancel, progress: Progress<'_>) -> Result<Json> {
        if input.connectivity_changed {
            self.failures.store(0, Ordering::Relaxed);
        }
        let server = self.server(input.server.as_deref())?;
        let transport = Transport::new(&server, self.options().roots_pem.as_deref())?;
        let mut dialogue = Dialogue::start(&self.app(), self.sync_lock()?, input.metered);
        let mut tally = Tally::default();
        let cancelled = || DeviceError::new(Code::Cancelled, "cancelled; what the server acknowledged is noted, the rest is kept for the next time");
        while let Some(request) = self.next_of(&mut dialogue)? {
            if cancel.is_cancelled() {
                return Err(cancelled());
            }
            let files = self.files_json(&dialogue)?;
            progress(&json!({ "v": 1, "phase": phase(&dialogue), "requests": tally.requests, "pushed": tally.pushed, "updated": tally.updated, "files": files }));
            let sending = match dialogue.call() {
                Some(Call::Push(dots)) => dots.len() as u64,
                _ => 0,
            };
            tally.requests += 1;
            let events = match transport.send(&request, cancel) {
                Ok(answer) => self.on_of(&mut dialogue, &answer)?,
                Err(NoAnswer::Cancelled) => return Err(cancelled()),
                Err(NoAnswer::Lost) => self.lost_of(&mut dialogue)?,
            };
            if events.iter().any(|e| matches!(e, Event::Acknowledged(_) | Event::Disposed(..))) {
                tally.pushed += sending;
            }
            tally.add(&events);
        }
        if !dialogue.is_parting() {
            self.seal_all();
            self.warm_law();
            self.warm_records();
        }
        self.report(&dialogue, tally)
    }

    /// What was uploaded in this session, and what waits.
    fn files_json(&self, dialogue: &Dialogue) -> Result<Json> {
        if dialogue.tombstone().is_some() {
            return Ok(Json::Null);
        }
        let stock = self.read(|tx| tx.kept())?;
        let done = dialogue.uploads();
        Ok(json!({ "sent": done.files, "sent_bytes": done.bytes, "waiting": stock.waiting, "waiting_bytes": stock.bytes, "refused": stock.refused }))
    }

    /// The address kept at enrolment, or the one given, which is kept instead.
    fn server(&self, given: Option<&str>) -> Result<String> {
        let given = given.map(super::http::check_server).transpose()?;
        self.write(|tx| -> Result<String> {
            if !tx.is_enrolled()? {
                return Err(StoreError::NotEnrolled.into());
            }
            match given {
                Some(server) => {
                    tx.put_setting(SERVER, &server)?;
                    Ok(server)
                }
                None => tx.setting(SERVER)?.ok_or_else(|| DeviceError::argument("server", "none is kept; give the server's address")),
            }
        })
    }

    fn next_of(&self, dialogue: &mut Dialogue) -> Result<Option<WireRequest>> {
        if dialogue.is_parting() {
            return Ok(dialogue.next_parting());
        }
        let now = self.now();
        let request = self.with_signer(|signer| self.write(|tx| dialogue.next(tx, self.kinds(), signer, now)))?;
        if request.is_some() || !self.erase_in(dialogue)? {
            return Ok(request);
        }
        Ok(dialogue.next_parting())
    }

    fn on_of(&self, dialogue: &mut Dialogue, answer: &WireAnswer) -> Result<Vec<Event>> {
        if dialogue.is_parting() {
            dialogue.on_parting(self.path(), Some(answer))?;
            return Ok(Vec::new());
        }
        let now = self.now();
        let (events, standing, server) = self.write(|tx| -> Result<_> {
            let before = tx.meta()?.contact;
            let events = dialogue.on(tx, answer, now)?;
            for event in events.iter().filter(|e| notice::is_for_the_officer(e)) {
                tx.add_notice(&event_json(event).to_string())?;
            }
            let meta = tx.meta()?;
            let standing = (meta.contact != before).then_some(meta.standing);
            Ok((events, standing, tx.setting(SERVER)?))
        })?;
        if let Some(standing) = standing {
            self.take_lease(standing.lease);
            self.keep_ticket(server, standing.deposit);
        }
        if events.iter().any(|e| matches!(e, Event::Order(_, Command::Lock))) {
            self.lock_by_order();
        }
        self.erase_in(dialogue)?;
        Ok(events)
    }

    fn lost_of(&self, dialogue: &mut Dialogue) -> Result<Vec<Event>> {
        if dialogue.is_parting() {
            dialogue.on_parting(self.path(), None)?;
            return Ok(Vec::new());
        }
        Ok(dialogue.failed(Failure::NoAnswer))
    }

    /// Erases the store if an order to do so is due now; what it last said is left to the dialogue.
    fn erase_in(&self, dialogue: &mut Dialogue) -> Result<bool> {
        let app = self.app();
        let words = self.read(|tx| -> Result<_> {
            if tx.meta()?.standing.erasing.is_some() { Ok(last_words(tx, self.kinds(), &app)?) } else { Ok(None) }
        })?;
        let Some(words) = words else { return Ok(false) };
        let stone = self.erase(&words)?;
        dialogue.part(words, stone);
        Ok(true)
    }

    fn report(&self, dialogue: &Dialogue, tally: Tally) -> Result<Json> {
        let complete = dialogue.is_complete();
        let failures = if complete {
            self.failures.store(0, Ordering::Relaxed);
            0
        } else {
            self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1)
        };
        let wait = schedule::wait(failures, dialogue.retry_after_s(), getrandom::u64().unwrap_or(0));
        let failure = dialogue.failure().map(|f| {
            let error = as_error(f, dialogue.problem().cloned());
            json!({ "code": error.code as i32, "message": error.message, "problem": dialogue.problem() })
        });
        let files = self.files_json(dialogue)?;
        Ok(json!({
            "v": 1, "complete": complete, "files": files, "failure": failure, "requests": tally.requests, "pushed": tally.pushed, "updated": tally.updated,
            "events": tally.events, "events_omitted": tally.omitted, "erased": dialogue.tombstone().map(Tombstone::to_json), "retry_ms": u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        }))
    }

    /// For hosts that do HTTP themselves: the next request of the session under way, or of a new one. `None` when
    /// the session is over; the next call then begins another.
    pub fn next_request(&self) -> Result<Option<WireRequest>> {
        let mut manual = self.manual.lock().unwrap_or_else(PoisonError::into_inner);
        let dialogue = match &mut *manual {
            Some(dialogue) => dialogue,
            none => none.insert(Dialogue::start(&self.app(), self.sync_lock()?, self.metered.load(Ordering::Relaxed))),
        };
        let request = self.next_of(dialogue);
        if !matches!(request, Ok(Some(_))) {
            if !dialogue.is_parting() {
                self.seal_all();
                self.warm_law();
                self.warm_records();
            }
            *manual = None;
        }
        request
    }

    /// Hands in the answer to the request given last; `None` says that there was none. Gives `{events, complete}`.
    pub fn on_response(&self, answer: Option<&WireAnswer>) -> Result<Json> {
        let mut manual = self.manual.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(dialogue) = &mut *manual else {
            return Err(DeviceError::new(Code::BadArgument, "no session is under way; ask for the next request first"));
        };
        let events = match answer {
            Some(answer) => self.on_of(dialogue, answer)?,
            None => self.lost_of(dialogue)?,
        };
        let erased = dialogue.tombstone().map(Tombstone::to_json);
        Ok(json!({ "v": 1, "events": events.iter().map(event_json).collect::<Vec<_>>(), "complete": dialogue.is_complete(), "erased": erased }))
    }
}

fn phase(dialogue: &Dialogue) -> &'static str {
    match dialogue.call() {
        _ if dialogue.is_parting() => "last_words",
        _ if dialogue.asks_certificates() => "certificates",
        _ if dialogue.asks_law() => "law",
        _ if dialogue.asks_numbers() => "numbers",
        _ if dialogue.uploads().phase().is_some() => dialogue.uploads().phase().unwrap_or("originals"),
        None | Some(Call::Session) => "session",
        Some(Call::Salvage(_)) => "salvage",
        Some(Call::Push(_)) => "push",
        Some(Call::Pull) => "pull",
    }
}

fn event_json(event: &Event) -> Json {
    match event {
        Event::Acknowledged(through) => json!({ "event": "acknowledged", "through_seq": through }),
        Event::Disposed(dot, disposition) => json!({ "event": "disposed", "dot": dot, "disposition": disposition }),
        Event::NotTaken(NotTaken { dot, record, field, mine, now }) => {
            let now: Vec<Json> = now.iter().map(|(dot, value, by)| json!({ "dot": dot, "value": value, "by": by })).collect();
            json!({ "event": "not_taken", "dot": dot, "record": record, "field": field, "mine": mine, "now": now })
        }
        Event::ChainFrozen => json!({ "event": "chain_frozen" }),
        Event::Order(number, command) => json!({ "event": "order", "number": number, "command": command }),
        Event::ServerRestored { epoch } => json!({ "event": "server_restored", "epoch": epoch }),
        Event::LogRewritten => json!({ "event": "log_rewritten" }),
        Event::Refetching(bucket) => json!({ "event": "refetching", "bucket": bucket }),
        Event::Updated(record) => json!({ "event": "updated", "record": record }),
        Event::Gone(record) => json!({ "event": "gone", "record": record }),
        Event::Failed(failure) => json!({ "event": "failed", "message": failure.to_string() }),
    }
}
