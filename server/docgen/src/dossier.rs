//! The whole file of a case (卷宗) as one PDF.

use std::collections::BTreeMap;

use serde_json::json;
use sync_core::base::Digest;
use sync_core::document::{Block, Document};

use crate::press::{Pdf, Press, RenderError};

/// Head of the column of the file's list that says on which pages a document stands; the cells below it are filled in when they are empty.
pub const PAGES: &str = "页次";

/// A file: cover, list, the documents in the order of the list, and the note at the end. Cover, list and note bear no page number; the
/// documents are counted through, at the upper right of their pages, and each keeps its own 第x页 共y页.
#[derive(Debug, Clone)]
pub struct Dossier<'a> {
    /// 卷宗封面
    pub cover: &'a Document,
    /// 卷内文件目录: its first table with a column [`PAGES`] has one row for each document, in order.
    pub list: &'a Document,
    /// The documents.
    pub documents: Vec<&'a Document>,
    /// 卷内备考表
    pub note: &'a Document,
}

impl Press {
    /// A file as PDF/A-2u, with a bookmark for every document.
    pub fn dossier(&self, dossier: &Dossier<'_>, seals: &BTreeMap<Digest, Vec<u8>>) -> Result<Pdf, RenderError> {
        let rows = dossier.list.blocks.iter().find_map(|block| match block {
            Block::Table { columns, rows } if columns.iter().any(|column| column.title == PAGES) => Some(rows.len()),
            _ => None,
        });
        if rows != Some(dossier.documents.len()) {
            let said = rows.map_or("no table with a column 页次".to_owned(), |rows| format!("{rows} rows for {} documents", dossier.documents.len()));
            return Err(RenderError::Layout(format!("the list of the file has {said}")));
        }
        let mut all = vec![dossier.cover, dossier.list];
        all.extend(&dossier.documents);
        all.push(dossier.note);
        let digests: Vec<[u8; 32]> = all.iter().map(|document| document.digest().0).collect();
        let parts: Vec<&[u8]> = digests.iter().map(<[u8; 32]>::as_slice).collect();
        let ident = format!("dossier/{}", Digest::tagged("zhifa-dossier-v1", &parts));
        self.print(&all, json!({"whole": true, "pages": PAGES}), seals, &dossier.cover.title, dossier.cover.dated, ident)
    }
}
