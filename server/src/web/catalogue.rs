//! The catalogue of matters as a page: looked up by name, pinyin, initials or code, as of a day.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use sync_core::base::Date;

use super::layout::{Frame, answer};
use super::session::Page;
use super::words::Words;
use crate::access::AnyUser;
use crate::law::http::catalogue::{Hit, matters};

/// Matters of a page.
const LINES: u32 = 50;
/// Longest words that are looked up, in characters.
const LONGEST: usize = 100;

/// `?q=…&as_of=…`.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    q: String,
    #[serde(default)]
    as_of: String,
}

#[derive(Template)]
#[template(path = "app/catalogue.html")]
struct CataloguePage<'a> {
    f: &'a Frame,
    w: &'static Words,
    q: &'a str,
    as_of: String,
    mistake: &'static str,
    found: Vec<Hit>,
}

/// `/app/catalogue`.
pub async fn search(page: Page<AnyUser>, query: web::Query<Query>) -> HttpResponse {
    let w = page.frame.w;
    let asked: Option<Date> = query.as_of.parse().ok();
    let bad = !query.as_of.is_empty() && asked.is_none();
    let words: String = query.q.chars().take(LONGEST).collect();
    let found = match matters(&page.app, &words, asked, LINES).await {
        Ok(found) => found,
        Err(problem) => return page.failed(&problem),
    };
    let shown = CataloguePage {
        f: &page.frame,
        w,
        q: &words,
        as_of: if bad { query.as_of.clone() } else { found.as_of.to_string() },
        mistake: if bad { w.bad_day } else { "" },
        found: if bad { Vec::new() } else { found.matters },
    };
    answer(if bad { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page.frame, &shown)
}
