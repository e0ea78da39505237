//! Drawing files from models, and sealing them: at once for whoever asks, and in the background for everything that waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web;
use sync_core::base::{Digest, RecordId, UtcMs};
use sync_core::document::Document;

use super::dossier::Parts;
use super::{ops, row, seal};
use crate::app::App;
use crate::base::press::Press;
use crate::base::problem::Problem;
use crate::react::Ground;
use crate::sync::store::Want;

/// Models that are looked for at once.
const STEP: i64 = 20;

/// A drawn file.
pub struct Drawn {
    /// The PDF/A.
    pub pdf: Vec<u8>,
    /// Its pages.
    pub pages: i64,
}

/// Images of seals, by digest.
type Images = BTreeMap<Digest, Vec<u8>>;

#[cfg(feature = "pdf")]
fn drawn(made: Result<crate::base::press::Pdf, crate::base::press::RenderError>) -> Result<Drawn, Problem> {
    let pdf = made.map_err(|why| Problem::new("unprintable", why.to_string()))?;
    Ok(Drawn { pages: i64::try_from(pdf.pages).unwrap_or(i64::MAX), pdf: pdf.bytes })
}

/// Draws the file of a model. The same model gives the same bytes.
#[cfg(feature = "pdf")]
pub fn draw(press: &Press, model: &Document, images: &Images) -> Result<Drawn, Problem> {
    drawn(press.render(model, images))
}

/// Draws the file of a case.
#[cfg(feature = "pdf")]
pub fn file(press: &Press, parts: &Parts, models: &[Document], images: &Images) -> Result<Drawn, Problem> {
    use crate::base::press::Dossier;
    drawn(press.dossier(&Dossier { cover: &parts.cover, list: &parts.list, documents: models.iter().collect(), note: &parts.note }, images))
}

/// Never called: this build has no press.
#[cfg(not(feature = "pdf"))]
pub fn draw(press: &Press, _: &Document, _: &Images) -> Result<Drawn, Problem> {
    press.never()
}

/// Never called: this build has no press.
#[cfg(not(feature = "pdf"))]
pub fn file(press: &Press, _: &Parts, _: &[Document], _: &Images) -> Result<Drawn, Problem> {
    press.never()
}

impl App {
    /// Draws and seals one document; nothing if that was done before.
    pub async fn seal_document(&self, record: RecordId, id: &str) -> Result<(), Problem> {
        let (of, wanted) = (record, id.to_owned());
        let found = self
            .read(move |tx, district| {
                if row::file(tx, district, of, &wanted)?.is_some() {
                    return Ok(None);
                }
                let Some(model) = row::model(tx, district, of, &wanted)?.map(|row| row.model()).transpose()? else { return Ok(None) };
                let needs: Vec<_> = model.seal_images().collect();
                let images = seal::images(tx, district, &needs)?;
                Ok(Some((model, images)))
            })
            .await?;
        let Some((model, images)) = found else { return Ok(()) };
        let press = self.press()?;
        let drawn = Arc::new(web::block(move || draw(&press, &model, &images)).await??);
        let (keys, law, id) = (self.keys.clone(), self.law(), id.to_owned());
        let want = Want { records: vec![record], ..Want::default() };
        self.committer.run(want, move |store| ops::seal(store, record, &id, &drawn.pdf, drawn.pages, &Ground { law: &law, keys: &keys })).await?
    }

    /// Draws and seals everything that waits and was made since an instant, oldest first; gives how many. What cannot be drawn is left, with a warning in the log.
    pub async fn seal_waiting(&self, since: UtcMs) -> Result<usize, Problem> {
        let mut done = 0;
        let mut failed = Vec::new();
        loop {
            let most = STEP + i64::try_from(failed.len()).unwrap_or(0);
            let waiting = self.read(move |tx, district| row::waiting(tx, district, since.0, most)).await?;
            let mut progress = false;
            for one in waiting {
                let (record, id) = (one.record()?, one.id);
                if failed.contains(&(record, id.clone())) {
                    continue;
                }
                match self.seal_document(record, &id).await {
                    Ok(()) => (done, progress) = (done + 1, true),
                    Err(problem) => {
                        tracing::warn!(%record, id, %problem, "a document could not be drawn");
                        failed.push((record, id));
                    }
                }
            }
            if !progress {
                return Ok(done);
            }
        }
    }
}

/// How far back a look goes after the first, which sees everything: a slow clock or a long transaction lie within.
const BACK_MS: i64 = 600_000;

/// Draws what waits whenever something was committed, until the server stops.
pub async fn watch(app: Arc<App>) {
    let (mut stopping, mut news) = (app.stopping(), app.live.news());
    let mut since = UtcMs(0);
    loop {
        let Some(look) = app.look().await else { return };
        let began = app.now();
        let sealed = app.seal_waiting(since).await;
        drop(look);
        match sealed {
            Ok(_) => since = UtcMs(began.0.saturating_sub(BACK_MS)),
            Err(problem) => tracing::warn!(%problem, "documents that wait could not be looked for; the next look tries again"),
        }
        tokio::select! {
            _ = stopping.changed() => return,
            changed = news.changed() => if changed.is_err() { return },
        }
    }
}
