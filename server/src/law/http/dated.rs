//! `/api/v1/dated`: rows of any kind, as of a day or all of them.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sync_core::base::Date;
use sync_core::dated::{Kind, Row};

use super::{answer, day_or_today, newest, paged};
use crate::access::{Access, AnyUser};
use crate::base::problem::Problem;

/// The kind of a word in the path.
pub(super) fn kind(word: &str) -> Result<Kind, Problem> {
    Kind::parse(word).ok_or_else(|| Problem::not_found(&format!("kind {word:.40}; there are {}", Kind::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", "))))
}

/// Which rows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    as_of: Option<Date>,
    #[serde(default)]
    all: bool,
    after: Option<String>,
    limit: Option<u32>,
}

/// Rows in force on a day, or all, in order of key and day. `after` is `next` of the page before.
pub async fn list(access: Access<AnyUser>, word: web::Path<String>, query: web::Query<List>) -> Result<HttpResponse, Problem> {
    let (kind, query) = (kind(&word)?, query.into_inner());
    if query.all && query.as_of.is_some() {
        return Err(Problem::field("all", "asks for every day, as_of for one; leave one out"));
    }
    let edition = newest(&access.app).await?;
    let after = query.after.as_deref();
    let (page, as_of) = if query.all {
        // Keys hold no blank, so the order of these names is the order of rows.
        (paged(edition.book.of_kind(kind).map(|row| (format!("{} {}", row.key, row.valid.from), row)), after, query.limit), None)
    } else {
        let day = day_or_today(&access.app, query.as_of);
        (paged(edition.book.in_force(kind, day).map(|row| (row.key.to_string(), row)), after, query.limit), Some(day))
    };
    Ok(answer(edition.rev, &json!({ "as_of": as_of, "rows": page.items, "next": page.next })))
}

/// All rows of one thing, oldest first, and the days between them on which nothing holds.
pub async fn history(access: Access<AnyUser>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (word, key) = path.into_inner();
    let kind = kind(&word)?;
    let edition = newest(&access.app).await?;
    let rows: Vec<&Row> = edition.book.history(kind, &key).collect();
    if rows.is_empty() {
        return Err(Problem::not_found(&format!("{word} of this key")));
    }
    Ok(answer(edition.rev, &json!({ "kind": kind, "key": key, "rows": rows, "gaps": edition.book.gaps(kind, &key) })))
}
