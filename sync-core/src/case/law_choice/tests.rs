//! Cases that cross 2026-08-15, on the real matters of the checklists.

use std::sync::LazyLock;

use serde_json::json;

use super::*;
use crate::base::RecordId;
use crate::base::date::date;
use crate::base::ids::DeviceId;
use crate::case::KIND;
use crate::case::finding::{Facts, Finding, findings};
use crate::fixtures;
use crate::record::{Candidate, Dot, Record, Value};

/// The catalogue that comes with the program, and nothing else: policies are the defaults.
pub static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let mut book = Book::new();
    fixtures::catalogue::rows().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    book
});
pub const TODAY: Date = date(2026, 9, 21);

/// A case at a stage with these fields, each checked against the table.
pub fn case_of(stage: &str, fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), crate::case::NAME, KIND.initial);
    for (n, (key, json)) in (1u64..).zip(fields) {
        let value = Value::from_json(json).unwrap();
        KIND.field(key).unwrap_or_else(|| panic!("{key}")).ty.check(value.as_json()).unwrap_or_else(|e| panic!("{key}: {e}"));
        let before = record.register(key).map(|r| r.dots()).unwrap_or_default();
        record.write(key, &before, Some(Candidate { dot: Dot::new(DeviceId(n), 1), commit: n, value, by: None }), n);
    }
    record.set_stage(stage);
    record
}

pub fn facts(book: &Book) -> Facts<'_> {
    Facts { book, area: "nb-gaoxin", organ: Some("enforcement"), today: TODAY, others: &[], elsewhere: &[] }
}

/// What is found, of the codes that begin so.
pub fn found(stage: &str, fields: &[(&str, Json)], prefix: &str) -> Vec<Finding> {
    let record = case_of(stage, fields);
    findings(&View::of(&record), &facts(&BOOK)).into_iter().filter(|f| f.code.starts_with(prefix)).collect()
}

fn at(matter: &str, start: &str, end: Option<&str>, recheck: Option<&str>) -> Record {
    let mut fields = vec![("matter", json!(matter)), ("act_date", json!(start))];
    fields.extend(end.map(|end| ("act_end", json!(end))));
    fields.extend(recheck.map(|found| ("order", json!({ "recheck": found }))));
    case_of("INVESTIGATED", &fields)
}

fn rule(record: &Record) -> Rule {
    offer(&View::of(record), &BOOK, TODAY).unwrap().rule
}

#[test]
fn slurry_before_the_code_stays_under_article_85_with_both_clauses_at_hand() {
    let record = at("EE-012", "2026-08-14", None, None);
    let choice = offer(&View::of(&record), &BOOK, TODAY).unwrap();
    assert_eq!((choice.rule, bound(&choice)), (Rule::Old, Some(Side::Then)), "行政处罚法 37: the new one is heavier");
    let made = value(&choice, Side::Then, "行为发生在法典施行前，新规定更重", "li", UtcMs(7), TODAY).unwrap();
    assert_eq!((made["rule"].as_str(), made["then_from"].as_str(), made["now_from"].as_str()), (Some("old"), Some("2022-01-01"), Some("2026-08-15")));
    assert_eq!(made["then_clause"], "《水污染防治法》第八十五条第一款第(四)项（罚款20000.00元至200000.00元）");
    assert_eq!(made["now_clause"], "《生态环境法典》第一千一百三十六条第一款第(五)项（罚款100000.00元至1000000.00元）");
    case_of("INVESTIGATED", &[("law_choice", made)]);
    assert_eq!(value(&choice, Side::Now, "从重", "li", UtcMs(7), TODAY), Err(Refused::Bound(Side::Then)));
}

#[test]
fn a_continuing_act_counts_by_its_last_day_under_article_37() {
    assert_eq!(rule(&at("EE-012", "2026-08-01", Some("2026-08-20"), None)), Rule::Unchanged);
    assert_eq!(rule(&at("EE-012", "2026-08-01", Some("2026-08-14"), None)), Rule::Old);
}

#[test]
fn hazardous_waste_that_was_put_right_falls_under_the_lighter_code() {
    let record = at("EE-015", "2026-08-14", None, Some("corrected"));
    let choice = offer(&View::of(&record), &BOOK, TODAY).unwrap();
    assert_eq!((choice.rule, bound(&choice)), (Rule::NewIsLighter, Some(Side::Now)), "生态环境法典 1057, 1175");
    assert_eq!(value(&choice, Side::Then, "旧法", "li", UtcMs(7), TODAY), Err(Refused::Bound(Side::Now)));
    let made = value(&choice, Side::Now, "已按期改正，新规定较轻", "li", UtcMs(7), TODAY).unwrap();
    assert!(made["now_clause"].as_str().unwrap().contains("罚款50000.00元至200000.00元；拒不改正的200000.00元至1000000.00元"));
    assert_eq!(version(&View::of(&record), &choice).unwrap().valid.from, date(2026, 8, 15));
    assert_eq!(rule(&at("EE-015", "2026-08-14", None, Some("refused"))), Rule::Old, "refused: its lower bound is above the old one");
}

#[test]
fn what_cannot_be_compared_is_open_to_a_reasoned_choice_only() {
    let record = at("EE-015", "2026-08-14", None, None);
    let choice = offer(&View::of(&record), &BOOK, TODAY).unwrap();
    assert_eq!((choice.rule, bound(&choice), version(&View::of(&record), &choice)), (Rule::Undetermined, None, None));
    for side in [Side::Then, Side::Now] {
        assert_eq!(value(&choice, side, "比较两条后选择", "li", UtcMs(7), TODAY).unwrap()["chosen"], side.as_str());
    }
    assert_eq!(value(&choice, Side::Now, "  ", "li", UtcMs(7), TODAY), Err(Refused::Reason));
    assert_eq!(value(&choice, Side::Now, &"长".repeat(2_001), "li", UtcMs(7), TODAY), Err(Refused::Reason));
}

#[test]
fn nothing_is_chosen_where_the_law_did_not_change() {
    let record = at("EE-012", "2026-09-01", None, None);
    let choice = offer(&View::of(&record), &BOOK, TODAY).unwrap();
    assert_eq!(value(&choice, Side::Then, "无", "li", UtcMs(7), TODAY), Err(Refused::Unchanged));
    assert_eq!(version(&View::of(&record), &choice).unwrap().valid.from, date(2026, 8, 15));
}

#[test]
fn a_case_without_matter_day_or_law_says_what_is_missing() {
    let of = |fields: &[(&str, Json)]| offer(&View::of(&case_of("INVESTIGATED", fields)), &BOOK, TODAY).unwrap_err();
    assert_eq!(of(&[]), Unknown::Matter);
    assert_eq!(of(&[("matter", json!("EE-012"))]), Unknown::Day);
    assert_eq!(of(&[("matter", json!("EE-012")), ("act_date", json!("2021-12-31"))]), Unknown::Law(NoLaw::NotThen { day: date(2021, 12, 31) }), "行政处罚法 4");
}

#[test]
fn a_choice_that_was_made_for_other_days_stands_no_more() {
    let choice = offer(&View::of(&at("EE-012", "2026-08-14", None, None)), &BOOK, TODAY).unwrap();
    let made = value(&choice, Side::Then, "旧法", "li", UtcMs(7), TODAY).unwrap();
    let with = |matter: &str| case_of("INVESTIGATED", &[("matter", json!(matter)), ("act_date", json!("2026-08-14")), ("law_choice", made.clone())]);
    let kept = |record: &Record| standing(&View::of(record), &offer(&View::of(record), &BOOK, TODAY).unwrap());
    assert_eq!(kept(&with("EE-012")), Some(Side::Then));
    assert_eq!(kept(&with("EE-015")), None, "the rule is another one there");
}
