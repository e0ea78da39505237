//! `/api/v1/devices`.

use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::DeviceId;
use sync_core::protocol::Command;

use super::Page;
use crate::access::{Access, ReadsPeople, SecurityAdmin};
use crate::app::App;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops;
use crate::org::reach::Reach;
use crate::schema::{command, device, officer, pending_report};
use crate::sync::store::rows::{device_id, id};
use crate::sync::store::{StoreError, Want};

/// An order to a device. Times are UTC milliseconds.
#[derive(Serialize)]
pub struct OrderView {
    /// Its number.
    pub number: i64,
    /// What is ordered.
    pub command: Command,
    /// When it was given.
    pub issued_ms: i64,
    /// When the device was last told.
    pub told_ms: Option<i64>,
    /// When it said that it is done.
    pub done_ms: Option<i64>,
}

/// A device. Times are UTC milliseconds.
#[derive(Serialize)]
pub struct DeviceView {
    /// Its id.
    pub device: DeviceId,
    /// Whose it is.
    pub officer: String,
    /// What it is called.
    pub label: String,
    /// `active`, `frozen` or `revoked`.
    pub state: String,
    /// All its changes up to this number are held here.
    pub through_seq: i64,
    /// When it was enrolled.
    pub enrolled_ms: i64,
    /// When it last spoke with this server.
    pub last_session_ms: Option<i64>,
    /// Number and hash of its newest change, as it said then.
    pub reported_head: Option<(i64, String)>,
    /// Orders, newest first; at most ten.
    pub orders: Vec<OrderView>,
}

type Row = (i64, String, String, String, i64, i64);

/// Lists devices within reach in order of id, each with what it last reported and its orders.
pub async fn list(access: Access<ReadsPeople>, page: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let devices = devices(&access.app, access.actor.reach, page.into_inner()).await?;
    let next = devices.last().map(|d| d.device);
    Ok(HttpResponse::Ok().json(serde_json::json!({ "devices": devices, "next": next })))
}

/// A page of devices within reach.
pub async fn devices(app: &App, reach: Reach, page: Page) -> Result<Vec<DeviceView>, Problem> {
    let after = match page.after.as_deref() {
        None => -1,
        Some(text) => id(text.parse().map_err(|e| Problem::field("after", format!("{e}")))?),
    };
    let devices = app.read(move |tx, district| {
        let rows: Vec<Row> = on!(tx, |c| {
            let mut q = device::table
                .filter(device::district.eq(district))
                .filter(device::id.gt(after))
                .order(device::id)
                .limit(ops::page(page.limit))
                .select((device::id, device::officer, device::label, device::state, device::through_seq, device::enrolled_ms))
                .into_boxed();
            if let Some((units, own)) = reach.units() {
                let near =
                    officer::table.filter(officer::district.eq(district)).filter(officer::unit.eq_any(units).or(officer::id.eq(own.as_str().to_owned()))).select(officer::id);
                q = q.filter(device::officer.eq_any(near));
            }
            q.load(c)
        })?;
        let ids: Vec<i64> = rows.iter().map(|r| r.0).collect();
        type Report = (i64, i64, Option<i64>, Option<Vec<u8>>);
        let reports: Vec<Report> = on!(tx, |c| pending_report::table
            .filter(pending_report::district.eq(district))
            .filter(pending_report::device.eq_any(&ids))
            .select((pending_report::device, pending_report::reported_ms, pending_report::head_seq, pending_report::head_hash))
            .load(c))?;
        type Order = (i64, i64, String, i64, Option<i64>, Option<i64>);
        let orders: Vec<Order> = on!(tx, |c| command::table
            .filter(command::district.eq(district))
            .filter(command::device.eq_any(&ids))
            .order((command::device, command::number.desc()))
            .select((command::device, command::number, command::body, command::issued_ms, command::told_ms, command::done_ms))
            .load(c))?;
        let order = |(_, number, body, issued_ms, told_ms, done_ms): &Order| {
            let command = serde_json::from_str(body).map_err(|e| StoreError::Broken(format!("command: {e}")))?;
            Ok(OrderView { number: *number, command, issued_ms: *issued_ms, told_ms: *told_ms, done_ms: *done_ms })
        };
        rows.into_iter()
            .map(|(stored, officer, label, state, through_seq, enrolled_ms)| {
                let report = reports.iter().find(|r| r.0 == stored);
                let reported_head = report.and_then(|r| Some((r.2?, hex::encode(r.3.as_ref()?))));
                let orders = orders.iter().filter(|o| o.0 == stored).take(10).map(order).collect::<Result<_, StoreError>>()?;
                Ok(DeviceView { device: device_id(stored), officer, label, state, through_seq, enrolled_ms, last_session_ms: report.map(|r| r.1), reported_head, orders })
            })
            .collect::<Result<Vec<_>, StoreError>>()
    });
    devices.await
}

/// Withdraws a device: 204.
pub async fn revoke(access: Access<SecurityAdmin>, which: web::Path<DeviceId>) -> Result<HttpResponse, Problem> {
    access.actor.reach.device(&access.app, *which).await?;
    access.app.revoke_device(&access.actor.name(), which.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/devices/{id}/commands`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandBody {
    command: Command,
}

/// Orders something of a device: 201 with the order's number.
pub async fn order(access: Access<SecurityAdmin>, which: web::Path<DeviceId>, body: web::Json<CommandBody>) -> Result<HttpResponse, Problem> {
    access.actor.reach.device(&access.app, *which).await?;
    let number = access.app.order(&access.actor.name(), which.into_inner(), body.command).await?;
    Ok(HttpResponse::Created().json(serde_json::json!({ "number": number })))
}

impl App {
    /// Withdraws a device.
    pub async fn revoke_device(&self, by: &str, device: DeviceId) -> Result<(), Problem> {
        let by = by.to_owned();
        self.committer.run(Want::default(), move |store| ops::revoke_device(store, &by, device)).await?
    }

    /// Orders something of a device; gives the order's number.
    pub async fn order(&self, by: &str, device: DeviceId, what: Command) -> Result<u64, Problem> {
        let by = by.to_owned();
        self.committer.run(Want::default(), move |store| ops::order(store, &by, device, what)).await?
    }
}
