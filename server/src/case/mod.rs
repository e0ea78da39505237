//! Cases in the back office: clues registered, opinions given, findings settled, lists and the page of a case.
//!
//! What a case is, stands in `sync_core::case`; what the office writes into it by itself, in `react::case`. Each topic has a file of
//! its own here with its operations and handlers, all handed in by [`ops::hand_in`] through `App::case_op`. Deliberately absent: acts
//! (they go the way of every record, `POST /api/v1/records/{id}/acts`) and deciding anything.

pub mod board;
pub mod deadline;
pub mod execution;
mod expiry;
pub mod fast;
pub mod gate;
pub mod hearing;
pub mod http;
pub mod investigation;
pub mod list;
pub mod ops;
pub mod penalty;
pub mod register;
pub mod view;
