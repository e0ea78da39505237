//! What is visited: sites and subjects, under all names and numbers by which departments know them (`domain.md` §3.5).
//!
//! Objects that turn out to be one are linked by `joined_into`; both records keep applying, and whoever asks for one finds the
//! root. Deliberately absent: deletion, and a merge of their fields into one record.

mod alias;
pub mod duplicate;
mod site;
mod subject;
pub mod warning;

pub use alias::{Alias, AliasKind, aliases};
pub use site::KIND as SITE;
pub use subject::KIND as SUBJECT;

use crate::base::RecordId;
use crate::record::{Record, Type};

/// 无事不扰 (never drawn at random), 随机抽查, 重点监管 (covered in full).
pub const LISTS: &[&str] = &["left_alone", "random", "key"];
/// Risk of an object, least first.
pub const RISKS: &[&str] = &["low", "medium", "high"];
/// Credit of a subject, best first.
pub const CREDITS: &[&str] = &["a", "b", "c", "d"];

/// An alias: its kind and its value as written on paper; its key is of the author's choosing.
const ALIAS: Type = Type::Map(&[("kind", Type::Enum(AliasKind::WORDS)), ("value", Type::Text(200))]);
/// Under the id of another object: who said that it is not this one, and why.
const DISTINCT: Type = Type::Map(&[("by", Type::Token), ("reason", Type::Text(500))]);

/// Whether records of a kind are objects.
pub fn is_object(kind: &str) -> bool {
    kind == SITE.name || kind == SUBJECT.name
}

/// The record that an object was joined into, if it was.
pub fn joined_into(record: &Record) -> Option<RecordId> {
    let kind = if *record.kind == *SITE.name { &SITE } else { &SUBJECT };
    crate::record::read_field(record, kind, "joined_into").value()?.as_text()?.parse().ok()
}
