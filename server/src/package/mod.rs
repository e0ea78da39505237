//! The evidence package: a case as one file that convinces somebody who has neither this server nor its database.
//!
//! `zhifa export-case` puts into a zip the exact bytes of every change of the case and of the visit it arose from, with signatures and
//! certificates; proofs (RFC 6962) that each stands in the log, under a root that the server signed; documents, originals, and the custody
//! of each; and a page to read. `manifest.json` names every file with its digests and is signed. `zhifa verify --package` checks all of it
//! offline and names what is wrong by file. Files stand in a fixed order with fixed times: the same state gives the same bytes but for the instants that
//! are told. Deliberately absent: changes of other records, what was done with an original for other records (by digest only), and secrets.

pub mod check;
pub mod cli;
mod export;
mod gather;
pub mod http;
mod page;
mod read;
pub mod stamp;

use serde::{Deserialize, Serialize};
use sync_core::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId};
use sync_core::protocol::Signed;
use sync_core::protocol::{Body, Bytes};

pub use export::{ExportError, Exported, Order, export};

/// The format that this program writes and reads.
pub const FORMAT: &str = "zhifa-package-1";

/// Where things stand in a package.
pub mod path {
    /// What is in it, signed.
    pub const MANIFEST: &str = "manifest.json";
    /// Keys and certificates.
    pub const KEYS: &str = "keys.json";
    /// The signed root of the log.
    pub const RECEIPT: &str = "receipts/receipt.json";
    /// The list of changes.
    pub const CHANGES: &str = "changes/index.json";
    /// The page.
    pub const PAGE: &str = "index.html";
    /// The page on paper.
    pub const PAPER: &str = "index.pdf";
    /// The timestamp of the manifest (RFC 3161), which no list can name.
    pub const STAMP: &str = "timestamp.tsr";
    /// Why there is none although one was asked for.
    pub const NO_STAMP: &str = "timestamp-absent.txt";
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its path.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// SM3, hexadecimal.
    pub sm3: String,
}

/// What became of an original that the case names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In the package.
    There,
    /// The office has not got it.
    Awaited,
    /// It never comes; the record says why.
    Lost,
    /// Sealed, and so handed out to nobody.
    Sealed,
    /// The record named it once and does so no more.
    Withdrawn,
    /// What lies in the store is not what was received.
    Damaged,
}

impl State {
    /// Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            State::There => ("已附", "enclosed"),
            State::Awaited => ("尚未收到", "not received yet"),
            State::Lost => ("灭失,理由见记录", "lost; the record says why"),
            State::Sealed => ("已封存,未附", "sealed, not enclosed"),
            State::Withdrawn => ("已撤回,未附", "withdrawn, not enclosed"),
            State::Damaged => ("存储内容与摘要不符,未附", "damaged in the store, not enclosed"),
        }
    }
}

/// An original that the case names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// What became of it.
    pub state: State,
    /// Where it is, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Record and register of whatever names it.
    pub named: Vec<(RecordId, String)>,
    /// Number and hash of the last event of its custody, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custody: Option<(u64, Digest)>,
}

/// A document that the case names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// The record.
    pub record: RecordId,
    /// Its id there.
    pub id: String,
    /// Where the PDF is.
    pub path: String,
}

/// What is in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// District of the server.
    pub district: DistrictId,
    /// The case.
    pub case: RecordId,
    /// Its number, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_no: Option<String>,
    /// The records whose changes are in it: the case, then the visit.
    pub records: Vec<RecordId>,
    /// When it was made, UTC milliseconds.
    pub made_ms: i64,
    /// By whom: an officer, or `system`.
    pub made_by: String,
    /// Algorithm of the server's key.
    pub alg: String,
    /// The server's public key.
    pub key: Bytes,
    /// Leaves of the log at that time.
    pub log_size: u64,
    /// Its root.
    pub log_root: Digest,
    /// Every file but this one and the timestamp, in the order of the zip.
    pub files: Vec<Listed>,
    /// Every original.
    pub originals: Vec<Original>,
    /// Every document.
    pub documents: Vec<Paper>,
    /// The authority that was asked for a timestamp of this manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp_asked: Option<String>,
}

impl Body for Manifest {
    const TAG: &'static str = "zhifa.package.v1";
}

/// A change as the package lists it; its exact bytes are a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedChange {
    /// Where its bytes are.
    pub path: String,
    /// Where its proof is.
    pub proof: String,
    /// The device that wrote it.
    pub device: DeviceId,
    /// Its number there.
    pub seq: u64,
    /// Its record.
    pub record: RecordId,
    /// Signature algorithm.
    pub alg: String,
    /// Signature of its device.
    pub signature: Bytes,
    /// Its leaf in the log.
    pub leaf: u64,
    /// `applied`, `parked`, `quarantined` or `dismissed`.
    pub state: String,
}

/// The proof that a change stands in the log (RFC 6962 §2.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Hash of the change.
    pub hash: Digest,
    /// Its leaf.
    pub leaf: u64,
    /// Size of the log.
    pub log_size: u64,
    /// From the leaf upwards.
    pub path: Vec<Digest>,
}

/// The keys by which changes are checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Algorithm of the server's key: it signs manifest, receipt and certificates, and the office's own changes.
    pub alg: String,
    /// The server's key.
    pub server: Bytes,
    /// The devices.
    pub devices: Vec<DeviceKey>,
}

/// The key of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceKey {
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// Algorithm.
    pub alg: String,
    /// The key.
    pub key: Bytes,
    /// The certificate that the server signed at enrolment; a device that a restored server let in again has none and is vouched for by the
    /// manifest, and so are the office's own chains, which bear the server's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Signed>,
}

/// A key for the eye: groups of four hexadecimal digits of its SHA-256.
pub fn fingerprint(key: &[u8]) -> String {
    let digits = hex::encode(Digest::plain(key).0);
    let groups: Vec<&str> = (0..digits.len()).step_by(4).filter_map(|at| digits.get(at..at + 4)).collect();
    groups.join(" ")
}
