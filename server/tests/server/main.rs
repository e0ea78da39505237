//! The server's tests, as one program: they talk to it as handhelds and browsers do, over HTTP, on both engines.

mod bad_input;
mod committer;
mod enrolment;
mod harness;
mod migrations;
mod review;
mod roles;
mod sync;
