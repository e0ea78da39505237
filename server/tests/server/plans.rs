//! Plans from draft to visits: what is written by whom, entries from files, and who says what in which order.

use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::{OfficerId, RecordId};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::record::{Draft, Value};
use zhifa_server::org::Role;
use zhifa_server::sync::store::Want;

use crate::harness::{Site, ok, problem, record};
use crate::on_both;

/// A site of the register: name, area, aliases by kind.
pub struct Place<'a> {
    pub id: RecordId,
    pub name: &'a str,
    pub area: &'a str,
    pub aliases: &'a [(&'a str, &'a str)],
}

/// Enters sites as the office does, in one transaction.
pub fn enter_sites(site: &Site, places: &[Place<'_>]) {
    let mut drafts = Vec::new();
    for place in places {
        let mut fields = vec![("name".to_owned(), json!(place.name)), ("area".to_owned(), json!(place.area))];
        fields.extend(place.aliases.iter().enumerate().map(|(n, (kind, value))| (format!("aliases.a{n}"), json!({ "kind": kind, "value": value }))));
        let edits = fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
        drafts.push(Draft { edits, ..Draft::of(place.id, "site") });
    }
    let keys = site.running().app.keys.clone();
    let officer: OfficerId = "system".parse().unwrap();
    site.running()
        .app
        .committer
        .run_blocking(Want::default(), move |store| {
            let (kinds, now) = (store.kinds, store.now);
            for draft in &drafts {
                office_write(store, kinds, &OfficeWrite { draft: draft.clone(), officer: officer.clone() }, &keys.receipt, now)?.unwrap();
            }
            Ok(())
        })
        .unwrap();
}

/// Everybody who has a word on plans.
pub struct Office {
    pub dispatcher: String,
    pub reviewer: String,
    pub panel: String,
    pub head: String,
}

impl Office {
    pub fn of(site: &Site) -> Office {
        actix_web::rt::System::new().block_on(site.running().app.load_fixtures("system")).unwrap();
        let district = Some(zhifa_server::org::Scope::District);
        let token = |id: &str, role: Role| site.log_in(&site.officer_of(id, &[role], "guidance-desk", district.clone(), &[]));
        Office {
            dispatcher: token("dispatcher", Role::Dispatcher),
            reviewer: token("reviewer", Role::Reviewer),
            panel: token("panel", Role::PanelMember),
            head: token("head", Role::Head),
        }
    }
}

/// The liaison of a department, with the reach of its unit.
pub fn liaison(site: &Site, organ: &str) -> String {
    site.log_in(&site.officer_of(&format!("liaison-{organ}"), &[Role::Liaison], &format!("{organ}-unit"), None, &[]))
}

pub fn post(site: &Site, token: &str, path: &str, body: &Json) -> Response {
    site.post(path).bearer_auth(token).json(body).send().unwrap()
}

pub fn get(site: &Site, token: &str, path: &str) -> Json {
    ok(site.get(path).bearer_auth(token).send().unwrap())
}

/// Begins a year's plan; gives its record.
pub fn begin(site: &Site, token: &str, organ: &str) -> String {
    let edits = json!([
        { "field": "title", "value": format!("{organ} 2026年度检查计划") }, { "field": "organ", "value": organ }, { "field": "unit", "value": format!("{organ}-unit") },
        { "field": "year", "value": 2026 }, { "field": "kind", "value": "annual" }, { "field": "basis", "value": "年度重点工作" },
        { "field": "window", "value": { "from": "2026-01-01", "to": "2026-12-31" } },
    ]);
    ok::<Json>(post(site, token, "/api/v1/records", &json!({ "kind": "plan", "edits": edits })))["record"].as_str().unwrap().to_owned()
}

/// An act with one field written for it.
pub fn act(site: &Site, token: &str, plan: &str, act: &str, field: Option<(&str, Json)>) -> Response {
    let edits: Vec<Json> = field.into_iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
    post(site, token, &format!("/api/v1/records/{plan}/acts"), &json!({ "act": act, "edits": edits }))
}

/// An act that leads to a stage.
pub fn done(site: &Site, token: &str, plan: &str, name: &str, field: Option<(&str, Json)>, stage: &str) {
    let written: Json = ok(act(site, token, plan, name, field));
    assert_eq!(written["stage"], stage, "{name}: {written}");
}

/// Previews a file of entries, then applies it.
pub fn import(site: &Site, token: &str, plan: &str, csv: &str) -> Json {
    let path = format!("/api/v1/plans/{plan}/entries");
    let shown: Json = ok(site.post(&path).bearer_auth(token).body(csv.to_owned()).send().unwrap());
    assert_eq!(shown["errors"], json!([]), "{shown}");
    ok(site.post(&format!("{path}?apply=true&plan={}", shown["plan"].as_str().unwrap())).bearer_auth(token).body(csv.to_owned()).send().unwrap())
}

pub const HEAD: &str = "id,matters,object,area,from,to,mode,visits,basis,kind,risk,minutes,officers";

pub fn submission() -> Option<(&'static str, Json)> {
    Some(("submitted", json!({ "day": "2025-12-20" })))
}

pub fn discussion(members: &[&str]) -> Option<(&'static str, Json)> {
    Some(("opinion.discussion", json!({ "held": "2025-12-25", "members": members, "minutes": "一致同意", "passed": true })))
}

/// The dots that stand in a field.
fn dots(site: &Site, token: &str, plan: &str, field: &str) -> Vec<Json> {
    let read = get(site, token, &format!("/api/v1/records/{plan}"));
    let found = read["fields"].as_array().unwrap().iter().find(|f| f["key"] == field).cloned().unwrap_or_default();
    found["candidates"].as_array().into_iter().flatten().map(|c| c["dot"].clone()).collect()
}

/// An act with one field written anew for it.
fn again(site: &Site, token: &str, plan: &str, act: &str, field: Option<(&str, Json)>) -> Response {
    let edits: Vec<Json> = field.into_iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": dots(site, token, plan, field) })).collect();
    post(site, token, &format!("/api/v1/records/{plan}/acts"), &json!({ "act": act, "edits": edits }))
}

fn refusals(written: Response) -> Vec<String> {
    let written: Json = ok(written);
    written["disposition"]["refused"].as_array().into_iter().flatten().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

fn two_sites(site: &Site) {
    enter_sites(
        site,
        &[
            Place { id: record(0xa1), name: "新达工地", area: "juxian", aliases: &[("permit", "330299202403120101"), ("uscc", "91330201MA2GT0006Q")] },
            Place { id: record(0xa2), name: "新达工地", area: "juxian", aliases: &[("project", "2401-330299-04-01-100001")] },
        ],
    );
}

on_both! {
    fn an_object_is_found_by_its_numbers_and_an_ambiguous_name_names_the_candidates(site) {
        let _office = Office::of(&site);
        two_sites(&site);
        let token = liaison(&site, "fire");
        let plan = begin(&site, &token, "fire");
        let row = |object: &str| format!("{HEAD}\ne1,FR-001,{object},juxian,2026-03-02,2026-03-31,on_site,1,年度计划,daily,high,60,2\n");
        let path = format!("/api/v1/plans/{plan}/entries");
        let shown = |csv: String| ok::<Json>(site.post(&path).bearer_auth(&token).body(csv).send().unwrap());
        for known in ["330299 2024 0312 0101", "2401-330299-04-01-100001", "91330201ma2gt0006q", &record(0xa2).to_string()] {
            let report = shown(row(known));
            assert_eq!((&report["errors"], &report["added"]), (&json!([]), &json!(1)), "{known}: {report}");
        }
        let several = &shown(row("新达工地"))["errors"][0];
        assert_eq!((&several["row"], &several["column"], &several["value"]), (&json!(2), &json!("object"), &json!("新达工地")));
        for id in [record(0xa1), record(0xa2)] {
            assert!(several["reason"].as_str().unwrap().contains(&id.to_string()), "{several}");
        }
        let unknown = shown(row("无名工地"));
        assert!(unknown["errors"][0]["reason"].as_str().unwrap().contains("no site or subject"));
        let refused = site.post(&format!("{path}?apply=true&plan={}", unknown["plan"].as_str().unwrap())).bearer_auth(&token).body(row("无名工地")).send().unwrap();
        assert_eq!(refused.status(), 422);
        assert_eq!(problem(site.post(&format!("{path}?apply=true")).bearer_auth(&token).body(row("新达工地")).send().unwrap()), (428, "precondition_required".into()));

        // A sampling rule stands in the place of an object; the same file twice changes nothing; another file than was shown is refused.
        let csv = format!("{HEAD},抽查比例,抽查名单\ne1,FR-001,2401-330299-04-01-100001,juxian,2026-03-02,2026-03-31,on_site,1,年度计划,daily,high,60,2,,\ns1,FR-002,,juxian,2026-05-01,2026-05-31,on_site,1,年度计划,daily,low,60,2,20%,随机抽查\n");
        assert_eq!(import(&site, &token, &plan, &csv)["applied"], true);
        let again = shown(csv.clone());
        assert_eq!((&again["added"], &again["changed"], &again["entries"]), (&json!(0), &json!(0), &json!(2)), "{again}");
        let read = get(&site, &token, &format!("/api/v1/records/{plan}"));
        assert!(read.to_string().contains(&record(0xa2).to_string()) && read.to_string().contains(r#""percent":20"#), "{read}");
        let other = site.post(&format!("{path}?apply=true&plan={}", again["plan"].as_str().unwrap())).bearer_auth(&token).body(csv.replace("20%", "30%")).send().unwrap();
        assert_eq!(problem(other), (412, "precondition_failed".into()));
        assert_eq!(site.audited("plan.imported").len(), 1);
        // Another department neither sees nor writes it.
        let water = liaison(&site, "water");
        assert_eq!(problem(site.post(&path).bearer_auth(&water).body(row("新达工地")).send().unwrap()), (404, "not_found".into()));
    }

    fn a_plan_goes_through_review_discussion_and_publication_by_those_who_may(site) {
        let office = Office::of(&site);
        two_sites(&site);
        let token = liaison(&site, "fire");
        let plan = begin(&site, &token, "fire");
        assert_eq!(refusals(act(&site, &token, &plan, "submit", submission())), ["no_entries"]);
        let csv = format!("{HEAD}\ne1,FR-001,{},juxian,2026-03-02,2026-03-31,on_site,1,年度计划,daily,high,60,2\n", record(0xa1));
        import(&site, &token, &plan, &csv);
        assert_eq!(refusals(act(&site, &token, &plan, "submit", None)), ["no_submission"], "what was refused before was said of no entries");
        assert_eq!(ok::<Json>(again(&site, &token, &plan, "submit", submission()))["stage"], "SUBMITTED");
        // What was submitted is not written any more; nor does a department write what others have to say.
        let edit = |token: &str, field: &str, value: Json| post(&site, token, &format!("/api/v1/records/{plan}/edits"), &json!({ "edits": [{ "field": field, "value": value }] }));
        assert_eq!(problem(edit(&token, "entries.e2", Json::Null)), (409, "conflict".into()));
        assert_eq!(problem(edit(&token, "opinion.legal", json!({ "agree": true, "text": "同意" }))), (403, "forbidden".into()));
        assert_eq!(problem(edit(&office.dispatcher, "matching", json!("m1"))), (403, "forbidden".into()));
        assert_eq!(problem(act(&site, &token, &plan, "match", None)), (403, "forbidden".into()));
        // Sent back with a reason, submitted anew.
        let back = |reason: Json| post(&site, &office.dispatcher, &format!("/api/v1/records/{plan}/acts"), &json!({ "act": "send_back", "reason": reason }));
        assert_eq!(refusals(back(Json::Null)), ["no_reason"]);
        assert_eq!(ok::<Json>(back(json!("补充依据")))["stage"], "DRAFT");
        done(&site, &token, &plan, "submit", None, "SUBMITTED");
        done(&site, &office.dispatcher, &plan, "match", None, "MATCHING");
        assert_eq!(refusals(act(&site, &office.dispatcher, &plan, "review", None)), ["no_matching"]);
        let run: Json = ok(post(&site, &office.dispatcher, "/api/v1/matchings", &json!({ "plans": [plan], "squads": [{ "id": "squad-juxian", "areas": ["juxian"], "officers": 4, "minutes": 360 }] })));
        assert_eq!((&run["proposed"]["after"], &run["unmet"]), (&json!(1), &json!([])), "{run}");
        done(&site, &office.dispatcher, &plan, "review", None, "LEGAL_REVIEW");
        assert_eq!(refusals(act(&site, &office.reviewer, &plan, "discuss", None)), ["no_legal_opinion"]);
        done(&site, &office.reviewer, &plan, "discuss", Some(("opinion.legal", json!({ "agree": true, "text": "同意" }))), "COLLECTIVE_DISCUSSION");
        assert_eq!(refusals(act(&site, &office.head, &plan, "approve", None)), ["no_discussion", "no_opinion"]);
        // Two are several, and fewer than the policy asks for.
        let two = edit(&office.panel, "opinion.discussion", discussion(&["a", "b"]).unwrap().1);
        assert!(two.status().is_success());
        let few = act(&site, &office.head, &plan, "approve", Some(("approval", json!({ "opinion": "同意" }))));
        assert_eq!(problem(few), (422, "invalid_field".into()));
        let three = json!({ "edits": [{ "field": "opinion.discussion", "value": discussion(&["a", "b", "c"]).unwrap().1, "replaces": dots(&site, &office.panel, &plan, "opinion.discussion") }] });
        ok::<Json>(post(&site, &office.panel, &format!("/api/v1/records/{plan}/edits"), &three));
        done(&site, &office.head, &plan, "approve", Some(("approval", json!({ "opinion": "同意" }))), "APPROVED");
        assert_eq!(refusals(act(&site, &office.dispatcher, &plan, "publish", None)), ["not_published"]);
        done(&site, &office.dispatcher, &plan, "publish", Some(("published", json!({ "day": "2025-12-30", "place": "管委会网站" }))), "PUBLISHED");
        // Changed once more: the opinions were about what stood before, and are asked for anew.
        assert_eq!(refusals(act(&site, &office.dispatcher, &plan, "adjust", None)), ["no_reason"]);
        let adjust = post(&site, &office.dispatcher, &format!("/api/v1/records/{plan}/acts"), &json!({ "act": "adjust", "reason": "上级新增专项任务" }));
        assert_eq!(ok::<Json>(adjust)["stage"], "ADJUSTING");
        import(&site, &token, &plan, &csv.replace(",60,2", ",90,2"));
        assert_eq!(refusals(act(&site, &token, &plan, "resubmit", None)), ["no_submission"]);
        assert_eq!(ok::<Json>(again(&site, &token, &plan, "resubmit", submission()))["stage"], "LEGAL_REVIEW");
        assert_eq!(refusals(act(&site, &office.reviewer, &plan, "discuss", None)), ["no_legal_opinion"]);
        let line = &get(&site, &token, "/api/v1/lists/plan")["items"][0];
        assert_eq!((&line["stage"], &line["day"], &line["due"]), (&json!("LEGAL_REVIEW"), &json!("2026-01-01"), &json!("2026-12-31")));
        assert_eq!(get(&site, &token, "/api/v1/lists/plan")["items"].as_array().unwrap().len(), 1);
    }

    fn a_matching_counts_joined_objects_as_one_tells_ids_apart_and_says_what_it_could_not_do(site) {
        let office = Office::of(&site);
        two_sites(&site);
        enter_sites(&site, &[Place { id: record(0xb1), name: "北区工地", area: "meixu", aliases: &[] }]);
        // The permit of the first is found on the second as well: one object.
        let shared = json!({ "edits": [{ "field": "aliases.p", "value": { "kind": "permit", "value": "330299-2024-0312-0101" } }] });
        ok::<Json>(post(&site, &office.dispatcher, &format!("/api/v1/records/{}/edits", record(0xa2)), &shared));
        let mut plans = Vec::new();
        for (organ, object) in [("fire", record(0xa1)), ("water", record(0xa2))] {
            let token = liaison(&site, organ);
            let plan = begin(&site, &token, organ);
            let mut csv = format!("{HEAD},percent\n1,FR-001,{object},juxian,2026-03-02,2026-03-31,on_site,1,年度计划,daily,high,60,2,\n");
            if organ == "fire" {
                csv += &format!("2,FR-001,{},meixu,2026-03-02,2026-03-31,on_site,1,年度计划,daily,low,60,2,\ns,FR-002,,meixu,2026-03-02,2026-03-31,on_site,1,年度计划,daily,low,60,2,10\n", record(0xb1));
            }
            import(&site, &token, &plan, &csv);
            done(&site, &token, &plan, "submit", submission(), "SUBMITTED");
            plans.push(plan);
        }
        let squads = json!([{ "id": "squad-juxian", "areas": ["juxian"], "officers": 4, "minutes": 360 }]);
        let wanted = json!({ "plans": plans, "squads": squads });
        assert_eq!(problem(post(&site, &office.dispatcher, "/api/v1/matchings", &wanted)), (409, "conflict".into()), "they are not at MATCHING");
        plans.iter().for_each(|plan| done(&site, &office.dispatcher, plan, "match", None, "MATCHING"));
        let wrong = |field: &str, value: Json| {
            let mut body = wanted.clone();
            body[field] = value;
            problem(post(&site, &office.dispatcher, "/api/v1/matchings", &body))
        };
        let invalid = (422, "invalid_field".to_owned());
        assert_eq!(wrong("plans", json!([])), invalid);
        assert_eq!(wrong("plans", json!([plans[0], plans[0]])), invalid);
        assert_eq!(wrong("apart", json!(0)), invalid);
        assert_eq!(wrong("last", json!("2020-01-01")), invalid);
        assert_eq!(wrong("last", json!("2038-01-01")), invalid);
        assert_eq!(wrong("squads", json!([{ "id": "x", "areas": [], "officers": 4, "minutes": 360 }])), invalid);
        // Without squads those of the book are taken, each with its certified officers, where it is posted.
        let of_the_book: Json = ok(post(&site, &office.dispatcher, "/api/v1/matchings", &json!({ "plans": plans })));
        let squads: Vec<(&str, &str)> = of_the_book["squads"].as_array().unwrap().iter().map(|s| (s["id"].as_str().unwrap(), s["areas"][0].as_str().unwrap())).collect();
        assert!(squads.contains(&("squad-juxian", "juxian")) && of_the_book["squads"][0]["officers"].as_u64() > Some(0), "{squads:?}");

        let run: Json = ok(post(&site, &office.dispatcher, "/api/v1/matchings", &wanted));
        assert_eq!((&run["proposed"]["before"], &run["proposed"]["after"], &run["unplaced"], &run["bound"]), (&json!(3), &json!(2), &json!(1), &json!(1)));
        assert_eq!((&run["unmet"][0]["entry"], &run["unmet"][0]["why"]["code"]), (&json!("s"), &json!("not_drawn")));
        let path = format!("/api/v1/matchings/{}", run["id"].as_str().unwrap());
        let items = get(&site, &office.dispatcher, &format!("{path}/proposals"))["items"].as_array().unwrap().clone();
        let joint = items.iter().find(|p| p["joint"] == true).unwrap();
        let entries: Vec<&str> = joint["matched"].as_array().unwrap().iter().map(|m| m["entry"].as_str().unwrap()).collect();
        assert_eq!(entries, ["fire.1", "water.1"], "both departments number from 1");
        // Nobody works in the other area: it has no day, and says so; the guidance office gives it one within the window.
        let lonely = items.iter().find(|p| p["joint"] == false).unwrap();
        assert!(lonely.get("day").is_none_or(Json::is_null) && lonely["why"].to_string().contains("no_squad"), "{lonely}");
        assert!(lonely["why"].to_string().contains("没有中队负责"), "{lonely}");
        for plan in &plans {
            done(&site, &office.dispatcher, plan, "review", None, "LEGAL_REVIEW");
            done(&site, &office.reviewer, plan, "discuss", Some(("opinion.legal", json!({ "agree": true, "text": "同意" }))), "COLLECTIVE_DISCUSSION");
            let minutes = json!({ "edits": [{ "field": "opinion.discussion", "value": discussion(&["a", "b", "c"]).unwrap().1 }] });
            ok::<Json>(post(&site, &office.panel, &format!("/api/v1/records/{plan}/edits"), &minutes));
            done(&site, &office.head, plan, "approve", Some(("approval", json!({ "opinion": "同意" }))), "APPROVED");
            done(&site, &office.dispatcher, plan, "publish", Some(("published", json!({ "day": "2025-12-30", "place": "管委会网站" }))), "PUBLISHED");
        }
        let number = &lonely["number"];
        let accepted: Json = ok(post(&site, &office.dispatcher, &format!("{path}/proposals/{number}/decide"), &json!({ "outcome": "accept" })));
        assert!(accepted["accepted"] == true && accepted["visit"].is_null());
        let task = |body: Json| post(&site, &office.dispatcher, &format!("{path}/proposals/{number}/task"), &body);
        assert_eq!(problem(task(json!({}))), invalid);
        assert_eq!(problem(task(json!({ "day": "2026-04-01", "unit": "squad-meixu" }))), invalid, "outside the window");
        let made: Json = ok(task(json!({ "day": "2026-03-09", "unit": "squad-meixu" })));
        let line = &get(&site, &office.dispatcher, "/api/v1/lists/visit")["items"][0];
        assert_eq!((&line["record"], &line["day"], &line["stage"]), (&made["visits"][0], &json!("2026-03-09"), &json!("CREATED")));
        // What is kept cannot be rewritten behind the program's back.
        for sql in ["UPDATE proposal SET body = '{}'", "UPDATE proposal SET decisions = '[]' WHERE decisions <> '[]'", "UPDATE matching SET body = '{}'"] {
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.sql(sql))).is_err(), "{sql}");
        }
    }
}
