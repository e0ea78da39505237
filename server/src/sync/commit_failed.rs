//! The last resort for changes that could not be committed: their slots are taken, their bytes kept, and a reviewer
//! told. Used only after the ordinary road failed twice, alone, for a reason that repetition does not cure.

use sync_core::base::Digest;
use sync_core::district::{Checked, Entry, Notice, Store};
use sync_core::protocol::{Disposition, PushResult};
use sync_core::record::{Change, Dot, SignedChange};

use super::store::{StoreError, Working};

/// Takes the lines in, every new change as `quarantined{commit_failed}`.
pub fn take(store: &mut Working<'_, '_>, lines: &[Checked]) -> Result<Vec<PushResult>, StoreError> {
    let mut results = Vec::with_capacity(lines.len());
    for line in lines {
        results.push(match line {
            Checked::Unverified { hash, code, .. } => PushResult { hash: *hash, dot: None, disposition: None, unverified: Some((*code).into()), repeat: false },
            Checked::Verified { dot, hash, signed } => {
                let (disposition, repeat) = match store.entry(*dot)? {
                    Some(entry) if entry.hash == *hash => (entry.disposition, true),
                    Some(_) => (Disposition::quarantined("fork", "another change was validly signed for this slot; enrol the device anew"), false),
                    None => (slot(store, *dot, *hash, signed)?, false),
                };
                PushResult { hash: *hash, dot: Some(*dot), disposition: Some(disposition), unverified: None, repeat }
            }
        });
    }
    Ok(results)
}

fn slot(store: &mut Working<'_, '_>, dot: Dot, hash: Digest, signed: &SignedChange) -> Result<Disposition, StoreError> {
    let mut head = store.head()?;
    let leaf = head.log.size;
    let mut complete = Vec::new();
    head.log.push(&hash, |node| complete.push(node));
    for node in complete {
        store.put_node(node.level, node.index, node.hash)?;
    }
    store.put_head(&head)?;
    let disposition = Disposition::quarantined("commit_failed", "the server failed on this change twice; the bytes are kept, a reviewer may release it after the cause is mended");
    let record = Change::decode(&signed.bytes).ok().map(|c| c.record);
    let entry = Entry { hash, record, leaf, received: store.now, disposition: disposition.clone(), moved: 0, released: false };
    store.insert_entry(dot, &entry, signed)?;
    store.notify(Notice::Quarantined(dot))?;
    if let Some(mut device) = store.device(dot.device)?
        && device.through_seq + 1 == dot.seq
    {
        (device.through_seq, device.head_hash) = (dot.seq, hash);
        while let Some(next) = store.entry(Dot::new(dot.device, device.through_seq + 1))? {
            (device.through_seq, device.head_hash) = (device.through_seq + 1, next.hash);
        }
        store.put_device(&device)?;
    }
    Ok(disposition)
}
