//! Photos' facts and thumbnails.

use sync_core::picture::MAX_PHOTO_BYTES;

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};

/// Longest text taken for a hash.
const MAX_HASH: usize = 128;

/// Registers a photo, in one transaction with its thumbnail that is on disk when this returns:
/// `{"record", "kind", "item", "taken_ms"?, "place"?, "second"?, "elsewhere"?, "time"?}` and the bytes of the file as the camera wrote it: JPEG, PNG or
/// WebP, at most 32 MiB and 20,000 pixels a side. Gives `{"record", "field", "dot", "sha256", "size", "mime", "width", "height",
/// "known"}`; `known` says that this photo was registered for this item before and nothing was written. A copy is kept until the office has
/// it; with `"elsewhere": true` none is, and the host hands the file in by other means. `"second"`: who took it with him.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_photo_register(handle: *const ZhifaDevice, input: ZhifaSlice, photo: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, input, photo) = unsafe { (buffer(out, "out")?, input.json("input")?, photo.bytes("photo", MAX_PHOTO_BYTES)?) };
        *out = give_json(&device(handle)?.photo(input, photo)?);
        Ok(())
    })
}

/// The thumbnail of a photo, own or come with a bundle, by `sha256` of its facts: a JPEG of at most 320 pixels a side.
/// Code 403 if there is none here.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_photo_thumbnail(handle: *const ZhifaDevice, sha256: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, sha256) = unsafe { (buffer(out, "out")?, sha256.text("sha256", MAX_HASH)?) };
        *out = ZhifaBuffer::give(device(handle)?.photo_thumbnail(sha256)?);
        Ok(())
    })
}
