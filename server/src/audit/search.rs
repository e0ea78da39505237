//! Searching the audit: newest first, a page at a time.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ACTIONS, Entry};
use crate::base::db::Tx;
use crate::on;
use crate::org::ops::page;
use crate::schema::audit;
use crate::sync::store::StoreError;

/// What is looked for; everything given must hold. `before` is `next` of the page before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Exactly this actor, such as `officer:chen-yifan`.
    pub actor: Option<String>,
    /// This action, or with a dot at its end all that begin so (`login.`).
    pub action: Option<String>,
    /// Exactly this object.
    pub object: Option<String>,
    /// Not before this instant, UTC milliseconds.
    pub from_ms: Option<i64>,
    /// Before this instant, UTC milliseconds.
    pub until_ms: Option<i64>,
    /// Entries with smaller numbers.
    pub before: Option<i64>,
    /// At most so many: 1 to 500, 100 if left out.
    pub limit: Option<u32>,
}

/// A page.
#[derive(Debug, Serialize)]
pub struct Page {
    /// Entries, newest first.
    pub entries: Vec<Entry>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// One page of what is looked for. A group of actions is asked for one by one, since each is a range of an index of its own.
pub fn search(tx: &mut Tx<'_>, district: i64, query: &Query) -> Result<Page, StoreError> {
    type Row = (i64, i64, String, String, String, String);
    let limit = page(query.limit);
    let actions: Vec<Option<&str>> = match query.action.as_deref() {
        Some(group) if group.ends_with('.') => ACTIONS.iter().map(|(action, ..)| *action).filter(|action| action.starts_with(group)).map(Some).collect(),
        one => vec![one],
    };
    let mut rows: Vec<Row> = Vec::new();
    for action in actions {
        let some: Vec<Row> = on!(tx, |c| {
            let mut q = audit::table
                .filter(audit::district.eq(district))
                .order(audit::seq.desc())
                .limit(limit)
                .select((audit::seq, audit::at_ms, audit::actor, audit::action, audit::object, audit::detail))
                .into_boxed();
            if let Some(actor) = &query.actor {
                q = q.filter(audit::actor.eq(actor));
            }
            if let Some(action) = action {
                q = q.filter(audit::action.eq(action));
            }
            if let Some(object) = &query.object {
                q = q.filter(audit::object.eq(object));
            }
            if let Some(from) = query.from_ms {
                q = q.filter(audit::at_ms.ge(from));
            }
            if let Some(until) = query.until_ms {
                q = q.filter(audit::at_ms.lt(until));
            }
            if let Some(before) = query.before {
                q = q.filter(audit::seq.lt(before));
            }
            q.load(c)
        })?;
        rows.extend(some);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| rows.len() as i64 == limit).map(|r| r.0);
    let entries = rows.into_iter().map(|(seq, at_ms, actor, action, object, detail)| Entry { seq, at_ms, actor, action, object, detail }).collect();
    Ok(Page { entries, next })
}
