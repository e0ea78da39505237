//! Numbers and the admission, with real handhelds and a real server: what is taken offline is accounted for, and what a handheld
//! says against a visit beforehand is what the server flags when it comes in.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sync_core::base::Validity;
use sync_core::base::date::date;
use sync_core::catalogue::{PowerType, any, power_key};
use sync_core::dated::{Difference, Kind};
use zhifa_mobile::abi::host::Handheld;
use zhifa_server::Running;
use zhifa_server::law::ops::{Author, carry_out};
use zhifa_server::org::Role;
use zhifa_server::sync::store::Want;

struct Zone {
    _folder: tempfile::TempDir,
    running: Option<Running>,
    head: String,
    li: Handheld,
}

/// A zone in which the team, whose unit `u1` is, inspects one matter.
fn book() -> Vec<Difference> {
    let row = |kind, key: &str, body: Json| Difference::Added { row: any::row(kind, key, Validity::from(date(2022, 1, 1)), &body).unwrap_or_else(|e| panic!("{key}: {e}")) };
    let clause = json!([{ "law": "宁波市市容和环境卫生管理条例", "article": "第三十条" }]);
    let matter = json!({ "name": "【合成】工地泥浆未经沉淀排放", "domain": "city", "violation": clause, "penalty": clause, "kinds": ["fine"], "fine": { "shape": "fixed", "unit": "CNY", "min": 0,
        "max": 50_000 }, "trigger": "immediate", "fast_case": false, "case_allowed": true, "synthetic": true, "source": "测试" });
    vec![
        row(Kind::Area, "zone", json!({ "functional": true, "name": "高新区", "parents": ["330211"] })),
        row(Kind::Organ, "team", json!({ "kind": "department", "name": "综合行政执法队", "areas": ["zone"] })),
        row(Kind::Unit, "u1", json!({ "kind": "squad", "name": "一中队", "organ": "team" })),
        row(Kind::Matter, "C-1", matter),
        row(Kind::Power, &power_key("C-1", "zone", PowerType::Inspection), json!({ "organ": "team", "power": "inspection", "scope": "whole", "legal_doc": "通知" })),
    ]
}

impl Zone {
    fn new() -> Zone {
        let folder = tempfile::tempdir().unwrap();
        let running = common::serve(&folder.path().join("server"), None);
        let seen = running.app.law().rev;
        let author = Author { actor: "system".into(), reason: "test".into() };
        running.app.committer.run_blocking(Want::default(), move |store| carry_out(store, seen, &book(), &author)).unwrap().unwrap();
        let head = common::officer(&running, "boss", vec![Role::Head]);
        let li = common::handheld(&running, &folder.path().join("li.zhifa"), "li");
        let head = common::log_in(&running, &head);
        let zone = Zone { head, _folder: folder, running: Some(running), li };
        zone.sync();
        zone
    }

    fn sync(&self) {
        let report = self.li.sync(&json!({}), None, None).unwrap();
        assert_eq!(report["complete"], true, "{report}");
    }

    fn get(&self, path: &str) -> reqwest::blocking::Response {
        let url = format!("{}{path}", self.running.as_ref().unwrap().url());
        reqwest::blocking::Client::new().get(url).bearer_auth(&self.head).send().unwrap()
    }

    fn view(&self, record: &str) -> Json {
        self.li.view(&json!({ "record": record })).unwrap()
    }

    /// An urgent visit of Li and a colleague who signs on his handheld, with a number; gives record and number.
    fn begin(&self, site: &str) -> (String, Json) {
        let ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
        let there = |role: &str, extra: Json| {
            let mut all = json!({ "certificate": "33020026001", "checked_in_ms": ms, "code_shown": true, "department": "team", "role": role });
            all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            all
        };
        let fields = [
            ("organs.team", json!({ "kind": "daily", "matters": ["C-1"] })),
            ("participants.li", there("lead", json!({}))),
            ("participants.wang", there("officer", json!({ "cosign": "w" }))),
            ("signatures.w", json!({ "by": "王某", "strokes": [[0, 0, 5, 5]], "w": 9, "h": 9 })),
            ("site", json!(site)),
            ("unit", json!("u1")),
            ("urgent", json!({ "at_ms": ms, "reason": "险情" })),
        ];
        let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": [] })).collect();
        let done = self.li.capture(&json!({ "kind": "visit", "edits": edits, "act": { "name": "start_urgent" }, "numbers": [{ "field": "code", "organ": "team" }] })).unwrap();
        assert_eq!(done["excepted"], json!([]), "{done}");
        (done["record"].as_str().unwrap().to_owned(), done["numbers"][0].clone())
    }

    fn site(&self, name: &str, permit: &str) -> String {
        let edits = json!([
            { "field": "area", "value": "zone", "replaces": [] },
            { "field": "name", "value": name, "replaces": [] },
            { "field": "aliases.p", "value": { "kind": "permit", "value": permit }, "replaces": [] },
        ]);
        self.li.capture(&json!({ "kind": "site", "edits": edits })).unwrap()["record"].as_str().unwrap().to_owned()
    }
}

impl Drop for Zone {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            actix_web::rt::System::new().block_on(running.stop());
        }
    }
}

#[test]
fn numbers_taken_offline_are_used_in_the_account_and_known_to_the_public() {
    let zone = Zone::new();
    let series = zone.li.numbers_status().unwrap()["series"][0].clone();
    assert_eq!((&series["organ"], series["left"].as_u64().is_some_and(|left| left > 2)), (&json!("team"), true), "{series}");
    let site = zone.site("新达工地", "330299-2024-0312");
    let (_, first) = zone.begin(&site);
    let (_, second) = zone.begin(&site);
    assert_eq!((&first["seq"], &second["seq"]), (&json!(1), &json!(2)));
    let token = first["token"].as_str().unwrap();
    assert_eq!(zone.get(&format!("/c/{token}")).status(), 200, "genuine before its details have arrived");
    zone.sync();
    let account: Json = zone.get(&format!("/api/v1/numbers?series={}", series["series"].as_str().unwrap())).json().unwrap();
    let block = &account["blocks"][0];
    assert_eq!((&block["used"], &block["lost"], &block["twice"]), (&json!(2), &json!(0), &json!(0)), "{account}");
    let page = zone.get(&format!("/c/{token}")).text().unwrap();
    assert!(page.contains(first["no"].as_str().unwrap()), "{page}");
    let left = zone.li.numbers_status().unwrap()["series"][0]["left"].as_u64().unwrap();
    assert_eq!(left, series["left"].as_u64().unwrap() - 2);
}

#[test]
fn what_a_handheld_says_against_a_visit_is_what_the_server_flags() {
    let zone = Zone::new();
    // Two records of one site: the permit is the same.
    let (one, same) = (zone.site("新达工地", "330299-2024-0312"), zone.site("新达二期", "330299 2024 0312"));
    let (first, _) = zone.begin(&one);
    let (second, _) = zone.begin(&same);
    let said = |visit: &str| -> BTreeSet<String> {
        let check = zone.li.visit_check(&json!({ "record": visit })).unwrap();
        let blocks = check["findings"].as_array().unwrap().iter().filter(|f| f["weight"] == "block");
        blocks.map(|f| format!("flags.{}", f["key"].as_str().unwrap())).collect()
    };
    let beforehand = [said(&first), said(&second)];
    assert!(beforehand[1].iter().any(|key| key.starts_with("flags.repeat.")), "{beforehand:?}");
    assert!(!beforehand[0].iter().any(|key| key.starts_with("flags.repeat.")), "{beforehand:?}");
    zone.sync();
    zone.sync();
    let flagged = |visit: &str| -> BTreeSet<String> { zone.view(visit)["fields"].as_object().unwrap().keys().filter(|key| key.starts_with("flags.")).cloned().collect() };
    assert_eq!([flagged(&first), flagged(&second)], beforehand);
    assert_eq!([said(&first), said(&second)], beforehand, "and it says the same of what came back");
}
