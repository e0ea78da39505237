//! Creating, opening and closing a store, and the host's keystore.

use std::ffi::c_void;
use std::path::Path;
use std::sync::Arc;

use crate::device::signer::HostSign;
use crate::device::{Device, Options, Result};

use super::data::ZhifaSlice;
use super::error::ZhifaError;
use super::guard::{Handles, guard, place};

/// One store of one officer, open.
pub struct ZhifaDevice {
    _opaque: [u8; 0],
}

static DEVICES: Handles<Device> = Handles::new();

/// The device under a handle.
pub(super) fn device(handle: *const ZhifaDevice) -> Result<Arc<Device>> {
    DEVICES.get(handle)
}

/// Longest path, and longest PIN, in bytes.
const MAX_PATH: usize = 4_096;
const MAX_PIN: usize = 1_024;

/// A store's path.
///
/// # Safety
/// As every function of the ABI.
pub(super) unsafe fn path<'a>(slice: ZhifaSlice) -> Result<&'a str> {
    // SAFETY: as the callers promise.
    let path = unsafe { slice.text("path", MAX_PATH) }?;
    if path.is_empty() {
        return Err(crate::device::DeviceError::argument("path", "must not be empty"));
    }
    Ok(path)
}

/// What creates or opens.
type Maker = fn(&Path, &str, Options, sync_core::record::Kinds) -> Result<Device>;

/// # Safety
/// As every function of the ABI.
unsafe fn make(maker: Maker, store: ZhifaSlice, pin: ZhifaSlice, options: ZhifaSlice, out: *mut *mut ZhifaDevice) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as the callers promise.
        let (out, path, pin, options) = unsafe { (place(out, "out", std::ptr::null_mut())?, path(store)?, pin.text("pin", MAX_PIN)?, options.json("options")?) };
        *out = DEVICES.open(maker(Path::new(path), pin, options, sync_core::schema::kinds())?);
        Ok(())
    })
}

/// Makes a new store under `path` with fresh keys, wrapped by the officer's PIN (at least 6 characters).
///
/// `options`: `{"app": "name/version", "roots_pem": "…", "host_key": {"alg": "ed25519", "public_key": "<base64url>"}}`,
/// all optional. With `host_key` the signing key stays in the host's keystore; set its callback next.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_device_create(path: ZhifaSlice, pin: ZhifaSlice, options: ZhifaSlice, out: *mut *mut ZhifaDevice) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { make(Device::create, path, pin, options, out) }
}

/// Opens a store. A wrong PIN is code 300, one too soon after others 301 (`detail.retry_ms`). A file that is no
/// store under its key is renamed and reported with code 201 (`detail.aside`), never overwritten. One that the office
/// ordered to be erased is code 206: `detail` has `order`, `head_seq`, `head`, and whether the office knows (`acknowledged`).
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_device_open(path: ZhifaSlice, pin: ZhifaSlice, options: ZhifaSlice, out: *mut *mut ZhifaDevice) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { make(Device::open, path, pin, options, out) }
}

/// Closes a store and sets the caller's variable to null. Null, and a variable that is null already, are accepted.
/// Calls under way on other threads end as if it were open; later ones get code 105.
///
/// # Safety
/// `device` is null or points to a variable of the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_device_close(device: *mut *mut ZhifaDevice) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        match unsafe { device.as_mut() } {
            Some(handle) if !handle.is_null() => DEVICES.close(std::mem::replace(handle, std::ptr::null_mut()).cast_const()).map(drop),
            _ => Ok(()),
        }
    })
}

/// Wraps the store's keys by another PIN. The old one is needed; a wrong one is code 300 and counts as at opening. After a power cut
/// one of the two opens the store, and nothing else does.
///
/// # Safety
/// Slices as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_device_change_pin(handle: *const ZhifaDevice, old: ZhifaSlice, new_pin: ZhifaSlice) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (old, new_pin) = unsafe { (old.text("old", MAX_PIN)?, new_pin.text("new", MAX_PIN)?) };
        device(handle)?.change_pin(old, new_pin)
    })
}

/// Signs `message` with the device's key in the host's keystore: writes at most `capacity` bytes to `signature` and
/// their number to `written`. Returns 0, or anything else if the key cannot sign now. Called on whatever thread
/// captures or syncs; it must not call back into the same device.
pub type ZhifaSign = Option<extern "C" fn(context: *mut c_void, message: ZhifaSlice, signature: *mut u8, capacity: usize, written: *mut usize) -> i32>;

/// Most bytes of a signature.
const MAX_SIGNATURE: usize = 256;

struct Context(*mut c_void);
// SAFETY: the host promises by setting the callback that it and its context may be used from any thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

/// Sets the keystore callback of a store that was created with `host_key`; null takes it away. `context` must live
/// until the callback is replaced or the store is closed and its calls have ended.
#[unsafe(no_mangle)]
pub extern "C" fn zhifa_device_set_sign(handle: *const ZhifaDevice, sign: ZhifaSign, context: *mut c_void) -> *mut ZhifaError {
    guard(|| {
        let device = device(handle)?;
        let Some(sign) = sign else { return device.set_sign(None) };
        let context = Context(context);
        let callback: HostSign = Arc::new(move |message| {
            // The whole context is captured, which is what may cross threads.
            let context: &Context = &context;
            let mut signature = [0u8; MAX_SIGNATURE];
            let mut written = 0usize;
            match sign(context.0, ZhifaSlice::lend(message), signature.as_mut_ptr(), MAX_SIGNATURE, &mut written) {
                0 => signature.get(..written).map(<[u8]>::to_vec).ok_or_else(|| "the host wrote more than the capacity".to_owned()),
                code => Err(format!("the host's keystore answered {code}")),
            }
        });
        device.set_sign(Some(callback))
    })
}
