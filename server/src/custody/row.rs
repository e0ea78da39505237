//! The table of chains.

use std::collections::BTreeMap;

use diesel::prelude::*;
use sync_core::base::Digest;
use sync_core::evidence::custody::{Account, Event, Told, What};

use crate::base::db::Tx;
use crate::on;
use crate::schema::file_custody;
use crate::sync::store::StoreError;
use crate::sync::store::rows::{int, nat, record_id};

/// An event, as it is stored.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = file_custody, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct EventRow {
    pub district: i64,
    pub sha256: Vec<u8>,
    pub n: i64,
    pub what: String,
    pub at_ms: i64,
    pub by_whom: String,
    pub record: Option<Vec<u8>>,
    pub detail: String,
    pub alg: String,
    pub prev: Vec<u8>,
    pub hash: Vec<u8>,
}

impl EventRow {
    /// The row of an event whose account is told.
    pub(super) fn of(district: i64, file: Digest, event: &Event, told: &Told) -> EventRow {
        EventRow {
            district,
            sha256: file.0.to_vec(),
            n: int(event.n),
            what: event.what.name().to_owned(),
            at_ms: told.at_ms,
            by_whom: told.by.clone(),
            record: told.record.map(|record| record.to_bytes().to_vec()),
            detail: if told.detail.is_empty() { String::new() } else { serde_json::to_string(&told.detail).unwrap_or_default() },
            alg: event.alg.clone(),
            prev: event.prev.0.to_vec(),
            hash: event.hash.0.to_vec(),
        }
    }

    /// The event; an error where the row cannot be one.
    pub fn event(&self) -> Result<Event, StoreError> {
        let broken = || StoreError::Broken(format!("custody of {}: event {} cannot be read", hex::encode(&self.sha256), self.n));
        let digest = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map(Digest).map_err(|_| broken());
        let detail: BTreeMap<String, String> = if self.detail.is_empty() { BTreeMap::new() } else { serde_json::from_str(&self.detail).map_err(|_| broken())? };
        let record = self.record.as_deref().map(record_id).transpose()?;
        let told = Told { at_ms: self.at_ms, by: self.by_whom.clone(), record, detail };
        Ok(Event {
            n: nat(self.n),
            what: What::parse(&self.what).ok_or_else(broken)?,
            account: Account::Told(told),
            alg: self.alg.clone(),
            prev: digest(&self.prev)?,
            hash: digest(&self.hash)?,
        })
    }
}

/// Events of a file after a number, in order, at most so many.
pub fn page(tx: &mut Tx<'_>, district: i64, file: Digest, after: i64, most: i64) -> Result<Vec<EventRow>, StoreError> {
    Ok(on!(tx, |c| file_custody::table
        .filter(file_custody::district.eq(district))
        .filter(file_custody::sha256.eq(file.0.to_vec()))
        .filter(file_custody::n.gt(after))
        .order(file_custody::n)
        .limit(most)
        .select(EventRow::as_select())
        .load(c))?)
}

/// The whole chain of a file, as it is stored.
pub fn chain(tx: &mut Tx<'_>, district: i64, file: Digest) -> Result<Vec<Event>, StoreError> {
    page(tx, district, file, 0, i64::MAX)?.iter().map(EventRow::event).collect()
}

/// The last event of a file; of these kinds, if any are named.
pub(super) fn last(tx: &mut Tx<'_>, district: i64, file: Digest, of: &[What]) -> Result<Option<Event>, StoreError> {
    let names: Vec<&str> = if of.is_empty() { What::ALL.iter().map(|what| what.name()).collect() } else { of.iter().map(|what| what.name()).collect() };
    let row: Option<EventRow> = on!(tx, |c| file_custody::table
        .filter(file_custody::district.eq(district))
        .filter(file_custody::sha256.eq(file.0.to_vec()))
        .filter(file_custody::what.eq_any(&names))
        .order(file_custody::n.desc())
        .select(EventRow::as_select())
        .first(c)
        .optional())?;
    row.map(|row| row.event()).transpose()
}
