//! `zhifa export-case`, and the package half of `zhifa verify`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use diesel::prelude::*;
use sync_core::base::keys::{ED25519, PublicKey};
use sync_core::base::{OfficerId, RecordId, b64};

use super::check::{self, Trust};
use super::export::{ExportError, Order, export};
use crate::app::App;
use crate::base::clock::SystemClock;
use crate::base::config::Config;
use crate::number::keys::Published;
use crate::on;
use crate::schema::listing;
use crate::sync::store::rows::record_id;

/// `zhifa export-case`: on SQLite no server may be running.
#[derive(Debug, Args)]
pub struct ExportCase {
    #[command(flatten)]
    config: Config,
    /// The case: its record id, or its number.
    case: String,
    /// The package. It must not be there.
    out: PathBuf,
    /// The officer on whose account it is made, as it is put on the custody of each original; `system` if not given.
    #[arg(long)]
    by: Option<OfficerId>,
}

impl ExportCase {
    /// Writes the package and says what is in it.
    pub fn run(&self) -> Result<(), Box<dyn std::error::Error>> {
        let app = App::open(&self.config, sync_core::schema::kinds(), Arc::new(SystemClock))?;
        let done = actix_web::rt::System::new().block_on(async {
            let case = find(&app, &self.case).await?;
            let by = self.by.as_ref().map_or_else(|| "system".to_owned(), OfficerId::to_string);
            export(&app, &Order { case, out: self.out.clone(), by, authority: app.authority.clone() }).await
        })?;
        println!("{}: {} bytes; changes: {}, documents: {}, originals: {}", self.out.display(), done.size, done.changes, done.documents, done.originals);
        for absent in &done.absent {
            println!("absent: {} ({})", absent.sha256, absent.state.words().1);
        }
        if let Some(why) = &done.no_stamp {
            println!("without a timestamp: {why}");
        }
        Ok(())
    }
}

/// A case by its record id or its number.
async fn find(app: &App, text: &str) -> Result<RecordId, ExportError> {
    if let Ok(id) = text.parse::<RecordId>() {
        return Ok(id);
    }
    let wanted = text.trim().to_owned();
    let found = app.read(move |tx, district| {
        let id: Option<Vec<u8>> = on!(tx, |c| listing::table
            .filter(listing::district.eq(district))
            .filter(listing::kind.eq(sync_core::case::NAME))
            .filter(listing::code.eq(&wanted))
            .select(listing::record)
            .first(c)
            .optional())?;
        id.map(|id| record_id(&id)).transpose()
    });
    found.await.map_err(ExportError::from)?.ok_or_else(|| ExportError::NoCase(text.to_owned()))
}

/// Arguments of `zhifa verify` for a package.
#[derive(Debug, Clone, Default, Args)]
pub struct VerifyPackage {
    /// An evidence package, checked offline instead of a database. Exit code 0: nothing is wrong and its key is trusted; 1: something is wrong; 2: it could
    /// not be read; 3: nothing is wrong by itself, but no key was given to compare.
    #[arg(long, value_name = "ZIP")]
    pub package: Option<PathBuf>,
    /// The server's public key, from somebody who is trusted: 43 characters of URL-safe base64, or a file saved from /.well-known/zhifa-keys. May be
    /// repeated.
    #[arg(long, requires = "package")]
    pub trust: Vec<String>,
    /// Certificates of the timestamp authority, in PEM.
    #[arg(long, requires = "package")]
    pub tsa_trust: Option<PathBuf>,
}

/// The keys that a text names: one key, or those of a published file.
pub fn trusted(text: &str) -> Result<Vec<Vec<u8>>, String> {
    if let Some(key) = b64::decode(text).filter(|raw| PublicKey::new(ED25519, raw).is_some()) {
        return Ok(vec![key]);
    }
    let read = std::fs::read_to_string(text).map_err(|e| format!("--trust {text}: neither a key of 43 characters nor a file that can be read: {e}"))?;
    if let Some(key) = b64::decode(read.trim()).filter(|raw| PublicKey::new(ED25519, raw).is_some()) {
        return Ok(vec![key]);
    }
    let published: Published = serde_json::from_str(&read).map_err(|e| format!("--trust {text}: not what /.well-known/zhifa-keys gives: {e}"))?;
    let keys: Vec<Vec<u8>> = published.keys.iter().filter(|key| key.alg == ED25519).filter_map(|key| b64::decode(&key.key)).collect();
    if keys.is_empty() { Err(format!("--trust {text}: names no key")) } else { Ok(keys) }
}

impl VerifyPackage {
    /// Checks a package and prints what came out.
    pub fn run(&self, package: &Path, json: bool) -> ExitCode {
        let told = self.check(package).and_then(|report| {
            let text = if json { serde_json::to_string(&report).map_err(|e| e.to_string())? + "\n" } else { report.to_string() };
            print!("{text}");
            Ok(report.exit())
        });
        match told {
            Ok(code) => ExitCode::from(code),
            Err(why) => {
                eprintln!("zhifa: {why}");
                ExitCode::from(2)
            }
        }
    }

    fn check(&self, package: &Path) -> Result<check::Report, String> {
        let mut trust = Trust::default();
        for text in &self.trust {
            trust.keys.extend(trusted(text)?);
        }
        if let Some(path) = &self.tsa_trust {
            trust.authorities = Some(std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?);
        }
        check::check(package, &trust).map_err(|e| format!("{}: {e}", package.display()))
    }
}
