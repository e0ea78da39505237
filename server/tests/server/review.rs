//! A reviewer's work: contested fields, excepted deeds, waivers, dismissals.

use serde_json::{Value as Json, json};
use sync_core::record::ActCall;
use zhifa_server::org::Role;

use crate::harness::{Bent, Handheld, Site, ok, problem, record};
use crate::on_both;

fn reviewer(site: &Site) -> String {
    site.log_in(&site.officer("rev", &[Role::Reviewer], &[]))
}

/// Two officers disagree about the unit's telephone check.
fn clash(site: &Site) -> (Handheld, Handheld) {
    let (a, b) = (site.handheld("a"), site.handheld("b"));
    site.push(&a, &[a.begin(record(1)), a.write(record(1), &[("answers.x", "{\"result\":\"ok\"}", &[])])]);
    let bent = Bent { after: vec![a.dot(1)], ..Bent::default() };
    let other = b.write_bent(record(1), &[("answers.x", "{\"result\":\"bad\"}", &[])], &bent);
    assert_eq!(site.push_one(&b, &other)["contested"], json!(["answers.x"]));
    (a, b)
}

fn field<'a>(view: &'a Json, key: &str) -> &'a Json {
    view["fields"].as_array().unwrap().iter().find(|f| f["key"] == key).unwrap()
}

fn read(site: &Site, token: &str) -> Json {
    ok(site.get(&format!("/api/v1/records/{}", record(1))).bearer_auth(token).send().unwrap())
}

fn queue(site: &Site, token: &str, class: &str) -> Vec<Json> {
    let page: Json = ok(site.get(&format!("/api/v1/queue?class={class}")).bearer_auth(token).send().unwrap());
    page["items"].as_array().unwrap().clone()
}

on_both! {
    fn a_reviewer_resolves_a_clash_and_both_officers_pull_it(site) {
        let token = reviewer(&site);
        let (a, b) = clash(&site);
        assert_eq!(queue(&site, &token, "contested")[0]["record"], record(1).to_string());
        let view = read(&site, &token);
        let shown = field(&view, "answers.x");
        assert_eq!((shown["reading"].as_str(), shown["candidates"].as_array().unwrap().len()), (Some("contested"), 2));
        let path = format!("/api/v1/records/{}/fields/answers.x", record(1));
        let body = json!({ "value": { "result": "bad" }, "reason": "看照片为准" });
        let put = |etag: Option<&str>| {
            let request = site.client.put(site.url(&path)).bearer_auth(&token).json(&body);
            etag.map_or_else(|| request.try_clone().unwrap(), |e| request.try_clone().unwrap().header("If-Match", e)).send().unwrap()
        };
        assert_eq!(problem(put(None)), (428, "precondition_required".into()));
        assert_eq!(problem(put(Some(&format!("\"{}\"", a.dot(2))))), (412, "precondition_failed".into()));
        let etag = shown["etag"].as_str().unwrap();
        let written = put(Some(etag));
        let fresh = written.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(ok::<Json>(written)["disposition"]["state"], "applied");
        assert_eq!(problem(put(Some(etag))), (412, "precondition_failed".into()));
        let view = read(&site, &token);
        assert_eq!(field(&view, "answers.x")["reading"], "one");
        assert_eq!(field(&view, "answers.x")["etag"], fresh.as_str());
        assert_eq!(field(&view, "answers.x")["candidates"][0]["reason"], "看照片为准");
        assert!(queue(&site, &token, "contested").is_empty());
        let (first, second) = (site.pull(&a, ""), site.pull(&b, ""));
        assert_eq!(first["items"], second["items"]);
    }

    fn a_waived_dot_frees_what_waits_and_goes_to_custody_when_it_comes(site) {
        let token = reviewer(&site);
        let a = site.handheld("a");
        site.push(&a, &[a.begin(record(1))]);
        let lost = a.write(record(1), &[("phone", "\"1\"", &[])]);
        let waits = a.write(record(1), &[("risk", "\"high\"", &[])]);
        assert_eq!(site.push_one(&a, &waits)["state"], "parked");
        let missing = queue(&site, &token, "missing");
        assert_eq!((&missing[0]["dot"], &missing[0]["waiting"]), (&json!([a.device, 2]), &json!(1)));
        assert_eq!(queue(&site, &token, "parked").len(), 1);
        let body = json!({ "act": "waive", "dot": a.dot(2), "reason": "手机落水" });
        let said: Json = ok(site.post(&format!("/api/v1/records/{}/acts", record(1))).bearer_auth(&token).json(&body).send().unwrap());
        assert_eq!(said["disposition"]["state"], "applied");
        assert_eq!(site.push_one(&a, &waits)["state"], "applied");
        assert!(queue(&site, &token, "missing").is_empty());
        assert_eq!(site.push_one(&a, &lost)["code"], "waived");
    }

    fn an_excepted_deed_is_listed_and_confirmed(site) {
        let token = reviewer(&site);
        let a = site.handheld("a");
        site.push(&a, &[a.begin(record(1))]);
        let bent = Bent { act: Some(ActCall::new("sign")), ..Bent::default() };
        let deed = a.write_bent(record(1), &[("phone", "\"1\"", &[])], &bent);
        assert!(!site.push_one(&a, &deed)["excepted"].as_array().unwrap().is_empty());
        assert_eq!(queue(&site, &token, "excepted").len(), 1);
        let body = json!({ "act": "confirm", "dot": a.dot(2), "reason": "情况属实" });
        ok::<Json>(site.post(&format!("/api/v1/records/{}/acts", record(1))).bearer_auth(&token).json(&body).send().unwrap());
        assert!(queue(&site, &token, "excepted").is_empty());
        assert_eq!(read(&site, &token)["stage"], "signed");
        let subject = json!({ "subject": format!("excepted:{}", a.dot(2)) });
        let done = || site.post("/api/v1/notices/done").bearer_auth(&token).json(&subject).send().unwrap();
        assert_eq!(done().status(), 204);
        assert_eq!(problem(done()), (404, "not_found".into()));
    }

    fn a_dismissal_needs_a_reason_and_reaches_the_author(site) {
        let token = reviewer(&site);
        let a = site.handheld("a");
        let change = a.write(record(1), &[("unit", "\"elsewhere\"", &[])]);
        assert_eq!(site.push_one(&a, &change)["code"], "foreign_scope");
        let dismiss = |reason: &str| site.post(&format!("/api/v1/changes/{}/dismiss", a.dot(1))).bearer_auth(&token).json(&json!({ "reason": reason })).send().unwrap();
        assert_eq!(problem(dismiss(" ")), (422, "invalid_field".into()));
        assert_eq!(ok::<Json>(dismiss("不属本区"))["disposition"]["state"], "dismissed");
        assert_eq!(problem(dismiss("再次")), (409, "conflict".into()));
        assert_eq!(site.pull(&a, "")["moves"][0][1]["reason"], "不属本区");
    }

    fn orders_are_told_until_they_are_acknowledged(site) {
        let admin = site.log_in(&site.officer("adm", &[Role::SecurityAdmin], &[]));
        let a = site.handheld("a");
        let order: Json = ok(site.post(&format!("/api/v1/devices/{}/commands", a.device)).bearer_auth(&admin).json(&json!({ "command": "lock" })).send().unwrap());
        let session = |done: Json| -> Json {
            let body = json!({
                "protocol": 1, "app": "t", "schemas": {}, "head": null, "pending": [[record(1), 3]], "done": done,
                "certificate": a.enrolled.as_ref().unwrap().certificate,
            });
            ok(site.post("/sync/v1/session").bearer_auth(&a.token).json(&body).send().unwrap())
        };
        assert_eq!(session(json!([]))["commands"], json!([[order["number"], "lock"]]));
        assert_eq!(session(json!([order["number"]]))["commands"], json!([]));
    }

    fn an_ended_grant_takes_the_bucket_from_the_handheld_at_once(site) {
        let admin = site.log_in(&site.officer("adm", &[Role::SecurityAdmin], &[]));
        let (a, b) = (site.handheld("a"), site.handheld("b"));
        site.push(&a, &[a.begin(record(1))]);
        let page = site.pull(&b, "");
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        site.clock.advance(1_000);
        let body = json!({ "bucket": "u:u1", "end": true });
        assert_eq!(site.post("/api/v1/officers/b/grants").bearer_auth(&admin).json(&body).send().unwrap().status(), 204);
        site.clock.advance(1_000);
        let page = site.pull(&b, page["cursor"].as_str().unwrap());
        assert_eq!(page["dropped"], json!(["u:u1"]));
    }
}
