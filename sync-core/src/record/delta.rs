//! What travels to a replica: a record's head and the registers that changed since a commit.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::register::{By, Candidate, Register};
use super::writer::Writer;
use super::{Dot, FieldKey, Record, Seen, Value};
use crate::base::{DeviceId, RecordId};

/// A record delta as received.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
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

/// One register of a delta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterDelta {
    /// The field.
    pub key: String,
    /// Its new content.
    pub register: Register,
}

/// A delta as it travels. Nearly every register holds one value that its last write put there, and one change writes
/// many registers: those stand in `plain`, grouped by change. All others are whole, in `registers`.
#[derive(Deserialize)]
struct Wire {
    record: RecordId,
    kind: Box<str>,
    stage: Box<str>,
    commit: u64,
    sum: u64,
    seen: Seen,
    whole: bool,
    #[serde(default)]
    plain: Vec<WirePlain>,
    #[serde(default)]
    registers: Vec<WireRegister>,
}

/// What one change wrote and nobody contested: `[device, seq, commit, {key: value, …}]`.
#[derive(Deserialize)]
struct WirePlain(DeviceId, u64, u64, BTreeMap<String, Value>);

/// One register: `[key, touched, [[device, seq, commit, value, by?]…]]`.
#[derive(Deserialize)]
struct WireRegister(String, u64, Vec<WireCandidate>);

#[derive(Deserialize)]
struct WireCandidate(DeviceId, u64, u64, Value, #[serde(default)] Option<By>);

impl From<Wire> for RecordDelta {
    fn from(wire: Wire) -> RecordDelta {
        let plain = wire.plain.into_iter().flat_map(|WirePlain(device, seq, commit, fields)| {
            let of = move |value| Register::of_one(commit, Candidate { dot: Dot::new(device, seq), commit, value, by: None });
            fields.into_iter().map(move |(key, value)| RegisterDelta { key, register: of(value) })
        });
        let whole = wire.registers.into_iter().map(|WireRegister(key, touched, candidates)| {
            let candidates =
                candidates.into_iter().map(|WireCandidate(device, seq, commit, value, by)| Candidate { dot: Dot::new(device, seq), commit, value, by: by.map(Box::new) });
            RegisterDelta { key, register: Register::from_parts(touched, candidates.collect()) }
        });
        let registers = plain.chain(whole).collect();
        RecordDelta { record: wire.record, kind: wire.kind, stage: wire.stage, commit: wire.commit, sum: wire.sum, seen: wire.seen, whole: wire.whole, registers }
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

impl DeltaOf<'_> {
    /// Its JSON text.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let r = self.record;
        let (mut plain, mut contested) = (Vec::with_capacity(r.registers().len()), Vec::new());
        for (key, register) in r.registers().filter(|(_, register)| self.since.is_none_or(|since| register.touched > since)) {
            match register.candidates() {
                [one] if one.by.is_none() && one.commit == register.touched => plain.push((key, one)),
                _ => contested.push((key, register)),
            }
        }
        // Stable, so that keys stay in order within a change.
        plain.sort_by_key(|(_, c)| c.dot);
        let size: usize = plain.iter().map(|(key, c)| key.len() + c.value.as_json().len() + 4).sum();
        let mut w = Writer(Vec::with_capacity(size + 1_024));
        w.text("{\"record\":").json(&r.id)?.text(",\"kind\":").json(&r.kind)?.text(",\"stage\":").json(&r.stage())?;
        w.text(",\"commit\":").json(&r.commit())?.text(",\"sum\":").json(&r.checksum())?.text(",\"seen\":").json(r.seen())?;
        w.text(",\"whole\":").json(&self.since.is_none())?.text(",\"plain\":[");
        for (n, group) in plain.chunk_by(|a, b| a.1.dot == b.1.dot).enumerate() {
            let Some((_, first)) = group.first() else { continue };
            w.text(comma(n)).text("[\"").hex(first.dot.device.0).text("\",").json(&first.dot.seq)?.text(",").json(&first.commit)?.text(",{");
            for (n, (key, candidate)) in group.iter().enumerate() {
                w.text(comma(n)).text("\"").text(key).text("\":").text(candidate.value.as_json());
            }
            w.text("}]");
        }
        w.text("],\"registers\":[");
        for (n, (key, register)) in contested.into_iter().enumerate() {
            w.text(comma(n)).text("[\"").text(key).text("\",").json(&register.touched)?.text(",[");
            for (n, c) in register.candidates().iter().enumerate() {
                w.text(comma(n)).text("[\"").hex(c.dot.device.0).text("\",").json(&c.dot.seq)?.text(",").json(&c.commit)?.text(",").text(c.value.as_json());
                if let Some(by) = &c.by {
                    w.text(",").json(by)?;
                }
                w.text("]");
            }
            w.text("]]");
        }
        w.text("]}");
        Ok(w.0)
    }
}

fn comma(n: usize) -> &'static str {
    if n == 0 { "" } else { "," }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::OfficerId;

    fn candidate(device: u64, seq: u64, commit: u64, value: &str, by: Option<&str>) -> Candidate {
        let by = by.map(|officer| Box::new(By { officer: officer.parse::<OfficerId>().unwrap(), reason: Some("\"看过\"".into()) }));
        Candidate { dot: Dot::new(DeviceId(device), seq), commit, value: Value::parse(value).unwrap(), by }
    }

    #[test]
    fn a_replica_reads_from_a_delta_what_the_record_holds() {
        let mut record = Record::new(RecordId(5), "visit", "CREATED");
        for (key, candidates, commit) in [
            ("$seal.whole", vec![candidate(1, 2, 9, "{\"act\":\"sign\"}", None)], 9),
            ("a", vec![candidate(1, 1, 7, "\"新\\n\"", None)], 7),
            ("b", vec![candidate(2, 1, 8, "1", None), candidate(1, 1, 7, "2", None)], 8),
            ("c", vec![candidate(1, 1, 7, "null", None)], 7),
            ("d", vec![candidate(3, 4, 9, "true", Some("zj-1"))], 9),
            ("e", vec![], 9),
            ("f", vec![candidate(1, 1, 7, "[]", None)], 8),
        ] {
            record.put(FieldKey::trusted(key), Register::from_parts(commit, candidates));
        }
        record.raise_seen(Dot::new(DeviceId(1), 2), 9);
        let read = |since| serde_json::from_slice::<RecordDelta>(&record.delta(since).to_json().unwrap()).unwrap();
        assert_eq!(Record::merge_delta(None, read(None)), record);
        let mut old = record.clone();
        old.put(FieldKey::trusted("b"), Register::default());
        assert_eq!(Record::merge_delta(Some(old), read(Some(7))), record);
        assert_eq!(read(Some(7)).registers.len(), 5);
    }
}
