//! Foundations of the server: configuration, clock, database, keys, tokens, access, problem documents.
//!
//! Nothing here knows of records, changes or reviewers.

pub mod body;
pub mod clock;
pub mod config;
pub mod db;
pub mod keys;
pub mod press;
pub mod problem;
pub mod seal;
pub mod token;
