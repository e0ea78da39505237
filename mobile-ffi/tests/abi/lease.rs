//! The offline lease, the office's lock, and another PIN.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use sync_core::protocol::{Command, DEFAULT_LEASE_MS};
use sync_core::replica::Reading;
use zhifa_mobile::abi::host::{Handheld, HostError};
use zhifa_mobile::device::{CaptureInput, Code, Device, PageInput, SyncInput, clock};

use super::town::{Fault, PIN, Town};

const DAY: i64 = 86_400_000;

/// A store whose clocks the test sets.
struct Timed {
    device: Device,
    now: Arc<Mutex<Reading>>,
}

impl Timed {
    fn open(path: &Path, now: Reading) -> Timed {
        let device = Device::open(path, PIN, Default::default(), sync_core::schema::kinds()).unwrap();
        let now = Arc::new(Mutex::new(now));
        let told = now.clone();
        device.set_clock(Arc::new(move || *told.lock().unwrap()));
        Timed { device, now }
    }

    fn set(&self, now: Reading) {
        *self.now.lock().unwrap() = now;
    }

    /// Whether it can be read now.
    fn reads(&self) -> bool {
        match self.device.records(&PageInput::default()) {
            Ok(_) => true,
            Err(e) => {
                assert_eq!(e.code, Code::LeaseLapsed);
                assert!(e.message.contains("connect once"), "{e}");
                false
            }
        }
    }

    fn sync(&self) -> Json {
        self.device.sync(&SyncInput::default(), &Default::default(), &mut |_| {}).unwrap()
    }

    fn capture(&self) {
        let input: CaptureInput = serde_json::from_value(json!({ "kind": "site", "edits": [{ "field": "name", "value": "甲", "replaces": [] }] })).unwrap();
        self.device.capture(input).unwrap();
    }
}

fn later(from: Reading, days: i64) -> Reading {
    Reading { wall: from.wall + days * DAY, mono: from.mono + days * DAY, ..from }
}

fn site(handheld: &Handheld) -> String {
    let done = handheld.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": "甲", "replaces": [] }] })).unwrap();
    done["record"].as_str().unwrap().to_owned()
}

fn sync(handheld: &Handheld) -> Json {
    handheld.sync(&json!({}), None, None).unwrap()
}

/// Every call that answers with data.
fn reading_calls(handheld: &Handheld, record: &str) -> Vec<Result<(), HostError>> {
    let which = json!({ "record": record });
    vec![
        handheld.records(&json!({})).map(drop),
        handheld.view(&which).map(drop),
        handheld.form(&which).map(drop),
        handheld.clashes(&json!({})).map(drop),
        handheld.notices(&json!({})).map(drop),
        handheld.visit_check(&json!({})).map(drop),
        handheld.case_check(&json!({})).map(drop),
        handheld.document_preview(&json!({ "kind": "case", "type": "spot_decision" })).map(drop),
        handheld.code_qr(&which).map(drop),
        handheld.notices_shown(&json!({ "through": 0 })).map(drop),
        handheld.bundle_export(&json!({})).map(drop),
        handheld.photo_thumbnail(&"A".repeat(43)).map(drop),
        handheld.resolve(&json!({ "record": record, "field": "name", "value": "x", "replaces": [["0000000000000001", 1]], "reason": "r" })).map(drop),
    ]
}

#[test]
fn a_store_without_contact_is_not_read_after_its_lease_and_is_again_after_one() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    drop(li);
    let start = clock::now();
    let li = Timed::open(&path, start);
    assert!(li.reads());
    li.set(later(start, 31));
    assert!(!li.reads(), "enrolment was a contact, and the only one");
    li.set(start);
    li.capture();
    assert_eq!(li.sync()["complete"], true);
    li.set(later(start, 29));
    assert!(li.reads());
    li.set(later(start, 30));
    assert!(!li.reads());
    // What happens on site is kept all the same, and delivered by the session that makes the store readable again.
    li.capture();
    assert_eq!(li.device.status().unwrap()["lease"], json!({ "lapsed": true, "left_ms": 0 }));
    assert_eq!(li.sync()["pushed"], 1);
    assert!(li.reads());
    assert_eq!(town.state().district.ledger.len(), 2);
    li.set(later(start, 59));
    assert!(li.reads(), "the lease began anew");
}

#[test]
fn a_clock_set_back_and_a_restart_of_the_app_give_nothing_back() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    drop(li);
    let start = clock::now();
    let li = Timed::open(&path, start);
    li.sync();
    li.set(later(start, 29));
    assert!(li.reads());
    drop(li);
    // Another boot, with the clock set back to the day of the contact.
    let boot = Reading { boot: start.boot + 1, mono: 0, ..start };
    let li = Timed::open(&path, boot);
    assert!(li.reads(), "a day is left");
    li.set(later(boot, 1));
    assert!(!li.reads(), "29 days before and one now");
    drop(li);
    let li = Timed::open(&path, Reading { boot: start.boot + 2, ..boot });
    assert!(!li.reads(), "a lapsed lease stays so");
    li.sync();
    assert!(li.reads());
}

#[test]
fn a_lapsed_store_answers_no_reading_call_and_everything_else() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    let record = site(&li);
    town.state().lease_ms = 0;
    sync(&li);
    for (n, answer) in reading_calls(&li, &record).into_iter().enumerate() {
        assert_eq!(answer.unwrap_err().code, Code::LeaseLapsed as i32, "call {n}");
    }
    site(&li);
    let status = li.status().unwrap();
    assert_eq!((&status["unsent"], &status["unsent_by_record"], &status["lease"]["lapsed"]), (&json!(1), &json!([]), &json!(true)));
    assert!(li.bundle_export(&json!({ "sealed": true })).unwrap().starts_with(b"age-encryption.org/v1"), "what only the server reads may be handed on");
    li.change_pin(PIN, "新的-654321").unwrap();
    town.fault("session", Fault::Answer(503, "text/plain", ""));
    sync(&li);
    assert_eq!(li.records(&json!({})).unwrap_err().code, Code::LeaseLapsed as i32, "a session that the server did not answer renews nothing");
    town.state().lease_ms = DEFAULT_LEASE_MS;
    assert_eq!(sync(&li)["complete"], true);
    assert_eq!(li.records(&json!({})).unwrap()["records"].as_array().unwrap().len(), 2);
}

#[test]
fn a_server_that_says_nothing_of_leases_gives_thirty_days() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    town.state().old = true;
    assert_eq!(sync(&li)["complete"], true);
    let left = li.status().unwrap()["lease"]["left_ms"].as_i64().unwrap();
    assert!((29 * DAY..=30 * DAY).contains(&left), "{left}");
}

#[test]
fn a_locked_store_delivers_and_counts_and_opens_by_the_pin_again() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    let record = site(&li);
    town.order("li", 1, Command::Lock);
    let report = sync(&li);
    assert_eq!((&report["complete"], &report["pushed"]), (&json!(true), &json!(1)), "{report}");
    assert_eq!(town.open_orders(), 0, "acknowledged in the same session");
    assert_eq!(town.state().seen.iter().filter(|(path, _)| path == "session").count(), 2);
    for (n, answer) in reading_calls(&li, &record).into_iter().enumerate() {
        assert_eq!(answer.unwrap_err().code, Code::Locked as i32, "call {n}");
    }
    assert_eq!(li.capture(&json!({ "kind": "site", "edits": [] })).unwrap_err().code, Code::Locked as i32);
    assert_eq!(li.status().unwrap()["locked"], true);
    assert_eq!(sync(&li)["complete"], true);
    assert_eq!(li.records(&json!({})).unwrap_err().code, Code::Locked as i32);
    drop(li);
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    assert_eq!(li.view(&json!({ "record": record })).unwrap()["fields"]["name"]["value"], "甲");
    sync(&li);
    assert_eq!(li.status().unwrap()["locked"], false, "it is not told again");
    assert_eq!(li.notices(&json!({})).unwrap()["notices"][0]["notice"]["command"], "lock");
}

#[test]
fn another_pin_opens_the_store_from_then_on() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    site(&li);
    assert_eq!(li.change_pin("wrong-pin", "新的-654321").unwrap_err().code, Code::WrongPin as i32);
    assert_eq!(li.change_pin(PIN, "12345").unwrap_err().code, Code::WeakPin as i32);
    li.change_pin(PIN, "新的-654321").unwrap();
    site(&li);
    drop(li);
    assert_eq!(Handheld::open(&path, PIN, &json!({})).err().map(|e| e.code), Some(Code::WrongPin as i32));
    let li = Handheld::open(&path, "新的-654321", &json!({})).unwrap();
    assert_eq!(sync(&li)["pushed"], 2);
}
