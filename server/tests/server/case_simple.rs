//! Penalties on the spot that arrive from handhelds: numbers from a leased block, the limits, the report, what was collected, and who
//! may begin a case (`domain.md` §5.2).

use actix_web::rt::System;
use serde_json::{Value as Json, json};
use sync_core::base::{DeviceId, RecordId, Stamp, date};
use sync_core::case::NAME;
use sync_core::catalogue::matter::{Fine, Matter, Trigger};
use sync_core::catalogue::{PowerType, authority};
use sync_core::dated::Kind;
use sync_core::number::{NewCode, Sort, Stock};
use sync_core::protocol::NumbersRequest;
use sync_core::record::{ActCall, Dot, SignedChange, Value};
use zhifa_server::org::ops;
use zhifa_server::sync::store::Want;

use crate::case_fast::{Scene, signature, town};
use crate::harness::{Bent, ok, problem, record};
use crate::numbers::{account, ask, fates, head_of_all};
use crate::on_both;
use crate::town::{DAY, Fields, Town};

const YUAN: i64 = 100;
const CHEN: &str = "chen-yifan";
const LIN: &str = "lin-xiaohe";
const SERIES: &str = "DF-enforcement-2026";

/// A matter of the team that is punished at once, with a fine that may be of so much.
fn matter(town: &Town<'_>, yuan: i64) -> String {
    let (law, day) = (town.site.running().app.law(), date::date(2026, 9, 21));
    let fits = |fine: &Fine| {
        let fine = serde_json::to_value(fine).unwrap();
        fine["shape"] == "fixed" && (fine["min"].as_i64().unwrap_or(0)..=fine["max"].as_i64().unwrap_or(0)).contains(&(yuan * YUAN))
    };
    let held = |code: &&str| authority(&law.book, code, "nb-gaoxin", PowerType::Penalty, day).is_ok_and(|holder| holder.organ == "enforcement");
    let wanted = |code: &&str| law.book.get::<Matter>(code, day).is_some_and(|m| m.case_allowed && m.trigger == Trigger::Immediate && m.fine.as_ref().is_some_and(fits));
    let found = law.book.keys(Kind::Matter).filter(wanted).find(held);
    found.unwrap_or_else(|| panic!("no matter of the team with a fine of {yuan} yuan")).to_owned()
}

/// A stock of numbers for decisions on the spot, leased to a handheld.
fn leased(town: &Town<'_>, officer: &str) -> Stock {
    let mut stock = Stock::default();
    let request = NumbersRequest { sorts: vec!["DF".to_owned()], ..NumbersRequest::default() };
    let answer = ask(town.site, &town.handhelds[officer], &request);
    stock.absorb(answer.blocks, &answer.noted, &answer.closed);
    stock
}

fn taken(stock: &mut Stock) -> NewCode {
    stock.take(Sort::with_prefix("DF").unwrap(), "enforcement", date::date(2026, 9, 21)).unwrap()
}

fn fine(yuan: i64) -> Json {
    json!({ "amount_fen": yuan * YUAN, "basis": "第三十条", "kind": "fine" })
}

fn firm() -> Vec<(&'static str, Json)> {
    vec![("party.kind", json!("organisation")), ("party.name", json!("宁波某某建筑工程有限公司")), ("party.uscc", json!("91330201MA2AJ1XX0K"))]
}

fn citizen() -> Vec<(&'static str, Json)> {
    vec![("party.id_no", json!("11010519491231002X")), ("party.kind", json!("citizen")), ("party.name", json!("王某"))]
}

/// Everything that two officers write on the spot, in the order in which a handheld shows it.
fn spot(town: &Town<'_>, number: &NewCode, matter: &str, penalty: Json, party: Vec<(&'static str, Json)>) -> Vec<(&'static str, Json)> {
    let one = |id: &str, role: &str| json!({ "certificate": town.officer(id).certificate, "name": town.officer(id).name, "role": role });
    let mut fields = vec![
        ("act_date", json!("2026-09-21")),
        ("area", json!("nb-gaoxin")),
        ("clue", json!({ "fact": "巡查发现", "found_ms": town.now(), "source": "inspection" })),
        ("facts", json!("当事人占道堆放物料。")),
        ("found_date", json!("2026-09-21")),
        ("handlers.chen-yifan", one(CHEN, "lead")),
        ("handlers.lin-xiaohe", one(LIN, "officer")),
        ("matter", json!(matter)),
        ("papers.d1", json!({ "at_ms": town.now(), "by": CHEN, "number": number.to_json(), "type": "spot_decision", "version": 1 })),
        ("penalty", penalty),
        ("procedure", json!("simple")),
        ("signatures.wang", signature("王某")),
        ("simple", json!({ "certificates_shown": true, "heard": true, "signature": "wang" })),
        ("title", json!("占道堆放案")),
        ("unit", json!("squad-juxian")),
    ];
    fields.extend(party);
    fields
}

/// A change of a handheld to a case.
fn change(town: &Town<'_>, officer: &str, id: RecordId, fields: Fields<'_>, act: Option<&str>) -> SignedChange {
    let handheld = &town.handhelds[officer];
    let record = town.look(id);
    let after: Vec<Dot> = record.iter().flat_map(|r| r.seen().iter()).filter(|d| d.device != handheld.device).collect();
    let values: Vec<String> = fields.iter().map(|(_, json)| Value::from_json(json).unwrap().as_json().to_owned()).collect();
    let dots: Vec<Vec<Dot>> = fields.iter().map(|(key, _)| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default()).collect();
    let mut edits: Vec<(&str, &str, &[Dot])> = fields.iter().zip(&values).zip(&dots).map(|(((key, _), value), dots)| (*key, value.as_str(), dots.as_slice())).collect();
    edits.sort_by_key(|(key, ..)| *key);
    let time = Stamp { wall: town.now(), mono: 5, boot: 1, server: None, gnss: None };
    handheld.write_bent(id, &edits, &Bent { kind: NAME, schema: sync_core::case::KIND.schema, after, time, act: act.map(ActCall::new), ..Bent::default() })
}

/// Hands a change in; everything in it was met.
fn push(town: &Town<'_>, officer: &str, change: &SignedChange) {
    let said = town.site.push_one(&town.handhelds[officer], change);
    assert_eq!((said["state"].as_str(), &said["excepted"], &said["refused"]), (Some("applied"), &Json::Null, &Json::Null), "{said}");
}

fn punish(town: &Town<'_>, id: RecordId, fields: Fields<'_>) {
    push(town, CHEN, &change(town, CHEN, id, fields, Some("punish_on_spot")));
    assert_eq!(town.stage(id), "DECIDED");
}

/// The flags that bar an act, by their codes.
fn bars(town: &Town<'_>, id: RecordId, act: &str) -> Vec<String> {
    let record = town.look(id).unwrap();
    let bars = |flag: &Json| flag["bars"].as_array().is_some_and(|acts| acts.iter().any(|one| one == act));
    sync_core::index::members(&record, "flags.").filter(|(_, flag)| bars(flag)).map(|(_, flag)| flag["code"].as_str().unwrap().to_owned()).collect()
}

/// Served by the handheld, reported, paid where there is something to pay, and performed.
fn performed(town: &Town<'_>, scene: &Scene<'_, '_>, yuan: i64) {
    let served = json!({ "received_ms": town.now(), "signature": "wang", "to": "王某", "way": "direct" });
    push(town, CHEN, &change(town, CHEN, scene.id, &[("served", served)], Some("serve")));
    assert_eq!(town.stage(scene.id), "SERVED");
    reported(town, scene.id);
    if yuan > 0 {
        scene.write("leader", &[("payments.p1", json!({ "amount_fen": yuan * YUAN, "day": "2026-09-21", "for": "fine", "receipt": "A1" }))]);
    }
    scene.act("leader", "perform", &[("performed", json!({ "corrected": true, "done_ms": town.now() }))], "PERFORMED");
}

fn reported(town: &Town<'_>, id: RecordId) {
    let simple = json!({ "certificates_shown": true, "heard": true, "reported_ms": town.now(), "signature": "wang" });
    push(town, CHEN, &change(town, CHEN, id, &[("simple", simple)], Some("report_simple")));
}

on_both! {
    fn a_warning_and_a_fine_of_two_thousand_on_the_spot_arrive_with_their_numbers_and_end_closed(site) {
        let town = town(&site);
        let boss = head_of_all(&site);
        let mut stock = leased(&town, CHEN);
        let offences = [(0xb100, 0, json!({ "basis": "第三十条", "kind": "warning" })), (0xb101, 2_000, fine(2_000))];
        for (n, yuan, penalty) in offences {
            let number = taken(&mut stock);
            let id = record(n);
            punish(&town, id, &spot(&town, &number, &matter(&town, 2_000), penalty, firm()));
            assert_eq!((bars(&town, id, "punish_on_spot"), bars(&town, id, "close")), (vec![], vec![]), "{yuan}: {:?}", town.flags(id));
            assert_eq!(town.field(id, "decided_date"), [json!("2026-09-21")]);
            let scene = Scene { town: &town, id };
            performed(&town, &scene, yuan);
            scene.approve("close");
            scene.act("head", "close", &[], "CLOSED");
        }
        let blocks = account(&site, &boss, SERIES);
        let fates = fates(&blocks);
        assert_eq!((blocks[0]["used"].as_i64(), &*fates[&1], &*fates[&2], &*fates[&3]), (Some(2), "used", "used", "out"), "{blocks:?}");
    }

    fn a_fine_above_the_limit_is_flagged_and_bars_the_end_until_a_reviewer_settles_it(site) {
        let town = town(&site);
        let mut stock = leased(&town, CHEN);
        for (n, yuan, party) in [(0xb200, 3_001, firm()), (0xb201, 201, citizen())] {
            let id = record(n);
            punish(&town, id, &spot(&town, &taken(&mut stock), &matter(&town, yuan), fine(yuan), party));
            assert_eq!(bars(&town, id, "close"), ["simple.over_limit"], "行政处罚法 51");
            let scene = Scene { town: &town, id };
            performed(&town, &scene, yuan);
            scene.approve("close");
            assert!(scene.try_act("head", "close", &[]).contains("simple.over_limit"));
            let settle = |desk: &str, why: &str| town.post(desk, &scene.path("flags/simple.over_limit/settle"), &json!({ "reason": why }));
            assert_eq!(problem(settle("reviewer", " ")).0, 422);
            ok::<Json>(settle("reviewer", "已向当事人说明，决定由机关复核维持"));
            scene.act("head", "close", &[], "CLOSED");
        }
    }

    fn a_fine_outside_the_statutory_range_is_settled_by_nobody(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0xb300, &[("matter", json!("EE-001")), ("party.kind", json!("organisation")), ("party.name", json!("宁波某某建筑工程有限公司"))]);
        scene.write("leader", &[("penalty", fine(100_001)), ("discretion", json!({ "reason": "x" }))]);
        let (status, code, why) = scene.refused("reviewer", "flags/out_of_range/settle", &json!({ "reason": "情节特别严重" }));
        assert_eq!((status, &*code), (409, "not_settleable"));
        assert!(why.contains("行政处罚法 4"), "{why}");
        assert_eq!(site.audited("case.settled").len(), 0);
    }

    fn a_report_that_is_late_shows_without_anybody_writing_and_bars_the_end(site) {
        let mut town = town(&site);
        let id = record(0xb400);
        let number = taken(&mut leased(&town, CHEN));
        punish(&town, id, &spot(&town, &number, &matter(&town, 2_000), fine(2_000), firm()));
        let before = town.look(id).unwrap().checksum();
        town.later(12 * DAY);
        let board = town.get("head", "/api/v1/deadlines?code=simple_report&state=overdue");
        assert_eq!(board["items"][0]["record"], json!(id), "{board}");
        assert!(System::new().block_on(site.running().app.remind()).unwrap() > 0);
        let told = town.get("reviewer", "/api/v1/queue?class=notices&limit=200");
        let subject = |notice: &Json| notice["subject"].as_str().is_some_and(|said| said.starts_with(&format!("overdue:{id}:simple_report")));
        assert!(told["items"].as_array().unwrap().iter().any(subject), "{told}");
        assert_eq!(town.look(id).unwrap().checksum(), before, "nobody wrote");
        let scene = Scene { town: &town, id };
        performed(&town, &scene, 2_000);
        scene.approve("close");
        assert!(scene.try_act("head", "close", &[]).contains("simple.unreported"), "late stays late (行政处罚法 52)");
    }

    fn what_was_collected_on_the_spot_obeys_its_rules(site) {
        let town = town(&site);
        let mut stock = leased(&town, CHEN);
        let at = town.now();
        let whole = |more: Json| {
            let mut collected = json!({ "amount_fen": 2_000 * YUAN, "at_ms": at, "banked_ms": at, "ground": "hard_later", "handed_in_ms": at, "receipt": "0001" });
            for (key, value) in more.as_object().unwrap() {
                collected[key] = value.clone();
            }
            collected.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            collected
        };
        let cases = [
            (json!({}), None),
            (json!({ "ground": null }), Some("simple.collection_not_allowed")),
            (json!({ "ground": "remote" }), Some("simple.collection_not_allowed")),
            (json!({ "ground": "remote", "on_request": true }), None),
            (json!({ "amount_fen": 2_001 * YUAN }), Some("simple.collected_excess")),
            (json!({ "receipt": null }), Some("simple.no_receipt")),
        ];
        for (n, (more, code)) in (0xb500..).zip(cases) {
            let mut fields = spot(&town, &taken(&mut stock), &matter(&town, 2_000), fine(2_000), firm());
            fields.push(("collected", whole(more.clone())));
            punish(&town, record(n), &fields);
            let found: Vec<String> = bars(&town, record(n), "close").into_iter().filter(|code| code.starts_with("simple.")).collect();
            assert_eq!(found, code.into_iter().collect::<Vec<_>>(), "行政处罚法 68–71: {more}");
        }
    }

    fn two_names_of_a_party_by_two_officers_are_both_kept_and_one_is_resolved(site) {
        let town = town(&site);
        let id = record(0xb600);
        let number = taken(&mut leased(&town, CHEN));
        push(&town, CHEN, &change(&town, CHEN, id, &spot(&town, &number, &matter(&town, 2_000), fine(2_000), firm()), None));
        let one = change(&town, CHEN, id, &[("party.name", json!("宁波甲建筑有限公司"))], None);
        let other = change(&town, LIN, id, &[("party.name", json!("宁波乙建筑有限公司"))], None);
        push(&town, CHEN, &one);
        push(&town, LIN, &other);
        assert_eq!(town.field(id, "party.name").len(), 2, "both are kept");
        let said = town.site.push_one(&town.handhelds[CHEN], &blind(&town, id));
        let reasons = said["excepted"].as_array().or_else(|| said["refused"].as_array()).cloned().unwrap_or_default();
        assert!(!reasons.is_empty(), "a decision relies on who the party is: {said}");
        let scene = Scene { town: &town, id };
        scene.write("reviewer", &[("party.name", json!("宁波甲建筑有限公司"))]);
        assert_eq!(town.field(id, "party.name"), [json!("宁波甲建筑有限公司")]);
    }

    fn a_case_is_begun_by_an_officer_of_its_unit_and_a_filed_one_does_not_become_simple(site) {
        let mut town = town(&site);
        let unit = "fire-unit";
        let stranger = site.handheld_of("stranger", unit);
        town.handhelds.insert("stranger".to_owned(), stranger);
        let number = taken(&mut leased(&town, CHEN));
        let fields = spot(&town, &number, &matter(&town, 2_000), fine(2_000), firm());
        let said = site.push_one(&town.handhelds["stranger"], &change(&town, "stranger", record(0xb700), &fields, None));
        assert_ne!(said["state"], "applied", "{said}");
        assert!(town.look(record(0xb700)).is_none(), "an officer of another unit begins no case of this one");
        let scene = Scene::begin(&town, 0xb701, &fields.iter().filter(|(key, _)| *key != "procedure").cloned().collect::<Vec<_>>());
        scene.approve("file");
        scene.act("head", "file", &[], "FILED");
        let late = change(&town, CHEN, scene.id, &[("procedure", json!("simple"))], Some("punish_on_spot"));
        let said = site.push_one(&town.handhelds[CHEN], &late);
        assert!(said["excepted"].is_array() || said["refused"].is_array(), "行政处罚法 51, 54: {said}");
        assert_ne!(scene.stage(), "CLOSED");
    }

    fn a_number_of_a_lost_handheld_is_unknown(site) {
        let town = town(&site);
        let boss = head_of_all(&site);
        let mut stock = leased(&town, CHEN);
        let (used, _lost) = (taken(&mut stock), taken(&mut stock));
        punish(&town, record(0xb800), &spot(&town, &used, &matter(&town, 2_000), fine(2_000), firm()));
        let gone: DeviceId = town.handhelds[CHEN].device;
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::revoke_device(store, ops::SYSTEM, gone)).unwrap().unwrap();
        let fates = fates(&account(&site, &boss, SERIES));
        assert_eq!((&*fates[&1], &*fates[&2]), ("used", "unknown"), "neither gap nor given again");
    }
}

/// The decision on a case whose party is contested.
fn blind(town: &Town<'_>, id: RecordId) -> SignedChange {
    change(town, CHEN, id, &[], Some("punish_on_spot"))
}
