//! Families of objects: everything that was joined is one, and what bears the same identifying number is counted as one.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::object::AliasKind;

use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{object, object_alias};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

fn keys(ids: &BTreeSet<RecordId>) -> Vec<Vec<u8>> {
    ids.iter().map(|id| id.to_bytes().to_vec()).collect()
}

/// Works out the roots of everything that hangs together with an object whose `joined` may have changed.
pub(super) fn settle(tx: &mut Tx<'_>, district: i64, changed: RecordId) -> Result<(), StoreError> {
    type Row = (Vec<u8>, Option<Vec<u8>>, Vec<u8>);
    let columns = (object::record, object::joined, object::root);
    let mut rows: BTreeMap<RecordId, (Option<RecordId>, RecordId)> = BTreeMap::new();
    let mut roots = BTreeSet::from([changed]);
    let mut asked = BTreeSet::new();
    // The object's own row, the family that it was of, the one that it is joined into, and whoever was joined into it before it was there.
    while let Some(root) = roots.pop_first() {
        if !asked.insert(root) {
            continue;
        }
        let key = root.to_bytes().to_vec();
        // Asked one by one: for all three at once SQLite goes through every object that there is.
        let mut found: Vec<Row> = on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::root.eq(&key)).select(columns).load(c))?;
        found.extend::<Vec<Row>>(on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::record.eq(&key)).select(columns).load(c))?);
        found.extend::<Vec<Row>>(on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::joined.eq(&key)).select(columns).load(c))?);
        for (record, joined, root) in found {
            let (record, root) = (record_id(&record)?, record_id(&root)?);
            let joined = joined.as_deref().map(record_id).transpose()?;
            roots.insert(root);
            roots.extend(joined);
            rows.insert(record, (joined, root));
        }
    }
    for (record, (_, root)) in &rows {
        let end = end_of(&rows, *record);
        if end != *root {
            let (record, end) = (record.to_bytes().to_vec(), end.to_bytes().to_vec());
            on!(tx, |c| diesel::update(object::table.find((district, &record))).set(object::root.eq(&end)).execute(c))?;
        }
    }
    Ok(())
}

/// Where the chain of `joined` ends; objects joined in a circle have the least of them for a root.
pub(crate) fn end_of(rows: &BTreeMap<RecordId, (Option<RecordId>, RecordId)>, from: RecordId) -> RecordId {
    let (mut at, mut way) = (from, vec![from]);
    while let Some(next) = rows.get(&at).and_then(|row| row.0).filter(|next| rows.contains_key(next)) {
        if let Some(begin) = way.iter().position(|seen| *seen == next) {
            return way.get(begin..).and_then(|circle| circle.iter().min()).copied().unwrap_or(at);
        }
        way.push(next);
        at = next;
    }
    at
}

/// Objects that are counted as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The least root: the key under which its visits are counted.
    pub key: RecordId,
    /// All of them.
    pub members: BTreeSet<RecordId>,
    /// The highest risk that one of them is given; `low` if none is.
    pub risk: String,
}

/// The family of an object: all with its root, and all that share an identifying number with one of these. An object that the
/// index does not know is a family of its own.
pub fn family_of(tx: &mut Tx<'_>, district: i64, one: RecordId) -> Result<Family, StoreError> {
    let mut members = BTreeSet::from([one]);
    let mut open = members.clone();
    let mut risk = "low".to_owned();
    let mut roots = BTreeSet::new();
    while !open.is_empty() {
        let part = keys(&open);
        let mine: Vec<Vec<u8>> = on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::record.eq_any(&part)).select(object::root).load(c))?;
        type Row = (Vec<u8>, Vec<u8>, String, Option<String>);
        let found: Vec<Row> = on!(tx, |c| object::table
            .filter(object::district.eq(district))
            .filter(object::root.eq_any(&mine))
            .select((object::record, object::root, object::kind, object::risk))
            .load(c))?;
        let mut kinds = BTreeMap::new();
        for (record, root, kind, own) in found {
            let record = record_id(&record)?;
            kinds.insert(record, kind);
            roots.insert(record_id(&root)?);
            let rank = |word: &str| sync_core::object::RISKS.iter().position(|r| *r == word);
            if let Some(own) = own.filter(|own| rank(own) > rank(&risk)) {
                risk = own;
            }
        }
        let all: BTreeSet<RecordId> = kinds.keys().copied().collect();
        members.extend(&all);
        let shared = sharing(tx, district, &kinds)?;
        open = shared.into_iter().filter(|record| members.insert(*record)).collect();
    }
    Ok(Family { key: roots.pop_first().unwrap_or(one), members, risk })
}

/// Objects of the same kind that bear a number which identifies one of these.
fn sharing(tx: &mut Tx<'_>, district: i64, kinds: &BTreeMap<RecordId, String>) -> Result<Vec<RecordId>, StoreError> {
    let mut out = Vec::new();
    let part: Vec<Vec<u8>> = kinds.keys().map(|id| id.to_bytes().to_vec()).collect();
    for part in part.chunks(ROWS) {
        let mine: Vec<(Vec<u8>, String, String)> = on!(tx, |c| object_alias::table
            .filter(object_alias::district.eq(district))
            .filter(object_alias::record.eq_any(part))
            .select((object_alias::record, object_alias::kind, object_alias::value))
            .load(c))?;
        for (record, word, value) in mine {
            let Some(of) = kinds.get(&record_id(&record)?) else { continue };
            if !AliasKind::parse(&word).is_some_and(|kind| kind.identifies(of)) {
                continue;
            }
            let same: Vec<Vec<u8>> = on!(tx, |c| object_alias::table
                .filter(object_alias::district.eq(district))
                .filter(object_alias::value.eq(&value))
                .filter(object_alias::kind.eq(&word))
                // Asked of each bearer: a join may begin at the objects, and read them all.
                .filter(diesel::dsl::exists(object::table.filter(object::district.eq(district)).filter(object::record.eq(object_alias::record)).filter(object::kind.eq(of))))
                .select(object_alias::record)
                .load(c))?;
            out.extend(same.iter().map(|r| record_id(r)).collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(out)
}
