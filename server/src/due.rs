//! What is overdue: raised once to the guidance office and whoever settles notices, whatever kind of record it is.
//!
//! A line of the index says by when something has to be done; a stage from which nothing leads on is over and waits for nothing. A
//! case has many such days at once: each of them is raised, near its end and once it is past (`crate::case::deadline`), and the line
//! stays on the board whatever becomes of its notice. Deliberately absent: moving a record because a day is past. A person decides
//! what follows.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::{Date, RecordId};
use sync_core::record::{Kind, act_names};

use crate::access::{Access, ReadsRecords};
use crate::app::App;
use crate::base::db::{ROWS, Tx};
use crate::base::problem::Problem;
use crate::index::http::held_by;
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, Road, held, merged};
use crate::schema::{deadline, held_line, listing, notice};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want};

/// The class of these notices.
pub const CLASS: &str = "overdue";
/// How often a running server looks.
const EVERY: Duration = Duration::from_secs(600);
/// Lines that are looked at at once.
const STEP: i64 = 500;

/// Something that is overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overdue {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its stage.
    pub stage: String,
    /// What it is called.
    pub title: String,
    /// The last day on which it was in time.
    pub due: String,
    /// When it was raised, UTC milliseconds; absent until the next look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raised_ms: Option<i64>,
}

impl Overdue {
    /// What names its notice, once and for all: a stage that is entered again with another day is raised again.
    fn subject(&self) -> String {
        format!("overdue:{}:{}:{}", self.record, self.stage, self.due)
    }

    /// Whether it is a case, whose deadlines are raised one by one.
    fn is_case(&self) -> bool {
        self.kind == sync_core::case::NAME
    }
}

/// What names the notice of a case's deadline that is past.
pub fn of_clock(record: RecordId, code: &str, about: &str, due: &str) -> String {
    let what = if about.is_empty() { code.to_owned() } else { format!("{code}.{about}") };
    format!("{CLASS}:{record}:{what}:{due}")
}

/// Whether something leads on from a stage of a kind: the last word of an office is reopened, not gone on from.
pub fn is_open(kind: &Kind, stage: &str) -> bool {
    kind.acts.iter().any(|row| row.act != act_names::REOPEN && row.to.is_some() && row.from.contains(&stage))
}

/// The stages of a kind from which something leads on; at all others nothing is awaited any more.
pub fn open_stages(kind: &Kind) -> Vec<&'static str> {
    let leads_on = kind.acts.iter().filter(|row| row.act != act_names::REOPEN && row.to.is_some());
    let mut stages: Vec<&str> = leads_on.flat_map(|row| row.from).copied().collect();
    stages.sort_unstable();
    stages.dedup();
    stages
}

/// Where a page goes on: due day and record of its last line.
type After = Option<(String, Vec<u8>)>;

/// What is overdue on a day, the longest first; `buckets` limits it to what somebody reaches.
fn page(tx: &mut Tx<'_>, district: i64, today: Date, reach: Option<&Reach>, after: &After, limit: i64) -> Result<(Vec<Overdue>, After), StoreError> {
    let today = today.to_string();
    type Row = (Vec<u8>, String, String, String, Option<String>);
    macro_rules! lines {
        ($t:ident, $q:expr) => {{
            let columns = (listing::record, listing::kind, listing::stage, listing::title, listing::awaits);
            let mut q = $q.filter($t::awaits.lt(&today)).order(($t::awaits, $t::record)).limit(limit).select(columns).into_boxed();
            if let Some((due, record)) = after {
                q = q.filter($t::awaits.ge(due)).filter($t::awaits.gt(due).or($t::record.gt(record).nullable()));
            }
            q
        }};
    }
    let mut rows: Vec<Row> = Vec::new();
    match reach.map_or(Road::Whole, Reach::road) {
        Road::Held(holders) => {
            for holder in holders {
                let some: Vec<Row> = on!(tx, |c| lines!(held_line, held_by!(district, holder)).load(c))?;
                rows.extend(some);
            }
            rows = merged(rows, limit, |row| (row.4.clone(), row.0.clone()));
        }
        Road::Whole => rows = on!(tx, |c| lines!(listing, listing::table.filter(listing::district.eq(district))).load(c))?,
        Road::Asked(buckets) => {
            rows = on!(tx, |c| lines!(listing, listing::table.filter(listing::district.eq(district))).filter(held!(district, buckets, listing::record)).load(c))?;
        }
    }
    let next = rows.last().filter(|_| rows.len() as i64 >= limit).map(|(record, .., due)| (due.clone().unwrap_or_default(), record.clone()));
    let mut out = Vec::with_capacity(rows.len());
    for (record, kind, stage, title, due) in rows {
        out.push(Overdue { record: record_id(&record)?, kind, stage, title, due: due.unwrap_or_default(), raised_ms: None });
    }
    // A case is raised deadline by deadline, each under a subject of its own.
    let cases: Vec<Vec<u8>> = out.iter().filter(|one| one.is_case()).map(|one| one.record.to_bytes().to_vec()).collect();
    type Clock = (Vec<u8>, String, String, Option<String>, String);
    let mut clocks: Vec<Clock> = Vec::new();
    for part in cases.chunks(ROWS) {
        clocks.extend::<Vec<Clock>>(on!(tx, |c| deadline::table
            .filter(deadline::district.eq(district))
            .filter(deadline::record.eq_any(part))
            // Asked for what the index by day knows and no more, SQLite would go through the days of everybody.
            .select((deadline::record, deadline::code, deadline::about, deadline::due, deadline::kind))
            .load(c))?);
    }
    let mut subjects: BTreeMap<String, (RecordId, String)> = BTreeMap::new();
    for one in out.iter().filter(|one| !one.is_case()) {
        subjects.insert(one.subject(), (one.record, one.due.clone()));
    }
    for (record, code, about, due, _) in clocks.into_iter().filter(|clock| clock.3.is_some()) {
        let (record, due) = (record_id(&record)?, due.unwrap_or_default());
        subjects.insert(of_clock(record, &code, &about, &due), (record, due));
    }
    let asked: Vec<&String> = subjects.keys().collect();
    let mut raised: BTreeMap<&(RecordId, String), i64> = BTreeMap::new();
    for part in asked.chunks(ROWS) {
        let there: Vec<(String, i64)> =
            on!(tx, |c| notice::table.filter(notice::district.eq(district)).filter(notice::subject.eq_any(part)).select((notice::subject, notice::raised_ms)).load(c))?;
        for (subject, at) in there {
            if let Some(of) = subjects.get(&subject) {
                raised.entry(of).and_modify(|first| *first = at.min(*first)).or_insert(at);
            }
        }
    }
    for one in &mut out {
        one.raised_ms = raised.get(&(one.record, one.due.clone())).copied();
    }
    Ok((out, next))
}

impl App {
    /// Raises everything that has become overdue; gives how many were raised. Doing it again raises nothing twice.
    pub async fn escalate(&self) -> Result<usize, Problem> {
        let (mut after, mut raised) = (None, 0);
        loop {
            let (today, from) = (self.today(), after.clone());
            let (found, next) = self.read(move |tx, district| page(tx, district, today, None, &from, STEP)).await?;
            let new: Vec<String> = found.iter().filter(|one| one.raised_ms.is_none() && !one.is_case()).map(Overdue::subject).collect();
            raised += new.len();
            if !new.is_empty() {
                let raise = self.committer.run(Want::default(), move |store| {
                    new.iter().for_each(|subject| store.raise(CLASS, subject.clone()));
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

/// What time brings, looked for once: what comes due, opens, runs out. What fails is logged, and looked for again with the next look.
pub async fn look(app: &App) {
    if let Err(problem) = app.redate().await {
        tracing::warn!(%problem, "what is due could not be reckoned by the book as it stands now; the next look tries again");
    }
    if let Err(problem) = app.remind().await {
        tracing::warn!(%problem, "deadlines of cases could not be raised; the next look tries again");
    }
    if let Err(problem) = app.escalate().await {
        tracing::warn!(%problem, "what is overdue could not be raised; the next look tries again");
    }
    if let Err(problem) = app.watch_urgent().await {
        tracing::warn!(%problem, "urgent starts could not be looked at; the next look tries again");
    }
    if let Err(problem) = app.watch_taken().await {
        tracing::warn!(%problem, "what was registered or seized could not be looked at; the next look tries again");
    }
    if let Err(problem) = app.watch_repairs().await {
        tracing::warn!(%problem, "repairs could not be reckoned for the day; the next look tries again");
    }
    if let Err(problem) = app.remind_repairs().await {
        tracing::warn!(%problem, "what is about to open could not be raised; the next look tries again");
    }
    if let Err(problem) = app.watch_certificates().await {
        tracing::warn!(%problem, "certificates that end could not be looked at; the next look tries again");
    }
}

/// Looks again and again until the server stops.
pub async fn watch(app: std::sync::Arc<App>) {
    let mut stopping = app.stopping();
    loop {
        look(&app).await;
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// `GET /api/v1/overdue`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Overdue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What is overdue today and within reach, the longest first.
pub async fn overdue(access: Access<ReadsRecords>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let bad = || Problem::field("after", "send `next` as the page before gave it");
    let after = match &query.after {
        None => None,
        Some(text) => {
            let (due, record) = text.split_once('.').ok_or_else(bad)?;
            due.parse::<Date>().map_err(|_| bad())?;
            Some((due.to_owned(), record.parse::<RecordId>().map_err(|_| bad())?.to_bytes().to_vec()))
        }
    };
    let (limit, today, reach) = (ops::page(query.limit), access.app.today(), access.actor.reach);
    let (items, next) = access.app.read(move |tx, district| page(tx, district, today, Some(&reach), &after, limit)).await?;
    let next = match next {
        Some((due, record)) => Some(format!("{due}.{}", record_id(&record)?)),
        None => None,
    };
    Ok(HttpResponse::Ok().json(Page { items, next }))
}
