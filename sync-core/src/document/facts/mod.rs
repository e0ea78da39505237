//! The facts of a document: what a record, the book and the desk say, as the templates read it.
//!
//! One vocabulary for all types, so that a text says the same thing on every paper; the table is in the source of [`facts`] and its
//! parts, one function per topic. **What is not known is an absent key**, never an empty one, so that a template names it. Empty
//! texts stand only where the paper has a blank line: an opinion not yet given, a place not yet signed.
//!
//! Deliberately absent: whether a document may be drawn up at this stage, its number and its seal (given), and the layout.

mod case;
mod penalty;
mod steps;
mod training;
mod visit;
mod words;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::engine::Template;
use crate::base::{Date, UtcMs, date::day_of};
use crate::catalogue::matter::{Clause, Matter};
use crate::dated::Book;
use crate::law::period::{Period, Unit as Length};
use crate::law::policy;
use crate::org::{self, Organ, Unit};
use crate::record::{Kind, Record, read_field};

/// What neither the record nor the book says.
#[derive(Debug, Clone, Default)]
pub struct More {
    /// The number, as printed; `None` for a draft or a type without one.
    pub number: Option<String>,
    /// The seal: `{}` to draw a round one, or `{"image": "<SHA-256>"}`; `None` leaves it out.
    pub seal: Option<Json>,
    /// Names of officers and reviewers by id.
    pub people: BTreeMap<String, String>,
    /// Numbers of certificates by officer, where the record does not say them.
    pub certificates: BTreeMap<String, String>,
    /// What the desk knows: `bank`, `review_organ`, `court`, `complaint_phone`, `organ.address`, `organ.phone`, `files` …. It fills in
    /// what is absent and never replaces what the record says.
    pub desk: Json,
}

/// A record with what stands on it, read by its field table: a contested field reads as nothing.
#[derive(Clone, Copy)]
struct Source<'a> {
    record: &'a Record,
    kind: &'static Kind,
    book: &'a Book,
    day: Date,
    more: &'a More,
    about: Option<&'a str>,
}

type Facts = Map<String, Json>;

impl<'a> Source<'a> {
    fn json(&self, key: &str) -> Json {
        read_field(self.record, self.kind, key).value().map(|v| v.to_json()).unwrap_or_default()
    }

    fn text(&self, key: &str) -> Option<String> {
        filled(&self.json(key))
    }

    /// The members of a collection that are not contested, by key.
    fn all(&self, prefix: &'a str) -> Vec<(&'a str, Json)> {
        let keys = self.record.with_prefix(prefix).filter_map(|(key, _)| Some((key.strip_prefix(prefix)?, self.json(key))));
        keys.filter(|(_, json)| !json.is_null()).collect()
    }

    fn name(&self, id: &str) -> Option<String> {
        let here = [format!("handlers.{id}"), format!("participants.{id}")].iter().find_map(|key| filled(self.json(key).get("name")?));
        here.or_else(|| self.more.people.get(id).cloned()).filter(|n| !n.is_empty())
    }

    fn certificate(&self, id: &str) -> Option<String> {
        let here = [format!("handlers.{id}"), format!("participants.{id}")].iter().find_map(|key| filled(self.json(key).get("certificate")?));
        here.or_else(|| self.more.certificates.get(id).cloned()).filter(|n| !n.is_empty())
    }

    /// Name, certificate and signature of an officer; what is unknown is absent.
    fn officer(&self, id: &str) -> Json {
        let name = self.name(id);
        let sign = self.all("signatures.").into_iter().find(|(_, s)| word(s, "by").is_some_and(|by| by == id || Some(by) == name.as_deref()));
        let mut out = Map::new();
        put(&mut out, "name", name);
        put(&mut out, "certificate", self.certificate(id));
        put(&mut out, "sign", Some(sign.map(|(key, _)| key.to_owned()).unwrap_or_default()));
        Json::Object(out)
    }

    fn officers<'i>(&self, ids: impl Iterator<Item = &'i str>) -> Vec<Json> {
        ids.map(|id| self.officer(id)).collect()
    }

    /// The id of a signature if it is there, else an empty line to sign on.
    fn sign(&self, json: &Json, member: &str) -> String {
        word(json, member).filter(|id| !self.json(&format!("signatures.{id}")).is_null()).unwrap_or_default().to_owned()
    }

    /// The organ in whose name the unit of the record acts.
    fn organ(&self) -> Option<(Box<str>, Organ)> {
        let unit = self.text("unit").and_then(|unit| self.book.get::<Unit>(&unit, self.day))?;
        org::in_name_of(self.book, &unit.organ, self.day)
    }

    /// What a type of document is called here (`document.title.…`), else its own title.
    fn title(&self, sort: &super::DocumentType) -> String {
        let key = format!("document.title.{}", sort.code);
        if policy::known(&key).is_none() {
            return sort.title_zh.to_owned();
        }
        let organ = self.organ().map(|(code, _)| code);
        let scopes: Vec<&str> = organ.iter().map(|code| &**code).collect();
        let alias = policy::get_for::<String>(self.book, &key, &scopes, self.day).ok().map(|answer| answer.value);
        alias.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| sort.title_zh.to_owned())
    }

    fn period(&self, key: &str) -> Option<Period> {
        policy::get::<Period>(self.book, key, self.day).ok().map(|a| a.value)
    }
}

/// Policies whose text stands on documents, each with the fact that it is: `organ.…` is a member of the organ.
const DESK: &[(&str, &str)] = &[
    ("document.bank", "bank"),
    ("document.complaint_phone", "complaint_phone"),
    ("document.court", "court"),
    ("document.organ.address", "organ.address"),
    ("document.organ.phone", "organ.phone"),
    ("document.review_organ", "review_organ"),
];

/// What the desk of an organ knows by the book, for [`More::desk`]: account, addresses, court. A policy without text says nothing.
pub fn desk(book: &Book, organ: Option<&str>, day: Date) -> Json {
    let scopes: Vec<&str> = organ.into_iter().collect();
    let (mut out, mut of_organ) = (Map::new(), Map::new());
    for (key, fact) in DESK {
        let Some(text) = policy::get_for::<String>(book, key, &scopes, day).ok().map(|answer| answer.value).filter(|text| !text.trim().is_empty()) else { continue };
        match fact.strip_prefix("organ.") {
            Some(member) => of_organ.insert(member.to_owned(), text.into()),
            None => out.insert((*fact).to_owned(), text.into()),
        };
    }
    out.insert("organ".to_owned(), of_organ.into());
    out.into()
}

/// Everything that can be said on a document of this record on a day. `about` is what it is about: the id of an order, a measure, an
/// inquiry, a service, without prefix; without it the latest of each counts.
pub fn facts(record: &Record, about: Option<&str>, book: &Book, day: Date, more: &More) -> Json {
    let of_visit = &*record.kind == crate::visit::NAME;
    let of_course = &*record.kind == crate::training::course::NAME;
    let kind: &'static Kind = match (of_visit, of_course) {
        (true, _) => &crate::visit::KIND,
        (_, true) => &crate::training::course::KIND,
        _ => &crate::case::KIND,
    };
    let source = Source { record, kind, book, day, more, about };
    let mut out = Map::new();
    put(&mut out, "dated", Some(day.to_string()));
    put(&mut out, "number", more.number.clone());
    if let Some(seal) = &more.seal {
        out.insert("seal".to_owned(), seal.clone());
    }
    let unit = source.text("unit").and_then(|unit| book.get::<Unit>(&unit, day));
    let organ = unit.as_ref().and_then(|unit| org::in_name_of(book, &unit.organ, day)).map(|(_, organ)| organ);
    put(&mut out, "unit", unit.map(|unit| unit.name));
    put(&mut out, "area", source.text("area").map(|area| book.get::<org::Area>(&area, day).map_or(area, |found| found.name)));
    if let Some(organ) = organ {
        out.insert("organ".to_owned(), organ_of(organ));
    }
    let titled = |sort: &super::DocumentType| Some((sort.code.to_owned(), Json::from(source.title(sort)))).filter(|(_, title)| title != sort.title_zh);
    let titles: Facts = super::TYPES.iter().filter_map(titled).collect();
    if !titles.is_empty() {
        out.insert("titles".to_owned(), Json::Object(titles));
    }
    out.insert("signatures".to_owned(), Json::Object(source.all("signatures.").into_iter().map(|(key, value)| (key.to_owned(), value)).collect()));
    if of_visit {
        visit::add(&source, &mut out)
    } else if of_course {
        training::add(&source, &mut out)
    } else {
        case::add(&source, &mut out)
    }
    let mut out = Json::Object(out);
    fill(&mut out, &more.desk);
    out
}

/// Only what a template reads: members of `party` and `natural` that it does not spell out, and whatever else it does not ask for, are
/// left out, so that nothing is handed on that the paper does not show.
pub fn only(template: &Template, facts: Json) -> Json {
    let Json::Object(all) = facts else { return facts };
    let mut needs = template.needs();
    needs.extend(template.front().masks.iter().map(|(path, _)| path.clone()));
    let asked = |key: &str| needs.iter().any(|need| need.split('.').next() == Some(key));
    let spelt = |path: String| needs.contains(&path);
    let kept = all.into_iter().filter(|(key, _)| asked(key) || ["dated", "number", "seal", "signatures", "organ", "titles"].contains(&key.as_str()));
    let kept = kept.map(|(key, value)| match value {
        Json::Object(members) if key == "party" || key == "natural" => {
            let members = members.into_iter().filter(|(member, _)| member == "minor" || spelt(format!("{key}.{member}"))).collect();
            (key, Json::Object(members))
        }
        value => (key, value),
    });
    Json::Object(kept.collect())
}

fn organ_of(organ: Organ) -> Json {
    let mut out = Map::new();
    put(&mut out, "name", Some(organ.name));
    put(&mut out, "prefix", organ.prefix.map(String::from));
    put(&mut out, "seal", organ.seal);
    Json::Object(out)
}

/// Adds what is absent; what is there stays.
fn fill(into: &mut Json, from: &Json) {
    let (Json::Object(into), Json::Object(from)) = (into, from) else { return };
    for (key, value) in from {
        match into.get_mut(key) {
            Some(there) => fill(there, value),
            None => _ = into.insert(key.clone(), value.clone()),
        }
    }
}

fn put(into: &mut Facts, key: &str, value: Option<impl Into<Json>>) {
    if let Some(value) = value.map(Into::into) {
        into.insert(key.to_owned(), value);
    }
}

/// A text that says something.
fn filled(json: &Json) -> Option<String> {
    json.as_str().filter(|t| !t.trim().is_empty()).map(str::to_owned)
}

fn word<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str).filter(|t| !t.trim().is_empty())
}

fn number(json: &Json, member: &str) -> Option<i64> {
    json.get(member).and_then(Json::as_i64)
}

fn yes(json: &Json, member: &str) -> bool {
    json.get(member).and_then(Json::as_bool) == Some(true)
}

fn day_at(json: &Json, member: &str) -> Option<Date> {
    day_of(UtcMs(number(json, member)?))
}

/// Instants in words, day and minute.
fn instant_at(json: &Json, member: &str) -> Option<String> {
    super::filters::instant(UtcMs(number(json, member)?))
}

/// An object with those members of a map that say something, under the same names.
fn taken(json: &Json, members: &[&str]) -> Facts {
    members.iter().filter_map(|m| Some(((*m).to_owned(), json.get(*m).filter(|v| !v.is_null() && v.as_str() != Some(""))?.clone()))).collect()
}

/// 5个工作日, 15日, 六个月.
fn length(period: Period) -> String {
    let count = period.count;
    match period.unit {
        Length::WorkingDays => format!("{count}个工作日"),
        Length::CalendarDays => format!("{count}日"),
        Length::Months => format!("{count}个月"),
        Length::Years => format!("{count}年"),
    }
}

/// A clause as it is cited, with its words where they are entered.
fn cited(clause: &Clause) -> String {
    let words = clause.text.as_deref().filter(|t| !t.trim().is_empty()).map(|text| format!("“{text}”")).unwrap_or_default();
    format!("《{}》{}{words}", clause.law, clause.article)
}

fn clauses(all: &[Clause]) -> Option<String> {
    Some(all.iter().map(cited).collect::<Vec<_>>().join("、")).filter(|text| !text.is_empty())
}

/// Ends as a sentence does.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['。', '！', '？', '；']) { text.to_owned() } else { format!("{text}。") }
}

/// The matter on a day.
fn matter(source: &Source<'_>, code: &str, day: Date) -> Option<Matter> {
    source.book.get::<Matter>(code, day)
}

#[cfg(test)]
mod tests;
