//! The book of everything that has days (`sync_core::dated`), as this district keeps it: stored, remembered, changed.
//!
//! One book holds organs and posts, matters and powers, years and policies. What is in force is answered from memory
//! ([`live::LiveLaw`]); what changes goes through the committer ([`ops::carry_out`]) under the revision that its author
//! saw, with an entry of the audit for every row.
//!
//! Deliberately absent: changing what was in force without a reason, and any way past the store's own rule that days
//! of one thing never overlap.

pub mod cross;
pub mod find;
pub mod http;
pub mod live;
pub mod ops;
pub mod packs;
pub mod seed;
