//! What is in the files: keys, receipt, changes, originals, custody and documents, each held against the others as though the manifest said nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use sync_core::base::keys::PublicKey;
use sync_core::base::merkle::verify_inclusion;
use sync_core::base::{DeviceId, Digest};
use sync_core::evidence::custody::{self, Event};
use sync_core::protocol::{Certificate, Receipt, Signed};
use sync_core::record::{Change, Dot, MAX_CHANGE_BYTES, SignedChange, change_hash, signing_input};

use super::super::read::Facts;
use super::super::{Keys, ListedChange, Manifest, Proof, State, path};
use super::archive::{Archive, Sums};
use super::{Code, Found, Report};

/// Checks what is in the files. `server`: the key that the manifest names.
pub fn check(archive: &mut Archive, manifest: &Manifest, server: Option<&PublicKey>, sums: &BTreeMap<String, Sums>, report: &mut Report, found: &mut Found) {
    let mut content = Content { archive, manifest, server, sums, found };
    let keys = content.keys();
    content.receipt();
    let facts = content.changes(&keys, report);
    content.originals(&facts, report);
    content.documents(&facts);
}

struct Content<'a> {
    archive: &'a mut Archive,
    manifest: &'a Manifest,
    server: Option<&'a PublicKey>,
    sums: &'a BTreeMap<String, Sums>,
    found: &'a mut Found,
}

/// A change that was read.
struct Seen {
    hash: Digest,
    prev: Digest,
}

impl Content<'_> {
    fn json<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        if !self.sums.contains_key(path) {
            // Missing, or not to be read: that was said; unless nobody named it.
            if !self.manifest.files.iter().any(|listed| listed.path == path) {
                self.found.add(Code::FileMissing, path, "a package has it, and the manifest does not name it");
            }
            return None;
        }
        let read = self.archive.small(path).and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string()));
        read.map_err(|why| self.found.add(Code::FileUnreadable, path, why)).ok()
    }

    /// The keys of devices, each by its certificate; the office's own chains bear the server's key.
    fn keys(&mut self) -> BTreeMap<DeviceId, PublicKey> {
        let Some(keys) = self.json::<Keys>(path::KEYS) else { return BTreeMap::new() };
        if keys.server != self.manifest.key || keys.alg != self.manifest.alg {
            self.found.add(Code::CertificateWrong, path::KEYS, "the server's key is not the one in the manifest");
        }
        let mut out = BTreeMap::new();
        for listed in keys.devices {
            let device = listed.device;
            let mut wrong = |what: &str| self.found.add(Code::CertificateWrong, path::KEYS, format!("device {device}: {what}"));
            if device.is_office() && listed.key != self.manifest.key {
                wrong("an office chain does not bear the server's key");
            }
            if let Some(signed) = &listed.certificate {
                match self.server.and_then(|server| signed.open::<Certificate>(server)) {
                    None => wrong("its certificate does not bear the server's signature"),
                    Some(c) if c.device != device || c.public_key != listed.key || c.alg != listed.alg || c.officer != listed.officer || c.district != self.manifest.district => {
                        wrong("its certificate is of another device, officer or key");
                    }
                    Some(_) => {}
                }
            }
            match PublicKey::new(&listed.alg, &listed.key.0) {
                Some(key) => {
                    out.insert(device, key);
                }
                None => wrong("its key is of no known algorithm"),
            }
        }
        out
    }

    fn receipt(&mut self) {
        let Some(signed) = self.json::<Signed>(path::RECEIPT) else { return };
        let manifest = self.manifest;
        match self.server.and_then(|server| signed.open::<Receipt>(server)) {
            None => self.found.add(Code::ReceiptWrong, path::RECEIPT, "it does not bear the server's signature"),
            Some(receipt) if (receipt.district, receipt.log_size, receipt.log_root) != (manifest.district, manifest.log_size, manifest.log_root) => {
                self.found.add(Code::ReceiptWrong, path::RECEIPT, "it names another log than the manifest");
            }
            Some(_) => {}
        }
    }

    fn changes(&mut self, keys: &BTreeMap<DeviceId, PublicKey>, report: &mut Report) -> Facts {
        let mut facts = Facts::default();
        let Some(list) = self.json::<Vec<ListedChange>>(path::CHANGES) else { return facts };
        report.changes = list.len();
        let mut seen: BTreeMap<Dot, Seen> = BTreeMap::new();
        let mut named: Vec<(String, Vec<Dot>)> = Vec::new();
        let mut pieces = BTreeSet::from([path::CHANGES.to_owned()]);
        for listed in &list {
            pieces.extend([listed.path.clone(), listed.proof.clone()]);
            if !self.sums.contains_key(&listed.path) {
                if !self.manifest.files.iter().any(|file| file.path == listed.path) {
                    self.found.add(Code::FileMissing, &listed.path, "it is listed as a change, and not in the manifest");
                }
                continue;
            }
            let bytes = match self.archive.small(&listed.path) {
                Ok(bytes) if bytes.len() <= MAX_CHANGE_BYTES => bytes,
                Ok(_) => {
                    self.found.add(Code::ChangeAltered, &listed.path, "it is larger than a change can be");
                    continue;
                }
                Err(why) => {
                    self.found.add(Code::ChangeAltered, &listed.path, why);
                    continue;
                }
            };
            let (dot, hash) = (Dot::new(listed.device, listed.seq), change_hash(&bytes));
            if !keys.get(&listed.device).is_some_and(|key| key.verify(&listed.alg, &signing_input(&hash), &listed.signature.0)) {
                self.found.add(Code::SignatureInvalid, &listed.path, format!("it does not bear the signature of device {}", listed.device));
            }
            self.proof(listed, hash);
            let applied = listed.state == "applied";
            let change = match Change::decode(&bytes) {
                Ok(change) => change,
                // What could not be read was never applied.
                Err(_) if !applied && SignedChange::peek(&bytes) == Some(dot) => continue,
                Err(why) => {
                    self.found.add(Code::ChangeAltered, &listed.path, why.to_string());
                    continue;
                }
            };
            if change.dot() != dot || change.record != listed.record || !self.manifest.records.contains(&change.record) {
                self.found.add(Code::ChangeAltered, &listed.path, format!("it is change {} of record {}, listed as {dot} of {}", change.dot(), change.record, listed.record));
            }
            if seen.insert(dot, Seen { hash, prev: change.prev }).is_some() {
                self.found.add(Code::ChangeAltered, &listed.path, format!("change {dot} is listed twice"));
            }
            if applied {
                facts.add(&change);
                let before = (change.prior > 0).then(|| Dot::new(change.device, change.prior));
                named.push((listed.path.clone(), before.into_iter().chain(change.after.iter().copied()).collect()));
            }
        }
        self.chains(&list, &seen, &named);
        for listed in self.manifest.files.iter().filter(|f| (f.path.starts_with("changes/") || f.path.starts_with("proofs/")) && !pieces.contains(&f.path)) {
            self.found.add(Code::FileExtra, &listed.path, "the list of changes does not name it");
        }
        facts
    }

    /// Neighbours in a device's chain name each other; what an author had seen of the record is there.
    fn chains(&mut self, list: &[ListedChange], seen: &BTreeMap<Dot, Seen>, named: &[(String, Vec<Dot>)]) {
        for listed in list {
            let dot = Dot::new(listed.device, listed.seq);
            let before = listed.seq.checked_sub(1).and_then(|seq| seen.get(&Dot::new(listed.device, seq)));
            if let (Some(before), Some(change)) = (before, seen.get(&dot))
                && before.hash != change.prev
                && listed.state == "applied"
            {
                self.found.add(Code::ChainBroken, &listed.path, format!("change {dot} does not name the hash of the one before it"));
            }
        }
        let listed: BTreeSet<Dot> = list.iter().map(|l| Dot::new(l.device, l.seq)).collect();
        for (path, dots) in named {
            for dot in dots.iter().filter(|dot| !listed.contains(dot)) {
                self.found.add(Code::ChangeMissing, path, format!("its author had seen change {dot} of this record, and it is not in the package"));
            }
        }
    }

    fn proof(&mut self, listed: &ListedChange, hash: Digest) {
        let Some(proof) = self.json::<Proof>(&listed.proof) else { return };
        let (size, root) = (self.manifest.log_size, self.manifest.log_root);
        let agrees = proof.leaf == listed.leaf && proof.log_size == size;
        if proof.hash != hash || !agrees || !verify_inclusion(&hash, proof.leaf, size, &proof.path, &root) {
            self.found.add(Code::InclusionUnproven, &listed.proof, format!("{} cannot be proven to stand at leaf {} of the log", listed.path, listed.leaf));
        }
    }

    fn originals(&mut self, facts: &Facts, report: &mut Report) {
        let manifest = self.manifest;
        let mut listed = BTreeSet::new();
        let mut pieces = BTreeSet::new();
        for original in &manifest.originals {
            let file = original.path.clone().unwrap_or_else(|| format!("originals/{}", original.sha256));
            let Some(sha256) = sync_core::evidence::digest(&original.sha256).filter(|digest| hex::encode(digest.0) == original.sha256) else {
                self.found.add(Code::ManifestUnreadable, path::MANIFEST, format!("{:?} is no digest of an original", original.sha256));
                continue;
            };
            listed.insert(sha256);
            if !facts.files.contains_key(&sha256) {
                self.found.add(Code::OriginalUnnamed, &file, "no change in the package names it");
            }
            match (&original.path, original.state) {
                (Some(path), State::There) => {
                    report.originals += 1;
                    pieces.insert(path.clone());
                    let stem = path.strip_prefix("originals/").and_then(|name| name.split('.').next());
                    let seen = self.sums.get(path);
                    if stem != Some(&original.sha256) || seen.is_some_and(|seen| seen.sha256 != original.sha256) {
                        self.found.add(Code::OriginalSwapped, path, "its content is not the original that its name and the record say");
                    }
                }
                (None, state) if state != State::There => report.absent.push(format!("{} ({}, {})", original.sha256, state.words().0, state.words().1)),
                _ => self.found.add(Code::ManifestUnreadable, path::MANIFEST, format!("it contradicts itself about the original {}", original.sha256)),
            }
            self.custody(sha256, original, &mut pieces);
        }
        for sha256 in facts.files.keys().filter(|sha256| !listed.contains(sha256)) {
            self.found.add(Code::OriginalUnlisted, path::MANIFEST, format!("a change names the file {}, and the package says nothing of it", hex::encode(sha256.0)));
        }
        for file in manifest.files.iter().filter(|f| (f.path.starts_with("originals/") || f.path.starts_with("custody/")) && !pieces.contains(&f.path)) {
            self.found.add(Code::OriginalUnnamed, &file.path, "the list of originals does not name it");
        }
    }

    fn custody(&mut self, sha256: Digest, original: &super::super::Original, pieces: &mut BTreeSet<String>) {
        let path = format!("custody/{}.json", original.sha256);
        let Some(end) = original.custody else {
            if original.state == State::There {
                self.found.add(Code::CustodyBroken, &path, "an original is there without custody");
            }
            return;
        };
        pieces.insert(path.clone());
        let Some(chain) = self.json::<Vec<Event>>(&path) else { return };
        for fault in custody::check(sha256, &chain) {
            self.found.add(Code::CustodyBroken, &path, fault.to_string());
        }
        let last = chain.last().map(|event| (event.n, event.hash));
        if last != Some(end) {
            self.found.add(Code::CustodyBroken, &path, format!("it ends with event {}, and ended with event {} when the package was made", last.map_or(0, |(n, _)| n), end.0));
        }
    }

    fn documents(&mut self, facts: &Facts) {
        let mut pieces = BTreeSet::new();
        for paper in &self.manifest.documents {
            pieces.insert(paper.path.clone());
            let Some(digests) = facts.papers.get(&(paper.record, paper.id.clone())).filter(|digests| !digests.is_empty()) else {
                self.found.add(Code::DocumentUnnamed, &paper.path, "no change in the package says that it was sealed");
                continue;
            };
            let seen = self.sums.get(&paper.path);
            if seen.is_some_and(|seen| !digests.iter().any(|digest| hex::encode(digest.0) == seen.sha256)) {
                self.found.add(Code::DocumentAltered, &paper.path, "it is not the document that the record says was sealed");
            }
        }
        let listed: BTreeSet<_> = self.manifest.documents.iter().map(|paper| (paper.record, paper.id.clone())).collect();
        for ((record, id), _) in facts.papers.iter().filter(|(key, digests)| !digests.is_empty() && !listed.contains(key)) {
            self.found.add(Code::DocumentMissing, format!("documents/{record}/{id}.pdf"), "the record says that it was sealed, and it is not in the package");
        }
        for file in self.manifest.files.iter().filter(|f| f.path.starts_with("documents/") && !pieces.contains(&f.path)) {
            self.found.add(Code::DocumentUnnamed, &file.path, "the list of documents does not name it");
        }
    }
}
