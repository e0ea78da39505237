//! The server of Zhifa: sync, review and administration of comprehensive law enforcement.

pub mod base;
pub mod org;
pub mod schema;
pub mod sync;
