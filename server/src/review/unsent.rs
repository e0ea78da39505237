//! What handhelds said they still hold: shown until everything that they had then is here, however it came.

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::RecordId;

use crate::base::db::Tx;
use crate::on;
use crate::org::reach::{Reach, held};
use crate::schema::{device, pending, pending_report};
use crate::sync::store::StoreError;
use crate::sync::store::rows::{device_id, record_id};

/// Lines that are looked at: of some of them everything has come meanwhile.
const LOOKED_AT: i64 = 200;

/// What a handheld said it still holds of a record.
#[derive(Debug, Clone, Serialize)]
pub struct Unsent {
    /// The record.
    #[serde(skip)]
    pub record: RecordId,
    /// The handheld.
    pub device: String,
    /// Whose it is.
    pub officer: String,
    /// What it is called.
    pub label: String,
    /// How many changes.
    pub changes: i64,
    /// When it said so.
    pub reported_ms: i64,
}

type Row = (Vec<u8>, i64, i64);

/// What handhelds hold of one record.
pub fn of_record(tx: &mut Tx<'_>, district: i64, record: RecordId) -> Result<Vec<Unsent>, StoreError> {
    let key = record.to_bytes();
    let rows = on!(tx, |c| pending::table
        .filter(pending::district.eq(district))
        .filter(pending::record.eq(key.as_slice()))
        .limit(LOOKED_AT)
        .select((pending::record, pending::device, pending::changes))
        .load(c))?;
    still(tx, district, rows)
}

/// What handhelds hold of records within reach, the most of it first.
pub fn within(tx: &mut Tx<'_>, district: i64, reach: &Reach) -> Result<Vec<Unsent>, StoreError> {
    let rows = on!(tx, |c| {
        let all = pending::table.filter(pending::district.eq(district)).select((pending::record, pending::device, pending::changes)).limit(LOOKED_AT);
        let mut q = all.order((pending::changes.desc(), pending::device, pending::record)).into_boxed();
        if let Some(buckets) = reach.names() {
            q = q.filter(held!(district, buckets, pending::record));
        }
        q.load(c)
    })?;
    still(tx, district, rows)
}

/// Those whose handheld had changes, when it said so, that are not here yet.
fn still(tx: &mut Tx<'_>, district: i64, rows: Vec<Row>) -> Result<Vec<Unsent>, StoreError> {
    let mut ids: Vec<i64> = rows.iter().map(|row| row.1).collect();
    ids.sort_unstable();
    ids.dedup();
    type Device = (i64, String, String, i64);
    let of_devices = device::table.filter(device::district.eq(district)).filter(device::id.eq_any(&ids));
    let devices: Vec<Device> = on!(tx, |c| of_devices.select((device::id, device::officer, device::label, device::through_seq)).load(c))?;
    let of_reports = pending_report::table.filter(pending_report::district.eq(district)).filter(pending_report::device.eq_any(&ids));
    let reports: Vec<(i64, i64, Option<i64>)> = on!(tx, |c| of_reports.select((pending_report::device, pending_report::reported_ms, pending_report::head_seq)).load(c))?;
    let mut out = Vec::new();
    for (record, id, changes) in rows {
        let Some((_, officer, label, through)) = devices.iter().find(|device| device.0 == id) else { continue };
        let (reported_ms, head) = reports.iter().find(|report| report.0 == id).map_or((0, None), |report| (report.1, report.2));
        if head.is_none_or(|head| head > *through) {
            out.push(Unsent { record: record_id(&record)?, device: device_id(id).to_string(), officer: officer.clone(), label: label.clone(), changes, reported_ms });
        }
    }
    Ok(out)
}
