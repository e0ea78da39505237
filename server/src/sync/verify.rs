//! What is settled about pushed lines before the committer sees them: signatures, packing, and what they will touch.
//!
//! Runs on several blocking threads at once and asks the database nothing.

use serde::Deserialize;
use sync_core::base::{Digest, OfficerId, RecordId};
use sync_core::district::{Checked, Keys, check_line};
use sync_core::record::Dot;

use super::store::Want;
use super::store::rows::pack_change;

/// Checked lines with everything that can be made ready for them.
#[derive(Default)]
pub struct Batch {
    /// One per line, in order.
    pub lines: Vec<Checked>,
    /// Packed bytes by the hash of the change.
    pub packed: Vec<(Digest, Vec<u8>)>,
    /// What they will touch.
    pub want: Want,
}

/// The members of a change by which rows can be fetched before it is decoded.
#[derive(Deserialize)]
struct Glance {
    record: RecordId,
    officer: OfficerId,
    #[serde(default)]
    needs: Vec<Dot>,
}

impl Batch {
    /// Checks lines, in order.
    pub fn check(lines: &[&[u8]], keys: &Keys<'_>) -> Batch {
        let mut batch = Batch::default();
        for line in lines {
            let checked = check_line(line, keys);
            if let Checked::Verified { dot, hash, signed } = &checked {
                batch.packed.push((*hash, pack_change(&signed.bytes)));
                batch.want.devices.push(dot.device);
                batch.want.arriving.push(*dot);
                batch.want.dots.extend([dot.seq.saturating_sub(1), dot.seq, dot.seq.saturating_add(1)].map(|seq| Dot::new(dot.device, seq)));
                if let Ok(glance) = serde_json::from_slice::<Glance>(&signed.bytes) {
                    batch.want.records.push(glance.record);
                    batch.want.officers.push(glance.officer);
                    batch.want.dots.extend(glance.needs.into_iter().take(4_096));
                }
            }
            batch.lines.push(checked);
        }
        batch
    }

    /// Appends what another thread checked.
    pub fn append(&mut self, other: Batch) {
        self.lines.extend(other.lines);
        self.packed.extend(other.packed);
        self.want.add(&other.want);
    }
}
