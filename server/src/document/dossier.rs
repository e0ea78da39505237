//! The file of a case (卷宗): every sealed document in one PDF, with cover, list, page numbers, bookmarks and note.
//!
//! It is a document of the record like the others, of the type `file_cover`; a later one takes the place of an earlier one, which stays
//! where it is. Void documents are not in it: they stand on the record.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, RecordId};
use sync_core::case::{self, stage};
use sync_core::document::Document;
use sync_core::record::Record;

use super::ops::{self, given};
use super::row::{self, DocumentRow, FileRow};
use super::{draw, gather, seal};
use crate::access::UserActor;
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::who;
use crate::schema::{document, document_file};
use crate::sync::store::{StoreError, Want, Working};

/// The type under which a file stands on the record.
pub const SORT: &str = "file_cover";

/// What a file was put together from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parts {
    /// 卷宗封面.
    pub cover: Document,
    /// 卷内文件目录.
    pub list: Document,
    /// 卷内备考表.
    pub note: Document,
    /// The ids of the documents, in their order.
    pub ids: Vec<String>,
}

/// A file that was put together.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    /// The record.
    pub record: RecordId,
    /// Its id on the record.
    pub id: String,
    /// How many documents are in it.
    pub documents: usize,
    /// All pages.
    pub pages: i64,
    /// SHA-256 of the PDF.
    pub digest: String,
}

/// What is in it and what it is drawn with.
struct Gathered {
    parts: Parts,
    models: Vec<Document>,
    images: BTreeMap<Digest, Vec<u8>>,
}

/// Puts the file of a case together and keeps it.
pub async fn make(app: &App, actor: &UserActor, id: RecordId) -> Result<Made, Problem> {
    let gathered = app.document_read(actor, move |store, actor, ground| gather_all(store, actor, id, ground)).await?;
    let (press, parts) = (app.press()?, gathered.parts.clone());
    let drawn = actix_web::web::block(move || draw::file(&press, &gathered.parts, &gathered.models, &gathered.images)).await??;
    let (keys, law, actor) = (app.keys.clone(), app.law(), actor.clone());
    let want = Want { records: vec![id], ..Want::default() };
    app.committer.run(want, move |store| keep(store, &actor, id, &parts, &drawn, &Ground { law: &law, keys: &keys })).await?
}

fn gather_all(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, ground: &Ground<'_>) -> Op<Gathered> {
    let record: Record = given!(ops::find(store, actor, id)?);
    given!(who::may_write(&actor.roles, &record.kind));
    if *record.kind != *case::NAME || ![stage::CLOSED, stage::NOT_FILED, stage::WITHDRAWN, stage::TRANSFERRED].contains(&record.stage()) {
        return Ok(Err(Problem::new("conflict", format!("the file is put together once the case is over; it stands at {}", record.stage()))));
    }
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let sealed = |document: &serde_json::Value| {
        let of = |member: &str| document.get(member).and_then(serde_json::Value::as_str);
        of("type") != Some(SORT) && matches!(of("state"), Some("sealed" | "signed" | "served"))
    };
    let wanted: BTreeSet<String> = ops::standing(&record).filter(|(_, d)| sealed(d)).map(|(id, _)| id.to_owned()).collect();
    let mut rows: Vec<DocumentRow> = row::models(store.tx, store.district, id)?.into_iter().filter(|row| wanted.contains(&row.id)).collect();
    // In the order in which they were made: ids count through a record.
    rows.sort_by_key(|row| row.id.rsplit_once('-').and_then(|(_, n)| n.parse::<u32>().ok()));
    let pages = ops::standing(&record).filter(|(id, _)| wanted.contains(*id)).filter_map(|(_, d)| d.get("pages").and_then(serde_json::Value::as_i64)).sum();
    if rows.is_empty() {
        return Ok(Err(Problem::new("conflict", "the case has no sealed document; draw its documents up first")));
    }
    let models: Vec<Document> = rows.iter().map(DocumentRow::model).collect::<Result<_, _>>()?;
    let mut sheets = Vec::new();
    for sort in [SORT, "file_list", "file_note"] {
        let (_, template) = given!(ops::template(sort, today));
        let facts = given!(gather::of_file(store, &record, sort, gather::File { models: &models, pages, by: actor }, today, ground)?);
        sheets.push(given!(template.render(&facts).map_err(|missing| ops::lacks(sort, &missing))));
    }
    let Ok([cover, list, note]) = <[Document; 3]>::try_from(sheets) else { return Err(StoreError::Broken("a file has three sheets".into())) };
    let mut needs: Vec<Digest> = models.iter().chain([&cover, &list, &note]).flat_map(|model| model.seal_images().collect::<Vec<_>>()).collect();
    needs.sort();
    needs.dedup();
    let images = seal::images(store.tx, store.district, &needs)?;
    let parts = Parts { cover, list, note, ids: rows.into_iter().map(|row| row.id).collect() };
    Ok(Ok(Gathered { parts, models, images }))
}

fn keep(store: &mut Working<'_, '_>, actor: &UserActor, record: RecordId, parts: &Parts, drawn: &draw::Drawn, ground: &Ground<'_>) -> Op<Made> {
    let found = given!(ops::find(store, actor, record)?);
    let digest = Digest::plain(&drawn.pdf);
    let made = |id: &str| Made { record, id: id.to_owned(), documents: parts.ids.len(), pages: drawn.pages, digest: digest.to_string() };
    let same = |document: &serde_json::Value| document.get("digest").and_then(serde_json::Value::as_str) == Some(&*digest.to_string());
    if let Some((id, _)) = ops::standing(&found).find(|(_, document)| same(document)) {
        return Ok(Ok(made(id)));
    }
    let id = format!("{SORT}-{}", ops::standing(&found).count() + 1);
    let model = serde_json::to_string(parts).map_err(|e| StoreError::Broken(e.to_string()))?;
    let (district, key) = (store.district, record.to_bytes().to_vec());
    let row = DocumentRow { district, record: key.clone(), id: id.clone(), sort: SORT.into(), model, made_ms: store.now.0, made_by: actor.officer.to_string() };
    let file = FileRow { district, record: key, id: id.clone(), pdf: drawn.pdf.clone(), sha256: digest.0.to_vec(), pages: drawn.pages, sealed_ms: store.now.0 };
    on!(store.tx, |c| diesel::insert_into(document::table).values(&row).execute(c))?;
    on!(store.tx, |c| diesel::insert_into(document_file::table).values(&file).execute(c))?;
    let value = json!({
        "at_ms": store.now.0, "by": actor.officer, "digest": digest.to_string(), "model": parts.cover.digest().to_string(), "pages": drawn.pages, "state": "sealed", "type": SORT,
        "version": parts.cover.version,
    });
    given!(ops::put(store, &found, vec![(format!("documents.{id}"), value)], actor.officer.as_str(), ground)?);
    store.note(
        Deed::of(&actor.officer, "document.file", format!("record:{record}"))
            .with(json!({ "id": id, "documents": parts.ids.len(), "pages": drawn.pages, "digest": digest.to_string() })),
    );
    Ok(Ok(made(&id)))
}
