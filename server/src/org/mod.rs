//! Officers, their roles and grants, enrolment codes, devices and orders to them.
//!
//! All writes run in the district's committer: they are ordered with the changes that they decide about. Nothing is
//! ever deleted: late work is judged by the grants and devices of its time.

pub mod http;
pub mod ops;
pub mod personal;
pub mod reach;
pub mod role;

pub use role::{Role, Scope};
