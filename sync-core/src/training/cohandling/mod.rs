//! The kind `cohandling`: 首案共办 (`domain.md` §12). When a squad files its first case on a matter that was transferred to its organ, the
//! office proposes that the former department advises; the head decides whether it is asked, and the department whether it comes.
//!
//! The organ that holds the power decides alone: an advisor is nobody who handles or decides the case. Who does stands in `deciders.*`,
//! which the office keeps by the case. Lessons are kept for later cases on the matter. Deliberately absent: a stop of the case. It goes
//! on whether or not anybody advises.

mod fields;
mod guards;
mod stages;

use serde_json::Value as Json;

use super::course;
use crate::record::{Bucket, Kind, Record};

/// Name of the kind.
pub const NAME: &str = "cohandling";

/// Stages.
pub mod stage {
    /// The office proposes it.
    pub const PROPOSED: &str = "PROPOSED";
    /// The head has asked the department.
    pub const ASKED: &str = "ASKED";
    /// The department comes; its advisors are named.
    pub const AGREED: &str = "AGREED";
    /// The department does not come.
    pub const DECLINED: &str = "DECLINED";
    /// The head does without it, with a reason.
    pub const FORGONE: &str = "FORGONE";
    /// Lessons are on record.
    pub const CONCLUDED: &str = "CONCLUDED";
}

/// Stages at which nothing more happens.
pub const OVER: &[&str] = &[stage::DECLINED, stage::FORGONE, stage::CONCLUDED];

/// The kind `cohandling`.
pub static KIND: Kind = Kind { name: NAME, schema: 1, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::PROPOSED, buckets, upcasts: &[] };

/// Who handles and decides a case: its handlers, and whoever gave an opinion on a step.
pub fn deciders(case: &Record) -> std::collections::BTreeSet<String> {
    let handlers = course::members(case, "handlers.").map(|(officer, _)| officer.to_owned());
    handlers.chain(course::members(case, "opinions.").filter_map(|(_, o)| o.get("by").and_then(Json::as_str).map(str::to_owned))).collect()
}

/// The advisors, by their codes.
pub fn advisors(record: &Record) -> impl Iterator<Item = &str> {
    course::members(record, "advisors.").map(|(who, _)| who)
}

/// The squad, and the department's unit; archives of both once it is over.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = OVER.contains(&record.stage());
    let bucket = |code: &str| if over { Bucket::archive(code) } else { Bucket::unit(code) };
    let asked = record.stage() != stage::PROPOSED && record.stage() != stage::FORGONE;
    let keys = if asked { ["unit", "former_unit"].as_slice() } else { &["unit"] };
    let units = keys.iter().filter_map(|key| record.register(key)).flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text());
    let mut out: Vec<Bucket> = units.map(|code| bucket(&code)).collect();
    out.sort();
    out.dedup();
    out
}
