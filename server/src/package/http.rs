//! `POST /api/v1/cases/{id}/package`: the evidence package of a case, while the server runs.

use std::fs::File;
use std::io;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};
use sync_core::base::RecordId;

use super::export::{ExportError, Order, export};
use crate::access::{Access, Reviews};
use crate::base::problem::Problem;
use crate::file::receive;
use crate::file::store::steps;

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Problem {
        match error {
            ExportError::NoCase(_) => Problem::not_found("such case"),
            ExportError::Server(problem) => problem,
            ExportError::Disk(_, error) => receive::disk(error),
            other => Problem::internal(other),
        }
    }
}

fn made() -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("zhifa-package-").tempdir()
}

/// A case as one signed file, as `zhifa export-case` writes it: a ZIP. Each time it stands on the chain of custody of every original that is enclosed. One
/// package is made at a time; it is written to the folder of temporary files first, and is gone from there once it was sent.
pub async fn package(access: Access<Reviews>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let case = which.into_inner();
    // Within reach, before anything is done.
    access.app.of_files(&access.actor, case, |_, record| Ok(if *record.kind == *sync_core::case::NAME { Ok(()) } else { Err(Problem::not_found("such case")) })).await?;
    let _turn = access.app.packing.acquire().await.map_err(Problem::internal)?;
    let folder = web::block(made).await?.map_err(receive::disk)?;
    let out = folder.path().join("case.zip");
    let order = Order { case, out: out.clone(), by: access.actor.officer.to_string(), authority: access.app.authority.clone() };
    let done = export(&access.app, &order).await?;
    let file = web::block(move || {
        let file = File::open(&out)?;
        // What is open stays readable until it was sent.
        folder.close().map(|()| file)
    });
    let file = Arc::new(file.await?.map_err(receive::disk)?);
    let mut response = HttpResponse::Ok();
    response.content_type("application/zip").insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{case}.zip\"")));
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    Ok(response.no_chunking(done.size).streaming(steps(file, 0..done.size)))
}
