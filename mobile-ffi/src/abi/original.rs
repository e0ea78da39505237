//! Originals of photos, recordings and papers, kept until the office has them.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};

/// Longest path.
const MAX_PATH: usize = 4_096;
/// Longest text taken for a hash.
const MAX_HASH: usize = 128;

/// Keeps a file, whatever it is, until the office has it: copied from `path` while it is hashed, on disk when this returns.
/// `{"record", "mime"?, "name"?}`; gives `{"sha256", "sm3", "size"}`, at most 2 GiB. To name it in the record is a capture of its
/// own. The host may delete its file then. Photos that are registered are kept by that.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_original_keep(handle: *const ZhifaDevice, input: ZhifaSlice, path: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, input, path) = unsafe { (buffer(out, "out")?, input.json("input")?, path.text("path", MAX_PATH)?) };
        *out = give_json(&device(handle)?.keep_original(&input, Path::new(path))?);
        Ok(())
    })
}

/// A page of what is kept: `{"after"?, "limit"?}`, or empty; gives `{"originals": [{"sha256", "record", "name", "size", "acknowledged",
/// "problem"}], "next"}`. `problem` is the office's code where it does not take a file; it stays here.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_original_list(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, input) = unsafe { (buffer(out, "out")?, input.json("input")?) };
        *out = give_json(&device(handle)?.originals(&input)?);
        Ok(())
    })
}

/// At most a mebibyte of an original by its `sha256`, from the byte `from` on; empty at its end. Code 403 if it is not kept here.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_original_read(handle: *const ZhifaDevice, sha256: ZhifaSlice, from: u64, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let (out, sha256) = unsafe { (buffer(out, "out")?, sha256.text("sha256", MAX_HASH)?) };
        *out = ZhifaBuffer::give(device(handle)?.original(sha256, from)?);
        Ok(())
    })
}

/// For hosts that do HTTP themselves: whether the network is paid by volume now (not 0), so that originals wait for another. Holds from
/// the next session on; [`zhifa_sync_run`](super::sync::zhifa_sync_run) is told in its input.
///
/// # Safety
/// `handle` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_network_metered(handle: *const ZhifaDevice, metered: u8) -> *mut ZhifaError {
    guard(|| {
        device(handle)?.metered().store(metered != 0, Ordering::Relaxed);
        Ok(())
    })
}
