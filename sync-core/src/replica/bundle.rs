//! Courier bundles: signed changes in one file, carried by anyone.
//!
//! Lines of JSON: a header with the certificates needed to verify offline, then one line a change exactly as in a
//! push. The file may be encrypted around this (to the server, for a carrier) or not (between colleagues).

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::{Journal, JournalRow, Store};
use crate::base::keys::PublicKey;
use crate::base::{DeviceId, DistrictId, RecordId};
use crate::protocol::{Certificate, Signed};
use crate::record::{Change, Dot, SignedChange, signing_input};

/// Most bytes of a bundle, inflated.
pub const MAX_BUNDLE_BYTES: usize = 64 << 20;

/// The first line of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Format version: 1.
    pub zhifa_bundle: u32,
    /// The district whose changes these are.
    pub district: DistrictId,
    /// Who exported it.
    pub from: DeviceId,
    /// Certificates of the authors.
    pub certificates: Vec<Signed>,
    /// Number of changes that follow.
    pub changes: usize,
}

/// Why a bundle was not taken. Nothing was imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not a bundle, or a truncated one.
    #[error("not a complete bundle: {0}")]
    Broken(String),
    /// From another district: its changes belong to another store.
    #[error("this bundle is of district {0}, this device is not")]
    OtherDistrict(u32),
}

/// What an import took in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// New changes.
    pub imported: Vec<Dot>,
    /// Changes that were here already.
    pub known: usize,
    /// Lines that no certificate verifies; whoever made the bundle still has them.
    pub unverified: usize,
    /// Changes signed for a slot that holds another one here: a forked device; the server must see both.
    pub conflicting: Vec<Dot>,
}

/// Exports undelivered changes, own and carried, of the records given (all if none), with their causes on other records.
pub fn export_bundle<S: Store>(store: &mut S, records: &[RecordId]) -> Result<Vec<u8>, S::Error> {
    let meta = store.meta()?;
    let mut all: BTreeMap<Dot, (JournalRow, SignedChange)> = BTreeMap::new();
    for which in [Journal::Carried, Journal::Own] {
        let mut after = 0;
        loop {
            let page = store.undelivered(which, after, 500)?;
            let Some(last) = page.last() else { break };
            after = last.order;
            for row in page {
                if let Some(signed) = store.signed(row.dot)? {
                    all.insert(row.dot, (row, signed));
                }
            }
        }
    }
    let mut wanted: BTreeSet<Dot> = all.values().filter(|(row, _)| records.is_empty() || records.contains(&row.record)).map(|(row, _)| row.dot).collect();
    loop {
        let causes: BTreeSet<Dot> = wanted.iter().filter_map(|d| all.get(d)).flat_map(|(_, s)| causes_elsewhere(s)).collect();
        let touched: BTreeSet<RecordId> = causes.iter().filter_map(|d| all.get(d)).map(|(row, _)| row.record).collect();
        let more: Vec<Dot> = all.values().filter(|(row, _)| touched.contains(&row.record) && !wanted.contains(&row.dot)).map(|(row, _)| row.dot).collect();
        if more.is_empty() {
            break;
        }
        wanted.extend(more);
    }
    let mut chosen: Vec<&(JournalRow, SignedChange)> = wanted.iter().filter_map(|d| all.get(d)).collect();
    chosen.sort_by_key(|(row, _)| row.order);
    let mut certificates = vec![meta.enrolled.certificate.clone()];
    let authors: BTreeSet<DeviceId> = wanted.iter().map(|d| d.device).filter(|d| *d != meta.device).collect();
    for device in authors {
        certificates.extend(store.certificate(device)?);
    }
    let header = Bundle { zhifa_bundle: 1, district: meta.enrolled.district, from: meta.device, certificates, changes: chosen.len() };
    // Plain data: serialising it cannot fail.
    let mut out = serde_json::to_vec(&header).unwrap_or_default();
    for (_, signed) in chosen {
        out.push(b'\n');
        out.extend_from_slice(&signed.to_line());
    }
    Ok(out)
}

fn causes_elsewhere(signed: &SignedChange) -> Vec<Dot> {
    Change::decode(&signed.bytes).map(|c| c.needs).unwrap_or_default()
}

/// Takes a bundle in: every change whose author's certificate bears the server's signature and whose own signature
/// holds is kept with its exact bytes, shown at once, and delivered before own work at the next sync.
pub fn import_bundle<S: Store>(store: &mut S, bundle: &[u8]) -> Result<Result<ImportReport, BundleError>, S::Error> {
    let broken = |why: &str| Ok(Err(BundleError::Broken(why.to_owned())));
    if bundle.len() > MAX_BUNDLE_BYTES {
        return broken("larger than 64 MiB");
    }
    let mut lines = bundle.split(|b| *b == b'\n');
    let header: Bundle = match lines.next().map(serde_json::from_slice) {
        Some(Ok(header)) => header,
        _ => return broken("the first line is not a bundle's header"),
    };
    if header.zhifa_bundle != 1 {
        return broken("a later format; update the app");
    }
    let lines: Vec<&[u8]> = lines.collect();
    if lines.len() != header.changes {
        return broken("fewer or more changes than announced");
    }
    let meta = store.meta()?;
    if header.district != meta.enrolled.district {
        return Ok(Err(BundleError::OtherDistrict(header.district.0)));
    }
    let mut keys: BTreeMap<DeviceId, PublicKey> = BTreeMap::new();
    if let Some(server) = PublicKey::new(&meta.enrolled.server_alg, &meta.enrolled.server_key.0) {
        for signed in &header.certificates {
            let Some(cert) = signed.open::<Certificate>(&server) else { continue };
            if cert.device != meta.device
                && let Some(key) = PublicKey::new(&cert.alg, &cert.public_key.0)
            {
                store.put_certificate(cert.device, signed)?;
                keys.insert(cert.device, key);
            }
        }
    }
    let mut report = ImportReport::default();
    for line in lines {
        let verified = SignedChange::from_line(line).and_then(|signed| {
            let dot = SignedChange::peek(&signed.bytes)?;
            let hash = signed.hash();
            keys.get(&dot.device)?.verify(&signed.alg, &signing_input(&hash), &signed.signature).then_some((dot, hash, signed))
        });
        let Some((dot, hash, signed)) = verified else {
            let own = SignedChange::from_line(line).and_then(|s| SignedChange::peek(&s.bytes)).is_some_and(|d| d.device == meta.device);
            if own {
                report.known += 1
            } else {
                report.unverified += 1
            }
            continue;
        };
        match store.journal(dot)? {
            Some(row) if row.hash == hash => report.known += 1,
            Some(_) => report.conflicting.push(dot),
            None => match Change::decode(&signed.bytes) {
                Ok(change) => {
                    let row = JournalRow { dot, record: change.record, hash, held: false, settled: false, disposition: None, order: 0 };
                    store.append(&row, &signed)?;
                    report.imported.push(dot);
                }
                Err(_) => report.unverified += 1,
            },
        }
    }
    Ok(Ok(report))
}
