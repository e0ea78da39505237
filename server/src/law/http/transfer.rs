//! `/api/v1/catalogue/transfers`: 职能划转, and what changes hands by each.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sync_core::catalogue::{Power, Transfer, preview};
use sync_core::dated::{Kind, Row};

use super::{answer, newest, paged};
use crate::access::{Access, AnyUser};
use crate::base::problem::Problem;

/// A page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

/// All transfers, each with the number of powers that name it.
pub async fn list(access: Access<AnyUser>, query: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let edition = newest(&access.app).await?;
    let mut brings: BTreeMap<String, usize> = BTreeMap::new();
    for code in edition.book.of_kind(Kind::Power).filter_map(|row| row.typed::<Power>()?.transfer) {
        *brings.entry(code).or_default() += 1;
    }
    let rows = edition.book.of_kind(Kind::Transfer).filter_map(|row| Some((row, row.typed::<Transfer>()?)));
    let all = rows.map(|(row, body)| {
        let powers = brings.get(&*row.key).copied().unwrap_or(0);
        (format!("{} {}", row.key, row.valid.from), json!({ "code": row.key, "valid": row.valid, "transfer": body, "powers": powers }))
    });
    let page = paged(all, query.after.as_deref(), query.limit);
    Ok(answer(edition.rev, &json!({ "transfers": page.items, "next": page.next })))
}

/// What changes hands by a transfer, on which day: how many powers, and a page of them by matter, area and power.
pub async fn show(access: Access<AnyUser>, code: web::Path<String>, query: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let edition = newest(&access.app).await?;
    let rows: Vec<&Row> = edition.book.history(Kind::Transfer, &code).collect();
    if rows.is_empty() {
        return Err(Problem::not_found("transfer of this code"));
    }
    let named: Vec<Row> = edition.book.of_kind(Kind::Power).filter(|row| row.typed::<Power>().is_some_and(|p| p.transfer.as_deref() == Some(code.as_str()))).cloned().collect();
    let mut all: Vec<_> = preview(&edition.book, &named).into_iter().map(|h| (format!("{}/{}/{} {}", h.matter, h.area, h.power.as_str(), h.day), h)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let count = all.len();
    let page = paged(all.into_iter(), query.after.as_deref(), query.limit);
    Ok(answer(edition.rev, &json!({ "code": *code, "rows": rows, "count": count, "hands_over": page.items, "next": page.next })))
}
