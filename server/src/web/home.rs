//! The way in: what waits for whoever is logged in, what is due, who goes where today, what handhelds still hold.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use diesel::prelude::*;
use sync_core::base::date::clock_text;
use sync_core::base::{RecordId, UtcMs};
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
use crate::on;
use crate::org::reach::{Reach, held};
use crate::review::queue::Class;
use crate::schema::{pending, pending_report};
use crate::sync::store::StoreError;
use crate::sync::store::rows::{device_id, record_id};

/// Up to how many lines of a class are counted.
const MOST: i64 = 100;
/// Visits of the day, and records that handhelds hold, that are shown.
const LINES: u32 = 20;

/// What a handheld said it still holds of a record.
struct Unsent {
    to: String,
    title: String,
    device: String,
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
    unsent: Vec<Unsent>,
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
        unsent = page.app.unsent(reach).await?;
    }
    let quiet = waits.is_empty() && due.is_empty() && today.is_empty() && unsent.is_empty();
    let out = HomePage { f: &page.frame, w, quiet, waits, due, today, all_today: of_today, unsent };
    Ok(answer(StatusCode::OK, &page.frame, &out))
}

impl App {
    /// What handhelds said they still hold of records within reach, the most of it first.
    async fn unsent(&self, reach: &Reach) -> Result<Vec<Unsent>, Problem> {
        let reach = reach.clone();
        type Held = (Vec<Row>, Vec<(i64, i64)>);
        type Row = (Vec<u8>, i64, i64);
        let read = self.read(move |tx, district| {
            let rows: Vec<Row> = on!(tx, |c| {
                let all = pending::table.filter(pending::district.eq(district)).select((pending::record, pending::device, pending::changes)).limit(i64::from(LINES));
                let mut q = all.order((pending::changes.desc(), pending::device, pending::record)).into_boxed();
                if let Some(buckets) = reach.names() {
                    q = q.filter(held!(district, buckets, pending::record));
                }
                q.load(c)
            })?;
            let devices: Vec<i64> = rows.iter().map(|row| row.1).collect();
            let of_devices = pending_report::table.filter(pending_report::district.eq(district)).filter(pending_report::device.eq_any(&devices));
            let reports = on!(tx, |c| of_devices.select((pending_report::device, pending_report::reported_ms)).load(c))?;
            Ok::<Held, StoreError>((rows, reports))
        });
        let (rows, reports) = read.await?;
        let ids = rows.iter().map(|row| record_id(&row.0)).collect::<Result<Vec<_>, _>>()?;
        let titles = titles(self, ids.clone()).await?;
        let shown = |(id, (_, device, changes)): (RecordId, Row)| Unsent {
            to: format!("/app/records/{id}"),
            title: titles.get(&id).filter(|title| !title.is_empty()).cloned().unwrap_or_else(|| id.to_string()),
            device: device_id(device).to_string(),
            changes,
            said: reports.iter().find(|(of, _)| *of == device).map(|(_, ms)| clock_text(UtcMs(*ms))).unwrap_or_default(),
        };
        Ok(ids.into_iter().zip(rows).map(shown).collect())
    }
}
