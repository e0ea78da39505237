//! Three documents on one receipt, and credit repair over HTTP: the whole life, what is refused and by which fact, the portal, reminders.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::district::{OfficeWrite, office_write};
use sync_core::record::{Draft, Value};
use zhifa_server::org::{Role, Scope};
use zhifa_server::sync::store::Want;

use crate::case_fast::{Scene, listed, town as squad};
use crate::harness::{Site, ok, problem};
use crate::on_both;
use crate::town::{DAY, Town};

/// The squad, with a section head who brings applications in.
pub fn town(site: &Site) -> Town<'_> {
    let mut town = squad(site);
    let officer = site.officer_of("section", &[Role::SectionHead], "squad-juxian", Some(Scope::District), &[]);
    town.desks.insert("section", site.log_in(&officer));
    town
}

pub const FIRM: &str = "91330201MA2AJ1XX0K";
pub const OTHER: &str = "91330201MA2GT0006Q";

fn firm(matter: &str, uscc: &str) -> Vec<(&'static str, Json)> {
    vec![
        ("matter", json!(matter)),
        ("party.kind", json!("organisation")),
        ("party.legal_rep", json!("王某")),
        ("party.name", json!("宁波某某建筑工程有限公司")),
        ("party.uscc", json!(uscc)),
    ]
}

/// A firm's case that was decided on 2026-09-21 with a fine.
pub fn decided<'t, 's>(town: &'t Town<'s>, n: u128, uscc: &str) -> Scene<'t, 's> {
    let matter = listed(town.site).remove(0);
    let scene = Scene::begin(town, n, &firm(&matter, uscc));
    scene.running();
    let band = town.get("leader", &scene.path("penalty"))["suggestion"]["band"].clone();
    let fen = 100_000.clamp(band["min"].as_i64().unwrap(), band["max"].as_i64().unwrap());
    scene.done("leader", "penalty", &json!({ "kind": "fine", "amount_fen": fen, "reason": "情节一般" }));
    scene.noticed(fen, "FAST_RUNNING");
    scene.waived();
    scene.approve("decide");
    scene.act("head", "decide", &[], "DECIDED");
    scene
}

/// Documents as the office seals them; what is drawn on them is tried where documents are.
pub fn sealed(town: &Town<'_>, case: RecordId, documents: &[(&str, &str)]) {
    let app = town.site.running().app.clone();
    let edits = |sort: &str| Value::from_json(&json!({ "at_ms": 5, "digest": "ab", "no": format!("号-{sort}"), "pages": 1, "state": "sealed", "type": sort })).unwrap();
    let edits: Vec<_> = documents.iter().map(|(id, sort)| (format!("documents.{id}").parse().unwrap(), edits(sort), vec![], None)).collect();
    let (kinds, keys, now) = (app.kinds.clone(), app.keys.clone(), app.now());
    let write = OfficeWrite { draft: Draft { edits, ..Draft::of(case, "case") }, officer: "system".parse().unwrap() };
    app.committer.run_blocking(Want::default(), move |store| office_write(store, &kinds, &write, &keys.receipt, now)).unwrap().unwrap();
}

pub const TRIO: &[(&str, &str)] = &[("d1", "penalty_decision"), ("d2", "compliance_advice"), ("d3", "repair_notice")];

fn service(town: &Town<'_>, documents: &[&str]) -> Json {
    json!({ "decision": true, "documents": documents, "received_ms": town.now(), "signature": "wang", "to": "王某", "way": "direct" })
}

/// The same, served with everything that goes with it; gives its repair.
pub fn served(town: &Town<'_>, n: u128, uscc: &str) -> (RecordId, RecordId) {
    let scene = decided(town, n, uscc);
    sealed(town, scene.id, TRIO);
    scene.done("leader", "services", &service(town, &["d1", "d2", "d3"]));
    assert_eq!(scene.stage(), "SERVED");
    let found = town.get("leader", &scene.path("follow-up"))["repair"].as_str().unwrap_or_default().parse().unwrap();
    (scene.id, found)
}

/// Paid and corrected.
pub fn performed(town: &Town<'_>, case: RecordId) {
    let scene = Scene { town, id: case };
    let fen = scene.field("penalty")["amount_fen"].as_i64().unwrap();
    scene.done("leader", "payments", &json!({ "receipt": format!("R-{case}"), "amount_fen": fen, "day": "2026-09-21", "for": "fine", "way": "bank" }));
    scene.act("reviewer", "perform", &[("performed", json!({ "corrected": true, "done_ms": town.now(), "paid_fen": fen }))], "PERFORMED");
}

pub fn application() -> Json {
    let file = |kind: &str, n: &str| json!({ "kind": kind, "mime": "application/pdf", "name": format!("{kind}.pdf"), "sha256": n, "size": 1000 });
    json!({ "commitment": "我单位承诺依法经营，不再违反", "contact": "李四", "materials": [file("performance", "aa"), file("commitment", "bb")], "phone": "13800000000", "public": true })
}

pub fn path(repair: RecordId, call: &str) -> String {
    format!("/api/v1/repairs/{repair}/{call}")
}

pub fn done(town: &Town<'_>, desk: &str, repair: RecordId, call: &str, body: &Json, stage: &str) -> Json {
    let said: Json = ok(town.post(desk, &path(repair, call), body));
    assert_eq!(said["disposition"].get("refused").unwrap_or(&Json::Null), &Json::Null, "{call}: {said}");
    assert_eq!(town.stage(repair), stage, "{call}");
    said
}

fn refused(town: &Town<'_>, desk: &str, repair: RecordId, call: &str, body: &Json) -> (u16, Json) {
    let response = town.post(desk, &path(repair, call), body);
    (response.status().as_u16(), response.json().unwrap())
}

fn listed_as(town: &Town<'_>, which: &str) -> Vec<String> {
    let page = town.get("leader", &format!("/api/v1/repairs?which={which}"));
    page["items"].as_array().unwrap().iter().map(|line| line["record"].as_str().unwrap().to_owned()).collect()
}

/// What a new day brings, as the server looks for it by itself.
pub fn look(town: &Town<'_>) {
    let app = town.site.running().app.clone();
    actix_web::rt::System::new().block_on(async move {
        app.watch_repairs().await.unwrap();
        app.remind_repairs().await.unwrap();
    });
}

/// From the application to the grant.
pub fn granted(town: &Town<'_>, repair: RecordId) {
    done(town, "leader", repair, "apply", &application(), "APPLIED");
    done(town, "reviewer", repair, "accept", &json!({}), "ACCEPTED");
    done(town, "reviewer", repair, "review", &json!({}), "UNDER_REVIEW");
    done(town, "head", repair, "decide", &json!({ "approved": true }), "APPROVED");
}

on_both! {
    fn a_decision_reaches_a_firm_with_advice_and_notice_on_one_receipt_or_not_at_all(site) {
        let town = town(&site);
        let scene = decided(&town, 0x7d01, FIRM);
        assert_eq!(scene.field("companions")["documents"], json!(["compliance_advice", "repair_notice"]));
        sealed(&town, scene.id, &TRIO[..2]);
        for documents in [&[][..], &["d1"][..], &["d1", "d2"][..]] {
            let (status, code, said) = scene.refused("leader", "services", &service(&town, documents));
            assert!(status == 422 && code == "invalid_field" && said.contains("repair_notice"), "{said}");
        }
        let alone = json!({ "documents": ["d1", "d2"], "received_ms": town.now(), "signature": "wang", "to": "王某", "way": "direct" });
        assert!(scene.try_act("leader", "serve", &[("served", alone)]).contains("repair_notice"), "国办发〔2025〕22号: by no other call either");
        assert_eq!(scene.stage(), "DECIDED");
        sealed(&town, scene.id, &TRIO[2..]);
        let first = scene.done("leader", "services", &service(&town, &["d1", "d2", "d3"]));
        assert_eq!(scene.stage(), "SERVED");
        assert_eq!(scene.done("leader", "services", &service(&town, &["d1", "d2", "d3"]))["dot"], first["dot"], "the same again changes nothing");
    }

    fn advice_is_chosen_from_the_menu_of_the_matter_and_help_is_entered_once(site) {
        let town = town(&site);
        let scene = decided(&town, 0x7d11, FIRM);
        let menu = town.get("leader", &scene.path("advice"))["menu"].clone();
        let item = menu[0]["item"].as_str().unwrap().to_owned();
        let body = json!({ "choices": [{ "item": item, "causes": [0], "measures": [0, 2], "checks": [1] }], "measures": ["每周自查一次"], "follow_up": "2026-10-31" });
        scene.done("leader", "advice", &body);
        let kept = scene.field("advice");
        assert_eq!((kept["measures"].as_array().unwrap().len(), &kept["items"], &kept["follow_up"]), (3, &json!([item]), &json!("2026-10-31")));
        assert_eq!(kept["measures"][1], menu[0]["guidance"]["measures"][2], "in words, so that a later menu changes nothing");
        for (field, body) in [
            ("choices", json!({ "choices": [{ "item": "none" }], "follow_up": "2026-10-31" })),
            ("choices.causes", json!({ "choices": [{ "item": item, "causes": [99] }], "follow_up": "2026-10-31" })),
            ("causes", json!({ "choices": [], "follow_up": "2026-10-31" })),
            ("follow_up", json!({ "choices": [{ "item": item }], "follow_up": "2026-09-20" })),
        ] {
            let said: Json = town.post("leader", &scene.path("advice"), &body).json().unwrap();
            assert_eq!(said["field"], field, "{said}");
        }
        let help = json!({ "day": "2026-09-21", "help": "指导建立清运台账", "problem": "不清楚备案流程" });
        let first = scene.done("leader", "assists", &help);
        assert_eq!(scene.done("leader", "assists", &help)["dot"], first["dot"], "the same visit entered twice is one");
        scene.done("leader", "guidance", &json!({ "text": "逐条讲解合规建议", "way": "上门" }));
        let way = town.get("leader", &scene.path("follow-up"));
        let steps: Vec<&str> = way["steps"].as_array().unwrap().iter().filter(|step| step["done"] == true).map(|step| step["code"].as_str().unwrap()).collect();
        assert_eq!((steps, way["assists"].as_array().unwrap().len()), (vec!["GUIDANCE_DONE", "ASSIST_VISIT"], 1));
    }

    fn a_repair_is_refused_a_day_early_applied_for_reviewed_granted_told_and_taken_back(site) {
        let mut town = town(&site);
        let (case, repair) = served(&town, 0x7d21, FIRM);
        assert_eq!((town.stage(repair).as_str(), listed_as(&town, "waiting"), listed_as(&town, "unapplied")), ("NOT_ELIGIBLE", vec![repair.to_string()], vec![]));
        let shown = town.get("leader", &format!("/api/v1/repairs/{repair}"));
        assert_eq!((&shown["opens"], &shown["regime"]["own"], &shown["regime"]["applies"], &shown["category"]), (&json!("2026-12-21"), &json!("order_36"), &json!("order_36"), &json!("general")));
        performed(&town, case);
        // 2026-12-20, a day early.
        town.later(90 * DAY);
        look(&town);
        assert_eq!(town.stage(repair), "NOT_ELIGIBLE");
        let (status, said) = refused(&town, "leader", repair, "apply", &application());
        assert_eq!((status, &said["code"]), (409, &json!("not_repairable")), "{said}");
        assert_eq!((said["findings"].as_array().unwrap().len(), &said["findings"][0]["code"], &said["findings"][0]["opens"]), (1, &json!("period"), &json!("2026-12-21")), "{said}");
        assert!(said["detail"].as_str().unwrap().contains("2026-12-21起方可申请"), "{said}");
        town.later(DAY);
        look(&town);
        assert_eq!((town.stage(repair).as_str(), listed_as(&town, "unapplied"), listed_as(&town, "eligible")), ("ELIGIBLE", vec![repair.to_string()], vec![repair.to_string()]));
        let mut bare = application();
        bare["materials"].as_array_mut().unwrap().pop();
        assert_eq!(refused(&town, "leader", repair, "apply", &bare).1["field"], "materials");
        let mut secret = application();
        secret["public"] = json!(false);
        assert_eq!(refused(&town, "leader", repair, "apply", &secret).1["field"], "public");
        let first = done(&town, "section", repair, "apply", &application(), "APPLIED");
        assert_eq!(done(&town, "section", repair, "apply", &application(), "APPLIED")["dot"], first["dot"], "the same again changes nothing");
        assert!(listed_as(&town, "unapplied").is_empty() && listed_as(&town, "pending") == [repair.to_string()]);
        assert_eq!(town.field(repair, "due")[0]["day"], "2026-12-24", "three working days");
        assert_eq!(refused(&town, "section", repair, "accept", &json!({})).1["code"], "forbidden", "domain.md §0.3: not his own application");
        assert_eq!(refused(&town, "leader", repair, "accept", &json!({})).0, 403, "not of his roles");
        done(&town, "reviewer", repair, "accept", &json!({}), "ACCEPTED");
        done(&town, "reviewer", repair, "review", &json!({}), "UNDER_REVIEW");
        let before = town.field(repair, "due")[0]["day"].as_str().unwrap().to_owned();
        done(&town, "head", repair, "extend", &json!({ "reason": "需现场核实" }), "UNDER_REVIEW");
        let after = town.field(repair, "due")[0]["day"].as_str().unwrap().to_owned();
        assert!(after > before, "{before} {after}");
        assert_eq!(refused(&town, "head", repair, "extend", &json!({ "reason": "再次延长" })).0, 409, "once");
        done(&town, "head", repair, "decide", &json!({ "approved": true }), "APPROVED");
        let shown = town.get("leader", &format!("/api/v1/repairs/{repair}"));
        assert_eq!((shown["told"].as_array().unwrap().len(), &shown["told"][0]["action"], &shown["told"][0]["tries"]), (1, &json!("repair"), &json!(0)), "no site is configured, so it waits: {shown}");
        assert!(shown["application"].get("phone").is_none() || shown.get("party").is_some(), "what is personal is shown only to who needs it");
        assert!(!town.field(repair, "due").is_empty(), "the credit site is to be told in time");
        done(&town, "reviewer", repair, "synced", &json!({ "receipt": "XYZJ-2026-1" }), "SYNCED");
        assert!(town.field(repair, "due").is_empty(), "nothing is awaited of it any more");
        let steps = town.get("leader", &format!("/api/v1/cases/{case}/follow-up"))["steps"].clone();
        assert!(steps.as_array().unwrap().iter().any(|step| step["code"] == "REPAIRED" && step["done"] == true), "{steps}");
        assert_eq!(refused(&town, "head", repair, "revoke", &json!({ "reason": "承诺整改而未整改", "evidence": " " })).1["field"], "evidence");
        done(&town, "head", repair, "revoke", &json!({ "reason": "承诺整改而未整改", "evidence": "2026-12-21现场照片" }), "REVOKED");
        let told = town.get("leader", &format!("/api/v1/repairs/{repair}"))["told"].clone();
        assert_eq!(told.as_array().unwrap().iter().map(|m| m["action"].as_str().unwrap()).collect::<Vec<_>>(), ["repair", "restore"]);
        assert!(listed_as(&town, "eligible").is_empty());
    }

    fn an_application_is_returned_applied_for_again_and_refused_with_reasons(site) {
        let mut town = town(&site);
        let (case, repair) = served(&town, 0x7d31, FIRM);
        town.later(91 * DAY);
        let (_, said) = refused(&town, "leader", repair, "apply", &application());
        let unmet: Vec<&str> = said["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
        assert_eq!(unmet, ["duties", "corrected"], "unpaid and uncorrected: {said}");
        performed(&town, case);
        assert_eq!(town.stage(repair), "ELIGIBLE", "with the performance, in the same transaction");
        done(&town, "leader", repair, "apply", &application(), "APPLIED");
        assert_eq!(refused(&town, "reviewer", repair, "return", &json!({ "reason": " " })).1["field"], "reason");
        done(&town, "reviewer", repair, "return", &json!({ "reason": "缴款凭证不清" }), "RETURNED");
        assert_eq!(listed_as(&town, "unapplied"), [repair.to_string()]);
        done(&town, "leader", repair, "apply", &application(), "APPLIED");
        done(&town, "reviewer", repair, "accept", &json!({}), "ACCEPTED");
        done(&town, "reviewer", repair, "review", &json!({}), "UNDER_REVIEW");
        assert_eq!(refused(&town, "head", repair, "decide", &json!({ "approved": false })).1["field"], "reason");
        done(&town, "head", repair, "decide", &json!({ "approved": false, "reason": "承诺内容与事实不符" }), "REFUSED");
        assert!(town.get("leader", &format!("/api/v1/repairs/{repair}"))["told"].as_array().unwrap().is_empty(), "nothing is told of a refusal");
        done(&town, "leader", repair, "apply", &application(), "APPLIED");
        assert_eq!(town.field(repair, "application")[0]["number"], 3);
    }

    fn a_firm_applies_through_the_portal_and_sees_nobody_elses_repair(site) {
        let mut town = town(&site);
        let (case, repair) = served(&town, 0x7d41, FIRM);
        let (_, theirs) = served(&town, 0x7d42, OTHER);
        performed(&town, case);
        town.later(91 * DAY);
        let token = |repair: RecordId| ok::<Json>(town.post("leader", &path(repair, "access"), &json!({})))["token"].as_str().unwrap().to_owned();
        let (mine, other) = (token(repair), token(theirs));
        let get = |token: &str, path: &str| town.site.get(path).bearer_auth(token).send().unwrap();
        let page: Json = ok(get(&mine, "/portal/v1/repairs"));
        assert_eq!(page["items"].as_array().unwrap().iter().map(|l| l["record"].as_str().unwrap()).collect::<Vec<_>>(), [repair.to_string()]);
        let shown: Json = ok(get(&mine, &format!("/portal/v1/repairs/{repair}")));
        assert_eq!((&shown["eligible"], &shown["opens"], &shown["free_of_charge"]), (&json!(true), &json!("2026-12-21"), &json!(true)));
        let to = |token: &str, repair: RecordId| town.site.post(&format!("/portal/v1/repairs/{repair}/apply")).bearer_auth(token).json(&application()).send().unwrap();
        assert_eq!(problem(get(&other, &format!("/portal/v1/repairs/{repair}"))), (404, "not_found".into()));
        assert_eq!(problem(to(&other, repair)), (404, "not_found".into()));
        assert_eq!(problem(get(&town.desks["leader"], "/portal/v1/repairs")).0, 401, "a desk's token is none of the portal's");
        assert_eq!(problem(get(&mine, "/api/v1/repairs")).0, 401, "nor the other way");
        let early: Json = to(&other, theirs).json().unwrap();
        assert_eq!(early["code"], "not_repairable", "theirs is unpaid: {early}");
        let applied: Json = ok(to(&mine, repair));
        assert_eq!(applied["stage"], "APPLIED");
        ok::<Json>(to(&mine, repair));
        assert_eq!((&town.field(repair, "application")[0]["channel"], town.field(repair, "application")[0].get("by")), (&json!("portal"), None));
        let line = town.get("leader", "/api/v1/repairs?which=pending")["items"][0].clone();
        assert_eq!((&line["channel"], &line["applied"]), (&json!("portal"), &json!("2026-12-21")));
        assert!(!town.site.audited("repair.applied").is_empty());
        site_later(&mut town);
        assert_eq!(problem(town.site.get("/portal/v1/repairs").bearer_auth(&mine).send().unwrap()), (401, "token_expired".into()));
    }

    fn reminders_come_thirty_and_seven_days_before_and_on_the_day_once_each(site) {
        let mut town = town(&site);
        let (_, repair) = served(&town, 0x7d51, FIRM);
        let notices = |town: &Town<'_>| -> Vec<String> {
            let page = town.get("head", "/api/v1/queue?class=notices");
            let mut all: Vec<String> = page["items"].as_array().unwrap().iter().filter(|n| n["class"] == "repair_due").map(|n| n["subject"].as_str().unwrap().to_owned()).collect();
            all.sort();
            all
        };
        let named = |days: i64| format!("repair:{repair}:{days}:2026-12-21");
        look(&town);
        assert!(notices(&town).is_empty(), "91 days before");
        town.later(61 * DAY);
        look(&town);
        look(&town);
        assert_eq!(notices(&town), [named(30)]);
        town.later(23 * DAY);
        look(&town);
        assert_eq!(notices(&town), [named(30), named(7)]);
        town.later(7 * DAY);
        look(&town);
        assert_eq!(notices(&town), [named(0), named(30), named(7)]);
    }

    fn the_index_of_repairs_is_what_the_records_say(site) {
        use zhifa_server::verify::finding::Code;
        let mut town = town(&site);
        let case = decided(&town, 0x7d61, FIRM).id;
        // By public notice the decision goes alone (§7.1), thirty days after the posting.
        town.later(45 * DAY);
        let scene = Scene { town: &town, id: case };
        scene.done("leader", "services", &json!({ "decision": true, "posted": "2026-09-21", "reason": "无法联系当事人", "way": "public_notice" }));
        let repair = town.get("leader", &scene.path("follow-up"))["repair"].as_str().unwrap().parse().unwrap();
        performed(&town, case);
        town.later(46 * DAY);
        look(&town);
        granted(&town, repair);
        drop(town);
        let (found, left) = crate::index::bent_as_it_is(&mut site, "UPDATE repair SET category = 'minor'");
        assert_eq!((found, left), (vec![(Code::IndexRowWrong, Some(repair))], vec![]));
        let (found, left) = crate::index::bent_as_it_is(&mut site, "DELETE FROM repair");
        assert_eq!((found, left), (vec![(Code::IndexRowMissing, Some(repair))], vec![]));
    }
}

/// The portal's token runs out.
fn site_later(town: &mut Town<'_>) {
    town.later(91 * DAY);
}
