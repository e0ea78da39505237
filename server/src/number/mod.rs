//! Running numbers: blocks leased to handhelds, numbers that the office takes itself, and what became of each.
//!
//! A block is leased once and every number of it is in one state of the account: used by a record, used by several, void with a
//! reason, lost with its handheld (of a document: unknown), or still out. Which are used is read from the records (`number_use`), never reported. Deliberately
//! absent: taking a number back into a series. What somebody may have read is not given to another act.

pub mod account;
pub mod cli;
pub mod http;
pub mod keys;
pub mod lease;
pub mod office;
mod row;

pub use lease::{keep_back, lose, lose_erased};
pub use office::{document_take, document_void, office_take};
pub use row::{BlockRow, used_by};
