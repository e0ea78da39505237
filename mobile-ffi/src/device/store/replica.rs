//! The replica engine's view of the database. Every statement is prepared once and finds its rows by an index.

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use sync_core::base::{DeviceId, Digest, RecordId, pack};
use sync_core::protocol::{Disposition, Signed};
use sync_core::record::{Bucket, Dot, MAX_CHANGE_BYTES, Record, Seen, SignedChange};
use sync_core::replica::{Journal, JournalRow, Meta, Mirror, Store};

use super::{StoreError, Tx};

/// Largest inflated state of one mirrored record.
const MAX_STATE: usize = 32 << 20;

/// Level of what is stored: speed over size.
const LEVEL: i32 = 1;

type Out<T> = Result<T, StoreError>;

fn to_json<T: Serialize>(value: &T) -> Out<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Broken("value to be written"))
}

fn from_json<T: DeserializeOwned>(text: &str, what: &'static str) -> Out<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Broken(what))
}

fn record_at(row: &Row<'_>, column: usize) -> rusqlite::Result<RecordId> {
    row.get::<_, [u8; 16]>(column).map(RecordId::from_bytes)
}

const ROW: &str = "device, seq, record, hash, held, settled, disposition, ord";

fn journal_row(row: &Row<'_>) -> rusqlite::Result<JournalRow> {
    let disposition: Option<String> = row.get(6)?;
    let disposition = disposition.map(|d| serde_json::from_str(&d)).transpose().map_err(|e| rusqlite::Error::FromSqlConversionFailure(6, Type::Text, Box::new(e)))?;
    Ok(JournalRow {
        dot: Dot::new(DeviceId(row.get::<_, i64>(0)?.cast_unsigned()), row.get::<_, i64>(1)?.cast_unsigned()),
        record: record_at(row, 2)?,
        hash: Digest(row.get(3)?),
        held: row.get(4)?,
        settled: row.get(5)?,
        disposition,
        order: row.get::<_, i64>(7)?.cast_unsigned(),
    })
}

fn is_held_up(row: &JournalRow) -> bool {
    matches!(row.disposition, Some(Disposition::Parked { .. } | Disposition::Quarantined { .. }))
}

impl Tx<'_> {
    fn own(&mut self) -> Out<i64> {
        Ok(self.meta()?.device.0.cast_signed())
    }

    fn add_to_bucket(&mut self, bucket: &Bucket, delta: u64) -> Out<()> {
        let sum = self.bucket_sum(bucket)?.wrapping_add(delta);
        self.conn
            .prepare_cached("INSERT INTO bucket (name, sum) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET sum = excluded.sum")?
            .execute(params![bucket.0, sum.cast_signed()])?;
        Ok(())
    }

    fn mirror_sum(&mut self, record: RecordId) -> Out<Option<u64>> {
        let mut select = self.conn.prepare_cached("SELECT sum FROM mirror WHERE record = ?1")?;
        Ok(select.query_row([record.to_bytes()], |r| r.get::<_, i64>(0)).optional()?.map(i64::cast_unsigned))
    }

    /// Numbers of own changes above `after` that the server does not hold, ascending.
    pub fn own_undelivered(&mut self, after: u64, limit: usize) -> Out<Vec<u64>> {
        let own = self.own()?;
        // The sign keeps SQLite from walking all that is undelivered: by (device, seq) only what is above is looked at.
        let mut select = self.conn.prepare_cached("SELECT seq FROM journal WHERE device = ?1 AND seq > ?2 AND +held = 0 ORDER BY seq LIMIT ?3")?;
        let rows = select.query_map(params![own, i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX)], |r| r.get::<_, i64>(0))?;
        Ok(rows.map(|seq| seq.map(i64::cast_unsigned)).collect::<Result<_, _>>()?)
    }

    /// All rows of the journal after `after`, own and carried, delivered or not, in the order they came to be known.
    pub fn journal_after(&mut self, after: u64, limit: usize) -> Out<Vec<JournalRow>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {ROW} FROM journal WHERE ord > ?1 ORDER BY ord LIMIT ?2"))?;
        let rows = select.query_map(params![after.cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX)], journal_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ids of the mirrored records after `after`, in order.
    pub fn mirrored_after(&mut self, after: Option<RecordId>, limit: usize) -> Out<Vec<RecordId>> {
        let mut select = self.conn.prepare_cached("SELECT record FROM mirror WHERE record > ?1 ORDER BY record LIMIT ?2")?;
        let after = after.map(|a| a.to_bytes().to_vec()).unwrap_or_default();
        let rows = select.query_map(params![after, i64::try_from(limit).unwrap_or(i64::MAX)], |r| record_at(r, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first handheld that a mirrored record names and of which neither this store nor, as far as it was asked, the
    /// server has a certificate.
    pub fn first_stranger(&mut self) -> Out<Option<DeviceId>> {
        let own = self.own()?;
        let mut select = self.conn.prepare_cached("SELECT device FROM stranger WHERE asked = 0 AND device <> ?1 ORDER BY device LIMIT 1")?;
        Ok(select.query_row([own], |r| r.get::<_, i64>(0)).optional()?.map(|d| DeviceId(d.cast_unsigned())))
    }

    /// Whether a mirrored record names this handheld and its certificate is not here.
    pub fn is_stranger(&mut self, device: DeviceId) -> Out<bool> {
        let mut select = self.conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM stranger WHERE device = ?1)")?;
        Ok(select.query_row([device.0.cast_signed()], |r| r.get(0))?)
    }

    /// The server has no certificates of the strangers up to this one: they are not asked for again.
    pub fn strangers_asked(&mut self, through: DeviceId) -> Out<()> {
        self.conn.prepare_cached("UPDATE stranger SET asked = 1 WHERE asked = 0 AND device <= ?1")?.execute([through.0.cast_signed()])?;
        Ok(())
    }

    fn note_strangers(&mut self, record: &Record) -> Out<()> {
        let mut insert = self
            .conn
            .prepare_cached("INSERT INTO stranger (device, asked) SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE device = ?1) ON CONFLICT (device) DO NOTHING")?;
        for dot in record.seen().iter().filter(|dot| !dot.device.is_office()) {
            insert.execute([dot.device.0.cast_signed()])?;
        }
        Ok(())
    }

    fn members(&mut self, record: RecordId) -> Out<BTreeMap<Bucket, bool>> {
        let mut select = self.conn.prepare_cached("SELECT bucket, confirmed FROM member WHERE record = ?1")?;
        let rows = select.query_map([record.to_bytes()], |r| Ok((Bucket(r.get::<_, String>(0)?.into()), r.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Store for Tx<'_> {
    type Error = StoreError;

    fn meta(&mut self) -> Out<Meta> {
        let body: Option<String> = self.conn.prepare_cached("SELECT body FROM meta WHERE id = 1")?.query_row([], |r| r.get(0)).optional()?;
        from_json(&body.ok_or(StoreError::NotEnrolled)?, "meta row")
    }

    fn put_meta(&mut self, meta: &Meta) -> Out<()> {
        let mut upsert = self.conn.prepare_cached("INSERT INTO meta (id, body) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET body = excluded.body")?;
        upsert.execute([to_json(meta)?])?;
        Ok(())
    }

    fn append(&mut self, row: &JournalRow, signed: &SignedChange) -> Out<()> {
        self.views.forget(row.record);
        let disposition = row.disposition.as_ref().map(to_json).transpose()?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO journal (device, seq, record, hash, held, settled, disposition, alg, signature, bytes, held_up)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (device, seq) DO NOTHING",
        )?;
        insert.execute(params![
            row.dot.device.0.cast_signed(),
            row.dot.seq.cast_signed(),
            row.record.to_bytes(),
            row.hash.0,
            row.held,
            row.settled,
            disposition,
            signed.alg,
            signed.signature,
            pack::pack(&signed.bytes, LEVEL),
            is_held_up(row)
        ])?;
        Ok(())
    }

    fn journal(&mut self, dot: Dot) -> Out<Option<JournalRow>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {ROW} FROM journal WHERE device = ?1 AND seq = ?2"))?;
        Ok(select.query_row([dot.device.0.cast_signed(), dot.seq.cast_signed()], journal_row).optional()?)
    }

    fn update(&mut self, row: &JournalRow) -> Out<()> {
        self.views.forget(row.record);
        let disposition = row.disposition.as_ref().map(to_json).transpose()?;
        let mut update = self.conn.prepare_cached("UPDATE journal SET held = ?3, settled = ?4, disposition = ?5, held_up = ?6 WHERE device = ?1 AND seq = ?2")?;
        update.execute(params![row.dot.device.0.cast_signed(), row.dot.seq.cast_signed(), row.held, row.settled, disposition, is_held_up(row)])?;
        Ok(())
    }

    fn signed(&mut self, dot: Dot) -> Out<Option<SignedChange>> {
        let mut select = self.conn.prepare_cached("SELECT alg, signature, bytes FROM journal WHERE device = ?1 AND seq = ?2")?;
        let found = select.query_row([dot.device.0.cast_signed(), dot.seq.cast_signed()], |r| Ok((r.get::<_, String>(0)?, r.get::<_, Vec<u8>>(1)?, r.get::<_, Vec<u8>>(2)?)));
        let Some((alg, signature, packed)) = found.optional()? else { return Ok(None) };
        let bytes = pack::unpack(&packed, MAX_CHANGE_BYTES).map_err(|_| StoreError::Broken("change in the journal"))?;
        Ok(Some(SignedChange { alg: alg.into(), signature, bytes }))
    }

    fn undelivered(&mut self, which: Journal, after: u64, limit: usize) -> Out<Vec<JournalRow>> {
        let own = self.own()?;
        let filter = match which {
            Journal::Own => "device = ?1",
            Journal::Carried => "device <> ?1",
        };
        let mut select = self.conn.prepare_cached(&format!("SELECT {ROW} FROM journal WHERE held = 0 AND {filter} AND ord > ?2 ORDER BY ord LIMIT ?3"))?;
        let rows = select.query_map(params![own, after.cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX)], journal_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn overlay(&mut self, record: RecordId) -> Out<Vec<JournalRow>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {ROW} FROM journal WHERE settled = 0 AND record = ?1 ORDER BY ord"))?;
        let rows = select.query_map([record.to_bytes()], journal_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn unanswered(&mut self, limit: usize) -> Out<Vec<(u64, u64)>> {
        let own = self.own()?;
        let mut select = self.conn.prepare_cached("SELECT seq FROM journal WHERE disposition IS NULL AND device = ?1 ORDER BY seq")?;
        let mut out: Vec<(u64, u64)> = Vec::new();
        for seq in select.query_map([own], |r| r.get::<_, i64>(0))? {
            let seq = seq?.cast_unsigned();
            let full = out.len() == limit;
            match out.last_mut() {
                Some((_, to)) if *to + 1 == seq => *to = seq,
                _ if full => break,
                _ => out.push((seq, seq)),
            }
        }
        Ok(out)
    }

    fn unsettled_held(&mut self, after: u64, limit: usize) -> Out<Vec<JournalRow>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {ROW} FROM journal WHERE held = 1 AND settled = 0 AND ord > ?1 ORDER BY ord LIMIT ?2"))?;
        let rows = select.query_map([after.cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX)], journal_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn held_up(&mut self) -> Out<Vec<JournalRow>> {
        let own = self.own()?;
        let mut select = self.conn.prepare_cached(&format!("SELECT {ROW} FROM journal WHERE held_up = 1 AND device = ?1 ORDER BY ord LIMIT 10000"))?;
        let rows = select.query_map([own], journal_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn mark_own_held(&mut self, ranges: &[(u64, u64)]) -> Out<()> {
        let own = self.own()?;
        let mut sorted: Vec<(u64, u64)> = ranges.iter().copied().filter(|(from, to)| from <= to).collect();
        sorted.sort_unstable();
        let mut hold = self.conn.prepare_cached("UPDATE journal INDEXED BY journal_undelivered SET held = 1 WHERE held = 0 AND device = ?1 AND seq BETWEEN ?2 AND ?3")?;
        let mut release = self.conn.prepare_cached("UPDATE journal SET held = 0 WHERE held = 1 AND device = ?1 AND seq BETWEEN ?2 AND ?3")?;
        let mut next = 1u64;
        for (from, to) in sorted {
            if from > next {
                release.execute([own, next.cast_signed(), (from - 1).cast_signed()])?;
            }
            hold.execute([own, from.cast_signed(), i64::try_from(to).unwrap_or(i64::MAX)])?;
            next = next.max(to.saturating_add(1));
        }
        release.execute([own, i64::try_from(next).unwrap_or(i64::MAX), i64::MAX])?;
        Ok(())
    }

    fn begin_epoch(&mut self) -> Out<()> {
        self.views.clear();
        let own = self.own()?;
        self.conn.execute("UPDATE journal SET held = 0 WHERE held = 1 AND device <> ?1", [own])?;
        self.conn.execute("UPDATE journal SET settled = 0 WHERE settled = 1", [])?;
        Ok(())
    }

    fn pending_bytes(&mut self) -> Out<u64> {
        Ok(self.kept()?.bytes)
    }

    fn pending(&mut self) -> Out<Vec<(RecordId, u64)>> {
        let own = self.own()?;
        let mut select = self.conn.prepare_cached("SELECT record, count(*) FROM journal WHERE held = 0 AND device = ?1 GROUP BY record ORDER BY record")?;
        let rows = select.query_map([own], |r| Ok((record_at(r, 0)?, r.get::<_, i64>(1)?.cast_unsigned())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn mirror(&mut self, record: RecordId) -> Out<Option<Mirror>> {
        let mut select = self.conn.prepare_cached("SELECT state FROM mirror WHERE record = ?1")?;
        let Some(packed) = select.query_row([record.to_bytes()], |r| r.get::<_, Vec<u8>>(0)).optional()? else { return Ok(None) };
        drop(select);
        let state = pack::unpack(&packed, MAX_STATE).map_err(|_| StoreError::Broken("mirrored record"))?;
        let read = Record::from_state(record, &state, self.kinds)?;
        Ok(Some(Mirror { record: read, buckets: self.members(record)? }))
    }

    fn put_mirror(&mut self, mirror: &Mirror) -> Out<()> {
        let record = &mirror.record;
        self.views.forget(record.id);
        let (id, sum) = (record.id.to_bytes(), record.checksum());
        let before = self.mirror_sum(record.id)?.unwrap_or(0);
        let members = self.members(record.id)?;
        for bucket in members.keys().filter(|b| !mirror.buckets.contains_key(b)) {
            self.conn.prepare_cached("DELETE FROM member WHERE bucket = ?1 AND record = ?2")?.execute(params![bucket.0, id])?;
            self.add_to_bucket(bucket, before.wrapping_neg())?;
        }
        for (bucket, confirmed) in &mirror.buckets {
            let known = members.get(bucket);
            if known != Some(confirmed) {
                let mut upsert = self.conn.prepare_cached(
                    "INSERT INTO member (bucket, record, confirmed) VALUES (?1, ?2, ?3) ON CONFLICT (bucket, record) DO UPDATE SET confirmed = excluded.confirmed",
                )?;
                upsert.execute(params![bucket.0, id, confirmed])?;
            }
            let delta = if known.is_some() { sum.wrapping_sub(before) } else { sum };
            if delta != 0 {
                self.add_to_bucket(bucket, delta)?;
            }
        }
        let schema = self.kinds.get(&record.kind).map_or(0, |k| k.schema);
        let state = pack::pack(&record.to_state(schema), LEVEL);
        let mut upsert = self
            .conn
            .prepare_cached("INSERT INTO mirror (record, sum, state) VALUES (?1, ?2, ?3) ON CONFLICT (record) DO UPDATE SET sum = excluded.sum, state = excluded.state")?;
        upsert.execute(params![id, sum.cast_signed(), state])?;
        self.note_strangers(record)
    }

    fn drop_mirror(&mut self, record: RecordId) -> Out<()> {
        self.views.forget(record);
        let Some(sum) = self.mirror_sum(record)? else { return Ok(()) };
        for bucket in self.members(record)?.keys() {
            self.add_to_bucket(bucket, sum.wrapping_neg())?;
        }
        self.conn.prepare_cached("DELETE FROM member WHERE record = ?1")?.execute([record.to_bytes()])?;
        self.conn.prepare_cached("DELETE FROM mirror WHERE record = ?1")?.execute([record.to_bytes()])?;
        Ok(())
    }

    fn in_bucket(&mut self, bucket: &Bucket) -> Out<Vec<RecordId>> {
        let mut select = self.conn.prepare_cached("SELECT record FROM member WHERE bucket = ?1 ORDER BY record")?;
        let rows = select.query_map(params![bucket.0], |r| record_at(r, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn bucket_sum(&mut self, bucket: &Bucket) -> Out<u64> {
        let mut select = self.conn.prepare_cached("SELECT sum FROM bucket WHERE name = ?1")?;
        Ok(select.query_row(params![bucket.0], |r| r.get::<_, i64>(0)).optional()?.map_or(0, i64::cast_unsigned))
    }

    fn records(&mut self, after: Option<RecordId>, limit: usize) -> Out<Vec<RecordId>> {
        let mut select =
            self.conn.prepare_cached("SELECT record FROM mirror WHERE record > ?1 UNION SELECT record FROM journal WHERE settled = 0 AND record > ?1 ORDER BY record LIMIT ?2")?;
        // Sixteen zero bytes are greater than none, so the empty blob stands before every id.
        let after = after.map(|a| a.to_bytes().to_vec()).unwrap_or_default();
        let rows = select.query_map(params![after, i64::try_from(limit).unwrap_or(i64::MAX)], |r| record_at(r, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn kept_view(&mut self, record: RecordId) -> Option<Record> {
        self.views.get(record).cloned()
    }

    fn keep_view(&mut self, view: Record) {
        self.views.put(view);
    }

    fn authored(&mut self, record: RecordId) -> Out<(u64, Seen)> {
        let mut select = self.conn.prepare_cached("SELECT last, told FROM authored WHERE record = ?1")?;
        match select.query_row([record.to_bytes()], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?))).optional()? {
            None => Ok((0, Seen::default())),
            Some((last, told)) => Ok((last.cast_unsigned(), from_json(&told, "row of authored")?)),
        }
    }

    fn put_authored(&mut self, record: RecordId, last: u64, told: &Seen) -> Out<()> {
        let mut upsert = self
            .conn
            .prepare_cached("INSERT INTO authored (record, last, told) VALUES (?1, ?2, ?3) ON CONFLICT (record) DO UPDATE SET last = excluded.last, told = excluded.told")?;
        upsert.execute(params![record.to_bytes(), last.cast_signed(), to_json(told)?])?;
        Ok(())
    }

    fn certificate(&mut self, device: DeviceId) -> Out<Option<Signed>> {
        let mut select = self.conn.prepare_cached("SELECT body FROM certificate WHERE device = ?1")?;
        let body: Option<String> = select.query_row([device.0.cast_signed()], |r| r.get(0)).optional()?;
        body.map(|b| from_json(&b, "certificate")).transpose()
    }

    fn put_certificate(&mut self, device: DeviceId, certificate: &Signed) -> Out<()> {
        let mut upsert = self.conn.prepare_cached("INSERT INTO certificate (device, body) VALUES (?1, ?2) ON CONFLICT (device) DO UPDATE SET body = excluded.body")?;
        upsert.execute(params![device.0.cast_signed(), to_json(certificate)?])?;
        self.conn.prepare_cached("DELETE FROM stranger WHERE device = ?1")?.execute([device.0.cast_signed()])?;
        Ok(())
    }

    fn thumbnail(&mut self, photo: Digest) -> Out<Option<Vec<u8>>> {
        let mut select = self.conn.prepare_cached("SELECT jpeg FROM thumbnail WHERE sha256 = ?1")?;
        Ok(select.query_row([photo.0], |r| r.get(0)).optional()?)
    }

    fn put_thumbnail(&mut self, photo: Digest, jpeg: &[u8]) -> Out<()> {
        self.conn.prepare_cached("INSERT INTO thumbnail (sha256, jpeg) VALUES (?1, ?2) ON CONFLICT (sha256) DO NOTHING")?.execute(params![photo.0, jpeg])?;
        Ok(())
    }
}
