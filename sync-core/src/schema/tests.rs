use super::kinds;
use crate::base::{DeviceId, RecordId};
use crate::record::{Bucket, Candidate, Dot, Kind, Policy, Record, Type, Value, Writer};

fn ascending(keys: &[&str]) -> bool {
    keys.windows(2).all(|w| w[0] < w[1])
}

#[test]
fn tables_are_in_order_and_labelled_in_both_languages() {
    for kind in kinds().iter() {
        let fields: Vec<&str> = kind.fields.iter().map(|r| r.key).collect();
        let groups: Vec<&str> = kind.groups.iter().map(|r| r.key.trim_end_matches(".*")).collect();
        assert!(ascending(&fields), "{}: {fields:?}", kind.name);
        assert!(ascending(&groups), "{}: {groups:?}", kind.name);
        for row in kind.fields.iter().chain(kind.groups) {
            assert!(!row.zh.is_ascii(), "{}.{} has no Chinese label", kind.name, row.key);
            assert!(row.en.chars().any(|c| c.is_ascii_alphabetic()), "{}.{} has no English label", kind.name, row.key);
            assert!(row.policy != Policy::Office || row.writer == Writer::Office, "{}.{} is the office's", kind.name, row.key);
            assert!(row.policy != Policy::Severest || matches!(row.ty, Type::Enum(_)), "{}.{} has no order of severity", kind.name, row.key);
            assert!(kind.field(&row.key.replace('*', "x")).is_some_and(|found| found.key == row.key), "{}.{} cannot be found", kind.name, row.key);
        }
    }
}

#[test]
fn groups_end_in_a_star_and_fields_do_not() {
    for kind in kinds().iter() {
        assert!(kind.groups.iter().all(|r| r.key.ends_with(".*") && r.key.matches('.').count() == 1), "{}", kind.name);
        assert!(kind.fields.iter().all(|r| !r.key.contains('*')), "{}", kind.name);
    }
}

fn members_ascend(ty: &Type) -> bool {
    match ty {
        Type::Map(members) => ascending(&members.iter().map(|m| m.0).collect::<Vec<_>>()) && members.iter().all(|m| members_ascend(&m.1)),
        Type::List(_, inner) => members_ascend(inner),
        _ => true,
    }
}

#[test]
fn members_of_maps_are_in_order() {
    for kind in kinds().iter() {
        for row in kind.fields.iter().chain(kind.groups) {
            assert!(members_ascend(&row.ty), "{}.{}", kind.name, row.key);
        }
    }
}

#[test]
fn acts_rely_on_known_fields_only() {
    for kind in kinds().iter() {
        for act in kind.acts {
            for relied in act.relies_on {
                let known = match relied.strip_suffix('.') {
                    Some(group) => kind.groups.iter().any(|r| r.key.trim_end_matches(".*") == group),
                    None => kind.fields.iter().any(|r| r.key == *relied),
                };
                assert!(known, "{}.{} relies on {relied}", kind.name, act.act);
            }
        }
    }
}

#[test]
fn stage_tables_lead_somewhere_and_say_why() {
    for kind in kinds().iter().filter(|k| !k.acts.is_empty()) {
        let mut reached = vec![kind.initial];
        for _ in kind.acts {
            reached.extend(kind.acts.iter().filter(|a| a.from.iter().any(|f| reached.contains(f))).filter_map(|a| a.to).collect::<Vec<_>>());
            reached.sort_unstable();
            reached.dedup();
        }
        for act in kind.acts {
            assert!(act.from.iter().all(|f| reached.contains(f)), "{}.{} starts from a stage that nothing leads to: {:?}", kind.name, act.act, act.from);
            assert!(!act.basis.is_empty() && act.guards.iter().all(|g| !g.basis.is_empty()), "{}.{} has no basis", kind.name, act.act);
            let writers: Vec<_> = kind.act(act.act).map(|row| (row.writer, row.weight)).collect();
            assert!(writers.windows(2).all(|w| w[0] == w[1]), "{}.{} has rows of different writer or weight", kind.name, act.act);
        }
    }
}

#[test]
fn a_stage_offers_each_act_once() {
    for kind in kinds().iter() {
        for (i, a) in kind.acts.iter().enumerate() {
            for b in kind.acts.iter().skip(i + 1).filter(|b| b.act == a.act) {
                assert!(a.from.iter().all(|f| !b.from.contains(f)), "{}.{}", kind.name, a.act);
            }
        }
    }
}

#[test]
fn personal_data_is_flagged() {
    let flagged: Vec<String> = kinds().iter().flat_map(|k| k.fields.iter().chain(k.groups).filter(|r| r.personal).map(move |r| format!("{}.{}", k.name, r.key))).collect();
    for (kind, words) in kinds().iter().flat_map(|k| k.fields.iter().chain(k.groups).map(move |r| (k, r))) {
        let suspicious = ["phone", "id_no", "legal_rep", "contact.name", "participants", "handlers"].iter().any(|w| words.key.contains(w));
        assert!(!suspicious || flagged.contains(&format!("{}.{}", kind.name, words.key)), "{}.{}", kind.name, words.key);
    }
}

fn record(kind: &Kind, stage: &str, fields: &[(&str, u64, Value)]) -> Record {
    let mut record = Record::new(RecordId(1), kind.name, kind.initial);
    for (key, seq, value) in fields {
        record.write(key, &[], Some(Candidate { dot: Dot::new(DeviceId(9), *seq), commit: *seq, value: value.clone(), by: None }), *seq);
    }
    record.set_stage(stage);
    record
}

fn buckets(kind: &str, stage: &str, fields: &[(&str, u64, Value)]) -> Vec<Bucket> {
    let kind = kinds().get(kind).unwrap();
    (kind.buckets)(&record(kind, stage, fields))
}

#[test]
fn a_contest_about_the_unit_hides_a_visit_from_neither_side() {
    let fields = [("unit", 1, Value::text("u-a")), ("unit", 2, Value::text("u-b")), ("participants.zf.1", 3, Value::parse("{}").unwrap()), ("participants.zf-2", 4, Value::null())];
    let got = buckets("visit", crate::visit::stage::RECORDING, &fields);
    assert_eq!(got, [Bucket::officer("zf.1"), Bucket::unit("u-a"), Bucket::unit("u-b")]);
}

#[test]
fn what_is_over_moves_to_the_archive() {
    use crate::{case, visit};
    let unit = [("unit", 1, Value::text("u-a"))];
    for stage in [visit::stage::CLOSED, visit::stage::CANCELLED, visit::stage::ABORTED] {
        assert_eq!(buckets("visit", stage, &unit), [Bucket::archive("u-a")]);
    }
    assert_eq!(buckets("visit", visit::stage::REVIEWED, &unit), [Bucket::unit("u-a")]);
    assert_eq!(buckets("case", case::stage::CLOSED, &unit), [Bucket::archive("u-a")]);
    assert_eq!(
        buckets("case", case::stage::FILED, &[("unit", 1, Value::text("u-a")), ("handlers.zf-1", 2, Value::parse("{}").unwrap())]),
        [Bucket::officer("zf-1"), Bucket::unit("u-a")]
    );
}

#[test]
fn everyone_may_hold_a_site() {
    assert_eq!(buckets("site", "ACTIVE", &[]), [Bucket::reference()]);
}

#[test]
fn what_the_answer_type_writes_is_what_the_table_takes() {
    use crate::checklist::{Answer, Outcome};
    let row = crate::visit::KIND.field("answers.F-1").unwrap();
    let full = Answer { items: vec!["HC-1".into()], measure: Some(-1_500), reason: Some("围挡".into()), result: Outcome::Bad, unit: Some("米".into()) };
    for answer in [Answer::plain(Outcome::Ok), Answer::plain(Outcome::Na), Answer::unchecked("封闭"), full] {
        assert_eq!(row.ty.check(answer.to_value().as_json()), Ok(()), "{answer:?}");
    }
}

#[test]
fn every_severity_suggests_a_risk_that_the_visit_knows() {
    use crate::checklist::Severity::{Critical, General, Minor, Serious};
    let ranks: Vec<_> = [Minor, General, Serious, Critical].iter().map(|s| crate::visit::RISKS.iter().position(|r| *r == s.risk())).collect();
    assert!(ranks.iter().all(Option::is_some) && ranks.is_sorted(), "{ranks:?}");
}

#[test]
fn every_kind_is_called_something() {
    for kind in super::kinds().iter() {
        assert!(super::kind_words(kind.name).is_some(), "{}", kind.name);
    }
}
