//! What a document needs beside its record: names, what the desk knows, the organ's seal, and the number.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, UtcMs};
use sync_core::case::execution::file_class;
use sync_core::case::read::View;
use sync_core::dated::Book;
use sync_core::document::facts::{More, desk as desk_of, facts as facts_of, only};
use sync_core::document::{Document, DocumentType};
use sync_core::law::policy;
use sync_core::org::{Unit, in_name_of};
use sync_core::record::{Record, read_field};

use super::ops::{Wanted, template};
use super::seal;
use crate::access::UserActor;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::schema::officer;
use crate::sync::store::{StoreError, Working};

/// With which seal a document is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// The organ's, as it is on the day.
    Organ,
    /// The one that came with a leased number: an image, or drawn.
    Leased(Option<Digest>),
    /// None: the seal that came with the number is not good for it.
    Refused,
}

/// The organ in whose name the unit of a record acts, and its code, on a day.
pub fn organ_of(record: &Record, kind: &'static sync_core::record::Kind, book: &Book, day: Date) -> Option<(Box<str>, sync_core::org::Organ)> {
    let unit = read_field(record, kind, "unit").value()?.as_text()?;
    in_name_of(book, &book.get::<Unit>(&unit, day)?.organ, day)
}

/// The facts of a document of a record: with its number, if it has one by now.
pub fn facts(store: &mut Working<'_, '_>, record: &Record, wanted: &Wanted, number: Option<&Json>, sealing: Sealing, day: Date, ground: &Ground<'_>) -> Op<Json> {
    let more = match more(store, record, &wanted.sort, number, sealing, day, ground, wanted.desk.clone())? {
        Ok(more) => more,
        Err(problem) => return Ok(Err(problem)),
    };
    let all = facts_of(record, wanted.of.as_deref(), &ground.law.book, day, &more);
    Ok(template(&wanted.sort, day).map(|(_, template)| only(template, all)))
}

/// A case's file that is put together.
#[derive(Clone, Copy)]
pub struct File<'a> {
    /// Its documents, in order.
    pub models: &'a [Document],
    /// Their pages.
    pub pages: i64,
    /// Who puts it together.
    pub by: &'a UserActor,
}

/// How long a case is kept (`retention`): years, or for ever.
fn kept(record: &Record, book: &Book, day: Date) -> String {
    match policy::retention(book, file_class(&View::of(record)), day).map(|answer| answer.value) {
        Ok(Some(period)) => format!("{}年", period.count / 12),
        Ok(None) => "永久".to_owned(),
        Err(_) => String::new(),
    }
}

/// The facts of a sheet of a case's file: its documents are `files`.
pub fn of_file(store: &mut Working<'_, '_>, record: &Record, sort: &str, file: File<'_>, day: Date, ground: &Ground<'_>) -> Op<Json> {
    let (models, district) = (file.models, store.district);
    let by: Option<String> = on!(store.tx, |c| officer::table.find((district, file.by.officer.as_str())).select(officer::name).first(c).optional())?;
    let line = |model: &Document| {
        let no = model.number.clone().unwrap_or_default();
        json!({ "title": model.title, "no": no, "day": sync_core::document::day(model.dated), "page": "", "note": "" })
    };
    let archive = json!({ "by": by.unwrap_or_default(), "day": day.to_string(), "pages": file.pages, "retention": kept(record, &ground.law.book, day) });
    let desk = json!({ "archive": archive, "files": models.iter().map(line).collect::<Vec<_>>() });
    let more = match more(store, record, sort, None, Sealing::Organ, day, ground, desk)? {
        Ok(more) => more,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(Ok(facts_of(record, None, &ground.law.book, day, &more)))
}

#[allow(clippy::too_many_arguments, reason = "each is a thing of its own that the paper shows")]
fn more(store: &mut Working<'_, '_>, record: &Record, sort: &str, number: Option<&Json>, sealing: Sealing, day: Date, ground: &Ground<'_>, desk: Json) -> Op<More> {
    let (_, template) = match template(sort, day) {
        Ok(known) => known,
        Err(problem) => return Ok(Err(problem)),
    };
    let kind = store.kinds.get(&record.kind).ok_or_else(|| StoreError::Broken(format!("there is no kind {}", record.kind)))?;
    let book = &ground.law.book;
    let organ = organ_of(record, kind, book, day);
    let image = match (sealing, &organ) {
        (Sealing::Organ, Some((code, _))) => seal::seal_of(store.tx, store.district, code, &day.to_string())?,
        (Sealing::Leased(image), _) => image,
        _ => None,
    };
    let stamp = image.map_or_else(|| json!({}), |digest| json!({ "image": digest.to_string() }));
    let mut known = desk_of(book, organ.as_ref().map(|(code, _)| &**code), day);
    if let (Json::Object(known), Json::Object(more)) = (&mut known, desk) {
        known.extend(more);
    }
    let no = number.and_then(|n| n.get("no")).and_then(Json::as_str).map(str::to_owned);
    // A draft of a sealed document shows its place without an impression.
    let sealed = sealing != Sealing::Refused && template.front().sealed && (no.is_some() || template.front().zi.is_none());
    Ok(Ok(More { number: no, seal: sealed.then_some(stamp), people: people(store, record)?, certificates: BTreeMap::new(), desk: known }))
}

/// Names of everybody whom the record names by id and whom the roster knows.
fn people(store: &mut Working<'_, '_>, record: &Record) -> Result<BTreeMap<String, String>, StoreError> {
    let mut ids: Vec<String> = Vec::new();
    for (key, register) in record.registers().filter(|(key, _)| !key.starts_with('$')) {
        if let Some(id) = key.strip_prefix("handlers.").or_else(|| key.strip_prefix("participants.")) {
            ids.push(id.to_owned());
        }
        for candidate in register.candidates().iter().filter(|c| !c.value.is_null()) {
            named(&candidate.value.to_json(), &mut ids);
        }
    }
    ids.sort();
    ids.dedup();
    let district = store.district;
    let rows: Vec<(String, String)> =
        on!(store.tx, |c| officer::table.filter(officer::district.eq(district)).filter(officer::id.eq_any(&ids)).select((officer::id, officer::name)).load(c))?;
    Ok(rows.into_iter().collect())
}

/// Members in which records name people.
const NAMING: &[&str] = &["by", "chair", "members", "recorder", "reviewer", "second", "settled_by"];

fn named(value: &Json, out: &mut Vec<String>) {
    let Json::Object(members) = value else { return };
    for (_, value) in members.iter().filter(|(member, _)| NAMING.contains(&member.as_str())) {
        match value {
            Json::String(id) => out.push(id.clone()),
            Json::Array(ids) => out.extend(ids.iter().filter_map(Json::as_str).map(str::to_owned)),
            _ => {}
        }
    }
}

/// The next number of a type, for the organ of a record: members `no`, `seq`, `series`. Without an organ in the book, or without a
/// prefix for its numbers, nothing is numbered.
pub fn number(store: &mut Working<'_, '_>, record: &Record, sort: &DocumentType, ground: &Ground<'_>) -> Op<Json> {
    let kind = store.kinds.get(&record.kind).ok_or_else(|| StoreError::Broken(format!("there is no kind {}", record.kind)))?;
    let unit = read_field(record, kind, "unit").value().and_then(|v| v.as_text());
    let Some(unit) = unit else { return Ok(Err(Problem::field("unit", "name the unit in charge; the number is of its organ's series"))) };
    let day = day_of(UtcMs(store.now.0)).unwrap_or(Date::MAX);
    let taken = crate::number::document_take(store, &ground.law.book, &unit, sort.code, day)?;
    Ok(taken.map_err(|why| Problem::new("conflict", why)))
}
