//! Small pictures of photos, by the SHA-256 of the original.

use rusqlite::{OptionalExtension, params};
use sync_core::base::Digest;

use super::{StoreError, Tx};

impl Tx<'_> {
    /// The thumbnail of a photo, a JPEG; `None` if it never came here.
    pub fn thumbnail(&mut self, photo: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let mut select = self.conn.prepare_cached("SELECT jpeg FROM thumbnail WHERE sha256 = ?1")?;
        Ok(select.query_row([photo.0], |r| r.get(0)).optional()?)
    }

    /// Keeps the thumbnail of a photo. The first one stays.
    pub fn put_thumbnail(&mut self, photo: Digest, jpeg: &[u8]) -> Result<(), StoreError> {
        self.conn.prepare_cached("INSERT INTO thumbnail (sha256, jpeg) VALUES (?1, ?2) ON CONFLICT (sha256) DO NOTHING")?.execute(params![photo.0, jpeg])?;
        Ok(())
    }
}
