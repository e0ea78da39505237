//! A case as people read it: what it stands before and what is missing for that, what is wrong with it today, and everything that was
//! said, done, served and paid.
//!
//! What is personal is masked for whoever does not need it. Deliberately absent: a judgement of its own; what is missing is what the
//! stage table and the findings say.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::{DeviceId, DistrictId, OfficerId, RecordId, UtcMs};
use sync_core::case::deadline::{Due, deadlines};
use sync_core::case::finding::{Finding, Weight};
use sync_core::case::read::View as Reading;
use sync_core::case::{self, standing};
use sync_core::dated::Book;
use sync_core::evidence::{self, Standing};
use sync_core::protocol::codes::REASONS;
use sync_core::record::{ActCall, Actor, Exception, Kinds, Reason, Record, Value, contested_fields, possible, read_field};

use super::gate;
use crate::base::db::Tx;
use crate::org::reach::Reach;
use crate::review::read::masked;
use crate::sync::store::{Memory, StoreError, Working};

/// Who reads.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Him.
    pub officer: OfficerId,
    /// Whether what is personal is shown to him.
    pub personal: bool,
}

/// What stands against an act.
#[derive(Debug, Serialize)]
struct Unmet {
    code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    zh: &'static str,
    en: &'static str,
    basis: &'static str,
}

/// An act that may come next.
#[derive(Debug, Serialize)]
struct Next {
    act: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    basis: &'static str,
    /// What the record lacks for it; a reason that is given with the act is not among it.
    missing: Vec<Unmet>,
    /// Keys of the findings of today that bar it.
    barred: Vec<String>,
}

/// What is wrong with it today.
#[derive(Debug, Serialize)]
struct Wrong {
    /// The key under which it is settled.
    key: String,
    code: &'static str,
    about: String,
    weight: Weight,
    bars: &'static [&'static str],
    basis: &'static str,
    detail: String,
    zh: &'static str,
    en: &'static str,
    /// Why it was let stand, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<Json>,
}

/// The page.
#[derive(Debug, Serialize)]
pub struct View {
    case: RecordId,
    stage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
    /// Single fields that are neither empty nor contested.
    fields: Map<String, Json>,
    contested: Vec<String>,
    /// How much of its evidence is there: files named, there, lost, and the registers of those that are awaited.
    evidence: Standing,
    next: Vec<Next>,
    findings: Vec<Wrong>,
    /// Flags that are kept on the case, those of earlier days among them.
    flags: Map<String, Json>,
    deadlines: Vec<Due>,
    /// Opinions by step, and in each by voice.
    opinions: BTreeMap<String, Map<String, Json>>,
    /// Other collections by name: handlers, measures, evidence, penalties, services, documents, payments and so on.
    parts: BTreeMap<String, Map<String, Json>>,
    /// Deeds that stand as exceptions until a reviewer confirms or revokes them.
    exceptions: Vec<Json>,
    /// Whether what is personal in it is masked.
    masked: bool,
}

/// Reads a case; `None` where there is none within reach.
#[allow(clippy::too_many_arguments)]
pub fn show(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, book: &Book, now: UtcMs, id: RecordId, reach: &Reach, reader: &Reader) -> Result<Option<View>, StoreError> {
    use sync_core::district::Store as _;
    let mut store = Working::begin(tx, district, kinds, now, Memory::default(), false)?;
    let Some(record) = store.look(id)?.filter(|record| *record.kind == *case::NAME) else { return Ok(None) };
    let rows = store.feed_rows(id)?;
    if !reach.holds(rows.iter().filter(|row| !row.left).map(|row| &row.bucket)) {
        return Ok(None);
    }
    let found = gate::judge(&mut store, &record, book)?;
    let office = DeviceId::office(DistrictId(u32::try_from(district).unwrap_or(1)), 1, 0);
    Ok(Some(page(&record, &found, book, office, reader)))
}

fn page(record: &Record, found: &[Finding], book: &Book, office: DeviceId, reader: &Reader) -> View {
    let flags = gate::flags(record);
    let settled = |f: &Finding| flags.get(&f.key()).filter(|flag| gate::is_settled(flag)).map(|flag| json!({ "reason": flag.get("settled"), "by": flag.get("settled_by") }));
    let wrong = |f: &Finding| {
        let (zh, en) = gate::words(f.code);
        let key = f.key().trim_start_matches("flags.").to_owned();
        Wrong { key, code: f.code, about: f.about.clone(), weight: f.weight, bars: f.bars, basis: f.basis, detail: f.detail.clone(), zh, en, settled: settled(f) }
    };
    let findings: Vec<Wrong> = found.iter().map(wrong).collect();
    let view = Reading::of(record);
    View {
        case: record.id,
        stage: record.stage().to_owned(),
        procedure: view.text("procedure"),
        fields: single(record, reader),
        contested: contested_fields(record, &case::KIND).into_iter().map(str::to_owned).collect(),
        evidence: evidence::standing(record),
        next: next(record, &findings, office, reader),
        flags: flags.into_iter().map(|(key, flag)| (key.trim_start_matches("flags.").to_owned(), worded(flag))).collect(),
        findings,
        deadlines: deadlines(&view, book),
        opinions: opinions(record),
        parts: parts(record, reader),
        exceptions: Exception::open(record)
            .into_iter()
            .map(|(dot, e)| json!({ "dot": dot, "act": e.act, "to": e.to, "reasons": e.reasons.iter().map(|r| unmet(r, "")).collect::<Vec<_>>() }))
            .collect(),
        masked: !reader.personal,
    }
}

/// A value as this reader sees it.
fn seen(key: &str, value: &Value, reader: &Reader) -> Json {
    let hidden = !reader.personal && case::KIND.field(key).is_none_or(|row| row.personal);
    if hidden { masked(value).to_json() } else { value.to_json() }
}

fn single(record: &Record, reader: &Reader) -> Map<String, Json> {
    let read = |key: &'static str| read_field(record, &case::KIND, key).value().filter(|v| !v.is_null()).map(|v| (key.to_owned(), seen(key, v, reader)));
    case::KIND.fields.iter().filter_map(|row| read(row.key)).collect()
}

/// The members of every collection that has no place of its own on the page: one value each, or a list where several stand.
fn parts(record: &Record, reader: &Reader) -> BTreeMap<String, Map<String, Json>> {
    let mut out: BTreeMap<String, Map<String, Json>> = BTreeMap::new();
    for prefix in case::KIND.groups.iter().filter_map(|row| row.key.strip_suffix('*')).filter(|prefix| !["flags.", "opinions."].contains(prefix)) {
        let mut members = Map::new();
        for (key, register) in record.with_prefix(prefix) {
            let mut values: Vec<Json> = register.candidates().iter().filter(|c| !c.value.is_null()).map(|c| seen(key, &c.value, reader)).collect();
            let value = if values.len() > 1 { Json::Array(values) } else { values.pop().unwrap_or_default() };
            if !value.is_null() {
                members.insert(key.strip_prefix(prefix).unwrap_or_default().to_owned(), value);
            }
        }
        if !members.is_empty() {
            out.insert(prefix.trim_end_matches('.').to_owned(), members);
        }
    }
    out
}

fn opinions(record: &Record) -> BTreeMap<String, Map<String, Json>> {
    let mut out: BTreeMap<String, Map<String, Json>> = BTreeMap::new();
    for (key, opinion) in standing(record, "opinions.") {
        let (step, voice) = key.rsplit_once('.').unwrap_or((key, ""));
        out.entry(step.to_owned()).or_default().insert(voice.to_owned(), opinion);
    }
    out
}

fn worded(mut flag: Json) -> Json {
    let (zh, en) = gate::words(flag.get("code").and_then(Json::as_str).unwrap_or_default());
    if let Some(members) = flag.as_object_mut() {
        members.insert("zh".into(), zh.into());
        members.insert("en".into(), en.into());
    }
    flag
}

fn unmet(reason: &Reason, basis: &'static str) -> Unmet {
    let (zh, en) = REASONS.iter().find(|row| *row.0 == *reason.code).map_or(("", ""), |row| (row.1, row.2));
    Unmet { code: reason.code.to_string(), about: reason.about.to_string(), zh, en, basis }
}

/// What may come next, with what the record lacks and what bars it today. Flags of earlier days do not count: the findings do.
fn next(record: &Record, findings: &[Wrong], office: DeviceId, reader: &Reader) -> Vec<Next> {
    let all = possible(record, &case::KIND, &Actor { device: office, officer: &reader.officer, place: None }, &ActCall::new(""));
    let given = ["flags_open", "no_reason"];
    all.into_iter()
        .filter(|prospect| prospect.act != "reopen")
        .map(|prospect| Next {
            act: prospect.act,
            to: prospect.to,
            basis: prospect.basis,
            missing: prospect.against.iter().filter(|(reason, _)| !given.contains(&&*reason.code)).map(|(reason, basis)| unmet(reason, basis)).collect(),
            barred: findings.iter().filter(|f| f.weight != Weight::Warn && f.settled.is_none() && f.bars.contains(&prospect.act)).map(|f| f.key.clone()).collect(),
        })
        .collect()
}
