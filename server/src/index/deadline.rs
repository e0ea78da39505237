//! What is due, of every kind of record: one board for all.
//!
//! A case's lines are its deadlines by the book (`sync_core::case::deadline`); of every other kind, the day by which its next step is
//! due, and a visit's orders. They are reckoned anew in the transaction in which their record changes, and, since policies and
//! holidays are dated and entered late, by [`App::redate`] once the book has moved: a line says by which revision it was reckoned.
//! Deliberately absent: "today"; what is near or overdue is asked for, not kept.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use serde_json::Value as Json;
use sync_core::base::{Date, RecordId};
use sync_core::case::deadline::deadlines_by;
use sync_core::case::read::View;
use sync_core::dated::Book;
use sync_core::index::{listing, members};
use sync_core::law::Calendar;
use sync_core::record::{Kinds, Record};
use sync_core::{case, visit};

use super::held;
use crate::app::App;
use crate::base::db::{ROWS, Tx};
use crate::base::problem::Problem;
use crate::due::{is_open, open_stages};
use crate::law::live::Edition;
use crate::on;
use crate::schema::{deadline, held_line, listing as lines_of};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};

/// The code of a line that is no case's: the next step.
pub const STEP: &str = "step";
/// The code of a line of an order of a visit.
pub const ORDER: &str = "visit_order";
/// Records whose lines are reckoned anew at once.
const BATCH: i64 = 200;

/// A line as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = deadline, treat_none_as_default_value = false)]
pub struct Line {
    district: i64,
    /// The record.
    pub record: Vec<u8>,
    /// A clock of a case, or [`STEP`], or [`ORDER`].
    pub code: String,
    /// What it is about: a measure, an order, a step; empty for the record.
    pub about: String,
    /// The kind of the record.
    pub kind: String,
    /// The unit in charge; empty if none is named.
    pub unit: String,
    /// The day from which it runs.
    pub began: String,
    /// The last day.
    pub due: Option<String>,
    /// The last instant, of what is counted by the hour.
    pub at_ms: Option<i64>,
    /// The first day on which it is near.
    pub alert: Option<String>,
    /// The day on which it was done.
    pub done: Option<String>,
    /// Since when it stands still.
    pub stands: Option<String>,
    /// A right or a wait, which is never overdue.
    pub lapses: bool,
    /// The revision of the book.
    pub rev: i64,
}

/// What lines are reckoned by.
pub struct By<'l> {
    book: &'l Book,
    calendar: Cow<'l, Calendar>,
    /// The revision of the book.
    pub rev: i64,
}

impl<'l> By<'l> {
    /// By an edition of the book.
    pub fn of(law: &'l Edition) -> By<'l> {
        By { book: &law.book, calendar: Cow::Owned(Calendar::of(&law.book)), rev: law.rev }
    }

    /// By an edition whose calendar is at hand.
    pub fn with(law: &'l Edition, calendar: &'l Calendar) -> By<'l> {
        By { book: &law.book, calendar: Cow::Borrowed(calendar), rev: law.rev }
    }
}

fn iso(day: Option<Date>) -> Option<String> {
    day.map(|day| day.to_string())
}

/// The lines that a record has, in order.
pub fn lines(district: i64, record: &Record, kinds: &Kinds, by: &By<'_>) -> Vec<Line> {
    let Some(kind) = kinds.get(&record.kind) else { return Vec::new() };
    let unit = record.register("unit").into_iter().flat_map(|r| r.candidates()).find_map(|c| c.value.as_text()).unwrap_or_default();
    let blank = Line {
        district,
        record: record.id.to_bytes().to_vec(),
        code: STEP.to_owned(),
        about: String::new(),
        kind: kind.name.to_owned(),
        unit: unit.to_string(),
        began: String::new(),
        due: None,
        at_ms: None,
        alert: None,
        done: None,
        stands: None,
        lapses: false,
        rev: by.rev,
    };
    let mut out: Vec<Line> = if kind.name == case::NAME {
        let one = |due: sync_core::case::deadline::Due| Line {
            code: due.code.to_owned(),
            about: due.about,
            began: due.began.to_string(),
            due: iso(due.due),
            at_ms: due.at_ms,
            alert: iso(due.alert),
            done: iso(due.done),
            stands: iso(due.stands),
            lapses: due.right,
            ..blank.clone()
        };
        deadlines_by(&View::of(record), by.book, &by.calendar).into_iter().map(one).collect()
    } else if kind.name == visit::NAME && record.stage() == visit::stage::RECTIFYING {
        members(record, "orders.").map(|(id, _)| id).filter_map(|id| order(record, id, &blank)).collect()
    } else {
        step(record, kind, &blank).into_iter().collect()
    };
    out.sort();
    out.dedup_by(|b, a| (&a.code, &a.about) == (&b.code, &b.about));
    out
}

/// An order of a visit: open until it is re-checked.
fn order(record: &Record, id: &str, blank: &Line) -> Option<Line> {
    let due = visit::deadline_of(record, id)?;
    let checked = members(record, "rechecks.").filter(|(of, recheck)| *of == id && recheck.get("result").and_then(Json::as_str) != Some("extended"));
    let done = checked.filter_map(|(_, recheck)| recheck.get("done_ms").and_then(Json::as_i64)).filter_map(|ms| sync_core::base::date::day_of(sync_core::base::UtcMs(ms))).max();
    Some(Line { code: ORDER.to_owned(), about: id.to_owned(), began: due.to_string(), due: Some(due.to_string()), alert: Some(due.to_string()), done: iso(done), ..blank.clone() })
}

/// The next step of a record from whose stage something leads on.
fn step(record: &Record, kind: &'static sync_core::record::Kind, blank: &Line) -> Option<Line> {
    if !is_open(kind, record.stage()) {
        return None;
    }
    let due = listing(record, kind).due?;
    let field = |member: &str| {
        let mut standing = record.register("due").into_iter().flat_map(|r| r.candidates()).map(|c| c.value.to_json());
        standing.find_map(|due| due.get(member).and_then(Json::as_str).map(str::to_owned))
    };
    let began = field("since").and_then(|since| since.parse::<Date>().ok()).filter(|since| *since <= due).unwrap_or(due);
    Some(Line { about: field("for").unwrap_or_default(), began: began.to_string(), due: Some(due.to_string()), alert: Some(began.to_string()), ..blank.clone() })
}

/// The day that a list shows of a case: the nearest that is open.
pub fn nearest(lines: &[Line]) -> Option<String> {
    lines.iter().filter(|line| line.done.is_none() && !line.lapses).filter_map(|line| line.due.clone()).min()
}

/// Writes the lines of records in place of what stood there, where they differ.
pub fn write(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, records: &[Record], by: &By<'_>) -> Result<(), StoreError> {
    for part in records.chunks(ROWS) {
        let keys: Vec<Vec<u8>> = part.iter().map(|record| record.id.to_bytes().to_vec()).collect();
        let found: Vec<Line> = on!(tx, |c| deadline::table.filter(deadline::district.eq(district)).filter(deadline::record.eq_any(&keys)).select(Line::as_select()).load(c))?;
        let mut stored: BTreeMap<Vec<u8>, Vec<Line>> = BTreeMap::new();
        found.into_iter().for_each(|line| stored.entry(line.record.clone()).or_default().push(line));
        let (mut gone, mut new, mut due) = (Vec::new(), Vec::new(), Vec::new());
        for (record, key) in part.iter().zip(keys) {
            let now = lines(district, record, kinds, by);
            if *record.kind == *case::NAME {
                let (near, open) = (nearest(&now), kinds.get(&record.kind).is_some_and(|kind| is_open(kind, record.stage())));
                due.push((key.clone(), near.clone(), near.filter(|_| open)));
            }
            let mut before = stored.remove(&key).unwrap_or_default();
            before.sort();
            if before != now {
                gone.push(key);
                new.extend(now);
            }
        }
        on!(tx, |c| diesel::delete(deadline::table.filter(deadline::district.eq(district)).filter(deadline::record.eq_any(&gone))).execute(c))?;
        for rows in new.chunks(ROWS) {
            on!(tx, |c| diesel::insert_into(deadline::table).values(rows).execute(c))?;
        }
        held::deadlines(tx, district, &gone)?;
        let cases: Vec<&Vec<u8>> = due.iter().map(|(key, ..)| key).collect();
        let shown = lines_of::table.filter(lines_of::district.eq(district)).filter(lines_of::record.eq_any(cases)).select((lines_of::record, lines_of::due, lines_of::awaits));
        let shown: HashSet<(Vec<u8>, Option<String>, Option<String>)> = on!(tx, |c| shown.load(c))?.into_iter().collect();
        for (key, due, awaits) in due.iter().filter(|row| !shown.contains(row)) {
            on!(tx, |c| diesel::update(lines_of::table.find((district, key))).set((lines_of::due.eq(due), lines_of::awaits.eq(awaits))).execute(c))?;
            let held = held_line::table.filter(held_line::district.eq(district)).filter(held_line::record.eq(key));
            on!(tx, |c| diesel::update(held).set((held_line::due.eq(due), held_line::awaits.eq(awaits))).execute(c))?;
        }
    }
    Ok(())
}

/// Kinds of which something can be due.
fn dated(kinds: &Kinds) -> impl Iterator<Item = &'static str> + '_ {
    let undated = |name: &str| sync_core::object::is_object(name);
    kinds.iter().map(|kind| kind.name).filter(move |name| !undated(name))
}

/// Reckons anew what changed in this transaction.
pub fn follow(store: &mut Working<'_, '_>, law: &Edition) -> Result<(), StoreError> {
    let mut records = Vec::new();
    for id in store.undated() {
        records.extend(store.look(id)?.filter(|record| dated(store.kinds).any(|kind| kind == &*record.kind)));
    }
    if records.is_empty() {
        return Ok(());
    }
    store.flush()?;
    let (district, kinds) = (store.district, store.kinds);
    write(store.tx, district, kinds, &records, &By::of(law))
}

/// Whether something is due by a list, and no line says so.
pub fn is_missing(tx: &mut Tx<'_>, district: i64, kinds: &Kinds) -> Result<bool, StoreError> {
    let any: Option<Vec<u8>> = on!(tx, |c| deadline::table.filter(deadline::district.eq(district)).select(deadline::record).first(c).optional())?;
    if any.is_some() {
        return Ok(false);
    }
    for kind in kinds.iter() {
        let open = open_stages(kind);
        let due: Option<Vec<u8>> = on!(tx, |c| lines_of::table
            .filter(lines_of::district.eq(district))
            .filter(lines_of::kind.eq(kind.name))
            .filter(lines_of::stage.eq_any(&open))
            .filter(lines_of::due.is_not_null())
            .select(lines_of::record)
            .first(c)
            .optional())?;
        if due.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Records with open lines of an older revision of the book, from one on.
fn outdated(tx: &mut Tx<'_>, district: i64, rev: i64, after: &[u8]) -> Result<Vec<RecordId>, StoreError> {
    let keys: Vec<Vec<u8>> = on!(tx, |c| deadline::table
        .filter(deadline::district.eq(district))
        .filter(deadline::done.is_null())
        .filter(deadline::rev.lt(rev))
        .filter(deadline::record.gt(after))
        .select(deadline::record)
        .distinct()
        .order(deadline::record)
        .limit(BATCH)
        .load(c))?;
    keys.iter().map(|key| record_id(key)).collect()
}

impl App {
    /// Reckons every open line anew that was reckoned by an older revision of the book; gives of how many records. Doing it again
    /// does nothing until the book moves.
    pub async fn redate(&self) -> Result<usize, Problem> {
        let (mut done, mut after) = (0, Vec::new());
        loop {
            let (law, from) = (self.law(), after.clone());
            let rev = law.rev;
            let records = self.read(move |tx, district| outdated(tx, district, rev, &from)).await?;
            let Some(last) = records.last() else { return Ok(done) };
            after = last.to_bytes().to_vec();
            done += records.len();
            let want = Want { records: records.clone(), ..Want::default() };
            let redate = self.committer.run(want, move |store| {
                let mut found = Vec::new();
                for id in &records {
                    found.extend(store.look(*id)?);
                }
                store.flush()?;
                let (district, kinds) = (store.district, store.kinds);
                write(store.tx, district, kinds, &found, &By::of(&law))
            });
            redate.await?;
        }
    }
}
