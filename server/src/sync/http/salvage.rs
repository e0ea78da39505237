//! `POST /sync/v1/salvage`: mirrors from beyond a restore point, into custody.

use actix_web::{HttpRequest, HttpResponse, web};
use sync_core::district::take_salvage;
use sync_core::protocol::{Limits, Salvage};

use crate::access::{Access, DeviceWrites};
use crate::base::body;
use crate::base::problem::Problem;
use crate::sync::store::Want;

/// Takes a list of [`Salvage`] into custody: 204.
pub async fn salvage(access: Access<DeviceWrites>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let limits = Limits::default();
    let raw = body::read(&request, payload, limits.push_bytes).await?;
    let list: Vec<Salvage> = web::block(move || {
        let bytes = raw.open()?;
        serde_json::from_slice(&bytes).map_err(|e| Problem::new(if e.is_data() { "invalid_field" } else { "bad_request" }, format!("salvage: {e}")))
    })
    .await??;
    if list.len() > limits.push_changes {
        return Err(Problem::new("body_too_large", format!("more than {} records; send half of them", limits.push_changes)));
    }
    let device = access.actor;
    let done = access.app.committer.run(Want::default(), move |store| list.iter().try_for_each(|one| take_salvage(store, device, one)));
    done.await?;
    Ok(HttpResponse::NoContent().finish())
}
