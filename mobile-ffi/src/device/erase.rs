//! Erasing a store on the office's order, and what remains of it: the tombstone `<store>.erased`.
//!
//! The tombstone is written first and is the order made durable: whoever comes by later, after a power cut too, ends
//! what was begun. Then the key file goes, overwritten and removed, so that the rest is noise; then the rest. Flash
//! memory may keep old blocks in spite of overwriting; what they hold is wrapped by the officer's PIN.
//!
//! Deliberately absent: a way back, anything personal in the tombstone, and the key in a host's keystore, which the host deletes.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::io::{ErrorKind, Write};
use std::path::Path;
use sync_core::base::{DeviceId, Digest};
use sync_core::replica::LastWords;

use super::error::{Code, DeviceError, Result};
use super::store::with_suffix;
use super::vault::{sync_folder, write_whole};

/// What remains of an erased store. Address and token go once the office knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Format: 1.
    pub version: u32,
    /// The device that the store was.
    pub device: DeviceId,
    /// The order by which it was erased.
    pub order: u64,
    /// Number of the last change of its journal.
    pub head_seq: u64,
    /// Hash of that change.
    pub head: Digest,
    /// The office knows.
    pub acknowledged: bool,
    /// The server's address, while the office does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The deposit token, while the office does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Tombstone {
    /// That of a store which is to be erased now.
    pub(super) fn of(words: &LastWords, server: Option<String>) -> Tombstone {
        let (head_seq, head) = words.head;
        Tombstone { version: 1, device: words.meta.device, order: words.number, head_seq, head, acknowledged: false, server, token: words.meta.standing.deposit.clone() }
    }

    /// Whether there is one under this path.
    pub(super) fn stands(path: &Path) -> bool {
        file(path).exists()
    }

    /// The tombstone of the store that was under this path.
    pub(super) fn read(path: &Path) -> Result<Option<Tombstone>> {
        match std::fs::read(file(path)) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(DeviceError::new(Code::Store, format!("what an erased store left could not be read: {e}"))),
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|_| DeviceError::new(Code::Erased, "this store was erased by order of the office")),
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(|e| DeviceError::new(Code::Internal, e.to_string()))?;
        write_whole(&file(path), &text).map_err(|e| DeviceError::new(Code::Store, format!("the order to erase could not be kept: {e}; it will be given again")))
    }

    /// The office knows: nothing is left to be sent.
    pub(super) fn acknowledged(&mut self, path: &Path) -> Result<()> {
        (self.acknowledged, self.server, self.token) = (true, None, None);
        self.write(path)
    }

    /// For the host: which order, where the journal ended, and whether the office knows.
    pub fn to_json(&self) -> Json {
        json!({ "device": self.device, "order": self.order, "head_seq": self.head_seq, "head": self.head, "acknowledged": self.acknowledged })
    }

    /// What every call on the store answers from now on.
    pub fn error(&self) -> DeviceError {
        DeviceError::new(Code::Erased, "this store was erased by order of the office; enrol a new store under another path").with(self.to_json())
    }
}

fn file(path: &Path) -> std::path::PathBuf {
    with_suffix(path, ".erased")
}

/// Files that hold keys; they go first.
const KEYS: [&str; 2] = [".key", ".key.new"];

/// Everything else that a store may have beside it.
const REST: [&str; 10] = ["", "-wal", "-shm", "-journal", ".sealed", ".sealed.new", ".deposit", ".deposit.new", ".sync", ".erased.new"];

/// Destroys the files of a store whose tombstone stands. Repeating it ends what was interrupted.
pub(super) fn destroy(path: &Path) -> Result<()> {
    let failed = |e: std::io::Error| DeviceError::new(Code::Store, format!("the store could not be erased altogether: {e}; open it again to go on"));
    for key in KEYS.map(|suffix| with_suffix(path, suffix)) {
        overwrite(&key).and_then(|()| remove(&key)).map_err(failed)?;
    }
    sync_folder(path).map_err(failed)?;
    for rest in REST.map(|suffix| with_suffix(path, suffix)) {
        remove(&rest).map_err(failed)?;
    }
    sync_folder(path).map_err(failed)
}

fn overwrite(path: &Path) -> std::io::Result<()> {
    let mut file = match std::fs::File::options().write(true).open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0).min(1 << 20);
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destroying_goes_on_where_it_was_interrupted_and_the_tombstone_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let stone = Tombstone { version: 1, device: DeviceId(7), order: 3, head_seq: 9, head: Digest::plain(b"x"), acknowledged: false, server: None, token: Some("t".into()) };
        stone.write(&path).unwrap();
        for part in KEYS.iter().chain(&REST) {
            std::fs::write(with_suffix(&path, part), b"secret").unwrap();
        }
        // As after a kill: the keys are gone, the rest is there.
        std::fs::remove_file(with_suffix(&path, ".key")).unwrap();
        destroy(&path).unwrap();
        destroy(&path).unwrap();
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(left, ["s.erased"]);
        assert_eq!(Tombstone::read(&path), Ok(Some(stone)));
    }
}
