//! The sealed copies of captures: frames in one file beside the store, each a signed change that only the server can
//! read. They can be handed in by whoever holds the handheld, without the officer's PIN.
//!
//! A frame is `number (8) · length (4) · sum (8) · sealed bytes`, integers big-endian; `sum` is the beginning of a
//! SHA-256 over the tag `zhifa.sealed.v1`, number and sealed bytes. A file cut by a power failure ends in what is no frame; what stands before
//! is whole. Sealed is one line as in a push. Encryption is the caller's: this module sees sealed bytes only.

use crate::base::Digest;
use crate::record::MAX_CHANGE_BYTES;

/// Bytes before the sealed bytes of a frame.
pub const FRAME_HEAD: usize = 20;

/// Most sealed bytes of one frame: the largest change, its signature, and what encryption adds.
pub const MAX_FRAME_BYTES: usize = MAX_CHANGE_BYTES + (4 << 10);

/// Most bytes of one deposit, as it travels.
pub const MAX_DEPOSIT_BYTES: usize = 4 << 20;

/// Most frames of one deposit.
pub const MAX_DEPOSIT_FRAMES: usize = 500;

/// A frame where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The change's number in its device's chain. In clear, so that a store knows what lies here without the server's key.
    pub seq: u64,
    /// Only the server can read it.
    pub sealed: &'a [u8],
    /// Bytes from the beginning of the file to the end of this frame.
    pub end: usize,
}

fn sum(seq: u64, sealed: &[u8]) -> [u8; 8] {
    Digest::tagged("zhifa.sealed.v1", &[&seq.to_be_bytes(), sealed]).short().to_be_bytes()
}

/// A frame around sealed bytes; `None` if they are more than a frame holds.
pub fn frame(seq: u64, sealed: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(sealed.len()).ok().filter(|_| !sealed.is_empty() && sealed.len() <= MAX_FRAME_BYTES)?;
    let mut out = Vec::with_capacity(FRAME_HEAD + sealed.len());
    out.extend_from_slice(&seq.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&sum(seq, sealed));
    out.extend_from_slice(sealed);
    Some(out)
}

/// The whole frames at the beginning of a file, in order. Ends before the first one that is torn or altered.
pub fn frames(file: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = file.get(at..)?;
        let (head, rest) = rest.split_at_checked(FRAME_HEAD)?;
        let seq = u64::from_be_bytes(head.get(..8)?.try_into().ok()?);
        let length = u32::from_be_bytes(head.get(8..12)?.try_into().ok()?) as usize;
        if length == 0 || length > MAX_FRAME_BYTES {
            return None;
        }
        let sealed = rest.get(..length)?;
        if head.get(12..)? != sum(seq, sealed) {
            return None;
        }
        at += FRAME_HEAD + length;
        Some(Frame { seq, sealed, end: at })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_file_cut_anywhere_gives_exactly_the_frames_before_the_cut(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..200), 0..8), cut in 0usize..2_000) {
            let mut file = Vec::new();
            let mut ends = Vec::new();
            for (i, body) in bodies.iter().enumerate() {
                file.extend(frame(i as u64 + 1, body).unwrap());
                ends.push(file.len());
            }
            let cut = cut.min(file.len());
            let found: Vec<(u64, Vec<u8>)> = frames(&file[..cut]).map(|f| (f.seq, f.sealed.to_vec())).collect();
            let whole = ends.iter().filter(|end| **end <= cut).count();
            let expected: Vec<(u64, Vec<u8>)> = bodies.iter().take(whole).enumerate().map(|(i, b)| (i as u64 + 1, b.clone())).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn an_altered_byte_ends_the_list_at_its_frame(first in proptest::collection::vec(any::<u8>(), 1..100), second in proptest::collection::vec(any::<u8>(), 1..100), at in any::<prop::sample::Index>(), flip in 1u8..) {
            let whole = frame(1, &first).unwrap();
            let mut file = whole.clone();
            file.extend(frame(2, &second).unwrap());
            let at = whole.len() + at.index(file.len() - whole.len());
            file[at] ^= flip;
            prop_assert_eq!(frames(&file).map(|f| f.seq).collect::<Vec<_>>(), vec![1]);
        }
    }

    #[test]
    fn zeros_that_a_file_system_left_are_no_frame_and_limits_hold() {
        let mut file = frame(7, b"x").unwrap();
        let whole = file.len();
        file.resize(whole + 4_096, 0);
        assert_eq!(frames(&file).map(|f| f.end).collect::<Vec<_>>(), [whole]);
        assert!(frame(1, b"").is_none() && frame(1, &vec![0; MAX_FRAME_BYTES + 1]).is_none() && frame(1, &vec![0; MAX_FRAME_BYTES]).is_some());
    }
}
