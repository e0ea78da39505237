//! The tables of facts: what is still to be read, what was, and which pictures look alike.

use std::collections::BTreeMap;

use diesel::prelude::*;
use sync_core::base::Digest;

use super::facts::Facts;
use super::look::{MOST_DIFFER, near, quarters};
use crate::base::db::Tx;
use crate::on;
use crate::schema::{file, file_alike, file_band, file_fact, file_todo};
use crate::sync::store::{StoreError, Working};

/// How long somebody who reads a file is left alone with it; one that ended a server is tried again no sooner.
const CLAIM_MS: i64 = 10 * 60_000;
/// Pictures that share a quarter with a new one, of which so many are compared.
const MOST_COMPARED: i64 = 2_000;
/// Pictures like a new one that are noted: the nearest.
const MOST_ALIKE: usize = 50;

/// A file whose facts are to be read.
#[derive(Debug, Clone)]
pub struct Todo {
    /// The file.
    pub sha256: Digest,
    /// What its first bytes say it is.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// How often that was begun before.
    pub tries: i64,
}

/// What was read from a file.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = file_fact)]
pub struct FactRow {
    /// District.
    pub district: i64,
    /// The file.
    pub sha256: Vec<u8>,
    /// Pixels, as it is shown.
    pub width: Option<i64>,
    /// Pixels, as it is shown.
    pub height: Option<i64>,
    /// When it was taken, as the camera wrote it.
    pub taken: Option<String>,
    /// The same as UTC milliseconds.
    pub taken_ms: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Maker and model of the camera.
    pub device: Option<String>,
    /// What it looks like.
    pub look: Option<i64>,
    /// What is odd about it.
    pub problem: Option<String>,
    /// What was found.
    pub detail: Option<String>,
    /// When that was read.
    pub done_ms: i64,
}

impl FactRow {
    fn of(district: i64, sha256: Digest, facts: &Facts, done_ms: i64) -> FactRow {
        FactRow {
            district,
            sha256: sha256.0.to_vec(),
            width: facts.width.map(i64::from),
            height: facts.height.map(i64::from),
            taken: facts.taken.clone(),
            taken_ms: facts.taken_ms,
            lon_e7: facts.place.map(|(lon, _)| lon),
            lat_e7: facts.place.map(|(_, lat)| lat),
            device: facts.device.clone(),
            look: facts.look.map(u64::cast_signed),
            problem: facts.problem.as_ref().map(|(code, _)| (*code).to_owned()),
            detail: facts.problem.as_ref().map(|(_, detail)| detail.clone()),
            done_ms,
        }
    }
}

/// Notes that a file's facts are to be read, if they were not.
pub fn todo(store: &mut Working<'_, '_>, sha256: &[u8]) -> Result<(), StoreError> {
    let (district, key) = (store.district, sha256.to_vec());
    let read: i64 = on!(store.tx, |c| file_fact::table.filter(file_fact::district.eq(district)).filter(file_fact::sha256.eq(&key)).count().get_result(c))?;
    if read == 0 {
        let row = (file_todo::district.eq(district), file_todo::sha256.eq(key), file_todo::after_ms.eq(store.now.0), file_todo::tries.eq(0));
        on!(store.tx, |c| diesel::insert_into(file_todo::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Takes some files for reading; nobody else takes them for a while.
pub fn claim(store: &mut Working<'_, '_>, most: i64) -> Result<Vec<Todo>, StoreError> {
    let (district, now) = (store.district, store.now.0);
    type Row = (Vec<u8>, i64, Option<(String, i64)>);
    let rows: Vec<Row> = on!(store.tx, |c| file_todo::table
        .left_join(file::table.on(file::district.eq(file_todo::district).and(file::sha256.eq(file_todo::sha256))))
        .filter(file_todo::district.eq(district))
        .filter(file_todo::after_ms.le(now))
        .order((file_todo::after_ms, file_todo::sha256))
        .limit(most)
        .select((file_todo::sha256, file_todo::tries, (file::mime, file::size).nullable()))
        .load(c))?;
    let keys: Vec<Vec<u8>> = rows.iter().map(|row| row.0.clone()).collect();
    let claimed = file_todo::table.filter(file_todo::district.eq(district)).filter(file_todo::sha256.eq_any(keys));
    on!(store.tx, |c| diesel::update(claimed).set((file_todo::after_ms.eq(now + CLAIM_MS), file_todo::tries.eq(file_todo::tries + 1))).execute(c))?;
    let todo = |(sha256, tries, file): Row| {
        let sha256 = sha256.try_into().map(Digest).map_err(|_| StoreError::Broken("a digest has not 32 bytes".to_owned()))?;
        let (mime, size) = file.unwrap_or_default();
        Ok(Todo { sha256, mime, size: size.unsigned_abs(), tries })
    };
    rows.into_iter().map(todo).collect()
}

/// Puts what was read, and which pictures are like it.
pub fn put(store: &mut Working<'_, '_>, sha256: Digest, facts: &Facts) -> Result<(), StoreError> {
    let (district, key) = (store.district, sha256.0.to_vec());
    let row = FactRow::of(district, sha256, facts, store.now.0);
    let fresh = on!(store.tx, |c| diesel::insert_into(file_fact::table).values(&row).on_conflict_do_nothing().execute(c))? == 1;
    on!(store.tx, |c| diesel::delete(file_todo::table.find((district, &key))).execute(c))?;
    let Some(look) = facts.look.filter(|_| fresh) else { return Ok(()) };
    let mut like: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    for (quarter, bits) in (0i64..).zip(quarters(look)) {
        let found: Vec<(Vec<u8>, i64)> = on!(store.tx, |c| file_band::table
            .filter(file_band::district.eq(district))
            .filter(file_band::quarter.eq(quarter))
            .filter(file_band::bits.eq_any(near(bits)))
            .limit(MOST_COMPARED)
            .select((file_band::sha256, file_band::look))
            .load(c))?;
        for (other, theirs) in found {
            let differ = (theirs.cast_unsigned() ^ look).count_ones();
            if differ <= MOST_DIFFER && other != key {
                like.insert(other, i64::from(differ));
            }
        }
        let band = (file_band::district.eq(district), file_band::quarter.eq(quarter), file_band::bits.eq(bits), file_band::sha256.eq(&key), file_band::look.eq(look.cast_signed()));
        on!(store.tx, |c| diesel::insert_into(file_band::table).values(band).on_conflict_do_nothing().execute(c))?;
    }
    let mut like: Vec<(Vec<u8>, i64)> = like.into_iter().collect();
    like.sort_by_key(|(_, differ)| *differ);
    for (other, differ) in like.into_iter().take(MOST_ALIKE) {
        for (one, two) in [(&key, &other), (&other, &key)] {
            let pair = (file_alike::district.eq(district), file_alike::sha256.eq(one), file_alike::other.eq(two), file_alike::differ.eq(differ));
            on!(store.tx, |c| diesel::insert_into(file_alike::table).values(pair).on_conflict_do_nothing().execute(c))?;
        }
    }
    Ok(())
}

/// What was read from these files.
pub fn facts(tx: &mut Tx<'_>, district: i64, files: &[Vec<u8>]) -> Result<Vec<FactRow>, StoreError> {
    Ok(on!(tx, |c| file_fact::table.filter(file_fact::district.eq(district)).filter(file_fact::sha256.eq_any(files)).select(FactRow::as_select()).load(c))?)
}

/// A file, another, and by how many bits their looks differ.
pub type Pair = (Vec<u8>, Vec<u8>, i64);

/// Pairs of one of these files and another that differs by at most so many bits, with by how many; the nearest first.
pub fn alike(tx: &mut Tx<'_>, district: i64, files: &[Vec<u8>], differ: i64, most: i64) -> Result<Vec<Pair>, StoreError> {
    Ok(on!(tx, |c| file_alike::table
        .filter(file_alike::district.eq(district))
        .filter(file_alike::sha256.eq_any(files))
        .filter(file_alike::differ.le(differ))
        .order((file_alike::differ, file_alike::sha256, file_alike::other))
        .limit(most)
        .select((file_alike::sha256, file_alike::other, file_alike::differ))
        .load(c))?)
}
