//! The registry of kinds: every field table and stage table of the program, in one list.
//!
//! The tables themselves stand with what they describe. What travels names the
//! version of the table its author had; a newer one than this program knows makes a change wait, never fail.

#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

use crate::record::Kinds;

/// What kinds of record are called: name, Chinese, English.
const WORDS: &[(&str, &str, &str)] = &[
    ("site", "场所", "Site"),
    ("subject", "主体", "Subject"),
    ("visit", "现场检查", "Visit"),
    ("case", "案件", "Case"),
    ("plan", "检查计划", "Plan"),
    ("invitation", "邀约", "Invitation"),
    ("liaison", "协作配合", "Liaison"),
    ("repair", "信用修复", "Repair"),
    ("course", "培训", "Course"),
    ("cohandling", "首案共办", "Co-handling"),
];

/// What a kind is called: Chinese, English.
pub fn kind_words(kind: &str) -> Option<(&'static str, &'static str)> {
    WORDS.iter().find(|row| row.0 == kind).map(|row| (row.1, row.2))
}

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
