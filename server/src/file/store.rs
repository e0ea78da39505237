//! Where bytes lie: on a disk of this machine, or in an S3-compatible store that several servers share.
//!
//! Others read whole files through [`Files`]: `len`, `head`, `bytes`, `stream`; and keep what they make of one by `put_derived` and
//! `get_derived`. A whole file is written once, under its digest. Deliberately absent: deleting one.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use actix_web::web::{self, Bytes};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use sha2::{Digest as _, Sha256};
use sync_core::base::{Digest, UtcMs};

use super::bucket::{self, Bucket, Joined};
use super::disk::Disk;
use super::kind;
use super::row::Upload;
use super::tus::Checksum;
use crate::base::keys::random;
use crate::base::problem::Problem;

/// An upload's id: 16 random bytes in hexadecimal, which nobody guesses.
pub type UploadId = String;

/// Bytes that are read at once.
const STEP: u64 = 256 << 10;

/// The store of files.
#[derive(Debug, Clone)]
pub enum Files {
    /// A folder.
    Disk(Arc<Disk>),
    /// A bucket.
    Bucket(Arc<Bucket>),
}

/// What came of asking for the place of an upload's pieces.
pub enum Began<P> {
    /// Here it is, with all that was acknowledged.
    Here(P),
    /// Another process writes there.
    Busy,
    /// What was acknowledged is not there any more.
    Gone,
}

impl<P> fmt::Debug for Began<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Began::Here(_) => "Here",
            Began::Busy => "Busy",
            Began::Gone => "Gone",
        })
    }
}

/// Where a piece goes.
pub enum Part {
    /// A file, and how far it is written.
    Disk(Arc<File>, u64),
    /// Objects.
    Bucket(Box<bucket::Part>),
}

/// Digests that run along: of the whole, if all before this piece went through them, and of the piece, if one was announced.
#[derive(Default)]
pub struct Sums {
    /// Of the whole.
    pub whole: Option<Sha256>,
    /// Of the piece.
    pub piece: Option<Checksum>,
}

impl Sums {
    fn update(&mut self, bytes: &[u8]) {
        if let Some(whole) = &mut self.whole {
            whole.update(bytes);
        }
        if let Some(piece) = &mut self.piece {
            piece.update(bytes);
        }
    }
}

impl Part {
    /// Writes what follows, and takes it into the digests, on a thread that may block.
    pub async fn write(&mut self, bytes: Vec<Bytes>, mut sums: Sums) -> io::Result<Sums> {
        match self {
            Part::Disk(file, at) => {
                let (file, from) = (file.clone(), *at);
                *at += bytes.iter().map(|part| part.len() as u64).sum::<u64>();
                web::block(move || {
                    let mut at = from;
                    for part in bytes {
                        file.write_all_at(&part, at)?;
                        at += part.len() as u64;
                        sums.update(&part);
                    }
                    Ok(sums)
                })
                .await
                .map_err(io::Error::other)?
            }
            Part::Bucket(part) => {
                let taken = bytes.clone();
                let hashed = web::block(move || {
                    taken.iter().for_each(|part| sums.update(part));
                    sums
                });
                let sums = hashed.await.map_err(io::Error::other)?;
                for bytes in bytes {
                    part.write(bytes).await?;
                }
                Ok(sums)
            }
        }
    }

    /// Returns once everything that was written stays if the machine loses power.
    pub async fn flush(&mut self) -> io::Result<()> {
        match self {
            Part::Disk(file, _) => {
                let file = file.clone();
                web::block(move || file.sync_data()).await.map_err(io::Error::other)?
            }
            Part::Bucket(part) => part.flush().await,
        }
    }

    /// Takes back what this piece wrote, where the next one would not write over it.
    pub async fn undo(self) -> io::Result<()> {
        match self {
            Part::Disk(..) => Ok(()),
            Part::Bucket(part) => part.undo().await,
        }
    }
}

/// What came of a complete upload.
pub enum Settled {
    /// It lies in its place; its type.
    Whole(&'static str),
    /// It is not what it was announced to be, or nothing that is taken.
    Refused(Problem),
    /// Some of it is not there any more.
    Gone,
}

fn unlike(found: Digest) -> Problem {
    Problem::new("digest_mismatch", format!("the bytes have the SHA-256 {}, not the one announced; begin anew", hex::encode(found.0)))
}

/// Runs on a thread that may block.
async fn block<T: Send + 'static>(f: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    web::block(f).await.map_err(io::Error::other)?
}

/// The bytes of a part of an open file, one step after the other. After an error nothing follows.
pub fn steps(file: Arc<File>, part: Range<u64>) -> BoxStream<'static, io::Result<Bytes>> {
    let steps = unfold((file, part), |(file, part)| async move {
        if part.is_empty() {
            return None;
        }
        let (from, to, source) = (part.start, part.end.min(part.start + STEP), file.clone());
        let read = block(move || {
            let mut buffer = vec![0; usize::try_from(to - from).unwrap_or(0)];
            source.read_exact_at(&mut buffer, from).map(|()| Bytes::from(buffer))
        });
        let read = read.await;
        let next = if read.is_ok() { to } else { part.end };
        Some((read, (file, next..part.end)))
    });
    steps.boxed()
}

impl Files {
    /// Opens a folder, or makes it; or prepares to talk to a bucket: `s3://bucket/prefix`.
    pub fn open(place: &Path) -> io::Result<Files> {
        match place.to_str().filter(|text| text.starts_with("s3://")) {
            Some(address) => Ok(Files::Bucket(Arc::new(Bucket::open(address)?))),
            None => Ok(Files::Disk(Arc::new(Disk::open(place)?))),
        }
    }

    /// Bytes of a whole file, if it is there.
    pub async fn len(&self, sha256: Digest) -> io::Result<Option<u64>> {
        match self {
            Files::Disk(disk) => {
                let disk = disk.clone();
                block(move || disk.len(sha256)).await
            }
            Files::Bucket(bucket) => bucket.len(sha256).await,
        }
    }

    /// The bytes of a part of a file, one step after the other, in memory that does not grow with it. After an error nothing follows.
    pub async fn stream(&self, sha256: Digest, part: Range<u64>) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        if part.is_empty() {
            return Ok(futures_util::stream::empty().boxed());
        }
        let disk = match self {
            Files::Disk(disk) => disk.clone(),
            Files::Bucket(bucket) => return bucket.stream(sha256, part).await,
        };
        Ok(steps(Arc::new(block(move || disk.whole(sha256)).await?), part))
    }

    /// A part of a file, in memory.
    pub async fn read(&self, sha256: Digest, part: Range<u64>) -> io::Result<Vec<u8>> {
        if let Files::Disk(disk) = self {
            let disk = disk.clone();
            return block(move || {
                let (mut file, wanted) = (disk.whole(sha256)?, part.end.saturating_sub(part.start));
                let mut out = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
                file.seek(SeekFrom::Start(part.start))?;
                let read = file.take(wanted).read_to_end(&mut out)?;
                if read as u64 == wanted { Ok(out) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            })
            .await;
        }
        let mut out = Vec::new();
        let mut steps = self.stream(sha256, part).await?;
        while let Some(step) = steps.next().await {
            out.extend_from_slice(&step?);
        }
        Ok(out)
    }

    /// A whole file in memory, if it has at most `most` bytes; [`io::ErrorKind::FileTooLarge`] otherwise.
    pub async fn bytes(&self, sha256: Digest, most: u64) -> io::Result<Vec<u8>> {
        match self.len(sha256).await? {
            None => Err(io::ErrorKind::NotFound.into()),
            Some(size) if size > most => Err(io::ErrorKind::FileTooLarge.into()),
            Some(size) => self.read(sha256, 0..size).await,
        }
    }

    /// The first bytes of a file, at most `most`.
    pub async fn head(&self, sha256: Digest, most: u64) -> io::Result<Vec<u8>> {
        let size = self.len(sha256).await?.ok_or(io::ErrorKind::NotFound)?;
        self.read(sha256, 0..size.min(most)).await
    }

    /// Keeps what was made of a file, in place of what was kept under this form before: a word of lower-case letters, digits and `.-_`.
    pub async fn put_derived(&self, sha256: Digest, form: &str, bytes: Bytes) -> io::Result<()> {
        let form = checked(form)?;
        match self {
            Files::Disk(disk) => {
                let (disk, temporary) = (disk.clone(), hex::encode(random::<16>().map_err(io::Error::other)?));
                block(move || disk.put_derived(sha256, &form, &bytes, &temporary)).await
            }
            Files::Bucket(bucket) => bucket.put_derived(sha256, &form, bytes).await,
        }
    }

    /// What was made of a file before, if it is kept. Whoever asks can make it again.
    pub async fn get_derived(&self, sha256: Digest, form: &str) -> io::Result<Option<Bytes>> {
        let form = checked(form)?;
        match self {
            Files::Disk(disk) => {
                let disk = disk.clone();
                block(move || Ok(disk.get_derived(sha256, &form)?.map(Bytes::from))).await
            }
            Files::Bucket(bucket) => bucket.get_derived(sha256, &form).await,
        }
    }

    /// The place of an upload's next piece.
    pub(super) async fn begin(&self, upload: &Upload, now: UtcMs) -> io::Result<Began<Part>> {
        let (id, at) = (upload.id.clone(), u64::try_from(upload.at).unwrap_or(0));
        match self {
            Files::Disk(disk) => {
                let disk = disk.clone();
                Ok(match block(move || disk.begin(&id, at)).await? {
                    Began::Here(file) => Began::Here(Part::Disk(Arc::new(file), at)),
                    Began::Busy => Began::Busy,
                    Began::Gone => Began::Gone,
                })
            }
            Files::Bucket(bucket) => {
                let attempt = format!("{:013}-{}", now.0, hex::encode(random::<8>().map_err(io::Error::other)?));
                Ok(match bucket.clone().begin(&id, at, attempt) {
                    Began::Here(part) => Began::Here(Part::Bucket(Box::new(part))),
                    Began::Busy => Began::Busy,
                    Began::Gone => Began::Gone,
                })
            }
        }
    }

    /// Compares a complete upload with the digest it was announced by, looks at its type, and puts it into its place. `part` is what its
    /// last piece went to, `hash` the running digest, if all pieces went through it.
    pub(super) async fn settle(&self, upload: &Upload, sha256: Digest, part: Option<Part>, hash: Option<Sha256>) -> io::Result<Settled> {
        let (id, size) = (upload.id.clone(), u64::try_from(upload.size).unwrap_or(0));
        match self {
            Files::Disk(disk) => {
                let disk = disk.clone();
                block(move || {
                    let file = match part {
                        Some(Part::Disk(file, _)) => file,
                        _ => match disk.begin(&id, size)? {
                            Began::Here(file) => Arc::new(file),
                            Began::Busy | Began::Gone => return Ok(Settled::Gone),
                        },
                    };
                    let found = match hash {
                        Some(hash) => Digest(hash.finalize().into()),
                        None => Disk::digest(&file, size)?,
                    };
                    if found != sha256 {
                        return Ok(Settled::Refused(unlike(found)));
                    }
                    match kind::of(&Disk::head(&file, kind::HEAD)?) {
                        Err(problem) => Ok(Settled::Refused(problem)),
                        Ok(mime) => match disk.settle(&id, &file, size, sha256) {
                            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Settled::Gone),
                            other => other.map(|()| Settled::Whole(mime)),
                        },
                    }
                })
                .await
            }
            Files::Bucket(bucket) => {
                if let Some(Part::Bucket(mut part)) = part {
                    part.flush().await?;
                }
                let seen = hash.map(|hash| Digest(hash.finalize().into()));
                if let Some(found) = seen.filter(|found| *found != sha256) {
                    return Ok(Settled::Refused(unlike(found)));
                }
                // Another server may have joined the same, and removed its pieces, at any moment here.
                let joined: io::Result<Settled> = async {
                    let Some(head) = bucket.part_head(&id, size.min(kind::HEAD as u64)).await? else { return Ok(Settled::Gone) };
                    let mime = match kind::of(&head) {
                        Ok(mime) => mime,
                        Err(problem) => return Ok(Settled::Refused(problem)),
                    };
                    Ok(match bucket.join(&id, size, sha256, seen.is_some()).await? {
                        Joined::Whole => Settled::Whole(mime),
                        Joined::Other(found) => Settled::Refused(unlike(found)),
                        Joined::Gap => Settled::Gone,
                    })
                }
                .await;
                match joined {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Settled::Gone),
                    other => other,
                }
            }
        }
    }

    /// Returns once a file that was put into its place stays there if the machine loses power.
    pub(super) async fn keep(&self, sha256: Digest) -> io::Result<()> {
        match self {
            Files::Disk(disk) => {
                let disk = disk.clone();
                block(move || disk.keep(sha256)).await
            }
            Files::Bucket(_) => Ok(()),
        }
    }

    /// Removes an upload's pieces, if there are any.
    pub(super) async fn discard(&self, upload: &str) -> io::Result<()> {
        match self {
            Files::Disk(disk) => {
                let (disk, upload) = (disk.clone(), upload.to_owned());
                block(move || disk.discard(&upload)).await
            }
            Files::Bucket(bucket) => bucket.discard(upload).await,
        }
    }

    /// Whether pieces stay where they are once the whole lies in its place.
    pub(super) fn leaves_pieces(&self) -> bool {
        matches!(self, Files::Bucket(_))
    }

    /// The uploads that have pieces here.
    pub(super) async fn uploads(&self) -> io::Result<Vec<UploadId>> {
        match self {
            Files::Disk(disk) => {
                let disk = disk.clone();
                block(move || disk.uploads()).await
            }
            Files::Bucket(bucket) => bucket.uploads().await,
        }
    }
}

/// A form that is no way to another place.
fn checked(form: &str) -> io::Result<String> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if form.is_empty() || form.starts_with('.') || form.len() > 64 || !form.chars().all(fine) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a form is a short word"));
    }
    Ok(form.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn what_was_made_of_a_file_is_kept_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).unwrap();
        let (sha256, bytes) = (Digest::plain(b"x"), Bytes::from_static(b"small"));
        assert_eq!(files.get_derived(sha256, "thumb.jpg").await.unwrap(), None);
        files.put_derived(sha256, "thumb.jpg", bytes.clone()).await.unwrap();
        files.put_derived(sha256, "thumb.jpg", bytes.clone()).await.unwrap();
        assert_eq!(files.get_derived(sha256, "thumb.jpg").await.unwrap(), Some(bytes));
        assert!(files.uploads().await.unwrap().is_empty());
        for bad in ["", ".x", "a/b", "../x", "A"] {
            assert!(files.get_derived(sha256, bad).await.is_err(), "{bad}");
        }
        assert_eq!(files.bytes(sha256, 9).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(files.len(sha256).await.unwrap(), None);
    }
}
