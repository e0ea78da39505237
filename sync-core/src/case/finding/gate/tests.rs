use serde_json::{Value as Json, json};

use super::*;
use crate::base::date::{date, start_of};
use crate::base::{RecordId, Validity};
use crate::case::finding::{Other, TOPICS, findings};
use crate::case::{KIND, NAME};
use crate::catalogue::any;
use crate::dated::{Book, Kind};
use crate::fixtures::people;
use crate::record::{Record, Value};

fn matter(name: &str, max: i64, allowed: bool) -> Json {
    json!({
        "name": name, "domain": "water", "violation": [{ "law": "生态环境法典", "article": "第一条" }], "penalty": [{ "law": "生态环境法典", "article": "第二条" }],
        "kinds": ["warning", "fine"], "fine": { "shape": "fixed", "unit": "CNY", "min": 0, "max": max }, "trigger": "immediate", "minor_exempt": "首次且及时改正",
        "fast_case": false, "case_allowed": allowed, "synthetic": true, "source": "测试"
    })
}

/// The organisation of the fixtures; `m1` was the water department's before 2024 and came to the team then, `m2` is the team's,
/// nobody has `m3`, and of `m4` no case may follow.
fn book() -> Book {
    let mut book = Book::new();
    people::rows().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    let mut enter = |kind: Kind, key: &str, valid: Validity, body: &Json| book.insert(any::row(kind, key, valid, body).unwrap()).unwrap();
    let always = Validity::from(people::SINCE);
    for (code, max, allowed) in [("m1", 1_000_000, true), ("m2", 5_000_000, true), ("m3", 1_000, true), ("m4", 1_000, false)] {
        enter(Kind::Matter, code, always, &matter(&format!("【合成】{code}"), max, allowed));
    }
    let power = |organ: &str, scope: Json| json!({ "organ": organ, "power": "penalty", "scope": scope, "legal_doc": "通知" });
    enter(Kind::Power, "m1/nb-gaoxin/penalty", Validity::between(people::SINCE, date(2024, 1, 1)).unwrap(), &power("water", json!("whole")));
    enter(Kind::Power, "m1/nb-gaoxin/penalty", Validity::from(date(2024, 1, 1)), &power("enforcement", json!("whole")));
    enter(Kind::Power, "m2/nb-gaoxin/penalty", always, &power("committee", json!({ "part": { "boundary": "限于建筑工地" } })));
    enter(Kind::Power, "m4/nb-gaoxin/penalty", always, &power("enforcement", json!("whole")));
    book
}

const TODAY: Date = date(2024, 7, 15);

fn ms(day: Date) -> i64 {
    start_of(day).0 + 3_600_000
}

/// A case at a stage with these fields, on top of a clue that is in order.
fn case(at: &str, fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), NAME, at);
    let usual = [
        ("clue", json!({ "fact": "泥浆入河", "found_ms": ms(date(2024, 7, 10)), "source": "complaint" })),
        ("matter", json!("m1")),
        ("act_date", json!("2024-07-01")),
        ("unit", json!("squad-juxian")),
    ];
    let all = usual.iter().filter(|(key, _)| fields.iter().all(|(other, _)| other != key)).chain(fields);
    let edits: Vec<_> = all.filter(|(_, v)| !v.is_null()).map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
    record.preview(&edits);
    record
}

fn judged(record: &Record, others: &[Other], today: Date) -> Vec<(&'static str, String)> {
    let book = book();
    let facts = Facts { book: &book, area: "nb-gaoxin", organ: Some("enforcement"), today, others, elsewhere: &[] };
    let ours = |code: &str| CODES.iter().any(|row| row.code == code);
    findings(&View::of(record), &facts).into_iter().filter(|f| ours(f.code)).map(|f| (f.code, f.about)).collect()
}

fn codes(at: &str, fields: &[(&str, Json)]) -> Vec<&'static str> {
    judged(&case(at, fields), &[], TODAY).into_iter().map(|(code, _)| code).collect()
}

fn with(fields: &[(&str, Json)], other: &Other) -> Vec<&'static str> {
    judged(&case("INVESTIGATING", fields), std::slice::from_ref(other), TODAY).into_iter().map(|(code, _)| code).collect()
}

fn other() -> Other {
    Other {
        record: RecordId(9),
        matter: "m1".into(),
        organ: "water".into(),
        stage: stage::PERFORMED.into(),
        act_day: Some(date(2024, 7, 1)),
        act_end: None,
        decided: Some(date(2024, 7, 5)),
        fine_fen: 100_000,
        punished: true,
        exemption: None,
        site: None,
    }
}

fn fine() -> (&'static str, Json) {
    ("penalty", json!({ "amount_fen": 50_000, "basis": "第二条", "kind": "fine" }))
}

#[test]
fn every_code_of_every_topic_bars_acts_that_there_are_and_says_its_source() {
    let mut seen = std::collections::BTreeSet::new();
    for code in TOPICS.iter().flat_map(|topic| topic.codes) {
        assert!(seen.insert(code.code), "{} stands twice", code.code);
        assert!(!code.basis.is_empty() && !code.zh.is_empty() && !code.en.is_empty(), "{}", code.code);
        assert_eq!(code.weight == Weight::Warn, code.bars.is_empty(), "{}: what warns bars nothing, and what bars blocks or waits", code.code);
        assert!(code.bars.iter().all(|act| KIND.act(act).next().is_some()), "{}: {:?}", code.code, code.bars);
        assert!(format!("flags.{}", code.code).parse::<crate::record::FieldKey>().is_ok());
    }
}

#[test]
fn a_clue_in_order_passes_the_gate() {
    assert_eq!(codes("CLUE", &[]), Vec::<&str>::new());
}

#[test]
fn art_54_a_clue_is_checked_within_fifteen_days_and_ten_more_with_approval() {
    let found = |today, fields: &[(&str, Json)]| judged(&case("CLUE", fields), &[], today).iter().any(|(code, _)| *code == "check_overdue");
    assert!(!found(date(2024, 7, 25), &[]) && found(date(2024, 7, 26), &[]), "07-10 and 15 days");
    let longer = [("extensions.x", json!({ "of": "check", "way": "head" }))];
    assert!(!found(date(2024, 8, 4), &longer) && found(date(2024, 8, 5), &longer), "and 10 more");
    let at_work = judged(&case("FILED", &[]), &[], date(2024, 8, 5));
    assert!(at_work.is_empty(), "{at_work:?}: once filed, nothing is left to check");
}

#[test]
fn arts_17_and_22_the_power_is_held_on_the_day_and_a_case_stays_with_whom_it_was_filed() {
    assert_eq!(codes("CLUE", &[("matter", json!("m3"))]), ["no_jurisdiction"], "nobody was given it");
    assert_eq!(judged(&case("CLUE", &[]), &[], date(2023, 12, 31)), [("no_jurisdiction", String::new())], "the water department's before 2024");
    let filed = case("INVESTIGATING", &[("filed_date", json!("2023-12-30"))]);
    assert_eq!(judged(&filed, &[], TODAY), [("no_jurisdiction", String::new())], "filed under another organ, and no transfer moved it");
    assert_eq!(codes("INVESTIGATING", &[("filed_date", json!("2024-01-02"))]), Vec::<&str>::new());
    assert_eq!(codes("CLUE", &[("matter", json!("m2"))]), ["part_scope"], "the committee's, in whose name the team acts");
    assert_eq!(codes("CLUE", &[("matter", json!("m4"))]), ["case_not_allowed"]);
    assert_eq!(codes("CLUE", &[("matter", Json::Null)]), ["matter_unnamed"]);
}

#[test]
fn art_36_two_years_from_the_act_or_its_end_to_the_discovery() {
    let acts = |act: &str, end: Json| codes("CLUE", &[("act_date", json!(act)), ("act_end", end)]);
    assert_eq!(acts("2022-07-10", Json::Null), Vec::<&str>::new(), "discovered on the last day");
    assert_eq!(acts("2022-07-09", Json::Null), ["limitation_over"]);
    assert_eq!(acts("2020-01-01", json!("2022-07-10")), Vec::<&str>::new(), "a continuing act counts from its end");
    assert_eq!(codes("CLUE", &[("act_date", Json::Null)]), ["act_day_unknown"]);
    let found = [("act_date", json!("2022-07-09")), ("found_date", json!("2023-01-01"))];
    assert_eq!(codes("INVESTIGATING", &found), Vec::<&str>::new(), "the day of discovery that was entered counts");
}

#[test]
fn art_36_and_code_1054_five_years_where_life_health_finance_or_the_environment_came_to_harm() {
    for harm in ["life_health_finance", "environment"] {
        let acts = |act: &str| codes("CLUE", &[("act_date", json!(act)), ("harm", json!(harm))]);
        assert_eq!(acts("2019-07-10"), Vec::<&str>::new(), "{harm}");
        assert_eq!(acts("2019-07-09"), ["limitation_over"], "{harm}");
    }
    assert_eq!(codes("CLUE", &[("act_date", json!("2019-07-10")), ("harm", json!("none"))]), ["limitation_over"]);
}

#[test]
fn a_limitation_that_ran_out_yesterday_bars_today_while_nobody_says_that_it_was_discovered() {
    let record = case("CLUE", &[("act_date", json!("2022-07-14")), ("clue", json!({ "fact": "泥浆入河", "source": "media" }))]);
    assert!(judged(&record, &[], date(2024, 7, 14)).is_empty());
    assert_eq!(judged(&record, &[], date(2024, 7, 15)), [("limitation_over", String::new())]);
}

#[test]
fn art_30_under_fourteen_none_and_up_to_eighteen_lighter_or_mitigated() {
    // The act was on 2024-07-01; a year is complete from the day after the birthday on.
    let born = |day: &str, more: &[(&str, Json)]| codes("INVESTIGATING", &[&[("party.birth", json!(day)), fine()][..], more].concat());
    assert_eq!(born("2010-07-01", &[]), ["under_fourteen"]);
    assert_eq!(born("2010-06-30", &[]), ["minor_not_lightened"]);
    assert_eq!(born("2010-06-30", &[("discretion", json!({ "leniency": "heavier" }))]), ["minor_not_lightened"]);
    assert_eq!(born("2010-06-30", &[("discretion", json!({ "leniency": "standard" }))]), ["minor_not_lightened"]);
    assert_eq!(born("2010-06-30", &[("discretion", json!({ "leniency": "lighter" }))]), Vec::<&str>::new());
    assert_eq!(born("2010-06-30", &[("discretion", json!({ "leniency": "mitigated" }))]), Vec::<&str>::new());
    assert_eq!(born("2006-07-01", &[]), ["minor_not_lightened"]);
    assert_eq!(born("2006-06-30", &[]), Vec::<&str>::new());
    assert_eq!(codes("INVESTIGATING", &[("party.id_no", json!("110105201103070022")), fine()]), ["under_fourteen"], "born 2011-03-07, as the number says");
    assert_eq!(codes("INVESTIGATING", &[("party.id_no", json!("110105201103070022")), ("party.kind", json!("organisation")), fine()]), Vec::<&str>::new());
}

#[test]
fn art_31_no_penalty_without_capacity_and_maybe_a_lighter_one_where_it_is_limited() {
    let condition = |word: &str| codes("INVESTIGATING", &[("party.condition", json!(word))]);
    assert_eq!(condition("no_capacity"), ["no_capacity"]);
    assert_eq!(condition("limited_capacity"), ["limited_capacity"]);
    assert_eq!(condition("none"), Vec::<&str>::new());
}

#[test]
fn art_29_one_act_is_fined_once_whichever_organ_was_first() {
    assert_eq!(with(&[fine()], &other()), ["double_fine"]);
    assert_eq!(with(&[("penalty", json!({ "basis": "第二条", "kind": "warning" }))], &other()), Vec::<&str>::new(), "other penalties stay possible");
    assert_eq!(with(&[fine(), ("penalties.p1", json!({ "basis": "第二条", "kind": "confiscation" }))], &other()), ["double_fine"]);
    assert_eq!(with(&[fine()], &Other { act_day: Some(date(2024, 7, 2)), ..other() }), Vec::<&str>::new(), "another day is another act");
    assert_eq!(with(&[fine(), ("act_end", json!("2024-07-03"))], &Other { act_day: Some(date(2024, 7, 2)), ..other() }), ["double_fine"], "a day of one continuing act");
    assert_eq!(with(&[fine()], &Other { fine_fen: 0, ..other() }), Vec::<&str>::new());
    assert_eq!(with(&[fine()], &Other { decided: None, ..other() }), Vec::<&str>::new(), "proposed is not fined");
    assert_eq!(with(&[fine()], &Other { stage: stage::REVOKED.into(), ..other() }), Vec::<&str>::new(), "taken back is not fined");
    assert_eq!(with(&[fine()], &Other { act_day: None, ..other() }), ["double_fine_possible"]);
    let decided = [fine(), ("decided_date", json!("2024-07-04"))];
    assert_eq!(judged(&case("DECIDED", &decided), &[other()], TODAY), [], "the first of two is not the second");
}

#[test]
fn art_29_the_same_site_on_the_same_day_is_the_same_act_under_another_norm_and_the_higher_fine_applies() {
    let site = RecordId(7);
    let here = [fine(), ("site", json!(site))];
    let elsewhere = Other { matter: "m2".into(), ..other() };
    let same = Other { site: Some(site), ..elsewhere.clone() };
    assert_eq!(with(&here, &elsewhere), Vec::<&str>::new());
    assert_eq!(with(&here, &same), ["double_fine"], "fined under another norm");
    let open = Other { decided: None, fine_fen: 0, stage: stage::INVESTIGATING.into(), ..same };
    assert_eq!(with(&here, &open), ["higher_norm"], "m2 has the higher fine");
    assert_eq!(with(&here, &Other { matter: "m4".into(), ..open.clone() }), Vec::<&str>::new(), "and m4 a lower one");
    assert_eq!(with(&here, &Other { matter: "unknown".into(), ..open }), ["higher_norm"], "what cannot be compared is shown");
}

#[test]
fn art_33_the_first_time_is_once_in_a_matter_within_the_district() {
    let first = ("exemption", json!({ "clause": "first_time", "corrected_ms": 5, "reason": "初次违法" }));
    let earlier = Other { act_day: Some(date(2023, 3, 1)), decided: Some(date(2023, 4, 1)), ..other() };
    assert_eq!(with(std::slice::from_ref(&first), &earlier), ["first_time_used"], "punished before");
    let exempted = Other { punished: false, fine_fen: 0, exemption: Some("first_time".into()), stage: stage::CLOSED.into(), ..earlier.clone() };
    assert_eq!(with(std::slice::from_ref(&first), &exempted), ["first_time_used"], "a signed commitment is used up");
    assert_eq!(with(std::slice::from_ref(&first), &Other { exemption: Some("no_fault".into()), ..exempted.clone() }), Vec::<&str>::new(), "no fault was no violation of its own");
    assert_eq!(with(std::slice::from_ref(&first), &Other { matter: "m2".into(), ..earlier.clone() }), Vec::<&str>::new(), "another matter");
    assert_eq!(with(std::slice::from_ref(&first), &Other { decided: None, ..earlier }), Vec::<&str>::new(), "not decided");
    assert_eq!(with(&[("exemption", json!({ "clause": "minor_corrected", "reason": "轻微" }))], &exempted), Vec::<&str>::new());
}

#[test]
fn art_33_correction_in_time_is_a_hint_while_nothing_was_before() {
    let corrected = ("order", json!({ "recheck": "corrected" }));
    assert_eq!(codes("INVESTIGATING", std::slice::from_ref(&corrected)), ["minor_exempt"]);
    assert_eq!(codes("INVESTIGATING", &[("order", json!({ "recheck": "not_corrected" }))]), Vec::<&str>::new());
    assert_eq!(with(&[corrected], &Other { act_day: Some(date(2023, 3, 1)), decided: Some(date(2023, 4, 1)), ..other() }), Vec::<&str>::new());
}

#[test]
fn art_27_and_order_730_no_penalty_instead_of_a_transfer_and_three_days_to_decide() {
    let crime = |json: Json, today| judged(&case("INVESTIGATING", &[("crime", json)]), &[], today).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    let since = ms(date(2024, 7, 12));
    assert_eq!(crime(json!({ "suspected_ms": since }), TODAY), ["crime_suspected"]);
    assert_eq!(crime(json!({ "suspected_ms": since }), date(2024, 7, 16)), ["crime_suspected", "crime_undecided"]);
    assert_eq!(crime(json!({ "suspected_ms": since, "decided_ms": since, "transferred": true }), date(2024, 7, 16)), ["crime_suspected"], "handed over");
    assert_eq!(crime(json!({ "suspected_ms": since, "decided_ms": since, "transferred": true, "answer": "declined" }), TODAY), Vec::<&str>::new());
    assert_eq!(crime(json!({ "suspected_ms": since, "decided_ms": since, "transferred": false }), TODAY), Vec::<&str>::new(), "the head found no crime");
}

#[test]
fn what_was_right_on_the_day_of_the_decision_does_not_become_wrong_later() {
    let record = case(
        "SERVED",
        &[
            ("decided_date", json!("2024-07-14")),
            ("filed_date", json!("2024-07-11")),
            ("clue", json!({ "fact": "泥浆入河", "source": "media" })),
            ("act_date", json!("2022-07-14")),
        ],
    );
    assert_eq!(judged(&record, &[], date(2026, 1, 1)), []);
}
