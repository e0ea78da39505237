//! The tables `matching` and `proposal`.

use diesel::prelude::*;
use sync_core::base::{OfficerId, RecordId, UtcMs};

use super::matching::{Body, Run, hash};
use super::proposal::{Decision, Line, OPEN, word};
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{matching, proposal};
use crate::sync::store::StoreError;
use crate::sync::store::rows::{int, record_id};

fn key(id: RecordId) -> Vec<u8> {
    id.to_bytes().to_vec()
}

fn broken(what: &str) -> impl Fn(serde_json::Error) -> StoreError + '_ {
    move |e| StoreError::Broken(format!("{what}: {e}"))
}

/// A run in a list.
#[derive(Debug, serde::Serialize)]
pub struct Header {
    /// Its id.
    pub id: RecordId,
    /// When it was made, UTC milliseconds.
    pub made_ms: i64,
    /// Who made it.
    pub made_by: String,
    /// First day.
    pub first: String,
    /// Last day.
    pub last: String,
    /// The book's revision.
    pub law_rev: i64,
}

/// A proposal as it stands.
pub struct Stored {
    /// Its number in the run, from 1.
    pub number: i64,
    /// What was proposed.
    pub line: Line,
    /// What was decided.
    pub decisions: Vec<Decision>,
    /// The visit that was made of it.
    pub visit: Option<RecordId>,
}

/// Keeps a run with its proposals.
pub fn keep(tx: &mut Tx<'_>, district: i64, id: RecordId, run: &Run, by: &OfficerId, now: UtcMs) -> Result<(), StoreError> {
    let body = serde_json::to_string(&run.body).map_err(broken("matching"))?;
    let (first, last) = run.body.basis.days;
    on!(tx, |c| diesel::insert_into(matching::table)
        .values((
            matching::district.eq(district),
            matching::id.eq(key(id)),
            matching::made_ms.eq(now.0),
            matching::made_by.eq(by.as_str()),
            matching::first_day.eq(first.to_string()),
            matching::last_day.eq(last.to_string()),
            matching::law_rev.eq(run.body.basis.law_rev),
            matching::hash.eq(hash(&body).0.to_vec()),
            matching::body.eq(&body),
        ))
        .execute(c))?;
    let mut rows = Vec::with_capacity(run.proposals.len());
    for (number, line) in (1..).zip(&run.proposals) {
        let object = line.object.parse::<RecordId>().map(key).unwrap_or_default();
        rows.push((
            proposal::district.eq(district),
            proposal::matching.eq(key(id)),
            proposal::number.eq(int(number)),
            proposal::object.eq(object),
            proposal::day.eq(line.day.map(|day| day.to_string())),
            proposal::squad.eq(line.squad.clone()),
            proposal::lead.eq(line.lead.clone()),
            proposal::organs.eq(line.organs.join(" ")),
            proposal::body.eq(serde_json::to_string(line).map_err(broken("proposal"))?),
            proposal::outcome.eq(OPEN),
            proposal::decisions.eq("[]"),
        ));
    }
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(proposal::table).values(part).execute(c))?;
    }
    Ok(())
}

/// Runs, newest first; `after` is when and which the page before ended with.
pub fn headers(tx: &mut Tx<'_>, district: i64, after: Option<(i64, RecordId)>, limit: i64) -> Result<Vec<Header>, StoreError> {
    let rows: Vec<(Vec<u8>, i64, String, String, String, i64)> = on!(tx, |c| {
        let mut query = matching::table
            .filter(matching::district.eq(district))
            .order((matching::made_ms.desc(), matching::id.desc()))
            .limit(limit)
            .select((matching::id, matching::made_ms, matching::made_by, matching::first_day, matching::last_day, matching::law_rev))
            .into_boxed();
        if let Some((at, id)) = after {
            query = query.filter(matching::made_ms.lt(at).or(matching::made_ms.eq(at).and(matching::id.lt(key(id)))));
        }
        query.load(c)
    })?;
    rows.into_iter().map(|(id, made_ms, made_by, first, last, law_rev)| Ok(Header { id: record_id(&id)?, made_ms, made_by, first, last, law_rev })).collect()
}

/// A run: its line, what it went by and found, and the hash over that.
pub fn run(tx: &mut Tx<'_>, district: i64, id: RecordId) -> Result<Option<(Header, Body, Vec<u8>)>, StoreError> {
    type Row = (i64, String, String, String, i64, String, Vec<u8>);
    let columns = (matching::made_ms, matching::made_by, matching::first_day, matching::last_day, matching::law_rev, matching::body, matching::hash);
    let row: Option<Row> = on!(tx, |c| matching::table.find((district, key(id))).select(columns).first(c).optional())?;
    let Some((made_ms, made_by, first, last, law_rev, body, hash)) = row else { return Ok(None) };
    let body = serde_json::from_str(&body).map_err(broken("matching"))?;
    Ok(Some((Header { id, made_ms, made_by, first, last, law_rev }, body, hash)))
}

/// Which proposals are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// On this day.
    pub day: Option<String>,
    /// Of this squad.
    pub squad: Option<String>,
    /// In which one of these organs takes part.
    pub organs: Option<std::collections::BTreeSet<String>>,
    /// After this number.
    pub after: i64,
}

type Row = (i64, String, String, String, Option<Vec<u8>>);

fn stored((number, body, _, decisions, visit): Row) -> Result<Stored, StoreError> {
    Ok(Stored {
        number,
        line: serde_json::from_str(&body).map_err(broken("proposal"))?,
        decisions: serde_json::from_str(&decisions).map_err(broken("proposal"))?,
        visit: visit.as_deref().map(record_id).transpose()?,
    })
}

/// Proposals of a run by number, at most `limit`.
pub fn proposals(tx: &mut Tx<'_>, district: i64, id: RecordId, filter: &Filter, limit: usize) -> Result<Vec<Stored>, StoreError> {
    let (mut out, mut after) = (Vec::new(), filter.after);
    loop {
        let rows: Vec<Row> = on!(tx, |c| {
            let mut query = proposal::table
                .filter(proposal::district.eq(district))
                .filter(proposal::matching.eq(key(id)))
                .filter(proposal::number.gt(after))
                .order(proposal::number)
                .limit(int(ROWS as u64))
                .select((proposal::number, proposal::body, proposal::organs, proposal::decisions, proposal::visit))
                .into_boxed();
            if let Some(day) = &filter.day {
                query = query.filter(proposal::day.eq(day));
            }
            if let Some(squad) = &filter.squad {
                query = query.filter(proposal::squad.eq(squad));
            }
            query.load(c)
        })?;
        let full = rows.len() == ROWS;
        after = rows.last().map_or(after, |row| row.0);
        for row in rows {
            if filter.organs.as_ref().is_none_or(|organs| row.2.split(' ').any(|organ| organs.contains(organ))) {
                out.push(stored(row)?);
            }
            if out.len() == limit {
                return Ok(out);
            }
        }
        if !full {
            return Ok(out);
        }
    }
}

/// One proposal.
pub fn proposal(tx: &mut Tx<'_>, district: i64, id: RecordId, number: i64) -> Result<Option<Stored>, StoreError> {
    let columns = (proposal::number, proposal::body, proposal::organs, proposal::decisions, proposal::visit);
    let row: Option<Row> = on!(tx, |c| proposal::table.find((district, key(id), number)).select(columns).first(c).optional())?;
    row.map(stored).transpose()
}

/// Adds the last of these decisions to those that are kept.
pub fn decide(tx: &mut Tx<'_>, district: i64, id: RecordId, number: i64, decisions: &[Decision]) -> Result<(), StoreError> {
    let text = serde_json::to_string(decisions).map_err(broken("proposal"))?;
    let outcome = decisions.last().map_or(OPEN, |decision| word(&decision.outcome));
    on!(tx, |c| diesel::update(proposal::table.find((district, key(id), number))).set((proposal::decisions.eq(&text), proposal::outcome.eq(outcome))).execute(c))?;
    Ok(())
}

/// Notes the visit that was made of a proposal.
pub fn made(tx: &mut Tx<'_>, district: i64, id: RecordId, number: i64, visit: RecordId) -> Result<(), StoreError> {
    on!(tx, |c| diesel::update(proposal::table.find((district, key(id), number))).set(proposal::visit.eq(key(visit))).execute(c))?;
    Ok(())
}
