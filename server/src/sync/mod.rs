//! Sync: the road of every change into its record, and of every record to the handhelds.
//!
//! `http` decodes within limits, `verify` checks signatures in parallel, `committer` runs everything that waits in
//! one transaction, `store` is the database as the district engine sees it, `live` is what all may know without
//! asking the database. No rule of merging stands here: that is `sync_core::district`.

pub mod commit_failed;
pub mod committer;
pub mod http;
pub mod live;
pub mod others;
pub mod store;
pub mod verify;
