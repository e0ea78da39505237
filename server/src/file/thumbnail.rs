//! `POST /sync/v1/thumbnails`: what photos look like, from handhelds whose originals wait for a better network.
//!
//! A thumbnail is for finding a photo, never evidence: it is believed only as far as the record that names the photo, shown only through it,
//! and goes when the original comes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde_json::json;
use sync_core::base::{Digest, RecordId};
use sync_core::evidence;
use sync_core::protocol::{MAX_THUMBNAILS, ThumbnailLine};
use sync_core::replica::MAX_THUMBNAIL_BYTES;

use super::of_record::within;
use crate::access::{Access, Uploads};
use crate::base::body;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::org::reach::Reach;
use crate::schema::file_thumbnail;
use crate::sync::store::{StoreError, Want, Working};

/// Most bytes of a request.
const LIMIT: usize = 16 << 20;

/// A line, or why it is none.
fn read(line: &[u8]) -> Result<ThumbnailLine, Problem> {
    let line: ThumbnailLine = serde_json::from_slice(line).map_err(|e| Problem::field("line", format!("is no thumbnail: {e}")))?;
    if line.jpeg.0.len() > MAX_THUMBNAIL_BYTES || !line.jpeg.0.starts_with(&[0xff, 0xd8, 0xff]) {
        return Err(Problem::field("jpeg", format!("must be a JPEG of at most {MAX_THUMBNAIL_BYTES} bytes")));
    }
    Ok(line)
}

/// Takes thumbnails in, a line each: 200 with how many are kept. Those of records out of reach, of photos that no record names, and of
/// originals that are here already, are left out.
pub async fn take(access: Access<Uploads>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let raw = body::read(&request, payload, LIMIT).await?;
    let lines = web::block(move || {
        let bytes = raw.open()?;
        bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).take(MAX_THUMBNAILS + 1).map(read).collect::<Result<Vec<_>, Problem>>()
    });
    let lines = lines.await??;
    if lines.len() > MAX_THUMBNAILS {
        return Err(Problem::field("lines", format!("are more than {MAX_THUMBNAILS}; send the rest in another request")));
    }
    let (app, officer) = (access.app, access.actor);
    let known = app.live.officer(&officer).ok_or_else(|| Problem::new("unauthorized", "this server knows no such officer"))?;
    let reach = Reach::of(&app, &officer, &known);
    let want = Want { records: lines.iter().map(|line| line.record).collect(), ..Want::default() };
    let taken = app.committer.run(want, move |store| {
        let mut taken = 0;
        for line in &lines {
            taken += usize::from(put(store, &reach, line)?);
        }
        Ok(taken)
    });
    Ok(HttpResponse::build(StatusCode::OK).json(json!({ "taken": taken.await? })))
}

fn put(store: &mut Working<'_, '_>, reach: &Reach, line: &ThumbnailLine) -> Result<bool, StoreError> {
    if !within(store, reach, line.record)? {
        return Ok(false);
    }
    let wanted = store.look(line.record)?.is_some_and(|record| evidence::named(&record).contains(&line.sha256) && !evidence::received(&record, line.sha256));
    if wanted {
        let (district, record, sha256) = (store.district, line.record.to_bytes().to_vec(), line.sha256.0.to_vec());
        let row = (
            file_thumbnail::district.eq(district),
            file_thumbnail::sha256.eq(sha256),
            file_thumbnail::record.eq(record),
            file_thumbnail::jpeg.eq(&line.jpeg.0),
            file_thumbnail::at_ms.eq(store.now.0),
        );
        on!(store.tx, |c| diesel::insert_into(file_thumbnail::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(wanted)
}

/// The thumbnail of a photo whose original is not here yet.
pub fn early(tx: &mut Tx<'_>, district: i64, record: RecordId, sha256: Digest) -> Result<Option<Vec<u8>>, StoreError> {
    let key = (district, sha256.0.to_vec(), record.to_bytes().to_vec());
    Ok(on!(tx, |c| file_thumbnail::table.find(key).select(file_thumbnail::jpeg).first(c).optional())?)
}

/// The original is here: what stood for it goes.
pub fn gone(store: &mut Working<'_, '_>, sha256: &[u8], record: RecordId) -> Result<(), StoreError> {
    let key = (store.district, sha256.to_vec(), record.to_bytes().to_vec());
    on!(store.tx, |c| diesel::delete(file_thumbnail::table.find(key)).execute(c))?;
    Ok(())
}
