//! Rosters, matters, powers, years and policies from XLSX and CSV, shown as differences before they take effect.
//!
//! A file is worked out against the book and the roster as they stand (`plan`), and reported cell by cell. It takes
//! effect all or nothing, in one transaction with its audit, and only as it was shown (`apply`).
//!
//! Deliberately absent: removing. A row or a person that the file does not name stays as it is.

mod apply;
pub mod cli;
pub mod column;
mod form;
pub mod http;
mod parse;
mod people;
mod plan;
pub mod report;
mod roster;
pub(crate) mod sheet;
mod template;

pub use apply::Order;
pub use parse::What;
pub use report::Report;
pub use template::workbook_of;
