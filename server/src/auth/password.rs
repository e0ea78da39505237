//! Passwords: argon2id, 19 MiB, two passes (about 20 ms), on blocking threads, few at a time.

use std::sync::Arc;

use actix_web::web;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::base::problem::Problem;

/// Hashes at a time: memory is bounded by this times 19 MiB.
const AT_ONCE: usize = 4;

/// Stands where a hash would, for somebody who was entered without a password: nobody logs in with any.
pub const NO_PASSWORD: &str = "!";

/// Hashes and checks passwords.
pub struct Passwords {
    slots: Arc<Semaphore>,
}

fn argon2() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(19_456, 2, 1, None).map_err(Problem::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Checks a new password and hashes it, on this thread.
pub fn hash(password: &str) -> Result<String, Problem> {
    if !(8..=200).contains(&password.chars().count()) {
        return Err(Problem::field("password", "a password has 8 to 200 characters"));
    }
    argon2()?.hash_password(password.as_bytes()).map(|h: argon2::password_hash::phc::PasswordHash| h.to_string()).map_err(Problem::internal)
}

impl Passwords {
    /// None in use.
    pub(crate) fn new() -> Passwords {
        Passwords { slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Checks a new password and hashes it.
    pub async fn hash(&self, password: &str) -> Result<String, Problem> {
        let _slot = self.slots.acquire().await.map_err(Problem::internal)?;
        let password = password.to_owned();
        web::block(move || hash(&password)).await?
    }

    /// Whether the password is the one of this hash. Without a hash, or for an account without a password, it takes as
    /// long and says no.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Problem> {
        if password.len() > 1_000 {
            return Ok(false);
        }
        let _slot = self.slots.acquire().await.map_err(Problem::internal)?;
        let password = password.to_owned();
        web::block(move || {
            let argon2 = argon2()?;
            let Some(hash) = hash.filter(|hash| hash != NO_PASSWORD) else {
                let mut out = [0; 32];
                argon2.hash_password_into(password.as_bytes(), b"no such account", &mut out).map_err(Problem::internal)?;
                return Ok(false);
            };
            let parsed = PasswordHash::new(&hash).map_err(Problem::internal)?;
            Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await?
    }
}
