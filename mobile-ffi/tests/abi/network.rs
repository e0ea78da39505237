//! Sync by the library's transport and by the host's, with everything that a network does to it.

use serde_json::{Value as Json, json};
use sync_core::district::Store;
use zhifa_mobile::abi::host::{CancelToken, Handheld};
use zhifa_mobile::device::Code;

use super::town::{Fault, PIN, Town};

fn new_site(handheld: &Handheld, name: &str) -> String {
    let done = handheld.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": name, "replaces": [] }] })).unwrap();
    done["record"].as_str().unwrap().to_owned()
}

fn rename(handheld: &Handheld, record: &str, name: &str) {
    let view = handheld.view(&json!({ "record": record })).unwrap();
    let edit = json!({ "field": "name", "value": name, "replaces": view["fields"]["name"]["dots"] });
    handheld.capture(&json!({ "record": record, "kind": "site", "edits": [edit] })).unwrap();
}

fn sync(handheld: &Handheld) -> Json {
    handheld.sync(&json!({}), None, None).unwrap()
}

fn name_of(handheld: &Handheld, record: &str) -> Json {
    handheld.view(&json!({ "record": record })).unwrap()["fields"]["name"].clone()
}

#[test]
fn two_handhelds_clash_one_resolves_and_both_end_equal() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    let (wang, path) = town.handheld(dir.path(), "wang");
    let site = new_site(&li, "新达工地");
    assert_eq!(sync(&li)["complete"], true);
    assert_eq!(sync(&wang)["complete"], true);
    rename(&li, &site, "新达工地一期");
    rename(&wang, &site, "新达工地二期");
    for handheld in [&li, &wang, &li] {
        assert_eq!(sync(handheld)["complete"], true);
    }
    let clash = li.clashes(&json!({})).unwrap()["clashes"][0].clone();
    assert_eq!((&clash["field"], clash["values"].as_array().unwrap().len()), (&json!("name"), 2));
    li.resolve(&json!({ "record": site, "field": "name", "value": "新达工地", "replaces": clash["replaces"], "reason": "以许可证为准" })).unwrap();
    sync(&li);
    sync(&wang);
    assert_eq!(name_of(&li, &site)["value"], "新达工地");
    assert_eq!(li.view(&json!({ "record": site })).unwrap()["checksum"], wang.view(&json!({ "record": site })).unwrap()["checksum"]);
    assert!(wang.clashes(&json!({})).unwrap()["clashes"].as_array().unwrap().is_empty());
    assert_eq!(wang.status().unwrap()["done"], true);
    drop(wang);
    let wang = Handheld::open(&path, PIN, &json!({})).unwrap();
    let notice = wang.notices(&json!({})).unwrap()["notices"][0].clone();
    assert_eq!((&notice["notice"]["mine"], &notice["notice"]["now"][0]["by"]["reason"]), (&json!("新达工地二期"), &json!("以许可证为准")), "{notice}");
    wang.notices_shown(&json!({ "through": notice["number"] })).unwrap();
    assert!(wang.notices(&json!({})).unwrap()["notices"].as_array().unwrap().is_empty());
}

#[test]
fn a_lost_answer_is_repeated_and_nothing_is_doubled() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    new_site(&li, "甲");
    town.fault("push", Fault::LoseAnswer);
    let report = sync(&li);
    assert_eq!((&report["complete"], &report["failure"]["code"]), (&json!(false), &json!(Code::Offline as i32)));
    assert!(report["retry_ms"].as_u64().unwrap() >= 30_000);
    assert_eq!(sync(&li)["complete"], true);
    assert_eq!(town.state().district.ledger.len(), 1);
    assert_eq!(li.status().unwrap()["unsent"], 0);
}

#[test]
fn a_portal_is_no_receipt_and_its_redirect_is_not_followed() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    new_site(&li, "甲");
    for (path, status) in [("push", 200), ("push", 302), ("session", 200), ("nonce", 200), ("token", 403)] {
        town.fault(path, Fault::Answer(status, "text/html", "<html>log in to the Wi-Fi</html>"));
        let report = sync(&li);
        assert_eq!(report["failure"]["code"], Code::NotTheServer as i32, "{path} {status}");
        assert_eq!(li.status().unwrap()["unsent"], 1, "{path} {status}");
    }
    assert_eq!(sync(&li)["complete"], true);
}

#[test]
fn an_expired_token_is_renewed_once_and_a_refused_one_reported() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    new_site(&li, "甲");
    town.fault("push", Fault::Answer(401, "application/problem+json", "{\"code\":\"token_expired\"}"));
    assert_eq!(sync(&li)["complete"], true);
    for _ in 0..2 {
        town.fault("session", Fault::Answer(401, "application/problem+json", "{\"code\":\"device_revoked\"}"));
    }
    let report = sync(&li);
    assert_eq!((&report["failure"]["code"], &report["failure"]["problem"]["code"]), (&json!(Code::Refused as i32), &json!("device_revoked")));
}

#[test]
fn a_batch_that_is_too_large_is_halved_and_one_change_too_large_holds_up_no_other() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    for n in 0..8 {
        new_site(&li, &format!("工地{n}"));
    }
    for _ in 0..4 {
        town.fault("push", Fault::Answer(413, "application/problem+json", "{}"));
    }
    sync(&li);
    let batches: Vec<usize> = town.state().seen.iter().filter(|(path, _)| path == "push").map(|(_, lines)| *lines).collect();
    assert_eq!(batches[..4], [8, 4, 2, 1]);
    assert_eq!(li.status().unwrap()["unsent"], 1, "the one that was refused alone is kept");
    assert_eq!(sync(&li)["complete"], true);
    assert_eq!(li.status().unwrap()["unsent"], 0);
}

#[test]
fn an_unknown_5xx_is_transient_and_retry_after_is_honoured() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    new_site(&li, "甲");
    town.fault("push", Fault::Answer(599, "text/plain", ""));
    let report = sync(&li);
    assert_eq!(report["failure"]["code"], Code::Offline as i32);
    assert!(town.state().seen.iter().any(|(path, _)| path == "pull"), "a failed push does not keep the pull from happening");
    town.fault("session", Fault::Answer(503, "text/plain", ""));
    assert!(sync(&li)["retry_ms"].as_u64().unwrap() >= 77_000);
}

#[test]
fn a_request_that_hangs_is_cancelled_at_once_and_nothing_is_lost() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    new_site(&li, "甲");
    town.fault("push", Fault::Hang);
    let cancel = CancelToken::create().unwrap();
    let mut phases = Vec::new();
    let error = std::thread::scope(|scope| {
        let (town, cancel, li) = (&town, &cancel, &li);
        let waiting = scope.spawn(move || {
            while !town.state().seen.iter().any(|(path, _)| path == "push") {
                std::thread::yield_now();
            }
            new_site(li, "captured while the request is on its way");
            cancel.trigger().unwrap();
        });
        let mut note = |progress: Json| phases.push(progress["phase"].as_str().unwrap().to_owned());
        let result = li.sync(&json!({}), Some(cancel), Some(&mut note));
        waiting.join().unwrap();
        result.unwrap_err()
    });
    assert_eq!(error.code, Code::Cancelled as i32);
    assert_eq!(phases.last().map(String::as_str), Some("push"));
    assert_eq!(li.status().unwrap()["unsent"], 2);
    assert_eq!(sync(&li)["complete"], true);
}

#[test]
fn a_host_that_does_http_itself_reaches_the_same_end() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    new_site(&li, "甲");
    let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
    let mut complete = Json::Null;
    let mut last = None;
    while let Some(request) = li.sync_next().unwrap() {
        assert_eq!(li.sync_next().unwrap().as_ref(), Some(&request), "asking twice gives the same");
        assert_eq!(li.sync(&json!({}), None, None).unwrap_err().code, Code::Busy as i32, "one session at a time");
        let url = format!("{}{}", town.address, request.head["path"].as_str().unwrap());
        let mut send = if request.head["method"] == "GET" { client.get(url) } else { client.post(url).body(request.body.clone()) };
        for (name, value) in request.head["headers"].as_object().unwrap() {
            send = send.header(name, value.as_str().unwrap());
        }
        let answer = send.send().unwrap();
        let (status, body) = (answer.status().as_u16(), answer.bytes().unwrap());
        complete = li.sync_answer(status, &json!({ "Content-Type": "application/json" }), &body).unwrap()["complete"].clone();
        last = Some(request);
    }
    assert_eq!((complete, last.is_some()), (json!(true), true));
    assert_eq!(li.status().unwrap()["done"], true);
    assert_eq!(li.sync_answer(200, &json!({}), b"").unwrap_err().code, Code::BadArgument as i32);
}

#[test]
fn an_enrolment_whose_answer_was_lost_is_repeated_under_the_same_name() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let li = Handheld::create(&dir.path().join("li"), PIN, &json!({})).unwrap();
    assert_eq!(li.capture(&json!({ "kind": "site", "edits": [] })).unwrap_err().code, Code::NotEnrolled as i32);
    town.fault("enrol", Fault::LoseAnswer);
    assert_eq!(li.enrol(&town.enrol_input("li")).unwrap_err().code, Code::Offline as i32);
    let mut wrong = town.enrol_input("li");
    wrong["password"] = json!("no");
    assert_eq!(li.enrol(&wrong).unwrap_err().code, Code::Refused as i32);
    li.enrol(&town.enrol_input("li")).unwrap();
    assert_eq!(town.state().district.devices.values().filter(|d| d.officer.as_str() == "li").count(), 1);
    assert_eq!(li.enrol(&town.enrol_input("li")).unwrap_err().code, Code::Enrolled as i32);
}

#[test]
fn a_colleague_carries_what_cannot_be_sent_and_a_carrier_cannot_read_it() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    let (wang, _) = town.handheld(dir.path(), "wang");
    let site = new_site(&li, "道口保洁不符合");
    let clear = li.bundle_export(&json!({})).unwrap();
    let sealed = li.bundle_export(&json!({ "sealed": true })).unwrap();
    assert_eq!(wang.bundle_import(&sealed).unwrap_err().code, Code::BadBundle as i32);
    assert!(String::from_utf8(town.unseal(&sealed)).unwrap().contains("道口保洁不符合"));
    assert_eq!(wang.bundle_import(&clear[..clear.len() / 2]).unwrap_err().code, Code::BadBundle as i32);
    assert_eq!(wang.bundle_import(&clear).unwrap()["imported"].as_array().unwrap().len(), 1);
    assert_eq!(wang.bundle_import(&clear).unwrap()["known"], 1);
    assert_eq!(name_of(&wang, &site)["value"], "道口保洁不符合", "shown at once");
    assert_eq!(name_of(&wang, &site)["candidates"][0]["officer"], "li");
    assert_eq!(wang.status().unwrap()["carrying"], 1);
    assert_eq!(sync(&wang)["complete"], true);
    assert_eq!(town.state().district.ledger.len(), 1);
    assert_eq!(sync(&li)["complete"], true);
    assert_eq!(li.status().unwrap()["done"], true, "delivered by the colleague");
    let mut state = town.state();
    assert_eq!(state.district.head().unwrap().commit, 1);
}

#[test]
fn what_a_form_did_not_show_is_not_replaced() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    let no_replaces = json!({ "kind": "site", "edits": [{ "field": "name", "value": "x" }] });
    assert_eq!(li.capture(&no_replaces).unwrap_err().code, Code::BadArgument as i32);
    let float = json!({ "kind": "site", "edits": [{ "field": "name", "value": 1.5, "replaces": [] }] });
    assert_eq!(li.capture(&float).unwrap_err().code, Code::Rejected as i32);
    let unknown = json!({ "kind": "site", "edits": [{ "field": "nonsense", "value": 1, "replaces": [] }] });
    assert_eq!(li.capture(&unknown).unwrap_err().detail["code"], "unknown_field");
    let site = new_site(&li, "甲");
    li.capture(&json!({ "record": site, "kind": "site", "edits": [{ "field": "name", "value": "乙", "replaces": [] }] })).unwrap();
    assert_eq!(name_of(&li, &site)["reading"], "contested");
    assert_eq!(li.status().unwrap()["captured"], 2);
}
