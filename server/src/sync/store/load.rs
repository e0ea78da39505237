//! Reads, each of many rows at once.

use diesel::prelude::*;
use sync_core::base::pack::unpack;
use sync_core::base::{DeviceId, Digest, OfficerId, RecordId, UtcMs};
use sync_core::district::{BucketHead, DeviceRow, Entry, FeedRow, Grant};
use sync_core::record::{Bucket, Dot, Kinds, Record, SignedChange};

use super::StoreError;
use super::rows::{HeadRow, StoredBytes, StoredDevice, StoredEntry, StoredFeed, device_id, digest, id, int, nat, record_id};
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{bucket_head, device, feed, head, ledger, merkle_node, officer, officer_grant, parked, record};

/// Most bytes of an inflated record.
const MAX_STATE: usize = 64 << 20;

/// The head of the district; locked until the end of the transaction if `lock` (PostgreSQL; SQLite has one writer).
pub fn head(tx: &mut Tx<'_>, district: i64, lock: bool) -> Result<HeadRow, StoreError> {
    let row = match tx {
        Tx::Pg(c) if lock => head::table.find(district).select(HeadRow::as_select()).for_update().first(*c),
        Tx::Pg(c) => head::table.find(district).select(HeadRow::as_select()).first(*c),
        Tx::Lite(c) => head::table.find(district).select(HeadRow::as_select()).first(*c),
    };
    Ok(row?)
}

/// Devices by their ids.
pub fn devices(tx: &mut Tx<'_>, district: i64, ids: &[DeviceId]) -> Result<Vec<DeviceRow>, StoreError> {
    let mut out = Vec::with_capacity(ids.len());
    for part in ids.chunks(ROWS) {
        let part: Vec<i64> = part.iter().map(|d| id(*d)).collect();
        let rows: Vec<StoredDevice> = on!(tx, |c| device::table.filter(device::district.eq(district)).filter(device::id.eq_any(&part)).select(StoredDevice::as_select()).load(c))?;
        for row in rows {
            out.push(row.row()?);
        }
    }
    Ok(out)
}

/// Who is suspended, and all grants, past ones too.
pub type Roster = (Vec<OfficerId>, Vec<(OfficerId, Grant)>);

/// The roster of these officers.
pub fn officers(tx: &mut Tx<'_>, district: i64, ids: &[OfficerId]) -> Result<Roster, StoreError> {
    let (mut suspended, mut grants) = (Vec::new(), Vec::new());
    let officer_id = |text: &str| text.parse::<OfficerId>().map_err(|e| StoreError::Broken(format!("officer: {e}")));
    for part in ids.chunks(ROWS) {
        let part: Vec<&str> = part.iter().map(OfficerId::as_str).collect();
        let rows: Vec<String> = on!(tx, |c| officer::table
            .filter(officer::district.eq(district))
            .filter(officer::id.eq_any(&part))
            .filter(officer::suspended_ms.is_not_null())
            .select(officer::id)
            .load(c))?;
        for row in rows {
            suspended.push(officer_id(&row)?);
        }
        let rows: Vec<(String, String, i64, Option<i64>)> = on!(tx, |c| officer_grant::table
            .filter(officer_grant::district.eq(district))
            .filter(officer_grant::officer.eq_any(&part))
            .select((officer_grant::officer, officer_grant::bucket, officer_grant::from_ms, officer_grant::until_ms))
            .load(c))?;
        for (who, bucket, from, until) in rows {
            grants.push((officer_id(&who)?, Grant { bucket: Bucket(bucket.into()), from: UtcMs(from), until: until.map(UtcMs) }));
        }
    }
    Ok((suspended, grants))
}

/// Rows of the ledger without their bytes. `dots` must be of one device.
fn entries_of(tx: &mut Tx<'_>, district: i64, device: DeviceId, seqs: &[i64]) -> Result<Vec<StoredEntry>, StoreError> {
    Ok(on!(tx, |c| ledger::table
        .filter(ledger::district.eq(district))
        .filter(ledger::device.eq(id(device)))
        .filter(ledger::seq.eq_any(seqs))
        .select(StoredEntry::as_select())
        .load(c))?)
}

/// Groups dots by device, in parts of at most [`ROWS`] numbers.
fn by_device(dots: &[Dot]) -> Vec<(DeviceId, Vec<i64>)> {
    let mut sorted = dots.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut out: Vec<(DeviceId, Vec<i64>)> = Vec::new();
    for dot in sorted {
        match out.last_mut() {
            Some((device, seqs)) if *device == dot.device && seqs.len() < ROWS => seqs.push(int(dot.seq)),
            _ => out.push((dot.device, vec![int(dot.seq)])),
        }
    }
    out
}

/// Rows of the ledger without their bytes: one query per device.
pub fn entries(tx: &mut Tx<'_>, district: i64, dots: &[Dot]) -> Result<Vec<(Dot, Entry)>, StoreError> {
    let mut out = Vec::new();
    for (device, seqs) in by_device(dots) {
        for row in entries_of(tx, district, device, &seqs)? {
            out.push(row.entry()?);
        }
    }
    Ok(out)
}

/// Signed bytes: one query per device.
pub fn signed(tx: &mut Tx<'_>, district: i64, dots: &[Dot]) -> Result<Vec<(Dot, SignedChange)>, StoreError> {
    let mut out = Vec::new();
    for (device, seqs) in by_device(dots) {
        let rows: Vec<StoredBytes> = on!(tx, |c| ledger::table
            .filter(ledger::district.eq(district))
            .filter(ledger::device.eq(id(device)))
            .filter(ledger::seq.eq_any(&seqs))
            .select(StoredBytes::as_select())
            .load(c))?;
        for row in rows {
            out.push(row.signed()?);
        }
    }
    Ok(out)
}

/// The highest number held of a device, 0 if none.
pub fn max_seq(tx: &mut Tx<'_>, district: i64, device: DeviceId) -> Result<u64, StoreError> {
    let max: Option<i64> = on!(tx, |c| ledger::table.filter(ledger::district.eq(district)).filter(ledger::device.eq(id(device))).select(diesel::dsl::max(ledger::seq)).first(c))?;
    Ok(max.map_or(0, nat))
}

/// Numbers above `above` that are held of a device, as ranges, at most `limit` of them.
pub fn held_above(tx: &mut Tx<'_>, district: i64, device: DeviceId, above: u64, limit: usize) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut out: Vec<(u64, u64)> = Vec::new();
    let mut at = int(above);
    loop {
        let seqs: Vec<i64> = on!(tx, |c| ledger::table
            .filter(ledger::district.eq(district))
            .filter(ledger::device.eq(id(device)))
            .filter(ledger::seq.gt(at))
            .order(ledger::seq)
            .limit(1000)
            .select(ledger::seq)
            .load(c))?;
        let Some(last) = seqs.last().copied() else { return Ok(out) };
        at = last;
        for seq in seqs.iter().map(|s| nat(*s)) {
            let full = out.len() == limit;
            match out.last_mut() {
                Some((_, to)) if *to + 1 == seq => *to = seq,
                _ if full => return Ok(out),
                _ => out.push((seq, seq)),
            }
        }
    }
}

/// Rows of a device that moved after `moves`.
pub fn moves_after(tx: &mut Tx<'_>, district: i64, device: DeviceId, moves: u64, limit: usize) -> Result<Vec<(Dot, Entry)>, StoreError> {
    let rows: Vec<StoredEntry> = on!(tx, |c| ledger::table
        .filter(ledger::district.eq(district))
        .filter(ledger::device.eq(id(device)))
        .filter(ledger::moved.gt(int(moves)))
        .filter(ledger::moved.gt(0))
        .order(ledger::moved)
        .limit(int(limit as u64))
        .select(StoredEntry::as_select())
        .load(c))?;
    rows.iter().map(StoredEntry::entry).collect()
}

/// Pairs (missing, waiting) for these missing dots.
pub fn waiting(tx: &mut Tx<'_>, district: i64, missing: &[Dot]) -> Result<Vec<(Dot, Dot)>, StoreError> {
    let mut out = Vec::new();
    for (device, seqs) in by_device(missing) {
        let rows: Vec<(i64, i64, i64)> = on!(tx, |c| parked::table
            .filter(parked::district.eq(district))
            .filter(parked::missing_device.eq(id(device)))
            .filter(parked::missing_seq.eq_any(&seqs))
            .select((parked::missing_seq, parked::device, parked::seq))
            .load(c))?;
        out.extend(rows.into_iter().map(|(m, d, s)| (Dot::new(device, nat(m)), Dot::new(device_id(d), nat(s)))));
    }
    Ok(out)
}

/// Records by their ids.
pub fn records(tx: &mut Tx<'_>, district: i64, ids: &[RecordId], kinds: &Kinds) -> Result<Vec<Record>, StoreError> {
    let mut out = Vec::with_capacity(ids.len());
    for part in ids.chunks(ROWS) {
        let part: Vec<Vec<u8>> = part.iter().map(|r| r.to_bytes().to_vec()).collect();
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on!(tx, |c| record::table.filter(record::district.eq(district)).filter(record::id.eq_any(&part)).select((record::id, record::state)).load(c))?;
        for (key, state) in rows {
            let state = unpack(&state, MAX_STATE).map_err(|e| StoreError::Broken(format!("state of a record: {e}")))?;
            out.push(Record::from_state(record_id(&key)?, &state, kinds).map_err(|e| StoreError::Broken(e.to_string()))?);
        }
    }
    Ok(out)
}

/// All feed rows of these records.
pub fn feed_rows(tx: &mut Tx<'_>, district: i64, ids: &[RecordId]) -> Result<Vec<FeedRow>, StoreError> {
    let mut out = Vec::new();
    for part in ids.chunks(ROWS) {
        let part: Vec<Vec<u8>> = part.iter().map(|r| r.to_bytes().to_vec()).collect();
        let rows: Vec<StoredFeed> = on!(tx, |c| feed::table.filter(feed::district.eq(district)).filter(feed::record.eq_any(&part)).select(StoredFeed::as_select()).load(c))?;
        for row in rows {
            out.push(row.row()?);
        }
    }
    Ok(out)
}

/// Rows of a bucket with `last > after`, in order of `last`.
pub fn feed_after(tx: &mut Tx<'_>, district: i64, bucket: &Bucket, after: u64, limit: usize) -> Result<Vec<FeedRow>, StoreError> {
    let rows: Vec<StoredFeed> = on!(tx, |c| feed::table
        .filter(feed::district.eq(district))
        .filter(feed::bucket.eq(&*bucket.0))
        .filter(feed::last.gt(int(after)))
        .order(feed::last)
        .limit(int(limit as u64))
        .select(StoredFeed::as_select())
        .load(c))?;
    rows.iter().map(StoredFeed::row).collect()
}

/// Heads of these buckets, or of all.
pub fn buckets(tx: &mut Tx<'_>, district: i64, which: Option<&[Bucket]>) -> Result<Vec<(Bucket, BucketHead)>, StoreError> {
    let columns = (bucket_head::bucket, bucket_head::last, bucket_head::sum);
    let rows: Vec<(String, i64, i64)> = match which {
        Some(which) => {
            let names: Vec<&str> = which.iter().map(|b| &*b.0).collect();
            on!(tx, |c| bucket_head::table.filter(bucket_head::district.eq(district)).filter(bucket_head::bucket.eq_any(&names)).select(columns).load(c))?
        }
        None => on!(tx, |c| bucket_head::table.filter(bucket_head::district.eq(district)).select(columns).load(c))?,
    };
    Ok(rows.into_iter().map(|(b, last, sum)| (Bucket(b.into()), BucketHead { last: nat(last), sum: sum.cast_unsigned() })).collect())
}

/// Kept nodes of one level within a range of indexes, in order.
pub fn nodes(tx: &mut Tx<'_>, district: i64, level: u32, from: u64, count: u64) -> Result<Vec<Digest>, StoreError> {
    let (low, high) = (int(from), int(from + count));
    let rows: Vec<Vec<u8>> = if level == 0 {
        on!(tx, |c| ledger::table
            .filter(ledger::district.eq(district))
            .filter(ledger::leaf.ge(low))
            .filter(ledger::leaf.lt(high))
            .order(ledger::leaf)
            .select(ledger::hash)
            .load(c))?
    } else {
        on!(tx, |c| merkle_node::table
            .filter(merkle_node::district.eq(district))
            .filter(merkle_node::level.eq(i64::from(level)))
            .filter(merkle_node::idx.ge(low))
            .filter(merkle_node::idx.lt(high))
            .order(merkle_node::idx)
            .select(merkle_node::hash)
            .load(c))?
    };
    if rows.len() as u64 != count {
        return Err(StoreError::Broken(format!("the log lacks nodes {from}..{} of level {level}", from + count)));
    }
    rows.iter().map(|r| digest(r)).collect()
}
