//! Figures (`domain.md` §12): every indicator with its formula, the year before, and the rows that it counts.
//!
//! What records say to statistics is a pure reading (`sync_core::figures`), kept in the table `fact` in the record's own transaction
//! ([`index`]); [`count`] adds it up in one query for a period. A filter by area, organ, unit, object or matter applies to what is counted, or
//! the indicator has no number and says by what it cannot be narrowed (`not_by`). Deliberately absent: a ranking of people, and a number without rows.

pub mod count;
mod goal;
mod held;
pub mod http;
pub mod index;
pub(crate) mod narrow;
mod recompute;
pub(crate) mod rows;
pub mod series;
mod sheet;

pub use recompute::{Recomputed, recompute};
