//! The office's orders to erase: at once, or after everything was delivered; with and without a network right after; killed
//! in the middle.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value as Json, json};
use sync_core::base::Digest;
use sync_core::protocol::Command;
use zhifa_mobile::abi::host::{self, Handheld};
use zhifa_mobile::device::Code;

use super::c_program::Program;
use super::town::{Fault, PIN, Town};

fn capture(handheld: &Handheld) -> Result<Json, i32> {
    handheld.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": "甲", "replaces": [] }] })).map_err(|e| e.code)
}

fn sync(handheld: &Handheld) -> Json {
    handheld.sync(&json!({}), None, None).unwrap()
}

/// The files in a folder, by name.
fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn head(status: &Json) -> (u64, Digest) {
    (status["captured"].as_u64().unwrap(), Digest::parse(status["head"].as_str().unwrap()).unwrap())
}

const ERASED: i32 = Code::Erased as i32;

#[test]
fn a_lost_handheld_is_erased_in_the_session_that_brings_the_order_and_reports_its_head() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    sync(&li);
    for _ in 0..3 {
        capture(&li).unwrap();
    }
    let last = head(&li.status().unwrap());
    town.order("li", 7, Command::EraseNow);
    let report = sync(&li);
    assert_eq!((&report["erased"]["order"], &report["erased"]["head_seq"], &report["erased"]["acknowledged"]), (&json!(7), &json!(3), &json!(true)), "{report}");
    assert_eq!((&report["pushed"], &report["failure"]), (&json!(0), &Json::Null), "at once: nothing is delivered first");
    assert!(report["events"].as_array().unwrap().iter().any(|e| e["event"] == "order" && e["command"] == "erase_now"));
    assert_eq!((town.open_orders(), town.reported_head("li")), (0, Some(last)));
    assert_eq!(files(dir.path()), ["li.erased"]);
    let stone = std::fs::read_to_string(path.with_extension("erased")).unwrap();
    assert!(!stone.contains("token") && !stone.contains("\"li\""), "{stone}");
    // Everything answers that from now on.
    assert_eq!(capture(&li), Err(ERASED));
    let answers = [
        li.records(&json!({})).err(),
        li.status().err(),
        li.notices(&json!({})).err(),
        li.sync(&json!({}), None, None).err(),
        li.sync_next().err(),
        li.bundle_export(&json!({ "sealed": true })).err(),
        li.change_pin(PIN, "新的-654321").err(),
        Handheld::open(&path, PIN, &json!({})).err(),
        Handheld::open(&path, "any other pin", &json!({})).err(),
        Handheld::create(&path, PIN, &json!({})).err(),
    ];
    for (n, error) in answers.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("call {n}"));
        assert_eq!((error.code, &error.detail["head_seq"], &error.detail["head"]), (ERASED, &json!(3), &json!(last.1)), "call {n}: {error}");
    }
    assert_eq!(files(dir.path()), ["li.erased"]);
    assert_eq!(host::deposit(&path, &json!({})).unwrap()["erased"]["acknowledged"], true);
}

#[test]
fn an_erasure_that_the_office_did_not_hear_of_is_told_later_without_a_pin() {
    for fault in [Fault::LoseAnswer, Fault::Answer(503, "text/plain", ""), Fault::Answer(200, "text/html", "<html>portal</html>")] {
        let heard = matches!(fault, Fault::LoseAnswer);
        let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
        let (li, path) = town.handheld(dir.path(), "li");
        sync(&li);
        capture(&li).unwrap();
        let last = head(&li.status().unwrap());
        town.order("li", 1, Command::EraseNow);
        // The second session request of this sync is the store's last word.
        let mut progress = |p: Json| {
            if p["phase"] == "last_words" {
                assert_eq!(files(dir.path()), ["li.erased"], "erased before it is said");
            }
        };
        town.state().faults.entry("session").or_default().extend([Fault::None, fault]);
        let report = li.sync(&json!({}), None, Some(&mut progress)).unwrap();
        assert_eq!(report["erased"]["acknowledged"], false);
        assert_eq!(town.open_orders(), usize::from(!heard));
        let error = Handheld::open(&path, PIN, &json!({})).err().unwrap();
        assert_eq!((error.code, &error.detail["acknowledged"]), (ERASED, &json!(false)));
        town.fault("deposit", Fault::Answer(502, "text/plain", ""));
        assert_eq!(host::deposit(&path, &json!({})).unwrap_err().code, Code::Offline as i32);
        assert_eq!(host::deposit(&path, &json!({})).unwrap()["erased"]["acknowledged"], true);
        assert_eq!((town.open_orders(), town.reported_head("li")), (0, Some(last)));
        assert!(!std::fs::read_to_string(path.with_extension("erased")).unwrap().contains("token"));
    }
}

#[test]
fn a_host_that_does_http_itself_carries_the_last_word() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    capture(&li).unwrap();
    town.order("li", 1, Command::EraseNow);
    let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
    let mut erased = Json::Null;
    while let Some(request) = li.sync_next().unwrap() {
        let url = format!("{}{}", town.address, request.head["path"].as_str().unwrap());
        let mut send = client.post(url).body(request.body.clone());
        for (name, value) in request.head["headers"].as_object().unwrap() {
            send = send.header(name, value.as_str().unwrap());
        }
        let answer = send.send().unwrap();
        let (status, body) = (answer.status().as_u16(), answer.bytes().unwrap());
        erased = li.sync_answer(status, &json!({ "Content-Type": "application/json" }), &body).unwrap()["erased"].clone();
    }
    assert_eq!((&erased["acknowledged"], town.open_orders()), (&json!(true), 0));
    assert_eq!(files(dir.path()), ["li.erased"]);
    assert_eq!(li.sync_next().unwrap_err().code, ERASED);
}

#[test]
fn a_store_that_is_to_drain_begins_nothing_delivers_all_of_it_and_goes() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    let (wang, _) = town.handheld(dir.path(), "wang");
    capture(&wang).unwrap();
    li.bundle_import(&wang.bundle_export(&json!({})).unwrap()).unwrap();
    for _ in 0..4 {
        capture(&li).unwrap();
    }
    town.order("li", 2, Command::DrainThenErase);
    // The push fails: the store stays, and begins nothing new.
    town.fault("push", Fault::Answer(503, "text/plain", ""));
    let report = sync(&li);
    assert_eq!((&report["erased"], town.open_orders()), (&Json::Null, 1));
    assert_eq!(capture(&li), Err(Code::Ending as i32));
    assert_eq!(li.bundle_import(&wang.bundle_export(&json!({})).unwrap()).unwrap_err().code, Code::Ending as i32);
    let status = li.status().unwrap();
    assert_eq!((&status["ending"], &status["unsent"], &status["carrying"]), (&json!(true), &json!(4), &json!(1)));
    assert_eq!(li.records(&json!({})).unwrap()["records"].as_array().unwrap().len(), 5, "what is still here may be read");
    drop(li);
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    assert_eq!(capture(&li), Err(Code::Ending as i32), "also after a restart");
    let last = head(&li.status().unwrap());
    let report = sync(&li);
    assert_eq!((&report["erased"]["acknowledged"], &report["pushed"]), (&json!(true), &json!(5)), "{report}");
    assert_eq!((town.open_orders(), town.reported_head("li")), (0, Some(last)));
    assert_eq!(town.state().district.ledger.len(), 5, "own and carried");
    assert_eq!(files(dir.path()).iter().filter(|f| f.starts_with("li")).collect::<Vec<_>>(), ["li.erased"]);
}

#[test]
fn an_order_is_told_until_it_is_acknowledged() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, _) = town.handheld(dir.path(), "li");
    capture(&li).unwrap();
    town.order("li", 3, Command::DrainThenErase);
    for _ in 0..3 {
        town.fault("push", Fault::Answer(503, "text/plain", ""));
        sync(&li);
    }
    assert_eq!(town.open_orders(), 1);
    let orders = li.notices(&json!({})).unwrap()["notices"].as_array().unwrap().iter().filter(|n| n["notice"]["event"] == "order").count();
    assert_eq!(orders, 1, "the officer is told once");
}

#[test]
fn a_kill_in_the_middle_of_an_erasure_leaves_a_store_or_none_and_the_office_hears_of_it() {
    let program = Program::build();
    let mut seed = 0xe4a5e_u64;
    let (mut before, mut after) = (0, 0);
    for round in 0..14 {
        let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
        let (li, path) = town.handheld(dir.path(), "li");
        sync(&li);
        for _ in 0..5 {
            capture(&li).unwrap();
        }
        let last = head(&li.status().unwrap());
        drop(li);
        town.order("li", 1, Command::EraseNow);
        let already = town.state().seen.len();
        let mut child = program.command(None).args(["sync", path.to_str().unwrap(), PIN]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        while town.state().seen.len() < already + 3 {
            std::thread::yield_now();
        }
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        for _ in 0..(seed >> 40) % (200_000 * (round + 1)) {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        match Handheld::open(&path, PIN, &json!({})) {
            // Killed before the order was durable: it is told again.
            Ok(li) => {
                before += 1;
                assert_eq!(li.status().unwrap()["unsent"], 5);
                assert_eq!(sync(&li)["erased"]["head_seq"], 5);
            }
            Err(error) => {
                after += 1;
                assert_eq!((error.code, &error.detail["head_seq"], &error.detail["head"]), (ERASED, &json!(5), &json!(last.1)), "{error}");
            }
        }
        assert_eq!(files(dir.path()), ["li.erased"]);
        assert_eq!(host::deposit(&path, &json!({})).unwrap()["erased"]["acknowledged"], true);
        assert_eq!((town.open_orders(), town.reported_head("li")), (0, Some(last)));
    }
    assert_eq!(before + after, 14);
}
