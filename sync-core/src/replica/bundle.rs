//! Courier bundles: signed changes in one file, carried by anyone.
//!
//! Lines of JSON: a header with the certificates needed to verify offline, then one line a change exactly as in a
//! push, then thumbnails of the photos that these changes name. Nobody signs a thumbnail: it helps to find a photo and
//! proves nothing, so one that is missing or left out harms nothing. The file may be encrypted around this (to the server, for a carrier) or not (between colleagues).

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::{Journal, JournalRow, Store};
use crate::base::keys::PublicKey;
use crate::base::{DeviceId, Digest, DistrictId, RecordId};
use crate::protocol::{Bytes, Certificate, Signed};
use crate::record::{Change, Dot, SignedChange, signing_input};

/// Most bytes of a bundle, inflated.
pub const MAX_BUNDLE_BYTES: usize = 64 << 20;

/// Most bytes of one thumbnail.
pub const MAX_THUMBNAIL_BYTES: usize = 256 << 10;

/// Most bytes of all thumbnails of a bundle; those of the changes that come later are left out.
const MAX_THUMBNAILS_BYTES: usize = 8 << 20;

/// Prefix of the fields that hold photos' facts.
const PHOTOS: &str = "photos.";

/// First bytes of a JPEG.
const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];

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
    /// Number of thumbnails that follow the changes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub thumbnails: usize,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// A thumbnail as it travels.
#[derive(Serialize, Deserialize)]
struct ThumbnailLine {
    sha256: Digest,
    jpeg: Bytes,
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
    /// The office ordered this store to be erased once everything is delivered.
    #[error("this device is to deliver everything and be erased: give the bundle to another one")]
    Ending,
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
    /// Thumbnails of photos that verified changes of this bundle name.
    pub thumbnails: usize,
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
    let thumbnails = thumbnail_lines(store, &chosen)?;
    let header = Bundle { zhifa_bundle: 1, district: meta.enrolled.district, from: meta.device, certificates, changes: chosen.len(), thumbnails: thumbnails.len() };
    // Plain data: serialising it cannot fail.
    let mut out = serde_json::to_vec(&header).unwrap_or_default();
    for line in chosen.iter().map(|(_, signed)| signed.to_line()).chain(thumbnails) {
        out.push(b'\n');
        out.extend_from_slice(&line);
    }
    Ok(out)
}

fn thumbnail_lines<S: Store>(store: &mut S, chosen: &[&(JournalRow, SignedChange)]) -> Result<Vec<Vec<u8>>, S::Error> {
    let (mut lines, mut named, mut total) = (Vec::new(), BTreeSet::new(), 0);
    for photo in chosen.iter().filter_map(|(_, signed)| Change::decode(&signed.bytes).ok()).flat_map(|change| photos_of(&change)) {
        if !named.insert(photo) {
            continue;
        }
        let Some(jpeg) = store.thumbnail(photo)?.filter(|jpeg| jpeg.len() <= MAX_THUMBNAIL_BYTES) else { continue };
        total += jpeg.len();
        if total > MAX_THUMBNAILS_BYTES {
            break;
        }
        lines.push(serde_json::to_vec(&ThumbnailLine { sha256: photo, jpeg: Bytes(jpeg) }).unwrap_or_default());
    }
    Ok(lines)
}

/// The photos whose facts a change writes, by the SHA-256 of the original.
fn photos_of(change: &Change<'_>) -> Vec<Digest> {
    let facts = change.edits.iter().filter(|edit| edit.field.starts_with(PHOTOS)).filter_map(|edit| serde_json::from_str::<serde_json::Value>(edit.value).ok());
    facts.filter_map(|facts| Digest::parse(facts.get("sha256")?.as_str()?)).collect()
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
    let Some((lines, thumbnails)) = lines.split_at_checked(header.changes).filter(|(_, rest)| rest.len() == header.thumbnails) else {
        return broken("fewer or more changes than announced");
    };
    let meta = store.meta()?;
    if header.district != meta.enrolled.district {
        return Ok(Err(BundleError::OtherDistrict(header.district.0)));
    }
    if meta.standing.is_ending() {
        return Ok(Err(BundleError::Ending));
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
    let mut photos: BTreeSet<Digest> = BTreeSet::new();
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
        photos.extend(Change::decode(&signed.bytes).iter().flat_map(photos_of));
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
    for line in thumbnails {
        let Ok(ThumbnailLine { sha256, jpeg }) = serde_json::from_slice(line) else { continue };
        if photos.contains(&sha256) && jpeg.0.len() <= MAX_THUMBNAIL_BYTES && jpeg.0.starts_with(&JPEG) {
            store.put_thumbnail(sha256, &jpeg.0)?;
            report.thumbnails += 1;
        }
    }
    Ok(Ok(report))
}
