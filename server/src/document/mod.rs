//! Documents (文书) of cases and visits: drawn up from the record by the template of the day, numbered, drawn as PDF/A, sealed,
//! signed, served, made void, and put together to the file of a case.
//!
//! A document is never changed: its model and its file are only added, its digests stand on the record and so in the log. Drawn
//! again from its model it has the same bytes. Deliberately absent: a document without a record, and the text of any of them
//! (`sync_core::document`).

mod dossier;
pub mod draw;
mod gather;
pub mod http;
pub mod ops;
pub mod row;
pub mod seal;
pub mod when;
