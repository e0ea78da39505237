//! Who writes to an upload: one at a time, and the newest one.
//!
//! A phone that lost its network comes back while its old connection still stands here, silent. The new one takes over at once: the old
//! one is woken, writes down what it has, and ends. Between server processes on one database the compared offset decides (`ops::advance`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::Sha256;
use tokio::sync::{OwnedMutexGuard, watch};

use super::store::UploadId;

/// The digest of what was written so far, while pieces came one after the other through this process.
#[derive(Default)]
pub struct Running {
    /// How far, and the state there.
    pub hash: Option<(i64, Sha256)>,
}

struct Slot {
    turn: watch::Sender<u64>,
    state: Arc<tokio::sync::Mutex<Running>>,
}

/// The uploads that somebody writes to.
#[derive(Default)]
pub struct Leases(Mutex<HashMap<UploadId, Slot>>);

/// The right to write, until somebody takes over.
pub struct Lease {
    /// The running digest.
    pub state: OwnedMutexGuard<Running>,
    turn: watch::Receiver<u64>,
    mine: u64,
}

impl Leases {
    /// Takes over from whoever writes, and waits until he has ended.
    pub async fn take(&self, upload: &str) -> Lease {
        let (state, turn, mine) = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = slots.entry(upload.to_owned()).or_insert_with(|| Slot { turn: watch::channel(0).0, state: Arc::default() });
            let turn = slot.turn.subscribe();
            let mine = *slot.turn.borrow() + 1;
            slot.turn.send_replace(mine);
            (slot.state.clone(), turn, mine)
        };
        Lease { state: state.lock_owned().await, turn, mine }
    }

    /// Forgets uploads that nobody writes to now; whoever goes on with one has the whole read once at its end.
    pub fn tidy(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, slot| Arc::strong_count(&slot.state) > 1);
    }

    /// Forgets an upload that is over.
    pub fn forget(&self, upload: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(upload);
    }
}

impl Lease {
    /// Whether somebody has taken over.
    pub fn lost(&self) -> bool {
        *self.turn.borrow() != self.mine
    }

    /// Returns once somebody takes over.
    pub async fn taken_over(&mut self) {
        let mine = self.mine;
        // The sender goes with its slot only when the upload is over: nobody takes over any more.
        if self.turn.wait_for(|turn| *turn != mine).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_newest_writer_has_the_turn_and_the_older_is_told() {
        let leases = Arc::new(Leases::default());
        let mut first = leases.take("u").await;
        assert!(!first.lost());
        let second = actix_web::rt::spawn({
            let leases = leases.clone();
            async move { leases.take("u").await.lost() }
        });
        first.taken_over().await;
        assert!(first.lost());
        drop(first);
        assert!(!second.await.unwrap());
        let held = leases.take("v").await;
        leases.tidy();
        assert_eq!(leases.0.lock().unwrap().keys().collect::<Vec<_>>(), ["v"]);
        drop(held);
        leases.forget("u");
        assert!(!leases.take("u").await.lost());
    }
}
