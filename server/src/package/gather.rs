//! What goes into a package, as the database has it at one instant; what is handed out is put on its custody in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::Value as Json;
use sync_core::base::keys::Signer as _;
use sync_core::base::merkle::{inclusion_proof, root_at};
use sync_core::base::{DeviceId, Digest, RecordId};
use sync_core::district::{NodesOf, Store as _, receipt_for};
use sync_core::evidence::custody::{Event, What};
use sync_core::evidence::{exhibits, file_field};
use sync_core::protocol::{Bytes, Signed};
use sync_core::record::{Change, Record};

use super::read::Facts;
use super::{DeviceKey, Keys, ListedChange, Original, Paper, Proof, State};
use crate::audit::Deed;
use crate::base::keys::ServerKeys;
use crate::custody;
use crate::file::of_record;
use crate::on;
use crate::schema::{device, document_file, ledger};
use crate::sync::store::rows::{StoredBytes, StoredDevice, StoredEntry, device_id, id};
use crate::sync::store::{StoreError, Working};

/// A change with everything that belongs to it.
pub struct Piece {
    pub listed: ListedChange,
    pub bytes: Vec<u8>,
    pub proof: Proof,
}

/// An original with its custody.
pub struct Held {
    pub original: Original,
    pub sha256: Digest,
    pub size: u64,
    pub kinds: Vec<String>,
    pub chain: Vec<Event>,
}

/// Everything but the bytes of documents and originals.
pub struct Gathered {
    pub case: Record,
    pub records: Vec<RecordId>,
    pub receipt: Signed,
    pub log_size: u64,
    pub log_root: Digest,
    pub keys: Keys,
    pub changes: Vec<Piece>,
    pub papers: Vec<Paper>,
    pub originals: Vec<Held>,
    pub made_ms: i64,
}

/// Gathers a case; `None` if there is no such case. `by`: an officer, or `system`.
pub fn gather(store: &mut Working<'_, '_>, case: RecordId, by: &str, keys: &ServerKeys) -> Result<Option<Gathered>, StoreError> {
    let Some(found) = store.look(case)?.filter(|record| *record.kind == *sync_core::case::NAME) else { return Ok(None) };
    let mut records = vec![found.clone()];
    if let Some(visit) = arose_from(&found)
        && let Some(visit) = store.look(visit)?
    {
        records.push(visit);
    }
    let head = store.head()?;
    let log_size = head.log.size;
    let receipt = receipt_for(store, head.office(), store.now, &keys.receipt)?.map_err(|e| StoreError::Broken(e.to_string()))?;
    let log_root = root_at(&mut NodesOf(store), log_size)?;
    let (mut changes, mut facts) = (Vec::new(), Facts::default());
    for record in &records {
        of_one(store, record.id, log_size, &mut changes, &mut facts)?;
    }
    let devices: BTreeSet<DeviceId> = changes.iter().map(|piece: &Piece| piece.listed.device).collect();
    let keys = keys_of(store, &devices, keys)?;
    let papers = papers(store, &records, &facts)?;
    let reached: BTreeSet<RecordId> = records.iter().map(|record| record.id).collect();
    let mut originals = Vec::new();
    for (sha256, named) in facts.files {
        originals.push(original(store, &records, &reached, sha256, named, by)?);
    }
    let actor = if by == "system" { by.to_owned() } else { format!("officer:{by}") };
    let there = originals.iter().filter(|held| held.original.state == State::There).count();
    store.note(Deed::by(actor, "case.exported", format!("record:{case}")).with(serde_json::json!({ "changes": changes.len(), "documents": papers.len(), "originals": there })));
    let made_ms = store.now.0;
    Ok(Some(Gathered { case: found, records: records.iter().map(|record| record.id).collect(), receipt, log_size, log_root, keys, changes, papers, originals, made_ms }))
}

/// The visit that a case arose from.
fn arose_from(case: &Record) -> Option<RecordId> {
    let clues = case.register("clue")?.candidates();
    clues.iter().find_map(|candidate| candidate.value.to_json().get("visit").and_then(Json::as_str)?.parse().ok())
}

fn of_one(store: &mut Working<'_, '_>, record: RecordId, log_size: u64, out: &mut Vec<Piece>, facts: &mut Facts) -> Result<(), StoreError> {
    let (district, key) = (store.district, record.to_bytes().to_vec());
    let rows: Vec<(StoredEntry, StoredBytes)> = on!(store.tx, |c| ledger::table
        .filter(ledger::district.eq(district))
        .filter(ledger::record.eq(&key))
        .order(ledger::leaf)
        .select((StoredEntry::as_select(), StoredBytes::as_select()))
        .load(c))?;
    for (entry, stored) in rows {
        let ((dot, entry), (_, signed)) = (entry.entry()?, stored.signed()?);
        let state = entry.disposition.state();
        if state == "applied"
            && let Ok(change) = Change::decode(&signed.bytes)
        {
            facts.add(&change);
        }
        let path = inclusion_proof(&mut NodesOf(store), entry.leaf, log_size)?;
        let name = format!("{:012}-{}-{}", entry.leaf, dot.device, dot.seq);
        out.push(Piece {
            listed: ListedChange {
                path: format!("changes/{record}/{name}.json"),
                proof: format!("proofs/{record}/{name}.json"),
                device: dot.device,
                seq: dot.seq,
                record,
                alg: signed.alg.to_string(),
                signature: Bytes(signed.signature),
                leaf: entry.leaf,
                state: state.to_owned(),
            },
            bytes: signed.bytes,
            proof: Proof { hash: entry.hash, leaf: entry.leaf, log_size, path },
        });
    }
    Ok(())
}

fn keys_of(store: &mut Working<'_, '_>, devices: &BTreeSet<DeviceId>, keys: &ServerKeys) -> Result<Keys, StoreError> {
    let (district, ids): (i64, Vec<i64>) = (store.district, devices.iter().map(|device| id(*device)).collect());
    let rows: Vec<StoredDevice> =
        on!(store.tx, |c| device::table.filter(device::district.eq(district)).filter(device::id.eq_any(&ids)).order(device::id).select(StoredDevice::as_select()).load(c))?;
    let of = |row: StoredDevice| {
        Ok(DeviceKey {
            device: device_id(row.id),
            officer: row.officer.parse().map_err(|e| StoreError::Broken(format!("officer: {e}")))?,
            alg: row.alg,
            key: Bytes(row.public_key),
            certificate: serde_json::from_str(&row.certificate).ok(),
        })
    };
    let mut out = rows.into_iter().map(of).collect::<Result<Vec<_>, StoreError>>()?;
    out.sort_by_key(|key| key.device);
    Ok(Keys { alg: keys.receipt.alg().to_owned(), server: Bytes(keys.receipt.public_key()), devices: out })
}

fn papers(store: &mut Working<'_, '_>, records: &[Record], facts: &Facts) -> Result<Vec<Paper>, StoreError> {
    let mut out = Vec::new();
    for record in records {
        let (district, key) = (store.district, record.id.to_bytes().to_vec());
        let ids: Vec<String> = on!(store.tx, |c| document_file::table
            .filter(document_file::district.eq(district))
            .filter(document_file::record.eq(&key))
            .order(document_file::id)
            .select(document_file::id)
            .load(c))?;
        let named = ids.into_iter().filter(|id| facts.papers.get(&(record.id, id.clone())).is_some_and(|digests| !digests.is_empty()));
        out.extend(named.map(|id| Paper { record: record.id, path: format!("documents/{}/{id}.pdf", record.id), id }));
    }
    Ok(out)
}

fn original(
    store: &mut Working<'_, '_>,
    records: &[Record],
    reached: &BTreeSet<RecordId>,
    sha256: Digest,
    named: BTreeSet<(RecordId, String)>,
    by: &str,
) -> Result<Held, StoreError> {
    let district = store.district;
    let (mut state, mut row, mut kinds) = (State::Withdrawn, None, Vec::new());
    for record in records {
        let exhibits: Vec<_> = exhibits(record).into_iter().filter(|exhibit| exhibit.sha256 == Some(sha256)).collect();
        let lost = record.register(&file_field(sha256)).is_some_and(|r| r.candidates().iter().any(|c| c.value.to_json().get("lost").is_some_and(|why| !why.is_null())));
        if !exhibits.is_empty() && state == State::Withdrawn {
            state = if lost { State::Lost } else { State::Awaited };
        }
        kinds.extend(exhibits.into_iter().map(|exhibit| exhibit.kind));
        if let Some((_, found)) = of_record::named(store.tx, district, record, sha256)? {
            (state, row) = (State::There, Some(found));
        }
    }
    if state == State::There && custody::seal_of(store.tx, district, sha256)?.is_some() {
        state = State::Sealed;
    }
    let digits = hex::encode(sha256.0);
    let mut chain = Vec::new();
    if row.is_some() {
        if state == State::There {
            let on_account = records.iter().find(|record| named.iter().any(|(of, _)| *of == record.id)).map(|record| record.id);
            custody::note(store, sha256, What::Exported, by, on_account, BTreeMap::from([("package".to_owned(), "case".to_owned())]))?;
        }
        chain = custody::chain(store.tx, district, sha256)?;
    }
    // What was done for other records stands in the package by digest only.
    let chain: Vec<Event> =
        chain.into_iter().map(|event| if event.told().and_then(|told| told.record).is_none_or(|of| reached.contains(&of)) { event } else { event.withheld() }).collect();
    let custody = chain.last().map(|event| (event.n, event.hash));
    let (size, mime) = row.map(|row| (u64::try_from(row.size).unwrap_or(0), row.mime)).unwrap_or_default();
    let path = (state == State::There).then(|| format!("originals/{digits}.{}", ending(&mime)));
    Ok(Held { original: Original { sha256: digits, state, path, named: named.into_iter().collect(), custody }, sha256, size, kinds, chain })
}

/// The ending by which a person's machine opens a file of this type.
fn ending(mime: &str) -> &'static str {
    match mime {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/heic" | "image/heif" => "heic",
        "image/tiff" => "tif",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "audio/mpeg" => "mp3",
        "audio/mp4" | "audio/m4a" | "audio/x-m4a" => "m4a",
        "audio/x-wav" | "audio/wav" => "wav",
        "application/pdf" => "pdf",
        _ => "bin",
    }
}
