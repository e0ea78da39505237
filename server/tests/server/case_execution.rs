//! Service, payment, instalments, remedies, the court and the archive over HTTP: each step by its call, each refusal by its reason.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;

use crate::case_fast::{Scene, citizen, listed, town};
use crate::harness::problem;
use crate::on_both;
use crate::town::{DAY, HOUR, Town};

/// A case that was decided on 2026-09-21 with a fine of so many fen and the surcharge told; handled fast, as far as that.
fn decided(town: &Town<'_>, n: u128, fen: i64) -> RecordId {
    let matter = listed(town.site).remove(0);
    let scene = Scene::begin(town, n, &citizen(&matter));
    scene.running();
    let band = town.get("leader", &scene.path("penalty"))["suggestion"]["band"].clone();
    let fen = fen.clamp(band["min"].as_i64().unwrap(), band["max"].as_i64().unwrap());
    scene.done("leader", "penalty", &json!({ "kind": "fine", "amount_fen": fen, "reason": "情节一般" }));
    let mut penalty = scene.field("penalty");
    penalty["surcharge_told"] = json!(true);
    scene.write("leader", &[("penalty", penalty)]);
    scene.noticed(fen, "FAST_RUNNING");
    scene.waived();
    scene.approve("decide");
    scene.act("head", "decide", &[], "DECIDED");
    scene.id
}

fn direct(town: &Town<'_>) -> Json {
    json!({ "decision": true, "received_ms": town.now(), "signature": "wang", "to": "王某", "way": "direct" })
}

/// The same, handed over on the day: fifteen days end on 2026-10-06, in the holidays, and so on 2026-10-08.
fn served(town: &Town<'_>, n: u128) -> RecordId {
    let id = decided(town, n, 100_000);
    let scene = Scene { town, id };
    scene.done("leader", "services", &direct(town));
    assert_eq!(scene.stage(), "SERVED");
    id
}

/// The field that a refusal names.
fn field_of(town: &Town<'_>, path: &str, body: &Json) -> String {
    let response = town.post("leader", path, body);
    assert_eq!(response.status(), 422, "{body}");
    let said: Json = response.json().unwrap();
    said["field"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn account(town: &Town<'_>, id: RecordId, day: &str) -> Json {
    town.get("leader", &format!("/api/v1/cases/{id}/account?day={day}"))
}

fn fine(town: &Town<'_>, id: RecordId) -> i64 {
    account(town, id, "2026-09-21")["account"]["fine_fen"].as_i64().unwrap()
}

fn payment(receipt: &str, fen: i64, day: &str) -> Json {
    json!({ "receipt": receipt, "amount_fen": fen, "day": day, "for": "fine", "way": "bank" })
}

on_both! {
    fn apl_61_a_service_lacks_what_its_way_asks_for_or_is_entered_once(site) {
        let mut town = town(&site);
        let id = decided(&town, 0xe001, 100_000);
        let scene = Scene { town: &town, id };
        let now = town.now();
        for (field, body) in [
            ("way", json!({ "way": "pigeon" })),
            ("received_ms", json!({ "way": "direct", "to": "王某", "signature": "wang" })),
            ("received_ms", json!({ "way": "direct", "to": "王某", "signature": "wang", "received_ms": now + HOUR })),
            ("to", json!({ "way": "direct", "received_ms": now, "signature": "wang" })),
            ("relation", json!({ "way": "direct", "received_ms": now, "signature": "wang", "to": "王某之父" })),
            ("signature", json!({ "way": "direct", "received_ms": now, "signature": "nobody", "to": "王某" })),
            ("witness", json!({ "way": "lien", "received_ms": now })),
            ("tracking", json!({ "way": "post", "received_ms": now })),
            ("service_address", json!({ "way": "electronic", "received_ms": now, "system": "浙里办" })),
            ("reason", json!({ "way": "public_notice", "posted": "2026-09-21" })),
            ("document", json!({ "way": "lien", "received_ms": now, "witness": "社区", "document": "none" })),
        ] {
            let mut body = body;
            body["decision"] = json!(true);
            assert_eq!(field_of(&town, &scene.path("services"), &body), field, "{body}");
        }
        assert_eq!(scene.stage(), "DECIDED");
        let first = scene.done("leader", "services", &direct(&town));
        assert_eq!((scene.stage().as_str(), scene.done("leader", "services", &direct(&town))["dot"].clone()), ("SERVED", first["dot"].clone()), "the same again changes nothing");
        let mut other = direct(&town);
        other["received_ms"] = json!(now - HOUR);
        assert_eq!(scene.refused("leader", "services", &other).1, "conflict");
        let letter = json!({ "way": "post", "received_ms": now, "tracking": "EMS1", "service": "s1" });
        let letter_dot = scene.done("leader", "services", &letter)["dot"].clone();
        assert_eq!((scene.done("leader", "services", &letter)["dot"].clone(), scene.field("services.s1")["tracking"].as_str()), (letter_dot, Some("EMS1")));
        assert_eq!(scene.refused("leader", "services", &json!({ "way": "post", "received_ms": now, "tracking": "EMS2", "service": "s1" })).1, "conflict");
        assert_eq!(site.audited("case.served").len(), 2);
        let shown = account(&town, id, "2026-09-21");
        assert_eq!((&shown["service"]["effect"]["day"], &shown["account"]["due"]), (&json!("2026-09-21"), &json!("2026-10-08")), "行政处罚法 67: 6 October is a holiday: {shown}");
        town.later(HOUR);
    }

    fn cpl_95_a_public_notice_serves_once_its_days_are_over(site) {
        let mut town = town(&site);
        let id = decided(&town, 0xe002, 100_000);
        let posted = json!({ "decision": true, "posted": "2026-09-21", "reason": "下落不明，直接、邮寄送达未果", "way": "public_notice" });
        {
            let scene = Scene { town: &town, id };
            let (status, code, why) = scene.refused("leader", "services", &posted);
            assert_eq!((status, code.as_str()), (409, "not_admitted"), "{why}");
            assert!(why.contains("serve_notice_running") && why.contains("2026-10-21"), "{why}");
        }
        town.later(30 * DAY);
        let scene = Scene { town: &town, id };
        scene.done("leader", "services", &posted);
        let shown = account(&town, id, "2026-10-21");
        assert_eq!((scene.stage().as_str(), &shown["service"]["effect"]["day"], &shown["account"]["due"]), ("SERVED", &json!("2026-10-21"), &json!("2026-11-05")));
    }

    fn apl_72_what_is_owed_on_a_day_is_explained_and_a_receipt_counts_once(site) {
        let mut town = town(&site);
        let id = served(&town, 0xe003);
        let fine = fine(&town, id);
        town.later(28 * DAY);
        let scene = Scene { town: &town, id };
        let late = account(&town, id, "2026-10-18");
        let ten = 10 * 3 * fine / 100;
        assert_eq!((&late["account"]["surcharge_fen"], &late["account"]["owed_fen"], &late["account"]["overdue_days"]), (&json!(ten), &json!(fine + ten), &json!(10)), "{late}");
        let lines: Vec<&str> = late["account"]["entries"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
        assert_eq!(lines, ["fine", "surcharge"]);
        assert_eq!(account(&town, id, "2026-10-08")["account"]["surcharge_fen"], 0, "until 24:00 of the last day");
        assert_eq!(account(&town, id, "2027-06-01")["account"]["surcharge_fen"], fine, "never more than the fine");
        for (field, body) in [
            ("receipt", payment(" ", 100, "2026-10-10")),
            ("day", payment("P1", 100, "2026-12-01")),
            ("day", payment("P1", 100, "2026-09-20")),
            ("amount_fen", payment("P1", 0, "2026-10-10")),
            ("for", json!({ "receipt": "P1", "amount_fen": 1, "day": "2026-10-10", "for": "tip" })),
        ] {
            assert_eq!(field_of(&town, &scene.path("payments"), &body), field, "{body}");
        }
        let half = fine / 2;
        let first = scene.done("leader", "payments", &payment("P1", half, "2026-10-13"));
        assert_eq!(scene.done("leader", "payments", &payment("P1", half, "2026-10-13"))["dot"], first["dot"]);
        assert_eq!(scene.refused("leader", "payments", &payment("P1", half + 1, "2026-10-13")).1, "conflict", "one receipt, one payment");
        let part = account(&town, id, "2026-10-18");
        assert_eq!((&part["account"]["paid_fen"], &part["account"]["unpaid_fine_fen"]), (&json!(half), &json!(fine - half)));
        assert_eq!(part["account"]["surcharge_fen"], (5 * 3 * fine + 5 * 3 * (fine - half)) / 100, "five days on all, five on the rest");
        scene.act("leader", "part_perform", &[], "PARTIAL");
        assert_eq!(site.audited("case.paid").len(), 1);
        for bad in ["day=soon", "day=2999-01-01", "colour=red"] {
            let (status, _) = problem(site.get(&format!("/api/v1/cases/{id}/account?{bad}")).bearer_auth(&town.desks["leader"]).send().unwrap());
            assert!([400, 422].contains(&status), "{bad}");
        }
        scene.done("leader", "payments", &payment("P2", fine - half, "2026-10-19"));
        let paid = account(&town, id, "2026-10-19");
        assert_eq!((&paid["account"]["unpaid_fine_fen"], paid["account"]["unpaid_surcharge_fen"].as_i64().unwrap() > 0), (&json!(0), true));
        scene.act("leader", "perform", &[("performed", json!({ "corrected": true, "done_ms": town.now() }))], "PERFORMED");
        let page = town.get("leader", &format!("/api/v1/cases/{id}"));
        assert!(page["findings"].as_array().unwrap().iter().any(|f| f["code"] == "surcharge_unpaid" && f["weight"] == "warn"), "{page}");
        let surcharge = json!({ "receipt": "S1", "amount_fen": paid["account"]["unpaid_surcharge_fen"], "day": "2026-10-19", "for": "surcharge" });
        scene.done("leader", "payments", &surcharge);
        assert_eq!(account(&town, id, "2026-10-19")["account"]["owed_fen"], 0);
    }

    fn apl_66_instalments_are_the_heads_add_up_and_put_off_the_lapse(site) {
        let mut town = town(&site);
        let id = served(&town, 0xe004);
        let fine = fine(&town, id);
        let of = |items: Json| json!({ "reason": "确有经济困难，当事人申请分期", "items": items });
        let good = of(json!([{ "day": "2026-11-08", "amount_fen": fine - 1_000 }, { "day": "2026-12-08", "amount_fen": 1_000 }]));
        {
            let scene = Scene { town: &town, id };
            assert_eq!(scene.refused("leader", "instalments", &good).0, 403);
            for items in [
                json!([]),
                json!([{ "day": "2026-11-08", "amount_fen": fine - 1 }]),
                json!([{ "day": "2026-09-21", "amount_fen": fine }]),
                json!([{ "day": "2026-12-08", "amount_fen": 1_000 }, { "day": "2026-11-08", "amount_fen": fine - 1_000 }]),
            ] {
                assert_eq!(scene.refused("head", "instalments", &of(items.clone())).0, 422, "{items}");
            }
            let first = scene.done("head", "instalments", &good);
            assert_eq!(scene.done("head", "instalments", &good)["dot"], first["dot"]);
            assert_eq!(scene.refused("head", "instalments", &of(json!([{ "day": "2026-11-09", "amount_fen": fine }]))).1, "conflict", "once");
            assert_eq!(site.audited("case.instalments").len(), 1);
        }
        town.later(40 * DAY);
        {
            let scene = Scene { town: &town, id };
            let why = scene.try_act("leader", "lapse", &[]);
            assert!(why.contains("lapse_early"), "{why}");
            assert_eq!(account(&town, id, "2026-10-31")["account"]["surcharge_fen"], 0);
            let board = town.get("head", "/api/v1/deadlines?code=instalment");
            assert_eq!(board["items"].as_array().unwrap().len(), 2, "{board}");
            assert_eq!((&board["items"][0]["due"], &board["items"][0]["about"]), (&json!("2026-11-09"), &json!("i01")), "8 November is a Sunday");
        }
        town.later(11 * DAY);
        let scene = Scene { town: &town, id };
        scene.act("leader", "lapse", &[], "OVERDUE");
        let window = &account(&town, id, "2026-11-11")["court"]["window"];
        assert_eq!(window["began"], "2027-03-21", "the six months of the suit end later than the instalments: {window}");
    }

    fn aml_53_54_nothing_lapses_is_urged_or_goes_to_court_before_its_day(site) {
        let mut town = town(&site);
        let id = served(&town, 0xe005);
        let barred = |town: &Town<'_>, desk: &str, act: &str, fields: &[(&str, Json)]| Scene { town, id }.try_act(desk, act, fields);
        town.later(17 * DAY);
        assert!(barred(&town, "leader", "lapse", &[]).contains("lapse_early"), "行政处罚法 67: 8 October is the last day");
        assert!(town.flags(id).is_empty(), "a time that is not over is no fault");
        town.later(DAY);
        Scene { town: &town, id }.act("leader", "lapse", &[], "OVERDUE");
        let urge = |at: i64| [("urge", json!({ "amount_fen": 100_000, "served_ms": at, "way": "direct" }))];
        let early = barred(&town, "leader", "urge", &urge(town.now() - 5 * DAY));
        assert!(early.contains("urge_early"), "{early}");
        Scene { town: &town, id }.act("leader", "urge", &urge(town.now()), "URGED");
        let court = |town: &Town<'_>| [("court", json!({ "applied_ms": town.now(), "court": "宁波市鄞州区人民法院" }))];
        Scene { town: &town, id }.approve("apply_court");
        let why = barred(&town, "head", "apply_court", &court(&town));
        assert!(why.contains("court_urge_short") && why.contains("court_remedy_open"), "行政强制法 53, 54: {why}");
        // A review in time: no surcharge meanwhile, and no court.
        let review = json!({ "kind": "review", "filed": "2026-10-09" });
        {
            let scene = Scene { town: &town, id };
            assert_eq!(scene.refused("leader", "remedies", &review).0, 403);
            assert_eq!(scene.refused("reviewer", "remedies", &json!({ "kind": "review", "filed": "2026-09-20" })).0, 422, "before the service");
            let first = scene.done("reviewer", "remedies", &review);
            assert_eq!(scene.done("reviewer", "remedies", &review)["dot"], first["dot"]);
            assert_eq!(scene.refused("reviewer", "remedies", &json!({ "kind": "suit", "filed": "2026-10-09" })).1, "conflict", "one at a time");
        }
        town.later(40 * DAY);
        let shown = account(&town, id, "2026-11-18");
        assert_eq!((&shown["account"]["surcharge_fen"], &shown["court"]["window"]["pending"], &shown["court"]["open"]), (&json!(0), &json!("review-2026-10-09"), &json!(false)), "行政处罚法 73: {shown}");
        assert!(barred(&town, "head", "apply_court", &court(&town)).contains("court_remedy_pending"));
        let line = town.get("head", "/api/v1/deadlines?code=court_window&state=stands");
        assert_eq!(line["items"].as_array().unwrap().len(), 1, "{line}");
        {
            let scene = Scene { town: &town, id };
            let end = json!({ "ended": "2026-11-18", "outcome": "upheld" });
            assert_eq!(scene.refused("reviewer", "remedies/none/end", &end).0, 404);
            assert_eq!(scene.refused("reviewer", "remedies/review-2026-10-09/end", &json!({ "ended": "2026-10-08", "outcome": "upheld" })).0, 422);
            let ended = scene.done("reviewer", "remedies/review-2026-10-09/end", &end);
            assert_eq!(scene.done("reviewer", "remedies/review-2026-10-09/end", &end)["dot"], ended["dot"]);
            assert_eq!(scene.refused("reviewer", "remedies/review-2026-10-09/end", &json!({ "ended": "2026-11-18", "outcome": "revoked" })).1, "conflict");
            assert_eq!(site.audited("case.remedy").len(), 2);
        }
        let window = account(&town, id, "2026-11-18")["court"]["window"].clone();
        assert_eq!((&window["opens"], &window["closes"]), (&json!("2026-12-04"), &json!("2027-03-03")), "行政诉讼法 45: fifteen days to sue, then three months: {window}");
        town.later(106 * DAY);
        let late = barred(&town, "head", "apply_court", &court(&town));
        assert!(late.contains("court_window_closed"), "行政强制法 53: {late}");
        assert_eq!(town.get("head", "/api/v1/deadlines?code=court_window&state=overdue")["items"].as_array().unwrap().len(), 1);
    }

    fn the_court_is_asked_within_its_three_months(site) {
        let mut town = town(&site);
        let id = served(&town, 0xe006);
        town.later(30 * DAY);
        let scene = Scene { town: &town, id };
        scene.act("leader", "lapse", &[], "OVERDUE");
        scene.act("leader", "urge", &[("urge", json!({ "amount_fen": 100_000, "served_ms": town.now(), "way": "direct" }))], "URGED");
        town.later(153 * DAY);
        let before = account(&town, id, "2027-03-22");
        assert_eq!(before["court"]["open"], false, "the six months to sue end on Sunday 2027-03-21 and so on Monday: {before}");
        assert_eq!(account(&town, id, "2027-03-23")["court"]["open"], true);
        let scene = Scene { town: &town, id };
        scene.approve("apply_court");
        scene.act("head", "apply_court", &[("court", json!({ "applied_ms": town.now(), "court": "宁波市鄞州区人民法院" }))], "COURT_APPLIED");
        assert_eq!(town.get("head", "/api/v1/deadlines?code=court_window&state=done")["items"].as_array().unwrap().len(), 1);
    }

    fn a_file_is_archived_complete_by_its_call_alone(site) {
        let mut town = town(&site);
        let id = served(&town, 0xe007);
        town.later(DAY);
        let scene = Scene { town: &town, id };
        let all = fine(&town, id);
        scene.done("leader", "payments", &payment("P1", all, "2026-09-22"));
        let (status, code, _) = scene.refused("reviewer", "archive", &json!({}));
        assert_eq!((status, code.as_str()), (409, "conflict"), "no file");
        scene.act("leader", "perform", &[("performed", json!({ "corrected": true, "done_ms": town.now() }))], "PERFORMED");
        scene.write("leader", &[("order", json!({ "demand": "清理", "served_ms": town.now() }))]);
        scene.approve("close");
        let open = scene.try_act("head", "close", &[]);
        assert!(open.contains("correction_unreviewed"), "行政处罚法 28: {open}");
        scene.write("leader", &[("order", json!({ "demand": "清理", "recheck": "corrected", "rechecked_ms": town.now(), "served_ms": town.now() }))]);
        scene.act("head", "close", &[], "CLOSED");
        let archive = town.get("head", "/api/v1/deadlines?code=archive");
        assert_eq!(archive["items"][0]["due"], "2026-10-22", "thirty days: {archive}");
        assert_eq!(scene.refused("leader", "archive", &json!({})).0, 403);
        let (_, code, why) = scene.refused("reviewer", "archive", &json!({}));
        assert!(code == "conflict" && why.contains("dossier"), "{why}");
        let around = town.act("reviewer", id, "archive", &[], &json!({}));
        assert_eq!(problem(around), (403, "forbidden".into()), "no way around the call");
        assert_eq!(scene.stage(), "CLOSED");
    }
}
