//! What is settled about a pushed line before it meets the database: whose it is, and that its signature holds.

use crate::base::keys::PublicKey;
use crate::base::{DeviceId, Digest};
use crate::record::{Dot, MAX_CHANGE_BYTES, SignedChange, signing_input};

/// Looks up the key of an enrolled device. Called from several threads at once.
pub type Keys<'a> = dyn Fn(DeviceId) -> Option<PublicKey> + Sync + 'a;

/// A pushed line after the checks that need no database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Signed by the key of the device that it names: it may take its slot.
    Verified {
        /// The slot.
        dot: Dot,
        /// Hash of the bytes.
        hash: Digest,
        /// Bytes and signature.
        signed: SignedChange,
    },
    /// It takes no slot; kept by its hash, and the sender keeps its copy.
    Unverified {
        /// Hash of the change's bytes, or of the line.
        hash: Digest,
        /// One of `protocol::codes::UNVERIFIED`.
        code: &'static str,
        /// The line, unless it is too large to be kept.
        line: Vec<u8>,
    },
}

/// Takes a line apart and checks its signature (about 45 µs, nearly all of it Ed25519).
pub fn check_line(line: &[u8], keys: &Keys<'_>) -> Checked {
    let Some(signed) = SignedChange::from_line(line) else {
        return Checked::Unverified { hash: Digest::plain(line), code: "not_a_line", line: kept(line) };
    };
    let hash = signed.hash();
    let unverified = |code| Checked::Unverified { hash, code, line: kept(line) };
    if signed.bytes.len() > MAX_CHANGE_BYTES {
        return unverified("too_large");
    }
    let Some(dot) = SignedChange::peek(&signed.bytes) else { return unverified("no_dot") };
    let Some(key) = keys(dot.device) else { return unverified("unknown_device") };
    if !key.verify(&signed.alg, &signing_input(&hash), &signed.signature) {
        return unverified("bad_signature");
    }
    Checked::Verified { dot, hash, signed }
}

fn kept(line: &[u8]) -> Vec<u8> {
    if line.len() > MAX_CHANGE_BYTES + 1024 { Vec::new() } else { line.to_vec() }
}
