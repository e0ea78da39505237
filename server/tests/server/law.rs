//! The book over HTTP: who held what when, what changes, and what refuses to.

use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use zhifa_server::org::Role;

use crate::harness::{Site, ok, problem};
use crate::on_both;

/// An officer's token, for reading.
fn reader(site: &Site) -> String {
    site.log_in(&site.officer("reader", &[Role::Officer], &[]))
}

fn admin(site: &Site) -> String {
    site.log_in(&site.officer("admin", &[Role::SystemAdmin], &[]))
}

fn load(site: &Site) -> zhifa_server::law::seed::Loaded {
    actix_web::rt::System::new().block_on(site.running().app.load_fixtures("system")).unwrap()
}

fn get(site: &Site, token: &str, path: &str) -> Json {
    ok(site.get(path).bearer_auth(token).send().unwrap())
}

fn rev(site: &Site) -> i64 {
    site.running().app.law().rev
}

/// Enters a row under the present revision.
fn put(site: &Site, token: &str, path: &str, body: &Json) -> Response {
    site.client.put(site.url(path)).bearer_auth(token).header("If-Match", format!("\"law-{}\"", rev(site))).json(body).send().unwrap()
}

fn post(site: &Site, token: &str, path: &str, body: &Json) -> Response {
    site.post(path).bearer_auth(token).header("If-Match", format!("\"law-{}\"", rev(site))).json(body).send().unwrap()
}

on_both! {
    fn the_team_holds_370_matters_then_what_the_batches_say_then_2742(site) {
        let loaded = load(&site);
        assert!(loaded.rows > 2_742 && loaded.rev == 1);
        assert_eq!(load(&site).rows, 0, "a second time changes nothing");
        let token = reader(&site);
        let count = |day: &str| get(&site, &token, &format!("/api/v1/catalogue/held?organ=enforcement&area=nb-gaoxin&day={day}&limit=1"))["count"].as_u64().unwrap();
        let batches = sync_core::fixtures::catalogue::batches().unwrap();
        let said = |day: &str| batches.iter().filter(|b| b.day <= day.parse().unwrap()).map(|b| b.matters as u64).sum::<u64>();
        assert_eq!(count("2023-12-31"), 370);
        assert_eq!(count("2024-04-30"), said("2024-04-30"));
        assert!((371..2_742).contains(&count("2024-04-30")), "some batches have come and some have not");
        assert_eq!(count("2026-09-21"), 2_742);
        // A transfer shows what changes hands on its day, and the day before its matters are elsewhere.
        let batch = batches.iter().find(|b| b.from.is_some()).unwrap();
        let shown = get(&site, &token, &format!("/api/v1/catalogue/transfers/{}?limit=500", batch.code));
        assert_eq!(shown["count"], batch.matters);
        let first = &shown["hands_over"][0];
        assert_eq!((first["day"].as_str().unwrap(), &first["from"], &first["to"]), (batch.day.to_string().as_str(), &json!(batch.from), &json!("enforcement")));
        let matter = first["matter"].as_str().unwrap();
        let holder = |day: String| get(&site, &token, &format!("/api/v1/catalogue/authority?matter={matter}&area=nb-gaoxin&day={day}"))["holder"]["organ"].clone();
        assert_eq!(holder(batch.day.to_string()), "enforcement");
        assert_eq!(holder(batch.day.yesterday().unwrap().to_string()), json!(batch.from));
        let listed = get(&site, &token, "/api/v1/catalogue/transfers");
        assert_eq!(listed["transfers"].as_array().unwrap().len(), batches.len());
        assert_eq!(listed["transfers"].as_array().unwrap().iter().map(|t| t["powers"].as_u64().unwrap()).sum::<u64>(), 2_742);
    }

    fn a_case_filed_the_day_before_stays_and_moves_under_the_other_policy(site) {
        load(&site);
        let (token, admin) = (reader(&site), admin(&site));
        let batch = sync_core::fixtures::catalogue::batches().unwrap().into_iter().find(|b| b.from.is_some()).unwrap();
        let matter = get(&site, &token, &format!("/api/v1/catalogue/transfers/{}?limit=1", batch.code))["hands_over"][0]["matter"].as_str().unwrap().to_owned();
        let case = || {
            let eve = batch.day.yesterday().unwrap();
            get(&site, &token, &format!("/api/v1/catalogue/authority?matter={matter}&area=nb-gaoxin&filed_on={eve}"))
        };
        let before = case();
        assert_eq!((&before["holder"]["organ"], &before["case"]["organ"]), (&json!("enforcement"), &json!(batch.from)));
        let row = get(&site, &token, &format!("/api/v1/dated/transfer/{}", batch.code))["rows"][0].clone();
        let mut body = row["body"].clone();
        body["pending"] = json!("move");
        let change = json!({ "from": row["valid"]["from"], "body": body, "reason": "交接通知载明未结案件一并移交" });
        let done: Json = ok(put(&site, &admin, &format!("/api/v1/dated/transfer/{}", batch.code), &change));
        assert_eq!(done["differences"][0]["change"], "changed");
        assert_eq!(case()["case"]["organ"], "enforcement", "浙江省综合行政执法条例: each transfer says what becomes of pending cases");
    }

    fn what_is_looked_up_is_found_by_words_pinyin_and_initials(site) {
        load(&site);
        let token = reader(&site);
        let found = |q: &str, day: &str| {
            let answer: Json = ok(site.get(&format!("/api/v1/catalogue/search?q={q}&as_of={day}&limit=100")).bearer_auth(&token).send().unwrap());
            answer["matters"].as_array().unwrap().clone()
        };
        let by_name = found("道口", "2026-09-21");
        assert!(!by_name.is_empty());
        for query in ["dk", "daokou"] {
            let all = found(query, "2026-09-21");
            assert!(by_name.iter().all(|hit| all.iter().any(|other| other["code"] == hit["code"])), "{query}");
        }
        assert_eq!(found("UM-008", "2026-09-21").first().map(|hit| hit["code"].clone()), Some(json!("UM-008")), "a code is found first");
        assert!(found("", "1999-01-01").is_empty(), "nothing was in force");
        assert_eq!(problem(site.get(&format!("/api/v1/catalogue/search?q={}", "长".repeat(101))).bearer_auth(&token).send().unwrap()).0, 422);
    }

    fn the_law_of_an_act_is_answered_with_both_versions(site) {
        load(&site);
        let token = reader(&site);
        let book = &site.running().app.law().book;
        let reformed = book.keys(sync_core::dated::Kind::Matter).find(|key| book.history(sync_core::dated::Kind::Matter, key).count() == 2).unwrap().to_owned();
        let choice = get(&site, &token, &format!("/api/v1/catalogue/choice?matter={reformed}&act_start=2026-08-01&decision=2026-09-01"))["choice"].clone();
        assert_eq!(choice["then"]["valid"]["until"], "2026-08-15", "生态环境法典 art 1242");
        assert_eq!(choice["now"]["valid"]["from"], "2026-08-15");
        assert!(choice["then"]["matter"]["penalty"][0]["law"].is_string() && choice["now"]["matter"]["penalty"][0]["law"].is_string());
        let too_early = get(&site, &token, &format!("/api/v1/catalogue/choice?matter={reformed}&act_start=2026-08-01&decision=2026-07-01"));
        assert!(too_early["choice"].is_null() && too_early["reason"].as_str().unwrap().contains("decision"));
        assert_eq!(problem(site.get("/api/v1/catalogue/choice?matter=none&act_start=2026-08-01").bearer_auth(&token).send().unwrap()), (404, "not_found".into()));
    }

    fn deadlines_are_those_of_the_law(site) {
        load(&site);
        let token = reader(&site);
        let ends = |query: &str| get(&site, &token, &format!("/api/v1/calendar/deadline?start=2024-09-27&{query}"));
        assert_eq!(ends("count=5&law=penalty")["due"], "2024-10-10", "行政处罚法 art 85: 五日 are working days");
        assert_eq!(ends("count=7&law=penalty")["due"], "2024-10-12");
        let pay = ends("count=15&law=penalty");
        assert_eq!((&pay["due"], &pay["ends_at_ms"]), (&json!("2024-10-12"), &json!(1_728_748_800_000_i64)), "24:00 in Shanghai");
        let filed = get(&site, &token, "/api/v1/calendar/deadline?start=2024-07-15&count=90&unit=calendar_days&side=organ");
        assert_eq!((&filed["due"], &filed["unshifted_due"]), (&json!("2024-10-13"), &json!("2024-10-13")));
        let suspended = get(&site, &token, "/api/v1/calendar/deadline?start=2024-07-15&count=90&unit=calendar_days&side=organ&suspension=2024-08-01..2024-08-06&suspension=2024-09-01..2024-09-06");
        assert_eq!(suspended["due"], "2024-10-23", "twice five days more");
        assert_eq!(ends("count=5&unit=calendar_days&suspension=2024-09-28..")["state"], "stands");
        for bad in ["count=5", "count=5&unit=weeks", "count=5&unit=months&law=penalty", "count=5&unit=months&suspension=x", "count=5&unit=working_days&who=me"] {
            assert_eq!(problem(site.get(&format!("/api/v1/calendar/deadline?start=2024-09-27&{bad}")).bearer_auth(&token).send().unwrap()), (422, "invalid_field".into()), "{bad}");
        }
        assert_eq!(problem(site.get("/api/v1/calendar/deadline?start=2035-01-01&count=5&unit=working_days").bearer_auth(&token).send().unwrap()).0, 422, "that year's notice is not entered");
    }

    fn lists_come_in_pages_under_their_revision(site) {
        load(&site);
        let token = reader(&site);
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let response = site.get(&format!("/api/v1/dated/matter?limit=500&as_of=2026-09-21{after}")).bearer_auth(&token).send().unwrap();
            assert_eq!(response.headers()["etag"], "\"law-1\"");
            let page: Json = ok(response);
            seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let book = &site.running().app.law().book;
        let day = "2026-09-21".parse().unwrap();
        assert_eq!(seen, book.in_force(sync_core::dated::Kind::Matter, day).map(|row| row.key.to_string()).collect::<Vec<_>>());
        let page = get(&site, &token, "/api/v1/dated/year?all=true&limit=2");
        let next = get(&site, &token, &format!("/api/v1/dated/year?all=true&limit=500&after={}", page["next"].as_str().unwrap()));
        assert_eq!(page["rows"].as_array().unwrap().len() + next["rows"].as_array().unwrap().len(), book.of_kind(sync_core::dated::Kind::Year).count());
        let power = book.keys(sync_core::dated::Kind::Power).next().unwrap().replace('/', "%2F");
        assert!(!get(&site, &token, &format!("/api/v1/dated/power/{power}"))["rows"].as_array().unwrap().is_empty(), "a key with slashes is one part of the path");
        assert_eq!(problem(site.get("/api/v1/dated/people").bearer_auth(&token).send().unwrap()), (404, "not_found".into()));
    }

    fn a_policy_that_an_administrator_changes_holds_from_its_day_and_is_audited(site) {
        load(&site);
        let (token, admin) = (reader(&site), admin(&site));
        let value = |day: &str| {
            let all = get(&site, &token, &format!("/api/v1/policies?as_of={day}"));
            all["policies"].as_array().unwrap().iter().find(|p| p["key"] == "bundle.expiry").unwrap().clone()
        };
        let was = value("2026-12-01")["value"]["integer"].as_i64().unwrap();
        let body = json!({ "from": "2026-12-01", "body": { "value": { "integer": was + 24 }, "owner": "法制科", "source": "内部规定", "doubt": false } });
        let path = "/api/v1/dated/policy/bundle.expiry";
        assert_eq!(problem(site.client.put(site.url(path)).bearer_auth(&admin).json(&body).send().unwrap()), (428, "precondition_required".into()));
        assert_eq!(problem(put(&site, &token, path, &body)), (403, "forbidden".into()));
        let shown: Json = ok(put(&site, &admin, &format!("{path}?dry_run=true"), &body));
        assert_eq!((&shown["applied"], rev(&site)), (&json!(false), 1));
        assert!(!shown["differences"].as_array().unwrap().is_empty());
        let done: Json = ok(put(&site, &admin, path, &body));
        assert_eq!((done["rev"].as_i64(), done["differences"].clone()), (Some(2), shown["differences"].clone()));
        assert_eq!(value("2026-11-30")["value"]["integer"], was);
        assert_eq!(value("2026-12-01")["value"]["integer"], was + 24);
        assert_eq!(value("2026-12-01")["owner"], "法制科");
        assert!(site.audited("dated.entered").iter().any(|e| e.object == "policy:bundle.expiry" && e.actor == "officer:admin"));
        let stale = site.client.put(site.url(path)).bearer_auth(&admin).header("If-Match", "\"law-1\"").json(&body).send().unwrap();
        assert_eq!(problem(stale), (412, "precondition_failed".into()));
        let bad = json!({ "from": "2026-12-01", "body": { "value": { "text": "soon" }, "owner": "法制科", "source": "内部规定", "doubt": false } });
        assert_eq!(problem(put(&site, &admin, path, &bad)), (422, "invalid_field".into()));
        // Before its first day it can be withdrawn; afterwards it could only be ended.
        let done: Json = ok(post(&site, &admin, &format!("{path}/withdraw"), &json!({ "from": "2026-12-01" })));
        assert_eq!(done["differences"][0]["change"], "withdrawn");
        assert!(site.audited("dated.withdrawn").iter().any(|e| e.object == "policy:bundle.expiry"));
    }

    fn a_power_names_what_is_there_and_an_end_tells_its_gap(site) {
        load(&site);
        let admin = admin(&site);
        let matter = site.running().app.law().book.keys(sync_core::dated::Kind::Matter).next().unwrap().to_owned();
        let power = |organ: &str, scope: Json| json!({ "from": "2027-01-01", "body": { "organ": organ, "power": "penalty", "scope": scope, "legal_doc": "通知" } });
        let path = format!("/api/v1/dated/power/{matter}%2Fnb-gaoxin%2Fpenalty");
        for (path, body) in [
            (path.clone(), power("nobody", json!("whole"))),
            (path.clone(), power("water", json!({ "part": { "boundary": "" } }))),
            (format!("/api/v1/dated/power/{matter}%2Fnowhere%2Fpenalty"), power("water", json!("whole"))),
            ("/api/v1/dated/power/none%2Fnb-gaoxin%2Fpenalty".to_owned(), power("water", json!("whole"))),
            (format!("/api/v1/dated/power/{matter}%2Fnb-gaoxin%2Fcoercion"), power("water", json!("whole"))),
        ] {
            assert_eq!(problem(put(&site, &admin, &path, &body)), (422, "invalid_field".into()), "{path} {body}");
        }
        assert_eq!(rev(&site), 1);
        let done: Json = ok(put(&site, &admin, &path, &power("water", json!("whole"))));
        assert_eq!(done["differences"].as_array().unwrap().iter().map(|d| d["change"].clone()).collect::<Vec<_>>(), [json!("succeeded"), json!("added")]);
        let done: Json = ok(post(&site, &admin, &format!("{path}/end"), &json!({ "from": "2027-01-01", "until": "2027-06-01", "reason": "停止" })));
        assert!(done["warnings"][0].as_str().unwrap().contains("nothing holds from 2027-06-01 on"));
        let gaps = get(&site, &admin, "/api/v1/catalogue/gaps?area=nb-gaoxin");
        assert!(gaps["gaps"].as_array().unwrap().iter().any(|gap| gap["matter"] == matter && gap["days"]["from"] == "2027-06-01"));
        assert_eq!(problem(post(&site, &admin, &format!("{path}/end"), &json!({ "from": "2027-02-01", "until": "2027-06-01", "reason": "x" }))), (404, "not_found".into()));
        let done: Json = ok(post(&site, &admin, "/api/v1/dated/organ/water/end?dry_run=true", &json!({ "from": "2022-01-01", "until": "2027-01-15", "reason": "撤销" })));
        assert!(done["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains("powers are still held by water")), "{done}");
    }

    fn days_of_one_thing_never_overlap_whoever_writes(site) {
        load(&site);
        let insert = |key: &str, from: &str| {
            let blob = if site.config.database.is_some() { "'\\x00'" } else { "x'00'" };
            let sql = format!("INSERT INTO dated (district, kind, key, from_day, until_day, body, hash, rev) VALUES (1, 'organ', '{key}', '{from}', NULL, '{{}}', {blob}, 9)");
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.sql(&sql))).is_err()
        };
        assert!(insert("water", "2024-01-01"), "the store refuses it");
        assert!(insert("water", "2020-01-01"));
        assert!(!insert("other", "2024-01-01"), "the statement itself is right");
    }
}
