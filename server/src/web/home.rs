//! The way in: what waits for whoever is logged in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::layout::{Frame, answer, with_query};
use super::review::{CLASSES, PATH, said};
use super::session::Page;
use super::words::Words;
use crate::access::{AnyUser, ReadsQueue, ReadsRecords};
use crate::base::problem::Problem;
use crate::review::queue::Class;

/// Up to how many lines of a class are counted.
const MOST: i64 = 100;

#[derive(Template)]
#[template(path = "app/home.html")]
struct HomePage<'a> {
    f: &'a Frame,
    w: &'static Words,
    reads_queue: bool,
    reads_records: bool,
    quiet: bool,
    waits: Vec<(&'static str, String, usize, bool)>,
}

/// `/app`.
pub async fn home(page: Page<AnyUser>) -> HttpResponse {
    match shown(&page).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn shown(page: &Page<AnyUser>) -> Result<HttpResponse, Problem> {
    let (w, holds) = (page.frame.w, |roles: &[crate::org::Role]| page.actor.roles.iter().any(|role| roles.contains(role)));
    let (reads_queue, whole) = (holds(ReadsQueue::ROLES), page.actor.reach.whole().is_ok());
    let mut waits = Vec::new();
    for (name, class) in CLASSES.into_iter().filter(|(_, class)| reads_queue && (whole || !matches!(class, Class::Missing | Class::Notices))) {
        let n = page.app.queue_page(&page.actor.reach, class, None, MOST).await?.items.len();
        if n > 0 {
            waits.push((said(class, w).0, with_query(PATH, &[("class", name)]), n, n as i64 == MOST));
        }
    }
    let out = HomePage { f: &page.frame, w, reads_queue, reads_records: holds(ReadsRecords::ROLES), quiet: waits.is_empty(), waits };
    Ok(answer(StatusCode::OK, &page.frame, &out))
}
