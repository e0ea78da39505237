//! The way in: what waits for whoever is logged in, what is due, who goes where today, what handhelds still hold.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use sync_core::base::UtcMs;
use sync_core::base::date::clock_text;
use sync_core::visit;

use super::layout::{Frame, answer, with_query};
use super::lists::{path, stage_name};
use super::review::{CLASSES, PATH, said, titles};
use super::session::Page;
use super::words::Words;
use crate::access::AnyUser;
use crate::app::App;
use crate::base::problem::Problem;
use crate::case::board::{COUNTED, Query as BoardQuery, State};
use crate::index::http::Query as ListQuery;
use crate::org::reach::Reach;
use crate::review::queue::Class;
use crate::review::unsent::{self, Unsent};

/// Up to how many lines of a class are counted.
const MOST: i64 = 100;
/// Visits of the day, and records that handhelds hold, that are shown.
const LINES: u32 = 20;

/// What a handheld said it still holds of a record.
struct Held {
    to: String,
    title: String,
    holder: String,
    changes: i64,
    said: String,
}

#[derive(Template)]
#[template(path = "app/home.html")]
struct HomePage<'a> {
    f: &'a Frame,
    w: &'static Words,
    quiet: bool,
    waits: Vec<(&'static str, String, usize, bool)>,
    due: Vec<(&'static str, String, String)>,
    today: Vec<(String, String, String)>,
    all_today: String,
    unsent: Vec<Held>,
}

/// `/app`.
pub async fn home(page: Page<AnyUser>) -> HttpResponse {
    match shown(&page).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn shown(page: &Page<AnyUser>) -> Result<HttpResponse, Problem> {
    let (lang, w, reach) = (page.frame.lang, page.frame.w, &page.actor.reach);
    let holds = |what: fn(&super::layout::Who) -> bool| page.frame.who.as_ref().is_some_and(what);
    let (reads_queue, reads_records, whole) = (holds(|who| who.queue), holds(|who| who.figures), reach.whole().is_ok());
    let mut waits = Vec::new();
    for (name, class) in CLASSES.into_iter().filter(|(_, class)| reads_queue && (whole || !matches!(class, Class::Missing | Class::Notices))) {
        let n = page.app.queue_page(reach, class, None, MOST).await?.items.len();
        if n > 0 {
            waits.push((said(class, w).0, with_query(PATH, &[("class", name)]), n, n as i64 == MOST));
        }
    }
    let (mut due, mut today, mut unsent) = (Vec::new(), Vec::new(), Vec::new());
    let day = page.app.today().to_string();
    let of_today = with_query(&path(visit::NAME), &[("from", &day), ("to", &day)]);
    if reads_records {
        let counts = page.app.board(reach, BoardQuery { state: Some(State::Overdue), limit: Some(1), ..BoardQuery::default() }).await?.counts;
        for (name, text, n) in [("overdue", w.d_overdue, counts.overdue), ("near", w.d_near, counts.near)] {
            if n > 0 {
                due.push((text, with_query("/app/deadlines", &[("state", name)]), if n >= COUNTED { format!("{COUNTED}+") } else { n.to_string() }));
            }
        }
        let asked = ListQuery { from: Some(day.clone()), to: Some(day), limit: Some(LINES), ..ListQuery::default() };
        let lines = page.app.lines(reach, visit::NAME, asked).await?.items;
        today = lines.into_iter().map(|line| (format!("/app/records/{}", line.record), line.title, stage_name(visit::NAME, &line.stage, lang).to_owned())).collect();
        unsent = self::unsent(&page.app, reach).await?;
    }
    let quiet = waits.is_empty() && due.is_empty() && today.is_empty() && unsent.is_empty();
    let out = HomePage { f: &page.frame, w, quiet, waits, due, today, all_today: of_today, unsent };
    Ok(answer(StatusCode::OK, &page.frame, &out))
}

/// What handhelds said they still hold of records within reach, the most of it first.
async fn unsent(app: &App, reach: &Reach) -> Result<Vec<Held>, Problem> {
    let reach = reach.clone();
    let mut held = app.read(move |tx, district| unsent::within(tx, district, &reach)).await?;
    held.truncate(LINES as usize);
    let titles = titles(app, held.iter().map(|one| one.record).collect()).await?;
    let shown = |one: Unsent| Held {
        to: format!("/app/records/{}", one.record),
        title: titles.get(&one.record).filter(|title| !title.is_empty()).cloned().unwrap_or_else(|| one.record.to_string()),
        holder: format!("{} · {}", one.officer, one.label),
        changes: one.changes,
        said: clock_text(UtcMs(one.reported_ms)),
    };
    Ok(held.into_iter().map(shown).collect())
}
