//! Lists of repairs: what can be repaired, what could be and nobody applied for, what is under way; and the funnel of them in figures.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::RecordId;
use sync_core::credit::repair::{PENDING, stage};

use crate::base::db::Tx;
use crate::on;
use crate::org::ops;
use crate::org::reach::Reach;
use crate::schema::{feed, listing, repair};
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

/// A page of repairs within reach, by the day on which they open.
pub fn page(tx: &mut Tx<'_>, district: i64, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(|a| a.split_once('.')).and_then(|(day, id)| Some((day.to_owned(), id.parse::<RecordId>().ok()?.to_bytes().to_vec())));
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let rows: Vec<Row> = on!(tx, |c| {
        let mut q = repair::table
            .inner_join(listing::table.on(listing::district.eq(repair::district).and(listing::record.eq(repair::record))))
            .filter(repair::district.eq(district))
            .order((repair::opens, repair::record))
            .limit(limit)
            .select(columns!())
            .into_boxed();
        match &after {
            Some((day, id)) if day == NO_DAY => q = q.filter(repair::opens.is_not_null().or(repair::record.gt(id))),
            Some((day, id)) => q = q.filter(repair::opens.gt(day).or(repair::opens.eq(day).and(repair::record.gt(id)))),
            None => {}
        }
        if let Some(stages) = query.which.stages() {
            q = q.filter(repair::stage.eq_any(stages));
        }
        if let Some(stage) = &query.stage {
            q = q.filter(repair::stage.eq(stage));
        }
        if let Some(unit) = &query.unit {
            q = q.filter(repair::unit.eq(unit));
        }
        if let Some(regime) = &query.regime {
            q = q.filter(repair::regime.eq(regime));
        }
        if let Some(category) = &query.category {
            q = q.filter(repair::category.eq(category));
        }
        if let Some(day) = &query.from {
            q = q.filter(repair::decided_day.ge(day));
        }
        if let Some(day) = &query.to {
            q = q.filter(repair::decided_day.le(day));
        }
        if let Some(day) = &query.opens_by {
            q = q.filter(repair::opens.le(day));
        }
        if let Some(buckets) = buckets {
            let held = feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
            q = q.filter(repair::record.eq_any(held));
        }
        q.load(c)
    })?;
    let mut next = None;
    if let Some(((id, .., opens, _, _, _, _), _)) = rows.last().filter(|_| rows.len() as i64 == limit) {
        next = Some(format!("{}.{}", opens.clone().unwrap_or_default(), record_id(id)?));
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
