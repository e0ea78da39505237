//! Errors across the border.

use crate::device::DeviceError;

use super::data::ZhifaSlice;

/// An error: owned by the caller, freed with `zhifa_error_free`.
pub struct ZhifaError {
    code: i32,
    message: Box<str>,
    detail: Box<str>,
}

impl ZhifaError {
    /// Gives an error to the caller.
    pub(super) fn give(error: DeviceError) -> *mut ZhifaError {
        let detail = error.detail.to_string().into();
        Box::into_raw(Box::new(ZhifaError { code: error.code as i32, message: error.message.into(), detail }))
    }
}

/// The error's code: one of `ZhifaCode`. 0 for null.
///
/// # Safety
/// `error` is null or was returned by this library and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_error_code(error: *const ZhifaError) -> i32 {
    // SAFETY: as promised.
    unsafe { error.as_ref() }.map_or(0, |e| e.code)
}

/// A sentence for a log or a developer: what was wrong, and what to do. UTF-8, lent until the error is freed.
///
/// # Safety
/// As `zhifa_error_code`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_error_message(error: *const ZhifaError) -> ZhifaSlice {
    // SAFETY: as promised.
    ZhifaSlice::lend(unsafe { error.as_ref() }.map_or("", |e| &e.message).as_bytes())
}

/// A JSON object with machine-readable detail, lent until the error is freed.
///
/// # Safety
/// As `zhifa_error_code`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_error_detail(error: *const ZhifaError) -> ZhifaSlice {
    // SAFETY: as promised.
    ZhifaSlice::lend(unsafe { error.as_ref() }.map_or("{}", |e| &e.detail).as_bytes())
}

/// Frees an error. Null is accepted.
///
/// # Safety
/// `error` is null or was returned by this library and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_error_free(error: *mut ZhifaError) {
    if !error.is_null() {
        // SAFETY: made by `give`, freed once.
        drop(unsafe { Box::from_raw(error) });
    }
}
