//! The C ABI: the only unsafe code of the workspace. The header `include/zhifa.h` is generated from here.
//!
//! Rules, which every function keeps:
//!
//! * It returns an error, or null for success. The caller frees the error with `zhifa_error_free`.
//! * Results come through out-pointers, which must not be null. On an error they are empty.
//! * What the caller owns (`ZhifaBuffer`) and what he lends (`ZhifaSlice`) are different types. A slice may be null
//!   if its length is 0. It is read during the call only.
//! * Handles are opaque names, never addresses: a closed or foreign one is reported as such (code 105), whatever
//!   thread closed it, and a call that is under way ends in peace.
//! * All functions may be called from any thread, two on one handle too.
//! * A panic inside becomes an error (code 900).
//! * What the office lets a store do is enforced here: once its offline lease has lapsed nothing can be read (code 304) until
//!   a sync reached the server; a locked store (305) is opened by the PIN again; an erased one answers 206 to everything.
//! * Structured data is JSON with a member `v`: 1. Members may be added; none changes its meaning within a version.

#![allow(unsafe_code)]

mod bundle;
mod cancel;
mod case;
mod data;
mod deposit;
mod device;
mod enrol;
mod error;
mod guard;
pub mod host;
mod law;
mod number;
mod original;
mod photo;
mod record;
mod sync;
mod visit;

pub use bundle::*;
pub use cancel::*;
pub use case::*;
pub use data::*;
pub use deposit::*;
pub use device::*;
pub use enrol::*;
pub use error::*;
pub use law::*;
pub use number::*;
pub use original::*;
pub use photo::*;
pub use record::*;
pub use sync::*;
pub use visit::*;

/// Version of this ABI. Functions, members and codes are added under the same number; whatever else changes raises it.
pub const ZHIFA_ABI_VERSION: u32 = 1;

/// The version that the library was built with; compare with `ZHIFA_ABI_VERSION` of the header.
#[unsafe(no_mangle)]
pub extern "C" fn zhifa_abi_version() -> u32 {
    ZHIFA_ABI_VERSION
}
