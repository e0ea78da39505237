//! 双随机: committed to and published, drawn once, replayed by anyone; who is never drawn; and who stands back.

use std::process::Command;

use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use sync_core::plan::draw::{Finding, Part, Transcript, replay};
use zhifa_server::org::{Role, Scope};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::Town;

const ORGAN: &str = "enforcement";
const OFFICERS: [&str; 2] = ["chen-yifan", "lin-xiaohe"];

/// Enters a site with all that is known of it.
pub fn enter(town: &Town<'_>, n: u128, fields: &[(&str, Json)]) {
    let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "reason": "核定" })).collect();
    let done: Json = ok(town.post("reviewer", "/api/v1/records", &json!({ "kind": "site", "record": record(n), "edits": edits })));
    assert_eq!(done["disposition"]["state"], "applied", "{done}");
}

/// Eight sites: one left alone, one covered in full, one visited twice this year, two that are one, and the rest.
fn town(site: &Site) -> Town<'_> {
    let mut town = Town::new(site, &OFFICERS);
    let dispatcher = site.officer_of("dispatcher", &[Role::Dispatcher], "team-office", Some(Scope::District), &[]);
    town.desks.insert("dispatcher", site.log_in(&dispatcher));
    for n in 1..=8_u128 {
        let list = if n == 1 {
            "left_alone"
        } else if n == 2 {
            "key"
        } else {
            "random"
        };
        let mut fields = vec![("name", json!(format!("工地{n}"))), ("list", json!(list)), ("risk", json!(if n == 4 { "high" } else { "low" }))];
        if n == 8 {
            fields.push(("joined_into", json!(record(7))));
        }
        enter(&town, n, &fields);
    }
    for n in 0..2 {
        town.visited(100 + n, record(3), &[(ORGAN, "daily")], &OFFICERS, &[]);
        town.later(crate::town::DAY);
    }
    let dispatcher = site.log_in(&dispatcher);
    town.desks.insert("dispatcher", dispatcher);
    town
}

fn rule() -> Json {
    json!({ "title": "第三季度双随机抽查", "kind": "site", "draw": { "count": 3 }, "team": 2, "organ": ORGAN })
}

fn ask(town: &Town<'_>, path: &str, body: &Json) -> Response {
    town.post("dispatcher", &format!("/api/v1/draws{path}"), body)
}

fn committed(town: &Town<'_>, n: u128) -> Json {
    ok(ask(town, "", &json!({ "id": record(n), "rule": rule() })))
}

fn public(site: &Site, n: u128) -> Json {
    ok(site.get(&format!("/public/draws/{}", record(n))).send().unwrap())
}

fn transcript(shown: &Json) -> Transcript {
    serde_json::from_value(shown["transcript"].clone()).unwrap()
}

fn whys(shown: &Json) -> Vec<(RecordId, String)> {
    let objects = shown["list"]["objects"].as_array().unwrap().iter();
    objects.filter(|o| !o["excluded"].is_null()).map(|o| (o["key"].as_str().unwrap().parse().unwrap(), o["excluded"]["why"].as_str().unwrap().to_owned())).collect()
}

on_both! {
    fn list_and_commitment_are_public_before_and_what_is_drawn_follows_from_them(site) {
        let town = town(&site);
        let made = committed(&town, 900);
        assert_eq!(made["state"], "committed");
        let before = public(&site, 900);
        assert_eq!((&before["commitment"], &before["list"], before.get("transcript")), (&made["commitment"], &made["list"], None));
        assert_eq!(whys(&before), [(record(1), "undisturbed".into()), (record(2), "full_coverage".into()), (record(3), "cap".into())]);
        let objects = before["list"]["objects"].as_array().unwrap();
        assert_eq!(objects.len(), 7, "two that are one are one");
        assert!(objects[2]["excluded"]["reason"].as_str().unwrap().contains("2/2"), "{}", objects[2]);
        assert!(objects[3]["weight"].as_u64() > objects[4]["weight"].as_u64(), "high risk weighs more");
        assert!(before["publish_by"].is_null());
        assert_eq!(problem(site.get(&format!("/api/v1/draws/{}/objects", record(900))).bearer_auth(&town.desks["dispatcher"]).send().unwrap()), (409, "conflict".into()));

        let drawn: Json = ok(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
        let again: Json = ok(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
        assert_eq!(drawn, again, "once");
        assert_eq!(site.audited("draw.drawn").len(), 1);
        let after = public(&site, 900);
        let shown = transcript(&after);
        assert_eq!(json!(shown.commitment), before["commitment"]);
        assert_eq!(json!(shown.list), before["list"]);
        assert_eq!(replay(&shown), Ok(()));
        assert!(shown.result.len() == 3 && shown.result.iter().all(|d| d.inspectors.len() == 2));
        assert_eq!(after["drawn"].as_array().unwrap().len(), 3);
        assert!(after["publish_by"].as_str().is_some(), "{}", after["publish_by"]);
        let text = after.to_string();
        assert!(OFFICERS.iter().all(|officer| !text.contains(officer)) && !text.contains("basis"), "certificates, no accounts");
        let teams = town.get("dispatcher", &format!("/api/v1/draws/{}/objects", record(900)));
        let ids: Vec<&str> = teams["items"].as_array().unwrap().iter().map(|t| t["object"].as_str().unwrap()).collect();
        assert_eq!(ids, shown.result.iter().map(|d| d.object.as_str()).collect::<Vec<_>>());
        assert!(teams["items"].as_array().unwrap().iter().all(|t| t["officers"].as_array().unwrap().len() == 2), "{teams}");
    }

    fn what_was_drawn_becomes_entries_of_the_plan_that_asked_for_it(site) {
        let town = town(&site);
        let desk = &town.desks["dispatcher"];
        let plan = crate::plans::begin(&site, desk, ORGAN);
        let rule = json!({
            "area": "juxian", "basis": "双随机年度计划", "from": "2026-05-01", "kind": "daily", "matters": ["FR-002"], "minutes": 60, "mode": "on_site", "officers": 2, "risk": "low",
            "sample": { "list": "random", "percent": 60 }, "to": "2026-05-29", "visits": 1,
        });
        ok::<Json>(town.post("dispatcher", &format!("/api/v1/records/{plan}/edits"), &json!({ "edits": [{ "field": "entries.s1", "value": rule }] })));
        committed(&town, 900);
        let enter = |entry: &str, draw: u128| town.post("dispatcher", &format!("/api/v1/plans/{plan}/entries/{entry}/objects"), &json!({ "draw": record(draw) }));
        assert_eq!(problem(enter("s1", 900)), (409, "conflict".into()), "before the draw");
        ok::<Json>(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
        assert_eq!(problem(enter("s2", 900)), (404, "not_found".into()));
        assert_eq!(problem(enter("s1", 901)), (422, "invalid_field".into()));
        for _ in 0..2 {
            assert_eq!(ok::<Json>(enter("s1", 900))["entries"], 3, "once, however often");
        }
        assert_eq!(site.audited("plan.imported").len(), 1);
        let read = town.get("dispatcher", &format!("/api/v1/records/{plan}"));
        let entered: Vec<Json> = read["fields"].as_array().unwrap().iter().filter(|f| f["key"].as_str().unwrap().starts_with("entries.s1.")).map(|f| f["candidates"][0]["value"]["object"].clone()).collect();
        let drawn: Vec<Json> = transcript(&public(&site, 900)).result.iter().map(|d| json!(d.object)).collect();
        assert_eq!(entered, drawn);
        // Another draw does not take their place.
        committed(&town, 902);
        ok::<Json>(ask(&town, &format!("/{}/draw", record(902)), &json!({})));
        let other: Vec<Json> = transcript(&public(&site, 902)).result.iter().map(|d| json!(d.object)).collect();
        assert_eq!(enter("s1", 902).status().is_success(), other == drawn);
    }

    fn any_change_of_what_was_published_is_found(site) {
        let town = town(&site);
        committed(&town, 900);
        ok::<Json>(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
        let honest = transcript(&public(&site, 900));
        let found = |change: fn(&mut Transcript)| {
            let mut bent = honest.clone();
            change(&mut bent);
            replay(&bent).unwrap_err()
        };
        assert_eq!(found(|t| t.list.objects[3].weight += 1), Finding::Section { part: Part::Weights });
        assert_eq!(found(|t| t.list.objects[0].excluded = None), Finding::Section { part: Part::Exclusions });
        assert_eq!(found(|t| _ = t.list.objects.pop()), Finding::Sections { parts: vec![Part::Candidates, Part::Weights] });
        assert_eq!(found(|t| t.seed = Digest::plain(b"another")), Finding::Seed);
        assert!(matches!(found(|t| t.result[0].inspectors.reverse()), Finding::Result { at: 0, .. }));
    }

    fn the_same_id_is_one_draw_and_another_rule_a_conflict(site) {
        let town = town(&site);
        let made = committed(&town, 900);
        assert_eq!(committed(&town, 900), made);
        let mut other = rule();
        other["draw"] = json!({ "percent": 50 });
        assert_eq!(problem(ask(&town, "", &json!({ "id": record(900), "rule": other }))), (409, "conflict".into()));
        assert_eq!(site.audited("draw.committed").len(), 1);
        let second: Json = ok(ask(&town, "", &json!({ "rule": other })));
        assert_eq!(second["draw"], 2, "half of four");
        let first = town.get("dispatcher", "/api/v1/draws?limit=1");
        let rest = town.get("dispatcher", &format!("/api/v1/draws?limit=1&after={}", first["next"].as_str().unwrap()));
        let ids: std::collections::BTreeSet<String> = [&first, &rest].map(|page| page["items"][0]["id"].to_string()).into();
        assert_eq!(ids, [&made, &second].map(|d| d["id"].to_string()).into());
        let all: Json = ok(site.get("/public/draws").send().unwrap());
        assert_eq!(all["items"].as_array().unwrap().len(), 2);
    }

    fn what_cannot_be_drawn_is_refused_by_field(site) {
        let town = town(&site);
        for (key, value) in [("kind", json!("visit")), ("team", json!(1)), ("organ", json!("nobody")), ("organ", json!("guidance-office")), ("draw", json!({ "count": 5 })), ("day", json!("2020-01-01")), ("team", json!(500)), ("title", json!(" ".repeat(600)))] {
            let mut rule = rule();
            rule[key] = value;
            let response = ask(&town, "", &json!({ "rule": rule }));
            let body: Json = response.json().unwrap();
            assert_eq!((&body["code"], body["field"].as_str().unwrap_or("title")), (&json!("invalid_field"), key), "{body}");
        }
        assert_eq!(problem(ask(&town, &format!("/{}/draw", record(5)), &json!({}))), (404, "not_found".into()));
        assert_eq!(problem(town.post("head", "/api/v1/draws", &json!({ "rule": rule() }))), (403, "forbidden".into()));
    }

    fn the_store_itself_takes_no_change_of_what_was_committed_to_nor_of_what_was_drawn(site) {
        let town = town(&site);
        committed(&town, 900);
        let refused = |sql: &str| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.sql(sql))).is_err();
        for sql in ["UPDATE draw SET list = '{}'", "UPDATE draw SET commitment = seed", "UPDATE draw SET seed = commitment", "UPDATE draw SET basis = '{}'", "DELETE FROM draw"] {
            assert!(refused(sql), "{sql}");
        }
        ok::<Json>(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
        for sql in ["UPDATE draw SET transcript = '{}'", "UPDATE draw SET transcript = NULL", "UPDATE draw SET drawn_by = 'x'"] {
            assert!(refused(sql), "{sql}");
        }
    }

    fn who_is_suspended_or_recused_is_not_drawn_and_nobody_reads_why(site) {
        let town = town(&site);
        site.suspend(&"lin-xiaohe".parse().unwrap(), true);
        let mut rule = rule();
        rule["draw"] = json!({ "percent": 100 });
        rule["recusals"] = json!([{ "officer": "chen-yifan", "object": record(8), "reason": "配偶在该工地任职" }]);
        let made: Json = ok(ask(&town, "", &json!({ "id": record(900), "rule": rule })));
        assert!(made["basis"]["left_out"].as_array().unwrap().iter().any(|l| l["officer"] == "lin-xiaohe"));
        let (chen, lin) = (&town.officer("chen-yifan").certificate, &town.officer("lin-xiaohe").certificate);
        let shown: Json = ok(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
        let text = public(&site, 900).to_string();
        assert!(text.contains(&json!(chen).to_string()) && !text.contains(&json!(lin).to_string()) && !text.contains("配偶"), "{text}");
        let chen = json!(chen).as_str().unwrap().to_owned();
        let seven = transcript(&shown).result.into_iter().find(|d| d.object == record(7).to_string()).unwrap();
        assert!(seven.inspectors.len() == 2 && !seven.inspectors.contains(&chen), "recused from the whole family");
    }

    fn who_stands_back_after_the_draw_is_replaced_by_a_draw_of_its_own(site) {
        let town = town(&site);
        committed(&town, 900);
        ok::<Json>(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
        let teams = |town: &Town<'_>| town.get("dispatcher", &format!("/api/v1/draws/{}/objects", record(900)))["items"].clone();
        let first = teams(&town)[0].clone();
        let (out, stays) = (&first["officers"][0], &first["officers"][1]);
        let body = json!({ "object": first["object"], "officer": out, "reason": "与被检查人有近亲属关系" });
        let made: Json = ok(ask(&town, &format!("/{}/redraw", record(900)), &body));
        assert_eq!(made["redraws"], json!(record(900)));
        assert_ne!(made["commitment"], public(&site, 900)["commitment"], "a seed of its own");
        let id: RecordId = made["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(ok::<Json>(ask(&town, &format!("/{}/redraw", record(900)), &body))["commitment"], made["commitment"], "asked twice it is one");
        assert_eq!(teams(&town)[0]["officers"], json!([stays]), "out at once");
        let drawn: Json = ok(ask(&town, &format!("/{id}/draw"), &json!({})));
        assert_eq!(replay(&transcript(&drawn)), Ok(()));
        let now = teams(&town)[0]["officers"].as_array().unwrap().clone();
        assert!(now.len() == 2 && now.contains(stays) && !now.contains(out) && now[0] != now[1], "{now:?}");
        let told: Json = ok(site.get(&format!("/public/draws/{id}")).send().unwrap());
        assert!(!told.to_string().contains("近亲属"));
        assert_eq!(problem(ask(&town, &format!("/{}/redraw", record(900)), &json!({ "object": first["object"], "officer": "nobody", "reason": "x" }))), (422, "invalid_field".into()));
    }
}

#[test]
fn the_download_is_replayed_by_the_program_with_the_commitment_that_was_published() {
    let site = Site::new(crate::harness::Engine::Sqlite);
    let town = town(&site);
    let commitment = committed(&town, 900)["commitment"].as_str().unwrap().to_owned();
    ok::<Json>(ask(&town, &format!("/{}/draw", record(900)), &json!({})));
    let file = tempfile::NamedTempFile::new().unwrap();
    let replayed = |shown: &Json, commitment: &str| {
        std::fs::write(file.path(), shown.to_string()).unwrap();
        Command::new(env!("CARGO_BIN_EXE_zhifa")).arg("verify-draw").arg(file.path()).args(["--commitment", commitment]).output().unwrap().status.code()
    };
    let mut shown = public(&site, 900);
    assert_eq!(replayed(&shown, &commitment), Some(0));
    assert_eq!(replayed(&shown, &Digest::plain(b"another").to_string()), Some(1));
    shown["transcript"]["result"][0]["object"] = json!(record(6));
    shown["transcript"]["result"][1]["object"] = json!(record(5));
    shown["transcript"]["list"]["objects"][0].as_object_mut().unwrap().remove("excluded");
    assert_eq!(replayed(&shown, &commitment), Some(1));
}
