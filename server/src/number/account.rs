//! What became of every number: block by block, each number in one state.
//!
//! A number of an act that a record uses is used, whatever was said of it before; that it was also void or lost is told beside it. The
//! number of a document that is void stands on its record for good and is void here, with the record and the reason. A number of a document that was on
//! a handheld that is gone is `unknown`: a paper may bear it, so it is neither a gap nor given again. Numbers that records use and that nobody was
//! leased stand by themselves.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::{DeviceId, RecordId};
use sync_core::number::Sort;

use super::lease::LOST;
use super::row::{self, BlockRow};
use crate::base::db::Tx;
use crate::on;
use crate::org::ops;
use crate::org::reach::Reach;
use crate::schema::{device, number_block, number_use, officer};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// What became of a number that no single record uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// By several records.
    Twice,
    /// Spoiled, made void, or left over at the end of the year.
    Void,
    /// Of an act, with a handheld that was revoked or erased.
    Lost,
    /// Of a document, with a handheld that was revoked or erased: somebody may hold a paper that bears it.
    Unknown,
    /// Leased, and nothing has been heard of it.
    Out,
}

/// A run of neighbouring numbers with one fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The first.
    pub from: i64,
    /// The last.
    pub to: i64,
    /// What became of them.
    pub fate: Fate,
    /// Why, if they are void, lost or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who said so: `officer:…`, `device:…` or `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Since when, UTC milliseconds: leased, made void, or closed.
    pub since_ms: i64,
    /// The records: if there are several, or of a void document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
}

/// A block with the account of its numbers. The six counts add up to its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The series.
    pub series: String,
    /// The first number.
    pub first: i64,
    /// The last number.
    pub last: i64,
    /// The handheld; absent for the office's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// When it was leased, UTC milliseconds.
    pub leased_ms: i64,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<i64>,
    /// Why; a code of `lease::CLOSED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_why: Option<String>,
    /// Numbers that one record uses.
    pub used: i64,
    /// Numbers that several records use.
    pub twice: i64,
    /// Numbers that are void.
    pub void: i64,
    /// Numbers that were lost.
    pub lost: i64,
    /// Numbers of which nobody knows whether a paper bears them.
    pub unknown: i64,
    /// Numbers that are out.
    pub out: i64,
    /// Everything that is not used once, in order.
    pub gaps: Vec<Run>,
    /// Numbers of acts that are used although they were void.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_though_void: Vec<i64>,
}

/// A number that a record uses and that nobody was leased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stray {
    /// The number.
    pub seq: i64,
    /// The code as printed.
    pub number: String,
    /// The record.
    pub record: RecordId,
}

/// A page of blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The blocks, by series and first number.
    pub blocks: Vec<Account>,
    /// With a series named, on the first page: numbers that are used and were never leased; at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strays: Vec<Stray>,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Whose blocks somebody sees: all, or those of handhelds within reach and the office's of his organs.
#[derive(Debug, Clone)]
pub struct Scope {
    /// How far his data reaches.
    pub reach: Reach,
    /// The organs of the units within reach.
    pub organs: Vec<String>,
}

/// Blocks after a place, within scope.
pub fn page(tx: &mut Tx<'_>, district: i64, series: Option<&str>, after: Option<(String, i64)>, limit: Option<u32>, scope: &Scope) -> Result<Page, StoreError> {
    // A block has up to 500 numbers, each of which is looked at.
    let limit = ops::page(limit.or(Some(50))).min(100);
    let rows: Vec<BlockRow> = on!(tx, |c| {
        let mut q = number_block::table
            .filter(number_block::district.eq(district))
            .order((number_block::series, number_block::first))
            .limit(limit)
            .select(BlockRow::as_select())
            .into_boxed();
        if let Some(series) = series {
            q = q.filter(number_block::series.eq(series));
        }
        if let Some((series, first)) = &after {
            q = q.filter(number_block::series.gt(series).or(number_block::series.eq(series).and(number_block::first.gt(first))));
        }
        if let Some((units, own)) = scope.reach.units() {
            let near = officer::table.filter(officer::district.eq(district)).filter(officer::unit.eq_any(units).or(officer::id.eq(own.as_str().to_owned()))).select(officer::id);
            let theirs = device::table.filter(device::district.eq(district)).filter(device::officer.eq_any(near)).select(device::id);
            // Ids of office chains have the top bit set and are stored as negative numbers.
            q = q.filter(number_block::device.eq_any(theirs).or(number_block::device.lt(0).and(number_block::organ.eq_any(&scope.organs))));
        }
        q.load(c)
    })?;
    let next = rows.last().filter(|_| i64::try_from(rows.len()).is_ok_and(|n| n == limit)).map(|b| format!("{}:{}", b.series, b.first));
    let strays = match series {
        Some(series) if after.is_none() && may_see_strays(series, scope) => strays(tx, district, series)?,
        _ => Vec::new(),
    };
    let blocks = rows.iter().map(|block| account(tx, block)).collect::<Result<_, _>>()?;
    Ok(Page { blocks, strays, next })
}

fn may_see_strays(series: &str, scope: &Scope) -> bool {
    let organ = series.parse::<sync_core::number::Series>().map(|s| s.organ().to_owned());
    scope.reach.is_whole() || organ.is_ok_and(|organ| scope.organs.contains(&organ))
}

fn strays(tx: &mut Tx<'_>, district: i64, series: &str) -> Result<Vec<Stray>, StoreError> {
    let rows: Vec<(i64, String, Vec<u8>)> = on!(tx, |c| {
        let holding = number_block::table
            .filter(number_block::district.eq(number_use::district))
            .filter(number_block::series.eq(number_use::series))
            .filter(number_block::first.le(number_use::seq))
            .filter(number_block::last.ge(number_use::seq));
        number_use::table
            .filter(number_use::district.eq(district))
            .filter(number_use::series.eq(series))
            .filter(diesel::dsl::not(diesel::dsl::exists(holding)))
            .order((number_use::seq, number_use::record))
            .limit(100)
            .select((number_use::seq, number_use::number, number_use::record))
            .load(c)
    })?;
    rows.into_iter().map(|(seq, number, record)| Ok(Stray { seq, number, record: record_id(&record)? })).collect()
}

/// The account of a block.
pub fn account(tx: &mut Tx<'_>, block: &BlockRow) -> Result<Account, StoreError> {
    let used = row::used(tx, block.district, &block.series, block.first, block.last)?;
    let void = row::voided(tx, block.district, &block.series, block.first, block.last)?;
    Ok(told(block, &used, &void))
}

fn told(block: &BlockRow, used: &BTreeMap<i64, Vec<RecordId>>, void: &BTreeMap<i64, (String, String, i64)>) -> Account {
    let lost = block.closed_why.as_deref().filter(|why| LOST.contains(why));
    let document = block.series().is_ok_and(|series| series.sort() != Sort::ACT);
    let mut account = Account {
        series: block.series.clone(),
        first: block.first,
        last: block.last,
        device: block.handheld(),
        leased_ms: block.leased_ms,
        closed_ms: block.closed_ms,
        closed_why: block.closed_why.clone(),
        used: 0,
        twice: 0,
        void: 0,
        lost: 0,
        unknown: 0,
        out: 0,
        gaps: Vec::new(),
        used_though_void: void.keys().filter(|seq| !document && used.contains_key(seq)).copied().collect(),
    };
    for seq in block.first..=block.last {
        let of = |fate| Run { from: seq, to: seq, fate, reason: None, by: None, since_ms: block.leased_ms, records: Vec::new() };
        let run = match (used.get(&seq), void.get(&seq), lost) {
            (Some(records), ..) if records.len() > 1 => Run { records: records.clone(), ..of(Fate::Twice) },
            (Some(records), Some((reason, by, at)), _) if document => {
                Run { reason: Some(reason.clone()), by: Some(by.clone()), since_ms: *at, records: records.clone(), ..of(Fate::Void) }
            }
            (Some(_), ..) => {
                account.used += 1;
                continue;
            }
            (None, Some((reason, by, at)), _) => Run { reason: Some(reason.clone()), by: Some(by.clone()), since_ms: *at, ..of(Fate::Void) },
            (None, None, Some(why)) => {
                Run { reason: Some(why.to_owned()), since_ms: block.closed_ms.unwrap_or(block.leased_ms), ..of(if document { Fate::Unknown } else { Fate::Lost }) }
            }
            (None, None, None) => of(Fate::Out),
        };
        *match run.fate {
            Fate::Twice => &mut account.twice,
            Fate::Void => &mut account.void,
            Fate::Lost => &mut account.lost,
            Fate::Unknown => &mut account.unknown,
            Fate::Out => &mut account.out,
        } += 1;
        match account.gaps.last_mut() {
            Some(last) if last.to + 1 == seq && run.fate != Fate::Twice && (Run { from: last.from, to: last.to, ..run.clone() }) == *last => last.to = seq,
            _ => account.gaps.push(run),
        }
    }
    account
}
