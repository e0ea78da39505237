//! Training over HTTP: the scene of the report (May: two fields are asked, three experts of the water bureau teach), sign-ins with and
//! without a network, a quiz whose answers nobody finds in the record, hours against the goal, and certificates that end.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use zhifa_server::org::{Role, Scope};
use zhifa_server::training::secret;
use zhifa_server::verify::{Options, verify};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::{DAY, HOUR, Town};

const ATTENDANTS: [&str; 2] = ["chen-yifan", "lin-xiaohe"];

/// The squad with its leader, and officers of departments who speak for them.
fn town(site: &Site) -> Town<'_> {
    let mut town = Town::new(site, &ATTENDANTS);
    for (id, role, unit, scope) in [
        ("leader", Role::SquadLeader, "squad-juxian", Scope::District),
        ("of-water", Role::Liaison, "water-unit", Scope::Unit),
        ("of-emergency", Role::Liaison, "emergency-unit", Scope::Unit),
        ("of-labour", Role::Liaison, "labour-unit", Scope::Unit),
        ("other-squad", Role::Officer, "squad-xinming", Scope::Own),
    ] {
        let officer = site.officer_of(id, &[role], unit, Some(scope), &[]);
        town.desks.insert(id, site.log_in(&officer));
    }
    for id in ATTENDANTS {
        town.desks.insert(id, site.log_in(&id.parse().unwrap()));
    }
    town
}

/// A course of the squad on a day, for two hours from an instant on.
fn planned(town: &Town<'_>, n: u128, day: &str, from: i64, more: &Json) -> RecordId {
    let mut body = json!({
        "record": record(n), "kind": "monthly", "title": "涉水领域执法", "day": day, "from_ms": from, "until_ms": from + 2 * HOUR, "hours": 3,
        "place": "执法队三楼会议室", "audience": ["squad-juxian"], "domain": "water"
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    assert_eq!(ok::<Json>(town.post("leader", "/api/v1/courses", &body))["stage"], "PLANNED");
    record(n)
}

fn call(town: &Town<'_>, desk: &str, id: RecordId, what: &str, body: &Json) -> reqwest::blocking::Response {
    town.post(desk, &format!("/api/v1/courses/{id}/{what}"), body)
}

fn act(town: &Town<'_>, id: RecordId, act: &str) -> Json {
    let reason = if act == "cancel" { json!("讲师改期") } else { Json::Null };
    ok(town.post("leader", &format!("/api/v1/records/{id}/acts"), &json!({ "act": act, "reason": reason })))
}

fn refused(done: &Json) -> Vec<&str> {
    done["disposition"]["refused"].as_array().map(|all| all.iter().map(|r| r["code"].as_str().unwrap()).collect()).unwrap_or_default()
}

fn named(town: &Town<'_>, id: RecordId, name: &str) {
    let edit = json!({ "edits": [{ "field": "lecturers.own-1", "value": { "name": name } }] });
    ok::<Json>(town.post("leader", &format!("/api/v1/records/{id}/edits"), &edit));
}

/// The code that is on the screen of a course at an instant.
fn code_at(town: &Town<'_>, id: RecordId, ms: i64) -> String {
    secret::code_at(&town.site.running().app.keys, id, ms).unwrap().0
}

fn word(town: &Town<'_>, id: RecordId, officer: &str) -> Json {
    town.field(id, &format!("verdicts.{officer}"))[0]["word"].clone()
}

/// 2024-05-17 09:00 in Asia/Shanghai.
const MAY: i64 = 1_715_907_600_000;

on_both! {
    fn in_may_two_fields_are_asked_and_three_experts_of_the_water_bureau_teach(site) {
        let town = town(&site);
        let id = planned(&town, 1, "2024-05-17", MAY, &json!({}));
        let letter = json!({
            "departments": [{ "organ": "water", "domain": "water" }, { "organ": "emergency", "domain": "emergency" }],
            "text": "请派员就新划入领域执法问题授课", "answer_by": "2026-09-23"
        });
        assert_eq!(ok::<Json>(call(&town, "leader", id, "invite", &letter))["stage"], "INVITED");
        assert_eq!(problem(call(&town, "leader", id, "invite", &letter)).0, 422, "nobody is asked twice");
        // Each department has its letter on paper.
        for (organ, name) in [("water", "水利"), ("emergency", "应急管理")] {
            let wanted = json!({ "type": "training_invitation", "of": organ });
            let made: Json = ok(town.post("leader", &format!("/api/v1/records/{id}/documents"), &wanted));
            let letter = made["id"].as_str().unwrap();
            let model = town.get("leader", &format!("/api/v1/records/{id}/documents/{letter}/model")).to_string();
            assert!(model.contains(name) && model.contains("请派员就新划入领域执法问题授课"), "{model}");
            let again: Json = ok(town.post("leader", &format!("/api/v1/records/{id}/documents"), &wanted));
            assert_eq!(again["id"], made["id"], "asked twice, drawn once");
        }
        let lines = town.get("leader", "/api/v1/lists/course?due_before=2026-09-24");
        assert_eq!(lines["items"].as_array().unwrap().len(), 1, "an answer is awaited");
        assert_eq!(refused(&act(&town, id, "schedule")), ["unanswered", "no_lecturer"]);
        let water = json!({ "accepted": true, "lecturers": [{ "name": "何清源", "title": "高级工程师" }, { "name": "沈秋月" }, { "name": "陆沛然" }] });
        assert_eq!(problem(call(&town, "of-labour", id, "reply", &water)).0, 404, "it is out of his reach");
        assert_eq!(problem(call(&town, "of-water", id, "reply", &json!({ "organ": "emergency", "accepted": false }))).0, 403);
        assert_eq!(problem(call(&town, "of-water", id, "reply", &json!({ "accepted": true }))).0, 422, "a yes names who comes");
        ok::<Json>(call(&town, "of-water", id, "reply", &water));
        ok::<Json>(call(&town, "of-emergency", id, "reply", &json!({ "accepted": false, "text": "本月人员抽调，六月再派" })));
        assert_eq!(act(&town, id, "schedule")["stage"], "CONFIRMED");
        assert_eq!(refused(&act(&town, id, "hold")), ["no_attendance"]);
        // Signed in on a handheld without a network, and handed in long after.
        let at = MAY + 5 * 60_000;
        town.done("chen-yifan", id, &[("attendance.chen-yifan", json!({ "code": code_at(&town, id, at), "ms": at }))], None);
        assert_eq!(word(&town, id, "chen-yifan"), "right");
        assert_eq!(act(&town, id, "hold")["stage"], "HELD");
        // What is not of May, was called off, or is only planned, is not counted.
        let june = planned(&town, 2, "2024-06-14", MAY + 28 * DAY, &json!({}));
        ok::<Json>(call(&town, "leader", june, "invite", &json!({ "departments": [{ "organ": "labour", "domain": "labour" }], "text": "请授课" })));
        let off = planned(&town, 3, "2024-05-24", MAY + 7 * DAY, &json!({}));
        ok::<Json>(call(&town, "leader", off, "invite", &json!({ "departments": [{ "organ": "fire", "domain": "fire" }], "text": "请授课" })));
        assert_eq!(act(&town, off, "cancel")["stage"], "CANCELLED");
        let waits = planned(&town, 4, "2024-05-31", MAY + 14 * DAY, &json!({}));
        named(&town, waits, "队内讲师");
        let may = town.get("leader", "/api/v1/training/figures?from=2024-05-01&to=2024-05-31");
        assert_eq!(may["fields_invited"], json!(["emergency", "water"]));
        assert_eq!((may["experts"].clone(), may["held"].clone()), (json!({ "water": 3 }), json!({ "monthly": 1 })));
        assert_eq!((may["taught"].as_array().unwrap().len(), may["invitations"].as_array().unwrap().len(), &may["attendances"]), (3, 2, &json!(1)));
        // A reply anew would change the rows; a department that sends one fewer is counted so, and the index says what the records say.
        assert_eq!(town.get("of-labour", "/api/v1/training/figures?from=2024-05-01&to=2024-05-31")["invitations"], json!([]), "out of his reach");
        drop(town);
        site.stop();
        let found = || verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap().findings;
        assert!(found().iter().all(|f| f.record != Some(id)), "the index says what the records say");
        for sql in ["UPDATE course_part SET organ = 'fire' WHERE role = 'teacher'", "DELETE FROM attendance"] {
            site.sql(sql);
            assert!(found().iter().any(|f| f.record == Some(id)), "{sql}");
        }
    }

    fn a_sign_in_is_judged_when_it_comes_and_hours_follow_also_after_the_end(site) {
        let mut town = town(&site);
        let from = town.now() + HOUR;
        let id = planned(&town, 1, "2026-09-21", from, &json!({ "kind": "three_level", "level": "squad" }));
        named(&town, id, "朱明");
        act(&town, id, "schedule");
        assert_eq!(problem(call(&town, "chen-yifan", id, "sign-in", &json!({ "code": "12345678" }))).0, 409, "too early");
        town.later(HOUR + 60_000);
        let screen = town.get("leader", &format!("/api/v1/courses/{id}/code"));
        let code = screen["code"].as_str().unwrap().to_owned();
        assert!(screen["qr"].as_str().unwrap().contains("<svg") && screen["until_ms"].as_i64().unwrap() > town.now());
        let at = town.now();
        assert_eq!(problem(call(&town, "chen-yifan", id, "sign-in", &json!({ "code": "00000000" }))).0, 422);
        assert_eq!(problem(call(&town, "other-squad", id, "sign-in", &json!({ "code": code }))).0, 404, "the course is not his squad's");
        for _ in 0..2 {
            assert_eq!(ok::<Json>(call(&town, "chen-yifan", id, "sign-in", &json!({ "code": code })))["sign_in"], "right");
        }
        assert_eq!(problem(site.get(&format!("/api/v1/courses/{id}/code")).bearer_auth(&town.desks["chen-yifan"]).send().unwrap()).0, 403);
        // One officer signs another in, and somebody makes a code up.
        town.done("chen-yifan", id, &[("attendance.wu-hao", json!({ "code": code, "ms": at }))], None);
        assert_eq!(word(&town, id, "wu-hao"), "another");
        town.done("lin-xiaohe", id, &[("attendance.lin-xiaohe", json!({ "code": "00000000", "ms": at }))], None);
        assert_eq!(word(&town, id, "lin-xiaohe"), "wrong_code");
        // He reads it again, and signs in where there is no network.
        let again = town.change("lin-xiaohe", id, &[("attendance.lin-xiaohe", json!({ "code": code, "ms": at }))], None, at);
        let offline = ("lin-xiaohe".to_owned(), again);
        let forged = json!({ "edits": [{ "field": "attendance.leader", "value": { "code": code, "ms": at } }] });
        assert_eq!(problem(town.post("leader", &format!("/api/v1/records/{id}/edits"), &forged)), (403, "forbidden".into()));
        act(&town, id, "hold");
        assert_eq!(refused(&act(&town, id, "close")), ["uncredited"]);
        ok::<Json>(call(&town, "leader", id, "credits", &json!({})));
        assert_eq!(problem(call(&town, "leader", id, "credits", &json!({}))).0, 409, "everybody has his hours");
        assert_eq!(act(&town, id, "close")["stage"], "CLOSED");
        // Two days later a handheld comes back that had signed in in the room: it is credited by the same rule.
        town.later(2 * DAY);
        town.push(&offline);
        assert_eq!(word(&town, id, "lin-xiaohe"), "right");
        assert_eq!(town.field(id, "credits.lin-xiaohe")[0]["hours"], 3);
        let year = town.get("leader", "/api/v1/training/hours?year=2026");
        assert_eq!(year["goal"], 60);
        let of = |who: &str| year["items"].as_array().unwrap().iter().find(|one| one["officer"] == who).map(|one| (one["hours"].as_i64().unwrap(), one["missing"].as_i64().unwrap()));
        assert_eq!([of("chen-yifan"), of("lin-xiaohe"), of("leader")], [Some((3, 57)), Some((3, 57)), Some((0, 60))]);
        let page = town.get("leader", "/api/v1/training/hours?year=2026&limit=1");
        assert_eq!(page["next"], page["items"][0]["officer"]);
        let last = town.get("leader", "/api/v1/training/hours?year=2025");
        assert!(last["items"].as_array().unwrap().iter().all(|one| one["hours"] == 0), "another year");
    }

    fn a_quiz_is_marked_once_and_its_answers_are_in_no_record(site) {
        let mut town = town(&site);
        let from = town.now() + 60_000;
        let id = planned(&town, 1, "2026-09-21", from, &json!({}));
        named(&town, id, "朱明");
        let ask = json!({ "questions": [
            { "text": "向河道排放泥浆由谁查处?", "options": ["水利", "城管", "综合行政执法"], "right": [2] },
            { "text": "哪些是证据?", "options": ["视听资料", "传闻", "勘验笔录"], "right": [0, 2] }
        ] });
        assert_eq!(problem(call(&town, "leader", id, "questions", &json!({ "questions": [{ "text": "?", "options": ["a", "b"], "right": [2] }] }))).0, 422);
        ok::<Json>(call(&town, "leader", id, "questions", &ask));
        act(&town, id, "schedule");
        town.later(10 * 60_000);
        let stored = town.field(id, "questions.1")[0].clone();
        assert!(stored.get("right").is_none() && stored["key"].as_str().unwrap().len() == 43);
        assert_eq!(problem(call(&town, "chen-yifan", id, "quiz", &json!({ "choices": [[2], [0, 2]] }))).0, 409, "sign in first");
        let code = code_at(&town, id, town.now());
        for who in ATTENDANTS {
            ok::<Json>(call(&town, who, id, "sign-in", &json!({ "code": code })));
        }
        let shown = |who: &str| town.get(who, &format!("/api/v1/courses/{id}/quiz"))["questions"].clone();
        assert_eq!(shown("chen-yifan")[1]["right"], Json::Null);
        assert_eq!(problem(call(&town, "chen-yifan", id, "quiz", &json!({ "choices": [[2]] }))).0, 422);
        let answers = json!({ "choices": [[2], [2, 0]] });
        for _ in 0..2 {
            assert_eq!(ok::<Json>(call(&town, "chen-yifan", id, "quiz", &answers)), json!({ "right": 2, "total": 2 }));
        }
        assert_eq!(problem(call(&town, "chen-yifan", id, "quiz", &json!({ "choices": [[1], [0, 2]] }))).0, 409, "no second attempt");
        assert_eq!(shown("chen-yifan")[1]["right"], json!([0, 2]));
        assert_eq!(shown("lin-xiaohe")[1]["right"], Json::Null, "who has not answered does not see it");
        assert_eq!(ok::<Json>(call(&town, "lin-xiaohe", id, "quiz", &json!({ "choices": [[2], [1]] }))), json!({ "right": 1, "total": 2 }));
        assert_eq!(problem(call(&town, "leader", id, "questions", &ask)).0, 409, "somebody has answered");
        act(&town, id, "hold");
        ok::<Json>(call(&town, "leader", id, "credits", &json!({})));
        assert_eq!(town.field(id, "credits.chen-yifan")[0]["hours"], 3);
        assert_eq!(town.field(id, "credits.lin-xiaohe")[0], json!({ "by": null, "hours": 0, "ms": town.now(), "why": "测验未合格" }).as_object().map(|all| {
            Json::Object(all.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect())
        }).unwrap());
    }
}

#[test]
fn certificates_without_an_end_are_neither_listed_nor_raised() {
    let site = Site::new(crate::harness::Engine::Sqlite);
    let town = town(&site);
    assert_eq!(town.get("head", "/api/v1/certificates/ending"), json!({ "items": [], "next": null }));
    assert_eq!(actix_web::rt::System::new().block_on(site.running().app.watch_certificates()).unwrap(), 0);
}
