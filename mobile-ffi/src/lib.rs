//! The device runtime of Zhifa and its C ABI.
//!
//! [`device`] is the runtime in safe Rust; [`abi`] is the border to the app that links it, and the only unsafe code
//! of the workspace. Programs in Rust that want to be what an app is go through [`abi::host`].

pub mod abi;
pub mod device;
