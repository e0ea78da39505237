//! Numbers from leased blocks, and the code of an act.

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};
use super::record::call;

/// What there is to number with: `{"series": [{"series", "documents", "organ", "year", "left", "blocks": [{"first", "next"}]}], "taken", "spoiled",
/// "told_day"}`. `documents` are the types of papers that the series numbers; none for the code of an act.
/// A number is taken by a capture (`numbers`), and by nothing else; more are leased after a session. Answers also where nothing may be read.
///
/// # Safety
/// `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_numbers_status(handle: *const ZhifaDevice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let out = unsafe { buffer(out, "out") }?;
        *out = give_json(&device(handle)?.numbers_status()?);
        Ok(())
    })
}

/// A number that was taken here will never be on a record: `{"series", "seq", "reason"}` gives `{"spoiled"}`, what the office is yet to be
/// told. It is told with the next session. Repeating it changes nothing.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_number_spoil(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::SpoilInput| d.number_spoil(&i)) }
}

/// The code of a record's act, to be shown to whoever is inspected: `{"record", "field"?: "code", "server"?}` gives `{"no", "series", "seq", "address",
/// "svg"}`. `server` is the address under which the public reaches the office; that of enrolment if left out. Code 403 if the record has no code.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_code_qr(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::CodeInput| d.code_qr(&i)) }
}

/// Whether this store's office gave a code, by its signature and without a network: `{"scanned": address or token}` gives
/// `{"genuine", "why": null | "form" | "signature" | "other_district", "district", "series", "seq"}`. What the code is about, and whether it was
/// withdrawn, only the office knows.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_code_verify(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::VerifyInput| d.code_verify(&i)) }
}

/// The seal of a paper that was drawn up in the field: `{"record", "paper"}` gives `{"no", "series", "seq", "genuine", "why": null | "form" | "bound",
/// "digest", "png"}`. `bound`: it was signed for another number or another handheld. `png` is the organ's image in URL-safe base64; null with a `digest` if
/// the image came with another handheld's numbers, null without one if the organ uploaded none and its seal is drawn. Code 403 if there is no such
/// paper, or if it has no number.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_paper_seal(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::PaperSealInput| d.paper_seal(&i)) }
}
