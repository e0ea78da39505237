//! The server's tests, as one program: they talk to it as handhelds and browsers do, over HTTP, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod bad_input;
mod browser;
mod case_hearing;
mod case_investigation;
mod case_fast;
mod case_gate;
mod case_lives;
mod case_penalty;
mod committer;
mod draws;
mod enrolment;
mod harness;
mod import;
mod index;
mod invitations;
mod law;
mod liaison;
mod migrations;
mod numbers;
mod objects;
mod packs;
mod people;
mod plan_year;
mod plans;
mod public;
mod publicity;
mod review;
mod roles;
mod second_factor;
mod sync;
mod throttle;
mod town;
mod verify_audit;
mod visit_scenes;
mod visits;
