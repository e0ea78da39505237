//! Events are added in the transaction of what they tell of; what a seal forbids is asked in the same transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::json;
use sync_core::base::{Digest, RecordId};
use sync_core::evidence::custody::{Event, SHA256, Told, What};
use sync_core::evidence::exhibits;

use super::row::{EventRow, last};
use crate::app::App;
use crate::audit::Deed;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::{file_custody, file_use};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};

/// The algorithm of new events. Chains that began under another one go on under this.
const ALG: &str = SHA256;
/// Further parts of a file that is read within this time belong to the reading that is noted.
const LATELY_MS: i64 = 3_600_000;
/// Records in which the capture of a file is looked for.
const MOST_RECORDS: i64 = 16;

/// Adds an event to the chain of a file: what was done with it, by whom (an officer's key, or `system`), on account of which record. `detail`
/// has no personal data of parties. When a file is received, its capture goes before, as the record has it that names it.
pub fn note(store: &mut Working<'_, '_>, sha256: Digest, what: What, by: &str, record: Option<RecordId>, detail: BTreeMap<String, String>) -> Result<(), StoreError> {
    let district = store.district;
    let mut end = last(store.tx, district, sha256, &[])?;
    if what == What::Received
        && end.is_none()
        && let Some(captured) = captured(store, sha256, record)?
    {
        end = Some(add(store, sha256, None, What::Captured, captured)?);
    }
    let told = Told { at_ms: store.now.0, by: by.to_owned(), record, detail };
    add(store, sha256, end.as_ref(), what, told)?;
    Ok(())
}

fn add(store: &mut Working<'_, '_>, sha256: Digest, end: Option<&Event>, what: What, told: Told) -> Result<Event, StoreError> {
    let event = Event::after(sha256, end, what, told.clone(), ALG).ok_or_else(|| StoreError::Broken(format!("no algorithm {ALG}")))?;
    let row = EventRow::of(store.district, sha256, &event, &told);
    on!(store.tx, |c| diesel::insert_into(file_custody::table).values(&row).execute(c))?;
    let actor = if told.by == "system" { told.by } else { format!("officer:{}", told.by) };
    let action = match what {
        What::Read => "file.read",
        What::Received => "file.received",
        _ => "file.custody",
    };
    let detail = json!({ "alg": event.alg, "hash": event.hash, "n": event.n, "record": told.record, "what": what });
    store.note(Deed::by(actor, action, format!("file:{sha256}")).with(detail));
    Ok(event)
}

/// The capture of a file, as a record tells it that names it: the one that it came for, or whichever named it.
fn captured(store: &mut Working<'_, '_>, sha256: Digest, record: Option<RecordId>) -> Result<Option<Told>, StoreError> {
    let district = store.district;
    let named: Vec<Vec<u8>> = on!(store.tx, |c| file_use::table
        .filter(file_use::district.eq(district))
        .filter(file_use::sha256.eq(sha256.0.to_vec()))
        .order(file_use::record)
        .limit(MOST_RECORDS)
        .select(file_use::record)
        .load(c))?;
    let named = named.iter().map(|key| record_id(key)).collect::<Result<Vec<_>, _>>()?;
    for id in record.into_iter().chain(named) {
        let Some(found) = store.look(id)? else { continue };
        let Some(exhibit) = exhibits(&found).into_iter().find(|e| e.sha256 == Some(sha256)) else { continue };
        let Some((at_ms, by)) = exhibit.taken_ms.zip(exhibit.by) else { continue };
        let mut detail = BTreeMap::from([("field".to_owned(), exhibit.field)]);
        detail.extend(exhibit.second.map(|second| ("second".to_owned(), second)));
        detail.extend(exhibit.mime.map(|mime| ("mime".to_owned(), mime)));
        detail.extend(exhibit.size.map(|size| ("size".to_owned(), size.to_string())));
        detail.extend(exhibit.sm3.map(|sm3| ("sm3".to_owned(), sm3.to_string())));
        detail.extend(exhibit.place.map(|(lon, lat)| ("place_e7".to_owned(), format!("{lon},{lat}"))));
        return Ok(Some(Told { at_ms, by, record: Some(id), detail }));
    }
    Ok(None)
}

/// The event that seals a file, if it is sealed.
pub fn seal_of(tx: &mut Tx<'_>, district: i64, sha256: Digest) -> Result<Option<Event>, StoreError> {
    Ok(last(tx, district, sha256, &[What::Sealed, What::Opened])?.filter(|event| event.what == What::Sealed))
}

/// Refuses what needs the original while it is sealed.
pub fn admit(tx: &mut Tx<'_>, district: i64, sha256: Digest) -> Result<Result<(), Problem>, StoreError> {
    Ok(match seal_of(tx, district, sha256)? {
        None => Ok(()),
        Some(_) => Err(Problem::new(
            "evidence_sealed",
            "the original is sealed and handed out to nobody; whoever handles or reviews the record it was sealed for opens it first (POST …/custody, opened)",
        )),
    })
}

/// Whether it is on the chain that an original was handed out to an officer, for a record, within the last hour.
pub fn read_lately(store: &mut Working<'_, '_>, sha256: Digest, officer: &str, record: RecordId) -> Result<bool, StoreError> {
    let (district, since) = (store.district, store.now.0 - LATELY_MS);
    let count: i64 = on!(store.tx, |c| file_custody::table
        .filter(file_custody::district.eq(district))
        .filter(file_custody::sha256.eq(sha256.0.to_vec()))
        .filter(file_custody::what.eq(What::Read.name()))
        .filter(file_custody::by_whom.eq(officer))
        .filter(file_custody::record.eq(record.to_bytes().to_vec()))
        .filter(file_custody::at_ms.ge(since))
        .count()
        .get_result(c))?;
    Ok(count > 0)
}

/// An original is handed out to an officer, for a record: noted, unless it is sealed.
pub async fn hand_out(app: &App, officer: &str, record: RecordId, sha256: Digest) -> Result<(), Problem> {
    let by = officer.to_owned();
    let noted = app.committer.run(Want::default(), move |store| {
        let district = store.district;
        let admitted = admit(store.tx, district, sha256)?;
        if admitted.is_ok() {
            note(store, sha256, What::Read, &by, Some(record), BTreeMap::new())?;
        }
        Ok(admitted)
    });
    noted.await?
}
