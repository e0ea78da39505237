//! `POST /sync/v1/session`: do both sides remember the same past? With the answer come the offline lease and the token
//! that hands in sealed copies.

use actix_web::{HttpRequest, HttpResponse, web};
use sync_core::base::DeviceId;
use sync_core::district::{DeviceState, Store as _, session as answer};
use sync_core::law::policy::get;
use sync_core::protocol::{DEFAULT_LEASE_MS, PROTOCOL, SessionRequest};

use crate::access::{Access, DeviceWrites};
use crate::app::App;
use crate::base::body;
use crate::base::problem::Problem;
use crate::base::token::{DEPOSIT_SECONDS, DepositClaims};
use crate::sync::store::Want;

/// A session names at most some 10,000 records.
const LIMIT: usize = 1 << 20;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3_600_000;

/// Milliseconds for which a handheld may be read after a contact: the policy `handheld.lease`, in days.
pub fn lease(app: &App) -> i64 {
    let days = get::<i64>(&app.law().book, "handheld.lease", app.today()).map(|answer| answer.value);
    days.map_or(DEFAULT_LEASE_MS, |days| days.saturating_mul(DAY_MS))
}

/// Whether a device may fetch, and so may be read on: not revoked, and its officer not suspended.
fn may_read(app: &App, device: DeviceId) -> bool {
    let Some(known) = app.live.device(device).filter(|d| d.state != DeviceState::Revoked) else { return false };
    !app.live.officer(&known.officer).is_some_and(|o| o.suspended)
}

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
    let (keys, law) = (app.keys.clone(), app.law());
    let want = Want { devices: vec![device], ..Want::default() };
    let done = app.committer.run(want, move |store| {
        let (kinds, now) = (store.kinds, store.now);
        let before = store.head()?.epoch;
        let said = answer(store, kinds, device, &asked, &keys.receipt, now)?;
        if store.head()?.epoch > before {
            crate::number::keep_back(store, &law.book)?;
        }
        if !asked.done.is_empty() {
            crate::number::lose_erased(store, device)?;
        }
        Ok(said)
    });
    let mut response = done.await?.map_err(Problem::internal)?;
    response.lease_ms = if may_read(&app, device) { lease(&app) } else { 0 };
    response.limits.originals_metered = get::<String>(&app.law().book, "handheld.originals", app.today()).is_ok_and(|answer| answer.value == "now");
    response.deposit = app.tokens.make(DepositClaims { sub: device }, DEPOSIT_SECONDS, app.now());
    Ok(body::json(serde_json::to_vec(&response).map_err(Problem::internal)?, body::takes_zstd(&request)))
}
