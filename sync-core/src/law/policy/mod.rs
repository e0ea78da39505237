//! Policies: rules that places decide for themselves, or that are in doubt. Every such number is a row with days, never a constant.
//!
//! [`POLICIES`] lists all that the program knows, with type, bounds, default and basis. A row of kind [`Kind::Policy`] sets one
//! from a day on; its key is the policy's, or `key@scope` where a domain, area or organ differs. Where no row is in force, the
//! default answers, and the answer says so. A row that this version cannot read is an error: a default must not stand in for
//! what somebody decided.
//!
//! Deliberately absent: what a policy does. Each feature asks here and acts there.

mod known;
mod lookup;
pub mod setting;
mod table;
#[cfg(test)]
mod tests;

pub use known::{Known, Mark};
pub use lookup::{
    Cap, Category, Display, HearingThreshold, Shown, VisitKind, Weights, YearBasis, cap, credit_category, display, hearing_threshold, huge_fine, random_weights, retention,
    surcharge_terms,
};
pub use setting::{Cell, Setting, TableRow, Type, Typed};
pub use table::POLICIES;

use serde::{Deserialize, Serialize};

use crate::base::ids::is_token;
use crate::base::{Date, Validity};
use crate::dated::{Body, Book, Flaw, Kind, Row};
use crate::identity::{CertificateFormat, CodeFormat, NumberFormat};

/// Most bytes of an owner, a note or a source.
const MAX_TEXT: usize = 2_000;

/// The body of rows of kind [`Kind::Policy`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The value is in doubt: everything that rests on it is shown as doubtful.
    pub doubt: bool,
    /// Remarks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The office that decides it.
    pub owner: String,
    /// Document and article that it rests on.
    pub source: String,
    /// What holds.
    pub value: Setting,
}

/// The policy of a key, and the scope after its `@`.
fn split(key: &str) -> (&str, Option<&str>) {
    key.split_once('@').map_or((key, None), |(base, scope)| (base, Some(scope)))
}

/// What the program knows of a key.
pub fn known(key: &str) -> Option<&'static Known> {
    POLICIES.iter().copied().flatten().find(|known| known.key == key)
}

impl Body for Policy {
    const KIND: Kind = Kind::Policy;

    fn check(&self, key: &str, _valid: &Validity) -> Result<(), Flaw> {
        let (base, scope) = split(key);
        let known = known(base).ok_or_else(|| Flaw::new("key", format!("'{base}' is no policy of this program; choose one of the list")))?;
        if scope.is_some_and(|scope| !is_token(scope)) {
            return Err(Flaw::new("key", "after '@' give a domain, area or organ: 1 to 64 letters, digits, '.', '_' or '-'"));
        }
        for (field, text, may_be_empty) in [("owner", &self.owner, false), ("source", &self.source, false), ("note", &self.note, true)] {
            if text.len() > MAX_TEXT || (text.trim().is_empty() && !may_be_empty) {
                return Err(Flaw::new(field, format!("give {} to {MAX_TEXT} bytes", u8::from(!may_be_empty))));
            }
        }
        known.ty.check(&self.value)?;
        match &self.value {
            Setting::Text(pattern) if known.key == CERTIFICATE_PATTERN => pattern.parse::<CertificateFormat>().map(|_| ()).map_err(|e| Flaw::new("value", e.to_string())),
            Setting::Text(pattern) if known.key == CODE_PATTERN => pattern.parse::<CodeFormat>().map(|_| ()).map_err(|e| Flaw::new("value", e.to_string())),
            Setting::Text(pattern) if known.key == NUMBER_PATTERN => pattern.parse::<NumberFormat>().map(|_| ()).map_err(|e| Flaw::new("value", e.to_string())),
            _ => Ok(()),
        }
    }
}

/// The policy that says what certificate numbers look like.
const CERTIFICATE_PATTERN: &str = "certificate.pattern";

/// What certificate numbers look like on a day (`domain.md` §9, §14 item 3).
pub fn certificate_format(book: &Book, day: Date) -> Result<Answer<CertificateFormat>, PolicyError> {
    let answer = get::<String>(book, CERTIFICATE_PATTERN, day)?;
    // A row is checked when it is entered, the default by a test.
    let format = answer.value.parse().unwrap_or_default();
    Ok(answer.map(|_| format))
}

/// The policy that says what codes of acts look like.
const CODE_PATTERN: &str = "inspection.code.pattern";

/// What codes of acts look like on a day (`domain.md` §3.8, §14 item 3).
pub fn code_format(book: &Book, day: Date) -> Result<Answer<CodeFormat>, PolicyError> {
    let answer = get::<String>(book, CODE_PATTERN, day)?;
    // A row is checked when it is entered, the default by a test.
    let format = answer.value.parse().unwrap_or_default();
    Ok(answer.map(|_| format))
}

/// The policy that says what numbers of documents look like.
const NUMBER_PATTERN: &str = "document.number.pattern";

/// What numbers of documents look like on a day (`domain.md` §8).
pub fn number_format(book: &Book, day: Date) -> Result<Answer<NumberFormat>, PolicyError> {
    let answer = get::<String>(book, NUMBER_PATTERN, day)?;
    // A row is checked when it is entered, the default by a test.
    let format = answer.value.parse().unwrap_or_default();
    Ok(answer.map(|_| format))
}

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// A row in force.
    Row {
        /// Its key: with a scope, if that is what matched.
        key: Box<str>,
        /// Its days.
        valid: Validity,
        /// What it rests on.
        source: String,
    },
    /// No row is in force.
    Default {
        /// What the default rests on.
        basis: &'static str,
    },
}

/// What a policy says on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer<T> {
    /// What holds.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
    /// It is in doubt, and what rests on it has to be shown so.
    pub doubtful: bool,
}

impl<T> Answer<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { value: f(self.value), source: self.source, doubtful: self.doubtful }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not a policy of this program.
    #[error("'{0}' is no policy of this program; choose one of the list")]
    Unknown(Box<str>),
    /// It is of another type than was asked for.
    #[error("policy {key} is of type {is}; ask for that")]
    OtherType {
        /// The policy.
        key: &'static str,
        /// Its type.
        is: &'static str,
    },
    /// The row in force was not written for this version.
    #[error("policy {key}: the row from {} cannot be used by this version ({why}); update the program, or end the row and enter it anew", .valid.from)]
    Unusable {
        /// The row's key.
        key: Box<str>,
        /// Its days.
        valid: Validity,
        /// What does not fit.
        why: String,
    },
    /// A table has no row for this.
    #[error("policy {key} has no row for {what}; add one")]
    NoRow {
        /// The policy.
        key: &'static str,
        /// What was looked for.
        what: String,
    },
}

fn read(row: &Row, known: &Known) -> Result<Policy, PolicyError> {
    let unusable = |why: String| PolicyError::Unusable { key: row.key.clone(), valid: row.valid, why };
    let policy: Policy = row.typed().ok_or_else(|| unusable("its form is unknown".into()))?;
    known.ty.check(&policy.value).map_err(|flaw| unusable(flaw.to_string()))?;
    Ok(policy)
}

/// What a policy says on a day, wherever no scope matters.
pub fn policy(book: &Book, key: &str, day: Date) -> Result<Answer<Setting>, PolicyError> {
    policy_for(book, key, &[], day)
}

/// What a policy says on a day: the row of the first of `scopes` that has one in force, else the row without scope, else the default.
pub fn policy_for(book: &Book, key: &str, scopes: &[&str], day: Date) -> Result<Answer<Setting>, PolicyError> {
    let known = known(key).ok_or_else(|| PolicyError::Unknown(key.into()))?;
    let scoped = scopes.iter().find_map(|scope| book.at(Kind::Policy, &format!("{key}@{scope}"), day));
    match scoped.or_else(|| book.at(Kind::Policy, key, day)) {
        Some(row) => {
            let Policy { doubt, source, value, .. } = read(row, known)?;
            Ok(Answer { value, source: Source::Row { key: row.key.clone(), valid: row.valid, source }, doubtful: doubt })
        }
        None => Ok(Answer { value: known.default(), source: Source::Default { basis: known.basis }, doubtful: known.mark.doubtful() }),
    }
}

/// [`policy`], as the Rust type that stands for the policy's type.
pub fn get<T: Typed>(book: &Book, key: &str, day: Date) -> Result<Answer<T>, PolicyError> {
    get_for(book, key, &[], day)
}

/// [`policy_for`], as the Rust type that stands for the policy's type.
pub fn get_for<T: Typed>(book: &Book, key: &str, scopes: &[&str], day: Date) -> Result<Answer<T>, PolicyError> {
    let known = known(key).ok_or_else(|| PolicyError::Unknown(key.into()))?;
    let answer = policy_for(book, key, scopes, day)?;
    let value = T::of(&answer.value).ok_or(PolicyError::OtherType { key: known.key, is: known.ty.name() })?;
    Ok(answer.map(|_| value))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policies: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    from: Date,
    #[serde(default)]
    until: Option<Date>,
    value: Setting,
    owner: String,
    #[serde(default)]
    note: String,
    doubt: bool,
    source: String,
}

/// The rows of a policy file: `{"policies": [{key, from, until?, value, owner, note?, doubt, source}]}`.
pub fn rows(json: &str) -> Result<Vec<Row>, Flaw> {
    let file: File = serde_json::from_str(json).map_err(|e| Flaw::new("", e.to_string()))?;
    let row = |Entry { key, from, until, value, owner, note, doubt, source }| {
        let body = Policy { doubt, note, owner, source, value };
        Row::new(&key, Validity { from, until }, &body).map_err(|flaw| Flaw::new(format!("{key} from {from}: {}", flaw.field), flaw.why))
    };
    file.policies.into_iter().map(row).collect()
}
