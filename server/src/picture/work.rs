//! Reading facts, in the background: a file at a time for each place in the darkroom, again after a restart, and not for ever one that cannot be read.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use actix_web::web::Bytes;
use futures_util::{StreamExt as _, stream};

use super::facts::{Facts, MOST_READ};
use super::row::{self, Todo};
use crate::app::App;
use crate::base::problem::Problem;
use crate::sync::store::{Want, Working};

/// How often a running server looks where nothing wakes it: other servers take files too.
const EVERY: Duration = Duration::from_secs(60);
/// How long others are waited for that come with one.
const GATHER: Duration = Duration::from_millis(300);
/// Files that are taken at once.
const STEP: i64 = 32;
/// How often a file is tried that ends its reader.
const TRIES: i64 = 3;

impl App {
    /// Reads the facts of every file that waits; gives of how many.
    pub async fn read_facts(&self) -> Result<usize, Problem> {
        let mut done = 0;
        loop {
            let taken = self.committer.run(Want::default(), |store| row::claim(store, STEP)).await?;
            if taken.is_empty() || *self.stopping().borrow() {
                return Ok(done);
            }
            let all = taken.into_iter().map(|todo| async move {
                let facts = self.facts_of(&todo).await;
                facts
                    .inspect_err(|error| tracing::warn!(%error, file = %todo.sha256, "the facts of a file could not be read; it is tried again"))
                    .ok()
                    .map(|facts| (todo.sha256, facts))
            });
            // What was read together is put together: a flush for all of it, and after a crash it is read again.
            let read: Vec<_> = stream::iter(all).buffer_unordered(self.darkroom.behind).filter_map(|read| async { read }).collect().await;
            done += read.len();
            let put = move |store: &mut Working<'_, '_>| read.iter().try_for_each(|(sha256, facts)| row::put(store, *sha256, facts));
            self.committer.run(Want::default(), put).await?;
        }
    }

    async fn facts_of(&self, todo: &Todo) -> io::Result<Facts> {
        let unreadable = |why: &str| Facts { problem: Some(("photo_unreadable", why.to_owned())), ..Facts::default() };
        if todo.tries >= TRIES {
            return Ok(unreadable("its reader ended"));
        }
        if todo.size > MOST_READ {
            return Ok(Facts::default());
        }
        let place = self.darkroom.place().await.map_err(io::Error::other)?;
        let bytes = match self.files.bytes(todo.sha256, MOST_READ).await {
            Ok(bytes) => Bytes::from(bytes),
            // `zhifa verify` says that it is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(unreadable("it is not in its place")),
            Err(error) => return Err(error),
        };
        let turn = self.darkroom.turn(&bytes).await.map_err(io::Error::other)?;
        let mime = todo.mime.clone();
        let read = web::block(move || {
            let _held = (place, turn);
            Facts::of(&mime, &bytes)
        });
        Ok(read.await.unwrap_or_else(|_| unreadable("its reader ended")))
    }
}

/// Reads whenever a file came, and now and then, until the server stops.
pub async fn watch(app: Arc<App>) {
    let mut stopping = app.stopping();
    loop {
        if let Err(problem) = app.read_facts().await {
            tracing::warn!(%problem, "facts of files could not be read; the next look tries again");
        }
        tokio::select! {
            _ = stopping.changed() => return,
            // Those that come with it are read with it.
            () = app.darkroom.came.notified() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
