//! Both database engines behind one type. A query body is written once and compiled per engine by the macro `on!`.
//!
//! SQLite: WAL, `synchronous=FULL`, one writer. PostgreSQL: READ COMMITTED for writers, REPEATABLE READ for
//! readers, ten seconds at most idle in a transaction. Deliberately absent: diesel's `MultiConnection`, which can
//! neither batch nor upsert.

use std::path::Path;
use std::time::Duration;

use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryResult, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// Oldest SQLite with everything that is used here; what the program is linked with is asserted at start.
const SQLITE_MIN: (u32, u32) = (3, 50);

/// Most rows of one statement: SQLite takes 32,766 variables.
pub const ROWS: usize = 500;

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No connection.
    #[error("the database cannot be reached: {0}")]
    Connect(String),
    /// Migrations failed.
    #[error("the database cannot be migrated: {0}")]
    Migrate(String),
    /// Linked with the wrong library.
    #[error("linked with SQLite {0}, at least 3.50 is needed: build with the bundled library")]
    Version(String),
}

/// The database.
#[derive(Clone)]
pub enum Db {
    /// PostgreSQL.
    Pg(Pool<ConnectionManager<PgConnection>>),
    /// SQLite.
    Lite(Pool<ConnectionManager<SqliteConnection>>),
}

/// A connection from the pool.
pub enum Conn {
    /// PostgreSQL.
    Pg(PooledConnection<ConnectionManager<PgConnection>>),
    /// SQLite.
    Lite(PooledConnection<ConnectionManager<SqliteConnection>>),
}

/// An open transaction.
pub enum Tx<'c> {
    /// PostgreSQL.
    Pg(&'c mut PgConnection),
    /// SQLite.
    Lite(&'c mut SqliteConnection),
}

/// Runs a query body on whichever engine the transaction is of.
#[macro_export]
macro_rules! on {
    ($tx:expr, |$c:ident| $body:expr) => {
        match $tx {
            $crate::base::db::Tx::Pg($c) => {
                let $c: &mut diesel::pg::PgConnection = $c;
                $body
            }
            $crate::base::db::Tx::Lite($c) => {
                let $c: &mut diesel::sqlite::SqliteConnection = $c;
                $body
            }
        }
    };
}

#[derive(Debug)]
struct LiteSetup;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for LiteSetup {
    fn on_acquire(&self, c: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        // Each connection has a cache of its own; what none of them holds is read from the system's, which all share, without a call or a copy.
        // Changes and records are rows of some 2 KiB: of a page of 4 KiB half would stay empty. Holds for new files.
        c.batch_execute("PRAGMA page_size=8192; PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=2147418112;")
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

#[derive(Debug)]
struct PgSetup;

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for PgSetup {
    fn on_acquire(&self, c: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        c.batch_execute("SET idle_in_transaction_session_timeout='10s'; SET client_min_messages=warning").map_err(diesel::r2d2::Error::QueryError)
    }
}

diesel::define_sql_function! {
    /// Version of the SQLite library.
    fn sqlite_version() -> diesel::sql_types::Text;
}

impl Db {
    /// Opens `url` (PostgreSQL), or the SQLite file at `file`, and brings its tables up to date.
    pub fn open(url: Option<&str>, file: &Path) -> Result<Db, OpenError> {
        let connect = |e: &dyn std::fmt::Display| OpenError::Connect(e.to_string());
        let db = match url {
            Some(url) => {
                let pool =
                    Pool::builder().max_size(12).min_idle(Some(1)).test_on_check_out(true).connection_timeout(Duration::from_secs(10)).connection_customizer(Box::new(PgSetup));
                Db::Pg(pool.build(ConnectionManager::new(url)).map_err(|e| connect(&e))?)
            }
            None => {
                let path = file.to_str().ok_or_else(|| OpenError::Connect("the path of the data folder is not UTF-8".into()))?;
                let pool =
                    Pool::builder().max_size(8).min_idle(Some(1)).test_on_check_out(false).connection_timeout(Duration::from_secs(10)).connection_customizer(Box::new(LiteSetup));
                Db::Lite(pool.build(ConnectionManager::new(path)).map_err(|e| connect(&e))?)
            }
        };
        db.check_and_migrate()?;
        Ok(db)
    }

    fn check_and_migrate(&self) -> Result<(), OpenError> {
        let migrate = |e: &dyn std::fmt::Display| OpenError::Migrate(e.to_string());
        match self.conn().map_err(|e| migrate(&e))? {
            Conn::Pg(mut c) => {
                // Several processes may start at once on one database: one migrates, the others wait.
                c.batch_execute("SELECT pg_advisory_lock(7261001)").map_err(|e| migrate(&e))?;
                let done = c.run_pending_migrations(POSTGRES).map(|_| ()).map_err(|e| migrate(&e));
                c.batch_execute("SELECT pg_advisory_unlock(7261001)").map_err(|e| migrate(&e))?;
                done
            }
            Conn::Lite(mut c) => {
                let version: String = diesel::select(sqlite_version()).get_result(&mut *c).map_err(|e| migrate(&e))?;
                let mut parts = version.split('.').filter_map(|p| p.parse::<u32>().ok());
                if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < SQLITE_MIN {
                    return Err(OpenError::Version(version));
                }
                c.run_pending_migrations(SQLITE).map(|_| ()).map_err(|e| migrate(&e))
            }
        }
    }

    /// Whether this process is the only writer, so that what it remembers is what is stored.
    pub fn sole_writer(&self) -> bool {
        matches!(self, Db::Lite(_))
    }

    /// A connection; waits at most ten seconds for one.
    pub fn conn(&self) -> QueryResult<Conn> {
        let closed = |e: diesel::r2d2::PoolError| diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::ClosedConnection, Box::new(e.to_string()));
        Ok(match self {
            Db::Pg(pool) => Conn::Pg(pool.get().map_err(closed)?),
            Db::Lite(pool) => Conn::Lite(pool.get().map_err(closed)?),
        })
    }

    /// Runs reads on one snapshot.
    pub fn read<T, E: From<diesel::result::Error>>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        match self.conn()? {
            Conn::Pg(mut c) => c.build_transaction().read_only().repeatable_read().run(|c| f(&mut Tx::Pg(c))),
            Conn::Lite(mut c) => c.transaction(|c| f(&mut Tx::Lite(c))),
        }
    }

    /// Runs one short write of a table that no district log orders (refresh tokens).
    pub fn write<T, E: From<diesel::result::Error>>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.conn()?.write(f)
    }
}

impl Conn {
    /// Runs a writing transaction: `BEGIN IMMEDIATE` on SQLite, READ COMMITTED on PostgreSQL.
    pub fn write<T, E: From<diesel::result::Error>>(&mut self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        match self {
            Conn::Pg(c) => c.build_transaction().read_committed().run(|c| f(&mut Tx::Pg(c))),
            Conn::Lite(c) => c.immediate_transaction(|c| f(&mut Tx::Lite(c))),
        }
    }
}
