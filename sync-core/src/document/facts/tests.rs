//! Every document drawn up from one case and one visit; what is taken away is named.

use serde_json::{Value as Json, json};

use super::*;
use crate::base::date::date;
use crate::base::{DeviceId, RecordId};
use crate::document::{Document, TYPES, template_of, type_of};
use crate::fixtures::papers::{Sample, sample};
use crate::record::{Candidate, Dot, Value};

fn drawn(sample: &Sample, code: &str) -> Document {
    let facts = sample.facts(type_of(code).unwrap()).unwrap();
    template_of(code, sample.day).unwrap().render(&facts).unwrap_or_else(|missing| panic!("{code}: {missing}"))
}

fn said(document: &Document) -> String {
    document.texts().join("\n")
}

#[test]
fn every_document_is_drawn_from_the_sample_and_nothing_is_left_open() {
    let sample = sample().unwrap();
    let mut wrong = Vec::new();
    for (sort, facts) in sample.all().unwrap() {
        match template_of(sort.code, sample.day).unwrap().render(&facts) {
            Err(missing) => wrong.push(format!("{}: {missing}", sort.code)),
            Ok(document) => {
                let text = said(&document);
                wrong.extend(
                    ["{{", "}}", "{%", "none", "undefined", "null", "。。", "。；", "（）"]
                        .iter()
                        .filter(|bad| text.contains(**bad))
                        .map(|bad| format!("{}: {bad} in {text}", sort.code)),
                );
                assert_eq!(document.number.is_some(), sort.zi.is_some(), "{}", sort.code);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A type, a fact of the last column of `domain.md` §8 without which it cannot be drawn up, and the name by which the error knows it.
const NEEDED: &[(&str, &str, &str)] = &[
    ("training_invitation", "/course/place", "course.place"),
    ("training_invitation", "/letter/text", "letter.text"),
    ("inspection_approval", "/task", "task"),
    ("inspection_approval", "/mode", "mode"),
    ("inspection_approval", "/matters", "matters"),
    ("inspection_approval", "/planned", "planned | day"),
    ("inspection_approval", "/officers", "officers"),
    ("inspection_approval", "/times", "times"),
    ("inspection_approval", "/opinions/approve", "opinions.approve"),
    ("inspection_notice", "/bans", "bans"),
    ("inspection_notice", "/complaint_phone", "complaint_phone"),
    ("inspection_notice", "/basis", "basis"),
    ("site_record", "/start_ms", "start_ms | instant"),
    ("site_record", "/place", "place"),
    ("site_record", "/told", "told"),
    ("site_record", "/opinion", "opinion"),
    ("inspection_result", "/conclusion", "conclusion"),
    ("inspection_result", "/findings", "findings"),
    ("order_to_correct", "/order/fact", "order.fact"),
    ("order_to_correct", "/order/clause", "order.clause"),
    ("order_to_correct", "/order/demand", "order.demand"),
    ("recheck_record", "/rechecks", "rechecks"),
    ("clue_registration", "/clue/source", "clue.source"),
    ("clue_registration", "/clue/fact", "clue.fact"),
    ("transfer_letter", "/transfer/to", "transfer.to"),
    ("transfer_letter", "/material_list", "material_list"),
    ("filing_approval", "/clause", "clause"),
    ("filing_approval", "/opinions/file", "opinions.file"),
    ("rights_notice", "/rights/at_ms", "rights.at_ms | instant"),
    ("inquiry_notice", "/summons/at_ms", "summons.at_ms | instant"),
    ("inquiry_notice", "/summons/place", "summons.place"),
    ("inquiry_notice", "/summons/materials", "summons.materials"),
    ("inquiry_record", "/inquiry/relation", "inquiry.relation"),
    ("inquiry_record", "/inquiry/qa", "inquiry.qa"),
    ("inquiry_record", "/inquiry/told", "inquiry.told"),
    ("scene_record", "/inspection/detail", "inspection.detail"),
    ("scene_record", "/inspection/items", "inspection.items"),
    ("sampling_notice", "/sampling/items/0/seal_no", "i.seal_no"),
    ("sampling_notice", "/sampling/items/0/count", "i.count"),
    ("registration_approval", "/registration/reason", "registration.reason"),
    ("registration_approval", "/registration/items", "registration.items"),
    ("registration_notice", "/registration/place", "registration.place"),
    ("registration_notice", "/registration/custodian", "registration.custodian"),
    ("registration_notice", "/registration/until", "registration.until | day"),
    ("registration_disposal", "/registration/disposal", "registration.disposal"),
    ("sealing_decision", "/seizure/basis", "seizure.basis"),
    ("sealing_decision", "/seizure/until", "seizure.until | day"),
    ("sealing_decision", "/review_organ", "review_organ"),
    ("release_decision", "/seizure/disposal_reason", "seizure.disposal_reason"),
    ("electronic_record", "/electronic/0/sha256", "e.sha256"),
    ("electronic_record", "/extraction/detail", "extraction.detail"),
    ("appraisal_request", "/appraisal/detail", "appraisal.detail"),
    ("appraisal_request", "/appraisal/lab", "appraisal.lab"),
    ("appraisal_request", "/appraisal/until", "appraisal.until | day"),
    ("appraisal_result", "/appraisal/result", "appraisal.result"),
    ("investigation_report", "/evidence", "evidence"),
    ("investigation_report", "/discretion", "discretion"),
    ("investigation_report", "/penalties", "penalties"),
    ("legal_review", "/legal/issues", "legal.issues"),
    ("legal_review", "/legal/outcome", "legal.outcome"),
    ("prior_notice", "/penalties", "penalties"),
    ("prior_notice", "/basis", "basis"),
    ("prior_notice", "/statement_term", "statement_term"),
    ("hearing_offer", "/hearing_term", "hearing_term"),
    ("statement_record", "/statement/text", "statement.text"),
    ("statement_review", "/statement/adopted", "statement.adopted"),
    ("hearing_notice", "/hearing/chair", "hearing.chair"),
    ("hearing_notice", "/hearing/place", "hearing.place"),
    ("hearing_record", "/hearing/record", "hearing.record"),
    ("hearing_report", "/hearing/opinion", "hearing.opinion"),
    ("discussion_record", "/discussion/members", "discussion.members"),
    ("discussion_record", "/discussion/views", "discussion.views"),
    ("discussion_record", "/discussion/votes_for", "discussion.votes_for"),
    ("discussion_record", "/discussion/decision", "discussion.decision"),
    ("penalty_approval", "/proposal", "proposal"),
    ("penalty_approval", "/opinions/decide", "opinions.decide"),
    ("spot_decision", "/act_date", "act_date | day"),
    ("spot_decision", "/place", "place"),
    ("spot_decision", "/penalties", "penalties"),
    ("spot_decision", "/court", "court"),
    ("penalty_decision", "/party/name", "party.name"),
    ("penalty_decision", "/facts", "facts"),
    ("penalty_decision", "/evidence", "evidence"),
    ("penalty_decision", "/basis", "basis"),
    ("penalty_decision", "/bank", "bank"),
    ("penalty_decision", "/review_organ", "review_organ"),
    ("penalty_decision", "/defence", "defence"),
    ("no_penalty_decision", "/exemption/clause", "exemption.clause"),
    ("no_penalty_decision", "/education", "education"),
    ("address_confirmation", "/service_address/address", "service_address.address"),
    ("service_receipt", "/service/way", "service.way"),
    ("service_receipt", "/service/to", "service.to"),
    ("service_receipt", "/service/at_ms", "service.at_ms | instant"),
    ("instalment_approval", "/instalments", "instalments"),
    ("instalment_decision", "/instalments", "instalments"),
    ("urging_letter", "/urge_term", "urge_term"),
    ("urging_letter", "/surcharge", "surcharge | money"),
    ("court_application", "/urge/day", "urge.day | day"),
    ("court_application", "/court_case/court", "court_case.court"),
    ("substitute_decision", "/substitute/agent", "substitute.agent"),
    ("substitute_decision", "/substitute/budget_fen", "substitute.budget_fen | money"),
    ("crime_transfer", "/crime/offence", "crime.offence"),
    ("crime_transfer", "/crime/decided_ms", "crime.decided_ms | day"),
    ("stay_approval", "/stay/reason", "stay.reason"),
    ("closing_approval", "/result", "result"),
    ("closing_approval", "/payment", "payment"),
    ("closing_approval", "/correction", "correction"),
    ("compliance_advice", "/advice/measures", "advice.measures"),
    ("compliance_advice", "/advice/checks", "advice.checks"),
    ("repair_notice", "/credit/category", "credit.category"),
    ("repair_notice", "/credit/earliest", "credit.earliest"),
    ("file_cover", "/archive/pages", "archive.pages"),
    ("file_cover", "/archive/retention", "archive.retention"),
    ("file_list", "/files", "files"),
    ("file_note", "/archive/pages", "archive.pages"),
    ("fast_consent", "/fast/consent_ms", "fast.consent_ms | instant"),
    ("revision_decision", "/ended/reason", "ended.reason"),
];

fn without(mut facts: Json, path: &str) -> Json {
    let (owner, member) = path.rsplit_once('/').unwrap();
    let owner = facts.pointer_mut(owner).unwrap_or_else(|| panic!("{path}"));
    assert!(owner.as_object_mut().unwrap().remove(member).is_some(), "{path} is not there");
    facts
}

#[test]
fn what_section_8_asks_for_is_missed_by_name() {
    let sample = sample().unwrap();
    for (code, path, fact) in NEEDED {
        let facts = without(sample.facts(type_of(code).unwrap()).unwrap(), path);
        let found = template_of(code, sample.day).unwrap().render(&facts);
        assert_eq!(found.map_err(|missing| missing.fact).err().as_deref(), Some(*fact), "{code} {path}");
    }
    for sort in TYPES {
        assert!(NEEDED.iter().any(|(code, ..)| *code == sort.code), "{} asks for nothing", sort.code);
    }
}

#[test]
fn apl_59_the_six_items_stand_in_the_decision() {
    let sample = sample().unwrap();
    let document = drawn(&sample, "penalty_decision");
    let text = said(&document);
    for part in [
        "宁波某某市政工程有限公司",
        "浙江省宁波市高新区扬帆路999弄5号楼1203室",
        "用一台泥浆泵",
        "检测报告（甬检〔2026〕0821号）",
        "罚款人民币壹拾贰万叁仟肆佰伍拾陆元整（123,456.00元）",
        "没收违法所得人民币伍佰元整（500.00元）",
        "《中华人民共和国生态环境法典》第一千一百三十六条第一款",
        "15日内",
        "宁波市财政局非税收入专户",
        "每日按罚款数额的百分之三加处罚款",
        "六十日内向宁波市人民政府申请行政复议",
        "六个月内依法向宁波市鄞州区人民法院提起行政诉讼",
        "不予采纳",
        "举行听证",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("无名传单"), "行政处罚法 46: what was excluded proves nothing");
    assert!(document.blocks.iter().any(|b| matches!(b, crate::document::Block::Seal(_))), "(六) name of the organ, day and seal");
    assert_eq!(document.number.as_deref(), Some("甬高新综执罚决字〔2027〕第0001号"));
}

fn case_of(fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), crate::case::NAME, crate::case::KIND.initial);
    for (n, (key, json)) in (1u64..).zip(fields) {
        let value = Value::from_json(json).unwrap();
        record.write(key, &[], Some(Candidate { dot: Dot::new(DeviceId(n), 1), commit: n, value, by: None }), n);
    }
    record
}

fn facts_on(fields: &[(&str, Json)], day: Date) -> Json {
    facts(&case_of(fields), None, &sample().unwrap().book, day, &More::default())
}

#[test]
fn apl_72_what_is_owed_is_reckoned_to_the_day_of_the_letter() {
    // domain.md §0.2: 10,000 yuan, served 2024-09-27, payable until 2024-10-12.
    let fields = [("penalty", json!({ "amount_fen": 1_000_000, "kind": "fine", "surcharge_told": true })), ("served", json!({ "received_ms": 1_727_402_400_000_i64 }))];
    for (day, added) in [(date(2024, 10, 12), 0), (date(2024, 11, 1), 600_000), (date(2024, 11, 21), 1_000_000)] {
        let facts = facts_on(&fields, day);
        assert_eq!((facts["surcharge"].as_i64(), facts["unpaid"].as_i64()), (Some(added), Some(1_000_000)), "{day}");
        assert_eq!((&facts["owed"], &facts["surcharge_from"]), (&json!(1_000_000 + added), &json!("2024-10-13")));
    }
    let untold = [("penalty", json!({ "amount_fen": 1_000_000, "kind": "fine" })), fields[1].clone()];
    assert_eq!(facts_on(&untold, date(2024, 11, 1))["surcharge"], json!(0), "行政处罚法 72: only if the decision told of it");
}

#[test]
fn a_natural_person_is_masked_and_a_firm_keeps_its_name() {
    let public = |sample: &Sample| {
        let facts = sample.facts(type_of("penalty_decision").unwrap()).unwrap();
        said(&template_of("penalty_decision", sample.day).unwrap().render_masked(&facts).unwrap())
    };
    let mut sample = sample().unwrap();
    let text = public(&sample);
    assert!(text.contains("宁波某某市政工程有限公司") && !text.contains("张小明") && !text.contains("87654321"), "{text}");
    for (key, value) in [("party.kind", "citizen"), ("party.name", "李小明"), ("party.id_no", "33020319900101123X")] {
        sample.case.insert(key.to_owned(), json!(value));
    }
    sample.case.insert("facts".to_owned(), json!("李小明向河道排放泥浆"));
    let text = public(&sample);
    for shown in ["李小明", "33020319900101123X", "扬帆路"] {
        assert!(!text.contains(shown), "domain.md §5.9: {shown} in {text}");
    }
    assert!(text.contains("李某某向河道排放泥浆"));
    sample.case.insert("party.birth".to_owned(), json!("2012-01-01"));
    assert!(!public(&sample).contains('李'), "domain.md §5.9: nothing of a minor is shown");
}

#[test]
fn a_template_gets_no_more_than_it_asks_for() {
    let sample = sample().unwrap();
    let facts = sample.facts(type_of("file_list").unwrap()).unwrap();
    let mut keys: Vec<&str> = facts.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["cause", "dated", "files", "organ", "seal", "signatures"]);
    let facts = sample.facts(type_of("hearing_report").unwrap()).unwrap();
    assert_eq!(facts["party"], json!({ "name": "宁波某某市政工程有限公司" }));
}

#[test]
fn the_desk_fills_in_and_never_replaces() {
    let more = More { desk: json!({ "cause": "另一案由", "party": { "name": "别人", "note": "补充" } }), ..More::default() };
    let record = case_of(&[("title", json!("某案")), ("party.name", json!("某甲"))]);
    let facts = facts(&record, None, &Book::new(), date(2026, 1, 1), &more);
    assert_eq!((&facts["cause"], &facts["party"]["name"], &facts["party"]["note"]), (&json!("某案"), &json!("某甲"), &json!("补充")));
}

#[test]
fn a_refused_signature_is_written_down_with_its_witness() {
    let mut sample = sample().unwrap();
    sample
        .case
        .insert("served".to_owned(), json!({ "at_ms": 1_792_634_400_000_i64, "refused": true, "reason": "拒绝签收", "to": "李芳", "way": "lien", "witness": "聚贤社区周某" }));
    let text = said(&drawn(&sample, "service_receipt"));
    assert!(text.contains("留置送达") && text.contains("拒绝签名，见证人：聚贤社区周某"), "民事诉讼法 89: {text}");
    sample.visit.insert("party".to_owned(), json!({ "name": "王建国", "refused": true, "role": "项目经理", "witness": "聚贤社区周某" }));
    let text = said(&drawn(&sample, "site_record"));
    assert!(text.contains("拒绝签名，见证人：聚贤社区周某"), "{text}");
}
