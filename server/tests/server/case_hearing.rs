//! Reviews, hearings and discussions through the public API: by whom, in which order, and what follows.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::district::{OfficeWrite, office_write};
use sync_core::record::{ActCall, Draft, Value};
use zhifa_server::org::{Role, Scope, ops};
use zhifa_server::sync::store::Want;

use crate::case_investigation::{begin, town, write};
use crate::harness::{ok, problem};
use crate::on_both;
use crate::town::{DAY, Fields, Town};

fn on(town: &Town<'_>, desk: &str, id: RecordId, what: &str, body: &Json) -> reqwest::blocking::Response {
    town.post(desk, &format!("/api/v1/cases/{id}/{what}"), body)
}

fn value(json: &Json) -> Value {
    Value::from_json(json).unwrap()
}

/// Writes as the office and acts, past roles and findings, so that a test begins where it has to.
pub fn set(town: &Town<'_>, id: RecordId, fields: Fields<'_>, act: Option<&str>) {
    let keys = town.site.running().app.keys.clone();
    let fields: Vec<(String, Json)> = fields.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    let act = act.map(str::to_owned);
    let (_, said) = town
        .site
        .running()
        .app
        .committer
        .run_blocking(Want { records: vec![id], ..Want::default() }, move |store| {
            let record = store.look(id)?.unwrap();
            let edits = fields.iter().map(|(key, json)| (key.parse().unwrap(), value(json), record.register(key).map(|r| r.dots()).unwrap_or_default(), None)).collect();
            let mut draft = Draft { edits, ..Draft::of(id, "case") };
            if let Some(name) = &act {
                let mut call = ActCall { reason: Some("测试".into()), ..ActCall::new(name) };
                if sync_core::case::KIND.act(name).any(|row| row.seals) {
                    let mut after = record.clone();
                    after.preview(&draft.edits);
                    call.seal = Some(sync_core::replica::whole_seal(&after, &sync_core::case::KIND));
                    call.replaces = record.register(&sync_core::record::engine_key::seal(call.part())).map(|r| r.dots()).unwrap_or_default();
                }
                draft.act = Some(call);
            }
            let (kinds, now) = (store.kinds, store.now);
            Ok::<_, zhifa_server::sync::store::StoreError>(office_write(store, kinds, &OfficeWrite { draft, officer: ops::SYSTEM.parse().unwrap() }, &keys.receipt, now)?.unwrap())
        })
        .unwrap();
    let said = serde_json::to_value(&said).unwrap();
    assert_eq!((&said["state"], &said["refused"], &said["excepted"]), (&json!("applied"), &Json::Null, &Json::Null), "{said}");
}

/// A case whose investigation is over.
pub fn investigated(town: &Town<'_>, n: u128, more: Fields<'_>) -> RecordId {
    let id = begin(town, n, more);
    let head = |act: &str| (format!("opinions.{act}.head"), json!({ "agrees": true, "at_ms": 5, "by": "head", "text": "同意" }));
    let (key, opinion) = head("file");
    set(town, id, &[(&key, opinion)], Some("file"));
    set(town, id, &[], Some("investigate"));
    let fields = [
        ("elements.f1", json!({ "evidence": ["e1"], "fact": "占道" })),
        ("evidence.e1", json!({ "by": "chen-yifan", "fact": "占道", "kind": "audiovisual", "second": "lin-xiaohe", "taken_ms": 5 })),
        ("facts", json!("占道堆放材料，面积二百平方米。")),
        ("rights", json!({ "at_ms": 5 })),
        ("verified.e1", json!({ "at_ms": 5, "by": "reviewer", "excluded": false })),
    ];
    set(town, id, &fields, Some("conclude"));
    assert_eq!(town.stage(id), "INVESTIGATED");
    id
}

/// The same, reviewed, and told of a fine of so many fen.
pub fn noticed(town: &Town<'_>, n: u128, fen: i64, more: Fields<'_>) -> RecordId {
    let id = investigated(town, n, more);
    set(town, id, &[("case_review", json!({ "at_ms": 5, "by": "reviewer", "outcome": "agree" }))], Some("review_case"));
    let fields = [
        ("discretion", json!({ "leniency": "standard", "reason": "情节一般" })),
        ("penalty", json!({ "amount_fen": fen, "basis": "《浙江省城市道路管理办法》", "kind": "fine", "surcharge_told": true })),
        ("pre_notice", json!({ "amount_fen": fen, "confiscation_fen": 0, "hearing_told": true, "kinds": ["fine"], "served_ms": town.now(), "to": "王建国" })),
    ];
    set(town, id, &fields, Some("pre_notice"));
    id
}

/// A review of one kind.
fn review(which: &str, outcome: &str) -> Json {
    let mut body = json!({ "which": which, "outcome": outcome, "issues": "无", "opinion": "事实清楚，证据确凿" });
    if which == "legal" {
        body["certificate"] = json!("A20193302000001");
    }
    body
}

fn view(member: &str, against: bool) -> Json {
    json!({ "against": against, "member": member, "name": "某某", "view": if against { "金额偏高" } else { "同意" } })
}

on_both! {
    fn apl_57_58_a_case_and_its_legality_are_reviewed_by_others_and_a_flaw_leads_back(site) {
        let mut town = town(&site);
        let officer = site.officer_of("chen-desk", &[Role::Reviewer], "squad-juxian", Some(Scope::District), &[]);
        town.desks.insert("chen-desk", site.log_in(&officer));
        let handler = json!({ "certificate": "33990000009", "name": "审核员", "role": "officer" });
        let id = investigated(&town, 0xe1, &[("handlers.chen-desk", handler)]);
        assert_eq!(problem(on(&town, "leader", id, "reviews", &review("case", "agree"))).0, 403);
        assert_eq!(problem(on(&town, "chen-desk", id, "reviews", &review("case", "agree"))).0, 403, "whoever handles it does not review it");
        assert_eq!(problem(on(&town, "legal", id, "reviews", &review("legal", "agree"))).0, 409, "the case comes first");
        assert_eq!(problem(on(&town, "reviewer", id, "reviews", &review("case", "fine"))).0, 422);
        let returned: Json = ok(on(&town, "reviewer", id, "reviews", &review("case", "return")));
        assert_eq!((returned["stage"].as_str(), town.field(id, "case_review")[0]["outcome"].as_str()), (Some("INVESTIGATING"), Some("return")));
        set(&town, id, &[], Some("conclude"));
        assert_eq!(ok::<Json>(on(&town, "reviewer", id, "reviews", &review("case", "agree")))["stage"], "CASE_REVIEWED");
        let mut bare = review("legal", "agree");
        bare.as_object_mut().unwrap().remove("certificate");
        assert_eq!(problem(on(&town, "legal", id, "reviews", &bare)).0, 422, "行政处罚法 58 第二款");
        assert_eq!(ok::<Json>(on(&town, "legal", id, "reviews", &review("legal", "agree")))["stage"], "LEGAL_REVIEWED");
        assert_eq!(town.field(id, "legal_review")[0]["organ"], town.field(id, "case_review")[0]["organ"]);
        assert_eq!(site.audited("case.reviewed").len(), 3);
    }

    fn apl_63_64_a_hearing_is_asked_for_called_in_time_held_and_its_time_does_not_count(site) {
        let mut town = town(&site);
        let id = noticed(&town, 0xe2, 15_000_000, &[]);
        let call = |at: i64, chair: &str| json!({ "step": "call", "at_ms": at, "chair": chair, "open": true, "place": "听证室", "recorder": "legal" });
        assert_eq!(problem(on(&town, "reviewer", id, "hearing", &call(town.now() + 20 * DAY, "reviewer"))).0, 409, "nobody asked");
        assert_eq!(problem(on(&town, "leader", id, "hearing", &json!({ "step": "request", "at_ms": town.now() + DAY }))).0, 422);
        ok::<Json>(on(&town, "leader", id, "hearing", &json!({ "step": "request" })));
        assert_eq!(problem(on(&town, "leader", id, "hearing", &json!({ "step": "request" }))).0, 409);
        assert_eq!(problem(on(&town, "leader", id, "hearing", &call(town.now() + 20 * DAY, "reviewer"))).0, 403);
        assert_eq!(problem(on(&town, "reviewer", id, "hearing", &call(town.now() + 3 * DAY, "reviewer"))), (409, "not_admitted".into()), "行政处罚法 64 (二): 七个工作日前");
        let by_handler: Json = ok(on(&town, "reviewer", id, "hearing", &call(town.now() + 20 * DAY, "chen-yifan")));
        assert_eq!(by_handler["disposition"]["refused"][0]["code"], "chair_handles", "行政处罚法 64 (四)");
        let called: Json = ok(on(&town, "reviewer", id, "hearing", &call(town.now() + 20 * DAY, "reviewer")));
        assert_eq!(called["stage"], "HEARING", "{called}");
        let held = json!({ "step": "hear", "record": "双方陈述、质证。", "opinion": "建议维持", "recording": "v1" });
        assert_eq!(problem(on(&town, "reviewer", id, "hearing", &held)).0, 409, "not yet held");
        town.later(20 * DAY);
        let mut many = held.clone();
        many["agents"] = json!(["甲", "乙", "丙"]);
        assert_eq!(problem(on(&town, "reviewer", id, "hearing", &many)).0, 422, "行政处罚法 64 (五)");
        assert_eq!(ok::<Json>(on(&town, "reviewer", id, "hearing", &held))["stage"], "HEARD");
        let entry = &town.field(id, "standstills.hearing")[0];
        assert!(entry["ground"] == "hearing" && entry["from"].as_str() < entry["until"].as_str(), "{entry}");
        assert!(town.flags(id).contains(&"legal_review_due".to_owned()), "行政处罚法 58: {:?}", town.flags(id));
    }

    fn apl_64_whoever_stays_away_or_takes_the_request_back_forgoes_the_hearing(site) {
        let mut town = town(&site);
        let id = noticed(&town, 0xe3, 15_000_000, &[]);
        ok::<Json>(on(&town, "leader", id, "hearing", &json!({ "step": "request" })));
        let at = town.now() + 20 * DAY;
        ok::<Json>(on(&town, "reviewer", id, "hearing", &json!({ "step": "call", "at_ms": at, "chair": "reviewer", "open": true, "place": "听证室", "recorder": "legal" })));
        let absent = json!({ "step": "forgo", "why": "absent", "reason": "经通知无正当理由未到" });
        assert_eq!(problem(on(&town, "reviewer", id, "hearing", &absent)).0, 409, "it is still to come");
        town.later(21 * DAY);
        assert_eq!(ok::<Json>(on(&town, "reviewer", id, "hearing", &absent))["stage"], "DEFENCE_CLOSED");
        assert_eq!(town.field(id, "hearing")[0]["absent"], true);
    }

    fn apl_57_a_discussion_keeps_every_view_and_counts_dissent(site) {
        let mut town = town(&site);
        let id = noticed(&town, 0xe4, 15_000_000, &[]);
        town.later(40 * DAY);
        let unreviewed = json!({ "lapsed": true });
        write(&town, id, "leader", &[("defence", unreviewed)]);
        set(&town, id, &[], Some("close_defence"));
        assert!(town.flags(id).contains(&"discussion_due".to_owned()), "the amount makes it major: {:?}", town.flags(id));
        let body = |views: Vec<Json>| json!({ "chair": "head", "decision": "多数同意", "place": "会议室", "recorder": "记录员", "views": views });
        assert_eq!(problem(on(&town, "head", id, "discussion", &body(vec![view("head", false), view("a", false)]))).0, 422, "three at least");
        assert_eq!(problem(on(&town, "head", id, "discussion", &body(vec![view("head", false), view("a", false), view("a", false)]))).0, 422, "each once");
        assert_eq!(problem(on(&town, "head", id, "discussion", &body(vec![view("b", false), view("a", false), view("c", false)]))).0, 422, "its chair is among them");
        let whole = body(vec![view("head", false), view("a", false), view("b", true)]);
        assert_eq!(problem(on(&town, "reviewer", id, "discussion", &whole)).0, 403);
        let done: Json = ok(on(&town, "head", id, "discussion", &whole));
        assert_eq!(done["stage"], "DISCUSSED", "{done}");
        assert_eq!((&town.field(id, "discussion")[0]["votes_against"], &town.field(id, "views.b")[0]["view"]), (&json!(1), &json!("金额偏高")), "保留不同意见");
        assert!(!town.flags(id).contains(&"discussion_due".to_owned()));
    }

    fn apl_63_a_hearing_that_was_not_offered_bars_the_decision(site) {
        let mut town = town(&site);
        let id = investigated(&town, 0xe5, &[]);
        set(&town, id, &[("case_review", json!({ "at_ms": 5, "by": "reviewer", "outcome": "agree" }))], Some("review_case"));
        let fields = [
            ("discretion", json!({ "leniency": "standard", "reason": "情节一般" })),
            ("penalty", json!({ "amount_fen": 5_000_000, "basis": "《浙江省城市道路管理办法》", "kind": "fine" })),
        ];
        write(&town, id, "leader", &fields);
        let told = |hearing: bool| json!({ "amount_fen": 5_000_000, "confiscation_fen": 0, "hearing_told": hearing, "kinds": ["fine"], "served_ms": town.now() });
        let refused = town.act("leader", id, "pre_notice", &[("pre_notice", told(false))], &json!({}));
        assert_eq!(problem(refused), (409, "not_admitted".into()), "行政处罚法 63: 对法人五万元以上");
        set(&town, id, &[("pre_notice", told(false))], Some("pre_notice"));
        assert!(town.flags(id).contains(&"hearing_untold".to_owned()), "{:?}", town.flags(id));
        town.later(40 * DAY);
        write(&town, id, "leader", &[("defence", json!({ "lapsed": true }))]);
        assert_eq!(problem(town.act("leader", id, "close_defence", &[], &json!({}))), (409, "not_admitted".into()));
    }
}
