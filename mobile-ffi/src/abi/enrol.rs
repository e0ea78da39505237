//! Enrolment, by the library's transport or by the host's.

use super::cancel::{ZhifaCancel, token};
use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};
use super::sync::{answer, give_request};

/// Enrols a store: `{"server": "https://…", "code": "…", "officer": "…", "password": "…", "label": "…"}`, and
/// `"continues": "<head>"` after a fork. Gives `{"device", "officer", "district", "epoch"}`. Can be repeated with the
/// same code if the answer was lost. `cancel` may be null.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_enrol_run(handle: *const ZhifaDevice, input: ZhifaSlice, cancel: *const ZhifaCancel, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, input) = unsafe { (buffer(out, "out")?, input.json("input")?) };
        *out = give_json(&device(handle)?.enrol(&input, &token(cancel)?)?);
        Ok(())
    })
}

/// For hosts that do HTTP themselves: the request that enrols, as in `zhifa_sync_next`.
///
/// # Safety
/// Slices and out-pointers as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_enrol_request(handle: *const ZhifaDevice, input: ZhifaSlice, out_head: *mut ZhifaBuffer, out_body: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (head, body, input) = unsafe { (buffer(out_head, "out_head")?, buffer(out_body, "out_body")?, input.json("input")?) };
        give_request(Some(device(handle)?.enrol_request(&input)?), head, body);
        Ok(())
    })
}

/// Takes in the answer to that request, as in `zhifa_sync_answer`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_enrol_answer(handle: *const ZhifaDevice, status: u16, headers: ZhifaSlice, body: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, answer) = unsafe { (buffer(out, "out")?, answer(status, headers, body)?) };
        *out = give_json(&device(handle)?.enrol_accept(&answer)?);
        Ok(())
    })
}
