//! Uploads, after changes and all that a session fetches: thumbnails first, then originals, piece by piece, by tus 1.0.
//!
//! How far an original is, is in the store after every answer, so that a kill, a lost network or another process costs a piece at most;
//! what the server has is asked for once a session before the first piece goes out. Whether uploading succeeds is no matter to the
//! session. Deliberately absent: originals over a network paid by volume, unless the office wants them there.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sync_core::protocol::{Bytes, MAX_THUMBNAILS, ThumbnailLine};
use sync_core::replica::{MAX_THUMBNAIL_BYTES, Store};

use super::store::originals::Original;
use super::store::{StoreError, Tx};
use super::wire::{WireAnswer, WireRequest};

/// Bytes of a piece that is sent.
const PIECE: usize = 1 << 20;

/// Most bytes of thumbnails in one request.
const THUMBNAILS: usize = 512 << 10;

/// Tries of one original in one session of which none came further.
const TRIES: usize = 3;

type Out<T> = Result<T, StoreError>;

#[derive(Debug, Default)]
enum Sent {
    #[default]
    Nothing,
    Thumbnails(Vec<i64>),
    Begin(Original),
    Ask(Original),
    Piece(Original),
}

/// Where the uploading of one session stands.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    /// Whether the network is one that is paid by volume.
    pub metered: bool,
    sent: Sent,
    shown: bool,
    over: bool,
    /// Originals of which the server has said in this session how far they are.
    asked: BTreeSet<i64>,
    /// The original that did not come further, and how often.
    stuck: Option<(i64, usize)>,
    /// Bytes acknowledged in this session.
    pub bytes: u64,
    /// Originals that became whole in this session.
    pub files: u64,
}

impl Uploads {
    /// Uploads over this sort of network.
    pub(super) fn over(metered: bool) -> Uploads {
        Uploads { metered, ..Uploads::default() }
    }

    /// What is under way: `thumbnails` or `originals`.
    pub(super) fn phase(&self) -> Option<&'static str> {
        match self.sent {
            Sent::Nothing => None,
            Sent::Thumbnails(_) => Some("thumbnails"),
            _ => Some("originals"),
        }
    }

    /// Whether nothing more is uploaded in this session.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The next request; `None` if nothing more is to be sent now.
    pub(super) fn next(&mut self, tx: &mut Tx<'_>, token: &str) -> Out<Option<WireRequest>> {
        if self.over {
            return Ok(None);
        }
        if !self.shown {
            if let Some(request) = self.thumbnails(tx, token)? {
                return Ok(Some(request));
            }
            self.shown = true;
        }
        if self.metered && !tx.meta()?.limits.originals_metered {
            return Ok(None);
        }
        let Some(original) = tx.next_original()? else { return Ok(None) };
        let auth = ("authorization", format!("Bearer {token}"));
        let version = ("tus-resumable", "1.0.0".to_owned());
        let Some(upload) = original.upload.clone() else {
            let mut metadata = format!("sha256 {},record {}", STANDARD.encode(hex::encode(original.sha256.0)), STANDARD.encode(original.record.to_string()));
            if !original.name.is_empty() {
                metadata.push_str(&format!(",filename {}", STANDARD.encode(&original.name)));
            }
            let headers = vec![auth, version, ("upload-length", original.size.to_string()), ("upload-metadata", metadata)];
            self.sent = Sent::Begin(original);
            return Ok(Some(WireRequest { method: "POST", path: "/files".into(), headers, body: Vec::new() }));
        };
        if !self.asked.contains(&original.id) {
            self.sent = Sent::Ask(original);
            return Ok(Some(WireRequest { method: "HEAD", path: upload, headers: vec![auth, version], body: Vec::new() }));
        }
        let body = tx.original_bytes(original.id, original.at, PIECE)?;
        if body.is_empty() {
            tx.refuse_original(original.id, "broken_here")?;
            return self.next(tx, token);
        }
        let headers = vec![auth, version, ("upload-offset", original.at.to_string()), ("content-type", "application/offset+octet-stream".to_owned())];
        self.sent = Sent::Piece(original);
        Ok(Some(WireRequest { method: "PATCH", path: upload, headers, body }))
    }

    fn thumbnails(&mut self, tx: &mut Tx<'_>, token: &str) -> Out<Option<WireRequest>> {
        let (mut body, mut ids) = (Vec::new(), Vec::new());
        for (id, record, sha256, jpeg) in tx.unshown(MAX_THUMBNAILS)? {
            // One that is too large for the road is not shown before its original.
            if jpeg.len() <= MAX_THUMBNAIL_BYTES {
                let line = serde_json::to_vec(&ThumbnailLine { record, sha256, jpeg: Bytes(jpeg) }).map_err(|_| StoreError::Broken("thumbnail"))?;
                if !body.is_empty() && body.len() + line.len() > THUMBNAILS {
                    break;
                }
                body.extend(line);
                body.push(b'\n');
            }
            ids.push(id);
        }
        if ids.is_empty() {
            return Ok(None);
        }
        if body.is_empty() {
            tx.put_shown(&ids)?;
            return Ok(None);
        }
        self.sent = Sent::Thumbnails(ids);
        Ok(Some(WireRequest::new("POST", "/sync/v1/thumbnails".into(), "application/x-ndjson", body, Some(token))))
    }

    /// Takes an answer in.
    pub(super) fn on(&mut self, tx: &mut Tx<'_>, answer: &WireAnswer) -> Out<()> {
        let done = (200..300).contains(&answer.status);
        match std::mem::take(&mut self.sent) {
            Sent::Nothing => {}
            Sent::Thumbnails(ids) => {
                // An office that does not know them, or refuses them, is not asked again: the originals come.
                if done || (answer.problem().is_some() && answer.status < 500 && answer.status != 429) {
                    tx.put_shown(&ids)?;
                } else {
                    self.shown = true;
                }
            }
            Sent::Begin(original) if done => {
                let upload = answer.location.as_deref().filter(|path| path.starts_with("/files/") && path.len() < 200);
                match (upload, answer.upload_offset.unwrap_or(0)) {
                    (Some(upload), at) if at <= original.size => self.stands(tx, &original, upload, at)?,
                    _ => self.over = true,
                }
            }
            Sent::Ask(original) | Sent::Piece(original) if done => match (&original.upload, answer.upload_offset) {
                (Some(upload), Some(at)) if at <= original.size => self.stands(tx, &original, upload, at)?,
                _ => self.over = true,
            },
            Sent::Begin(original) | Sent::Ask(original) | Sent::Piece(original) => self.refused(tx, &original, answer)?,
        }
        Ok(())
    }

    /// The server has so much of an original.
    fn stands(&mut self, tx: &mut Tx<'_>, original: &Original, upload: &str, at: u64) -> Out<()> {
        if at <= original.at && self.asked.contains(&original.id) {
            self.again(original.id);
        } else {
            self.stuck = None;
        }
        self.asked.insert(original.id);
        self.bytes += at.saturating_sub(original.at);
        self.files += u64::from(at == original.size);
        tx.put_upload(original.id, Some(upload), at)
    }

    /// An original that does not come further ends the uploading after some tries.
    fn again(&mut self, id: i64) {
        let tries = self.stuck.filter(|(stuck, _)| *stuck == id).map_or(0, |(_, tries)| tries) + 1;
        self.stuck = Some((id, tries));
        self.over |= tries >= TRIES;
    }

    fn anew(&mut self, tx: &mut Tx<'_>, original: &Original) -> Out<()> {
        self.asked.remove(&original.id);
        self.again(original.id);
        tx.put_upload(original.id, None, 0)
    }

    fn refused(&mut self, tx: &mut Tx<'_>, original: &Original, answer: &WireAnswer) -> Out<()> {
        let problem = answer.problem();
        let code = problem.as_ref().and_then(|p| p.get("code")?.as_str()).unwrap_or_default().to_owned();
        match answer.status {
            // In the server's own words, and for good: it stays here, and the officer is told.
            413 | 415 | 422 if !code.is_empty() && code != "digest_mismatch" => tx.refuse_original(original.id, &code),
            // It is not known there any more, or arrived altered: from the beginning.
            404 | 410 if original.upload.is_some() => self.anew(tx, original),
            422 if problem.is_some() => self.anew(tx, original),
            // Another offset, a piece that arrived altered, somebody else who goes on: the server says how far it is.
            409 | 460 => {
                self.asked.remove(&original.id);
                self.again(original.id);
                Ok(())
            }
            _ => {
                self.over = true;
                Ok(())
            }
        }
    }

    /// The answer that was awaited is to be asked for once more, with another token.
    pub(super) fn forget(&mut self) {
        self.sent = Sent::Nothing;
    }

    /// No usable answer came: the rest comes with the next session.
    pub(super) fn failed(&mut self) {
        (self.sent, self.over) = (Sent::Nothing, true);
    }
}
