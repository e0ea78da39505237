//! What may come next of a record: the acts of its stage, what each still lacks, and what bars it today.
//!
//! The judgement is the stage table's (`sync_core::record::possible`) and, of a case, the findings'. Deliberately absent: who may perform an
//! act ([`super::who`]), and what only the book or other visits say against it ([`super::gate`]).

use serde::Serialize;
use serde_json::{Value as Json, json};
use sync_core::base::{DeviceId, DistrictId, OfficerId};
use sync_core::protocol::codes::REASONS;
use sync_core::record::{ActCall, Actor, Exception, Kind, Reason, Record, possible};
use sync_core::schema::act_words;

/// What stands against an act.
#[derive(Debug, Clone, Serialize)]
pub struct Unmet {
    /// Its stable code.
    pub code: String,
    /// What it is about: a field, a part.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Statute article or source.
    pub basis: &'static str,
}

impl Unmet {
    /// A reason with its words.
    pub fn of(reason: &Reason, basis: &'static str) -> Unmet {
        let (zh, en) = REASONS.iter().find(|row| *row.0 == *reason.code).map_or(("", ""), |row| (row.1, row.2));
        Unmet { code: reason.code.to_string(), about: reason.about.to_string(), zh, en, basis }
    }
}

/// An act that may come next.
#[derive(Debug, Clone, Serialize)]
pub struct Next {
    /// Its name.
    pub act: &'static str,
    /// What it is called in Chinese.
    pub zh: &'static str,
    /// What it is called in English.
    pub en: &'static str,
    /// The stage that it leads to, if it leads to another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'static str>,
    /// Statute article or source.
    pub basis: &'static str,
    /// What the record lacks for it; what is given with the act is not among it.
    pub missing: Vec<Unmet>,
    /// Keys of the findings of today that bar it; absent from kinds without findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barred: Option<Vec<String>>,
}

/// The office of a district as somebody who acts.
pub fn office(district: i64) -> DeviceId {
    DeviceId::office(DistrictId(u32::try_from(district).unwrap_or(1)), 1, 0)
}

/// The acts that the office may begin for an officer, without those of `hidden`. Reasons of `given` do not count: what they ask for comes
/// with the act.
pub fn next(record: &Record, kind: &Kind, office: DeviceId, officer: &OfficerId, hidden: &[&str], given: &[&str]) -> Vec<Next> {
    let all = possible(record, kind, &Actor { device: office, officer, place: None }, &ActCall::new(""));
    let shown = all.into_iter().filter(|prospect| !hidden.contains(&prospect.act));
    shown
        .map(|prospect| {
            let (zh, en) = act_words(kind.name, prospect.act).unwrap_or((prospect.act, prospect.act));
            let against = prospect.against.iter().filter(|(reason, _)| !given.contains(&&*reason.code));
            let missing = against.map(|(reason, basis)| Unmet::of(reason, basis)).collect();
            Next { act: prospect.act, zh, en, to: prospect.to, basis: prospect.basis, missing, barred: None }
        })
        .collect()
}

/// Deeds that stand as exceptions, with what was missing.
pub fn exceptions(record: &Record) -> Vec<Json> {
    let reasons = |e: &Exception| e.reasons.iter().map(|reason| Unmet::of(reason, "")).collect::<Vec<_>>();
    Exception::open(record).into_iter().map(|(dot, e)| json!({ "dot": dot, "act": e.act, "to": e.to, "reasons": reasons(&e) })).collect()
}
