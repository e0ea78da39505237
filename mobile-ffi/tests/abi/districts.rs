//! An officer of two districts has two stores, and nothing passes between them.

use serde_json::{Value as Json, json};
use sync_core::base::DistrictId;
use sync_core::protocol::Command;
use zhifa_mobile::abi::host::{self, Handheld};
use zhifa_mobile::device::Code;

use super::town::Town;

fn capture(handheld: &Handheld, name: &str) -> String {
    let done = handheld.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": name, "replaces": [] }] })).unwrap();
    done["record"].as_str().unwrap().to_owned()
}

fn sync(handheld: &Handheld) -> Json {
    handheld.sync(&json!({}), None, None).unwrap()
}

#[test]
fn two_stores_of_one_officer_share_neither_key_nor_chain_nor_lease_nor_data() {
    let dir = tempfile::tempdir().unwrap();
    let (home, away) = (Town::of_district(DistrictId(1), [5; 32]), Town::of_district(DistrictId(2), [6; 32]));
    let folder = |name: &str| {
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    };
    let ((first, first_path), (second, second_path)) = (home.handheld(&folder("home"), "li"), away.handheld(&folder("away"), "li"));
    let (here, there) = (capture(&first, "新达工地"), capture(&second, "老街口"));
    // Each district's server takes its own store only.
    assert_eq!(sync(&first)["complete"], true);
    assert_eq!(sync(&second)["complete"], true);
    for (town, own, other) in [(&home, &here, &there), (&away, &there, &here)] {
        let state = town.state();
        let records: Vec<String> = state.district.records.keys().map(ToString::to_string).collect();
        assert!(records.contains(own) && !records.contains(other));
    }
    let (a, b) = (first.status().unwrap(), second.status().unwrap());
    assert_eq!((&a["officer"], &a["district"], &b["officer"], &b["district"]), (&json!("li"), &json!(1), &json!("li"), &json!(2)));
    assert!(a["device"] != b["device"] && a["head"] != b["head"]);
    assert_eq!(first.view(&json!({ "record": there })).unwrap_err().code, Code::Unknown as i32);
    // A bundle of one district is none for the other's store, and an address does not make it another server.
    capture(&first, "新达工地二期");
    assert_eq!(second.bundle_import(&first.bundle_export(&json!({})).unwrap()).unwrap_err().code, Code::BadBundle as i32);
    let report = first.sync(&json!({ "server": away.address }), None, None).unwrap();
    assert_eq!((&report["complete"], &report["failure"]["code"]), (&json!(false), &json!(Code::Refused as i32)));
    assert_eq!(away.state().district.ledger.len(), 1);
    first.sync(&json!({ "server": home.address }), None, None).unwrap();
    // What lapses or goes in one district stands in the other.
    away.state().lease_ms = 0;
    sync(&second);
    assert_eq!(second.records(&json!({})).unwrap_err().code, Code::LeaseLapsed as i32);
    assert!(first.records(&json!({})).is_ok());
    away.order("li", 1, Command::EraseNow);
    assert_eq!(sync(&second)["erased"]["acknowledged"], true);
    capture(&first, "三期");
    assert_eq!(sync(&first)["complete"], true);
    assert_eq!(host::deposit(&first_path, &json!({})).unwrap()["erased"], Json::Null);
    assert!(first_path.exists() && !second_path.exists());
}
