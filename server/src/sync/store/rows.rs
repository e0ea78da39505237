//! Rows of the tables, and how the engine's types are written in them.

use diesel::{Insertable, Queryable, Selectable};
use sync_core::base::merkle::Frontier;
use sync_core::base::pack::{pack, unpack};
use sync_core::base::{DeviceId, Digest, DistrictId, RecordId, UtcMs};
use sync_core::district::{DeviceRow, DeviceState, Entry, FeedRow, Head};
use sync_core::protocol::Disposition;
use sync_core::record::{Bucket, Dot, MAX_CHANGE_BYTES, SignedChange};

use super::StoreError;
use crate::schema;

/// A device id as stored: the same 64 bits, signed.
pub fn id(device: DeviceId) -> i64 {
    device.0.cast_signed()
}

/// A device id as read.
pub fn device_id(stored: i64) -> DeviceId {
    DeviceId(stored.cast_unsigned())
}

/// A number that is far below 2⁶³.
pub fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A number as read.
pub fn nat(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A digest as read.
pub fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| StoreError::Broken("a digest has 32 bytes".into()))
}

/// A record id as read.
pub fn record_id(bytes: &[u8]) -> Result<RecordId, StoreError> {
    bytes.try_into().map(RecordId::from_bytes).map_err(|_| StoreError::Broken("a record id has 16 bytes".into()))
}

/// The head of a district.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, diesel::AsChangeset)]
#[diesel(table_name = schema::head, treat_none_as_default_value = false, treat_none_as_null = true)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct HeadRow {
    pub district: i64,
    pub epoch: i64,
    pub commit_seq: i64,
    pub moves: i64,
    pub log_size: i64,
    pub log_peaks: Vec<u8>,
    pub incarnation: i64,
    pub office_seq: i64,
    pub office_prev: Vec<u8>,
    pub restored_at: Option<i64>,
    pub roster: i64,
}

impl HeadRow {
    /// As it is stored.
    pub fn of(head: &Head, roster: i64) -> HeadRow {
        HeadRow {
            district: i64::from(head.district.0),
            epoch: i64::from(head.epoch),
            commit_seq: int(head.commit),
            moves: int(head.moves),
            log_size: int(head.log.size),
            log_peaks: head.log.peaks.iter().flat_map(|p| p.0).collect(),
            incarnation: i64::from(head.incarnation),
            office_seq: int(head.office_seq),
            office_prev: head.office_prev.0.to_vec(),
            restored_at: head.restored_at.map(int),
            roster,
        }
    }

    /// As the engine knows it.
    pub fn head(&self) -> Result<Head, StoreError> {
        let narrow = |n: i64| u32::try_from(n).map_err(|_| StoreError::Broken("head: a number of 32 bits".into()));
        Ok(Head {
            district: DistrictId(narrow(self.district)?),
            epoch: narrow(self.epoch)?,
            commit: nat(self.commit_seq),
            moves: nat(self.moves),
            log: Frontier { size: nat(self.log_size), peaks: self.log_peaks.chunks(32).map(digest).collect::<Result<_, _>>()? },
            incarnation: narrow(self.incarnation)?,
            office_seq: nat(self.office_seq),
            office_prev: digest(&self.office_prev)?,
            restored_at: self.restored_at.map(nat),
        })
    }
}

/// What the engine reads and writes of a device.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::device, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct StoredDevice {
    pub district: i64,
    pub id: i64,
    pub officer: String,
    pub alg: String,
    pub public_key: Vec<u8>,
    pub first_prev: Vec<u8>,
    pub state: String,
    pub frozen_from: Option<i64>,
    pub through_seq: i64,
    pub head_hash: Vec<u8>,
    pub label: String,
    pub certificate: String,
    pub enrolled_ms: i64,
}

impl StoredDevice {
    /// As it is stored; label and certificate are written by enrolment only.
    pub fn of(district: i64, row: &DeviceRow, now: UtcMs) -> StoredDevice {
        let (state, frozen_from) = match row.state {
            DeviceState::Active => ("active", None),
            DeviceState::Frozen { from } => ("frozen", Some(int(from))),
            DeviceState::Revoked => ("revoked", None),
        };
        StoredDevice {
            district,
            id: id(row.device),
            officer: row.officer.as_str().to_owned(),
            alg: row.alg.to_string(),
            public_key: row.public_key.clone(),
            first_prev: row.first_prev.0.to_vec(),
            state: state.to_owned(),
            frozen_from,
            through_seq: int(row.through_seq),
            head_hash: row.head_hash.0.to_vec(),
            label: String::new(),
            certificate: String::new(),
            enrolled_ms: now.0,
        }
    }

    /// As the engine knows it.
    pub fn row(&self) -> Result<DeviceRow, StoreError> {
        let state = match (self.state.as_str(), self.frozen_from) {
            ("active", _) => DeviceState::Active,
            ("frozen", Some(from)) => DeviceState::Frozen { from: nat(from) },
            ("revoked", _) => DeviceState::Revoked,
            (other, _) => return Err(StoreError::Broken(format!("device state {other}"))),
        };
        Ok(DeviceRow {
            device: device_id(self.id),
            officer: self.officer.parse().map_err(|e| StoreError::Broken(format!("officer: {e}")))?,
            alg: self.alg.as_str().into(),
            public_key: self.public_key.clone(),
            first_prev: digest(&self.first_prev)?,
            state,
            through_seq: nat(self.through_seq),
            head_hash: digest(&self.head_hash)?,
        })
    }
}

/// A whole row of the ledger, for writing.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = schema::ledger, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct NewLedger<'a> {
    pub district: i64,
    pub device: i64,
    pub seq: i64,
    pub hash: &'a [u8],
    pub alg: &'a str,
    pub signature: &'a [u8],
    pub bytes: &'a [u8],
    pub record: Option<Vec<u8>>,
    pub leaf: i64,
    pub received_ms: i64,
    pub state: &'static str,
    pub disposition: String,
    pub commit_seq: Option<i64>,
    pub moved: i64,
    pub released: bool,
}

/// A row of the ledger without its bytes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = schema::ledger)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct StoredEntry {
    pub device: i64,
    pub seq: i64,
    pub hash: Vec<u8>,
    pub record: Option<Vec<u8>>,
    pub leaf: i64,
    pub received_ms: i64,
    pub disposition: String,
    pub moved: i64,
    pub released: bool,
}

impl StoredEntry {
    /// Its dot and the entry.
    pub fn entry(&self) -> Result<(Dot, Entry), StoreError> {
        let entry = Entry {
            hash: digest(&self.hash)?,
            record: self.record.as_deref().map(record_id).transpose()?,
            leaf: nat(self.leaf),
            received: UtcMs(self.received_ms),
            disposition: serde_json::from_str(&self.disposition).map_err(|e| StoreError::Broken(format!("disposition: {e}")))?,
            moved: nat(self.moved),
            released: self.released,
        };
        Ok((Dot::new(device_id(self.device), nat(self.seq)), entry))
    }
}

/// The signed bytes of a row of the ledger.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = schema::ledger)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct StoredBytes {
    pub device: i64,
    pub seq: i64,
    pub alg: String,
    pub signature: Vec<u8>,
    pub bytes: Vec<u8>,
}

impl StoredBytes {
    /// Its dot and the change as signed.
    pub fn signed(self) -> Result<(Dot, SignedChange), StoreError> {
        let bytes = unpack(&self.bytes, MAX_CHANGE_BYTES).map_err(|e| StoreError::Broken(format!("bytes of a change: {e}")))?;
        Ok((Dot::new(device_id(self.device), nat(self.seq)), SignedChange { alg: self.alg.into(), signature: self.signature, bytes }))
    }
}

/// How the bytes of a change are kept.
pub fn pack_change(bytes: &[u8]) -> Vec<u8> {
    pack(bytes, 1)
}

/// The `state` column of a disposition, for the queue's index.
pub fn state_of(disposition: &Disposition) -> &'static str {
    disposition.state()
}

/// The commit of an applied change.
pub fn commit_of(disposition: &Disposition) -> Option<i64> {
    match disposition {
        Disposition::Applied { commit, .. } => Some(int(*commit)),
        _ => None,
    }
}

/// A record as stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = schema::record, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct NewRecord {
    pub district: i64,
    pub id: Vec<u8>,
    pub kind: String,
    pub schema: i64,
    pub state: Vec<u8>,
    pub commit_seq: i64,
    pub sum: i64,
    pub contested: i64,
    pub exceptions: i64,
}

/// A row of the feed as stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::feed, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct StoredFeed {
    pub district: i64,
    pub bucket: String,
    pub record: Vec<u8>,
    pub entered: i64,
    pub last: i64,
    pub has_left: bool,
}

impl StoredFeed {
    /// As it is stored.
    pub fn of(district: i64, row: &FeedRow) -> StoredFeed {
        StoredFeed { district, bucket: row.bucket.0.to_string(), record: row.record.to_bytes().to_vec(), entered: int(row.entered), last: int(row.last), has_left: row.left }
    }

    /// As the engine knows it.
    pub fn row(&self) -> Result<FeedRow, StoreError> {
        Ok(FeedRow { bucket: Bucket(self.bucket.as_str().into()), record: record_id(&self.record)?, entered: nat(self.entered), last: nat(self.last), left: self.has_left })
    }
}
