//! The board of deadlines (`GET /api/v1/deadlines`), and their notices.
//!
//! A notice is raised at each alert day and once a day is past; settling it leaves the line on the board. Deliberately absent: what a
//! deadline is (`sync_core::case::deadline`), and doing anything when it is past.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use sync_core::base::{Date, RecordId};
use sync_core::case::deadline::{Clock, clock};
use sync_core::dated::Book;
use sync_core::law::{Side, policy};
use sync_core::record::Bucket;

use crate::access::{Access, ReadsRecords};
use crate::app::App;
use crate::base::db::{ROWS, Tx};
use crate::base::problem::Problem;
use crate::due::{CLASS as OVERDUE, of_clock};
use crate::index::deadline::{Line, ORDER, STEP};
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, Road, held, merged};
use crate::schema::{deadline, held_deadline, listing, notice};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want};

/// The class of notices before a deadline.
pub const NEAR: &str = "deadline_near";
/// Most lines that are counted of a state: who has more before him needs no number, and counting all would cost more with every year.
pub const COUNTED: i64 = 200;
/// Lines that are looked at at once.
const STEP_LINES: i64 = 500;

/// What a line is on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Past its last day, and not done.
    Overdue,
    /// From its alert day on.
    Near,
    /// Before that.
    Running,
    /// It stands still, or cannot be reckoned.
    Stands,
    /// Done, or a right that is past.
    Done,
}

const STATES: [State; 5] = [State::Overdue, State::Near, State::Running, State::Stands, State::Done];

/// `GET /api/v1/deadlines`: filters; all that are given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only of this unit.
    pub unit: Option<String>,
    /// Only with a last day before this one.
    pub before: Option<String>,
    /// Only in this state; if left out, everything that is not done.
    pub state: Option<State>,
    /// Only of this code.
    pub code: Option<String>,
    /// Only of records of this kind.
    pub kind: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Lines of a page.
    pub limit: Option<u32>,
}

/// A line of the board.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Its stage.
    pub stage: String,
    /// The unit that it lies with.
    pub unit: String,
    /// The code of the deadline.
    pub code: String,
    /// What it is about: a measure, an instalment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// What it is today.
    pub state: State,
    /// The day from which it runs.
    pub began: String,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The last instant, UTC milliseconds, of what is counted by the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// The day on which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// Since when it stands still; absent from a line without a last day that cannot be reckoned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
    /// Calendar days left; negative once it is past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i32>,
}

/// How many lines there are in each state, of the nearest [`COUNTED`] of it: so many or more where it says so many.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counts {
    /// Past, and not done.
    pub overdue: i64,
    /// From the alert day on.
    pub near: i64,
    /// Before that.
    pub running: i64,
    /// Standing still.
    pub stands: i64,
    /// Done.
    pub done: i64,
}

/// A page of the board, with how many lines there are in each state under the other filters, at most 200 of each.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    /// The lines.
    pub items: Vec<Item>,
    /// How many there are in each state.
    pub counts: Counts,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a code says in Chinese and English.
fn said(code: &str) -> (&'static str, &'static str) {
    match clock(code) {
        Some(clock) => (clock.zh, clock.en),
        None if code == ORDER => ("责令改正", "Correction that was ordered"),
        None if code == STEP => ("下一步办理", "Next step"),
        None => ("", ""),
    }
}

/// The state of a line on a day.
fn state(line: &Line, today: &str) -> State {
    match &line.due {
        _ if line.done.is_some() => State::Done,
        None => State::Stands,
        Some(due) if due.as_str() < today => {
            if line.lapses {
                State::Done
            } else {
                State::Overdue
            }
        }
        Some(_) if line.alert.as_deref().is_some_and(|alert| alert <= today) => State::Near,
        Some(_) => State::Running,
    }
}

/// The last line of a page: due day (empty for none), record, code, about.
type After = (String, Vec<u8>, String, String);

fn after_of(text: &str) -> Option<After> {
    let mut parts = text.splitn(4, '~');
    let (due, record, code, about) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if !due.is_empty() {
        due.parse::<Date>().ok()?;
    }
    Some((due.to_owned(), record.parse::<RecordId>().ok()?.to_bytes().to_vec(), code.to_owned(), about.to_owned()))
}

/// The lines of a holder, nearest first by their index, with what else is asked of them.
macro_rules! held_by {
    ($district:expr, $holder:expr) => {
        held_deadline::table
            .inner_join(
                deadline::table.on(deadline::district
                    .eq(held_deadline::district)
                    .and(deadline::record.eq(held_deadline::record))
                    .and(deadline::code.eq(held_deadline::code))
                    .and(deadline::about.eq(held_deadline::about))),
            )
            .filter(held_deadline::district.eq($district))
            .filter(held_deadline::holder.eq($holder))
    };
}

/// A query under all filters but the state and the page, where lines are those of a table; a macro, since each engine has a type of its own.
macro_rules! under {
    ($t:ident, $q:expr, $query:expr) => {{
        let mut q = $q;
        if let Some(unit) = &$query.unit {
            q = q.filter(deadline::unit.eq(unit));
        }
        if let Some(code) = &$query.code {
            q = q.filter($t::code.eq(code));
        }
        if let Some(kind) = &$query.kind {
            q = q.filter(deadline::kind.eq(kind));
        }
        if let Some(before) = &$query.before {
            q = q.filter($t::due.lt(before));
        }
        q
    }};
}

/// Narrows a query on lines that are not done to a state on a day; what is done is narrowed apart.
macro_rules! in_state {
    ($t:ident, $q:expr, $state:expr, $today:expr) => {{
        let near = $t::alert.le($today).assume_not_null();
        let q = $q;
        match $state {
            State::Stands => q.filter($t::due.is_null()),
            State::Overdue => q.filter($t::due.lt($today)).filter($t::lapses.eq(false)),
            State::Near => q.filter($t::due.ge($today)).filter($t::alert.le($today)),
            State::Running => q.filter($t::due.ge($today)).filter($t::alert.is_null().or(diesel::dsl::not(near))),
            State::Done => q,
        }
    }};
}

/// Narrows a holder's lines to a half: what is done, or what is not and lapses or does not; of what is done on a day, also rights that are past.
macro_rules! half {
    ($q:expr, $half:expr, $state:expr, $today:expr) => {{
        let q = $q;
        match $half {
            Half::Done(lapses) => q.filter(sql::<Bool>("held_deadline.done = TRUE")).filter(held_deadline::lapses.eq(lapses)),
            Half::Open(lapses) => {
                let q = q.filter(sql::<Bool>("held_deadline.done = FALSE")).filter(held_deadline::lapses.eq(lapses));
                if $state == Some(State::Done) { q.filter(held_deadline::due.lt($today)) } else { q }
            }
        }
    }};
}

/// Narrows a query to what is done on a day, or was a right and is past.
macro_rules! done {
    ($q:expr, $today:expr) => {{
        let past = deadline::due.lt($today).assume_not_null();
        $q.filter(deadline::done.is_not_null().or(deadline::due.is_not_null().and(deadline::lapses.eq(true)).and(past)))
    }};
}

/// Begins a query behind the last line of a page, said twice: as the end of a range, which an index can begin at, and exactly.
macro_rules! behind {
    ($t:ident, $q:expr, $after:expr) => {{
        let q = $q;
        match $after {
            Some((due, record, code, about)) => {
                let same = || $t::record.eq(record.clone());
                let rest = $t::record.gt(record.clone()).or(same().and($t::code.gt(code.clone()))).or(same().and($t::code.eq(code.clone())).and($t::about.gt(about.clone())));
                if due.is_empty() {
                    q.filter($t::record.ge(record.clone())).filter(rest)
                } else {
                    q.filter($t::due.ge(due.clone())).filter($t::due.gt(due.clone()).or(rest.nullable()))
                }
            }
            None => q,
        }
    }};
}

/// The lines with a last day of a page's first or second half, or those without one.
macro_rules! lines {
    ($t:ident, $q:expr, $query:expr, $day:expr, $after:expr, $part:expr, $limit:expr) => {{
        let lines = listing::table.on(listing::district.eq($t::district).and(listing::record.eq($t::record)));
        let mut q = under!($t, $q.inner_join(lines).select((Line::as_select(), listing::title, listing::stage)).limit($limit).into_boxed(), $query);
        q = match $part {
            Part::Dated(lapses) => {
                q = q.filter($t::due.is_not_null());
                if let Some(state) = $query.state.filter(|state| *state != State::Done) {
                    q = in_state!($t, q, state, $day);
                }
                if let Some(lapses) = lapses {
                    q = q.filter($t::lapses.eq(lapses));
                }
                if $query.state.is_none() && lapses == Some(true) {
                    q = q.filter($t::due.ge($day));
                }
                q.order(($t::due, $t::record, $t::code, $t::about))
            }
            Part::Undated => q.filter($t::due.is_null()).order(($t::record, $t::code, $t::about)),
        };
        behind!($t, q, $after)
    }};
}

/// Keys of the lines in a state, from that end at which an index has most of them.
macro_rules! keys {
    ($t:ident, $q:expr, $query:expr, $state:expr, $day:expr, $lapses:expr, $limit:expr) => {{
        let mut q = in_state!($t, under!($t, $q.select(($t::record, $t::code, $t::about)).limit($limit).into_boxed(), $query), $state, $day);
        if let Some(lapses) = Option::<bool>::from($lapses) {
            q = q.filter($t::lapses.eq(lapses));
        }
        match $state {
            // What came near lately is mostly not past yet; what is due last is not near.
            State::Near => q.order($t::alert.desc()),
            State::Running => q.order($t::due.desc()),
            State::Overdue | State::Stands | State::Done => q.order($t::due),
        }
    }};
}

/// A half of a holder's lines, each a range of their index.
#[derive(Debug, Clone, Copy)]
enum Half {
    /// What is done: of what lapses, or of what does not.
    Done(bool),
    /// What is not done, the same.
    Open(bool),
}

/// A part of a page.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Lines with a last day: rights, others, or both.
    Dated(Option<bool>),
    /// Lines without one.
    Undated,
}

/// The parts in which a state is read, by whether what lapses is in it; `None` where that is no part of the question.
fn halves(state: Option<State>) -> &'static [Option<bool>] {
    match state {
        None | Some(State::Near | State::Running | State::Stands) => &[Some(false), Some(true)],
        Some(State::Overdue) => &[Some(false)],
        Some(State::Done) => &[None],
    }
}

/// By which road lines are read: those of a unit that is reached need no asking whether they are, and nothing is due of what everybody holds.
fn road(query: &Query, reach: &Reach) -> Road {
    let theirs = |unit: &String| reach.units().is_some_and(|(units, _)| units.contains(unit));
    match reach.road() {
        _ if query.unit.as_ref().is_some_and(theirs) => Road::Whole,
        Road::Held(holders) => Road::Held(holders.into_iter().filter(|holder| *holder != *Bucket::reference().0).collect()),
        other => other,
    }
}

type Row = (Line, String, String);
type Key = (Vec<u8>, String, String);

fn order_of((line, ..): &Row) -> (bool, Option<String>, Vec<u8>, String, String) {
    (line.due.is_none(), line.due.clone(), line.record.clone(), line.code.clone(), line.about.clone())
}

/// A part of a page within reach, in its order.
fn part(tx: &mut Tx<'_>, district: i64, query: &Query, day: &str, (road, after): (&Road, Option<&After>), part: Part, limit: i64) -> Result<Vec<Row>, StoreError> {
    if let Road::Held(holders) = road {
        let parts: &[Half] = match (query.state, part) {
            (Some(State::Done), Part::Dated(_)) => &[Half::Done(false), Half::Done(true), Half::Open(true)],
            (Some(State::Done), Part::Undated) => &[Half::Done(false), Half::Done(true)],
            (_, Part::Dated(Some(true))) => &[Half::Open(true)],
            (_, Part::Dated(Some(false))) => &[Half::Open(false)],
            (_, Part::Dated(None) | Part::Undated) => &[Half::Open(false), Half::Open(true)],
        };
        let mut rows: Vec<Row> = Vec::new();
        for (holder, half) in holders.iter().flat_map(|holder| parts.iter().map(move |half| (holder, *half))) {
            let some: Vec<Row> = on!(tx, |c| half!(lines!(held_deadline, held_by!(district, holder), query, day, after, part, limit), half, query.state, day).load(c))?;
            rows.extend(some);
        }
        return Ok(merged(rows, limit, order_of));
    }
    let buckets = road.asked();
    Ok(on!(tx, |c| {
        let mut q = lines!(deadline, deadline::table.filter(deadline::district.eq(district)), query, day, after, part, limit);
        q = match (query.state, part) {
            (Some(State::Done), Part::Dated(_)) => done!(q, day),
            (Some(State::Done), Part::Undated) => q.filter(deadline::done.is_not_null()),
            _ => q.filter(deadline::done.is_null()),
        };
        if let Some(buckets) = buckets {
            q = q.filter(held!(district, buckets, deadline::record));
        }
        q.load(c)
    })?)
}

/// How many lines are in a state, of [`COUNTED`] at most.
fn count(tx: &mut Tx<'_>, district: i64, query: &Query, day: &str, road: &Road, state: State) -> Result<i64, StoreError> {
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    let room = |keys: &BTreeSet<Key>| COUNTED - keys.len() as i64;
    if let Road::Held(holders) = road {
        let parts: &[Half] = match state {
            State::Done => &[Half::Done(false), Half::Done(true), Half::Open(true)],
            State::Overdue => &[Half::Open(false)],
            State::Near | State::Running | State::Stands => &[Half::Open(false), Half::Open(true)],
        };
        for (holder, half) in holders.iter().flat_map(|holder| parts.iter().map(move |half| (holder, *half))) {
            if room(&keys) > 0 {
                // Lines that another holder has too are counted once, so as many are looked at as if there were none yet.
                let some: Vec<Key> = on!(tx, |c| half!(keys!(held_deadline, held_by!(district, holder), query, state, day, None, COUNTED), half, Some(state), day).load(c))?;
                keys.extend(some);
            }
        }
        return Ok(COUNTED.min(keys.len() as i64));
    }
    for lapses in halves(Some(state)).iter().copied() {
        let (buckets, limit) = (road.asked(), room(&keys));
        let some: Vec<Key> = on!(tx, |c| {
            let q = deadline::table.filter(deadline::district.eq(district));
            let mut q = if state == State::Done {
                done!(under!(deadline, q.select((deadline::record, deadline::code, deadline::about)).limit(limit).into_boxed(), query), day)
            } else {
                keys!(deadline, q, query, state, day, lapses, limit).filter(deadline::done.is_null())
            };
            if let Some(buckets) = buckets {
                q = q.filter(held!(district, buckets, deadline::record));
            }
            q.load(c)
        })?;
        keys.extend(some);
    }
    Ok(COUNTED.min(keys.len() as i64))
}

/// A page within reach, the nearest last day first, and what has none at the end.
fn page(tx: &mut Tx<'_>, district: i64, query: &Query, today: Date, reach: &Reach) -> Result<Page, StoreError> {
    let (day, limit) = (today.to_string(), ops::page(query.limit));
    let (road, after) = (road(query, reach), query.after.as_deref().and_then(after_of));
    let mut rows: Vec<Row> = Vec::new();
    // Lines with a last day: of those that are open, rights and all others each in the order of their index, and then merged. Nothing with a
    // day comes after what has none.
    let behind_days = after.as_ref().is_some_and(|(due, ..)| due.is_empty());
    for lapses in halves(query.state).iter().copied().filter(|_| !behind_days) {
        rows.extend(part(tx, district, query, &day, (&road, after.as_ref()), Part::Dated(lapses), limit)?);
    }
    rows = merged(rows, limit, order_of);
    let room = limit - rows.len() as i64;
    // Behind every day there is comes what has none.
    if room > 0 && matches!(query.state, None | Some(State::Stands | State::Done)) {
        let after = after.as_ref().filter(|_| behind_days);
        rows.extend(part(tx, district, query, &day, (&road, after), Part::Undated, room)?);
    }
    let mut counts = Counts::default();
    for state in STATES {
        let count = count(tx, district, query, &day, &road, state)?;
        match state {
            State::Overdue => counts.overdue = count,
            State::Near => counts.near = count,
            State::Running => counts.running = count,
            State::Stands => counts.stands = count,
            State::Done => counts.done = count,
        }
    }
    let mut next = None;
    if let Some((last, ..)) = rows.last().filter(|_| rows.len() as i64 == limit) {
        next = Some(format!("{}~{}~{}~{}", last.due.as_deref().unwrap_or_default(), record_id(&last.record)?, last.code, last.about));
    }
    let mut items = Vec::with_capacity(rows.len());
    for (line, title, stage) in rows {
        let (zh, en) = said(&line.code);
        let state = state(&line, &day);
        let left = line.due.as_ref().filter(|_| line.done.is_none()).and_then(|due| due.parse::<Date>().ok()).and_then(|due| today.until(due).ok()).map(|span| span.get_days());
        let Line { record, code, about, kind, unit, began, due, at_ms, done, stands, .. } = line;
        items.push(Item { record: record_id(&record)?, kind, title, stage, unit, code, about, zh, en, state, began, due, at_ms, done, stands, left });
    }
    Ok(Page { items, counts, next })
}

/// The board: what is due within reach, nearest first, with counts by state. 422 for a day that is none.
pub async fn board(access: Access<ReadsRecords>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(access.app.board(&access.actor.reach, query.into_inner()).await?))
}

/// Lines of cases that are near or past, after a line: what notices are raised of.
fn pressing(tx: &mut Tx<'_>, district: i64, today: &str, after: &Option<After>) -> Result<Vec<Line>, StoreError> {
    Ok(on!(tx, |c| {
        let mut q = deadline::table
            .filter(deadline::district.eq(district))
            .filter(deadline::kind.eq(sync_core::case::NAME))
            .filter(deadline::done.is_null())
            .filter(deadline::lapses.eq(false))
            .filter(deadline::alert.le(today))
            .order((deadline::due, deadline::record, deadline::code, deadline::about))
            .limit(STEP_LINES)
            .select(Line::as_select())
            .into_boxed();
        if let Some((due, record, code, about)) = after {
            let rest = deadline::record
                .gt(record)
                .or(deadline::record.eq(record).and(deadline::code.gt(code)))
                .or(deadline::record.eq(record).and(deadline::code.eq(code)).and(deadline::about.gt(about)));
            q = q.filter(deadline::due.gt(due).assume_not_null().or(deadline::due.eq(due).assume_not_null().and(rest)));
        }
        q.load(c)
    })?)
}

/// Class and subject of the notice that a line wants on a day: the alert day that was last reached, or that it is past.
fn notice_of(line: &Line, book: &Book, today: Date, now_ms: i64) -> Option<(&'static str, String)> {
    let (record, due) = (record_id(&line.record).ok()?, line.due.as_deref()?);
    let what = if line.about.is_empty() { line.code.clone() } else { format!("{}.{}", line.code, line.about) };
    let last: Date = due.parse().ok()?;
    if last < today || line.at_ms.is_some_and(|at| at < now_ms) {
        return Some((OVERDUE, of_clock(record, &line.code, &line.about, due)));
    }
    let Clock { alerts, side, .. } = clock(&line.code)?;
    // The party's own time is no task of the office until it is past.
    if *side == Side::Party {
        return None;
    }
    let left = i64::from(today.until(last).ok()?.get_days());
    let days = policy::get::<Vec<i64>>(book, alerts, today).ok()?.value;
    let reached = days.into_iter().filter(|days| left <= *days).min()?;
    Some((NEAR, format!("{NEAR}:{record}:{what}:{due}:{reached}")))
}

impl App {
    /// A page of the board within reach.
    pub async fn board(&self, reach: &Reach, query: Query) -> Result<Page, Problem> {
        if query.before.as_ref().is_some_and(|day| day.parse::<Date>().is_err()) {
            return Err(Problem::field("before", "give a day as 2026-01-31"));
        }
        if query.after.as_ref().is_some_and(|after| after_of(after).is_none()) {
            return Err(Problem::field("after", "send `next` as the page before gave it"));
        }
        let (today, reach) = (self.today(), reach.clone());
        self.read(move |tx, district| page(tx, district, &query, today, &reach)).await
    }

    /// Raises every deadline of a case that has come to an alert day or is past; gives how many notices are new. Doing it again raises
    /// nothing twice.
    pub async fn remind(&self) -> Result<usize, Problem> {
        let (mut after, mut raised) = (None, 0);
        loop {
            let (law, today, now, from) = (self.law(), self.today(), self.now().0, after.clone());
            let day = today.to_string();
            let lines = self.read(move |tx, district| pressing(tx, district, &day, &from)).await?;
            let next = lines.last().filter(|_| lines.len() as i64 >= STEP_LINES);
            let next = next.map(|line| (line.due.clone().unwrap_or_default(), line.record.clone(), line.code.clone(), line.about.clone()));
            let wanted: Vec<(&'static str, String)> = lines.iter().filter_map(|line| notice_of(line, &law.book, today, now)).collect();
            let new = self.read(move |tx, district| unraised(tx, district, wanted)).await?;
            raised += new.len();
            if !new.is_empty() {
                let raise = self.committer.run(Want::default(), move |store| {
                    new.iter().for_each(|(class, subject)| store.raise(class, subject.clone()));
                    Ok::<_, StoreError>(())
                });
                raise.await?;
            }
            if next.is_none() {
                return Ok(raised);
            }
            after = next;
        }
    }
}

/// What was not raised before.
fn unraised(tx: &mut Tx<'_>, district: i64, wanted: Vec<(&'static str, String)>) -> Result<Vec<(&'static str, String)>, StoreError> {
    let mut known = std::collections::BTreeSet::new();
    for part in wanted.chunks(ROWS) {
        let subjects: Vec<&str> = part.iter().map(|(_, subject)| subject.as_str()).collect();
        let there: Vec<String> = on!(tx, |c| notice::table.filter(notice::district.eq(district)).filter(notice::subject.eq_any(&subjects)).select(notice::subject).load(c))?;
        known.extend(there);
    }
    Ok(wanted.into_iter().filter(|(_, subject)| !known.contains(subject)).collect())
}
