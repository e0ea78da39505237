//! What originals show: facts that their bytes tell, whether they look like others, and small, labelled or plain copies of them.
//!
//! Read aside from uploads, by few threads at a time, each within the limits of [`sync_core::picture`]. Nothing here changes an original or
//! refuses one: evidence that was acknowledged stays, and what is odd about it is told to whoever reads the record.
//! Deliberately absent: HEIC, films and sound as pictures. The handheld converts what it can; the rest is shown by whoever has the program.

pub mod copy;
mod draw;
mod facts;
#[cfg(test)]
mod fuzz;
pub mod http;
mod look;
mod row;
mod second;
mod work;

use std::num::NonZero;
use std::sync::Arc;

use sync_core::picture::announced;
use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore};

pub use facts::{Facts, MOST_READ};
pub use row::todo;
pub use work::watch;

/// Most threads that decode pictures at a time.
const MOST: usize = 4;
/// Pixels from which pictures are decoded one at a time: each may take half a gigabyte.
const LARGE: u64 = 32_000_000;

/// Bounds how many pictures are decoded at a time, and wakes whoever reads facts.
#[derive(Debug, Clone)]
pub struct Darkroom {
    places: Arc<Semaphore>,
    /// How many files are read in the background at a time: whoever waits for a copy finds a place.
    behind: usize,
    large: Arc<Semaphore>,
    came: Arc<Notify>,
}

impl Default for Darkroom {
    fn default() -> Darkroom {
        let places = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
        Darkroom { places: Arc::new(Semaphore::new(places)), behind: (places / 2).max(1), large: Arc::new(Semaphore::new(1)), came: Arc::new(Notify::new()) }
    }
}

impl Darkroom {
    /// A place to read a picture into and to decode it, once there is one.
    async fn place(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.places.clone().acquire_owned().await
    }

    /// Whoever has a place and a large picture in it waits for his turn too: one is decoded at a time.
    async fn turn(&self, bytes: &[u8]) -> Result<Option<OwnedSemaphorePermit>, AcquireError> {
        if announced(bytes) > LARGE { self.large.clone().acquire_owned().await.map(Some) } else { Ok(None) }
    }

    /// A file came: its facts may be read.
    pub fn wake(&self) {
        self.came.notify_one();
    }
}
