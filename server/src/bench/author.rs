//! One handheld that writes its own chain of changes.

use std::collections::HashMap;

use sync_core::base::keys::{Ed25519, PublicKey, Signer as _};
use sync_core::base::time::ServerContact;
use sync_core::base::{DeviceId, Digest, OfficerId, RecordId, Stamp};
use sync_core::record::{Change, Dot, Edit, Record, SignedChange, change_hash, signing_input};
use sync_core::visit;

use super::Failure;
use super::workload::Field;
use crate::base::clock::{Clock as _, SystemClock};

/// A handheld: key, chain, and how far it is in each record.
pub struct Author {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub officer: OfficerId,
    /// Its key.
    pub key: Ed25519,
    /// When it began to capture, in UTC milliseconds: after its officer was granted his unit.
    begun: i64,
    seq: u64,
    head: Digest,
    priors: HashMap<RecordId, u64>,
}

/// What a change written on a record cites.
#[derive(Default)]
pub struct Seen<'a> {
    /// The record as its author sees it; nothing is replaced if it is new.
    pub record: Option<&'a Record>,
    /// The newest changes of others since the author's last one.
    pub after: Vec<Dot>,
}

impl Author {
    /// Number `n` of its kind; the same number gives the same key and id.
    pub fn new(n: u64) -> Result<Author, Failure> {
        let seed = Digest::tagged("zhifa.bench.v1", &[&n.to_be_bytes()]);
        let device = DeviceId::handheld(seed.short());
        let begun = SystemClock.now().0 + 1_000;
        Ok(Author { device, officer: format!("u{n:04}").parse()?, key: Ed25519::from_seed(&seed.0), begun, seq: 0, head: Digest::ZERO, priors: HashMap::new() })
    }

    /// Its public key, ready for checking.
    pub fn public(&self) -> Result<PublicKey, Failure> {
        PublicKey::new(self.key.alg(), &self.key.public_key()).ok_or_else(|| "not a key".into())
    }

    /// Writes the next change of the chain: the bytes that are stored, hashed and signed.
    pub fn write(&mut self, id: RecordId, fields: &[Field], seen: &Seen<'_>) -> Result<Vec<u8>, Failure> {
        let shown = |field: &str| seen.record.and_then(|r| r.register(field)).map(|r| r.dots()).unwrap_or_default();
        let edits = fields.iter().map(|(field, value)| Edit { field, value, replaces: shown(field), reason: None }).collect();
        let n = i64::try_from(self.seq)?;
        let change = Change {
            device: self.device,
            seq: self.seq + 1,
            prev: self.head,
            record: id,
            kind: visit::NAME,
            schema: visit::KIND.schema,
            prior: self.priors.get(&id).copied().unwrap_or(0),
            after: seen.after.clone(),
            time: Stamp {
                wall: self.begun + n * 7_000,
                mono: 3_600_000 + n * 7_000,
                boot: self.device.0 % 100_000,
                server: Some(ServerContact { at: self.begun - 1_000_000, mono: 2_600_000, boot: self.device.0 % 100_000 }),
                gnss: None,
            },
            officer: self.officer.clone(),
            place: None,
            edits,
            act: None,
            needs: Vec::new(),
        };
        let bytes = change.encode()?;
        self.seq += 1;
        self.head = change_hash(&bytes);
        self.priors.insert(id, self.seq);
        Ok(bytes)
    }

    /// Signs a change.
    pub fn sign(&self, bytes: Vec<u8>) -> Result<SignedChange, Failure> {
        let signature = self.key.sign(&signing_input(&change_hash(&bytes)))?;
        Ok(SignedChange { alg: self.key.alg().into(), signature, bytes })
    }
}
