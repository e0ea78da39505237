//! The device runtime of Zhifa and its C ABI.
//!
//! [`device`] is the runtime in safe Rust.

pub mod device;
