//! Penalties over HTTP: the crossing of 2026-08-15 with both laws offered, the range, the deviation, ratios and units, the order
//! that comes first, and that a defence makes nothing heavier (`domain.md` §0.1, §5.8).

use serde_json::{Value as Json, json};

use crate::case_fast::{Scene, town};
use crate::harness::ok;
use crate::on_both;
use crate::town::DAY;

const YUAN: i64 = 100;

fn firm(matter: &str, more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
    let mut fields =
        vec![("matter", json!(matter)), ("party.kind", json!("organisation")), ("party.name", json!("宁波某某建筑工程有限公司")), ("party.uscc", json!("91330201MA2AJ1XX0K"))];
    fields.extend(more.iter().cloned());
    fields
}

/// Filed, investigated, reviewed: what a proposal waits for.
fn reviewed(scene: &Scene<'_, '_>) {
    scene.approve("file");
    scene.act("head", "file", &[], "FILED");
    scene.act("leader", "investigate", &[], "INVESTIGATING");
    scene.act("leader", "conclude", &[], "INVESTIGATED");
    review(scene, "reviewer", "case");
    assert_eq!(scene.stage(), "CASE_REVIEWED");
}

fn review(scene: &Scene<'_, '_>, desk: &str, which: &str) {
    scene.done(desk, "reviews", &json!({ "which": which, "outcome": "agree", "issues": "无", "opinion": "两个条文均已审看", "certificate": "A20193302000001" }));
}

fn shown(scene: &Scene<'_, '_>, query: &str) -> Json {
    scene.town.get("leader", &scene.path(&format!("penalty{query}")))
}

fn fine(yuan: i64) -> Json {
    json!({ "kind": "fine", "amount_fen": yuan * YUAN, "reason": "情节一般" })
}

/// What a notice or a decision waits for, tried without writing anything.
fn barred(scene: &Scene<'_, '_>, yuan: i64) -> String {
    let told = json!({ "amount_fen": yuan * YUAN, "confiscation_fen": 0, "hearing_told": true, "kinds": ["fine"], "number": 1, "served_ms": scene.town.now(), "to": "王某", "way": "direct" });
    scene.try_act("leader", "pre_notice", &[("pre_notice", told)])
}

on_both! {
    fn a_case_that_crosses_the_code_is_offered_both_laws_and_decided_under_the_lighter_one(site) {
        let mut town = town(&site);
        // Hazardous waste without labels, put right in time: 固废法 112 then, 生态环境法典 1175 now.
        let order = json!({ "deadline": "2026-09-01", "recheck": "corrected", "rechecked_ms": town.now() - DAY, "served_ms": town.now() - 30 * DAY });
        let id = {
            let scene = Scene::begin(&town, 0x9e00, &firm("EE-015", &[]));
            scene.write("leader", &[("act_date", json!("2026-08-10")), ("act_end", json!("2026-08-14")), ("order", order)]);
            reviewed(&scene);
            let both = shown(&scene, "");
            assert_eq!((both["law"]["rule"].as_str(), both["law"]["bound"].as_str(), &both["law"]["chosen"]), (Some("new_is_lighter"), Some("now"), &Json::Null), "{both}");
            assert_eq!(both["law"]["then"]["clause"], "《固体废物污染环境防治法》第一百一十二条（罚款100000.00元至1000000.00元）");
            assert!(both["law"]["now"]["clause"].as_str().unwrap().starts_with("《生态环境法典》第一千一百七十五条"), "{both}");
            assert_eq!((both["law"]["then"]["until"].as_str(), both["law"]["now"]["from"].as_str()), (Some("2026-08-15"), Some("2026-08-15")));
            assert!(both["law"]["zh"].as_str().unwrap().contains("新规定处罚较轻"));
            assert_eq!((&both["suggestion"]["range"]["min"], &both["suggestion"]["range"]["max"]), (&json!(50_000 * YUAN), &json!(200_000 * YUAN)));
            scene.done("leader", "penalty", &fine(60_000));
            assert!(barred(&scene, 60_000).contains("law_choice_due"), "{}", barred(&scene, 60_000));
            let choose = |side: &str, reason: &str| json!({ "chosen": side, "reason": reason });
            let (status, _, why) = scene.refused("leader", "law-choice", &choose("then", "旧法"));
            assert!(status == 422 && why.contains("从旧兼从轻"), "{why}");
            assert_eq!(scene.refused("leader", "law-choice", &choose("now", " ")).0, 422);
            scene.done("leader", "law-choice", &choose("now", "行为终了于法典施行前，已按期改正，新规定较轻"));
            let chosen = scene.field("law_choice");
            assert_eq!((chosen["then_clause"].as_str(), chosen["rule"].as_str()), (both["law"]["then"]["clause"].as_str(), Some("new_is_lighter")));
            assert_eq!(scene.field("law"), chosen["now_clause"]);
            assert!(barred(&scene, 60_000).contains("law_choice_unreviewed"), "行政处罚法 58: legal review sees both");
            scene.id
        };
        town.later(60_000);
        let scene = Scene { town: &town, id };
        review(&scene, "legal", "legal");
        scene.noticed(60_000 * YUAN, "PRE_NOTICED");
        scene.write("leader", &[("defence", json!({ "at_ms": town.now(), "signature": "wang", "waived": true }))]);
        scene.act("leader", "close_defence", &[], "DEFENCE_CLOSED");
        scene.approve("decide");
        let law = shown(&scene, "")["law"].clone();
        assert_eq!((law["chosen"].as_str(), law["applies"].as_str()), (Some("now"), Some("now")));
        // A fine from the threshold of a hearing on is discussed (行政处罚法 57).
        let view = |member: &str| json!({ "member": member, "name": member, "view": "同意适用新规定" });
        let views = json!([view("head"), view("deputy"), view("third")]);
        scene.done("head", "discussion", &json!({ "chair": "head", "decision": "罚款六万元", "place": "会议室", "recorder": "legal", "views": views }));
        scene.act("head", "decide", &[], "DECIDED");
        assert_eq!(scene.field("law_choice")["chosen"], "now");
    }

    fn slurry_before_the_code_stays_under_the_old_clause(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0x9e10, &firm("EE-012", &[("act_date", json!("2026-08-14"))]));
        assert_eq!(shown(&scene, "")["law"]["rule"], "old");
        let (status, _, why) = scene.refused("leader", "penalty", &fine(300_000));
        assert!(status == 422 && why.contains("20000.00 to 200000.00"), "水污染防治法 85: {why}");
        scene.done("leader", "law-choice", &json!({ "chosen": "then", "reason": "新规定更重" }));
        scene.done("leader", "penalty", &fine(30_000));
        assert_eq!(scene.field("penalty")["basis"], "《水污染防治法》第八十五条第一款第(四)项");
        assert_eq!(scene.refused("leader", "law-choice", &json!({ "chosen": "now", "reason": "从重" })).0, 422);
        let same = Scene::begin(&town, 0x9e11, &firm("EE-012", &[]));
        assert_eq!(same.refused("leader", "law-choice", &json!({ "chosen": "then", "reason": "x" })).1, "conflict", "one law on both days");
    }

    fn laws_that_cannot_be_compared_wait_for_a_choice(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0x9e20, &firm("EE-015", &[("act_date", json!("2026-08-14"))]));
        let open = shown(&scene, "");
        assert_eq!((open["law"]["rule"].as_str(), &open["suggestion"]), (Some("undetermined"), &Json::Null));
        assert_eq!(scene.refused("leader", "penalty", &fine(100_000)).1, "conflict");
        scene.done("leader", "law-choice", &json!({ "chosen": "now", "reason": "未拒不改正，新规定上限较低" }));
        assert_eq!(shown(&scene, "")["suggestion"]["range"]["max"], json!(200_000 * YUAN));
        scene.done("leader", "penalty", &fine(100_000));
    }

    fn a_fine_outside_the_range_is_refused_and_barred_and_mitigation_needs_its_ground(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0x9e30, &firm("EE-001", &[]));
        reviewed(&scene);
        let (status, _, why) = scene.refused("leader", "penalty", &fine(100_001));
        assert!(status == 422 && why.contains("nothing lets a fine go above"), "{why}");
        let (status, _, why) = scene.refused("leader", "penalty", &fine(9_999));
        assert!(status == 422 && why.contains("行政处罚法 32"), "{why}");
        let ungrounded = json!({ "kind": "fine", "amount_fen": 5_000 * YUAN, "leniency": "mitigated", "reason": "从宽" });
        assert!(scene.refused("leader", "penalty", &ungrounded).2.contains("30 to 32"));
        // Written past the call, the finding bars it.
        scene.write("leader", &[("penalty", json!({ "amount_fen": 100_001 * YUAN, "basis": "x", "kind": "fine" })), ("discretion", json!({ "reason": "x" }))]);
        assert!(barred(&scene, 100_001).contains("out_of_range"));
        assert!(town.flags(scene.id).contains(&"out_of_range".to_owned()));
        let grounded = json!({
            "kind": "fine", "amount_fen": 5_000 * YUAN, "circumstances": ["removed_harm"], "leniency": "mitigated", "ground": "行政处罚法第三十二条第一项",
            "reason": "主动停工并安装隔声屏障",
        });
        scene.done("leader", "penalty", &grounded);
        assert_eq!(scene.field("discretion")["suggested_max"], json!(10_000 * YUAN - 1));
        assert!(!town.flags(scene.id).contains(&"out_of_range".to_owned()));
        scene.noticed(5_000 * YUAN, "PRE_NOTICED");
    }

    fn a_deviation_from_the_band_needs_reasons_and_a_reviewer(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0x9e40, &firm("EE-001", &[]));
        reviewed(&scene);
        let tried = shown(&scene, &format!("?amount_fen={}&circumstances=merit", 90_000 * YUAN));
        assert_eq!((&tried["amount"]["within_band"], &tried["amount"]["deviation_due"], tried["amount"]["place"].as_str()), (&json!(false), &json!(true), Some("legal")));
        assert_eq!((tried["suggestion"]["leniency"].as_str(), &tried["suggestion"]["band"]["max"]), (Some("lighter"), &json!(55_000 * YUAN)));
        assert!(tried["suggestion"]["reasons"].as_array().unwrap().iter().any(|r| r["basis"] == "行政处罚法第三十二条第四项"), "{tried}");
        assert_eq!((&tried["hearing"]["reached"], &tried["hearing"]["from_fen"]), (&json!(true), &json!(50_000 * YUAN)), "行政处罚法 63");
        let mut away = json!({ "kind": "fine", "amount_fen": 90_000 * YUAN, "circumstances": ["merit"], "reason": "有立功表现" });
        let (status, _, why) = scene.refused("leader", "penalty", &away);
        assert!(status == 422 && why.contains("a reviewer has to agree"), "{why}");
        away["deviation"] = json!("夜间施工持续多日，群众反映强烈");
        scene.done("leader", "penalty", &away);
        assert!(barred(&scene, 90_000).contains("deviation_unreviewed"));
        scene.done("reviewer", "opinions", &json!({ "step": "pre_notice", "voice": "reviewer", "agrees": true, "text": "理由成立" }));
        assert!(!town.flags(scene.id).contains(&"deviation_unreviewed".to_owned()));
        scene.noticed(90_000 * YUAN, "PRE_NOTICED");
    }

    fn a_ratio_and_units_are_reckoned_on_a_proven_base(site) {
        let town = town(&site);
        let ratio = Scene::begin(&town, 0x9e50, &firm("HC-001", &[("evidence.contract", json!({ "fact": "合同价款一百万元", "kind": "documentary" }))]));
        let mut body = json!({ "kind": "fine", "amount_fen": 15_000 * YUAN, "reason": "情节一般" });
        let (status, _, why) = ratio.refused("leader", "penalty", &body);
        assert!(status == 422 && why.contains("penalty.count"), "{why}");
        body["count"] = json!(1_000_000 * YUAN);
        body["basis_evidence"] = json!("contract");
        ratio.done("leader", "penalty", &body);
        assert_eq!(shown(&ratio, "")["suggestion"]["range"], json!({ "min": 10_000 * YUAN, "max": 20_000 * YUAN }), "建设工程质量管理条例 57");
        assert!(town.flags(ratio.id).contains(&"basis_unproven".to_owned()), "行政处罚法 46");
        ratio.done("reviewer", "evidence/contract/verify", &json!({ "excluded": false, "reason": "与原件核对一致" }));
        assert!(!town.flags(ratio.id).contains(&"basis_unproven".to_owned()));
        body["amount_fen"] = json!(20_001 * YUAN);
        assert_eq!(ratio.refused("leader", "penalty", &body).0, 422);
        let units = Scene::begin(&town, 0x9e51, &firm("WR-005", &[]));
        assert_eq!(shown(&units, "?count=30")["suggestion"]["range"], json!({ "min": 300 * YUAN, "max": 600 * YUAN }), "水土保持法 55");
        assert!(shown(&units, "")["silent"].as_str().unwrap().contains("penalty.count"));
        units.done("leader", "penalty", &json!({ "kind": "fine", "amount_fen": 450 * YUAN, "count": 30, "basis_evidence": "e1", "reason": "情节一般" }));
        assert!(!town.flags(units.id).iter().any(|code| code == "basis_unproven" || code == "out_of_range"));
    }

    fn a_fine_after_an_order_waits_for_the_order_and_the_re_check(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0x9e60, &firm("WR-001", &[]));
        scene.done("leader", "penalty", &fine(100_000));
        assert!(town.flags(scene.id).contains(&"order_first".to_owned()), "水土保持法 53");
        let order = |recheck: &str| json!({ "deadline": "2026-09-10", "recheck": recheck, "rechecked_ms": town.now(), "served_ms": town.now() - 30 * DAY });
        scene.write("leader", &[("order", order("corrected"))]);
        assert!(town.flags(scene.id).contains(&"order_first".to_owned()));
        scene.write("leader", &[("order", order("not_corrected"))]);
        assert!(!town.flags(scene.id).contains(&"order_first".to_owned()));
    }

    fn kinds_gains_and_bad_input_are_named(site) {
        let town = town(&site);
        let scene = Scene::begin(&town, 0x9e70, &firm("EE-001", &[]));
        let with = |more: Json| {
            let mut body = fine(20_000);
            more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
            body
        };
        let taken = json!([{ "id": "p1", "kind": "confiscation", "amount_fen": 5_000 }]);
        assert!(scene.refused("leader", "penalty", &with(json!({ "further": taken }))).2.contains("行政处罚法 38"));
        scene.write("leader", &[("gains", json!({ "amount_fen": 5_000 }))]);
        scene.done("leader", "penalty", &fine(20_000));
        assert!(town.flags(scene.id).contains(&"gains_left".to_owned()), "行政处罚法 28 第二款");
        scene.done("leader", "penalty", &with(json!({ "further": taken })));
        assert!(!town.flags(scene.id).contains(&"gains_left".to_owned()));
        assert_eq!(scene.field("penalties.p1")["amount_fen"], 5_000);
        scene.done("leader", "penalty", &fine(20_000));
        assert_eq!(scene.field("penalties.p1"), Json::Null, "what is proposed no more is taken back");
        for (more, says) in [
            (json!({ "kind": "flogging" }), "one of warning"),
            (json!({ "amount_fen": 0 }), "above 0"),
            (json!({ "leniency": "mild" }), "one of standard"),
            (json!({ "tier": 5 }), "no such tier"),
            (json!({ "reason": "" }), "must not be empty"),
        ] {
            let (status, _, why) = scene.refused("leader", "penalty", &with(more.clone()));
            assert!(status == 422 && why.contains(says), "{more}: {why}");
        }
        let undated = Scene::begin(&town, 0x9e71, &firm("EE-001", &[("act_date", Json::Null)]));
        assert!(undated.refused("leader", "penalty", &fine(20_000)).2.contains("act_date"));
    }

    fn what_a_defence_brings_is_never_heavier_than_what_was_told(site) {
        let mut town = town(&site);
        let id = {
            let scene = Scene::begin(&town, 0x9e80, &firm("EE-001", &[]));
            reviewed(&scene);
            scene.done("leader", "penalty", &fine(20_000));
            scene.noticed(20_000 * YUAN, "PRE_NOTICED");
            scene.id
        };
        town.later(DAY);
        let scene = Scene { town: &town, id };
        let heard = json!({ "at_ms": town.now(), "review": "不予采纳", "reviewer": "reviewer", "statement": "请求从轻" });
        scene.write("leader", &[("defence", heard)]);
        let closed = scene.try_act("leader", "close_defence", &[]);
        assert_eq!(closed, "", "a statement that was reviewed closes the defence (行政处罚法 45)");
        scene.done("leader", "penalty", &fine(30_000));
        scene.approve("decide");
        assert_eq!(scene.try_act("head", "decide", &[]), "heavier_than_noticed", "行政处罚法 45 第二款");
        scene.done("leader", "penalty", &fine(20_000));
        scene.act("head", "decide", &[], "DECIDED");
        assert_eq!(scene.refused("leader", "penalty", &fine(10_000)).1, "conflict", "a decision is not proposed anew");
        let page: Json = ok(site.get(&format!("/api/v1/records/{id}")).bearer_auth(&town.desks["head"]).send().unwrap());
        assert_eq!(page["stage"], "DECIDED");
    }
}
