//! Colleagues' certificates: asked for when somebody is unknown, once a session, believed only under the server's key.

use serde_json::{Value as Json, json};
use zhifa_mobile::abi::host::Handheld;

use super::town::{Fault, Page, Town};

struct Street {
    town: Town,
    li: Handheld,
    wang: Handheld,
    site: String,
    _dir: tempfile::TempDir,
}

impl Street {
    /// Li has captured a site and delivered it; Wang has not synchronised yet.
    fn new() -> Street {
        let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
        let ((li, _), (wang, _)) = (town.handheld(dir.path(), "li"), town.handheld(dir.path(), "wang"));
        let done = li.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": "新达工地", "replaces": [] }] })).unwrap();
        assert_eq!(sync(&li)["complete"], true);
        Street { town, li, wang, site: done["record"].as_str().unwrap().to_owned(), _dir: dir }
    }

    /// Whose name Wang's handheld shows beside Li's value.
    fn shown(&self) -> Json {
        self.wang.view(&json!({ "record": self.site })).unwrap()["fields"]["name"]["candidates"][0]["officer"].clone()
    }

    fn asked(&self) -> usize {
        self.town.state().seen.iter().filter(|(path, _)| path == "certificates").count()
    }
}

fn sync(handheld: &Handheld) -> Json {
    handheld.sync(&json!({}), None, None).unwrap()
}

#[test]
fn a_colleagues_name_shows_after_the_first_pull_and_nobody_asks_again() {
    let street = Street::new();
    assert_eq!(street.asked(), 0, "one's own work names nobody unknown");
    assert_eq!(sync(&street.wang)["complete"], true);
    assert_eq!((street.shown(), street.asked()), (json!("li"), 1));
    street.li.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": "乙", "replaces": [] }] })).unwrap();
    sync(&street.li);
    sync(&street.wang);
    assert_eq!(street.asked(), 1);
}

#[test]
fn a_failed_request_leaves_the_session_complete_and_is_made_again_at_the_next() {
    let street = Street::new();
    for fault in [Fault::Answer(500, "text/plain", ""), Fault::LoseAnswer, Fault::Answer(401, "application/problem+json", "{}"), Fault::Answer(200, "text/html", "<html>")] {
        street.town.fault("certificates", fault);
        let before = street.asked();
        assert_eq!(sync(&street.wang)["complete"], true);
        assert_eq!((street.shown(), street.asked()), (Json::Null, before + 1));
    }
    sync(&street.wang);
    assert_eq!(street.shown(), "li");
}

#[test]
fn a_certificate_of_another_server_names_nobody() {
    let street = Street::new();
    let forged = Town::signing_with([6; 32]);
    let dir = tempfile::tempdir().unwrap();
    let _zhang = forged.handheld(dir.path(), "zhang");
    let certificates = forged.certificates();
    let text: &'static str = serde_json::to_string(&Page { certificates: certificates.iter().collect() }).unwrap().leak();
    street.town.fault("certificates", Fault::Answer(200, "application/json", text));
    assert_eq!(sync(&street.wang)["complete"], true);
    assert_eq!(street.shown(), Json::Null);
    sync(&street.wang);
    assert_eq!(street.shown(), "li");
}

#[test]
fn whom_the_server_does_not_know_either_is_asked_for_once() {
    let street = Street::new();
    street.town.forget("li");
    sync(&street.wang);
    sync(&street.wang);
    assert_eq!((street.shown(), street.asked()), (Json::Null, 1));
}
