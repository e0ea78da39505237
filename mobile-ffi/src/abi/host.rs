//! The one safe caller of the exported symbols: what an app in another language does, done from Rust. The demo, the
//! benchmarks and the tests work through it, so that whatever they show has crossed the C border both ways.

use serde_json::Value as Json;
use std::ffi::c_void;
use std::fmt;
use std::path::Path;
use std::ptr::null_mut;

use super::*;

/// An error as a host sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct HostError {
    /// One of the header's codes.
    pub code: i32,
    /// For a log or a developer.
    pub message: String,
    /// A JSON object.
    pub detail: Json,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for HostError {}

/// What every call gives.
pub type HostResult<T> = Result<T, HostError>;

/// A request that the host sends itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `method`, `path`, `headers`.
    pub head: Json,
    /// The body.
    pub body: Vec<u8>,
}

/// Told of progress; may be called from the thread that syncs only.
pub type OnProgress<'a> = &'a mut dyn FnMut(Json);

fn text(slice: ZhifaSlice) -> String {
    // SAFETY: slices of error objects and callbacks live until the call that looks at them ends.
    let bytes = unsafe { slice.bytes("text", usize::MAX) }.unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

fn check(error: *mut ZhifaError) -> HostResult<()> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, just returned, freed once.
    unsafe {
        let code = zhifa_error_code(error);
        let (message, detail) = (text(zhifa_error_message(error)), text(zhifa_error_detail(error)));
        zhifa_error_free(error);
        Err(HostError { code, message, detail: serde_json::from_str(&detail).unwrap_or_default() })
    }
}

/// Calls with a buffer for the result; copies it out and frees it.
fn filled(call: impl FnOnce(*mut ZhifaBuffer) -> *mut ZhifaError) -> HostResult<Vec<u8>> {
    let mut buffer = ZhifaBuffer::EMPTY;
    let error = call(&mut buffer);
    let bytes = text_bytes(&buffer);
    // SAFETY: filled by the library, or empty.
    unsafe { zhifa_buffer_free(&mut buffer) };
    check(error).map(|()| bytes)
}

fn text_bytes(buffer: &ZhifaBuffer) -> Vec<u8> {
    let slice = ZhifaSlice { ptr: buffer.ptr, len: buffer.len };
    // SAFETY: the buffer is the library's and alive.
    unsafe { slice.bytes("buffer", usize::MAX) }.unwrap_or_default().to_vec()
}

fn parsed(bytes: Vec<u8>) -> Json {
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn lend(text: &str) -> ZhifaSlice {
    ZhifaSlice::lend(text.as_bytes())
}

type JsonCall = unsafe extern "C" fn(*const ZhifaDevice, ZhifaSlice, *mut ZhifaBuffer) -> *mut ZhifaError;
type Opener = unsafe extern "C" fn(ZhifaSlice, ZhifaSlice, ZhifaSlice, *mut *mut ZhifaDevice) -> *mut ZhifaError;

/// A handheld: one open store, driven through the C symbols. Closed when dropped.
pub struct Handheld(*mut ZhifaDevice);

// SAFETY: the handle is a name, and the ABI takes calls from any thread.
unsafe impl Send for Handheld {}
// SAFETY: as above.
unsafe impl Sync for Handheld {}

impl Handheld {
    /// `zhifa_device_create`.
    pub fn create(path: &Path, pin: &str, options: &Json) -> HostResult<Handheld> {
        Handheld::make(zhifa_device_create, path, pin, options)
    }

    /// `zhifa_device_open`.
    pub fn open(path: &Path, pin: &str, options: &Json) -> HostResult<Handheld> {
        Handheld::make(zhifa_device_open, path, pin, options)
    }

    fn make(opener: Opener, path: &Path, pin: &str, options: &Json) -> HostResult<Handheld> {
        let (path, options) = (path.to_string_lossy(), options.to_string());
        let mut handle = null_mut();
        // SAFETY: slices of live strings, and a variable of ours.
        check(unsafe { opener(lend(&path), lend(pin), lend(&options), &mut handle) })?;
        Ok(Handheld(handle))
    }

    fn json(&self, call: JsonCall, input: &Json) -> HostResult<Json> {
        let input = input.to_string();
        // SAFETY: a live string and a buffer of ours.
        filled(|out| unsafe { call(self.0, lend(&input), out) }).map(parsed)
    }

    /// `zhifa_enrol_run`, without a way to cancel.
    pub fn enrol(&self, input: &Json) -> HostResult<Json> {
        let input = input.to_string();
        // SAFETY: a live string and a buffer of ours.
        filled(|out| unsafe { zhifa_enrol_run(self.0, lend(&input), null_mut(), out) }).map(parsed)
    }

    /// `zhifa_enrol_request`.
    pub fn enrol_request(&self, input: &Json) -> HostResult<Request> {
        let input = input.to_string();
        // SAFETY: a live string and buffers of ours.
        let request = self.request(|head, body| unsafe { zhifa_enrol_request(self.0, lend(&input), head, body) })?;
        request.ok_or_else(|| HostError { code: 0, message: "no request".into(), detail: Json::Null })
    }

    /// `zhifa_enrol_answer`.
    pub fn enrol_answer(&self, status: u16, headers: &Json, body: &[u8]) -> HostResult<Json> {
        let headers = headers.to_string();
        // SAFETY: live slices and a buffer of ours.
        filled(|out| unsafe { zhifa_enrol_answer(self.0, status, lend(&headers), ZhifaSlice::lend(body), out) }).map(parsed)
    }

    /// `zhifa_record_capture`.
    pub fn capture(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_record_capture, input)
    }

    /// `zhifa_record_list`.
    pub fn records(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_record_list, input)
    }

    /// `zhifa_record_view`.
    pub fn view(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_record_view, input)
    }

    /// `zhifa_form_view`.
    pub fn form(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_form_view, input)
    }

    /// `zhifa_clash_list`.
    pub fn clashes(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_clash_list, input)
    }

    /// `zhifa_clash_resolve`.
    pub fn resolve(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_clash_resolve, input)
    }

    /// `zhifa_notice_list`.
    pub fn notices(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_notice_list, input)
    }

    /// `zhifa_notice_shown`.
    pub fn notices_shown(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_notice_shown, input)
    }

    /// `zhifa_law_search`.
    pub fn law_search(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_law_search, input)
    }

    /// `zhifa_law_get`.
    pub fn law_get(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_law_get, input)
    }

    /// `zhifa_law_authority`.
    pub fn law_authority(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_law_authority, input)
    }

    /// `zhifa_law_choice`.
    pub fn law_choice(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_law_choice, input)
    }

    /// `zhifa_law_deadline`.
    pub fn law_deadline(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_law_deadline, input)
    }

    /// `zhifa_law_status`.
    pub fn law_status(&self) -> HostResult<Json> {
        // SAFETY: a buffer of ours.
        filled(|out| unsafe { zhifa_law_status(self.0, out) }).map(parsed)
    }

    /// `zhifa_case_check`.
    pub fn case_check(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_case_check, input)
    }

    /// `zhifa_document_preview`.
    pub fn document_preview(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_document_preview, input)
    }

    /// `zhifa_visit_check`.
    pub fn visit_check(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_visit_check, input)
    }

    /// `zhifa_numbers_status`.
    pub fn numbers_status(&self) -> HostResult<Json> {
        // SAFETY: a buffer of ours.
        filled(|out| unsafe { zhifa_numbers_status(self.0, out) }).map(parsed)
    }

    /// `zhifa_number_spoil`.
    pub fn number_spoil(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_number_spoil, input)
    }

    /// `zhifa_code_qr`.
    pub fn code_qr(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_code_qr, input)
    }

    /// `zhifa_code_verify`.
    pub fn code_verify(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_code_verify, input)
    }

    /// `zhifa_paper_seal`.
    pub fn paper_seal(&self, input: &Json) -> HostResult<Json> {
        self.json(zhifa_paper_seal, input)
    }

    /// `zhifa_device_change_pin`.
    pub fn change_pin(&self, old: &str, new: &str) -> HostResult<()> {
        // SAFETY: slices of live strings.
        check(unsafe { zhifa_device_change_pin(self.0, lend(old), lend(new)) })
    }

    /// `zhifa_status_read`.
    pub fn status(&self) -> HostResult<Json> {
        // SAFETY: a buffer of ours.
        filled(|out| unsafe { zhifa_status_read(self.0, out) }).map(parsed)
    }

    /// `zhifa_sync_run`.
    pub fn sync(&self, input: &Json, cancel: Option<&CancelToken>, mut progress: Option<OnProgress<'_>>) -> HostResult<Json> {
        extern "C" fn tell(context: *mut c_void, json: ZhifaSlice) {
            let context = context.cast::<Option<OnProgress<'_>>>();
            // SAFETY: the address of `progress` below, which lives until the call ends.
            if let Some(Some(progress)) = unsafe { context.as_mut() } {
                progress(serde_json::from_str(&text(json)).unwrap_or_default());
            }
        }
        let input = input.to_string();
        let cancel = cancel.map_or(null_mut(), |c| c.0);
        let context = (&raw mut progress).cast::<c_void>();
        // SAFETY: live slices, a context that outlives the call, and a buffer of ours.
        filled(|out| unsafe { zhifa_sync_run(self.0, lend(&input), cancel, Some(tell), context, out) }).map(parsed)
    }

    fn request(&self, call: impl FnOnce(*mut ZhifaBuffer, *mut ZhifaBuffer) -> *mut ZhifaError) -> HostResult<Option<Request>> {
        let mut body = Vec::new();
        let head = filled(|head| {
            let mut buffer = ZhifaBuffer::EMPTY;
            let error = call(head, &mut buffer);
            body = text_bytes(&buffer);
            // SAFETY: filled by the library, or empty.
            unsafe { zhifa_buffer_free(&mut buffer) };
            error
        })?;
        Ok((!head.is_empty()).then(|| Request { head: parsed(head), body }))
    }

    /// `zhifa_sync_next`: the next request that the host is to send itself.
    pub fn sync_next(&self) -> HostResult<Option<Request>> {
        // SAFETY: buffers of ours.
        self.request(|head, body| unsafe { zhifa_sync_next(self.0, head, body) })
    }

    /// `zhifa_sync_answer`; status 0 says that there was none.
    pub fn sync_answer(&self, status: u16, headers: &Json, body: &[u8]) -> HostResult<Json> {
        let headers = headers.to_string();
        // SAFETY: live slices and a buffer of ours.
        filled(|out| unsafe { zhifa_sync_answer(self.0, status, lend(&headers), ZhifaSlice::lend(body), out) }).map(parsed)
    }

    /// `zhifa_bundle_export`: the bytes of the file.
    pub fn bundle_export(&self, input: &Json) -> HostResult<Vec<u8>> {
        let input = input.to_string();
        // SAFETY: a live string and a buffer of ours.
        filled(|out| unsafe { zhifa_bundle_export(self.0, lend(&input), out) })
    }

    /// `zhifa_bundle_import`.
    pub fn bundle_import(&self, file: &[u8]) -> HostResult<Json> {
        // SAFETY: a live slice and a buffer of ours.
        filled(|out| unsafe { zhifa_bundle_import(self.0, ZhifaSlice::lend(file), out) }).map(parsed)
    }

    /// `zhifa_photo_register`.
    pub fn photo(&self, input: &Json, photo: &[u8]) -> HostResult<Json> {
        let input = input.to_string();
        // SAFETY: live slices and a buffer of ours.
        filled(|out| unsafe { zhifa_photo_register(self.0, lend(&input), ZhifaSlice::lend(photo), out) }).map(parsed)
    }

    /// `zhifa_original_keep`.
    pub fn keep(&self, input: &Json, path: &std::path::Path) -> HostResult<Json> {
        let (input, path) = (input.to_string(), path.to_string_lossy().into_owned());
        // SAFETY: live strings and a buffer of ours.
        filled(|out| unsafe { zhifa_original_keep(self.0, lend(&input), lend(&path), out) }).map(parsed)
    }

    /// `zhifa_original_list`.
    pub fn originals(&self, input: &Json) -> HostResult<Json> {
        let input = input.to_string();
        // SAFETY: a live string and a buffer of ours.
        filled(|out| unsafe { zhifa_original_list(self.0, lend(&input), out) }).map(parsed)
    }

    /// `zhifa_original_read`.
    pub fn original(&self, sha256: &str, from: u64) -> HostResult<Vec<u8>> {
        // SAFETY: a live string and a buffer of ours.
        filled(|out| unsafe { zhifa_original_read(self.0, lend(sha256), from, out) })
    }

    /// `zhifa_network_metered`.
    pub fn metered(&self, metered: bool) -> HostResult<()> {
        // SAFETY: nothing is lent.
        check(unsafe { zhifa_network_metered(self.0, u8::from(metered)) })
    }

    /// `zhifa_photo_thumbnail`: the bytes of the JPEG.
    pub fn photo_thumbnail(&self, sha256: &str) -> HostResult<Vec<u8>> {
        // SAFETY: a live string and a buffer of ours.
        filled(|out| unsafe { zhifa_photo_thumbnail(self.0, lend(sha256), out) })
    }

    /// `zhifa_device_close`, with its error.
    pub fn close(mut self) -> HostResult<()> {
        // SAFETY: a variable of ours.
        check(unsafe { zhifa_device_close(&mut self.0) })
    }
}

impl Drop for Handheld {
    fn drop(&mut self) {
        // SAFETY: a variable of ours; null after `close`.
        let _closed = check(unsafe { zhifa_device_close(&mut self.0) });
    }
}

/// `zhifa_deposit`: hands in what a store has sealed, without its PIN.
pub fn deposit(path: &Path, options: &Json) -> HostResult<Json> {
    let (path, options) = (path.to_string_lossy(), options.to_string());
    // SAFETY: slices of live strings and a buffer of ours.
    filled(|out| unsafe { zhifa_deposit(lend(&path), lend(&options), out) }).map(parsed)
}

/// `zhifa_signature_thin`.
pub fn signature_thin(input: &Json) -> HostResult<Json> {
    let input = input.to_string();
    // SAFETY: a live string and a buffer of ours.
    filled(|out| unsafe { zhifa_signature_thin(lend(&input), out) }).map(parsed)
}

/// A cancel token; another thread triggers it.
pub struct CancelToken(*mut ZhifaCancel);

// SAFETY: the handle is a name, and the ABI takes calls from any thread.
unsafe impl Send for CancelToken {}
// SAFETY: as above.
unsafe impl Sync for CancelToken {}

impl CancelToken {
    /// `zhifa_cancel_create`.
    pub fn create() -> HostResult<CancelToken> {
        let mut handle = null_mut();
        // SAFETY: a variable of ours.
        check(unsafe { zhifa_cancel_create(&mut handle) })?;
        Ok(CancelToken(handle))
    }

    /// `zhifa_cancel_trigger`.
    pub fn trigger(&self) -> HostResult<()> {
        check(zhifa_cancel_trigger(self.0))
    }
}

impl Drop for CancelToken {
    fn drop(&mut self) {
        // SAFETY: a variable of ours.
        let _freed = check(unsafe { zhifa_cancel_free(&mut self.0) });
    }
}
