//! Originals: taken into the store as they were captured, given back, and let go once the office has said that it has them.
//!
//! What is kept is on disk and whole before anything names it. Deliberately absent: deleting an original because it was sent; the word
//! of the office in the record is the receipt (`sync_core::evidence::received`), and until it is here the copy stays.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;
use sync_core::base::{Digest, RecordId};
use sync_core::evidence;
use sync_core::replica::view;

use super::error::{Code, DeviceError, Result};
use super::runtime::Device;
use super::store::originals::{PIECE, Whole};
use super::store::{StoreError, Tx};

/// Most bytes of an original.
pub const MAX_ORIGINAL: u64 = 2 << 30;

/// Pieces of one transaction while a large file is copied: a kill costs no more than these, and captures wait no longer.
const PIECES: usize = 16;

/// After so long a copying that has not ended was killed.
const KILLED_MS: i64 = 24 * 3_600_000;

/// Most items of a page.
const MAX_PAGE: usize = 500;

/// A file that is to be kept until the office has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record that it belongs to.
    pub record: RecordId,
    /// Its type, if the host knows it.
    #[serde(default)]
    pub mime: Option<String>,
    /// What it is called; the last part of its path if left out.
    #[serde(default)]
    pub name: Option<String>,
}

/// Where a page of originals begins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OriginalsInput {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// `next` of the page before.
    pub after: Option<i64>,
    /// Items, at most 500; 100 if left out.
    pub limit: Option<usize>,
}

/// Both digests of bytes: SHA-256, by which a file is known, and SM3 (GB/T 32905) beside it.
pub(super) struct Digests(Sha256, Sm3);

impl Digests {
    fn new() -> Digests {
        Digests(Sha256::new(), Sm3::new())
    }

    fn take(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.1.update(bytes);
    }

    fn done(self) -> (Digest, Digest) {
        (Digest(self.0.finalize().into()), Digest(self.1.finalize().into()))
    }

    /// Of bytes that are all here.
    pub(super) fn of(bytes: &[u8]) -> (Digest, Digest) {
        let mut both = Digests::new();
        both.take(bytes);
        both.done()
    }
}

/// Keeps bytes that are all here, within the transaction of what names them.
pub(super) fn keep_in(tx: &mut Tx<'_>, record: RecordId, now_ms: i64, whole: &Whole, bytes: &[u8]) -> std::result::Result<(), StoreError> {
    if tx.original(whole.sha256)?.is_some() {
        return Ok(());
    }
    let id = tx.begin_original(record, now_ms)?;
    for (n, piece) in bytes.chunks(PIECE).enumerate() {
        tx.put_piece(id, n, piece)?;
    }
    tx.finish_original(id, whole)
}

/// Lets go of what the office says in its records that it has.
pub(super) fn release(tx: &mut Tx<'_>, kinds: &sync_core::record::Kinds) -> Result<()> {
    for original in tx.sent_originals()? {
        if view(tx, kinds, original.record)?.is_some_and(|record| evidence::received(&record, original.sha256)) {
            tx.drop_original(original.id)?;
        }
    }
    Ok(())
}

impl Device {
    /// Keeps a file: copied from `path` while it is hashed, on disk when this returns. Gives `{sha256, sm3, size}`; to name it is a
    /// capture of its own. The same file is kept once.
    pub fn keep_original(&self, input: &KeepInput, path: &Path) -> Result<Json> {
        super::capture::check_version(input.v)?;
        self.may_capture()?;
        let told = |e: std::io::Error| DeviceError::argument("path", format_args!("cannot be read: {e}"));
        let mut file = File::open(path).map_err(told)?;
        let announced = file.metadata().map_err(told)?.len();
        if announced == 0 || announced > MAX_ORIGINAL {
            return Err(DeviceError::argument("path", format_args!("has {announced} bytes; a file to keep has 1 to {MAX_ORIGINAL}")));
        }
        let name = input.name.clone().or_else(|| Some(path.file_name()?.to_string_lossy().into_owned())).unwrap_or_default();
        let now = self.now().wall;
        let id = self.write(|tx| -> Result<i64> {
            if view(tx, self.kinds(), input.record)?.is_none() {
                return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle, then keep the file"));
            }
            tx.sweep_originals(now - KILLED_MS)?;
            Ok(tx.begin_original(input.record, now)?)
        })?;
        match self.copy(id, &mut file, told) {
            Ok((sha256, sm3, size)) => {
                let (mime, name) = (input.mime.clone().unwrap_or_default(), name.chars().take(120).collect());
                self.write(|tx| tx.finish_original(id, &Whole { sha256, sm3, size, mime, name }))?;
                Ok(json!({ "v": 1, "sha256": sha256, "sm3": sm3, "size": size }))
            }
            Err(error) => {
                // What is left if even this fails goes with the next sweep.
                let _ = self.write(|tx| tx.drop_original(id));
                Err(error)
            }
        }
    }

    fn copy(&self, id: i64, file: &mut File, told: impl Fn(std::io::Error) -> DeviceError) -> Result<(Digest, Digest, u64)> {
        let (mut digests, mut size, mut n) = (Digests::new(), 0u64, 0);
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            file.by_ref().take((PIECE * PIECES) as u64).read_to_end(&mut buffer).map_err(&told)?;
            if buffer.is_empty() {
                break;
            }
            digests.take(&buffer);
            size += buffer.len() as u64;
            if size > MAX_ORIGINAL {
                return Err(DeviceError::argument("path", format_args!("grew beyond {MAX_ORIGINAL} bytes while it was read")));
            }
            self.write(|tx| -> Result<()> {
                for piece in buffer.chunks(PIECE) {
                    tx.put_piece(id, n, piece)?;
                    n += 1;
                }
                Ok(())
            })?;
        }
        let (sha256, sm3) = digests.done();
        Ok((sha256, sm3, size))
    }

    /// At most a mebibyte of an original that is kept here, from a place on; empty at its end. Code 403 if it is not here.
    pub fn original(&self, sha256: &str, from: u64) -> Result<Vec<u8>> {
        let wanted = evidence::digest(sha256).ok_or_else(|| DeviceError::argument("sha256", "must be 43 characters of URL-safe base64, as in the photo's facts"))?;
        self.may_read()?;
        self.read(|tx| -> Result<Vec<u8>> {
            let Some(original) = tx.original(wanted)? else {
                return Err(DeviceError::new(Code::Unknown, "sha256: no original of this file is here: it was never kept, or the office has it"));
            };
            Ok(tx.original_bytes(original.id, from.min(original.size), 1 << 20)?)
        })
    }

    /// A page of the originals that are kept here: `{originals: [{sha256, record, name, size, acknowledged, problem}], next}`.
    pub fn originals(&self, input: &OriginalsInput) -> Result<Json> {
        super::capture::check_version(input.v)?;
        let limit = match input.limit.unwrap_or(100) {
            n @ 1..=MAX_PAGE => n,
            _ => return Err(DeviceError::argument("limit", format_args!("must be from 1 to {MAX_PAGE}"))),
        };
        self.may_read()?;
        let found = self.read(|tx| tx.originals(input.after.unwrap_or(0), limit))?;
        let next = found.last().filter(|_| found.len() == limit).map(|original| original.id);
        let line =
            |o: &super::store::originals::Original| json!({ "sha256": o.sha256, "record": o.record, "name": o.name, "size": o.size, "acknowledged": o.at, "problem": o.problem });
        Ok(json!({ "v": 1, "originals": found.iter().map(line).collect::<Vec<_>>(), "next": next }))
    }
}
