//! Random numbers out of a seed, the same for everybody.
//!
//! Block `n` (from 0) is SHA-256 over: the byte 13, the text `zhifa.draw.v1`, the seed's 32 bytes, the list hash's 32 bytes,
//! and `n` as eight bytes, big-endian. Its 32 bytes are four numbers of 64 bits, big-endian, in order. A number below a bound
//! is the next number modulo the bound, where numbers of the incomplete last round are skipped, so that all are equally likely.

use crate::base::Digest;

/// The numbers of one draw.
#[derive(Debug, Clone)]
pub struct Stream {
    seed: Digest,
    list_hash: Digest,
    block: u64,
    /// Numbers of the current block, the next one last.
    ready: Vec<u64>,
}

impl Stream {
    /// The numbers of a seed and a list.
    pub fn new(seed: Digest, list_hash: Digest) -> Stream {
        Stream { seed, list_hash, block: 0, ready: Vec::new() }
    }

    fn next(&mut self) -> u64 {
        if let Some(number) = self.ready.pop() {
            return number;
        }
        let block = Digest::tagged("zhifa.draw.v1", &[&self.seed.0, &self.list_hash.0, &self.block.to_be_bytes()]);
        self.block += 1;
        let (numbers, _) = block.0.as_chunks::<8>();
        self.ready = numbers.iter().rev().map(|bytes| u64::from_be_bytes(*bytes)).collect();
        self.ready.pop().unwrap_or(0)
    }

    /// The next number below a bound; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let Some(rest) = (u64::MAX % bound.max(1)).checked_add(1).map(|rest| rest % bound.max(1)) else { return 0 };
        // Of the 2^64 numbers, the last `rest` make no full round.
        let last = u64::MAX - rest;
        loop {
            let number = self.next();
            if number <= last {
                return number % bound.max(1);
            }
        }
    }
}
