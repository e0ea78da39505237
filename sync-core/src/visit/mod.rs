//! The visit: one inspection of one site, by one or several departments, from task to closing (`domain.md` §3).
//!
//! Fields, stage table and guards are data and pure functions over the record alone, so the handheld that has
//! never seen a network and the server decide the same. A guard reads no roster, no plan and no clock: what needs the book or
//! other records (certificates, powers, the cap) is `admission`, whose findings the server writes into `flags.*`, so that the
//! guards can ask for them here.
//!
//! Deliberately absent: a "signed" or "complete" flag. What is signed is a seal, what is complete is counted.

mod fields;
mod guards;
pub mod signature;
mod stages;

pub use fields::{KINDS, MODES, NOTICE_WAYS, RESULTS, RISKS, ROLES, SOURCES, STATUSES, WEIGHTS};
pub use guards::{deadline_of, officers_confirmed, officers_on_site, recused};

use crate::record::{Bucket, Kind, Record};

/// Name of the kind.
pub const NAME: &str = "visit";

/// Stages, by the names of `domain.md` §3.7.
pub mod stage {
    /// A task exists, nobody has approved it.
    pub const CREATED: &str = "CREATED";
    /// The organ's head has approved it.
    pub const APPROVED: &str = "APPROVED";
    /// The notice is served, or the ground for none is on record.
    pub const NOTIFIED: &str = "NOTIFIED";
    /// Two officers with certificates are on site.
    pub const CHECKED_IN: &str = "CHECKED_IN";
    /// The pinned form is being answered.
    pub const RECORDING: &str = "RECORDING";
    /// The departments and the party have signed, or the refusal is on record.
    pub const SIGNED: &str = "SIGNED";
    /// The result is delivered.
    pub const RESULT_ISSUED: &str = "RESULT_ISSUED";
    /// Rectification is ordered and running.
    pub const RECTIFYING: &str = "RECTIFYING";
    /// Every order has been re-checked.
    pub const REVIEWED: &str = "REVIEWED";
    /// Done.
    pub const CLOSED: &str = "CLOSED";
    /// Given up before anyone entered.
    pub const CANCELLED: &str = "CANCELLED";
    /// Broken off on site.
    pub const ABORTED: &str = "ABORTED";
}

/// The kind `visit`.
pub static KIND: Kind = Kind { name: NAME, schema: 4, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::CREATED, buckets, upcasts: &[] };

/// Every participant's bucket, and that of each unit that stands as a candidate (a contest never hides a visit
/// from one of its sides); archives instead of units once it is over.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = [stage::CLOSED, stage::CANCELLED, stage::ABORTED].contains(&record.stage());
    let present = |(key, register): (&str, &crate::record::Register)| {
        register.candidates().iter().any(|c| !c.value.is_null()).then(|| key.strip_prefix("participants.").map(Bucket::officer)).flatten()
    };
    let mut out: Vec<Bucket> = record.with_prefix("participants.").filter_map(present).collect();
    for unit in record.register("unit").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text()) {
        out.push(if over { Bucket::archive(&unit) } else { Bucket::unit(&unit) });
    }
    out.sort();
    out.dedup();
    out
}
