//! The book over HTTP: everybody who works here reads it; the system administrator changes it.
//!
//! Every answer names the revision that it was read from in its `ETag`; a change wants it back in `If-Match`.

pub mod calendar;
pub mod catalogue;
pub mod dated;
pub mod policy;
pub mod transfer;
pub mod write;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::ETAG;
use serde::Serialize;
use sync_core::base::Date;

use super::live::Edition;
use crate::app::App;
use crate::base::problem::Problem;
use crate::org::ops::page;

/// The newest edition, as stored.
async fn newest(app: &App) -> Result<Arc<Edition>, Problem> {
    app.current().await?;
    Ok(app.law())
}

/// An answer of a revision.
fn answer<T: Serialize>(rev: i64, body: &T) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"law-{rev}\""))).json(body)
}

/// A page: at most `limit` of what `after` has not passed, and where the next one begins.
struct Paged<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// Takes a page of what is in order of its name.
fn paged<T>(all: impl Iterator<Item = (String, T)>, after: Option<&str>, limit: Option<u32>) -> Paged<T> {
    let limit = usize::try_from(page(limit)).unwrap_or(usize::MAX);
    let mut rest = all.skip_while(|(name, _)| after.is_some_and(|after| name.as_str() <= after));
    let taken: Vec<(String, T)> = rest.by_ref().take(limit).collect();
    let next = rest.next().and_then(|_| taken.last().map(|(name, _)| name.clone()));
    Paged { items: taken.into_iter().map(|(_, item)| item).collect(), next }
}

/// A day that was asked for, or today.
fn day_or_today(app: &App, day: Option<Date>) -> Date {
    day.unwrap_or_else(|| app.today())
}
