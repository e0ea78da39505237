//! Fast handling over HTTP: six cases to their service, each exclusion refused by its name, conversion by withdrawal and by what is
//! found later (`domain.md` §6).

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::catalogue::matter::{Matter, Trigger};
use sync_core::dated::Kind;
use zhifa_server::org::{Role, Scope};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::{DAY, Fields, HOUR, Town};

/// A case at work, and the town around it.
pub struct Scene<'t, 's> {
    pub town: &'t Town<'s>,
    pub id: RecordId,
}

/// The town with a squad leader, a legal reviewer and two officers.
pub fn town(site: &Site) -> Town<'_> {
    let mut town = Town::new(site, &["chen-yifan", "lin-xiaohe"]);
    for (id, role) in [("leader", Role::SquadLeader), ("legal", Role::Reviewer)] {
        let officer = site.officer_of(id, &[role], "squad-juxian", Some(Scope::District), &[]);
        town.desks.insert(id, site.log_in(&officer));
    }
    town
}

pub fn signature(by: &str) -> Json {
    json!({ "by": by, "h": 300, "role": "当事人", "strokes": [[20, 40, 120, 260, 200, 60], [300, 50, 420, 240]], "w": 600 })
}

impl<'t, 's> Scene<'t, 's> {
    /// A clue with its two officers, one fact, and one piece of evidence that somebody else verified.
    pub fn begin(town: &'t Town<'s>, n: u128, fields: Fields<'_>) -> Scene<'t, 's> {
        let one = |id: &str, role: &str| json!({ "certificate": town.officer(id).certificate, "name": town.officer(id).name, "role": role });
        let mut all: Vec<(&str, Json)> = vec![
            ("act_date", json!("2026-09-21")),
            ("area", json!("nb-gaoxin")),
            ("clue", json!({ "fact": "巡查发现", "found_ms": town.now(), "source": "inspection" })),
            ("elements.m1", json!({ "evidence": ["e1"], "fact": "违法事实" })),
            ("evidence.e1", json!({ "by": "chen-yifan", "fact": "违法事实", "kind": "audiovisual", "second": "lin-xiaohe", "taken_ms": town.now() - HOUR })),
            ("facts", json!("2026年9月21日，当事人实施了违法行为。")),
            ("found_date", json!("2026-09-21")),
            ("handlers.chen-yifan", one("chen-yifan", "lead")),
            ("handlers.lin-xiaohe", one("lin-xiaohe", "officer")),
            ("rights", json!({ "at_ms": town.now() - HOUR, "signature": "wang" })),
            ("signatures.wang", signature("王某")),
            ("title", json!("王某案")),
            ("unit", json!("squad-juxian")),
        ];
        for (key, value) in fields {
            all.retain(|(known, _)| known != key);
            all.push((*key, value.clone()));
        }
        let id = record(n);
        town.begin("case", id, &all);
        let scene = Scene { town, id };
        scene.done("reviewer", "evidence/e1/verify", &json!({ "excluded": false, "reason": "与原件核对一致" }));
        scene
    }

    pub fn path(&self, call: &str) -> String {
        format!("/api/v1/cases/{}/{call}", self.id)
    }

    /// A call of the feature that is taken.
    pub fn done(&self, desk: &str, call: &str, body: &Json) -> Json {
        let done: Json = ok(self.town.post(desk, &self.path(call), body));
        assert_eq!(done["disposition"].get("refused").unwrap_or(&Json::Null), &Json::Null, "{call}: {done}");
        assert_eq!(done["disposition"].get("excepted").unwrap_or(&Json::Null), &Json::Null, "{call}: {done}");
        done
    }

    /// A call of the feature that is refused: status, code, and what it says.
    pub fn refused(&self, desk: &str, call: &str, body: &Json) -> (u16, String, String) {
        let response = self.town.post(desk, &self.path(call), body);
        let status = response.status().as_u16();
        let said: Json = response.json().unwrap();
        (status, said["code"].as_str().unwrap_or_else(|| panic!("{call} was taken: {said}")).to_owned(), said["detail"].as_str().unwrap().to_owned())
    }

    pub fn write(&self, desk: &str, fields: Fields<'_>) {
        let record = self.town.look(self.id);
        let dots = |key: &str| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default();
        let edits: Vec<Json> = fields.iter().map(|(key, value)| json!({ "field": key, "value": value, "replaces": dots(key) })).collect();
        let done: Json = ok(self.town.post(desk, &format!("/api/v1/records/{}/edits", self.id), &json!({ "edits": edits })));
        assert_eq!(done["disposition"]["state"], "applied", "{done}");
    }

    /// What stands against an act: the reasons of the guards, or what the findings say.
    pub fn try_act(&self, desk: &str, act: &str, fields: Fields<'_>) -> String {
        let response = self.town.act(desk, self.id, act, fields, &json!({}));
        let said: Json = response.json().unwrap();
        let reasons = ["refused", "excepted"].into_iter().flat_map(|kind| said["disposition"][kind].as_array().cloned().unwrap_or_default());
        let reasons: Vec<String> = reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect();
        said["detail"].as_str().map_or_else(|| reasons.join(" "), str::to_owned)
    }

    pub fn act(&self, desk: &str, act: &str, fields: Fields<'_>, stage: &str) {
        assert_eq!(self.try_act(desk, act, fields), "", "{act}");
        assert_eq!(self.stage(), stage, "{act}");
    }

    /// The opinions of a step: whoever submits it, and the head.
    pub fn approve(&self, step: &str) {
        for (desk, voice) in [("leader", "handler"), ("head", "head")] {
            self.done(desk, "opinions", &json!({ "step": step, "voice": voice, "agrees": true, "text": "事实清楚，拟同意" }));
        }
    }

    pub fn stage(&self) -> String {
        self.town.stage(self.id)
    }

    pub fn field(&self, key: &str) -> Json {
        self.town.field(self.id, key).into_iter().next().unwrap_or_default()
    }

    /// The notice of a fine, on the spot or at the desk.
    pub fn noticed(&self, fen: i64, stage: &str) {
        let told =
            json!({ "amount_fen": fen, "confiscation_fen": 0, "hearing_told": true, "kinds": ["fine"], "number": 1, "served_ms": self.town.now(), "to": "王某", "way": "direct" });
        self.act("leader", "pre_notice", &[("pre_notice", told)], stage);
    }

    /// The party waives its statement in writing (行政处罚法 62).
    pub fn waived(&self) {
        self.write("leader", &[("defence", json!({ "at_ms": self.town.now(), "signature": "wang", "waived": true }))]);
    }

    fn offer(&self) {
        assert_eq!(self.done("leader", "fast/offer", &said())["stage"], "FAST_OFFERED");
    }

    /// Offered, consented, and run by the head.
    pub fn running(&self) {
        self.offer();
        assert_eq!(self.done("leader", "fast/consent", &json!({ "signature": "wang" }))["stage"], "CONSENTED");
        self.approve("run_fast");
        assert_eq!(self.done("head", "fast/run", &json!({}))["stage"], "FAST_RUNNING");
    }
}

/// What an officer says with the offer.
fn said() -> Json {
    json!({ "facts_disputed": false, "impact": false, "joint_offenders": false, "needs_appraisal": false })
}

/// Matters of the team's own list that can be fined at once, for less than a hearing asks.
pub fn listed(site: &Site) -> Vec<String> {
    let book = &site.running().app.law().book;
    let fits = |m: &Matter| m.fast_case && m.domain == "enforcement" && m.trigger == Trigger::Immediate && m.fine.as_ref().is_some_and(|f| f.max <= 500_000);
    let day = sync_core::base::date::date(2026, 9, 21);
    book.in_force(Kind::Matter, day).filter(|row| row.typed::<Matter>().as_ref().is_some_and(fits)).map(|row| row.key.to_string()).take(6).collect()
}

pub fn citizen(matter: &str) -> Vec<(&'static str, Json)> {
    vec![
        ("matter", json!(matter)),
        ("party.condition", json!("none")),
        ("party.id_no", json!("11010519491231002X")),
        ("party.kind", json!("citizen")),
        ("party.name", json!("王某")),
    ]
}

fn with(mut fields: Vec<(&'static str, Json)>, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    for (key, value) in more {
        fields.retain(|(known, _)| known != key);
        fields.push((key, value.clone()));
    }
    fields
}

/// The state of a condition or an exclusion, with its fact.
fn state(shown: &Json, code: &str) -> (String, String) {
    let all = ["conditions", "exclusions"].into_iter().flat_map(|list| shown["eligibility"][list].as_array().unwrap().clone());
    let one = all.into_iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("{code}: {shown}"));
    (one["state"].as_str().unwrap().to_owned(), one["fact"].as_str().unwrap().to_owned())
}

on_both! {
    fn six_cases_are_handled_fast_from_clue_to_service_with_every_step_that_is_never_skipped(site) {
        let town = town(&site);
        let matters = listed(&site);
        assert_eq!(matters.len(), 6);
        for (n, matter) in matters.iter().enumerate() {
            let scene = Scene::begin(&town, 0xfa00 + n as u128, &with(citizen(matter), &[]));
            let shown = town.get("leader", &scene.path("fast"));
            assert_eq!((state(&shown, "consent").0, state(&shown, "undisputed").0), ("unknown".into(), "unknown".into()), "nobody has asked yet");
            assert!(state(&shown, "listed").1.starts_with(matter.as_str()), "{shown}");
            scene.running();
            assert_eq!(scene.field("filed_date"), "2026-09-21", "filing is approved with it");
            assert!(scene.field("fast")["started_ms"].as_i64().unwrap() > 0);
            let asked = town.get("leader", &scene.path("penalty"));
            let fine = asked["suggestion"]["band"]["max"].as_i64().unwrap();
            assert_eq!((asked["law"]["rule"].as_str(), asked["hearing"]["reached"].as_bool()), (Some("unchanged"), Some(false)));
            scene.done("leader", "penalty", &json!({ "kind": "fine", "amount_fen": fine, "reason": "情节一般" }));
            assert!(scene.field("penalty")["basis"].as_str().unwrap().starts_with('《'), "the clause is filled in");
            scene.approve("decide");
            let without = scene.try_act("head", "decide", &[]);
            assert_eq!(without, "no_pre_notice defence_open heavier_than_noticed", "行政处罚法 44, 45: 告知和听取陈述申辩不能省略");
            scene.noticed(fine, "FAST_RUNNING");
            scene.waived();
            scene.act("head", "decide", &[], "DECIDED");
            let served = json!({ "received_ms": town.now(), "signature": "wang", "to": "王某", "way": "direct" });
            scene.act("leader", "serve", &[("served", served)], "SERVED");
        }
        let share = town.get("head", "/api/v1/fast-share?from=2026-09-01&to=2026-09-30");
        assert_eq!((&share["fast"], &share["general"], &share["share_per_mille"]), (&json!(6), &json!(0), &json!(1_000)), "{share}");
        let before = town.get("head", "/api/v1/fast-share?from=2026-08-01&to=2026-08-31");
        assert_eq!((&before["fast"], &before["share_per_mille"]), (&json!(0), &Json::Null), "{before}");
        let bad = site.get("/api/v1/fast-share?from=2026-09-30&to=2026-09-01").bearer_auth(&town.desks["head"]).send().unwrap();
        assert_eq!(problem(bad).0, 422);
    }

    fn each_exclusion_refuses_the_offer_by_its_name(site) {
        let town = town(&site);
        let matter = listed(&site).remove(0);
        type Case<'a> = (&'a str, Vec<(&'a str, Json)>, Json);
        let cases: [Case<'_>; 12] = [
            ("minor", vec![("party.birth", json!("2012-01-01"))], json!({})),
            ("blind", vec![("party.condition", json!("blind"))], json!({})),
            ("deaf", vec![("party.condition", json!("deaf_mute"))], json!({})),
            ("limited_capacity", vec![("party.condition", json!("limited_capacity"))], json!({})),
            ("disputed", vec![], json!({ "facts_disputed": true })),
            ("crime", vec![("crime", json!({ "offence": "污染环境罪", "suspected_ms": 9 }))], json!({})),
            ("complex", vec![("weighty", json!(["doubtful"]))], json!({})),
            ("hearing", vec![("hearing", json!({ "requested_ms": 9 }))], json!({})),
            ("public_notice", vec![("services.s1", json!({ "posted": "2026-09-10", "reason": "下落不明", "way": "public_notice" }))], json!({})),
            ("unidentified", vec![("party.name", Json::Null)], json!({})),
            ("joint", vec![], json!({ "joint_offenders": true })),
            ("impact", vec![], json!({ "impact": true })),
        ];
        for (n, (name, facts, words)) in cases.into_iter().enumerate() {
            let scene = Scene::begin(&town, 0xfb00 + n as u128, &citizen(&matter));
            if !facts.is_empty() {
                scene.write("leader", &facts);
            }
            let mut body = said();
            words.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
            let (status, code, why) = scene.refused("leader", "fast/offer", &body);
            assert_eq!((status, code.as_str()), (409, "not_eligible"), "{name}: {why}");
            assert!(why.contains(&format!("{name} (not met)")), "{name}: {why}");
            assert_eq!(scene.stage(), "CLUE", "{name}");
            // Around the call the finding bars the act by the same name.
            body["offered_ms"] = json!(town.now());
            let barred = scene.try_act("leader", "offer_fast", &[("fast", body)]);
            let guard = match name { "unidentified" => "party_unknown", "disputed" => "facts_disputed", _ => "fast." };
            assert!(barred.contains(&format!("fast.{name}")) || barred.contains(guard), "{name}: {barred}");
            assert_eq!(scene.stage(), "CLUE", "{name}");
        }
        let scene = Scene::begin(&town, 0xfbff, &with(citizen(&matter), &[("matter", json!("UM-006")), ("party.condition", Json::Null)]));
        let (_, _, why) = scene.refused("leader", "fast/offer", &said());
        assert!(why.contains("listed (not met): UM-006") && why.contains("blind (unknown)"), "what is not known is told as such: {why}");
    }

    fn consent_that_is_withdrawn_converts_without_losing_evidence_or_the_clock(site) {
        let mut town = town(&site);
        let matter = listed(&site).remove(0);
        let id = {
            let scene = Scene::begin(&town, 0xfc00, &citizen(&matter));
            scene.offer();
            assert_eq!(scene.refused("leader", "fast/consent", &json!({ "signature": "none" })).0, 422);
            let (_, code, why) = scene.refused("head", "fast/run", &json!({}));
            assert!(code == "not_eligible" && why.contains("consent (unknown)"), "{why}");
            scene.done("leader", "fast/consent", &json!({ "signature": "wang" }));
            scene.approve("run_fast");
            assert_eq!(scene.refused("leader", "fast/run", &json!({})).0, 403, "the head approves");
            scene.done("head", "fast/run", &json!({}));
            scene.id
        };
        town.later(2 * DAY);
        let scene = Scene { town: &town, id };
        let (evidence, element) = (scene.field("evidence.e1"), scene.field("elements.m1"));
        assert_eq!(scene.refused("leader", "fast/withdraw", &json!({ "reason": " " })).0, 422);
        assert_eq!(scene.done("leader", "fast/withdraw", &json!({ "reason": "当事人不再同意" }))["stage"], "CONVERTED_TO_NORMAL");
        assert_eq!((scene.field("evidence.e1"), scene.field("elements.m1")), (evidence, element));
        assert_eq!(scene.field("filed_date"), "2026-09-21", "the ninety days run from the first filing (行政处罚法 60)");
        assert!(scene.field("fast")["withdrawn_ms"].as_i64().is_some() && scene.field("fast")["consent_ms"].as_i64().is_some());
        scene.approve("file");
        assert_eq!(scene.try_act("head", "file", &[]), "already_filed", "a case is filed once");
        scene.act("leader", "resume_normal", &[], "INVESTIGATING");
        assert_eq!(scene.refused("leader", "fast/offer", &said()).1, "conflict", "it is not offered again");
        // It is decided in the ordinary way, and counts so.
        scene.act("leader", "conclude", &[], "INVESTIGATED");
        scene.done("reviewer", "reviews", &json!({ "which": "case", "outcome": "agree", "issues": "无", "opinion": "事实清楚" }));
        let fine = town.get("leader", &scene.path("penalty"))["suggestion"]["band"]["max"].as_i64().unwrap();
        scene.done("leader", "penalty", &json!({ "kind": "fine", "amount_fen": fine, "reason": "情节一般" }));
        scene.noticed(fine, "PRE_NOTICED");
        scene.waived();
        scene.act("leader", "close_defence", &[], "DEFENCE_CLOSED");
        scene.approve("decide");
        scene.act("head", "decide", &[], "DECIDED");
        let share = town.get("head", "/api/v1/fast-share?from=2026-09-01&to=2026-09-30");
        assert_eq!((&share["fast"], &share["general"], &share["share_per_mille"]), (&json!(0), &json!(1), &json!(0)), "{share}");
    }

    fn an_exclusion_that_is_found_later_bars_the_decision_and_makes_conversion_due(site) {
        let town = town(&site);
        let matter = listed(&site).remove(0);
        let scene = Scene::begin(&town, 0xfd00, &citizen(&matter));
        scene.running();
        let fine = town.get("leader", &scene.path("penalty"))["suggestion"]["band"]["min"].as_i64().unwrap().max(100);
        scene.done("leader", "penalty", &json!({ "kind": "fine", "amount_fen": fine, "reason": "情节一般" }));
        scene.noticed(fine, "FAST_RUNNING");
        scene.waived();
        let mut fast = scene.field("fast");
        fast["joint_offenders"] = json!(true);
        scene.write("leader", &[("fast", fast)]);
        let flags = town.flags(scene.id);
        assert!(flags.contains(&"fast.joint".to_owned()) && flags.contains(&"fast.convert_due".to_owned()), "{flags:?}");
        scene.approve("decide");
        let barred = scene.try_act("head", "decide", &[]);
        assert!(barred.contains("fast.joint") && barred.contains("fast.convert_due"), "{barred}");
        let filed = scene.field("filed_date");
        assert_eq!(scene.done("leader", "fast/convert", &json!({ "reason": "发现共同违法行为人" }))["stage"], "CONVERTED_TO_NORMAL");
        assert_eq!((scene.field("filed_date"), scene.field("evidence.e1")["kind"].as_str().map(str::to_owned)), (filed, Some("audiovisual".into())));
        assert!(town.flags(scene.id).iter().all(|code| !code.starts_with("fast.")), "an ordinary case is not judged as a fast one");
    }

    fn who_may_not_and_whose_case_it_is_not_gets_nothing(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0xfe00, &citizen(&listed(&site).remove(0)));
        assert_eq!(scene.refused("reviewer", "fast/offer", &said()).0, 403);
        let away = site.officer_of("away", &[Role::SquadLeader], "fire-unit", Some(Scope::Unit), &[]);
        let token = site.log_in(&away);
        for call in ["fast", "penalty"] {
            assert_eq!(problem(site.get(&scene.path(call)).bearer_auth(&token).send().unwrap()).0, 404, "{call}");
        }
        assert_eq!(problem(site.post(&scene.path("fast/offer")).bearer_auth(&token).json(&said()).send().unwrap()).0, 404);
        assert_eq!(problem(site.post(&scene.path("fast/offer")).bearer_auth(&town.desks["leader"]).json(&json!({ "impact": false })).send().unwrap()).0, 422);
    }
}
