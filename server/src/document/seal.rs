//! Images of organs' seals: uploaded by the system administrator, each from a day on, and kept. An organ without one has a round
//! seal with its name drawn.

use std::collections::BTreeMap;
use std::io::Cursor;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use image::{ImageFormat, ImageReader, Limits};
use serde::Deserialize;
use serde_json::json;
use sync_core::base::{Date, Digest};
use sync_core::org::Organ;

use crate::access::{Access, ReadsRecords, SystemAdmin};
use crate::audit::Deed;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::seal_image;
use crate::sync::store::{StoreError, Want};

/// Most bytes of an image.
const MAX_BYTES: usize = 64 << 10;
/// Most pixels of an image, each way.
const MAX_SIDE: u32 = 600;

/// `POST /api/v1/organs/{organ}/seal`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The first day on which it is used; today if left out.
    #[serde(default)]
    from: Option<Date>,
}

/// Takes an image of an organ's seal: a PNG of at most 64 KiB and 600 × 600 pixels. 201 with its digest; the same image again changes nothing.
pub async fn upload(access: Access<SystemAdmin>, organ: web::Path<String>, query: web::Query<Query>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let (app, organ) = (access.app, organ.into_inner());
    let from = query.into_inner().from.unwrap_or_else(|| app.today());
    if app.law().book.get::<Organ>(&organ, from).is_none() {
        return Err(Problem::not_found(&format!("organ {organ:.64} on {from}")));
    }
    let png = body.to_vec();
    let png = web::block(move || checked(png)).await??;
    let (digest, officer) = (Digest::plain(&png), access.actor.officer);
    let of = organ.clone();
    let taken = app.committer.run(Want::default(), move |store| {
        // What holds from that day already is not entered again; an image that was used before may come back.
        if seal_of(store.tx, store.district, &of, &from.to_string())? == Some(digest) {
            return Ok(false);
        }
        let row = (
            seal_image::district.eq(store.district),
            seal_image::organ.eq(&of),
            seal_image::sha256.eq(digest.0.to_vec()),
            seal_image::png.eq(&png),
            seal_image::valid_from.eq(from.to_string()),
            seal_image::uploaded_ms.eq(store.now.0),
            seal_image::uploaded_by.eq(officer.as_str()),
        );
        let new = on!(store.tx, |c| diesel::insert_into(seal_image::table).values(row.clone()).on_conflict_do_nothing().execute(c))?;
        if new > 0 {
            store.note(Deed::of(&officer, "seal.uploaded", format!("organ:{of}")).with(json!({ "digest": digest.to_string(), "from": from.to_string() })));
        }
        Ok::<_, StoreError>(new > 0)
    });
    let new = taken.await?;
    let said = json!({ "organ": organ, "digest": digest.to_string(), "from": from.to_string() });
    Ok(if new { HttpResponse::Created().json(said) } else { HttpResponse::Ok().json(said) })
}

/// The image of an organ's seal as it is today; 404 for an organ whose seal is drawn.
pub async fn show(access: Access<ReadsRecords>, organ: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (organ, today) = (organ.into_inner(), access.app.today().to_string());
    let found = access
        .app
        .read(move |tx, district| {
            let Some(digest) = seal_of(tx, district, &organ, &today)? else { return Ok(None) };
            Ok(images(tx, district, &[digest])?.remove(&digest))
        })
        .await?;
    let png = found.ok_or_else(|| Problem::not_found("image of this organ's seal; its seal is drawn"))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "image/png")).insert_header((CACHE_CONTROL, "private, no-cache")).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    Ok(response.body(png))
}

/// A PNG that can be read, within the bounds.
fn checked(png: Vec<u8>) -> Result<Vec<u8>, Problem> {
    if png.is_empty() || png.len() > MAX_BYTES {
        return Err(Problem::field("body", format!("send a PNG of at most {MAX_BYTES} bytes")));
    }
    let mut reader = ImageReader::with_format(Cursor::new(&png), ImageFormat::Png);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    reader.limits(limits);
    match reader.decode() {
        Ok(_) => Ok(png),
        Err(why) => Err(Problem::field("body", format!("send a PNG of at most {MAX_SIDE} × {MAX_SIDE} pixels: {why}"))),
    }
}

/// The organ's seal on a day: its digest, if it uploaded an image.
pub fn seal_of(tx: &mut Tx<'_>, district: i64, organ: &str, day: &str) -> Result<Option<Digest>, StoreError> {
    let found: Option<Vec<u8>> = on!(tx, |c| seal_image::table
        .filter(seal_image::district.eq(district))
        .filter(seal_image::organ.eq(organ))
        .filter(seal_image::valid_from.le(day))
        .order((seal_image::valid_from.desc(), seal_image::uploaded_ms.desc()))
        .select(seal_image::sha256)
        .first(c)
        .optional())?;
    Ok(found.and_then(|bytes| bytes.try_into().ok().map(Digest)))
}

/// The images of seals by their digests.
pub fn images(tx: &mut Tx<'_>, district: i64, digests: &[Digest]) -> Result<BTreeMap<Digest, Vec<u8>>, StoreError> {
    let mut out = BTreeMap::new();
    for digest in digests {
        let key = digest.0.to_vec();
        let png: Option<Vec<u8>> =
            on!(tx, |c| seal_image::table.filter(seal_image::district.eq(district)).filter(seal_image::sha256.eq(&key)).select(seal_image::png).first(c).optional())?;
        out.extend(png.map(|png| (*digest, png)));
    }
    Ok(out)
}
