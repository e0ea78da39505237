//! Checking a package offline: nothing but the file, and the key that somebody trusts.
//!
//! Every file is compared with the manifest, the manifest with its signature, its key with the one that is trusted; and beside that, as though the manifest were forged,
//! every change with its signature, chain and proof, every original with its name, with the record that names it, and with its custody, every document with the record. A
//! package may be made to harm: names, sizes and counts are bounded before anything is inflated. Deliberately absent: unpacking anything.

mod archive;
mod content;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sync_core::base::keys::PublicKey;
use sync_core::protocol::Signed;

use super::stamp;
use super::{FORMAT, Manifest, fingerprint, path};
use archive::{Archive, Sums};

/// What can be wrong. Codes are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The archive is none, or made to harm.
    ArchiveRefused,
    /// The manifest cannot be read.
    ManifestUnreadable,
    /// The manifest does not bear the signature of the key it names.
    ManifestForged,
    /// The key is not one that is trusted.
    KeyUnknown,
    /// A file that the manifest names is not there.
    FileMissing,
    /// A file is there that the manifest does not name.
    FileExtra,
    /// A file is not what the manifest says.
    FileAltered,
    /// A file cannot be read as what it is.
    FileUnreadable,
    /// A device's certificate is not the server's, or another device's.
    CertificateWrong,
    /// The bytes of a change are not those it is listed as.
    ChangeAltered,
    /// A change does not bear its device's signature.
    SignatureInvalid,
    /// A change does not follow from the one before.
    ChainBroken,
    /// A change that another one names as seen is not there.
    ChangeMissing,
    /// A change cannot be proven to stand in the log.
    InclusionUnproven,
    /// The receipt does not bear the server's signature, or names another log.
    ReceiptWrong,
    /// An original is not the one that its name says: exchanged.
    OriginalSwapped,
    /// An original that no change names.
    OriginalUnnamed,
    /// A file that a change names is neither there nor listed as absent.
    OriginalUnlisted,
    /// The chain of custody is broken.
    CustodyBroken,
    /// A document is not the one that the record says was sealed.
    DocumentAltered,
    /// A document that the record does not name.
    DocumentUnnamed,
    /// A sealed document that the record names is not there.
    DocumentMissing,
    /// The timestamp does not hold.
    StampWrong,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// The file in the package; empty if it concerns none.
    pub file: String,
    /// What was seen.
    pub sentence: String,
}

/// How the server's key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// One that is trusted.
    Trusted,
    /// None that is trusted.
    Unknown,
    /// No trusted key was given: whoever made the package may be anybody.
    Uncompared,
}

/// What came out.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether nothing is wrong and the key is trusted.
    pub ok: bool,
    /// How the key stands.
    pub key: KeyState,
    /// SHA-256 of the key, in groups of four.
    pub fingerprint: String,
    /// Files that were compared.
    pub files: usize,
    /// Changes.
    pub changes: usize,
    /// Originals that are enclosed.
    pub originals: usize,
    /// Digests of originals that the package itself says are absent, each with why.
    pub absent: Vec<String>,
    /// When the manifest was stamped (UTC milliseconds), if it was.
    pub stamped_ms: Option<i64>,
    /// What is to be minded and is no fault: a timestamp whose signer was not traced, one that is absent.
    pub notes: Vec<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Report {
    /// 0: nothing is wrong, and the key is trusted. 1: something is wrong. 3: nothing is wrong by itself, and the key was not compared.
    pub fn exit(&self) -> u8 {
        match (self.findings.is_empty(), self.key) {
            (true, KeyState::Trusted) => 0,
            (true, KeyState::Uncompared) => 3,
            _ => 1,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "files: {}; changes: {}; originals: {}, absent {}", self.files, self.changes, self.originals, self.absent.len())?;
        for absent in &self.absent {
            writeln!(f, "absent: {absent}")?;
        }
        writeln!(f, "key of the server: {}", self.fingerprint)?;
        if let Some(ms) = self.stamped_ms {
            writeln!(f, "timestamp: {ms} ms since 1970 UTC")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        for finding in &self.findings {
            let code = serde_json::to_value(finding.code).unwrap_or_default();
            writeln!(f, "{}: {}: {}", code.as_str().unwrap_or_default(), finding.file, finding.sentence)?;
        }
        match self.exit() {
            0 => writeln!(f, "nothing is wrong"),
            3 => writeln!(f, "nothing is wrong by itself; the key was NOT compared: give the server's key with --trust"),
            _ => writeln!(f, "{} findings", self.findings.len()),
        }
    }
}

/// What is trusted.
#[derive(Default, Clone)]
pub struct Trust {
    /// Keys of servers; none: nothing is compared.
    pub keys: Vec<Vec<u8>>,
    /// Certificates of timestamp authorities, in PEM.
    pub authorities: Option<Vec<u8>>,
}

/// Findings of one check; of each kind the first are kept, so that a hostile package does not fill memory.
#[derive(Default)]
struct Found(Vec<Finding>);

/// Most findings.
const MOST: usize = 2_000;

impl Found {
    fn add(&mut self, code: Code, file: impl Into<String>, sentence: impl Into<String>) {
        let finding = Finding { code, file: file.into(), sentence: sentence.into() };
        if self.0.len() < MOST && !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }
}

/// Checks a package.
pub fn check(package: &Path, trust: &Trust) -> std::io::Result<Report> {
    let mut found = Found::default();
    let mut report = Report {
        ok: false,
        key: KeyState::Uncompared,
        fingerprint: String::new(),
        files: 0,
        changes: 0,
        originals: 0,
        absent: Vec::new(),
        stamped_ms: None,
        notes: Vec::new(),
        findings: Vec::new(),
    };
    match Archive::open(package)? {
        Ok(mut archive) => all(&mut archive, trust, &mut report, &mut found),
        Err(why) => found.add(Code::ArchiveRefused, "", why),
    }
    report.findings = found.0;
    report.ok = report.exit() == 0;
    Ok(report)
}

fn all(archive: &mut Archive, trust: &Trust, report: &mut Report, found: &mut Found) {
    let bytes = match archive.small(path::MANIFEST) {
        Ok(bytes) => bytes,
        Err(why) => return found.add(Code::ManifestUnreadable, path::MANIFEST, why),
    };
    let signed = serde_json::from_slice::<Signed>(&bytes).ok();
    let Some((signed, manifest)) = signed.and_then(|signed| signed.unchecked::<Manifest>().map(|manifest| (signed, manifest))) else {
        return found.add(Code::ManifestUnreadable, path::MANIFEST, "it is not a signed manifest");
    };
    if manifest.format != FORMAT {
        return found.add(Code::ManifestUnreadable, path::MANIFEST, format!("its format is not {FORMAT}; check it with the program that made it"));
    }
    let key = PublicKey::new(&manifest.alg, &manifest.key.0);
    if key.as_ref().is_none_or(|key| signed.open::<Manifest>(key).is_none()) {
        found.add(Code::ManifestForged, path::MANIFEST, "its signature is not that of the key it names");
    }
    report.fingerprint = fingerprint(&manifest.key.0);
    report.key = match trust.keys.as_slice() {
        [] => KeyState::Uncompared,
        keys if keys.contains(&manifest.key.0) => KeyState::Trusted,
        _ => KeyState::Unknown,
    };
    if report.key == KeyState::Unknown {
        found.add(Code::KeyUnknown, path::MANIFEST, format!("it is signed by a key that is not trusted here: {}", report.fingerprint));
    }
    let sums = files(archive, &manifest, found);
    report.files = sums.len();
    stamped(archive, &manifest, &bytes, trust, report, found);
    content::check(archive, &manifest, key.as_ref(), &sums, report, found);
}

/// Compares what is there with what the manifest names; gives what was seen of each file.
fn files(archive: &mut Archive, manifest: &Manifest, found: &mut Found) -> BTreeMap<String, Sums> {
    let there: BTreeSet<String> = archive.names().into_iter().collect();
    let mut named = BTreeSet::from([path::MANIFEST.to_owned()]);
    named.extend(manifest.stamp_asked.iter().flat_map(|_| [path::STAMP.to_owned(), path::NO_STAMP.to_owned()]));
    let mut sums = BTreeMap::new();
    for listed in &manifest.files {
        if !named.insert(listed.path.clone()) {
            found.add(Code::ManifestUnreadable, path::MANIFEST, format!("it names {} twice", listed.path));
            continue;
        }
        if !there.contains(&listed.path) {
            found.add(Code::FileMissing, &listed.path, "the manifest names it, and it is not in the package");
            continue;
        }
        match archive.sums(&listed.path, listed.size) {
            Err(why) => found.add(Code::FileAltered, &listed.path, why),
            Ok(seen) => {
                for (same, what) in [(seen.size == listed.size, "size"), (seen.sha256 == listed.sha256, "SHA-256"), (seen.sm3 == listed.sm3, "SM3")] {
                    if !same {
                        found.add(Code::FileAltered, &listed.path, format!("its {what} is not the one in the manifest"));
                    }
                }
                sums.insert(listed.path.clone(), seen);
            }
        }
    }
    for extra in there.difference(&named) {
        found.add(Code::FileExtra, extra, "the manifest does not name it");
    }
    sums
}

fn stamped(archive: &mut Archive, manifest: &Manifest, bytes: &[u8], trust: &Trust, report: &mut Report, found: &mut Found) {
    let Some(asked) = &manifest.stamp_asked else { return };
    if !archive.has(path::STAMP) {
        let why = if archive.has(path::NO_STAMP) { archive.small(path::NO_STAMP).ok() } else { None };
        match why {
            Some(why) => report.notes.push(format!("without a timestamp: {}", String::from_utf8_lossy(&why).trim().chars().take(300).collect::<String>())),
            None => found.add(Code::FileMissing, path::STAMP, format!("a timestamp was asked of {asked}, and neither it nor a reason is there")),
        }
        return;
    }
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let checked = archive.small(path::STAMP).map(|answer| stamp::check(&answer, &digest, trust.authorities.as_deref()));
    match checked {
        Err(why) => found.add(Code::StampWrong, path::STAMP, why),
        Ok(Err(why)) => found.add(Code::StampWrong, path::STAMP, why.to_string()),
        Ok(Ok(stamp)) => {
            report.stamped_ms = Some(stamp.at_ms);
            if !stamp.trusted {
                report.notes.push("whose timestamp it is was not traced: give the authority's certificates with --tsa-trust".to_owned());
            }
        }
    }
}
