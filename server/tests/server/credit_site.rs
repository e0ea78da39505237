//! The port to the credit site, tried against a real HTTP server that fails, falls silent, and answers twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;

use crate::credit::{FIRM, done, granted, look, performed, served, town};
use crate::harness::{Engine, Site, ok};
use crate::town::{DAY, HOUR, Town};

/// How the site answers one request.
#[derive(Debug, Clone, Copy)]
enum Answer {
    /// With this status and no receipt.
    Status(u16),
    /// It takes the message and never answers.
    Silent,
    /// It takes the message and gives the receipt.
    Receipt,
    /// With 429, and asks to wait so many seconds.
    Wait(u64),
}

/// What it heard: key, authorization, body.
type Heard = (String, String, Json);

#[derive(Default)]
struct Peer {
    answers: Mutex<VecDeque<Answer>>,
    heard: Mutex<Vec<Heard>>,
    /// Keys that it has taken, in order: the receipt is the place.
    taken: Mutex<Vec<String>>,
}

impl Peer {
    fn receipt(&self, key: &str) -> Json {
        let mut taken = self.taken.lock().unwrap();
        let place = taken.iter().position(|known| known == key).unwrap_or_else(|| {
            taken.push(key.to_owned());
            taken.len() - 1
        });
        json!({ "receipt": format!("XY-{place}") })
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

async fn take(peer: web::Data<Arc<Peer>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|h| h.to_str().ok()).unwrap_or_default().to_owned();
    let key = header("Idempotency-Key");
    peer.heard.lock().unwrap().push((key.clone(), header("Authorization"), serde_json::from_slice(&body).unwrap()));
    let answer = peer.answers.lock().unwrap().pop_front().unwrap_or(Answer::Receipt);
    match answer {
        Answer::Status(status) => HttpResponse::build(status.try_into().unwrap()).finish(),
        Answer::Wait(seconds) => HttpResponse::TooManyRequests().insert_header(("Retry-After", seconds.to_string())).finish(),
        Answer::Silent => {
            peer.receipt(&key);
            std::future::pending::<HttpResponse>().await
        }
        Answer::Receipt => HttpResponse::Ok().json(peer.receipt(&key)),
    }
}

/// A site on a free port, with what it will answer.
fn site_with(engine: Engine, answers: &[Answer]) -> (Site, Arc<Peer>) {
    let peer = Arc::new(Peer { answers: Mutex::new(answers.iter().copied().collect()), ..Peer::default() });
    let (held, (sender, receiver)) = (peer.clone(), std::sync::mpsc::channel());
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let data = web::Data::new(held);
            let server = HttpServer::new(move || App::new().app_data(data.clone()).route("/port/v1/repairs", web::post().to(take)))
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
            sender.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    let address = receiver.recv().unwrap();
    let site = Site::with(engine, |config| {
        config.credit_url = Some(format!("http://{address}/port"));
        config.credit_token = Some("secret-of-the-site".into());
        config.credit_timeout_ms = 300;
    });
    (site, peer)
}

fn tell(town: &Town<'_>) {
    let app = town.site.running().app.clone();
    actix_web::rt::System::new().block_on(async move { app.tell_outside().await }).unwrap();
}

fn message(town: &Town<'_>, repair: RecordId, n: usize) -> Json {
    town.get("head", &format!("/api/v1/repairs/{repair}"))["told"][n].clone()
}

/// A repair that was granted, of which the site has to hear.
fn waiting<'s>(site: &'s Site, n: u128) -> (Town<'s>, RecordId) {
    let mut town = town(site);
    let (case, repair) = served(&town, n, FIRM);
    performed(&town, case);
    town.later(91 * DAY);
    look(&town);
    granted(&town, repair);
    (town, repair)
}

fn told_until_confirmed(engine: Engine) {
    let (site, peer) = site_with(engine, &[Answer::Status(503), Answer::Wait(3_600), Answer::Silent, Answer::Status(200), Answer::Receipt]);
    let (mut town, repair) = waiting(&site, 0x7e01);
    tell(&town);
    assert_eq!((town.stage(repair).as_str(), &message(&town, repair, 0)["tries"], &message(&town, repair, 0)["error"]), ("APPROVED", &json!(1), &json!("503 Service Unavailable")));
    tell(&town);
    assert_eq!(peer.heard().len(), 1, "it is tried again when its wait is over, and not before");
    town.later(5 * 60_000);
    tell(&town);
    let next = message(&town, repair, 0)["next_ms"].as_i64().unwrap();
    assert!(next >= town.now() + 3_590_000, "the site asked to wait an hour");
    town.later(HOUR + 60_000);
    tell(&town);
    assert_eq!((message(&town, repair, 0)["error"].clone(), town.stage(repair).as_str()), (json!("no answer in time"), "APPROVED"), "it took the message, and we do not know");
    town.later(HOUR);
    tell(&town);
    assert_eq!(message(&town, repair, 0)["error"], "200 OK without a receipt");
    town.later(2 * HOUR);
    tell(&town);
    assert_eq!((town.stage(repair).as_str(), town.field(repair, "synced")[0]["receipt"].clone()), ("SYNCED", json!("XY-0")), "the second answer is the first one's receipt");
    let heard = peer.heard();
    assert!(heard.len() == 5 && heard.iter().all(|one| *one == heard[0]), "the same key, the same bytes: {heard:?}");
    let (key, token, body) = &heard[0];
    assert_eq!((body["key"].as_str(), token.as_str(), &body["action"], &body["v"]), (Some(key.as_str()), "Bearer secret-of-the-site", &json!("repair"), &json!(1)));
    assert_eq!((&body["subject"]["uscc"], &body["decision"]["day"], &body["regime"]), (&json!(FIRM), &json!("2026-09-21"), &json!("order_36")));
    tell(&town);
    assert_eq!((peer.heard().len(), peer.taken.lock().unwrap().len()), (5, 1), "what is confirmed is told no more");
    // Taken back: the site shows it again.
    done(&town, "head", repair, "revoke", &json!({ "reason": "虚假承诺", "evidence": "照片" }), "REVOKED");
    tell(&town);
    let last = peer.heard().pop().unwrap();
    assert_eq!((&last.2["action"], &last.2["reason"], message(&town, repair, 1)["receipt"].clone()), (&json!("restore"), &json!("虚假承诺"), json!("XY-1")));
}

#[test]
fn a_site_that_fails_waits_and_falls_silent_is_told_until_it_confirms_sqlite() {
    told_until_confirmed(Engine::Sqlite);
}

#[test]
fn a_site_that_fails_waits_and_falls_silent_is_told_until_it_confirms_postgres() {
    told_until_confirmed(Engine::Postgres);
}

#[test]
fn what_the_site_refuses_is_tried_again_only_when_somebody_says_so() {
    let (site, peer) = site_with(Engine::Sqlite, &[Answer::Status(422)]);
    let (mut town, repair) = waiting(&site, 0x7e02);
    tell(&town);
    assert_eq!((message(&town, repair, 0)["error"].clone(), message(&town, repair, 0)["next_ms"].clone()), (json!("422 Unprocessable Entity"), Json::Null));
    let notices = town.get("head", "/api/v1/queue?class=notices");
    assert!(notices["items"].as_array().unwrap().iter().any(|n| n["class"] == "outward_failing"), "{notices}");
    town.later(DAY);
    tell(&town);
    assert_eq!(peer.heard().len(), 1);
    let waiting: Json = ok(town.post("reviewer", &format!("/api/v1/repairs/{repair}/tell-again"), &json!({})));
    assert_eq!(waiting["waiting"], 1);
    tell(&town);
    assert_eq!((town.stage(repair).as_str(), peer.heard().len()), ("SYNCED", 2));
}
