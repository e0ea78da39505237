//! Rows with days: everything legal is effective-dated, and all of it is kept in one way.
//!
//! A row says what holds of one thing (a matter, a power, an organ, a policy) from one day up to another. Rows of one
//! thing never overlap; a gap is allowed and can be asked for. What a row says is a typed body ([`Body`]) kept as
//! canonical JSON, so that history, import, comparison, audit and delivery to handhelds are written once, for all kinds.
//!
//! Deliberately absent: editing. A row is entered, ended, or withdrawn before its first day; what was in force stays.

mod book;
mod difference;
mod edit;

pub use book::{Book, BookError};
pub use difference::Difference;
pub use edit::Edit;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::base::{Digest, Validity};
use crate::record::Value;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A territory: key is its code.
    Area,
    /// An organ with name, seal and 代字: key is its code.
    Organ,
    /// An office, squad or unit of an organ: key is its code.
    Unit,
    /// Where an officer serves: key is the officer's id.
    Post,
    /// A certificate of qualification: key is its number.
    Certificate,
    /// A matter of the catalogue with its clauses: key is its code. Each row is one version.
    Matter,
    /// Who holds a power: key is [`crate::catalogue::power_key`].
    Power,
    /// An act by which powers change hands: key is its code.
    Transfer,
    /// Holidays and make-up working days of one year: key is the year.
    Year,
    /// A configured rule: key is one of [`crate::law::policy::POLICIES`].
    Policy,
    /// What is advised about a group of matters (合规指导清单): key is its code.
    Guidance,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Kind] =
        &[Kind::Area, Kind::Organ, Kind::Unit, Kind::Post, Kind::Certificate, Kind::Matter, Kind::Power, Kind::Transfer, Kind::Year, Kind::Policy, Kind::Guidance];

    /// The word that stands for it in URLs, files and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Area => "area",
            Kind::Organ => "organ",
            Kind::Unit => "unit",
            Kind::Post => "post",
            Kind::Certificate => "certificate",
            Kind::Matter => "matter",
            Kind::Power => "power",
            Kind::Transfer => "transfer",
            Kind::Year => "year",
            Kind::Policy => "policy",
            Kind::Guidance => "guidance",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

/// Most bytes of a key, and of a body.
pub const MAX_KEY: usize = 200;
/// Most bytes of a body.
pub const MAX_BODY: usize = 64 * 1024;

/// What is wrong with a body: the field, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Flaw {
    /// The field, as a path with dots; empty for the body as a whole.
    pub field: String,
    /// Reason and remedy.
    pub why: String,
}

impl Flaw {
    /// A flaw of a field.
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Flaw {
        Flaw { field: field.into(), why: why.into() }
    }
}

/// What a row of one kind says.
pub trait Body: Serialize + DeserializeOwned {
    /// Its kind.
    const KIND: Kind;
    /// Checks what the types cannot: lengths, codes, bounds, and whether it fits its key and days.
    fn check(&self, key: &str, valid: &Validity) -> Result<(), Flaw>;
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is about.
    pub kind: Kind,
    /// Which thing of that kind.
    pub key: Box<str>,
    /// When it holds.
    pub valid: Validity,
    /// What holds: canonical JSON of a [`Body`].
    pub body: Value,
}

impl Row {
    /// A row of a checked body.
    pub fn new<B: Body>(key: &str, valid: Validity, body: &B) -> Result<Row, Flaw> {
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Flaw::new("key", format!("give 1 to {MAX_KEY} bytes")));
        }
        if !valid.is_sound() {
            return Err(Flaw::new("until", "must be later than from"));
        }
        body.check(key, &valid)?;
        let json = serde_json::to_value(body).map_err(|e| Flaw::new("", e.to_string()))?;
        let value = Value::from_json(&json).map_err(|e| Flaw::new("", e.to_string()))?;
        if value.as_json().len() > MAX_BODY {
            return Err(Flaw::new("", format!("the body has more than {MAX_BODY} bytes")));
        }
        Ok(Row { kind: B::KIND, key: key.into(), valid, body: value })
    }

    /// Its body, typed. `None` if the row is of another kind or was written by a later version of the program.
    pub fn typed<B: Body>(&self) -> Option<B> {
        if self.kind != B::KIND {
            return None;
        }
        serde_json::from_str(self.body.as_json()).ok()
    }

    /// Names the row by all it says.
    pub fn hash(&self) -> Digest {
        let text = serde_json::to_vec(&(self.kind, &self.key, self.valid.from, self.valid.until, self.body.as_json())).unwrap_or_default();
        Digest::tagged("zhifa.dated.v1", &[&text])
    }
}
