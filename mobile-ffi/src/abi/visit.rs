//! What stands for and against a visit, and signatures on glass.

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::ZhifaDevice;
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};
use super::record::call;

/// What stands against a visit, and which acts it stands before, as this handheld knows it; nothing is kept:
/// `{"record"?, "edits"?, "act"?, "numbers"?, "place"?, "reason"?, "time"?, "day"?}`, with `edits`, `act` and `numbers` as for a capture, judged as if they were captured. Gives
/// `{"record", "stage", "tried", "acts", "law", "day", "findings"}`.
///
/// `acts`: each that may begin from the stage, `{"act", "part", "to", "weight": "request" | "deed", "seals", "basis", "met", "against": [{"code", "about",
/// "basis", "zh", "en"}]}`; signing stands there once for each department of the form. `tried`: what `act` met, `{"excepted", "refused", "contested"}`, or null
/// without one. `findings`: what the law that is held and other visits say on `day`, `{"code", "about", "key", "weight": "warn" | "block", "basis", "detail",
/// "overridden", "zh", "en"}`; null, as `law` is, until a law has arrived. The server may know of visits that this handheld does not.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_visit_check(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::CheckInput| d.visit_check(i)) }
}

/// Makes a signature small enough for a change, without a store: `{"strokes": [[x, y, x, y …]], "w", "h", "max_bytes"?}` gives
/// `{"strokes", "w", "h", "bytes", "tolerance", "points", "points_before", "svg"}`. `strokes`, `w` and `h` go into `signatures.<id>` as they are; `svg` shows
/// them. A point that was left out lies at most `tolerance` from the line that remains. Code 103 says why it is no signature.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_signature_thin(input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, input) = unsafe { (buffer(out, "out")?, input.json("input")?) };
        *out = give_json(&crate::device::signature_thin(&input)?);
        Ok(())
    })
}
