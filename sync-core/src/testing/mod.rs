//! For tests only (feature `testing`): a fast signature algorithm, stores in memory, a kind of record with
//! everything in it, and the switches that plant known bugs (`base::plant`).

mod mem;
mod mem_district;
mod mem_replica;
mod probe;

pub use mem::{Died, Fuse};
pub use mem_district::MemDistrict;
pub use mem_replica::MemReplica;
pub use probe::{PROBE_V1, PROBE_V2, probe_kinds};

use crate::base::Digest;
use crate::base::keys::{SignError, Signer};

/// Name of the test algorithm: a keyed digest, worthless as a signature and a hundred times faster.
pub const TEST_ALG: &str = "test";

/// The test signature of a message.
pub fn test_signature(key: &[u8], message: &[u8]) -> Vec<u8> {
    Digest::tagged("zhifa.test", &[key, message]).0.to_vec()
}

/// A signer of the test algorithm.
pub struct TestSigner(pub Vec<u8>);

impl Signer for TestSigner {
    fn alg(&self) -> &str {
        TEST_ALG
    }
    fn public_key(&self) -> Vec<u8> {
        self.0.clone()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(test_signature(&self.0, message))
    }
}

/// Ascending numbers as ranges with both ends inclusive.
fn ranges(numbers: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut out: Vec<(u64, u64)> = Vec::new();
    for n in numbers {
        match out.last_mut() {
            Some(range) if range.1 + 1 == n => range.1 = n,
            _ => out.push((n, n)),
        }
    }
    out
}
