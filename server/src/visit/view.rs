//! A visit as people read it: who came, what was asked of whom, what is open, what stands against it, what follows.
//!
//! Everything is read from the record alone, so that it stays readable after its templates are superseded. Questions stand once,
//! each with all departments that sign for it. Deliberately absent: a judgement of its own; what is missing is what the stage table says.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::{DeviceId, OfficerId, RecordId, UtcMs};
use sync_core::checklist::{Progress, pinned, progress};
use sync_core::evidence::{self, Standing};
use sync_core::index::{members, parts};
use sync_core::record::{Kinds, Reading, Record, Value, contested_fields, engine_key, read_field};
use sync_core::visit::{self, deadline_of, officers_confirmed, recused, signature};

use super::join;
use super::ops::of_field;
use crate::base::db::Tx;
use crate::org::reach::Reach;
use crate::record::next::{Next, exceptions, next, office};
use crate::review::read::masked;
use crate::sync::store::{Memory, StoreError, Working};

/// Guards that only the place and the person on site can answer; they are not missing in the office.
const ON_SITE_ONLY: &[&str] = &["outside_fence", "not_of_department", "no_reason", "not_a_department"];

/// Who reads.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Him.
    pub officer: OfficerId,
    /// Whether what is personal is shown to him.
    pub personal: bool,
}

/// A question of the joint form: asked once, whoever signs for it.
#[derive(Debug, Serialize)]
struct Question {
    code: String,
    title: String,
    /// Codes of the items that it covers.
    covers: Vec<String>,
    /// Who signs for it.
    departments: Vec<String>,
    photo: bool,
    /// `open`, `one` or `contested`.
    reading: &'static str,
    /// The answers that stand.
    answers: Vec<Json>,
    photos: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Json>,
}

/// A department's part in the form.
#[derive(Debug, Serialize)]
struct Department {
    department: String,
    /// The questions that it signs for, in the order of the form.
    signs: Vec<String>,
    answered: usize,
    open: Vec<String>,
    contested: Vec<String>,
    photos_missing: Vec<String>,
    bad: Vec<String>,
    /// Who signed for it.
    signed_by: Vec<String>,
    /// The templates that its questions come from: name and version.
    templates: Vec<Json>,
}

/// An order to correct.
#[derive(Debug, Serialize)]
struct Order {
    id: String,
    orders: Vec<Json>,
    /// The deadline that holds: its own, or the latest that was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rechecks: Vec<Json>,
    /// Applications for more time, each with the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<Json>,
}

/// A signature on glass.
#[derive(Debug, Serialize)]
struct Signature {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Json>,
    w: i64,
    h: i64,
    /// Its SVG path in units of the box; absent for a reader who does not need what is personal.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

/// The page.
#[derive(Debug, Serialize)]
pub struct View {
    visit: RecordId,
    stage: String,
    /// Single fields that are neither empty nor contested.
    fields: Map<String, Json>,
    contested: Vec<String>,
    /// How much of its evidence is there: files named, there, lost, and the registers of those that are awaited.
    evidence: Standing,
    organs: Map<String, Json>,
    subjects: Map<String, Json>,
    officers: Map<String, Json>,
    recused: Vec<String>,
    /// Officers who count as being on site (行政处罚法 42).
    officers_confirmed: usize,
    questions: Vec<Question>,
    total: usize,
    answered: usize,
    departments: Vec<Department>,
    next: Vec<Next>,
    /// Deeds that stand as exceptions until a reviewer confirms or revokes them.
    exceptions: Vec<Json>,
    flags: Map<String, Json>,
    overrides: Map<String, Json>,
    orders: Vec<Order>,
    opinions: Map<String, Json>,
    advice: Map<String, Json>,
    support: Map<String, Json>,
    clues: Map<String, Json>,
    ratings: Map<String, Json>,
    signatures: Vec<Signature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_into: Option<RecordId>,
    /// The visits that were joined into it, shown with it.
    joined: Vec<View>,
    /// Whether what is personal in it is masked.
    masked: bool,
}

/// Reads a visit with those that were joined into it; `None` where there is none within reach.
pub fn show(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, now: UtcMs, id: RecordId, reach: &Reach, reader: &Reader) -> Result<Option<View>, StoreError> {
    let united = join::into(tx, district, id)?;
    let mut store = Working::begin(tx, district, kinds, now, Memory::default(), false)?;
    let Some(mut view) = one(&mut store, id, reach, reader)? else { return Ok(None) };
    for other in united {
        view.joined.extend(one(&mut store, other, reach, reader)?);
    }
    Ok(Some(view))
}

fn one(store: &mut Working<'_, '_>, id: RecordId, reach: &Reach, reader: &Reader) -> Result<Option<View>, StoreError> {
    use sync_core::district::Store as _;
    let Some(record) = store.look(id)?.filter(|record| *record.kind == *visit::NAME) else { return Ok(None) };
    let rows = store.feed_rows(id)?;
    if !reach.holds(rows.iter().filter(|row| !row.left).map(|row| &row.bucket)) {
        return Ok(None);
    }
    let mut signers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, register) in record.with_prefix(engine_key::SEALS) {
        let part = key.strip_prefix(engine_key::SEALS).unwrap_or_default();
        for candidate in register.candidates().iter().filter(|c| !c.value.is_null()) {
            let by = match &candidate.by {
                Some(by) => Some(by.officer.to_string()),
                None => store.device(candidate.dot.device)?.map(|device| device.officer.to_string()),
            };
            signers.entry(part.to_owned()).or_default().extend(by);
        }
    }
    Ok(Some(page(&record, office(store.district), reader, &signers)))
}

fn page(record: &Record, office: DeviceId, reader: &Reader, signers: &BTreeMap<String, Vec<String>>) -> View {
    let whole = progress(record);
    let questions = questions(record);
    let departments = whole.departments.iter().map(|(name, progress)| department(record, name, progress, &questions, signers, reader)).collect();
    let shown = |prefix: &str| shown(record, prefix, reader);
    View {
        visit: record.id,
        stage: record.stage().to_owned(),
        fields: single(record, reader),
        contested: contested_fields(record, &visit::KIND).into_iter().map(str::to_owned).collect(),
        evidence: evidence::standing(record),
        organs: shown("organs."),
        subjects: shown("subjects."),
        officers: shown("participants."),
        recused: members(record, "participants.").map(|(id, _)| id).filter(|id| recused(record, id)).map(str::to_owned).collect(),
        officers_confirmed: officers_confirmed(record),
        total: whole.total,
        answered: whole.answered,
        questions,
        departments,
        // What a department's signature wants stands with the department.
        next: next(record, &visit::KIND, office, &reader.officer, &["sign", "join", "reopen"], ON_SITE_ONLY),
        exceptions: exceptions(record),
        flags: flags(record),
        overrides: shown("overrides."),
        orders: orders(record, reader),
        opinions: shown("opinions."),
        advice: shown("advice."),
        support: shown("support."),
        clues: shown("clues."),
        ratings: shown("ratings."),
        signatures: signatures(record, reader),
        joined_into: parts(record).joined,
        joined: Vec::new(),
        masked: !reader.personal,
    }
}

/// A value as this reader sees it.
fn seen(key: &str, value: &Value, reader: &Reader) -> Json {
    let hidden = !reader.personal && visit::KIND.field(key).is_none_or(|row| row.personal);
    if hidden { masked(value).to_json() } else { value.to_json() }
}

/// The members of a collection by key: one value, or a list where several stand.
fn shown(record: &Record, prefix: &str, reader: &Reader) -> Map<String, Json> {
    let mut out = Map::new();
    for (key, register) in record.with_prefix(prefix) {
        let mut values: Vec<Json> = register.candidates().iter().filter(|c| !c.value.is_null()).map(|c| seen(key, &c.value, reader)).collect();
        let value = if values.len() > 1 { Json::Array(values) } else { values.pop().unwrap_or_default() };
        if !value.is_null() {
            out.insert(key.strip_prefix(prefix).unwrap_or_default().to_owned(), value);
        }
    }
    out
}

fn single(record: &Record, reader: &Reader) -> Map<String, Json> {
    let read = |key: &'static str| read_field(record, &visit::KIND, key).value().filter(|v| !v.is_null()).map(|v| (key.to_owned(), seen(key, v, reader)));
    visit::KIND.fields.iter().filter_map(|row| read(row.key)).collect()
}

fn questions(record: &Record) -> Vec<Question> {
    let listed = |prefix: String| members(record, &prefix).map(|(_, json)| json).collect::<Vec<_>>();
    let at = |key: String| of_field(record, &key).collect::<Vec<_>>();
    let all = pinned(record).map(|question| {
        let key = format!("answers.{}", question.code);
        let reading = match read_field(record, &visit::KIND, &key) {
            Reading::Absent => "open",
            Reading::One(_) | Reading::Unconfirmed(_) => "one",
            Reading::Contested(_) => "contested",
        };
        Question {
            covers: question.covers.into_iter().collect(),
            departments: question.departments.into_iter().collect(),
            photo: question.photo,
            reading,
            answers: at(key),
            photos: listed(format!("photos.{}.", question.code)).len(),
            notes: at(format!("notes.{}", question.code)),
            title: question.title,
            code: question.code,
        }
    });
    let mut all: Vec<Question> = all.collect();
    // As the form asked them: by the lowest item that each covers.
    all.sort_by(|a, b| a.covers.first().cmp(&b.covers.first()));
    all
}

fn department(record: &Record, name: &str, progress: &Progress, questions: &[Question], signers: &BTreeMap<String, Vec<String>>, reader: &Reader) -> Department {
    let mine = questions.iter().filter(|q| q.departments.iter().any(|d| d == name));
    let templates = members(record, "form.").map(|(_, json)| json).filter(|json| json.get("department").and_then(Json::as_str) == Some(name)).collect();
    let signed_by = signers.get(name).cloned().unwrap_or_default();
    Department {
        department: name.to_owned(),
        signs: mine.map(|q| q.code.clone()).collect(),
        answered: progress.answered,
        open: progress.open.clone(),
        contested: progress.contested.clone(),
        photos_missing: progress.photos_missing.clone(),
        bad: progress.bad.clone(),
        signed_by: if reader.personal { signed_by } else { signed_by.iter().map(|id| crate::org::personal::mask(id, 1, 0)).collect() },
        templates,
    }
}

/// Flags with their words in both languages.
fn flags(record: &Record) -> Map<String, Json> {
    let words = |code: &str| sync_core::admission::CODES.iter().find(|row| row.0 == code).map_or(("", ""), |row| (row.3, row.4));
    let worded = |mut flag: Json| {
        let (zh, en) = words(flag.get("code").and_then(Json::as_str).unwrap_or_default());
        if let Some(members) = flag.as_object_mut() {
            members.insert("zh".into(), zh.into());
            members.insert("en".into(), en.into());
        }
        flag
    };
    members(record, "flags.").map(|(key, flag)| (key.to_owned(), worded(flag))).collect()
}

fn orders(record: &Record, reader: &Reader) -> Vec<Order> {
    let rulings: BTreeMap<&str, Json> = members(record, "rulings.").collect();
    let extensions = |order: &str| {
        let of = members(record, "extensions.").filter(|(_, json)| json.get("order").and_then(Json::as_str) == Some(order));
        of.map(|(id, json)| json!({ "id": id, "application": json, "ruling": rulings.get(id) })).collect()
    };
    let mut all: BTreeMap<String, Order> = BTreeMap::new();
    for (id, json) in shown(record, "orders.", reader) {
        let order = Order {
            orders: match json {
                Json::Array(several) => several,
                one => vec![one],
            },
            deadline: deadline_of(record, &id).map(|day| day.to_string()),
            rechecks: of_field(record, &format!("rechecks.{id}")).collect(),
            extensions: extensions(&id),
            id: id.clone(),
        };
        all.insert(id, order);
    }
    all.into_values().collect()
}

fn signatures(record: &Record, reader: &Reader) -> Vec<Signature> {
    let strokes = |json: &Json| {
        let flat: Vec<Vec<u32>> = serde_json::from_value(json.get("strokes")?.clone()).ok()?;
        signature::points(&flat).map(|strokes| signature::path(&strokes))
    };
    let number = |json: &Json, member: &str| json.get(member).and_then(Json::as_i64).unwrap_or(0);
    let one = |(key, json): (&str, Json)| {
        let masked = Value::from_json(&json!({ "by": json.get("by"), "role": json.get("role") })).map(|v| seen(&format!("signatures.{key}"), &v, reader)).unwrap_or_default();
        let word = |member: &str| masked.get(member).filter(|v| !v.is_null()).cloned();
        Signature { id: key.to_owned(), by: word("by"), role: word("role"), w: number(&json, "w"), h: number(&json, "h"), path: strokes(&json).filter(|_| reader.personal) }
    };
    members(record, "signatures.").map(one).collect()
}
