//! Blocks as they are stored, and what is asked of them in several places.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use sync_core::base::keys::{Ed25519, SignError};
use sync_core::base::{Date, DeviceId, Digest, DistrictId, RecordId};
use sync_core::dated::Book;
use sync_core::identity::DocumentNumber;
use sync_core::identity::act_code::MAX_SEQ;
use sync_core::law::policy::{code_format, number_format};
use sync_core::number::{Block, SealToken, Series, Sort, Token, region_of};
use sync_core::org::{Organ, in_name_of};

use crate::base::db::Tx;
use crate::on;
use crate::schema::{number_block, number_use, number_void};
use crate::sync::store::rows::{device_id, record_id};
use crate::sync::store::{StoreError, Working};

/// A block of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = number_block, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "columns, described in the migrations")]
pub struct BlockRow {
    pub district: i64,
    pub series: String,
    pub first: i64,
    pub last: i64,
    pub organ: String,
    pub device: i64,
    pub leased_ms: i64,
    pub closed_ms: Option<i64>,
    pub closed_why: Option<String>,
}

impl BlockRow {
    /// Its series.
    pub fn series(&self) -> Result<Series, StoreError> {
        self.series.parse().map_err(|e| StoreError::Broken(format!("number_block: {e}")))
    }

    /// How many numbers it has.
    pub fn length(&self) -> i64 {
        self.last - self.first + 1
    }

    /// Whether a number is in it.
    pub fn holds(&self, seq: i64) -> bool {
        (self.first..=self.last).contains(&seq)
    }

    /// Whose it is; `None` for the office's own.
    pub fn handheld(&self) -> Option<DeviceId> {
        Some(device_id(self.device)).filter(|device| !device.is_office())
    }

    /// As it travels: with region, layout and a token for every number; of documents with the organ's prefix, and a seal that is bound to the
    /// handheld for every number. `image` is the organ's seal of the day.
    pub fn lease(&self, book: &Book, day: Date, key: &Ed25519, image: Option<Digest>) -> Result<Block, StoreError> {
        let series = self.series()?;
        let (first, last) = (seq_of(self.first)?, seq_of(self.last)?);
        let district = district_of(self.district)?;
        if series.sort() != Sort::ACT {
            let unsigned = |e: SignError| StoreError::Broken(e.to_string());
            let bound = |seq: u32| SealToken { district, series: series.clone(), seq, device: device_id(self.device) }.sign(image, key).map_err(unsigned);
            let tokens = (first..=last).map(bound).collect::<Result<_, _>>()?;
            let pattern = prefix_of(book, &self.organ, day).unwrap_or_default();
            return Ok(Block { first, last, region: None, pattern, tokens, series });
        }
        let tokens = (first..=last).map(|seq| token(district, &series, seq, key)).collect::<Result<_, _>>()?;
        Ok(Block { first, last, region: region_of(book, &self.organ, day), pattern: pattern(book, day), tokens, series })
    }
}

/// How an organ's documents are numbered on a day (代字): by its own prefix, or that of the organ in whose name it acts.
pub fn prefix_of(book: &Book, organ: &str, day: Date) -> Option<String> {
    let own = book.get::<Organ>(organ, day)?.prefix;
    own.or_else(|| in_name_of(book, organ, day)?.1.prefix).map(|prefix| prefix.to_string())
}

/// The number of a document as it would be printed, if prefix, pattern of the day (`document.number.pattern`) and layout allow it; else why not.
pub fn printed(book: &Book, prefix: &str, series: &Series, seq: i64, day: Date) -> Result<String, String> {
    let seq = u32::try_from(seq).map_err(|_| format!("{seq} is no running number"))?;
    let no = series.sort().print(prefix, series.year(), seq).map_err(|why| format!("{prefix}: {why}"))?;
    let number: DocumentNumber = no.parse().map_err(|why| format!("{no}: {why}"))?;
    let fits = number_format(book, day).map_or(true, |format| format.value.fits(&number));
    if fits { Ok(no) } else { Err(format!("{no} is not of the pattern of the policy document.number.pattern on {day}; a system administrator has to change prefix or pattern")) }
}

/// The layout of codes on a day; the default if the row in force cannot be read, since work must go on.
pub fn pattern(book: &Book, day: Date) -> String {
    code_format(book, day).map(|answer| answer.value).unwrap_or_default().pattern().to_owned()
}

/// The token of a number.
pub fn token(district: DistrictId, series: &Series, seq: u32, key: &Ed25519) -> Result<String, StoreError> {
    let unsigned = |e: SignError| StoreError::Broken(e.to_string());
    Token { district, series: series.clone(), seq }.sign(key).map_err(unsigned)
}

/// A number as the core has it.
pub fn seq_of(stored: i64) -> Result<u32, StoreError> {
    u32::try_from(stored).map_err(|_| StoreError::Broken(format!("number_block: {stored} is no running number")))
}

/// A district as the core has it.
pub fn district_of(stored: i64) -> Result<DistrictId, StoreError> {
    u32::try_from(stored).map(DistrictId).map_err(|_| StoreError::Broken(format!("{stored} is no district")))
}

/// The first number of a series that nobody was given and nothing uses.
pub fn next_free(store: &mut Working<'_, '_>, series: &Series) -> Result<i64, StoreError> {
    let (district, series) = (store.district, series.to_string());
    let leased: Option<i64> = on!(store.tx, |c| number_block::table
        .filter(number_block::district.eq(district))
        .filter(number_block::series.eq(&series))
        .select(diesel::dsl::max(number_block::last))
        .first(c))?;
    // A restored database may not know a lease whose numbers have since arrived on records.
    let used: Option<i64> =
        on!(store.tx, |c| number_use::table.filter(number_use::district.eq(district)).filter(number_use::series.eq(&series)).select(diesel::dsl::max(number_use::seq)).first(c))?;
    // A number far beyond what was ever leased is somebody's slip and must not burn what lies before it.
    let used = used.filter(|used| *used < leased.unwrap_or(0).saturating_add(100_000));
    Ok(leased.unwrap_or(0).max(used.unwrap_or(0)).saturating_add(1).min(i64::from(MAX_SEQ) + 1))
}

/// Which numbers of a stretch are used, by which records.
pub fn used(tx: &mut Tx<'_>, district: i64, series: &str, from: i64, to: i64) -> Result<BTreeMap<i64, Vec<RecordId>>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = on!(tx, |c| number_use::table
        .filter(number_use::district.eq(district))
        .filter(number_use::series.eq(series))
        .filter(number_use::seq.between(from, to))
        .order((number_use::seq, number_use::record))
        .select((number_use::seq, number_use::record))
        .load(c))?;
    let mut out: BTreeMap<i64, Vec<RecordId>> = BTreeMap::new();
    for (seq, record) in rows {
        out.entry(seq).or_default().push(record_id(&record)?);
    }
    Ok(out)
}

/// The records that use a number.
pub fn used_by(tx: &mut Tx<'_>, district: i64, series: &str, seq: i64) -> Result<Vec<RecordId>, StoreError> {
    Ok(used(tx, district, series, seq, seq)?.remove(&seq).unwrap_or_default())
}

/// Numbers of a stretch that are void: reason, by whom, when.
pub fn voided(tx: &mut Tx<'_>, district: i64, series: &str, from: i64, to: i64) -> Result<BTreeMap<i64, (String, String, i64)>, StoreError> {
    let rows: Vec<(i64, String, String, i64)> = on!(tx, |c| number_void::table
        .filter(number_void::district.eq(district))
        .filter(number_void::series.eq(series))
        .filter(number_void::seq.between(from, to))
        .select((number_void::seq, number_void::reason, number_void::by_whom, number_void::at_ms))
        .load(c))?;
    Ok(rows.into_iter().map(|(seq, reason, by, at)| (seq, (reason, by, at))).collect())
}

/// The block of a number.
pub fn block_of(tx: &mut Tx<'_>, district: i64, series: &str, seq: i64) -> Result<Option<BlockRow>, StoreError> {
    let found = on!(tx, |c| number_block::table
        .filter(number_block::district.eq(district))
        .filter(number_block::series.eq(series))
        .filter(number_block::first.le(seq))
        .filter(number_block::last.ge(seq))
        .select(BlockRow::as_select())
        .first(c)
        .optional())?;
    Ok(found)
}

/// Makes numbers void that are not void yet.
pub fn make_void(store: &mut Working<'_, '_>, series: &str, numbers: &BTreeSet<i64>, reason: &str, by: &str) -> Result<(), StoreError> {
    let (district, now) = (store.district, store.now.0);
    let rows: Vec<_> = numbers
        .iter()
        .map(|seq| {
            (
                number_void::district.eq(district),
                number_void::series.eq(series),
                number_void::seq.eq(*seq),
                number_void::reason.eq(reason),
                number_void::by_whom.eq(by),
                number_void::at_ms.eq(now),
            )
        })
        .collect();
    for part in rows.chunks(crate::base::db::ROWS) {
        on!(store.tx, |c| diesel::insert_into(number_void::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Closes a block: nothing more is taken from it.
pub fn close(store: &mut Working<'_, '_>, block: &BlockRow, why: &str) -> Result<(), StoreError> {
    let row = number_block::table.find((block.district, block.series.as_str(), block.first));
    let now = store.now.0;
    on!(store.tx, |c| diesel::update(row).set((number_block::closed_ms.eq(Some(now)), number_block::closed_why.eq(Some(why)))).execute(c))?;
    Ok(())
}
