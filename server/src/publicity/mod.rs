//! Publicity of decisions (`domain.md` §5.9; 行政处罚法 48): proposed once a decision is served, masked, corrected with the old text
//! kept, withdrawn with reasons where the decision was undone.
//!
//! What was published is a version in the table `publication`, which is never changed; the case says in `publicity` how it stands.
//! The public sees the newest version of each decision, and of a withdrawn one only that it was withdrawn, when and why: what was
//! wrong or names somebody must not stay in view as an older version. Deliberately absent: publishing without a person's word, and
//! the display of dishonesty (失信), which is credit's.

mod http;
mod mask;
mod ops;
mod page;
mod read;

pub use http::{correct, decision, decision_json, decisions, decisions_json, publish, show, withdraw};
