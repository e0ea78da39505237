//! Who signs: the vault's software key, or the host's keystore through its callback.

use std::sync::Arc;
use sync_core::base::keys::{Ed25519, PublicKey, SignError, Signer};

/// The host's keystore: signs a message with the device's key, or says why not. May be called from the thread
/// that captures and from the thread that syncs.
pub type HostSign = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, String> + Send + Sync>;

/// The signer of one open device.
pub enum DeviceSigner {
    /// The key lies in the vault.
    Software(Ed25519),
    /// The key lies with the host.
    Host {
        /// Its algorithm.
        alg: String,
        /// Its public key.
        public_key: Vec<u8>,
        /// The callback, once the host has set it.
        sign: Option<HostSign>,
    },
}

impl Signer for DeviceSigner {
    fn alg(&self) -> &str {
        match self {
            DeviceSigner::Software(key) => key.alg(),
            DeviceSigner::Host { alg, .. } => alg,
        }
    }

    fn public_key(&self) -> Vec<u8> {
        match self {
            DeviceSigner::Software(key) => key.public_key(),
            DeviceSigner::Host { public_key, .. } => public_key.clone(),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            DeviceSigner::Software(key) => key.sign(message),
            DeviceSigner::Host { sign: None, .. } => Err(SignError("the host keeps this device's key and has set no sign callback".into())),
            DeviceSigner::Host { alg, public_key, sign: Some(sign) } => {
                let signature = sign(message).map_err(SignError)?;
                // A signature by the wrong key would break the chain for good, so it is not let in.
                match PublicKey::new(alg, public_key) {
                    Some(key) if key.verify(alg, message, &signature) => Ok(signature),
                    _ => Err(SignError("the host's signature is not this device's".into())),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_signs_with_another_key_is_found_out() {
        let right = Ed25519::from_seed(&[1; 32]);
        let host = |seed: u8| {
            let sign: HostSign = Arc::new(move |m| Ed25519::from_seed(&[seed; 32]).sign(m).map_err(|e| e.to_string()));
            DeviceSigner::Host { alg: "ed25519".into(), public_key: right.public_key(), sign: Some(sign) }
        };
        assert_eq!(host(1).sign(b"m"), right.sign(b"m"));
        assert!(host(2).sign(b"m").is_err());
    }
}
