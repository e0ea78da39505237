//! Whole lives of cases through the public API, on both engines: every step by whom it belongs to, every refusal by its reason,
//! and the documents that each of them leaves behind.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use zhifa_server::org::{Role, Scope};

use crate::harness::{ok, problem, record};
use crate::on_both;
use crate::town::{DAY, Fields, HOUR, Town};

/// A case, and who works on it.
struct Life<'t, 's> {
    town: &'t mut Town<'s>,
    id: RecordId,
}

/// The town with everybody whom a case needs.
fn town(site: &crate::harness::Site) -> Town<'_> {
    let mut town = Town::new(site, &["chen-yifan", "lin-xiaohe"]);
    for (id, role) in [("leader", Role::SquadLeader), ("legal", Role::Reviewer), ("chair", Role::Reviewer)] {
        let officer = site.officer_of(id, &[role], "squad-juxian", Some(Scope::District), &[]);
        town.desks.insert(id, site.log_in(&officer));
    }
    town
}

impl<'t, 's> Life<'t, 's> {
    fn begin(town: &'t mut Town<'s>, n: u128, fields: Fields<'_>) -> Life<'t, 's> {
        let id = record(n);
        town.begin("case", id, fields);
        Life { town, id }
    }

    fn write(&self, desk: &str, fields: Fields<'_>) {
        let record = self.town.look(self.id);
        let dots = |key: &str| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default();
        let edits: Vec<Json> = fields.iter().map(|(key, value)| json!({ "field": key, "value": value, "replaces": dots(key) })).collect();
        let done: Json = ok(self.town.post(desk, &format!("/api/v1/records/{}/edits", self.id), &json!({ "edits": edits })));
        assert_eq!(done["disposition"]["state"], "applied", "{done}");
    }

    /// What came of an act: the reasons of a refusal, or none.
    fn try_act(&self, desk: &str, act: &str, fields: Fields<'_>) -> Vec<String> {
        let response = self.town.act(desk, self.id, act, fields, &json!({}));
        let status = response.status();
        let said: Json = response.json().unwrap();
        if !status.is_success() {
            let findings = said["findings"].as_array().or(said["against"].as_array());
            return findings.map(|all| all.iter().map(|f| f["code"].as_str().unwrap_or_default().to_owned()).collect()).unwrap_or_else(|| vec![said.to_string()]);
        }
        let reasons = ["refused", "excepted"].into_iter().flat_map(|kind| said["disposition"][kind].as_array().cloned().unwrap_or_default());
        reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
    }

    fn act(&self, desk: &str, act: &str, fields: Fields<'_>, stage: &str) {
        assert_eq!(self.try_act(desk, act, fields), [""; 0], "{act}");
        assert_eq!(self.town.stage(self.id), stage, "{act}");
    }

    /// The opinions of a step: whoever handles it, and the head.
    fn approve(&self, step: &str) {
        for (desk, voice) in [("leader", "handler"), ("head", "head")] {
            let body = json!({ "step": step, "voice": voice, "agrees": true, "text": "事实清楚，程序合法，拟同意" });
            ok::<Json>(self.town.post(desk, &format!("/api/v1/cases/{}/opinions", self.id), &body));
        }
    }

    /// An act that the head approves.
    fn headed(&self, act: &str, fields: Fields<'_>, stage: &str) {
        self.approve(act);
        self.act("head", act, fields, stage);
    }

    fn now(&self) -> i64 {
        self.town.now()
    }

    /// A document drawn up now: its number if it has one, and at least a page.
    fn document(&self, sort: &str, of: Option<&str>) -> Json {
        let made: Json = ok(self.town.post("leader", &format!("/api/v1/records/{}/documents", self.id), &json!({ "type": sort, "of": of })));
        assert_eq!(made["document"]["state"], "sealed", "{made}");
        assert!(made["document"]["pages"].as_i64().unwrap() >= 1, "{made}");
        self.file(&made["id"], &made["document"]["digest"]);
        made
    }

    /// The file of a document, whose digest is the one on the record. Kept for a look with `ZHIFA_KEEP_DOCUMENTS=<folder>`.
    fn file(&self, document: &Json, digest: &Json) -> Vec<u8> {
        let (id, document) = (self.id, document.as_str().unwrap());
        let url = self.town.site.get(&format!("/api/v1/records/{id}/documents/{document}/file"));
        let response = url.bearer_auth(&self.town.desks["leader"]).send().unwrap();
        assert_eq!(response.status(), 200);
        let pdf = response.bytes().unwrap().to_vec();
        assert!(pdf.starts_with(b"%PDF-") && *digest == sync_core::base::Digest::plain(&pdf).to_string());
        if let Some(folder) = std::env::var_os("ZHIFA_KEEP_DOCUMENTS") {
            std::fs::write(std::path::Path::new(&folder).join(format!("{id}-{document}.pdf")), &pdf).unwrap();
        }
        pdf
    }
}

fn signature(by: &str) -> Json {
    json!({ "by": by, "h": 300, "role": "当事人", "strokes": [[20, 40, 120, 260, 200, 60], [300, 50, 420, 240]], "w": 600 })
}

fn handlers(town: &Town<'_>) -> Vec<(String, Json)> {
    let one = |id: &str, role: &str| (format!("handlers.{id}"), json!({ "certificate": town.officer(id).certificate, "name": town.officer(id).name, "role": role }));
    vec![one("chen-yifan", "lead"), one("lin-xiaohe", "officer")]
}

fn borrowed(fields: &[(String, Json)]) -> Vec<(&str, Json)> {
    fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect()
}

const FIRM: &[(&str, &str)] = &[
    ("party.address", "宁波国家高新区聚贤路100号"),
    ("party.kind", "organisation"),
    ("party.legal_rep", "王建国"),
    ("party.name", "宁波某某建筑工程有限公司"),
    ("party.phone", "13800000000"),
    ("party.uscc", "91330201MA2AJ1XX0K"),
];

/// A clue about a firm, on a matter, found today.
fn clue(town: &Town<'_>, matter: &str, fact: &str, source: &str) -> Vec<(&'static str, Json)> {
    let today = "2026-09-21";
    let mut fields: Vec<(&'static str, Json)> = vec![
        ("act_date", json!(today)),
        ("area", json!("nb-gaoxin")),
        ("clue", json!({ "fact": fact, "found_ms": town.now(), "source": source })),
        ("found_date", json!(today)),
        ("matter", json!(matter)),
        ("title", json!("宁波某某建筑工程有限公司未按规定清运建筑垃圾案")),
        ("unit", json!("squad-juxian")),
    ];
    fields.extend(FIRM.iter().map(|(key, value)| (*key, json!(value))));
    fields
}

/// Everything from the filing to the end of the investigation.
fn investigated(life: &Life<'_, '_>) {
    life.headed("file", &[], "FILED");
    life.write("leader", &borrowed(&handlers(life.town)));
    life.act("leader", "investigate", &[], "INVESTIGATING");
    let (from, until) = (life.now() - 2 * HOUR, life.now() - HOUR);
    let inquiry = json!({
        "by": ["chen-yifan", "lin-xiaohe"], "certificates_shown": true, "ended_ms": until, "id_no": "330203198001010011", "name": "李四", "place": "聚贤中队询问室",
        "qa": [{ "q": "你单位是否按规定路线清运？", "a": "没有，司机抄了近路，沿途有遗撒。" }, { "q": "是否已经清理？", "a": "当天已清理。" }],
        "read_back": true, "relation": "项目负责人", "rights_told": true, "signature": "li", "started_ms": from
    });
    let fields = [
        ("elements.m1", json!({ "evidence": ["e1"], "fact": "运输车辆沿途遗撒建筑垃圾约三百米" })),
        ("evidence.e1", json!({ "by": "chen-yifan", "fact": "沿途遗撒", "kind": "audiovisual", "second": "lin-xiaohe", "taken_ms": from })),
        ("facts", json!("2026年9月21日，当事人在聚贤路运输建筑垃圾时未按规定路线行驶，沿途遗撒约三百米。")),
        ("inquiries.i1", inquiry),
        ("rights", json!({ "at_ms": from, "signature": "li" })),
        ("signatures.li", signature("李四")),
    ];
    life.write("leader", &fields);
    assert_eq!(life.try_act("leader", "conclude", &[]), ["fact_unproven"], "行政处罚法 46: 证据须经查证属实");
    let verified = life.town.post("reviewer", &format!("/api/v1/cases/{}/evidence/e1/verify", life.id), &json!({ "excluded": false, "reason": "与原件核对一致" }));
    ok::<Json>(verified);
    life.act("leader", "conclude", &[], "INVESTIGATED");
}

/// From the end of the investigation to the decision, with a hearing, a legal review after it and a discussion.
fn decided(life: &mut Life<'_, '_>) {
    let review = |by: &str| json!({ "which": if by == "reviewer" { "case" } else { "legal" }, "outcome": "agree", "issues": "无", "opinion": "事实清楚，证据确凿", "certificate": "A20193302000001" });
    let id = life.id;
    ok::<Json>(life.town.post("reviewer", &format!("/api/v1/cases/{id}/reviews"), &review("reviewer")));
    assert_eq!(life.town.stage(id), "CASE_REVIEWED");
    ok::<Json>(life.town.post("legal", &format!("/api/v1/cases/{id}/reviews"), &review("legal")));
    assert_eq!(life.town.stage(id), "LEGAL_REVIEWED");
    let proposal = [
        ("discretion", json!({ "circumstances": ["初次违法", "遗撒范围较小"], "leniency": "standard", "reason": "遗撒约三百米，当日清理，情节一般", "tier": 0 })),
        ("penalty", json!({ "amount_fen": 15_000_000, "basis": "《宁波市建筑垃圾管理条例》相应条款", "kind": "fine", "surcharge_told": true })),
        ("weighty", json!(["heavy_penalty"])),
    ];
    life.write("leader", &proposal);
    life.document("investigation_report", None);
    life.document("prior_notice", None);
    life.document("hearing_offer", None);
    let told =
        json!({ "amount_fen": 15_000_000, "confiscation_fen": 0, "hearing_told": true, "kinds": ["fine"], "number": 1, "served_ms": life.now(), "to": "王建国", "way": "direct" });
    life.act("leader", "pre_notice", &[("pre_notice", told)], "PRE_NOTICED");
    // The party states its case and asks for a hearing in time; the notice of the hearing comes seven working days before.
    life.town.later(2 * DAY);
    life.write("leader", &[("defence", json!({ "at_ms": life.now(), "statement": "我司已当日清理，请求从轻处罚。" })), ("hearing", json!({ "requested_ms": life.now() }))]);
    assert_eq!(life.try_act("leader", "close_defence", &[]), ["defence_open", "hearing_open"], "行政处罚法 45, 64");
    let (notice, at) = (life.now(), life.now() + 20 * DAY);
    let called =
        json!({ "at_ms": at, "chair": "chair", "notice_ms": notice, "open": true, "place": "宁波国家高新区综合行政执法队听证室", "recorder": "legal", "requested_ms": notice });
    life.act("reviewer", "call_hearing", &[("hearing", called.clone())], "HEARING");
    life.document("hearing_notice", None);
    life.town.later(20 * DAY);
    let mut held = called;
    held["ended_ms"] = json!(life.now() + HOUR);
    held["record"] = json!("调查人员陈述事实、证据和拟处罚；当事人陈述申辩并质证；双方最后陈述。");
    held["opinion"] = json!("事实清楚，证据确凿，拟处罚适当，建议维持。");
    life.act("reviewer", "hear", &[("hearing", held)], "HEARD");
    life.document("hearing_record", None);
    life.document("hearing_report", None);
    let reviewed =
        json!({ "at_ms": life.now(), "review": "当日清理属实，已在裁量中考虑，拟处罚金额不变。", "reviewer": "reviewer", "statement": "我司已当日清理，请求从轻处罚。" });
    life.write("leader", &[("defence", reviewed)]);
    life.town.later(DAY);
    life.approve("decide");
    let refused = life.try_act("head", "decide", &[]);
    assert!(refused.contains(&"legal_review_due".to_owned()) && refused.contains(&"discussion_due".to_owned()), "行政处罚法 57, 58: {refused:?}");
    ok::<Json>(life.town.post("legal", &format!("/api/v1/cases/{id}/reviews"), &review("legal")));
    let views = json!([
        { "member": "head", "name": "周主任", "view": "同意处罚建议" },
        { "member": "deputy", "name": "吴副主任", "view": "同意" },
        { "member": "third", "name": "郑科长", "view": "金额偏高，建议十二万元", "against": true },
    ]);
    let discussion = json!({ "chair": "head", "decision": "多数同意，罚款十五万元。", "place": "会议室", "recorder": "legal", "views": views });
    ok::<Json>(life.town.post("head", &format!("/api/v1/cases/{id}/discussion"), &discussion));
    assert_eq!(life.town.stage(id), "DISCUSSED");
    life.document("discussion_record", None);
    // A heavier outcome than was told is refused, and nothing else is.
    let heavier = json!({ "amount_fen": 20_000_000, "basis": "《宁波市建筑垃圾管理条例》相应条款", "kind": "fine", "surcharge_told": true });
    life.write("leader", &[("penalty", heavier)]);
    assert_eq!(life.try_act("head", "decide", &[]), ["heavier_than_noticed"], "行政处罚法 45 第二款");
    life.write("leader", &[("penalty", json!({ "amount_fen": 15_000_000, "basis": "《宁波市建筑垃圾管理条例》相应条款", "kind": "fine", "surcharge_told": true }))]);
    life.act("head", "decide", &[], "DECIDED");
    life.document("penalty_approval", None);
}

on_both! {
    fn a_general_case_is_heard_discussed_decided_unpaid_urged_taken_to_court_closed_and_archived(site) {
        let mut town = town(&site);
        let fields = clue(&town, "UM-006", "运输建筑垃圾沿途遗撒", "complaint");
        let mut life = Life::begin(&mut town, 0xc001, &fields);
        let id = life.id;
        life.write("leader", &borrowed(&handlers(life.town)));
        let early: Json = life.town.post("leader", &format!("/api/v1/records/{id}/documents"), &json!({ "type": "penalty_decision" })).json().unwrap();
        assert_eq!(early["code"], "conflict", "a decision is not printed before it is taken: {early}");
        investigated(&life);
        life.document("clue_registration", None);
        life.document("filing_approval", None);
        life.document("inquiry_record", Some("i1"));
        decided(&mut life);
        let decision = life.document("penalty_decision", None);
        let number = decision["document"]["no"].as_str().unwrap();
        assert!(number.ends_with("〔2026〕第0001号"), "{number}");
        assert_eq!(life.town.field(id, "decision_no"), [json!(number)]);
        let again: Json = ok(life.town.post("leader", &format!("/api/v1/records/{id}/documents"), &json!({ "type": "penalty_decision" })));
        assert_eq!((again["id"].clone(), again["document"]["digest"].clone()), (decision["id"].clone(), decision["document"]["digest"].clone()), "asked twice, made once");
        // Three documents on one receipt (三书同达): the decision alone does not reach a firm.
        let served = |documents: &[&Json]| json!({ "documents": documents, "received_ms": life.now(), "signature": "wang", "to": "王建国", "way": "direct" });
        assert_eq!(life.try_act("leader", "serve", &[("served", served(&[&decision["id"]])), ("signatures.wang", signature("王建国"))]), ["documents_apart"], "国办发〔2025〕22号");
        let menu = life.town.get("leader", &format!("/api/v1/cases/{id}/advice"))["menu"].clone();
        let advice = json!({ "choices": [{ "item": menu[0]["item"], "measures": [0, 3] }], "follow_up": "2026-12-31", "measures": ["每月组织一次驾驶员培训"] });
        ok::<Json>(life.town.post("leader", &format!("/api/v1/cases/{id}/advice"), &advice));
        let advised = life.document("compliance_advice", None);
        let told = life.document("repair_notice", None);
        assert_eq!(life.try_act("leader", "serve", &[("served", served(&[&decision["id"], &advised["id"]]))]), ["documents_apart"], "two of three");
        life.act("leader", "serve", &[("served", served(&[&decision["id"], &advised["id"], &told["id"]])), ("signatures.wang", signature("王建国"))], "SERVED");
        let receipt = life.document("service_receipt", None);
        let model = life.town.get("leader", &format!("/api/v1/records/{id}/documents/{}/model", receipt["id"].as_str().unwrap())).to_string();
        for name in ["《行政处罚决定书》", "《行政合规建议书》", "《信用修复告知书》"] {
            assert!(model.contains(name), "one receipt names all three: {model}");
        }
        assert_eq!(life.try_act("leader", "perform", &[]), ["not_performed"], "行政处罚法 66");
        // Fifteen days and the surcharge up to the cap; then the demand, ten working days, and the end of all remedies.
        life.town.later(60 * DAY);
        life.act("leader", "lapse", &[], "OVERDUE");
        life.act("leader", "urge", &[("urge", json!({ "amount_fen": 30_000_000, "served_ms": life.now(), "way": "direct" }))], "URGED");
        life.document("urging_letter", None);
        life.town.later(15 * DAY);
        life.approve("apply_court");
        let court = json!({ "applied_ms": life.now(), "court": "宁波市鄞州区人民法院" });
        let barred = life.try_act("head", "apply_court", &[("court", court)]);
        assert!(!barred.is_empty(), "行政强制法 53: 六个月起诉期限未满");
        life.town.later(130 * DAY);
        let court = json!({ "applied_ms": life.now(), "court": "宁波市鄞州区人民法院" });
        life.act("head", "apply_court", &[("court", court.clone())], "COURT_APPLIED");
        life.document("court_application", None);
        let mut ended = court;
        ended["ended_ms"] = json!(life.now() + DAY);
        ended["result"] = json!("enforced");
        life.town.later(2 * DAY);
        life.act("reviewer", "end_enforcement", &[("court", ended)], "ENFORCED");
        let ordered = json!({ "deadline": "2026-09-30", "demand": "清理遗撒的建筑垃圾", "recheck": "corrected", "rechecked_ms": life.now(), "served_ms": life.now() });
        let performed = json!({ "corrected": true, "done_ms": life.now(), "paid_fen": 30_000_000 });
        life.headed("close", &[("order", ordered), ("performed", performed)], "CLOSED");
        life.document("closing_approval", None);
        let file: Json = ok(life.town.post("leader", &format!("/api/v1/records/{id}/dossier"), &json!({})));
        assert!(file["pages"].as_i64().unwrap() > 15, "{file}");
        life.file(&file["id"], &file["digest"]);
        let around = life.town.act("reviewer", id, "archive", &[], &json!({}));
        assert_eq!(problem(around), (403, "forbidden".into()), "into the archive only by the call that compares the file");
        let kept: Json = ok(life.town.post("reviewer", &format!("/api/v1/cases/{id}/archive"), &json!({})));
        assert_eq!(life.town.stage(id), "ARCHIVED", "{kept}");
        let archive = &life.town.field(id, "archive")[0];
        assert_eq!((&archive["digest"], &archive["pages"]), (&file["digest"], &file["pages"]), "档案法 37: {archive}");
    }

    fn a_first_violation_that_was_corrected_is_not_punished_and_the_party_is_taught(site) {
        let mut town = town(&site);
        let fields = clue(&town, "UM-011", "擅自占用城市道路堆放材料", "inspection");
        let life = Life::begin(&mut town, 0xc002, &fields);
        investigated(&life);
        life.approve("not_punish");
        assert_eq!(life.try_act("head", "not_punish", &[]), ["no_exemption", "no_education"], "行政处罚法 33");
        let fields = [
            ("education", json!({ "at_ms": life.now(), "by": "chen-yifan", "commitment": "li", "text": "已进行普法教育，当事人签署承诺书" })),
            ("exemption", json!({ "clause": "first_time", "corrected_ms": life.now(), "reason": "初次违法，危害后果轻微并及时改正" })),
        ];
        life.act("head", "not_punish", &fields, "NOT_PUNISHED");
        let decision = life.document("no_penalty_decision", None);
        assert!(decision["document"]["no"].as_str().unwrap().contains("不罚字"), "{decision}");
        let served = json!({ "received_ms": life.now(), "signature": "li", "to": "李四", "way": "direct" });
        life.act("leader", "serve", &[("served", served)], "NOT_PUNISHED");
        life.headed("close", &[], "CLOSED");
    }

    fn a_filing_that_should_not_have_been_is_withdrawn_with_reasons(site) {
        let mut town = town(&site);
        let fields = clue(&town, "UM-011", "擅自占用城市道路", "media");
        let life = Life::begin(&mut town, 0xc003, &fields);
        life.headed("file", &[], "FILED");
        life.write("leader", &borrowed(&handlers(life.town)));
        assert_eq!(life.try_act("head", "withdraw", &[]), ["no_opinion"], "domain.md §5.3: 负责人审批");
        life.headed("withdraw", &[], "WITHDRAWN");
        life.document("stay_approval", None);
    }
}
