//! Slows down who guesses passwords: ten failures of one account in fifteen minutes, and it has to wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sync_core::base::{OfficerId, UtcMs};

use crate::base::problem::Problem;

const FAILURES: u32 = 10;
const WINDOW_MS: i64 = 15 * 60_000;
/// Accounts remembered; the oldest window is dropped beyond.
const ACCOUNTS: usize = 10_000;

/// Failures by account, in this process's memory.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<OfficerId, (u32, UtcMs)>>);

impl Throttle {
    /// Whether the account may try; else how long to wait.
    pub fn check(&self, officer: &OfficerId, now: UtcMs) -> Result<(), Problem> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match map.get(officer) {
            Some((n, since)) if *n >= FAILURES && now.0 < since.0 + WINDOW_MS => Err(Problem::new("too_many_requests", "too many wrong passwords; wait fifteen minutes")),
            _ => Ok(()),
        }
    }

    /// Notes how an attempt ended.
    pub fn note(&self, officer: &OfficerId, good: bool, now: UtcMs) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if good {
            map.remove(officer);
            return;
        }
        if map.len() >= ACCOUNTS {
            map.retain(|_, (_, since)| now.0 < since.0 + WINDOW_MS);
        }
        if map.len() >= ACCOUNTS
            && let Some(oldest) = map.iter().min_by_key(|(_, (_, since))| *since).map(|(o, _)| o.clone())
        {
            map.remove(&oldest);
        }
        let entry = map.entry(officer.clone()).or_insert((0, now));
        if now.0 >= entry.1.0 + WINDOW_MS {
            *entry = (0, now);
        }
        entry.0 += 1;
    }
}
