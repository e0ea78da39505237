//! `POST /sync/v1/push`: lines of `["alg","signature",change]`, own and carried, into the committer.

use std::ops::Range;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::try_join_all;
use sync_core::base::DeviceId;
use sync_core::base::keys::SignError;
use sync_core::district::{accept_checked, receipt_for};
use sync_core::protocol::{Limits, PushResponse, PushResult, Signed};

use crate::access::{Access, DeviceWrites};
use crate::app::App;
use crate::base::body;
use crate::base::problem::Problem;
use crate::sync::commit_failed;
use crate::sync::store::{StoreError, Working};
use crate::sync::verify::Batch;

/// Lines that one thread checks: below this, a second thread costs more than it saves.
const PART: usize = 24;

/// Takes changes in: one result a line, in order, and the sender's receipt.
pub async fn push(access: Access<DeviceWrites>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let limits = Limits::default();
    let raw = body::read(&request, payload, limits.push_bytes).await?;
    access.app.current().await?;
    let (app, sender) = (access.app, access.actor);
    let first = app.clone();
    let (bytes, mut parts, mut batch) = web::block(move || {
        let bytes = Arc::new(raw.open()?);
        let lines = lines(&bytes, limits.push_changes)?;
        let parts: Vec<Vec<Range<usize>>> = lines.chunks(PART.max(lines.len() / 4 + 1)).map(<[_]>::to_vec).collect();
        let batch = parts.first().map(|part| check(&first, &bytes, part)).unwrap_or_default();
        Ok::<_, Problem>((bytes, parts, batch))
    })
    .await??;
    let rest = parts.split_off(parts.len().min(1)).into_iter().map(|part| {
        let (app, bytes) = (app.clone(), bytes.clone());
        web::block(move || check(&app, &bytes, &part))
    });
    for part in try_join_all(rest).await? {
        batch.append(part);
    }
    let response = app.push(sender, batch).await?;
    Ok(body::json(serde_json::to_vec(&response).map_err(Problem::internal)?, body::takes_zstd(&request)))
}

fn lines(bytes: &[u8], limit: usize) -> Result<Vec<Range<usize>>, Problem> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in bytes.split(|b| *b == b'\n') {
        let end = start + line.len();
        if !line.is_empty() {
            if out.len() == limit {
                return Err(Problem::new("body_too_large", format!("more than {limit} changes; send half of them")));
            }
            out.push(start..end);
        }
        start = end + 1;
    }
    Ok(out)
}

fn check(app: &App, bytes: &[u8], part: &[Range<usize>]) -> Batch {
    let lines: Vec<&[u8]> = part.iter().filter_map(|r| bytes.get(r.clone())).collect();
    Batch::check(&lines, &|device| app.live.key(device))
}

impl App {
    /// Takes checked lines in and signs the sender's receipt, in one transaction.
    pub async fn push(&self, sender: DeviceId, mut batch: Batch) -> Result<PushResponse, Problem> {
        batch.want.devices.push(sender);
        let (results, receipt) = self.take_in(batch, Some(sender)).await?;
        let receipt = receipt.ok_or_else(|| Problem::internal("a push without its receipt"))?.map_err(Problem::internal)?;
        Ok(PushResponse { results, receipt })
    }

    /// Takes checked lines in; in the same transaction a receipt is signed for the device given, if any.
    pub async fn take_in(&self, batch: Batch, sender: Option<DeviceId>) -> Result<TakenIn, Problem> {
        let Batch { lines, packed, want } = batch;
        let lines = Arc::new(lines);
        let (again, keys, keys_again) = (lines.clone(), self.keys.clone(), self.keys.clone());
        let done = self.committer.run_or(
            want,
            move |store| {
                for (hash, bytes) in &packed {
                    store.offer_packed(*hash, bytes.clone());
                }
                let (kinds, now) = (store.kinds, store.now);
                let results = accept_checked(store, kinds, &lines, now)?;
                Ok((results, sender.map(|s| receipt(store, s, &keys)).transpose()?))
            },
            move |store| {
                let results = commit_failed::take(store, &again)?;
                Ok((results, sender.map(|s| receipt(store, s, &keys_again)).transpose()?))
            },
        );
        Ok(done.await?)
    }
}

/// One result a line, and the receipt if one was asked for.
pub type TakenIn = (Vec<PushResult>, Option<Result<Signed, SignError>>);

fn receipt(store: &mut Working<'_, '_>, sender: DeviceId, keys: &crate::base::keys::ServerKeys) -> Result<Result<Signed, SignError>, StoreError> {
    let now = store.now;
    receipt_for(store, sender, now, &keys.receipt)
}
