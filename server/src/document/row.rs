//! Documents as they are stored: models, and the files that were drawn from them. Both are only ever added.

use diesel::prelude::*;
use sync_core::base::{Digest, RecordId};
use sync_core::document::Document;

use super::dossier::Parts;
use crate::base::db::Tx;
use crate::on;
use crate::schema::{document, document_file};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// A model, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = document, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct DocumentRow {
    pub district: i64,
    pub record: Vec<u8>,
    pub id: String,
    pub sort: String,
    pub model: String,
    pub made_ms: i64,
    pub made_by: String,
}

impl DocumentRow {
    /// The record that it belongs to.
    pub fn record(&self) -> Result<RecordId, StoreError> {
        record_id(&self.record)
    }

    /// What stands on it.
    pub fn model(&self) -> Result<Document, StoreError> {
        serde_json::from_str(&self.model).map_err(|e| StoreError::Broken(format!("document {}: {e}", self.id)))
    }
}

/// The digest by which a record names a stored model: its own; that of the cover, of the file of a case.
pub fn named_by(model: &str) -> Option<Digest> {
    let own = serde_json::from_str::<Document>(model).map(|model| model.digest());
    own.or_else(|_| serde_json::from_str::<Parts>(model).map(|parts| parts.cover.digest())).ok()
}

/// A file, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = document_file, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct FileRow {
    pub district: i64,
    pub record: Vec<u8>,
    pub id: String,
    pub pdf: Vec<u8>,
    pub sha256: Vec<u8>,
    pub pages: i64,
    pub sealed_ms: i64,
}

/// The model of a document of a record.
pub fn model(tx: &mut Tx<'_>, district: i64, record: RecordId, id: &str) -> Result<Option<DocumentRow>, StoreError> {
    let key = record.to_bytes().to_vec();
    Ok(on!(tx, |c| document::table.find((district, &key, id)).select(DocumentRow::as_select()).first(c).optional())?)
}

/// The models of a record, in the order in which they were made.
pub fn models(tx: &mut Tx<'_>, district: i64, record: RecordId) -> Result<Vec<DocumentRow>, StoreError> {
    let key = record.to_bytes().to_vec();
    Ok(on!(tx, |c| document::table
        .filter(document::district.eq(district))
        .filter(document::record.eq(&key))
        .order((document::made_ms, document::id))
        .select(DocumentRow::as_select())
        .load(c))?)
}

/// The file of a document of a record.
pub fn file(tx: &mut Tx<'_>, district: i64, record: RecordId, id: &str) -> Result<Option<FileRow>, StoreError> {
    let key = record.to_bytes().to_vec();
    Ok(on!(tx, |c| document_file::table.find((district, &key, id)).select(FileRow::as_select()).first(c).optional())?)
}

/// Models made since an instant (UTC milliseconds) from which no file was drawn yet, the oldest first.
pub fn waiting(tx: &mut Tx<'_>, district: i64, since: i64, most: i64) -> Result<Vec<DocumentRow>, StoreError> {
    let drawn =
        document_file::table.filter(document_file::district.eq(document::district)).filter(document_file::record.eq(document::record)).filter(document_file::id.eq(document::id));
    Ok(on!(tx, |c| document::table
        .filter(document::district.eq(district))
        .filter(document::made_ms.ge(since))
        .filter(diesel::dsl::not(diesel::dsl::exists(drawn)))
        .order((document::made_ms, document::record, document::id))
        .limit(most)
        .select(DocumentRow::as_select())
        .load(c))?)
}
