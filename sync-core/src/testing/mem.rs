//! Stores in memory, cloned for a transaction and put back when it dies.

use std::cell::Cell;

/// The store died in the middle of an operation: killed, or the disk was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Died;

/// Lets a store die at its n-th write from now.
#[derive(Debug, Clone, Default)]
pub struct Fuse(Cell<Option<u32>>);

impl Fuse {
    /// Burns down with every write; `None` never.
    pub fn light(&self, writes: Option<u32>) {
        self.0.set(writes);
    }

    /// One write.
    pub(super) fn burn(&self) -> Result<(), Died> {
        match self.0.get() {
            None => Ok(()),
            Some(0) => Err(Died),
            Some(n) => {
                self.0.set(Some(n - 1));
                Ok(())
            }
        }
    }
}
