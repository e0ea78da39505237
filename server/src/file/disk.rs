//! Files on a disk: pieces under the upload's id, whole files under their digest. Everything here blocks.
//!
//! What is acknowledged is flushed first, file and folder. A whole file comes into its place by one rename, so that there is never a part
//! of one under a digest. Whoever writes to an upload holds a lock on its file, so that of several processes on one disk only one does.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sync_core::base::Digest;

use super::store::{Began, UploadId};

/// Bytes that are read at once.
const STEP: usize = 256 << 10;

/// The folder of files.
#[derive(Debug)]
pub struct Disk {
    parts: PathBuf,
    whole: PathBuf,
    derived: PathBuf,
}

/// Nothing where a file is not there, which is no error.
fn absent<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(there) => Ok(Some(there)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

impl Disk {
    /// Opens it, or makes it.
    pub fn open(root: &Path) -> io::Result<Disk> {
        let disk = Disk { parts: root.join("parts"), whole: root.join("whole"), derived: root.join("derived") };
        for folder in [&disk.parts, &disk.whole, &disk.derived] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(disk)
    }

    fn part(&self, upload: &str) -> PathBuf {
        self.parts.join(upload)
    }

    fn place(&self, sha256: Digest) -> (PathBuf, PathBuf) {
        let name = hex::encode(sha256.0);
        let folder = self.whole.join(name.get(..2).unwrap_or_default());
        let path = folder.join(&name);
        (folder, path)
    }

    /// The file that an upload's pieces go to, if what was acknowledged of them is in it. It is not flushed when it is made: nothing was
    /// acknowledged yet.
    pub fn begin(&self, upload: &str, at: u64) -> io::Result<Began<File>> {
        let opened = OpenOptions::new().read(true).write(true).create(at == 0).truncate(false).open(self.part(upload));
        let Some(file) = absent(opened)? else { return Ok(Began::Gone) };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(Began::Busy),
            // A disk that knows no locks serves one process.
            Err(TryLockError::Error(e)) if e.kind() != io::ErrorKind::Unsupported => return Err(e),
            _ => {}
        }
        Ok(if file.metadata()?.len() < at { Began::Gone } else { Began::Here(file) })
    }

    /// The digest of the first `size` bytes, in memory that does not grow with them.
    pub fn digest(file: &File, size: u64) -> io::Result<Digest> {
        let (mut state, mut at) = (Sha256::new(), 0);
        let mut buffer = vec![0; STEP];
        while at < size {
            let want = usize::try_from(size - at).unwrap_or(STEP).min(STEP);
            let part = buffer.get_mut(..want).unwrap_or_default();
            file.read_exact_at(part, at)?;
            state.update(&*part);
            at += want as u64;
        }
        Ok(Digest(state.finalize().into()))
    }

    /// The first bytes, at most `most`.
    pub fn head(file: &File, most: usize) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; most];
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        buffer.truncate(filled);
        Ok(buffer)
    }

    /// Puts a complete upload into its place: cut to its size, flushed, renamed; [`keep`](Disk::keep) then sees to it that it stays there.
    /// What lies there already stays, unless it is damaged.
    pub fn settle(&self, upload: &str, part: &File, size: u64, sha256: Digest) -> io::Result<()> {
        let (folder, path) = self.place(sha256);
        if let Some(there) = absent(File::open(&path))? {
            let length = there.metadata()?.len();
            if length == size && Disk::digest(&there, size)? == sha256 {
                return self.discard(upload);
            }
            tracing::error!(%sha256, length, size, "an original was damaged on disk; a good copy takes its place");
        }
        part.set_len(size)?;
        part.sync_data()?;
        if !folder.exists() {
            std::fs::create_dir_all(&folder)?;
            File::open(&self.whole)?.sync_all()?;
        }
        // The name must still lead to the bytes whose digest was compared.
        let (named, compared) = (std::fs::metadata(self.part(upload))?, part.metadata()?);
        if (named.dev(), named.ino()) != (compared.dev(), compared.ino()) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the upload was ended and begun anew meanwhile"));
        }
        std::fs::rename(self.part(upload), &path)
    }

    /// Flushes the folder of a whole file. Until it returns, a loss of power may bring the file back under its upload's id, where
    /// `finish_uploads` finds it.
    pub fn keep(&self, sha256: Digest) -> io::Result<()> {
        File::open(self.place(sha256).0)?.sync_all()
    }

    /// Removes an upload's pieces, if there are any.
    pub fn discard(&self, upload: &str) -> io::Result<()> {
        absent(std::fs::remove_file(self.part(upload))).map(|_| ())
    }

    /// A whole file.
    pub fn whole(&self, sha256: Digest) -> io::Result<File> {
        File::open(self.place(sha256).1)
    }

    /// Bytes of a whole file, if it is there.
    pub fn len(&self, sha256: Digest) -> io::Result<Option<u64>> {
        Ok(absent(std::fs::metadata(self.place(sha256).1))?.map(|about| about.len()))
    }

    /// The uploads that have pieces here.
    pub fn uploads(&self) -> io::Result<Vec<UploadId>> {
        std::fs::read_dir(&self.parts)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn form(&self, sha256: Digest, form: &str) -> (PathBuf, PathBuf) {
        let name = hex::encode(sha256.0);
        let folder = self.derived.join(name.get(..2).unwrap_or_default()).join(name);
        let path = folder.join(form);
        (folder, path)
    }

    /// Keeps what was made of a file; `temporary` is a name that nobody else uses.
    pub fn put_derived(&self, sha256: Digest, form: &str, bytes: &[u8], temporary: &str) -> io::Result<()> {
        let (folder, path) = self.form(sha256, form);
        std::fs::create_dir_all(&folder)?;
        // Among the pieces: if this process ends meanwhile, it goes with those of no upload.
        let made = self.part(temporary);
        let file = File::create(&made)?;
        file.write_all_at(bytes, 0)?;
        file.sync_data()?;
        std::fs::rename(made, path)
    }

    /// What was made of a file before.
    pub fn get_derived(&self, sha256: Digest, form: &str) -> io::Result<Option<Vec<u8>>> {
        absent(std::fs::read(self.form(sha256, form).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(disk: &Disk, upload: &str, at: u64) -> File {
        match disk.begin(upload, at).unwrap() {
            Began::Here(file) => file,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pieces_become_a_whole_under_their_digest_and_nothing_else_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path()).unwrap();
        let (id, bytes) = ("ab".repeat(16), vec![7u8; 600_000]);
        let file = begin(&disk, &id, 0);
        assert!(matches!(disk.begin(&id, 0).unwrap(), Began::Busy), "one writer");
        file.write_all_at(&bytes[300_000..], 300_000).unwrap();
        file.write_all_at(&bytes[..300_000], 0).unwrap();
        // Bytes beyond what was acknowledged, as a broken piece leaves them.
        file.write_all_at(b"more", 600_000).unwrap();
        let sha256 = Disk::digest(&file, 600_000).unwrap();
        assert_eq!(sha256, Digest::plain(&bytes));
        assert_eq!(disk.len(sha256).unwrap(), None);
        assert_eq!(disk.uploads().unwrap(), std::slice::from_ref(&id));
        disk.settle(&id, &file, 600_000, sha256).unwrap();
        disk.keep(sha256).unwrap();
        assert!(disk.uploads().unwrap().is_empty());
        assert_eq!(disk.len(sha256).unwrap(), Some(600_000));
        assert_eq!(Disk::head(&disk.whole(sha256).unwrap(), 4).unwrap(), [7; 4]);
        // The same once more: the second copy goes.
        let second = begin(&disk, "cd", 0);
        second.write_all_at(&bytes, 0).unwrap();
        disk.settle("cd", &second, 600_000, sha256).unwrap();
        assert!(disk.uploads().unwrap().is_empty());
        disk.discard("cd").unwrap();
        // A damaged one is replaced by the next good copy.
        std::fs::write(disk.place(sha256).1, vec![8u8; 600_000]).unwrap();
        let third = begin(&disk, "ef", 0);
        third.write_all_at(&bytes, 0).unwrap();
        disk.settle("ef", &third, 600_000, sha256).unwrap();
        assert_eq!(Disk::digest(&disk.whole(sha256).unwrap(), 600_000).unwrap(), sha256);
    }

    #[test]
    fn what_was_discarded_meanwhile_is_never_put_into_a_place() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path()).unwrap();
        let (bytes, sha256) = ([7u8; 1_000], Digest::plain(&[7u8; 1_000]));
        let file = begin(&disk, "ab", 0);
        file.write_all_at(&bytes, 0).unwrap();
        disk.discard("ab").unwrap();
        assert_eq!(disk.settle("ab", &file, 1_000, sha256).unwrap_err().kind(), io::ErrorKind::NotFound);
        let other = begin(&disk, "ab", 0);
        assert_eq!(disk.settle("ab", &file, 1_000, sha256).unwrap_err().kind(), io::ErrorKind::NotFound, "another file of this name");
        assert_eq!(disk.len(sha256).unwrap(), None);
        drop(other);
        // Fewer bytes than were acknowledged, and none at all.
        assert!(matches!(disk.begin("ab", 1).unwrap(), Began::Gone));
        assert!(matches!(disk.begin("cd", 1).unwrap(), Began::Gone));
    }
}
