//! What the district engine asks of a database. All calls happen inside one open transaction.

use serde::{Deserialize, Serialize};

use crate::base::merkle::Frontier;
use crate::base::plant::{Bug, planted};
use crate::base::time::Interval;
use crate::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId, UtcMs};
use crate::protocol::{Command, Disposition};
use crate::record::{Bucket, Dot, Record, SignedChange};

/// The head of a district: one row, locked first by every writing transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The district.
    pub district: DistrictId,
    /// Counts restores; part of the office chain's id.
    pub epoch: u32,
    /// Number of the last commit; dense.
    pub commit: u64,
    /// Number of the last move of a disposition after its first answer; dense.
    pub moves: u64,
    /// The Merkle log's right edge.
    pub log: Frontier,
    /// Drawn at random when a server starts; part of the office chain's id. See [`Head::begin_office`].
    pub incarnation: u32,
    /// Last number of this office chain.
    pub office_seq: u64,
    /// Hash of the office chain's last change.
    pub office_prev: Digest,
    /// The commit at which this epoch began, if by a restore.
    pub restored_at: Option<u64>,
}

impl Head {
    /// The head of a new district.
    pub fn new(district: DistrictId) -> Head {
        Head { district, epoch: 1, commit: 0, moves: 0, log: Frontier::default(), incarnation: 0, office_seq: 0, office_prev: Digest::ZERO, restored_at: None }
    }

    /// The office chain that is being written.
    pub fn office(&self) -> DeviceId {
        if planted(Bug::OfficeSeqReusedAfterRestore) {
            return DeviceId::office(self.district, 1, 0);
        }
        DeviceId::office(self.district, self.epoch, self.incarnation)
    }

    /// Begins a new office chain. A server does this once when it starts on a database, with fresh random bits: the
    /// database may be a restored one, and then the old chain goes on elsewhere.
    pub fn begin_office(&mut self, random: u32) {
        self.incarnation = random;
        if !planted(Bug::OfficeSeqReusedAfterRestore) {
            (self.office_seq, self.office_prev) = (0, Digest::ZERO);
        }
    }
}

/// How a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Its changes are taken.
    Active,
    /// Its chain forked or it was restored: from this number on nothing of it enters a record.
    Frozen {
        /// First number that is frozen.
        from: u64,
    },
    /// Its certificate was withdrawn; what arrives goes to quarantine.
    Revoked,
}

/// An enrolled device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// Signature algorithm of its key.
    pub alg: Box<str>,
    /// Its public key.
    pub public_key: Vec<u8>,
    /// `prev` of its first change.
    pub first_prev: Digest,
    /// How it stands.
    pub state: DeviceState,
    /// All its changes up to this number are held.
    pub through_seq: u64,
    /// Hash of that change; `first_prev` if none.
    pub head_hash: Digest,
}

/// One row of the ledger: what was received under a dot, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Hash of the bytes; the leaf of the Merkle log.
    pub hash: Digest,
    /// The record named in the change; `None` if the bytes could not be read so far.
    pub record: Option<RecordId>,
    /// Index of its leaf.
    pub leaf: u64,
    /// When it was received.
    pub received: UtcMs,
    /// What has become of it.
    pub disposition: Disposition,
    /// The move by which it got there after its first answer; 0 if it never moved.
    pub moved: u64,
    /// A reviewer released it from quarantine: access is not asked about again.
    pub released: bool,
}

/// A record in a bucket of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// The bucket.
    pub bucket: Bucket,
    /// The record.
    pub record: RecordId,
    /// Commit at which it entered (last).
    pub entered: u64,
    /// Commit of its last change, or of its leaving.
    pub last: u64,
    /// Whether it has left.
    pub left: bool,
}

/// The head of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BucketHead {
    /// Commit of its last row.
    pub last: u64,
    /// Wrapping sum of the checksums of the records in it.
    pub sum: u64,
}

/// What an officer may hold and write, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The bucket.
    pub bucket: Bucket,
    /// From when.
    pub from: UtcMs,
    /// Until when, exclusive; open if absent.
    pub until: Option<UtcMs>,
}

/// Bytes that took no slot but are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// No device key verified them.
    Unverified,
    /// Validly signed for a slot that another change holds.
    Fork,
    /// A mirror uploaded after a restore.
    Salvage,
}

/// Something a human should know; becomes a task of the review queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Two changes are validly signed for one slot.
    Forked(Dot),
    /// A device came back older than it was.
    DeviceRestored(DeviceId),
    /// A receipt of ours names a log that ours does not extend: this server was restored.
    ServerRestored {
        /// The epoch that begins.
        epoch: u32,
    },
    /// A change was quarantined.
    Quarantined(Dot),
    /// A deed stands as an exception.
    Excepted(Dot),
    /// A change arrived for which there is a waiver.
    WaivedCame(Dot),
    /// Custody was taken of unverified bytes.
    Unverified(Digest),
}

/// A record went from one stage to another: which change moved it, and when that happened as far as it can be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageMove {
    /// The record.
    pub record: RecordId,
    /// The change that moved it.
    pub dot: Dot,
    /// The commit at which it did.
    pub commit: u64,
    /// The stage before.
    pub from: Box<str>,
    /// The stage from now on.
    pub to: Box<str>,
    /// When the act was done, by monotonic time and the last server contact.
    pub when: Interval,
    /// What the author's clock showed, brought into the interval: the day that is shown for it.
    pub shown: UtcMs,
}

/// What a change waits for whose schema this server does not know yet.
pub const AWAITS_SCHEMA: Dot = Dot { device: DeviceId(0), seq: 0 };

/// The database as the district engine sees it. A failed call fails the transaction.
pub trait Store {
    /// Why the database could not answer.
    type Error;

    /// The district's head.
    fn head(&mut self) -> Result<Head, Self::Error>;
    /// Writes the head.
    fn put_head(&mut self, head: &Head) -> Result<(), Self::Error>;

    /// An enrolled device.
    fn device(&mut self, device: DeviceId) -> Result<Option<DeviceRow>, Self::Error>;
    /// Writes a device.
    fn put_device(&mut self, row: &DeviceRow) -> Result<(), Self::Error>;
    /// Whether an officer is suspended now.
    fn suspended(&mut self, officer: &OfficerId) -> Result<bool, Self::Error>;
    /// An officer's grants, past ones too.
    fn grants(&mut self, officer: &OfficerId) -> Result<Vec<Grant>, Self::Error>;

    /// A row of the ledger.
    fn entry(&mut self, dot: Dot) -> Result<Option<Entry>, Self::Error>;
    /// Takes a slot: a new row with the signed bytes.
    fn insert_entry(&mut self, dot: Dot, entry: &Entry, signed: &SignedChange) -> Result<(), Self::Error>;
    /// Moves a row to another disposition (and to a record, once that is known).
    fn update_entry(&mut self, dot: Dot, entry: &Entry) -> Result<(), Self::Error>;
    /// The signed bytes under a dot.
    fn signed(&mut self, dot: Dot) -> Result<Option<SignedChange>, Self::Error>;
    /// Ranges of numbers above `above` that are held of a device, ascending, at most 1,000.
    fn held_above(&mut self, device: DeviceId, above: u64) -> Result<Vec<(u64, u64)>, Self::Error>;
    /// Rows of a device that moved after `moves`, in order of their moves.
    fn moves_after(&mut self, device: DeviceId, moves: u64, limit: usize) -> Result<Vec<(Dot, Entry)>, Self::Error>;

    /// Notes what a parked change waits for; replaces what was noted before, an empty list clears it.
    /// [`AWAITS_SCHEMA`] stands for a server with newer field tables.
    fn park(&mut self, dot: Dot, missing: &[Dot]) -> Result<(), Self::Error>;
    /// The parked changes that wait for a dot.
    fn waiting_for(&mut self, dot: Dot) -> Result<Vec<Dot>, Self::Error>;
    /// Notes that a reviewer declared a dot lost.
    fn put_waived(&mut self, dot: Dot) -> Result<(), Self::Error>;
    /// Whether a reviewer declared a dot lost.
    fn waived(&mut self, dot: Dot) -> Result<bool, Self::Error>;

    /// Hands a record out. The engine gives it back by [`Store::put_record`] if it changed and by
    /// [`Store::give_back`] if not, before it asks for it again: so a store may keep decoded records and need not copy them.
    fn take_record(&mut self, id: RecordId) -> Result<Option<Record>, Self::Error>;
    /// Writes a record that changed.
    fn put_record(&mut self, record: Record) -> Result<(), Self::Error>;
    /// Takes a record back that did not change.
    fn give_back(&mut self, record: Record);

    /// Notes that a record moved to another stage. A store that keeps no history of stages ignores it.
    fn stage_moved(&mut self, _move: StageMove) -> Result<(), Self::Error> {
        Ok(())
    }

    /// The rows of a record in the feed, those that it has left too.
    fn feed_rows(&mut self, record: RecordId) -> Result<Vec<FeedRow>, Self::Error>;
    /// Writes a row of the feed.
    fn put_feed_row(&mut self, row: &FeedRow) -> Result<(), Self::Error>;
    /// Rows of a bucket with `last > after`, in order of `last`, each with its record unless it has left.
    fn feed_after(&mut self, bucket: &Bucket, after: u64, limit: usize) -> Result<Vec<(FeedRow, Option<Record>)>, Self::Error>;
    /// The head of a bucket.
    fn bucket(&mut self, bucket: &Bucket) -> Result<BucketHead, Self::Error>;
    /// Writes the head of a bucket.
    fn put_bucket(&mut self, bucket: &Bucket, head: BucketHead) -> Result<(), Self::Error>;

    /// Keeps a complete node of the Merkle log. Level 0 stands in the ledger already; a store may keep only
    /// some levels and compute the others in [`Store::node`].
    fn put_node(&mut self, level: u32, index: u64, hash: Digest) -> Result<(), Self::Error>;
    /// A complete node of the Merkle log.
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Self::Error>;
    /// Keeps the root of the log as of a size that a receipt names.
    fn put_root(&mut self, size: u64, root: Digest) -> Result<(), Self::Error>;
    /// The root as of a size that a receipt of this log named.
    fn root(&mut self, size: u64) -> Result<Option<Digest>, Self::Error>;

    /// Takes bytes into custody by their hash; the same bytes once.
    fn keep(&mut self, custody: Custody, hash: Digest, from: Option<DeviceId>, bytes: &[u8]) -> Result<(), Self::Error>;
    /// Tells a human.
    fn notify(&mut self, notice: Notice) -> Result<(), Self::Error>;

    /// What a device reported as not yet delivered, as of now.
    fn put_pending(&mut self, device: DeviceId, pending: &[(RecordId, u64)], bytes: u64, now: UtcMs) -> Result<(), Self::Error>;
    /// Number and hash of the newest change that a device says it has: the last word of one that is erased.
    fn put_journal_head(&mut self, device: DeviceId, seq: u64, hash: Digest, now: UtcMs) -> Result<(), Self::Error>;
    /// Orders for a device that it has not acknowledged; they are told now, and again until it does.
    fn commands(&mut self, device: DeviceId, now: UtcMs) -> Result<Vec<(u64, Command)>, Self::Error>;
    /// A device acknowledged orders.
    fn acknowledge(&mut self, device: DeviceId, done: &[u64], now: UtcMs) -> Result<(), Self::Error>;
}
