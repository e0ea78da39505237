//! Lists of repairs: what can be repaired, what could be and nobody applied for, what is under way; and the funnel of them in figures.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use sync_core::base::RecordId;
use sync_core::credit::repair::{PENDING, stage};

use crate::base::db::Tx;
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, Road, held, merged};
use crate::schema::{held_line, listing, repair};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// Which repairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// All of them.
    #[default]
    All,
    /// For which an application is or was possible: everything but what waits for its day, and what came to nothing.
    Eligible,
    /// For which an application is possible and was never made, or not again since one was returned or refused (可修复未申请).
    Unapplied,
    /// That the organ has before it.
    Pending,
    /// That wait for their day or for duties.
    Waiting,
}

impl Which {
    fn stages(self) -> Option<Vec<&'static str>> {
        use stage::{ACCEPTED, APPLIED, APPROVED, ELIGIBLE, NOT_ELIGIBLE, REFUSED, RETURNED, SYNCED, UNDER_REVIEW};
        match self {
            Which::All => None,
            Which::Eligible => Some(vec![ELIGIBLE, APPLIED, ACCEPTED, RETURNED, UNDER_REVIEW, REFUSED, APPROVED, SYNCED]),
            Which::Unapplied => Some(vec![ELIGIBLE, RETURNED, REFUSED]),
            Which::Pending => Some(PENDING.to_vec()),
            Which::Waiting => Some(vec![NOT_ELIGIBLE]),
        }
    }
}

/// Filters; all that are given must hold. `after` is `next` of the page before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// `all`, `eligible`, `unapplied`, `pending` or `waiting`.
    #[serde(default)]
    pub which: Which,
    /// Only at this stage.
    pub stage: Option<String>,
    /// Only of this unit.
    pub unit: Option<String>,
    /// Only under these rules.
    pub regime: Option<String>,
    /// Only of this category.
    pub category: Option<String>,
    /// Only decided from this day on.
    pub from: Option<String>,
    /// Only decided up to this day.
    pub to: Option<String>,
    /// Only what opens up to this day.
    pub opens_by: Option<String>,
    /// Where to go on.
    pub after: Option<String>,
    /// Lines of a page.
    pub limit: Option<u32>,
}

/// A line.
#[derive(Debug, Serialize)]
pub struct Line {
    record: RecordId,
    case: Option<RecordId>,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    unit: String,
    stage: String,
    category: String,
    own_regime: String,
    regime: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<i64>,
}

/// A page.
#[derive(Debug, Serialize)]
pub struct Page {
    items: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

type Own = (Vec<u8>, Vec<u8>, String, String, String, String, String, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, Option<i64>);
type Row = (Own, (String, Option<String>, Option<String>));

fn line((own, (title, number, due)): Row) -> Result<Line, StoreError> {
    let (record, case, unit, stage, category, own_regime, regime, decided, opens, latest, applied, channel, days) = own;
    let case = (!case.is_empty()).then(|| record_id(&case)).transpose()?;
    Ok(Line { record: record_id(&record)?, case, title, number, unit, stage, category, own_regime, regime, decided, opens, latest, due, applied, channel, days })
}

/// A day that stands for none, so that what has no day comes first.
const NO_DAY: &str = "";

macro_rules! columns {
    () => {
        (
            (
                repair::record,
                repair::case_record,
                repair::unit,
                repair::stage,
                repair::category,
                repair::own_regime,
                repair::regime,
                repair::decided_day,
                repair::opens,
                repair::latest,
                repair::applied_day,
                repair::channel,
                repair::days,
            ),
            (listing::title, listing::code, listing::due),
        )
    };
}

/// Narrows the repairs by all filters but the stage; a macro, since each engine has a type of its own.
macro_rules! under {
    ($q:expr, $query:expr) => {{
        let mut q = $q;
        if let Some(unit) = &$query.unit {
            q = q.filter(repair::unit.eq(unit));
        }
        if let Some(regime) = &$query.regime {
            q = q.filter(repair::regime.eq(regime));
        }
        if let Some(category) = &$query.category {
            q = q.filter(repair::category.eq(category));
        }
        if let Some(day) = &$query.from {
            q = q.filter(repair::decided_day.ge(day));
        }
        if let Some(day) = &$query.to {
            q = q.filter(repair::decided_day.le(day));
        }
        if let Some(day) = &$query.opens_by {
            q = q.filter(repair::opens.le(day));
        }
        q
    }};
}

/// The repairs at a stage, or all, in the order of the day on which they open: those that have none, or those that have one.
macro_rules! opening {
    ($t:ident, $q:expr, $query:expr, $stage:expr, $after:expr, $dated:expr, $limit:expr) => {{
        let mut q = under!($q.select(columns!()).limit($limit).into_boxed(), $query);
        if let Some(stage) = $stage {
            q = q.filter($t::stage.eq(stage));
        }
        q = if $dated { q.filter($t::opens.is_not_null()).order(($t::opens, $t::record)) } else { q.filter($t::opens.is_null()).order($t::record) };
        // Where a page goes on is said twice: as the end of a range, which an index can begin at, and exactly.
        match $after {
            Some((_, id)) if !$dated => q.filter($t::record.gt(id)),
            Some((day, id)) => q.filter($t::opens.ge(day)).filter($t::opens.gt(day).or($t::record.gt(id).nullable())),
            None => q,
        }
    }};
}

/// All repairs of a district, with their lines.
macro_rules! all {
    ($district:expr) => {
        repair::table.inner_join(listing::table.on(listing::district.eq(repair::district).and(listing::record.eq(repair::record)))).filter(repair::district.eq($district))
    };
}

/// The same, of those that a holder has.
macro_rules! held_by {
    ($district:expr, $holder:expr) => {
        held_line::table
            .inner_join(repair::table.on(repair::district.eq(held_line::district).and(repair::record.eq(held_line::record))))
            .inner_join(listing::table.on(listing::district.eq(held_line::district).and(listing::record.eq(held_line::record))))
            .filter(held_line::district.eq($district))
            .filter(held_line::holder.eq($holder))
            // As it stands in the partial index, which no bound value would match.
            .filter(sql::<Bool>("held_line.kind = 'repair'"))
    };
}

/// Where a page goes on: day and record of the last line of the page before.
type After = (String, Vec<u8>);

/// Repairs within reach at a stage, or all, by the day on which they open: those that have none, or those that have one.
fn opening(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach, (stage, dated): (Option<&str>, bool), after: Option<&After>, limit: i64) -> Result<Vec<Row>, StoreError> {
    if let Road::Held(holders) = reach.road() {
        let mut rows: Vec<Row> = Vec::new();
        for holder in holders {
            let some: Vec<Row> = on!(tx, |c| opening!(held_line, held_by!(district, holder), query, stage, after, dated, limit).load(c))?;
            rows.extend(some);
        }
        return Ok(rows);
    }
    Ok(on!(tx, |c| {
        let mut q = opening!(repair, all!(district), query, stage, after, dated, limit);
        if let Some(buckets) = reach.names() {
            q = q.filter(held!(district, buckets, repair::record));
        }
        q.load(c)
    })?)
}

/// A page of repairs within reach, by the day on which they open, what has none first; by the day of the decision where such days are asked
/// for.
pub fn page(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    let limit = ops::page(query.limit);
    let after: Option<After> =
        query.after.as_deref().and_then(|a| a.split_once('.')).and_then(|(day, id)| Some((day.to_owned(), id.parse::<RecordId>().ok()?.to_bytes().to_vec())));
    let by_decision = query.from.is_some() || query.to.is_some();
    // Stage by stage, since each is a range of the index of its own, and then merged.
    let which = query.which.stages();
    let stages: Vec<Option<&str>> = match (&query.stage, &which) {
        (Some(one), Some(all)) if !all.contains(&one.as_str()) => Vec::new(),
        (Some(one), _) => vec![Some(one.as_str())],
        (None, Some(all)) if !by_decision => all.iter().map(|stage| Some(*stage)).collect(),
        (None, _) => vec![None],
    };
    let mut rows: Vec<Row> = Vec::new();
    for stage in stages {
        if by_decision {
            let buckets = reach.names();
            let some: Vec<Row> = on!(tx, |c| {
                let mut q = under!(all!(district).select(columns!()).limit(limit).order((repair::decided_day, repair::record)).into_boxed(), query);
                if let Some(stage) = stage {
                    q = q.filter(repair::stage.eq(stage));
                }
                if let Some(stages) = &which {
                    q = q.filter(repair::stage.eq_any(stages.clone()));
                }
                if let Some((day, id)) = &after {
                    q = q.filter(repair::decided_day.ge(day)).filter(repair::decided_day.gt(day).or(repair::record.gt(id).nullable()));
                }
                if let Some(buckets) = buckets {
                    q = q.filter(held!(district, buckets, repair::record));
                }
                q.load(c)
            })?;
            rows.extend(some);
            continue;
        }
        if after.as_ref().is_none_or(|(day, _)| day == NO_DAY) {
            rows.extend(opening(tx, district, query, reach, (stage, false), after.as_ref(), limit)?);
        }
        rows.extend(opening(tx, district, query, reach, (stage, true), after.as_ref().filter(|(day, _)| day != NO_DAY), limit)?);
    }
    let key = |((id, .., decided, opens, _, _, _, _), _): &Row| (if by_decision { decided.clone() } else { opens.clone() }, id.clone());
    let rows = merged(rows, limit, key);
    let mut next = None;
    if let Some((day, id)) = rows.last().filter(|_| rows.len() as i64 == limit).map(key) {
        next = Some(format!("{}.{}", day.unwrap_or_default(), record_id(&id)?));
    }
    Ok(Page { items: rows.into_iter().map(line).collect::<Result<_, _>>()?, next })
}

/// A page of a party's repairs, in order of their records.
pub fn of_party(tx: &mut Tx<'_>, district: i64, party: &str, after: Option<RecordId>, limit: Option<u32>) -> Result<Page, StoreError> {
    let limit = ops::page(limit);
    let after = after.map(|id| id.to_bytes().to_vec()).unwrap_or_default();
    let rows: Vec<Row> = on!(tx, |c| repair::table
        .inner_join(listing::table.on(listing::district.eq(repair::district).and(listing::record.eq(repair::record))))
        .filter(repair::district.eq(district))
        .filter(repair::party.eq(party))
        .filter(repair::record.gt(&after))
        .order(repair::record)
        .limit(limit)
        .select(columns!())
        .load(c))?;
    let mut next = None;
    if let Some(((id, ..), _)) = rows.last().filter(|_| rows.len() as i64 == limit) {
        next = Some(record_id(id)?.to_string());
    }
    Ok(Page { items: rows.into_iter().map(line).collect::<Result<_, _>>()?, next })
}
