//! What handhelds owe to people and power, against a real server: sealed copies handed in without a PIN, orders to erase, and
//! the lease of those who may not read.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::PathBuf;

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::DeviceId;
use sync_core::protocol::Command;
use sync_core::replica::{MAX_DEPOSIT_FRAMES, frame, frames};
use zhifa_mobile::abi::host::{self, Handheld};
use zhifa_mobile::device::Code;
use zhifa_server::Running;
use zhifa_server::org::ops;
use zhifa_server::routes::ROUTES;
use zhifa_server::schema::{command, custody, pending_report};
use zhifa_server::sync::store::Want;

/// A server, and a handheld that had a session and began five visits since.
struct Field {
    folder: tempfile::TempDir,
    running: Option<Running>,
    li: Option<Handheld>,
}

impl Field {
    fn new() -> Field {
        let folder = tempfile::tempdir().unwrap();
        let running = common::serve(&folder.path().join("server"), None);
        let field = Field { li: Some(common::handheld(&running, &folder.path().join("li"), "li")), folder, running: Some(running) };
        assert_eq!(field.sync()["complete"], true);
        for n in 0..5 {
            let edits = json!([{ "field": "task", "value": format!("任务{n}"), "replaces": [] }, { "field": "unit", "value": "u1", "replaces": [] }]);
            field.li().capture(&json!({ "kind": "visit", "edits": edits })).unwrap();
        }
        field
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    fn li(&self) -> &Handheld {
        self.li.as_ref().unwrap()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("li")
    }

    fn sync(&self) -> Json {
        self.li().sync(&json!({}), None, None).unwrap()
    }

    fn device(&self) -> DeviceId {
        self.li().status().unwrap()["device"].as_str().unwrap().parse().unwrap()
    }

    fn suspend(&self, suspended: bool) {
        let who = "li".parse().unwrap();
        self.running().app.committer.run_blocking(Want::default(), move |store| ops::suspend(store, "test", &who, suspended)).unwrap().unwrap();
    }

    fn order(&self, what: Command) -> u64 {
        let device = self.device();
        self.running().app.committer.run_blocking(Want::default(), move |store| ops::order(store, "test", device, what)).unwrap().unwrap()
    }

    /// The token that lies beside the store.
    fn token(&self) -> String {
        let ticket: Json = serde_json::from_slice(&std::fs::read(self.path().with_extension("deposit")).unwrap()).unwrap();
        ticket["token"].as_str().unwrap().to_owned()
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: Vec<u8>) -> (u16, Json) {
        let url = format!("{}{path}", self.running().url());
        let request = reqwest::blocking::Client::new().request(method.parse().unwrap(), url).bearer_auth(token);
        let request = if method == "GET" { request } else { request.header("content-type", "application/json").body(body) };
        let answer = request.send().unwrap();
        (answer.status().as_u16(), answer.json().unwrap_or_default())
    }

    fn db(&self) -> SqliteConnection {
        SqliteConnection::establish(self.folder.path().join("server/zhifa.db").to_str().unwrap()).unwrap()
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            actix_web::rt::System::new().block_on(running.stop());
        }
    }
}

#[test]
fn a_store_whose_pin_nobody_knows_hands_in_twice_and_nothing_is_doubled_and_then_it_syncs() {
    let mut field = Field::new();
    field.li = None;
    let first = host::deposit(&field.path(), &json!({})).unwrap();
    assert_eq!((&first["frames"], &first["applied"], &first["repeats"]), (&json!(5), &json!(5), &json!(0)), "{first}");
    let second = host::deposit(&field.path(), &json!({})).unwrap();
    assert_eq!((&second["frames"], &second["repeats"], &second["unverified"]), (&json!(5), &json!(5), &json!(0)));
    field.li = Some(Handheld::open(&field.path(), common::PIN, &json!({})).unwrap());
    let report = field.sync();
    assert_eq!((&report["complete"], &report["pushed"], &field.li().status().unwrap()["done"]), (&json!(true), &json!(0), &json!(true)));
    assert_eq!(std::fs::metadata(field.path().with_extension("sealed")).unwrap().len(), 0, "the receipt covers all of it");
}

#[test]
fn a_suspended_officers_deposit_goes_to_quarantine_and_his_store_is_not_read_on() {
    let field = Field::new();
    field.suspend(true);
    let answer = host::deposit(&field.path(), &json!({})).unwrap();
    assert_eq!((&answer["quarantined"], &answer["applied"]), (&json!(5), &json!(0)), "{answer}");
    assert_eq!(field.sync()["complete"], false, "he is given nothing");
    assert_eq!(field.li().records(&json!({})).unwrap_err().code, Code::LeaseLapsed as i32);
    assert_eq!(field.li().status().unwrap()["unsent"], 0);
    field.suspend(false);
    assert_eq!(field.sync()["complete"], true);
    assert!(field.li().records(&json!({})).is_ok());
}

#[test]
fn a_frame_that_cannot_be_opened_is_kept_and_holds_up_no_other() {
    let field = Field::new();
    let stranger = age::x25519::Identity::generate().to_public();
    let foreign = age::encrypt(&stranger, b"sealed to somebody else").unwrap();
    let no_line = age::encrypt(&field.running().app.keys.recipient().parse::<age::x25519::Recipient>().unwrap(), b"no line of a push").unwrap();
    let mut file = frame(9, &foreign).unwrap();
    file.extend(frame(10, &no_line).unwrap());
    file.extend(std::fs::read(field.path().with_extension("sealed")).unwrap());
    let (status, answer) = field.ask("POST", "/sync/v1/deposit", &field.token(), file);
    assert_eq!((status, &answer["frames"], &answer["applied"], &answer["unverified"]), (200, &json!(7), &json!(5), &json!(2)), "{answer}");
    let packed: Vec<Vec<u8>> = custody::table.select(custody::bytes).load(&mut field.db()).unwrap();
    let kept: Vec<Vec<u8>> = packed.iter().map(|bytes| sync_core::base::pack::unpack(bytes, 1 << 20).unwrap()).collect();
    assert!(kept.contains(&foreign) && kept.contains(&b"no line of a push".to_vec()), "the bytes are in custody");
}

#[test]
fn the_office_takes_the_sealed_file_of_a_broken_handheld_by_cable() {
    let mut field = Field::new();
    field.li = None;
    let file = std::fs::read(field.path().with_extension("sealed")).unwrap();
    let take = |file: Vec<u8>| actix_web::rt::System::new().block_on(field.running().app.clone().take_file(file));
    let torn = take(file[..file.len() - 1].to_vec()).unwrap_err();
    assert!(torn.code() == "body_broken" && torn.to_string().contains("4 copies were taken"), "{torn}");
    let taken = serde_json::to_value(take(file).unwrap()).unwrap();
    let states: Vec<&str> = taken["results"].as_array().unwrap().iter().map(|r| r["disposition"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["applied"; 5], "{taken}");
}

#[test]
fn limits_and_torn_files_are_refused_whole() {
    let field = Field::new();
    let token = field.token();
    let file = std::fs::read(field.path().with_extension("sealed")).unwrap();
    let send = |path: &str, body: Vec<u8>| {
        let (status, answer) = field.ask("POST", path, &token, body);
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(send("/sync/v1/deposit", file[..file.len() - 1].to_vec()), (400, "body_broken".into()));
    assert_eq!(send("/sync/v1/deposit", b"no frame at all, and long enough to be one".to_vec()), (400, "body_broken".into()));
    let many: Vec<u8> = (0..=MAX_DEPOSIT_FRAMES as u64).flat_map(|n| frame(n, b"x").unwrap()).collect();
    assert_eq!(send("/sync/v1/deposit", many), (413, "body_too_large".into()));
    assert_eq!(send("/sync/v1/deposit", vec![0; (4 << 20) + 1]), (413, "body_too_large".into()));
    assert_eq!(send("/sync/v1/deposit?order=1", Vec::new()), (422, "invalid_field".into()));
    assert_eq!(frames(&file).count(), 5);
    assert_eq!(field.sync()["pushed"], 5, "nothing of it was taken");
}

#[test]
fn a_deposit_token_is_good_for_deposits_and_a_device_token_is_not() {
    let field = Field::new();
    let token = field.token();
    // Pages take no bearer token at all; `roles.rs` walks them.
    let by_bearer = |permission: &str| !["public", "deposit"].contains(&permission) && !permission.starts_with("page: ") && !permission.starts_with("form: ");
    for (method, path, permission) in ROUTES.iter().filter(|r| by_bearer(r.2)) {
        let path = path.replace("{dot}", "00000000000000ab.1").replace("{key}", "unit").replace("{id}", "00000000000000ab");
        let (status, answer) = field.ask(method, &path, &token, b"{}".to_vec());
        // An answer to HEAD has no body.
        let code = if *method == "HEAD" { Json::Null } else { json!("unauthorized") };
        assert_eq!((status, &answer["code"]), (401, &code), "{method} {path}, for {permission}");
    }
    assert_eq!(field.ask("POST", "/sync/v1/deposit", &token, Vec::new()).0, 200);
    assert_eq!(field.ask("POST", "/sync/v1/deposit", "x.y.z", Vec::new()).0, 401);
    let app = &field.running().app;
    let claims = zhifa_server::base::token::DeviceClaims { sub: field.device() };
    let device_token = app.tokens.make(claims, 60, app.now()).unwrap();
    assert_eq!(field.ask("POST", "/sync/v1/deposit", &device_token, Vec::new()).0, 401);
}

#[test]
fn a_lost_handheld_erased_on_contact_reports_its_last_journal_head() {
    let field = Field::new();
    let status = field.li().status().unwrap();
    let number = field.order(Command::EraseNow);
    let report = field.sync();
    assert_eq!((&report["erased"]["order"], &report["erased"]["acknowledged"]), (&json!(number), &json!(true)), "{report}");
    let (told, done): (Option<i64>, Option<i64>) = command::table.select((command::told_ms, command::done_ms)).first(&mut field.db()).unwrap();
    assert!(told.is_some() && done >= told);
    let (seq, hash): (Option<i64>, Option<Vec<u8>>) = pending_report::table.select((pending_report::head_seq, pending_report::head_hash)).first(&mut field.db()).unwrap();
    let reported = sync_core::base::Digest(hash.unwrap().try_into().unwrap());
    assert_eq!((json!(seq), json!(reported)), (json!(5), status["head"].clone()));
    assert_eq!(Handheld::open(&field.path(), common::PIN, &json!({})).err().map(|e| e.code), Some(Code::Erased as i32));
    assert!(!field.path().exists() && !field.path().with_extension("key").exists());
}

#[test]
fn an_order_that_was_told_and_not_carried_out_is_told_again_and_the_last_word_comes_by_deposit() {
    let field = Field::new();
    let (device, token) = (field.device(), field.token());
    let number = field.order(Command::EraseNow);
    let head = field.li().status().unwrap()["head"].as_str().unwrap().to_owned();
    let words = format!("/sync/v1/deposit?order={number}&seq=5&hash={head}");
    let open = || -> i64 { command::table.filter(command::done_ms.is_null()).count().get_result(&mut field.db()).unwrap() };
    assert_eq!(open(), 1);
    for _ in 0..2 {
        assert_eq!(field.ask("POST", &words, &token, Vec::new()).0, 200);
        assert_eq!(open(), 0, "said twice, done once");
    }
    let rows: Vec<(i64, Option<i64>)> = pending_report::table.select((pending_report::device, pending_report::head_seq)).load(&mut field.db()).unwrap();
    assert_eq!(rows, [(device.0.cast_signed(), Some(5))]);
}
