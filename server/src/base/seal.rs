//! Secrets in the database, sealed with a key that is not in it: XChaCha20-Poly1305, the row's name as associated data.
//!
//! A sealed value that is moved to another row, or whose row is copied to another database, does not open.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::keys::{KeyError, random};

const NONCE: usize = 24;

/// Why something was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No randomness.
    #[error(transparent)]
    Random(#[from] KeyError),
    /// Not sealed by this server for this row, or altered.
    #[error("a sealed value of {0} does not open; restore the server's keys folder from the backup")]
    Broken(String),
}

/// Seals and opens.
pub struct Sealer(XChaCha20Poly1305);

impl Sealer {
    /// With a secret of 32 bytes.
    pub fn new(secret: &[u8; 32]) -> Sealer {
        Sealer(XChaCha20Poly1305::new(secret.into()))
    }

    /// Seals for one row, by its name.
    pub fn seal(&self, row: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce = random::<NONCE>()?;
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: row.as_bytes() }).map_err(|_| SealError::Broken(row.to_owned()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this row.
    pub fn open(&self, row: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let broken = || SealError::Broken(row.to_owned());
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: row.as_bytes() }).map_err(|_| broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_row_only() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal("officer:a", b"secret").unwrap();
        assert_eq!(sealer.open("officer:a", &sealed).unwrap(), b"secret");
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        assert!(sealer.open("officer:b", &sealed).is_err());
        assert!(Sealer::new(&[8; 32]).open("officer:a", &sealed).is_err());
        let mut bent = sealed.clone();
        *bent.last_mut().unwrap() ^= 1;
        assert!(sealer.open("officer:a", &bent).is_err() && sealer.open("officer:a", &[]).is_err());
    }
}
