//! Administration over HTTP: officers by the system administrator, their powers and devices by the security administrator.

pub mod device;
pub mod officer;

use serde::Deserialize;

use crate::base::keys::random;
use crate::base::problem::Problem;

/// Keyset pagination by id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The last id of the page before.
    pub after: Option<String>,
    /// Lines of a page.
    pub limit: Option<u32>,
}

/// A code of 100 random bits.
pub fn new_code() -> Result<String, Problem> {
    Ok(sync_core::base::b64::encode(&random::<13>().map_err(Problem::internal)?))
}
