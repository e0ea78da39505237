//! Changes that the office writes: a reviewer's resolution, a waiver, a deadline. They take the same road as
//! any other change, on the office's own chain, whose id contains the epoch.

use super::accept::Work;
use super::{DeviceRow, DeviceState, Store};
use crate::base::keys::{SignError, Signer};
use crate::base::time::ServerContact;
use crate::base::{Digest, OfficerId, RecordId, Stamp, UtcMs};
use crate::protocol::Disposition;
use crate::record::{ActCall, Change, Dot, Edit, FieldKey, Kinds, Malformed, Reject, SignedChange, Value, change_hash, signing_input};

/// What the office wants to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeWrite {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Box<str>,
    /// Field, value, the dots that the author was shown, and a reason.
    pub edits: Vec<(FieldKey, Value, Vec<Dot>, Option<String>)>,
    /// The act, if any.
    pub act: Option<ActCall>,
    /// Dots of other records that the act's guard read.
    pub needs: Vec<Dot>,
    /// Who.
    pub officer: OfficerId,
}

/// Why the office could not write. Nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// The tables forbid it.
    #[error(transparent)]
    Rejected(#[from] Reject),
    /// It cites candidates that this record never had.
    #[error("the dots {0:?} are not of this record; read it again")]
    UnknownDots(Vec<Dot>),
    /// The content cannot be written as a change.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The office key could not sign.
    #[error(transparent)]
    Unsigned(#[from] SignError),
}

/// Writes an office change: signed, numbered, applied. The outer error is the database's.
pub fn office_write<S: Store>(store: &mut S, kinds: &Kinds, write: &OfficeWrite, signer: &dyn Signer, now: UtcMs) -> Result<Result<(Dot, Disposition), OfficeError>, S::Error> {
    let mut work = Work::begin(store, kinds, now)?;
    let Some(kind) = kinds.get(&write.kind) else {
        return Ok(Err(Reject { code: "unknown_kind", detail: format!("there is no kind {}", write.kind) }.into()));
    };
    let device = work.head.office();
    let seen = match work.store.take_record(write.record)? {
        Some(record) => {
            let seen = record.seen().clone();
            work.store.give_back(record);
            seen
        }
        None => Default::default(),
    };
    let cited = write.edits.iter().flat_map(|e| &e.2).chain(write.act.iter().flat_map(|a| &a.replaces));
    let unknown: Vec<Dot> = cited.filter(|d| !seen.covers(**d)).copied().collect();
    if !unknown.is_empty() {
        return Ok(Err(OfficeError::UnknownDots(unknown)));
    }
    let edits = write.edits.iter().map(|(field, value, replaces, reason)| Edit {
        field: field.as_str(),
        value: value.as_json(),
        replaces: replaces.clone(),
        reason: reason.as_deref().map(Into::into),
    });
    let change = Change {
        device,
        seq: work.head.office_seq + 1,
        prev: work.head.office_prev,
        record: write.record,
        kind: kind.name,
        schema: kind.schema,
        prior: seen.get(device),
        after: seen.iter().filter(|d| d.device != device).collect(),
        time: Stamp { wall: now.0, mono: 0, boot: 0, server: Some(ServerContact { at: now.0, mono: 0, boot: 0 }), gnss: None },
        officer: write.officer.clone(),
        place: None,
        edits: edits.collect(),
        act: write.act.clone(),
        needs: write.needs.clone(),
    };
    if let Err(reject) = kind.check(&change) {
        return Ok(Err(reject.into()));
    }
    let bytes = match change.encode() {
        Ok(bytes) => bytes,
        Err(why) => return Ok(Err(why.into())),
    };
    let hash = change_hash(&bytes);
    let signature = match signer.sign(&signing_input(&hash)) {
        Ok(signature) => signature,
        Err(why) => return Ok(Err(why.into())),
    };
    if work.store.device(device)?.is_none() {
        let row = DeviceRow {
            device,
            officer: write.officer.clone(),
            alg: signer.alg().into(),
            public_key: signer.public_key(),
            first_prev: Digest::ZERO,
            state: DeviceState::Active,
            through_seq: 0,
            head_hash: Digest::ZERO,
        };
        work.store.put_device(&row)?;
    }
    let signed = SignedChange { alg: signer.alg().into(), signature, bytes };
    let dot = change.dot();
    let (disposition, _) = work.arrive(dot, hash, &signed)?;
    (work.head.office_seq, work.head.office_prev) = (dot.seq, hash);
    work.finish()?;
    Ok(Ok((dot, disposition)))
}
