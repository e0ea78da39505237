//! Files and the records that name them: the office's word, in the record, that an original is there.
//!
//! That a file lies in the store says nothing to anybody: a record is told of it once it was handed in for that record, by somebody who
//! reaches it, or by the very officer who named it there. So nobody learns by naming a digest what others have uploaded. Deliberately
//! absent: files that no record names being shown to anyone, and a use that is forgotten: whether a record names a file still, it says
//! itself.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::json;
use sync_core::base::{Digest, RecordId};
use sync_core::district::Store as _;
use sync_core::evidence::{self, Exhibit};
use sync_core::record::{Draft, Record};

use super::row::FileRow;
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::org::reach::Reach;
use crate::react::{Ground, put};
use crate::schema::{file, file_given, file_holder, file_use};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working};

/// Most records that are told of one file in one transaction; the rest is told when it next changes.
const MOST_TOLD: i64 = 64;

/// Notes which files these records name. What was noted stays.
pub fn write(tx: &mut Tx<'_>, district: i64, changed: &[(RecordId, &BTreeSet<Digest>)]) -> Result<(), StoreError> {
    let row = |record: &RecordId, sha256: &Digest| (file_use::district.eq(district), file_use::sha256.eq(sha256.0.to_vec()), file_use::record.eq(record.to_bytes().to_vec()));
    let rows: Vec<_> = changed.iter().flat_map(|(record, named)| named.iter().map(move |sha256| row(record, sha256))).collect();
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(file_use::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Forgets all uses, before they are noted anew.
pub fn clear(tx: &mut Tx<'_>, district: i64) -> Result<(), StoreError> {
    on!(tx, |c| diesel::delete(file_use::table.filter(file_use::district.eq(district))).execute(c))?;
    Ok(())
}

/// Whether somebody with this reach reaches a record that is there.
pub fn within(store: &mut Working<'_, '_>, reach: &Reach, record: RecordId) -> Result<bool, StoreError> {
    let rows = store.feed_rows(record)?;
    Ok(!rows.is_empty() && reach.holds(rows.iter().filter(|row| !row.left).map(|row| &row.bucket)))
}

/// Whether the office has said in a record that it has a file: whoever reads the record knows already.
pub fn is_said(store: &mut Working<'_, '_>, record: RecordId, sha256: Digest) -> Result<bool, StoreError> {
    Ok(store.look(record)?.is_some_and(|record| evidence::received(&record, sha256)))
}

/// A file was handed in for a record, by somebody who reaches it.
pub fn give(store: &mut Working<'_, '_>, record: RecordId, sha256: &[u8]) -> Result<(), StoreError> {
    let district = store.district;
    let row = (file_given::district.eq(district), file_given::record.eq(record.to_bytes().to_vec()), file_given::sha256.eq(sha256));
    on!(store.tx, |c| diesel::insert_into(file_given::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// A file came, or came once more: the records that name it look again.
pub fn tell(store: &mut Working<'_, '_>, sha256: &[u8]) -> Result<(), StoreError> {
    // What was written in this transaction stirs by itself.
    let district = store.district;
    let rows: Vec<Vec<u8>> = on!(store.tx, |c| file_use::table
        .filter(file_use::district.eq(district))
        .filter(file_use::sha256.eq(sha256))
        .order(file_use::record.desc())
        .limit(MOST_TOLD)
        .select(file_use::record)
        .load(c))?;
    for row in rows {
        store.stir(record_id(&row)?);
    }
    Ok(())
}

/// What the office's word rests on: which files are named as evidence, and what it has said.
pub fn basis(record: &Record) -> Digest {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for exhibit in evidence::exhibits(record) {
        parts.extend([exhibit.field.into_bytes(), exhibit.sha256.map(|d| d.0.to_vec()).unwrap_or_default()]);
    }
    if parts.is_empty() {
        return Digest::ZERO;
    }
    for (key, register) in record.with_prefix(evidence::FILES) {
        parts.push(key.as_bytes().to_vec());
        parts.extend(register.candidates().iter().map(|c| c.value.as_json().as_bytes().to_vec()));
    }
    Digest::tagged("zhifa.react.files.v1", &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Who named each file in a record.
fn authors(store: &mut Working<'_, '_>, record: &Record, awaited: &BTreeSet<String>) -> Result<BTreeMap<Digest, BTreeSet<String>>, StoreError> {
    let mut out: BTreeMap<Digest, BTreeSet<String>> = BTreeMap::new();
    for candidate in awaited.iter().filter_map(|field| record.register(field)).flat_map(|register| register.candidates()) {
        let named = candidate.value.to_json().get("sha256").and_then(|text| evidence::digest(text.as_str()?));
        let Some(sha256) = named else { continue };
        let by = match &candidate.by {
            Some(by) => Some(by.officer.to_string()),
            None => store.device(candidate.dot.device)?.map(|device| device.officer.to_string()),
        };
        out.entry(sha256).or_default().extend(by);
    }
    Ok(out)
}

/// Says of every original that is there, and was handed in for this record, that it is.
pub fn react(store: &mut Working<'_, '_>, record: &Record, _: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let awaited: BTreeSet<String> = evidence::standing(record).awaited.into_iter().collect();
    let lost = |sha256: &Digest| record.register(&evidence::file_field(*sha256)).is_some();
    // What was said to be lost may come after all.
    let again = evidence::exhibits(record).into_iter().filter(|e| e.sha256.as_ref().is_some_and(|d| lost(d) && !evidence::received(record, *d))).map(|e| e.field);
    let fields: BTreeSet<String> = awaited.into_iter().chain(again).collect();
    let authors = authors(store, record, &fields)?;
    let (district, key) = (store.district, record.id.to_bytes().to_vec());
    let mut edits = Vec::new();
    for part in authors.keys().copied().collect::<Vec<_>>().chunks(ROWS) {
        let digests: Vec<Vec<u8>> = part.iter().map(|d| d.0.to_vec()).collect();
        let there: Vec<FileRow> = on!(store.tx, |c| file::table.filter(file::district.eq(district)).filter(file::sha256.eq_any(&digests)).select(FileRow::as_select()).load(c))?;
        if there.is_empty() {
            continue;
        }
        let given: Vec<Vec<u8>> = on!(store.tx, |c| file_given::table
            .filter(file_given::district.eq(district))
            .filter(file_given::record.eq(&key))
            .filter(file_given::sha256.eq_any(&digests))
            .select(file_given::sha256)
            .load(c))?;
        let held: Vec<(Vec<u8>, String)> = on!(store.tx, |c| file_holder::table
            .filter(file_holder::district.eq(district))
            .filter(file_holder::sha256.eq_any(&digests))
            .select((file_holder::sha256, file_holder::owner))
            .order((file_holder::at_ms, file_holder::owner))
            .load(c))?;
        for row in there {
            let Ok(sha256) = row.sha256.clone().try_into().map(Digest) else { continue };
            let mine = |owner: &str| authors.get(&sha256).is_some_and(|all| all.contains(owner));
            let holders = || held.iter().filter(|(of, _)| *of == row.sha256).map(|(_, owner)| owner.as_str());
            let by = holders().find(|owner| mine(owner)).or_else(|| holders().next().filter(|_| given.contains(&row.sha256)));
            let Some(by) = by else { continue };
            let said = json!({ "at_ms": row.stored_ms, "by": by, "mime": row.mime, "sha256": sha256, "size": row.size });
            edits.extend(put(record, &evidence::file_field(sha256), Some(&said)));
            super::thumbnail::gone(store, &row.sha256, record.id)?;
        }
    }
    Ok(if edits.is_empty() { Vec::new() } else { vec![Draft { edits, ..Draft::of(record.id, &record.kind) }] })
}

/// A file as a record names it, if it does: the exhibits, and the file once its original is said to be there. `None` where the record
/// does not name it, or has not been told of it, whoever else has it.
pub fn named(tx: &mut Tx<'_>, district: i64, record: &Record, sha256: Digest) -> Result<Option<(Vec<Exhibit>, FileRow)>, StoreError> {
    if !evidence::named(record).contains(&sha256) {
        return Ok(None);
    }
    let exhibits: Vec<Exhibit> = evidence::exhibits(record).into_iter().filter(|exhibit| exhibit.sha256 == Some(sha256)).collect();
    // Papers that are no evidence have no word of the office's: they are there if they were handed in for this record.
    if !evidence::received(record, sha256) {
        let key = record.id.to_bytes().to_vec();
        let given: Option<Vec<u8>> = on!(tx, |c| file_given::table.find((district, &key, sha256.0.to_vec())).select(file_given::sha256).first(c).optional())?;
        if given.is_none() {
            return Ok(None);
        }
    }
    let row: Option<FileRow> = on!(tx, |c| file::table.find((district, sha256.0.to_vec())).select(FileRow::as_select()).first(c).optional())?;
    Ok(row.map(|row| (exhibits, row)))
}
