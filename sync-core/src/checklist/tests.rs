use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::base::{DeviceId, RecordId};
use crate::record::{Candidate, Dot, Record, Value};

fn item(code: &str, fact: Option<&str>, photo: bool) -> Item {
    Item {
        basis: Basis { effective_from: None, penalty: None, violation: "某条".into() },
        case_allowed: true,
        check: "查看".into(),
        code: code.into(),
        doubt: None,
        fact: fact.map(|f| Fact { code: f.into(), title: format!("事实{f}") }),
        overlaps: Vec::new(),
        penalty: Penalty { max: None, min: None, note: None, overdue_max: None, overdue_min: None, prior_max: None, prior_min: None, trigger: Trigger::None, unit: "none".into() },
        photo,
        prior_basis: None,
        severity: Severity::General,
        subject: "施工单位".into(),
        title: format!("事项{code}"),
    }
}

fn template(department: &str, items: Vec<Item>) -> Template {
    Template {
        department: department.into(),
        id: format!("t-{department}"),
        items,
        source: "test".into(),
        title: format!("{department}检查表"),
        valid_from: "2026-01-01".into(),
        version: 1,
    }
}

fn two() -> Vec<Template> {
    vec![
        template("water", vec![item("WR-1", Some("F-1"), true), item("WR-2", None, false)]),
        template("construction", vec![item("HC-1", Some("F-1"), false), item("HC-2", None, false)]),
    ]
}

fn put(record: &mut Record, seq: u64, key: &str, value: Value) {
    record.write(key, &[], Some(Candidate { dot: Dot::new(DeviceId(3), seq), commit: seq, value, by: None }), seq);
}

fn visit_with(form: &JointForm) -> Record {
    let mut record = Record::new(RecordId(1), "visit", "RECORDING");
    for (n, (key, value)) in form.pin().into_iter().enumerate() {
        put(&mut record, n as u64 + 1, key.as_str(), value);
    }
    record
}

#[test]
fn a_shared_fact_is_asked_once_and_signed_by_both() {
    let form = compose(&two()).unwrap();
    assert_eq!(form.questions.iter().map(|q| &*q.code).collect::<Vec<_>>(), ["F-1", "HC-2", "WR-2"]);
    let shared = &form.questions[0];
    assert_eq!(shared.departments(), BTreeSet::from(["construction", "water"]));
    assert!(shared.photo, "one department's wish for a photo is enough");
}

#[test]
fn a_template_survives_its_canonical_form_and_any_change_changes_its_hash() {
    let one = two().remove(0);
    assert_eq!(Template::parse(&one.canonical()).unwrap(), one);
    let other = Template { version: 2, ..one.clone() };
    assert_ne!(one.hash(), other.hash());
}

#[test]
fn a_faulty_template_says_where_and_what_would_be_right() {
    let good = two().remove(0).canonical();
    for (from, to, at, why) in [
        ("\"version\":1", "\"version\":0", "t-water", "version must be"),
        ("\"2026-01-01\"", "\"2026-02-30\"", "t-water", "date YYYY-MM-DD"),
        ("\"code\":\"WR-2\"", "\"code\":\"WR-1\"", "WR-1", "ascending order"),
        ("\"code\":\"WR-2\"", "\"code\":\"道口\"", "道口", "a code must be"),
        ("\"code\":\"WR-2\"", "\"code\":\"WR-2.\"", "WR-2.", "without '.' at either end"),
        ("\"photo\":true", "\"foto\":true", "template", "unknown field `foto`"),
        ("事项WR-2", "", "WR-2", "title must have"),
    ] {
        let broken = good.replacen(from, to, 1);
        assert_ne!(broken, good);
        let error = Template::parse(&broken).unwrap_err();
        assert!(error.at == at && error.why.contains(why), "{error}");
    }
}

#[test]
fn templates_that_do_not_go_together_are_named() {
    assert_eq!(compose(&[]), Err(BadForm::Empty));
    let water = two().remove(0);
    let newer = Template { version: 2, ..water.clone() };
    assert_eq!(compose(&[water.clone(), newer]), Err(BadForm::TwoVersions("t-water".into())));
    assert_eq!(compose(&[water.clone(), template("fire", vec![item("WR-1", None, false)])]), Err(BadForm::CodeTwice("WR-1".into())));
    assert_eq!(compose(&[water, template("fire", vec![item("X-1", Some("WR-2"), false)])]), Err(BadForm::CodeTwice("WR-2".into())));
    let many: Vec<Template> = (0..=MAX_TEMPLATES).map(|n| template(&format!("d{n}"), vec![item(&format!("I-{n}"), None, false)])).collect();
    assert_eq!(compose(&many), Err(BadForm::TooLarge(MAX_TEMPLATES + 1, MAX_TEMPLATES + 1)));
}

#[test]
fn progress_counts_open_contested_and_missing_photos_per_department() {
    let mut record = visit_with(&compose(&two()).unwrap());
    let before = progress(&record);
    assert_eq!((before.total, before.answered), (3, 0));
    assert_eq!(before.departments["water"].open, ["F-1", "WR-2"]);

    put(&mut record, 20, "answers.F-1", Answer::plain(Outcome::Bad).to_value());
    put(&mut record, 21, "answers.WR-2", Answer::plain(Outcome::Unchecked).to_value());
    let water = progress(&record).departments.remove("water").unwrap();
    assert_eq!(water.open, ["WR-2"], "未查 without a reason settles nothing");
    assert_eq!((water.photos_missing.clone(), water.bad), (vec!["F-1".to_owned()], vec!["F-1".to_owned()]));

    put(&mut record, 22, "photos.F-1.p", Value::parse("{}").unwrap());
    put(&mut record, 23, "answers.HC-2", Answer::plain(Outcome::Ok).to_value());
    put(&mut record, 24, "answers.HC-2", Answer::plain(Outcome::Bad).to_value());
    let now = progress(&record);
    assert_eq!(now.departments["construction"].contested, ["HC-2"]);
    assert!(now.departments["water"].photos_missing.is_empty());
    assert_eq!(now.answered, 1);
}

#[test]
fn a_form_pinned_twice_with_different_templates_asks_for_the_union() {
    let mut record = visit_with(&compose(&two()[..1]).unwrap());
    for (n, (key, value)) in compose(&two()).unwrap().pin().into_iter().enumerate() {
        put(&mut record, 50 + n as u64, key.as_str(), value);
    }
    let progress = progress(&record);
    assert_eq!(progress.total, 3);
    assert_eq!(progress.departments.keys().collect::<Vec<_>>(), ["construction", "water"]);
}

#[test]
fn a_pinned_form_can_be_shown_without_its_templates() {
    let form = compose(&two()).unwrap();
    let shown: Vec<Pinned> = pinned(&visit_with(&form)).collect();
    let codes: BTreeSet<&str> = form.questions.iter().map(|q| &*q.code).collect();
    assert_eq!(shown.iter().map(|p| &*p.code).collect::<BTreeSet<_>>(), codes);
    assert_eq!((&*shown[0].title, shown[0].covers.len(), shown[0].photo), ("事实F-1", 2, true));
}

#[test]
fn findings_name_the_items_and_where_only_one_may_be_fined() {
    let mut record = visit_with(&compose(&two()).unwrap());
    put(&mut record, 20, "answers.F-1", Answer::plain(Outcome::Bad).to_value());
    put(&mut record, 21, "answers.WR-2", Answer::plain(Outcome::Ok).to_value());
    let all = findings(&record, &two());
    assert_eq!(all.iter().map(|f| (&*f.item, &*f.department, f.shared)).collect::<Vec<_>>(), [("HC-1", "construction", true), ("WR-1", "water", true)]);
    record.write("answers.F-1", &[Dot::new(DeviceId(3), 20)], None, 30);
    put(&mut record, 31, "answers.F-1", Answer { items: vec!["WR-1".into()], ..Answer::plain(Outcome::Bad) }.to_value());
    assert_eq!(findings(&record, &two()).iter().map(|f| &*f.item).collect::<Vec<_>>(), ["WR-1"], "only what the answer names");
    assert!(findings(&record, &[]).is_empty());
}

#[test]
fn an_answer_and_its_register_are_inverse() {
    let answer = Answer { measure: Some(2_500), unit: Some("米".into()), reason: Some("围挡高度".into()), items: vec!["HC-1".into()], result: Outcome::Bad };
    assert_eq!(Answer::read(&answer.to_value()), Some(answer));
    assert_eq!(Answer::read(&Value::parse("{\"unit\":\"米\"}").unwrap()), None, "no result is no answer");
}

/// Up to six departments whose items share facts at random.
fn departments() -> impl Strategy<Value = Vec<Template>> {
    let items = prop::collection::vec((prop::option::of(0u8..5), any::<bool>()), 1..8);
    prop::collection::vec(items, 1..6).prop_map(|all| {
        let items = |d: usize, specs: Vec<(Option<u8>, bool)>| {
            let one = |(n, (fact, photo)): (usize, (Option<u8>, bool))| item(&format!("D{d}-{n:03}"), fact.map(|f| format!("F-{f}")).as_deref(), photo);
            specs.into_iter().enumerate().map(one).collect()
        };
        all.into_iter().enumerate().map(|(d, specs)| template(&format!("d{d}"), items(d, specs))).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_templates_does_not_matter(templates in departments(), seed in any::<u64>()) {
        let form = compose(&templates).unwrap();
        let mut shuffled = templates.clone();
        shuffled.sort_by_key(|t| crate::base::Digest::tagged("shuffle", &[&seed.to_be_bytes(), t.id.as_bytes()]));
        shuffled.extend(templates.first().cloned());
        prop_assert_eq!(&compose(&shuffled).unwrap(), &form);
        prop_assert_eq!(compose(&shuffled).unwrap().pin(), form.pin());
    }

    #[test]
    fn every_item_is_covered_by_exactly_one_question(templates in departments()) {
        let form = compose(&templates).unwrap();
        let mut covered: BTreeMap<&str, usize> = BTreeMap::new();
        for c in form.questions.iter().flat_map(|q| &q.covers) {
            *covered.entry(&c.code).or_default() += 1;
        }
        let items: BTreeMap<&str, usize> = templates.iter().flat_map(|t| &t.items).map(|i| (&*i.code, 1)).collect();
        prop_assert_eq!(covered, items);
        let codes: BTreeSet<&str> = form.questions.iter().map(|q| &*q.code).collect();
        prop_assert_eq!(codes.len(), form.questions.len());
    }

    #[test]
    fn a_department_signs_exactly_the_questions_that_cover_its_items(templates in departments()) {
        let form = compose(&templates).unwrap();
        let progress = progress(&visit_with(&form));
        prop_assert_eq!(progress.total, form.questions.len());
        for template in &templates {
            let wanted: BTreeSet<&str> = template.items.iter().map(Item::question).collect();
            let open: BTreeSet<&str> = progress.departments[&template.department].open.iter().map(|c| &**c).collect();
            prop_assert_eq!(wanted, open);
        }
    }

    #[test]
    fn a_question_keeps_its_code_whoever_else_takes_part(templates in departments()) {
        let all: BTreeSet<String> = compose(&templates).unwrap().questions.into_iter().map(|q| q.code).collect();
        for template in templates {
            for question in compose(std::slice::from_ref(&template)).unwrap().questions {
                prop_assert!(all.contains(&question.code));
            }
        }
    }
}
