//! One session with the server as a state machine: the host sends what [`Session::next`] asks for, by whatever
//! transport it has, and hands the answer to [`Session::on`], or says [`Session::failed`].
//!
//! Order: session, salvage (after a restore), carried changes, own changes, pull; and the session once more if it
//! brought an order that is carried out by then. A failed push never keeps a pull from happening. Each call of `next` and
//! of `on` must be one durable transaction.
//!
//! An order to erase ends the session: [`super::last_words`] then has the request that reports it, to be made before and sent
//! after the store is destroyed.

use super::orders::{is_drained, obey};
use super::settle::{decided_against, disputed_by, settle, settle_elsewhere};
use super::{Journal, JournalRow, Lease, Meta, Mirror, NotTaken, Reading, Store};
use crate::base::keys::PublicKey;
use crate::base::merkle::verify_consistency;
use crate::base::plant::{Bug, planted};
use crate::base::time::ServerContact;
use crate::base::{Digest, RecordId};
use crate::protocol::{Bytes, Chain, Command, Cursor, Disposition, PROTOCOL, PullItem, PullPage, PushResponse, Receipt, Salvage, SessionRequest, SessionResponse, Signed};
use crate::record::{Bucket, Dot, Kinds, Record};

/// A request for the host to send. Bodies over a kilobyte should travel as zstd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query below the server's address.
    pub path: String,
    /// The body, not compressed; empty for `GET`.
    pub body: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
}

/// What a session is about to do, for progress and for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Compare pasts.
    Session,
    /// Upload mirrors beyond a restore point.
    Salvage(usize),
    /// Deliver these changes.
    Push(Vec<Dot>),
    /// Fetch a page.
    Pull,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No answer: no network, a broken connection, a time-out. Try later.
    #[error("no answer")]
    NoAnswer,
    /// The server (or something before it) cannot serve now: any 5xx, 408, 425, 429. Try later.
    #[error("the server answered {0}; try later")]
    Transient(u16),
    /// The batch is too large; the next one is halved.
    #[error("the batch is too large")]
    TooLarge,
    /// The token is not accepted; get a new one, then try again.
    #[error("the token is not accepted")]
    Unauthorized,
    /// Refused for good until something changes: revoked, forbidden, or a program too old.
    #[error("the server refused with {0}")]
    Refused(u16),
    /// 200, but not the server's signed word: a captive portal, or another server.
    #[error("the answer is not the server's signed receipt")]
    NotAReceipt,
}

/// What happened, for the app to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The server holds all own changes up to this number.
    Acknowledged(u64),
    /// The server said what became of a change.
    Disposed(Dot, Disposition),
    /// An own value does not stand: whose does, and why.
    NotTaken(NotTaken),
    /// The chain was frozen; enrol anew.
    ChainFrozen,
    /// An order to carry out.
    Order(u64, Command),
    /// The server was restored; what it lost is being sent again.
    ServerRestored {
        /// The new epoch.
        epoch: u32,
    },
    /// The server's log does not extend the log of our last receipt: someone rewrote it. Alarm.
    LogRewritten,
    /// A bucket's content differed from the server's and is fetched anew.
    Refetching(Bucket),
    /// A record was updated.
    Updated(RecordId),
    /// A record is no longer given to this device.
    Gone(RecordId),
    /// A request failed.
    Failed(Failure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Open,
    Salvage {
        after: Option<RecordId>,
        beyond: u64,
        epoch: u32,
    },
    Push {
        which: Journal,
        after: u64,
    },
    Pull,
    /// Acknowledge the orders that this session brought.
    Report,
    Done,
}

/// One session.
#[derive(Debug)]
pub struct Session {
    step: Step,
    call: Option<Call>,
    last_row: u64,
    salvaged: Option<RecordId>,
    batch: Option<usize>,
    refetched: Vec<Bucket>,
    app: String,
    failure: Option<Failure>,
    echo: Option<Digest>,
    report: bool,
}

impl Session {
    /// A new session. `app` names the program's version, for lists.
    pub fn start(app: &str) -> Session {
        Session { step: Step::Open, call: None, last_row: 0, salvaged: None, batch: None, refetched: Vec::new(), app: app.to_owned(), failure: None, echo: None, report: false }
    }

    /// Whether everything there was to do has been done, without a failure on the way.
    pub fn is_complete(&self) -> bool {
        self.step == Step::Done && self.failure.is_none()
    }

    /// Why the session is not complete, if anything failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// What is under way.
    pub fn call(&self) -> Option<&Call> {
        self.call.as_ref()
    }

    /// The next request, or `None` when the session is over.
    pub fn next<S: Store>(&mut self, store: &mut S, kinds: &Kinds) -> Result<Option<HttpRequest>, S::Error> {
        loop {
            let mut meta = store.meta()?;
            if meta.standing.erasing.is_some() {
                self.step = Step::Done;
            }
            match self.step.clone() {
                Step::Done => return Ok(None),
                Step::Open | Step::Report => {
                    self.call = Some(Call::Session);
                    return Ok(Some(post("session", json(&open_request(store, kinds, &meta, &self.app, self.echo)?))));
                }
                Step::Salvage { after, beyond, epoch } => {
                    let (batch, last) = salvage_batch(store, kinds, after, beyond)?;
                    self.salvaged = last;
                    match last {
                        Some(_) if batch.is_empty() => self.step = Step::Salvage { after: last, beyond, epoch },
                        Some(_) => {
                            self.call = Some(Call::Salvage(batch.len()));
                            return Ok(Some(post("salvage", json(&batch))));
                        }
                        None => {
                            begin_epoch(store, epoch)?;
                            self.step = Step::Push { which: Journal::Carried, after: 0 };
                        }
                    }
                }
                Step::Push { which, after } => {
                    let (body, dots, last) = push_batch(store, &meta, which, after, self.batch)?;
                    if dots.is_empty() {
                        if meta.standing.draining.is_some() && is_drained(store)? {
                            meta.standing.erasing = meta.standing.draining;
                            store.put_meta(&meta)?;
                            continue;
                        }
                        self.step = match which {
                            Journal::Carried => Step::Push { which: Journal::Own, after: 0 },
                            Journal::Own => Step::Pull,
                        };
                        continue;
                    }
                    self.last_row = last;
                    self.call = Some(Call::Push(dots));
                    return Ok(Some(HttpRequest { method: "POST", path: "/sync/v1/push".into(), body, content_type: "application/x-ndjson" }));
                }
                Step::Pull => {
                    self.call = Some(Call::Pull);
                    let cursor = if meta.cursor == Cursor::default() { String::new() } else { meta.cursor.to_text() };
                    return Ok(Some(HttpRequest { method: "GET", path: format!("/sync/v1/pull?cursor={cursor}"), body: Vec::new(), content_type: "application/json" }));
                }
            }
        }
    }

    /// Takes an answer in; `now` is what the device's clocks say.
    pub fn on<S: Store>(&mut self, store: &mut S, status: u16, body: &[u8], now: Reading) -> Result<Vec<Event>, S::Error> {
        match status {
            200..=299 => {}
            401 => return Ok(self.failed(Failure::Unauthorized)),
            413 => return Ok(self.failed(Failure::TooLarge)),
            408 | 425 | 429 | 500.. => return Ok(self.failed(Failure::Transient(status))),
            _ => return Ok(self.failed(Failure::Refused(status))),
        }
        match self.call.take() {
            Some(Call::Session) => self.on_session(store, body, now),
            Some(Call::Salvage(_)) => {
                if let Step::Salvage { beyond, epoch, .. } = self.step {
                    self.step = Step::Salvage { after: self.salvaged, beyond, epoch };
                }
                Ok(Vec::new())
            }
            Some(Call::Push(dots)) => self.on_push(store, &dots, body),
            Some(Call::Pull) => self.on_page(store, body),
            None => Ok(Vec::new()),
        }
    }

    /// Notes that a request failed and says how to go on: a failed push leads to the pull all the same.
    pub fn failed(&mut self, failure: Failure) -> Vec<Event> {
        self.step = match (&self.step, &failure) {
            (Step::Push { .. }, Failure::TooLarge) if self.batch != Some(1) => {
                let sent = match &self.call {
                    Some(Call::Push(dots)) => dots.len(),
                    _ => 1,
                };
                self.batch = Some((sent / 2).max(1));
                return vec![Event::Failed(failure)];
            }
            (Step::Push { .. }, _) if planted(Bug::GatePullsOnPushes) => Step::Done,
            (Step::Push { which, .. }, Failure::TooLarge) => {
                // A single change that the server will not take must not hold up the others.
                self.batch = None;
                Step::Push { which: *which, after: self.last_row }
            }
            (Step::Push { .. }, _) => Step::Pull,
            _ => Step::Done,
        };
        self.call = None;
        self.failure = Some(failure.clone());
        vec![Event::Failed(failure)]
    }

    fn on_session<S: Store>(&mut self, store: &mut S, body: &[u8], now: Reading) -> Result<Vec<Event>, S::Error> {
        let mut meta = store.meta()?;
        let answer = serde_json::from_slice::<SessionResponse>(body).ok();
        let Some((answer, receipt)) = answer.and_then(|a| open_receipt(&meta, &a.receipt).map(|r| (a, r))) else {
            return Ok(self.failed(Failure::NotAReceipt));
        };
        if answer.challenge.is_some() && self.echo.is_none() {
            // The server doubts our chain: confirm that this is how it is. Step stays at Open.
            self.echo = answer.challenge;
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        let old: Option<Receipt> = meta.receipt.as_ref().and_then(|r| open_receipt(&meta, r));
        if let Some(old) = &old
            && old.epoch == receipt.epoch
            && !verify_consistency(old.log_size, &old.log_root, receipt.log_size, &receipt.log_root, &answer.consistency)
        {
            events.push(Event::LogRewritten);
        }
        meta.contact = Some(ServerContact { at: answer.server_time.0, mono: now.mono, boot: now.boot });
        meta.standing.lease = Some(Lease::begin(answer.lease_ms.max(0), answer.server_time.0, now));
        meta.standing.deposit = answer.deposit.or(meta.standing.deposit.take());
        meta.limits = answer.limits;
        meta.done.retain(|n| answer.commands.iter().any(|(m, _)| m == n));
        for (number, command) in &answer.commands {
            self.report |= obey(&mut meta, *number, *command, &mut events);
        }
        if answer.chain == Chain::Frozen && !meta.frozen {
            meta.frozen = true;
            events.push(Event::ChainFrozen);
        }
        let restored = answer.epoch != meta.epoch;
        meta.receipt = Some(answer.receipt);
        store.put_meta(&meta)?;
        if let Some(ranges) = own_ranges(store, &meta, &receipt)? {
            store.mark_own_held(&ranges)?;
            events.push(Event::Acknowledged(receipt.through_seq));
            for (seq, disposition) in answer.told {
                if let Some(row) = store.journal(Dot::new(meta.device, seq))? {
                    note(store, row, disposition, &mut events)?;
                }
            }
        }
        self.step = if meta.standing.erasing.is_some() {
            Step::Done
        } else if restored {
            events.push(Event::ServerRestored { epoch: answer.epoch });
            Step::Salvage { after: None, beyond: answer.restored_at.unwrap_or(0), epoch: answer.epoch }
        } else if self.step == Step::Report {
            Step::Done
        } else {
            Step::Push { which: Journal::Carried, after: 0 }
        };
        Ok(events)
    }

    fn on_push<S: Store>(&mut self, store: &mut S, dots: &[Dot], body: &[u8]) -> Result<Vec<Event>, S::Error> {
        let mut meta = store.meta()?;
        let answer = serde_json::from_slice::<PushResponse>(body).ok().filter(|a| a.results.len() == dots.len());
        let Some((answer, receipt)) = answer.and_then(|a| open_receipt(&meta, &a.receipt).map(|r| (a, r))) else {
            return Ok(self.failed(Failure::NotAReceipt));
        };
        if receipt.epoch != meta.epoch {
            // Restored between two calls of this session: begin again, nothing of this is relied on.
            self.step = Step::Open;
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        for (dot, result) in dots.iter().zip(answer.results) {
            let Some(mut row) = store.journal(*dot)?.filter(|row| row.hash == result.hash) else { continue };
            if let Some(disposition) = result.disposition {
                row.held = dot.device != meta.device || meta.frozen || row.held;
                note(store, row, disposition, &mut events)?;
            }
        }
        meta.receipt = Some(answer.receipt);
        store.put_meta(&meta)?;
        if let Some(ranges) = own_ranges(store, &meta, &receipt)? {
            store.mark_own_held(&ranges)?;
            events.push(Event::Acknowledged(receipt.through_seq));
        }
        if let Step::Push { which, .. } = self.step {
            self.step = Step::Push { which, after: self.last_row };
        }
        Ok(events)
    }

    fn on_page<S: Store>(&mut self, store: &mut S, body: &[u8]) -> Result<Vec<Event>, S::Error> {
        let mut meta = store.meta()?;
        let page = serde_json::from_slice::<PullPage>(body).ok();
        let Some((page, cursor)) = page.and_then(|p| Cursor::parse(&p.cursor).map(|c| (p, c))) else {
            return Ok(self.failed(Failure::NotAReceipt));
        };
        if page.epoch != meta.epoch {
            self.step = Step::Open;
            return Ok(Vec::new());
        }
        if let Some(beyond) = page.ahead_of {
            self.step = Step::Salvage { after: None, beyond, epoch: page.epoch };
            return Ok(vec![Event::ServerRestored { epoch: page.epoch }]);
        }
        let mut events = Vec::new();
        let mut drifted = Vec::new();
        for item in page.items {
            match item {
                PullItem::Record(bucket, delta) => {
                    let (id, sum, bucket) = (delta.record, delta.sum, Bucket(bucket));
                    let old = store.mirror(id)?;
                    let mut buckets = old.as_ref().map(|m| m.buckets.clone()).unwrap_or_default();
                    buckets.insert(bucket.clone(), true);
                    let whole = delta.whole;
                    let disputed = old.as_ref().map(|m| disputed_by(&m.record, meta.device)).unwrap_or_default();
                    let record = Record::merge_delta(old.map(|m| m.record), *delta);
                    if record.checksum() != sum || (!whole && record.registers().len() == 0) {
                        drifted.push(bucket);
                    }
                    settle(store, &record, &mut events)?;
                    events.extend(decided_against(disputed, &record, meta.device).map(Event::NotTaken));
                    store.put_mirror(&Mirror { record, buckets })?;
                    events.push(Event::Updated(id));
                }
                PullItem::Left(bucket, id) => leave(store, &Bucket(bucket), id, &mut events)?,
            }
        }
        for bucket in &page.dropped {
            for id in store.in_bucket(bucket)? {
                leave(store, bucket, id, &mut events)?;
            }
        }
        for (dot, disposition) in page.moves {
            if let Some(row) = store.journal(dot)? {
                note(store, row, disposition, &mut events)?;
            }
        }
        meta.cursor = cursor;
        if !page.more {
            for bucket in std::mem::take(&mut meta.refetching) {
                for id in store.in_bucket(&bucket)? {
                    if store.mirror(id)?.is_some_and(|m| m.buckets.get(&bucket) == Some(&false)) {
                        leave(store, &bucket, id, &mut events)?;
                    }
                }
            }
            settle_elsewhere(store, meta.device)?;
            for (bucket, sum) in &page.sums {
                if store.bucket_sum(bucket)? != *sum {
                    drifted.push(bucket.clone());
                }
            }
        }
        drifted.sort();
        drifted.dedup();
        for bucket in drifted {
            // Once a session: a difference that a fresh copy does not mend is not mended by another.
            if !self.refetched.contains(&bucket) {
                refetch(store, &mut meta, &bucket)?;
                self.refetched.push(bucket.clone());
                events.push(Event::Refetching(bucket));
            }
        }
        let done = !page.more && meta.refetching.is_empty();
        if done && self.failure.is_none() {
            meta.complete_sessions += 1;
        }
        store.put_meta(&meta)?;
        self.step = match done {
            true if std::mem::take(&mut self.report) => Step::Report,
            true => Step::Done,
            false => Step::Pull,
        };
        Ok(events)
    }
}

pub(super) fn post(call: &str, body: Vec<u8>) -> HttpRequest {
    HttpRequest { method: "POST", path: format!("/sync/v1/{call}"), body, content_type: "application/json" }
}

pub(super) fn json<T: serde::Serialize>(body: &T) -> Vec<u8> {
    // Plain data: serialising it cannot fail.
    serde_json::to_vec(body).unwrap_or_default()
}

pub(super) fn open_request<S: Store>(store: &mut S, kinds: &Kinds, meta: &Meta, app: &str, echo: Option<Digest>) -> Result<SessionRequest, S::Error> {
    Ok(SessionRequest {
        protocol: PROTOCOL,
        app: app.to_owned(),
        schemas: kinds.iter().map(|k| (k.name.to_owned(), k.schema)).collect(),
        receipt: meta.receipt.clone(),
        head: (meta.seq > 0).then_some((meta.seq, meta.head)),
        pending: store.pending()?,
        pending_bytes: store.pending_bytes()?,
        certificate: meta.enrolled.certificate.clone(),
        ask: store.unanswered(1_000)?,
        echo,
        done: meta.done.clone(),
    })
}

pub(super) fn open_receipt(meta: &Meta, signed: &Signed) -> Option<Receipt> {
    let key = PublicKey::new(&meta.enrolled.server_alg, &meta.enrolled.server_key.0)?;
    signed.open::<Receipt>(&key).filter(|r| r.device == meta.device && r.district == meta.enrolled.district)
}

/// The ranges of a receipt that speak of *our* changes: a restored or cloned device shares numbers with changes that
/// it never wrote, so a range counts only if we know its last change. `None` if the receipt says nothing of ours.
fn own_ranges<S: Store>(store: &mut S, meta: &Meta, receipt: &Receipt) -> Result<Option<Vec<(u64, u64)>>, S::Error> {
    let newest = receipt.held.iter().map(|r| r.1).fold(receipt.through_seq, u64::max);
    if meta.frozen || newest > meta.seq {
        return Ok(None);
    }
    let through = (receipt.through_seq > 0).then_some((1, receipt.through_seq, receipt.head_hash));
    let mut ours = Vec::new();
    for (from, to, hash) in through.into_iter().chain(receipt.held.iter().copied()) {
        // Acknowledged rows may have been pruned after the backup window: then nothing is left to mark.
        if store.journal(Dot::new(meta.device, to))?.is_none_or(|row| row.hash == hash) {
            ours.push((from, to));
        }
    }
    Ok(Some(ours))
}

fn salvage_batch<S: Store>(store: &mut S, kinds: &Kinds, after: Option<RecordId>, beyond: u64) -> Result<(Vec<Salvage>, Option<RecordId>), S::Error> {
    let ids = store.records(after, 50)?;
    let mut batch = Vec::new();
    for id in &ids {
        if let Some(mirror) = store.mirror(*id)?.filter(|m| m.record.commit() > beyond) {
            let schema = kinds.get(&mirror.record.kind).map_or(0, |k| k.schema);
            batch.push(Salvage { record: *id, state: Bytes(crate::base::pack::pack(&mirror.record.to_state(schema), 3)) });
        }
    }
    Ok((batch, ids.last().copied()))
}

/// Forgets where the mirror stood with a server that no longer knows it: every bucket is fetched anew, and what
/// was settled counts as pending until the server covers it again.
fn begin_epoch<S: Store>(store: &mut S, epoch: u32) -> Result<(), S::Error> {
    store.begin_epoch()?;
    let mut meta = store.meta()?;
    if meta.frozen {
        // No receipt's ranges speak of a frozen chain: deliver everything once more, change by change.
        store.mark_own_held(&[])?;
    }
    let buckets: Vec<Bucket> = meta.cursor.buckets.keys().cloned().collect();
    meta.epoch = epoch;
    for bucket in &buckets {
        refetch(store, &mut meta, bucket)?;
    }
    meta.cursor = Cursor { epoch, ..Cursor::default() };
    store.put_meta(&meta)
}

fn refetch<S: Store>(store: &mut S, meta: &mut Meta, bucket: &Bucket) -> Result<(), S::Error> {
    for id in store.in_bucket(bucket)? {
        if let Some(mut mirror) = store.mirror(id)? {
            mirror.buckets.insert(bucket.clone(), false);
            store.put_mirror(&mirror)?;
        }
    }
    meta.cursor.buckets.remove(bucket);
    if !meta.refetching.contains(bucket) {
        meta.refetching.push(bucket.clone());
    }
    Ok(())
}

type Batch = (Vec<u8>, Vec<Dot>, u64);

fn push_batch<S: Store>(store: &mut S, meta: &Meta, which: Journal, after: u64, most: Option<usize>) -> Result<Batch, S::Error> {
    let most = most.unwrap_or(meta.limits.push_changes).min(meta.limits.push_changes).max(1);
    let (mut body, mut dots, mut last) = (Vec::new(), Vec::new(), after);
    for row in store.undelivered(which, after, most)? {
        let Some(signed) = store.signed(row.dot)? else { continue };
        let line = signed.to_line();
        if !dots.is_empty() && body.len() + line.len() + 1 > meta.limits.push_bytes {
            break;
        }
        if !body.is_empty() {
            body.push(b'\n');
        }
        body.extend_from_slice(&line);
        dots.push(row.dot);
        last = row.order;
    }
    Ok((body, dots, last))
}

/// Notes what the server said of a change.
fn note<S: Store>(store: &mut S, mut row: JournalRow, disposition: Disposition, events: &mut Vec<Event>) -> Result<(), S::Error> {
    let told = row.disposition.as_ref() == Some(&disposition);
    row.settled |= matches!(disposition, Disposition::Dismissed { .. });
    row.disposition = Some(disposition.clone());
    store.update(&row)?;
    if !told {
        events.push(Event::Disposed(row.dot, disposition));
    }
    Ok(())
}

fn leave<S: Store>(store: &mut S, bucket: &Bucket, id: RecordId, events: &mut Vec<Event>) -> Result<(), S::Error> {
    let Some(mut mirror) = store.mirror(id)? else { return Ok(()) };
    mirror.buckets.remove(bucket);
    if mirror.buckets.is_empty() {
        store.drop_mirror(id)?;
        events.push(Event::Gone(id));
        Ok(())
    } else {
        store.put_mirror(&mirror)
    }
}
