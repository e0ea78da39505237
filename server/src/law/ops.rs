//! Changing the book: all or nothing, under the revision that its author saw.

use diesel::prelude::*;
use serde_json::json;
use sync_core::base::Date;
use sync_core::base::date::day_of;
use sync_core::dated::{Difference, Row};

use super::live::revision;
use crate::audit::Deed;
use crate::base::db::ROWS;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::Op;
use crate::schema::{dated, dated_withdrawn, law_head};
use crate::sync::store::{StoreError, Working};

/// Most differences of one request.
pub const MAX_DIFFERENCES: usize = 20_000;
/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// Who changes the book, and why.
#[derive(Debug, Clone)]
pub struct Author {
    /// As in the audit: `officer:…` or `system`.
    pub actor: String,
    /// Why; needed where something changes that was in force already.
    pub reason: String,
}

fn name(row: &Row) -> String {
    format!("{}:{}", row.kind.as_str(), row.key)
}

/// Whether a difference touches days that have begun.
fn is_late(difference: &Difference, today: Date) -> bool {
    match difference {
        Difference::Added { row } => row.valid.from < today,
        Difference::Changed { before, .. } => before.valid.from <= today,
        Difference::Succeeded { until, .. } => *until < today,
        Difference::Withdrawn { row } => row.valid.from <= today,
    }
}

/// Whether these differences are carried out only with a reason: one of them touches days that have begun.
pub fn needs_reason(differences: &[Difference], today: Date) -> bool {
    differences.iter().any(|d| is_late(d, today))
}

/// Carries differences out; gives the new revision. `seen` is the revision against which they were computed.
///
/// Rows that have been in force are corrected or entered late only with a reason; they are never withdrawn.
pub fn carry_out(store: &mut Working<'_, '_>, seen: i64, differences: &[Difference], author: &Author) -> Op<i64> {
    let district = store.district;
    let Some(today) = day_of(store.now) else { return Ok(Err(Problem::internal("the clock shows no day"))) };
    if differences.len() > MAX_DIFFERENCES {
        return Ok(Err(Problem::field("rows", format!("at most {MAX_DIFFERENCES} changes at once; divide the file"))));
    }
    if author.reason.chars().count() > MAX_REASON {
        return Ok(Err(Problem::field("reason", format!("at most {MAX_REASON} characters"))));
    }
    if let Some(Difference::Withdrawn { row }) = differences.iter().find(|d| matches!(d, Difference::Withdrawn { row } if row.valid.from <= today)) {
        return Ok(Err(Problem::field("from", format!("{} has been in force since {}; end it instead", name(row), row.valid.from))));
    }
    if author.reason.trim().is_empty() && needs_reason(differences, today) {
        return Ok(Err(Problem::field("reason", "this changes days that have begun; say why")));
    }
    let rev = revision(store.tx, district)?;
    if rev != seen {
        return Ok(Err(Problem::new("precondition_failed", format!("the book is at revision {rev}, you saw {seen}; look at the differences again"))));
    }
    if differences.is_empty() {
        return Ok(Ok(rev));
    }
    let rev = rev + 1;
    // Ends and corrections first: what is entered may begin where something else now ends.
    for difference in differences {
        match difference {
            Difference::Added { .. } => {}
            Difference::Changed { before, after } => {
                write(store, before, after, rev)?;
                let detail = json!({ "from": before.valid.from, "before": before.hash(), "after": after.hash(), "reason": author.reason });
                store.note(Deed::by(&author.actor, "dated.changed", name(before)).with(detail));
            }
            Difference::Succeeded { before, until } => {
                let mut ended = before.clone();
                ended.valid.until = Some(*until);
                write(store, before, &ended, rev)?;
                let detail = json!({ "from": before.valid.from, "until": until, "reason": author.reason });
                store.note(Deed::by(&author.actor, "dated.ended", name(before)).with(detail));
            }
            Difference::Withdrawn { row } => {
                withdraw(store, row, rev)?;
                store.note(Deed::by(&author.actor, "dated.withdrawn", name(row)).with(json!({ "from": row.valid.from, "hash": row.hash(), "reason": author.reason })));
            }
        }
    }
    let added: Vec<&Row> = differences.iter().filter_map(|d| if let Difference::Added { row } = d { Some(row) } else { None }).collect();
    insert(store, &added, rev)?;
    for row in added {
        let detail = json!({ "from": row.valid.from, "until": row.valid.until, "hash": row.hash(), "reason": author.reason });
        store.note(Deed::by(&author.actor, "dated.entered", name(row)).with(detail));
    }
    on!(store.tx, |c| diesel::insert_into(law_head::table)
        .values((law_head::district.eq(district), law_head::rev.eq(rev)))
        .on_conflict(law_head::district)
        .do_update()
        .set(law_head::rev.eq(rev))
        .execute(c))?;
    // The roster's version is what caches on every server look at.
    store.roster_written();
    Ok(Ok(rev))
}

fn insert(store: &mut Working<'_, '_>, rows: &[&Row], rev: i64) -> Result<(), StoreError> {
    let district = store.district;
    for part in rows.chunks(ROWS) {
        let values: Vec<_> = part
            .iter()
            .map(|row| {
                (
                    dated::district.eq(district),
                    dated::kind.eq(row.kind.as_str()),
                    dated::key.eq(&*row.key),
                    dated::from_day.eq(row.valid.from.to_string()),
                    dated::until_day.eq(row.valid.until.map(|d| d.to_string())),
                    dated::body.eq(row.body.as_json()),
                    dated::hash.eq(row.hash().0.to_vec()),
                    dated::rev.eq(rev),
                )
            })
            .collect();
        on!(store.tx, |c| diesel::insert_into(dated::table).values(&values).execute(c))?;
    }
    Ok(())
}

fn write(store: &mut Working<'_, '_>, before: &Row, after: &Row, rev: i64) -> Result<(), StoreError> {
    let (district, from) = (store.district, before.valid.from.to_string());
    let changed = on!(store.tx, |c| diesel::update(dated::table.find((district, before.kind.as_str(), &*before.key, &from)))
        .set((dated::until_day.eq(after.valid.until.map(|d| d.to_string())), dated::body.eq(after.body.as_json()), dated::hash.eq(after.hash().0.to_vec()), dated::rev.eq(rev),))
        .execute(c))?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Broken(format!("dated has no row {} from {from}", name(before)))) }
}

fn withdraw(store: &mut Working<'_, '_>, row: &Row, rev: i64) -> Result<(), StoreError> {
    let (district, from) = (store.district, row.valid.from.to_string());
    on!(store.tx, |c| diesel::delete(dated::table.find((district, row.kind.as_str(), &*row.key, &from))).execute(c))?;
    on!(store.tx, |c| diesel::insert_into(dated_withdrawn::table)
        .values((
            dated_withdrawn::district.eq(district),
            dated_withdrawn::kind.eq(row.kind.as_str()),
            dated_withdrawn::key.eq(&*row.key),
            dated_withdrawn::from_day.eq(&from),
            dated_withdrawn::rev.eq(rev),
        ))
        .on_conflict((dated_withdrawn::district, dated_withdrawn::kind, dated_withdrawn::key, dated_withdrawn::from_day))
        .do_update()
        .set(dated_withdrawn::rev.eq(rev))
        .execute(c))?;
    Ok(())
}
