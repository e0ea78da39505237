//! Sync, by the library's transport or by the host's.

use serde_json::{Map, Value as Json, json};
use std::ffi::c_void;

use crate::device::{Result, WireAnswer, WireRequest};

use super::cancel::{ZhifaCancel, token};
use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};

/// Told before each request, on the thread that syncs: `{"phase": "session|salvage|push|pull|certificates|law|numbers|thumbnails|originals|last_words",
/// "requests", "pushed", "updated", "files": {"sent", "sent_bytes", "waiting", "waiting_bytes", "refused"}}`, lent for the time of the call. It may capture and read on the same device.
pub type ZhifaProgress = Option<extern "C" fn(context: *mut c_void, progress: ZhifaSlice)>;

/// One session: deliver, then fetch. `input`: `{"connectivity_changed"?, "metered"?, "server"?}`, or empty. `cancel` and
/// `progress` may be null.
///
/// Gives a report, also when the network failed on the way: `{"complete", "files", "failure", "requests", "pushed", "updated",
/// "events", "events_omitted", "erased", "retry_ms"}`. Events: acknowledged, disposed, not_taken, chain_frozen, order,
/// server_restored, log_rewritten, refetching, gone, failed. Orders (event `order`: lock, drain_then_erase, erase_now) are carried out by the
/// library and acknowledged in the same session; `erased` is null, or says where the journal of the store ended that is gone now. A host
/// that keeps the store's key then deletes it. An error means that nothing could be tried, or
/// that the caller cancelled (503), or that another session is under way (104).
///
/// # Safety
/// Slices and `out` as the header's rules say; `context` is handed to `progress` as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_sync_run(
    handle: *const ZhifaDevice,
    input: ZhifaSlice,
    cancel: *const ZhifaCancel,
    progress: ZhifaProgress,
    context: *mut c_void,
    out: *mut ZhifaBuffer,
) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, input) = unsafe { (buffer(out, "out")?, input.json("input")?) };
        let report = device(handle)?.sync(&input, &token(cancel)?, &mut |json| {
            if let Some(progress) = progress {
                progress(context, ZhifaSlice::lend(json.to_string().as_bytes()));
            }
        })?;
        *out = give_json(&report);
        Ok(())
    })
}

/// For hosts that do HTTP themselves: the next request of the session, `{"method", "path", "headers": {…}}` in
/// `out_head` and its body in `out_body`. An empty `out_head` says that the session is over; the next call begins
/// another. Asking twice without an answer gives the same request.
///
/// # Safety
/// Out-pointers as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_sync_next(handle: *const ZhifaDevice, out_head: *mut ZhifaBuffer, out_body: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (head, body) = unsafe { (buffer(out_head, "out_head")?, buffer(out_body, "out_body")?) };
        give_request(device(handle)?.next_request()?, head, body);
        Ok(())
    })
}

/// Hands in the answer: status, headers as a JSON object of strings (only `content-type`, `retry-after`, `location` and `upload-offset`
/// matter), and body. Status 0 says that there was none. Gives `{"events", "complete", "erased"}`.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_sync_answer(handle: *const ZhifaDevice, status: u16, headers: ZhifaSlice, body: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, answer) = unsafe { (buffer(out, "out")?, answer(status, headers, body)?) };
        *out = give_json(&device(handle)?.on_response((status != 0).then_some(&answer))?);
        Ok(())
    })
}

/// Largest answer taken from a host.
const MAX_BODY: usize = 64 << 20;

/// An answer from its parts.
///
/// # Safety
/// As every function of the ABI.
pub(super) unsafe fn answer(status: u16, headers: ZhifaSlice, body: ZhifaSlice) -> Result<WireAnswer> {
    // SAFETY: as the callers promise.
    let (headers, body): (Map<String, Json>, _) = unsafe { (headers.json("headers")?, body.bytes("body", MAX_BODY)?.to_vec()) };
    let header = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).and_then(|(_, v)| v.as_str());
    let content_type = header("content-type").unwrap_or_default().to_ascii_lowercase();
    let retry_after_s = header("retry-after").and_then(|v| v.trim().parse().ok());
    let (location, upload_offset) = (header("location").map(str::to_owned), header("upload-offset").and_then(|v| v.trim().parse().ok()));
    Ok(WireAnswer { status, content_type, retry_after_s, location, upload_offset, body })
}

/// A request as two buffers.
pub(super) fn give_request(request: Option<WireRequest>, head: &mut ZhifaBuffer, body: &mut ZhifaBuffer) {
    let Some(request) = request else { return };
    let headers: Map<String, Json> = request.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    *head = give_json(&json!({ "v": 1, "method": request.method, "path": request.path, "headers": headers }));
    *body = ZhifaBuffer::give(request.body);
}
