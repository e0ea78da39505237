//! What the back office writes into records: new ones, edits, acts. All of it becomes a signed change of the office and goes
//! the same road as a handheld's.
//!
//! Who may do what stands in one table ([`who`]); what the book and other records say against an act is asked first ([`gate`]).
//! Deliberately absent: filling in what an edit replaces. The form says what it showed.

pub mod gate;
pub mod http;
pub mod next;
pub mod who;
pub mod write;

pub use write::{Order, Written, write};

use sync_core::base::RecordId;

use crate::base::keys::random;
use crate::base::problem::Problem;

/// The id that a caller gave, so that a repeated request does nothing twice, or one drawn at random.
pub fn id_or_fresh(given: Option<RecordId>) -> Result<RecordId, Problem> {
    given.map_or_else(|| random::<16>().map(RecordId::from_bytes).map_err(Problem::internal), Ok)
}
