//! The server's half of sync, pure: it takes a district's changes one after another and numbers them.
//!
//! Everything happens inside one transaction that the caller opened on a [`Store`]; nothing is acknowledged
//! until the caller has committed it. The same code runs over SQLite, over PostgreSQL and, in the simulation,
//! over memory.
//!
//! Deliberately absent: signature checks of pushed lines (done before, in parallel: [`check_line`]), HTTP,
//! clocks, and any write to a record except through `record::apply`.

mod accept;
mod checked;
mod feed;
mod office;
mod receipt;
mod review;
mod session;
mod store;

pub use accept::{accept_checked, retry_parked_schema};
pub use checked::{Checked, Keys, check_line};
pub use feed::{PageOf, pull, upgrade_record};
pub use office::{OfficeError, OfficeWrite, office_write};
pub use receipt::receipt_for;
pub use review::{ReviewError, dismiss, release};
pub use session::{NodesOf, adopt, erased, scope_of, session, take_salvage};
pub use store::{AWAITS_SCHEMA, BucketHead, Custody, DeviceRow, DeviceState, Entry, FeedRow, Grant, Head, Notice, StageMove, Store};
