//! Papers that handhelds numbered become documents of the office: the same template, the same number, sealed like every other.
//!
//! The model is written here, in the transaction in which the paper arrives; its file is drawn in the background. Where the record lacks
//! a fact that the paper needs, a notice says so, and the next change of the record is another chance.

use serde_json::Value as Json;
use sync_core::base::Digest;
use sync_core::document::type_of;
use sync_core::record::{Draft, Record};

use super::{Ground, put};
use crate::document::ops::{self, Composed, Paper, Wanted};
use crate::document::when;
use crate::org::ops::SYSTEM;
use crate::sync::store::{StoreError, Working};

/// The class of notices about papers that cannot be drawn up.
pub const CLASS: &str = "paper_incomplete";

/// What it rests on: everything of a record that has papers, since any fact may stand on one.
pub fn basis(record: &Record) -> Digest {
    if record.with_prefix("papers.").next().is_none() {
        return Digest::ZERO;
    }
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (key, register) in record.registers().filter(|(key, _)| !key.starts_with('$') && !key.starts_with("documents.") && !key.starts_with("flags.")) {
        parts.push(key.as_bytes().to_vec());
        parts.extend(register.candidates().iter().map(|c| c.value.as_json().as_bytes().to_vec()));
    }
    parts.push(record.stage().as_bytes().to_vec());
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::tagged("zhifa.react.paper.v1", &parts)
}

/// A document for every numbered paper that has none.
pub fn react(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let mut edits = Vec::new();
    let papers = record.with_prefix("papers.").flat_map(|(key, r)| r.candidates().iter().map(move |c| (key.strip_prefix("papers.").unwrap_or_default(), c)));
    for (id, candidate) in papers.filter(|(_, c)| !c.value.is_null()) {
        let paper = candidate.value.to_json();
        let text = |member: &str| paper.get(member).and_then(Json::as_str).map(str::to_owned);
        let done = ops::standing(record).any(|(_, document)| document.get("paper").and_then(Json::as_str) == Some(id));
        let numbered = paper.get("number").and_then(|n| n.get("no")).is_some();
        let Some(sort) = text("type").filter(|_| numbered && !done) else { continue };
        // What is not decided yet is not printed: the act that comes with it is another change.
        if type_of(&sort).is_none_or(|known| when::ripe(record, known).is_err()) {
            continue;
        }
        let wanted = Wanted { sort, of: text("of"), desk: Json::Null };
        let with = Paper { id: id.to_owned(), device: candidate.dot.device, paper: paper.clone() };
        match ops::compose(store, record, &wanted, Some(&with), ground, SYSTEM)? {
            Ok(Composed { id, document }) => edits.extend(put(record, &format!("documents.{id}"), Some(&document))),
            Err(problem) => {
                tracing::info!(record = %record.id, paper = id, %problem, "a paper waits for facts");
                store.raise(CLASS, format!("{CLASS}:{}:{id}", record.id));
            }
        }
    }
    Ok(if edits.is_empty() { Vec::new() } else { vec![Draft { edits, ..Draft::of(record.id, &record.kind) }] })
}
