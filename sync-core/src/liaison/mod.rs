//! Liaison (多部门联络机制): a request between guidance office, departments and team, with a reply of each (`domain.md` §3.5, §4;
//! 浙江省综合行政执法条例 12, 14: participants must cooperate).
//!
//! A request may be written on a handheld; replies are the office's, since for which department somebody speaks stands in the book.
//! Technical support given on site is no liaison: it is a finding of the visit (`support.*`), and is counted beside it.
//!
//! Deliberately absent: orders. A liaison asks; nothing follows by itself from a reply, nor from none but that it is overdue.

mod fields;
mod guards;
mod stages;

pub use fields::ABOUT;

use crate::record::{Bucket, Kind, Record};

/// Name of the kind.
pub const NAME: &str = "liaison";

/// Stages.
pub mod stage {
    /// Replies are awaited.
    pub const OPEN: &str = "OPEN";
    /// Everyone who was asked has replied.
    pub const ANSWERED: &str = "ANSWERED";
    /// Whoever asked is content.
    pub const CLOSED: &str = "CLOSED";
    /// Whoever asked took it back.
    pub const WITHDRAWN: &str = "WITHDRAWN";
}

/// The kind `liaison`.
pub static KIND: Kind = Kind { name: NAME, schema: 1, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::OPEN, buckets, upcasts: &[] };

/// The unit that asks, and those that are asked; archives of both once it is over.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = [stage::CLOSED, stage::WITHDRAWN].contains(&record.stage());
    let bucket = |code: &str| if over { Bucket::archive(code) } else { Bucket::unit(code) };
    let asks = record.register("unit").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text());
    let mut out: Vec<Bucket> = asks.map(|code| bucket(&code)).collect();
    for (_, json) in guards::members(record, "organs.") {
        out.extend(json.get("unit").and_then(serde_json::Value::as_str).map(bucket));
    }
    out.sort();
    out.dedup();
    out
}
