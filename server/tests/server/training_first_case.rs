//! 首案共办 over HTTP: the first case of a squad on a matter that was transferred proposes that the former department advises.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use zhifa_server::org::{Role, Scope};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::{Town, matter_of};

fn town(site: &Site) -> Town<'_> {
    let mut town = Town::new(site, &["chen-yifan", "lin-xiaohe"]);
    for (id, role, unit, scope) in [
        ("leader", Role::SquadLeader, "squad-juxian", Scope::District),
        ("of-water", Role::Liaison, "water-unit", Scope::Unit),
        ("of-labour", Role::Liaison, "labour-unit", Scope::Unit),
        ("expert", Role::Reviewer, "water-unit", Scope::District),
        ("xinming", Role::SquadLeader, "squad-xinming", Scope::Unit),
    ] {
        let officer = site.officer_of(id, &[role], unit, Some(scope), &[]);
        town.desks.insert(id, site.log_in(&officer));
    }
    town
}

/// A case of a squad on a matter, filed by the head.
fn filed(town: &Town<'_>, n: u128, unit: &str, matter: &str) -> RecordId {
    let body = json!({
        "record": record(n), "source": "complaint", "fact": "泥浆入河", "unit": unit, "matter": matter, "act_date": "2026-09-21", "area": "nb-gaoxin",
        "party": { "kind": "organisation", "name": format!("宁波第{n}建设有限公司") }
    });
    ok::<Json>(town.post("reviewer", "/api/v1/cases", &body));
    ok::<Json>(town.post("head", &format!("/api/v1/cases/{}/opinions", record(n)), &json!({ "step": "file", "agrees": true, "text": "同意立案" })));
    let done: Json = ok(town.act("head", record(n), "file", &[], &json!({})));
    assert_eq!(done["stage"], "FILED", "{done}");
    record(n)
}

fn proposals(town: &Town<'_>) -> Vec<RecordId> {
    let lines = town.get("leader", "/api/v1/lists/cohandling");
    lines["items"].as_array().unwrap().iter().map(|line| line["record"].as_str().unwrap().parse().unwrap()).collect()
}

fn call(town: &Town<'_>, desk: &str, id: RecordId, what: &str, body: &Json) -> reqwest::blocking::Response {
    town.post(desk, &format!("/api/v1/cohandlings/{id}/{what}"), body)
}

on_both! {
    fn the_first_case_on_a_transferred_matter_is_handled_with_advice_and_the_second_proposes_nothing(site) {
        let town = town(&site);
        let water = matter_of("water");
        filed(&town, 1, "squad-juxian", &matter_of("enforcement"));
        assert_eq!(proposals(&town), [], "a matter that nobody else had before needs nobody's advice");
        let first = filed(&town, 2, "squad-juxian", &water);
        let all = proposals(&town);
        assert_eq!(all.len(), 1);
        let id = all[0];
        assert_eq!((town.field(id, "case"), town.field(id, "former"), town.stage(id)), (vec![json!(first)], vec![json!("water")], "PROPOSED".to_owned()));
        assert_eq!(town.field(id, "deciders.head").len(), 1, "who gave an opinion decides");
        // The second case of the squad proposes nothing; another squad's first does.
        filed(&town, 3, "squad-juxian", &water);
        assert_eq!(proposals(&town), [id]);
        filed(&town, 4, "squad-xinming", &water);
        assert_eq!(proposals(&town).len(), 2);
        // The head asks; before that the department does not see it.
        let ask = json!({ "text": "请派员指导取样与定性" });
        let yes = json!({ "agreed": true, "advisors": [{ "officer": "expert", "name": "何清源", "title": "高级工程师" }, { "name": "陆沛然" }] });
        assert_eq!(problem(call(&town, "of-water", id, "reply", &yes)).0, 404);
        assert_eq!(problem(call(&town, "leader", id, "ask", &ask)), (403, "forbidden".into()));
        assert_eq!(ok::<Json>(call(&town, "head", id, "ask", &ask))["stage"], "ASKED");
        assert_eq!(problem(call(&town, "of-labour", id, "reply", &yes)).0, 404);
        assert_eq!(problem(call(&town, "of-water", id, "reply", &json!({ "agreed": true, "advisors": [{ "officer": "head", "name": "某" }] }))), (422, "invalid_field".into()));
        assert_eq!(problem(call(&town, "of-water", id, "reply", &json!({ "agreed": false }))).0, 422, "a no gives its reason");
        assert_eq!(ok::<Json>(call(&town, "of-water", id, "reply", &yes))["stage"], "AGREED");
        // Who advises gives no opinion and performs no act in the case.
        let opinion = json!({ "step": "investigate", "voice": "reviewer", "agrees": true, "text": "同意" });
        assert_eq!(problem(town.post("expert", &format!("/api/v1/cases/{first}/opinions"), &opinion)).0, 409);
        // Who is named a handler although he advises is found when it is concluded.
        let lesson = json!({ "topic": "取样", "text": "先测流速，再定取样点；样品四小时内送检" });
        for _ in 0..2 {
            ok::<Json>(call(&town, "leader", id, "lessons", &lesson));
        }
        town.done("chen-yifan", first, &[("handlers.expert", json!({ "certificate": "33990000001", "name": "何清源", "role": "officer" }))], None);
        let conclude = |town: &Town<'_>| ok::<Json>(town.post("leader", &format!("/api/v1/records/{id}/acts"), &json!({ "act": "conclude" })));
        let done = conclude(&town);
        assert_eq!((&done["stage"], &done["disposition"]["refused"][0]["code"]), (&json!("AGREED"), &json!("advisor_decides")), "{done}");
        // Later cases of any squad read the lessons; nothing of the case stands there.
        let seen = town.get("xinming", &format!("/api/v1/cohandlings/lessons?matter={water}"));
        let items = seen["items"].as_array().unwrap();
        assert_eq!((items.len(), items[0]["lessons"].as_array().unwrap().len(), &items[0]["former"]), (1, 1, &json!("water")));
        assert!(items[0].get("case").is_none());
        assert_eq!(town.get("xinming", &format!("/api/v1/cohandlings/lessons?matter={}", matter_of("fire")))["items"], json!([]));
    }

    fn the_head_may_do_without_it_and_a_department_may_decline(site) {
        let town = town(&site);
        let water = matter_of("water");
        filed(&town, 1, "squad-juxian", &water);
        let id = proposals(&town)[0];
        let act = |body: &Json| ok::<Json>(town.post("head", &format!("/api/v1/records/{id}/acts"), body));
        assert_eq!(act(&json!({ "act": "forgo" }))["disposition"]["refused"][0]["code"], "no_reason");
        assert_eq!(act(&json!({ "act": "forgo", "reason": "案情简单" }))["stage"], "FORGONE");
        filed(&town, 2, "squad-xinming", &water);
        let other = proposals(&town).into_iter().find(|other| *other != id).unwrap();
        ok::<Json>(call(&town, "head", other, "ask", &json!({ "text": "请派员" })));
        assert_eq!(ok::<Json>(call(&town, "of-water", other, "reply", &json!({ "agreed": false, "text": "汛期人员不足" })))["stage"], "DECLINED");
        assert_eq!(problem(call(&town, "leader", other, "lessons", &json!({ "topic": "t", "text": "x" }))).0, 409);
    }
}
