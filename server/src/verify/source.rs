//! The database as the checker reads it: one snapshot, nothing written, nothing migrated.

use std::path::Path;

use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

use super::VerifyError;
use crate::base::db::Tx;

/// Rows of one page.
pub const PAGE: i64 = 500;

/// An open database.
pub enum Source {
    /// PostgreSQL.
    Pg(Box<PgConnection>),
    /// SQLite.
    Lite(Box<SqliteConnection>),
}

impl Source {
    /// Opens `url` (PostgreSQL), or the SQLite file at `file`, for reading only.
    pub fn open(url: Option<&str>, file: &Path) -> Result<Source, VerifyError> {
        let unreachable = |e: diesel::ConnectionError| VerifyError::Connect(e.to_string());
        if let Some(url) = url {
            return PgConnection::establish(url).map(|c| Source::Pg(Box::new(c))).map_err(unreachable);
        }
        if !file.is_file() {
            return Err(VerifyError::Connect(format!("there is no {}; name the server's data folder with --data", file.display())));
        }
        let path = file.to_str().ok_or_else(|| VerifyError::Connect("the path of the data folder is not UTF-8".into()))?;
        let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let mut lite = SqliteConnection::establish(&format!("file:{escaped}?mode=ro")).map_err(unreachable)?;
        // A server that just stops holds its file for a moment, to fold its log into it.
        lite.batch_execute("PRAGMA busy_timeout=10000")?;
        Ok(Source::Lite(Box::new(lite)))
    }

    /// Runs reads on one snapshot.
    pub fn snapshot<T>(&mut self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, VerifyError>) -> Result<T, VerifyError> {
        match self {
            Source::Pg(c) => c.build_transaction().read_only().repeatable_read().run(|c| f(&mut Tx::Pg(c))),
            Source::Lite(c) => c.transaction(|c| f(&mut Tx::Lite(c))),
        }
    }
}
