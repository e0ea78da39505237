//! Bounded zstd: the only place that inflates anything.

use std::io::Read as _;

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

/// Compresses at `level` (1 for stored rows, 3 for what travels).
pub fn pack(bytes: &[u8], level: i32) -> Vec<u8> {
    // Compressing into memory fails only for an invalid level; then the frame is made at the default.
    zstd::bulk::compress(bytes, level).unwrap_or_else(|_| zstd::bulk::compress(bytes, 3).unwrap_or_default())
}

/// Inflates at most `limit` bytes.
pub fn unpack(bytes: &[u8], limit: usize) -> Result<Vec<u8>, UnpackError> {
    if bytes.is_empty() {
        return Err(UnpackError::Broken);
    }
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(|_| UnpackError::Broken)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(|_| UnpackError::Broken)?;
    let mut out = Vec::with_capacity(limit.min(bytes.len().saturating_mul(4)).min(1 << 20));
    let cap = (limit as u64).saturating_add(1);
    decoder.take(cap).read_to_end(&mut out).map_err(|_| UnpackError::Broken)?;
    if out.len() > limit { Err(UnpackError::TooLarge { limit }) } else { Ok(out) }
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
    fn every_truncation_is_named() {
        let whole = pack(b"0123456789 0123456789 0123456789", 3);
        assert_eq!(unpack(&whole, 64).map(|v| v.len()), Ok(32));
        for cut in 0..whole.len() {
            assert!(unpack(&whole[..cut], 64).is_err(), "cut at {cut}");
        }
    }
}
