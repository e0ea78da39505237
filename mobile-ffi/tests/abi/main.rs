//! The device runtime through its C symbols: against a district that listens on loopback, from a C program, under
//! valgrind, and killed at any moment.

// Helpers of tests fail as tests do; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod c_program;
mod case;
mod certificates;
mod crash;
mod districts;
mod erase;
mod header;
mod law;
mod lease;
mod network;
mod numbers;
mod papers;
mod photos;
mod sealed;
mod town;
mod visit;
