//! Changes that the office writes: a reviewer's resolution, a waiver, a deadline. They take the same road as
//! any other change, on the office's own chain, whose id contains the epoch.

use super::accept::Work;
use super::{DeviceRow, DeviceState, Store};
use crate::base::keys::Signer;
use crate::base::time::ServerContact;
use crate::base::{Digest, OfficerId, Stamp, UtcMs};
use crate::protocol::Disposition;
use crate::record::{Change, Dot, Draft, Kinds, Reject, Unwritten};

/// What the office wants to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeWrite {
    /// Record, edits and act; each edit cites the dots that its author was shown.
    pub draft: Draft,
    /// Who.
    pub officer: OfficerId,
}

/// Why the office could not write. Nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// It cites candidates that this record never had.
    #[error("the dots {0:?} are not of this record; read it again")]
    UnknownDots(Vec<Dot>),
    /// It cannot be written as a change.
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
}

/// Writes an office change: signed, numbered, applied. The outer error is the database's.
pub fn office_write<S: Store>(store: &mut S, kinds: &Kinds, write: &OfficeWrite, signer: &dyn Signer, now: UtcMs) -> Result<Result<(Dot, Disposition), OfficeError>, S::Error> {
    let mut work = Work::begin(store, kinds, now)?;
    let draft = &write.draft;
    let Some(kind) = kinds.get(&draft.kind) else {
        return Ok(Err(Unwritten::from(Reject { code: "unknown_kind", detail: format!("there is no kind {}", draft.kind) }).into()));
    };
    let device = work.head.office();
    let seen = match work.store.take_record(draft.record)? {
        Some(record) => {
            let seen = record.seen().clone();
            work.store.give_back(record);
            seen
        }
        None => Default::default(),
    };
    let cited = draft.edits.iter().flat_map(|e| &e.2).chain(draft.act.iter().flat_map(|a| &a.replaces));
    let unknown: Vec<Dot> = cited.filter(|d| !seen.covers(**d)).copied().collect();
    if !unknown.is_empty() {
        return Ok(Err(OfficeError::UnknownDots(unknown)));
    }
    let change = Change {
        device,
        seq: work.head.office_seq + 1,
        prev: work.head.office_prev,
        record: draft.record,
        kind: kind.name,
        schema: kind.schema,
        prior: seen.get(device),
        after: seen.iter().filter(|d| d.device != device).collect(),
        time: Stamp { wall: now.0, mono: 0, boot: 0, server: Some(ServerContact { at: now.0, mono: 0, boot: 0 }), gnss: None },
        officer: write.officer.clone(),
        place: draft.place.clone(),
        edits: draft.as_edits(),
        act: draft.act.clone(),
        needs: draft.needs.clone(),
    };
    let (hash, signed) = match change.sign(kind, signer) {
        Ok(written) => written,
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
    let dot = change.dot();
    let (disposition, _) = work.arrive(dot, hash, &signed)?;
    (work.head.office_seq, work.head.office_prev) = (dot.seq, hash);
    work.finish()?;
    Ok(Ok((dot, disposition)))
}
