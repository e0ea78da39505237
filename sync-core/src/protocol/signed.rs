//! Statements that a server signs: receipts and device certificates. Like changes, their exact bytes are kept.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::base::keys::{PublicKey, SignError, Signer};
use crate::base::{Digest, b64};

/// Something that is signed as a whole.
pub trait Body: Serialize + DeserializeOwned {
    /// Domain tag: a signature over one body is never one over another.
    const TAG: &'static str;
}

/// A signed statement: algorithm, signature, and the exact text. On the wire `["alg","signature",{…}]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Signature algorithm.
    pub alg: Box<str>,
    /// Signature over the tagged digest of the text.
    pub signature: Vec<u8>,
    /// The exact JSON text.
    pub text: Box<str>,
}

fn digest<B: Body>(text: &str) -> Digest {
    Digest::tagged(B::TAG, &[text.as_bytes()])
}

impl Signed {
    /// Signs a body.
    pub fn new<B: Body>(body: &B, signer: &dyn Signer) -> Result<Signed, SignError> {
        let text = serde_json::to_string(body).map_err(|e| SignError(e.to_string()))?;
        let signature = signer.sign(&digest::<B>(&text).0)?;
        Ok(Signed { alg: signer.alg().into(), signature, text: text.into() })
    }

    /// The body, if the signature is `key`'s.
    pub fn open<B: Body>(&self, key: &PublicKey) -> Option<B> {
        key.verify(&self.alg, &digest::<B>(&self.text).0, &self.signature).then(|| serde_json::from_str(&self.text).ok()).flatten()
    }

    /// The body without checking who signed it.
    pub fn unchecked<B: Body>(&self) -> Option<B> {
        serde_json::from_str(&self.text).ok()
    }
}

impl Serialize for Signed {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.text).map_err(serde::ser::Error::custom)?;
        (&self.alg, b64::encode(&self.signature), raw).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Signed {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (alg, signature, raw) = <(Box<str>, String, Box<RawValue>)>::deserialize(d)?;
        let signature = b64::decode(&signature).ok_or_else(|| serde::de::Error::custom("a signature is URL-safe base64"))?;
        Ok(Signed { alg, signature, text: raw.get().into() })
    }
}
