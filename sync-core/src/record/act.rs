//! Acts as they travel, and the registers in which the engine keeps their effects.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{Dot, Reason, Record, Value};
use crate::base::ids::is_token;

/// Acts that every kind has.
pub mod act_names {
    /// A reviewer declares that a dot will never come; what waits for it applies.
    pub const WAIVE: &str = "waive";
    /// Lifts seals, with a reason; what follows needs a new signature.
    pub const REOPEN: &str = "reopen";
    /// A reviewer lets an excepted deed stand.
    pub const CONFIRM: &str = "confirm";
    /// A reviewer takes an excepted deed back.
    pub const REVOKE: &str = "revoke";
}

/// Keys of the engine's own registers.
pub mod engine_key {
    use super::Dot;

    /// Prefix of all seals.
    pub const SEALS: &str = "$seal.";
    /// Prefix of all open exceptions.
    pub const EXCEPTIONS: &str = "$exception.";
    /// Prefix of all waived dots.
    pub const WAIVED: &str = "$waived.";

    /// The register of the seals of one part of a record.
    pub fn seal(part: &str) -> String {
        format!("{SEALS}{part}")
    }

    /// The register of one excepted deed.
    pub fn exception(dot: Dot) -> String {
        format!("{EXCEPTIONS}{dot}")
    }

    /// The register of one waived dot.
    pub fn waived(dot: Dot) -> String {
        format!("{WAIVED}{dot}")
    }
}

/// The part of a seal that covers the whole record.
pub const WHOLE: &str = "whole";

/// What was before the eyes of those who signed or decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealBody {
    /// For each device, its newest change that the author had before him.
    pub covers: Vec<Dot>,
    /// Field by field, the canonical values that were shown: a map from key to value.
    pub shown: Value,
}

/// An act as it travels in a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActCall {
    /// Its name in the stage table, or one of [`act_names`].
    pub name: Box<str>,
    /// The part of the record it concerns (a department that signs its items); the whole if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Box<str>>,
    /// For waive, confirm and revoke: the dot concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dot: Option<Dot>,
    /// Why; required for waive, reopen, confirm and revoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// For acts that seal: what was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<SealBody>,
    /// The seals that a new seal or a reopening takes the place of, as shown to its author.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<Dot>,
}

impl ActCall {
    /// A plain act.
    pub fn new(name: &str) -> ActCall {
        ActCall { name: name.into(), part: None, dot: None, reason: None, seal: None, replaces: Vec::new() }
    }

    /// An act of a reviewer about one dot.
    pub fn about(name: &str, dot: Dot, reason: &str) -> ActCall {
        ActCall { dot: Some(dot), reason: Some(reason.into()), ..ActCall::new(name) }
    }

    /// The name of the part, `whole` if none is given.
    pub fn part(&self) -> &str {
        self.part.as_deref().unwrap_or(WHOLE)
    }

    /// Checks what can be checked without the record.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.part.as_deref().is_some_and(|p| !is_token(p)) {
            return Err("part must be a token".into());
        }
        let needs_reason = [act_names::WAIVE, act_names::REOPEN, act_names::CONFIRM, act_names::REVOKE].contains(&&*self.name);
        let reason = self.reason.as_deref().unwrap_or("").trim();
        if needs_reason && reason.is_empty() {
            return Err(format!("{} needs a reason", self.name));
        }
        if reason.len() > 2_000 {
            return Err("the reason is longer than 2,000 bytes".into());
        }
        if [act_names::WAIVE, act_names::CONFIRM, act_names::REVOKE].contains(&&*self.name) && self.dot.is_none() {
            return Err(format!("{} needs the dot it is about", self.name));
        }
        if let Some(seal) = &self.seal
            && !seal.shown.as_json().starts_with('{')
        {
            return Err("seal.shown must be a map from field to value".into());
        }
        Ok(())
    }
}

/// What a seal register's candidate holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredSeal {
    pub(crate) act: Box<str>,
    pub(crate) covers: Vec<Dot>,
    pub(crate) shown: BTreeMap<Box<str>, Value>,
}

/// A deed whose guard was not met: recorded, and in the way of what follows until a reviewer decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The act.
    pub act: Box<str>,
    /// The stage that it would have led to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Box<str>>,
    /// What was not met.
    pub reasons: Vec<Reason>,
}

impl Exception {
    /// The open exceptions of a record, by the dot of the deed.
    pub fn open(record: &Record) -> Vec<(Dot, Exception)> {
        let mut out = Vec::new();
        for (_, register) in record.with_prefix(engine_key::EXCEPTIONS) {
            for c in register.candidates().iter().filter(|c| !c.value.is_null()) {
                if let Ok(exception) = serde_json::from_str(c.value.as_json()) {
                    out.push((c.dot, exception));
                }
            }
        }
        out
    }
}
