//! SHA-256 digests with a domain tag, so that a digest of one thing is never a digest of another.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

use super::b64;

/// A SHA-256 digest (32 bytes). Text form: 43 characters of URL-safe base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest that stands for "nothing before this": `prev` of a device's first change.
    pub const ZERO: Digest = Digest([0; 32]);

    /// SHA-256 over the length-prefixed `tag`, then the parts in order.
    pub fn tagged(tag: &str, parts: &[&[u8]]) -> Digest {
        let mut h = Sha256::new();
        h.update([tag.len() as u8]);
        h.update(tag.as_bytes());
        for part in parts {
            h.update(part);
        }
        Digest(h.finalize().into())
    }

    /// Plain SHA-256, for content addresses that others must be able to recompute (photos, files).
    pub fn plain(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// Parses the 43-character text form.
    pub fn parse(text: &str) -> Option<Digest> {
        b64::decode_array(text).map(Digest)
    }

    /// The first eight bytes as an integer, for checksums that are summed.
    pub fn short(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Digest::parse(&text).ok_or_else(|| serde::de::Error::custom("a digest is 43 characters of URL-safe base64"))
    }
}
