//! `GET /sync/v1/pull?cursor=…&limit=…`: a page of one snapshot. An empty page costs no database on SQLite.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use sync_core::district::pull as page;
use sync_core::protocol::{Cursor, Limits};

use super::reading;
use crate::access::{Access, DeviceReads};
use crate::audit::Deed;
use crate::base::body;
use crate::base::problem::Problem;

/// The query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    #[serde(default)]
    cursor: String,
    limit: Option<usize>,
}

/// One page for a device.
pub async fn pull(access: Access<DeviceReads>, request: HttpRequest, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let (app, device) = (access.app, access.actor);
    let query = query.into_inner();
    let cursor = Cursor::parse(&query.cursor).ok_or_else(|| Problem::field("cursor", "not a cursor of this server; leave it out to begin anew"))?;
    let mut limits = Limits::default();
    match query.limit {
        Some(0) => return Err(Problem::field("limit", format!("give 1 to {}", limits.page_items))),
        Some(n) => limits.page_items = limits.page_items.min(n),
        None => {}
    }
    app.current().await?;
    let now = app.now();
    if let Some(nothing) = app.live.nothing_new(device, &cursor, &query.cursor, now) {
        return Ok(body::json(nothing, false));
    }
    let scope = app.live.scope(device, now);
    let zstd = body::takes_zstd(&request);
    let (db, district, kinds) = (app.db.clone(), i64::from(app.district.0), app.kinds.clone());
    let after = cursor.buckets.values().map(|p| p.at).max();
    let told = web::block(move || {
        db.read(|tx| {
            let mut store = reading(tx, district, &kinds, now)?;
            page(&mut store, device, &scope, &cursor, &limits)
        })
    })
    .await??;
    if told.count > 0 {
        // Records hold what is personal: that a handheld was given some is on record before it has them.
        let detail = serde_json::json!({ "items": told.count, "after": after });
        app.note(Deed::of_device(device, "record.pulled", format!("device:{device}")).with(detail)).await?;
    }
    Ok(body::json(told.into_json(), zstd))
}
