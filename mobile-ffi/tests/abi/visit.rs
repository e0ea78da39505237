//! A visit on site without a network, from the urgent start to the order, and what stands against one: over the C symbols, and as the
//! server sees it afterwards.

use std::path::Path;

use serde_json::{Value as Json, json};
use sync_core::base::Validity;
use sync_core::base::{RecordId, date::date};
use sync_core::catalogue::{PowerType, any, power_key};
use sync_core::dated::{Book, Kind};
use sync_core::protocol::Disposition;
use sync_core::record::{Draft, Exception, Value};
use zhifa_mobile::abi::host::{Handheld, signature_thin};
use zhifa_mobile::device::Code;

use super::town::{Town, now};

/// 29.9°N 121.6°E, and a place 200 m to the north of it.
const GATE: (i64, i64) = (1_216_000_000, 299_000_000);
const AWAY: (i64, i64) = (1_216_000_000, 299_018_000);

fn place(at: (i64, i64)) -> Json {
    json!({ "lon_e7": at.0, "lat_e7": at.1, "accuracy_cm": 500, "crs": "cgcs2000" })
}

fn sync(handheld: &Handheld) {
    assert_eq!(handheld.sync(&json!({}), None, None).unwrap()["complete"], true);
}

/// A visit as one officer works on it.
struct Work<'a> {
    handheld: &'a Handheld,
    record: String,
}

impl Work<'_> {
    fn dots(&self, field: &str) -> Json {
        self.handheld.view(&json!({ "record": self.record, "fields": [field] })).map_or(json!([]), |v| v["fields"][field]["dots"].as_array().map_or(json!([]), |d| json!(d)))
    }

    fn edits(&self, fields: &[(&str, Json)]) -> Json {
        fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": self.dots(field) })).collect()
    }

    /// Captures fields and an act; gives the answer.
    fn captured(&self, fields: &[(&str, Json)], act: Json) -> Json {
        self.handheld.capture(&json!({ "record": self.record, "kind": "visit", "edits": self.edits(fields), "act": act, "place": place(GATE) })).unwrap()
    }

    /// An act that meets everything.
    fn done(&self, fields: &[(&str, Json)], act: &str, part: Option<&str>) {
        let edits = self.edits(fields);
        if !fields.is_empty() {
            self.handheld.capture(&json!({ "record": self.record, "kind": "visit", "edits": edits })).unwrap();
        }
        let seal = self.handheld.view(&json!({ "record": self.record, "seal": true })).unwrap()["seal"].clone();
        let mut call = json!({ "name": act, "seal": seal });
        if let Some(part) = part {
            call["part"] = json!(part);
        }
        let said = self.captured(&[], call);
        assert_eq!((&said["excepted"], &said["refused"]), (&json!([]), &json!([])), "{act} {part:?}");
    }

    fn check(&self, input: Json) -> Json {
        let mut input = input;
        input["record"] = json!(self.record);
        self.handheld.visit_check(&input).unwrap()
    }

    fn stage(&self) -> Json {
        self.handheld.view(&json!({ "record": self.record })).unwrap()["stage"].clone()
    }
}

fn codes(reasons: &Json) -> Vec<&str> {
    reasons.as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect()
}

/// What stands against an act, and for which part; `None` if the visit does not stand before it.
fn against<'j>(check: &'j Json, act: &str, part: Option<&str>) -> Option<Vec<&'j str>> {
    let found = check["acts"].as_array().unwrap().iter().find(|a| a["act"] == act && a["part"].as_str() == part)?;
    assert_eq!(found["met"], json!(found["against"] == json!([])));
    Some(codes(&found["against"]))
}

fn signature(by: &str) -> Json {
    let wave: Vec<u32> = (0..2_000u32).flat_map(|n| [n, 500 + (400.0 * (f64::from(n) * 0.02).sin()) as u32]).collect();
    let thin = signature_thin(&json!({ "strokes": [wave], "w": 2_000, "h": 1_000, "max_bytes": 2_048 })).unwrap();
    assert!(thin["bytes"].as_u64().unwrap() <= 2_048 && thin["points"].as_u64().unwrap() < thin["points_before"].as_u64().unwrap());
    json!({ "by": by, "strokes": thin["strokes"], "w": 2_000, "h": 1_000, "ms": now().0 })
}

/// A visit that the office made for Li and Wang and nobody has approved, with a fence around the gate.
fn task(town: &Town, id: u128) -> String {
    let record = RecordId(id);
    let fields = [
        ("area", json!("zone")),
        ("fence", json!({ "lon_e7": GATE.0, "lat_e7": GATE.1, "radius_m": 50 })),
        ("lead", json!("li")),
        ("organs.team", json!({ "kind": "triggered", "matters": ["C-1"] })),
        ("participants.li", json!({ "role": "lead", "department": "team" })),
        ("participants.wang", json!({ "role": "officer", "department": "fire" })),
        ("site.name", json!("新达工地")),
        ("unit", json!("squad-1")),
    ];
    let edits = fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
    assert!(matches!(town.office(Draft { edits, ..Draft::of(record, "visit") }), Disposition::Applied { .. }));
    record.to_string()
}

fn two(dir: &Path) -> (Town, Handheld, Handheld) {
    let town = Town::new();
    for officer in ["li", "wang"] {
        town.state().organs.insert(officer.into(), "team".into());
    }
    let (li, _) = town.handheld(dir, "li");
    let (wang, _) = town.handheld(dir, "wang");
    (town, li, wang)
}

fn on_site(department: &str, role: &str) -> Json {
    json!({ "certificate": "33020026001", "checked_in_ms": now().0, "code_shown": true, "department": department, "role": role })
}

#[test]
fn a_whole_visit_without_a_network_from_the_urgent_start_to_the_order() {
    let dir = tempfile::tempdir().unwrap();
    let (town, li, wang) = two(dir.path());
    let record = task(&town, 7);
    sync(&li);
    sync(&wang);
    let requests = town.state().seen.len();
    let (l, w) = (Work { handheld: &li, record: record.clone() }, Work { handheld: &wang, record: record.clone() });

    // Before: what the visit stands before, and why not.
    let before = l.check(json!({}));
    assert_eq!(against(&before, "start_urgent", None).unwrap(), ["no_urgent_ground", "two_officers", "no_code", "code_not_shown", "outside_fence"]);
    assert_eq!(against(&before, "cancel", None).unwrap(), ["no_reason"]);
    assert!(against(&before, "approve", None).is_none() && against(&before, "sign", None).is_none(), "neither the office's acts nor those of another stage");
    assert_eq!((&before["law"], &before["findings"]), (&Json::Null, &Json::Null), "no law has arrived");

    // The start: Wang's handheld is in the car, so he signs on Li's; the gate is shut, so they stand outside the fence.
    let start = |reason: Option<&str>, at| {
        let mut cosigned = on_site("fire", "officer");
        cosigned["cosign"] = json!("wang");
        let fields = [
            ("participants.li", on_site("team", "lead")),
            ("participants.wang", cosigned),
            ("signatures.wang", signature("王某")),
            ("urgent", json!({ "at_ms": now().0, "reason": "基坑塌方险情" })),
        ];
        let mut act = json!({ "name": "start_urgent" });
        if let Some(reason) = reason {
            act["reason"] = json!(reason);
        }
        json!({ "edits": l.edits(&fields), "act": act, "place": place(at), "numbers": [{ "field": "code", "organ": "team", "replaces": [] }] })
    };
    assert_eq!(codes(&l.check(start(None, AWAY))["tried"]["excepted"]), ["outside_fence"]);
    assert_eq!(l.check(start(None, GATE))["tried"]["excepted"], json!([]));
    let tried = l.check(start(Some("大门封闭，在门外五十米处集合"), AWAY));
    assert_eq!((&tried["tried"]["excepted"], &tried["stage"]), (&json!([]), &json!("CHECKED_IN")));
    assert_eq!((l.stage(), &li.numbers_status().unwrap()["taken"]), (json!("CREATED"), &json!(0)), "trying keeps nothing");
    let mut captured = start(Some("大门封闭，在门外五十米处集合"), AWAY);
    (captured["record"], captured["kind"]) = (json!(record), json!("visit"));
    let started = li.capture(&captured).unwrap();
    assert_eq!((&started["excepted"], l.stage()), (&json!([]), json!("CHECKED_IN")));
    assert_eq!(started["numbers"][0]["seq"], 1);

    // The form, its answers, and each department's word, on its own officer's handheld.
    let items = [
        ("form.h1", json!({ "department": "team", "template": "HC", "title": "工地检查表", "version": 1 })),
        ("items.HC-1", json!({ "departments": ["team"], "photo": false, "title": "道口保洁" })),
        ("items.HC-2", json!({ "departments": ["fire"], "photo": false, "title": "灭火器" })),
    ];
    l.done(&items, "record", None);
    l.captured(&[("answers.HC-1", json!({ "result": "bad" })), ("answers.HC-2", json!({ "result": "ok" }))], Json::Null);
    let open = l.check(json!({}));
    assert_eq!(against(&open, "sign", Some("team")), Some(vec![]));
    assert_eq!(against(&open, "sign", Some("fire")), Some(vec!["not_of_department"]), "Li cannot sign for the fire brigade");
    assert_eq!(against(&open, "party_sign", None).unwrap(), ["department_unsigned", "no_party", "no_signature"]);
    l.done(&[], "sign", Some("team"));
    wang.bundle_import(&li.bundle_export(&json!({})).unwrap()).unwrap();
    assert_eq!(w.check(json!({}))["stage"], "RECORDING");
    w.done(&[], "sign", Some("fire"));
    li.bundle_import(&wang.bundle_export(&json!({})).unwrap()).unwrap();

    // The party, the result, the order.
    let party = [("party", json!({ "name": "赵工", "role": "项目经理", "signature": "party" })), ("signatures.party", signature("赵工"))];
    l.done(&party, "party_sign", None);
    l.done(&[("result", json!({ "conclusion": "一项不符合", "delivered_ms": now().0, "to": "赵工" }))], "issue_result", None);
    l.done(
        &[("orders.o1", json!({ "demand": "清理道口", "deadline": "2026-12-01", "department": "team", "items": ["HC-1"], "basis": "《宁波市市容和环境卫生管理条例》第三十条" }))],
        "order",
        None,
    );
    assert_eq!(l.stage(), "RECTIFYING");
    assert_eq!(town.state().seen.len(), requests, "nothing of this needed a network");

    // Delivered by both in either order, the server finds everything met.
    sync(&wang);
    sync(&li);
    sync(&wang);
    let id: RecordId = record.parse().unwrap();
    let state = town.state();
    let there = &state.district.records[&id];
    assert_eq!((there.stage(), Exception::open(there)), ("RECTIFYING", vec![]));
    assert_eq!(there.register("code").unwrap().candidates()[0].value.to_json()["no"], started["numbers"][0]["no"]);
    drop(state);
    assert_eq!(l.stage(), w.stage());
}

#[test]
fn two_officers_may_each_check_in_on_his_own_handheld() {
    let dir = tempfile::tempdir().unwrap();
    let (town, li, wang) = two(dir.path());
    let record = task(&town, 8);
    sync(&li);
    sync(&wang);
    let (l, w) = (Work { handheld: &li, record: record.clone() }, Work { handheld: &wang, record });
    let start = [("participants.li", on_site("team", "lead")), ("urgent", json!({ "at_ms": now().0, "reason": "基坑塌方险情" }))];
    let numbers = json!([{ "field": "code", "organ": "team", "replaces": [] }]);
    let ask = |l: &Work<'_>| l.check(json!({ "edits": l.edits(&start), "act": { "name": "start_urgent" }, "place": place(GATE), "numbers": numbers }));
    assert_eq!(codes(&ask(&l)["tried"]["excepted"]), ["two_officers"]);
    w.captured(&[("participants.wang", on_site("fire", "officer"))], Json::Null);
    li.bundle_import(&wang.bundle_export(&json!({})).unwrap()).unwrap();
    assert_eq!(ask(&l)["tried"]["excepted"], json!([]));
    // A second entry on Li's own handheld, without a signature, is no second officer.
    let both = [("participants.li", on_site("team", "lead")), ("participants.zhao", on_site("team", "officer"))];
    let other = Work { handheld: &li, record: task(&town, 9) };
    sync(&li);
    let alone = other.check(json!({ "edits": other.edits(&both), "act": { "name": "start_urgent" } }));
    assert!(codes(&alone["tried"]["excepted"]).contains(&"two_officers"));
}

/// The zone, two organs in it, a matter that the team inspects and one that it does not.
fn law(town: &Town) {
    let since = Validity::from(date(2022, 1, 1));
    let row = |kind, key: &str, body: Json| any::row(kind, key, since, &body).unwrap_or_else(|e| panic!("{key}: {e}"));
    let matter = |code: &str| {
        let clause = json!([{ "law": "宁波市市容和环境卫生管理条例", "article": "第三十条" }]);
        let fine = json!({ "shape": "fixed", "unit": "CNY", "min": 0, "max": 50_000 });
        json!({ "name": format!("【合成】{code}"), "domain": "city", "violation": clause, "penalty": clause, "kinds": ["fine"], "fine": fine, "trigger": "immediate", "fast_case": false,
            "case_allowed": true, "synthetic": true, "source": "测试" })
    };
    let power = |code: &str, organ: &str| {
        let body = json!({ "organ": organ, "power": "inspection", "scope": "whole", "legal_doc": "通知" });
        row(Kind::Power, &power_key(code, "zone", PowerType::Inspection), body)
    };
    let mut book = Book::new();
    let rows = [
        row(Kind::Area, "zone", json!({ "functional": true, "name": "高新区", "parents": ["330211"] })),
        row(Kind::Organ, "team", json!({ "kind": "department", "name": "综合行政执法队", "areas": ["zone"] })),
        row(Kind::Organ, "water", json!({ "kind": "department", "name": "水利局", "areas": ["zone"] })),
        row(Kind::Matter, "C-1", matter("C-1")),
        row(Kind::Matter, "C-2", matter("C-2")),
        power("C-1", "team"),
        power("C-2", "water"),
    ];
    rows.into_iter().for_each(|row| book.insert(row).unwrap());
    let mut state = town.state();
    state.areas.insert("li".into(), ["zone".to_owned()].into());
    state.law.advance(book);
}

fn site(li: &Handheld, name: &str, permit: &str) -> String {
    let edits = json!([{ "field": "name", "value": name, "replaces": [] }, { "field": "aliases.p", "value": { "kind": "permit", "value": permit }, "replaces": [] }]);
    li.capture(&json!({ "kind": "site", "edits": edits })).unwrap()["record"].as_str().unwrap().to_owned()
}

/// A visit of the team to a site that has begun.
fn begun(li: &Handheld, site: &str) -> String {
    let fields = [("site", json!(site)), ("participants.li", on_site("team", "lead")), ("organs.team", json!({ "kind": "daily", "matters": ["C-1"] }))];
    let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": [] })).collect();
    let other = json!({ "field": "participants.wang", "value": { "certificate": "2", "checked_in_ms": now().0, "cosign": "w", "role": "officer" }, "replaces": [] });
    let signed = json!({ "field": "signatures.w", "value": { "by": "王某", "strokes": [[0, 0, 5, 5]], "w": 9, "h": 9 }, "replaces": [] });
    let urgent = json!({ "field": "urgent", "value": { "at_ms": now().0, "reason": "险情" }, "replaces": [] });
    let edits = [edits, vec![other, signed, urgent, json!({ "field": "site.name", "value": "新达工地", "replaces": [] })]].concat();
    let done = li.capture(&json!({ "kind": "visit", "edits": edits, "act": { "name": "start_urgent" }, "numbers": [{ "field": "code", "organ": "team" }] })).unwrap();
    assert_eq!(done["excepted"], json!([]), "{done}");
    done["record"].as_str().unwrap().to_owned()
}

#[test]
fn a_visit_is_judged_offline_by_the_law_and_the_visits_that_are_held_here() {
    let dir = tempfile::tempdir().unwrap();
    let (town, li, _wang) = two(dir.path());
    law(&town);
    sync(&li);
    let (one, same, other) = (site(&li, "新达工地", "330299-2024-0312"), site(&li, "新达二期", "330299 2024 0312"), site(&li, "别处", "330299-2024-0999"));
    let ask = |site: &str, organs: Json| {
        let edits = json!([{ "field": "site", "value": site, "replaces": [] }, { "field": "organs.team", "value": organs, "replaces": [] }]);
        li.visit_check(&json!({ "edits": edits })).unwrap()
    };
    let mine = json!({ "kind": "daily", "matters": ["C-1"] });
    let free = ask(&one, mine.clone());
    assert_eq!(free["findings"].as_array().unwrap().iter().filter(|f| f["weight"] == "block").count(), 0, "{free}");
    assert!(free["law"]["rev"].is_u64() && free["record"].is_null());
    let powers = ask(&one, json!({ "kind": "daily", "matters": ["C-1", "C-2", "X-9"] }));
    let found = codes(&powers["findings"]);
    assert!(found.contains(&"power_not_held") && found.contains(&"matter_unknown"), "{powers}");
    assert!(powers["findings"].as_array().unwrap().iter().all(|f| !f["zh"].as_str().unwrap().is_empty() && !f["basis"].as_str().unwrap().is_empty()));

    let first = begun(&li, &one);
    assert!(codes(&ask(&one, mine.clone())["findings"]).contains(&"repeat"));
    assert!(codes(&ask(&same, mine.clone())["findings"]).contains(&"repeat"), "the same permit is the same site, whatever it is called");
    assert!(!codes(&ask(&other, mine.clone())["findings"]).contains(&"repeat"));
    let itself = li.visit_check(&json!({ "record": first })).unwrap();
    assert!(!codes(&itself["findings"]).contains(&"repeat"), "a visit does not repeat itself: {itself}");
    let second = begun(&li, &same);
    assert!(codes(&li.visit_check(&json!({ "record": second })).unwrap()["findings"]).contains(&"repeat"));
    assert!(!codes(&li.visit_check(&json!({ "record": first })).unwrap()["findings"]).contains(&"repeat"), "the later one repeats the earlier");
    // After the session the same holds of what the server said.
    sync(&li);
    assert!(codes(&ask(&one, mine.clone())["findings"]).contains(&"repeat"));
    // What the office joined is one, from the next session on, whichever of them is asked for.
    let joined = Draft { edits: vec![("joined_into".parse().unwrap(), Value::from_json(&json!(one)).unwrap(), vec![], None)], ..Draft::of(other.parse().unwrap(), "site") };
    assert!(matches!(town.office(joined), Disposition::Applied { .. }));
    assert!(!codes(&ask(&other, mine.clone())["findings"]).contains(&"repeat"));
    sync(&li);
    assert!(codes(&ask(&other, mine.clone())["findings"]).contains(&"repeat"));
    begun(&li, &other);
    let repeats = ask(&one, mine)["findings"].as_array().unwrap().iter().filter(|f| f["code"] == "repeat").count();
    assert_eq!(repeats, 3, "one, its other record, and what was joined into it");
}

#[test]
fn what_cannot_be_checked_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li, _wang) = two(dir.path());
    let site = site(&li, "新达工地", "1");
    assert_eq!(li.visit_check(&json!({ "record": site })).unwrap_err().code, Code::BadArgument as i32);
    assert_eq!(li.visit_check(&json!({ "record": RecordId(99).to_string() })).unwrap_err().code, Code::Unknown as i32);
    assert_eq!(li.visit_check(&json!({ "edits": [{ "field": "nonsense", "value": 1, "replaces": [] }] })).unwrap_err().code, Code::Rejected as i32);
    assert_eq!(li.visit_check(&json!({ "act": { "name": "approve" } })).unwrap_err().code, Code::Rejected as i32, "the office's");
    assert_eq!(li.status().unwrap()["captured"], 1);
}
