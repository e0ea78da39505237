//! The templates of this build, and which of them holds on a day.

use std::sync::LazyLock;

use super::engine::{Flaw, Template};
use crate::base::Date;

macro_rules! embedded {
    ($($file:literal),* $(,)?) => { &[$(($file, include_str!(concat!("templates/", $file, ".txt")))),*] };
}

/// Every version of every template, by file name, in order.
const EMBEDDED: &[(&str, &str)] = embedded!["penalty_decision.v1", "site_record.v1",];

static ALL: LazyLock<Vec<(&'static str, Result<Template, Flaw>)>> = LazyLock::new(|| EMBEDDED.iter().map(|(name, text)| (*name, Template::parse(text))).collect());

/// Every template of this build with its file name, or what is wrong with it; a test reads them all.
pub fn templates() -> impl Iterator<Item = (&'static str, Result<&'static Template, &'static Flaw>)> {
    ALL.iter().map(|(name, template)| (*name, template.as_ref()))
}

/// The template of a type that holds on a day: the version with the latest first day up to it.
pub fn template_of(code: &str, day: Date) -> Option<&'static Template> {
    let held = templates().filter_map(|(_, template)| template.ok()).filter(|t| t.front().code == code && t.front().from <= day);
    held.max_by_key(|t| (t.front().from, t.front().version))
}

/// A given version of the template of a type: what a document that is already sealed was made of.
pub fn template_version(code: &str, version: u32) -> Option<&'static Template> {
    templates().filter_map(|(_, template)| template.ok()).find(|t| t.front().code == code && t.front().version == version)
}
