//! The clock, so that every deadline can be tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sync_core::base::UtcMs;

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The present instant, UTC.
    fn now(&self) -> UtcMs;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UtcMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until it is set, or let run; clones share the time.
#[derive(Clone)]
pub struct SetClock(Arc<AtomicI64>);

/// What a set clock holds while it runs with the machine's.
const RUNS: i64 = i64::MIN;

impl SetClock {
    /// A clock standing at this instant.
    pub fn at(now: UtcMs) -> SetClock {
        SetClock(Arc::new(AtomicI64::new(now.0)))
    }

    /// Sets it.
    pub fn set(&self, now: UtcMs) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Lets it run with the machine's clock from now on.
    pub fn run(&self) {
        self.0.store(RUNS, Ordering::SeqCst);
    }

    /// Moves it on by this many milliseconds.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> UtcMs {
        match self.0.load(Ordering::SeqCst) {
            RUNS => SystemClock.now(),
            set => UtcMs(set),
        }
    }
}
