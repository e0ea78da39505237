//! The server's tests, as one program: they talk to it as handhelds and browsers do, over HTTP, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod bad_input;
mod browser;
mod committer;
mod enrolment;
mod harness;
mod import;
mod law;
mod migrations;
mod packs;
mod people;
mod review;
mod roles;
mod second_factor;
mod sync;
mod throttle;
mod verify_audit;
