//! Lists of repairs: what can be repaired, what could be and nobody applied for, what is under way; and the funnel of them in figures.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::RecordId;
use sync_core::credit::repair::{PENDING, stage};

use crate::base::db::Tx;
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, held};
use crate::schema::{listing, repair};
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

/// The repairs under all filters but the stage, in the order of one of their days; a macro, since each engine has a type of its own.
macro_rules! under {
    ($district:expr, $query:expr, $buckets:expr, $stage:expr) => {{
        let mut q = repair::table
            .inner_join(listing::table.on(listing::district.eq(repair::district).and(listing::record.eq(repair::record))))
            .filter(repair::district.eq($district))
            .select(columns!())
            .into_boxed();
        if let Some(stage) = $stage {
            q = q.filter(repair::stage.eq(stage));
        }
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
        if let Some(buckets) = &$buckets {
            q = q.filter(held!($district, buckets, repair::record));
        }
        q
    }};
}

/// A page of repairs within reach, by the day on which they open, what has none first; by the day of the decision where such days are asked
/// for.
pub fn page(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(|a| a.split_once('.')).and_then(|(day, id)| Some((day.to_owned(), id.parse::<RecordId>().ok()?.to_bytes().to_vec())));
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
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
        if !by_decision && after.as_ref().is_none_or(|(day, _)| day == NO_DAY) {
            let id = after.as_ref().map(|(_, id)| id.clone()).unwrap_or_default();
            let some: Vec<Row> =
                on!(tx, |c| under!(district, query, buckets, stage).filter(repair::opens.is_null()).filter(repair::record.gt(id)).order(repair::record).limit(limit).load(c))?;
            rows.extend(some);
        }
        // Where a page goes on is said twice: as the end of a range, which an index can begin at, and exactly.
        let after = after.as_ref().filter(|(day, _)| day != NO_DAY);
        let some: Vec<Row> = on!(tx, |c| {
            let mut q = under!(district, query, buckets, stage);
            q = if by_decision { q.order((repair::decided_day, repair::record)) } else { q.filter(repair::opens.is_not_null()).order((repair::opens, repair::record)) };
            if let Some(stages) = which.as_ref().filter(|_| by_decision) {
                q = q.filter(repair::stage.eq_any(stages.clone()));
            }
            q = match after {
                Some((day, id)) if by_decision => q.filter(repair::decided_day.ge(day)).filter(repair::decided_day.gt(day).or(repair::record.gt(id).nullable())),
                Some((day, id)) => q.filter(repair::opens.ge(day)).filter(repair::opens.gt(day).or(repair::record.gt(id).nullable())),
                None => q,
            };
            q.limit(limit).load(c)
        })?;
        rows.extend(some);
    }
    let key = |((id, .., decided, opens, _, _, _, _), _): &Row| (if by_decision { decided.clone() } else { opens.clone() }, id.clone());
    rows.sort_by_key(key);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
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
