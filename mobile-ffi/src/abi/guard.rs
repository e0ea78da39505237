//! What stands around every body: panics, out-pointers, and handles that are names instead of addresses.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use crate::device::{Code, DeviceError, Result};

use super::data::ZhifaBuffer;
use super::error::ZhifaError;

/// Runs a body; its error, or its panic, becomes the returned error.
pub(super) fn guard(body: impl FnOnce() -> Result<()>) -> *mut ZhifaError {
    // Unwinding leaves nothing half-done behind: transactions roll back when they are dropped, locks are re-entered.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => std::ptr::null_mut(),
        Ok(Err(error)) => ZhifaError::give(error),
        Err(_) => ZhifaError::give(DeviceError::new(Code::Panic, "a fault inside the library; nothing of this call was kept. Report it")),
    }
}

/// The place of a result: not null, and empty until there is one.
///
/// # Safety
/// `out` is null or valid for writing.
pub(super) unsafe fn place<'a, T>(out: *mut T, name: &str, empty: T) -> Result<&'a mut T> {
    if out.is_null() {
        return Err(DeviceError::new(Code::Null, format!("{name}: null; give the address of the result")));
    }
    // SAFETY: not null, and the caller vouches that it can be written. What was there is not dropped.
    unsafe { out.write(empty) };
    // SAFETY: just written.
    unsafe { out.as_mut() }.ok_or_else(|| DeviceError::new(Code::Null, name))
}

/// The place of a buffer.
///
/// # Safety
/// As [`place`].
pub(super) unsafe fn buffer<'a>(out: *mut ZhifaBuffer, name: &str) -> Result<&'a mut ZhifaBuffer> {
    // SAFETY: the same promise.
    unsafe { place(out, name, ZhifaBuffer::EMPTY) }
}

/// JSON as the caller's buffer.
pub(super) fn give_json(json: &Json) -> ZhifaBuffer {
    ZhifaBuffer::give(json.to_string().into_bytes())
}

/// Open handles of one type. A handle is a name that is never used twice, so that one that was closed is known as such.
pub(super) struct Handles<T>(Mutex<(usize, BTreeMap<usize, Arc<T>>)>);

impl<T> Handles<T> {
    /// No handles.
    pub(super) const fn new() -> Handles<T> {
        Handles(Mutex::new((FIRST, BTreeMap::new())))
    }

    /// Names a value. The name looks like an aligned address, which is all that hosts may know of it.
    pub(super) fn open<H>(&self, value: T) -> *mut H {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, open) = &mut *table;
        let name = *next;
        *next = next.wrapping_add(STEP);
        open.insert(name, Arc::new(value));
        std::ptr::without_provenance_mut(name)
    }

    /// The value under a name.
    pub(super) fn get<H>(&self, handle: *const H) -> Result<Arc<T>> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = table.1.get(&handle.addr()).cloned();
        found.ok_or_else(|| match handle.is_null() {
            true => DeviceError::new(Code::Null, "handle: null; open it first"),
            false => DeviceError::new(Code::Closed, "handle: closed, or never opened by this library"),
        })
    }

    /// Forgets a name; the value goes when the last call that uses it ends.
    pub(super) fn close<H>(&self, handle: *const H) -> Result<Arc<T>> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = table.1.remove(&handle.addr());
        found.ok_or_else(|| DeviceError::new(Code::Closed, "handle: closed already, or never opened by this library"))
    }
}

const FIRST: usize = 0x1000;
const STEP: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_the_next_call_works() {
        let error = guard(|| panic!("planted"));
        // SAFETY: just returned, freed once.
        unsafe {
            assert_eq!(super::super::zhifa_error_code(error), Code::Panic as i32);
            super::super::zhifa_error_free(error);
        }
        assert!(guard(|| Ok(())).is_null());
    }

    #[test]
    fn a_closed_name_is_never_given_again() {
        let handles: Handles<u8> = Handles::new();
        let first: *mut u32 = handles.open(1);
        assert_eq!(handles.get(first).map(|v| *v), Ok(1));
        assert!(handles.close(first).is_ok());
        let second: *mut u32 = handles.open(2);
        assert_ne!(first, second);
        assert_eq!(handles.get(first).map_err(|e| e.code), Err(Code::Closed));
        assert_eq!(handles.close(first).map_err(|e| e.code), Err(Code::Closed));
        assert_eq!(handles.get(std::ptr::null::<u32>()).map_err(|e| e.code), Err(Code::Null));
    }
}
