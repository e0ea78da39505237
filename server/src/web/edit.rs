//! A field as a form: one input for each part of its type, and the value that was entered.
//!
//! A form writes against what it showed: where another value stands by then, it comes back with that and with what was entered.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use sync_core::base::RecordId;
use sync_core::record::{FieldKey, FieldRow, Kind, Type};

use super::layout::{Frame, answer, told, with_query};
use super::review::{address, readable, titles};
use super::session::{Page, Posted, see};
use super::words::Words;
use crate::access::{People, Writes};
use crate::base::problem::Problem;
use crate::org::Role;
use crate::public::Lang;
use crate::record::Order;
use crate::record::who;
use crate::record::write::{EditBody, MAX_REASON};
use crate::review::read::{FieldView, RecordView, parse_etag};

/// Longest text that fits one line, in characters.
const LINE: usize = 120;
/// Most lines of a list.
const MOST_LINES: usize = 500;

/// One input of a form.
pub struct Input {
    /// Its name in the form; `v` for a field of one part.
    pub name: String,
    /// What it is called; empty for a field of one part.
    pub label: String,
    /// `text`, `number`, `date`, `choice`, `area`, `lines` or `json`.
    pub sort: &'static str,
    /// What stands in it.
    pub value: String,
    /// What may be chosen: value, and what it is called.
    pub choices: Vec<(String, String)>,
    /// Most characters; 0 if it has none of its own.
    pub most: usize,
}

fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => items.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

fn input(name: &str, label: &str, ty: &Type, value: &Json, w: &'static Words) -> Input {
    let plain = |sort, most| Input { name: name.to_owned(), label: label.to_owned(), sort, value: text_of(value), choices: Vec::new(), most };
    let choices = |all: Vec<(String, String)>| Input { choices: std::iter::once((String::new(), w.c_empty.to_owned())).chain(all).collect(), ..plain("choice", 0) };
    match ty {
        Type::Text(most) if *most > LINE => plain("area", *most),
        Type::Text(most) => plain("text", *most),
        Type::Token => plain("text", LINE),
        Type::Int(..) => plain("number", 0),
        Type::Bool => choices([("true", w.c_yes), ("false", w.c_no)].map(|(v, t)| (v.to_owned(), t.to_owned())).into()),
        Type::Enum(words) => choices(words.iter().map(|word| ((*word).to_owned(), (*word).to_owned())).collect()),
        Type::Date => plain("date", 0),
        Type::List(_, of) if !matches!(of, Type::Map(_) | Type::List(..)) => plain("lines", 0),
        Type::Map(_) | Type::List(..) => plain("json", 0),
    }
}

/// The inputs of a type.
pub fn inputs(ty: &Type, value: &Json, w: &'static Words) -> Vec<Input> {
    match ty {
        Type::Map(members) => members.iter().map(|(name, ty)| input(&format!("v.{name}"), name, ty, value.get(*name).unwrap_or(&Json::Null), w)).collect(),
        one => vec![input("v", "", one, value, w)],
    }
}

/// What was entered, as a value of a type. The engine's own check follows when it is written.
fn entered(ty: &Type, text: &str, w: &'static Words) -> Result<Json, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Json::Null);
    }
    match ty {
        Type::Int(..) => text.parse::<i64>().map(Json::from).map_err(|_| w.e_number),
        Type::Bool => Ok(Json::Bool(text == "true")),
        Type::Date => text.parse::<sync_core::base::Date>().map(|_| Json::from(text)).map_err(|_| w.bad_day),
        Type::List(_, of) if !matches!(of, Type::Map(_) | Type::List(..)) => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST_LINES + 1);
            lines.map(|line| entered(of, line, w)).collect::<Result<Vec<_>, _>>().map(Json::Array)
        }
        Type::Map(_) | Type::List(..) => serde_json::from_str(text).map_err(|_| w.e_json),
        Type::Text(_) | Type::Token | Type::Enum(_) => Ok(Json::from(text)),
    }
}

/// The value that a form holds.
pub fn value_of(ty: &Type, form: &BTreeMap<String, String>, w: &'static Words) -> Result<Json, String> {
    let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let Type::Map(members) = ty else { return entered(ty, of("v"), w).map_err(str::to_owned) };
    let mut out = Map::new();
    for (name, ty) in *members {
        let value = entered(ty, of(&format!("v.{name}")), w).map_err(|why| format!("{name} · {why}"))?;
        if !value.is_null() {
            out.insert((*name).to_owned(), value);
        }
    }
    Ok(if out.is_empty() { Json::Null } else { Json::Object(out) })
}

/// Fields of a kind that somebody with these roles may write: key, and what it is called. A key that ends in `.` wants a name.
pub fn writable(kind: &Kind, roles: &[Role], lang: Lang) -> Vec<(String, &'static str)> {
    if who::may_write(roles, kind.name).is_err() {
        return Vec::new();
    }
    let all = kind.fields.iter().chain(kind.groups).map(|row| (row.key.trim_end_matches('*').to_owned(), lang.pick(row.zh, row.en)));
    all.filter(|(key, _)| who::may_edit(roles, kind.name, key).is_ok()).collect()
}

/// Where a field is written.
pub fn place(id: RecordId, key: &str) -> String {
    with_query(&format!("/app/records/{id}/edit"), &[("key", key)])
}

/// `?key=…&part=…`.
#[derive(Debug, Deserialize)]
pub struct Query {
    #[serde(default)]
    key: String,
    #[serde(default)]
    part: String,
}

#[derive(Template)]
#[template(path = "app/edit.html")]
struct EditPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    title: String,
    label: String,
    key: &'a str,
    here: String,
    etag: &'a str,
    stands: Vec<(String, String)>,
    inputs: Vec<Input>,
    reason: &'a str,
    mistake: String,
    most_reason: usize,
}

/// A field with its record.
struct Field {
    view: Option<FieldView>,
    row: FieldRow,
    title: String,
    etag: String,
}

async fn field<P: People>(page: &Page<P>, id: RecordId, key: &str) -> Result<Field, Problem> {
    let mut view: RecordView = page.app.record_view(&page.actor, id).await?;
    let unknown = || Problem::field("key", format!("{key:.80} is no field of this record; open the record and choose one"));
    let kind = page.app.kinds.get(&view.kind).ok_or_else(unknown)?;
    who::may_write(&page.actor.roles, kind.name)?;
    who::may_edit(&page.actor.roles, kind.name, key)?;
    key.parse::<FieldKey>().map_err(|_| unknown())?;
    let row = *kind.field(key).ok_or_else(unknown)?;
    let at = view.fields.iter().position(|field| field.key == key);
    let title = titles(&page.app, vec![id]).await?.remove(&id).unwrap_or_else(|| id.to_string());
    let view = at.map(|at| view.fields.swap_remove(at));
    if view.as_ref().is_some_and(|view| view.masked) {
        return Err(Problem::new("forbidden", "you are shown this field masked, so you cannot write it"));
    }
    let etag = view.as_ref().map_or_else(|| "\"\"".to_owned(), |view| view.etag.clone());
    Ok(Field { view, row, title, etag })
}

/// A form as it is filled in, and what is wrong with it.
struct Filled<'a> {
    inputs: Vec<Input>,
    reason: &'a str,
    mistake: String,
}

fn page_of(frame: &Frame, id: RecordId, key: &str, field: &Field, filled: Filled<'_>, status: StatusCode) -> HttpResponse {
    let (lang, w) = (frame.lang, frame.w);
    let part = key.strip_prefix(field.row.key.trim_end_matches('*')).filter(|part| !part.is_empty());
    let name = lang.pick(field.row.zh, field.row.en);
    let stands = field.view.iter().flat_map(|view| &view.candidates).flat_map(|c| readable(&c.value.to_json(), w)).collect();
    let page = EditPage {
        f: frame,
        w,
        title: field.title.clone(),
        label: part.map_or_else(|| name.to_owned(), |part| format!("{name} · {part}")),
        key,
        here: format!("/app/records/{id}"),
        etag: &field.etag,
        stands,
        inputs: filled.inputs,
        reason: filled.reason,
        mistake: filled.mistake,
        most_reason: MAX_REASON / 4,
    };
    answer(status, frame, &page)
}

/// `GET /app/records/{id}/edit`: a field as a form; a contested one leads to its clash.
pub async fn form(page: Page<Writes>, which: web::Path<RecordId>, query: web::Query<Query>) -> HttpResponse {
    let id = which.into_inner();
    let key = if query.key.ends_with('.') { format!("{}{}", query.key, query.part.trim()) } else { query.key.clone() };
    match field(&page, id, &key).await {
        Ok(found) if found.view.as_ref().is_some_and(|view| view.reading == "contested") => see(&address(id, &key)).finish(),
        Ok(found) => {
            let value = found.view.as_ref().and_then(|view| view.candidates.first()).map(|c| c.value.to_json()).unwrap_or_default();
            let inputs = inputs(&found.row.ty, &value, page.frame.w);
            page_of(&page.frame, id, &key, &found, Filled { inputs, reason: "", mistake: String::new() }, StatusCode::OK)
        }
        Err(problem) => page.failed(&problem),
    }
}

/// `POST /app/records/{id}/edit`: 303 to the record, or the form again with what is wrong and what was entered.
pub async fn save(posted: Posted<Writes, BTreeMap<String, String>>, which: web::Path<RecordId>) -> HttpResponse {
    let (id, Posted { page, form }) = (which.into_inner(), posted);
    let w = page.frame.w;
    let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let (key, reason) = (of("key"), of("reason").trim());
    let found = match field(&page, id, key).await {
        Ok(found) => found,
        Err(problem) => return page.failed(&problem),
    };
    let again = |mistake: String, status| {
        let mut kept = inputs(&found.row.ty, &Json::Null, w);
        kept.iter_mut().for_each(|input| input.value = of(&input.name).to_owned());
        page_of(&page.frame, id, key, &found, Filled { inputs: kept, reason, mistake }, status)
    };
    let value = match value_of(&found.row.ty, &form, w) {
        Ok(value) => value,
        Err(why) => return again(why, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let Some(replaces) = parse_etag(of("etag")) else { return again(w.e_changed.to_owned(), StatusCode::PRECONDITION_FAILED) };
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    let edit = EditBody { field: key.to_owned(), value, replaces, reason };
    match page.app.write(page.actor.clone(), Order { edits: vec![edit], ..Order::of(id) }).await {
        Ok(_) => see(&with_query(&format!("/app/records/{id}"), &[("done", "1")])).finish(),
        Err(problem) if problem.code() == "precondition_failed" => again(w.e_changed.to_owned(), StatusCode::PRECONDITION_FAILED),
        Err(problem) => again(told(&page.frame, &problem), actix_web::ResponseError::status_code(&problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::words::words;
    use serde_json::json;

    const MAP: Type = Type::Map(&[("name", Type::Text(200)), ("count", Type::Int(0, 9)), ("day", Type::Date), ("own", Type::Bool), ("of", Type::List(5, &Type::Token))]);

    fn filled(inputs: &[Input]) -> BTreeMap<String, String> {
        inputs.iter().map(|input| (input.name.clone(), input.value.clone())).collect()
    }

    #[test]
    fn what_a_form_shows_is_what_it_sends() {
        let w = words(Lang::En);
        for (ty, value) in [
            (MAP, json!({ "name": "甲\n乙", "count": 3, "day": "2026-01-31", "own": false, "of": ["a", "b"] })),
            (MAP, Json::Null),
            (Type::Text(10), json!("x")),
            (Type::Enum(&["low", "high"]), json!("high")),
            (Type::List(3, &MAP), json!([{ "name": "丙" }])),
            (Type::Bool, json!(true)),
        ] {
            assert_eq!(value_of(&ty, &filled(&inputs(&ty, &value, w)), w).unwrap(), value, "{ty:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_names_its_part() {
        let w = words(Lang::En);
        let wrong = |name: &str, text: &str| value_of(&MAP, &BTreeMap::from([(name.to_owned(), text.to_owned())]), w);
        assert!(wrong("v.count", "three").unwrap_err().starts_with("count"));
        assert!(wrong("v.day", "2026-02-30").unwrap_err().starts_with("day"));
        assert_eq!(wrong("v.other", "x").unwrap(), Json::Null);
    }
}
