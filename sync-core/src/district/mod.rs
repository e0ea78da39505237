//! The server's half of sync, pure: it takes a district's changes one after another and numbers them.
//!
//! Everything happens inside one transaction that the caller opened on a [`Store`]; nothing is acknowledged
//! until the caller has committed it. The same code runs over SQLite, over PostgreSQL and, in the simulation,
//! over memory.
//!
//! Deliberately absent: signature checks of pushed lines (done before, in parallel: [`check_line`]), HTTP,
//! clocks, and any write to a record except through `record::apply`.

mod store;

pub use store::*;
