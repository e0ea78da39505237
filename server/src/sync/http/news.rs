//! `GET /sync/v1/news`: server-sent events. Each says that there may be something to pull, never what.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::unfold;

use crate::access::{Access, DeviceReads};
use crate::base::problem::Problem;

/// A comment goes out this often, so that dead connections are noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// News at most this often: a burst of commits is one piece of news.
const PACE: Duration = Duration::from_millis(200);

/// Events of one answer. The token is checked at its beginning only, so it may not last for ever.
const EVENTS: u32 = 144;

/// Tells of news until the server stops, or for a bounded number of events.
pub async fn news(access: Access<DeviceReads>) -> Result<HttpResponse, Problem> {
    let mut news = access.app.live.news();
    news.mark_changed();
    let stopping = access.app.stopping();
    let events = unfold((news, stopping, 0u32), |(mut news, mut stopping, turns)| async move {
        if *stopping.borrow() || turns > EVENTS {
            return None;
        }
        let text = tokio::select! {
            changed = news.changed() => {
                changed.ok()?;
                tokio::time::sleep(PACE).await;
                let version = *news.borrow_and_update();
                format!("event: news\ndata: {version}\n\n")
            }
            _ = stopping.changed() => return None,
            () = tokio::time::sleep(KEEP_ALIVE) => ": still here\n\n".to_owned(),
        };
        Some((Ok::<_, actix_web::Error>(Bytes::from(text)), (news, stopping, turns + 1)))
    });
    Ok(HttpResponse::Ok().content_type("text/event-stream").insert_header(("Cache-Control", "no-store")).streaming(events))
}
