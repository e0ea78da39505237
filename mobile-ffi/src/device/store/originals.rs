//! Originals in the store: kept in pieces, so that one of any size is written, read and sent in little memory.

use rusqlite::{OptionalExtension, Row, params};
use sync_core::base::{Digest, RecordId};

use super::{StoreError, Tx};

type Out<T> = Result<T, StoreError>;

/// Bytes of a piece.
pub const PIECE: usize = 256 << 10;

/// A whole original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its number here.
    pub id: i64,
    /// Its digest.
    pub sha256: Digest,
    /// Bytes.
    pub size: u64,
    /// What it was called.
    pub name: String,
    /// The record that it belongs to.
    pub record: RecordId,
    /// Where it is being uploaded to.
    pub upload: Option<String>,
    /// How many bytes the office has acknowledged.
    pub at: u64,
    /// Why the office does not take it.
    pub problem: Option<String>,
}

/// What is known of an original once it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its SM3.
    pub sm3: Digest,
    /// Bytes.
    pub size: u64,
    /// Its type, if it is known.
    pub mime: String,
    /// What it was called.
    pub name: String,
}

/// How much is here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Originals here.
    pub kept: u64,
    /// Those that the office has not acknowledged whole.
    pub waiting: u64,
    /// Bytes that it has not acknowledged.
    pub bytes: u64,
    /// Those that it does not take; they are among those that wait.
    pub refused: u64,
}

/// A thumbnail that the office has not: number of the original, its record, its digest, JPEG.
pub type Unshown = (i64, RecordId, Digest, Vec<u8>);

const COLUMNS: &str = "id, sha256, size, name, record, upload, at, problem";

fn original(row: &Row<'_>) -> rusqlite::Result<Original> {
    Ok(Original {
        id: row.get(0)?,
        sha256: Digest(row.get(1)?),
        size: row.get::<_, i64>(2)?.cast_unsigned(),
        name: row.get(3)?,
        record: RecordId::from_bytes(row.get(4)?),
        upload: row.get(5)?,
        at: row.get::<_, i64>(6)?.cast_unsigned(),
        problem: row.get(7)?,
    })
}

impl Tx<'_> {
    /// Begins to keep an original: gives the number under which its pieces are put.
    pub fn begin_original(&mut self, record: RecordId, now_ms: i64) -> Out<i64> {
        self.conn.prepare_cached("INSERT INTO original (record, added_ms) VALUES (?1, ?2)")?.execute(params![record.to_bytes(), now_ms])?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Puts a piece: the first is 0; all but the last have [`PIECE`] bytes.
    pub fn put_piece(&mut self, id: i64, n: usize, bytes: &[u8]) -> Out<()> {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        self.conn.prepare_cached("INSERT INTO original_piece (original, n, bytes) VALUES (?1, ?2, ?3)")?.execute(params![id, n, bytes])?;
        Ok(())
    }

    /// All its pieces are here. One that is kept already is kept once: this copy goes, and the other is given.
    pub fn finish_original(&mut self, id: i64, whole: &Whole) -> Out<()> {
        if self.original(whole.sha256)?.is_some() {
            return self.drop_original(id);
        }
        let sql = "UPDATE original SET sha256 = ?2, sm3 = ?3, size = ?4, mime = ?5, name = ?6 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![id, whole.sha256.0, whole.sm3.0, whole.size.cast_signed(), whole.mime, whole.name])?;
        Ok(())
    }

    /// Takes an original away, with its pieces.
    pub fn drop_original(&mut self, id: i64) -> Out<()> {
        self.conn.prepare_cached("DELETE FROM original_piece WHERE original = ?1")?.execute([id])?;
        self.conn.prepare_cached("DELETE FROM original WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// Takes away what copyings left that were killed before this moment.
    pub fn sweep_originals(&mut self, before_ms: i64) -> Out<()> {
        let ids: Vec<i64> = {
            let mut select = self.conn.prepare_cached("SELECT id FROM original WHERE sha256 IS NULL AND added_ms < ?1")?;
            select.query_map([before_ms], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        ids.into_iter().try_for_each(|id| self.drop_original(id))
    }

    /// A whole original.
    pub fn original(&mut self, sha256: Digest) -> Out<Option<Original>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM original WHERE sha256 = ?1"))?;
        Ok(select.query_row([sha256.0], original).optional()?)
    }

    /// The original that is to be sent next: the oldest that the office has not acknowledged whole and has not refused.
    pub fn next_original(&mut self) -> Out<Option<Original>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM original WHERE sha256 IS NOT NULL AND at < size AND problem IS NULL ORDER BY id LIMIT 1"))?;
        Ok(select.query_row([], original).optional()?)
    }

    /// Originals after one, oldest first.
    pub fn originals(&mut self, after: i64, limit: usize) -> Out<Vec<Original>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM original WHERE sha256 IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2"))?;
        let rows = select.query_map(params![after, i64::try_from(limit).unwrap_or(i64::MAX)], original)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Originals that the office has acknowledged whole, and that are still here.
    pub fn sent_originals(&mut self) -> Out<Vec<Original>> {
        let mut select = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM original WHERE sha256 IS NOT NULL AND at = size ORDER BY id"))?;
        Ok(select.query_map([], original)?.collect::<rusqlite::Result<_>>()?)
    }

    /// At most `most` bytes of an original from `from` on, as they were captured.
    pub fn original_bytes(&mut self, id: i64, from: u64, most: usize) -> Out<Vec<u8>> {
        let piece = PIECE as u64;
        let (first, mut skip) = (from / piece, usize::try_from(from % piece).unwrap_or(0));
        let count = i64::try_from(most / PIECE + 2).unwrap_or(i64::MAX);
        let mut select = self.conn.prepare_cached("SELECT bytes FROM original_piece WHERE original = ?1 AND n >= ?2 ORDER BY n LIMIT ?3")?;
        let mut rows = select.query(params![id, first.cast_signed(), count])?;
        let mut out = Vec::with_capacity(most.min(4 * PIECE));
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Broken("piece of an original"))?;
            let bytes = bytes.get(skip..).unwrap_or_default();
            skip = 0;
            out.extend_from_slice(bytes.get(..bytes.len().min(most - out.len())).unwrap_or_default());
            if out.len() == most {
                break;
            }
        }
        Ok(out)
    }

    /// Notes where an original is uploaded to, and how far it is there.
    pub fn put_upload(&mut self, id: i64, upload: Option<&str>, at: u64) -> Out<()> {
        self.conn.prepare_cached("UPDATE original SET upload = ?2, at = ?3 WHERE id = ?1")?.execute(params![id, upload, at.cast_signed()])?;
        Ok(())
    }

    /// Notes that the office does not take an original, and why. It stays here.
    pub fn refuse_original(&mut self, id: i64, problem: &str) -> Out<()> {
        self.conn.prepare_cached("UPDATE original SET problem = ?2, upload = NULL, at = 0 WHERE id = ?1")?.execute(params![id, problem])?;
        Ok(())
    }

    /// Thumbnails of originals that the office has not.
    pub fn unshown(&mut self, limit: usize) -> Out<Vec<Unshown>> {
        let mut select = self.conn.prepare_cached(
            "SELECT o.id, o.record, o.sha256, t.jpeg FROM original o JOIN thumbnail t ON t.sha256 = o.sha256 WHERE o.shown = 0 AND o.at < o.size ORDER BY o.id LIMIT ?1",
        )?;
        let rows = select.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |r| Ok((r.get(0)?, RecordId::from_bytes(r.get(1)?), Digest(r.get(2)?), r.get(3)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that the office was shown these.
    pub fn put_shown(&mut self, ids: &[i64]) -> Out<()> {
        let mut update = self.conn.prepare_cached("UPDATE original SET shown = 1 WHERE id = ?1")?;
        for id in ids {
            update.execute([id])?;
        }
        Ok(())
    }

    /// How much is here.
    pub fn kept(&mut self) -> Out<Kept> {
        let sql = "SELECT count(*), count(*) FILTER (WHERE at < size), coalesce(sum(size - at), 0), count(problem) FROM original WHERE sha256 IS NOT NULL";
        let read = |r: &Row<'_>| {
            let number = |column: usize| r.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok(Kept { kept: number(0)?, waiting: number(1)?, bytes: number(2)?, refused: number(3)? })
        };
        Ok(self.conn.prepare_cached(sql)?.query_row([], read)?)
    }
}
