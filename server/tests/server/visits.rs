//! Visits at the server: what stands against them, what a reviewer decides, and that the cap is not got round.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::record::ActCall;
use zhifa_server::org::{Role, Scope};

use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::{DAY, HOUR, Town};

const SITE: u128 = 0x51;
const ORGAN: &[(&str, &str)] = &[("enforcement", "daily")];
const PAIR: &[&str] = &["chen-yifan", "lin-xiaohe"];
const OTHERS: [&str; 2] = ["zhao-mingyuan", "sun-yutong"];

fn town(site: &Site) -> Town<'_> {
    let town = Town::new(site, &["chen-yifan", "lin-xiaohe", "zhao-mingyuan", "sun-yutong"]);
    town.begin("site", record(SITE), &[("name", json!("新达工地")), ("area", json!("nb-gaoxin"))]);
    town
}

/// Two visits of the year, two months apart: the cap is reached.
fn used_up(town: &mut Town<'_>, more: &[(&str, Json)]) {
    town.visited(0xa1, record(SITE), ORGAN, PAIR, more);
    town.later(40 * DAY);
    town.visited(0xa2, record(SITE), ORGAN, PAIR, more);
    town.later(40 * DAY);
}

/// The code of a refusal and what it says.
fn refused(response: reqwest::blocking::Response) -> (String, String) {
    let body: Json = response.json().unwrap();
    (body["code"].as_str().unwrap_or_default().to_owned(), body["detail"].as_str().unwrap_or_default().to_owned())
}

fn on(town: &Town<'_>, desk: &str, id: RecordId, what: &str, body: Json) -> reqwest::blocking::Response {
    town.post(desk, &format!("/api/v1/visits/{id}/{what}"), &body)
}

/// The key of the one flag of a code, without `flags.`.
fn flag(town: &Town<'_>, id: RecordId, code: &str) -> String {
    let record = town.look(id).unwrap();
    sync_core::index::members(&record, "flags.").find(|(_, flag)| flag["code"] == code).unwrap_or_else(|| panic!("no flag {code}")).0.to_owned()
}

on_both! {
    fn an_approval_over_the_cap_is_refused_by_name_and_let_through_with_a_reason_that_is_audited(site) {
        let mut town = town(&site);
        used_up(&mut town, &[]);
        let third = record(0xa3);
        town.planned(third, record(SITE), ORGAN, PAIR, &[]);
        let (code, detail) = refused(town.act("head", third, "approve", &[], &json!({})));
        let key = format!("cap_reached.enforcement.{}", record(SITE));
        assert!(code == "not_admitted" && detail.contains(&key) && detail.contains("2 / 2"), "{code}: {detail}");
        assert_eq!(town.stage(third), "CREATED");
        assert_eq!(problem(town.act("head", third, "approve", &[], &json!({ &key: " " }))), (422, "invalid_field".into()));
        let shown = town.get("head", &format!("/api/v1/visits/{third}/admission"));
        assert!(shown["findings"].as_array().unwrap().iter().any(|f| f["key"] == key && f["basis"] == "浙政办发〔2025〕5号"), "{shown}");
        let done: Json = ok(town.act("head", third, "approve", &[], &json!({ &key: "群众集中反映重大隐患" })));
        assert_eq!(done["stage"], "APPROVED");
        let entries = site.audited("visit.overridden");
        assert!(entries.iter().any(|e| e.actor == "officer:head" && e.object == format!("record:{third}") && e.detail.contains("cap_reached")));
        assert_eq!(town.field(third, &format!("overrides.{key}"))[0]["reason"], "群众集中反映重大隐患");
        town.enter(third, PAIR);
        assert!(town.flags(third).is_empty(), "what was let through is no flag: {:?}", town.flags(third));
        // Nor is there a way past the call that asks for the reason.
        let edit = json!({ "edits": [{ "field": "overrides.repeat.x", "value": { "reason": "" } }] });
        assert_eq!(problem(town.post("head", &format!("/api/v1/records/{third}/edits"), &edit)).0, 403);
    }

    fn the_cap_is_not_got_round_by_another_name_another_record_a_split_or_by_naming_nobody(site) {
        let mut town = town(&site);
        let firm = |n: u128| format!("subjects.{}", record(n));
        let code = "91350100M000100Y43";
        town.begin("subject", record(0xf1), &[("name", json!("甲建设公司")), ("uscc", json!(code))]);
        used_up(&mut town, &[(&firm(0xf1), json!({ "name": "甲建设公司" }))]);
        let refuses = |n: u128, place: u128, more: &[(&str, Json)], why: &str| {
            town.planned(record(n), record(place), ORGAN, PAIR, more);
            let (code, detail) = refused(town.act("head", record(n), "approve", &[], &json!({})));
            assert!(code == "not_admitted" && detail.contains("cap_reached"), "{why}: {code} {detail}");
        };
        refuses(0xb1, SITE, &[(&firm(0xf1), json!({ "name": "甲建设公司" }))], "as it is");
        refuses(0xb2, SITE, &[], "by naming no firm");
        town.begin("subject", record(0xf2), &[("name", json!("甲建设(集团)公司")), ("uscc", json!(code))]);
        town.begin("site", record(0x52), &[("name", json!("另一工地")), ("area", json!("nb-gaoxin"))]);
        refuses(0xb3, 0x52, &[(&firm(0xf2), json!({ "name": "甲建设(集团)公司" }))], "by another record of the same firm, at another site");
        let shown = town.look(record(SITE)).unwrap().register("name").unwrap().dots();
        let edit = json!({ "edits": [{ "field": "name", "value": "改名后的工地", "replaces": shown }] });
        ok::<Json>(town.post("reviewer", &format!("/api/v1/records/{}/edits", record(SITE)), &edit));
        refuses(0xb4, SITE, &[], "by renaming the site");
        refuses(0xb5, SITE, &[("task", json!("上半部分"))], "split in two, one half");
        refuses(0xb6, SITE, &[("task", json!("下半部分"))], "split in two, the other half");
        // A site that nobody knew to be the same passes until the records are joined; then the visit is judged again.
        let unknown = town.visited(0xb7, record(0x52), ORGAN, PAIR, &[]);
        assert!(town.flags(unknown).is_empty());
        ok::<Json>(town.post("reviewer", &format!("/api/v1/objects/{}/join", record(0x52)), &json!({ "into": record(SITE), "reason": "同一工地" })));
        assert_eq!(town.flags(unknown), ["cap_reached"]);
    }

    fn two_squads_start_at_one_site_on_one_day_offline_both_are_kept_the_second_is_flagged_and_joined(site) {
        let mut town = Town::new(&site, &["chen-yifan", "zhao-mingyuan"]);
        town.begin("site", record(SITE), &[("name", json!("新达工地")), ("area", json!("nb-gaoxin"))]);
        // One visit earlier in the year, so that the second of today is over the cap.
        town.push(&town.urgent(record(0xa0), record(SITE), "enforcement", ["chen-yifan", "lin-xiaohe"], town.now()));
        town.later(40 * DAY);
        let (a, b) = (record(0xa1), record(0xa2));
        let one = town.urgent(a, record(SITE), "enforcement", ["chen-yifan", "lin-xiaohe"], town.now());
        let two = town.urgent(b, record(SITE), "enforcement", OTHERS, town.now() + HOUR);
        town.later(3 * HOUR);
        town.push(&one);
        assert!(town.flags(a).is_empty(), "{:?}", town.flags(a));
        town.push(&two);
        assert_eq!((town.stage(a).as_str(), town.stage(b).as_str()), ("CHECKED_IN", "CHECKED_IN"), "nothing that took place is refused");
        assert_eq!(town.flags(b), ["cap_reached", "repeat"], "against the cap, by the day of the event");
        // A third one later is over the cap, whichever way the two are counted.
        let join = |from: RecordId, into: RecordId, why: &str| on(&town, "reviewer", from, "join", json!({ "into": into, "reason": why }));
        assert_eq!(problem(join(b, a, " ")).0, 422);
        assert_eq!(problem(join(b, b, "同一次")).0, 422, "not into itself");
        let (_, detail) = refused(join(b, record(0xa0), "同一次"));
        assert!(detail.contains("two visits"), "another day is another entry: {detail}");
        town.begin("site", record(0x52), &[("name", json!("别处")), ("area", json!("nb-gaoxin"))]);
        town.planned(record(0xa9), record(0x52), ORGAN, PAIR, &[]);
        assert!(refused(join(b, record(0xa9), "同一次")).1.contains("another object"));
        assert_eq!(problem(join(b, record(0x99), "同一次")).0, 422, "nobody knows it");
        let done: Json = ok(join(b, a, "同一工地同日重复，并为一次"));
        assert_eq!(done["disposition"]["refused"], Json::Null, "{done}");
        assert!(town.flags(b).is_empty(), "joined, it repeats nothing and is counted once: {:?}", town.flags(b));
        assert!(refused(join(a, b, "反过来")).1.contains("itself joined"), "no circle");
        assert_eq!(problem(join(b, a, "再来")).0, 409);
        assert!(site.audited("visit.joined").iter().any(|e| e.object == format!("record:{b}")));
        // Late work on either still applies, and both are shown as one.
        town.done("chen-yifan", a, &[("notes.late", json!("甲队补记"))], None);
        town.done("zhao-mingyuan", b, &[("notes.late", json!("乙队补记"))], None);
        assert_eq!((town.field(a, "notes.late"), town.field(b, "notes.late")), (vec![json!("甲队补记")], vec![json!("乙队补记")]));
        let view = town.get("reviewer", &format!("/api/v1/visits/{a}"));
        assert_eq!(view["joined"][0]["visit"], json!(b), "{view}");
        assert_eq!(town.get("reviewer", &format!("/api/v1/visits/{b}"))["joined_into"], json!(a));
        // Taken apart, it stands against the cap again: joining is no way round it.
        ok::<Json>(on(&town, "reviewer", b, "separate", json!({ "reason": "并错了" })));
        assert_eq!(town.flags(b), ["cap_reached", "repeat"]);
        assert_eq!(problem(on(&town, "reviewer", b, "separate", json!({ "reason": "再来" }))).0, 409);
        let past = json!({ "edits": [{ "field": "joined_into", "value": record(0xa0), "replaces": town.look(b).unwrap().register("joined_into").unwrap().dots() }] });
        assert_eq!(problem(town.post("head", &format!("/api/v1/records/{b}/edits"), &past)).0, 403, "nor is there a way past the call");
    }

    fn work_of_31_december_that_arrives_in_january_counts_for_the_old_year(site) {
        let mut town = town(&site);
        town.visited(0xa1, record(SITE), ORGAN, PAIR, &[]);
        town.later(40 * DAY);
        town.visited(0xa2, record(SITE), ORGAN, PAIR, &[]);
        // START is 21 September 2026, 21:33 in Shanghai; forty days on it is the last of October.
        town.later(61 * DAY);
        let eve = town.now();
        assert_eq!(sync_core::base::date::day_of(sync_core::base::UtcMs(eve)).unwrap().to_string(), "2026-12-31");
        let late = town.urgent(record(0xa3), record(SITE), "enforcement", OTHERS, eve);
        town.later(3 * DAY);
        let (new, more) = (record(0xa4), record(0xa5));
        town.approved(new, record(SITE), ORGAN, PAIR, &[]);
        town.enter(new, PAIR);
        town.push(&late);
        assert_eq!(town.flags(record(0xa3)), ["cap_reached"], "the third of 2026");
        town.later(DAY);
        town.planned(more, record(SITE), ORGAN, PAIR, &[]);
        let found = town.get("head", &format!("/api/v1/visits/{more}/admission"));
        let codes: Vec<&str> = found["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).filter(|c| c.starts_with("cap")).collect();
        assert_eq!(codes, ["cap_last"], "of 2027 one is used, not two");
        ok::<Json>(town.act("head", more, "approve", &[], &json!({})));
    }

    fn a_flag_is_settled_by_a_reviewer_who_took_no_part_with_a_reason_and_only_then_is_the_visit_closed(site) {
        let mut town = town(&site);
        town.visited(0xa1, record(SITE), ORGAN, PAIR, &[]);
        let second = town.urgent(record(0xa2), record(SITE), "enforcement", OTHERS, town.now());
        town.push(&second);
        let id = record(0xa2);
        let key = flag(&town, id, "repeat");
        let settle = |desk: &str, reason: &str| on(&town, desk, id, &format!("flags/{key}/settle"), json!({ "reason": reason }));
        assert_eq!(problem(settle("reviewer", "")).0, 422);
        assert_eq!(problem(on(&town, "reviewer", id, "flags/none/settle", json!({ "reason": "x" }))).0, 404);
        let done: Json = ok(settle("reviewer", "两队检查事项不同，确有必要"));
        assert_eq!(done["disposition"]["state"], "applied");
        let standing = town.field(id, &format!("flags.{key}"));
        assert_eq!((&standing[0]["settled"], &standing[0]["settled_by"], &standing[0]["code"]), (&json!("两队检查事项不同，确有必要"), &json!("reviewer"), &json!("repeat")));
        assert_eq!(problem(settle("reviewer", "再来")).0, 409);
        town.done("zhao-mingyuan", id, &[("notes.x", json!("后记"))], None);
        assert!(town.field(id, &format!("flags.{key}"))[0]["settled"].is_string(), "it stays settled");
        assert!(site.audited("visit.settled").iter().any(|e| e.actor == "officer:reviewer"));
        // Whoever took part does not decide on it.
        let leader = site.officer_of("lu-changfeng", &[Role::SquadLeader], "squad-juxian", Some(Scope::District), &[]);
        town.desks.insert("leader", site.log_in(&leader));
        let third = record(0xa3);
        town.planned(third, record(SITE), ORGAN, &["chen-yifan", "lu-changfeng"], &[]);
        assert_eq!(problem(on(&town, "leader", third, "flags/x/settle", json!({ "reason": "x" }))), (403, "forbidden".into()));
        let officer = site.officer_of("plain", &[Role::Officer], "squad-juxian", Some(Scope::District), &[]);
        town.desks.insert("plain", site.log_in(&officer));
        assert_eq!(problem(on(&town, "plain", id, &format!("flags/{key}/settle"), json!({ "reason": "x" }))), (403, "forbidden".into()));
    }

    fn an_urgent_start_is_made_up_for_in_time_or_is_told_to_people_and_is_not_closed_before(site) {
        let mut town = town(&site);
        let id = record(0xa1);
        town.push(&town.urgent(id, record(SITE), "enforcement", OTHERS, town.now()));
        let due = town.field(id, "due").remove(0);
        assert_eq!((due["at_ms"].as_i64().unwrap() - due["alert_ms"].as_i64().unwrap(), &due["for"]), (12 * HOUR, &json!("formalities")), "24 and 12 hours by policy");
        let listed = town.get("head", "/api/v1/lists/visit?due_before=2026-09-24");
        assert_eq!(listed["items"][0]["record"], json!(id), "{listed}");
        let app = site.running().app.clone();
        let look = || actix_web::rt::System::new().block_on(app.watch_urgent()).unwrap();
        let notices = |town: &Town<'_>| {
            let page = town.get("reviewer", "/api/v1/queue?class=notices");
            page["items"].as_array().unwrap().iter().filter(|n| n["subject"].as_str().is_some_and(|s| s.contains(&id.to_string()))).map(|n| n["class"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(look().is_empty() && notices(&town).is_empty());
        town.later(12 * HOUR);
        assert!(look().is_empty());
        assert_eq!(notices(&town), ["formalities_due"]);
        town.later(12 * HOUR);
        assert_eq!(look(), [id]);
        assert_eq!(look(), [id], "looking again raises nothing twice");
        assert_eq!(notices(&town), ["formalities_due", "formalities_overdue"]);
        let make_up = |desk: &str, reason: &str| on(&town, desk, id, "regularise", json!({ "reason": reason }));
        assert_eq!(problem(make_up("reviewer", "补办")), (403, "forbidden".into()), "the head approves, not the reviewer");
        assert_eq!(problem(make_up("head", " ")).0, 422);
        ok::<Json>(make_up("head", "险情属实，同意补办"));
        assert_eq!(town.field(id, "regularised")[0]["by"], "head");
        assert!(town.field(id, "due").is_empty() && look().is_empty());
        assert_eq!(problem(make_up("head", "再来")).0, 409);
        assert!(site.audited("visit.regularised").len() == 1);
        town.begin("site", record(0x52), &[("name", json!("另一工地")), ("area", json!("nb-gaoxin"))]);
        town.approved(record(0xa2), record(0x52), ORGAN, PAIR, &[]);
        assert_eq!(problem(on(&town, "head", record(0xa2), "regularise", json!({ "reason": "x" }))).0, 409, "it was approved before");
    }

    fn an_application_for_more_time_is_answered_once_and_moves_the_deadline_forward_only(site) {
        let town = town(&site);
        let id = town.visited(0xa1, record(SITE), ORGAN, PAIR, &[]);
        let order = json!({ "deadline": "2026-10-10", "demand": "清理裸土", "department": "enforcement" });
        let applied = json!({ "applied_ms": 1, "by": "项目部", "order": "o1", "reason": "连续降雨", "to": "2026-10-20" });
        town.done("chen-yifan", id, &[("orders.o1", order), ("extensions.e1", applied.clone()), ("extensions.e2", applied.clone()), ("extensions.lost", json!({ "reason": "x" }))], None);
        let rule = |e: &str, body: Json| on(&town, "reviewer", id, &format!("rulings/{e}"), body);
        for (extension, body, status) in [
            ("none", json!({ "granted": true, "to": "2026-10-20", "reason": "同意" }), 404),
            ("lost", json!({ "granted": true, "to": "2026-10-20", "reason": "同意" }), 409),
            ("e1", json!({ "granted": true, "reason": "同意" }), 422),
            ("e1", json!({ "granted": true, "to": "2026-10-10", "reason": "同意" }), 422),
            ("e1", json!({ "granted": true, "to": "10月20日", "reason": "同意" }), 422),
            ("e1", json!({ "granted": false, "to": "2026-10-20", "reason": "不同意" }), 422),
            ("e1", json!({ "granted": true, "to": "2026-10-20", "reason": "" }), 422),
        ] {
            assert_eq!(problem(rule(extension, body.clone())).0, status, "{extension} {body}");
        }
        ok::<Json>(rule("e2", json!({ "granted": false, "reason": "理由不成立" })));
        assert_eq!(town.get("head", &format!("/api/v1/visits/{id}"))["orders"][0]["deadline"], "2026-10-10");
        ok::<Json>(rule("e1", json!({ "granted": true, "to": "2026-10-18", "reason": "同意延期" })));
        assert_eq!(problem(rule("e1", json!({ "granted": true, "to": "2026-10-30", "reason": "再延" }))).0, 409);
        let shown = town.get("head", &format!("/api/v1/visits/{id}"));
        assert_eq!(shown["orders"][0]["deadline"], "2026-10-18");
        assert_eq!(shown["orders"][0]["extensions"].as_array().unwrap().len(), 2);
        assert_eq!(site.audited("visit.ruled").len(), 2);
    }

    fn a_clue_becomes_one_case_however_often_it_is_told(site) {
        let town = town(&site);
        let id = town.visited(0xa1, record(SITE), ORGAN, PAIR, &[]);
        let cases = || town.get("head", "/api/v1/lists/case")["items"].as_array().unwrap().clone();
        assert!(cases().is_empty());
        let clue = town.change("chen-yifan", id, &[("clues.c1", json!({ "fact": "泥浆入河", "matter": "330217001000" }))], None, town.now());
        site.push_one(&town.handhelds["chen-yifan"], &clue);
        site.push_one(&town.handhelds["chen-yifan"], &clue);
        let made = cases();
        assert_eq!(made.len(), 1);
        let case: RecordId = made[0]["record"].as_str().unwrap().parse().unwrap();
        let told = town.field(case, "clue").remove(0);
        assert_eq!((&told["fact"], &told["visit"], &told["source"]), (&json!("泥浆入河"), &json!(id), &json!("inspection")));
        assert_eq!((town.field(case, "unit"), town.field(case, "site")), (vec![json!("squad-juxian")], vec![json!(record(SITE))]));
        town.done("lin-xiaohe", id, &[("clues.c1", json!({ "fact": "泥浆入河，约二十立方" }))], None);
        assert_eq!(cases().len(), 1, "a better description is no second case");
        town.done("lin-xiaohe", id, &[("clues.c2", json!({ "fact": "夜间施工" })), ("clues.c3", json!({ "matter": "x" }))], None);
        assert_eq!(cases().len(), 2, "another clue is; one without a fact is none yet");
    }

    fn what_was_cancelled_or_broken_off_is_kept_with_its_reason_and_two_officers_are_two(site) {
        let town = town(&site);
        let (cancelled, aborted, alone) = (record(0xa1), record(0xa2), record(0xa3));
        town.approved(cancelled, record(SITE), ORGAN, PAIR, &[]);
        let said = town.write("chen-yifan", cancelled, &[], Some(ActCall::new("cancel")));
        assert_eq!(said["refused"][0]["code"], "no_reason");
        town.done("chen-yifan", cancelled, &[], Some(ActCall { reason: Some("企业停业".into()), ..ActCall::new("cancel") }));
        town.approved(aborted, record(SITE), ORGAN, PAIR, &[]);
        town.enter(aborted, PAIR);
        town.done("chen-yifan", aborted, &[], Some(ActCall { reason: Some("大门紧闭，无人应门".into()), ..ActCall::new("abort") }));
        let stages: Vec<String> = [cancelled, aborted].iter().map(|id| town.stage(*id)).collect();
        assert_eq!(stages, ["CANCELLED", "ABORTED"]);
        // One officer with a certificate is not two: neither twice on one handheld, nor with one who stood aside.
        town.begin("site", record(0x52), &[("name", json!("另一工地")), ("area", json!("nb-gaoxin"))]);
        town.approved(alone, record(0x52), ORGAN, PAIR, &[]);
        let both = [("participants.chen-yifan", town.here("chen-yifan")), ("participants.lin-xiaohe", town.here("lin-xiaohe"))];
        let said = town.write("chen-yifan", alone, &both, Some(ActCall::new("check_in")));
        assert_eq!(said["excepted"][0]["code"], "two_officers", "{said}");
        assert_eq!(town.stage(alone), "APPROVED");
    }

    fn what_is_personal_is_masked_for_those_who_do_not_need_it_and_its_reading_is_audited(site) {
        let mut town = town(&site);
        let id = town.visited(0xa1, record(SITE), ORGAN, PAIR, &[]);
        let glass = json!({ "by": "王建国", "h": 300, "role": "现场负责人", "strokes": [[10, 10, 20, 40, 30, 10]], "w": 600 });
        town.done("chen-yifan", id, &[("party", json!({ "name": "王建国", "signature": "p" })), ("signatures.p", glass)], None);
        let whole = town.get("reviewer", &format!("/api/v1/visits/{id}"));
        assert_eq!(whole["fields"]["party"]["name"], "王建国");
        assert_eq!(whole["signatures"][0]["path"], "M10 10L20 40L30 10", "{}", whole["signatures"]);
        assert!(site.audited("personal.read").iter().any(|e| e.object == format!("record:{id}")));
        let desk = site.officer_of("desk", &[Role::Dispatcher], "guidance-desk", Some(Scope::District), &[]);
        town.desks.insert("desk", site.log_in(&desk));
        let masked = town.get("desk", &format!("/api/v1/visits/{id}"));
        assert_eq!((&masked["fields"]["party"]["name"], &masked["masked"], &masked["signatures"][0]["path"]), (&json!("王**"), &json!(true), &Json::Null));
        assert!(!masked.to_string().contains("王建国"));
        let elsewhere = site.officer_of("far", &[Role::SquadLeader], "fire-unit", Some(Scope::Unit), &[]);
        town.desks.insert("far", site.log_in(&elsewhere));
        for what in ["", "/admission"] {
            assert_eq!(problem(site.get(&format!("/api/v1/visits/{id}{what}")).bearer_auth(&town.desks["far"]).send().unwrap()).0, 404);
        }
        for (what, body) in [("join", json!({ "into": record(1), "reason": "x" })), ("separate", json!({ "reason": "x" })), ("regularise", json!({ "reason": "x" })), ("flags/x/settle", json!({ "reason": "x" })), ("rulings/x", json!({ "granted": false, "reason": "x" }))] {
            assert_eq!(problem(on(&town, "far", id, what, body)).0, 404, "{what} out of reach");
        }
    }
}
