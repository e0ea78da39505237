//! What travels to a replica: a record's head and the registers that changed since a commit.

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};

use super::register::{By, Candidate, Register};
use super::{Dot, FieldKey, Record, Seen, Value};
use crate::base::{DeviceId, RecordId};

/// A record delta as received.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RecordDelta {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Box<str>,
    /// Its stage.
    pub stage: Box<str>,
    /// Commit number of its last change.
    pub commit: u64,
    /// Its checksum after the delta; the replica compares.
    pub sum: u64,
    /// How far each device is in.
    pub seen: Seen,
    /// Whether the registers are all there are, or only those that changed.
    pub whole: bool,
    /// The registers.
    pub registers: Vec<RegisterDelta>,
}

/// One register as it travels: `[key, touched, [[device, seq, commit, value, by?]…]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "(String, u64, Vec<WireCandidate>)")]
pub struct RegisterDelta {
    /// The field.
    pub key: String,
    /// Its new content.
    pub register: Register,
}

#[derive(Deserialize)]
struct WireCandidate(DeviceId, u64, u64, Value, #[serde(default)] Option<By>);

impl From<(String, u64, Vec<WireCandidate>)> for RegisterDelta {
    fn from((key, touched, candidates): (String, u64, Vec<WireCandidate>)) -> Self {
        let candidates = candidates.into_iter().map(|WireCandidate(device, seq, commit, value, by)| Candidate { dot: Dot::new(device, seq), commit, value, by: by.map(Box::new) });
        RegisterDelta { key, register: Register::from_parts(touched, candidates.collect()) }
    }
}

/// A record delta as sent: borrows from the record and writes only what changed after `since`.
pub struct DeltaOf<'a> {
    record: &'a Record,
    since: Option<u64>,
}

impl Record {
    /// What a replica lacks that has this record as of commit `since`; all of it if it has none.
    pub fn delta(&self, since: Option<u64>) -> DeltaOf<'_> {
        DeltaOf { record: self, since }
    }

    /// Brings a mirror up to date: a whole delta makes the record anew, another one writes over it.
    pub fn merge_delta(mirror: Option<Record>, delta: RecordDelta) -> Record {
        let base = mirror.filter(|m| !delta.whole && m.kind == delta.kind);
        let mut record = base.unwrap_or_else(|| Record::new(delta.record, &delta.kind, &delta.stage));
        record.set_stage(&delta.stage);
        for r in delta.registers {
            record.put(FieldKey::trusted(&r.key), r.register);
        }
        for dot in delta.seen.iter() {
            record.raise_seen(dot, delta.commit);
        }
        record.set_commit(delta.commit);
        record
    }
}

impl Serialize for DeltaOf<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let r = self.record;
        let mut out = s.serialize_struct("RecordDelta", 8)?;
        out.serialize_field("record", &r.id)?;
        out.serialize_field("kind", &r.kind)?;
        out.serialize_field("stage", r.stage())?;
        out.serialize_field("commit", &r.commit())?;
        out.serialize_field("sum", &r.checksum())?;
        out.serialize_field("seen", r.seen())?;
        out.serialize_field("whole", &self.since.is_none())?;
        out.serialize_field("registers", &Registers(self))?;
        out.end()
    }
}

struct Registers<'a>(&'a DeltaOf<'a>);
struct Candidates<'a>(&'a [Candidate]);
struct OneCandidate<'a>(&'a Candidate);

impl Serialize for Registers<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut out = s.serialize_seq(None)?;
        let since = self.0.since;
        for (key, register) in self.0.record.registers().filter(|(_, r)| since.is_none_or(|since| r.touched > since)) {
            out.serialize_element(&(key, register.touched, Candidates(register.candidates())))?;
        }
        out.end()
    }
}

impl Serialize for Candidates<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.iter().map(OneCandidate))
    }
}

impl Serialize for OneCandidate<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let c = self.0;
        match &c.by {
            None => (c.dot.device, c.dot.seq, c.commit, &c.value).serialize(s),
            Some(by) => (c.dot.device, c.dot.seq, c.commit, &c.value, by).serialize(s),
        }
    }
}
