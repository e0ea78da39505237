//! Lists of records as pages: a tab for each kind, filters in the address, one page after another.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use sync_core::base::Date;
use sync_core::schema::{stage_words, stages};

use super::layout::{Frame, answer, filled, with_query};
use super::review::kind_name;
use super::session::Page;
use super::words::Words;
use crate::access::ReadsRecords;
use crate::base::problem::Problem;
use crate::index::http::{Line, Query as Asked};
use crate::public::Lang;

/// Lines of a page.
const LINES: u32 = 50;

/// The filters as they stand in the address; empty ones are none.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    stage: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    due_before: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    flagged: String,
    after: Option<String>,
}

impl Query {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let all = [("stage", &self.stage), ("from", &self.from), ("to", &self.to), ("due_before", &self.due_before), ("code", &self.code), ("flagged", &self.flagged)];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone())).collect()
    }

    fn asked(&self) -> Asked {
        Asked {
            stage: filled(&self.stage),
            from: filled(&self.from),
            to: filled(&self.to),
            due_before: filled(&self.due_before),
            code: filled(&self.code),
            flagged: !self.flagged.is_empty(),
            after: self.after.clone(),
            limit: Some(LINES),
            ..Asked::default()
        }
    }

    /// The field whose day is none.
    fn mistake(&self) -> &'static str {
        let bad = |text: &str| !text.is_empty() && text.parse::<Date>().is_err();
        [("from", &self.from), ("to", &self.to), ("due_before", &self.due_before)].into_iter().find(|(_, text)| bad(text)).map_or("", |(name, _)| name)
    }
}

struct Shown {
    to: String,
    title: String,
    stage: String,
    day: String,
    due: String,
    overdue: bool,
    code: String,
    flags: i64,
}

fn shown(line: Line, kind: &str, today: &str, lang: Lang) -> Shown {
    let due = line.due.unwrap_or_default();
    Shown {
        to: format!("/app/records/{}", line.record),
        title: if line.title.is_empty() { line.record.to_string() } else { line.title },
        stage: stage_name(kind, &line.stage, lang).to_owned(),
        day: line.day.unwrap_or_default(),
        overdue: !due.is_empty() && due.as_str() < today,
        due,
        code: line.code.unwrap_or_default(),
        flags: line.flags,
    }
}

/// What a stage is called, or its own name.
pub fn stage_name<'s>(kind: &str, stage: &'s str, lang: Lang) -> &'s str {
    stage_words(kind, stage).map_or(stage, |(zh, en)| lang.pick(zh, en))
}

#[derive(Template)]
#[template(path = "app/list.html")]
struct ListPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    name: &'static str,
    path: String,
    tabs: Vec<(String, &'static str, bool)>,
    stages: Vec<(&'static str, &'static str, bool)>,
    asked: &'a Query,
    mistake: &'static str,
    given: bool,
    lines: Vec<Shown>,
    first: String,
    next: String,
}

/// Where the list of a kind is.
pub fn path(kind: &str) -> String {
    format!("/app/lists/{kind}")
}

/// `/app/lists/{kind}`.
pub async fn list(page: Page<ReadsRecords>, kind: web::Path<String>, query: web::Query<Query>) -> HttpResponse {
    match listed(&page, &kind, &query).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn listed(page: &Page<ReadsRecords>, kind: &str, query: &Query) -> Result<HttpResponse, Problem> {
    let (lang, here, mistake) = (page.frame.lang, path(kind), query.mistake());
    let found = match mistake {
        "" => page.app.lines(&page.actor.reach, kind, query.asked()).await?,
        _ => crate::index::http::Page { items: Vec::new(), next: None },
    };
    let (today, pairs) = (page.app.today().to_string(), query.pairs());
    let onward = |after: String| with_query(&here, &[pairs.clone(), vec![("after", after)]].concat());
    let out = ListPage {
        f: &page.frame,
        w: page.frame.w,
        name: kind_name(kind, lang),
        tabs: page.app.kinds.iter().map(|k| (path(k.name), kind_name(k.name, lang), k.name == kind)).collect(),
        stages: stages(kind).iter().map(|row| (row.0, lang.pick(row.1, row.2), row.0 == query.stage)).collect(),
        asked: query,
        mistake,
        given: !pairs.is_empty(),
        lines: found.items.into_iter().map(|line| shown(line, kind, &today, lang)).collect(),
        first: query.after.as_ref().map(|_| with_query(&here, &pairs)).unwrap_or_default(),
        next: found.next.map(onward).unwrap_or_default(),
        path: here,
    };
    let status = if mistake.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer(status, &page.frame, &out))
}
