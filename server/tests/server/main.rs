//! The server's tests, as one program: they talk to it as handhelds and browsers do, over HTTP, on both engines.

mod harness;
mod migrations;
mod sync;
