//! `GET /sync/v1/law?have=…&slice=…&of=…&at=…`: what leads from the revision that a handheld holds to the newest, of the areas
//! in which its officer's organ works; the whole pack if it holds none, or another slice.
//!
//! Deliberately absent: an entry of the audit. What travels is the book: codes of officers with their units and certificates,
//! as published, and no names or numbers of people.

use actix_web::http::header::CONTENT_ENCODING;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use sync_core::base::Digest;
use sync_core::base::pack::unpack;

use crate::access::{Access, DeviceReads};
use crate::base::body;
use crate::base::problem::Problem;
use crate::law::packs::{Asked, Page};

/// Largest page, inflated: its rows, one beyond them, and what stands around them.
const MAX_PAGE: usize = 4 << 20;

/// What the handheld holds, and where it broke off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The revision of the pack that it holds.
    have: Option<u64>,
    /// The slice of that pack.
    slice: Option<Digest>,
    /// The revision of the pack that it is fetching.
    of: Option<u64>,
    /// Entries of it that have arrived.
    at: Option<u64>,
}

/// One page for a device.
pub async fn law(access: Access<DeviceReads>, request: HttpRequest, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let (app, device) = (access.app, access.actor);
    let query = query.into_inner();
    let held = match (query.have, query.slice) {
        (Some(rev), Some(slice)) => Some((rev, slice)),
        (None, None) => None,
        _ => return Err(Problem::field("slice", "give have and slice together, or none of them for a whole pack")),
    };
    app.current().await?;
    let officer = app.live.device(device).ok_or_else(|| Problem::not_found("device"))?.officer;
    let unit = app.live.officer(&officer).map(|known| known.unit);
    let asked = Asked { district: app.district, epoch: app.live.epoch(), today: app.today(), officer, unit, rev: app.law().rev, held };
    let pack = web::block(move || app.packs.get(&app.db, &app.keys.receipt, &asked)).await??;
    // A book that has changed since begins again: pages of two revisions are not of one pack.
    let at = query.at.filter(|_| query.of == Some(pack.rev)).unwrap_or(0);
    let page = pack.page(at).ok_or_else(|| Problem::internal("a pack without a page"))?;
    answer(page, body::takes_zstd(&request))
}

fn answer(page: &Page, zstd: bool) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    Ok(match (page.packed, zstd) {
        (false, _) => response.body(page.bytes.clone()),
        (true, true) => response.insert_header((CONTENT_ENCODING, "zstd")).body(page.bytes.clone()),
        (true, false) => response.body(unpack(&page.bytes, MAX_PAGE).map_err(Problem::internal)?),
    })
}
