//! Sealed copies: outside the PIN, readable by the server alone, handed in by whoever holds the handheld.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use sync_core::replica::frames;
use zhifa_mobile::abi::host::{self, Handheld};
use zhifa_mobile::device::Code;

use super::town::{Fault, PIN, Town};

/// What a capture writes and no file may show.
const SECRET: &str = "道口保洁不符合";

fn capture(handheld: &Handheld, name: &str) {
    handheld.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": name, "replaces": [] }] })).unwrap();
}

fn sync(handheld: &Handheld) -> Json {
    handheld.sync(&json!({}), None, None).unwrap()
}

fn sealed(store: &Path) -> PathBuf {
    store.with_extension("sealed")
}

fn numbers(store: &Path) -> Vec<u64> {
    frames(&std::fs::read(sealed(store)).unwrap_or_default()).map(|f| f.seq).collect()
}

/// A handheld that had a session and then captured without one.
fn in_the_field(town: &Town, dir: &Path) -> (Handheld, PathBuf) {
    let (li, path) = town.handheld(dir, "li");
    assert_eq!(sync(&li)["complete"], true);
    for n in 0..5 {
        capture(&li, &format!("{SECRET}{n}"));
    }
    (li, path)
}

#[test]
fn a_store_that_nobody_can_open_hands_in_twice_and_nothing_is_doubled_and_then_it_syncs() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = in_the_field(&town, dir.path());
    drop(li);
    assert_eq!(numbers(&path), [1, 2, 3, 4, 5]);
    assert_eq!(Handheld::open(&path, "forgotten", &json!({})).err().map(|e| e.code), Some(Code::WrongPin as i32));
    let first = host::deposit(&path, &json!({})).unwrap();
    assert_eq!((&first["frames"], &first["applied"], &first["repeats"], &first["erased"]), (&json!(5), &json!(5), &json!(0), &Json::Null), "{first}");
    let second = host::deposit(&path, &json!({})).unwrap();
    assert_eq!((&second["frames"], &second["applied"], &second["repeats"]), (&json!(5), &json!(5), &json!(5)));
    assert_eq!(town.state().district.ledger.len(), 5);
    assert_eq!(numbers(&path).len(), 5, "no receipt was checked, so nothing is let go of");
    // The PIN is remembered: the session's receipt covers what was handed in, and the file is emptied.
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    assert_eq!(li.status().unwrap()["unsent"], 5);
    let report = sync(&li);
    assert_eq!((&report["complete"], &report["pushed"]), (&json!(true), &json!(0)));
    assert_eq!(li.status().unwrap()["done"], true);
    assert_eq!(std::fs::metadata(sealed(&path)).unwrap().len(), 0);
    capture(&li, "后来");
    assert_eq!(numbers(&path), [6]);
}

#[test]
fn only_the_server_reads_the_copies_and_the_answer_says_nothing_of_them() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = in_the_field(&town, dir.path());
    let bytes = std::fs::read(sealed(&path)).unwrap();
    assert!(!bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes()));
    let device = li.status().unwrap()["device"].as_str().unwrap().to_owned();
    let ticket = std::fs::read_to_string(path.with_extension("deposit")).unwrap();
    assert!(ticket.contains(&format!("deposit-{device}")) && !ticket.contains("\"li\""), "a token, and nothing personal: {ticket}");
    let answer = host::deposit(&path, &json!({})).unwrap().to_string();
    assert!(!answer.contains("name") && !answer.contains(&device), "{answer}");
}

#[test]
fn a_torn_end_is_cut_and_what_a_kill_left_out_is_made_up_for() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = in_the_field(&town, dir.path());
    drop(li);
    let whole = std::fs::read(sealed(&path)).unwrap();
    let third = frames(&whole).nth(2).unwrap().end;
    let mut with_zeros = whole[..third].to_vec();
    with_zeros.resize(third + 3_000, 0);
    let mut altered = whole.clone();
    altered[third + 25] ^= 1;
    for broken in [whole[..whole.len() - 7].to_vec(), whole[..third + 5].to_vec(), with_zeros, altered, Vec::new()] {
        std::fs::write(sealed(&path), &broken).unwrap();
        drop(Handheld::open(&path, PIN, &json!({})).unwrap());
        assert_eq!(numbers(&path), [1, 2, 3, 4, 5]);
        let again = std::fs::read(sealed(&path)).unwrap();
        assert_eq!(frames(&again).last().unwrap().end, again.len(), "nothing stands behind the last frame");
    }
    std::fs::remove_file(sealed(&path)).unwrap();
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    assert_eq!(numbers(&path), [1, 2, 3, 4, 5]);
    assert_eq!(host::deposit(&path, &json!({})).unwrap()["applied"], 5);
    sync(&li);
    assert_eq!(std::fs::metadata(sealed(&path)).unwrap().len(), 0);
}

#[test]
fn a_file_that_cannot_be_written_holds_up_no_capture_and_the_next_one_makes_up_for_it() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = in_the_field(&town, dir.path());
    std::fs::remove_file(sealed(&path)).unwrap();
    std::fs::create_dir(sealed(&path)).unwrap();
    capture(&li, "没有副本");
    assert_eq!(li.status().unwrap()["unsent"], 6);
    std::fs::remove_dir(sealed(&path)).unwrap();
    capture(&li, "再来");
    assert_eq!(numbers(&path), [6, 7]);
    drop(li);
    drop(Handheld::open(&path, PIN, &json!({})).unwrap());
    let mut all = numbers(&path);
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn what_is_handed_in_after_a_suspension_goes_to_quarantine() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = in_the_field(&town, dir.path());
    drop(li);
    town.state().district.suspended.insert("li".parse().unwrap());
    let answer = host::deposit(&path, &json!({})).unwrap();
    assert_eq!((&answer["quarantined"], &answer["applied"]), (&json!(5), &json!(0)));
    assert!(town.state().district.records.is_empty());
}

#[test]
fn no_store_no_session_no_network_and_a_portal_are_told_apart() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let code = |path: &Path| host::deposit(path, &json!({})).unwrap_err().code;
    assert_eq!(code(&dir.path().join("none")), Code::Missing as i32);
    let (wang, fresh) = town.handheld(dir.path(), "wang");
    capture(&wang, "甲");
    assert_eq!(code(&fresh), Code::NotEnrolled as i32);
    let (_li, path) = in_the_field(&town, dir.path());
    town.fault("deposit", Fault::LoseAnswer);
    assert_eq!(code(&path), Code::Offline as i32);
    for (status, ty, text) in [(200, "text/html", "<html>"), (200, "application/json", "{}"), (302, "text/html", "")] {
        town.fault("deposit", Fault::Answer(status, ty, text));
        assert_eq!(code(&path), Code::NotTheServer as i32, "{status} {text}");
    }
    town.fault("deposit", Fault::Answer(401, "application/problem+json", "{\"code\":\"token_expired\"}"));
    assert_eq!(code(&path), Code::Refused as i32);
    town.fault("deposit", Fault::Answer(413, "application/problem+json", "{}"));
    let answer = host::deposit(&path, &json!({})).unwrap();
    assert_eq!((&answer["frames"], &answer["repeats"]), (&json!(5), &json!(5)), "halved, and all of it had come before");
}

#[test]
fn copies_of_a_store_that_is_gone_are_set_aside_and_still_handed_in() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = in_the_field(&town, dir.path());
    drop(li);
    for part in [path.clone(), path.with_extension("key")] {
        std::fs::remove_file(part).unwrap();
    }
    drop(Handheld::create(&path, PIN, &json!({})).unwrap());
    let aside = dir.path().join("li.aside1");
    assert_eq!(numbers(&path), [0u64; 0]);
    assert_eq!(host::deposit(&aside, &json!({})).unwrap()["applied"], 5);
}
