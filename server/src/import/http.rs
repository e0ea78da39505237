//! `/api/v1/imports`.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use sync_core::base::Digest;

use super::apply::Order;
use super::parse::What;
use super::people::People;
use super::sheet::MAX_FILE;
use super::template::workbook;
use crate::access::{Access, SystemAdmin};
use crate::base::body;
use crate::base::problem::Problem;

/// What goes with a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    #[serde(default)]
    apply: bool,
    plan: Option<Digest>,
    #[serde(default)]
    reason: String,
}

fn what(word: &str) -> Result<What, Problem> {
    What::parse(word).ok_or_else(|| Problem::not_found(&format!("import of {word:.40}; there are {}", What::ALL.map(What::as_str).join(", "))))
}

/// `POST /api/v1/imports/{what}`: the file is the body. Answers the report: 200, or 422 with every wrong cell where
/// `apply` was asked for and there is an error. 412 if file, book or roster are not those of `plan`.
pub async fn import(access: Access<SystemAdmin>, word: web::Path<String>, query: web::Query<Query>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let (what, query) = (what(&word)?, query.into_inner());
    access.actor.reach.whole()?;
    let order = match (query.apply, query.plan) {
        (true, Some(plan)) => Some(Order { plan, reason: query.reason }),
        (true, None) => return Err(Problem::new("precondition_required", "send plan= as the preview answered it")),
        (false, _) => None,
    };
    let file = body::read(&request, payload, MAX_FILE).await?.open()?;
    let report = access.app.import(&access.actor.name(), what, file, order).await?;
    let mut response = if query.apply && !report.applied { HttpResponse::UnprocessableEntity() } else { HttpResponse::Ok() };
    Ok(response.json(report))
}

/// `GET /api/v1/imports/{what}/template`: an XLSX with headings, the present rows, and an explanation.
pub async fn template(access: Access<SystemAdmin>, word: web::Path<String>) -> Result<HttpResponse, Problem> {
    access.actor.reach.whole()?;
    let (what, app) = (what(&word)?, access.app);
    app.current().await?;
    let people = app.read(People::load).await?;
    let (edition, today) = (app.law(), app.today());
    let file = web::block(move || workbook(what, &edition.book, &people, today)).await?.map_err(Problem::internal)?;
    let name = format!("attachment; filename=\"zhifa-{}.xlsx\"", what.as_str());
    let mut response = HttpResponse::Ok();
    Ok(response.insert_header((CONTENT_TYPE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")).insert_header((CONTENT_DISPOSITION, name)).body(file))
}
