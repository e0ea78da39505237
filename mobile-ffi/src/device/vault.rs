//! The side file `<store>.key`: the store's key and the device's signing seed, wrapped by the officer's PIN.
//!
//! argon2id makes a wrapping key from the PIN; XChaCha20-Poly1305 wraps, with everything else in the file that
//! matters as associated data. The counter of wrong PINs slows down whoever holds the handheld; whoever copies the
//! file away meets argon2id alone, which is why a host with a keystore should keep the signing key there.
//!
//! Another PIN wraps the same secrets anew; the file is the old one or the new one, whenever power fails. Whoever has
//! kept a copy of the old file opens it by the old PIN.
//!
//! Deliberately absent: a second way in, and a PIN in any log or error.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use sync_core::base::keys::{ED25519, Ed25519};
use sync_core::protocol::Bytes;
use zeroize::Zeroizing;

use super::clock::Reading;
use super::error::{Code, DeviceError, Result};
use super::store::with_suffix;

const VERSION: u32 = 1;

/// OWASP's second choice for argon2id; 20 ms on a desktop core, well under a second on any handheld.
const COST: Cost = Cost { m: 19_456, t: 2, p: 1 };

/// Shortest PIN, in characters, and longest, in bytes.
const PIN_MIN: usize = 6;
const PIN_MAX: usize = 128;

/// Wrong PINs that cost nothing but the attempt.
const FREE_ATTEMPTS: u32 = 3;
/// The delay after the first attempt beyond those; doubled by each further one.
const FIRST_DELAY_MS: i64 = 30_000;
/// The longest delay.
const MAX_DELAY_MS: i64 = 3_600_000;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Cost {
    /// Memory in KiB.
    m: u32,
    /// Passes.
    t: u32,
    /// Lanes.
    p: u32,
}

/// Who signs for this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Keeper {
    /// The wrapped seed.
    Vault,
    /// The host's keystore, by its callback.
    Host {
        /// Signature algorithm.
        alg: String,
        /// Its public key.
        public_key: Bytes,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Failures {
    count: u32,
    last: Reading,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    salt: Bytes,
    cost: Cost,
    signer: Keeper,
    nonce: Bytes,
    wrapped: Bytes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failures: Option<Failures>,
}

/// What the PIN opens. Zeroised when dropped.
pub struct Unlocked {
    /// The key of the database.
    pub store_key: Zeroizing<[u8; 32]>,
    /// The signing key, unless the host keeps it.
    pub seed: Option<Zeroizing<[u8; 32]>>,
    /// Who signs.
    pub keeper: Keeper,
}

impl Unlocked {
    /// The software key, if the vault keeps it.
    pub fn software_signer(&self) -> Option<Ed25519> {
        self.seed.as_ref().map(|s| Ed25519::from_seed(s))
    }
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut out = Zeroizing::new([0u8; N]);
    getrandom::fill(out.as_mut()).map_err(|e| DeviceError::new(Code::Internal, format!("the system gave no random numbers: {e}")))?;
    Ok(out)
}

fn check_pin(pin: &str) -> Result<()> {
    if pin.chars().count() < PIN_MIN || pin.len() > PIN_MAX {
        return Err(DeviceError::new(Code::WeakPin, format!("pin: must have at least {PIN_MIN} characters and at most {PIN_MAX} bytes")));
    }
    Ok(())
}

fn broken(why: &str) -> DeviceError {
    DeviceError::new(Code::SetAside, format!("the key file of this store is broken ({why}); enrol a new store, and hand the old files to the office"))
}

impl File {
    fn wrapping_key(&self, pin: &str) -> Result<Zeroizing<[u8; 32]>> {
        // A planted file must not make the handheld allocate without bound.
        if self.cost.m > 262_144 || self.cost.t > 16 || self.cost.p > 4 || self.salt.0.len() != 16 {
            return Err(broken("parameters out of bounds"));
        }
        let params = Params::new(self.cost.m, self.cost.t, self.cost.p, Some(32)).map_err(|e| broken(&e.to_string()))?;
        let mut key = Zeroizing::new([0u8; 32]);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(pin.as_bytes(), &self.salt.0, key.as_mut()).map_err(|e| DeviceError::new(Code::Internal, format!("argon2id: {e}")))?;
        Ok(key)
    }

    fn bound(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(&("zhifa.vault", self.version, &self.salt, self.cost, &self.signer)).map_err(|e| DeviceError::new(Code::Internal, e.to_string()))
    }

    fn cipher(&self, pin: &str) -> Result<XChaCha20Poly1305> {
        let key = self.wrapping_key(pin)?;
        XChaCha20Poly1305::new_from_slice(key.as_ref()).map_err(|_| broken("key length"))
    }

    fn nonce(&self) -> Result<XNonce> {
        XNonce::try_from(&*self.nonce.0).map_err(|_| broken("nonce length"))
    }

    fn wrap(&mut self, pin: &str, secret: &[u8]) -> Result<()> {
        let wrapped = self.cipher(pin)?.encrypt(&self.nonce()?, Payload { msg: secret, aad: &self.bound()? });
        self.wrapped = Bytes(wrapped.map_err(|_| DeviceError::new(Code::Internal, "the secrets could not be wrapped"))?);
        Ok(())
    }

    fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(|e| DeviceError::new(Code::Internal, e.to_string()))?;
        write_whole(path, &text).map_err(|e| DeviceError::new(Code::Store, format!("the key file could not be written: {e}")))
    }
}

/// Writes a file so that after a power cut it is either the old one or the new one.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = with_suffix(path, ".new");
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    sync_folder(path)
}

/// What was made, renamed or removed in a file's folder is so after a power cut.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(parent) => std::fs::File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes a vault with fresh keys. `host_key` leaves the signing key to the host's keystore.
///
/// A key file without a database is what a crash during creation leaves, and is replaced.
pub fn create(path: &Path, pin: &str, host_key: Option<(String, Vec<u8>)>) -> Result<Unlocked> {
    check_pin(pin)?;
    let store_key = random::<32>()?;
    let seed = if host_key.is_some() { None } else { Some(random::<32>()?) };
    let keeper = match host_key {
        None => Keeper::Vault,
        Some((alg, key)) => Keeper::Host { alg, public_key: Bytes(key) },
    };
    let mut file = File {
        version: VERSION,
        salt: Bytes(random::<16>()?.to_vec()),
        cost: COST,
        signer: keeper.clone(),
        nonce: Bytes(random::<24>()?.to_vec()),
        wrapped: Bytes(Vec::new()),
        failures: None,
    };
    let mut secret = Zeroizing::new(store_key.to_vec());
    if let Some(seed) = &seed {
        secret.extend_from_slice(seed.as_ref());
    }
    file.wrap(pin, &secret)?;
    file.save(path)?;
    Ok(Unlocked { store_key, seed, keeper })
}

/// Wraps what is in a vault by another PIN. A wrong old one counts as in [`open`].
pub fn change_pin(path: &Path, old: &str, new: &str, now: Reading) -> Result<()> {
    check_pin(new)?;
    let (mut file, secret) = unwrap(path, old, now)?;
    file.salt = Bytes(random::<16>()?.to_vec());
    file.cost = COST;
    file.nonce = Bytes(random::<24>()?.to_vec());
    file.wrap(new, &secret)?;
    file.save(path)
}

/// Reads the file and unwraps what is in it, counting wrong PINs.
fn unwrap(path: &Path, pin: &str, now: Reading) -> Result<(File, Zeroizing<Vec<u8>>)> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(DeviceError::new(Code::Missing, "the key file of this store is missing; restore it from where it was moved to"));
        }
        Err(e) => return Err(DeviceError::new(Code::Store, format!("the key file could not be read: {e}"))),
    };
    let mut file: File = serde_json::from_slice(&text).map_err(|e| broken(&e.to_string()))?;
    if file.version != VERSION {
        return Err(DeviceError::new(Code::NewerStore, "the key file was written by a later version of the app; update the app"));
    }
    if let Some(wait) = file.failures.as_ref().and_then(|f| delay_left(f, now)) {
        return Err(DeviceError::new(Code::PinDelay, format!("too many wrong PINs; wait {} s", wait / 1000 + 1)).with(json!({ "retry_ms": wait })));
    }
    let cipher = file.cipher(pin)?;
    let opened = cipher.decrypt(&file.nonce()?, Payload { msg: &file.wrapped.0, aad: &file.bound()? });
    let Ok(secret) = opened.map(Zeroizing::new) else {
        let count = file.failures.as_ref().map_or(0, |f| f.count).saturating_add(1);
        file.failures = Some(Failures { count, last: now });
        file.save(path)?;
        let left = FREE_ATTEMPTS.saturating_sub(count);
        return Err(DeviceError::new(Code::WrongPin, "pin: not right").with(json!({ "wrong_attempts": count, "free_attempts_left": left })));
    };
    if file.failures.take().is_some() {
        file.save(path)?;
    }
    Ok((file, secret))
}

/// Opens a vault by its PIN. Wrong PINs are counted; from the fourth on each costs a growing delay.
pub fn open(path: &Path, pin: &str, now: Reading) -> Result<Unlocked> {
    let (file, secret) = unwrap(path, pin, now)?;
    let take = |range: std::ops::Range<usize>| -> Option<Zeroizing<[u8; 32]>> { secret.get(range)?.try_into().ok().map(Zeroizing::new) };
    let store_key = take(0..32).ok_or_else(|| broken("wrapped length"))?;
    let seed = match &file.signer {
        Keeper::Vault => Some(take(32..64).ok_or_else(|| broken("wrapped length"))?),
        Keeper::Host { .. } => None,
    };
    Ok(Unlocked { store_key, seed, keeper: file.signer })
}

/// Milliseconds that are left of the delay after the last wrong PIN. Within one boot the monotonic clock decides,
/// so that setting the clock forward helps nobody; across a reboot the wall clock is all there is.
fn delay_left(failures: &Failures, now: Reading) -> Option<i64> {
    let doublings = failures.count.checked_sub(FREE_ATTEMPTS)?;
    let delay = FIRST_DELAY_MS.checked_shl(doublings.min(16)).unwrap_or(MAX_DELAY_MS).min(MAX_DELAY_MS);
    let passed = if failures.last.boot == now.boot { now.mono.saturating_sub(failures.last.mono) } else { now.wall.saturating_sub(failures.last.wall) };
    let left = delay.saturating_sub(passed.max(0));
    (left > 0).then_some(left)
}

/// The algorithms that a host's keystore may sign with.
pub fn is_known_algorithm(alg: &str) -> bool {
    alg == ED25519
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "执法-2026";

    fn at(mono: i64) -> Reading {
        Reading { wall: 1_000_000 + mono, mono, boot: 7 }
    }

    fn code<T>(result: Result<T>) -> Code {
        result.err().map_or(Code::Internal, |e| e.code)
    }

    #[test]
    fn the_pin_opens_what_it_closed_and_the_file_shows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let made = create(&path, PIN, None).unwrap();
        let opened = open(&path, PIN, at(0)).unwrap();
        assert_eq!(*made.store_key, *opened.store_key);
        assert_eq!(made.seed.as_deref(), opened.seed.as_deref());
        let text = std::fs::read(&path).unwrap();
        for secret in [made.store_key.as_slice(), made.seed.as_ref().unwrap().as_slice(), PIN.as_bytes()] {
            assert!(!text.windows(secret.len()).any(|w| w == secret));
        }
    }

    #[test]
    fn wrong_pins_are_counted_and_slowed_down_and_a_right_one_forgives() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        create(&path, PIN, None).unwrap();
        for _ in 0..FREE_ATTEMPTS {
            assert_eq!(code(open(&path, "123456", at(0))), Code::WrongPin);
        }
        assert_eq!(code(open(&path, PIN, at(FIRST_DELAY_MS - 1))), Code::PinDelay);
        let far_future = Reading { wall: i64::MAX, ..at(0) };
        assert_eq!(code(open(&path, PIN, far_future)), Code::PinDelay, "setting the clock forward does not help");
        assert_eq!(code(open(&path, "123456", at(FIRST_DELAY_MS))), Code::WrongPin);
        assert_eq!(code(open(&path, PIN, at(2 * FIRST_DELAY_MS))), Code::PinDelay, "the delay doubles");
        assert!(open(&path, PIN, at(3 * FIRST_DELAY_MS)).is_ok());
        assert_eq!(code(open(&path, "123456", at(3 * FIRST_DELAY_MS))), Code::WrongPin);
        assert!(open(&path, PIN, at(3 * FIRST_DELAY_MS)).is_ok(), "the count began anew");
    }

    #[test]
    fn another_pin_opens_the_same_secrets_and_the_old_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let made = create(&path, PIN, None).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert_eq!(code(change_pin(&path, "123456", "新的-654321", at(0))), Code::WrongPin);
        assert_eq!(code(change_pin(&path, PIN, "short", at(0))), Code::WeakPin);
        change_pin(&path, PIN, "新的-654321", at(0)).unwrap();
        let opened = open(&path, "新的-654321", at(0)).unwrap();
        assert_eq!((*made.store_key, made.seed.as_deref()), (*opened.store_key, opened.seed.as_deref()));
        assert_eq!(code(open(&path, PIN, at(0))), Code::WrongPin);
        assert_ne!(std::fs::read(&path).unwrap(), before);
        for _ in 1..FREE_ATTEMPTS {
            assert_eq!(code(change_pin(&path, PIN, "新的-777777", at(0))), Code::WrongPin);
        }
        assert_eq!(code(change_pin(&path, "新的-654321", "新的-777777", at(1))), Code::PinDelay, "guessing here is slowed down as at opening");
    }

    #[test]
    fn a_kill_while_the_pin_changes_leaves_the_old_one_or_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let made = create(&path, PIN, None).unwrap();
        // As a kill leaves it before the rename: half a new file beside the old one.
        std::fs::write(with_suffix(&path, ".new"), b"{\"version\":1").unwrap();
        assert_eq!(*open(&path, PIN, at(0)).unwrap().store_key, *made.store_key);
        change_pin(&path, PIN, "新的-654321", at(0)).unwrap();
        assert!(open(&path, "新的-654321", at(0)).is_ok() && !with_suffix(&path, ".new").exists());
    }

    #[test]
    fn a_changed_file_opens_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        create(&path, PIN, None).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"kind\": \"vault\"", "\"kind\": \"host\", \"alg\": \"ed25519\", \"public_key\": \"AAAA\"")).unwrap();
        assert_eq!(code(open(&path, PIN, at(0))), Code::WrongPin);
        std::fs::write(&path, text.replace("19456", "4000000000")).unwrap();
        assert_eq!(code(open(&path, PIN, at(0))), Code::SetAside);
        std::fs::write(&path, &text[..text.len() / 2]).unwrap();
        assert_eq!(code(open(&path, PIN, at(0))), Code::SetAside);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(code(open(&path, PIN, at(0))), Code::Missing);
    }

    #[test]
    fn a_host_keystore_leaves_no_seed_in_the_vault() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        create(&path, PIN, Some(("ed25519".into(), vec![9; 32]))).unwrap();
        let opened = open(&path, PIN, at(0)).unwrap();
        assert!(opened.seed.is_none());
        assert_eq!(opened.keeper, Keeper::Host { alg: "ed25519".into(), public_key: Bytes(vec![9; 32]) });
    }

    #[test]
    fn a_short_pin_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(code(create(&dir.path().join("a.key"), "12345", None)), Code::WeakPin);
        assert_eq!(code(create(&dir.path().join("a.key"), &"x".repeat(129), None)), Code::WeakPin);
    }
}
