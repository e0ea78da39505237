//! Administration over HTTP.

use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::{DeviceId, OfficerId, b64};
use sync_core::protocol::Command;
use sync_core::record::Bucket;

use super::Role;
use super::ops::{self, NewOfficer};
use crate::access::{Access, Admin};
use crate::app::App;
use crate::base::keys::random;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::{device, officer};
use crate::sync::store::rows::{device_id, id};
use crate::sync::store::{StoreError, Want};

/// `POST /api/v1/officers`.
#[derive(Deserialize)]
pub struct CreateOfficer {
    #[serde(flatten)]
    officer: NewOfficer,
    password: String,
}

/// Enters an officer: 201, 409 if the id is taken.
pub async fn create_officer(access: Access<Admin>, body: web::Json<CreateOfficer>) -> Result<HttpResponse, Problem> {
    let CreateOfficer { officer, password } = body.into_inner();
    access.app.create_officer(officer, &password).await?;
    Ok(HttpResponse::Created().finish())
}

/// Keyset pagination by id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct OfficerView {
    officer: String,
    name: String,
    unit: String,
    roles: Vec<Role>,
    suspended_ms: Option<i64>,
}

/// Lists officers in order of id.
pub async fn list_officers(access: Access<Admin>, page: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let page = page.into_inner();
    let officers = access
        .app
        .read(move |tx, district| {
            let rows: Vec<(String, String, String, String, Option<i64>)> = on!(tx, |c| officer::table
                .filter(officer::district.eq(district))
                .filter(officer::id.gt(page.after.as_deref().unwrap_or("")))
                .order(officer::id)
                .limit(ops::page(page.limit))
                .select((officer::id, officer::name, officer::unit, officer::roles, officer::suspended_ms))
                .load(c))?;
            let view = |(officer, name, unit, roles, suspended_ms): (String, String, String, String, Option<i64>)| {
                let roles = serde_json::from_str(&roles).map_err(|e| StoreError::Broken(format!("roles: {e}")))?;
                Ok(OfficerView { officer, name, unit, roles, suspended_ms })
            };
            rows.into_iter().map(view).collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    let next = officers.last().map(|o| o.officer.clone());
    Ok(HttpResponse::Ok().json(serde_json::json!({ "officers": officers, "next": next })))
}

/// `POST /api/v1/officers/{id}/grants`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    bucket: Bucket,
    #[serde(default)]
    end: bool,
}

/// Grants a bucket from now on, or ends the grant now: 204.
pub async fn grant(access: Access<Admin>, who: web::Path<OfficerId>, body: web::Json<GrantBody>) -> Result<HttpResponse, Problem> {
    let (who, body) = (who.into_inner(), body.into_inner());
    let done = access.app.committer.run(Want::default(), move |store| {
        let until = body.end.then_some(store.now);
        ops::grant(store, &who, &body.bucket, until)
    });
    done.await??;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/officers/{id}/suspension`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    suspended: bool,
}

/// Suspends an officer or lets him work again: 204.
pub async fn suspend(access: Access<Admin>, who: web::Path<OfficerId>, body: web::Json<Suspension>) -> Result<HttpResponse, Problem> {
    let (who, suspended) = (who.into_inner(), body.suspended);
    access.app.committer.run(Want::default(), move |store| ops::suspend(store, &who, suspended)).await??;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/officers/{id}/codes`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    hours: u32,
}

/// Issues a one-time enrolment code: 201. The code is shown once and kept only by its hash.
pub async fn issue_code(access: Access<Admin>, who: web::Path<OfficerId>, body: web::Json<CodeBody>) -> Result<HttpResponse, Problem> {
    let (code, expires) = access.app.issue_code(who.into_inner(), body.hours).await?;
    Ok(HttpResponse::Created().json(serde_json::json!({ "code": code, "expires_ms": expires.0 })))
}

/// A code of 100 random bits.
pub fn new_code() -> Result<String, Problem> {
    Ok(b64::encode(&random::<13>().map_err(Problem::internal)?))
}

#[derive(Serialize)]
struct DeviceView {
    device: DeviceId,
    officer: String,
    label: String,
    state: String,
    through_seq: i64,
    enrolled_ms: i64,
}

/// Lists devices in order of id.
pub async fn list_devices(access: Access<Admin>, page: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let page = page.into_inner();
    let after = match page.after.as_deref() {
        None => -1,
        Some(text) => id(text.parse().map_err(|e| Problem::field("after", format!("{e}")))?),
    };
    type Row = (i64, String, String, String, i64, i64);
    let devices = access.app.read(move |tx, district| {
        let rows: Vec<Row> = on!(tx, |c| device::table
            .filter(device::district.eq(district))
            .filter(device::id.gt(after))
            .order(device::id)
            .limit(ops::page(page.limit))
            .select((device::id, device::officer, device::label, device::state, device::through_seq, device::enrolled_ms))
            .load(c))?;
        let view = |(stored, officer, label, state, through_seq, enrolled_ms): Row| DeviceView { device: device_id(stored), officer, label, state, through_seq, enrolled_ms };
        Ok(rows.into_iter().map(view).collect::<Vec<_>>())
    });
    let devices = devices.await?;
    let next = devices.last().map(|d| d.device);
    Ok(HttpResponse::Ok().json(serde_json::json!({ "devices": devices, "next": next })))
}

/// Withdraws a device: 204.
pub async fn revoke_device(access: Access<Admin>, which: web::Path<DeviceId>) -> Result<HttpResponse, Problem> {
    let which = which.into_inner();
    access.app.committer.run(Want::default(), move |store| ops::revoke_device(store, which)).await??;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/devices/{id}/commands`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandBody {
    command: Command,
}

/// Orders something of a device: 201 with the order's number.
pub async fn order(access: Access<Admin>, which: web::Path<DeviceId>, body: web::Json<CommandBody>) -> Result<HttpResponse, Problem> {
    let (which, what) = (which.into_inner(), body.command);
    let number = access.app.committer.run(Want::default(), move |store| ops::order(store, which, what)).await??;
    Ok(HttpResponse::Created().json(serde_json::json!({ "number": number })))
}

impl App {
    /// Enters an officer with a password.
    pub async fn create_officer(&self, new: NewOfficer, password: &str) -> Result<(), Problem> {
        let hash = self.passwords.hash(password).await?;
        self.committer.run(Want::default(), move |store| ops::create_officer(store, &new, &hash)).await?
    }

    /// Grants a bucket to an officer from now on.
    pub async fn grant(&self, who: OfficerId, bucket: Bucket) -> Result<(), Problem> {
        self.committer.run(Want::default(), move |store| ops::grant(store, &who, &bucket, None)).await?
    }

    /// Issues a one-time enrolment code; gives it and when it expires.
    pub async fn issue_code(&self, who: OfficerId, hours: u32) -> Result<(String, sync_core::base::UtcMs), Problem> {
        let code = new_code()?;
        let kept = code.clone();
        let expires = self.committer.run(Want::default(), move |store| ops::issue_code(store, &who, &kept, hours)).await??;
        Ok((code, expires))
    }

    /// Withdraws a device.
    pub async fn revoke_device(&self, device: DeviceId) -> Result<(), Problem> {
        self.committer.run(Want::default(), move |store| ops::revoke_device(store, device)).await?
    }

    /// Suspends an officer, or lets him work again.
    pub async fn suspend_officer(&self, who: OfficerId, suspended: bool) -> Result<(), Problem> {
        self.committer.run(Want::default(), move |store| ops::suspend(store, &who, suspended)).await?
    }

    /// Orders something of a device; gives the order's number.
    pub async fn order(&self, device: DeviceId, what: Command) -> Result<u64, Problem> {
        self.committer.run(Want::default(), move |store| ops::order(store, device, what)).await?
    }
}
