//! `POST /sync/v1/enrol`: one-time code, the officer's password, proof of the key → a certificate.

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use sync_core::base::keys::{PublicKey, Signer as _};
use sync_core::base::{DeviceId, Digest};
use sync_core::district::{DeviceRow, DeviceState, Store as _};
use sync_core::protocol::{Bytes, Certificate, EnrolRequest, Enrolled, Signed, enrol_digest};

use super::prove::bad_code;
use crate::access::{Access, Public};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::{Op, code_hash, describe_device};
use crate::schema::{device, enrolment_code};
use crate::sync::store::rows::id;
use crate::sync::store::{StoreError, Want, Working};

type Code = (String, i64, Option<i64>, Option<i64>);

/// Enrols a device: 200 with what it needs of the server; the same again when repeated.
pub async fn enrol(access: Access<Public>, request: HttpRequest, body: web::Json<EnrolRequest>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(access.app.enrol(&request, body.into_inner()).await?))
}

impl App {
    async fn enrol(&self, call: &HttpRequest, request: EnrolRequest) -> Result<Enrolled, Problem> {
        if request.device.is_office() {
            return Err(Problem::field("device", "ids with the top bit set are the office's; draw another"));
        }
        if request.code.len() > 200 || request.label.chars().count() > 100 || request.public_key.0.len() > 1_000 {
            return Err(Problem::field("label", "code, label or key are longer than allowed (200, 100, 1,000)"));
        }
        let key = PublicKey::new(&request.alg, &request.public_key.0).ok_or_else(|| Problem::field("public_key", "not a key of a known algorithm; send ed25519, 32 bytes"))?;
        if !key.verify(&request.alg, &enrol_digest(&request.code, request.device).0, &request.proof.0) {
            return Err(Problem::field("proof", "the proof is not this key's signature over code and device"));
        }
        let attempt = self.attempt(&request.officer, call).await?;
        let hash = code_hash(&request.code);
        let code: Option<Code> = self.read(move |tx, district| find_code(tx, district, &hash)).await?;
        // Another's code is refused after the password was looked at: it takes as long and says no more.
        self.prove(&attempt, &request.password).await?;
        if code.is_none_or(|(officer, ..)| officer != request.officer.as_str()) {
            self.refused(&attempt, "code").await?;
            return Err(bad_code());
        }
        self.forgive(&attempt).await?;
        let certificate = self.certify(request).await?;
        Ok(Enrolled {
            certificate,
            server_alg: self.keys.receipt.alg().to_owned(),
            server_key: Bytes(self.keys.receipt.public_key()),
            server_recipient: self.keys.recipient(),
            district: self.district,
            epoch: self.live.epoch(),
        })
    }

    async fn certify(&self, request: EnrolRequest) -> Result<Signed, Problem> {
        let (keys, district) = (self.keys.clone(), self.district);
        let want = Want { devices: vec![request.device], ..Want::default() };
        let done = self.committer.run(want, move |store| {
            let certificate = Certificate {
                device: request.device,
                officer: request.officer.clone(),
                district,
                alg: request.alg.clone(),
                public_key: request.public_key.clone(),
                issued: store.now,
                first_prev: request.continues.unwrap_or(Digest::ZERO),
            };
            match Signed::new(&certificate, &keys.receipt) {
                Ok(signed) => admit(store, &request, &certificate, signed),
                Err(e) => Ok(Err(Problem::internal(e))),
            }
        });
        done.await?
    }
}

fn find_code(tx: &mut crate::base::db::Tx<'_>, district: i64, hash: &Digest) -> Result<Option<Code>, StoreError> {
    Ok(on!(tx, |c| enrolment_code::table
        .find((district, hash.0.as_slice()))
        .select((enrolment_code::officer, enrolment_code::expires_ms, enrolment_code::used_device, enrolment_code::used_ms))
        .first(c)
        .optional())?)
}

/// Uses the code up and enters the device, in one transaction.
fn admit(store: &mut Working<'_, '_>, request: &EnrolRequest, certificate: &Certificate, signed: Signed) -> Op<Signed> {
    let (hash, district, now) = (code_hash(&request.code), store.district, store.now);
    let Some((officer, expires, used_by, used_ms)) = find_code(store.tx, district, &hash)? else { return Ok(Err(bad_code())) };
    if officer != request.officer.as_str() {
        return Ok(Err(bad_code()));
    }
    if let Some(row) = store.device(request.device)? {
        // The same request again: its answer was lost.
        if used_by == Some(id(request.device)) && row.public_key == request.public_key.0 && row.officer == request.officer {
            return Ok(stored_certificate(store, request.device)?.ok_or_else(bad_code));
        }
        return Ok(Err(Problem::new("conflict", "there is a device of this id already; draw another")));
    }
    if used_ms.is_some() || expires <= now.0 {
        return Ok(Err(bad_code()));
    }
    on!(store.tx, |c| diesel::update(enrolment_code::table.find((district, hash.0.as_slice())))
        .set((enrolment_code::used_device.eq(id(request.device)), enrolment_code::used_ms.eq(now.0)))
        .execute(c))?;
    store.put_device(&DeviceRow {
        device: request.device,
        officer: request.officer.clone(),
        alg: request.alg.as_str().into(),
        public_key: request.public_key.0.clone(),
        first_prev: certificate.first_prev,
        state: DeviceState::Active,
        through_seq: 0,
        head_hash: certificate.first_prev,
    })?;
    let text = serde_json::to_string(&signed).map_err(|e| StoreError::Broken(e.to_string()))?;
    describe_device(store, request.device, &request.label, &text)?;
    store.note(Deed::of(&request.officer, "device.enrolled", format!("device:{}", request.device)));
    Ok(Ok(signed))
}

fn stored_certificate(store: &mut Working<'_, '_>, which: DeviceId) -> Result<Option<Signed>, StoreError> {
    let district = store.district;
    let text: Option<String> = on!(store.tx, |c| device::table.find((district, id(which))).select(device::certificate).first(c).optional())?;
    Ok(text.and_then(|t| serde_json::from_str(&t).ok()))
}
