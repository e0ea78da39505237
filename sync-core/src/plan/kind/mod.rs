//! The kind `plan`: what one organ wants to inspect in a year or a campaign, from draft to closing (`domain.md` §3.5).
//!
//! Entries stand one by one under `entries.<id>`; the organ is the plan's. What was submitted is what is reviewed: an opinion
//! counts only if it is younger than the submission, and an entry that changed since stops every later step until the plan is
//! sent back. Legal review, collective discussion and publication, which a plan of several departments needs, are asked of
//! every plan: whether others will visit the same objects is known only after matching.
//!
//! The whole table is the office's. Deliberately absent: the proposals of a matching, which stand beside the records, and a
//! number of inspections to be reached.

mod fields;
mod guards;
mod read;
mod stages;

pub use fields::{BASES, STRATA};
pub use guards::MIN_MEMBERS;
pub use read::{Planned, Sampling, expand, planned, planned_of, window};

use crate::record::{Bucket, Kind, Record};

/// Name of the kind.
pub const NAME: &str = "plan";

/// Most entries of a plan: a record must stay small.
pub const MAX_ENTRIES: usize = 1_000;

/// Stages, by the names of `domain.md` §3.5.
pub mod stage {
    /// Being written.
    pub const DRAFT: &str = "DRAFT";
    /// Handed to the guidance office.
    pub const SUBMITTED: &str = "SUBMITTED";
    /// Laid beside the other organs' plans (撮合).
    pub const MATCHING: &str = "MATCHING";
    /// Before the legal reviewer.
    pub const LEGAL_REVIEW: &str = "LEGAL_REVIEW";
    /// Before the panel.
    pub const COLLECTIVE_DISCUSSION: &str = "COLLECTIVE_DISCUSSION";
    /// Approved by the head.
    pub const APPROVED: &str = "APPROVED";
    /// Made public.
    pub const PUBLISHED: &str = "PUBLISHED";
    /// Being changed after it was made public.
    pub const ADJUSTING: &str = "ADJUSTING";
    /// Visits are made.
    pub const EXECUTING: &str = "EXECUTING";
    /// Done.
    pub const CLOSED: &str = "CLOSED";
}

/// Whether what the organ plans may be written at a stage.
pub fn is_open(at: &str) -> bool {
    at == stage::DRAFT || at == stage::ADJUSTING
}

/// The kind `plan`.
pub static KIND: Kind = Kind { name: NAME, schema: 1, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::DRAFT, buckets, upcasts: &[] };

/// The bucket of each unit that stands as a candidate; its archive once the plan is closed.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = record.stage() == stage::CLOSED;
    let units = record.register("unit").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text());
    let mut out: Vec<Bucket> = units.map(|unit| if over { Bucket::archive(&unit) } else { Bucket::unit(&unit) }).collect();
    out.sort();
    out.dedup();
    out
}
