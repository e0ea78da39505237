//! Custody of originals: what was done with each, kept beside the files as a chain (`sync_core::evidence::custody`).
//!
//! An event is added in the transaction of what it tells of, and its hash stands in the audit, which the server signs: so a removed end of a
//! chain, and a removed chain, are found by `zhifa verify`. A sealed original is handed out to nobody until it is opened. Deliberately
//! absent: changing or removing an event, which the tables refuse.

pub mod http;
mod ops;
mod row;

pub use ops::{admit, hand_out, note, read_lately, seal_of};
pub use row::{EventRow, chain, page};
