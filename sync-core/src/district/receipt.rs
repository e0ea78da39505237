//! Receipts: the server's signed word that it holds a device's changes.

use super::{DeviceState, Head, Store};
use crate::base::keys::{SignError, Signer};
use crate::base::{DeviceId, Digest, UtcMs};
use crate::protocol::{Receipt, Signed};
use crate::record::Dot;

/// Signs a receipt for a device and keeps the log's root under the size it names, so that the receipt can be
/// recognised when it comes back. Must be called in the transaction whose work it confirms.
pub fn receipt_for<S: Store>(store: &mut S, device: DeviceId, now: UtcMs, signer: &dyn Signer) -> Result<Result<Signed, SignError>, S::Error> {
    let head = store.head()?;
    receipt_under(store, &head, device, now, signer)
}

/// Most ranges beyond a gap that one receipt names.
const MOST_RANGES: usize = 100;

pub(super) fn receipt_under<S: Store>(store: &mut S, head: &Head, device: DeviceId, now: UtcMs, signer: &dyn Signer) -> Result<Result<Signed, SignError>, S::Error> {
    let mut through_seq = 0;
    let mut head_hash = Digest::ZERO;
    let mut held = Vec::new();
    if let Some(row) = store.device(device)? {
        // Of a frozen chain only what lies before the fork is vouched for as a range.
        let end = match row.state {
            DeviceState::Frozen { from } => from,
            _ => u64::MAX,
        };
        (through_seq, head_hash) = (row.through_seq, row.head_hash);
        if through_seq >= end {
            through_seq = end - 1;
            head_hash = store.entry(Dot::new(device, through_seq))?.map_or(row.first_prev, |e| e.hash);
        }
        for (from, to) in store.held_above(device, row.through_seq)?.into_iter().filter(|r| r.1 < end).take(MOST_RANGES) {
            if let Some(entry) = store.entry(Dot::new(device, to))? {
                held.push((from, to, entry.hash));
            }
        }
    }
    let log_root = head.log.root();
    store.put_root(head.log.size, log_root)?;
    let receipt = Receipt { district: head.district, epoch: head.epoch, device, through_seq, head_hash, held, log_size: head.log.size, log_root, server_time: now };
    Ok(Signed::new(&receipt, signer))
}
