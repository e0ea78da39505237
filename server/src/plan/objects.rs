//! Which object is meant by a name or a number: a record's id, a credit code, a permit, a project code, a name.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::object::{Alias, AliasKind};

use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{object, object_alias};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// An object as the index has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The record that others were joined into.
    pub record: RecordId,
    /// Its name.
    pub name: String,
}

/// What a name or a number stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Exactly one object.
    One(Known),
    /// Several, of which none bears it as a number of its own.
    Several(Vec<Known>),
    /// None.
    Unknown,
}

/// The spellings under which a text may stand in the index.
fn spellings(text: &str) -> BTreeSet<String> {
    AliasKind::ALL.iter().filter_map(|kind| Alias::new(*kind, text)).map(|alias| alias.value).collect()
}

/// What these texts stand for. An object that was joined into another is that one.
pub fn resolve(tx: &mut Tx<'_>, district: i64, texts: &BTreeSet<String>) -> Result<BTreeMap<String, Resolved>, StoreError> {
    let values: BTreeSet<String> = texts.iter().flat_map(|text| spellings(text)).collect();
    let values: Vec<String> = values.into_iter().collect();
    // Spelling → roots, and whether the alias is a number that identifies such an object.
    let mut bearers: BTreeMap<String, BTreeMap<RecordId, bool>> = BTreeMap::new();
    for part in values.chunks(ROWS) {
        let rows: Vec<(String, String, String, Vec<u8>)> = on!(tx, |c| object_alias::table
            .inner_join(object::table.on(object::district.eq(object_alias::district).and(object::record.eq(object_alias::record))))
            .filter(object_alias::district.eq(district))
            .filter(object_alias::value.eq_any(part))
            .select((object_alias::value, object_alias::kind, object::kind, object::root))
            .load(c))?;
        for (value, word, kind, root) in rows {
            let own = AliasKind::parse(&word).is_some_and(|alias| alias.identifies(&kind));
            *bearers.entry(value).or_default().entry(record_id(&root)?).or_default() |= own;
        }
    }
    let ids: BTreeMap<&String, RecordId> = texts.iter().filter_map(|text| Some((text, text.parse().ok()?))).collect();
    let roots = roots_of(tx, district, ids.values().copied())?;
    let wanted: BTreeSet<RecordId> = bearers.values().flat_map(|all| all.keys().copied()).chain(roots.values().copied()).collect();
    let names = names_of(tx, district, &wanted)?;
    let known = |record: RecordId| Known { record, name: names.get(&record).cloned().unwrap_or_default() };
    let one = |text: &String| {
        if let Some(root) = ids.get(text).and_then(|id| roots.get(id)) {
            return Resolved::One(known(*root));
        }
        let mut found: BTreeMap<RecordId, bool> = BTreeMap::new();
        for (record, own) in spellings(text).iter().filter_map(|value| bearers.get(value)).flatten() {
            *found.entry(*record).or_default() |= *own;
        }
        // A number of its own goes before a name or a number that it shares with others.
        let own: Vec<RecordId> = found.iter().filter(|(_, own)| **own).map(|(record, _)| *record).collect();
        match (own.as_slice(), found.len()) {
            ([record], _) => Resolved::One(known(*record)),
            (_, 0) => Resolved::Unknown,
            (_, 1) => found.into_keys().next().map_or(Resolved::Unknown, |record| Resolved::One(known(record))),
            _ => Resolved::Several(found.into_keys().map(known).collect()),
        }
    };
    Ok(texts.iter().map(|text| (text.clone(), one(text))).collect())
}

/// Where the chains of these objects end; those that the index does not know are left out.
fn roots_of(tx: &mut Tx<'_>, district: i64, ids: impl Iterator<Item = RecordId>) -> Result<BTreeMap<RecordId, RecordId>, StoreError> {
    let keys: Vec<Vec<u8>> = ids.map(|id| id.to_bytes().to_vec()).collect();
    let mut out = BTreeMap::new();
    for part in keys.chunks(ROWS) {
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::record.eq_any(part)).select((object::record, object::root)).load(c))?;
        for (record, root) in rows {
            out.insert(record_id(&record)?, record_id(&root)?);
        }
    }
    Ok(out)
}

/// The names of objects.
pub fn names_of(tx: &mut Tx<'_>, district: i64, ids: &BTreeSet<RecordId>) -> Result<BTreeMap<RecordId, String>, StoreError> {
    let keys: Vec<Vec<u8>> = ids.iter().map(|id| id.to_bytes().to_vec()).collect();
    let mut out = BTreeMap::new();
    for part in keys.chunks(ROWS) {
        let rows: Vec<(Vec<u8>, String)> =
            on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::record.eq_any(part)).select((object::record, object::name)).load(c))?;
        for (record, name) in rows {
            out.insert(record_id(&record)?, name);
        }
    }
    Ok(out)
}
