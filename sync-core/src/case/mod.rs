//! The case: a suspected violation from clue to archive (`domain.md` §5, §6).
//!
//! One stage table carries all three procedures: on the spot (§5.2), general (§5.3) and its fast handling (§6), so that a case
//! can pass from one to another with its evidence and its clock. What `domain.md` §11 makes server-only is written and done by the
//! office only. Guards read the record alone; what needs the book, the day or other cases is [`finding`].
//!
//! Deliberately absent: deadlines as fields (they are reckoned when asked for), and a flag "complete".

pub mod deadline;
pub mod discretion;
pub mod execution;
pub mod fast;
mod fields;
pub mod finding;
mod guards;
pub mod law_choice;
pub mod party;
pub mod read;
pub mod service;
pub mod stage;
mod stages;
pub mod together;

pub use fields::{
    COLLECTIONS, CONDITIONS, DISPOSALS, EVIDENCE, EXEMPTIONS, HARMS, LENIENCIES, MEASURES, OUTCOMES, PARTIES, PENALTIES, PROCEDURES, SOURCES, STANDSTILLS, VOICES, WAYS, WEIGHTIES,
};

use serde_json::Value as Json;

use crate::record::{Bucket, Kind, Record};

/// Name of the kind.
pub const NAME: &str = "case";

/// The kind `case`.
pub static KIND: Kind = Kind { name: NAME, schema: 3, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::CLUE, buckets, upcasts: &[] };

/// The members of a collection that stand: key without prefix, and a value each; several where it is contested.
pub fn standing<'a>(record: &'a Record, prefix: &'a str) -> impl Iterator<Item = (&'a str, Json)> {
    record.with_prefix(prefix).flat_map(move |(key, register)| {
        let key = key.strip_prefix(prefix).unwrap_or_default();
        register.candidates().iter().filter(|c| !c.value.is_null()).map(move |c| (key, c.value.to_json()))
    })
}

/// Every handler's bucket, and that of each unit that stands as a candidate; archives once it is over.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = stage::OVER.contains(&record.stage());
    let handlers = record.with_prefix("handlers.").filter(|(_, r)| r.candidates().iter().any(|c| !c.value.is_null()));
    let mut out: Vec<Bucket> = handlers.filter_map(|(key, _)| key.strip_prefix("handlers.")).map(Bucket::officer).collect();
    for unit in record.register("unit").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text()) {
        out.push(if over { Bucket::archive(&unit) } else { Bucket::unit(&unit) });
    }
    out.sort();
    out.dedup();
    out
}
