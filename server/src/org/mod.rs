//! Officers, their roles, grants and devices.

use serde::{Deserialize, Serialize};

/// What somebody may do in the back office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works in the field.
    Officer,
    /// Decides on the review queue.
    Reviewer,
    /// Keeps officers, grants and devices.
    Admin,
}
