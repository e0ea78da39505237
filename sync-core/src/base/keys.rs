//! Signatures. The core never holds a device's key: it asks a [`Signer`], which may be a keystore.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

/// Something that can sign: a software key, or a phone's keystore behind a callback.
pub trait Signer {
    /// Name of the algorithm, kept beside every signature: `ed25519`.
    fn alg(&self) -> &str;
    /// The public key, in the algorithm's usual raw form.
    fn public_key(&self) -> Vec<u8>;
    /// Signs a message.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A signer declined: the keystore is locked, or the key is gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key could not sign: {0}")]
pub struct SignError(pub String);

/// Ed25519 (RFC 8032) with a key in memory. Zeroised when dropped.
pub struct Ed25519(SigningKey);

/// The name under which Ed25519 signatures are kept.
pub const ED25519: &str = "ed25519";

impl Ed25519 {
    /// A key from 32 secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Ed25519 {
        Ed25519(SigningKey::from_bytes(seed))
    }

    /// The 32 secret bytes, to be stored encrypted.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
}

impl Signer for Ed25519 {
    fn alg(&self) -> &str {
        ED25519
    }
    fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}

/// A public key made ready once, for checking many signatures.
#[derive(Clone)]
pub struct PublicKey(Kind);

#[derive(Clone)]
enum Kind {
    Ed25519(Box<VerifyingKey>),
    #[cfg(feature = "testing")]
    Test(Vec<u8>),
}

impl PublicKey {
    /// A key of a known algorithm; `None` for anything else.
    pub fn new(alg: &str, raw: &[u8]) -> Option<PublicKey> {
        match alg {
            ED25519 => {
                let key = VerifyingKey::from_bytes(raw.try_into().ok()?).ok()?;
                (!key.is_weak()).then(|| PublicKey(Kind::Ed25519(Box::new(key))))
            }
            #[cfg(feature = "testing")]
            crate::testing::TEST_ALG => Some(PublicKey(Kind::Test(raw.to_vec()))),
            _ => None,
        }
    }

    /// Whether `signature` is this key's over `message`, by the strict rules (no malleability).
    pub fn verify(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::Ed25519(key) => alg == ED25519 && ed25519_dalek::Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(message, &s).is_ok()),
            #[cfg(feature = "testing")]
            Kind::Test(key) => alg == crate::testing::TEST_ALG && signature == crate::testing::test_signature(key, message),
        }
    }
}
