//! Courier bundles handed in as files: sealed to this server for a carrier, or in clear. By a carrier's handheld, or
//! by the office from a cable or a stick. The carrier learns what became of each change, not what is in it.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use sync_core::base::Digest;
use sync_core::base::pack::{UnpackError, unpack};
use sync_core::district::adopt;
use sync_core::protocol::{Limits, PushResult};
use sync_core::replica::{Bundle, MAX_BUNDLE_BYTES, MAX_DEPOSIT_FRAMES, frames};

use crate::access::{Access, DeviceWrites, Reviews};
use crate::app::App;
use crate::audit::Deed;
use crate::base::body;
use crate::base::problem::Problem;
use crate::org::ops::describe_device;
use crate::sync::store::{StoreError, Want};
use crate::sync::verify::Batch;

/// Largest file taken, as it travels.
const MAX_FILE_BYTES: usize = 16 << 20;

/// First bytes of an age file.
const AGE: &[u8] = b"age-encryption.org/v1";

/// One result a change, in the order of the file.
#[derive(Debug, Serialize)]
pub struct BundleResponse {
    /// As in the answer to a push.
    pub results: Vec<PushResult>,
}

/// `POST /sync/v1/bundle`: a carrier hands in what a colleague gave him.
pub async fn carried(access: Access<DeviceWrites>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let file = body::read(&request, payload, MAX_FILE_BYTES).await?;
    access.app.current().await?;
    Ok(HttpResponse::Ok().json(access.app.take_bundle(file.open()?).await?))
}

/// `POST /api/v1/bundles`: the office hands in a file: a bundle, or the sealed copies beside a store (`<store>.sealed`)
/// that were taken off a handheld by cable.
pub async fn handed_in(access: Access<Reviews>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let file = body::read(&request, payload, MAX_FILE_BYTES).await?.open()?;
    let by = access.actor.officer;
    access.app.note(Deed::of(&by, "bundle.taken", format!("file:{}", Digest::plain(&file)))).await?;
    access.app.current().await?;
    Ok(HttpResponse::Ok().json(access.app.take_file(file).await?))
}

fn broken(why: &str) -> Problem {
    Problem::new("body_broken", format!("not a complete bundle: {why}; ask the author for it again"))
}

impl App {
    /// Takes a bundle in: opens it, lets its authors' devices in by their certificates, and hands the changes to the
    /// committer like any push, in batches of at most [`Limits::push_changes`].
    pub async fn take_bundle(self: Arc<Self>, file: Vec<u8>) -> Result<BundleResponse, Problem> {
        let app = self.clone();
        let (header, text) = web::block(move || app.open_bundle(&file)).await??;
        let (keys, lines) = (self.keys.clone(), header.changes);
        let adopted = self.committer.run(Want::default(), move |store| {
            for certificate in &header.certificates {
                if let Some(row) = adopt(store, certificate, &keys.receipt_public)? {
                    let text = serde_json::to_string(certificate).map_err(|e| StoreError::Broken(e.to_string()))?;
                    describe_device(store, row.device, "", &text)?;
                }
            }
            Ok(())
        });
        adopted.await?;
        let text = Arc::new(text);
        // Thumbnails, which follow the changes, are for colleagues; nobody vouches for them, and nothing is kept of them here.
        let mut results = Vec::with_capacity(lines);
        let step = Limits::default().push_changes;
        for start in (0..lines).step_by(step) {
            let (app, text) = (self.clone(), text.clone());
            let batch = web::block(move || {
                let part: Vec<&[u8]> = text.split(|b| *b == b'\n').skip(1 + start).take(step.min(lines - start)).collect();
                Batch::check(&part, &|device| app.live.key(device))
            });
            results.extend(self.take_in(batch.await?, None).await?.0);
        }
        Ok(BundleResponse { results })
    }

    /// Takes a file in, whichever of the two it is.
    pub async fn take_file(self: Arc<Self>, file: Vec<u8>) -> Result<BundleResponse, Problem> {
        if frames(&file).next().is_some() { self.take_sealed(&file).await } else { self.take_bundle(file).await }
    }

    /// Takes sealed copies in, as many frames at a time as a deposit has. What stands before a torn or altered frame is
    /// taken; the error says where it begins.
    async fn take_sealed(self: &Arc<Self>, file: &[u8]) -> Result<BundleResponse, Problem> {
        let ends: Vec<usize> = frames(file).map(|f| f.end).collect();
        let (mut results, mut start) = (Vec::with_capacity(ends.len()), 0);
        for part in ends.chunks(MAX_DEPOSIT_FRAMES) {
            let end = part.last().copied().unwrap_or(start);
            let (app, bytes) = (self.clone(), file.get(start..end).unwrap_or_default().to_vec());
            let batch = web::block(move || app.open_deposit(&bytes)).await??;
            results.extend(self.take_in(batch, None).await?.0);
            start = end;
        }
        if start != file.len() {
            let (taken, size) = (results.len(), file.len());
            return Err(Problem::new(
                "body_broken",
                format!("{taken} copies were taken; no whole copy begins at byte {start} of {size}: keep the handheld, and take the file off it again"),
            ));
        }
        Ok(BundleResponse { results })
    }

    fn open_bundle(&self, file: &[u8]) -> Result<(Bundle, Vec<u8>), Problem> {
        let packed = if file.starts_with(AGE) {
            age::decrypt(&self.keys.bundle, file).map_err(|_| Problem::new("body_broken", "this bundle is not sealed to this server, or it was altered on the way"))?
        } else {
            file.to_vec()
        };
        let text = unpack(&packed, MAX_BUNDLE_BYTES).map_err(|e| match e {
            UnpackError::TooLarge { limit } => Problem::new("body_too_large", format!("more than {limit} bytes, inflated; export fewer visits at a time")),
            UnpackError::Broken => broken("it does not inflate"),
        })?;
        let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
        let header: Bundle = serde_json::from_slice(first).map_err(|_| broken("its first line is not a bundle's header"))?;
        if header.zhifa_bundle != 1 {
            return Err(broken("it is of a later format"));
        }
        if header.district != self.district {
            return Err(Problem::new("conflict", format!("this bundle is of district {}; hand it in there", header.district.0)));
        }
        if header.changes.checked_add(header.thumbnails) != Some(text.split(|b| *b == b'\n').skip(1).count()) {
            return Err(broken("it has not as many changes and thumbnails as it announces"));
        }
        Ok((header, text))
    }
}
