//! The open device: store, key and the network session that may be under way.

use serde::Deserialize;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use sync_core::base::OfficerId;
use sync_core::base::Stamp;
use sync_core::protocol::{Bytes, Certificate};
use sync_core::record::Kinds;
use sync_core::replica::{Lease, Meta, Reading, Store, last_words};

use super::clock;
use super::deposit::Ticket;
use super::dialogue::Dialogue;
use super::erase::{self, Tombstone};
use super::error::{Code, DeviceError, Result};
use super::law;
use super::sealed::Sealed;
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

/// What tells the time for the offline lease.
pub type Clock = Arc<dyn Fn() -> Reading + Send + Sync>;

/// One store of one officer, open. All methods may be called from several threads.
pub struct Device {
    path: PathBuf,
    kinds: Kinds,
    options: Options,
    /// Gone once the store is erased.
    db: Mutex<Option<Db>>,
    signer: RwLock<DeviceSigner>,
    clock: RwLock<Clock>,
    /// The offline lease, and how much of it was used up when it was last written down.
    pub(super) lease: Mutex<Option<(Lease, i64)>>,
    /// What a host that does HTTP itself said of its network: it is paid by volume.
    pub(super) metered: AtomicBool,
    /// The office locked this handle.
    pub(super) locked: AtomicBool,
    /// The sealed copies; none before enrolment.
    pub(super) sealed: Mutex<Option<Sealed>>,
    /// What lies beside the store to hand them in with.
    pub(super) ticket: Mutex<Option<Ticket>>,
    /// What was read of the law.
    pub(super) memory: law::Memory,
    /// The dialogue of a host that does HTTP itself.
    pub(super) manual: Mutex<Option<Dialogue>>,
    /// Sessions in a row that did not end well, for the schedule.
    pub(super) failures: std::sync::atomic::AtomicU32,
}

impl Device {
    /// Makes a new store with fresh keys under `path`, and its vault beside it (`<path>.key`).
    pub fn create(path: &Path, pin: &str, options: Options, kinds: Kinds) -> Result<Device> {
        options.check()?;
        if let Some(stone) = Tombstone::read(path)? {
            return Err(stone.error());
        }
        if path.exists() {
            return Err(DeviceError::new(Code::Exists, "a store exists under this path; open it, or choose another path"));
        }
        if with_suffix(path, ".sealed").exists() {
            // Copies of a store that is not there any more: another store's copies must not be mixed with them.
            set_aside(path)?;
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
        if let Some(stone) = Tombstone::read(path)? {
            erase::destroy(path)?;
            return Err(stone.error());
        }
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
        let device = Device::assemble(path, db, unlocked, options, kinds);
        if let Some(stone) = device.erase_if_ordered()? {
            return Err(stone.error());
        }
        device.begin()?;
        Ok(device)
    }

    /// What an enrolled store needs beside its database.
    pub(super) fn begin(&self) -> Result<()> {
        let meta = self.read(|tx| if tx.is_enrolled()? { tx.meta().map(Some) } else { Ok(None) })?;
        let Some(meta) = meta else { return Ok(()) };
        self.take_lease(meta.standing.lease);
        *self.sealed.lock().unwrap_or_else(PoisonError::into_inner) = Sealed::new(&self.path, &meta.enrolled.server_recipient);
        self.seal_all();
        self.warm_law();
        Ok(())
    }

    /// Ends what a kill interrupted between the order to erase and its tombstone.
    fn erase_if_ordered(&self) -> Result<Option<Tombstone>> {
        let app = self.app();
        let words = self.write(|tx| if tx.is_enrolled()? { last_words(tx, self.kinds(), &app) } else { Ok(None) })?;
        words.map(|words| self.erase(&words)).transpose()
    }

    /// Destroys the store: from here on every call answers [`Code::Erased`].
    pub(super) fn erase(&self, words: &sync_core::replica::LastWords) -> Result<Tombstone> {
        let server = self.read(|tx| tx.setting(super::enrol::SERVER))?;
        let stone = Tombstone::of(words, server);
        stone.write(&self.path)?;
        *self.sealed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // The connection is closed first: what it still writes when it is, is written to files that go next.
        *self.db.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.signer.write().unwrap_or_else(PoisonError::into_inner) = DeviceSigner::Host { alg: String::new(), public_key: Vec::new(), sign: None };
        self.memory.clear();
        erase::destroy(&self.path)?;
        Ok(stone)
    }

    /// Locks this handle until the store is opened by the PIN again.
    pub(super) fn lock_by_order(&self) {
        self.locked.store(true, Ordering::SeqCst);
        self.memory.clear();
    }

    /// Wraps the store's keys by another PIN. Wrong old ones count as at opening.
    pub fn change_pin(&self, old: &str, new: &str) -> Result<()> {
        self.is_there()?;
        vault::change_pin(&with_suffix(&self.path, ".key"), old, new, self.now())
    }

    /// Tells the time by something else than the system's clocks: for tests and simulations of the offline lease.
    pub fn set_clock(&self, clock: Clock) {
        *self.clock.write().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    /// What the clocks say.
    pub(super) fn now(&self) -> Reading {
        let clock = self.clock.read().unwrap_or_else(PoisonError::into_inner).clone();
        clock()
    }

    /// What a host that does HTTP itself says of its network.
    pub fn metered(&self) -> &AtomicBool {
        &self.metered
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn assemble(path: &Path, db: Db, unlocked: Unlocked, options: Options, kinds: Kinds) -> Device {
        let signer = match (unlocked.software_signer(), &unlocked.keeper) {
            (Some(key), _) => DeviceSigner::Software(key),
            (None, Keeper::Host { alg, public_key }) => DeviceSigner::Host { alg: alg.clone(), public_key: public_key.0.clone(), sign: None },
            // The vault always holds the seed unless the host keeps the key.
            (None, Keeper::Vault) => DeviceSigner::Host { alg: String::new(), public_key: Vec::new(), sign: None },
        };
        let clock: Clock = Arc::new(clock::now);
        Device {
            path: path.to_owned(),
            kinds,
            options,
            db: Mutex::new(Some(db)),
            signer: RwLock::new(signer),
            clock: RwLock::new(clock),
            lease: Mutex::default(),
            metered: AtomicBool::new(false),
            locked: AtomicBool::new(false),
            sealed: Mutex::default(),
            ticket: Mutex::default(),
            memory: law::Memory::default(),
            manual: Mutex::new(None),
            failures: Default::default(),
        }
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

    fn lock(&self) -> MutexGuard<'_, Option<Db>> {
        // A panic inside a transaction rolled it back; the connection is as good as before.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gone(&self) -> StoreError {
        StoreError::Erased(self.epitaph())
    }

    /// One durable transaction.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        match &mut *self.lock() {
            Some(db) => db.write(work),
            None => Err(self.gone().into()),
        }
    }

    /// One snapshot.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, E> {
        match &mut *self.lock() {
            Some(db) => db.read(work),
            None => Err(self.gone().into()),
        }
    }

    /// The right to be the one sync worker of this store, across processes; released when dropped.
    pub(super) fn sync_lock(&self) -> Result<File> {
        self.is_there()?;
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
