//! Cancelling long work from another thread.

use crate::device::Cancel;

use super::error::ZhifaError;
use super::guard::{Handles, guard, place};

/// A cancel token. Once triggered, for good: make one per undertaking.
pub struct ZhifaCancel {
    _opaque: [u8; 0],
}

static TOKENS: Handles<Cancel> = Handles::new();

/// The token under a handle; null means that nothing cancels.
pub(super) fn token(cancel: *const ZhifaCancel) -> crate::device::Result<Cancel> {
    if cancel.is_null() { Ok(Cancel::default()) } else { TOKENS.get(cancel).map(|t| (*t).clone()) }
}

/// Makes a token.
///
/// # Safety
/// `out` is null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_cancel_create(out: *mut *mut ZhifaCancel) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        *unsafe { place(out, "out", std::ptr::null_mut()) }? = TOKENS.open(Cancel::default());
        Ok(())
    })
}

/// Cancels whatever was given this token, also a request that is on its way.
#[unsafe(no_mangle)]
pub extern "C" fn zhifa_cancel_trigger(cancel: *const ZhifaCancel) -> *mut ZhifaError {
    guard(|| {
        TOKENS.get(cancel)?.cancel();
        Ok(())
    })
}

/// Frees a token and sets the caller's variable to null. Null, and a variable that is null already, are accepted.
/// Work that holds the token goes on.
///
/// # Safety
/// `cancel` is null or points to a variable of the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_cancel_free(cancel: *mut *mut ZhifaCancel) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        match unsafe { cancel.as_mut() } {
            Some(handle) if !handle.is_null() => TOKENS.close(std::mem::replace(handle, std::ptr::null_mut()).cast_const()).map(drop),
            _ => Ok(()),
        }
    })
}
