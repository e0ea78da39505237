//! Receipts: the server's signed word that it holds a device's changes.

use super::{Head, Store};
use crate::base::keys::{SignError, Signer};
use crate::base::{DeviceId, UtcMs};
use crate::protocol::{Receipt, Signed};

/// Signs a receipt for a device and keeps the log's root under the size it names, so that the receipt can be
/// recognised when it comes back. Must be called in the transaction whose work it confirms.
pub fn receipt_for<S: Store>(store: &mut S, device: DeviceId, now: UtcMs, signer: &dyn Signer) -> Result<Result<Signed, SignError>, S::Error> {
    let head = store.head()?;
    receipt_under(store, &head, device, now, signer)
}

pub(super) fn receipt_under<S: Store>(store: &mut S, head: &Head, device: DeviceId, now: UtcMs, signer: &dyn Signer) -> Result<Result<Signed, SignError>, S::Error> {
    let (through_seq, head_hash, held) = match store.device(device)? {
        Some(row) => (row.through_seq, row.head_hash, store.held_above(device, row.through_seq)?),
        None => Default::default(),
    };
    let log_root = head.log.root();
    store.put_root(head.log.size, log_root)?;
    let receipt = Receipt { district: head.district, epoch: head.epoch, device, through_seq, head_hash, held, log_size: head.log.size, log_root, server_time: now };
    Ok(Signed::new(&receipt, signer))
}
