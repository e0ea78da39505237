//! Papers numbered in the field: from blocks of their own series, in the transaction of the capture that writes them, with a seal that is
//! good for this number on this handheld only.

use std::path::Path;

use serde_json::{Value as Json, json};
use sync_core::base::keys::Ed25519;
use sync_core::base::{DeviceId, Digest, DistrictId, b64};
use sync_core::number::{SealToken, Sort};
use sync_core::record::Dot;
use zhifa_mobile::abi::host::Handheld;
use zhifa_mobile::device::Code;

use super::town::{PIN, Town};

const IMAGE: &[u8] = b"\x89PNG and the rest";

fn sync(handheld: &Handheld) {
    assert_eq!(handheld.sync(&json!({}), None, None).unwrap()["complete"], true);
}

/// A town in which Li is leased numbers of acts and of papers, and has been.
fn leased(dir: &Path) -> (Town, Handheld) {
    let town = Town::new();
    town.state().organs.insert("li".into(), "team".into());
    town.state().prefix = Some("甬高新综执".into());
    town.state().seal = Some(IMAGE.to_vec());
    let (li, _) = town.handheld(dir, "li");
    sync(&li);
    (town, li)
}

fn left(li: &Handheld, prefix: &str) -> i64 {
    let status = li.numbers_status().unwrap();
    let of = |row: &&Json| row["series"].as_str().unwrap().starts_with(&format!("{prefix}-team-"));
    status["series"].as_array().unwrap().iter().filter(of).map(|row| row["left"].as_i64().unwrap()).sum()
}

/// A visit of Li's with a paper of a type.
fn with_paper(sort: &str) -> Json {
    let edits = json!([
        { "field": "participants.li", "value": { "role": "officer" }, "replaces": [] },
        { "field": "papers.p1", "value": { "at_ms": 1, "by": "li", "type": sort, "version": 1 }, "replaces": [] }
    ]);
    json!({ "kind": "visit", "edits": edits, "numbers": [{ "field": "papers.p1", "organ": "team" }] })
}

fn paper(li: &Handheld, record: &Json) -> Json {
    li.view(&json!({ "record": record })).unwrap()["fields"]["papers.p1"]["value"].clone()
}

#[test]
fn each_type_that_is_numbered_on_the_spot_has_its_own_series_and_the_paper_bears_number_and_seal() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = leased(dir.path());
    let status = li.numbers_status().unwrap();
    let prefixes: Vec<&str> = status["series"].as_array().unwrap().iter().map(|row| &row["series"].as_str().unwrap()[..2]).collect();
    assert_eq!(prefixes, ["DF", "XD", "XJ", "XW", "ZG"], "当罚, 先登, 现检, 责改 (domain.md §8), and the code of the act");
    for (sort, zi) in [("spot_decision", "当罚"), ("registration_notice", "先登"), ("site_record", "现检"), ("order_to_correct", "责改")] {
        let prefix = Sort::of_document(sort).unwrap().prefix();
        let before = left(&li, prefix);
        let done = li.capture(&with_paper(sort)).unwrap();
        let written = paper(&li, &done["record"]);
        let no = written["number"]["no"].as_str().unwrap();
        assert!(no.starts_with(&format!("甬高新综执{zi}字〔")) && no.ends_with("〕第0001号"), "{no}");
        assert_eq!((&written["type"], &written["by"], &written["number"]["seq"]), (&json!(sort), &json!("li"), &json!(1)), "what the form wrote stays: {written}");
        assert_eq!((&done["numbers"][0]["no"], left(&li, prefix)), (&json!(no), before - 1));
        let seal = li.paper_seal(&json!({ "record": done["record"], "paper": "p1" })).unwrap();
        let image = json!({ "digest": Digest::plain(IMAGE), "genuine": true, "no": no, "png": b64::encode(IMAGE), "why": null });
        for (member, value) in image.as_object().unwrap() {
            assert_eq!(&seal[member], value, "{member}");
        }
    }
    assert_eq!(left(&li, "XW"), 4, "acts have theirs");
}

#[test]
fn a_paper_that_cannot_be_numbered_is_not_captured_and_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = leased(dir.path());
    let code = |input: &Json| li.capture(input).unwrap_err().code;
    assert_eq!(code(&with_paper("penalty_decision")), Code::BadArgument as i32, "the office numbers decisions");
    assert_eq!(code(&with_paper("inquiry_record")), Code::BadArgument as i32, "a record of an inquiry has no number");
    let mut elsewhere = with_paper("order_to_correct");
    elsewhere["numbers"][0]["field"] = json!("papers.p2");
    assert_eq!(code(&elsewhere), Code::BadArgument as i32, "the paper is written by the same capture");
    let mut broken = with_paper("order_to_correct");
    broken["edits"][1]["value"]["version"] = json!("one");
    assert_eq!(code(&broken), Code::Rejected as i32);
    let mut other = with_paper("order_to_correct");
    other["numbers"][0]["organ"] = json!("fire");
    let refused = li.capture(&other).unwrap_err();
    assert_eq!((refused.code, &refused.detail["sort"]), (Code::NoNumber as i32, &json!("ZG")));
    assert!(refused.message.contains("责改"), "{refused}");
    let status = li.status().unwrap();
    assert_eq!((&status["captured"], left(&li, "ZG"), &li.numbers_status().unwrap()["taken"]), (&json!(0), 4, &json!(0)));
}

#[test]
fn numbers_of_papers_run_out_are_refilled_and_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let town = Town::new();
    town.state().organs.insert("li".into(), "team".into());
    town.state().prefix = Some("甬高新综执".into());
    let (li, path) = town.handheld(dir.path(), "li");
    sync(&li);
    let seqs = |li: &Handheld, n: usize| -> Vec<i64> { (0..n).map(|_| li.capture(&with_paper("order_to_correct")).unwrap()["numbers"][0]["seq"].as_i64().unwrap()).collect() };
    assert_eq!(seqs(&li, 2), [1, 2]);
    drop(li);
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    assert_eq!(seqs(&li, 2), [3, 4]);
    assert_eq!(li.capture(&with_paper("order_to_correct")).unwrap_err().code, Code::NoNumber as i32);
    sync(&li);
    assert_eq!(seqs(&li, 1), [5]);
    let record = li.capture(&with_paper("order_to_correct")).unwrap()["record"].clone();
    let seal = li.paper_seal(&json!({ "record": record, "paper": "p1" })).unwrap();
    assert_eq!((&seal["genuine"], &seal["digest"], &seal["png"]), (&json!(true), &Json::Null, &Json::Null), "an organ without an image has its seal drawn");
}

#[test]
fn a_seal_that_was_copied_to_another_number_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = leased(dir.path());
    let done = li.capture(&with_paper("spot_decision")).unwrap();
    let (record, dot): (Json, Dot) = (done["record"].clone(), serde_json::from_value(done["dot"].clone()).unwrap());
    let mut moved = paper(&li, &record);
    moved["number"]["seq"] = json!(2);
    let edit = |paper: &Json, id: &str, replaces: Json| {
        li.capture(&json!({ "record": record, "kind": "visit", "edits": [{ "field": format!("papers.{id}"), "value": paper, "replaces": replaces }] })).unwrap();
        li.paper_seal(&json!({ "record": record, "paper": id })).unwrap()
    };
    let seal = edit(&moved, "p2", json!([]));
    assert_eq!((&seal["genuine"], &seal["why"], &seal["png"]), (&json!(false), &json!("bound"), &Json::Null), "another number");
    let series = moved["number"]["series"].as_str().unwrap().parse().unwrap();
    let own = SealToken { district: DistrictId(1), series, seq: 1, device: DeviceId(dot.device.0) }.sign(None, &Ed25519::from_seed(&[9; 32])).unwrap();
    moved["number"]["seq"] = json!(1);
    moved["number"]["seal"] = json!(own);
    assert_eq!(edit(&moved, "p3", json!([]))["why"], "bound", "somebody's own key");
    moved["number"]["seal"] = json!("AAAA");
    assert_eq!(edit(&moved, "p4", json!([]))["why"], "form");
    assert_eq!(li.paper_seal(&json!({ "record": record, "paper": "p9" })).unwrap_err().code, Code::Unknown as i32);
}

#[test]
fn a_block_whose_seals_are_another_handhelds_is_not_taken() {
    let (town, dir, other) = (Town::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for officer in ["li", "wang"] {
        town.state().organs.insert(officer.into(), "team".into());
    }
    town.state().prefix = Some("甬高新综执".into());
    let (li, _) = town.handheld(dir.path(), "li");
    sync(&li);
    let own = li.status().unwrap()["device"].clone();
    let stolen: Vec<_> = town.state().leased.iter().map(|(_, block)| block.clone()).collect();
    let (wang, _) = town.handheld(other.path(), "wang");
    let device: DeviceId = serde_json::from_value(wang.status().unwrap()["device"].clone()).unwrap();
    assert_ne!(json!(device), own);
    town.state().leased.extend(stolen.into_iter().map(|block| (device, block)));
    sync(&wang);
    assert_eq!((left(&wang, "DF"), left(&wang, "ZG")), (0, 0), "seals are bound to Li's handheld");
    assert!(left(&wang, "XW") > 0, "tokens of acts are not");
}
