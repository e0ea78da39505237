//! What a check may find: a stable code, where, and a sentence for a human.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use sync_core::base::{DeviceId, RecordId};
use sync_core::record::Dot;

/// Findings of one code that are kept; of the rest only the number.
const MOST_OF_A_CODE: u64 = 200;

/// What is wrong. In JSON in snake case; never renamed, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The bytes of a change are not those whose hash was taken, or not those that its author's handheld holds.
    ChangeAltered,
    /// A slot holds a change that was signed for another.
    ChangeMoved,
    /// One change stands in two slots.
    ChangeDoubled,
    /// A change that a receipt vouches for is not at the server.
    ChangeDeleted,
    /// The bytes of a change cannot be inflated.
    ChangeUnreadable,
    /// The signature is not that of the device's key.
    SignatureInvalid,
    /// A change does not name the hash of its device's previous one.
    ChainBroken,
    /// A number below `through_seq` of its device is not there.
    SlotMissing,
    /// `through_seq` or `head_hash` of a device is not what its slots say.
    DeviceHeadWrong,
    /// Changes of a device that is not in the roster.
    DeviceUnknown,
    /// A device's row says something else than the certificate that the server signed for it.
    CertificateMismatch,
    /// Columns of a row of the ledger contradict each other or the change's bytes.
    LedgerRowWrong,
    /// Two changes have one commit number, or one beyond the head's.
    CommitWrong,
    /// What the district's head says of moves or of the office's chain is not what the ledger says.
    HeadWrong,
    /// A leaf of the Merkle log is gone.
    LeafMissing,
    /// The head counts fewer leaves than there are.
    LeafBeyond,
    /// The log's stored right edge is not that of its leaves.
    FrontierAltered,
    /// A stored inner node is not what its leaves give.
    NodeAltered,
    /// An inner node that must be kept is gone.
    NodeMissing,
    /// A root that a receipt named is not the root of that beginning of the log.
    RootAltered,
    /// A record as stored is not what its changes give.
    RecordAltered,
    /// A record as stored cannot be read.
    RecordUnreadable,
    /// Changes were applied to a record that is not there.
    RecordMissing,
    /// A record that no applied change explains.
    RecordUnexplained,
    /// A change was applied before something that it depends on, or that is gone.
    CauseMissing,
    /// A value does not stand although no change says that it replaced it.
    ValueVanished,
    /// A value that stands is not the one that its author wrote.
    ValueAltered,
    /// A record is in a bucket, and the feed does not say so.
    FeedRowMissing,
    /// The feed says something of a record that is not so.
    FeedRowWrong,
    /// The checksum of a bucket is not the sum over its records.
    BucketSumWrong,
    /// The head of a bucket lies before its last row, so that replicas would miss it.
    BucketHeadWrong,
    /// What is noted of a parked change is not what its disposition says.
    ParkingWrong,
    /// A dot is waived, or dismissed as waived, and no reviewer's change says so; or the reverse.
    WaiverWrong,
    /// Bytes in custody are not those whose hash they are kept under.
    CustodyAltered,
    /// A handheld's store cannot be opened or read.
    HandheldUnreadable,
    /// A handheld's store belongs to another server or district.
    HandheldForeign,
    /// A change in a handheld's journal is not what its hash says.
    JournalAltered,
    /// A receipt does not bear the server's signature, or is not this handheld's.
    ReceiptForged,
    /// A handheld takes changes for delivered and has no receipt.
    ReceiptMissing,
    /// What a receipt says of the device's chain is not what the ledger says.
    ReceiptWrong,
    /// A receipt names a log that is not the beginning of this one: the log was rewritten.
    LogRewritten,
    /// A receipt is of an epoch before the present one: the handheld has not been heard since a restore.
    EpochBehind,
    /// A delivered change cannot be proven to be in the log of its receipt.
    InclusionUnproven,
    /// A record on a handheld is not the server's.
    ReplicaDiffers,
    /// A record that the handheld was told of is not on it.
    ReplicaMissing,
    /// A record is on a handheld that was not told of it, or was told that it left.
    ReplicaUnexplained,
    /// An entry of the audit is gone.
    AuditRemoved,
    /// An entry of the audit is not what was written.
    AuditAltered,
    /// An entry of the audit stands where another was written.
    AuditMoved,
    /// The audit's end is not what the server signed.
    AuditHeadWrong,
    /// A row with days is not what was entered.
    DatedAltered,
    /// Two rows of one thing hold on one day.
    DatedOverlap,
    /// A run of matching is not what was found.
    MatchingAltered,
    /// A draw does not replay to what was published.
    DrawAltered,
    /// What a record says was drawn up is gone: a model or a file.
    DocumentMissing,
    /// A model or a file is not what the record says was sealed.
    DocumentAltered,
    /// A file that was acknowledged, or that a record says is there, is not.
    OriginalMissing,
    /// A file is not what was handed in under its digest.
    OriginalAltered,
    /// The index beside the records lacks something of a record.
    IndexRowMissing,
    /// The index beside the records says something of a record that is not so.
    IndexRowWrong,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// The device concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The number of its change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The record concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// Its field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was seen, in a sentence.
    pub sentence: String,
}

impl Finding {
    /// A finding about nothing smaller than the district.
    pub fn new(code: Code, sentence: impl Into<String>) -> Finding {
        Finding { code, device: None, seq: None, record: None, field: None, sentence: sentence.into() }
    }

    /// About a device.
    pub fn of(self, device: DeviceId) -> Finding {
        Finding { device: Some(device), ..self }
    }

    /// About a change.
    pub fn at(self, dot: Dot) -> Finding {
        Finding { device: Some(dot.device), seq: Some(dot.seq), ..self }
    }

    /// About a record.
    pub fn on(self, record: RecordId) -> Finding {
        Finding { record: Some(record), ..self }
    }

    /// About a field.
    pub fn field(self, field: &str) -> Finding {
        Finding { field: Some(field.to_owned()), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.sentence)
    }
}

/// The findings so far. A damaged database may hold a million of one kind: of each code the first 200 are kept.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: BTreeMap<Code, u64>,
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.code).or_default();
        *count += 1;
        if *count <= MOST_OF_A_CODE {
            self.kept.push(finding);
        }
    }

    /// How many were added so far, kept or not.
    pub fn added(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The findings, each once, with one more of each code of which there were too many.
    pub fn into_list(self) -> Vec<Finding> {
        let mut list: Vec<Finding> = Vec::with_capacity(self.kept.len());
        for finding in self.kept {
            if !list.contains(&finding) {
                list.push(finding);
            }
        }
        for (code, count) in self.counts.into_iter().filter(|(_, n)| *n > MOST_OF_A_CODE) {
            list.push(Finding::new(code, format!("there are {} more of this kind", count - MOST_OF_A_CODE)));
        }
        list
    }
}
