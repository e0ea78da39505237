//! Stored state: a compact cache of the log, never signed and never sent.
//!
//! Layout (postcard): version, kind, stage, schema, commit, checksum, device table, `seen`, registers in key
//! order with dots as (index into the device table, seq). What cannot be read is rebuilt from the log.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::register::{By, Candidate, Register};
use super::{Dot, FieldKey, Kinds, Record, Seen, Value};
use crate::base::{DeviceId, OfficerId, RecordId};

/// Why stored bytes are not a record. The remedy is to rebuild it from the change log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Not the layout this program writes.
    #[error("stored state is broken or of a later layout: {0}")]
    Broken(String),
    /// A kind that this program does not know.
    #[error("stored state is of the unknown kind {0}")]
    UnknownKind(String),
}

const LAYOUT: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    layout: u8,
    kind: &'a str,
    stage: &'a str,
    schema: u32,
    commit: u64,
    sum: u64,
    devices: Vec<u64>,
    seen: Vec<(u32, u64)>,
    registers: usize,
}

/// Key, commit of the last write, number of candidates.
type RegisterHead<'a> = (&'a str, u64, usize);

#[derive(Serialize, Deserialize)]
struct StoredCandidate<'a>(u32, u64, u64, &'a str, #[serde(borrow)] Option<(&'a str, Option<&'a str>)>);

impl Record {
    /// The stored form. Callers compress it (`base::pack`).
    pub fn to_state(&self, schema: u32) -> Vec<u8> {
        let mut devices: Vec<u64> = Vec::new();
        let mut index = |device: DeviceId| match devices.iter().position(|d| *d == device.0) {
            Some(i) => i as u32,
            None => {
                devices.push(device.0);
                (devices.len() - 1) as u32
            }
        };
        let seen = self.seen().iter().map(|d| (index(d.device), d.seq)).collect();
        let mut body = Vec::with_capacity(self.registers().len() * 48);
        for (key, register) in self.registers() {
            let head: RegisterHead<'_> = (key, register.touched, register.candidates().len());
            body = write(&head, body);
            for c in register.candidates() {
                let by = c.by.as_ref().map(|by| (by.officer.as_str(), by.reason.as_deref()));
                body = write(&StoredCandidate(index(c.dot.device), c.dot.seq, c.commit, c.value.as_json(), by), body);
            }
        }
        let head =
            Head { layout: LAYOUT, kind: &self.kind, stage: self.stage(), schema, commit: self.commit(), sum: self.checksum(), devices, seen, registers: self.registers().len() };
        let mut out = write(&head, Vec::with_capacity(body.len() + 256));
        out.extend_from_slice(&body);
        out
    }

    /// Reads the stored form; one written under an older field table is brought up to the present one.
    pub fn from_state(id: RecordId, bytes: &[u8], kinds: &Kinds) -> Result<Record, StateError> {
        let broken = |what: &str| StateError::Broken(what.to_owned());
        let (state, mut rest) = read::<Head<'_>>(bytes)?;
        if state.layout != LAYOUT {
            return Err(broken("another layout"));
        }
        let kind = kinds.get(state.kind).ok_or_else(|| StateError::UnknownKind(state.kind.to_owned()))?;
        let dot = |device: u32, seq: u64| state.devices.get(device as usize).map(|d| Dot::new(DeviceId(*d), seq)).ok_or_else(|| broken("a dot without device"));
        let seen: Seen = state.seen.iter().map(|&(d, s)| dot(d, s)).collect::<Result<_, _>>()?;
        let old = state.schema < kind.schema;
        let mut fields = Vec::with_capacity(state.registers.min(bytes.len()));
        for _ in 0..state.registers {
            let ((key, touched, standing), after) = read::<RegisterHead<'_>>(rest)?;
            rest = after;
            let mut name = Cow::Borrowed(key);
            let mut candidate = || {
                let (StoredCandidate(device, seq, commit, value, by), after) = read::<StoredCandidate<'_>>(rest)?;
                rest = after;
                let value = if old && !key.starts_with('$') {
                    let (key, value) = kind.upcast(state.schema, key, value);
                    name = key;
                    value
                } else {
                    Value::trusted(value)
                };
                let by = match by {
                    None => None,
                    Some((officer, reason)) => {
                        let officer: OfficerId = officer.parse().map_err(|_| broken("an officer id"))?;
                        Some(Box::new(By { officer, reason: reason.map(Into::into) }))
                    }
                };
                Ok(Candidate { dot: dot(device, seq)?, commit, value, by })
            };
            let register = match standing {
                1 => Register::of_one(touched, candidate()?),
                _ => Register::from_parts(touched, (0..standing).map(|_| candidate()).collect::<Result<_, StateError>>()?),
            };
            fields.push((FieldKey::trusted(&name), register));
        }
        if !rest.is_empty() {
            return Err(broken("more than its registers"));
        }
        let record = Record::new(id, state.kind, state.stage).with_parts(seen, state.commit, state.sum, fields.into_iter().collect());
        if !old {
            return Ok(record);
        }
        let sum = record.recompute_checksum();
        Ok(record.with_checksum(sum))
    }
}

/// Appends a part. Plain data into memory: it cannot fail.
fn write<T: Serialize>(part: &T, to: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(part, to).unwrap_or_default()
}

/// Reads the next part.
fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), StateError> {
    postcard::take_from_bytes(bytes).map_err(|e| StateError::Broken(e.to_string()))
}
