//! `POST /sync/v1/deposit`: sealed copies of captures from a handheld whose store nobody may be able to open: locked,
//! lapsed, its officer suspended, its PIN forgotten. The same road as courier bundles, under a token of its own.
//!
//! Every frame is taken into custody: what cannot be opened or verified is kept as it came. The answer counts and says
//! nothing of what is in them: whoever holds the handheld may be a stranger. Deliberately absent: anything to read.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use sync_core::base::{DeviceId, Digest};
use sync_core::district::erased;
use sync_core::protocol::DepositResponse;
use sync_core::replica::{MAX_DEPOSIT_BYTES, MAX_DEPOSIT_FRAMES, frames};

use crate::access::{Access, Permission};
use crate::app::App;
use crate::base::body;
use crate::base::problem::Problem;
use crate::base::token::{Bad, DepositClaims};
use crate::sync::store::Want;
use crate::sync::verify::Batch;

/// A device that hands in what is sealed, by the token that lies beside its store. Revoked and suspended ones too.
pub struct Deposits;

impl Permission for Deposits {
    type Actor = DeviceId;
    const NAME: &'static str = "deposit";
    fn admit(app: &App, bearer: Option<&str>) -> Result<DeviceId, Problem> {
        let Some(token) = bearer else { return Err(Problem::new("unauthorized", "send Authorization: Bearer with a deposit token")) };
        let claims: Result<DepositClaims, Bad> = app.tokens.read(token, app.now());
        claims.map(|c| c.sub).map_err(|bad| match bad {
            Bad::Expired => Problem::new("token_expired", "hand the file in at the office"),
            Bad::Invalid => Problem::new("unauthorized", "the token is not a deposit token of this server"),
        })
    }
}

/// Where the journal of a store ended that was erased, and by which order; all or nothing of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    order: Option<u64>,
    seq: Option<u64>,
    hash: Option<Digest>,
}

/// An order, and number and hash of the journal's last change.
type LastWord = (u64, (u64, Digest));

impl Erased {
    fn whole(self) -> Result<Option<LastWord>, Problem> {
        match (self.order, self.seq, self.hash) {
            (Some(order), Some(seq), Some(hash)) => Ok(Some((order, (seq, hash)))),
            (None, None, None) => Ok(None),
            _ => Err(Problem::field("order", "give order, seq and hash together, or none of them")),
        }
    }
}

/// Takes frames in, and the last word of a store that was erased.
pub async fn deposit(access: Access<Deposits>, words: web::Query<Erased>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let (app, device) = (access.app, access.actor);
    let words = words.into_inner().whole()?;
    let raw = body::read(&request, payload, MAX_DEPOSIT_BYTES).await?;
    app.current().await?;
    let opening = app.clone();
    let batch = web::block(move || opening.open_deposit(&raw.open()?)).await??;
    let mut counts = DepositResponse::default();
    if !batch.lines.is_empty() {
        counts = DepositResponse::of(&app.take_in(batch, None).await?.0);
    }
    if let Some((order, head)) = words {
        let want = Want { devices: vec![device], ..Want::default() };
        let done = app.committer.run(want, move |store| {
            erased(store, device, order, head, store.now)?;
            crate::number::lose_erased(store, device)
        });
        done.await?;
    }
    Ok(HttpResponse::Ok().json(counts))
}

impl App {
    /// Opens the frames and checks what is in them. A frame that does not open is handed on as it is: as bytes that no
    /// key verifies it goes into custody.
    pub(super) fn open_deposit(self: &Arc<Self>, file: &[u8]) -> Result<Batch, Problem> {
        let mut lines = Vec::new();
        let mut end = 0;
        for frame in frames(file) {
            if lines.len() == MAX_DEPOSIT_FRAMES {
                return Err(Problem::new("body_too_large", format!("more than {MAX_DEPOSIT_FRAMES} frames; send half of them")));
            }
            lines.push(age::decrypt(&self.keys.bundle, frame.sealed).unwrap_or_else(|_| frame.sealed.to_vec()));
            end = frame.end;
        }
        if end != file.len() {
            return Err(Problem::new("body_broken", format!("no whole frame begins at byte {end}; send whole frames")));
        }
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        Ok(Batch::check(&lines, &|device| self.live.key(device)))
    }
}
