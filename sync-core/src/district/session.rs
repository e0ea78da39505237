//! The first call of every session: do both sides remember the same past?

use super::accept::Work;
use super::receipt::receipt_under;
use super::{Custody, DeviceRow, DeviceState, Notice, Store};
use crate::base::keys::{PublicKey, SignError, Signer};
use crate::base::merkle::{Nodes, consistency_proof};
use crate::base::{DeviceId, Digest, OfficerId, UtcMs};
use crate::protocol::{Certificate, Chain, Limits, Receipt, Salvage, SessionRequest, SessionResponse, Signed};
use crate::record::{Bucket, Dot, Kinds};

/// Lets a device in again that this server enrolled and, after a restore, no longer knows: its certificate
/// bears our own signature. Returns the row, known or adopted.
pub fn adopt<S: Store>(store: &mut S, certificate: &Signed, server: &PublicKey) -> Result<Option<DeviceRow>, S::Error> {
    let Some(cert) = certificate.open::<Certificate>(server) else { return Ok(None) };
    if let Some(row) = store.device(cert.device)? {
        return Ok(Some(row));
    }
    if cert.district != store.head()?.district {
        return Ok(None);
    }
    let row = DeviceRow {
        device: cert.device,
        officer: cert.officer,
        alg: cert.alg.into(),
        public_key: cert.public_key.0,
        first_prev: cert.first_prev,
        state: DeviceState::Active,
        through_seq: 0,
        head_hash: cert.first_prev,
    };
    store.put_device(&row)?;
    Ok(Some(row))
}

/// The buckets that an officer is given now, in the order in which they are served. Nobody suspended is given any.
pub fn scope_of<S: Store>(store: &mut S, officer: &OfficerId, now: UtcMs) -> Result<Vec<Bucket>, S::Error> {
    if store.suspended(officer)? {
        return Ok(Vec::new());
    }
    let grants = store.grants(officer)?;
    let mut scope: Vec<Bucket> = grants.into_iter().filter(|g| g.from <= now && g.until.is_none_or(|u| u > now)).map(|g| g.bucket).collect();
    scope.push(Bucket::officer(officer.as_str()));
    scope.sort_by_key(|b| (b.rank(), b.clone()));
    scope.dedup();
    Ok(scope)
}

/// Answers a session request of a device that proved its key.
pub fn session<S: Store>(
    store: &mut S,
    kinds: &Kinds,
    device: DeviceId,
    request: &SessionRequest,
    signer: &dyn Signer,
    now: UtcMs,
) -> Result<Result<SessionResponse, SignError>, S::Error> {
    let mut work = Work::begin(store, kinds, now)?;
    let ours = PublicKey::new(signer.alg(), &signer.public_key());
    let presented: Option<Receipt> = request.receipt.as_ref().zip(ours.as_ref()).and_then(|(r, key)| r.open(key));
    let mut known = None;
    if let Some(receipt) = presented.filter(|r| r.district == work.head.district) {
        let ours = work.store.root(receipt.log_size)?;
        let same_log = receipt.log_size <= work.head.log.size && ours == Some(receipt.log_root);
        if receipt.epoch > work.head.epoch || (receipt.epoch == work.head.epoch && !same_log) {
            work.head.epoch = work.head.epoch.max(receipt.epoch) + 1;
            work.head.restored_at = Some(work.head.commit);
            (work.head.office_seq, work.head.office_prev) = match work.store.device(work.head.office())? {
                Some(office) => (office.through_seq, office.head_hash),
                None => (0, Digest::ZERO),
            };
            let epoch = work.head.epoch;
            work.store.notify(Notice::ServerRestored { epoch })?;
        } else if same_log && receipt.epoch == work.head.epoch {
            known = Some(receipt.log_size);
        }
    }
    let row = work.store.device(device)?;
    if let Some(row) = &row
        && row.state == DeviceState::Active
    {
        let (seq, hash) = request.head.unwrap_or((0, row.first_prev));
        let ahead = row.through_seq > seq || !work.store.held_above(device, seq)?.is_empty();
        let differs = seq > 0 && work.store.entry(Dot::new(device, seq))?.is_some_and(|e| e.hash != hash);
        if differs {
            work.freeze(Dot::new(device, seq))?;
        } else if ahead {
            work.freeze(Dot::new(device, seq + 1))?;
            work.store.notify(Notice::DeviceRestored(device))?;
        }
    }
    let frozen = work.store.device(device)?.is_some_and(|d| matches!(d.state, DeviceState::Frozen { .. }));
    work.store.put_pending(device, &request.pending, request.pending_bytes, now)?;
    work.store.acknowledge(device, &request.done, now)?;
    let commands = work.store.commands(device)?;
    let scope = match &row {
        Some(row) if row.state != DeviceState::Revoked => scope_of(work.store, &row.officer, now)?,
        _ => Vec::new(),
    };
    let size = work.head.log.size;
    let consistency = match known {
        Some(old) => consistency_proof(&mut NodesOf(work.store), old, size)?,
        None => Vec::new(),
    };
    let receipt = match receipt_under(work.store, &work.head, device, now, signer)? {
        Ok(receipt) => receipt,
        Err(why) => return Ok(Err(why)),
    };
    let response = SessionResponse {
        epoch: work.head.epoch,
        receipt,
        consistency,
        limits: Limits::default(),
        server_time: now,
        scope,
        commands,
        chain: if frozen { Chain::Frozen } else { Chain::Intact },
        restored_at: work.head.restored_at,
    };
    work.finish()?;
    Ok(Ok(response))
}

/// The Merkle nodes of a store, for proofs.
pub struct NodesOf<'a, S>(pub &'a mut S);

impl<S: Store> Nodes for NodesOf<'_, S> {
    type Error = S::Error;
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, S::Error> {
        self.0.node(level, index)
    }
}

/// Takes a mirror from beyond a restore point into custody.
pub fn take_salvage<S: Store>(store: &mut S, device: DeviceId, salvage: &Salvage) -> Result<(), S::Error> {
    let hash = Digest::tagged("zhifa.salvage.v1", &[&salvage.record.to_bytes(), &salvage.state.0]);
    let mut bytes = salvage.record.to_bytes().to_vec();
    bytes.extend_from_slice(&salvage.state.0);
    store.keep(Custody::Salvage, hash, Some(device), &bytes)
}
