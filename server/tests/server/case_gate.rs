//! The gate over HTTP: clues of every source, findings of the day, the fine of another organ, the life of a case that goes to the
//! police and comes back, and opinions that nobody gives twice or on what he handles.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use zhifa_server::org::{Role, Scope};
use zhifa_server::sync::store::Want;
use zhifa_server::verify::{Options, verify};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::{DAY, Fields, Town, matter_of};

const OFFICERS: [&str; 2] = ["chen-yifan", "lin-xiaohe"];
/// The day on which the tests begin.
const TODAY: &str = "2026-09-21";
const USCC: &str = "91330201MA2GT0006Q";

/// The town with a squad's leader, who reaches everything, and a dispatcher, who need not read what is personal.
fn town(site: &Site) -> Town<'_> {
    let mut town = Town::new(site, &OFFICERS);
    for (id, role, unit) in [("leader", Role::SquadLeader, "squad-juxian"), ("desk", Role::Dispatcher, "guidance-desk")] {
        let officer = site.officer_of(id, &[role], unit, Some(Scope::District), &[]);
        town.desks.insert(id, site.log_in(&officer));
    }
    town
}

/// A clue of the squad in 聚贤 about a firm, of today, on a matter that its organ holds.
fn clue(more: &Json) -> Json {
    let mut body = json!({
        "source": "complaint", "fact": "泥浆入河", "unit": "squad-juxian", "matter": matter_of("enforcement"), "act_date": TODAY, "area": "nb-gaoxin",
        "party": { "kind": "organisation", "name": "宁波新达建设有限公司", "uscc": USCC }
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn register(town: &Town<'_>, n: u128, more: &Json) -> RecordId {
    let mut body = clue(more);
    body["record"] = json!(record(n));
    let done: Json = ok(town.post("reviewer", "/api/v1/cases", &body));
    assert_eq!((&done["stage"], &done["disposition"]["state"]), (&json!("CLUE"), &json!("applied")), "{done}");
    record(n)
}

fn write(town: &Town<'_>, id: RecordId, fields: Fields<'_>) {
    let done: Json = ok(town.post("reviewer", &format!("/api/v1/records/{id}/edits"), &json!({ "edits": edits(town, id, fields) })));
    assert_eq!(done["disposition"]["state"], "applied", "{done}");
}

fn edits(town: &Town<'_>, id: RecordId, fields: Fields<'_>) -> Vec<Json> {
    let record = town.look(id);
    let dots = |key: &str| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default();
    fields.iter().map(|(key, value)| json!({ "field": key, "value": value, "replaces": dots(key) })).collect()
}

fn say(town: &Town<'_>, desk: &str, id: RecordId, more: &Json) -> reqwest::blocking::Response {
    let mut body = json!({ "step": "file", "agrees": true, "text": "拟同意" });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    town.post(desk, &format!("/api/v1/cases/{id}/opinions"), &body)
}

/// An act that its head approved: the reasons of a refusal, the codes of the findings that bar it, or none.
fn headed(town: &Town<'_>, id: RecordId, act: &str, fields: Fields<'_>) -> Vec<String> {
    ok::<Json>(say(town, "head", id, &json!({ "step": act })));
    attempt(town, "head", id, act, fields)
}

fn attempt(town: &Town<'_>, desk: &str, id: RecordId, act: &str, fields: Fields<'_>) -> Vec<String> {
    let said: Json = town.act(desk, id, act, fields, &json!({})).json().unwrap();
    let codes = |all: &Json| all.as_array().map(|all| all.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    if said["code"] == "not_admitted" {
        return codes(&said["findings"]).unwrap();
    }
    codes(&said["disposition"]["refused"]).unwrap_or_else(|| if said["stage"].is_string() { vec![] } else { panic!("{said}") })
}

fn page(town: &Town<'_>, id: RecordId) -> Json {
    town.get("reviewer", &format!("/api/v1/cases/{id}"))
}

/// Codes of the findings of the gate on a case's page.
fn findings(town: &Town<'_>, id: RecordId) -> Vec<String> {
    page(town, id)["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).filter(|code| OURS.contains(&&**code)).collect()
}

/// Codes of its flags of the gate.
fn flags(town: &Town<'_>, id: RecordId) -> Vec<String> {
    town.flags(id).into_iter().filter(|code| OURS.contains(&&**code)).collect()
}

const OURS: &[&str] = &["crime_suspected", "crime_undecided", "double_fine", "first_time_used", "higher_norm", "limitation_over", "no_jurisdiction", "under_fourteen"];

fn handlers(town: &Town<'_>) -> Vec<(String, Json)> {
    let one = |id: &str, role: &str| (format!("handlers.{id}"), json!({ "certificate": town.officer(id).certificate, "name": town.officer(id).name, "role": role }));
    vec![one(OFFICERS[0], "lead"), one(OFFICERS[1], "officer")]
}

/// Everything for a fine on the spot.
fn spot(town: &Town<'_>, amount: i64) -> Vec<(String, Json)> {
    let mut fields = handlers(town);
    let paper = json!({ "type": "spot_decision", "number": { "no": "当罚1号", "seq": 1, "series": "CF-2026" } });
    let of = |key: &str, value: Json| (key.to_owned(), value);
    fields.extend([
        of("facts", json!("泥浆入河")),
        of("papers.p1", paper),
        of("penalty", if amount > 0 { json!({ "amount_fen": amount, "basis": "第二条", "kind": "fine" }) } else { json!({ "basis": "第二条", "kind": "warning" }) }),
        of("procedure", json!("simple")),
        of("signatures.s1", json!({ "by": "王某", "h": 100, "strokes": [[1, 1, 9, 9]], "w": 100 })),
        of("simple", json!({ "certificates_shown": true, "heard": true, "signature": "s1" })),
    ]);
    fields
}

fn borrowed(fields: &[(String, Json)]) -> Vec<(&str, Json)> {
    fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect()
}

on_both! {
    fn a_clue_of_a_visit_becomes_a_case_that_is_filed_with_day_and_number_once(site) {
        let mut town = town(&site);
        town.begin("site", record(1), &[("name", json!("新达工地")), ("area", json!("nb-gaoxin"))]);
        let visit = town.visited(10, record(1), &[("enforcement", "daily")], &OFFICERS, &[]);
        let seen = json!({ "fact": "泥浆入河", "matter": matter_of("enforcement"), "to": "squad-juxian" });
        town.done("chen-yifan", visit, &[("clues.c1", seen)], None);
        let list = town.get("head", "/api/v1/cases?stage=CLUE&unit=squad-juxian");
        let id: RecordId = list["items"][0]["record"].as_str().unwrap().parse().unwrap();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let shown = page(&town, id);
        let file = shown["next"].as_array().unwrap().iter().find(|n| n["act"] == "file").unwrap().clone();
        assert_eq!(file["missing"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect::<Vec<_>>(), ["no_opinion"], "行政处罚法 54: {file}");
        write(&town, id, &[("act_date", json!(TODAY)), ("party.name", json!("宁波新达建设有限公司")), ("party.uscc", json!(USCC))]);
        assert_eq!(headed(&town, id, "file", &[]), [""; 0]);
        assert_eq!(town.stage(id), "FILED");
        assert_eq!(town.field(id, "filed_date"), [json!(TODAY)]);
        let no = |id: RecordId| town.field(id, "case_no")[0].as_str().unwrap().split_once("立字").unwrap().1.to_owned();
        assert_eq!(no(id), "〔2026〕第0001号");
        let second = register(&town, 11, &json!({}));
        assert_eq!(headed(&town, second, "file", &[]), [""; 0]);
        assert_eq!(no(second), "〔2026〕第0002号");
        // Ninety days run from the first filing, whatever comes between (行政处罚法 60).
        town.later(DAY);
        write(&town, id, &borrowed(&handlers(&town)));
        assert_eq!(attempt(&town, "leader", id, "investigate", &[]), [""; 0]);
        assert_eq!(town.field(id, "filed_date"), [json!(TODAY)]);
        let direct = town.post("reviewer", &format!("/api/v1/records/{id}/edits"), &json!({ "edits": edits(&town, id, &[("filed_date", json!("2026-01-01"))]) }));
        assert_eq!(problem(direct), (403, "forbidden".into()), "nobody sets the clock by hand");
    }

    fn clues_of_every_source_say_what_their_source_asks(site) {
        let town = town(&site);
        let ask = |more: Json| {
            let response = town.post("reviewer", "/api/v1/cases", &clue(&more));
            let (status, said) = (response.status().as_u16(), response.json::<Json>().unwrap());
            (status, said["field"].as_str().unwrap_or_default().to_owned())
        };
        for (source, more) in [("complaint", json!({})), ("media", json!({})), ("transfer", json!({ "ref": "甬水移〔2026〕1号" })), ("superior", json!({ "ref": "督办单" })), ("device", json!({ "device_no": "CAM-1" }))] {
            let mut more = more;
            more["source"] = json!(source);
            assert_eq!(ask(more), (201, String::new()), "{source}");
        }
        for (more, field) in [
            (json!({ "source": "rumour" }), "source"),
            (json!({ "source": "device" }), "device_no"),
            (json!({ "source": "transfer" }), "ref"),
            (json!({ "fact": " " }), "fact"),
            (json!({ "found_ms": 7_000_000_000_000_i64 }), "found_ms"),
            (json!({ "act_end": "2026-09-20" }), "act_end"),
        ] {
            assert_eq!(ask(more), (422, field.to_owned()));
        }
        let id = register(&town, 5, &json!({ "source": "device", "device_no": "CAM-1" }));
        assert_eq!(headed(&town, id, "file", &[]), ["device_unreviewed"], "行政处罚法 41");
        let mut again = clue(&json!({}));
        again["record"] = json!(id);
        assert_eq!(problem(town.post("reviewer", "/api/v1/cases", &again)), (409, "conflict".into()), "a repeated request does nothing twice");
        assert_eq!(problem(town.post("desk", "/api/v1/cases", &clue(&json!({})))), (403, "forbidden".into()));
    }

    fn a_limitation_that_ran_out_since_bars_filing_until_somebody_says_why_not(site) {
        let mut town = town(&site);
        let id = record(6);
        let fields = [
            ("act_date", json!("2024-09-21")),
            ("clue", json!({ "fact": "泥浆入河", "source": "media" })),
            ("matter", json!(matter_of("enforcement"))),
            ("area", json!("nb-gaoxin")),
            ("unit", json!("squad-juxian")),
        ];
        town.begin("case", id, &fields);
        assert!(findings(&town, id).is_empty(), "the last day of two years");
        town.later(DAY);
        assert!(flags(&town, id).is_empty(), "nothing was written since");
        assert_eq!(findings(&town, id), ["limitation_over"]);
        assert_eq!(headed(&town, id, "file", &[]), ["limitation_over"], "行政处罚法 36");
        let settle = |desk: &str, key: &str| town.post(desk, &format!("/api/v1/cases/{id}/flags/{key}/settle"), &json!({ "reason": "去年已立案调查，时效自发现起不再计算" }));
        assert_eq!(problem(settle("reviewer", "no_jurisdiction")), (404, "not_found".into()));
        ok::<Json>(settle("reviewer", "limitation_over"));
        assert_eq!(problem(settle("reviewer", "limitation_over")), (409, "conflict".into()));
        assert_eq!(attempt(&town, "head", id, "file", &[]), [""; 0]);
        assert_eq!(page(&town, id)["flags"]["limitation_over"]["settled_by"], "reviewer");
        assert_eq!(site.audited("case.settled").len(), 1);
    }

    fn what_holds_no_more_bars_no_more(site) {
        let town = town(&site);
        let id = register(&town, 7, &json!({ "unit": "fire-unit" }));
        assert_eq!((flags(&town, id), findings(&town, id)), (vec!["no_jurisdiction".to_owned()], vec!["no_jurisdiction".to_owned()]), "行政处罚法 17, 22");
        assert_eq!(headed(&town, id, "file", &[]), ["no_jurisdiction"]);
        let shown = page(&town, id);
        let file = shown["next"].as_array().unwrap().iter().find(|n| n["act"] == "file").unwrap().clone();
        assert_eq!((&file["missing"], &file["barred"]), (&json!([]), &json!(["no_jurisdiction"])), "{file}");
        assert!(shown["findings"][0]["zh"].as_str().unwrap().contains("处罚权") && shown["findings"][0]["en"].as_str().unwrap().contains("power"), "{shown}");
        assert_eq!(attempt(&town, "head", id, "file", &[("unit", json!("squad-juxian"))]), [""; 0], "mended in the same order");
        assert!(flags(&town, id).is_empty());
    }

    fn the_fine_of_another_organ_is_found_under_any_name_and_record_of_the_firm(site) {
        let town = town(&site);
        for (n, name) in [(0x51, "宁波新达建设有限公司"), (0x52, "宁波新达集团")] {
            town.begin("subject", record(n), &[("name", json!(name)), ("kind", json!("organisation"))]);
        }
        write(&town, record(0x51), &[("uscc", json!(USCC))]);
        ok::<Json>(town.post("reviewer", &format!("/api/v1/objects/{}/join", record(0x52)), &json!({ "into": record(0x51), "reason": "同一企业更名" })));
        town.begin("site", record(1), &[("name", json!("新达工地")), ("area", json!("nb-gaoxin"))]);
        let named = |party: Json| json!({ "party": party, "site": record(1) });
        // The fire brigade fines the firm under its old record.
        let mut theirs = named(json!({ "kind": "organisation", "name": "宁波新达建设有限公司", "subject": record(0x51) }));
        (theirs["unit"], theirs["matter"]) = (json!("fire-unit"), json!(matter_of("fire")));
        let first = register(&town, 0x61, &theirs);
        assert_eq!(attempt(&town, "leader", first, "punish_on_spot", &borrowed(&spot(&town, 100_000))), [""; 0]);
        assert_eq!((town.stage(first), town.field(first, "decided_date")), ("DECIDED".to_owned(), vec![json!(TODAY)]));
        let others = [
            (0x62, json!({ "kind": "organisation", "name": "宁波新达集团", "subject": record(0x52) })),
            (0x63, json!({ "kind": "organisation", "name": "另一名称", "uscc": "91330201ma2gt0006q" })),
        ];
        for (n, party) in others {
            let id = register(&town, n, &named(party));
            assert_eq!(attempt(&town, "leader", id, "punish_on_spot", &borrowed(&spot(&town, 50_000))), ["double_fine"], "行政处罚法 29");
            write(&town, id, &[("penalty", json!({ "amount_fen": 50_000, "basis": "第二条", "kind": "fine" }))]);
            assert_eq!(flags(&town, id), ["double_fine"]);
            let said = page(&town, id)["findings"].as_array().unwrap().iter().find(|f| f["code"] == "double_fine").unwrap().clone();
            assert_eq!(said["about"], json!(first), "{said}");
            assert!(said["detail"].as_str().unwrap().starts_with("fire "), "{said}");
            assert_eq!(attempt(&town, "leader", id, "punish_on_spot", &borrowed(&spot(&town, 0))), [""; 0], "another penalty stays possible");
        }
        let stranger = register(&town, 0x64, &named(json!({ "kind": "organisation", "name": "宁波新达建设有限公司", "uscc": "91330201MA2AJ1XX0K" })));
        assert_eq!(attempt(&town, "leader", stranger, "punish_on_spot", &borrowed(&spot(&town, 50_000))), [""; 0], "a name is nobody");
        // 首违不罚: an earlier penalty in the matter uses it up, whatever the firm is called now.
        let late = register(&town, 0x65, &json!({ "party": { "kind": "organisation", "name": "宁波新达集团", "subject": record(0x52) } }));
        write(&town, late, &[("exemption", json!({ "clause": "first_time", "corrected_ms": 5, "reason": "初次违法" }))]);
        assert_eq!(findings(&town, late), ["first_time_used", "first_time_used"], "行政处罚法 33");
        let list = |query: &str| town.get("head", &format!("/api/v1/cases?{query}"))["items"].as_array().unwrap().len();
        assert_eq!((list(&format!("party={USCC}")), list(&format!("party={}", record(0x52))), list("party=91330201MA2AJ1XX0K")), (4, 4, 1));
    }

    fn a_suspected_crime_goes_to_the_police_and_comes_back_when_they_decline(site) {
        let mut town = town(&site);
        let id = register(&town, 8, &json!({}));
        assert_eq!(headed(&town, id, "file", &[]), [""; 0]);
        write(&town, id, &borrowed(&handlers(&town)));
        assert_eq!(attempt(&town, "leader", id, "investigate", &[]), [""; 0]);
        let since = town.now();
        write(&town, id, &[("crime", json!({ "offence": "污染环境罪", "suspected_ms": since }))]);
        assert_eq!(flags(&town, id), ["crime_suspected"], "国务院令730: 不得以罚代刑");
        town.later(4 * DAY);
        assert_eq!(findings(&town, id), ["crime_suspected", "crime_undecided"], "国务院令730 第五条: 三日内决定");
        assert_eq!(headed(&town, id, "to_police", &[]), ["no_crime_decision"]);
        let decided = json!({ "decided_ms": town.now(), "offence": "污染环境罪", "suspected_ms": since, "to": "高新区公安分局", "transferred": true, "transferred_ms": town.now() });
        assert_eq!(attempt(&town, "head", id, "to_police", &[("crime", decided.clone())]), [""; 0]);
        assert_eq!(town.stage(id), "TO_POLICE");
        assert_eq!(headed(&town, id, "close", &[]), ["police_unanswered"], "国务院令730 第八条");
        assert_eq!(attempt(&town, "head", id, "take_back", &[]), ["police_not_declined"]);
        let answered = |word: &str| {
            let mut crime = decided.clone();
            (crime["answer"], crime["answered_ms"]) = (json!(word), json!(town.now()));
            crime
        };
        assert_eq!(attempt(&town, "head", id, "take_back", &[("crime", answered("declined"))]), [""; 0]);
        assert_eq!((town.stage(id), findings(&town, id)), ("INVESTIGATING".to_owned(), vec![]));
        assert!(flags(&town, id).is_empty(), "declined: the penalty goes on (行政处罚法 27)");
        let again = json!({ "decided_ms": town.now(), "offence": "污染环境罪", "suspected_ms": town.now(), "to": "高新区公安分局", "transferred": true });
        assert_eq!(attempt(&town, "head", id, "to_police", &[("crime", again.clone())]), ["no_opinion"], "what is done anew is approved anew (domain.md §0.3)");
        assert_eq!(headed(&town, id, "to_police", &[("crime", again)]), [""; 0]);
        write(&town, id, &[("crime", answered("filed"))]);
        assert_eq!(headed(&town, id, "close", &[]), [""; 0]);
        assert_eq!(town.stage(id), "CLOSED");
    }

    fn opinions_are_given_by_whose_voice_it_is_and_stand_once_the_step_is_done(site) {
        let town = town(&site);
        let id = register(&town, 9, &json!({}));
        assert_eq!(problem(say(&town, "reviewer", id, &json!({ "voice": "head" }))), (403, "forbidden".into()), "only a head speaks as one");
        assert_eq!(problem(say(&town, "head", id, &json!({ "voice": "crowd" }))), (422, "invalid_field".into()));
        assert_eq!(problem(say(&town, "head", id, &json!({ "step": "wish" }))), (422, "invalid_field".into()));
        assert_eq!(problem(say(&town, "head", id, &json!({ "text": "" }))), (422, "invalid_field".into()));
        assert_eq!(problem(say(&town, "head", id, &json!({ "late": "出差" }))), (422, "invalid_field".into()), "a step that is open is not late");
        assert_eq!(problem(say(&town, "head", id, &json!({ "step": "decide" }))), (409, "conflict".into()), "nothing is approved ahead of its step");
        ok::<Json>(say(&town, "leader", id, &json!({ "voice": "handler" })));
        assert_eq!(problem(say(&town, "leader", id, &json!({ "voice": "section" }))), (403, "forbidden".into()), "谁都不能审批自己经办的事项");
        ok::<Json>(say(&town, "head", id, &json!({ "agrees": false, "text": "材料不齐" })));
        assert_eq!(attempt(&town, "head", id, "file", &[]), ["no_opinion"]);
        ok::<Json>(say(&town, "head", id, &json!({})));
        let direct = town.post("head", &format!("/api/v1/records/{id}/edits"), &json!({ "edits": [{ "field": "opinions.file.section", "value": { "agrees": true, "by": "leader" } }] }));
        assert_eq!(problem(direct), (403, "forbidden".into()), "nobody writes another's opinion");
        assert_eq!(attempt(&town, "head", id, "file", &[]), [""; 0]);
        assert_eq!(problem(say(&town, "head", id, &json!({ "agrees": false }))), (409, "conflict".into()), "what was said stands");
        assert_eq!(problem(say(&town, "reviewer", id, &json!({}))), (409, "conflict".into()));
        ok::<Json>(say(&town, "reviewer", id, &json!({ "late": "审核员当日外出，补办" })));
        let shown = page(&town, id);
        assert_eq!((&shown["opinions"]["file"]["head"]["text"], &shown["opinions"]["file"]["reviewer"]["late"]), (&json!("拟同意"), &json!("审核员当日外出，补办")));
        assert_eq!(site.audited("case.opinion").len(), 4);
    }

    fn cases_are_listed_within_reach_page_by_page_and_masked_for_whoever_need_not_know(site) {
        let mut town = town(&site);
        let squad = site.officer_of("fire-leader", &[Role::SquadLeader], "fire-unit", None, &[]);
        town.desks.insert("fire-leader", site.log_in(&squad));
        let ids: Vec<RecordId> = (0x71..0x74).map(|n| register(&town, n, &json!({ "party": { "kind": "citizen", "name": "王小明", "id_no": "110105201103070020" } }))).collect();
        let mine = register(&town, 0x74, &json!({ "unit": "fire-unit" }));
        let first = town.get("head", "/api/v1/cases?limit=2");
        let rest = town.get("head", &format!("/api/v1/cases?limit=2&after={}", first["next"].as_str().unwrap()));
        let of = |page: &Json| page["items"].as_array().unwrap().iter().map(|i| i["record"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!([of(&first), of(&rest)].concat(), [mine, ids[2], ids[1], ids[0]].map(|id| id.to_string()), "newest change first");
        assert_eq!(of(&town.get("fire-leader", "/api/v1/cases")), [mine.to_string()], "within reach");
        assert_eq!(of(&town.get("fire-leader", "/api/v1/cases?party=110105201103070020")), [""; 0]);
        assert_eq!(of(&town.get("head", "/api/v1/cases?party=110105201103070020")).len(), 3);
        assert_eq!(of(&town.get("head", &format!("/api/v1/cases?matter={}&unit=fire-unit", matter_of("enforcement")))), [mine.to_string()]);
        assert_eq!(problem(site.get("/api/v1/cases?from=soon").bearer_auth(&town.desks["head"]).send().unwrap()), (422, "invalid_field".into()));
        assert_eq!(problem(site.get(&format!("/api/v1/cases/{}", ids[0])).bearer_auth(&town.desks["fire-leader"]).send().unwrap()), (404, "not_found".into()));
        let (open, shut) = (page(&town, ids[0]), town.get("desk", &format!("/api/v1/cases/{}", ids[0])));
        assert_eq!((&open["fields"]["party.name"], &open["masked"]), (&json!("王小明"), &json!(false)));
        assert!(shut["masked"] == true && shut["fields"]["party.name"] != "王小明" && !shut.to_string().contains("110105201103070020"), "{shut}");
        assert_eq!(site.audited("personal.read").len(), 1);
    }

    fn the_lines_of_cases_are_compared_and_rebuilt(site) {
        let town = town(&site);
        let id = register(&town, 0x81, &json!({}));
        let inquiry = json!({ "by": OFFICERS, "ended_ms": town.now(), "name": "李四", "started_ms": town.now() - 3_600_000 });
        write(&town, id, &[("inquiries.i1", inquiry)]);
        town.begin("site", record(1), &[("name", json!("新达工地"))]);
        town.visited(10, record(1), &[("enforcement", "daily")], &OFFICERS, &[]);
            let counts = site.running().app.committer.run_blocking(Want::default(), zhifa_server::index::rebuild).unwrap();
        assert_eq!((counts.cases, counts.busy), (1, 4), "two officers at an inquiry, two on a visit");
        drop(town);
        for sql in ["UPDATE case_party SET fine_fen = 1", "UPDATE officer_time SET until_ms = until_ms + 1", "DELETE FROM case_party"] {
            site.sql(sql);
            if site.running.is_some() {
                site.stop();
            }
            let report = verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap();
            assert!(report.findings.iter().any(|f| f.record == Some(id)), "{sql}: {:?}", report.findings.iter().map(|f| (f.code, f.record)).collect::<Vec<_>>());
        }
    }
}
