//! From models to the bytes of a PDF.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use sync_core::base::{Date, Digest, qr};
use sync_core::document::{Block, Document, Seal, Stamp};
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::fonts::{Face, Fonts};
use crate::glyphs;
use crate::world::Desk;

/// Runs of typst for which what it remembers between them is kept.
const REMEMBERED: usize = 8;

/// Why there is no PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No font shows a character.
    #[error("no font shows U+{:04X} in “{around}”; correct the text, or add a font that has it with --font-folder and --font-body", u32::from(*character))]
    Glyph {
        /// Which.
        character: char,
        /// The words around it.
        around: String,
    },
    /// The image of a seal was not given.
    #[error("the image of the seal {0} is not here; upload the organ's seal again")]
    NoSeal(Digest),
    /// A QR code holds less than this text.
    #[error("{0}")]
    Qr(String),
    /// The layout failed: a fault of this program.
    #[error("the layout failed: {0}")]
    Layout(String),
}

/// A finished PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
}

/// Draws documents with one set of fonts; cheap to clone and to share between threads. A call takes 10 to 100 ms of CPU: keep it off
/// the threads that answer requests.
#[derive(Clone)]
pub struct Press {
    fonts: Arc<Fonts>,
}

impl Press {
    /// A press with these fonts.
    pub fn new(fonts: Fonts) -> Press {
        Press { fonts: Arc::new(fonts) }
    }

    /// A face for labels on pictures.
    pub fn label(&self) -> Option<Face> {
        self.fonts.label()
    }

    /// A document as PDF/A-2u. `seals` has the PNG of every seal that the model names, by digest.
    pub fn render(&self, document: &Document, seals: &BTreeMap<Digest, Vec<u8>>) -> Result<Pdf, RenderError> {
        let ident = format!("{}/{}", document.code, document.digest());
        self.print(&[document], json!({"whole": false}), seals, &document.title, document.dated, ident)
    }

    /// Several documents in one file, by what `more` says of them to the layout.
    pub(crate) fn print(&self, documents: &[&Document], mut more: Value, seals: &BTreeMap<Digest, Vec<u8>>, title: &str, dated: Date, ident: String) -> Result<Pdf, RenderError> {
        let mut pictures = Pictures { seals, files: Vec::new() };
        let mut models = Vec::with_capacity(documents.len());
        for document in documents {
            glyphs::check(&self.fonts, document)?;
            models.push(pictures.named(document)?);
        }
        if let Some(members) = more.as_object_mut() {
            members.insert("documents".to_owned(), models.into());
            members.insert("title".to_owned(), title.into());
            members.insert("dated".to_owned(), json!([dated.year(), dated.month(), dated.day()]));
            let fonts = &self.fonts;
            members.insert("fonts".to_owned(), json!({"body": fonts.body, "heading": with_body(&fonts.heading, fonts), "title": with_body(&fonts.title, fonts)}));
        }
        pictures.files.push(("model.json".to_owned(), more.to_string().into_bytes()));
        let desk = Desk::new(&self.fonts, pictures.files).ok_or_else(|| RenderError::Layout("a file has no name".to_owned()))?;
        let made = typst::compile::<PagedDocument>(&desk).output.map_err(|errors| layout(&errors)).and_then(|paged| {
            let standards = PdfStandards::new(&[PdfStandard::A_2u]).map_err(|e| RenderError::Layout(e.message().to_string()))?;
            let options = PdfOptions { ident: Smart::Custom(ident), creator: Smart::Custom(Some("zhifa".to_owned())), standards, ..PdfOptions::default() };
            let bytes = typst_pdf::pdf(&paged, &options).map_err(|errors| layout(&errors))?;
            Ok(Pdf { bytes, pages: paged.pages().len() })
        });
        typst::comemo::evict(REMEMBERED);
        made
    }
}

/// A family list that ends in the body's, so that a character that only the body has is drawn in it.
fn with_body(families: &[String], fonts: &Fonts) -> Vec<String> {
    families.iter().chain(fonts.body.iter().filter(|family| !families.contains(family))).cloned().collect()
}

/// The pictures of a run, numbered: the names of files must not depend on what is drawn.
struct Pictures<'a> {
    seals: &'a BTreeMap<Digest, Vec<u8>>,
    files: Vec<(String, Vec<u8>)>,
}

impl Pictures<'_> {
    fn add(&mut self, ending: &str, data: Vec<u8>) -> Value {
        let name = format!("picture-{}.{ending}", self.files.len());
        self.files.push((name.clone(), data));
        name.into()
    }

    /// The model as the layout reads it: seals and QR codes say which picture they are.
    fn named(&mut self, document: &Document) -> Result<Value, RenderError> {
        let mut value = serde_json::to_value(document).map_err(|e| RenderError::Layout(e.to_string()))?;
        let values = value.get_mut("blocks").and_then(Value::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default();
        for (block, value) in document.blocks.iter().zip(values) {
            let picture = match block {
                Block::Qr { text, .. } => self.add("svg", qr(text).map_err(|e| RenderError::Qr(e.to_string()))?.into_bytes()),
                Block::Seal(Seal { stamp: Stamp::Image(digest), .. }) => {
                    let image = self.seals.get(digest).ok_or(RenderError::NoSeal(*digest))?;
                    self.add("png", image.clone())
                }
                _ => continue,
            };
            if let Some(members) = value.as_object_mut() {
                members.insert("picture".to_owned(), picture);
            }
        }
        Ok(value)
    }
}

fn layout(errors: &[SourceDiagnostic]) -> RenderError {
    let said: Vec<String> = errors.iter().map(|error| error.message.to_string()).collect();
    RenderError::Layout(said.join("; "))
}
