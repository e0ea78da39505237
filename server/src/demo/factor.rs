//! Second factors of those who decide and administer, bound through the public API as a person would.
//!
//! The secrets lie in a file of the demo's folder, where an authenticator app would keep them on a phone: the demo is
//! played again in the same folder, and who looks around afterwards needs codes.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::blocking::Client;
use serde_json::{Value as Json, json};
use sync_core::base::UtcMs;

use super::Failure;
use crate::auth::totp::Factor;
use crate::base::clock::{Clock, SystemClock};

/// Milliseconds of a step.
const STEP_MS: i64 = 30_000;

/// The authenticators of the demo, by officer.
pub struct Factors {
    clock: Arc<dyn Clock>,
    file: PathBuf,
    secrets: BTreeMap<String, String>,
}

impl Factors {
    /// Those of an earlier run in this folder, or none.
    pub fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<Factors, Failure> {
        let file = data.join("second-factors.json");
        let secrets = if file.exists() { serde_json::from_slice(&std::fs::read(&file)?)? } else { BTreeMap::new() };
        Ok(Factors { clock, file, secrets })
    }

    /// Whether somebody has one.
    pub fn has(&self, officer: &str) -> bool {
        self.secrets.contains_key(officer)
    }

    /// Somebody's secret in base 32.
    pub fn secret(&self, officer: &str) -> Result<&str, Failure> {
        Ok(self.secrets.get(officer).ok_or_else(|| format!("{officer} has no second factor"))?)
    }

    /// Binds one: password and one-time code, then a code of the authenticator. It is confirmed with the code before the
    /// present one, so that the present one is left for logging in.
    pub fn bind(&mut self, url: &str, officer: &str, password: &str, code: &str) -> Result<(), Failure> {
        let client = Client::builder().pool_idle_timeout(super::office::IDLE).build()?;
        let begun = client.post(format!("{url}/auth/second-factor")).json(&json!({ "officer": officer, "password": password, "code": code })).send()?;
        let begun: Json = begun.error_for_status()?.json()?;
        let secret = begun.get("secret").and_then(Json::as_str).ok_or("no secret was given")?;
        let otp = Factor::parse(secret)?.code(UtcMs(self.clock.now().0 - STEP_MS));
        client.post(format!("{url}/auth/second-factor/confirm")).json(&json!({ "officer": officer, "password": password, "otp": otp })).send()?.error_for_status()?;
        self.secrets.insert(officer.to_owned(), secret.to_owned());
        self.save()
    }

    fn save(&self) -> Result<(), Failure> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(options.open(&self.file)?.write_all(&serde_json::to_vec_pretty(&self.secrets)?)?)
    }

    /// Codes to try: the present one and, where an earlier run used that, the next one, which is good already.
    pub fn codes(&self, officer: &str) -> Result<[String; 2], Failure> {
        let (factor, now) = (Factor::parse(self.secret(officer)?)?, self.clock.now().0);
        Ok([now, now + STEP_MS].map(|at| factor.code(UtcMs(at))))
    }
}

/// How long until a code that was not used here before is the present one.
pub fn until_next_code() -> std::time::Duration {
    let left = STEP_MS - SystemClock.now().0.rem_euclid(STEP_MS);
    std::time::Duration::from_millis(u64::try_from(left).unwrap_or(0))
}
