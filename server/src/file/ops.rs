//! What uploads change in the database: begun, gone on, there, over. Each in the committer's group, so that pieces of many share a flush.

use std::collections::BTreeMap;

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sync_core::evidence::custody::What;

use super::of_record;
use super::row::{FileRow, Holder, Upload};
use super::tus::Wanted;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::custody;
use crate::on;
use crate::org::ops::Op;
use crate::org::reach::Reach;
use crate::picture;
use crate::schema::{file, file_holder, upload};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working};

/// How long an upload waits for its next piece.
pub const WAITS_MS: i64 = 7 * 24 * 3_600_000;
/// How long one that is whole is still known by its own address, for a client that did not hear so.
pub const KNOWN_MS: i64 = 24 * 3_600_000;
/// Most uploads of one owner under way, and most bytes that they may come to.
const MOST_OPEN: i64 = 500;
const MOST_BYTES: i64 = 8 << 30;

/// An upload by its id, if it is this owner's; anybody else's is as good as none.
pub fn find(tx: &mut Tx<'_>, district: i64, owner: &str, id: &str) -> Result<Option<Upload>, StoreError> {
    let found: Option<Upload> = on!(tx, |c| upload::table.find((district, id)).select(Upload::as_select()).first(c).optional())?;
    Ok(found.filter(|upload| upload.owner == owner))
}

/// Whether this owner handed this file in before. What others handed in is no matter of his.
fn holds(store: &mut Working<'_, '_>, owner: &str, sha256: &[u8]) -> Result<bool, StoreError> {
    let district = store.district;
    let count: i64 = on!(store.tx, |c| file_holder::table
        .filter(file_holder::district.eq(district))
        .filter(file_holder::sha256.eq(sha256))
        .filter(file_holder::owner.eq(owner))
        .count()
        .get_result(c))?;
    Ok(count > 0)
}

/// Begins an upload, or finds the one that this owner began of the same file; whole at once if he handed it in before, or if the record
/// that he names, and reaches, says that it is there.
pub fn begin(store: &mut Working<'_, '_>, owner: &str, id: &str, wanted: &Wanted, reach: &Reach) -> Op<Upload> {
    let (district, sha256, now) = (store.district, wanted.sha256.0.to_vec(), store.now.0);
    let record = match wanted.record {
        Some(record) if of_record::within(store, reach, record)? => Some(record),
        _ => None,
    };
    let mine = holds(store, owner, &sha256)?;
    let known = match record {
        _ if mine => true,
        Some(record) => of_record::is_said(store, record, wanted.sha256)?,
        None => false,
    };
    if let Some(record) = record.filter(|_| mine) {
        of_record::give(store, record, &sha256)?;
        store.stir(record);
    }
    let open: Option<Upload> = on!(store.tx, |c| upload::table
        .filter(upload::district.eq(district))
        .filter(upload::owner.eq(owner))
        .filter(upload::sha256.eq(&sha256))
        .filter(upload::size.eq(wanted.size))
        .select(Upload::as_select())
        .first(c)
        .optional())?;
    if let Some(stale) = open.as_ref().filter(|open| open.whole() && !known) {
        // Whole on another record's word only: of these bytes he has sent none.
        end(store, &stale.id)?;
    } else if let Some(mut open) = open {
        if !open.whole() {
            open.expires_ms = now + WAITS_MS;
            on!(store.tx, |c| diesel::update(upload::table.find((district, &open.id))).set(upload::expires_ms.eq(open.expires_ms)).execute(c))?;
        }
        return Ok(Ok(open));
    }
    if !known {
        let (count, bytes) = under_way(store, owner)?;
        if count >= MOST_OPEN || bytes + wanted.size > MOST_BYTES {
            let detail = format!("{count} uploads of {bytes} bytes are under way, at most {MOST_OPEN} of {MOST_BYTES}; finish or delete some");
            return Ok(Err(Problem::new("upload_quota", detail)));
        }
    }
    let (at, lives) = if known { (wanted.size, KNOWN_MS) } else { (0, WAITS_MS) };
    let record = record.map(|record| record.to_bytes().to_vec());
    let row = Upload {
        district,
        id: id.to_owned(),
        owner: owner.to_owned(),
        sha256,
        size: wanted.size,
        at,
        name: wanted.name.clone(),
        metadata: wanted.metadata.clone(),
        record,
        begun_ms: now,
        expires_ms: now + lives,
    };
    on!(store.tx, |c| diesel::insert_into(upload::table).values(&row).execute(c))?;
    Ok(Ok(row))
}

/// How many uploads of an owner are not whole yet, and the bytes that they come to.
fn under_way(store: &mut Working<'_, '_>, owner: &str) -> Result<(i64, i64), StoreError> {
    let district = store.district;
    Ok(on!(store.tx, |c| upload::table
        .filter(upload::district.eq(district))
        .filter(upload::owner.eq(owner))
        .filter(upload::at.lt(upload::size))
        .select((count_star(), sql::<BigInt>("CAST(COALESCE(SUM(size), 0) AS BIGINT)")))
        .first(c))?)
}

/// Notes that bytes up to `to` are flushed. Not if the upload no longer stands at `from`: another process took them in meanwhile.
pub fn advance(store: &mut Working<'_, '_>, id: &str, from: i64, to: i64) -> Result<bool, StoreError> {
    let (district, expires) = (store.district, store.now.0 + WAITS_MS);
    let rows = upload::table.filter(upload::district.eq(district)).filter(upload::id.eq(id)).filter(upload::at.eq(from));
    Ok(on!(store.tx, |c| diesel::update(rows).set((upload::at.eq(to), upload::expires_ms.eq(expires))).execute(c))? == 1)
}

/// A file is there: its digest was compared, and it lies in its place.
pub fn settle(store: &mut Working<'_, '_>, done: &Upload, mime: &str) -> Result<(), StoreError> {
    let (district, now) = (store.district, store.now.0);
    let row = FileRow { district, sha256: done.sha256.clone(), size: done.size, mime: mime.to_owned(), stored_ms: now };
    on!(store.tx, |c| diesel::insert_into(file::table).values(&row).on_conflict_do_nothing().execute(c))?;
    picture::todo(store, &done.sha256)?;
    let holder = Holder { district, sha256: done.sha256.clone(), owner: done.owner.clone(), at_ms: now };
    let fresh = on!(store.tx, |c| diesel::insert_into(file_holder::table).values(&holder).on_conflict_do_nothing().execute(c))? == 1;
    if let Some(record) = done.record.as_deref() {
        of_record::give(store, record_id(record)?, &done.sha256)?;
    }
    of_record::tell(store, &done.sha256)?;
    let rows = upload::table.filter(upload::district.eq(district)).filter(upload::id.eq(&done.id));
    on!(store.tx, |c| diesel::update(rows).set((upload::at.eq(done.size), upload::expires_ms.eq(now + KNOWN_MS))).execute(c))?;
    if fresh {
        let record = done.record.as_deref().map(record_id).transpose()?;
        let detail = BTreeMap::from([("mime".to_owned(), mime.to_owned()), ("size".to_owned(), done.size.to_string())]);
        let sha256 = done.digest().ok_or_else(|| StoreError::Broken(format!("upload {} names no digest", done.id)))?;
        custody::note(store, sha256, What::Received, &done.owner, record, detail)?;
    }
    Ok(())
}

/// An upload is over without having become a file.
pub fn end(store: &mut Working<'_, '_>, id: &str) -> Result<(), StoreError> {
    let district = store.district;
    on!(store.tx, |c| diesel::delete(upload::table.find((district, id))).execute(c))?;
    Ok(())
}

/// Says of bytes that lie under their digest that they do: a server ended before it said so, and nobody came back. It is nobody's file yet.
pub fn adopt(store: &mut Working<'_, '_>, sha256: &[u8], size: i64, mime: &str) -> Result<(), StoreError> {
    let row = FileRow { district: store.district, sha256: sha256.to_vec(), size, mime: mime.to_owned(), stored_ms: store.now.0 };
    on!(store.tx, |c| diesel::insert_into(file::table).values(&row).on_conflict_do_nothing().execute(c))?;
    picture::todo(store, sha256)
}

/// Uploads whose time is over.
pub fn expired(store: &mut Working<'_, '_>, most: i64) -> Result<Vec<Upload>, StoreError> {
    let (district, now) = (store.district, store.now.0);
    Ok(on!(store.tx, |c| upload::table
        .filter(upload::district.eq(district))
        .filter(upload::expires_ms.le(now))
        .order((upload::expires_ms, upload::id))
        .limit(most)
        .select(Upload::as_select())
        .load(c))?)
}
