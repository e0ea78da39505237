//! `GET /sync/v1/log/proof` and `/certificates`: what others need to check signatures and the log without trusting us.

use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::merkle::{inclusion_proof, root_at};
use sync_core::base::{DeviceId, Digest};
use sync_core::district::{NodesOf, Store as _};
use sync_core::protocol::Signed;
use sync_core::record::Dot;

use super::reading;
use crate::access::{Access, DeviceReads};
use crate::base::problem::Problem;
use crate::on;
use crate::schema::device;
use crate::sync::store::StoreError;
use crate::sync::store::rows::{device_id, id};

/// Which change, and in which size of the log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofQuery {
    device: DeviceId,
    seq: u64,
    /// The size that a receipt names; the present one if left out.
    size: Option<u64>,
}

#[derive(Serialize)]
struct Proof {
    hash: Digest,
    leaf: u64,
    log_size: u64,
    log_root: Digest,
    path: Vec<Digest>,
}

/// The path that proves a change to be in the log (RFC 6962 §2.1.1).
pub async fn proof(access: Access<DeviceReads>, query: web::Query<ProofQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let (kinds, now) = (access.app.kinds.clone(), access.app.now());
    let found = access.app.read(move |tx, district| {
        let mut store = reading(tx, district, &kinds, now)?;
        let Some(entry) = store.entry(Dot::new(query.device, query.seq))? else { return Ok(Err(Problem::not_found("change of this device and number"))) };
        let present = store.head()?.log.size;
        let log_size = query.size.unwrap_or(present);
        if log_size > present || log_size <= entry.leaf {
            return Ok(Err(Problem::field("size", format!("give a size from {} to {present}", entry.leaf + 1))));
        }
        let path = inclusion_proof(&mut NodesOf(&mut store), entry.leaf, log_size)?;
        let log_root = root_at(&mut NodesOf(&mut store), log_size)?;
        Ok::<_, StoreError>(Ok(Proof { hash: entry.hash, leaf: entry.leaf, log_size, log_root, path }))
    });
    Ok(HttpResponse::Ok().json(found.await??))
}

/// Keyset pagination by device.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    after: Option<DeviceId>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Certificates {
    certificates: Vec<Signed>,
    next: Option<DeviceId>,
}

/// Certificates of the district's devices, in order of device; `next` is absent on the last page.
pub async fn certificates(access: Access<DeviceReads>, page: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let limit = i64::from(page.limit.unwrap_or(200).clamp(1, 500));
    let after = page.after.map_or(-1, id);
    let rows: Vec<(i64, String)> = access
        .app
        .read(move |tx, district| {
            Ok(on!(tx, |c| device::table
                .filter(device::district.eq(district))
                .filter(device::id.gt(after))
                .filter(device::certificate.ne(""))
                .order(device::id)
                .limit(limit)
                .select((device::id, device::certificate))
                .load(c))?)
        })
        .await?;
    let full = rows.len() as i64 == limit;
    let next = rows.last().filter(|_| full).map(|r| device_id(r.0));
    let certificates = rows.iter().map(|r| serde_json::from_str(&r.1)).collect::<Result<_, _>>().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().json(Certificates { certificates, next }))
}
