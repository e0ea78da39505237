use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::base::date::{date, start_of};
use crate::base::{RecordId, Validity};
use crate::case::NAME;
use crate::case::finding::{Elsewhere, findings};
use crate::catalogue::any;
use crate::dated::{Book, Kind};
use crate::fixtures::{law, people};
use crate::record::{Record, Value};

const PAIR: [&str; 2] = ["chen-yifan", "lin-xiaohe"];
/// 2024-09-20 is a Friday; seven working days later, 2024-09-30, is past the make-up Sunday of the 29th.
const DAY: Date = date(2024, 9, 20);
const HOUR: i64 = 3_600_000;

/// The organisation and the calendar of the fixtures; `m1` came to the team by a transfer, `m2` is the water department's own.
fn book() -> Book {
    let mut book = Book::new();
    people::rows().unwrap().into_iter().chain(law::years().unwrap()).for_each(|row| book.insert(row).unwrap());
    let power = |organ: &str, transfer: Json| json!({ "organ": organ, "power": "penalty", "scope": "whole", "legal_doc": "通知", "transfer": transfer });
    for (matter, organ, transfer) in [("m1", "enforcement", json!("t1")), ("m2", "water", Json::Null)] {
        let mut body = power(organ, transfer);
        if body["transfer"].is_null() {
            body.as_object_mut().unwrap().remove("transfer");
        }
        book.insert(any::row(Kind::Power, &format!("{matter}/nb-gaoxin/penalty"), Validity::from(people::SINCE), &body).unwrap()).unwrap();
    }
    book
}

fn at(day: Date, hour: i64) -> i64 {
    start_of(day).0 + hour * HOUR
}

/// A case with two recordings among its evidence.
fn case(fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), NAME, stage::INVESTIGATING);
    let film = || json!({ "by": PAIR[0], "fact": "全过程", "kind": "audiovisual", "second": PAIR[1], "sha256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" });
    let filed = [("evidence.v1", film()), ("evidence.v2", film())];
    let edits: Vec<_> = filed.iter().chain(fields).map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
    record.preview(&edits);
    record
}

fn judged(fields: &[(&str, Json)], elsewhere: &[Elsewhere], today: Date) -> Vec<(&'static str, String)> {
    let (book, record) = (book(), case(fields));
    let facts = Facts { book: &book, area: "nb-gaoxin", organ: Some("enforcement"), today, others: &[], elsewhere };
    let ours = |code: &str| CODES.iter().any(|row| row.code == code);
    findings(&View::of(&record), &facts).into_iter().filter(|f| ours(f.code)).map(|f| (f.code, f.about)).collect()
}

fn codes(fields: &[(&str, Json)]) -> Vec<&'static str> {
    judged(fields, &[], DAY).into_iter().map(|(code, _)| code).collect()
}

fn with(mut json: Json, more: &[(&str, Json)]) -> Json {
    for (member, value) in more {
        if value.is_null() {
            json.as_object_mut().unwrap().remove(*member);
        } else {
            json[*member] = value.clone();
        }
    }
    json
}

/// An inquiry in order, from one hour of the day to another.
fn inquiry(from: i64, until: i64, more: &[(&str, Json)]) -> Json {
    let whole = json!({
        "by": PAIR, "certificates_shown": true, "ended_ms": at(DAY, until), "id_no": "11010519491231002X", "name": "李四", "place": "中队询问室",
        "read_back": true, "rights_told": true, "signature": "s1", "started_ms": at(DAY, from)
    });
    with(whole, more)
}

/// A measure in order at ten in the morning.
fn measure(kind: &str, more: &[(&str, Json)]) -> Json {
    let whole = json!({
        "began_ms": at(DAY, 10), "by": PAIR, "ended_ms": at(DAY, 11), "items": [{ "count": "1", "name": "水泵" }], "kind": kind, "party_present": true,
        "place": "工地东门", "recording": "v1", "told_ms": at(DAY, 11)
    });
    with(whole, more)
}

fn signature() -> (&'static str, Json) {
    ("signatures.s1", json!({ "by": "李四", "h": 9, "strokes": [[1, 1, 2, 2]], "w": 9 }))
}

fn approval(hour: i64) -> Json {
    json!({ "agrees": true, "at_ms": at(DAY, hour), "by": "head", "text": "同意" })
}

fn ruled(day: Date, disposal: &str) -> Json {
    json!({ "at_ms": at(day, 9), "by": "head", "disposal": disposal, "of": "m1", "reason": "调查需要" })
}

#[test]
fn an_inquiry_in_order_is_not_spoken_against() {
    assert_eq!(codes(&[("inquiries.i1", inquiry(9, 10, &[])), signature()]), [""; 0]);
}

#[test]
fn apl_42_two_records_of_one_officer_do_not_overlap_and_one_after_the_other_do_not() {
    let two = |from: i64| [("inquiries.i1", inquiry(9, 11, &[])), ("inquiries.i2", inquiry(from, 12, &[])), signature()];
    assert_eq!(judged(&two(10), &[], DAY), [("inquiry_overlap", "chen-yifan".into()), ("inquiry_overlap", "lin-xiaohe".into())]);
    assert_eq!(codes(&two(11)), [""; 0], "what ends as the other begins");
    let measured = [("inquiries.i1", inquiry(9, 11, &[])), ("measures.m1", measure("inspection", &[])), signature()];
    assert_eq!(codes(&measured), ["inquiry_overlap", "inquiry_overlap"], "an inquiry and a measure");
    let lasting = measure("registration", &[("began_ms", json!(at(DAY, 8))), ("ended_ms", json!(at(DAY, 20)))]);
    let lasting = [("inquiries.i1", inquiry(9, 11, &[])), ("measures.m1", lasting), ("opinions.registration-m1.head", approval(7)), signature()];
    assert_eq!(codes(&lasting), [""; 0], "what is registered for days binds nobody");
    let others = [("inquiries.i1", inquiry(9, 11, &[])), ("inquiries.i2", inquiry(9, 11, &[("by", json!(["zhao-mingyuan", "sun-yutong"]))])), signature()];
    assert_eq!(codes(&others), [""; 0], "other officers may be at work at the same time");
}

#[test]
fn apl_42_nobody_is_in_two_places_at_once() {
    let there = |from: i64| Elsewhere { officer: "lin-xiaohe".into(), what: "case 2 inquiries.x".into(), from_ms: at(DAY, from), until_ms: at(DAY, from + 1) };
    let fields = [("inquiries.i1", inquiry(9, 10, &[])), signature()];
    assert_eq!(judged(&fields, &[there(9)], DAY), [("in_two_places", "lin-xiaohe".into())]);
    assert_eq!(judged(&fields, &[there(10)], DAY), []);
}

#[test]
fn apl_42_two_certified_officers_on_the_day() {
    let alone = |by: Json| codes(&[("inquiries.i1", inquiry(9, 10, &[("by", by)])), signature()]);
    assert_eq!(alone(json!(["chen-yifan"])), ["too_few_officers"]);
    assert_eq!(alone(json!(["chen-yifan", "chen-yifan"])), ["too_few_officers"], "one officer twice is one");
    assert_eq!(alone(json!(["chen-yifan", "nobody-known"])), ["too_few_officers"]);
    assert_eq!(codes(&[("measures.m1", measure("inspection", &[("by", json!(["lin-xiaohe"]))]))]), ["too_few_officers"]);
}

#[test]
fn domain_5_4_an_inquiry_is_of_one_identified_person_told_its_rights_read_back_and_signed() {
    let lacking = |more: &[(&str, Json)]| codes(&[("inquiries.i1", inquiry(9, 10, more)), signature()]);
    assert_eq!(lacking(&[("name", json!("李四、王五"))]), ["inquiry_several"]);
    assert_eq!(lacking(&[("id_no", Json::Null)]), ["inquiry_unidentified"]);
    assert_eq!(lacking(&[("rights_told", json!(false))]), ["inquiry_rights_untold"], "行政处罚法 43, 55");
    assert_eq!(lacking(&[("certificates_shown", Json::Null)]), ["inquiry_certificates"], "行政处罚法 55");
    assert_eq!(lacking(&[("read_back", Json::Null)]), ["inquiry_not_read_back"]);
    assert_eq!(lacking(&[("signature", Json::Null)]), ["inquiry_unsigned"]);
    assert_eq!(lacking(&[("signature", json!("other"))]), ["inquiry_unsigned"], "a signature that is not there");
    assert_eq!(lacking(&[("signature", Json::Null), ("refused", json!(true))]), ["inquiry_unsigned"], "a refusal needs its witness");
    assert_eq!(lacking(&[("signature", Json::Null), ("refused", json!(true)), ("witness", json!("赵六"))]), [""; 0]);
    assert_eq!(lacking(&[("ended_ms", Json::Null)]), ["time_unknown"]);
    assert_eq!(lacking(&[("place", json!(" "))]), ["time_unknown"]);
}

#[test]
fn domain_5_4_a_minor_is_asked_with_a_guardian_whatever_was_ticked() {
    let lacking = |more: &[(&str, Json)]| codes(&[("inquiries.i1", inquiry(9, 10, more)), signature()]);
    assert_eq!(lacking(&[("minor", json!(true))]), ["no_guardian"]);
    assert_eq!(lacking(&[("minor", json!(true)), ("guardian", json!("李父"))]), [""; 0]);
    // Born 2010-01-01: fourteen years old on the day.
    let young = "330203201001010017";
    let number = (0..=9).map(|d| format!("{}{d}", &young[..17])).chain([format!("{}X", &young[..17])]).find(|no| no.parse::<CitizenId>().is_ok()).unwrap();
    assert_eq!(lacking(&[("id_no", json!(number)), ("minor", json!(false))]), ["no_guardian"]);
}

#[test]
fn apl_47_recordings_are_mandatory_on_site_and_their_absence_is_flagged() {
    for kind in ["inspection", "registration", "seizure"] {
        let mut fields = vec![("measures.m1", measure(kind, &[("recording", Json::Null)])), ("matter", json!("m1"))];
        fields.extend([("opinions.registration-m1.head", approval(9)), ("opinions.seizure-m1.head", approval(9))]);
        assert_eq!(codes(&fields), ["av_missing"], "{kind}");
    }
    assert_eq!(codes(&[("measures.m1", measure("sampling", &[("recording", Json::Null)]))]), [""; 0]);
    assert_eq!(codes(&[("served", json!({ "way": "lien", "witness": "居委会" }))]), ["av_missing"]);
    assert_eq!(codes(&[("services.n1", json!({ "way": "lien", "video": "v1" }))]), [""; 0]);
    assert_eq!(codes(&[("hearing", json!({ "ended_ms": at(DAY, 12) }))]), ["av_missing"]);
    assert_eq!(codes(&[("hearing", json!({ "ended_ms": at(DAY, 12), "recording": "v2" }))]), [""; 0]);
}

#[test]
fn apl_46_a_recording_that_is_named_is_a_file_among_the_evidence() {
    let measured = |recording: &str| vec![("measures.m1", measure("inspection", &[("recording", json!(recording))]))];
    assert_eq!(codes(&measured("v9")), ["av_unfiled"], "nobody handed it in");
    let spoken = json!({ "by": "chen-yifan", "fact": "证言", "kind": "testimony", "second": "lin-xiaohe", "sha256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" });
    let empty = json!({ "by": "chen-yifan", "fact": "全过程", "kind": "audiovisual", "second": "lin-xiaohe" });
    for evidence in [spoken, empty] {
        let mut fields = measured("v3");
        fields.push(("evidence.v3", evidence));
        assert_eq!(codes(&fields), ["av_unfiled"]);
    }
    assert_eq!(codes(&[("services.n1", json!({ "way": "lien", "video": "v9" }))]), ["av_unfiled"]);
    assert_eq!(codes(&[("hearing", json!({ "ended_ms": at(DAY, 12), "recording": "v9" }))]), ["av_unfiled"]);
}

#[test]
fn domain_5_4_measures_need_a_list_and_somebody_who_was_there() {
    assert_eq!(codes(&[("measures.m1", measure("sampling", &[("items", json!([]))]))]), ["list_missing"]);
    assert_eq!(codes(&[("measures.m1", measure("sampling", &[("told_ms", Json::Null)]))]), ["result_untold"]);
    assert_eq!(codes(&[("measures.m1", measure("inspection", &[("party_present", json!(false))]))]), ["nobody_present"]);
    assert_eq!(codes(&[("measures.m1", measure("inspection", &[("party_present", json!(false)), ("witness", json!("门卫"))]))]), [""; 0]);
    assert_eq!(codes(&[("measures.m1", measure("registration", &[("began_ms", Json::Null)]))]), [""; 0], "a request is no measure yet");
}

#[test]
fn apl_56_registration_needs_the_heads_approval_before_it() {
    let registered = |more: &[(&str, Json)], approved: Option<Json>| {
        let mut fields = vec![("measures.m1", measure("registration", more))];
        fields.extend(approved.map(|opinion| ("opinions.registration-m1.head", opinion)));
        codes(&fields)
    };
    assert_eq!(registered(&[], None), ["registration_unapproved"]);
    assert_eq!(registered(&[], Some(approval(9))), [""; 0]);
    assert_eq!(registered(&[], Some(approval(12))), ["registration_unapproved"], "afterwards is not before");
    assert_eq!(registered(&[], Some(with(approval(9), &[("agrees", json!(false))]))), ["registration_unapproved"]);
    let by_word = [("approved_by", json!("周主任")), ("approved_ms", json!(at(DAY, 9)))];
    assert_eq!(registered(&by_word, None), ["registration_unapproved"], "a word that was not made up for in writing");
    assert_eq!(registered(&by_word, Some(approval(12))), [""; 0], "a word before, and the writing after it");
}

#[test]
fn apl_56_registration_is_decided_on_within_seven_working_days() {
    let fields = |ruling: Option<Json>| {
        let mut out = vec![("measures.m1", measure("registration", &[])), ("opinions.registration-m1.head", approval(9))];
        out.extend(ruling.map(|ruling| ("rulings.m1", ruling)));
        out
    };
    // Working days after Friday 20 September 2024: 23–27, the make-up Sunday 29, and 30.
    let last = date(2024, 9, 30);
    assert_eq!(judged(&fields(None), &[], last), []);
    assert_eq!(judged(&fields(None), &[], date(2024, 10, 1)), [("registration_expired", "m1".into())], "不迟于七个工作日");
    assert_eq!(judged(&fields(Some(ruled(last, "sealed"))), &[], date(2024, 12, 1)), []);
    assert_eq!(judged(&fields(Some(ruled(date(2024, 10, 1), "released"))), &[], date(2024, 12, 1)), [("registration_late", "m1".into())]);
}

#[test]
fn coercion_law_17_only_whoever_has_the_power_seizes() {
    let seized = |matter: &str| codes(&[("matter", json!(matter)), ("measures.m1", measure("seizure", &[])), ("opinions.seizure-m1.head", approval(9))]);
    assert_eq!(seized("m1"), [""; 0], "a transferred power brings coercion with it (浙江省综合行政执法条例 8)");
    assert_eq!(seized("m2"), ["seizure_powerless"]);
    assert_eq!(seized("m9"), ["seizure_powerless"]);
}

#[test]
fn coercion_law_19_an_urgent_seizure_is_reported_within_a_day_and_made_up_for() {
    let seized = |more: &[(&str, Json)], opinion: Option<Json>, today: Date| {
        let mut fields = vec![("matter", json!("m1")), ("measures.m1", measure("seizure", more))];
        fields.extend(opinion.map(|opinion| ("opinions.seizure-m1.head", opinion)));
        judged(&fields, &[], today).into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    let urgent = |reported: i64| [("urgent", json!(true)), ("reported_ms", json!(at(DAY, reported)))];
    assert_eq!(seized(&[], Some(approval(12)), DAY), ["seizure_unapproved"], "not urgent: before it");
    assert_eq!(seized(&urgent(34), Some(approval(36)), DAY), [""; 0], "exactly 24 hours");
    assert_eq!(seized(&urgent(35), Some(approval(36)), DAY), ["seizure_unreported"]);
    assert_eq!(seized(&urgent(12), None, DAY), ["seizure_unapproved"], "reported and not made up for");
    assert_eq!(seized(&[("urgent", json!(true))], None, DAY), ["seizure_unapproved"], "the day is not over");
    assert_eq!(seized(&[("urgent", json!(true))], None, date(2024, 9, 22)), ["seizure_unapproved", "seizure_unreported"]);
}

#[test]
fn coercion_law_25_thirty_days_thirty_more_and_tests_do_not_count() {
    let seized = |more: &[(&'static str, Json)], today: Date| {
        let mut fields = vec![("matter", json!("m1")), ("measures.m1", measure("seizure", &[])), ("opinions.seizure-m1.head", approval(9))];
        fields.extend(more.iter().cloned());
        judged(&fields, &[], today).into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    assert_eq!(seized(&[], date(2024, 10, 20)), [""; 0]);
    assert_eq!(seized(&[], date(2024, 10, 21)), ["seizure_expired"]);
    let longer = ("extensions.x1", json!({ "at_ms": at(DAY, 9), "by": "head", "of": "m1", "reason": "情况复杂", "way": "head" }));
    assert_eq!(seized(std::slice::from_ref(&longer), date(2024, 11, 19)), [""; 0]);
    assert_eq!(seized(&[longer], date(2024, 11, 20)), ["seizure_expired"]);
    let test = ("standstills.t1", json!({ "from": "2024-10-01", "ground": "test", "until": "2024-10-11" }));
    assert_eq!(seized(std::slice::from_ref(&test), date(2024, 10, 30)), [""; 0]);
    assert_eq!(seized(&[test], date(2024, 10, 31)), ["seizure_expired"]);
    let hearing = ("standstills.t1", json!({ "from": "2024-10-01", "ground": "hearing", "until": "2024-10-11" }));
    assert_eq!(seized(&[hearing], date(2024, 10, 21)), ["seizure_expired"], "only tests and appraisals");
    assert_eq!(seized(&[("rulings.m1", ruled(date(2024, 10, 21), "returned"))], date(2024, 12, 1)), ["seizure_late"]);
}

#[test]
fn apl_43_the_investigation_goes_on_until_the_head_rules_and_then_without_the_recused() {
    let asked = ("recusals.chen-yifan", json!({ "at_ms": at(DAY, 8), "by": "当事人", "reason": "系邻居" }));
    let ruling = |granted: bool, hour: i64| ("rulings.recusal", json!({ "at_ms": at(DAY, hour), "by": "head", "granted": granted, "of": "chen-yifan", "reason": "核实" }));
    let judge = |more: &[(&str, Json)]| {
        let mut fields = vec![("inquiries.i1", inquiry(9, 10, &[])), signature()];
        fields.extend(more.iter().cloned());
        judged(&fields, &[], DAY)
    };
    assert_eq!(judge(std::slice::from_ref(&asked)), [("recusal_open", "chen-yifan".into())]);
    assert_eq!(judge(&[asked.clone(), ruling(false, 8)]), []);
    assert_eq!(judge(&[asked.clone(), ruling(true, 10)]), [], "what was done before the ruling stands");
    assert_eq!(judge(&[asked.clone(), ruling(true, 8)]), [("recused_acted", "chen-yifan".into())]);
    let took = ("evidence.e1", json!({ "by": "zhao-mingyuan", "fact": "x", "kind": "physical", "second": "chen-yifan", "taken_ms": at(DAY, 12) }));
    assert_eq!(judge(&[asked, ruling(true, 10), took]), [("recused_acted", "chen-yifan".into())]);
}

#[test]
fn apl_42_what_officers_collect_themselves_is_collected_by_two() {
    let judge = |more: Json| {
        let mut evidence = json!({ "fact": "x", "taken_ms": at(DAY, 12) });
        evidence.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        judged(&[("evidence.e1", evidence)], &[], DAY)
    };
    for kind in ["physical", "audiovisual", "electronic", "site_record"] {
        assert_eq!(judge(json!({ "by": "a", "kind": kind })), [("one_collector", "e1".into())], "{kind}");
        assert_eq!(judge(json!({ "by": "a", "kind": kind, "second": "a" })), [("one_collector", "e1".into())], "{kind}");
        assert_eq!(judge(json!({ "by": "a", "kind": kind, "second": "b" })), [], "{kind}");
    }
    assert_eq!(judge(json!({ "by": "a", "kind": "testimony" })), []);
}

#[test]
fn apl_46_what_was_excluded_proves_nothing() {
    let element = ("elements.f1", json!({ "evidence": ["e1", "e2"], "fact": "排放泥浆" }));
    assert_eq!(judged(&[element.clone(), ("verified.e2", json!({ "by": "r", "excluded": true, "reason": "偷拍" }))], &[], DAY), [("evidence_excluded", "f1".into())]);
    assert_eq!(judged(&[element, ("verified.e2", json!({ "by": "r", "excluded": false }))], &[], DAY), []);
}

#[test]
fn what_is_over_is_not_looked_at_and_every_code_is_listed_once_with_its_source() {
    let mut record = case(&[("measures.m1", measure("registration", &[]))]);
    record = {
        let mut out = Record::new(record.id, NAME, stage::WITHDRAWN);
        out.preview(&[("measures.m1".parse().unwrap(), Value::from_json(&measure("registration", &[])).unwrap(), vec![], None)]);
        out
    };
    let book = book();
    let facts = Facts { book: &book, area: "nb-gaoxin", organ: None, today: DAY, others: &[], elsewhere: &[] };
    assert!(findings(&View::of(&record), &facts).iter().all(|f| CODES.iter().all(|row| row.code != f.code)));
    let codes: std::collections::BTreeSet<&str> = CODES.iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), CODES.len());
    assert!(CODES.iter().all(|row| !row.basis.is_empty() && !row.zh.is_empty() && !row.en.is_empty()));
    assert!(CODES.iter().flat_map(|row| row.bars).all(|act| crate::case::KIND.act(act).next().is_some()));
}

proptest! {
    #[test]
    fn records_of_one_officer_are_flagged_exactly_if_a_minute_is_in_both(a in 0i64..600, long_a in 1i64..200, b in 0i64..600, long_b in 1i64..200) {
        let span = |id: &str, from: i64, long: i64| Span { id: id.into(), by: vec!["o".into()], from: Some(from), until: Some(from + long), placed: true };
        let book = Book::new();
        let facts = Facts { book: &book, area: "x", organ: None, today: DAY, others: &[], elsewhere: &[] };
        let mut found = Found { codes: CODES, out: Default::default() };
        overlaps(&[span("a", a, long_a), span("b", b, long_b)], &facts, &mut found);
        let shared = (a..a + long_a).any(|minute| (b..b + long_b).contains(&minute));
        prop_assert_eq!(!found.out.is_empty(), shared);
    }

    #[test]
    fn a_registration_expires_only_after_seven_working_days_whatever_the_holidays(start in 0i64..300, later in 0i64..40) {
        let calendar = law::calendar().unwrap();
        let day = |n: i64| date(2024, 1, 2).checked_add(jiff::Span::new().days(n)).unwrap();
        let (from, today) = (day(start), day(start + later));
        let worked = (1..=later).filter(|n| calendar.is_working_day(day(start + n)).unwrap()).count();
        let began = measure("registration", &[("began_ms", json!(at(from, 10))), ("ended_ms", json!(at(from, 11)))]);
        let opinion = json!({ "agrees": true, "at_ms": at(from, 9), "by": "head" });
        let found = judged(&[("measures.m1", began), ("opinions.registration-m1.head", opinion)], &[], today);
        let expired = found.iter().any(|(code, _)| *code == "registration_expired");
        // On the seventh working day it is still in time; on the day after it no more.
        let last_passed = worked > 7 || (worked == 7 && !calendar.is_working_day(today).unwrap());
        prop_assert_eq!(expired, last_passed);
    }
}
