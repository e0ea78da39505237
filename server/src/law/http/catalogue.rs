//! `/api/v1/catalogue`: finding a matter, who holds a power, which law applies.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::base::Date;
use sync_core::catalogue::choice::{Act, choose};
use sync_core::catalogue::search::Rank;
use sync_core::catalogue::{Matter, PowerType, authority as holder, case_authority, gaps as open_days, held as holdings};
use sync_core::dated::Kind;

use super::{answer, day_or_today, newest, paged};
use crate::access::{Access, AnyUser};
use crate::app::App;
use crate::base::problem::Problem;

/// What is looked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    #[serde(default)]
    q: String,
    as_of: Option<Date>,
    limit: Option<u32>,
}

/// Longest query, in characters.
const MAX_QUERY: usize = 100;

/// A matter that was found.
#[derive(Serialize)]
pub struct Hit {
    /// Its code.
    pub code: String,
    /// Its name on that day.
    pub name: String,
    /// How well it fits; smaller is better.
    pub rank: Rank,
    /// The field of law.
    pub domain: String,
    /// Whether a case of it may be filed.
    pub case_allowed: bool,
    /// Whether it is an invented one, for tests and demonstrations.
    pub synthetic: bool,
}

/// What was found, and as of when.
#[derive(Serialize)]
pub struct Hits {
    /// The revision of the book.
    #[serde(skip)]
    pub rev: i64,
    /// The day.
    pub as_of: Date,
    /// The matters, best first.
    pub matters: Vec<Hit>,
}

/// Matters in force on a day by Chinese words, pinyin, initials or the beginning of the code; best first.
pub async fn search(access: Access<AnyUser>, query: web::Query<Search>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let found = matters(&access.app, &query.q, query.as_of, query.limit.unwrap_or(20)).await?;
    Ok(answer(found.rev, &found))
}

/// Looks matters up, at most 100.
pub async fn matters(app: &App, words: &str, as_of: Option<Date>, limit: u32) -> Result<Hits, Problem> {
    if words.chars().count() > MAX_QUERY {
        return Err(Problem::field("q", format!("at most {MAX_QUERY} characters")));
    }
    let (edition, as_of) = (newest(app).await?, day_or_today(app, as_of));
    let index = app.live.law.index(&edition);
    // A matter whose name has changed stands in the index under each; the one in force counts.
    let found = index.search(words, usize::MAX).into_iter().filter_map(|hit| {
        let matter = edition.book.get::<Matter>(hit.id, as_of).filter(|matter| matter.name == hit.name)?;
        let domain = matter.domain.to_string();
        Some(Hit { code: hit.id.to_string(), name: hit.name.to_string(), rank: hit.rank, domain, case_allowed: matter.case_allowed, synthetic: matter.synthetic })
    });
    Ok(Hits { rev: edition.rev, as_of, matters: found.take(limit.clamp(1, 100) as usize).collect() })
}

fn power(word: Option<&str>) -> Result<PowerType, Problem> {
    match word {
        None => Ok(PowerType::Penalty),
        Some(word) => PowerType::parse(word).ok_or_else(|| Problem::field("power", "is one of penalty, inspection, coercion")),
    }
}

/// Whose power is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    matter: String,
    area: String,
    power: Option<String>,
    day: Option<Date>,
    filed_on: Option<Date>,
}

/// Who holds a power in a matter and an area on a day, or why nobody does; with `filed_on`, also who decides a case that
/// was filed then.
pub async fn authority(access: Access<AnyUser>, query: web::Query<Authority>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let (edition, day, power) = (newest(&access.app).await?, day_or_today(&access.app, query.day), power(query.power.as_deref())?);
    let book = &edition.book;
    let found = holder(book, &query.matter, &query.area, power, day);
    let (none, reason) = found.as_ref().err().map(|none| (none, none.to_string())).unzip();
    let case = match query.filed_on {
        None => None,
        Some(filed) if filed > day => return Err(Problem::field("filed_on", "lies after day; correct one of them")),
        Some(filed) => Some(case_authority(book, &query.matter, &query.area, filed, day)),
    };
    let (no_case, case_reason) = case.as_ref().and_then(|case| case.as_ref().err()).map(|none| (none, none.to_string())).unzip();
    let body = json!({
        "day": day,
        "power": power,
        "holder": found.as_ref().ok(),
        "no_holder": none,
        "reason": reason,
        "case": case.as_ref().and_then(|case| case.as_ref().ok()),
        "no_case": no_case,
        "case_reason": case_reason,
    });
    Ok(answer(edition.rev, &body))
}

/// Which act and decision.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    matter: String,
    act_start: Date,
    act_end: Option<Date>,
    decision: Option<Date>,
    /// Whether an order to correct has run out or was refused.
    refused: Option<bool>,
}

/// Which law applies to an act (从旧兼从轻): both versions with their clauses, and in what they differ.
pub async fn choice(access: Access<AnyUser>, query: web::Query<Choice>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let (edition, decision) = (newest(&access.app).await?, day_or_today(&access.app, query.decision));
    if edition.book.history(Kind::Matter, &query.matter).next().is_none() {
        return Err(Problem::not_found("matter of this code"));
    }
    let act = Act { start: query.act_start, end: query.act_end.unwrap_or(query.act_start), refused: query.refused };
    let body = match choose(&edition.book, &query.matter, act, decision) {
        Ok(choice) => json!({ "choice": choice, "law": choice.law().map(|v| v.valid), "other": choice.other().map(|v| v.valid) }),
        Err(none) => json!({ "choice": null, "no_law": none, "reason": none.to_string() }),
    };
    Ok(answer(edition.rev, &body))
}

/// Whose powers, where and when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    organ: String,
    area: String,
    power: Option<String>,
    day: Option<Date>,
    after: Option<String>,
    limit: Option<u32>,
}

/// The matters in which an organ holds a power in an area on a day: how many, and a page of them by code.
pub async fn held(access: Access<AnyUser>, query: web::Query<Held>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let (edition, day, power) = (newest(&access.app).await?, day_or_today(&access.app, query.day), power(query.power.as_deref())?);
    let book = &edition.book;
    let count = holdings(book, &query.organ, &query.area, power, day).count();
    let all = holdings(book, &query.organ, &query.area, power, day).map(|(code, row)| (code.to_owned(), (code, row)));
    let page = paged(all, query.after.as_deref(), query.limit);
    let matters: Vec<_> = page
        .items
        .iter()
        .map(|(code, row)| json!({ "code": code, "name": book.get::<Matter>(code, day).map(|m| m.name), "since": row.valid.from, "until": row.valid.until }))
        .collect();
    Ok(answer(edition.rev, &json!({ "day": day, "count": count, "matters": matters, "next": page.next })))
}

/// Gaps of which area.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    area: String,
    after: Option<String>,
    limit: Option<u32>,
}

/// The days on which nobody holds a power of an area that somebody held before: how many, and a page by matter and power.
pub async fn gaps(access: Access<AnyUser>, query: web::Query<Gaps>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let edition = newest(&access.app).await?;
    let mut all: Vec<_> = open_days(&edition.book, &query.area).into_iter().map(|gap| (format!("{}/{} {}", gap.matter, gap.power.as_str(), gap.days.from), gap)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let count = all.len();
    let page = paged(all.into_iter(), query.after.as_deref(), query.limit);
    Ok(answer(edition.rev, &json!({ "count": count, "gaps": page.items, "next": page.next })))
}
