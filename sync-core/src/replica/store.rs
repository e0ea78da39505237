//! What the replica engine asks of the device's database. All calls happen inside one open transaction.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::Lease;
use crate::base::time::ServerContact;
use crate::base::{DeviceId, Digest, RecordId};
use crate::protocol::{Cursor, Disposition, Enrolled, Limits, Signed};
use crate::record::{Bucket, Dot, Record, Seen, SignedChange};

/// The one row that says who this store is and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// This store.
    pub device: DeviceId,
    /// What it was given at enrolment.
    pub enrolled: Enrolled,
    /// Number of its newest own change.
    pub seq: u64,
    /// Hash of that change, or `first_prev` of the certificate.
    pub head: Digest,
    /// The last receipt, as signed.
    #[serde(default)]
    pub receipt: Option<Signed>,
    /// The epoch that it last spoke to.
    pub epoch: u32,
    /// Where its mirror stands.
    pub cursor: Cursor,
    /// Buckets that are being fetched anew; their old rows go when the end is reached.
    #[serde(default)]
    pub refetching: Vec<Bucket>,
    /// What the server takes.
    pub limits: Limits,
    /// The last moment the server spoke.
    #[serde(default)]
    pub contact: Option<ServerContact>,
    /// Orders carried out, to be acknowledged.
    #[serde(default)]
    pub done: Vec<u64>,
    /// The chain was frozen by the server: no capture under it any more.
    #[serde(default)]
    pub frozen: bool,
    /// Sessions that ended with everything delivered and everything pulled.
    #[serde(default)]
    pub complete_sessions: u64,
    /// What the office lets this store do, as of the last contact.
    #[serde(default)]
    pub standing: Standing,
}

/// What the office lets a store do. A store from before there were leases is not restricted until its next session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// For how long it may be read without contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The token that hands in sealed copies without the PIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit: Option<String>,
    /// The order by which nothing more is captured, and the store erased once everything is delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draining: Option<u64>,
    /// The order by which the store is to be erased now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erasing: Option<u64>,
}

impl Standing {
    /// Whether nothing more may be captured or taken over.
    pub fn is_ending(&self) -> bool {
        self.draining.is_some() || self.erasing.is_some()
    }
}

/// Which changes of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// This store's own.
    Own,
    /// Those of colleagues, imported or carried.
    Carried,
}

/// A change in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its dot.
    pub dot: Dot,
    /// Its record.
    pub record: RecordId,
    /// Hash of its bytes.
    pub hash: Digest,
    /// Whether the server has taken custody of it: by receipt (own) or by its answer to a push (carried).
    pub held: bool,
    /// Whether it has left the overlay: the mirror covers it, or it was dismissed.
    pub settled: bool,
    /// What the server last said of it.
    pub disposition: Option<Disposition>,
    /// Running number in this journal: the order in which it came to be known here.
    pub order: u64,
}

/// A record as the server last said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// The record.
    pub record: Record,
    /// The buckets it is held in, each with whether it was confirmed since that bucket is fetched anew.
    pub buckets: BTreeMap<Bucket, bool>,
}

/// The device's database as the replica engine sees it.
pub trait Store {
    /// Why the database could not answer.
    type Error;

    /// Who this is.
    fn meta(&mut self) -> Result<Meta, Self::Error>;
    /// Writes it.
    fn put_meta(&mut self, meta: &Meta) -> Result<(), Self::Error>;

    /// Appends a change to the journal; the store numbers it (`order`). A dot that is there already is left alone.
    fn append(&mut self, row: &JournalRow, signed: &SignedChange) -> Result<(), Self::Error>;
    /// A row of the journal.
    fn journal(&mut self, dot: Dot) -> Result<Option<JournalRow>, Self::Error>;
    /// Writes `held`, `settled` and `disposition` of a row.
    fn update(&mut self, row: &JournalRow) -> Result<(), Self::Error>;
    /// The signed bytes under a dot.
    fn signed(&mut self, dot: Dot) -> Result<Option<SignedChange>, Self::Error>;
    /// Rows that are not held, in the order they came to be known, after `order`.
    fn undelivered(&mut self, which: Journal, after: u64, limit: usize) -> Result<Vec<JournalRow>, Self::Error>;
    /// Rows of one record that are not settled, in the order they came to be known.
    fn overlay(&mut self, record: RecordId) -> Result<Vec<JournalRow>, Self::Error>;
    /// Numbers of own rows without a disposition, as ranges with both ends inclusive, ascending, at most `limit` ranges.
    fn unanswered(&mut self, limit: usize) -> Result<Vec<(u64, u64)>, Self::Error>;
    /// Rows that are held and not settled, own and carried, in the order they came to be known, after `after`.
    fn unsettled_held(&mut self, after: u64, limit: usize) -> Result<Vec<JournalRow>, Self::Error>;
    /// Own rows that the server last said to be parked or in quarantine, at most 10,000.
    fn held_up(&mut self) -> Result<Vec<JournalRow>, Self::Error>;
    /// Own rows whose numbers lie in these ranges (both ends inclusive) are held, all other own rows are not.
    fn mark_own_held(&mut self, ranges: &[(u64, u64)]) -> Result<(), Self::Error>;
    /// A restored server begins a new epoch: no carried row counts as held, and no row as settled.
    fn begin_epoch(&mut self) -> Result<(), Self::Error>;
    /// Number of own changes per record that are not held.
    fn pending(&mut self) -> Result<Vec<(RecordId, u64)>, Self::Error>;

    /// Bytes of originals that the server has not acknowledged.
    fn pending_bytes(&mut self) -> Result<u64, Self::Error>;

    /// A record as the server last said it.
    fn mirror(&mut self, record: RecordId) -> Result<Option<Mirror>, Self::Error>;
    /// Writes it.
    fn put_mirror(&mut self, mirror: &Mirror) -> Result<(), Self::Error>;
    /// Drops it; the journal is untouched.
    fn drop_mirror(&mut self, record: RecordId) -> Result<(), Self::Error>;
    /// Records held in a bucket.
    fn in_bucket(&mut self, bucket: &Bucket) -> Result<Vec<RecordId>, Self::Error>;
    /// Wrapping sum of the checksums of the records in a bucket.
    fn bucket_sum(&mut self, bucket: &Bucket) -> Result<u64, Self::Error>;
    /// All records known here, mirrored or only pending, after `after`, in order of id.
    fn records(&mut self, after: Option<RecordId>, limit: usize) -> Result<Vec<RecordId>, Self::Error>;

    /// The view of a record that was kept last, unless anything that it was made of has changed since: its mirror, the rows
    /// of its overlay, or whether they are settled. A store need not remember.
    fn kept_view(&mut self, _record: RecordId) -> Option<Record> {
        None
    }
    /// Keeps the view of a record for as long as it holds.
    fn keep_view(&mut self, _view: Record) {}

    /// This device's last number on a record, and what its author had been told of others by then.
    fn authored(&mut self, record: RecordId) -> Result<(u64, Seen), Self::Error>;
    /// Writes it.
    fn put_authored(&mut self, record: RecordId, last: u64, told: &Seen) -> Result<(), Self::Error>;

    /// A colleague's certificate.
    fn certificate(&mut self, device: DeviceId) -> Result<Option<Signed>, Self::Error>;
    /// Keeps it.
    fn put_certificate(&mut self, device: DeviceId, certificate: &Signed) -> Result<(), Self::Error>;

    /// The thumbnail of a photo, a JPEG, by the SHA-256 of the original.
    fn thumbnail(&mut self, photo: Digest) -> Result<Option<Vec<u8>>, Self::Error>;
    /// Keeps it; the first one stays.
    fn put_thumbnail(&mut self, photo: Digest, jpeg: &[u8]) -> Result<(), Self::Error>;
}
