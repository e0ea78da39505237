//! `/app/figures`: every indicator with its formula, the year before, charts, and the rows behind each number.
//!
//! The numbers are those of `GET /api/v1/figures`, by the same function and in one snapshot with the charts; the files are its files. What
//! is asked for stands in the address, so that a page can be sent to a colleague. Deliberately absent: any order of merit of people.

mod ask;
mod chart;
mod list;
mod number;
mod one;

pub use list::{csv, list, workbook};
pub use one::one;
