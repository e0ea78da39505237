//! The first call of every session: do both sides remember the same past?

use super::accept::Work;
use super::receipt::receipt_under;
use super::{Custody, DeviceRow, DeviceState, Notice, Store};
use crate::base::keys::{PublicKey, SignError, Signer};
use crate::base::merkle::{Nodes, consistency_proof};
use crate::base::{DeviceId, Digest, OfficerId, UtcMs};
use crate::protocol::{Certificate, Chain, DEFAULT_LEASE_MS, Disposition, Limits, Receipt, Salvage, SessionRequest, SessionResponse, Signed};
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

/// Answers a session request of a device that proved its key. Lease and deposit token are the caller's to fill in: what
/// they are depends on policies and keys that the engine does not know.
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
            let incarnation = work.head.incarnation;
            work.head.begin_office(incarnation);
            let epoch = work.head.epoch;
            work.store.notify(Notice::ServerRestored { epoch })?;
        } else if same_log && receipt.epoch == work.head.epoch {
            known = Some(receipt.log_size);
        }
    }
    let row = work.store.device(device)?;
    let mut challenge = None;
    if let Some(row) = &row
        && row.state == DeviceState::Active
    {
        let (seq, hash) = request.head.unwrap_or((0, row.first_prev));
        let beyond = work.store.held_above(device, seq)?;
        let differs = seq > 0 && work.store.entry(Dot::new(device, seq))?.is_some_and(|e| e.hash != hash);
        if differs || !beyond.is_empty() {
            // A delayed copy of an old request says the same as a restored device; only the latter can answer.
            let expected = suspicion(work.head.epoch, row, seq, &beyond);
            if request.echo != Some(expected) {
                challenge = Some(expected);
            } else {
                work.freeze(Dot::new(device, if differs { seq } else { seq + 1 }))?;
                work.store.notify(Notice::DeviceRestored(device))?;
            }
        }
    }
    let frozen = work.store.device(device)?.is_some_and(|d| matches!(d.state, DeviceState::Frozen { .. }));
    let told = match &row {
        Some(row) => answers(work.store, row, &request.ask)?,
        None => Vec::new(),
    };
    let pending = request.pending.get(..MOST_PENDING).unwrap_or(&request.pending);
    work.store.put_pending(device, pending, request.pending_bytes, now)?;
    if let Some((seq, hash)) = request.head {
        work.store.put_journal_head(device, seq, hash, now)?;
    }
    work.store.acknowledge(device, &request.done, now)?;
    let commands = work.store.commands(device, now)?;
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
        told,
        consistency,
        limits: Limits::default(),
        server_time: now,
        scope,
        commands,
        chain: if frozen { Chain::Frozen } else { Chain::Intact },
        challenge,
        restored_at: work.head.restored_at,
        lease_ms: DEFAULT_LEASE_MS,
        deposit: None,
    };
    work.finish()?;
    Ok(Ok(response))
}

/// Most records of which a device's undelivered changes are noted.
const MOST_PENDING: usize = 10_000;

/// Most dispositions told in one answer, and most ranges asked about in one request.
const MOST_TOLD: usize = 1_000;

/// What became of the changes asked about, of those that are held.
fn answers<S: Store>(store: &mut S, row: &DeviceRow, ask: &[(u64, u64)]) -> Result<Vec<(u64, Disposition)>, S::Error> {
    let mut told = Vec::new();
    if ask.is_empty() {
        return Ok(told);
    }
    let held = store.held_above(row.device, row.through_seq)?;
    let held = std::iter::once((1, row.through_seq)).chain(held);
    for (from, to) in held {
        for &(first, last) in ask.iter().take(MOST_TOLD) {
            for seq in from.max(first)..=to.min(last) {
                if told.len() == MOST_TOLD {
                    return Ok(told);
                }
                told.extend(store.entry(Dot::new(row.device, seq))?.map(|e| (seq, e.disposition)));
            }
        }
    }
    Ok(told)
}

/// Names what is suspicious about a chain, so that an answer to it can be told from a delayed copy.
fn suspicion(epoch: u32, row: &DeviceRow, seq: u64, beyond: &[(u64, u64)]) -> Digest {
    let newest = beyond.last().map_or(0, |r| r.1);
    let facts = [row.device.0, row.through_seq, newest, seq, u64::from(epoch)].map(u64::to_be_bytes).concat();
    Digest::tagged("zhifa.suspicion.v1", &[&facts, &row.head_hash.0])
}

/// The Merkle nodes of a store, for proofs.
pub struct NodesOf<'a, S>(pub &'a mut S);

impl<S: Store> Nodes for NodesOf<'_, S> {
    type Error = S::Error;
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, S::Error> {
        self.0.node(level, index)
    }
}

/// A device that is no more acknowledged the order by which it was erased, and said where its journal ended.
pub fn erased<S: Store>(store: &mut S, device: DeviceId, order: u64, head: (u64, Digest), now: UtcMs) -> Result<(), S::Error> {
    store.put_journal_head(device, head.0, head.1, now)?;
    store.acknowledge(device, &[order], now)
}

/// Takes a mirror from beyond a restore point into custody.
pub fn take_salvage<S: Store>(store: &mut S, device: DeviceId, salvage: &Salvage) -> Result<(), S::Error> {
    let hash = Digest::tagged("zhifa.salvage.v1", &[&salvage.record.to_bytes(), &salvage.state.0]);
    let mut bytes = salvage.record.to_bytes().to_vec();
    bytes.extend_from_slice(&salvage.state.0);
    store.keep(Custody::Salvage, hash, Some(device), &bytes)
}
