//! Originals: every file that was acknowledged lies in the store under its digest, and every record's word that one is there is so.
//!
//! All bytes are read: what was exchanged under a name is found by nothing else. With `--skip-originals` only that they are there.

use std::path::Path;

use diesel::prelude::*;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use sync_core::base::Digest;
use sync_core::evidence::{self, FILES};
use sync_core::index::members;
use sync_core::record::Record;

use super::finding::{Code, Finding, Findings};
use super::{Ground, Options, VerifyError};
use crate::file::row::FileRow;
use crate::file::store::Files;
use crate::on;
use crate::schema::file;

/// Rows of one step.
const STEP: i64 = 500;

/// Compares what a record says of originals with what was received.
pub fn of_record(ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record) -> Result<(), VerifyError> {
    let district = ground.district;
    for (id, said) in members(truth, FILES) {
        let text = |member: &str| said.get(member).and_then(serde_json::Value::as_str).unwrap_or_default();
        if !text("lost").is_empty() {
            continue;
        }
        let row: Option<i64> = match evidence::digest(text("sha256")) {
            Some(sha256) => on!(ground.tx, |c| file::table.find((district, sha256.0.to_vec())).select(file::size).first(c).optional())?,
            None => None,
        };
        if row.is_none() || row != said.get("size").and_then(serde_json::Value::as_i64) {
            let field = format!("{FILES}{id}");
            let what = format!("record {}: it says that the original {} is there, and the account of files does not", truth.id, text("sha256"));
            found.add(Finding::new(Code::OriginalMissing, what).on(truth.id).field(&field));
        }
    }
    Ok(())
}

/// Looks every file up in its store; gives how many there are.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings, options: &Options) -> Result<u64, VerifyError> {
    let place = options.files.clone().unwrap_or_else(|| options.data.join("files"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| VerifyError::Files(place.display().to_string(), e.to_string()))?;
    let (district, mut after, mut count) = (ground.district, Vec::new(), 0);
    let mut store = None;
    loop {
        let rows: Vec<FileRow> = on!(ground.tx, |c| file::table
            .filter(file::district.eq(district))
            .filter(file::sha256.gt(&after))
            .order(file::sha256)
            .limit(STEP)
            .select(FileRow::as_select())
            .load(c))?;
        let Some(last) = rows.last() else { return Ok(count) };
        after.clone_from(&last.sha256);
        let files = match &store {
            Some(files) => files,
            None => &*store.insert(open(&place)?),
        };
        for row in rows {
            count += 1;
            let Ok(sha256) = row.sha256.clone().try_into().map(Digest) else {
                found.add(Finding::new(Code::OriginalMissing, "a row of the account of files has no SHA-256 for a key".to_owned()));
                continue;
            };
            let state = match files {
                Some(files) => runtime.block_on(look(files, sha256, &row, options.skip_originals)),
                None => Ok(Some(Code::OriginalMissing)),
            };
            let state = state.map_err(|e| VerifyError::Files(place.display().to_string(), e.to_string()))?;
            if let Some(code) = state {
                let what = if code == Code::OriginalMissing { "is not in the store, or not whole" } else { "is not what was handed in" };
                found.add(Finding::new(code, format!("the file {sha256} ({}) {what}", hex::encode(sha256.0))));
            }
        }
    }
}

/// The store, if there is one: nothing is made by looking.
fn open(place: &Path) -> Result<Option<Files>, VerifyError> {
    if !place.to_string_lossy().starts_with("s3://") && !place.exists() {
        return Ok(None);
    }
    Files::open(place).map(Some).map_err(|e| VerifyError::Files(place.display().to_string(), e.to_string()))
}

async fn look(files: &Files, sha256: Digest, row: &FileRow, skip: bool) -> std::io::Result<Option<Code>> {
    let Some(size) = files.len(sha256).await?.filter(|size| i64::try_from(*size) == Ok(row.size)) else { return Ok(Some(Code::OriginalMissing)) };
    if skip {
        return Ok(None);
    }
    let (mut state, mut steps) = (Sha256::new(), files.stream(sha256, 0..size).await?);
    while let Some(step) = steps.next().await {
        state.update(step?);
    }
    Ok((Digest(state.finalize().into()) != sha256).then_some(Code::OriginalAltered))
}
