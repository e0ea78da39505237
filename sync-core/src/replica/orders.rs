//! Orders of the office to a store, and what the store says before it is erased.

use super::session::{json, open_receipt, open_request, post};
use super::{Event, HttpRequest, Journal, Meta, Store};
use crate::base::Digest;
use crate::protocol::{Command, SessionResponse};
use crate::record::Kinds;

/// Does what an order says, or notes it. Whether it is carried out and can be acknowledged in this session.
pub(super) fn obey(meta: &mut Meta, number: u64, command: Command, events: &mut Vec<Event>) -> bool {
    if meta.done.contains(&number) {
        return false;
    }
    let standing = &mut meta.standing;
    match command {
        // The host's handle is locked when it sees the event; one that was killed before is locked as well.
        Command::Lock => meta.done.push(number),
        Command::DrainThenErase if standing.draining == Some(number) => return false,
        Command::DrainThenErase => standing.draining = Some(number),
        Command::EraseNow => standing.erasing = Some(number),
    }
    events.push(Event::Order(number, command));
    command == Command::Lock
}

/// Whether the server holds everything: changes, own and carried, and originals.
pub(super) fn is_drained<S: Store>(store: &mut S) -> Result<bool, S::Error> {
    Ok(store.pending_bytes()? == 0 && store.undelivered(Journal::Own, 0, 1)?.is_empty() && store.undelivered(Journal::Carried, 0, 1)?.is_empty())
}

/// What a store says before it is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    /// The order.
    pub number: u64,
    /// Number and hash of the newest own change; of none: 0 and what the chain began with.
    pub head: (u64, Digest),
    /// Acknowledges the order and reports the head and what was undelivered.
    pub request: HttpRequest,
    /// The store as it was, to know the server's answer by.
    pub meta: Box<Meta>,
}

/// What to report of a store that is to be erased now; `None` if it is not.
pub fn last_words<S: Store>(store: &mut S, kinds: &Kinds, app: &str) -> Result<Option<LastWords>, S::Error> {
    let mut meta = store.meta()?;
    let Some(number) = meta.standing.erasing else { return Ok(None) };
    if !meta.done.contains(&number) {
        meta.done.push(number);
    }
    let request = post("session", json(&open_request(store, kinds, &meta, app, None)?));
    Ok(Some(LastWords { number, head: (meta.seq, meta.head), request, meta: Box::new(meta) }))
}

impl LastWords {
    /// Whether this is the server's answer to the request: then the order is acknowledged.
    pub fn heard(&self, body: &[u8]) -> bool {
        let answer = serde_json::from_slice::<SessionResponse>(body).ok();
        answer.is_some_and(|a| open_receipt(&self.meta, &a.receipt).is_some() && a.commands.iter().all(|(n, _)| *n != self.number))
    }
}
