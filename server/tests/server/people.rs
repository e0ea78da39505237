//! People: what is personal, what the audit tells, and the work of somebody who was suspended.

use serde_json::{Value as Json, json};
use zhifa_server::org::{Role, Scope};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;

fn person(site: &Site, id: &str, role: Role) -> String {
    site.log_in(&site.officer(id, &[role], &[]))
}

fn get(site: &Site, token: &str, path: &str) -> Json {
    ok(site.get(path).bearer_auth(token).send().unwrap())
}

on_both! {
    fn twenty_pending_changes_of_a_suspended_officer_are_quarantined_and_released_one_by_one(site) {
        let a = site.handheld("a");
        let changes: Vec<_> = (1..=20).map(|n| a.begin(record(n))).collect();
        site.suspend(&a.officer, true);
        let answer = site.push(&a, &changes);
        let codes: Vec<_> = answer.results.iter().map(|r| serde_json::to_value(&r.disposition).unwrap()["code"].clone()).collect();
        assert_eq!(codes, vec![json!("officer_suspended"); 20]);
        let reviewer = person(&site, "rev", Role::Reviewer);
        let listed = |site: &Site| get(site, &reviewer, "/api/v1/queue?class=quarantined")["items"].as_array().unwrap().clone();
        let found = listed(&site);
        assert_eq!(found.len(), 20);
        for (n, item) in found.iter().enumerate() {
            let dot = a.dot(n as u64 + 1);
            assert_eq!((&item["dot"], &item["disposition"]["code"]), (&json!(dot), &json!("officer_suspended")));
            let released: Json = ok(site.post(&format!("/api/v1/changes/{dot}/release")).bearer_auth(&reviewer).send().unwrap());
            assert_eq!(released["disposition"]["state"], "applied", "{dot}");
        }
        assert!(listed(&site).is_empty());
        for n in 1..=20 {
            assert_eq!(get(&site, &reviewer, &format!("/api/v1/records/{}", record(n)))["fields"][0]["key"], "unit");
        }
        assert_eq!(site.audited("change.released").len(), 20);
        assert_eq!(site.audited("officer.suspended").len(), 1);
    }

    fn what_is_personal_is_masked_for_who_does_not_need_it_and_audited_for_who_does(site) {
        let (system, leader) = (person(&site, "sys", Role::SystemAdmin), person(&site, "boss", Role::SquadLeader));
        site.officer("li", &[Role::Officer], &[]);
        let personal = json!({ "personal": { "phone": "13812345678", "citizen_id": "11010519491231002X" } });
        assert_eq!(site.client.put(site.url("/api/v1/officers/li")).bearer_auth(&system).json(&personal).send().unwrap().status(), 204);
        let masked = get(&site, &system, "/api/v1/officers/li");
        assert_eq!((&masked["personal"]["phone"], &masked["personal"]["citizen_id"], &masked["masked"]), (&json!("138****5678"), &json!("110*************2X"), &json!(true)));
        assert!(site.audited("personal.read").is_empty(), "nothing was told");
        let shown = get(&site, &leader, "/api/v1/officers/li");
        assert_eq!((&shown["personal"], &shown["masked"]), (&personal["personal"], &json!(false)));
        let read = site.audited("personal.read");
        assert_eq!((read.len(), read[0].actor.as_str(), read[0].object.as_str()), (1, "officer:boss", "officer:li"));
        let other = site.log_in(&site.officer_of("far", &[Role::SquadLeader], "u2", Some(Scope::Unit), &[]));
        assert_eq!(problem(site.get("/api/v1/officers/li").bearer_auth(other).send().unwrap()), (404, "not_found".into()));
        assert_eq!(site.audited("personal.read").len(), 1);
        let all = site.audited("");
        assert!(all.len() > 5 && all.iter().all(|e| !e.detail.contains("13812345678") && !e.detail.contains("11010519491231002X")));
    }

    fn the_audit_is_searched_by_who_what_and_when_and_read_in_pages(site) {
        let auditor = person(&site, "aud", Role::AuditAdmin);
        let before = site.audited("officer.created").len();
        for n in 0..7 {
            site.clock.advance(1_000);
            site.officer(&format!("person-{n}"), &[Role::Officer], &[]);
        }
        let entries = |query: &str| get(&site, &auditor, &format!("/api/v1/audit?{query}"))["entries"].as_array().unwrap().clone();
        assert_eq!(entries("action=officer.created").len(), before + 7);
        assert_eq!(entries("action=officer.").len(), before + 7, "a group");
        assert_eq!(entries("object=officer:person-3").iter().map(|e| e["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), ["officer.created"]);
        assert_eq!(entries("actor=officer:aud&action=login.done").len(), 1);
        let last = entries("action=officer.created&limit=1")[0]["at_ms"].as_i64().unwrap();
        assert_eq!(entries(&format!("action=officer.created&from_ms={}", last - 2_000)).len(), 3);
        assert_eq!(entries(&format!("action=officer.created&until_ms={}&from_ms={}", last, last - 2_000)).len(), 2, "until is not within");
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = get(&site, &auditor, &format!("/api/v1/audit?action=officer.created&limit=3{next}"));
            let entries = page["entries"].as_array().unwrap();
            assert!(entries.len() <= 3);
            seen.extend(entries.iter().map(|e| e["seq"].as_i64().unwrap()));
            match page["next"].as_i64() {
                Some(n) => next = format!("&before={n}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), before + 7);
        assert!(seen.is_sorted_by(|a, b| a > b), "newest first, none twice: {seen:?}");
        assert!(!site.audited("audit.read").is_empty(), "searching is audited too");
    }
}
