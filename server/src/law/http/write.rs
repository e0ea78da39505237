//! Entering, ending and withdrawing a row.

use actix_web::http::header::IF_MATCH;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::{Date, Validity};
use sync_core::catalogue::any;
use sync_core::dated::{BookError, Edit, Flaw, Row};

use super::{answer, dated, newest};
use crate::access::{Access, SystemAdmin};
use crate::base::problem::Problem;
use crate::law::ops::{Author, carry_out, needs_reason};
use crate::law::{cross, live::Edition};
use crate::sync::store::Want;

/// Whether the differences are only shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    #[serde(default)]
    dry_run: bool,
}

/// `PUT /api/v1/dated/{kind}/{key}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enter {
    from: Date,
    #[serde(default)]
    until: Option<Date>,
    body: Json,
    #[serde(default)]
    reason: String,
}

/// `POST …/end`: `until` is the first day on which the row no longer holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    from: Date,
    until: Date,
    #[serde(default)]
    reason: String,
}

/// `POST …/withdraw`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    from: Date,
    #[serde(default)]
    reason: String,
}

/// The path of a flaw is that of the request: what is wrong in the body stands below `body`.
fn problem(flaw: &Flaw) -> Problem {
    let field = match flaw.field.as_str() {
        "" => "body".to_owned(),
        "key" | "from" | "until" => flaw.field.clone(),
        inner => format!("body.{inner}"),
    };
    Problem::field(&field, flaw.why.clone())
}

fn clash(error: &BookError) -> Problem {
    match error {
        BookError::Unknown(_) => Problem::not_found("row from this day"),
        BookError::Overlap { .. } => Problem::field("from", error.to_string()),
        BookError::NoDays(_) => Problem::field("until", error.to_string()),
    }
}

/// The revision that the author saw.
fn seen(request: &HttpRequest) -> Result<i64, Problem> {
    let Some(tag) = request.headers().get(IF_MATCH) else {
        return Err(Problem::new("precondition_required", "send If-Match with the ETag of what you saw, such as \"law-12\""));
    };
    let rev = tag.to_str().ok().and_then(|t| t.trim().strip_prefix("\"law-")?.strip_suffix('"')?.parse().ok());
    rev.ok_or_else(|| Problem::new("precondition_failed", "If-Match is no ETag of the book; read it again"))
}

/// Shows what an edit changes, or carries it out.
async fn settle(access: Access<SystemAdmin>, edition: &Edition, edit: Edit<'_>, mut warnings: Vec<String>, reason: String, dry_run: bool) -> Result<HttpResponse, Problem> {
    access.actor.reach.whole()?;
    let differences = edit.differences();
    warnings.extend(edit.new_gaps());
    let shown = serde_json::to_value(&differences).map_err(Problem::internal)?;
    let reason_needed = needs_reason(&differences, access.app.today());
    let mut rev = edition.rev;
    if !dry_run {
        let author = Author { actor: access.actor.name(), reason };
        rev = access.app.committer.run(Want::default(), move |store| carry_out(store, rev, &differences, &author)).await??;
    }
    Ok(answer(rev, &json!({ "rev": rev, "applied": !dry_run, "reason_needed": reason_needed, "differences": shown, "warnings": warnings })))
}

fn same(edition: &Edition, seen: i64) -> Result<(), Problem> {
    if edition.rev == seen {
        return Ok(());
    }
    Err(Problem::new("precondition_failed", format!("the book is at revision {}, you saw {seen}; read it again", edition.rev)))
}

/// Enters a row: 200 with what it changes. It succeeds the row that it begins inside of, and corrects the one that begins
/// on the same day. `?dry_run=true` only shows. 428 without `If-Match`, 412 if the book has changed since.
pub async fn enter(
    access: Access<SystemAdmin>,
    path: web::Path<(String, String)>,
    mode: web::Query<Mode>,
    body: web::Json<Enter>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (word, key) = path.into_inner();
    let (kind, seen, body) = (dated::kind(&word)?, seen(&request)?, body.into_inner());
    let edition = newest(&access.app).await?;
    same(&edition, seen)?;
    let row = any::row(kind, &key, Validity { from: body.from, until: body.until }, &body.body).map_err(|flaw| problem(&flaw))?;
    let mut edit = Edit::of(&edition.book);
    edit.enter(&row).map_err(|e| clash(&e))?;
    let warnings = cross::check(&edit.after, &row).map_err(|flaw| problem(&flaw))?;
    settle(access, &edition, edit, warnings, body.reason, mode.dry_run).await
}

/// Ends a row: 200 with what it changes. The gap that it leaves, and what named it, are told.
pub async fn end(
    access: Access<SystemAdmin>,
    path: web::Path<(String, String)>,
    mode: web::Query<Mode>,
    body: web::Json<End>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (word, key) = path.into_inner();
    let (kind, seen, body) = (dated::kind(&word)?, seen(&request)?, body.into_inner());
    let edition = newest(&access.app).await?;
    same(&edition, seen)?;
    let row: &Row = edition.book.history(kind, &key).find(|row| row.valid.from == body.from).ok_or_else(|| Problem::not_found("row from this day"))?;
    if row.valid.until.is_some_and(|until| until <= body.until) {
        return Err(Problem::field("until", "the row ends no later already; to let it hold longer, enter it again with other days"));
    }
    // Its kind may have something to say about the days.
    let ended = any::row(kind, &key, Validity { from: body.from, until: Some(body.until) }, &row.body.to_json()).map_err(|flaw| problem(&flaw))?;
    let mut edit = Edit::of(&edition.book);
    edit.replace(ended).map_err(|e| clash(&e))?;
    let warnings = cross::left_behind(&edition.book, &edit.after, row, body.until);
    settle(access, &edition, edit, warnings, body.reason, mode.dry_run).await
}

/// Takes a row out before its first day: 200 with what it changes.
pub async fn withdraw(
    access: Access<SystemAdmin>,
    path: web::Path<(String, String)>,
    mode: web::Query<Mode>,
    body: web::Json<Withdraw>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (word, key) = path.into_inner();
    let (kind, seen, body) = (dated::kind(&word)?, seen(&request)?, body.into_inner());
    let edition = newest(&access.app).await?;
    same(&edition, seen)?;
    let row: Row = edition.book.history(kind, &key).find(|row| row.valid.from == body.from).cloned().ok_or_else(|| Problem::not_found("row from this day"))?;
    if row.valid.from <= access.app.today() {
        return Err(Problem::field("from", format!("it has been in force since {}; end it instead", row.valid.from)));
    }
    let mut edit = Edit::of(&edition.book);
    edit.withdraw(kind, &key, body.from).map_err(|e| clash(&e))?;
    let warnings = cross::left_behind(&edition.book, &edit.after, &row, body.from);
    settle(access, &edition, edit, warnings, body.reason, mode.dry_run).await
}
