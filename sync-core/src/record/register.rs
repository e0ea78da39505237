//! The record: a map from field key to register, and for each device how far it is in.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Value;
use crate::base::ids::BadId;
use crate::base::{DeviceId, OfficerId, RecordId};

/// Names one change of one device, for ever. JSON: `["<device>", seq]`; in ETags: `device.seq`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "(DeviceId, u64)", from = "(DeviceId, u64)")]
pub struct Dot {
    /// The device that wrote it.
    pub device: DeviceId,
    /// Its running number on that device, dense from 1.
    pub seq: u64,
}

impl Dot {
    /// The dot of `device`'s change number `seq`.
    pub fn new(device: DeviceId, seq: u64) -> Dot {
        Dot { device, seq }
    }
}

impl From<Dot> for (DeviceId, u64) {
    fn from(d: Dot) -> Self {
        (d.device, d.seq)
    }
}

impl From<(DeviceId, u64)> for Dot {
    fn from((device, seq): (DeviceId, u64)) -> Self {
        Dot { device, seq }
    }
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.device, self.seq)
    }
}

impl fmt::Debug for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Dot {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        const BAD: BadId = BadId { expected: "a dot: device id, full stop, running number" };
        let (device, seq) = text.split_once('.').ok_or(BAD)?;
        Ok(Dot { device: device.parse()?, seq: seq.parse().map_err(|_| BAD)? })
    }
}

/// A dotted path with stable ids, never an index: `site.name`, `answers.SW-03`, `photos.<uuid>`.
///
/// 1 to 160 ASCII letters, digits, `_`, `-` and `.`; a leading `$` is reserved for the engine's own keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldKey(Box<str>);

impl FieldKey {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For texts that were checked when they entered.
    pub(crate) fn trusted(text: &str) -> FieldKey {
        FieldKey(text.into())
    }

    /// Whether `text` may be the key of a field that a change writes.
    pub fn is_valid(text: &str) -> bool {
        (1..=160).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) && !text.starts_with('.') && !text.ends_with('.')
    }
}

impl FromStr for FieldKey {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        if FieldKey::is_valid(text) { Ok(FieldKey(text.into())) } else { Err(BadId { expected: "a field key: 1 to 160 letters, digits, '_', '-' and '.'" }) }
    }
}

impl std::borrow::Borrow<str> for FieldKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who stands behind a candidate, where the device alone does not say it, and why it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The author of an office change (a handheld's officer is known from its certificate).
    pub officer: OfficerId,
    /// The reason given, as for every resolution of a clash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

/// One value that stands in a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The change that wrote it.
    pub dot: Dot,
    /// Commit number of that change in its district; `u64::MAX` while it is only pending.
    pub commit: u64,
    /// What was written.
    pub value: Value,
    /// Author and reason where they need saying.
    pub by: Option<Box<By>>,
}

/// The candidates of one field: usually exactly one, several while a disagreement stands.
///
/// The order of candidates is by dot, so equal sets are equal registers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    /// Commit number of the last change that wrote here.
    pub touched: u64,
    candidates: Candidates,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Candidates {
    #[default]
    None,
    One(Candidate),
    Many(Vec<Candidate>),
}

impl Register {
    /// A register as stored or received; candidates are brought into order.
    pub fn from_parts(touched: u64, mut candidates: Vec<Candidate>) -> Register {
        let candidates = match candidates.len() {
            0 => Candidates::None,
            1 => candidates.pop().map(Candidates::One).unwrap_or_default(),
            _ => {
                candidates.sort_by_key(|c| c.dot);
                Candidates::Many(candidates)
            }
        };
        Register { touched, candidates }
    }

    /// A register with one candidate.
    pub(crate) fn of_one(touched: u64, candidate: Candidate) -> Register {
        Register { touched, candidates: Candidates::One(candidate) }
    }

    /// All candidates, in order of their dots.
    pub fn candidates(&self) -> &[Candidate] {
        match &self.candidates {
            Candidates::None => &[],
            Candidates::One(c) => std::slice::from_ref(c),
            Candidates::Many(v) => v,
        }
    }

    /// The dots of all candidates: what an author who is shown this register will cite as replaced.
    pub fn dots(&self) -> Vec<Dot> {
        self.candidates().iter().map(|c| c.dot).collect()
    }

    /// Removes the candidates with these dots and adds one, if given. This is the whole merge.
    pub fn write(&mut self, replaces: &[Dot], added: Option<Candidate>, commit: u64) {
        self.touched = commit;
        match (std::mem::take(&mut self.candidates), added) {
            (Candidates::One(old), Some(new)) if replaces.contains(&old.dot) => self.candidates = Candidates::One(new),
            (Candidates::None, Some(new)) => self.candidates = Candidates::One(new),
            (old, added) => {
                let mut all: Vec<Candidate> = match old {
                    Candidates::None => Vec::new(),
                    Candidates::One(c) => vec![c],
                    Candidates::Many(v) => v,
                };
                all.retain(|c| !replaces.contains(&c.dot));
                all.extend(added);
                *self = Register::from_parts(commit, all);
            }
        }
    }

    /// A checksum of key and content: dots, values and authors, not commit numbers. Not cryptographic:
    /// it finds replicas that drifted apart, it does not defend against a forger (signatures do).
    fn checksum(&self, key: &str) -> u64 {
        let mut sum = xxh3_64_with_seed(key.as_bytes(), 1);
        for c in self.candidates() {
            sum = xxh3_64_with_seed(c.value.as_json().as_bytes(), sum.rotate_left(7) ^ c.dot.device.0 ^ c.dot.seq.rotate_left(32));
            if let Some(by) = &c.by {
                sum = xxh3_64_with_seed(by.officer.as_str().as_bytes(), sum);
                sum = xxh3_64_with_seed(by.reason.as_deref().unwrap_or("").as_bytes(), sum);
            }
        }
        sum
    }
}

/// For each device, the highest change of it that is in the record. Sorted by device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen(Vec<(DeviceId, u64)>);

impl Seen {
    /// The highest change of `device`, 0 if none.
    pub fn get(&self, device: DeviceId) -> u64 {
        match self.0.binary_search_by_key(&device, |e| e.0) {
            Ok(i) => self.0.get(i).map_or(0, |e| e.1),
            Err(_) => 0,
        }
    }

    /// Whether this dot, or a later one of its device, is in.
    pub fn covers(&self, dot: Dot) -> bool {
        self.get(dot.device) >= dot.seq
    }

    /// Raises `device` to at least `seq`.
    pub fn raise(&mut self, device: DeviceId, seq: u64) {
        match self.0.binary_search_by_key(&device, |e| e.0) {
            Ok(i) => {
                if let Some(e) = self.0.get_mut(i) {
                    e.1 = e.1.max(seq);
                }
            }
            Err(i) => self.0.insert(i, (device, seq)),
        }
    }

    /// Entries in order of device.
    pub fn iter(&self) -> impl Iterator<Item = Dot> + '_ {
        self.0.iter().map(|&(d, s)| Dot::new(d, s))
    }

    /// How many devices are in.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no device is in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Dot> for Seen {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Seen {
        let mut seen = Seen::default();
        for d in dots {
            seen.raise(d.device, d.seq);
        }
        seen
    }
}

/// A replicated record: registers by field key, `seen`, and the stage its acts have brought it to.
///
/// Seals, exceptions and waivers are registers too, under the engine's reserved keys (`$…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// The name of its kind: `site`, `visit`, `case`.
    pub kind: Box<str>,
    stage: Box<str>,
    seen: Seen,
    commit: u64,
    fields: BTreeMap<FieldKey, Register>,
    sum: u64,
}

impl Record {
    /// A record before its first change.
    pub fn new(id: RecordId, kind: &str, initial_stage: &str) -> Record {
        let mut new = Record { id, kind: kind.into(), stage: initial_stage.into(), seen: Seen::default(), commit: 0, fields: BTreeMap::new(), sum: 0 };
        new.sum = new.stage_sum();
        new
    }

    /// A record as stored, its checksum among the parts; registers in any order.
    pub(crate) fn with_parts(mut self, seen: Seen, commit: u64, sum: u64, fields: BTreeMap<FieldKey, Register>) -> Record {
        self.seen = seen;
        self.commit = commit;
        self.sum = sum;
        self.fields = fields;
        self
    }

    pub(crate) fn with_checksum(mut self, sum: u64) -> Record {
        self.sum = sum;
        self
    }

    /// Where it stands in its stage table; provisional on a device until the server has said it.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// How far each device is in.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Commit number of the last change that applied, 0 before the first.
    pub fn commit(&self) -> u64 {
        self.commit
    }

    /// A checksum of the content, equal on all replicas that hold the same. Kept up to date by every
    /// write; commit numbers do not enter.
    pub fn checksum(&self) -> u64 {
        self.sum
    }

    /// The register of a field; `None` if it was never written.
    pub fn register(&self, key: &str) -> Option<&Register> {
        self.fields.get(key)
    }

    /// All registers in order of their keys, the engine's own (`$…`) first.
    pub fn registers(&self) -> impl ExactSizeIterator<Item = (&str, &Register)> {
        self.fields.iter().map(|(k, r)| (k.as_str(), r))
    }

    /// The registers whose key starts with `prefix`, in order.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Register)> {
        self.fields.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded)).map(|(k, r)| (k.as_str(), r)).take_while(move |(k, _)| k.starts_with(prefix))
    }

    /// Writes one register; see [`Register::write`]. The key must have been checked. Gives the number of candidates
    /// that stand there now.
    pub(crate) fn write(&mut self, key: &str, replaces: &[Dot], added: Option<Candidate>, commit: u64) -> usize {
        if let Some(register) = self.fields.get_mut(key) {
            self.sum = self.sum.wrapping_sub(register.checksum(key));
            register.write(replaces, added, commit);
            self.sum = self.sum.wrapping_add(register.checksum(key));
            register.candidates().len()
        } else {
            let mut register = Register::default();
            register.write(replaces, added, commit);
            let standing = register.candidates().len();
            self.put(FieldKey::trusted(key), register);
            standing
        }
    }

    /// Writes edits into a copy that is only looked at, before anything is signed: a form's preview, a question to the book.
    /// What is made so must not be stored: its dots are of no device.
    pub fn preview(&mut self, edits: &[(FieldKey, Value, Vec<Dot>, Option<String>)]) {
        for (n, (field, value, replaces, _)) in (1..).zip(edits) {
            let candidate = Candidate { dot: Dot::new(DeviceId(0), n), commit: u64::MAX, value: value.clone(), by: None };
            self.write(field.as_str(), replaces, Some(candidate), u64::MAX);
        }
    }

    /// Puts a whole register in the place of whatever is there.
    pub(crate) fn put(&mut self, key: FieldKey, register: Register) {
        self.sum = self.sum.wrapping_add(register.checksum(key.as_str()));
        if let Some(old) = self.fields.get(&key) {
            self.sum = self.sum.wrapping_sub(old.checksum(key.as_str()));
        }
        self.fields.insert(key, register);
    }

    /// Notes that the change `dot` is in.
    pub(crate) fn raise_seen(&mut self, dot: Dot, commit: u64) {
        let before = self.seen.get(dot.device);
        self.seen.raise(dot.device, dot.seq);
        if before != 0 {
            self.sum = self.sum.wrapping_sub(seen_sum(Dot::new(dot.device, before)));
        }
        self.sum = self.sum.wrapping_add(seen_sum(Dot::new(dot.device, self.seen.get(dot.device))));
        self.commit = commit;
    }

    /// Moves to another stage.
    pub(crate) fn set_stage(&mut self, stage: &str) {
        if &*self.stage != stage {
            self.sum = self.sum.wrapping_sub(self.stage_sum());
            self.stage = stage.into();
            self.sum = self.sum.wrapping_add(self.stage_sum());
        }
    }

    pub(crate) fn set_commit(&mut self, commit: u64) {
        self.commit = commit;
    }

    fn stage_sum(&self) -> u64 {
        let id = xxh3_64_with_seed(&self.id.to_bytes(), 2);
        xxh3_64_with_seed(self.stage.as_bytes(), xxh3_64_with_seed(self.kind.as_bytes(), id))
    }

    /// The checksum computed from nothing but the content, for tests and `verify`.
    pub fn recompute_checksum(&self) -> u64 {
        let registers = self.fields.iter().map(|(k, r)| r.checksum(k.as_str()));
        let seen = self.seen.iter().map(seen_sum);
        registers.chain(seen).fold(self.stage_sum(), u64::wrapping_add)
    }
}

fn seen_sum(dot: Dot) -> u64 {
    xxh3_64_with_seed(&dot.seq.to_be_bytes(), dot.device.0)
}
