//! The board of deadlines over HTTP: what is due of cases and of every other kind, what moves it, what is raised of it once, and that
//! the index says what the records and the book say.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::case::deadline::deadlines;
use sync_core::case::read::View;
use zhifa_server::index;
use zhifa_server::org::{Role, Scope};
use zhifa_server::sync::store::Want;
use zhifa_server::verify::finding::Code;
use zhifa_server::verify::{Options, verify};

use crate::case_fast::{Scene, citizen, listed, town};
use crate::harness::{Site, kinds, ok, problem, record};
use crate::on_both;
use crate::town::{DAY, HOUR, Town};

/// A case that was filed on 2026-09-21: its ninety days end on 2026-12-20, a Sunday.
fn filed<'t, 's>(town: &'t Town<'s>, n: u128) -> Scene<'t, 's> {
    let matter = listed(town.site).remove(0);
    let scene = Scene::begin(town, n, &citizen(&matter));
    scene.approve("file");
    scene.act("head", "file", &[], "FILED");
    scene
}

fn board(town: &Town<'_>, desk: &str, query: &str) -> Json {
    town.get(desk, &format!("/api/v1/deadlines?{query}"))
}

/// Codes and last days of a board.
fn lines(board: &Json) -> Vec<(String, String)> {
    let word = |item: &Json, member: &str| item[member].as_str().unwrap_or_default().to_owned();
    board["items"].as_array().unwrap().iter().map(|item| (word(item, "code"), word(item, "due"))).collect()
}

/// The line of a code of a case.
fn line(town: &Town<'_>, id: RecordId, code: &str) -> Json {
    let all = board(town, "head", &format!("code={code}"));
    let of = all["items"].as_array().unwrap().iter().find(|item| item["record"] == json!(id));
    of.unwrap_or_else(|| panic!("{code}: {all}")).clone()
}

fn remind(site: &Site) -> usize {
    actix_web::rt::System::new().block_on(site.running().app.remind()).unwrap()
}

fn escalate(site: &Site) -> usize {
    actix_web::rt::System::new().block_on(site.running().app.escalate()).unwrap()
}

fn redate(site: &Site) -> usize {
    actix_web::rt::System::new().block_on(site.running().app.redate()).unwrap()
}

/// What waits in the queue of a class.
fn notices(town: &Town<'_>, class: &str) -> Vec<String> {
    let all = town.get("reviewer", "/api/v1/queue?class=notices&limit=200");
    let items = all["items"].as_array().unwrap().iter().filter(|item| item["class"] == class);
    items.map(|item| item["subject"].as_str().unwrap().to_owned()).collect()
}

/// What is wrong with the database; the server stands still meanwhile.
fn check(site: &mut Site) -> Vec<(Code, Option<RecordId>)> {
    if site.running.is_some() {
        site.stop();
    }
    let report = verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap();
    report.findings.into_iter().map(|f| (f.code, f.record)).collect()
}

fn start(site: &mut Site) {
    site.running = Some(zhifa_server::start_with(site.config.clone(), kinds(crate::harness::OLD), std::sync::Arc::new(site.clock.clone())).unwrap());
}

on_both! {
    fn apl_60_the_ninety_days_run_near_and_overdue_and_are_never_hidden(site) {
        let mut town = town(&site);
        let id = filed(&town, 0xde01).id;
        let general = line(&town, id, "general");
        assert_eq!((&general["due"], &general["began"], &general["state"], &general["left"]), (&json!("2026-12-20"), &json!("2026-09-21"), &json!("running"), &json!(90)), "{general}");
        assert_eq!(general["unit"], "squad-juxian");
        let page = town.get("head", &format!("/api/v1/cases/{id}"));
        let shown = page["deadlines"].as_array().unwrap().iter().find(|due| due["code"] == "general").unwrap();
        assert_eq!((&shown["due"], shown["basis"].as_str().unwrap().contains("行政处罚法第六十条")), (&general["due"], true), "the page of the case says the same, and why");
        let listing = town.get("head", "/api/v1/lists/case");
        assert_eq!(listing["items"][0]["due"], "2026-12-20", "what a list shows is the nearest that is open");
        assert_eq!(remind(&site), 0, "nothing is near");
        town.later(84 * DAY);
        assert_eq!(line(&town, id, "general")["state"], "near");
        assert_eq!((remind(&site), remind(&site)), (1, 0), "seven days before: once");
        town.later(4 * DAY);
        assert_eq!((remind(&site), notices(&town, "deadline_near").len()), (1, 2), "three days before");
        town.later(3 * DAY);
        let late = line(&town, id, "general");
        assert_eq!((&late["state"], &late["left"]), (&json!("overdue"), &json!(-1)), "the Sunday does not move the organ's own day");
        assert_eq!((remind(&site), remind(&site), escalate(&site)), (1, 0, 0));
        let subject = format!("overdue:{id}:general:2026-12-20");
        assert_eq!(notices(&town, "overdue"), std::slice::from_ref(&subject));
        let done = town.post("reviewer", "/api/v1/notices/done", &json!({ "subject": subject }));
        assert_eq!(done.status(), 204);
        assert_eq!(lines(&board(&town, "head", "state=overdue")), [("general".to_owned(), "2026-12-20".to_owned())], "a settled notice hides nothing");
        assert_eq!(town.get("head", "/api/v1/overdue")["items"][0]["record"], json!(id));
        assert_eq!(remind(&site), 0, "and is not raised again");
        assert!(town.flags(id).is_empty(), "lateness warns, and bars nothing");
    }

    fn an_extension_is_the_heads_once_and_before_the_end(site) {
        let mut town = town(&site);
        let id = filed(&town, 0xde02).id;
        let body = |of: &str, way: &str, more: Json| {
            let mut body = json!({ "of": of, "way": way, "reason": "案情复杂，需要补充调查" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        {
            let scene = Scene { town: &town, id };
            let head = body("general", "head", json!({}));
            assert_eq!(scene.refused("leader", "extensions", &head).0, 403, "行政处罚法 60; 住建部令55: 负责人批准");
            assert_eq!(scene.refused("head", "extensions", &body("general", "head", json!({ "reason": " " }))).0, 422);
            assert_eq!(scene.refused("head", "extensions", &body("statement", "head", json!({}))).0, 422, "the party's time is not the head's to extend");
            let early = body("general", "collective", json!({ "members": ["head", "deputy", "third"] }));
            assert_eq!(scene.refused("head", "extensions", &early).1, "conflict", "the head first");
            let first = scene.done("head", "extensions", &head);
            assert_eq!(scene.done("head", "extensions", &head)["dot"], first["dot"], "the same again changes nothing");
            assert_eq!(scene.refused("head", "extensions", &body("general", "head", json!({ "reason": "再延长" }))).1, "conflict", "once");
            assert_eq!(line(&town, id, "general")["due"], "2027-01-19", "+30");
            assert_eq!(scene.refused("head", "extensions", &body("general", "collective", json!({ "members": ["head", "deputy"] }))).0, 422, "three at least");
            scene.done("head", "extensions", &early);
            assert_eq!(line(&town, id, "general")["due"], "2027-03-20", "+60");
            assert_eq!(site.audited("case.extended").len(), 2);
        }
        let other = filed(&town, 0xde03).id;
        town.later(91 * DAY);
        let scene = Scene { town: &town, id: other };
        assert_eq!(scene.refused("head", "extensions", &body("general", "head", json!({}))).1, "conflict", "domain.md §0.3: nothing is dated back");
        assert_eq!(line(&town, other, "general")["state"], "overdue");
        let around = town.act("leader", other, "send_back", &[("extensions.x", json!({ "of": "general", "way": "head" }))], &json!({}));
        assert_eq!(problem(around), (403, "forbidden".into()), "no way around the call");
    }

    fn time_that_does_not_count_is_an_entry_and_moves_the_day_by_its_length(site) {
        let mut town = town(&site);
        let id = filed(&town, 0xde04).id;
        town.later(10 * DAY);
        let test = json!({ "ground": "test", "reason": "委托检测" });
        {
            let scene = Scene { town: &town, id };
            assert_eq!(scene.refused("head", "standstills", &json!({ "ground": "holiday", "reason": "x" })).0, 422);
            assert_eq!(scene.refused("leader", "standstills", &json!({ "ground": "suspension", "reason": "等待裁判" })).0, 403, "中止 is the head's");
            assert_eq!(scene.refused("leader", "standstills", &json!({ "ground": "test", "from": "2026-11-01", "reason": "x" })).0, 422, "nobody knows what will stand still");
            let first = scene.done("leader", "standstills", &test);
            assert_eq!(scene.done("leader", "standstills", &test)["dot"], first["dot"]);
            assert_eq!(scene.refused("leader", "standstills", &json!({ "ground": "test", "from": "2026-09-30", "reason": "另一检测" })).1, "conflict", "one at a time of a ground");
        }
        let stands = line(&town, id, "general");
        assert_eq!((&stands["state"], &stands["stands"], stands.get("due")), (&json!("stands"), &json!("2026-10-01"), None), "{stands}");
        town.later(5 * DAY);
        let scene = Scene { town: &town, id };
        let end = json!({ "reason": "检测报告已出具" });
        assert_eq!(scene.refused("leader", "standstills/none/end", &end).0, 404);
        let ended = scene.done("leader", "standstills/test-2026-10-01/end", &end);
        assert_eq!(scene.done("leader", "standstills/test-2026-10-01/end", &end)["dot"], ended["dot"]);
        assert_eq!(scene.refused("leader", "standstills/test-2026-10-01/end", &json!({ "reason": "x", "until": "2026-10-05" })).1, "conflict");
        assert_eq!(scene.field("standstills.test-2026-10-01")["until"], "2026-10-07", "1 to 6 October: six days");
        assert_eq!(line(&town, id, "general")["due"], "2026-12-26", "2026-12-20 and six days");
        assert_eq!(site.audited("case.standstill").len(), 2);
    }

    fn the_board_is_filtered_paged_and_counted_within_reach(site) {
        let mut town = town(&site);
        let ids: Vec<RecordId> = (0..3).map(|n| filed(&town, 0xde10 + n).id).collect();
        town.later(HOUR);
        let all = board(&town, "head", "code=general&state=running");
        assert_eq!((all["items"].as_array().unwrap().len(), &all["counts"]["running"], &all["counts"]["overdue"]), (3, &json!(3), &json!(0)), "{all}");
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = board(&town, "head", &format!("code=general&limit=1{after}"));
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["record"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen, ids.iter().map(ToString::to_string).collect::<Vec<_>>(), "each once, in order");
        let check = board(&town, "head", "state=done&code=check");
        assert_eq!(check["counts"]["done"], 3, "the clue was checked with the filing: {check}");
        assert_eq!(lines(&board(&town, "head", "code=general&before=2026-12-20")), []);
        assert_eq!(lines(&board(&town, "head", "code=general&before=2026-12-21")).len(), 3);
        assert_eq!(lines(&board(&town, "head", "unit=nobody")), []);
        assert_eq!(lines(&board(&town, "head", "kind=visit")), []);
        for bad in ["before=soon", "after=x", "state=late", "colour=red"] {
            let (status, _) = problem(site.get(&format!("/api/v1/deadlines?{bad}")).bearer_auth(&town.desks["head"]).send().unwrap());
            assert!([400, 422].contains(&status), "{bad}: {status}");
        }
        let away = site.officer_of("away", &[Role::SquadLeader], "fire-unit", Some(Scope::Unit), &[]);
        let token = site.log_in(&away);
        let theirs: Json = ok(site.get("/api/v1/deadlines").bearer_auth(&token).send().unwrap());
        assert_eq!((&theirs["items"], &theirs["counts"]["running"]), (&json!([]), &json!(0)), "what is out of reach is not counted either");
    }

    fn other_kinds_stand_on_the_same_board(site) {
        let town = town(&site);
        town.begin("site", record(1), &[("name", json!("新达工地"))]);
        town.push(&town.urgent(record(2), record(1), "enforcement", ["chen-yifan", "lin-xiaohe"], town.now()));
        let all = board(&town, "head", "kind=visit");
        let item = &all["items"][0];
        assert_eq!((&item["record"], &item["code"], &item["about"], &item["due"]), (&json!(record(2)), &json!("step"), &json!("formalities"), &json!("2026-09-22")), "{all}");
        ok::<Json>(town.post("head", &format!("/api/v1/visits/{}/regularise", record(2)), &json!({ "reason": "险情属实，同意补办" })));
        assert_eq!(lines(&board(&town, "head", "kind=visit")), [], "made up for, it waits for nothing");
    }

    fn the_index_is_rebuilt_to_what_it_was_and_a_bent_line_is_found(site) {
        let town = town(&site);
        let id = filed(&town, 0xde20).id;
        drop(town);
        let rebuild = |site: &Site| site.running().app.committer.run_blocking(Want::default(), index::rebuild).unwrap();
        assert!(rebuild(&site).deadlines >= 2);
        assert_eq!(check(&mut site), []);
        site.sql("UPDATE deadline SET due = '2030-01-01' WHERE code = 'general'");
        let found = check(&mut site);
        assert_eq!(found, [(Code::IndexRowWrong, Some(id)); 2], "the line, and that the list shows another day than it");
        start(&mut site);
        rebuild(&site);
        assert_eq!(check(&mut site), []);
        site.sql("DELETE FROM deadline");
        assert!(check(&mut site).contains(&(Code::IndexRowMissing, Some(id))));
        start(&mut site);
        rebuild(&site);
        assert_eq!(check(&mut site), []);
        site.sql("UPDATE listing SET due = '2030-01-01' WHERE kind = 'case'");
        assert_eq!(check(&mut site), [(Code::IndexRowWrong, Some(id))]);
        start(&mut site);
        rebuild(&site);
        assert_eq!(check(&mut site), []);
    }

    fn a_policy_that_is_entered_later_moves_the_open_days_at_the_next_look(site) {
        let town = town(&site);
        let id = filed(&town, 0xde30).id;
        assert_eq!((redate(&site), line(&town, id, "general")["due"].as_str()), (0, Some("2026-12-20")));
        let admin = site.officer_of("sysadmin", &[Role::SystemAdmin], "team-office", Some(Scope::District), &[]);
        let token = site.log_in(&admin);
        let value = json!({ "period": { "count": 120, "unit": "calendar_days" } });
        let body = json!({ "from": "2026-01-01", "body": { "doubt": false, "owner": "法制科", "source": "测试", "value": value }, "reason": "省级规定" });
        let seen = format!("\"law-{}\"", site.running().app.law().rev);
        let entered = site.client.put(site.url("/api/v1/dated/policy/penalty.general")).bearer_auth(&token).header("If-Match", seen).json(&body).send().unwrap();
        assert!(entered.status().is_success(), "{}", entered.text().unwrap());
        assert_eq!(line(&town, id, "general")["due"], "2026-12-20", "until the next look");
        let law = site.running().app.law();
        let fresh = deadlines(&View::of(&town.look(id).unwrap()), &law.book).into_iter().find(|due| due.code == "general").unwrap();
        assert_eq!(fresh.due.map(|day| day.to_string()).as_deref(), Some("2027-01-19"), "the page of the case says it at once");
        assert!(redate(&site) >= 1);
        assert_eq!((redate(&site), line(&town, id, "general")["due"].as_str()), (0, Some("2027-01-19")), "once");
        drop(town);
        assert_eq!(check(&mut site), []);
    }
}
