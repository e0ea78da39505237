//! One SQLCipher file of one officer on one device: data, journal, mirror and cursor together, so that a copied
//! file cannot disagree with itself.
//!
//! WAL with `synchronous=FULL`: what a committed transaction wrote survives a power cut. The key is raw (256 bits,
//! from the vault); nothing is ever written to a temporary file in clear.
//!
//! Deliberately absent: a way to open a store without its key, and a way to empty one.

mod cases;
mod law;
mod numbers;
pub mod originals;
mod replica;
mod views;
mod visited;

pub use law::MAX_PAGE as MAX_LAW_PAGE;
pub use visited::{Family, Visited, began};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use sync_core::record::{Kinds, StateError};
use zeroize::Zeroizing;

use self::views::Views;
use super::erase::Tombstone;
use super::error::{Code, DeviceError, Result};

/// Numbered migrations: the position is the number, and what was released is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_store.sql"),
    include_str!("migrations/0002_thumbnail.sql"),
    include_str!("migrations/0003_stranger.sql"),
    include_str!("migrations/0004_law.sql"),
    include_str!("migrations/0005_numbers.sql"),
    include_str!("migrations/0006_visited.sql"),
    include_str!("migrations/0007_cases.sql"),
    include_str!("migrations/0008_original.sql"),
];

/// How long a writer waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(10);

/// Why the database could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said so.
    #[error("the store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row is not what this program writes.
    #[error("the store holds a broken {0}; sync to fetch it anew")]
    Broken(&'static str),
    /// A mirrored record cannot be read.
    #[error("the mirror: {0}; sync to fetch it anew")]
    State(#[from] StateError),
    /// The store has not been enrolled.
    #[error("this store is not enrolled; call enrol first")]
    NotEnrolled,
    /// The store was erased by order of the office.
    #[error("this store was erased by order of the office; enrol a new store under another path")]
    Erased(Option<Box<Tombstone>>),
}

impl From<StoreError> for DeviceError {
    fn from(e: StoreError) -> DeviceError {
        if let StoreError::Erased(Some(stone)) = &e {
            return stone.error();
        }
        let code = match &e {
            StoreError::Erased(_) => Code::Erased,
            StoreError::NotEnrolled => Code::NotEnrolled,
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(f, _)) if f.code == ErrorCode::DiskFull => Code::DiskFull,
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(f, _)) if matches!(f.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Code::Busy,
            _ => Code::Store,
        };
        DeviceError::new(code, e.to_string())
    }
}

impl From<rusqlite::Error> for DeviceError {
    fn from(e: rusqlite::Error) -> DeviceError {
        StoreError::from(e).into()
    }
}

/// The open file.
pub struct Db {
    conn: Connection,
    kinds: Kinds,
    views: Views,
}

/// An open transaction; what the replica engine works on.
pub struct Tx<'c> {
    conn: &'c Connection,
    kinds: &'c Kinds,
    views: &'c mut Views,
}

impl Db {
    /// Makes a new file. Fails with [`Code::Exists`] if there is one.
    pub fn create(path: &Path, key: &[u8; 32], kinds: Kinds) -> Result<Db> {
        if path.exists() {
            return Err(DeviceError::new(Code::Exists, "a store exists under this path; open it, or choose another path"));
        }
        Db::connect(path, key, kinds, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens a file. One that is not a store under this key is set aside under another name and reported with
    /// [`Code::SetAside`]; it is never overwritten.
    pub fn open(path: &Path, key: &[u8; 32], kinds: Kinds) -> Result<Db> {
        if !path.exists() {
            return Err(DeviceError::new(Code::Missing, "there is no store under this path; create one and enrol it"));
        }
        Db::connect(path, key, kinds, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens a file only to look: nothing is migrated, set aside or written, whatever it turns out to be. For checkers.
    pub fn open_to_read(path: &Path, key: &[u8; 32], kinds: Kinds) -> Result<Db> {
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(StoreError::from)?;
        let db = Db { conn, kinds, views: Views::default() };
        let version = db.unlock(key)?;
        if version == MIGRATIONS.len() {
            return Ok(db);
        }
        let message = "the store was written by another version of the app; open it once with this version, or look with that one";
        Err(DeviceError::new(Code::NewerStore, message).with(json!({ "store_version": version })))
    }

    fn connect(path: &Path, key: &[u8; 32], kinds: Kinds, flags: OpenFlags) -> Result<Db> {
        let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let mut db = Db { conn, kinds, views: Views::default() };
        match db.prepare(key) {
            Err(StoreError::Sqlite(rusqlite::Error::SqliteFailure(f, _))) if matches!(f.code, ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                drop(db);
                let aside = set_aside(path)?;
                let message = "the file is not a store under this key; it was set aside untouched. Enrol a new store, and hand the old file to the office";
                Err(DeviceError::new(Code::SetAside, message).with(json!({ "aside": aside })))
            }
            Err(e) => Err(e.into()),
            Ok(version) if version > MIGRATIONS.len() => {
                Err(DeviceError::new(Code::NewerStore, "the store was written by a later version of the app; update the app").with(json!({ "store_version": version })))
            }
            Ok(version) => {
                db.migrate(version)?;
                Ok(db)
            }
        }
    }

    /// Hands over the key, and reads the schema version: the first read proves the key.
    fn unlock(&self, key: &[u8; 32]) -> std::result::Result<usize, StoreError> {
        let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", *Zeroizing::new(hex::encode(key))));
        self.conn.execute_batch(&pragma)?;
        self.conn.busy_timeout(BUSY)?;
        self.conn.execute_batch("PRAGMA temp_store = MEMORY;")?;
        let version: i64 = self.conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        // Reads the first page: fails with "not a database" unless the key is right.
        let _: i64 = self.conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
        Ok(usize::try_from(version).unwrap_or(usize::MAX))
    }

    /// Unlocks the file and sets the modes in which it is written.
    fn prepare(&mut self, key: &[u8; 32]) -> std::result::Result<usize, StoreError> {
        let version = self.unlock(key)?;
        self.conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;")?;
        self.conn.set_prepared_statement_cache_capacity(64);
        Ok(version)
    }

    fn migrate(&mut self, from: usize) -> Result<()> {
        for (step, sql) in MIGRATIONS.iter().enumerate().skip(from) {
            let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have been faster.
            let version: i64 = tx.query_row("PRAGMA user_version", [], |r| r.get(0))?;
            if usize::try_from(version).unwrap_or(0) == step {
                tx.execute_batch(sql)?;
                tx.pragma_update(None, "user_version", version + 1)?;
            }
            tx.commit()?;
        }
        Ok(())
    }

    /// Runs `work` in one transaction that is on disk when this returns `Ok`, and undone when it does not.
    pub fn write<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        self.run(TransactionBehavior::Immediate, work)
    }

    /// Runs `work` on one snapshot.
    pub fn read<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        self.run(TransactionBehavior::Deferred, work)
    }

    fn run<T, E: From<StoreError>>(&mut self, how: TransactionBehavior, work: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        // Given back after the commit only: an error, a rollback and a panic lose them.
        let mut views = std::mem::take(&mut self.views);
        let tx = self.conn.transaction_with_behavior(how).map_err(StoreError::from)?;
        // Within the transaction, so that it tells of the snapshot that everything after it reads.
        let version = tx.prepare_cached("PRAGMA data_version").and_then(|mut pragma| pragma.query_row([], |r| r.get(0)));
        views.as_of(version.map_err(StoreError::from)?);
        let done = work(&mut Tx { conn: &tx, kinds: &self.kinds, views: &mut views })?;
        tx.commit().map_err(StoreError::from)?;
        self.views = views;
        Ok(done)
    }
}

impl Tx<'_> {
    /// A small fact kept beside the data.
    pub fn setting(&mut self, name: &str) -> std::result::Result<Option<String>, StoreError> {
        Ok(self.conn.query_row("SELECT value FROM setting WHERE name = ?1", [name], |r| r.get(0)).optional()?)
    }

    /// Keeps a small fact.
    pub fn put_setting(&mut self, name: &str, value: &str) -> std::result::Result<(), StoreError> {
        self.conn.execute("INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, value])?;
        Ok(())
    }

    /// Keeps something that the officer is to be shown, a JSON text.
    pub fn add_notice(&mut self, body: &str) -> std::result::Result<(), StoreError> {
        self.conn.prepare_cached("INSERT INTO notice (body) VALUES (?1)")?.execute([body])?;
        Ok(())
    }

    /// Notices after `after`, oldest first: number and JSON text.
    pub fn notices(&mut self, after: u64, limit: usize) -> std::result::Result<Vec<(u64, String)>, StoreError> {
        let mut select = self.conn.prepare_cached("SELECT id, body FROM notice WHERE id > ?1 ORDER BY id LIMIT ?2")?;
        let rows =
            select.query_map([i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX)], |r| Ok((r.get::<_, i64>(0)?.cast_unsigned(), r.get(1)?)))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Forgets the notices up to this number: they were shown.
    pub fn drop_notices(&mut self, through: u64) -> std::result::Result<usize, StoreError> {
        Ok(self.conn.execute("DELETE FROM notice WHERE id <= ?1", [i64::try_from(through).unwrap_or(i64::MAX)])?)
    }

    /// Whether the store is enrolled.
    pub fn is_enrolled(&mut self) -> std::result::Result<bool, StoreError> {
        Ok(self.conn.query_row("SELECT EXISTS (SELECT 1 FROM meta)", [], |r| r.get(0))?)
    }
}

/// The files that make up a store: database, write-ahead log, its index, the vault, the sealed copies and the token that
/// hands them in.
pub fn companions(path: &Path) -> [PathBuf; 6] {
    ["", "-wal", "-shm", ".key", ".sealed", ".deposit"].map(|suffix| with_suffix(path, suffix))
}

/// `path` with text appended to its last part.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Renames a store's files so that nothing can overwrite them; returns the new path of the database.
pub fn set_aside(path: &Path) -> Result<PathBuf> {
    let suffix = (1..u32::MAX).map(|n| format!(".aside{n}")).find(|s| !with_suffix(path, s).exists()).unwrap_or_default();
    let aside = with_suffix(path, &suffix);
    for (from, to) in companions(path).into_iter().zip(companions(&aside)) {
        match std::fs::rename(&from, &to) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(DeviceError::new(Code::Store, format!("the unreadable store could not be set aside: {e}; free the path by hand")));
            }
            _ => {}
        }
    }
    Ok(aside)
}

#[cfg(test)]
mod tests;
