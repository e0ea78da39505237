//! The device's half of sync, pure: capture, the overlay of pending work, sessions, bundles.
//!
//! Everything happens inside one transaction that the caller opened on a [`Store`]. A capture is kept before it
//! is shown as kept; what the server acknowledged is known by its receipt and by nothing else.
//!
//! Deliberately absent: HTTP, timers, a way to discard local work.

mod store;

pub use store::*;
