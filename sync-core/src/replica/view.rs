//! What the officer sees: mirror + pending changes, clashes, losses, and the truth about what is unsent.

use super::{Journal, JournalRow, Store};
use crate::base::RecordId;
use crate::protocol::Disposition;
use crate::record::{Applied, By, Change, Context, Dot, Kinds, Reading, Record, Value, apply, read_field, unsettled_fields};

/// A record as it looks from here: what the server last said, with every pending change, own and imported,
/// replayed in causal order by the same `apply`. What waits for a cause is shown all the same, last.
pub fn view<S: Store>(store: &mut S, kinds: &Kinds, id: RecordId) -> Result<Option<Record>, S::Error> {
    Ok(exact_view(store, kinds, id)?.0)
}

/// The view, and whether every change in it applied in the order in which it came to be known, its causes in. Only then a
/// further change with its causes in, which comes to be known last, is also applied last when everything is replayed:
/// applying it to the view gives the same.
pub(super) fn exact_view<S: Store>(store: &mut S, kinds: &Kinds, id: RecordId) -> Result<(Option<Record>, bool), S::Error> {
    if let Some(kept) = store.kept_view(id) {
        return Ok((Some(kept), true));
    }
    let mirror = store.mirror(id)?.map(|m| m.record);
    let mut rows: Vec<JournalRow> = store.overlay(id)?;
    rows.retain(|row| !mirror.as_ref().is_some_and(|m| m.seen().covers(row.dot)));
    let (record, exact) = replay(store, kinds, mirror, rows)?;
    if let (Some(record), true) = (&record, exact) {
        store.keep_view(record.clone());
    }
    Ok((record, exact))
}

fn replay<S: Store>(store: &mut S, kinds: &Kinds, mirror: Option<Record>, rows: Vec<JournalRow>) -> Result<(Option<Record>, bool), S::Error> {
    let mut signed = Vec::with_capacity(rows.len());
    for row in rows {
        signed.extend(store.signed(row.dot)?);
    }
    let mut waiting: Vec<Change<'_>> = signed.iter().filter_map(|s| Change::decode(&s.bytes).ok()).collect();
    let mut record = mirror;
    let (mut lenient, mut exact) = (false, true);
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut left = Vec::new();
        for change in waiting {
            let Some(kind) = kinds.get(change.kind) else { continue };
            let target = record.get_or_insert_with(|| Record::new(change.record, kind.name, kind.initial));
            let parked = matches!(apply(target, kind, &change, Context { commit: Context::PENDING, lenient }), Applied::Parked(_));
            if parked {
                left.push(change);
            } else if lenient {
                // One at a time: it may have freed others that can apply in their proper order.
                lenient = false;
            }
        }
        exact &= left.is_empty();
        if left.len() == before {
            lenient = true;
        }
        waiting = left;
    }
    Ok((record, exact))
}

/// A field about which officers disagree, as this device sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The record.
    pub record: RecordId,
    /// The field.
    pub field: Box<str>,
    /// The values that stand, each with its author's dot.
    pub values: Vec<(Dot, Value)>,
}

/// The clashes in records known here, after `after`, at most `limit` records looked at.
pub fn clashes<S: Store>(store: &mut S, kinds: &Kinds, after: Option<RecordId>, limit: usize) -> Result<Vec<Clash>, S::Error> {
    let mut out = Vec::new();
    for id in store.records(after, limit)? {
        let Some(record) = view(store, kinds, id)? else { continue };
        let Some(kind) = kinds.get(&record.kind) else { continue };
        for field in unsettled_fields(&record, kind) {
            let values = match read_field(&record, kind, field) {
                Reading::Contested(c) => c.into_iter().map(|c| (c.dot, c.value.clone())).collect(),
                _ => record.register(field).map(|r| r.candidates().iter().map(|c| (c.dot, c.value.clone())).collect()).unwrap_or_default(),
            };
            out.push(Clash { record: id, field: field.into(), values });
        }
    }
    Ok(out)
}

/// An own value that does not stand any more although its author never replaced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// The own change.
    pub dot: Dot,
    /// Its record.
    pub record: RecordId,
    /// The field.
    pub field: Box<str>,
    /// What was written.
    pub mine: Value,
    /// What stands instead: value, author and reason where they are known.
    pub now: Vec<(Dot, Value, Option<By>)>,
}

/// Compares an own change with what the server now says of its record.
pub fn not_taken(change: &Change<'_>, record: &Record) -> Vec<NotTaken> {
    let mut out = Vec::new();
    for edit in &change.edits {
        let Some(register) = record.register(edit.field) else { continue };
        let stands = register.candidates().iter().any(|c| c.dot == change.dot() || c.value.as_json() == edit.value || c.dot.device == change.device);
        if !stands {
            let now = register.candidates().iter().map(|c| (c.dot, c.value.clone(), c.by.as_deref().cloned())).collect();
            out.push(NotTaken { dot: change.dot(), record: change.record, field: edit.field.into(), mine: Value::trusted(edit.value), now });
        }
    }
    out
}

/// What a device truthfully says of its work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Own changes ever captured.
    pub captured: u64,
    /// Own changes that the server does not hold.
    pub unsent: u64,
    /// Colleagues' changes carried and not yet delivered.
    pub carrying: u64,
    /// Records with unsent own changes, and how many.
    pub unsent_by_record: Vec<(RecordId, u64)>,
    /// Own changes that the server last said to be parked.
    pub parked: u64,
    /// Own changes that the server last said to be in quarantine.
    pub quarantined: u64,
    /// The chain was frozen.
    pub frozen: bool,
}

impl Status {
    /// Whether nothing is unsent and nothing is held up: the only case in which an app may say "done".
    pub fn is_done(&self) -> bool {
        self.unsent == 0 && self.carrying == 0 && self.parked == 0 && self.quarantined == 0
    }
}

/// Counts what is undelivered and held up.
pub fn status<S: Store>(store: &mut S) -> Result<Status, S::Error> {
    let meta = store.meta()?;
    let unsent_by_record = store.pending()?;
    let mut status = Status { captured: meta.seq, frozen: meta.frozen, unsent: unsent_by_record.iter().map(|(_, n)| n).sum(), unsent_by_record, ..Status::default() };
    let mut after = 0;
    loop {
        let page = store.undelivered(Journal::Carried, after, 500)?;
        let Some(last) = page.last() else { break };
        after = last.order;
        status.carrying += page.len() as u64;
    }
    for row in store.held_up()? {
        match row.disposition {
            Some(Disposition::Parked { .. }) => status.parked += 1,
            Some(Disposition::Quarantined { .. }) => status.quarantined += 1,
            _ => {}
        }
    }
    Ok(status)
}
