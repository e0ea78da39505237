//! Sites and subjects: found under any name, made in the field, joined and separated without loss, listed, warned for.

use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::{RecordId, Stamp};
use sync_core::record::{ActCall, SignedChange};
use zhifa_server::index::family::family_of;
use zhifa_server::object::families;
use zhifa_server::org::{Role, Scope};

use crate::harness::{Bent, Handheld, START, Site, ok, problem, record};
use crate::on_both;

const DAY: i64 = 86_400_000;
/// 新达工地, roughly.
const HERE: (i64, i64) = (1_216_300_000, 299_000_000);

fn curator(site: &Site) -> String {
    site.log_in(&site.officer("guide", &[Role::Dispatcher], &[]))
}

fn get(site: &Site, token: &str, path: &str) -> Json {
    ok(site.get(path).bearer_auth(token).send().unwrap())
}

fn post(site: &Site, token: &str, path: &str, body: &Json) -> Response {
    site.post(path).bearer_auth(token).json(body).send().unwrap()
}

fn on(id: RecordId, what: &str) -> String {
    format!("/api/v1/objects/{id}/{what}")
}

/// Begins or edits a record of a kind, from a handheld.
fn write(handheld: &Handheld, kind: &'static str, id: RecordId, fields: &[(&str, Json)]) -> SignedChange {
    let schema = sync_core::schema::kinds().get(kind).unwrap().schema;
    let texts: Vec<(&str, String)> = fields.iter().map(|(key, value)| (*key, value.to_string())).collect();
    let edits: Vec<_> = texts.iter().map(|(key, text)| (*key, text.as_str(), &[][..])).collect();
    handheld.write_bent(id, &edits, &Bent { kind, schema, ..Bent::default() })
}

fn place(east: i64) -> Json {
    json!({ "accuracy_cm": 500, "crs": "wgs84", "lat_e7": HERE.1, "lon_e7": HERE.0 + east })
}

/// An object of the register: what the office entered.
fn enter(site: &Site, token: &str, kind: &str, id: RecordId, fields: &[(&str, Json)]) {
    let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
    ok::<Json>(post(site, token, "/api/v1/records", &json!({ "kind": kind, "record": id, "edits": edits })));
}

fn alias(kind: &str, value: &str) -> Json {
    json!({ "kind": kind, "value": value })
}

fn ids(page: &Json) -> Vec<RecordId> {
    page["items"].as_array().unwrap().iter().map(|line| line["record"].as_str().unwrap().parse().unwrap()).collect()
}

fn found(site: &Site, token: &str, query: &str) -> Vec<RecordId> {
    ids(&get(site, token, &format!("/api/v1/objects?{query}")))
}

/// A visit that two officers began on site so many days ago, told by one handheld in one change.
fn visit(handheld: &Handheld, id: RecordId, organ: &str, subjects: &[RecordId], days_ago: i64) -> SignedChange {
    let at = START.0 - days_ago * DAY;
    let officer = |cosign: Option<&str>| {
        let mut one = json!({ "certificate": "33020011001", "checked_in_ms": at, "code_shown": true, "department": organ, "role": "officer" });
        if let Some(signature) = cosign {
            one["cosign"] = json!(signature);
        }
        one
    };
    let mut fields = vec![
        ("code".to_owned(), json!({ "no": format!("XW-{id}") })),
        (format!("organs.{organ}"), json!({ "kind": "daily" })),
        ("participants.a".to_owned(), officer(None)),
        ("participants.b".to_owned(), officer(Some("s1"))),
        ("signatures.s1".to_owned(), json!({ "by": "乙", "h": 100, "strokes": [[1, 2, 3, 4]], "w": 100 })),
        ("site.name".to_owned(), json!("新达工地")),
        ("unit".to_owned(), json!("u1")),
        ("urgent".to_owned(), json!({ "at_ms": at, "reason": "群众举报扬尘" })),
    ];
    fields.extend(subjects.iter().map(|s| (format!("subjects.{s}"), json!({ "name": "新达建设" }))));
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    let texts: Vec<(&str, String)> = fields.iter().map(|(key, value)| (key.as_str(), value.to_string())).collect();
    let edits: Vec<_> = texts.iter().map(|(key, text)| (*key, text.as_str(), &[][..])).collect();
    let time = Stamp { wall: at, ..Bent::default().time };
    let schema = sync_core::visit::KIND.schema;
    handheld.write_bent(id, &edits, &Bent { kind: "visit", schema, time, act: Some(ActCall::new("start_urgent")), ..Bent::default() })
}

fn took_place(site: &Site, handheld: &Handheld, change: &SignedChange) {
    let said = site.push_one(handheld, change);
    assert_eq!((&said["state"], said["excepted"].as_array().map_or(0, Vec::len)), (&json!("applied"), 0), "{said}");
}

/// Two records of one firm, as two departments entered it: with and without its code.
fn two_of_one(site: &Site, token: &str) -> (RecordId, RecordId) {
    let (one, other) = (record(0x51), record(0x52));
    enter(site, token, "subject", one, &[("name", json!("宁波新达建设有限公司")), ("uscc", json!("91330201MA2GT0006Q"))]);
    enter(site, token, "subject", other, &[("name", json!("新达建设")), ("risk", json!("high"))]);
    (one, other)
}

on_both! {
    fn an_officer_makes_a_site_that_nobody_knew_of_and_it_is_proposed_as_one_that_somebody_did(site) {
        let token = curator(&site);
        enter(&site, &token, "site", record(1), &[("name", json!("新达工地")), ("place", place(0))]);
        // Neither has a grant of the reference bucket: what lies there is everybody's to begin.
        let a = site.enrol(site.officer_of("a", &[Role::Officer], "u1", None, &["u:u1"]));
        let b = site.enrol(site.officer_of("b", &[Role::Officer], "u1", None, &["u:u1"]));
        let made = write(&a, "site", record(2), &[("name", json!("新达工地项目部")), ("place", place(2_000))]);
        assert_eq!(site.push_one(&a, &made)["state"], "applied");
        let later = write(&a, "site", record(2), &[("address", json!("聚贤路1号"))]);
        assert_eq!(site.push_one(&a, &later)["state"], "applied", "whoever began it goes on");
        let stranger = write(&b, "site", record(1), &[("address", json!("别处"))]);
        assert_eq!(site.push_one(&b, &stranger)["code"], "foreign_scope", "what somebody else began wants a grant");
        assert_eq!(found(&site, &token, "field_made=true"), [record(2)]);
        let pairs = get(&site, &token, "/api/v1/objects/duplicates?kind=site");
        let pair = &pairs["items"][0];
        assert_eq!((&pair["one"]["record"], &pair["other"]["record"], &pair["other"]["field_made"]), (&json!(record(1)), &json!(record(2)), &json!(true)));
        assert_eq!((&pair["evidence"][0]["evidence"], &pair["evidence"][0]["metres"]), (&json!("near_and_similar"), &json!(19)));
        ok::<Json>(post(&site, &token, &on(record(2), "list"), &json!({ "list": "random", "reason": "核对无误" })));
        assert!(found(&site, &token, "field_made=true").is_empty(), "the office has looked at it");
    }

    fn an_object_is_found_under_every_name_and_number_and_by_what_is_nearby(site) {
        let token = curator(&site);
        enter(&site, &token, "site", record(1), &[
            ("name", json!("新达工地")), ("area", json!("juxian")), ("place", place(0)), ("project_code", json!("2403-330299-04-01-123456")),
            ("aliases.p", alias("permit", "330299 2024-0312 0101")), ("aliases.n", alias("name", "凌云一号地块")),
        ]);
        enter(&site, &token, "site", record(2), &[("name", json!("梅墟路改造")), ("area", json!("meixu")), ("place", place(20_000))]);
        enter(&site, &token, "subject", record(3), &[("name", json!("宁波新达建设有限公司")), ("uscc", json!("91330201MA2GT0006Q"))]);
        for (query, wanted) in [
            ("q=３３０２９９２０２４０３１２０１０１", vec![1]), ("q=凌云", vec![1]), ("q=04-01-123", vec![1]), ("q=9133 0201 ma2g", vec![3]), ("q=新达", vec![1, 3]), ("q=新达&kind=site", vec![1]),
            ("area=meixu", vec![2]), ("near=121.63,29.9,100", vec![1]), ("near=121.63,29.9,400", vec![1, 2]), ("list=none", vec![1, 2, 3]), ("list=key", vec![]), ("q=没有", vec![]),
        ] {
            assert_eq!(found(&site, &token, query), wanted.into_iter().map(record).collect::<Vec<_>>(), "{query}");
        }
        let metres = get(&site, &token, "/api/v1/objects?near=121.63,29.9,400");
        assert_eq!((&metres["items"][0]["metres"], &metres["items"][1]["metres"]), (&json!(0), &json!(193)));
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = get(&site, &token, &format!("/api/v1/objects?limit=2{after}"));
            all.extend(ids(&page));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(all, [record(1), record(2), record(3)]);
        for (query, field) in [("q=%25", "q"), ("kind=visit", "kind"), ("list=red", "list"), ("near=29.9,121.63,100", "near")] {
            let refused: Json = site.get(&format!("/api/v1/objects?{query}")).bearer_auth(&token).send().unwrap().json().unwrap();
            assert_eq!((&refused["status"], &refused["field"]), (&json!(422), &json!(field)), "{query}");
        }
    }

    fn two_records_of_one_firm_are_joined_and_both_keep_applying_what_arrives(site) {
        let token = curator(&site);
        let (one, other) = two_of_one(&site, &token);
        let join = |into: RecordId| post(&site, &token, &on(other, "join"), &json!({ "into": into, "reason": "同一企业" }));
        assert_eq!(ok::<Json>(join(one))["root"], json!(one));
        assert_eq!(ok::<Json>(join(one))["written"], json!([]), "asked twice, written once");
        let a = site.handheld("a");
        for (id, name) in [(one, "甲"), (other, "乙")] {
            assert_eq!(site.push_one(&a, &write(&a, "subject", id, &[("contact.name", json!(name))]))["state"], "applied");
        }
        assert_eq!(site.push_one(&a, &write(&a, "subject", other, &[("aliases.old", alias("name", "新达旧名"))]))["state"], "applied");
        for id in [one, other] {
            let view = get(&site, &token, &format!("/api/v1/objects/{id}"));
            assert_eq!((&view["family"], view["members"].as_array().unwrap().len()), (&json!(one), 2));
            let values: Vec<&str> = view["aliases"].as_array().unwrap().iter().map(|a| a["value"].as_str().unwrap()).collect();
            assert!(["91330201MA2GT0006Q", "宁波新达建设有限公司", "新达建设", "新达旧名"].iter().all(|v| values.contains(v)), "{values:?}");
        }
        assert_eq!(get(&site, &token, &format!("/api/v1/objects/{other}"))["joined_into"], json!(one));
        let separate = |replaces: &Json| post(&site, &token, &on(other, "separate"), &json!({ "reason": "两家企业", "replaces": replaces }));
        assert_eq!(problem(separate(&json!([]))), (412, "precondition_failed".into()), "its author was not shown the join");
        let shown = get(&site, &token, &format!("/api/v1/objects/{other}"))["shown"]["joined_into"].clone();
        assert_eq!(ok::<Json>(separate(&shown))["root"], json!(other));
        assert_eq!(ok::<Json>(separate(&shown))["written"], json!([]));
        assert_eq!(get(&site, &token, &format!("/api/v1/objects/{one}"))["members"].as_array().unwrap().len(), 1);
        ok::<Json>(join(one));
        assert_eq!((site.audited("object.joined").len(), site.audited("object.separated").len()), (2, 1));
    }

    fn the_cap_counts_visits_to_either_record_once_they_are_joined(site) {
        let token = curator(&site);
        let (one, other) = two_of_one(&site, &token);
        let a = site.handheld("a");
        took_place(&site, &a, &visit(&a, record(0xa1), "fire", &[one], 40));
        took_place(&site, &a, &visit(&a, record(0xa2), "fire", &[other], 80));
        let plan = write(&a, "visit", record(0xa3), &[
            ("organs.fire", json!({ "kind": "daily" })), ("planned_date", json!("2026-09-21")), (&format!("subjects.{other}"), json!({ "name": "新达建设" })), ("unit", json!("u1")),
        ]);
        assert_eq!(site.push_one(&a, &plan)["state"], "applied");
        let caps = || -> Vec<(String, String)> {
            let found = get(&site, &token, &format!("/api/v1/visits/{}/admission", record(0xa3)));
            let of = |f: &Json, member: &str| f[member].as_str().unwrap().to_owned();
            found["findings"].as_array().unwrap().iter().filter(|f| of(f, "code").starts_with("cap_")).map(|f| (of(f, "code"), of(f, "about"))).collect()
        };
        assert_eq!(caps(), [("cap_last".into(), format!("fire.{other}"))]);
        ok::<Json>(post(&site, &token, &on(other, "join"), &json!({ "into": one, "reason": "同一企业" })));
        assert_eq!(caps(), [("cap_reached".into(), format!("fire.{one}"))]);
        let visits = get(&site, &token, &format!("/api/v1/objects/{other}?limit=1"));
        assert_eq!(visits["visits"]["items"][0]["visit"], json!(record(0xa1)), "the newest first, whichever record it names");
        let next = visits["visits"]["next"].as_str().unwrap();
        let rest = get(&site, &token, &format!("/api/v1/objects/{other}?limit=1&after={next}"));
        assert_eq!((&rest["visits"]["items"][0]["visit"], &rest["visits"]["items"][0]["organs"]), (&json!(record(0xa2)), &json!({ "fire": "daily" })));
    }

    fn what_cannot_be_one_is_not_joined_and_the_answer_says_why(site) {
        let token = curator(&site);
        let (one, other) = two_of_one(&site, &token);
        enter(&site, &token, "subject", record(0x53), &[("name", json!("第三家"))]);
        enter(&site, &token, "site", record(1), &[("name", json!("新达工地"))]);
        let join = |id: RecordId, into: RecordId, reason: &str| {
            let refused: Json = post(&site, &token, &on(id, "join"), &json!({ "into": into, "reason": reason })).json().unwrap();
            (refused["status"].as_u64().unwrap_or(200), refused["field"].as_str().unwrap_or("").to_owned())
        };
        assert_eq!(join(one, one, "x"), (422, "into".into()), "itself");
        assert_eq!(join(one, record(1), "x"), (422, "into".into()), "a firm is no site");
        assert_eq!(join(one, record(99), "x"), (422, "into".into()), "nothing there");
        assert_eq!(join(one, other, " "), (422, "reason".into()));
        assert_eq!(join(record(99), one, "x"), (404, String::new()));
        assert_eq!(join(other, one, "同一企业").0, 200);
        assert_eq!(join(other, record(0x53), "x").0, 409, "joined elsewhere");
        assert_eq!(join(one, record(0x53), "同一企业").0, 200);
        assert_eq!(join(record(0x53), other, "x").0, 409, "a circle through two others");
        // The other road into the same field asks the same.
        let edit = json!({ "edits": [{ "field": "joined_into", "value": other, "reason": "x" }] });
        assert_eq!(problem(post(&site, &token, &format!("/api/v1/records/{}/edits", record(0x53)), &edit)), (409, "conflict".into()));
        let officer = site.log_in(&site.officer("field", &[Role::Officer], &[]));
        assert_eq!(problem(post(&site, &officer, &on(record(0x53), "join"), &json!({ "into": one, "reason": "x" }))), (403, "forbidden".into()));
        assert_eq!(site.audited("object.joined").len(), 2, "what was refused is not written");
    }

    fn two_objects_that_are_said_to_be_two_are_not_proposed_again(site) {
        let token = curator(&site);
        for (n, permit) in [(1, "A-1"), (2, "A1"), (3, "a 1")] {
            enter(&site, &token, "site", record(n), &[("name", json!(format!("工地{n}"))), ("aliases.p", alias("permit", permit))]);
        }
        let pairs = |query: &str| {
            let page = get(&site, &token, &format!("/api/v1/objects/duplicates?{query}"));
            let ends = |pair: &Json| (pair["one"]["name"].as_str().unwrap().to_owned(), pair["other"]["name"].as_str().unwrap().to_owned());
            (page["items"].as_array().unwrap().iter().map(ends).collect::<Vec<_>>(), page["next"].as_str().map(str::to_owned))
        };
        let pair = |a: u8, b: u8| (format!("工地{a}"), format!("工地{b}"));
        let (first, next) = pairs("limit=2");
        assert_eq!(first, [pair(1, 2), pair(1, 3)]);
        assert_eq!(pairs(&format!("limit=2&after={}", next.unwrap())), (vec![pair(2, 3)], None));
        let distinct = || post(&site, &token, &on(record(3), "distinct"), &json!({ "other": record(1), "reason": "证号录入有误" }));
        assert_eq!(ok::<Json>(distinct())["written"].as_array().unwrap().len(), 2, "both are told");
        assert_eq!(ok::<Json>(distinct())["written"], json!([]));
        assert_eq!(pairs("").0, [pair(1, 2), pair(2, 3)]);
        assert_eq!(get(&site, &token, &format!("/api/v1/objects/{}", record(1)))["distinct"][0]["said"]["reason"], "证号录入有误");
        let join = |id, into| post(&site, &token, &on(record(id), "join"), &json!({ "into": record(into), "reason": "x" }));
        assert_eq!(problem(join(1, 3)), (409, "conflict".into()), "somebody said that they are two");
        ok::<Json>(join(2, 1));
        assert_eq!(pairs("").0, [pair(2, 3)], "what is joined is one already");
        assert_eq!(problem(post(&site, &token, &on(record(1), "distinct"), &json!({ "other": record(2), "reason": "x" }))), (409, "conflict".into()));
        assert_eq!(site.audited("object.distinct").len(), 1);
    }

    fn an_object_is_put_on_a_list_by_who_may_and_sees_what_stands(site) {
        let token = curator(&site);
        enter(&site, &token, "subject", record(1), &[("name", json!("甲公司"))]);
        let list = |token: &str, list: Json, replaces: &Json| post(&site, token, &on(record(1), "list"), &json!({ "list": list, "reason": "信用良好", "replaces": replaces }));
        ok::<Json>(list(&token, json!("left_alone"), &json!([])));
        assert_eq!(found(&site, &token, "list=left_alone"), [record(1)]);
        assert_eq!(problem(list(&token, json!("key"), &json!([]))), (412, "precondition_failed".into()));
        let shown = get(&site, &token, &format!("/api/v1/objects/{}", record(1)))["shown"]["list"].clone();
        ok::<Json>(list(&token, json!("key"), &shown));
        assert_eq!(ok::<Json>(list(&token, json!("key"), &json!([])))["written"], json!([]), "it is on it already");
        assert_eq!((found(&site, &token, "list=left_alone"), found(&site, &token, "list=key")), (vec![], vec![record(1)]));
        assert_eq!(problem(list(&token, json!("black"), &json!([]))), (422, "invalid_field".into()));
        let officer = site.log_in(&site.officer("field", &[Role::Officer], &[]));
        assert_eq!(problem(list(&officer, Json::Null, &json!([]))), (403, "forbidden".into()));
        let edit = json!({ "edits": [{ "field": "list", "value": null, "replaces": get(&site, &token, &format!("/api/v1/objects/{}", record(1)))["shown"]["list"], "reason": "x" }] });
        assert_eq!(problem(post(&site, &officer, &format!("/api/v1/records/{}/edits", record(1)), &edit)), (403, "forbidden".into()));
        assert_eq!(site.audited("object.listed").len(), 2);
    }

    fn all_families_at_once_are_those_of_each_object(site) {
        let token = curator(&site);
        let permits = [(1, "A"), (2, "B"), (3, "a"), (4, "C"), (5, "c"), (6, "D")];
        for (n, permit) in permits {
            enter(&site, &token, "site", record(n), &[("name", json!("甲")), ("risk", json!(if n == 3 { "high" } else { "low" })), ("aliases.p", alias("permit", permit))]);
        }
        enter(&site, &token, "subject", record(7), &[("aliases.p", alias("permit", "A")), ("name", json!("不是工地"))]);
        // 1 and 3 by number, 4 and 5 by number, 3 and 5 by a join through 2: all but 6 and the firm are one.
        for (id, into) in [(3, 2), (2, 5)] {
            ok::<Json>(post(&site, &token, &on(record(id), "join"), &json!({ "into": record(into), "reason": "同一工地" })));
        }
        let read = |tx: &mut zhifa_server::base::db::Tx<'_>| {
            let all = families::all(tx, 1)?;
            let mut out = Vec::new();
            for n in 1..=7 {
                let one = family_of(tx, 1, record(n))?;
                assert_eq!(all.key(record(n)), one.key, "{n}");
                assert_eq!(all.about(one.key).unwrap().risk, one.risk, "{n}");
                out.push(one.members.len());
            }
            Ok::<_, zhifa_server::sync::store::StoreError>(out)
        };
        assert_eq!(site.running().app.db.read(read).unwrap(), [5, 5, 5, 5, 5, 1, 1]);
    }

    fn warnings_are_by_enterprise_whatever_record_a_visit_names_and_never_by_officer(site) {
        let token = curator(&site);
        let (one, other) = two_of_one(&site, &token);
        let a = site.handheld("a");
        took_place(&site, &a, &visit(&a, record(0xa1), "fire", &[one], 3));
        took_place(&site, &a, &visit(&a, record(0xa2), "housing", &[other], 9));
        took_place(&site, &a, &visit(&a, record(0xa3), "fire", &[other], 15));
        let told = |token: &str, query: &str| -> Vec<(String, Json, Vec<Json>)> {
            let page = get(&site, token, &format!("/api/v1/warnings?{query}"));
            let of = |w: &Json| (w["code"].as_str().unwrap().to_owned(), w["object"].clone(), w["visits"].as_array().unwrap().iter().map(|v| v["visit"].clone()).collect());
            page["items"].as_array().unwrap().iter().map(of).collect()
        };
        let visits = |all: &[u128]| all.iter().map(|n| json!(record(*n))).collect::<Vec<_>>();
        assert_eq!(told(&token, ""), [("multi_head".into(), json!(other), visits(&[0xa3, 0xa2]))]);
        ok::<Json>(post(&site, &token, &on(other, "join"), &json!({ "into": one, "reason": "同一企业" })));
        let all = told(&token, "");
        let both = visits(&[0xa3, 0xa2, 0xa1]);
        assert_eq!(all, [("frequent".into(), json!(one), visits(&[0xa3, 0xa1])), ("multi_head".into(), json!(one), both.clone()), ("repeated".into(), json!(one), both)]);
        assert_eq!(told(&token, "code=repeated"), all[2..]);
        assert!(told(&token, "from=2026-01-01&to=2026-09-17").iter().all(|w| w.0 == "multi_head"), "as of then");
        let page = get(&site, &token, "/api/v1/warnings?limit=1");
        assert_eq!(told(&token, &format!("after={}", page["next"].as_str().unwrap())), all[1..]);
        let view = get(&site, &token, &format!("/api/v1/objects/{other}"));
        assert_eq!(view["warnings"].as_array().unwrap().len(), 3);
        let text = page.to_string() + &view["warnings"].to_string();
        assert!(!text.contains("officer") && !text.contains("\"a\""), "{text}");
        let near = site.log_in(&site.officer_of("near", &[Role::SquadLeader], "u1", Some(Scope::Unit), &[]));
        let far = site.log_in(&site.officer_of("far", &[Role::SquadLeader], "u2", Some(Scope::Unit), &[]));
        assert_eq!((told(&near, "").len(), told(&far, "").len()), (3, 0));
        assert!(get(&site, &far, &format!("/api/v1/objects/{one}"))["visits"]["items"].as_array().unwrap().is_empty(), "of visits only what is within reach");
        for (query, field) in [("from=2026-09-02&to=2026-09-01", "from"), ("from=2020-01-01", "from"), ("code=x", "code")] {
            let refused: Json = site.get(&format!("/api/v1/warnings?{query}")).bearer_auth(&token).send().unwrap().json().unwrap();
            assert_eq!((&refused["status"], &refused["field"]), (&json!(422), &json!(field)), "{query}");
        }
    }
}
