//! One handheld that writes its own chain of changes.

use std::collections::HashMap;

use sync_core::base::keys::{Ed25519, PublicKey, Signer as _};
use sync_core::base::time::ServerContact;
use sync_core::base::{DeviceId, Digest, OfficerId, RecordId, Stamp};
use sync_core::record::{Change, Dot, Edit, Record, SignedChange, change_hash, signing_input};
use sync_core::visit;

use super::Failure;
use super::workload::Field;

/// When the captures are made unless somebody says so: of no matter, but of the usual length.
const CONTACT: i64 = 1_795_000_000_000;

/// Milliseconds since the boot of a handheld at its last contact.
const MONO: i64 = 3_600_000;

/// A handheld: key, chain, and how far it is in each record.
pub struct Author {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub officer: OfficerId,
    /// Its key.
    pub key: Ed25519,
    /// When it last spoke to its server, UTC milliseconds; its captures follow a millisecond apart.
    pub contact: i64,
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
        Ok(Author { device, officer: format!("u{n:04}").parse()?, key: Ed25519::from_seed(&seed.0), contact: CONTACT, seq: 0, head: Digest::ZERO, priors: HashMap::new() })
    }

    /// Its public key, ready for checking.
    pub fn public(&self) -> Result<PublicKey, Failure> {
        PublicKey::new(self.key.alg(), &self.key.public_key()).ok_or_else(|| "not a key".into())
    }

    /// The next change of the chain, as its author decided it.
    pub fn draft<'f>(&self, id: RecordId, fields: &'f [Field], seen: &Seen<'_>) -> Result<Change<'f>, Failure> {
        let (n, boot) = (i64::try_from(self.seq)?, self.device.0 % 100_000);
        let shown = |field: &str| seen.record.and_then(|r| r.register(field)).map(|r| r.dots()).unwrap_or_default();
        let edits = fields.iter().map(|(field, value)| Edit { field, value, replaces: shown(field), reason: None }).collect();
        Ok(Change {
            device: self.device,
            seq: self.seq + 1,
            prev: self.head,
            record: id,
            kind: visit::NAME,
            schema: visit::KIND.schema,
            prior: self.priors.get(&id).copied().unwrap_or(0),
            after: seen.after.clone(),
            time: Stamp { wall: self.contact + n, mono: MONO + n, boot, server: Some(ServerContact { at: self.contact, mono: MONO, boot }), gnss: None },
            officer: self.officer.clone(),
            place: None,
            edits,
            act: None,
            needs: Vec::new(),
        })
    }

    /// Puts a draft into the chain: the bytes that are stored, hashed and signed.
    pub fn seal(&mut self, change: &Change<'_>) -> Result<Vec<u8>, Failure> {
        let bytes = change.encode()?;
        self.seq = change.seq;
        self.head = change_hash(&bytes);
        self.priors.insert(change.record, change.seq);
        Ok(bytes)
    }

    /// Writes the next change.
    pub fn write(&mut self, id: RecordId, fields: &[Field], seen: &Seen<'_>) -> Result<Vec<u8>, Failure> {
        let change = self.draft(id, fields, seen)?;
        self.seal(&change)
    }

    /// Signs a change.
    pub fn sign(&self, bytes: Vec<u8>) -> Result<SignedChange, Failure> {
        let signature = self.key.sign(&signing_input(&change_hash(&bytes)))?;
        Ok(SignedChange { alg: self.key.alg().into(), signature, bytes })
    }
}
