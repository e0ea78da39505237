//! `zhifa verify`: proves from the database, and from the handhelds' own stores, that nothing was lost or bent.
//!
//! It trusts none of the players. It reads the tables itself, on one snapshot and for reading only, and recomputes
//! every hash, signature, chain, leaf, root, record and bucket with the pure functions of `sync_core` alone: neither
//! the committer nor its memory takes part. With `--journals` it opens the handhelds' stores, likewise only to look,
//! and asks whether what they were told is so.
//!
//! Needs some 150 bytes of memory a change, and 64 for each record.
//!
//! Deliberately absent: repairing anything.

#![cfg_attr(not(feature = "demo"), allow(dead_code, reason = "without the handheld runtime nothing is compared with handhelds"))]

mod audit;
mod chains;
mod custody;
mod documents;
pub mod finding;
#[cfg(feature = "demo")]
mod handhelds;
mod index;
mod law;
mod ledger;
mod log;
mod originals;
mod plan;
mod records;
#[cfg(feature = "demo")]
mod replicas;
mod roster;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::keys::{Ed25519, PublicKey, Signer as _};
use sync_core::record::Kinds;

use crate::base::db::Tx;
use crate::on;
use crate::package::cli::VerifyPackage;
use crate::schema::head;
use finding::{Finding, Findings};
use source::Source;

/// What is to be checked.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The server's data folder: its keys and, unless --database says otherwise, its database.
    #[arg(long, env = "ZHIFA_DATA", default_value = "zhifa-data")]
    pub data: PathBuf,
    /// `postgres://user@host/name`; without it SQLite at DATA/zhifa.db.
    #[arg(long, env = "ZHIFA_DATABASE")]
    pub database: Option<String>,
    /// Number of the district.
    #[arg(long, env = "ZHIFA_DISTRICT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=0x7fff_ffff))]
    pub district: u32,
    /// Folders with handhelds' stores (*.zhifa, each with its *.zhifa.key), to be compared with the server.
    #[arg(long, num_args = 1..)]
    pub journals: Vec<PathBuf>,
    /// Where originals lie, as the server was told; DATA/files if not given.
    #[arg(long, env = "ZHIFA_FILES")]
    pub files: Option<PathBuf>,
    /// Do not read the bytes of originals: only that each is there, with its size.
    #[arg(long)]
    pub skip_originals: bool,
    /// The PIN of all stores; without it `pins.json` in their folder, a map from file name to PIN.
    #[arg(long, env = "ZHIFA_PIN", hide_env_values = true)]
    pub pin: Option<String>,
}

impl Options {
    /// District 1 on SQLite in `data`, without handhelds.
    pub fn local(data: impl Into<PathBuf>) -> Options {
        Options { data: data.into(), database: None, district: 1, journals: Vec::new(), files: None, skip_originals: false, pin: None }
    }
}

/// `zhifa verify`.
#[derive(Debug, clap::Args)]
pub struct Call {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    package: VerifyPackage,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Call {
    /// Checks and prints. 0: nothing is wrong; 1: something is; 2: it could not be checked.
    pub fn run(&self) -> ExitCode {
        if let Some(package) = &self.package.package {
            return self.package.run(package, self.json);
        }
        let printed = verify(&self.options).map_err(|e| e.to_string()).and_then(|report| {
            let text = if self.json { serde_json::to_string(&report).map_err(|e| e.to_string())? + "\n" } else { report.to_string() };
            print!("{text}");
            Ok(report.ok)
        });
        match printed {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(why) => {
                eprintln!("zhifa: {why}");
                ExitCode::from(2)
            }
        }
    }
}

/// Why nothing could be checked. What is wrong *in* the data is a [`Finding`].
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No database.
    #[error("the database cannot be opened for reading: {0}")]
    Connect(String),
    /// No answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] diesel::result::Error),
    /// No store of originals.
    #[error("the originals in {0} cannot be read: {1}")]
    Files(String, String),
    /// No key of the server.
    #[error("{0}: {1}; the server's receipt key is needed to check its signatures, name its data folder with --data")]
    Key(String, String),
    /// Not a district of this database.
    #[error("the database has no district {0}; name it with --district")]
    NoDistrict(u32),
    /// The folders given with `--journals`.
    #[error("--journals {0}: {1}")]
    Journals(String, String),
}

/// The account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Entries of the audit.
    pub audited: u64,
    /// Originals of evidence that lie in the store.
    pub originals: u64,
    /// Handhelds' stores that were read.
    pub handhelds: u64,
    /// Changes known from handhelds' journals, each once.
    pub captured: u64,
    /// Changes in the ledger that are applied, the office's among them.
    pub applied: u64,
    /// Fields of records that ever read contested while the log was applied.
    pub contested: u64,
    /// Of those, the ones that do not any more.
    pub resolved: u64,
    /// Repeats are not recorded by the server: whoever sent them counts them. Always 0 here.
    pub duplicate: u64,
    /// Changes that wait.
    pub parked: u64,
    /// Changes in quarantine.
    pub quarantined: u64,
    /// Changes that were dismissed.
    pub dismissed: u64,
    /// Changes that handhelds captured and the server acknowledged, and that are not there as they were written.
    pub lost: u64,
    /// Changes in handhelds' journals that the server has not acknowledged.
    pub pending: u64,
    /// Handhelds whose last receipt is the server's signed word and holds true.
    pub receipts_verified: u64,
    /// Whether handhelds were read, and every one that may still read is up to date and holds what the server does.
    pub replicas_equal: bool,
}

/// What came out.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether there is nothing to report.
    pub ok: bool,
    /// The account.
    pub figures: Figures,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = &self.figures;
        writeln!(f, "changes: {} applied, {} parked, {} quarantined, {} dismissed", n.applied, n.parked, n.quarantined, n.dismissed)?;
        writeln!(f, "fields contested: {}, resolved: {}", n.contested, n.resolved)?;
        writeln!(f, "audit: {} entries; originals: {}", n.audited, n.originals)?;
        if n.handhelds > 0 {
            writeln!(f, "handhelds: {}; captured {}, pending {}, lost {}", n.handhelds, n.captured, n.pending, n.lost)?;
            writeln!(f, "receipts verified: {}; replicas equal: {}", n.receipts_verified, if n.replicas_equal { "yes" } else { "no" })?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if self.ok { writeln!(f, "nothing is wrong") } else { writeln!(f, "{} findings", self.findings.len()) }
    }
}

/// What all checks stand on.
pub(crate) struct Ground<'t, 'c> {
    tx: &'t mut Tx<'c>,
    district: i64,
    kinds: Kinds,
    server_key: PublicKey,
    server_raw: Vec<u8>,
}

/// Checks a database, and the handhelds' stores if folders are named, with the kinds of this program.
pub fn verify(options: &Options) -> Result<Report, VerifyError> {
    let (server_key, server_raw) = server_key(&options.data.join("keys").join("receipt.ed25519"))?;
    let mut source = Source::open(options.database.as_deref(), &options.data.join("zhifa.db"))?;
    source.snapshot(|tx| {
        let district = i64::from(options.district);
        let known: i64 = on!(tx, |c| head::table.find(district).count().get_result(c))?;
        if known == 0 {
            return Err(VerifyError::NoDistrict(options.district));
        }
        let mut ground = Ground { tx, district, kinds: sync_core::schema::kinds(), server_key, server_raw };
        let (mut figures, mut found) = (Figures::default(), Findings::default());
        let roster = roster::check(&mut ground, &mut found)?;
        let mut ledger = ledger::check(&mut ground, &roster, &mut figures, &mut found)?;
        let tree = log::check(&mut ground, &mut ledger, &mut found)?;
        records::check(&mut ground, &ledger, &mut figures, &mut found)?;
        let custody = custody::check(&mut ground, &mut found)?;
        figures.audited = audit::check(&mut ground, &mut found)?;
        chains::check(&mut ground, &mut found)?;
        figures.originals = originals::check(&mut ground, &mut found, options)?;
        law::check(&mut ground, &mut found)?;
        plan::check(&mut ground, &mut found)?;
        let server = Server { ledger, tree, custody, roster };
        journals(&mut ground, &server, options, &mut figures, &mut found)?;
        Ok(Report { ok: found.is_empty(), figures, findings: found.into_list() })
    })
}

/// What was found out about the server, for the comparison with handhelds.
struct Server {
    ledger: ledger::Ledger,
    tree: log::Tree,
    custody: std::collections::HashSet<sync_core::base::Digest>,
    roster: std::collections::BTreeMap<sync_core::base::DeviceId, roster::Enrolled>,
}

#[cfg(feature = "demo")]
fn journals(ground: &mut Ground<'_, '_>, server: &Server, options: &Options, figures: &mut Figures, found: &mut Findings) -> Result<(), VerifyError> {
    if options.journals.is_empty() { Ok(()) } else { handhelds::check(ground, server, options, figures, found) }
}

#[cfg(not(feature = "demo"))]
fn journals(_: &mut Ground<'_, '_>, _: &Server, options: &Options, _: &mut Figures, _: &mut Findings) -> Result<(), VerifyError> {
    match options.journals.first() {
        None => Ok(()),
        Some(folder) => Err(VerifyError::Journals(folder.display().to_string(), "this program was built without the handheld runtime; build it with the feature demo".into())),
    }
}

/// The public half of the server's receipt key. Read, never made.
fn server_key(path: &Path) -> Result<(PublicKey, Vec<u8>), VerifyError> {
    let cannot = |why: String| VerifyError::Key(path.display().to_string(), why);
    let text = std::fs::read(path).map_err(|e| cannot(e.to_string()))?;
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim_ascii(), &mut seed).map_err(|e| cannot(e.to_string()))?;
    let key = Ed25519::from_seed(&seed);
    let public = PublicKey::new(key.alg(), &key.public_key()).ok_or_else(|| cannot("not a key".into()))?;
    Ok((public, key.public_key()))
}
