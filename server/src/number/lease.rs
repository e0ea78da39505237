//! Leasing blocks to a handheld, and closing those of one that is gone.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::base::date::day_of;
use sync_core::base::{Date, DeviceId};
use sync_core::dated::Book;
use sync_core::district::Store as _;
use sync_core::identity::act_code::MAX_SEQ;
use sync_core::law::policy;
use sync_core::number::{BlockKey, MAX_BLOCK, MAX_BLOCKS, MAX_REASON, Series, Sort, Standing};
use sync_core::org::Unit;
use sync_core::protocol::{Command, NumbersRequest};

use super::row::{self, BlockRow};
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::{Op, SYSTEM};
use crate::schema::{command, number_block, number_use};
use crate::sync::store::rows::id;
use crate::sync::store::{StoreError, Working};

/// Why blocks are closed. Codes are never renamed.
pub const CLOSED: &[(&str, &str, &str)] = &[
    ("used_up", "号码已用完", "Every number is accounted for"),
    ("year_over", "编号年度已结束", "The year of the series is over"),
    ("device_revoked", "终端已注销", "The handheld was revoked"),
    ("device_erased", "终端已擦除", "The handheld erased itself"),
    ("restored", "服务器恢复备份后补登", "Taken over from a handheld after the server was restored"),
    ("reserved", "服务器恢复备份后预留", "Kept back when the server was restored: what was given since the backup may stand on papers"),
];

/// Of these, the ones by which the unused numbers are lost, or of documents unknown.
pub const LOST: &[&str] = &["device_revoked", "device_erased", "reserved"];

/// Blocks' worth of numbers that one handheld may hold without their records having arrived.
const MOST_OUT: i64 = 10;

/// What is leased: rows to be made into blocks outside the transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Blocks that the handheld does not have.
    pub blocks: Vec<BlockRow>,
    /// Spoiled numbers that are on record.
    pub noted: Vec<(Series, u32)>,
    /// Blocks from which nothing more may be taken.
    pub closed: Vec<BlockKey>,
}

/// How many numbers at once, and at how many left more are leased.
fn sizes(book: &Book, sort: Sort, day: Date) -> (i64, i64) {
    let get = |key: &str, default: i64| policy::get::<i64>(book, key, day).map_or(default, |answer| answer.value);
    let (block, refill) = if sort == Sort::ACT { ("inspection.code.block", "inspection.code.refill") } else { ("document.number.block", "document.number.refill") };
    (get(block, 20).clamp(1, i64::from(MAX_BLOCK)), get(refill, 5).max(0))
}

fn check(asked: &NumbersRequest) -> Result<(), Problem> {
    if asked.have.len() > MAX_BLOCKS {
        return Err(Problem::field("have", format!("at most {MAX_BLOCKS} blocks")));
    }
    if asked.sorts.len() > MAX_BLOCKS {
        return Err(Problem::field("sorts", format!("at most {MAX_BLOCKS} sorts")));
    }
    if asked.spoiled.len() > MAX_BLOCKS {
        return Err(Problem::field("spoiled", format!("at most {MAX_BLOCKS} numbers at once; send the rest next time")));
    }
    let bounds = |s: &Standing| s.first > 0 && s.next >= s.first && s.next - s.first <= MAX_BLOCK && s.next <= MAX_SEQ;
    if let Some(wrong) = asked.have.iter().find(|s| !bounds(s)) {
        return Err(Problem::field("have", format!("{} from {}: next is the number that comes next, at most {MAX_BLOCK} on", wrong.series, wrong.first)));
    }
    if let Some(wrong) = asked.spoiled.iter().find(|s| s.reason.trim().is_empty() || s.reason.chars().count() > MAX_REASON) {
        return Err(Problem::field("spoiled", format!("{} {}: say why in 1 to {MAX_REASON} characters", wrong.series, wrong.seq)));
    }
    Ok(())
}

/// Notes what a handheld says of its blocks and leases what it lacks. The same request again gives the same blocks.
pub fn lease(store: &mut Working<'_, '_>, book: &Book, device: DeviceId, unit: &str, asked: &NumbersRequest) -> Op<Given> {
    if let Err(problem) = check(asked) {
        return Ok(Err(problem));
    }
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let Some(organ) = book.get::<Unit>(unit, today).map(|unit| unit.organ) else {
        return Ok(Err(Problem::new("conflict", format!("the unit {unit:.64} is not in the book today, so its organ is not known; a system administrator has to enter it"))));
    };
    // Numbers of changes that arrived in this very transaction count as used.
    store.flush()?;
    let mut given = Given::default();
    let mut open = open_blocks(store, device)?;
    for standing in &asked.have {
        if !open.iter().any(|b| is_of(b, standing)) {
            adopt(store, device, &organ, standing)?;
            given.closed.push(BlockKey { series: standing.series.clone(), first: standing.first });
        }
    }
    spoil(store, device, asked, &mut given)?;
    for block in std::mem::take(&mut open) {
        let standing = asked.have.iter().find(|s| is_of(&block, s));
        match settle(store, &block, standing, today)? {
            None => open.push(block),
            Some(why) => {
                row::close(store, &block, why)?;
                given.closed.push(BlockKey { series: block.series()?, first: row::seq_of(block.first)? });
            }
        }
    }
    refill(store, book, device, &organ, asked, &mut open)?;
    given.blocks = open.into_iter().filter(|block| !asked.have.iter().any(|s| is_of(block, s))).collect();
    // The same order whether they were leased now or before.
    given.blocks.sort_by(|a, b| (&a.series, a.first).cmp(&(&b.series, b.first)));
    given.closed.sort();
    Ok(Ok(given))
}

fn is_of(block: &BlockRow, standing: &Standing) -> bool {
    block.first == i64::from(standing.first) && block.series == standing.series.to_string()
}

fn open_blocks(store: &mut Working<'_, '_>, device: DeviceId) -> Result<Vec<BlockRow>, StoreError> {
    let district = store.district;
    let rows = on!(store.tx, |c| number_block::table
        .filter(number_block::district.eq(district))
        .filter(number_block::device.eq(id(device)))
        .filter(number_block::closed_ms.is_null())
        .order((number_block::series, number_block::first))
        .select(BlockRow::as_select())
        .load(c))?;
    Ok(rows)
}

/// A block that a handheld holds and this server does not know was leased on a timeline that a restored backup has lost. What
/// was taken from it is entered, closed, so that nobody is given those numbers; a stretch that others hold by now is left to the account,
/// which shows numbers that are used twice.
fn adopt(store: &mut Working<'_, '_>, device: DeviceId, organ: &str, standing: &Standing) -> Result<(), StoreError> {
    let (first, last) = (i64::from(standing.first), i64::from(standing.next) - 1);
    if last < first || standing.series.organ() != organ {
        return Ok(());
    }
    let (district, series, now) = (store.district, standing.series.to_string(), store.now.0);
    let taken: i64 = on!(store.tx, |c| number_block::table
        .filter(number_block::district.eq(district))
        .filter(number_block::series.eq(&series))
        .filter(number_block::first.le(last))
        .filter(number_block::last.ge(first))
        .count()
        .get_result(c))?;
    // Known and closed, somebody else's, or so far away that it is no lost lease.
    if taken > 0 || first > row::next_free(store, &standing.series)? + 100_000 {
        return Ok(());
    }
    let block = BlockRow { district, series, first, last, organ: organ.to_owned(), device: id(device), leased_ms: now, closed_ms: Some(now), closed_why: Some("restored".into()) };
    on!(store.tx, |c| diesel::insert_into(number_block::table).values(&block).execute(c))?;
    store.note(Deed::of_device(device, "numbers.leased", format!("series:{}", block.series)).with(serde_json::json!({ "first": first, "last": last, "why": "restored" })));
    Ok(())
}

/// Enters spoiled numbers of blocks of this handheld. Those of others are neither entered nor noted.
fn spoil(store: &mut Working<'_, '_>, device: DeviceId, asked: &NumbersRequest, given: &mut Given) -> Result<(), StoreError> {
    let mut fresh = Vec::new();
    for spoiled in &asked.spoiled {
        let (series, seq) = (spoiled.series.to_string(), i64::from(spoiled.seq));
        let mine = row::block_of(store.tx, store.district, &series, seq)?.is_some_and(|b| b.device == id(device));
        if !mine {
            tracing::warn!(%device, series, seq, "a handheld spoiled a number that it was never leased");
            continue;
        }
        given.noted.push((spoiled.series.clone(), spoiled.seq));
        if row::voided(store.tx, store.district, &series, seq, seq)?.is_empty() {
            row::make_void(store, &series, &BTreeSet::from([seq]), spoiled.reason.trim(), &format!("device:{device}"))?;
            fresh.push(format!("{series} {seq}"));
        }
    }
    if !fresh.is_empty() {
        store.note(Deed::of_device(device, "numbers.void", format!("device:{device}")).with(serde_json::json!({ "numbers": fresh })));
    }
    Ok(())
}

/// Why a block is done with, if it is. What remains of a series whose year is over is made void.
fn settle(store: &mut Working<'_, '_>, block: &BlockRow, standing: Option<&Standing>, today: Date) -> Result<Option<&'static str>, StoreError> {
    let used = row::used(store.tx, store.district, &block.series, block.first, block.last)?;
    let void = row::voided(store.tx, store.district, &block.series, block.first, block.last)?;
    if block.series()?.year() < today.year() {
        let next = standing.map_or(block.first, |s| i64::from(s.next));
        let rest: BTreeSet<i64> = (next..=block.last).filter(|n| !used.contains_key(n) && !void.contains_key(n)).collect();
        row::make_void(store, &block.series, &rest, "year_over", SYSTEM)?;
        return Ok(Some("year_over"));
    }
    let accounted = (block.first..=block.last).all(|n| used.contains_key(&n) || void.contains_key(&n));
    Ok(accounted.then_some("used_up"))
}

/// Leases blocks until enough is left: of this year, and in December of the next, for whoever has no network at New Year.
fn refill(store: &mut Working<'_, '_>, book: &Book, device: DeviceId, organ: &str, asked: &NumbersRequest, open: &mut Vec<BlockRow>) -> Result<(), StoreError> {
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let next_year = (today.month() == 12).then(|| today.year() + 1);
    // An organ without a prefix numbers no documents; its office is told when it draws up the first.
    let prefix = row::prefix_of(book, organ, today);
    let wanted = |sort: &Sort| *sort == Sort::ACT || (sort.leased() && prefix.is_some() && asked.sorts.iter().any(|known| known == sort.prefix()));
    let years = std::iter::once(today.year()).chain(next_year);
    for (sort, year) in Sort::all().filter(wanted).flat_map(|sort| years.clone().map(move |year| (sort, year))) {
        // An organ whose code is too long for a series gets no numbers; the office sees it on its first approval.
        let Ok(series) = Series::of(sort, organ, year) else { continue };
        let (size, least) = sizes(book, sort, today);
        let name = series.to_string();
        let (mut left, mut out) = (0, 0);
        for block in open.iter().filter(|b| b.series == name) {
            let next = asked.have.iter().find(|s| is_of(block, s)).map_or(block.first, |s| i64::from(s.next));
            left += (block.last + 1 - next).max(0);
            let used = row::used(store.tx, store.district, &name, block.first, block.last)?.len();
            let void = row::voided(store.tx, store.district, &name, block.first, block.last)?.len();
            out += (block.length() - i64::try_from(used + void).unwrap_or(0)).max(0);
        }
        while left <= least && out < MOST_OUT * size.max(least) {
            let first = row::next_free(store, &series)?;
            let last = (first + size - 1).min(i64::from(sort.most()));
            if last < first || (sort != Sort::ACT && row::printed(book, prefix.as_deref().unwrap_or_default(), &series, last, today).is_err()) {
                break;
            }
            let block = BlockRow {
                district: store.district,
                series: name.clone(),
                first,
                last,
                organ: organ.to_owned(),
                device: id(device),
                leased_ms: store.now.0,
                closed_ms: None,
                closed_why: None,
            };
            on!(store.tx, |c| diesel::insert_into(number_block::table).values(&block).execute(c))?;
            store.note(Deed::of_device(device, "numbers.leased", format!("series:{name}")).with(serde_json::json!({ "first": first, "last": last })));
            left += block.length();
            out += block.length();
            open.push(block);
        }
    }
    Ok(())
}

/// Closes all blocks of a handheld that is gone: what is unused of them is lost. `why` is one of [`LOST`].
pub fn lose(store: &mut Working<'_, '_>, device: DeviceId, why: &str) -> Result<(), StoreError> {
    for block in open_blocks(store, device)? {
        row::close(store, &block, why)?;
        store.note(
            Deed::by(SYSTEM, "numbers.lost", format!("device:{device}")).with(serde_json::json!({ "series": block.series, "first": block.first, "last": block.last, "why": why })),
        );
    }
    Ok(())
}

/// The server was restored from a backup: of every series of this year, as many numbers as may have been given since are kept back, so that none of
/// them is given again. Those that stand on records which arrive later are used; the rest is lost, or of documents unknown.
pub fn keep_back(store: &mut Working<'_, '_>, book: &Book) -> Result<(), StoreError> {
    store.flush()?;
    let (district, now) = (store.district, store.now.0);
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let leased: Vec<String> = on!(store.tx, |c| number_block::table.filter(number_block::district.eq(district)).select(number_block::series).distinct().load(c))?;
    let used: Vec<String> = on!(store.tx, |c| number_use::table.filter(number_use::district.eq(district)).select(number_use::series).distinct().load(c))?;
    let all: BTreeSet<Series> = leased.iter().chain(&used).filter_map(|name| name.parse().ok()).filter(|series: &Series| series.year() >= today.year()).collect();
    let office = id(store.head()?.office());
    for series in all {
        let (size, least) = sizes(book, series.sort(), today);
        let first = row::next_free(store, &series)?;
        let last = (first + MOST_OUT * size.max(least) - 1).min(i64::from(series.sort().most()));
        if last < first {
            continue;
        }
        let (organ, why) = (series.organ().to_owned(), Some("reserved".to_owned()));
        let block = BlockRow { district, series: series.to_string(), first, last, organ, device: office, leased_ms: now, closed_ms: Some(now), closed_why: why };
        on!(store.tx, |c| diesel::insert_into(number_block::table).values(&block).execute(c))?;
        store.note(Deed::by(SYSTEM, "numbers.lost", format!("series:{series}")).with(serde_json::json!({ "first": first, "last": last, "why": "reserved" })));
    }
    Ok(())
}

/// Closes the blocks of a handheld that says that it erased itself, if it does.
pub fn lose_erased(store: &mut Working<'_, '_>, device: DeviceId) -> Result<(), StoreError> {
    let district = store.district;
    let done: Vec<String> = on!(store.tx, |c| command::table
        .filter(command::district.eq(district))
        .filter(command::device.eq(id(device)))
        .filter(command::done_ms.is_not_null())
        .select(command::body)
        .load(c))?;
    let erased = |body: &String| matches!(serde_json::from_str(body), Ok(Command::EraseNow | Command::DrainThenErase));
    if done.iter().any(erased) { lose(store, device, "device_erased") } else { Ok(()) }
}
