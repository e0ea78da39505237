//! The side file `<store>.sealed`: a copy of every undelivered own capture that only the server can read.
//!
//! It stands outside the officer's PIN: whoever holds the handheld can hand it in ([`super::deposit`]), nobody but
//! the server can read it. In clear are only the numbers of the changes and their sizes.
//!
//! The guarantee: when a capture comes back, its copy is on disk too, flushed after the capture's own transaction and
//! before the answer. The capture does not depend on it. A copy that could not be written (a full disk, a kill between
//! the two) is made up for by the next capture, at the end of the next session, or when the store is opened next.
//! Two captures at the same time share one flush. A torn last frame is cut off.
//! The price is a second flush: a capture that took 0.6 ms takes 1.2 ms on a desktop's solid-state disk.
//!
//! What a receipt covers leaves the file at the end of a session: all at once where nothing is undelivered, else when
//! it is more than half of a file beyond 1 MiB. So the file is bounded by what is undelivered.
//!
//! Deliberately absent: colleagues' changes, which their authors hold, and thumbnails.

use age::x25519::Recipient;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use sync_core::record::Dot;
use sync_core::replica::{Store, frame, frames};

use super::error::{Code, DeviceError, Result};
use super::runtime::Device;
use super::store::with_suffix;
use super::vault::write_whole;

/// Below this a file is not rewritten to lose what is acknowledged.
const WORTH_REWRITING: usize = 1 << 20;

/// Changes sealed with one flush.
const BATCH: usize = 200;

/// The file of an open store.
pub struct Sealed {
    path: PathBuf,
    recipient: Recipient,
    /// Own changes up to this number are in the file or need not be.
    through: u64,
}

/// A change to be sealed: its number and its line as in a push.
type Line = (u64, Vec<u8>);

impl Sealed {
    /// The sealed file of the store at `store`; `None` if the server named no key to seal to.
    pub fn new(store: &Path, recipient: &str) -> Option<Sealed> {
        Some(Sealed { path: path_of(store), recipient: recipient.parse().ok()?, through: 0 })
    }

    /// Seals and appends; on disk when this returns.
    fn append(&mut self, lines: &[Line]) -> Result<()> {
        let mut options = std::fs::File::options();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // By its path each time: another process may have written the file anew. And before anything is sealed: where the file cannot be
        // written, no capture waits for cryptography that comes to nothing.
        let mut file = options.open(&self.path).map_err(unwritable)?;
        let before = file.metadata().map_err(unwritable)?.len();
        let mut bytes = Vec::new();
        for (seq, line) in lines {
            let sealed = age::encrypt(&self.recipient, line).map_err(|e| DeviceError::new(Code::Internal, format!("a copy could not be sealed: {e}")))?;
            bytes.extend(frame(*seq, &sealed).ok_or_else(|| DeviceError::new(Code::Internal, "a copy is larger than a frame"))?);
        }
        if let Err(e) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            // Half a frame in the middle would hide what comes after it. If cutting fails as well, the next scan does it.
            let _cut = file.set_len(before);
            return Err(unwritable(e));
        }
        self.through = lines.last().map_or(self.through, |l| self.through.max(l.0));
        Ok(())
    }

    /// Cuts a torn end off and lets go of what is not among `undelivered`. Gives the numbers that are in the file then.
    fn tidy(&mut self, undelivered: &BTreeSet<u64>) -> Result<BTreeSet<u64>> {
        let bytes = read(&self.path)?;
        let all: Vec<_> = frames(&bytes).collect();
        let end = all.last().map_or(0, |f| f.end);
        let kept: Vec<u8> = all.iter().filter(|f| undelivered.contains(&f.seq)).filter_map(|f| frame(f.seq, f.sealed)).flatten().collect();
        if kept.is_empty() && !bytes.is_empty() {
            self.cut(0)?;
        } else if bytes.len() > WORTH_REWRITING && kept.len() < bytes.len() / 2 {
            write_whole(&self.path, &kept).map_err(unwritable)?;
        } else if end < bytes.len() {
            self.cut(end as u64)?;
        }
        Ok(all.iter().map(|f| f.seq).filter(|seq| undelivered.contains(seq)).collect())
    }

    fn cut(&self, end: u64) -> Result<()> {
        let file = std::fs::File::options().write(true).open(&self.path).map_err(unwritable)?;
        file.set_len(end).and_then(|()| file.sync_all()).map_err(unwritable)
    }
}

fn unwritable(e: std::io::Error) -> DeviceError {
    let code = if e.kind() == ErrorKind::StorageFull { Code::DiskFull } else { Code::Store };
    DeviceError::new(code, format!("the sealed copies could not be written: {e}; the captures are kept"))
}

/// The sealed file of the store at `store`.
pub(super) fn path_of(store: &Path) -> PathBuf {
    with_suffix(store, ".sealed")
}

/// Its bytes; none if there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|e| DeviceError::new(Code::Store, format!("the sealed copies could not be read: {e}"))),
    }
}

impl Device {
    /// After a capture: seals what was captured since the last time. Never fails the capture.
    pub(super) fn seal_captured(&self) {
        let _made_up_for_later = self.seal(false);
    }

    /// At opening and at the end of a session: brings the file in line with the journal.
    pub(super) fn seal_all(&self) {
        let _made_up_for_later = self.seal(true);
    }

    fn seal(&self, all: bool) -> Result<()> {
        let mut guard = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sealed) = guard.as_mut() else { return Ok(()) };
        let mut known = BTreeSet::new();
        let mut after = sealed.through;
        if all {
            let undelivered: BTreeSet<u64> = self.read(|tx| tx.own_undelivered(0, usize::MAX))?.into_iter().collect();
            known = sealed.tidy(&undelivered)?;
            after = 0;
        }
        loop {
            let (lines, last) = self.read(|tx| -> Result<(Vec<Line>, Option<u64>)> {
                let own = tx.meta()?.device;
                let numbers = tx.own_undelivered(after, BATCH)?;
                let mut lines = Vec::new();
                for seq in numbers.iter().filter(|seq| !known.contains(seq)) {
                    lines.extend(tx.signed(Dot::new(own, *seq))?.map(|signed| (*seq, signed.to_line())));
                }
                Ok((lines, numbers.last().copied()))
            })?;
            let Some(last) = last else { return Ok(()) };
            if !lines.is_empty() {
                sealed.append(&lines)?;
            }
            sealed.through = sealed.through.max(last);
            after = last;
        }
    }
}
