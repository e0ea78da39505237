//! `POST /sync/v1/nonce` and `/token`: a handheld proves its key and gets a short token.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::base::{DeviceId, b64};
use sync_core::district::adopt;
use sync_core::protocol::{Certificate, TokenRequest, TokenResponse, nonce_digest};

use crate::access::{Access, Public};
use crate::app::App;
use crate::base::keys::random;
use crate::base::problem::Problem;
use crate::base::token::{Bad, DEVICE_SECONDS, DeviceClaims, NONCE_SECONDS, NonceClaims};
use crate::org::ops::describe_device;
use crate::sync::live::LiveDevice;
use crate::sync::store::{StoreError, Want};

/// `POST /sync/v1/nonce`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonceRequest {
    /// Who asks; the nonce itself is bound to nobody, its signature is.
    #[serde(rename = "device")]
    _device: DeviceId,
}

/// Gives a nonce that is good for two minutes. Nothing is stored.
pub async fn nonce(access: Access<Public>, _: web::Json<NonceRequest>) -> Result<HttpResponse, Problem> {
    let app = access.app;
    let jti = b64::encode(&random::<16>().map_err(Problem::internal)?);
    let nonce = app.tokens.make(NonceClaims { jti }, NONCE_SECONDS, app.now()).ok_or_else(|| Problem::internal("no nonce could be made"))?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "nonce": nonce })))
}

/// Gives a token for the signature over a nonce. A revoked device gets one too: it may still deliver.
pub async fn token(access: Access<Public>, body: web::Json<TokenRequest>) -> Result<HttpResponse, Problem> {
    let (app, request) = (access.app, body.into_inner());
    let now = app.now();
    match app.tokens.read::<NonceClaims>(&request.nonce, now) {
        Ok(_) => {}
        Err(Bad::Expired) => return Err(Problem::new("token_expired", "the nonce is older than two minutes; ask for a new one")),
        Err(Bad::Invalid) => return Err(Problem::new("unauthorized", "the nonce is not this server's; ask for one")),
    }
    app.current().await?;
    let unknown = || Problem::new("unauthorized", "no such device is enrolled here, or the signature is not its key's; enrol it");
    let known = match app.live.device(request.device) {
        Some(known) => known,
        None => app.adopt(&request).await?.ok_or_else(unknown)?,
    };
    let key = known.key.ok_or_else(unknown)?;
    if !key.verify(&known.alg, &nonce_digest(&request.nonce).0, &request.signature.0) {
        return Err(unknown());
    }
    let token = app.tokens.make(DeviceClaims { sub: request.device }, DEVICE_SECONDS, now).ok_or_else(|| Problem::internal("no token could be made"))?;
    Ok(HttpResponse::Ok().json(TokenResponse { token, expires_in: DEVICE_SECONDS.cast_unsigned() }))
}

impl App {
    /// Lets a device in again that this server certified and, after a restore, no longer knows.
    async fn adopt(&self, request: &TokenRequest) -> Result<Option<LiveDevice>, Problem> {
        let Some(certificate) = request.certificate.clone() else { return Ok(None) };
        let ours = certificate.open::<Certificate>(&self.keys.receipt_public);
        if !ours.is_some_and(|c| c.device == request.device && c.district == self.district) {
            return Ok(None);
        }
        let keys = self.keys.clone();
        let want = Want { devices: vec![request.device], ..Want::default() };
        let done = self.committer.run(want, move |store| {
            let row = adopt(store, &certificate, &keys.receipt_public)?;
            if let Some(row) = &row {
                let text = serde_json::to_string(&certificate).map_err(|e| StoreError::Broken(e.to_string()))?;
                describe_device(store, row.device, "", &text)?;
            }
            Ok(())
        });
        done.await?;
        Ok(self.live.device(request.device))
    }
}
