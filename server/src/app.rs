//! The program's parts, put together once for `serve`, for `admin`, and for tests.

use std::fs::{File, TryLockError};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web;
use diesel::prelude::*;
use sync_core::base::date::day_of;
use sync_core::base::{Date, DistrictId, UtcMs};
use sync_core::district::Head;
use sync_core::record::Kinds;
use tokio::sync::{Semaphore, watch};

use crate::audit::Deed;
use crate::auth::password::Passwords;
use crate::base::clock::Clock;
use crate::base::config::Config;
use crate::base::db::{Db, OpenError, Tx};
use crate::base::keys::{KeyError, ServerKeys};
use crate::base::press::{Press, Presses};
use crate::base::problem::Problem;
use crate::base::token::Tokens;
use crate::file::Leases;
use crate::file::store::Files;
use crate::law::live::Edition;
use crate::law::packs::Packs;
use crate::on;
use crate::package::stamp::{Authority, StampError};
use crate::picture::Darkroom;
use crate::schema::head;
use crate::sync::committer::Committer;
use crate::sync::live::Live;
use crate::sync::store::rows::HeadRow;
use crate::sync::store::{StoreError, Want, flush, load};

/// Why the program could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data folder.
    #[error("the data folder {0} cannot be used: {1}")]
    Folder(String, std::io::Error),
    /// The store of files.
    #[error("the store of files {0} cannot be used: {1}")]
    Files(String, std::io::Error),
    /// Somebody else has it.
    #[error("another zhifa uses the data folder {0}; stop it, or use its API")]
    InUse(String),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The certificates of a timestamp authority.
    #[error("the timestamp authority cannot be used: {0}")]
    Authority(#[from] StampError),
    /// What is in the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Records of older field tables.
    #[error("the records could not be brought up to the present field tables: {0}")]
    Upgrade(String),
    /// A thread or a socket.
    #[error("the system declined: {0}")]
    Io(#[from] std::io::Error),
}

/// The parts.
pub struct App {
    /// The district.
    pub district: DistrictId,
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The server's keys.
    pub keys: Arc<ServerKeys>,
    /// Makes and reads tokens.
    pub tokens: Tokens,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Address under which everybody reaches this server, if it was told.
    pub public_url: Option<String>,
    /// Whether a proxy tells callers' addresses.
    pub behind_proxy: bool,
    /// Whether cookies travel over TLS only.
    pub secure: bool,
    /// What everyone may know without asking the database.
    pub live: Arc<Live>,
    /// What handhelds fetch of the book.
    pub packs: Packs,
    /// The kinds that this program knows.
    pub kinds: Kinds,
    /// The credit site, if one is configured.
    pub credit_site: Option<crate::credit::outward::Site>,
    /// The one writer of the district.
    pub committer: Committer,
    /// Where originals lie.
    pub files: Files,
    /// Who writes to which upload.
    pub leases: Leases,
    /// Where pictures are decoded.
    pub darkroom: Darkroom,
    /// Who stamps evidence packages, if somebody does.
    pub authority: Option<Authority>,
    /// The turn to write an evidence package.
    pub packing: Semaphore,
    /// Most bytes of a file.
    pub file_limit: i64,
    presses: Presses,
    /// Held by a look that runs in the background, for as long as it reads or writes.
    looking: tokio::sync::Mutex<()>,
    stopping: watch::Sender<bool>,
    lock: Mutex<Option<File>>,
}

impl App {
    /// Opens data folder, keys and database, and starts the committer.
    pub fn open(config: &Config, kinds: Kinds, clock: Arc<dyn Clock>) -> Result<App, AppError> {
        let folder = |e| AppError::Folder(config.data.display().to_string(), e);
        std::fs::create_dir_all(&config.data).map_err(folder)?;
        // SQLite has one writing process: what it remembers must be what is stored. PostgreSQL may have many.
        let lock = if config.database.is_none() {
            let file = File::create(config.data.join("zhifa.lock")).map_err(folder)?;
            match file.try_lock() {
                Ok(()) => Some(file),
                Err(TryLockError::WouldBlock) => return Err(AppError::InUse(config.data.display().to_string())),
                Err(TryLockError::Error(e)) => return Err(folder(e)),
            }
        } else {
            None
        };
        let authority = config.timestamp_url.as_deref().map(|url| Authority::new(url, config.tsa_trust.as_deref())).transpose()?;
        let keys = Arc::new(ServerKeys::open(&config.data.join("keys"))?);
        let place = config.files.clone().unwrap_or_else(|| config.data.join("files"));
        let files = Files::open(&place).map_err(|e| AppError::Files(place.display().to_string(), e))?;
        let db = Db::open(config.database.as_deref(), &config.data.join("zhifa.db"))?;
        let district = config.district();
        let incarnation = getrandom::u32().map_err(KeyError::Random)?;
        db.write(|tx| found(tx, district, incarnation))?;
        let live = Arc::new(Live::open(&db, i64::from(district.0))?);
        let committer = Committer::start(db.clone(), district, kinds.clone(), clock.clone(), live.clone(), keys.clone())?;
        crate::upgrade::run(&committer, &kinds).map_err(|e| AppError::Upgrade(e.to_string()))?;
        crate::sync::others::listen(&db, &live)?;
        let tokens = Tokens::new(&keys.jwt, district.0);
        let app = App {
            district,
            db,
            clock,
            keys,
            tokens,
            passwords: Passwords::new(),
            public_url: config.public_url.clone(),
            behind_proxy: config.behind_proxy,
            secure: config.is_secure(),
            live,
            packs: Packs::default(),
            kinds,
            credit_site: config
                .credit_url
                .as_deref()
                .and_then(|url| crate::credit::outward::Site::new(url, config.credit_token.as_deref(), std::time::Duration::from_millis(config.credit_timeout_ms))),
            committer,
            files,
            leases: Leases::default(),
            darkroom: Darkroom::default(),
            authority,
            packing: Semaphore::new(1),
            file_limit: i64::from(config.file_limit_mib) << 20,
            presses: Presses::new(config),
            looking: tokio::sync::Mutex::new(()),
            stopping: watch::channel(false).0,
            lock: Mutex::new(lock),
        };
        Ok(app)
    }

    /// What draws documents; a problem where this build or this machine has none. Blocks while fonts are read, once.
    pub fn press(&self) -> Result<Press, Problem> {
        self.presses.get()
    }

    /// The present instant.
    pub fn now(&self) -> UtcMs {
        self.clock.now()
    }

    /// Runs reads on one snapshot, on a thread that may block.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx<'_>, i64) -> Result<T, StoreError> + Send + 'static) -> Result<T, Problem> {
        let (db, district) = (self.db.clone(), i64::from(self.district.0));
        web::block(move || db.read(|tx| f(tx, district))).await?.map_err(Problem::from)
    }

    /// The day in Asia/Shanghai.
    pub fn today(&self) -> Date {
        day_of(self.now()).unwrap_or(Date::MAX)
    }

    /// The book of everything that has days, as it stands.
    pub fn law(&self) -> Arc<Edition> {
        self.live.law.edition()
    }

    /// Appends to the audit; once this returns, it is there.
    pub async fn note(&self, deed: Deed) -> Result<(), Problem> {
        let noted = self.committer.run(Want::default(), move |store| {
            store.note(deed.clone());
            Ok(())
        });
        Ok(noted.await?)
    }

    /// Sees to it that [`App::live`] is what is stored.
    pub async fn current(&self) -> Result<(), Problem> {
        if self.db.sole_writer() {
            return Ok(());
        }
        let (db, live) = (self.db.clone(), self.live.clone());
        web::block(move || live.current(&db)).await?.map_err(Problem::from)
    }

    /// Becomes true when the program is about to end; long answers end then.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Commits what waits, takes nothing more, and lets another process have the data folder.
    pub fn end(&self) {
        self.committer.stop();
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The right to look in the background; `None` once the program is about to end.
    pub async fn look(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let guard = self.looking.lock().await;
        if *self.stopping.borrow() { None } else { Some(guard) }
    }

    /// Waits until no look is under way. After [`begin_stop`](App::begin_stop) none begins any more.
    pub async fn quiet(&self) {
        drop(self.looking.lock().await);
    }

    /// Ends long answers; nothing new begins.
    pub fn begin_stop(&self) {
        self.stopping.send_replace(true);
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        if error.is_transient() {
            tracing::warn!(cause = %error, "the database is not available");
            return Problem::unavailable("the database is not available; repeat the request", 5);
        }
        Problem::internal(error)
    }
}

/// Sees to it that the district has a head, and begins an office chain of this start: the database may be a restored
/// one, whose old chain goes on elsewhere.
fn found(tx: &mut Tx<'_>, district: DistrictId, incarnation: u32) -> Result<(), StoreError> {
    let row = HeadRow::of(&Head::new(district), 1);
    on!(tx, |c| diesel::insert_into(head::table).values(&row).on_conflict_do_nothing().execute(c))?;
    let row = load::head(tx, row.district, true)?;
    let mut head = row.head()?;
    head.begin_office(incarnation);
    flush::head_row(tx, &HeadRow::of(&head, row.roster))
}
