//! Writes, each of many rows at once.

use diesel::prelude::*;
use diesel::upsert::excluded;
use sync_core::base::pack::pack;
use sync_core::base::{DeviceId, Digest, RecordId, UtcMs};
use sync_core::district::{BucketHead, DeviceRow, Entry, FeedRow};
use sync_core::record::{Bucket, Dot, Exception, Kinds, Record, unsettled_fields};

use super::StoreError;
use super::rows::{HeadRow, NewLedger, NewRecord, StoredDevice, StoredFeed, commit_of, id, int, state_of};
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{bucket_head, custody, device, feed, head, ledger, merkle_node, merkle_root, notice, parked, record, waived};

/// A row of the ledger that is about to be written.
pub struct NewEntry {
    /// Its dot.
    pub dot: Dot,
    /// Signature algorithm.
    pub alg: Box<str>,
    /// Signature.
    pub signature: Vec<u8>,
    /// The bytes, packed.
    pub packed: Vec<u8>,
}

fn disposition(entry: &Entry) -> Result<String, StoreError> {
    serde_json::to_string(&entry.disposition).map_err(|e| StoreError::Broken(e.to_string()))
}

/// Appends rows to the ledger.
pub fn ledger_rows<'a>(tx: &mut Tx<'_>, district: i64, rows: impl Iterator<Item = (&'a NewEntry, &'a Entry)>) -> Result<(), StoreError> {
    let mut new = Vec::new();
    for (row, entry) in rows {
        new.push(NewLedger {
            district,
            device: id(row.dot.device),
            seq: int(row.dot.seq),
            hash: &entry.hash.0,
            alg: &row.alg,
            signature: &row.signature,
            bytes: &row.packed,
            record: entry.record.map(|r| r.to_bytes().to_vec()),
            leaf: int(entry.leaf),
            received_ms: entry.received.0,
            state: state_of(&entry.disposition),
            disposition: disposition(entry)?,
            commit_seq: commit_of(&entry.disposition),
            moved: int(entry.moved),
            released: entry.released,
        });
    }
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(ledger::table).values(part).execute(c))?;
    }
    Ok(())
}

/// Moves a row of the ledger.
pub fn ledger_move(tx: &mut Tx<'_>, district: i64, dot: Dot, entry: &Entry) -> Result<(), StoreError> {
    let text = disposition(entry)?;
    let key = entry.record.map(|r| r.to_bytes().to_vec());
    let changed = on!(tx, |c| diesel::update(ledger::table.find((district, id(dot.device), int(dot.seq))))
        .set((
            ledger::record.eq(key.as_deref()),
            ledger::state.eq(state_of(&entry.disposition)),
            ledger::disposition.eq(&text),
            ledger::commit_seq.eq(commit_of(&entry.disposition)),
            ledger::moved.eq(int(entry.moved)),
            ledger::released.eq(entry.released),
        ))
        .execute(c))?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Broken(format!("the ledger has no row {dot}"))) }
}

/// Writes records, with the figures by which the review queue finds them.
pub fn records<'a>(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, rows: impl Iterator<Item = &'a Record>) -> Result<(), StoreError> {
    let mut new = Vec::new();
    for row in rows {
        let kind = kinds.get(&row.kind).ok_or_else(|| StoreError::Broken(format!("unknown kind {}", row.kind)))?;
        new.push(NewRecord {
            district,
            id: row.id.to_bytes().to_vec(),
            kind: row.kind.to_string(),
            schema: i64::from(kind.schema),
            state: pack(&row.to_state(kind.schema), 1),
            commit_seq: int(row.commit()),
            sum: row.checksum().cast_signed(),
            contested: int(unsettled_fields(row, kind).len() as u64),
            exceptions: int(Exception::open(row).len() as u64),
        });
    }
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(record::table)
            .values(part)
            .on_conflict((record::district, record::id))
            .do_update()
            .set((
                record::schema.eq(excluded(record::schema)),
                record::state.eq(excluded(record::state)),
                record::commit_seq.eq(excluded(record::commit_seq)),
                record::sum.eq(excluded(record::sum)),
                record::contested.eq(excluded(record::contested)),
                record::exceptions.eq(excluded(record::exceptions)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Writes rows of the feed.
pub fn feed_rows<'a>(tx: &mut Tx<'_>, district: i64, rows: impl Iterator<Item = &'a FeedRow>) -> Result<(), StoreError> {
    let new: Vec<StoredFeed> = rows.map(|r| StoredFeed::of(district, r)).collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(feed::table)
            .values(part)
            .on_conflict((feed::district, feed::bucket, feed::record))
            .do_update()
            .set((feed::entered.eq(excluded(feed::entered)), feed::last.eq(excluded(feed::last)), feed::has_left.eq(excluded(feed::has_left))))
            .execute(c))?;
    }
    Ok(())
}

/// Writes heads of buckets.
pub fn buckets<'a>(tx: &mut Tx<'_>, district: i64, rows: impl Iterator<Item = (&'a Bucket, &'a BucketHead)>) -> Result<(), StoreError> {
    let new: Vec<_> = rows
        .map(|(b, h)| (bucket_head::district.eq(district), bucket_head::bucket.eq(b.0.to_string()), bucket_head::last.eq(int(h.last)), bucket_head::sum.eq(h.sum.cast_signed())))
        .collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(bucket_head::table)
            .values(part)
            .on_conflict((bucket_head::district, bucket_head::bucket))
            .do_update()
            .set((bucket_head::last.eq(excluded(bucket_head::last)), bucket_head::sum.eq(excluded(bucket_head::sum))))
            .execute(c))?;
    }
    Ok(())
}

/// Writes devices; what only enrolment knows of them stays.
pub fn devices<'a>(tx: &mut Tx<'_>, district: i64, now: UtcMs, rows: impl Iterator<Item = &'a DeviceRow>) -> Result<(), StoreError> {
    let new: Vec<StoredDevice> = rows.map(|r| StoredDevice::of(district, r, now)).collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(device::table)
            .values(part)
            .on_conflict((device::district, device::id))
            .do_update()
            .set((
                device::state.eq(excluded(device::state)),
                device::frozen_from.eq(excluded(device::frozen_from)),
                device::through_seq.eq(excluded(device::through_seq)),
                device::head_hash.eq(excluded(device::head_hash)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Notes what changes wait for, in place of what was noted before.
pub fn parks<'a>(tx: &mut Tx<'_>, district: i64, fresh: &dyn Fn(Dot) -> bool, rows: impl Iterator<Item = (&'a Dot, &'a Vec<Dot>)>) -> Result<(), StoreError> {
    let mut new = Vec::new();
    for (dot, missing) in rows {
        if !fresh(*dot) {
            on!(tx, |c| diesel::delete(parked::table.filter(parked::district.eq(district)).filter(parked::device.eq(id(dot.device))).filter(parked::seq.eq(int(dot.seq))))
                .execute(c))?;
        }
        let mut missing = missing.clone();
        missing.sort_unstable();
        missing.dedup();
        new.extend(missing.into_iter().map(|m| {
            (
                parked::district.eq(district),
                parked::missing_device.eq(id(m.device)),
                parked::missing_seq.eq(int(m.seq)),
                parked::device.eq(id(dot.device)),
                parked::seq.eq(int(dot.seq)),
            )
        }));
    }
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(parked::table).values(part).execute(c))?;
    }
    Ok(())
}

/// Notes dots that were declared lost.
pub fn waived_dots(tx: &mut Tx<'_>, district: i64, dots: &[Dot]) -> Result<(), StoreError> {
    let new: Vec<_> = dots.iter().map(|d| (waived::district.eq(district), waived::device.eq(id(d.device)), waived::seq.eq(int(d.seq)))).collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(waived::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Keeps nodes of the Merkle log.
pub fn nodes(tx: &mut Tx<'_>, district: i64, rows: &[(u32, u64, Digest)]) -> Result<(), StoreError> {
    let new: Vec<_> = rows
        .iter()
        .map(|(l, i, h)| (merkle_node::district.eq(district), merkle_node::level.eq(i64::from(*l)), merkle_node::idx.eq(int(*i)), merkle_node::hash.eq(h.0.to_vec())))
        .collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(merkle_node::table).values(part).execute(c))?;
    }
    Ok(())
}

/// Keeps roots that receipts name.
pub fn roots<'a>(tx: &mut Tx<'_>, district: i64, rows: impl Iterator<Item = (&'a u64, &'a Digest)>) -> Result<(), StoreError> {
    let new: Vec<_> = rows.map(|(size, root)| (merkle_root::district.eq(district), merkle_root::size.eq(int(*size)), merkle_root::root.eq(root.0.to_vec()))).collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(merkle_root::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Bytes on their way into custody.
pub struct Kept {
    /// Why they are kept.
    pub class: &'static str,
    /// Their hash.
    pub hash: Digest,
    /// Whose they are, where that is known.
    pub from: Option<DeviceId>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Takes bytes into custody, the same bytes once.
pub fn custody_rows(tx: &mut Tx<'_>, district: i64, now: UtcMs, rows: &[Kept]) -> Result<(), StoreError> {
    let new: Vec<_> = rows
        .iter()
        .map(|k| {
            (
                custody::district.eq(district),
                custody::hash.eq(k.hash.0.to_vec()),
                custody::class.eq(k.class),
                custody::device.eq(k.from.map(id)),
                custody::bytes.eq(pack(&k.bytes, 1)),
                custody::received_ms.eq(now.0),
            )
        })
        .collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(custody::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Raises tasks for a human, the same task once.
pub fn notices(tx: &mut Tx<'_>, district: i64, now: UtcMs, rows: &[(&'static str, String)]) -> Result<(), StoreError> {
    let new: Vec<_> =
        rows.iter().map(|(class, subject)| (notice::district.eq(district), notice::subject.eq(subject), notice::class.eq(*class), notice::raised_ms.eq(now.0))).collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(notice::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Writes the head of the district.
pub fn head_row(tx: &mut Tx<'_>, row: &HeadRow) -> Result<(), StoreError> {
    on!(tx, |c| diesel::update(head::table.find(row.district)).set(row).execute(c))?;
    Ok(())
}

/// Writes what a device said it still holds, in place of what it said before.
pub fn pending(tx: &mut Tx<'_>, district: i64, device: DeviceId, rows: &[(RecordId, u64)], bytes: u64, now: UtcMs) -> Result<(), StoreError> {
    use crate::schema::{pending, pending_report};
    on!(tx, |c| diesel::delete(pending::table.filter(pending::district.eq(district)).filter(pending::device.eq(id(device)))).execute(c))?;
    let new: Vec<_> = rows
        .iter()
        .map(|(r, n)| (pending::district.eq(district), pending::device.eq(id(device)), pending::record.eq(r.to_bytes().to_vec()), pending::changes.eq(int(*n))))
        .collect();
    for part in new.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(pending::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    let report = (pending_report::bytes.eq(int(bytes)), pending_report::reported_ms.eq(now.0));
    on!(tx, |c| diesel::insert_into(pending_report::table)
        .values((pending_report::district.eq(district), pending_report::device.eq(id(device)), report))
        .on_conflict((pending_report::district, pending_report::device))
        .do_update()
        .set(report)
        .execute(c))?;
    Ok(())
}

/// Keeps where a device says that its journal ends.
pub fn journal_head(tx: &mut Tx<'_>, district: i64, device: DeviceId, seq: u64, hash: Digest, now: UtcMs) -> Result<(), StoreError> {
    use crate::schema::pending_report;
    let head = (pending_report::head_seq.eq(int(seq)), pending_report::head_hash.eq(hash.0.to_vec()), pending_report::reported_ms.eq(now.0));
    on!(tx, |c| diesel::insert_into(pending_report::table)
        .values((pending_report::district.eq(district), pending_report::device.eq(id(device)), pending_report::bytes.eq(0), head.clone()))
        .on_conflict((pending_report::district, pending_report::device))
        .do_update()
        .set(head.clone())
        .execute(c))?;
    Ok(())
}
