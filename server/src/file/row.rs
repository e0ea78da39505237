//! The tables of files: what is being uploaded, what is there, and who handed it in.

use diesel::prelude::*;
use sync_core::base::Digest;

use crate::schema::{file, file_holder, upload};

/// Something that is being uploaded, or was until a short while ago.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = upload)]
pub struct Upload {
    /// District.
    pub district: i64,
    /// Its id.
    pub id: String,
    /// The officer whose it is, by whichever of his handhelds.
    pub owner: String,
    /// Digest of the whole.
    pub sha256: Vec<u8>,
    /// Bytes of the whole.
    pub size: i64,
    /// Bytes that are here and flushed.
    pub at: i64,
    /// What it was called.
    pub name: String,
    /// What was said of it, as it was written.
    pub metadata: String,
    /// The record whose evidence it is said to be.
    pub record: Option<Vec<u8>>,
    /// When it was begun.
    pub begun_ms: i64,
    /// When it goes if nothing more comes.
    pub expires_ms: i64,
}

impl Upload {
    /// Digest of the whole.
    pub fn digest(&self) -> Option<Digest> {
        self.sha256.clone().try_into().ok().map(Digest)
    }

    /// Whether everything is here.
    pub fn whole(&self) -> bool {
        self.at == self.size
    }
}

/// A file that is there.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = file)]
pub struct FileRow {
    /// District.
    pub district: i64,
    /// Its digest.
    pub sha256: Vec<u8>,
    /// Its bytes.
    pub size: i64,
    /// What its first bytes say it is.
    pub mime: String,
    /// When it came.
    pub stored_ms: i64,
}

/// Somebody who handed a file in, whole: he may be told that it is there.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = file_holder)]
pub struct Holder {
    /// District.
    pub district: i64,
    /// The file.
    pub sha256: Vec<u8>,
    /// The officer.
    pub owner: String,
    /// When.
    pub at_ms: i64,
}
