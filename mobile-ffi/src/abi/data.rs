//! Bytes across the border: lent slices and owned buffers.

use serde::de::DeserializeOwned;

use crate::device::{Code, DeviceError, Result};

/// Bytes lent to the callee for the time of a call. `ptr` may be null if `len` is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ZhifaSlice {
    /// The first byte.
    pub ptr: *const u8,
    /// Number of bytes.
    pub len: usize,
}

/// Bytes that the caller owns and frees with `zhifa_buffer_free`.
#[repr(C)]
pub struct ZhifaBuffer {
    /// The first byte; null if empty.
    pub ptr: *mut u8,
    /// Number of bytes.
    pub len: usize,
    /// Bytes allocated; not for the caller.
    pub cap: usize,
}

impl ZhifaSlice {
    /// Lends bytes.
    pub(super) fn lend(bytes: &[u8]) -> ZhifaSlice {
        ZhifaSlice { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    /// The bytes, if the slice is one and within `max`.
    ///
    /// # Safety
    /// As every caller of the ABI promises: `ptr` is null or points to `len` bytes that live and do not change during the call.
    pub(super) unsafe fn bytes<'a>(self, name: &str, max: usize) -> Result<&'a [u8]> {
        if self.len == 0 {
            return Ok(&[]);
        }
        if self.ptr.is_null() {
            return Err(DeviceError::new(Code::Null, format!("{name}: null with a length; give the bytes, or the length 0")));
        }
        if self.len > max {
            return Err(DeviceError::new(Code::TooLarge, format!("{name}: larger than {max} bytes")));
        }
        // SAFETY: not null, and the caller vouches for its length and life.
        Ok(unsafe { std::slice::from_raw_parts(self.ptr, self.len) })
    }

    /// The text, if it is UTF-8 without NUL.
    ///
    /// # Safety
    /// As [`ZhifaSlice::bytes`].
    pub(super) unsafe fn text<'a>(self, name: &str, max: usize) -> Result<&'a str> {
        // SAFETY: the same promise.
        let bytes = unsafe { self.bytes(name, max) }?;
        let text = std::str::from_utf8(bytes).map_err(|e| DeviceError::new(Code::BadUtf8, format!("{name}: not UTF-8 at byte {}", e.valid_up_to())))?;
        if text.contains('\0') {
            return Err(DeviceError::argument(name, "holds a NUL; give the length without the terminator"));
        }
        Ok(text)
    }

    /// The JSON object; empty stands for `{}`.
    ///
    /// # Safety
    /// As [`ZhifaSlice::bytes`].
    pub(super) unsafe fn json<T: DeserializeOwned>(self, name: &str) -> Result<T> {
        // SAFETY: the same promise.
        let text = unsafe { self.text(name, MAX_JSON) }?;
        let text = if text.is_empty() { "{}" } else { text };
        serde_json::from_str(text).map_err(|e| DeviceError::argument(name, e))
    }
}

/// Largest JSON taken from a host.
pub(super) const MAX_JSON: usize = 1 << 20;

impl ZhifaBuffer {
    /// Nothing.
    pub(super) const EMPTY: ZhifaBuffer = ZhifaBuffer { ptr: std::ptr::null_mut(), len: 0, cap: 0 };

    /// Gives bytes to the caller.
    pub(super) fn give(bytes: Vec<u8>) -> ZhifaBuffer {
        if bytes.capacity() == 0 {
            return ZhifaBuffer::EMPTY;
        }
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        ZhifaBuffer { ptr: bytes.as_mut_ptr(), len: bytes.len(), cap: bytes.capacity() }
    }

    /// Takes the bytes back and leaves the buffer empty.
    ///
    /// # Safety
    /// The buffer is one that this library gave, unchanged, or empty.
    pub(super) unsafe fn take(&mut self) -> Vec<u8> {
        let ZhifaBuffer { ptr, len, cap } = std::mem::replace(self, ZhifaBuffer::EMPTY);
        if ptr.is_null() {
            return Vec::new();
        }
        // SAFETY: made by `give` from a Vec of these parts.
        unsafe { Vec::from_raw_parts(ptr, len, cap) }
    }
}

/// Frees a buffer and leaves it empty, so that a second call does nothing. Null is accepted.
///
/// # Safety
/// `buffer` is null or points to a buffer that this library filled, or to an empty one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_buffer_free(buffer: *mut ZhifaBuffer) {
    // SAFETY: null, or a buffer of ours.
    if let Some(buffer) = unsafe { buffer.as_mut() } {
        // SAFETY: as promised.
        drop(unsafe { buffer.take() });
    }
}
