//! Documents: what a record says was drawn up and sealed is there, and is what was sealed.
//!
//! The record's own word is signed and in the log, so a model or a file that was exchanged in the tables is found by its digest.

use diesel::prelude::*;
use serde_json::Value as Json;
use sync_core::base::Digest;
use sync_core::index::members;
use sync_core::record::Record;

use super::finding::{Code, Finding, Findings};
use super::{Ground, VerifyError};
use crate::document::row::named_by;
use crate::on;
use crate::schema::{document, document_file};

/// Compares the documents that a record names with what is kept of them.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings, truth: &Record, key: &[u8]) -> Result<(), VerifyError> {
    let district = ground.district;
    for (id, named) in members(truth, "documents.") {
        let said = |member: &str| named.get(member).and_then(Json::as_str).unwrap_or_default();
        let mut add = |code: Code, what: &str| {
            let field = format!("documents.{id}");
            found.add(Finding::new(code, format!("record {}: of its document {id} {what}", truth.id)).on(truth.id).field(&field));
        };
        let model: Option<String> = on!(ground.tx, |c| document::table.find((district, key, id)).select(document::model).first(c).optional())?;
        match model.map(|text| named_by(&text).map(|digest| digest.to_string())) {
            None => add(Code::DocumentMissing, "the model is gone"),
            Some(digest) if digest.as_deref() != Some(said("model")) => add(Code::DocumentAltered, "the model is not the one that was written with its number"),
            Some(_) => {}
        }
        if said("digest").is_empty() {
            continue;
        }
        type File = (Vec<u8>, Vec<u8>, i64);
        let columns = (document_file::pdf, document_file::sha256, document_file::pages);
        let file: Option<File> = on!(ground.tx, |c| document_file::table.find((district, key, id)).select(columns).first(c).optional())?;
        match file {
            None => add(Code::DocumentMissing, "the file is gone"),
            Some((pdf, sha256, pages)) => {
                let digest = Digest::plain(&pdf);
                if digest.to_string() != said("digest") || digest.0[..] != sha256[..] || named.get("pages").and_then(Json::as_i64) != Some(pages) {
                    add(Code::DocumentAltered, "the file is not the one that was sealed");
                }
            }
        }
    }
    Ok(())
}
