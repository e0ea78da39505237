//! The registry of kinds: every field table and stage table of the program, in one list.
//!
//! The tables themselves stand with what they describe. What travels names the
//! version of the table its author had; a newer one than this program knows makes a change wait, never fail.

#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;
mod words;

pub use words::{act_words, kind_words, stage_words, stages};

use crate::record::Kinds;

/// All kinds of record that this program knows.
pub fn kinds() -> Kinds {
    Kinds::new(vec![
        &crate::object::SITE,
        &crate::object::SUBJECT,
        &crate::visit::KIND,
        &crate::case::KIND,
        &crate::plan::kind::KIND,
        &crate::invitation::KIND,
        &crate::liaison::KIND,
        &crate::credit::repair::KIND,
        &crate::training::course::KIND,
        &crate::training::cohandling::KIND,
    ])
}
