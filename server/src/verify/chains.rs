//! Chains of custody of originals: whole in themselves, and as the signed audit has them.
//!
//! A chain cannot say by itself that its last events are gone; the audit has the hash of each, and its own end is signed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::Value as Json;
use sync_core::base::Digest;
use sync_core::evidence::custody::{Event, check as faults};

use super::finding::{Code, Finding, Findings};
use super::source::PAGE;
use super::{Ground, VerifyError};
use crate::custody::EventRow;
use crate::on;
use crate::schema::{audit, file_custody};

/// Actions of the audit that tell of custody.
const TELLING: [&str; 3] = ["file.custody", "file.read", "file.received"];

/// What the audit says of a chain: how many events, and number and hash of the last.
#[derive(Default)]
struct Told {
    events: u64,
    last: u64,
    hash: String,
}

/// Checks every chain.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings) -> Result<(), VerifyError> {
    let mut told = told(ground)?;
    let mut after: (Vec<u8>, i64) = (Vec::new(), 0);
    let mut chain: Vec<EventRow> = Vec::new();
    loop {
        let district = ground.district;
        let (file, n) = after.clone();
        let rows: Vec<EventRow> = on!(ground.tx, |c| file_custody::table
            .filter(file_custody::district.eq(district))
            .filter(file_custody::sha256.gt(&file).or(file_custody::sha256.eq(&file).and(file_custody::n.gt(n))))
            .order((file_custody::sha256, file_custody::n))
            .limit(PAGE)
            .select(EventRow::as_select())
            .load(c))?;
        let Some(last) = rows.last() else { break };
        after = (last.sha256.clone(), last.n);
        for row in rows {
            if chain.first().is_some_and(|first| first.sha256 != row.sha256) {
                one(&chain, &mut told, found);
                chain.clear();
            }
            chain.push(row);
        }
    }
    one(&chain, &mut told, found);
    for (file, told) in told {
        found.add(Finding::new(Code::CustodyAltered, format!("custody of {file}: all {} events are gone, which the audit has", told.events)));
    }
    Ok(())
}

/// What the audit says of each chain, by the name of its file.
fn told(ground: &mut Ground<'_, '_>) -> Result<BTreeMap<String, Told>, VerifyError> {
    let district = ground.district;
    let (mut out, mut seq): (BTreeMap<String, Told>, i64) = (BTreeMap::new(), 0);
    loop {
        let rows: Vec<(i64, String, String)> = on!(ground.tx, |c| audit::table
            .filter(audit::district.eq(district))
            .filter(audit::action.eq_any(&TELLING[..]))
            .filter(audit::seq.gt(seq))
            .order(audit::seq)
            .limit(PAGE)
            .select((audit::seq, audit::object, audit::detail))
            .load(c))?;
        let Some((last, _, _)) = rows.last() else { return Ok(out) };
        seq = *last;
        for (_, object, detail) in rows {
            let detail: Json = serde_json::from_str(&detail).unwrap_or_default();
            let (n, hash) = (detail.get("n").and_then(Json::as_u64), detail.get("hash").and_then(Json::as_str));
            if let (Some(n), Some(hash)) = (n, hash) {
                let told = out.entry(object).or_default();
                told.events += 1;
                if n > told.last {
                    (told.last, told.hash) = (n, hash.to_owned());
                }
            }
        }
    }
}

fn one(rows: &[EventRow], told: &mut BTreeMap<String, Told>, found: &mut Findings) {
    let Some(first) = rows.first() else { return };
    let file = first.sha256.as_slice().try_into().map(Digest).unwrap_or_default();
    let name = format!("file:{file}");
    let mut wrong = |what: String| found.add(Finding::new(Code::CustodyAltered, format!("custody of {name}: {what}")));
    let events: Vec<Event> = match rows.iter().map(EventRow::event).collect() {
        Ok(events) => events,
        Err(why) => {
            told.remove(&name);
            return wrong(why.to_string());
        }
    };
    for fault in faults(file, &events) {
        wrong(fault.to_string());
    }
    let end = events.last().map_or((0, String::new()), |event| (event.n, event.hash.to_string()));
    match told.remove(&name) {
        None => wrong("the audit knows nothing of it".to_owned()),
        Some(told) if told.last > end.0 => wrong(format!("events {} to {} are gone, which the audit has", end.0 + 1, told.last)),
        Some(told) if told.last != end.0 || told.hash != end.1 || told.events != events.len() as u64 => {
            wrong(format!("it ends with event {} otherwise than the audit has it", end.0))
        }
        Some(_) => {}
    }
}
