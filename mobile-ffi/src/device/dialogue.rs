//! One session's requests in their order, tokens included, without doing any I/O: the same for the library's own
//! transport and for a host that does HTTP itself.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;
use sync_core::base::keys::Signer;
use sync_core::base::{DeviceId, UtcMs};
use sync_core::protocol::{Bytes, Disposition, TokenRequest, TokenResponse, nonce_digest};
use sync_core::record::Kinds;
use sync_core::replica::{Call, Event, Failure, HttpRequest, LastWords, Reading, Session, Store};

use super::certificates;
use super::erase::Tombstone;
use super::error::{Code, DeviceError, Result};
use super::law::Fetch;
use super::numbers;
use super::originals;
use super::signer::DeviceSigner;
use super::store::Tx;
use super::uploads::Uploads;
use super::wire::{WireAnswer, WireRequest};

#[derive(Serialize)]
struct NonceRequest {
    device: DeviceId,
}

#[derive(Deserialize)]
struct NonceResponse {
    nonce: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Nothing,
    Nonce,
    Token,
    Call,
    Certificates,
    Law,
    Numbers,
    File,
    LastWords,
}

/// A session under way.
pub struct Dialogue {
    session: Session,
    /// The engine's request that waits for its answer, kept for a second try with a new token.
    call: Option<HttpRequest>,
    token: Option<String>,
    nonce: Option<String>,
    renewed: bool,
    sent: Sent,
    asked_certificates: bool,
    law: Fetch,
    numbers: numbers::Fetch,
    uploads: Uploads,
    /// Whether what the office has was let go in this session.
    released: bool,
    problem: Option<serde_json::Value>,
    retry_after_s: Option<u64>,
    /// The store is erased; the office is yet to be told, or has been.
    parting: Option<Parting>,
    _lock: File,
}

/// What a session still has to say after its store is gone.
struct Parting {
    words: LastWords,
    stone: Tombstone,
    over: bool,
}

impl Dialogue {
    /// A new session; `lock` is the right to be this store's only one. `metered`: the network is paid by volume.
    pub fn start(app: &str, lock: File, metered: bool) -> Dialogue {
        Dialogue {
            session: Session::start(app),
            call: None,
            token: None,
            nonce: None,
            renewed: false,
            sent: Sent::Nothing,
            asked_certificates: false,
            law: Fetch::default(),
            numbers: numbers::Fetch::default(),
            uploads: Uploads::over(metered),
            released: false,
            problem: None,
            retry_after_s: None,
            parting: None,
            _lock: lock,
        }
    }

    /// The next request, or `None` when the session is over. Asking again without an answer gives the same one.
    pub fn next(&mut self, tx: &mut Tx<'_>, kinds: &Kinds, signer: &DeviceSigner, now: Reading) -> Result<Option<WireRequest>> {
        if self.call.is_none() {
            self.call = self.session.next(tx, kinds)?;
        }
        let Some(call) = &self.call else {
            if let Some(request) = self.next_certificates(tx)? {
                return Ok(Some(request));
            }
            if let Some(request) = self.next_law(tx)? {
                return Ok(Some(request));
            }
            return match self.next_numbers(tx, now)? {
                Some(request) => Ok(Some(request)),
                None => self.next_file(tx, kinds, signer),
            };
        };
        if let Some(token) = &self.token {
            self.sent = Sent::Call;
            return Ok(Some(WireRequest::new(call.method, call.path.clone(), call.content_type, call.body.clone(), Some(token))));
        }
        self.next_token(tx, signer).map(Some)
    }

    /// The nonce, and then the token for it.
    fn next_token(&mut self, tx: &mut Tx<'_>, signer: &DeviceSigner) -> Result<WireRequest> {
        let meta = tx.meta()?;
        let (device, certificate) = (meta.device, meta.enrolled.certificate);
        let (sent, path, body) = match &self.nonce {
            None => (Sent::Nonce, "/sync/v1/nonce", to_json(&NonceRequest { device })?),
            Some(nonce) => {
                let signature = signer.sign(&nonce_digest(nonce).0).map_err(|e| DeviceError::new(Code::Signing, e.to_string()))?;
                (Sent::Token, "/sync/v1/token", to_json(&TokenRequest { device, nonce: nonce.clone(), signature: Bytes(signature), certificate: Some(certificate) })?)
            }
        };
        self.sent = sent;
        Ok(WireRequest::new("POST", path.into(), "application/json", body, None))
    }

    /// After a whole session, once: certificates of the devices that records name and nobody here knows. Whether it
    /// succeeds is no matter to the session.
    fn next_certificates(&mut self, tx: &mut Tx<'_>) -> Result<Option<WireRequest>> {
        let Some(token) = self.token.as_deref().filter(|_| !self.asked_certificates && self.session.is_complete()) else { return Ok(None) };
        let Some(path) = certificates::path(tx)? else { return Ok(None) };
        self.sent = Sent::Certificates;
        Ok(Some(WireRequest::new("GET", path, "application/json", Vec::new(), Some(token))))
    }

    /// After that: what is new in the law. Whether it succeeds is no matter to the session either.
    fn next_law(&mut self, tx: &mut Tx<'_>) -> Result<Option<WireRequest>> {
        let Some(token) = self.token.as_deref().filter(|_| self.session.is_complete()) else { return Ok(None) };
        let Some(path) = self.law.path(tx)? else { return Ok(None) };
        self.sent = Sent::Law;
        Ok(Some(WireRequest::new("GET", path, "application/json", Vec::new(), Some(token))))
    }

    /// Last, after a whole session: thumbnails and originals. What the office says that it has goes first, which makes room.
    fn next_file(&mut self, tx: &mut Tx<'_>, kinds: &Kinds, signer: &DeviceSigner) -> Result<Option<WireRequest>> {
        if !self.session.is_complete() {
            return Ok(None);
        }
        if !self.released {
            originals::release(tx, kinds)?;
            self.released = true;
        }
        let Some(token) = self.token.as_deref() else {
            // It lapsed on the way: large files take their time.
            return if self.renewed && !self.uploads.is_over() { self.next_token(tx, signer).map(Some) } else { Ok(None) };
        };
        let request = self.uploads.next(tx, token)?;
        if request.is_some() {
            self.sent = Sent::File;
        }
        Ok(request)
    }

    /// Then: how far the blocks of numbers are used, and more where the office leases them. No matter to the session either.
    fn next_numbers(&mut self, tx: &mut Tx<'_>, now: Reading) -> Result<Option<WireRequest>> {
        let Some(token) = self.token.as_deref().filter(|_| self.session.is_complete()) else { return Ok(None) };
        let Some(body) = self.numbers.body(tx, UtcMs(now.wall))? else { return Ok(None) };
        self.sent = Sent::Numbers;
        Ok(Some(WireRequest::new("POST", "/sync/v1/numbers".into(), "application/json", body, Some(token))))
    }

    /// The store was erased: what is left is to tell the office, with the token that this session has.
    pub fn part(&mut self, words: LastWords, stone: Tombstone) {
        (self.call, self.sent) = (None, Sent::Nothing);
        self.parting = Some(Parting { words, stone, over: self.token.is_none() });
    }

    /// What remains of the store, once it was erased.
    pub fn tombstone(&self) -> Option<&Tombstone> {
        self.parting.as_ref().map(|p| &p.stone)
    }

    /// The request that tells the office, which needs no store.
    pub fn next_parting(&mut self) -> Option<WireRequest> {
        let (parting, token) = (self.parting.as_ref().filter(|p| !p.over)?, self.token.as_deref()?);
        self.sent = Sent::LastWords;
        let call = &parting.words.request;
        Some(WireRequest::new(call.method, call.path.clone(), call.content_type, call.body.clone(), Some(token)))
    }

    /// Takes the answer to it in. If the office has not heard, the tombstone says so, and a deposit tells it later.
    pub fn on_parting(&mut self, path: &Path, answer: Option<&WireAnswer>) -> Result<()> {
        let Some(parting) = &mut self.parting else { return Ok(()) };
        parting.over = true;
        let heard = answer.filter(|a| a.failure().is_none()).and_then(|a| a.inflated()).is_some_and(|body| parting.words.heard(&body));
        if heard { parting.stone.acknowledged(path) } else { Ok(()) }
    }

    /// Takes an answer in; the transaction must be durable before the next request goes out.
    pub fn on(&mut self, tx: &mut Tx<'_>, answer: &WireAnswer, now: Reading) -> Result<Vec<Event>> {
        if self.sent == Sent::Certificates {
            (self.sent, self.asked_certificates) = (Sent::Nothing, true);
            if let (None, Some(body)) = (answer.failure(), answer.inflated()) {
                certificates::keep(tx, &body)?;
            }
            return Ok(Vec::new());
        }
        if self.sent == Sent::Law {
            self.sent = Sent::Nothing;
            match answer.inflated().filter(|_| answer.failure().is_none()) {
                Some(body) => self.law.on(tx, &body)?,
                None => self.law.failed(),
            }
            return Ok(Vec::new());
        }
        if self.sent == Sent::Numbers {
            self.sent = Sent::Nothing;
            match answer.inflated().filter(|_| answer.failure().is_none()) {
                Some(body) => self.numbers.on(tx, &body)?,
                None => self.numbers.failed(),
            }
            return Ok(Vec::new());
        }
        if self.sent == Sent::File {
            self.sent = Sent::Nothing;
            self.retry_after_s = self.retry_after_s.max(answer.retry_after_s);
            if answer.status == 401 && !self.renewed {
                (self.token, self.nonce, self.renewed) = (None, None, true);
                self.uploads.forget();
            } else {
                self.renewed = false;
                self.uploads.on(tx, answer)?;
            }
            return Ok(Vec::new());
        }
        self.retry_after_s = self.retry_after_s.max(answer.retry_after_s);
        if let Some(problem) = answer.problem() {
            self.problem = Some(problem);
        }
        let failure = answer.failure();
        let Some(body) = answer.inflated() else { return Ok(self.failed(Failure::NotAReceipt)) };
        match (std::mem::replace(&mut self.sent, Sent::Nothing), failure) {
            (Sent::Nothing | Sent::Certificates | Sent::Law | Sent::Numbers | Sent::File | Sent::LastWords, _) => {
                Err(DeviceError::new(Code::BadArgument, "no request is waiting for an answer; ask for the next request first"))
            }
            (Sent::Call, Some(Failure::Unauthorized)) if !self.renewed => {
                // Tokens are short-lived: a new one, once.
                (self.token, self.nonce, self.renewed) = (None, None, true);
                Ok(Vec::new())
            }
            (_, Some(failure)) => Ok(self.failed(failure)),
            (Sent::Nonce, None) => match serde_json::from_slice::<NonceResponse>(&body) {
                Ok(answer) => {
                    self.nonce = Some(answer.nonce);
                    Ok(Vec::new())
                }
                Err(_) => Ok(self.failed(Failure::NotAReceipt)),
            },
            (Sent::Token, None) => match serde_json::from_slice::<TokenResponse>(&body) {
                Ok(answer) => {
                    (self.token, self.nonce) = (Some(answer.token), None);
                    Ok(Vec::new())
                }
                Err(_) => Ok(self.failed(Failure::NotAReceipt)),
            },
            (Sent::Call, None) => {
                let events = self.session.on(tx, answer.status, &body, now)?;
                for event in &events {
                    if let Event::Disposed(dot, Disposition::Dismissed { .. }) = event {
                        numbers::dismissed(tx, *dot)?;
                    }
                }
                (self.call, self.renewed) = (None, false);
                Ok(events)
            }
        }
    }

    /// Notes that a request got no usable answer. What can still be done is done: a failed push leads to the pull.
    pub fn failed(&mut self, failure: Failure) -> Vec<Event> {
        if self.sent == Sent::Certificates {
            (self.sent, self.asked_certificates) = (Sent::Nothing, true);
            return Vec::new();
        }
        if self.sent == Sent::Law {
            self.sent = Sent::Nothing;
            self.law.failed();
            return Vec::new();
        }
        if self.sent == Sent::Numbers {
            self.sent = Sent::Nothing;
            self.numbers.failed();
            return Vec::new();
        }
        // A new token for what is uploaded after a whole session.
        if self.sent == Sent::File || (self.call.is_none() && self.session.is_complete()) {
            (self.nonce, self.sent) = (None, Sent::Nothing);
            self.uploads.failed();
            return Vec::new();
        }
        (self.call, self.nonce, self.sent) = (None, None, Sent::Nothing);
        self.session.failed(failure)
    }

    /// What is under way.
    pub fn call(&self) -> Option<&Call> {
        self.session.call()
    }

    /// Whether the request that waits for its answer asks for certificates.
    pub fn asks_certificates(&self) -> bool {
        self.sent == Sent::Certificates
    }

    /// Whether the request that waits for its answer asks for the law.
    pub fn asks_law(&self) -> bool {
        self.sent == Sent::Law
    }

    /// Whether the request that waits for its answer is about numbers.
    pub fn asks_numbers(&self) -> bool {
        self.sent == Sent::Numbers
    }

    /// What is uploaded, and how much was.
    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// Whether the request that waits for its answer is the last word of an erased store.
    pub fn is_parting(&self) -> bool {
        self.parting.is_some()
    }

    /// Whether everything there was to do has been done.
    pub fn is_complete(&self) -> bool {
        self.session.is_complete()
    }

    /// Why it is not complete.
    pub fn failure(&self) -> Option<&Failure> {
        self.session.failure()
    }

    /// The last problem document that the server sent.
    pub fn problem(&self) -> Option<&serde_json::Value> {
        self.problem.as_ref()
    }

    /// The longest `Retry-After` that was asked for, in seconds.
    pub fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_s
    }
}

fn to_json<T: Serialize>(body: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|e| DeviceError::new(Code::Internal, e.to_string()))
}
