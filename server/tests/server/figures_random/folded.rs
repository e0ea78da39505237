//! Every indicator by a fold over what the records say, with the filters applied one fact at a time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sync_core::base::{Date, RecordId};
use sync_core::dated::Kind;
use sync_core::figures::{By, Fact, Formula, INDICATORS, Measure, Term, facts, known, year_before};
use sync_core::org::Unit;
use sync_core::record::Record;

use crate::town::Town;

/// The organ of each unit.
pub fn units(town: &Town<'_>) -> BTreeMap<String, String> {
    let law = town.site.running().app.law();
    law.book.of_kind(Kind::Unit).filter_map(|row| Some((row.key.to_string(), row.typed::<Unit>()?.organ.to_string()))).collect()
}

type Said = Vec<(RecordId, Fact)>;

fn counted(said: &Said, term: Term) -> i64 {
    let of = said.iter().filter(|(_, fact)| fact.what == term.what);
    let number = |n: usize| i64::try_from(n).unwrap();
    match term.by {
        By::Rows => number(of.count()),
        By::Records => number(of.map(|(id, _)| id).collect::<BTreeSet<_>>().len()),
        By::Pairs => number(of.map(|(id, fact)| (id, fact.object)).collect::<BTreeSet<_>>().len()),
        By::Objects => number(of.filter_map(|(_, fact)| fact.object).collect::<BTreeSet<_>>().len()),
        By::Abouts => number(of.map(|(_, fact)| &fact.about).collect::<BTreeSet<_>>().len()),
        By::Sum => of.map(|(_, fact)| fact.amount).sum(),
    }
}

/// The facts that are left of a period.
fn left(records: &[Record], from: Date, to: Date, query: &[(&str, String)], units: &BTreeMap<String, String>) -> Said {
    let mut out = Vec::new();
    for record in records {
        let all = facts(record);
        let objects: BTreeSet<String> = all.iter().filter_map(|fact| Some(fact.object?.to_string())).collect();
        for fact in all {
            let held = query.iter().all(|(dim, wanted)| match *dim {
                "area" => fact.area.as_ref() == Some(wanted),
                "unit" => fact.unit.as_ref() == Some(wanted),
                "matter" => fact.matter.as_ref() == Some(wanted),
                "organ" => fact.organ.as_ref().or_else(|| units.get(fact.unit.as_ref()?)) == Some(wanted),
                _ => fact.object.map_or_else(|| objects.contains(wanted), |object| object.to_string() == *wanted),
            });
            if held && (from..=to).contains(&fact.day) {
                out.push((record.id, fact));
            }
        }
    }
    out
}

/// Compares an answer; gives how many numbers were compared, and how many indicators have none.
pub fn compare(answer: &Json, records: &[Record], from: &str, to: &str, query: &[(&'static str, String)], units: &BTreeMap<String, String>) -> (usize, usize) {
    let (from, to): (Date, Date) = (from.parse().unwrap(), to.parse().unwrap());
    let now = left(records, from, to, query, units);
    let then = left(records, year_before(from), year_before(to), query, units);
    let (mut numbers, mut nothing) = (0, 0);
    for indicator in INDICATORS {
        let said = answer["figures"].as_array().unwrap().iter().find(|f| f["code"] == indicator.code).unwrap();
        let whats = indicator.formula.facts();
        let unfit = query.iter().any(|(dim, _)| match indicator.formula {
            Formula::Several(_) => !["area", "object"].contains(dim),
            _ => whats.iter().any(|what| known(what).unwrap().by.iter().all(|by| by.as_str() != *dim)),
        });
        if !whats.is_empty() && unfit {
            assert_eq!((&said["value"], said["not_by"].as_array().is_some_and(|dims| !dims.is_empty())), (&Json::Null, true), "{} {query:?}", indicator.code);
            nothing += 1;
            continue;
        }
        let (of, in_all) = match indicator.formula {
            Formula::Count(term) => (counted(&now, term), None),
            Formula::Ratio(a, b) => (counted(&now, a), Some(counted(&now, b))),
            Formula::Drop(term) => (counted(&then, term) - counted(&now, term), Some(counted(&then, term))),
            Formula::Several(what) => {
                let mut organs: BTreeMap<RecordId, BTreeSet<&str>> = BTreeMap::new();
                for (_, fact) in now.iter().filter(|(_, fact)| fact.what == what) {
                    if let (Some(object), Some(organ)) = (fact.object, &fact.organ) {
                        organs.entry(object).or_default().insert(organ);
                    }
                }
                (i64::try_from(organs.values().filter(|organs| organs.len() > 1).count()).unwrap(), None)
            }
            Formula::InTime | Formula::Matters | Formula::MattersListed | Formula::HoursGoal => continue,
        };
        let mut value = json!({ "of": of });
        if let Some(in_all) = in_all {
            value["in_all"] = json!(in_all);
        }
        let mut got = said["value"].clone();
        let hundredths = got.as_object_mut().unwrap().remove("hundredths");
        assert_eq!(got, value, "{} {query:?}", indicator.code);
        let scale = if indicator.measure == Measure::Share { 10_000.0 } else { 100.0 };
        match (in_all, hundredths.and_then(|h| h.as_f64())) {
            (Some(all), shown) if all > 0 => assert!((shown.unwrap() - of as f64 * scale / all as f64).abs() <= 0.51, "{}", indicator.code),
            (Some(_), shown) => assert_eq!(shown, None),
            (None, shown) => assert_eq!(shown, Some(of as f64 * 100.0)),
        }
        numbers += 1;
    }
    (numbers, nothing)
}
