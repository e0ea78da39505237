//! The zip, read with care: what it claims is bounded before it is believed.

use std::fs::File;
use std::io::{self, BufReader, Read, Take};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use sm3::Sm3;
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

/// Most files.
const MOST_FILES: usize = 200_000;
/// Longest path.
const MOST_PATH: usize = 300;
/// Most bytes of a file that is inflated, and of one that is read into memory.
const MOST_INFLATED: u64 = 256 << 20;
/// How many times larger than its bytes in the archive a file may be, all such files taken together. Deflate comes to some thousand.
const MOST_RATIO: u64 = 200;
/// Bytes that may be inflated whatever the ratio.
const FREE: u64 = 256 << 20;

/// What was seen of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// SM3, hexadecimal.
    pub sm3: String,
}

/// An archive whose directory was found harmless.
pub struct Archive {
    zip: ZipArchive<BufReader<File>>,
}

/// Whether a path is one that this program writes: relative, of plain characters, with no part that leads elsewhere.
fn is_plain(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    path.len() <= MOST_PATH && path.split('/').all(part)
}

impl Archive {
    /// Opens it. The outer error: the file cannot be opened; the inner: it is refused, and why.
    pub fn open(path: &Path) -> io::Result<Result<Archive, String>> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut zip = match ZipArchive::new(BufReader::new(file)) {
            Ok(zip) => zip,
            Err(why) => return Ok(Err(format!("not a zip that can be read: {why}"))),
        };
        if zip.len() > MOST_FILES {
            return Ok(Err(format!("it claims {} files; a package has at most {MOST_FILES}", zip.len())));
        }
        if !zip.comment().is_empty() || zip.offset() != 0 {
            return Ok(Err("something stands before or after the files of the archive".to_owned()));
        }
        // Two entries of one name, entries that share bytes, and names that differ between the two places where a zip has them.
        if let Err(why) = zip.validate_header_consistency() {
            return Ok(Err(why.to_string()));
        }
        let mut inflated: u64 = 0;
        for at in 0..zip.len() {
            let entry = match zip.by_index(at) {
                Ok(entry) => entry,
                Err(why) => return Ok(Err(format!("entry {at}: {why}"))),
            };
            let name = entry.name().map(|name| name.into_owned()).unwrap_or_default();
            let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            if !is_plain(&name) || entry.is_symlink() || entry.is_dir() || entry.encrypted() {
                return Ok(Err(format!("{shown:?} is no name or kind of file that a package has")));
            }
            match entry.compression() {
                CompressionMethod::Stored if entry.size() != entry.compressed_size() || entry.size() > size => return Ok(Err(format!("{shown} claims another size than it has"))),
                CompressionMethod::Stored => {}
                CompressionMethod::Deflated if entry.size() > MOST_INFLATED => return Ok(Err(format!("{shown} claims {} bytes", entry.size()))),
                CompressionMethod::Deflated => inflated = inflated.saturating_add(entry.size()),
                other => return Ok(Err(format!("{shown} is packed as {other:?}"))),
            }
        }
        if inflated > FREE.saturating_add(size.saturating_mul(MOST_RATIO)) {
            return Ok(Err(format!("it claims to inflate to {inflated} bytes")));
        }
        Ok(Ok(Archive { zip }))
    }

    /// The paths, as they stand in it.
    pub fn names(&self) -> Vec<String> {
        self.zip.file_names().filter_map(|name| name.ok().map(|name| name.into_owned())).collect()
    }

    /// Whether a file is there.
    pub fn has(&self, path: &str) -> bool {
        self.zip.file_names().any(|name| name.is_ok_and(|name| name == path))
    }

    fn entry(&mut self, path: &str, most: u64) -> Result<Take<ZipFile<'_, BufReader<File>>>, String> {
        let entry = self.zip.by_name(path).map_err(|e| e.to_string())?;
        if entry.size() > most {
            return Err(format!("it has {} bytes, {most} were expected", entry.size()));
        }
        // What comes out is bounded, whatever was claimed.
        Ok(entry.take(most.saturating_add(1)))
    }

    /// A file in memory.
    pub fn small(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.entry(path, MOST_INFLATED)?.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        if bytes.len() as u64 > MOST_INFLATED { Err("it is too large".to_owned()) } else { Ok(bytes) }
    }

    /// Size and digests of a file that should have so many bytes, in memory that does not grow with it.
    pub fn sums(&mut self, path: &str, size: u64) -> Result<Sums, String> {
        let mut entry = self.entry(path, size)?;
        let (mut sha256, mut sm3, mut seen) = (Sha256::new(), Sm3::new(), 0u64);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = match entry.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e.to_string()),
            };
            let part = buffer.get(..read).unwrap_or_default();
            sha256.update(part);
            sm3.update(part);
            seen = seen.saturating_add(read as u64);
        }
        Ok(Sums { size: seen, sha256: hex::encode(sha256.finalize()), sm3: hex::encode(sm3.finalize()) })
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_path_leads_nowhere_else() {
        assert!(["manifest.json", "originals/ab.jpg", "documents/0f/penalty_decision-1.pdf"].into_iter().all(is_plain));
        for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a\\b", "C:/x", "a/", "文书.pdf", "a\0b", "./a"] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
