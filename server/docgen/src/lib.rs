//! Draws a document as PDF/A-2u, by typst.
//!
//! In goes the model ([`Document`]) and nothing else: no record, no file, no network, no clock. Out comes a PDF whose bytes depend
//! on the model, the images of seals, the fonts and this build alone; the date inside is the document's, the identifier its digest.
//! What a font cannot show is an [error](RenderError::Glyph) that names the character, never a blank: PDF/A is always asked for.
//!
//! Pages follow GB/T 9704 as far as forms allow: A4, the organ above the title, the number at the right, body in size 3 (16 pt), tables in small 4
//! (12 pt) with their heads repeated, a round seal across organ and day, 第x页 共y页 below.
//!
//! Deliberately absent: OFD, signatures over the file (the digest of the file stands in the record), and fonts, which are the system's.

mod dossier;
mod fonts;
mod glyphs;
mod press;
mod world;

pub use dossier::{Dossier, PAGES};
pub use fonts::{Face, FontSettings, Fonts, NoFont};
pub use press::{Pdf, Press, RenderError};

#[doc(no_inline)]
pub use sync_core::document::Document;
