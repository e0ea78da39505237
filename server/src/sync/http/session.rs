//! `POST /sync/v1/session`: do both sides remember the same past?

use actix_web::{HttpRequest, HttpResponse, web};
use sync_core::district::session as answer;
use sync_core::protocol::{PROTOCOL, SessionRequest};

use crate::access::{Access, DeviceWrites};
use crate::base::body;
use crate::base::problem::Problem;
use crate::sync::store::Want;

/// A session names at most some 10,000 records.
const LIMIT: usize = 1 << 20;

/// Answers with epoch, receipt, limits, scope and orders.
pub async fn session(access: Access<DeviceWrites>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let raw = body::read(&request, payload, LIMIT).await?;
    let asked: SessionRequest = web::block(move || {
        let bytes = raw.open()?;
        serde_json::from_slice(&bytes).map_err(|e| Problem::new(if e.is_data() { "invalid_field" } else { "bad_request" }, format!("session: {e}")))
    })
    .await??;
    if asked.protocol != PROTOCOL {
        return Err(Problem::field("protocol", format!("this server speaks version {PROTOCOL}; update the app or the server")));
    }
    let (app, device) = (access.app, access.actor);
    let keys = app.keys.clone();
    let want = Want { devices: vec![device], ..Want::default() };
    let done = app.committer.run(want, move |store| {
        let (kinds, now) = (store.kinds, store.now);
        answer(store, kinds, device, &asked, &keys.receipt, now)
    });
    let response = done.await?.map_err(Problem::internal)?;
    Ok(body::json(serde_json::to_vec(&response).map_err(Problem::internal)?, body::takes_zstd(&request)))
}
