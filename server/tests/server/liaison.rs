//! Requests between guidance office, departments and team, and their figures.

use serde_json::{Value as Json, json};
use zhifa_server::org::{Role, Scope};

use crate::harness::{Bent, Engine, Site, ok, problem, record};
use crate::on_both;

const DAY_MS: i64 = 86_400_000;

fn opened(site: &Site) {
    actix_web::rt::System::new().block_on(site.running().app.load_fixtures("system")).unwrap();
    site.officer_of("ye-zhixing", &[Role::Dispatcher], "guidance-desk", None, &[]);
    for (who, unit) in [("of-fire", "fire-unit"), ("of-water", "water-unit"), ("of-labour", "labour-unit")] {
        site.officer_of(who, &[Role::Liaison], unit, Some(Scope::Unit), &[]);
    }
}

fn token(site: &Site, who: &str) -> String {
    site.log_in(&who.parse().unwrap())
}

fn post(site: &Site, token: &str, path: &str, body: &Json) -> reqwest::blocking::Response {
    site.post(path).bearer_auth(token).json(body).send().unwrap()
}

fn request(n: u128) -> Json {
    json!({ "record": record(n), "to": ["fire", "water"], "title": "联合检查人员", "text": "请各派两名持证人员", "answer_by": "2026-09-23" })
}

fn reply(n: u128) -> String {
    format!("/api/v1/liaisons/{}/reply", record(n))
}

fn figures(site: &Site, token: &str) -> Json {
    ok(site.get("/api/v1/liaison/figures?from=2026-09-01&to=2026-09-30").bearer_auth(token).send().unwrap())
}

on_both! {
    fn a_request_is_answered_by_each_organ_counted_and_closed(site) {
        opened(&site);
        let desk = token(&site, "ye-zhixing");
        assert_eq!(ok::<Json>(post(&site, &desk, "/api/v1/liaisons", &request(1)))["stage"], "OPEN");
        ok::<Json>(post(&site, &desk, "/api/v1/liaisons", &request(2)));
        let lines: Json = ok(site.get("/api/v1/lists/liaison?due_before=2026-09-24").bearer_auth(&desk).send().unwrap());
        assert_eq!(lines["items"].as_array().unwrap().len(), 2);
        let (fire, water) = (token(&site, "of-fire"), token(&site, "of-water"));
        let yes = json!({ "text": "同意，派任天宇", "agreed": true });
        assert_eq!(ok::<Json>(post(&site, &fire, &reply(1), &yes))["stage"], "OPEN", "water has not replied");
        ok::<Json>(post(&site, &water, &reply(1), &json!({ "text": "当日无人员", "agreed": false })));
        let seen: Json = ok(site.get(&format!("/api/v1/records/{}", record(1))).bearer_auth(&desk).send().unwrap());
        assert_eq!(seen["stage"], "ANSWERED");
        assert!(!seen["fields"].as_array().unwrap().iter().any(|f| f["key"] == "due" && f["candidates"][0]["value"] != Json::Null), "nothing is due any more");
        // The second is answered by one of them, a day late.
        site.clock.advance(3 * DAY_MS);
        assert_eq!(actix_web::rt::System::new().block_on(site.running().app.escalate()).unwrap(), 1, "one request waits for replies");
        let fire = token(&site, "of-fire");
        ok::<Json>(post(&site, &fire, &reply(2), &yes));
        let desk = token(&site, "ye-zhixing");
        let found = figures(&site, &desk);
        assert_eq!((&found["requests"], &found["answered_in_time"]), (&json!(2), &json!(1)));
        assert_eq!(found["replies"]["fire"], json!({ "asked": 2, "in_time": 1, "late": 1, "open": 0, "agreed": 2 }));
        assert_eq!(found["replies"]["water"], json!({ "asked": 2, "in_time": 1, "late": 0, "open": 1, "agreed": 0 }));
        let close = json!({ "act": "close" });
        let path = format!("/api/v1/records/{}/acts", record(1));
        assert_eq!(ok::<Json>(post(&site, &desk, &path, &close))["stage"], "CLOSED");
        let withdraw = json!({ "act": "withdraw", "reason": "改期" });
        assert_eq!(ok::<Json>(post(&site, &desk, &format!("/api/v1/records/{}/acts", record(2)), &withdraw))["stage"], "WITHDRAWN");
        assert_eq!(figures(&site, &desk)["requests"], 1, "what was taken back is not counted");
        assert_eq!(problem(post(&site, &desk, &reply(2), &yes)).0, 409);
    }
}

#[test]
fn only_who_was_asked_replies_and_only_for_his_own_organ() {
    let site = Site::new(Engine::Sqlite);
    opened(&site);
    let desk = token(&site, "ye-zhixing");
    ok::<Json>(post(&site, &desk, "/api/v1/liaisons", &request(1)));
    let yes = json!({ "text": "同意", "agreed": true });
    assert_eq!(problem(post(&site, &token(&site, "of-labour"), &reply(1), &yes)), (404, "not_found".into()), "it is out of his reach");
    let fire = token(&site, "of-fire");
    assert_eq!(problem(post(&site, &fire, &reply(1), &json!({ "organ": "water", "text": "同意", "agreed": true }))), (403, "forbidden".into()));
    assert_eq!(problem(post(&site, &desk, &reply(1), &yes)), (409, "conflict".into()), "who asks was not asked");
    assert_eq!(problem(post(&site, &fire, &reply(1), &json!({ "text": " ", "agreed": true }))), (422, "invalid_field".into()));
    let edit = json!({ "edits": [{ "field": "replies.water", "value": { "agreed": true, "ms": 5, "text": "代答" } }] });
    assert_eq!(problem(post(&site, &fire, &format!("/api/v1/records/{}/edits", record(1)), &edit)), (403, "forbidden".into()));
    let generic = json!({ "act": "reply", "part": "water" });
    assert_eq!(problem(post(&site, &fire, &format!("/api/v1/records/{}/acts", record(1)), &generic)), (403, "forbidden".into()));
}

#[test]
fn a_request_with_a_fault_is_refused_by_its_field() {
    let site = Site::new(Engine::Sqlite);
    opened(&site);
    let desk = token(&site, "ye-zhixing");
    for (field, wrong) in [
        ("to", json!([])),
        ("to", json!(["no-such-organ"])),
        ("to", json!(["fire", "fire"])),
        ("to", json!(["guidance-office"])),
        ("title", json!(" ")),
        ("text", json!("")),
        ("answer_by", json!("2020-01-01")),
        ("about", json!({ "kind": "weather", "record": record(9) })),
    ] {
        let mut body = request(1);
        body[field] = wrong;
        assert_eq!(problem(post(&site, &desk, "/api/v1/liaisons", &body)), (422, "invalid_field".into()), "{field}");
    }
    assert_eq!(problem(site.get("/api/v1/liaison/figures?from=2026-01-01&to=2028-01-01").bearer_auth(&desk).send().unwrap()), (422, "invalid_field".into()));
}

#[test]
fn a_squad_asks_from_the_field_and_the_office_counts_it() {
    let site = Site::new(Engine::Sqlite);
    opened(&site);
    let squad = site.handheld_of("chen-yifan", "squad-juxian");
    let bent = Bent { kind: "liaison", schema: 1, ..Bent::default() };
    let fields: &[(&str, &str, &[_])] = &[
        ("answer_by", "\"2026-09-22\"", &[]),
        ("day", "\"2026-09-21\"", &[]),
        ("from", "\"enforcement\"", &[]),
        ("organs.fire", "{\"unit\":\"fire-unit\"}", &[]),
        ("text", "\"现场发现消防通道被占，请技术支持\"", &[]),
        ("title", "\"请消防到场\"", &[]),
        ("unit", "\"squad-juxian\"", &[]),
    ];
    assert_eq!(site.push_one(&squad, &squad.write_bent(record(1), fields, &bent))["state"], "applied");
    let fire = token(&site, "of-fire");
    assert_eq!(ok::<Json>(post(&site, &fire, &reply(1), &json!({ "text": "半小时到", "agreed": true })))["disposition"]["state"], "applied");
    assert_eq!(figures(&site, &token(&site, "ye-zhixing"))["answered_in_time"], 1);
}
