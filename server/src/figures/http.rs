//! `GET /api/v1/figures` and what is behind each number.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use serde_json::json;
use sync_core::figures::indicator;

use super::count::{self, Figure};
use super::narrow::Query;
use super::{rows as behind, sheet};
use crate::access::{Access, ReadsRecords, UserActor};
use crate::app::App;
use crate::base::problem::Problem;

/// Every indicator of a period, for somebody.
async fn figures(app: &App, actor: UserActor, query: &Query) -> Result<Vec<Figure>, Problem> {
    query.sound()?;
    let (reach, query) = (actor.reach, query.clone());
    app.current().await?;
    let (law, today) = (app.law(), app.today());
    app.read(move |tx, district| count::figures(tx, district, &query, &reach, &law.book, today)).await
}

/// Every indicator of a period, with its formula and the same period of the year before. One that cannot be narrowed by a filter that is
/// given has no value, and says so in `not_by`.
pub async fn list(access: Access<ReadsRecords>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let figures = figures(&access.app, access.actor, &query).await?;
    Ok(HttpResponse::Ok().json(json!({ "from": query.from, "to": query.to, "figures": figures })))
}

/// The same as a workbook.
pub async fn workbook(access: Access<ReadsRecords>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    as_workbook(&access.app, access.actor, query.into_inner()).await
}

/// The workbook, for somebody.
pub(crate) async fn as_workbook(app: &App, actor: UserActor, query: Query) -> Result<HttpResponse, Problem> {
    let figures = figures(app, actor, &query).await?;
    let file = web::block(move || sheet::workbook(&figures, query.from, query.to)).await?.map_err(Problem::internal)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
    Ok(response.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"zhifa-figures.xlsx\"")).body(file))
}

/// The same as CSV.
pub async fn csv(access: Access<ReadsRecords>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    as_csv(&access.app, access.actor, &query.into_inner()).await
}

/// The CSV, for somebody.
pub(crate) async fn as_csv(app: &App, actor: UserActor, query: &Query) -> Result<HttpResponse, Problem> {
    let figures = figures(app, actor, query).await?;
    let file = sheet::csv(&figures).map_err(Problem::internal)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"));
    Ok(response.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"zhifa-figures.csv\"")).body(file))
}

/// The rows that an indicator counts, above and below the line, a page at a time; 422 by a filter that does not apply to it.
pub async fn rows(access: Access<ReadsRecords>, code: web::Path<String>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let indicator = indicator(&code).ok_or_else(|| Problem::not_found("such indicator; GET /api/v1/figures lists them"))?;
    let (app, reach, query) = (access.app, access.actor.reach, query.into_inner());
    query.sound()?;
    if let Some(dim) = query.unfit(indicator).first() {
        let why = format!("the indicator {} cannot be narrowed by {dim}, since what it counts does not know it; leave the filter out", indicator.code);
        return Err(Problem::field(dim, why));
    }
    app.current().await?;
    let law = app.law();
    let page = app.read(move |tx, district| behind::rows(tx, district, indicator, &query, &reach, &law.book)).await?;
    Ok(HttpResponse::Ok().json(page))
}
