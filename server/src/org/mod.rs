//! Officers, their roles and grants, enrolment codes, devices and orders to them.
//!
//! All writes run in the district's committer: they are ordered with the changes that they decide about. Nothing is
//! ever deleted: late work is judged by the grants and devices of its time.

pub mod http;
pub mod ops;

use serde::{Deserialize, Serialize};

/// What somebody may do in the back office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works in the field.
    Officer,
    /// Decides on the review queue.
    Reviewer,
    /// Keeps officers, grants and devices.
    Admin,
}
