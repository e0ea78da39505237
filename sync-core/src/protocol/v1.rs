//! Messages of version 1.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{Body, Signed};
use crate::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId, UtcMs, b64};
use crate::record::{Bucket, Dot, Reason, RecordDelta};

/// Version of everything in this module.
pub const PROTOCOL: u32 = 1;

/// Days for which a handheld may be read without contact, where the office has set nothing else.
pub const OFFLINE_LEASE_DAYS: i64 = 30;

/// [`OFFLINE_LEASE_DAYS`] in milliseconds: what a device assumes of a server that says nothing of leases.
pub const DEFAULT_LEASE_MS: i64 = OFFLINE_LEASE_DAYS * 86_400_000;

fn default_lease() -> i64 {
    DEFAULT_LEASE_MS
}

/// What the server takes, told to every device instead of guessed by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Changes in one push.
    pub push_changes: usize,
    /// Bytes of one push, inflated.
    pub push_bytes: usize,
    /// Items in one page of a pull.
    pub page_items: usize,
    /// Bytes of one page, before compression; a page holds at least one item.
    pub page_bytes: usize,
    /// Days for which devices keep acknowledged changes, so that a restored server can be told again.
    pub backup_days: u32,
    /// Whether originals of photos and recordings are wanted over a network that is paid by volume.
    #[serde(default)]
    pub originals_metered: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { push_changes: 500, push_bytes: 4 << 20, page_items: 500, page_bytes: 2 << 20, backup_days: 30, originals_metered: false }
    }
}

/// Binary keys and signatures as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&b64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        b64::decode(&text).map(Bytes).ok_or_else(|| serde::de::Error::custom("must be URL-safe base64 without padding"))
    }
}

/// Most thumbnails of one `POST /sync/v1/thumbnails`.
pub const MAX_THUMBNAILS: usize = 32;

/// A line of `POST /sync/v1/thumbnails`: what a photo looks like, before its original comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThumbnailLine {
    /// The record that names the photo.
    pub record: RecordId,
    /// Digest of the original.
    pub sha256: Digest,
    /// A JPEG of at most `replica::MAX_THUMBNAIL_BYTES`.
    pub jpeg: Bytes,
}

/// `POST /sync/v1/enrol`: an officer makes a handheld his own, with a one-time code and his password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The one-time code that an administrator issued.
    pub code: String,
    /// The officer.
    pub officer: OfficerId,
    /// His password, checked by argon2id.
    pub password: String,
    /// The id that the new store chose at random.
    pub device: DeviceId,
    /// Signature algorithm of its key.
    pub alg: String,
    /// Its public key.
    pub public_key: Bytes,
    /// Signature by that key over the code: proof that the sender holds it.
    pub proof: Bytes,
    /// A name for lists: "华为 Mate 60, 李明".
    pub label: String,
    /// Head of the chain that this store continues after a fork or a restored backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Digest>,
}

/// What an enrolled device holds of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The device's certificate, a [`Signed`] [`Certificate`].
    pub certificate: Signed,
    /// Algorithm of the server's receipt key.
    pub server_alg: String,
    /// The server's receipt key.
    pub server_key: Bytes,
    /// The server's age recipient (`age1…`), for bundles that only it may read.
    pub server_recipient: String,
    /// The district.
    pub district: DistrictId,
    /// Its epoch.
    pub epoch: u32,
}

/// That a key belongs to a device of an officer in a district. Travels with tasks, so that colleagues can
/// verify each other's changes without a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// Its district.
    pub district: DistrictId,
    /// Signature algorithm of its key.
    pub alg: String,
    /// Its public key.
    pub public_key: Bytes,
    /// When it was issued.
    pub issued: UtcMs,
    /// `prev` of its first change: zero, or the head of the chain that it continues.
    pub first_prev: Digest,
}

impl Body for Certificate {
    const TAG: &'static str = "zhifa.certificate.v1";
}

/// `POST /sync/v1/nonce` and `/token`: a handheld proves its key and gets a short token. A lost answer costs nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The device.
    pub device: DeviceId,
    /// The nonce it was given.
    pub nonce: String,
    /// Signature over [`nonce_digest`].
    pub signature: Bytes,
    /// Its certificate, so that a restored server that no longer knows it can let it in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Signed>,
}

/// What is signed to prove a device key for a nonce.
pub fn nonce_digest(nonce: &str) -> Digest {
    Digest::tagged("zhifa.nonce.v1", &[nonce.as_bytes()])
}

/// What is signed at enrolment to prove the new key.
pub fn enrol_digest(code: &str, device: DeviceId) -> Digest {
    Digest::tagged("zhifa.enrol.v1", &[code.as_bytes(), b"\0", device.to_string().as_bytes()])
}

/// A token for the calls of one device.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenResponse {
    /// To be sent as `Authorization: Bearer`.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: u64,
}

/// That the server holds a device's changes: custody, not yet application. Signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The district.
    pub district: DistrictId,
    /// Its epoch.
    pub epoch: u32,
    /// Whose changes.
    pub device: DeviceId,
    /// All changes up to this number are held.
    pub through_seq: u64,
    /// Hash of that change; zero if none.
    pub head_hash: Digest,
    /// Further ranges that are held, both ends inclusive, each with the hash of its last change: a device that shares
    /// numbers with changes it never wrote must not take them for its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<(u64, u64, Digest)>,
    /// Leaves of the Merkle log.
    pub log_size: u64,
    /// Its root.
    pub log_root: Digest,
    /// The server's clock.
    pub server_time: UtcMs,
}

impl Body for Receipt {
    const TAG: &'static str = "zhifa.receipt.v1";
}

impl Receipt {
    /// Whether it covers the device's change number `seq`.
    pub fn covers(&self, seq: u64) -> bool {
        seq <= self.through_seq || self.held.iter().any(|(from, to, _)| (*from..=*to).contains(&seq))
    }
}

/// What has become of a change. Committed with its effect; only ever moves forward.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Disposition {
    /// It is in.
    Applied {
        /// Its commit number.
        commit: u64,
        /// Fields it wrote that read contested when it applied.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contested: Vec<Box<str>>,
        /// Why its deed stands as an exception.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        excepted: Vec<Reason>,
        /// Why its request was refused.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refused: Vec<Reason>,
    },
    /// It waits for these dots, or for a server that knows its schema.
    Parked {
        /// Dots that are not in yet.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<Dot>,
        /// The schema version that this server does not know yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schema: Option<u32>,
    },
    /// In the office's custody; a reviewer releases or dismisses it.
    Quarantined {
        /// One of [`super::codes::QUARANTINE`].
        code: Box<str>,
        /// Field, reason and remedy.
        detail: Box<str>,
    },
    /// It will not apply. Its bytes are kept.
    Dismissed {
        /// One of [`super::codes::DISMISSED`].
        code: Box<str>,
        /// The reviewer's words.
        reason: Box<str>,
    },
}

impl Disposition {
    /// Whether nothing more can become of it.
    pub fn is_final(&self) -> bool {
        matches!(self, Disposition::Applied { .. } | Disposition::Dismissed { .. })
    }

    /// Its name, as in the JSON.
    pub fn state(&self) -> &'static str {
        match self {
            Disposition::Applied { .. } => "applied",
            Disposition::Parked { .. } => "parked",
            Disposition::Quarantined { .. } => "quarantined",
            Disposition::Dismissed { .. } => "dismissed",
        }
    }

    /// In quarantine, with a code of the table and field, reason and remedy in words.
    pub fn quarantined(code: &str, detail: impl Into<String>) -> Disposition {
        Disposition::Quarantined { code: code.into(), detail: detail.into().into() }
    }
}

/// The answer to one line of a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResult {
    /// Hash of the change's bytes, or of the whole line where it could not be taken apart.
    pub hash: Digest,
    /// The slot; absent where none was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dot: Option<Dot>,
    /// What became of it; absent where it took no slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// One of [`super::codes::UNVERIFIED`]: no slot was taken, the sender keeps its copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unverified: Option<Box<str>>,
    /// It had been received before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
}

/// `POST /sync/v1/push` answered: one result a line, in order, and the sender's receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResponse {
    /// One a line.
    pub results: Vec<PushResult>,
    /// A [`Signed`] [`Receipt`] for the sender.
    pub receipt: Signed,
}

/// Where a replica stands in one bucket: JSON `[base, at]`.
///
/// One number would not do. The feed has one row a record, ordered by its *last* change: while a replica pages
/// through a bucket, a record that entered early may have moved behind the page because it changed again, and has
/// not been told although it entered before `at`. So a record is whole news unless it entered by `base`, the
/// commit as of which the replica was last complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Position {
    /// Everything up to this commit is there.
    pub base: u64,
    /// Rows up to this commit have been told since.
    pub at: u64,
}

impl From<(u64, u64)> for Position {
    fn from((base, at): (u64, u64)) -> Self {
        Position { base, at }
    }
}

impl From<Position> for (u64, u64) {
    fn from(p: Position) -> Self {
        (p.base, p.at)
    }
}

/// Opaque to devices: where a replica stands in each bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// The epoch it was given in.
    pub epoch: u32,
    /// Moves of dispositions that were told.
    pub moves: u64,
    /// Per bucket where it stands.
    pub buckets: BTreeMap<Bucket, Position>,
}

impl Cursor {
    /// The opaque text.
    pub fn to_text(&self) -> String {
        b64::encode(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads the opaque text; empty is the beginning.
    pub fn parse(text: &str) -> Option<Cursor> {
        if text.is_empty() {
            return Some(Cursor::default());
        }
        serde_json::from_slice(&b64::decode(text)?).ok()
    }
}

/// `POST /sync/v1/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// Protocol version of the device.
    pub protocol: u32,
    /// Version of the app, for lists.
    pub app: String,
    /// Field table version per kind.
    pub schemas: BTreeMap<String, u32>,
    /// The last receipt it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Signed>,
    /// Its own newest change: number and hash.
    pub head: Option<(u64, Digest)>,
    /// Changes per record that it has not yet delivered.
    pub pending: Vec<(RecordId, u64)>,
    /// Bytes of originals that it has not yet delivered.
    #[serde(default)]
    pub pending_bytes: u64,
    /// Its certificate, so that a restored server can know it again.
    pub certificate: Signed,
    /// Ranges of its own changes of which it does not know what became: never sent, or the answer was lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ask: Vec<(u64, u64)>,
    /// The challenge of the last answer, if it had one: this request is fresh, not a delayed copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<Digest>,
    /// Acknowledgements of commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<u64>,
}

/// Orders to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// No reading and no capture until the PIN was entered again.
    Lock,
    /// No more capture; deliver everything, then erase.
    DrainThenErase,
    /// Erase at once, whatever is undelivered.
    EraseNow,
}

/// The state of a device's chain, as the server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chain {
    /// In order.
    Intact,
    /// Frozen: forked, or the device was restored from a backup. Enrol anew; what is pending is kept.
    Frozen,
}

/// The answer to a session request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionResponse {
    /// The district's epoch.
    pub epoch: u32,
    /// What the server holds of this device, freshly signed: re-send whatever it does not cover.
    pub receipt: Signed,
    /// What became of the changes asked about, of those that are held; at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<(u64, Disposition)>,
    /// Proof that the log extends the log of the receipt presented (RFC 6962 §2.1.2).
    pub consistency: Vec<Digest>,
    /// What the server takes.
    pub limits: Limits,
    /// The server's clock.
    pub server_time: UtcMs,
    /// The buckets that this device is given.
    pub scope: Vec<Bucket>,
    /// Orders, with numbers to acknowledge.
    pub commands: Vec<(u64, Command)>,
    /// State of the device's chain.
    pub chain: Chain,
    /// What was said of the chain looks like a device restored from a copy, or like a delayed copy of an old
    /// request. Ask again with this as `echo`; only then is the chain frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Digest>,
    /// This server was restored: mirrors of records beyond this commit should be sent as salvage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_at: Option<u64>,
    /// Milliseconds for which the device may be read from now on without another contact; 0: not at all.
    #[serde(default = "default_lease")]
    pub lease_ms: i64,
    /// A long-lived token for `POST /sync/v1/deposit` and nothing else: kept outside the officer's PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<String>,
}

/// `POST /sync/v1/deposit`: frames that only the server can read (`crate::replica::frames`), from a store that nobody
/// may be able to open. Idempotent. Says how many, and nothing of what is in them: whoever sends them may be a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DepositResponse {
    /// Frames taken into custody: all of the request.
    pub frames: u64,
    /// Of those, changes received before.
    pub repeats: u64,
    /// Changes that stand as applied.
    pub applied: u64,
    /// Changes that wait for others.
    pub parked: u64,
    /// Changes that a reviewer must look at.
    pub quarantined: u64,
    /// Changes that a reviewer dismissed.
    pub dismissed: u64,
    /// Frames that could not be opened or verified; their bytes are kept.
    pub unverified: u64,
}

impl DepositResponse {
    /// Counts the results of a push, one a frame.
    pub fn of(results: &[PushResult]) -> DepositResponse {
        let mut counts = DepositResponse { frames: results.len() as u64, ..DepositResponse::default() };
        for result in results {
            counts.repeats += u64::from(result.repeat);
            *match &result.disposition {
                Some(Disposition::Applied { .. }) => &mut counts.applied,
                Some(Disposition::Parked { .. }) => &mut counts.parked,
                Some(Disposition::Quarantined { .. }) => &mut counts.quarantined,
                Some(Disposition::Dismissed { .. }) => &mut counts.dismissed,
                None => &mut counts.unverified,
            } += 1;
        }
        counts
    }

    /// Adds the counts of another deposit.
    pub fn add(&mut self, other: &DepositResponse) {
        self.frames += other.frames;
        self.repeats += other.repeats;
        self.applied += other.applied;
        self.parked += other.parked;
        self.quarantined += other.quarantined;
        self.dismissed += other.dismissed;
        self.unverified += other.unverified;
    }
}

/// One item of a page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullItem {
    /// A record in a bucket, whole or what changed.
    Record(Box<str>, Box<RecordDelta>),
    /// A record left a bucket.
    Left(Box<str>, RecordId),
}

/// `GET /sync/v1/pull?cursor=…&limit=…`: one snapshot, applied atomically.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PullPage {
    /// The district's epoch. If it is not the cursor's, nothing else is told: begin anew.
    pub epoch: u32,
    /// In bucket order, then by commit.
    pub items: Vec<PullItem>,
    /// Buckets of the cursor that the device is no longer given.
    pub dropped: Vec<Bucket>,
    /// Changes of this device whose disposition moved since.
    pub moves: Vec<(Dot, Disposition)>,
    /// Where to go on.
    pub cursor: String,
    /// Whether there is more.
    pub more: bool,
    /// The cursor lies beyond this commit, the newest there is: the server was restored and does not know it yet.
    /// Nothing else is told; begin anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead_of: Option<u64>,
    /// At the end: per bucket the wrapping sum of its records' checksums, to be compared.
    #[serde(default)]
    pub sums: BTreeMap<Bucket, u64>,
}

/// `POST /sync/v1/salvage`: the mirror of a record beyond a restore point, into custody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salvage {
    /// The record.
    pub record: RecordId,
    /// Its stored state as the device holds it, packed.
    pub state: Bytes,
}
