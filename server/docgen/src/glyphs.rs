//! Which character of a document no font shows, told before a page is laid out, with the words around it.

use sync_core::document::Document;

use crate::fonts::Fonts;
use crate::press::RenderError;

/// Characters on either side that are shown with the one that is missing.
const AROUND: usize = 8;

/// An error for the first character that the fonts of the body do not show.
///
/// Titles and headings are checked by the fonts of the body too: what is not in them is drawn in the body's.
pub(crate) fn check(fonts: &Fonts, document: &Document) -> Result<(), RenderError> {
    document.texts().into_iter().try_for_each(|text| check_text(fonts, text))
}

fn check_text(fonts: &Fonts, text: &str) -> Result<(), RenderError> {
    // A break of a line is layout, as is a tab; all else must be seen.
    let missing = |c: char| !matches!(c, '\n' | '\r' | '\t') && !fonts.shows(&fonts.body, c);
    let Some(at) = text.chars().position(missing) else { return Ok(()) };
    let character = text.chars().nth(at).unwrap_or_default();
    let around = text.chars().skip(at.saturating_sub(AROUND)).take(2 * AROUND + 1).collect();
    Err(RenderError::Glyph { character, around })
}
