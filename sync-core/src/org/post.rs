//! Posts (岗位): where an officer serves.

use serde::{Deserialize, Serialize};

use super::Unit;
use super::check::{token, token_if};
use super::unit::command;
use crate::base::{Date, OfficerId, Validity};
use crate::dated::{Body, Book, Flaw, Kind};

/// Where an officer serves. Key: the officer's id. Nothing personal: names are kept with the roster.
///
/// An officer may be posted elsewhere than the unit; then what stands here goes before what stands in the unit's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The organ that commands the officer on site; absent: the one posted to, else as the unit's row says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_org: Option<Box<str>>,
    /// The organ for which the officer keeps contact with the guidance office (部门联络员).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liaison_of: Option<Box<str>>,
    /// The organ that the officer alone is posted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted_to: Option<Box<str>>,
    /// The unit.
    pub unit: Box<str>,
}

impl Body for Post {
    const KIND: Kind = Kind::Post;

    fn check(&self, key: &str, _: &Validity) -> Result<(), Flaw> {
        key.parse::<OfficerId>().map_err(|e| Flaw::new("key", format!("{e}")))?;
        token("unit", &self.unit)?;
        token_if("liaison_of", self.liaison_of.as_deref())?;
        command(self.command_org.as_deref(), self.posted_to.as_deref())
    }
}

/// The unit in which an officer serves on a day.
pub fn unit_of(book: &Book, officer: &OfficerId, day: Date) -> Option<Box<str>> {
    book.get::<Post>(officer.as_str(), day).map(|post| post.unit)
}

/// The organ that commands an officer on site on a day (ZJ Reg art 9): by the post, else by the unit.
pub fn commander_of(book: &Book, officer: &OfficerId, day: Date) -> Option<Box<str>> {
    let post = book.get::<Post>(officer.as_str(), day)?;
    post.command_org.or(post.posted_to).or_else(|| book.get::<Unit>(&post.unit, day).map(|unit| unit.commanded_by().into()))
}
