//! The operations, each over the open transaction of the committer. `by` is whoever does it, as in the audit.

pub mod code;
pub mod device;
pub mod family;
pub mod grant;
pub mod officer;

pub use code::{MAX_CODE_HOURS, code_hash, is_good, issue_code, use_code};
pub use device::{describe_device, order, revoke_device};
pub use family::end_families;
pub use grant::grant;
pub use officer::{NewOfficer, Particulars, change_particulars, create_officer, set_roles, suspend};

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::OfficerId;

use crate::base::problem::Problem;
use crate::on;
use crate::schema::officer as table;
use crate::sync::store::rows::int;
use crate::sync::store::{StoreError, Working};

/// What an operation gives: an answer or a problem, unless the database failed.
pub type Op<T> = Result<Result<T, Problem>, StoreError>;

/// Who works on the machine itself: `zhifa admin`, the demo, the first start.
pub const SYSTEM: &str = "system";

fn known(store: &mut Working<'_, '_>, who: &OfficerId) -> Result<bool, StoreError> {
    let district = store.district;
    let count: i64 = on!(store.tx, |c| table::table.find((district, who.as_str())).count().get_result(c))?;
    Ok(count > 0)
}

fn json_text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Broken(e.to_string()))
}

/// The number of a page, within its bounds.
pub fn page(limit: Option<u32>) -> i64 {
    int(u64::from(limit.unwrap_or(100).clamp(1, 500)))
}
