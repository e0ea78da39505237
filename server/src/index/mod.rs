//! The relational index beside the records: lines of lists, objects with their aliases and families, visits by organ and
//! object, cases by party, what officers did when, what is due ([`deadline`]), and the lines of each
//! that holds records ([`held`]). Written by the working set in the transaction of the
//! record ([`mod@write`]), rebuilt by `zhifa reindex` ([`rebuild()`]).
//!
//! What a record contributes is a pure reading (`sync_core::index`); only the family of an object (`root`) and the day and
//! commit of a check-in are looked up. Deliberately absent: a write to the index by anybody else.

pub mod deadline;
pub mod family;
pub mod held;
pub mod http;
mod rebuild;
pub mod write;

pub use rebuild::{Counts, is_missing, rebuild};

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use sync_core::base::Digest;
use sync_core::case;
use sync_core::credit::repair;
use sync_core::figures::{Fact, facts};
use sync_core::index::{Busy, CaseEntry, Listing, ObjectEntry, Parts, RepairEntry, busy, case_entry, listing, object_entry, parts, repair_entry};
use sync_core::object::{Alias, aliases, is_object};
use sync_core::record::{Kind, Record};
use sync_core::visit;

/// Everything that a record contributes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Contribution {
    /// Its line.
    pub listing: Listing,
    /// Its stage.
    pub stage: String,
    /// Whether something leads on from there.
    pub open: bool,
    /// Its entry and aliases, if it is an object.
    pub object: Option<(ObjectEntry, Vec<Alias>)>,
    /// Its parts, if it is a visit.
    pub parts: Option<Parts>,
    /// Its entry, if it is a case.
    pub case: Option<CaseEntry>,
    /// Its entry, if it is a repair.
    pub repair: Option<RepairEntry>,
    /// Its lines, if it is a course or a co-handling.
    pub training: Option<crate::training::index::Entry>,
    /// What it says to statistics.
    pub facts: Vec<Fact>,
    /// What officers did from when to when.
    pub busy: Vec<Busy>,
    /// Files that it names.
    pub files: BTreeSet<Digest>,
    /// The running number that it uses: series, number in it, and the whole as printed.
    pub number: Vec<(String, i64, String)>,
}

/// What a record contributes.
pub fn contribution(record: &Record, kind: &Kind) -> Contribution {
    let number = |(_, json): (&str, serde_json::Value)| {
        let series = json.get("series")?.as_str()?.to_owned();
        Some((series, json.get("seq")?.as_i64()?, json.get("no")?.as_str()?.to_owned()))
    };
    // Every candidate that stands: a number that was given twice is seen twice.
    let codes = record.with_prefix("code").filter(|(key, _)| *key == "code").flat_map(|(_, r)| r.candidates()).map(|c| ("", c.value.to_json()));
    let others = sync_core::index::members(record, "numbers.");
    let documents = sync_core::index::members(record, "documents.");
    // What a handheld numbered, and the office's document of it, are one number.
    let papers = sync_core::index::members(record, "papers.").filter_map(|(key, paper)| Some((key, paper.get("number")?.clone())));
    let mut used: Vec<(String, i64, String)> = codes.chain(others).chain(documents).chain(papers).filter_map(number).collect();
    used.sort();
    used.dedup();
    Contribution {
        listing: listing(record, kind),
        stage: record.stage().to_owned(),
        open: crate::due::is_open(kind, record.stage()),
        object: is_object(kind.name).then(|| (object_entry(record, kind), aliases(record))),
        parts: (kind.name == visit::NAME).then(|| parts(record)),
        case: (kind.name == case::NAME).then(|| case_entry(record)),
        repair: (kind.name == repair::NAME).then(|| repair_entry(record)),
        training: crate::training::index::entry(record),
        facts: facts(record),
        busy: busy(record),
        files: sync_core::evidence::named(record),
        number: used,
    }
}

impl Contribution {
    /// Equal digests are equal contributions: what did not change is not written. Keyed anew by every process, so that nobody
    /// can craft a change whose line is left as it was; never stored.
    pub fn digest(&self) -> u64 {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        KEY.hash_one(self)
    }
}
