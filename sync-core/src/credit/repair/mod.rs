//! The repair of one decision's credit record, from the service of the decision to what the credit site was told (`domain.md` §7.2).
//!
//! One record for each decision, made by the office when it is served. Everything of it is the office's: `domain.md` §11 keeps credit
//! repair on the server, and what an enterprise writes through the portal the office writes down. What the guards need of the
//! case and the book is kept in `reckoned`, by the day on which it was reckoned.

mod fields;
mod guards;
mod stages;

pub use fields::{CATEGORIES, CHANNELS, MATERIALS, SHOWN};

use serde_json::Value as Json;

use crate::base::Date;
use crate::record::{Bucket, Kind, Record, read_field};

/// Name of the kind.
pub const NAME: &str = "repair";

/// Stages, by the names of `domain.md` §7.2.
pub mod stage {
    /// Something is still missing, or the shortest display is not over.
    pub const NOT_ELIGIBLE: &str = "NOT_ELIGIBLE";
    /// An application is possible.
    pub const ELIGIBLE: &str = "ELIGIBLE";
    /// The enterprise has applied, by itself or through an officer.
    pub const APPLIED: &str = "APPLIED";
    /// The organ has accepted the application.
    pub const ACCEPTED: &str = "ACCEPTED";
    /// The organ has returned it with what is missing.
    pub const RETURNED: &str = "RETURNED";
    /// Somebody who did not apply reviews it.
    pub const UNDER_REVIEW: &str = "UNDER_REVIEW";
    /// The repair is granted.
    pub const APPROVED: &str = "APPROVED";
    /// The repair is refused, with reasons.
    pub const REFUSED: &str = "REFUSED";
    /// The credit site has confirmed that it shows the record no more.
    pub const SYNCED: &str = "SYNCED";
    /// The commitment was false: the repair is taken back.
    pub const REVOKED: &str = "REVOKED";
    /// Nothing is left to be repaired: the decision was undone, or the display ended by itself.
    pub const CEASED: &str = "CEASED";
}

/// Stages at which an application can be made.
pub const OPEN: &[&str] = &[stage::ELIGIBLE, stage::RETURNED, stage::REFUSED];
/// Stages at which the office has the application before it.
pub const PENDING: &[&str] = &[stage::APPLIED, stage::ACCEPTED, stage::UNDER_REVIEW];
/// Stages at which the record was repaired.
pub const REPAIRED: &[&str] = &[stage::APPROVED, stage::SYNCED];

/// The kind `repair`.
pub static KIND: Kind = Kind { name: NAME, schema: 2, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::NOT_ELIGIBLE, buckets, upcasts: &[] };

/// A field as JSON; null if it is absent or contested.
pub fn read(record: &Record, key: &str) -> Json {
    read_field(record, &KIND, key).value().map(|v| v.to_json()).unwrap_or_default()
}

/// A member of a field that is a day.
pub fn day(record: &Record, field: &str, member: &str) -> Option<Date> {
    read(record, field).get(member)?.as_str()?.parse().ok()
}

/// The members of a collection that stand: key without prefix, and a value each.
pub fn members<'a>(record: &'a Record, prefix: &'a str) -> impl Iterator<Item = (&'a str, Json)> {
    record.with_prefix(prefix).flat_map(move |(key, register)| {
        let key = key.strip_prefix(prefix).unwrap_or_default();
        register.candidates().iter().filter(|c| !c.value.is_null()).map(move |c| (key, c.value.to_json()))
    })
}

/// The unit in charge; its archive once everything is over.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = [stage::SYNCED, stage::REVOKED, stage::CEASED].contains(&record.stage());
    let mut out: Vec<Bucket> = Vec::new();
    for unit in record.register("unit").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text()) {
        out.push(if over { Bucket::archive(&unit) } else { Bucket::unit(&unit) });
    }
    out.sort();
    out.dedup();
    out
}
