//! What changes say of files and documents: read alike when a package is made and when it is checked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use sync_core::base::{Digest, RecordId};
use sync_core::evidence;
use sync_core::record::Change;

/// Registers whose values may name files.
const NAMING: &[&str] = &["application", "attachments.", "evidence.", "materials.", "photos."];
/// Registers of documents.
const DOCUMENTS: &str = "documents.";
/// How deep a value is looked into.
const DEPTH: u32 = 8;

/// What changes name.
#[derive(Debug, Default)]
pub struct Facts {
    /// Files: which registers of which records named them, ever.
    pub files: BTreeMap<Digest, BTreeSet<(RecordId, String)>>,
    /// Documents by record and id: the digests that they were sealed under.
    pub papers: BTreeMap<(RecordId, String), BTreeSet<Digest>>,
}

impl Facts {
    /// Reads a change.
    pub fn add(&mut self, change: &Change<'_>) {
        for edit in &change.edits {
            if !NAMING.iter().chain(&[DOCUMENTS]).any(|prefix| edit.field.starts_with(prefix)) {
                continue;
            }
            let Ok(value) = serde_json::from_str::<Json>(edit.value) else { continue };
            if let Some(id) = edit.field.strip_prefix(DOCUMENTS) {
                let digest = value.get("digest").and_then(Json::as_str).and_then(evidence::digest);
                self.papers.entry((change.record, id.to_owned())).or_default().extend(digest);
            } else {
                self.gather(&value, change.record, edit.field, DEPTH);
            }
        }
    }

    fn gather(&mut self, value: &Json, record: RecordId, field: &str, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Json::Object(members) => {
                if let Some(sha256) = members.get("sha256").and_then(Json::as_str).and_then(evidence::digest) {
                    self.files.entry(sha256).or_default().insert((record, field.to_owned()));
                }
                members.values().for_each(|inner| self.gather(inner, record, field, depth));
            }
            Json::Array(list) => list.iter().for_each(|inner| self.gather(inner, record, field, depth)),
            _ => {}
        }
    }
}
