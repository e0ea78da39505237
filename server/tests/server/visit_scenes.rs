//! The article's cases on real items: 新达工地, checked jointly on one form; six sites in three joint inspections.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::checklist::{JointForm, Template, compose};
use sync_core::fixtures;
use sync_core::record::ActCall;

use crate::evidence::{facts, hand_in};
use crate::files::picture;
use crate::harness::{ok, record};
use crate::on_both;
use crate::town::{DAY, Town};

const DEPARTMENTS: [&str; 5] = ["enforcement", "water", "construction", "ecology", "traffic-police"];
const TEAM: [&str; 5] = ["chen-yifan", "jiang-haitao", "he-junjie", "luo-shaohua", "ma-guodong"];

fn templates() -> Vec<Template> {
    fixtures::templates().unwrap().into_iter().filter(|t| DEPARTMENTS.contains(&&*t.department)).collect()
}

fn form() -> JointForm {
    compose(&templates()).unwrap()
}

/// A site of the fixtures, entered as it is known; beyond those, one that nobody has named yet.
fn enter(town: &Town<'_>, n: usize) -> RecordId {
    let Some(site) = town.people.sites.get(n).cloned() else {
        let id = record(0x600 + n as u128);
        town.begin("site", id, &[("name", json!(format!("高新区第{}号工地", n + 1))), ("area", json!("nb-gaoxin"))]);
        return id;
    };
    let id: RecordId = site.id.parse().unwrap();
    town.begin("site", id, &[("name", json!(site.name)), ("address", json!(site.address)), ("area", json!("nb-gaoxin"))]);
    id
}

/// The visit to 新达工地 with everybody inside and the form open.
fn inside(town: &Town<'_>, form: &JointForm) -> RecordId {
    let (id, place) = (record(0xc0), enter(town, 0));
    let organs: Vec<(&str, &str)> = DEPARTMENTS.iter().map(|d| (*d, "special_own")).collect();
    town.approved(id, place, &organs, &TEAM, &[("mode", json!("special")), ("task", json!("“综合查一次”联合检查"))]);
    let pins: Vec<(String, Json)> = form.pin().into_iter().map(|(key, value)| (key.to_string(), value.to_json())).collect();
    let pins: Vec<(&str, Json)> = pins.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    town.done("chen-yifan", id, &pins, None);
    let notice = json!({ "served_ms": town.now(), "to": "项目负责人", "way": "served" });
    town.done("chen-yifan", id, &[("notice", notice)], Some(ActCall::new("notify")));
    town.enter(id, &TEAM);
    town.done("chen-yifan", id, &[], Some(ActCall::new("record")));
    id
}

/// The photo of a question.
fn photo_of(question: &str) -> Vec<u8> {
    picture(question.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte)), 9_000)
}

/// Everybody answers what the first department of his signs for: these questions are found wanting.
fn answer(town: &Town<'_>, id: RecordId, form: &JointForm, bad: &[&str]) {
    for (officer, department) in TEAM.iter().zip(DEPARTMENTS) {
        let mut fields: Vec<(String, Json)> = Vec::new();
        for question in form.questions.iter().filter(|q| DEPARTMENTS.iter().find(|d| q.departments().contains(**d)) == Some(&department)) {
            let result = if bad.contains(&&*question.code) { "bad" } else { "ok" };
            fields.push((format!("answers.{}", question.code), json!({ "result": result })));
            if question.photo {
                fields.push((format!("photos.{}.p1", question.code), facts(&photo_of(&question.code), town.now())));
            }
        }
        let fields: Vec<(&str, Json)> = fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        town.done(officer, id, &fields, None);
    }
}

fn sign_all(town: &Town<'_>, id: RecordId) {
    for (officer, department) in TEAM.iter().zip(DEPARTMENTS) {
        let seal = town.seal(id, "sign", Some(department));
        town.done(officer, id, &[], Some(seal));
    }
}

fn view(town: &Town<'_>, id: RecordId) -> Json {
    town.get("reviewer", &format!("/api/v1/visits/{id}"))
}

/// What the page says is missing for an act.
fn missing(view: &Json, act: &str) -> Vec<String> {
    let next = view["next"].as_array().unwrap().iter().find(|n| n["act"] == act).unwrap_or_else(|| panic!("{act} is not next: {}", view["next"]));
    next["missing"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    fn xinda_is_checked_jointly_on_one_form_signed_by_each_department_corrected_rechecked_and_closed(site) {
        let mut town = Town::new(&site, &TEAM);
        let form = form();
        let id = inside(&town, &form);
        let bad: Vec<&str> = form.questions.iter().filter(|q| q.departments().len() > 1).take(2).map(|q| &*q.code).collect();
        // 未查 needs a reason, and an answer that has none leaves the question open.
        let open = form.questions.iter().find(|q| q.departments().len() == 1 && q.departments().contains("water")).unwrap().code.clone();
        answer(&town, id, &form, &bad);
        town.done("jiang-haitao", id, &[(&format!("answers.{open}"), json!({ "result": "unchecked" }))], None);
        let refused = town.write("jiang-haitao", id, &[], Some(town.seal(id, "sign", Some("water"))));
        assert_eq!(refused["excepted"][0]["code"], "items_open", "{refused}");
        let dot = json!([town.handhelds["jiang-haitao"].device, town.handhelds["jiang-haitao"].head().0]);
        let revoke = json!({ "act": "revoke", "dot": dot, "reason": "未查未说明理由，不能签署" });
        ok::<Json>(town.post("reviewer", &format!("/api/v1/records/{id}/acts"), &revoke));
        town.done("jiang-haitao", id, &[(&format!("answers.{open}"), json!({ "reason": "深基坑封闭，不具备条件", "result": "unchecked" }))], None);
        // Each department signs its own items, and nobody another's.
        let foreign = town.write("jiang-haitao", id, &[], Some(town.seal(id, "sign", Some("construction"))));
        assert_eq!(foreign["excepted"][0]["code"], "not_of_department", "{foreign}");
        let dot = json!([town.handhelds["jiang-haitao"].device, town.handhelds["jiang-haitao"].head().0]);
        ok::<Json>(town.post("reviewer", &format!("/api/v1/records/{id}/acts"), &json!({ "act": "revoke", "dot": dot, "reason": "非本部门事项" })));
        sign_all(&town, id);
        assert_eq!(missing(&view(&town, id), "party_sign"), ["no_party", "no_signature"]);
        let glass = json!({ "by": "王工", "h": 300, "role": "现场负责人", "strokes": [[1, 1, 50, 90], [70, 70, 90, 20]], "w": 600 });
        let party = [("signatures.party", glass), ("party", json!({ "name": "王工", "role": "现场负责人", "signature": "party" }))];
        let seal = town.seal(id, "party_sign", None);
        town.done("chen-yifan", id, &party, Some(seal));
        assert_eq!(town.stage(id), "SIGNED");
        let result = [("result", json!({ "conclusion": "两项不符合，责令限期改正", "delivered_ms": town.now(), "to": "王工" }))];
        let seal = town.seal(id, "issue_result", None);
        town.done("chen-yifan", id, &result, Some(seal));
        let order = json!({ "basis": "宁波市建筑垃圾管理条例", "deadline": "2026-09-30", "demand": "清洗道口、恢复围挡", "department": "enforcement", "items": bad });
        let seal = town.seal(id, "order", None);
        town.done("chen-yifan", id, &[("orders.o1", order)], Some(seal));
        let applied = json!({ "applied_ms": town.now(), "by": "王工", "order": "o1", "reason": "台风影响", "to": "2026-10-15" });
        town.done("chen-yifan", id, &[("extensions.e1", applied)], None);
        ok::<Json>(town.post("reviewer", &format!("/api/v1/visits/{id}/rulings/e1"), &json!({ "granted": true, "to": "2026-10-12", "reason": "情况属实" })));
        let shown = view(&town, id);
        assert_eq!((&shown["stage"], &shown["orders"][0]["deadline"]), (&json!("RECTIFYING"), &json!("2026-10-12")));
        assert_eq!(missing(&shown, "review"), ["recheck_missing"]);
        assert_eq!(town.get("head", "/api/v1/lists/visit?due_before=2026-10-13")["items"][0]["due"], "2026-10-12", "the deadline that holds is the one that is watched");
        town.later(20 * DAY);
        town.done("chen-yifan", id, &[("rechecks.o1", json!({ "done_ms": town.now(), "note": "已改正", "result": "corrected" }))], Some(ActCall::new("review")));
        let by_other = town.write("ma-guodong", id, &[], Some(town.seal(id, "close", None)));
        assert_eq!(by_other["refused"][0]["code"], "not_the_lead", "one lead closes");
        let early = town.write("chen-yifan", id, &[], Some(town.seal(id, "close", None)));
        assert_eq!(early["refused"][0]["code"], "evidence_awaited", "signing waited for no upload; closing does: {early}");
        for question in form.questions.iter().filter(|q| q.photo) {
            hand_in(&site, &town.handhelds["chen-yifan"].token, &photo_of(&question.code), Some(id));
        }
        let seal = town.seal(id, "close", None);
        town.done("chen-yifan", id, &[], Some(seal));
        assert_eq!(town.stage(id), "CLOSED");
        assert!(town.flags(id).is_empty(), "{:?}", town.flags(id));
    }

    fn a_form_of_five_departments_asks_each_shared_fact_once_says_who_signs_what_and_stays_readable(site) {
        let town = Town::new(&site, &TEAM);
        let form = form();
        let id = inside(&town, &form);
        let before = view(&town, id);
        let questions = before["questions"].as_array().unwrap();
        assert_eq!((questions.len(), before["total"].as_u64().unwrap() as usize), (form.questions.len(), form.questions.len()));
        // Every item of every template is covered by one question and no other.
        let mut covered: Vec<String> = questions.iter().flat_map(|q| q["covers"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned())).collect();
        let mut items: Vec<String> = templates().iter().flat_map(|t| t.items.iter().map(|i| i.code.clone())).collect();
        covered.sort();
        items.sort();
        assert_eq!(covered, items);
        let shared: Vec<&Json> = questions.iter().filter(|q| q["departments"].as_array().unwrap().len() > 1).collect();
        assert!(shared.len() >= 3 && questions.len() < items.len(), "{} shared", shared.len());
        // Who must sign what: a shared question stands with each of its departments, an own one with its own only.
        for question in questions {
            for department in before["departments"].as_array().unwrap() {
                let signs = department["signs"].as_array().unwrap().contains(&question["code"]);
                assert_eq!(signs, question["departments"].as_array().unwrap().contains(&department["department"]));
            }
        }
        let names: Vec<&str> = before["departments"].as_array().unwrap().iter().map(|d| d["department"].as_str().unwrap()).collect();
        let mut all = DEPARTMENTS.to_vec();
        all.sort_unstable();
        assert_eq!(names, all);
        assert!(before["departments"].as_array().unwrap().iter().all(|d| d["open"].as_array().unwrap().len() == d["signs"].as_array().unwrap().len() && !d["templates"].as_array().unwrap().is_empty()));
        // One answer settles a shared fact for all who sign for it.
        let fact = shared[0]["code"].as_str().unwrap().to_owned();
        let owner = shared[0]["departments"][0].as_str().unwrap();
        let officer = TEAM[DEPARTMENTS.iter().position(|d| *d == owner).unwrap()];
        town.done(officer, id, &[(&format!("answers.{fact}"), json!({ "result": "na" }))], None);
        let after = view(&town, id);
        assert!(after["departments"].as_array().unwrap().iter().all(|d| !d["open"].as_array().unwrap().contains(&json!(fact))));
        assert_eq!(after["answered"], 1);
        // The templates are superseded: another hash, other words, an item less. The visit says what was asked all the same.
        let mut newer = templates();
        for template in &mut newer {
            template.version += 1;
            template.items.pop();
            template.items.iter_mut().for_each(|item| item.title = "改写后的条目".into());
        }
        let superseding = compose(&newer).unwrap();
        let held: Vec<String> = town.look(id).unwrap().with_prefix("form.").map(|(key, _)| key.to_owned()).collect();
        assert!(superseding.templates.keys().all(|hash| !held.contains(&format!("form.{hash}"))));
        let titles = |v: &Json| v["questions"].as_array().unwrap().iter().map(|q| (q["code"].clone(), q["title"].clone())).collect::<Vec<_>>();
        assert_eq!(titles(&view(&town, id)), titles(&before));
        assert!(titles(&before).iter().all(|(_, title)| title.as_str().is_some_and(|t| !t.is_empty())));
    }

    fn a_refusal_to_sign_stands_with_a_witness_and_not_without(site) {
        let town = Town::new(&site, &TEAM);
        let form = form();
        let id = inside(&town, &form);
        answer(&town, id, &form, &[]);
        sign_all(&town, id);
        let seal = town.seal(id, "party_refuse", None);
        let said = town.write("chen-yifan", id, &[("party", json!({ "name": "王工", "refused": true }))], Some(seal));
        assert_eq!(said["excepted"][0]["code"], "no_witness", "{said}");
        assert_eq!(town.stage(id), "RECORDING");
        let dot = json!([town.handhelds["chen-yifan"].device, town.handhelds["chen-yifan"].head().0]);
        ok::<Json>(town.post("reviewer", &format!("/api/v1/records/{id}/acts"), &json!({ "act": "revoke", "dot": dot, "reason": "无见证" })));
        let seal = town.seal(id, "party_refuse", None);
        town.done("chen-yifan", id, &[("party", json!({ "name": "王工", "refused": true, "witness": "居委会 李某" }))], Some(seal));
        assert_eq!(town.stage(id), "SIGNED");
    }

    fn six_sites_in_three_joint_inspections_are_six_visits_and_none_is_a_second_one(site) {
        let mut town = Town::new(&site, &["chen-yifan", "he-junjie"]);
        let sites: Vec<RecordId> = (0..6).map(|n| enter(&town, n)).collect();
        for (n, place) in sites.iter().enumerate() {
            let campaign = json!(format!("第{}次联合检查", n / 2 + 1));
            town.visited(0xd0 + n as u128, *place, &[("enforcement", "special_own"), ("construction", "special_own")], &["chen-yifan", "he-junjie"], &[("task", campaign)]);
            if n % 2 == 1 {
                town.later(10 * DAY);
            }
        }
        let visits = town.get("head", "/api/v1/lists/visit?stage=CHECKED_IN")["items"].as_array().unwrap().clone();
        assert_eq!(visits.len(), 6);
        let tasks: std::collections::BTreeSet<String> = (0..6).map(|n| town.field(record(0xd0 + n), "task")[0].to_string()).collect();
        assert_eq!(tasks.len(), 3);
        // Two departments at six sites in six entries instead of twelve; each department has used one of two at each of them.
        for (n, place) in sites.iter().enumerate() {
            assert!(town.flags(record(0xd0 + n as u128)).is_empty());
            let next = record(0xe0 + n as u128);
            town.planned(next, *place, &[("enforcement", "daily"), ("construction", "daily")], &["chen-yifan", "he-junjie"], &[]);
            let found = town.get("head", &format!("/api/v1/visits/{next}/admission"))["findings"].as_array().unwrap().clone();
            let last: Vec<&str> = found.iter().filter(|f| f["code"] == "cap_last").map(|f| f["about"].as_str().unwrap().split('.').next().unwrap()).collect();
            assert_eq!(last, ["construction", "enforcement"], "{found:?}");
            assert!(found.iter().all(|f| f["weight"] == "warn"));
        }
    }
}
