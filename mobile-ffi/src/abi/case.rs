//! What stands for and against a case, and documents before they are captured.

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::ZhifaDevice;
use super::error::ZhifaError;
use super::record::call;

/// What stands against a case, and which acts it stands before, as this handheld knows it; nothing is kept. Input, `acts`, `tried` and
/// `law` as for `zhifa_visit_check`; gives `{"record", "stage", "tried", "acts", "law", "day", "findings"}`.
///
/// `findings`: what the law that is held and other cases of the party say on `day`, `{"code", "about", "key", "weight": "warn" | "wait" | "block", "bars":
/// [act …], "basis", "detail", "settled", "zh", "en"}`; null, as `law` is, until a law has arrived. Nothing of it keeps an officer from capturing what was done:
/// the office sees it as a flag. The server may know of cases that this handheld does not.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_case_check(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::CheckInput| d.case_check(i)) }
}

/// A document as it would be printed, to be read by the party before it is captured; nothing is kept:
/// `{"record"?, "kind": "case" | "visit", "edits"?, "numbers"?, "paper": id | "type": type, "of"?, "time"?}`, with `edits` and `numbers` as for a capture, judged as if
/// they were captured. Gives `{"type", "title", "version", "number", "digest", "html", "missing"}`.
///
/// `html` is one page without scripts or anything that is loaded; `digest`, in a paper's member `sha256`, tells the office what was shown. Both are null while a
/// fact is missing, and `missing` says which: `{"fact", "line", "reason"}`. `paper` is the id of `papers.<id>`; a number that its seal is not good for is shown
/// without a seal.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_document_preview(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::PreviewInput| d.document_preview(i)) }
}
