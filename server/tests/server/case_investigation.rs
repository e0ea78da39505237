//! Rulings of an investigation through the public API: who gives them, once, and what they do to the findings.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use zhifa_server::org::{Role, Scope};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::{DAY, Fields, HOUR, Town};

/// The town with a leader, who handles nothing, and a case that two officers handle.
pub fn town(site: &Site) -> Town<'_> {
    let mut town = Town::new(site, &["chen-yifan", "lin-xiaohe"]);
    for (id, role) in [("leader", Role::SquadLeader), ("legal", Role::Reviewer)] {
        let officer = site.officer_of(id, &[role], "squad-juxian", Some(Scope::District), &[]);
        town.desks.insert(id, site.log_in(&officer));
    }
    town
}

pub fn write(town: &Town<'_>, id: RecordId, desk: &str, fields: Fields<'_>) {
    let record = town.look(id);
    let dots = |key: &str| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default();
    let edits: Vec<Json> = fields.iter().map(|(key, value)| json!({ "field": key, "value": value, "replaces": dots(key) })).collect();
    let done: Json = ok(town.post(desk, &format!("/api/v1/records/{id}/edits"), &json!({ "edits": edits })));
    assert_eq!(done["disposition"]["state"], "applied", "{done}");
}

pub fn begin(town: &Town<'_>, n: u128, more: Fields<'_>) -> RecordId {
    let handler = |id: &str, role: &str| json!({ "certificate": town.officer(id).certificate, "name": town.officer(id).name, "role": role });
    let mut fields = vec![
        ("area", json!("nb-gaoxin")),
        ("clue", json!({ "fact": "占道堆放", "found_ms": town.now(), "source": "inspection" })),
        ("handlers.chen-yifan", handler("chen-yifan", "lead")),
        ("handlers.lin-xiaohe", handler("lin-xiaohe", "officer")),
        ("party.kind", json!("organisation")),
        ("party.name", json!("宁波甲建设有限公司")),
        ("title", json!("宁波甲建设有限公司占道案")),
        ("unit", json!("squad-juxian")),
    ];
    fields.extend(more.iter().cloned());
    town.begin("case", record(n), &fields);
    record(n)
}

fn on(town: &Town<'_>, desk: &str, id: RecordId, what: &str, body: Json) -> reqwest::blocking::Response {
    town.post(desk, &format!("/api/v1/cases/{id}/{what}"), &body)
}

fn registered() -> Json {
    json!({
        "by": ["chen-yifan", "lin-xiaohe"], "items": [{ "count": "1", "name": "水泵" }], "kind": "registration", "party_present": true, "place": "工地", "recording": "v1"
    })
}

on_both! {
    fn evidence_is_verified_by_whoever_neither_handles_nor_took_it_and_excluded_with_a_reason(site) {
        let town = town(&site);
        let evidence = json!({ "by": "reviewer", "fact": "占道", "kind": "audiovisual", "second": "lin-xiaohe", "taken_ms": town.now() });
        let other = json!({ "by": "chen-yifan", "fact": "占道", "kind": "audiovisual", "second": "lin-xiaohe", "taken_ms": town.now() });
        let id = begin(&town, 0xd1, &[("elements.f1", json!({ "evidence": ["e2"], "fact": "占道" })), ("evidence.e1", evidence), ("evidence.e2", other)]);
        let fine = json!({ "excluded": false, "reason": "与原件核对一致" });
        assert_eq!(problem(on(&town, "leader", id, "evidence/e2/verify", fine.clone())).0, 403, "a squad leader does not verify");
        assert_eq!(problem(on(&town, "reviewer", id, "evidence/e1/verify", fine.clone())).0, 403, "he took it himself");
        assert_eq!(problem(on(&town, "reviewer", id, "evidence/e9/verify", fine.clone())).0, 404);
        assert_eq!(problem(on(&town, "reviewer", id, "evidence/e2/verify", json!({ "excluded": false, "reason": " " }))).0, 422);
        let first: Json = ok(on(&town, "reviewer", id, "evidence/e2/verify", fine.clone()));
        let again: Json = ok(on(&town, "reviewer", id, "evidence/e2/verify", fine));
        assert_eq!((&first["dot"], first["disposition"]["state"].as_str()), (&again["dot"], Some("applied")), "the same again changes nothing");
        assert_eq!(town.field(id, "verified.e2")[0]["by"], "reviewer");
        ok::<Json>(on(&town, "legal", id, "evidence/e2/verify", json!({ "excluded": true, "reason": "以偷拍方式取得，侵害他人合法权益" })));
        assert_eq!(town.field(id, "verified.e2")[0]["excluded"], true, "行政处罚法 46");
        assert_eq!(site.audited("case.verified").len(), 2);
    }

    fn apl_56_what_was_registered_is_approved_before_and_decided_on_once(site) {
        let mut town = town(&site);
        let id = begin(&town, 0xd2, &[("measures.m1", registered()), ("measures.m2", json!({ "began_ms": town.now(), "kind": "inspection" }))]);
        let yes = json!({ "agrees": true, "text": "同意" });
        assert_eq!(problem(on(&town, "reviewer", id, "measures/m1/approval", yes.clone())).0, 403, "行政处罚法 56: 行政机关负责人");
        assert_eq!(problem(on(&town, "head", id, "measures/m2/approval", yes.clone())).0, 409);
        assert_eq!(problem(on(&town, "head", id, "measures/m1/approval", json!({ "agrees": true, "text": "同意", "late": "补办" }))).0, 422, "it has not begun");
        let ruling = json!({ "disposal": "sealed", "reason": "作为证据" });
        assert_eq!(problem(on(&town, "head", id, "measures/m1/rulings", ruling.clone())).0, 409, "nothing is taken yet");
        let first: Json = ok(on(&town, "head", id, "measures/m1/approval", yes.clone()));
        assert_eq!(ok::<Json>(on(&town, "head", id, "measures/m1/approval", yes))["dot"], first["dot"]);
        assert_eq!(problem(on(&town, "head", id, "measures/m1/approval", json!({ "agrees": false, "text": "不同意" }))).0, 409);
        town.later(HOUR);
        let mut begun = registered();
        begun["began_ms"] = json!(town.now() - 60_000);
        begun["ended_ms"] = json!(town.now());
        write(&town, id, "leader", &[("measures.m1", begun)]);
        assert!(!town.flags(id).iter().any(|code| code.starts_with("registration")), "{:?}", town.flags(id));
        town.later(20 * DAY);
        write(&town, id, "leader", &[("notes.n1", json!("复核")), ("facts", json!("占道"))]);
        assert!(town.flags(id).contains(&"registration_expired".to_owned()), "七个工作日: {:?}", town.flags(id));
        let raised = || actix_web::rt::System::new().block_on(site.running().app.watch_taken()).unwrap();
        assert_eq!((raised(), raised()), (1, 1), "the task to let it go");
        assert_eq!(problem(on(&town, "leader", id, "measures/m1/rulings", ruling)).0, 403, "but for letting go the head decides");
        assert_eq!(problem(on(&town, "head", id, "measures/m1/rulings", json!({ "disposal": "kept", "reason": "x" }))).0, 422);
        let release = json!({ "disposal": "released", "reason": "逾期未作处理决定，自动解除" });
        let done: Json = ok(on(&town, "leader", id, "measures/m1/rulings", release.clone()));
        assert_eq!(ok::<Json>(on(&town, "leader", id, "measures/m1/rulings", release))["dot"], done["dot"], "once");
        assert_eq!(problem(on(&town, "head", id, "measures/m1/rulings", json!({ "disposal": "sealed", "reason": "x" }))).0, 409);
        assert!(!town.flags(id).contains(&"registration_expired".to_owned()), "{:?}", town.flags(id));
        assert_eq!((raised(), town.field(id, "rulings.m1")[0]["disposal"].as_str()), (0, Some("released")));
    }

    fn apl_56_an_approval_after_the_beginning_says_why_it_is_late(site) {
        let town = town(&site);
        let mut begun = registered();
        begun["began_ms"] = json!(town.now() - HOUR);
        begun["ended_ms"] = json!(town.now());
        begun["approved_by"] = json!("周主任");
        begun["approved_ms"] = json!(town.now() - 2 * HOUR);
        let id = begin(&town, 0xd3, &[("measures.m1", begun)]);
        assert!(town.flags(id).contains(&"registration_unapproved".to_owned()), "{:?}", town.flags(id));
        assert_eq!(problem(on(&town, "head", id, "measures/m1/approval", json!({ "agrees": true, "text": "同意" }))).0, 422);
        ok::<Json>(on(&town, "head", id, "measures/m1/approval", json!({ "agrees": true, "text": "同意", "late": "现场口头批准，当日补办" })));
        assert!(!town.flags(id).contains(&"registration_unapproved".to_owned()), "{:?}", town.flags(id));
    }

    fn apl_43_the_head_rules_on_a_recusal_and_the_officer_is_out_of_it(site) {
        let town = town(&site);
        let id = begin(&town, 0xd4, &[("recusals.chen-yifan", json!({ "at_ms": town.now(), "by": "当事人", "reason": "与当事人系亲属" }))]);
        assert!(town.flags(id).contains(&"recusal_open".to_owned()), "{:?}", town.flags(id));
        let grant = json!({ "granted": true, "reason": "情况属实" });
        assert_eq!(problem(on(&town, "reviewer", id, "recusals/chen-yifan/ruling", grant.clone())).0, 403);
        assert_eq!(problem(on(&town, "head", id, "recusals/lin-xiaohe/ruling", grant.clone())).0, 404);
        let done: Json = ok(on(&town, "head", id, "recusals/chen-yifan/ruling", grant.clone()));
        assert_eq!(ok::<Json>(on(&town, "head", id, "recusals/chen-yifan/ruling", grant))["dot"], done["dot"]);
        assert_eq!(problem(on(&town, "head", id, "recusals/chen-yifan/ruling", json!({ "granted": false, "reason": "x" }))).0, 409);
        assert!(!town.flags(id).contains(&"recusal_open".to_owned()));
        let record = town.look(id).unwrap();
        assert_eq!(sync_core::case::read::View::of(&record).handlers(), ["lin-xiaohe"]);
    }
}
