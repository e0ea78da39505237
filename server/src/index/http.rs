//! `GET /api/v1/lists/{kind}`: keyset-paginated lines of records within reach, newest change first; by days where days are asked for.
//!
//! Each order is that of an index, and a page is read from where it begins, so that the last one costs what the first one does.

use std::cmp::Reverse;

use actix_web::{HttpResponse, web};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use sync_core::base::RecordId;

use crate::access::{Access, ReadsRecords};
use crate::app::App;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops;
use crate::org::reach::{Reach, Road, held, merged};
use crate::schema::{held_line, listing};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// Filters; all that are given must hold. `after` is `next` of the page before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only at this stage.
    pub stage: Option<String>,
    /// Only from this day on, by the record's own day. With this or `to`, the latest day comes first.
    pub from: Option<String>,
    /// Only up to this day.
    pub to: Option<String>,
    /// Only what is due before this day. The longest due comes first, unless days are asked for.
    pub due_before: Option<String>,
    /// Only of this site or subject.
    pub object: Option<RecordId>,
    /// Only under this number.
    pub code: Option<String>,
    /// Only with open flags.
    #[serde(default)]
    pub flagged: bool,
    /// Where to go on.
    pub after: Option<String>,
    /// Lines of a page.
    pub limit: Option<u32>,
}

/// A line.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The record.
    pub record: RecordId,
    /// Its stage.
    pub stage: String,
    /// What it is called.
    pub title: String,
    /// Its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The day by which something has to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<RecordId>,
    /// Blocks that nobody has settled.
    pub flags: i64,
}

/// A page of lines.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The lines.
    pub items: Vec<Line>,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A page of a kind's lines.
pub async fn list(access: Access<ReadsRecords>, kind: web::Path<String>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(access.app.lines(&access.actor.reach, &kind, query.into_inner()).await?))
}

impl App {
    /// A page of a kind's lines within reach. 404 for a kind that is none, 422 for a day that is none.
    pub async fn lines(&self, reach: &Reach, kind: &str, query: Query) -> Result<Page, Problem> {
        if self.kinds.get(kind).is_none() {
            let known: Vec<&str> = self.kinds.iter().map(|k| k.name).collect();
            return Err(Problem::not_found(&format!("list of {kind:.40}; there are {}", known.join(", "))));
        }
        for (name, day) in [("from", &query.from), ("to", &query.to), ("due_before", &query.due_before)] {
            if day.as_ref().is_some_and(|text| text.parse::<sync_core::base::Date>().is_err()) {
                return Err(Problem::field(name, "give a day as 2026-01-31"));
            }
        }
        let (kind, reach) = (kind.to_owned(), reach.clone());
        self.read(move |tx, district| page(tx, district, &kind, &query, &reach)).await
    }
}

/// In which order lines come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The newest change first.
    Changed,
    /// The latest day first.
    Day,
    /// What has been due longest first.
    Due,
}

impl Order {
    fn of(query: &Query) -> Order {
        match query {
            Query { from: Some(_), .. } | Query { to: Some(_), .. } => Order::Day,
            Query { due_before: Some(_), .. } => Order::Due,
            _ => Order::Changed,
        }
    }
}

/// A line as it is read: record, stage, title, day, due, code, object, flags, changed.
pub(crate) type Row = (Vec<u8>, String, String, Option<String>, Option<String>, Option<String>, Option<Vec<u8>>, i64, i64);

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        (listing::record, listing::stage, listing::title, listing::day, listing::due, listing::code, listing::object, listing::flags, listing::changed)
    };
}
pub(crate) use columns;

/// The lines that a holder has, with what else is shown of them.
macro_rules! held_by {
    ($district:expr, $holder:expr) => {
        held_line::table
            .inner_join(listing::table.on(listing::district.eq(held_line::district).and(listing::record.eq(held_line::record))))
            .filter(held_line::district.eq($district))
            .filter(held_line::holder.eq($holder))
    };
}
pub(crate) use held_by;

/// Orders and narrows the lines of a table: where a page goes on is said twice, as the end of a range, which an index can begin at, and exactly.
macro_rules! narrowed {
    ($t:ident, $flagged:literal, $q:expr, $order:expr, $after:expr, $query:expr) => {{
        let mut q = $q;
        q = match $order {
            Order::Changed => q.order(($t::changed.desc(), $t::record.desc())),
            Order::Day => q.order(($t::day.desc(), $t::record.desc())),
            Order::Due => q.order(($t::due.asc(), $t::record.asc())),
        };
        if let Some((at, id)) = $after {
            q = match ($order, at.parse::<i64>()) {
                (Order::Changed, Ok(at)) => q.filter($t::changed.le(at)).filter($t::changed.lt(at).or($t::record.lt(id))),
                (Order::Changed, Err(_)) => q,
                (Order::Day, _) => q.filter($t::day.le(at)).filter($t::day.lt(at).or($t::record.lt(id).nullable())),
                (Order::Due, _) => q.filter($t::due.ge(at)).filter($t::due.gt(at).or($t::record.gt(id).nullable())),
            };
        }
        if let Some(stage) = &$query.stage {
            q = q.filter($t::stage.eq(stage));
        }
        if let Some(day) = &$query.from {
            q = q.filter($t::day.ge(day));
        }
        if let Some(day) = &$query.to {
            q = q.filter($t::day.le(day));
        }
        if let Some(day) = &$query.due_before {
            q = q.filter($t::due.lt(day));
        }
        if $query.flagged {
            // As it stands in the partial index, which no bound value would match.
            q = q.filter(sql::<Bool>($flagged));
        }
        q
    }};
}

/// A page of lines within reach.
pub fn page(tx: &mut Tx<'_>, district: i64, kind: &str, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    let limit = ops::page(query.limit);
    let after = query.after.as_deref().and_then(|a| a.split_once('.')).and_then(|(at, id)| Some((at.to_owned(), id.parse::<RecordId>().ok()?.to_bytes().to_vec())));
    let order = Order::of(query);
    let rows = match reach.road() {
        // What is about one object or bears one number is little, and found by that.
        Road::Held(holders) if query.object.is_none() && query.code.is_none() => {
            let mut rows: Vec<Row> = Vec::new();
            for holder in holders {
                let some: Vec<Row> = on!(tx, |c| {
                    let q = held_by!(district, holder).filter(held_line::kind.eq(kind)).limit(limit).select(columns!()).into_boxed();
                    narrowed!(held_line, "held_line.flags > 0", q, order, &after, query).load(c)
                })?;
                rows.extend(some);
            }
            in_order(rows, order, limit)
        }
        _ => on!(tx, |c| {
            let q = listing::table.filter(listing::district.eq(district)).filter(listing::kind.eq(kind)).limit(limit).select(columns!()).into_boxed();
            let mut q = narrowed!(listing, "listing.flags > 0", q, order, &after, query);
            if let Some(object) = query.object {
                q = q.filter(listing::object.eq(object.to_bytes().to_vec()));
            }
            if let Some(code) = &query.code {
                q = q.filter(listing::code.eq(code));
            }
            if let Some(buckets) = reach.names() {
                q = q.filter(held!(district, buckets, listing::record));
            }
            q.load(c)
        })?,
    };
    paged(rows, order, limit)
}

/// The first lines of several holders' as one page.
pub(crate) fn in_order(rows: Vec<Row>, order: Order, limit: i64) -> Vec<Row> {
    match order {
        Order::Changed => merged(rows, limit, |row| Reverse((row.8, row.0.clone()))),
        Order::Day => merged(rows, limit, |row| Reverse((row.3.clone(), row.0.clone()))),
        Order::Due => merged(rows, limit, |row| (row.4.clone(), row.0.clone())),
    }
}

/// The page that these lines are.
pub(crate) fn paged(rows: Vec<Row>, order: Order, limit: i64) -> Result<Page, StoreError> {
    let mut next = None;
    if let Some((id, _, _, day, due, .., changed)) = rows.last().filter(|_| rows.len() as i64 == limit) {
        let at = match order {
            Order::Changed => changed.to_string(),
            Order::Day => day.clone().unwrap_or_default(),
            Order::Due => due.clone().unwrap_or_default(),
        };
        next = Some(format!("{at}.{}", record_id(id)?));
    }
    let mut items = Vec::with_capacity(rows.len());
    for (record, stage, title, day, due, code, object, flags, _) in rows {
        items.push(Line { record: record_id(&record)?, stage, title, day, due, code, object: object.as_deref().map(record_id).transpose()?, flags });
    }
    Ok(Page { items, next })
}
