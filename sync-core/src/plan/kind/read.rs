//! Entries as they stand on a plan, and entries out of a draw.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::KIND;
use super::fields::STRATA;
use crate::base::Date;
use crate::dated::Flaw;
use crate::plan::{Entry, Risk};
use crate::record::{Record, read_field};

/// Which objects are drawn for an entry, in place of one that it names (抽查比例).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Only objects on this list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// How many of a hundred, rounded up.
    pub percent: u8,
    /// Only objects of this risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
}

impl Sampling {
    /// Everything that is wrong with it.
    pub fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        if !(1..=100).contains(&self.percent) {
            flaws.push(Flaw::new("percent", "give 1 to 100"));
        }
        if self.list.as_deref().is_some_and(|list| !STRATA.contains(&list)) {
            flaws.push(Flaw::new("list", format!("give one of {}; what is left alone is not drawn", STRATA.join(", "))));
        }
        flaws
    }

    /// How many of so many objects are drawn.
    pub fn count(&self, objects: usize) -> usize {
        (objects * usize::from(self.percent)).div_ceil(100)
    }
}

/// An entry of a plan: of an object that it names, or of objects to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The entry. Its object is empty where objects are to be drawn.
    pub entry: Entry,
    /// Which objects are drawn.
    pub sample: Option<Sampling>,
}

/// Stands for the object of an entry whose objects are to be drawn, where its other fields are judged.
const ANY: &str = "any";

impl Planned {
    /// Everything that is wrong with it; `least_officers` as for [`Entry::flaws`].
    pub fn flaws(&self, least_officers: u8) -> Vec<Flaw> {
        let Some(sample) = &self.sample else { return self.entry.flaws(least_officers) };
        if !self.entry.object.is_empty() {
            return vec![Flaw::new("object", "name an object, or say how many are drawn, not both")];
        }
        let entry = Entry { object: ANY.into(), ..self.entry.clone() };
        entry.flaws(least_officers).into_iter().chain(sample.flaws()).collect()
    }

    /// As it stands in the register `entries.<id>`: without id and organ, which are the register's and the plan's.
    pub fn to_json(&self) -> Json {
        let mut json = serde_json::to_value(&self.entry).unwrap_or_default();
        if let Some(map) = json.as_object_mut() {
            map.remove("id");
            map.remove("organ");
            if let Some(sample) = self.sample.as_ref().and_then(|sample| serde_json::to_value(sample).ok()) {
                map.remove("object");
                map.insert("sample".into(), sample);
            }
        }
        json
    }
}

/// An entry out of its register.
pub fn planned_of(id: &str, organ: &str, json: &Json) -> Result<Planned, Flaw> {
    let mut map: Map<String, Json> = json.as_object().cloned().unwrap_or_default();
    let bad = |e: serde_json::Error| Flaw::new("", e.to_string());
    let sample: Option<Sampling> = map.remove("sample").map(serde_json::from_value).transpose().map_err(bad)?;
    if sample.is_some() {
        map.entry("object").or_insert_with(|| Json::from(""));
    }
    map.insert("id".into(), id.into());
    map.insert("organ".into(), organ.into());
    Ok(Planned { entry: serde_json::from_value(Json::Object(map)).map_err(bad)?, sample })
}

/// The entries of a plan by id, each as it reads, or why it cannot be read.
pub fn planned(record: &Record) -> Vec<(String, Result<Planned, Flaw>)> {
    let organ = read_field(record, &KIND, "organ").value().and_then(|v| v.as_text()).unwrap_or_default();
    let standing = record.with_prefix("entries.").filter(|(_, register)| register.candidates().iter().any(|c| !c.value.is_null()));
    let one = |key: &str| {
        let id = key.strip_prefix("entries.").unwrap_or_default().to_owned();
        let value = read_field(record, &KIND, key).value().ok_or_else(|| Flaw::new("", "two people wrote it at once; one of them has to write it again"));
        let read = value.and_then(|value| planned_of(&id, &organ, &value.to_json()));
        (id, read)
    };
    standing.map(|(key, _)| one(key)).collect()
}

/// First and last day of a plan.
pub fn window(record: &Record) -> Option<(Date, Date)> {
    let json = read_field(record, &KIND, "window").value()?.to_json();
    let day = |member: &str| json.get(member)?.as_str()?.parse::<Date>().ok();
    Some((day("from")?, day("to")?)).filter(|(from, to)| from <= to)
}

/// The entries that a draw makes of one whose objects were to be drawn: one for each object with its area, numbered from 1 in
/// the order drawn, under the entry's id with the number behind it.
pub fn expand(planned: &Planned, drawn: &[(String, String)]) -> Vec<Planned> {
    let one = |(n, (object, area)): (usize, &(String, String))| {
        let entry = Entry { id: format!("{}.{n}", planned.entry.id), object: object.clone(), area: area.clone(), ..planned.entry.clone() };
        Planned { entry, sample: None }
    };
    if planned.sample.is_none() { Vec::new() } else { (1..).zip(drawn).map(one).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::entry::tests::entry;

    fn sampled(percent: u8) -> Planned {
        Planned { entry: Entry { object: String::new(), ..entry("s", "fire", "x", 5, 9) }, sample: Some(Sampling { list: Some("random".into()), percent, risk: None }) }
    }

    #[test]
    fn what_is_written_is_read() {
        for planned in [Planned { entry: entry("e1", "fire", "site-1", 5, 9), sample: None }, sampled(20)] {
            assert_eq!(planned_of(&planned.entry.id, "fire", &planned.to_json()), Ok(planned.clone()));
            assert_eq!(planned.flaws(2), []);
        }
        assert!(planned_of("e1", "fire", &serde_json::json!({ "object": "x", "elsewhere": 1 })).is_err());
    }

    #[test]
    fn a_sampling_rule_stands_in_the_place_of_an_object() {
        let flaws = |planned: Planned| planned.flaws(2).into_iter().map(|flaw| flaw.field).collect::<Vec<_>>();
        assert_eq!(flaws(sampled(0)), ["percent"]);
        assert_eq!(flaws(Planned { sample: Some(Sampling { list: Some("left_alone".into()), percent: 5, risk: None }), ..sampled(5) }), ["list"], "无事不扰");
        let mut both = sampled(5);
        both.entry.object = "site-1".into();
        assert_eq!(flaws(both), ["object"]);
        assert_eq!(sampled(5).sample.unwrap().count(21), 2, "rounded up");
    }

    #[test]
    fn a_draw_makes_an_entry_of_each_object() {
        let drawn = [("a".to_owned(), "juxian".to_owned()), ("b".to_owned(), "meixu".to_owned())];
        let entries = expand(&sampled(10), &drawn);
        assert_eq!(entries.iter().map(|p| (&*p.entry.id, &*p.entry.object, &*p.entry.area)).collect::<Vec<_>>(), [("s.1", "a", "juxian"), ("s.2", "b", "meixu")]);
        assert!(entries.iter().all(|planned| planned.flaws(2).is_empty()));
        assert_eq!(expand(&Planned { entry: entry("e1", "fire", "site-1", 5, 9), sample: None }, &drawn), [], "an entry with an object of its own draws none");
    }
}
