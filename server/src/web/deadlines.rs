//! The board of deadlines as a page: the nearest first, by state.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::layout::{Frame, answer, with_query};
use super::lists::stage_name;
use super::review::kind_name;
use super::session::Page;
use super::words::Words;
use crate::access::ReadsRecords;
use crate::base::problem::Problem;
use crate::case::board::{COUNTED, Item, Query as Asked, State};
use crate::public::Lang;

/// Where the board is.
const PATH: &str = "/app/deadlines";
/// Lines of a page.
const LINES: u32 = 50;

/// The states as they stand in addresses.
const STATES: [(&str, State); 5] = [("overdue", State::Overdue), ("near", State::Near), ("running", State::Running), ("stands", State::Stands), ("done", State::Done)];

/// `?state=…&after=…`.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    state: String,
    after: Option<String>,
}

struct Line {
    to: String,
    title: String,
    kind: &'static str,
    stage: String,
    what: String,
    due: String,
    when: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "app/deadlines.html")]
struct BoardPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    tabs: Vec<(String, &'static str, String, bool)>,
    lines: Vec<Line>,
    first: String,
    next: String,
}

fn line(item: Item, lang: Lang, w: &'static Words) -> Line {
    let when = match item.left {
        Some(0) => w.d_today.to_owned(),
        Some(left) => format!("{} {}", left.abs(), if left > 0 { w.d_left } else { w.d_past }),
        None => String::new(),
    };
    let about = if item.about.is_empty() { String::new() } else { format!(" · {}", item.about) };
    Line {
        to: format!("/app/records/{}", item.record),
        title: if item.title.is_empty() { item.record.to_string() } else { item.title },
        kind: kind_name(&item.kind, lang),
        stage: stage_name(&item.kind, &item.stage, lang).to_owned(),
        what: format!("{}{about}", lang.pick(item.zh, item.en)),
        late: item.state == State::Overdue,
        due: item.due.unwrap_or_default(),
        when,
    }
}

/// `/app/deadlines`.
pub async fn board(page: Page<ReadsRecords>, query: web::Query<Query>) -> HttpResponse {
    match shown(&page, &query).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn shown(page: &Page<ReadsRecords>, query: &Query) -> Result<HttpResponse, Problem> {
    let (lang, w) = (page.frame.lang, page.frame.w);
    let wanted = STATES.iter().find(|row| row.0 == query.state).map(|row| row.1);
    let asked = Asked { state: wanted, after: query.after.clone(), limit: Some(LINES), ..Asked::default() };
    let found = page.app.board(&page.actor.reach, asked).await?;
    let (counts, many) = (found.counts, |n: i64| if n >= COUNTED { format!("{COUNTED}+") } else { n.to_string() });
    let tab = |(name, state): (&'static str, State)| match state {
        State::Overdue => (name, w.d_overdue, many(counts.overdue)),
        State::Near => (name, w.d_near, many(counts.near)),
        State::Running => (name, w.d_running, many(counts.running)),
        State::Stands => (name, w.d_still, many(counts.stands)),
        State::Done => (name, w.d_done, many(counts.done)),
    };
    let tabs = std::iter::once(("", w.d_open, String::new())).chain(STATES.into_iter().map(tab));
    let at = |name: &str| if name.is_empty() { PATH.to_owned() } else { with_query(PATH, &[("state", name)]) };
    let here = wanted.map_or("", |_| query.state.as_str());
    let mut onward = vec![("state", here.to_owned())];
    onward.retain(|(_, value)| !value.is_empty());
    let out = BoardPage {
        f: &page.frame,
        w,
        tabs: tabs.map(|(name, text, n)| (at(name), text, n, name == here)).collect(),
        lines: found.items.into_iter().map(|item| line(item, lang, w)).collect(),
        first: query.after.as_ref().map(|_| at(here)).unwrap_or_default(),
        next: found.next.map(|next| with_query(PATH, &[onward, vec![("after", next)]].concat())).unwrap_or_default(),
    };
    Ok(answer(StatusCode::OK, &page.frame, &out))
}
