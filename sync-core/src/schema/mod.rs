//! The registry of kinds: every field table and stage table of the program, in one list.
//!
//! The tables themselves stand with what they describe (`visit`, `case`, and the site here). What travels names the
//! version of the table its author had; a newer one than this program knows makes a change wait, never fail.

mod site;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

use crate::record::Kinds;

pub use site::{ALIASES, KIND as SITE};

/// All kinds of record that this program knows: `site`, `visit`, `case`.
pub fn kinds() -> Kinds {
    Kinds::new(vec![&site::KIND, &crate::visit::KIND, &crate::case::KIND])
}
