//! Handhelds: withdrawing one, ordering something of one.

use diesel::prelude::*;
use sync_core::base::DeviceId;
use sync_core::district::{DeviceState, Store as _};
use sync_core::protocol::Command;

use super::{Op, json_text};
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::{command, device as table};
use crate::sync::store::rows::id;
use crate::sync::store::{StoreError, Working};

/// Withdraws a device. What it sends from now on goes to quarantine.
pub fn revoke_device(store: &mut Working<'_, '_>, by: &str, device: DeviceId) -> Op<()> {
    let Some(mut row) = store.device(device)?.filter(|d| !d.device.is_office()) else { return Ok(Err(Problem::not_found("such device"))) };
    row.state = DeviceState::Revoked;
    store.put_device(&row)?;
    store.flush()?;
    store.note(Deed::by(by, "device.revoked", format!("device:{device}")));
    crate::number::lose(store, device, "device_revoked")?;
    store.roster_written();
    Ok(Ok(()))
}

/// Orders something of a device; it is told in its next session until it acknowledges. Gives the order's number.
pub fn order(store: &mut Working<'_, '_>, by: &str, device: DeviceId, what: Command) -> Op<u64> {
    if store.device(device)?.filter(|d| !d.device.is_office()).is_none() {
        return Ok(Err(Problem::not_found("such device")));
    }
    let (district, now) = (store.district, store.now.0);
    let last: Option<i64> =
        on!(store.tx, |c| command::table.filter(command::district.eq(district)).filter(command::device.eq(id(device))).select(diesel::dsl::max(command::number)).first(c))?;
    let number = last.unwrap_or(0) + 1;
    let body = json_text(&what)?;
    on!(store.tx, |c| diesel::insert_into(command::table)
        .values((command::district.eq(district), command::device.eq(id(device)), command::number.eq(number), command::body.eq(&body), command::issued_ms.eq(now),))
        .execute(c))?;
    store.note(Deed::by(by, "device.ordered", format!("device:{device}")).with(serde_json::json!({ "number": number, "command": what })));
    Ok(Ok(number.cast_unsigned()))
}

/// What enrolment writes beside the engine's row.
pub fn describe_device(store: &mut Working<'_, '_>, device: DeviceId, label: &str, certificate: &str) -> Result<(), StoreError> {
    store.flush()?;
    let district = store.district;
    on!(store.tx, |c| diesel::update(table::table.find((district, id(device)))).set((table::label.eq(label), table::certificate.eq(certificate))).execute(c))?;
    store.roster_written();
    Ok(())
}
