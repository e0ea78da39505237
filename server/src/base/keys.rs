//! The server's own secrets, in `DATA/keys`, each a file of mode 0600 made on the first start.
//!
//! They are not in the database: a restored database keeps the keys that devices know.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use age::secrecy::ExposeSecret as _;
use sync_core::base::keys::{Ed25519, PublicKey, Signer as _};

use super::seal::Sealer;

/// Why the keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system declined.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// The file is there and is not a key: restore it from the backup, do not delete it.
    #[error("{0} is not a key of the expected form; restore it from the backup")]
    Broken(String),
    /// No randomness.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// The server's keys.
pub struct ServerKeys {
    /// Signs receipts, certificates and office changes.
    pub receipt: Ed25519,
    /// The public half, made ready for checking certificates.
    pub receipt_public: PublicKey,
    /// Secret of HS256 tokens.
    pub jwt: [u8; 32],
    /// Seals secrets and personal data in the database.
    pub sealer: Sealer,
    /// Opens courier bundles.
    pub bundle: age::x25519::Identity,
}

impl ServerKeys {
    /// Reads the keys from `folder`, making what is missing.
    pub fn open(folder: &Path) -> Result<ServerKeys, KeyError> {
        fs::create_dir_all(folder).map_err(|e| KeyError::Io(folder.display().to_string(), e))?;
        let seed = secret32(&folder.join("receipt.ed25519"))?;
        let receipt = Ed25519::from_seed(&seed);
        let receipt_public = PublicKey::new(receipt.alg(), &receipt.public_key()).ok_or_else(|| KeyError::Broken("receipt.ed25519".into()))?;
        let jwt = secret32(&folder.join("jwt.secret"))?;
        let sealer = Sealer::new(&secret32(&folder.join("data.secret"))?);
        let path = folder.join("bundle.age");
        let text = read_or_make(&path, || Ok(age::x25519::Identity::generate().to_string().expose_secret().as_bytes().to_vec()))?;
        let text = String::from_utf8(text).map_err(|_| KeyError::Broken(path.display().to_string()))?;
        let bundle = text.trim().parse().map_err(|_| KeyError::Broken(path.display().to_string()))?;
        Ok(ServerKeys { receipt, receipt_public, jwt, sealer, bundle })
    }

    /// The age recipient (`age1…`) for bundles that only this server may read.
    pub fn recipient(&self) -> String {
        self.bundle.to_public().to_string()
    }
}

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(bytes)
}

fn secret32(path: &Path) -> Result<[u8; 32], KeyError> {
    let text = read_or_make(path, || Ok(hex::encode(random::<32>()?).into_bytes()))?;
    let mut out = [0; 32];
    hex::decode_to_slice(text.trim_ascii(), &mut out).map_err(|_| KeyError::Broken(path.display().to_string()))?;
    Ok(out)
}

fn read_or_make(path: &Path, make: impl FnOnce() -> Result<Vec<u8>, KeyError>) -> Result<Vec<u8>, KeyError> {
    let io = |e| KeyError::Io(path.display().to_string(), e);
    match fs::read(path) {
        Ok(bytes) => return Ok(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(io(e)),
    }
    let bytes = make()?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io)?;
    file.write_all(&bytes).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all()).map_err(io)?;
    Ok(bytes)
}
