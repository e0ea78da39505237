//! Capture: a draft becomes a signed change in the journal, in one transaction.

use serde_json::{Map, Value as Json};

use super::view::exact_view;
use super::{JournalRow, Meta, Store};
use crate::base::keys::Signer;
use crate::base::plant::{Bug, planted};
use crate::base::{OfficerId, Stamp};
use crate::record::{Applied, Change, Context, Dot, Draft, Effect, Kind, Kinds, Record, Reject, SealBody, Seen, Unwritten, Value, apply, read_field};

/// Who captures.
pub struct Author<'a> {
    /// The device key.
    pub signer: &'a dyn Signer,
    /// The officer, as in the device's certificate.
    pub officer: &'a OfficerId,
}

/// Why nothing was captured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// It cannot be written as a change: the app shows field, reason and remedy.
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
    /// The server froze this chain; enrol the device anew. What is pending is kept and still delivered.
    #[error("this device's chain is frozen: enrol it anew; pending work is kept")]
    Frozen,
    /// The office ordered this store to be erased once everything is delivered: nothing more is begun on it.
    #[error("the office ordered this device to deliver everything and be erased: no more capture; sync, and use another device")]
    Ending,
}

/// What a capture made, and how it looks for now. The server has the last word on acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The new change.
    pub dot: Dot,
    /// Contested fields, and what the act's guard says here and now.
    pub effect: Effect,
}

/// The dots that stand in a field as it is shown: what an edit made from this view replaces.
pub fn shown_dots(record: &Record, field: &str) -> Vec<Dot> {
    record.register(field).map(|r| r.dots()).unwrap_or_default()
}

/// A seal over everything that a record shows: each field's reading, and how far every device is in.
/// A field that reads contested is shown with no value; acts that rely on it are not met.
pub fn whole_seal(record: &Record, kind: &Kind) -> SealBody {
    seal_of(record, kind, |_| true)
}

/// A seal over the fields that `shows` picks: a department's items.
pub fn seal_of(record: &Record, kind: &Kind, shows: impl Fn(&str) -> bool) -> SealBody {
    let fields = record.registers().filter(|(key, _)| !key.starts_with('$') && shows(key));
    let shown: Map<String, Json> = fields.filter_map(|(key, _)| read_field(record, kind, key).value().map(|v| (key.to_owned(), v.to_json()))).collect();
    let shown = Value::from_json(&Json::Object(shown)).unwrap_or_else(|_| Value::null());
    SealBody { covers: record.seen().iter().collect(), shown }
}

/// Captures a draft. The inner result is the officer's business, the outer error the database's. The caller's
/// transaction must be durable before it says "kept".
pub fn capture<S: Store>(store: &mut S, kinds: &Kinds, author: &Author<'_>, draft: &Draft, time: Stamp) -> Result<Result<Captured, CaptureError>, S::Error> {
    let mut meta = store.meta()?;
    if meta.frozen {
        return Ok(Err(CaptureError::Frozen));
    }
    if meta.standing.is_ending() {
        return Ok(Err(CaptureError::Ending));
    }
    let Some(kind) = kinds.get(&draft.kind) else {
        return Ok(Err(Unwritten::from(Reject { code: "unknown_kind", detail: format!("this app knows no kind {}", draft.kind) }).into()));
    };
    let (prior, mut told) = store.authored(draft.record)?;
    let (seen_by_author, exact) = exact_view(store, kinds, draft.record)?;
    let seen: Seen = seen_by_author.as_ref().map(|r| r.seen().clone()).unwrap_or_default();
    let after = newly_seen(&seen, &told, meta.device);
    let change = written(&meta, kind, author.officer, draft, time, prior, after);
    let (hash, signed) = match change.sign(kind, author.signer) {
        Ok(written) => written,
        Err(why) => return Ok(Err(why.into())),
    };
    let mut after = seen_by_author.unwrap_or_else(|| Record::new(draft.record, kind.name, kind.initial));
    let mut attempt = |lenient| match apply(&mut after, kind, &change, Context { commit: Context::PENDING, lenient }) {
        Applied::Done(effect) => Some(effect),
        Applied::Parked(_) => None,
    };
    let (effect, exact) = match attempt(false) {
        Some(effect) => (effect, exact),
        None => (attempt(true).unwrap_or_default(), false),
    };
    let dot = change.dot();
    store.append(&JournalRow { dot, record: draft.record, hash, held: false, settled: false, disposition: None, order: 0 }, &signed)?;
    if exact {
        store.keep_view(after);
    }
    for d in seen.iter() {
        told.raise(d.device, d.seq);
    }
    store.put_authored(draft.record, dot.seq, &told)?;
    if !(planted(Bug::ReuseSeq) && dot.seq.is_multiple_of(7)) {
        meta.seq = dot.seq;
        meta.head = hash;
    }
    store.put_meta(&meta)?;
    Ok(Ok(Captured { dot, effect }))
}

/// A draft as the device's next change.
fn written<'d>(meta: &Meta, kind: &'d Kind, officer: &OfficerId, draft: &'d Draft, time: Stamp, prior: u64, after: Vec<Dot>) -> Change<'d> {
    Change {
        device: meta.device,
        seq: meta.seq + 1,
        prev: meta.head,
        record: draft.record,
        kind: kind.name,
        schema: kind.schema,
        prior,
        after,
        time,
        officer: officer.clone(),
        place: draft.place.clone(),
        edits: draft.as_edits(),
        act: draft.act.clone(),
        needs: draft.needs.clone(),
    }
}

/// What a rehearsal shows: the record afterwards and what the change did; nothing for a record that is not there and is not written to.
pub type Rehearsed = Result<Option<(Record, Effect)>, CaptureError>;

/// How a record would look, and what its act would meet, if a draft were captured now; `None` if the record is not known here
/// and nothing is written to it. Nothing is kept.
pub fn rehearse<S: Store>(store: &mut S, kinds: &Kinds, officer: &OfficerId, draft: &Draft, time: Stamp) -> Result<Rehearsed, S::Error> {
    let meta = store.meta()?;
    let Some(kind) = kinds.get(&draft.kind) else {
        return Ok(Err(Unwritten::from(Reject { code: "unknown_kind", detail: format!("this app knows no kind {}", draft.kind) }).into()));
    };
    let known = exact_view(store, kinds, draft.record)?.0;
    if draft.edits.is_empty() && draft.act.is_none() {
        return Ok(Ok(known.map(|record| (record, Effect::default()))));
    }
    let (prior, _) = store.authored(draft.record)?;
    let change = written(&meta, kind, officer, draft, time, prior, Vec::new());
    if let Err(reject) = kind.check(&change) {
        return Ok(Err(Unwritten::from(reject).into()));
    }
    let mut after = known.unwrap_or_else(|| Record::new(draft.record, kind.name, kind.initial));
    let effect = match apply(&mut after, kind, &change, Context { commit: Context::PENDING, lenient: true }) {
        Applied::Done(effect) => effect,
        Applied::Parked(_) => Effect::default(),
    };
    Ok(Ok(Some((after, effect))))
}

/// The newest dot per other device that the author has in view and had not when he last wrote here.
fn newly_seen(seen: &Seen, told: &Seen, own: crate::base::DeviceId) -> Vec<Dot> {
    seen.iter().filter(|d| d.device != own && told.get(d.device) < d.seq).collect()
}
