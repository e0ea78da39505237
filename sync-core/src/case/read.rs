//! Reading a case: values of fields with their types, for whoever reckons with them.
//!
//! A contested field reads as nothing: what is disputed is no ground for a reckoning.

use serde_json::Value as Json;

use super::{KIND, standing};
use crate::base::date::day_of;
use crate::base::money::Fen;
use crate::base::{Date, UtcMs};
use crate::record::{Record, read_field};

/// A case's record, to be read.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The record.
    pub record: &'a Record,
}

impl<'a> View<'a> {
    /// The view of a record of the kind `case`.
    pub fn of(record: &'a Record) -> View<'a> {
        View { record }
    }

    /// The stage.
    pub fn stage(&self) -> &'a str {
        self.record.stage()
    }

    /// A field as JSON; null if it is absent or contested.
    pub fn json(&self, key: &str) -> Json {
        read_field(self.record, &KIND, key).value().map(|v| v.to_json()).unwrap_or_default()
    }

    /// A text that says something.
    pub fn text(&self, key: &str) -> Option<String> {
        self.json(key).as_str().filter(|t| !t.trim().is_empty()).map(str::to_owned)
    }

    /// A date.
    pub fn day(&self, key: &str) -> Option<Date> {
        self.json(key).as_str()?.parse().ok()
    }

    /// A member of a map that is text.
    pub fn word(&self, key: &str, member: &str) -> Option<String> {
        self.json(key).get(member)?.as_str().filter(|t| !t.trim().is_empty()).map(str::to_owned)
    }

    /// A member of a map that is a number.
    pub fn number(&self, key: &str, member: &str) -> Option<i64> {
        self.json(key).get(member)?.as_i64()
    }

    /// Whether a member of a map is true.
    pub fn yes(&self, key: &str, member: &str) -> bool {
        self.json(key).get(member).and_then(Json::as_bool) == Some(true)
    }

    /// The day in Asia/Shanghai of a member that is an instant.
    pub fn day_of(&self, key: &str, member: &str) -> Option<Date> {
        day_of(UtcMs(self.number(key, member)?))
    }

    /// The members of a collection that stand: key without prefix, and a value each.
    pub fn all(&self, prefix: &'a str) -> impl Iterator<Item = (&'a str, Json)> {
        standing(self.record, prefix)
    }

    /// All fines together.
    pub fn fines(&self) -> Fen {
        let fine = |json: &Json| if json.get("kind").and_then(Json::as_str) == Some("fine") { json.get("amount_fen").and_then(Json::as_i64).unwrap_or(0) } else { 0 };
        Fen(self.all("penalties.").map(|(_, p)| fine(&p)).fold(fine(&self.json("penalty")), i64::saturating_add))
    }

    /// The officers who handle the case: with a certificate, no auxiliaries, none who is out of it by recusal.
    pub fn handlers(&self) -> Vec<&'a str> {
        super::guards::handlers(self.record).collect()
    }
}
