//! Bounded zstd: the only place that inflates anything.

use std::cell::RefCell;
use std::io::{self, Read as _};

use zstd::bulk::{Compressor, Decompressor};

/// Why bytes were not inflated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// More than the allowed size would have come out; nothing beyond it was produced.
    #[error("inflates to more than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not a zstd frame, or a truncated one.
    #[error("not a complete zstd frame")]
    Broken,
}

/// Largest window accepted from others: 8 MiB.
const WINDOW_LOG_MAX: u32 = 23;

thread_local! {
    // Making a context costs more than packing a small row with it.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Compresses at `level` (1 for stored rows, 3 for what travels).
pub fn pack(bytes: &[u8], level: i32) -> Vec<u8> {
    let packed = PACKER.with(|packer| {
        let mut packer = packer.borrow_mut();
        let packer = match packer.as_mut() {
            Some(open) => open,
            None => packer.insert(Compressor::new(level)?),
        };
        packer.set_compression_level(level)?;
        packer.compress(bytes)
    });
    // Compressing into memory fails only for an invalid level; then the frame is made at the default.
    packed.unwrap_or_else(|_: io::Error| zstd::bulk::compress(bytes, 3).unwrap_or_default())
}

/// Inflates at most `limit` bytes.
pub fn unpack(bytes: &[u8], limit: usize) -> Result<Vec<u8>, UnpackError> {
    if bytes.is_empty() {
        return Err(UnpackError::Broken);
    }
    if let Some(whole) = unpack_sized(bytes, limit) {
        return Ok(whole);
    }
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(|_| UnpackError::Broken)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(|_| UnpackError::Broken)?;
    let mut out = Vec::with_capacity(limit.min(bytes.len().saturating_mul(4)).min(1 << 20));
    let cap = (limit as u64).saturating_add(1);
    decoder.take(cap).read_to_end(&mut out).map_err(|_| UnpackError::Broken)?;
    if out.len() > limit { Err(UnpackError::TooLarge { limit }) } else { Ok(out) }
}

/// Inflates one frame that says its size, in one go; `None` for anything else, which says nothing about it.
fn unpack_sized(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten()?;
    let size = usize::try_from(size).ok().filter(|s| *s <= limit)?;
    // Zstd gives at most some 30,000 bytes for one; what claims more is left to the reader that grows as it goes.
    if size > bytes.len().saturating_mul(256).max(1 << 16) {
        return None;
    }
    UNPACKER.with(|unpacker| {
        let mut unpacker = unpacker.borrow_mut();
        let unpacker = match unpacker.as_mut() {
            Some(open) => open,
            None => unpacker.insert(Decompressor::new().ok()?),
        };
        unpacker.decompress(bytes, size).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = pack(&vec![b'x'; 64 << 20], 3);
        assert!(bomb.len() < 10_000);
        assert_eq!(unpack(&bomb, 1 << 16), Err(UnpackError::TooLarge { limit: 1 << 16 }));
    }

    #[test]
    fn frames_one_after_another_are_read_as_one() {
        let two = [pack(b"0123456789", 3), pack(b"abc", 1)].concat();
        assert_eq!(unpack(&two, 64), Ok(b"0123456789abc".to_vec()));
        assert_eq!(unpack(&two, 12), Err(UnpackError::TooLarge { limit: 12 }));
    }

    #[test]
    fn every_truncation_is_named() {
        let whole = pack(b"0123456789 0123456789 0123456789", 3);
        assert_eq!(unpack(&whole, 64).map(|v| v.len()), Ok(32));
        for cut in 0..whole.len() {
            assert!(unpack(&whole[..cut], 64).is_err(), "cut at {cut}");
        }
    }
}
