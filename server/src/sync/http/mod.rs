//! The calls of `/sync/v1`, as in `sync_core::protocol`: decode within limits, permission, and hand in.

pub mod bundle;
pub mod deposit;
pub mod law;
pub mod news;
pub mod proof;
pub mod pull;
pub mod push;
pub mod salvage;
pub mod session;

use sync_core::base::UtcMs;
use sync_core::record::Kinds;

use super::store::{Memory, StoreError, Working};
use crate::base::db::Tx;

/// A working set for reading on one snapshot.
fn reading<'t, 'c>(tx: &'t mut Tx<'c>, district: i64, kinds: &'t Kinds, now: UtcMs) -> Result<Working<'t, 'c>, StoreError> {
    Working::begin(tx, district, kinds, now, Memory::default(), false)
}
