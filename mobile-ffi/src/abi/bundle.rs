//! Courier bundles.

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};

/// Largest file taken, compressed.
const MAX_FILE: usize = 64 << 20;

/// Writes undelivered changes, and thumbnails of their photos, to one file: `{"records"?: [ids, all if left out], "sealed"?: true for a carrier}`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_bundle_export(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, input) = unsafe { (buffer(out, "out")?, input.json("input")?) };
        *out = ZhifaBuffer::give(device(handle)?.bundle_export(&input)?);
        Ok(())
    })
}

/// Takes a colleague's file in. Gives `{"imported": [dots], "known", "unverified", "conflicting": [dots], "thumbnails"}`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_bundle_import(handle: *const ZhifaDevice, file: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, file) = unsafe { (buffer(out, "out")?, file.bytes("file", MAX_FILE)?) };
        *out = give_json(&device(handle)?.bundle_import(file)?);
        Ok(())
    })
}
