//! Capturing and reading: each function takes one JSON object and gives one.

use crate::device::{Device, Result};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};

/// # Safety
/// As every function of the ABI.
pub(super) unsafe fn call<T: DeserializeOwned>(
    handle: *const ZhifaDevice,
    input: ZhifaSlice,
    out: *mut ZhifaBuffer,
    work: impl FnOnce(&Device, T) -> Result<Json>,
) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as the callers promise.
        let (out, input) = unsafe { (buffer(out, "out")?, input.json("input")?) };
        *out = give_json(&work(&*device(handle)?, input)?);
        Ok(())
    })
}

/// Captures, in one transaction that is on disk when this returns:
/// `{"record"?, "kind", "edits": [{"field", "value", "replaces": [dots shown], "reason"?}], "act"?, "numbers"?, "needs"?, "place"?, "time"?}`.
/// Without `record` a new one begins. Gives `{"record", "dot", "contested", "excepted", "refused", "numbers"}`.
///
/// `numbers`: `[{"field", "organ", "replaces"?, "or_none"?}]`, each taken from the blocks leased to this handheld and written into its field by the
/// same change, before its act is judged. The field is `code`, or a paper that these edits write (`papers.<id>`), which gets the member `number` of the
/// series that its `type` has: `spot_decision`, `order_to_correct`, `registration_notice` or `site_record`. The answer has `{"field", "no", "series", "seq",
/// "token"}` for each. If there is none, nothing is captured and the code is 407; with `or_none` the capture goes on, and the answer has `"no": null` and
/// `why`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_record_capture(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::CaptureInput| d.capture(i)) }
}

/// Lists records known here: `{"after"?, "limit"?, "kind"?}` gives `{"records": [{"record", "kind", "stage", "contested", "unsent"}], "next"}`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_record_list(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::PageInput| d.records(&i)) }
}

/// One record as it looks from here: `{"record", "fields"?: [key or prefix.], "seal"?: true}` gives its stage and, per field,
/// reading, value, dots and candidates. An edit made from this view cites those dots.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_record_view(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::ViewInput| d.record_view(&i)) }
}

/// The joint form of a visit: `{"record", "department"?}` gives `{"questions": [{"code", "field", "item", "reading", "answer", "dots"}], "progress"}`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_form_view(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::FormInput| d.form(&i)) }
}

/// Disagreements: `{"after"?, "limit"?}` gives `{"clashes": [{"record", "field", "values": [{"dot", "value", "officer"}], "replaces"}], "next"}`.
/// `limit` counts the records looked at, so a page may be empty while `next` is not null.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_clash_list(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::PageInput| d.clashes(&i)) }
}

/// Settles a disagreement: `{"record", "field", "value", "replaces": [dots shown], "reason", "time"?}` gives what a capture gives.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_clash_resolve(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::ResolveInput| d.resolve(i)) }
}

/// What the officer has yet to be shown: `{"after"?: number, "limit"?}` gives `{"notices": [{"number", "notice"}], "next"}`.
/// A notice is an event of `zhifa_sync_run`; it stays until `zhifa_notice_shown`, also if the app is killed.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_notice_list(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::NoticeInput| d.notices(&i)) }
}

/// The app has shown the notices up to a number: `{"through": number}` gives `{"forgotten"}`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_notice_shown(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::ShownInput| d.notices_shown(&i)) }
}

/// The truth about this device's work: what is captured, unsent, carried, parked, in quarantine. `done` is true only
/// when nothing is. The app says "done" then and never else. `lease` says for how long the store may be read without contact, `locked` and
/// `ending` what the office ordered. Where nothing may be read, it counts and names no records.
///
/// # Safety
/// `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_status_read(handle: *const ZhifaDevice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let out = unsafe { buffer(out, "out") }?;
        *out = give_json(&device(handle)?.status()?);
        Ok(())
    })
}
