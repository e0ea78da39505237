//! One capture, one durable transaction: change, journal and local view. What this returned is on disk.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::record::{ActCall, Dot, Draft, FieldKey, Kinds, Place, SealBody, Unwritten, Value};
use sync_core::replica::{Author, CaptureError, Captured, Store, capture};

use super::error::{Code, DeviceError, Result};
use super::numbers::{self, NumberInput};
use super::runtime::{Device, HostTime, officer, stamp};
use super::signer::DeviceSigner;
use super::store::Tx;

/// What an officer entered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record; left out, a new one begins.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// Its kind.
    pub kind: String,
    /// The writes.
    #[serde(default)]
    pub edits: Vec<EditInput>,
    /// The act, if any.
    #[serde(default)]
    pub act: Option<ActInput>,
    /// Numbers to be taken from the blocks that are leased to this handheld, each into a field.
    #[serde(default)]
    pub numbers: Vec<NumberInput>,
    /// Dots of other records that the act relied on.
    #[serde(default)]
    pub needs: Vec<Dot>,
    /// Where.
    #[serde(default)]
    pub place: Option<Place>,
    /// When, where the host knows better than the system.
    #[serde(default)]
    pub time: Option<HostTime>,
}

/// One write.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditInput {
    /// The field's key.
    pub field: String,
    /// Any JSON without floats.
    pub value: Json,
    /// The dots that the form showed in this field. Never left out: what was not shown is not replaced.
    pub replaces: Vec<Dot>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// An act.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActInput {
    /// Its name in the stage table.
    pub name: String,
    /// The part it concerns.
    #[serde(default)]
    pub part: Option<String>,
    /// The dot it is about.
    #[serde(default)]
    pub dot: Option<Dot>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// What was shown and is signed, as `record_view` gave it.
    #[serde(default)]
    pub seal: Option<SealInput>,
    /// The seals that it takes the place of.
    #[serde(default)]
    pub replaces: Vec<Dot>,
}

/// What was before the eyes of those who sign.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealInput {
    /// For each device its newest change that was shown.
    pub covers: Vec<Dot>,
    /// Field by field, the values that were shown.
    pub shown: Json,
}

/// How an officer settles a disagreement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record.
    pub record: RecordId,
    /// The field.
    pub field: String,
    /// The value that is to stand.
    pub value: Json,
    /// All the dots that the clash page showed.
    pub replaces: Vec<Dot>,
    /// Why.
    pub reason: String,
    /// When, where the host knows better than the system.
    #[serde(default)]
    pub time: Option<HostTime>,
}

/// Most edits in one capture, as in a change.
const MAX_EDITS: usize = 4_096;

fn value(field: &str, json: &Json) -> Result<Value> {
    Value::from_json(json)
        .map_err(|e| DeviceError::new(Code::Rejected, format!("{field}: {e}; use integers, text, lists and maps")).with(json!({ "code": "invalid_value", "field": field })))
}

impl CaptureInput {
    /// What is to be captured, without its numbers.
    pub(super) fn draft(self, record: RecordId) -> Result<Draft> {
        if self.edits.len() > MAX_EDITS {
            return Err(DeviceError::argument("edits", format_args!("more than {MAX_EDITS}; capture them in parts")));
        }
        let mut edits = Vec::with_capacity(self.edits.len());
        for e in self.edits {
            let key: FieldKey = e.field.parse().map_err(|bad| DeviceError::argument("edits.field", bad))?;
            let v = value(&e.field, &e.value)?;
            edits.push((key, v, e.replaces, e.reason));
        }
        let act = match self.act {
            None => None,
            Some(a) => {
                let seal = a.seal.map(|s| Ok::<_, DeviceError>(SealBody { covers: s.covers, shown: value("act.seal.shown", &s.shown)? })).transpose()?;
                Some(ActCall { name: a.name.into(), part: a.part.map(Into::into), dot: a.dot, reason: a.reason.map(Into::into), seal, replaces: a.replaces })
            }
        };
        Ok(Draft { record, kind: self.kind.into(), edits, act, needs: self.needs, place: self.place })
    }
}

pub(super) fn check_version(v: Option<u32>) -> Result<()> {
    if v.is_some_and(|v| v != 1) { Err(DeviceError::argument("v", "only version 1 is known")) } else { Ok(()) }
}

pub(super) fn rejected(error: CaptureError) -> DeviceError {
    let (code, reason) = match &error {
        CaptureError::Unwritten(Unwritten::Rejected(reject)) => (Code::Rejected, reject.code),
        CaptureError::Unwritten(Unwritten::Malformed(_)) => (Code::Rejected, "malformed"),
        CaptureError::Unwritten(Unwritten::Unsigned(_)) => (Code::Signing, "signing"),
        CaptureError::Frozen => (Code::Frozen, "chain_frozen"),
        CaptureError::Ending => (Code::Ending, "store_ending"),
    };
    DeviceError::new(code, error.to_string()).with(json!({ "code": reason }))
}

impl Device {
    /// Captures. `{record, dot, contested, excepted, refused, numbers}` comes back once it is on disk.
    pub fn capture(&self, mut input: CaptureInput) -> Result<Json> {
        check_version(input.v)?;
        self.may_capture()?;
        let record = match input.record {
            Some(record) => record,
            None => new_record()?,
        };
        let (time, wanted) = (input.time, std::mem::take(&mut input.numbers));
        let mut draft = input.draft(record)?;
        // One transaction: a number is in the stock or on a change, whatever happens in between.
        let (captured, given) = self.with_signer(|signer| {
            self.write(|tx| -> Result<_> {
                let given = numbers::take(tx, &mut draft, &wanted, time)?;
                let captured = capture_in(tx, self.kinds(), signer, &draft, time)?;
                numbers::note(tx, record, captured.dot.seq, &given)?;
                Ok((captured, given))
            })
        })?;
        self.seal_captured();
        let Captured { dot, effect } = captured;
        let numbers = numbers::given_json(&given);
        Ok(json!({ "v": 1, "record": record, "dot": dot, "contested": effect.contested, "excepted": effect.excepted, "refused": effect.refused, "numbers": numbers }))
    }

    /// Settles a clash: an ordinary write that replaces what was shown, with a reason.
    pub fn resolve(&self, input: ResolveInput) -> Result<Json> {
        check_version(input.v)?;
        // Whoever settles a clash has read it.
        self.may_read()?;
        if input.reason.trim().is_empty() {
            return Err(DeviceError::argument("reason", "must not be empty: whoever's value is not taken is shown it"));
        }
        if input.replaces.is_empty() {
            return Err(DeviceError::argument("replaces", "must name the dots that the clash page showed"));
        }
        let known = self.write(|tx| sync_core::replica::view(tx, self.kinds(), input.record))?;
        let Some(known) = known else { return Err(DeviceError::new(Code::Unknown, "record: not known here")) };
        let edit = EditInput { field: input.field, value: input.value, replaces: input.replaces, reason: Some(input.reason) };
        let kind = known.kind.into();
        self.capture(CaptureInput { v: None, record: Some(input.record), kind, edits: vec![edit], act: None, numbers: vec![], needs: vec![], place: None, time: input.time })
    }

    /// Captures a draft in one durable transaction, and then seals a copy of it.
    pub fn keep(&self, draft: &Draft, time: Option<HostTime>) -> Result<Captured> {
        self.may_capture()?;
        let captured = self.with_signer(|signer| self.write(|tx| capture_in(tx, self.kinds(), signer, draft, time)))?;
        self.seal_captured();
        Ok(captured)
    }
}

/// Captures a draft in the transaction that is open.
pub(super) fn capture_in(tx: &mut Tx<'_>, kinds: &Kinds, signer: &DeviceSigner, draft: &Draft, time: Option<HostTime>) -> Result<Captured> {
    let officer = officer(&tx.meta()?)?;
    let stamp = stamp(tx, time)?;
    capture(tx, kinds, &Author { signer, officer: &officer }, draft, stamp)?.map_err(rejected)
}

/// A fresh record id: 128 random bits.
fn new_record() -> Result<RecordId> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| DeviceError::new(Code::Internal, e.to_string()))?;
    Ok(RecordId::from_bytes(bytes))
}
