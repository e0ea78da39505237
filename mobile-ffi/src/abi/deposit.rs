//! Handing in without the PIN.

use std::path::Path;

use crate::device::{Result, deposit};

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::path;
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};

/// Hands in what the store under `path` has sealed to the server, without opening it: the PIN may be forgotten, the store
/// locked or lapsed, its officer suspended. Of an erased store it tells the office so, if it does not know yet.
/// `options`: `{"server"?: "https://…", "roots_pem"?: "…"}`, or empty.
///
/// Gives counts, `{"frames", "repeats", "applied", "parked", "quarantined", "dismissed", "unverified", "erased"}`, and nothing of
/// what was handed in. Handing in twice changes nothing; nothing is removed before the opened store has its receipt. Code 400 if the
/// store has never had a session, 203 if there is none. Blocks; a dead network ends it after a minute.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_deposit(path_of_store: ZhifaSlice, options: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| -> Result<()> {
        // SAFETY: as promised.
        let (out, store, options) = unsafe { (buffer(out, "out")?, path(path_of_store)?, options.json("options")?) };
        *out = give_json(&deposit(Path::new(store), &options)?);
        Ok(())
    })
}
