//! Numbers that the office takes itself: for visits that it approves, and for its documents.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::base::date::day_of;
use sync_core::base::keys::Ed25519;
use sync_core::dated::Book;
use sync_core::district::Store as _;
use sync_core::identity::{ActCode, CodeFormat};
use sync_core::law::policy::code_format;
use sync_core::number::{MAX_BLOCK, Series, Sort, region_of};
use sync_core::org::Unit;

use super::row::{self, BlockRow};
use crate::on;
use crate::schema::number_block;
use crate::sync::store::rows::id;
use crate::sync::store::{StoreError, Working};

/// Takes a number for an act of a unit: the value of the field `code`. `None`, with a warning in the log, where the book does not say
/// whose the unit is or the layout cannot be filled; the visit then stays without a code and can get one by hand.
///
/// The day in a code is the day on which it was given, on handhelds as here.
pub fn office_take(store: &mut Working<'_, '_>, book: &Book, key: &Ed25519, unit: &str) -> Result<Option<Json>, StoreError> {
    let Some(day) = day_of(store.now) else { return Ok(None) };
    let Some((series, format)) = series_of(book, unit, day) else {
        tracing::warn!(unit, "no code of the act: the unit has no organ in the book, or the organ's code is too long");
        return Ok(None);
    };
    let code = ActCode { region: region_of(book, series.organ(), day), organ: series.organ().into(), year: series.year(), day: Some(day), seq: 1 };
    // Tried before a number is spent on it.
    if let Err(why) = format.print(&code) {
        tracing::warn!(unit, %why, "no code of the act");
        return Ok(None);
    }
    let Some(seq) = take(store, &series)? else { return Ok(None) };
    let no = format.print(&ActCode { seq, ..code }).map_err(|e| StoreError::Broken(e.to_string()))?;
    let token = row::token(row::district_of(store.district)?, &series, seq, key)?;
    Ok(Some(json!({ "no": no, "seq": seq, "series": series, "token": token })))
}

/// Takes the next number of a type of document, of the organ of a unit: members `no`, `seq`, `series`. The inner error says what the book
/// lacks.
pub fn document_take(store: &mut Working<'_, '_>, book: &Book, unit: &str, code: &str, day: Date) -> Result<Result<Json, String>, StoreError> {
    let Some(sort) = Sort::of_document(code) else { return Ok(Err(format!("{code} has no numbers"))) };
    let Some(organ) = book.get::<Unit>(unit, day).map(|unit| unit.organ) else {
        return Ok(Err(format!("the unit {unit:.64} is not in the book on {day}, so its organ is not known; a system administrator has to enter it")));
    };
    let Some(prefix) = row::prefix_of(book, &organ, day) else {
        return Ok(Err(format!("the organ {organ} has no prefix (代字) for its documents on {day}; a system administrator has to enter it")));
    };
    let Ok(series) = Series::of(sort, &organ, day.year()) else { return Ok(Err(format!("the code of the organ {organ} is too long for a series"))) };
    // Tried before a number is spent on it.
    if let Err(why) = row::printed(book, &prefix, &series, row::next_free(store, &series)?, day) {
        return Ok(Err(format!("the organ {organ} gives no number of {series}: {why}")));
    }
    let Some(seq) = take(store, &series)? else { return Ok(Err(format!("the series {series} is used up"))) };
    let no = sort.print(&prefix, series.year(), seq).map_err(|e| StoreError::Broken(e.to_string()))?;
    Ok(Ok(json!({ "no": no, "seq": seq, "series": series })))
}

/// Makes the number of a document void: it stays on its record and in the account, with the reason, and is never given again.
pub fn document_void(store: &mut Working<'_, '_>, series: &str, seq: i64, reason: &str, officer: &str) -> Result<(), StoreError> {
    row::make_void(store, series, &BTreeSet::from([seq]), reason, &format!("officer:{officer}"))
}

fn series_of(book: &Book, unit: &str, day: Date) -> Option<(Series, CodeFormat)> {
    let organ = book.get::<Unit>(unit, day)?.organ;
    Some((Series::new(&organ, day.year()).ok()?, code_format(book, day).map(|answer| answer.value).unwrap_or_default()))
}

/// The next number of a series, entered as the office's: in its newest block, if that is the series' last and not full.
fn take(store: &mut Working<'_, '_>, series: &Series) -> Result<Option<u32>, StoreError> {
    store.flush()?;
    let seq = row::next_free(store, series)?;
    if seq > i64::from(series.sort().most()) {
        tracing::warn!(%series, "the series is used up");
        return Ok(None);
    }
    let (district, name, now) = (store.district, series.to_string(), store.now.0);
    let before = row::block_of(store.tx, district, &name, seq - 1)?.filter(|b| b.handheld().is_none() && b.closed_ms.is_none() && b.length() < i64::from(MAX_BLOCK));
    if let Some(block) = before {
        let found = number_block::table.find((district, name.as_str(), block.first));
        on!(store.tx, |c| diesel::update(found).set(number_block::last.eq(seq)).execute(c))?;
    } else {
        let device = id(store.head()?.office());
        let block = BlockRow { district, series: name, first: seq, last: seq, organ: series.organ().to_owned(), device, leased_ms: now, closed_ms: None, closed_why: None };
        on!(store.tx, |c| diesel::insert_into(number_block::table).values(&block).execute(c))?;
    }
    row::seq_of(seq).map(Some)
}
