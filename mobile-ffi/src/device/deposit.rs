//! Handing in without the PIN: the sealed copies of a store that cannot be opened, or the last word of one that was
//! erased. What it takes lies beside the store: the address of the server and a token that can do nothing else.
//!
//! Nothing is removed here: a file is emptied only by a receipt that the open store has checked. Handing in twice
//! changes nothing. Deliberately absent: a way for hosts that do HTTP themselves; they hand the file in at the office.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::PoisonError;
use sync_core::protocol::DepositResponse;
use sync_core::replica::{Failure, MAX_DEPOSIT_BYTES, MAX_DEPOSIT_FRAMES, frames};

use super::capture::check_version;
use super::erase::{self, Tombstone};
use super::error::{Code, DeviceError, Result};
use super::http::{Cancel, Transport};
use super::runtime::Device;
use super::sealed;
use super::store::with_suffix;
use super::vault::write_whole;
use super::wire::{WireRequest, as_error};

/// How to hand in. Everything has a default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DepositInput {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// Another address of the same server.
    pub server: Option<String>,
    /// Root certificates (PEM) that alone are trusted for TLS; the platform's if left out.
    pub roots_pem: Option<String>,
}

/// `<store>.deposit`: where to hand in, and with what token. Written anew by every session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ticket {
    version: u32,
    server: String,
    token: String,
}

fn ticket_path(store: &Path) -> std::path::PathBuf {
    with_suffix(store, ".deposit")
}

/// Hands in what the store at `path` has sealed: `{frames, repeats, applied, parked, quarantined, dismissed, unverified, erased}`.
pub fn deposit(path: &Path, input: &DepositInput) -> Result<Json> {
    check_version(input.v)?;
    if let Some(mut stone) = Tombstone::read(path)? {
        erase::destroy(path)?;
        if !stone.acknowledged {
            let (Some(server), Some(token)) = (input.server.clone().or(stone.server.clone()), stone.token.clone()) else {
                return Err(DeviceError::new(Code::NotEnrolled, "this store was erased and holds no token to tell the office with; report detail to it").with(stone.to_json()));
            };
            let words = format!("?order={}&seq={}&hash={}", stone.order, stone.head_seq, stone.head);
            send(&Transport::new(&server, input.roots_pem.as_deref())?, &words, Vec::new(), &token).map_err(|refused| refused.error)?;
            stone.acknowledged(path)?;
        }
        return Ok(report(&DepositResponse::default(), Some(&stone)));
    }
    let file = sealed::read(&sealed::path_of(path))?;
    let Some(ticket) = Ticket::read(path)? else {
        return match path.exists() {
            true => Err(DeviceError::new(Code::NotEnrolled, "this store has had no session, so nothing was given to it to hand in with; open it and sync")),
            false => Err(DeviceError::new(Code::Missing, "there is no store under this path")),
        };
    };
    let transport = Transport::new(input.server.as_deref().unwrap_or(&ticket.server), input.roots_pem.as_deref())?;
    let mut counts = DepositResponse::default();
    let mut most = MAX_DEPOSIT_FRAMES;
    let mut start = 0;
    while let Some((end, number)) = batch(&file, start, most) {
        match send(&transport, "", file.get(start..end).unwrap_or_default().to_vec(), &ticket.token) {
            Ok(answer) if answer.frames == number as u64 => {
                counts.add(&answer);
                start = end;
            }
            Ok(_) => return Err(as_error(&Failure::NotAReceipt, None)),
            Err(refused) if refused.too_large && number > 1 => most = number / 2,
            Err(refused) => return Err(refused.error.with(json!({ "handed_in": counts.frames }))),
        }
    }
    Ok(report(&counts, None))
}

fn report(counts: &DepositResponse, stone: Option<&Tombstone>) -> Json {
    let DepositResponse { frames, repeats, applied, parked, quarantined, dismissed, unverified } = counts;
    json!({
        "v": 1, "frames": frames, "repeats": repeats, "applied": applied, "parked": parked, "quarantined": quarantined, "dismissed": dismissed,
        "unverified": unverified, "erased": stone.map(Tombstone::to_json),
    })
}

/// The end and the number of as many whole frames from `start` on as one request takes.
fn batch(file: &[u8], start: usize, most: usize) -> Option<(usize, usize)> {
    let within = frames(file.get(start..)?).take(most).enumerate().take_while(|(n, f)| *n == 0 || f.end <= MAX_DEPOSIT_BYTES);
    within.last().map(|(n, f)| (start + f.end, n + 1))
}

struct Refused {
    too_large: bool,
    error: DeviceError,
}

fn send(transport: &Transport, query: &str, body: Vec<u8>, token: &str) -> std::result::Result<DepositResponse, Refused> {
    let headers = vec![("authorization", format!("Bearer {token}")), ("content-type", "application/octet-stream".to_owned())];
    let request = WireRequest { method: "POST", path: format!("/sync/v1/deposit{query}"), headers, body };
    let refused = |failure: &Failure, problem| Refused { too_large: *failure == Failure::TooLarge, error: as_error(failure, problem) };
    let answer = transport.send(&request, &Cancel::default()).map_err(|_| refused(&Failure::NoAnswer, None))?;
    if let Some(failure) = answer.failure() {
        return Err(refused(&failure, answer.problem()));
    }
    let counts = answer.inflated().and_then(|body| serde_json::from_slice(&body).ok());
    counts.ok_or_else(|| refused(&Failure::NotAReceipt, None))
}

impl Ticket {
    fn read(store: &Path) -> Result<Option<Ticket>> {
        match std::fs::read(ticket_path(store)) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|_| DeviceError::new(Code::Store, "the deposit token is broken; open the store and sync")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(DeviceError::new(Code::Store, format!("the deposit token could not be read: {e}"))),
        }
    }
}

impl Device {
    /// Lays the token of the last session beside the store. If that fails the next session does it.
    pub(super) fn keep_ticket(&self, server: Option<String>, token: Option<String>) {
        let (Some(server), Some(token)) = (server, token) else { return };
        let mut kept = self.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = Ticket { version: 1, server, token };
        if kept.as_ref() == Some(&ticket) {
            return;
        }
        let written = serde_json::to_vec(&ticket).ok().and_then(|text| write_whole(&ticket_path(self.path()), &text).ok());
        *kept = written.map(|()| ticket);
    }
}
