//! What uploads leave behind: those whose time is over go with their pieces; pieces without an upload go too.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;

use super::receive::disk;
use super::row::Upload;
use super::{kind, ops};
use crate::app::App;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::upload;
use crate::sync::store::{StoreError, Want};

/// How often a running server looks.
const EVERY: Duration = Duration::from_secs(3_600);
/// Uploads of one transaction.
const STEP: i64 = 200;

impl App {
    /// Ends uploads whose time is over, and removes pieces that belong to no upload; gives how many went.
    pub async fn sweep_uploads(&self) -> Result<usize, Problem> {
        self.leases.tidy();
        let mut gone = 0;
        loop {
            let ended = self.committer.run(Want::default(), |store| {
                let over = ops::expired(store, STEP)?;
                for upload in &over {
                    ops::end(store, &upload.id)?;
                }
                Ok(over)
            });
            let ended = ended.await?;
            if ended.is_empty() {
                break;
            }
            gone += ended.len();
            for upload in ended {
                if !upload.whole() {
                    self.adopt_file(&upload).await?;
                }
                self.discard(&upload.id).await?;
            }
        }
        let there = self.files.uploads().await.map_err(disk)?;
        for part in there.chunks(STEP as usize) {
            let ids = part.to_vec();
            let known: Vec<String> = self
                .read(move |tx, district| {
                    Ok::<_, StoreError>(on!(tx, |c| upload::table.filter(upload::district.eq(district)).filter(upload::id.eq_any(&ids)).select(upload::id).load(c))?)
                })
                .await?;
            for id in part.iter().filter(|id| !known.contains(id)) {
                self.discard(id).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    async fn discard(&self, id: &str) -> Result<(), Problem> {
        self.leases.forget(id);
        self.files.discard(id).await.map_err(disk)
    }

    /// Bytes that came into their place just before a server ended, for an upload that was not gone on with, are counted among the files.
    async fn adopt_file(&self, upload: &Upload) -> Result<(), Problem> {
        let Some(digest) = upload.digest() else { return Ok(()) };
        if self.files.len(digest).await.map_err(disk)? != Some(upload.size.unsigned_abs()) {
            return Ok(());
        }
        let mime = kind::of(&self.files.head(digest, kind::HEAD as u64).await.map_err(disk)?)?;
        let (sha256, size) = (upload.sha256.clone(), upload.size);
        Ok(self.committer.run(Want::default(), move |store| ops::adopt(store, &sha256, size, mime)).await?)
    }

    /// Makes files of uploads whose last piece was flushed before a server ended, and whose place in the table says so not yet; removes
    /// pieces of those that are files.
    pub async fn finish_uploads(&self) -> Result<usize, Problem> {
        let mut done = 0;
        for id in self.files.uploads().await.map_err(disk)? {
            let wanted = id.clone();
            let found: Option<Upload> =
                self.read(move |tx, district| Ok::<_, StoreError>(on!(tx, |c| upload::table.find((district, &wanted)).select(Upload::as_select()).first(c).optional())?)).await?;
            let Some(upload) = found.filter(Upload::whole) else { continue };
            let lease = self.leases.take(&id).await;
            let there = match upload.digest() {
                Some(digest) => self.files.len(digest).await.map_err(disk)?,
                None => None,
            };
            let outcome = match there {
                Some(_) => self.files.discard(&id).await.map_err(disk),
                None => self.complete(&upload, None, None).await.map(|_| ()),
            };
            if let Err(problem) = outcome {
                tracing::warn!(%problem, id, "an upload that was whole could not become a file");
            }
            drop(lease);
            self.leases.forget(&id);
            done += 1;
        }
        Ok(done)
    }
}

/// Looks again and again until the server stops.
pub async fn watch(app: Arc<App>) {
    let mut stopping = app.stopping();
    loop {
        if let Err(problem) = app.finish_uploads().await {
            tracing::warn!(%problem, "uploads that are whole could not be looked for; the next look tries again");
        }
        if let Err(problem) = app.sweep_uploads().await {
            tracing::warn!(%problem, "uploads whose time is over could not be ended; the next look tries again");
        }
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
