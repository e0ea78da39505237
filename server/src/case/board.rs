//! The board of deadlines (`GET /api/v1/deadlines`), and their notices.
//!
//! A notice is raised at each alert day and once a day is past; settling it leaves the line on the board. Deliberately absent: what a
//! deadline is (`sync_core::case::deadline`), and doing anything when it is past.

use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::{Date, RecordId};
use sync_core::case::deadline::{Clock, clock};
use sync_core::dated::Book;
use sync_core::law::{Side, policy};

use crate::access::{Access, ReadsRecords};
use crate::app::App;
use crate::base::db::{ROWS, Tx};
use crate::base::problem::Problem;
use crate::due::{CLASS as OVERDUE, of_clock};
use crate::index::deadline::{Line, ORDER, STEP};
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, held};
use crate::schema::{deadline, listing, notice};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want};

/// The class of notices before a deadline.
pub const NEAR: &str = "deadline_near";
/// Most lines that are counted of a state: who has more before him needs no number, and counting all would cost more with every year.
const COUNTED: i64 = 200;
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
    record: RecordId,
    kind: String,
    title: String,
    stage: String,
    unit: String,
    code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    zh: &'static str,
    en: &'static str,
    state: State,
    began: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<String>,
    /// Since when it stands still; absent from a line without a last day that cannot be reckoned.
    #[serde(skip_serializing_if = "Option::is_none")]
    stands: Option<String>,
    /// Calendar days left; negative once it is past.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<i32>,
}

/// How many lines there are in each state, of the nearest [`COUNTED`] of it: so many or more where it says so many.
#[derive(Debug, Clone, Default, Serialize)]
struct Counts {
    overdue: i64,
    near: i64,
    running: i64,
    stands: i64,
    done: i64,
}

/// A page of the board, with how many lines there are in each state under the other filters, at most 200 of each.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    items: Vec<Item>,
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
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

/// The lines under all filters but the state and the page; a macro, since each engine has a type of its own.
macro_rules! under {
    ($district:expr, $query:expr, $buckets:expr) => {{
        let mut q = deadline::table
            .inner_join(listing::table.on(listing::district.eq(deadline::district).and(listing::record.eq(deadline::record))))
            .filter(deadline::district.eq($district))
            .into_boxed();
        if let Some(unit) = &$query.unit {
            q = q.filter(deadline::unit.eq(unit));
        }
        if let Some(code) = &$query.code {
            q = q.filter(deadline::code.eq(code));
        }
        if let Some(kind) = &$query.kind {
            q = q.filter(deadline::kind.eq(kind));
        }
        if let Some(before) = &$query.before {
            q = q.filter(deadline::due.lt(before));
        }
        if let Some(buckets) = &$buckets {
            q = q.filter(held!($district, buckets, deadline::record));
        }
        q
    }};
}

/// Narrows a query to a state on a day.
macro_rules! in_state {
    ($q:expr, $state:expr, $today:expr) => {{
        let past = deadline::due.lt($today).assume_not_null();
        let near = deadline::alert.le($today).assume_not_null();
        let q = $q;
        match $state {
            State::Done => q.filter(deadline::done.is_not_null().or(deadline::due.is_not_null().and(deadline::lapses.eq(true)).and(past))),
            State::Stands => q.filter(deadline::done.is_null()).filter(deadline::due.is_null()),
            State::Overdue => q.filter(deadline::done.is_null()).filter(deadline::due.lt($today)).filter(deadline::lapses.eq(false)),
            State::Near => q.filter(deadline::done.is_null()).filter(deadline::due.ge($today)).filter(deadline::alert.le($today)),
            State::Running => q.filter(deadline::done.is_null()).filter(deadline::due.ge($today)).filter(deadline::alert.is_null().or(diesel::dsl::not(near))),
        }
    }};
}

/// The parts in which a state is read, by whether what lapses is in it; `None` where that is no part of the question.
fn halves(state: Option<State>) -> &'static [Option<bool>] {
    match state {
        None | Some(State::Near | State::Running | State::Stands) => &[Some(false), Some(true)],
        Some(State::Overdue) => &[Some(false)],
        Some(State::Done) => &[None],
    }
}

/// A page within reach, the nearest last day first, and what has none at the end.
fn page(tx: &mut Tx<'_>, district: i64, query: &Query, today: Date, reach: &Reach) -> Result<Page, StoreError> {
    let (day, limit) = (today.to_string(), ops::page(query.limit));
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let after = query.after.as_deref().and_then(after_of);
    let mut rows: Vec<(Line, String, String)> = Vec::new();
    // Lines with a last day: of those that are open, rights and all others each in the order of their index, and then merged.
    for lapses in halves(query.state).iter().copied() {
        let more: Vec<(Line, String, String)> = on!(tx, |c| {
            let mut q = under!(district, query, buckets).filter(deadline::due.is_not_null()).select((Line::as_select(), listing::title, listing::stage));
            q = match query.state {
                Some(state) => in_state!(q, state, &day),
                None => q.filter(deadline::done.is_null()),
            };
            if let Some(lapses) = lapses {
                q = q.filter(deadline::lapses.eq(lapses));
            }
            if query.state.is_none() && lapses == Some(true) {
                q = q.filter(deadline::due.ge(&day));
            }
            if let Some((due, record, code, about)) = &after {
                let same = || deadline::record.eq(record.clone());
                let rest = deadline::record
                    .gt(record.clone())
                    .or(same().and(deadline::code.gt(code.clone())))
                    .or(same().and(deadline::code.eq(code.clone())).and(deadline::about.gt(about.clone())));
                // Said twice: as the end of a range, which an index can begin at, and exactly. Nothing with a day comes after what has none.
                q = if due.is_empty() { q.limit(0) } else { q.filter(deadline::due.ge(due.clone())).filter(deadline::due.gt(due.clone()).or(rest.nullable())) };
            }
            if !after.as_ref().is_some_and(|(due, ..)| due.is_empty()) {
                q = q.limit(limit);
            }
            q.order((deadline::due, deadline::record, deadline::code, deadline::about)).load(c)
        })?;
        rows.extend(more);
    }
    rows.sort_by(|(a, ..), (b, ..)| (&a.due, &a.record, &a.code, &a.about).cmp(&(&b.due, &b.record, &b.code, &b.about)));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let room = limit - rows.len() as i64;
    // Behind every day there is comes what has none.
    if room > 0 && matches!(query.state, None | Some(State::Stands | State::Done)) {
        let more: Vec<(Line, String, String)> = on!(tx, |c| {
            let mut q = under!(district, query, buckets).filter(deadline::due.is_null()).select((Line::as_select(), listing::title, listing::stage));
            q = if query.state == Some(State::Done) { q.filter(deadline::done.is_not_null()) } else { q.filter(deadline::done.is_null()) };
            if let Some((_, record, code, about)) = after.as_ref().filter(|(due, ..)| due.is_empty()) {
                let same = || deadline::record.eq(record.clone());
                let rest = deadline::record
                    .gt(record.clone())
                    .or(same().and(deadline::code.gt(code.clone())))
                    .or(same().and(deadline::code.eq(code.clone())).and(deadline::about.gt(about.clone())));
                q = q.filter(deadline::record.ge(record.clone())).filter(rest);
            }
            q.order((deadline::record, deadline::code, deadline::about)).limit(room).load(c)
        })?;
        rows.extend(more);
    }
    let mut counts = Counts::default();
    for state in STATES {
        let mut count = 0;
        for lapses in halves(Some(state)).iter().copied() {
            let some: Vec<Vec<u8>> = on!(tx, |c| {
                let mut q = in_state!(under!(district, query, buckets), state, &day).limit(COUNTED - count).select(deadline::record);
                if let Some(lapses) = lapses {
                    q = q.filter(deadline::lapses.eq(lapses));
                }
                q.load(c)
            })?;
            count += some.len() as i64;
        }
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
    let (query, today, reach) = (query.into_inner(), access.app.today(), access.actor.reach);
    if query.before.as_ref().is_some_and(|day| day.parse::<Date>().is_err()) {
        return Err(Problem::field("before", "give a day as 2026-01-31"));
    }
    if query.after.as_ref().is_some_and(|after| after_of(after).is_none()) {
        return Err(Problem::field("after", "send `next` as the page before gave it"));
    }
    let page = access.app.read(move |tx, district| page(tx, district, &query, today, &reach)).await?;
    Ok(HttpResponse::Ok().json(page))
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
