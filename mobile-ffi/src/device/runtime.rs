//! The open device: store, key and the network session that may be under way.

use serde::Deserialize;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use sync_core::base::OfficerId;
use sync_core::base::Stamp;
use sync_core::protocol::{Bytes, Certificate};
use sync_core::record::Kinds;
use sync_core::replica::{Meta, Store};

use super::clock;
use super::dialogue::Dialogue;
use super::error::{Code, DeviceError, Result};
use super::signer::{DeviceSigner, HostSign};
use super::store::{Db, StoreError, Tx, set_aside, with_suffix};
use super::vault::{self, Keeper, Unlocked};

/// What a host may say when it creates or opens a store. Everything has a default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// For creation: the signing key stays in the host's keystore.
    pub host_key: Option<HostKey>,
    /// Name and version of the app, for the office's lists.
    pub app: Option<String>,
    /// Root certificates (PEM) that alone are trusted for TLS; the platform's if left out.
    pub roots_pem: Option<String>,
}

/// The public half of a key in the host's keystore.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostKey {
    /// `ed25519`.
    pub alg: String,
    /// Its 32 bytes.
    pub public_key: Bytes,
}

/// One store of one officer, open. All methods may be called from several threads.
pub struct Device {
    path: PathBuf,
    kinds: Kinds,
    options: Options,
    db: Mutex<Db>,
    signer: RwLock<DeviceSigner>,
    /// The dialogue of a host that does HTTP itself.
    pub(super) manual: Mutex<Option<Dialogue>>,
    /// Sessions in a row that did not end well, for the schedule.
    pub(super) failures: std::sync::atomic::AtomicU32,
}

impl Device {
    /// Makes a new store with fresh keys under `path`, and its vault beside it (`<path>.key`).
    pub fn create(path: &Path, pin: &str, options: Options, kinds: Kinds) -> Result<Device> {
        options.check()?;
        if path.exists() {
            return Err(DeviceError::new(Code::Exists, "a store exists under this path; open it, or choose another path"));
        }
        let host_key = options.host_key.as_ref().map(|k| (k.alg.clone(), k.public_key.0.clone()));
        let unlocked = vault::create(&with_suffix(path, ".key"), pin, host_key)?;
        let db = Db::create(path, &unlocked.store_key, kinds.clone())?;
        Ok(Device::assemble(path, db, unlocked, options, kinds))
    }

    /// Opens a store by the officer's PIN. Files that cannot be read as what they should be are set aside, never
    /// overwritten ([`Code::SetAside`]).
    pub fn open(path: &Path, pin: &str, options: Options, kinds: Kinds) -> Result<Device> {
        options.check()?;
        if !path.exists() {
            return Err(DeviceError::new(Code::Missing, "there is no store under this path; create one and enrol it"));
        }
        let unlocked = match vault::open(&with_suffix(path, ".key"), pin, clock::now()) {
            Err(e) if e.code == Code::SetAside => {
                let aside = set_aside(path)?;
                return Err(e.with(serde_json::json!({ "aside": aside })));
            }
            other => other?,
        };
        let db = Db::open(path, &unlocked.store_key, kinds.clone())?;
        Ok(Device::assemble(path, db, unlocked, options, kinds))
    }

    fn assemble(path: &Path, db: Db, unlocked: Unlocked, options: Options, kinds: Kinds) -> Device {
        let signer = match (unlocked.software_signer(), &unlocked.keeper) {
            (Some(key), _) => DeviceSigner::Software(key),
            (None, Keeper::Host { alg, public_key }) => DeviceSigner::Host { alg: alg.clone(), public_key: public_key.0.clone(), sign: None },
            // The vault always holds the seed unless the host keeps the key.
            (None, Keeper::Vault) => DeviceSigner::Host { alg: String::new(), public_key: Vec::new(), sign: None },
        };
        let (db, signer) = (Mutex::new(db), RwLock::new(signer));
        Device { path: path.to_owned(), kinds, options, db, signer, manual: Mutex::new(None), failures: Default::default() }
    }

    /// Gives a store whose key the host keeps its callback; `None` takes it away.
    pub fn set_sign(&self, callback: Option<HostSign>) -> Result<()> {
        match &mut *self.signer.write().unwrap_or_else(PoisonError::into_inner) {
            DeviceSigner::Software(_) => Err(DeviceError::argument("callback", "this store keeps its own key; create the store with host_key to use the host's keystore")),
            DeviceSigner::Host { sign, .. } => {
                *sign = callback;
                Ok(())
            }
        }
    }

    pub(super) fn with_signer<T>(&self, use_it: impl FnOnce(&DeviceSigner) -> T) -> T {
        use_it(&self.signer.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// The app's name and version, for the office's lists.
    pub(super) fn app(&self) -> String {
        self.options.app.clone().unwrap_or_else(|| concat!("zhifa-mobile/", env!("CARGO_PKG_VERSION")).to_owned())
    }

    fn lock(&self) -> MutexGuard<'_, Db> {
        // A panic inside a transaction rolled it back; the connection is as good as before.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One durable transaction.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        self.lock().write(work)
    }

    /// One snapshot.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        self.lock().read(work)
    }

    /// The right to be the one sync worker of this store, across processes; released when dropped.
    pub(super) fn sync_lock(&self) -> Result<File> {
        let path = with_suffix(&self.path, ".sync");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| DeviceError::new(Code::Store, format!("the sync lock: {e}")))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(DeviceError::new(Code::Busy, "this store is being synchronised already; wait for that to end")),
            Err(TryLockError::Error(e)) => Err(DeviceError::new(Code::Store, format!("the sync lock: {e}"))),
        }
    }
}

impl Options {
    fn check(&self) -> Result<()> {
        if self.v.is_some_and(|v| v != 1) {
            return Err(DeviceError::argument("options.v", "only version 1 is known"));
        }
        if let Some(key) = &self.host_key
            && (!vault::is_known_algorithm(&key.alg) || key.public_key.0.len() != 32)
        {
            return Err(DeviceError::argument("options.host_key", "must be an ed25519 key of 32 bytes"));
        }
        if self.app.as_ref().is_some_and(|a| a.len() > 200) {
            return Err(DeviceError::argument("options.app", "longer than 200 bytes"));
        }
        Ok(())
    }
}

/// The officer whose device this is, from its certificate.
pub(super) fn officer(meta: &Meta) -> std::result::Result<OfficerId, StoreError> {
    meta.enrolled.certificate.unchecked::<Certificate>().map(|c| c.officer).ok_or(StoreError::Broken("certificate"))
}

/// What a host knows of the time when something was captured; the system's clocks where it says nothing. UTC
/// milliseconds, milliseconds since boot, and a name of that boot.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostTime {
    /// The wall clock.
    pub wall: i64,
    /// Since boot.
    pub mono: i64,
    /// Names the boot.
    pub boot: u64,
    /// Satellite time, where there is a fix.
    #[serde(default)]
    pub gnss: Option<i64>,
}

/// The time of a capture: the host's facts or the system's, with the last server contact.
pub(super) fn stamp(tx: &mut Tx<'_>, given: Option<HostTime>) -> std::result::Result<Stamp, StoreError> {
    let server = tx.meta()?.contact;
    Ok(match given {
        Some(t) => Stamp { wall: t.wall, mono: t.mono, boot: t.boot, server, gnss: t.gnss },
        None => {
            let now = clock::now();
            Stamp { wall: now.wall, mono: now.mono, boot: now.boot, server, gnss: None }
        }
    })
}
