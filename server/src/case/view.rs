//! A case as people read it: what it stands before and what is missing for that, what is wrong with it today, and everything that was
//! said, done, served and paid.
//!
//! What is personal is masked for whoever does not need it. Deliberately absent: a judgement of its own; what is missing is what the
//! stage table and the findings say.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::{DeviceId, OfficerId, RecordId, UtcMs};
use sync_core::case::deadline::{Due, deadlines};
use sync_core::case::finding::{Finding, Weight};
use sync_core::case::read::View as Reading;
use sync_core::case::{self, standing};
use sync_core::dated::Book;
use sync_core::evidence::{self, Standing};
use sync_core::record::{Kinds, Record, Value, contested_fields, read_field};

use super::gate;
use crate::base::db::Tx;
use crate::org::reach::Reach;
use crate::record::next::{Next, exceptions, next, office};
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

/// What is wrong with it today.
#[derive(Debug, Clone, Serialize)]
pub struct Wrong {
    /// The key under which it is settled.
    pub key: String,
    /// Its stable code.
    pub code: &'static str,
    /// What it is about: a part of the case.
    pub about: String,
    /// Whether it only warns.
    pub weight: Weight,
    /// The acts that it bars.
    pub bars: &'static [&'static str],
    /// Statute article or source.
    pub basis: &'static str,
    /// What was found.
    pub detail: String,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Why it was let stand, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Json>,
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
    Ok(Some(page(&record, &found, book, office(district), reader)))
}

/// The findings of today, with the flags that let them stand.
pub fn wrongs(record: &Record, found: &[Finding]) -> Vec<Wrong> {
    let flags = gate::flags(record);
    let settled = |f: &Finding| flags.get(&f.key()).filter(|flag| gate::is_settled(flag)).map(|flag| json!({ "reason": flag.get("settled"), "by": flag.get("settled_by") }));
    let wrong = |f: &Finding| {
        let (zh, en) = gate::words(f.code);
        let key = f.key().trim_start_matches("flags.").to_owned();
        Wrong { key, code: f.code, about: f.about.clone(), weight: f.weight, bars: f.bars, basis: f.basis, detail: f.detail.clone(), zh, en, settled: settled(f) }
    };
    found.iter().map(wrong).collect()
}

fn page(record: &Record, found: &[Finding], book: &Book, office: DeviceId, reader: &Reader) -> View {
    let findings = wrongs(record, found);
    let view = Reading::of(record);
    View {
        case: record.id,
        stage: record.stage().to_owned(),
        procedure: view.text("procedure"),
        fields: single(record, reader),
        contested: contested_fields(record, &case::KIND).into_iter().map(str::to_owned).collect(),
        evidence: evidence::standing(record),
        next: ahead(record, &findings, office, &reader.officer),
        flags: gate::flags(record).into_iter().map(|(key, flag)| (key.trim_start_matches("flags.").to_owned(), worded(flag))).collect(),
        findings,
        deadlines: deadlines(&view, book),
        opinions: opinions(record),
        parts: parts(record, reader),
        exceptions: exceptions(record),
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

/// What may come next, with what the record lacks and what bars it today. Flags of earlier days do not count: the findings do.
pub fn ahead(record: &Record, findings: &[Wrong], office: DeviceId, officer: &OfficerId) -> Vec<Next> {
    let bars = |act: &str| findings.iter().filter(|f| f.weight != Weight::Warn && f.settled.is_none() && f.bars.contains(&act)).map(|f| f.key.clone()).collect();
    let all = next(record, &case::KIND, office, officer, &["reopen"], &["flags_open", "no_reason"]);
    all.into_iter().map(|one| Next { barred: Some(bars(one.act)), ..one }).collect()
}
