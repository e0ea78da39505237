//! Files in an S3-compatible store, for several servers without a disk in common.
//!
//! A piece arrives as objects `parts/<upload>/<offset>-<attempt>` of at most a mebibyte each, so that memory does not grow with it and
//! what came before it broke off stays. No two attempts write the same object, and where they overlap the newer one counts, as on a disk.
//! The whole is read once through SHA-256 into `files/<sha256>`, which appears at once and only if its digest is the announced one.
//! Deliberately absent: keys in any message; a lifecycle of the bucket (one that ends broken multipart uploads is its owner's to set).

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{Error, GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig};
use sha2::{Digest as _, Sha256};
use sync_core::base::Digest;
use tokio::sync::Semaphore;

use super::store::{Began, UploadId};

/// Most bytes of an object of a piece.
const PIECE: usize = 1 << 20;
/// Bytes of a part of a multipart upload; the protocol wants 5 MiB at least, and takes at most 10,000 parts.
const PART: u64 = 6 << 20;
/// Uploads that are joined at once: each holds one part.
const JOINS: usize = 4;
/// How long a store that fails is asked again.
const PATIENCE: Duration = Duration::from_secs(15);

/// A bucket, or a folder of one.
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    root: Path,
    joins: Semaphore,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.root)
    }
}

/// Not there, or a fault that passes: the store is asked again later.
fn told(error: Error) -> io::Error {
    match error {
        Error::NotFound { .. } => io::Error::new(io::ErrorKind::NotFound, error),
        other => io::Error::new(io::ErrorKind::HostUnreachable, other),
    }
}

/// An object of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    path: Path,
    at: u64,
    end: u64,
    /// Larger for a later attempt.
    attempt: String,
}

impl Held {
    fn read(path: Path, size: u64) -> Option<Held> {
        let (at, attempt) = path.filename()?.split_once('-')?;
        let at = at.parse().ok()?;
        Some(Held { at, end: at + size, attempt: attempt.to_owned(), path })
    }
}

/// From which objects the bytes up to `size` come: at each place of the newest attempt there. `None` if some are missing.
fn plan(held: &[Held], size: u64) -> Option<Vec<(Path, Range<u64>)>> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < size {
        let best = held.iter().filter(|h| h.at <= at && at < h.end).max_by(|a, b| a.attempt.cmp(&b.attempt))?;
        let newer = held.iter().filter(|h| h.at > at && h.attempt > best.attempt).map(|h| h.at).min().unwrap_or(size);
        let end = best.end.min(newer).min(size);
        out.push((best.path.clone(), at - best.at..end - best.at));
        at = end;
    }
    Some(out)
}

/// A piece on its way.
pub struct Part {
    bucket: Arc<Bucket>,
    upload: UploadId,
    attempt: String,
    at: u64,
    held: Vec<Bytes>,
    size: usize,
    written: Vec<Path>,
}

impl Part {
    /// Takes bytes that follow what it has.
    pub async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        self.size += bytes.len();
        self.held.push(bytes);
        if self.size >= PIECE { self.flush().await } else { Ok(()) }
    }

    /// Sees to it that everything so far is in the store.
    pub async fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let path = self.bucket.parts(&self.upload).join(format!("{:020}-{}", self.at, self.attempt));
        self.written.push(path.clone());
        self.at += self.size as u64;
        self.size = 0;
        let payload: PutPayload = self.held.drain(..).collect();
        self.bucket.store.put(&path, payload).await.map(|_| ()).map_err(told)
    }

    /// Takes back what this piece wrote.
    pub async fn undo(self) -> io::Result<()> {
        self.bucket.delete(self.written).await
    }
}

/// What came of joining.
pub enum Joined {
    /// The whole is in its place.
    Whole,
    /// Its digest is another one.
    Other(Digest),
    /// Some of it is missing.
    Gap,
}

/// A whole on its way to its place.
enum Out {
    /// It lies there already.
    There,
    Small(Vec<Bytes>),
    Large(Box<dyn MultipartUpload>, Vec<Bytes>),
}

impl Bucket {
    /// Prepares to talk to `s3://bucket/prefix`; endpoint, region and keys come from the environment (`AWS_ENDPOINT`, `AWS_REGION`,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ALLOW_HTTP`, and what else the builder of `object_store` reads).
    pub fn open(address: &str) -> io::Result<Bucket> {
        let bad = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
        let rest = address.strip_prefix("s3://").ok_or_else(|| bad("write s3://bucket/prefix".into()))?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(bad("write s3://bucket/prefix".into()));
        }
        let root = Path::parse(prefix).map_err(|e| bad(e.to_string()))?;
        let retry = RetryConfig { max_retries: 4, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let store = AmazonS3Builder::from_env().with_bucket_name(name).with_retry(retry).build().map_err(|e| bad(e.to_string()))?;
        Ok(Bucket::on(Arc::new(store), root))
    }

    fn on(store: Arc<dyn ObjectStore>, root: Path) -> Bucket {
        Bucket { store, root, joins: Semaphore::new(JOINS) }
    }

    fn parts(&self, upload: &str) -> Path {
        self.root.clone().join("parts").join(upload)
    }

    fn place(&self, sha256: Digest) -> Path {
        self.root.clone().join("files").join(hex::encode(sha256.0))
    }

    fn form(&self, sha256: Digest, form: &str) -> Path {
        self.root.clone().join("derived").join(hex::encode(sha256.0)).join(form)
    }

    async fn delete(&self, paths: Vec<Path>) -> io::Result<()> {
        let all = futures_util::stream::iter(paths.into_iter().map(Ok)).boxed();
        // What is gone already was to go.
        let gone = |outcome: Result<Path, Error>| match outcome {
            Err(Error::NotFound { .. }) | Ok(_) => Ok(()),
            Err(e) => Err(told(e)),
        };
        self.store.delete_stream(all).map(gone).try_collect().await
    }

    async fn held(&self, upload: &str) -> io::Result<Vec<Held>> {
        let all = self.store.list(Some(&self.parts(upload))).map_err(told);
        all.try_filter_map(|about| async move { Ok(Held::read(about.location, about.size)) }).try_collect().await
    }

    /// Begins a piece at an offset. `attempt` sorts after those of earlier attempts, and is nobody else's.
    pub fn begin(self: Arc<Self>, upload: &str, at: u64, attempt: String) -> Began<Part> {
        Began::Here(Part { upload: upload.to_owned(), attempt, at, held: Vec::new(), size: 0, written: Vec::new(), bucket: self })
    }

    /// The first bytes of an upload; `None` if some of them are not there, as after another server joined the same.
    pub async fn part_head(&self, upload: &str, bytes: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(plan) = plan(&self.held(upload).await?, bytes) else { return Ok(None) };
        let mut out = Vec::new();
        for (path, range) in plan {
            out.extend_from_slice(&self.store.get_range(&path, range).await.map_err(told)?);
        }
        Ok(Some(out))
    }

    /// Reads an upload's pieces in their order into the place of their digest, if that is what they have; `compared`: that was seen when
    /// they came. That the same lies there already is no reason to believe it of them.
    pub async fn join(&self, upload: &str, size: u64, sha256: Digest, compared: bool) -> io::Result<Joined> {
        let _turn = self.joins.acquire().await.map_err(io::Error::other)?;
        let there = self.len(sha256).await? == Some(size);
        if there && compared {
            return Ok(Joined::Whole);
        }
        let Some(plan) = plan(&self.held(upload).await?, size) else { return Ok(Joined::Gap) };
        let place = self.place(sha256);
        let large = PART.max(size / 9_000);
        let (mut state, mut filled) = (Sha256::new(), 0);
        let mut out = match there {
            true => Out::There,
            false if size <= large => Out::Small(Vec::new()),
            false => Out::Large(self.store.put_multipart(&place).await.map_err(told)?, Vec::new()),
        };
        let outcome = async {
            for (path, range) in plan {
                let wanted = range.end - range.start;
                let bytes = self.store.get_range(&path, range).await.map_err(told)?;
                if bytes.len() as u64 != wanted {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "an object of a piece is shorter than it was listed"));
                }
                let taken = bytes.clone();
                state = web::block(move || {
                    state.update(&taken);
                    state
                })
                .await
                .map_err(io::Error::other)?;
                filled += wanted;
                match &mut out {
                    Out::There => {}
                    Out::Small(all) => all.push(bytes),
                    Out::Large(upload, part) => {
                        part.push(bytes);
                        if filled >= large {
                            filled = 0;
                            upload.put_part(part.drain(..).collect()).await.map_err(told)?;
                        }
                    }
                }
            }
            Ok(Digest(state.finalize().into()))
        };
        let found: io::Result<Digest> = outcome.await;
        match (found, out) {
            (Ok(found), Out::There) if found == sha256 => Ok(Joined::Whole),
            (Ok(found), Out::Small(all)) if found == sha256 => {
                let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
                match self.store.put_opts(&place, all.into_iter().collect(), create).await {
                    Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(Joined::Whole),
                    Err(e) => Err(told(e)),
                }
            }
            (Ok(found), Out::Large(mut upload, rest)) if found == sha256 => {
                if !rest.is_empty() {
                    upload.put_part(rest.into_iter().collect()).await.map_err(told)?;
                }
                upload.complete().await.map_err(told)?;
                Ok(Joined::Whole)
            }
            (found, out) => {
                if let Out::Large(mut upload, _) = out {
                    // What stays of it is nobody's file; the bucket's owner ends such uploads.
                    let _ = upload.abort().await;
                }
                found.map(Joined::Other)
            }
        }
    }

    /// Removes an upload's pieces, if there are any.
    pub async fn discard(&self, upload: &str) -> io::Result<()> {
        let paths = self.held(upload).await?.into_iter().map(|held| held.path).collect();
        self.delete(paths).await
    }

    /// The uploads that have pieces here.
    pub async fn uploads(&self) -> io::Result<Vec<UploadId>> {
        let found = self.store.list_with_delimiter(Some(&self.root.clone().join("parts"))).await.map_err(told)?;
        Ok(found.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned)).collect())
    }

    /// Bytes of a whole file, if it is there.
    pub async fn len(&self, sha256: Digest) -> io::Result<Option<u64>> {
        match self.store.head(&self.place(sha256)).await {
            Ok(about) => Ok(Some(about.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(told(e)),
        }
    }

    /// The bytes of a part of a file, as they come.
    pub async fn stream(&self, sha256: Digest, part: Range<u64>) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let options = GetOptions { range: Some(part.into()), ..GetOptions::default() };
        let found = self.store.get_opts(&self.place(sha256), options).await.map_err(told)?;
        Ok(found.into_stream().map_err(told).boxed())
    }

    /// Keeps what was made of a file.
    pub async fn put_derived(&self, sha256: Digest, form: &str, bytes: Bytes) -> io::Result<()> {
        self.store.put(&self.form(sha256, form), bytes.into()).await.map(|_| ()).map_err(told)
    }

    /// What was made of a file before.
    pub async fn get_derived(&self, sha256: Digest, form: &str) -> io::Result<Option<Bytes>> {
        match self.store.get(&self.form(sha256, form)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(told),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(told(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_attempts_overlap_the_newer_counts_and_a_gap_is_seen() {
        let held = |name: &str, size| Held::read(Path::from(format!("x/parts/u/{name}")), size).unwrap();
        let from = |held: &[Held], size| {
            let plan = plan(held, size)?;
            Some(plan.into_iter().map(|(path, range)| (path.filename().unwrap().to_owned(), range)).collect::<Vec<_>>())
        };
        let (a, b, c) = (held("0-1", 10), held("4-2", 3), held("10-3", 5));
        assert_eq!(from(&[a.clone(), b.clone(), c.clone()], 15).unwrap(), [("0-1".into(), 0..4), ("4-2".into(), 0..3), ("0-1".into(), 7..10), ("10-3".into(), 0..5)]);
        assert_eq!(from(&[c.clone(), a.clone()], 12).unwrap(), [("0-1".into(), 0..10), ("10-3".into(), 0..2)]);
        // An older attempt that wrote further than a newer one got stands behind it.
        assert_eq!(from(&[held("0-2", 6), held("0-1", 12), held("6-3", 8)], 14).unwrap(), [("0-2".into(), 0..6), ("6-3".into(), 0..8)]);
        assert_eq!(from(&[b, c], 15), None);
        assert_eq!(from(&[a], 11), None);
        assert_eq!(from(&[], 0).unwrap(), []);
    }

    #[actix_web::test]
    async fn pieces_that_another_server_joined_are_gone_and_their_upload_is_not_refused() {
        let bucket = Arc::new(Bucket::on(Arc::new(object_store::memory::InMemory::new()), Path::from("zhifa")));
        let content = b"\xff\xd8\xff\xe0 from a site".to_vec();
        let (size, sha256) = (content.len() as u64, Digest::plain(&content));
        for (at, bytes) in [(0, &content[..6]), (6, &content[6..])] {
            let Began::Here(mut part) = bucket.clone().begin("u", at, format!("{at}-a")) else { panic!() };
            part.write(Bytes::copy_from_slice(bytes)).await.unwrap();
            part.flush().await.unwrap();
        }
        assert_eq!(bucket.part_head("u", 9).await.unwrap().as_deref(), Some(&content[..9]));
        assert_eq!(bucket.part_head("u", size + 1).await.unwrap(), None);
        assert!(matches!(bucket.join("u", size, sha256, false).await.unwrap(), Joined::Whole));
        // The other server says so and removes them; this one, which has the same pieces at hand, looks only now.
        bucket.discard("u").await.unwrap();
        assert_eq!(bucket.part_head("u", 9).await.unwrap(), None);
        assert!(matches!(bucket.join("u", size, sha256, false).await.unwrap(), Joined::Gap));
        assert!(matches!(bucket.join("u", size, sha256, true).await.unwrap(), Joined::Whole));
        assert_eq!(bucket.len(sha256).await.unwrap(), Some(size));
    }

    #[test]
    fn an_address_names_a_bucket() {
        for bad in ["s3://", "s3:///x", "/files", "s3://bucket/a//b"] {
            assert!(Bucket::open(bad).is_err(), "{bad}");
        }
        let bucket = Bucket::open("s3://bucket/zhifa/one").unwrap();
        assert_eq!(bucket.place(Digest([1; 32])).as_ref(), format!("zhifa/one/files/{}", "01".repeat(32)));
        assert_eq!(format!("{bucket:?}"), "Bucket(zhifa/one)");
    }
}
