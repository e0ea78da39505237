//! A piece on its way to the store: never more of it in memory than one step, never acknowledged before it is flushed.

use std::io;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};

use super::lease::Lease;
use super::row::Upload;
use super::store::{Began, Part, Settled, Sums};
use super::tus::Checksum;
use super::{kind, ops};
use crate::app::App;
use crate::base::problem::Problem;
use crate::sync::store::Want;

/// Bytes of a piece that are held before they are written.
const STEP: usize = 256 << 10;
/// Most bytes, and longest time, for which a refused piece is read on.
const MOST_DRAINED: usize = 16 << 20;
const LONGEST_DRAIN: Duration = Duration::from_secs(2);
/// How long a connection may be silent in the middle of a piece.
const SILENCE: Duration = Duration::from_secs(60);

/// Why a piece ended before its end.
enum End {
    /// It did not: everything came.
    Whole,
    /// The connection broke, or another took over: what came stays.
    Broken(Problem),
    /// More came than was announced.
    TooMuch,
}

/// What the store of files said, for a caller: no room and no answer pass, and what he has stays as far as it was acknowledged.
pub fn disk(error: io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            tracing::error!(%error, "there is no room for files");
            Problem::new("storage_full", "the server has no room for files; keep yours, and try again later").after(600)
        }
        io::ErrorKind::HostUnreachable => {
            tracing::error!(%error, "the store of files does not answer");
            Problem::unavailable("the store of files does not answer; repeat the request", 30)
        }
        _ => Problem::internal(error),
    }
}

/// What is being written.
struct Piece {
    part: Part,
    at: i64,
    sums: Sums,
}

impl Piece {
    async fn write(&mut self, held: &mut Vec<Bytes>, size: &mut usize) -> Result<(), Problem> {
        self.sums = self.part.write(std::mem::take(held), std::mem::take(&mut self.sums)).await.map_err(disk)?;
        self.at += std::mem::take(size) as i64;
        Ok(())
    }

    /// Writes what comes until it ends, breaks off, falls silent, or somebody takes over.
    async fn fill(&mut self, payload: &mut web::Payload, lease: &mut Lease, size: i64) -> Result<End, Problem> {
        let (mut held, mut length) = (Vec::new(), 0);
        let end = loop {
            let part = tokio::select! {
                part = tokio::time::timeout(SILENCE, payload.next()) => part,
                () = lease.taken_over() => break End::Broken(Problem::new("upload_taken_over", "another connection goes on with this upload; ask with HEAD how far it is")),
            };
            match part {
                Ok(None) => break End::Whole,
                Err(_) | Ok(Some(Err(_))) => break End::Broken(Problem::new("body_broken", "the body ended early; ask with HEAD how far it is, and go on from there")),
                Ok(Some(Ok(part))) => {
                    if self.at + (length + part.len()) as i64 > size {
                        return Ok(End::TooMuch);
                    }
                    length += part.len();
                    held.push(part);
                    if length >= STEP {
                        self.write(&mut held, &mut length).await?;
                    }
                }
            }
        };
        if length > 0 {
            self.write(&mut held, &mut length).await?;
        }
        Ok(end)
    }
}

/// Reads what a refused piece still brings, within bounds: a caller that is cut off while it sends does not hear why.
pub async fn drain(payload: &mut web::Payload) {
    let mut left = MOST_DRAINED;
    let rest = async {
        while let Some(Ok(part)) = payload.next().await {
            left = left.saturating_sub(part.len());
            if left == 0 {
                return;
            }
        }
    };
    // Whether it came to its end matters to nobody.
    let _ = tokio::time::timeout(LONGEST_DRAIN, rest).await;
}

/// Another process took pieces of the same upload in meanwhile.
fn elsewhere() -> Problem {
    Problem::new("upload_taken_over", "another server goes on with this upload; ask with HEAD how far it is")
}

/// Takes back what a refused piece wrote; where that fails, what comes later counts before it.
async fn undo(part: Part) {
    if let Err(error) = part.undo().await {
        tracing::warn!(%error, "what a refused piece wrote could not be taken back; it goes with its upload");
    }
}

impl App {
    /// Takes a piece of an upload in, from where it stands; gives how far it is then. The last one makes it a file.
    pub(super) async fn receive(&self, upload: &Upload, mut lease: Lease, payload: &mut web::Payload, checksum: Option<Checksum>) -> Result<i64, Problem> {
        let part = match self.files.begin(upload, self.now()).await.map_err(disk)? {
            Began::Here(part) => part,
            Began::Busy => return Err(Problem::new("upload_taken_over", "another server writes to this upload; try again in a moment").after(1)),
            Began::Gone => return self.mend(upload).await,
        };
        let whole = match lease.state.hash.take() {
            Some((at, hash)) if at == upload.at => Some(hash),
            _ if upload.at == 0 => Some(Sha256::new()),
            // Begun in another process, or before a restart: the whole is read once at the end.
            _ => None,
        };
        let announced = checksum.is_some();
        let mut piece = Piece { part, at: upload.at, sums: Sums { whole, piece: checksum } };
        // A piece with a checksum is taken whole or not at all.
        let (broken, refused) = match piece.fill(payload, &mut lease, upload.size).await? {
            End::Whole => (None, None),
            End::Broken(problem) if announced => (None, Some(problem)),
            End::Broken(problem) => (Some(problem), None),
            End::TooMuch => (None, Some(Problem::field("Upload-Offset", format!("the piece goes beyond the {} bytes that were announced", upload.size)))),
        };
        let mismatch = || Problem::new("checksum_mismatch", "the piece is not what Upload-Checksum announced; send it again");
        let refused = refused.or_else(|| piece.sums.piece.take().filter(|sum| !sum.clone().holds()).map(|_| mismatch()));
        if let Some(problem) = refused {
            undo(piece.part).await;
            return Err(problem);
        }
        if piece.at == upload.size {
            return self.complete(upload, Some(piece.part), piece.sums.whole).await;
        }
        if piece.at > upload.at {
            piece.part.flush().await.map_err(disk)?;
            let (id, from, to) = (upload.id.clone(), upload.at, piece.at);
            if !self.committer.run(Want::default(), move |store| ops::advance(store, &id, from, to)).await? {
                undo(piece.part).await;
                return Err(elsewhere());
            }
        }
        lease.state.hash = piece.sums.whole.map(|hash| (piece.at, hash));
        broken.map_or(Ok(piece.at), Err)
    }

    /// An upload whose pieces are not here though some were acknowledged: a server ended between putting the file into its place and
    /// saying so, and it is whole; or the folder was restored without them, and it begins anew.
    async fn mend(&self, upload: &Upload) -> Result<i64, Problem> {
        let digest = upload.digest().ok_or_else(|| Problem::internal("an upload's digest has not 32 bytes"))?;
        if upload.at > 0 && self.files.len(digest).await.map_err(disk)?.is_some_and(|size| size == upload.size.unsigned_abs()) {
            let mime = kind::of(&self.files.head(digest, kind::HEAD as u64).await.map_err(disk)?)?;
            self.say_whole(upload, mime).await?;
            return Ok(upload.size);
        }
        let (id, from) = (upload.id.clone(), upload.at);
        Err(match self.committer.run(Want::default(), move |store| ops::advance(store, &id, from, 0)).await? {
            true => Problem::new("upload_offset", "the pieces of this upload are not here any more; begin at 0"),
            false => elsewhere(),
        })
    }

    /// Everything is here: compared with the digest it was announced by, looked at, and put into its place; gives its size. What is not what
    /// it was announced to be goes, with the upload.
    pub(super) async fn complete(&self, upload: &Upload, part: Option<Part>, hash: Option<Sha256>) -> Result<i64, Problem> {
        let announced = upload.digest().ok_or_else(|| Problem::internal("an upload's digest has not 32 bytes"))?;
        match self.files.settle(upload, announced, part, hash).await.map_err(disk)? {
            Settled::Whole(mime) => {
                // Both before anybody hears of it, and one need not wait for the other: after a loss of power between them the file is found
                // under its upload's id, and the upload is whole.
                let (kept, said) = tokio::join!(self.files.keep(announced), self.say_whole(upload, mime));
                kept.map_err(disk)?;
                said?;
                if self.files.leaves_pieces()
                    && let Err(error) = self.files.discard(&upload.id).await
                {
                    tracing::warn!(%error, id = upload.id, "pieces of a whole file could not be removed; the next look tries again");
                }
                Ok(upload.size)
            }
            Settled::Refused(problem) => {
                self.files.discard(&upload.id).await.map_err(disk)?;
                let id = upload.id.clone();
                self.committer.run(Want::default(), move |store| ops::end(store, &id)).await?;
                Err(problem)
            }
            Settled::Gone => self.mend(upload).await,
        }
    }

    async fn say_whole(&self, upload: &Upload, mime: &'static str) -> Result<(), Problem> {
        let done = upload.clone();
        self.committer.run(Want::default(), move |store| ops::settle(store, &done, mime)).await?;
        self.darkroom.wake();
        Ok(())
    }
}
