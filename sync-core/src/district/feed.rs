//! The feed: one row per (bucket, record), and pages of what changed since a cursor.

use serde::Serialize;
use std::collections::BTreeMap;

use super::accept::Work;
use super::{FeedRow, Store};
use crate::base::plant::{Bug, planted};
use crate::base::{DeviceId, UtcMs};
use crate::protocol::{Cursor, Disposition, Limits, Position};
use crate::record::{Bucket, Dot, Kinds, Record};

impl<S: Store> Work<'_, S> {
    /// Brings the feed up to date with a record that just changed at the head's commit.
    pub(super) fn feed(&mut self, record: &Record, sum_before: Option<u64>, rows: Vec<FeedRow>, buckets: Vec<Bucket>) -> Result<(), S::Error> {
        let commit = self.head.commit;
        let (old, new) = (sum_before.unwrap_or(0), record.checksum());
        for bucket in &buckets {
            let row = rows.iter().find(|r| r.bucket == *bucket);
            let stayed = row.filter(|r| !r.left);
            let entered = match stayed {
                Some(r) => r.entered,
                None if planted(Bug::FeedWithoutEnteredSeq) => 0,
                None => commit,
            };
            self.store.put_feed_row(&FeedRow { bucket: bucket.clone(), record: record.id, entered, last: commit, left: false })?;
            self.touch(bucket, if stayed.is_some() { old } else { 0 }, new)?;
        }
        for row in rows.into_iter().filter(|r| !r.left && !buckets.contains(&r.bucket)) {
            self.touch(&row.bucket, old, 0)?;
            self.store.put_feed_row(&FeedRow { last: commit, left: true, ..row })?;
        }
        Ok(())
    }

    /// After an upgrade of field tables changed how a record is called and written: gives it a commit of its own and
    /// lets it enter its buckets anew, so that every replica is told the whole of it.
    fn reenter(&mut self, record: &Record, old_sum: u64) -> Result<(), S::Error> {
        self.head.commit += 1;
        let commit = self.head.commit;
        for row in self.store.feed_rows(record.id)?.into_iter().filter(|r| !r.left) {
            self.touch(&row.bucket, old_sum, record.checksum())?;
            self.store.put_feed_row(&FeedRow { entered: commit, last: commit, ..row })?;
        }
        Ok(())
    }

    fn touch(&mut self, bucket: &Bucket, less: u64, more: u64) -> Result<(), S::Error> {
        let mut head = self.store.bucket(bucket)?;
        head.last = self.head.commit;
        head.sum = head.sum.wrapping_sub(less).wrapping_add(more);
        self.store.put_bucket(bucket, head)
    }
}

/// Writes a record that was read under newer field tables than it was stored under (`old_sum`: its checksum as stored).
pub fn upgrade_record<S: Store>(store: &mut S, kinds: &Kinds, record: Record, old_sum: u64, now: UtcMs) -> Result<(), S::Error> {
    let mut work = Work::begin(store, kinds, now)?;
    work.reenter(&record, old_sum)?;
    work.store.put_record(record)?;
    work.finish()
}

/// A page as it is sent: [`crate::protocol::PullPage`] is how it is read.
pub struct PageOf {
    /// The district's epoch.
    pub epoch: u32,
    /// Whether there is more.
    pub more: bool,
    /// Number of items.
    pub count: usize,
    json: Vec<u8>,
}

impl PageOf {
    /// The JSON text of the page.
    pub fn into_json(self) -> Vec<u8> {
        self.json
    }
}

#[derive(Serialize)]
struct Tail<'a> {
    epoch: u32,
    dropped: Vec<Bucket>,
    moves: Vec<(Dot, Disposition)>,
    cursor: String,
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead_of: Option<u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    sums: BTreeMap<&'a Bucket, u64>,
}

/// One page for a device: what changed in its buckets since its cursor, in the order in which buckets are
/// served. The caller opened one snapshot for the whole call. A cursor of another epoch is told nothing but the epoch.
pub fn pull<S: Store>(store: &mut S, device: DeviceId, scope: &[Bucket], cursor: &Cursor, limits: &Limits) -> Result<PageOf, S::Error> {
    let head = store.head()?;
    let fresh = *cursor == Cursor::default();
    let mut json = b"{\"items\":[".to_vec();
    let mut next = Cursor { epoch: head.epoch, moves: cursor.moves.min(head.moves), buckets: BTreeMap::new() };
    let mut tail = Tail { epoch: head.epoch, dropped: Vec::new(), moves: Vec::new(), cursor: String::new(), more: false, ahead_of: None, sums: BTreeMap::new() };
    let mut count = 0;
    if !fresh && cursor.epoch == head.epoch && cursor.buckets.values().any(|p| p.at > head.commit) {
        tail.ahead_of = Some(head.commit);
    } else if fresh || cursor.epoch == head.epoch {
        let mut ordered: Vec<&Bucket> = scope.iter().collect();
        ordered.sort_by_key(|b| (b.rank(), (*b).clone()));
        ordered.dedup();
        tail.dropped = cursor.buckets.keys().filter(|b| !scope.contains(b)).cloned().collect();
        for bucket in &ordered {
            let start = cursor.buckets.get(*bucket).copied().unwrap_or_default();
            let mut at = start.at;
            let mut base = start.base;
            let top = store.bucket(bucket)?;
            let room = limits.page_items.saturating_sub(count);
            if top.last > at && (room == 0 || (json.len() >= limits.page_bytes && count > 0)) {
                tail.more = true;
            } else if top.last > at {
                let rows = store.feed_after(bucket, at, room)?;
                let full = rows.len() >= room;
                let mut cut = false;
                for (row, record) in rows {
                    if json.len() >= limits.page_bytes && count > 0 {
                        cut = true;
                        if let Some(record) = record {
                            store.give_back(record);
                        }
                        continue;
                    }
                    if cut {
                        continue;
                    }
                    at = row.last;
                    if write_item(&mut json, count > 0, &row, record.as_ref(), start) {
                        count += 1;
                    }
                    if let Some(record) = record {
                        store.give_back(record);
                    }
                }
                if cut || (full && top.last > at) {
                    tail.more = true;
                } else {
                    (base, at) = (top.last, top.last);
                }
            }
            next.buckets.insert((*bucket).clone(), Position { base, at });
        }
        let moves = store.moves_after(device, next.moves, limits.page_items)?;
        tail.more |= moves.len() >= limits.page_items;
        if let Some((_, last)) = moves.last() {
            next.moves = last.moved;
        } else {
            next.moves = head.moves;
        }
        tail.moves = moves.into_iter().map(|(dot, entry)| (dot, entry.disposition)).collect();
        if !tail.more {
            for bucket in ordered {
                let top = store.bucket(bucket)?;
                if top.last > 0 {
                    tail.sums.insert(bucket, top.sum);
                }
            }
        }
    }
    tail.cursor = next.to_text();
    let more = tail.more;
    json.extend_from_slice(b"],");
    // The tail is plain data: serialising it cannot fail.
    let text = serde_json::to_vec(&tail).unwrap_or_default();
    json.extend_from_slice(text.get(1..).unwrap_or_default());
    Ok(PageOf { epoch: head.epoch, more, count, json })
}

/// Writes one item; says whether anything was told.
fn write_item(json: &mut Vec<u8>, comma: bool, row: &FeedRow, record: Option<&Record>, start: Position) -> bool {
    let item = match record {
        // Told even if it entered after the cursor: it may have been there before, left, entered and left again.
        _ if row.left => serde_json::to_vec(&BTreeMap::from([("left", (&row.bucket, row.record))])),
        Some(record) => write_record(&row.bucket, record, (row.entered <= start.base).then_some(start.base)),
        None => return false,
    };
    let Ok(item) = item else { return false };
    if comma {
        json.push(b',');
    }
    json.extend_from_slice(&item);
    true
}

fn write_record(bucket: &Bucket, record: &Record, since: Option<u64>) -> serde_json::Result<Vec<u8>> {
    let mut item = b"{\"record\":[".to_vec();
    serde_json::to_writer(&mut item, bucket)?;
    item.push(b',');
    item.append(&mut record.delta(since).to_json()?);
    item.extend_from_slice(b"]}");
    Ok(item)
}
