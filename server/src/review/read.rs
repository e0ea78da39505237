//! Reading a record with its readings and dots, and a change with what became of it.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::value::RawValue;
use sync_core::base::{OfficerId, RecordId};
use sync_core::district::Store as _;
use sync_core::protocol::Disposition;
use sync_core::record::{Bucket, Candidate, Dot, Exception, Kind, Kinds, Reading, Record, Register, Value, contested_fields, late_writes, read_field};

use super::unsent::{self, Unsent};
use crate::access::{Access, ReadsQueue, ReadsRecords, UserActor};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::personal::mask;
use crate::org::reach::Reach;
use crate::sync::store::rows::nat;
use crate::sync::store::{Memory, StoreError, Working};

/// The dots of a register as an ETag: what its reader was shown.
pub fn etag(register: Option<&Register>) -> String {
    let dots: Vec<String> = register.map(|r| r.dots().iter().map(Dot::to_string).collect()).unwrap_or_default();
    format!("\"{}\"", dots.join(","))
}

/// Reads an ETag back.
pub fn parse_etag(text: &str) -> Option<Vec<Dot>> {
    let inner = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    if inner.is_empty() {
        return Some(Vec::new());
    }
    inner.split(',').map(|d| d.trim().parse().ok()).collect()
}

/// A value that stands.
#[derive(Serialize)]
pub struct CandidateView {
    /// The change that wrote it.
    pub dot: Dot,
    /// Its commit.
    pub commit: u64,
    /// The value.
    pub value: Value,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub officer: Option<OfficerId>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

/// A field with what stands in it.
#[derive(Serialize)]
pub struct FieldView {
    /// Its key.
    pub key: String,
    /// What it is called in Chinese.
    pub label: &'static str,
    /// What it is called in English.
    pub label_en: &'static str,
    /// Whether what is personal in it is masked for this reader.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// `absent`, `one`, `unconfirmed` or `contested`.
    pub reading: &'static str,
    /// What stands, to write against.
    pub etag: String,
    /// The values.
    pub candidates: Vec<CandidateView>,
}

/// A record with everything that stands in it.
#[derive(Serialize)]
pub struct RecordView {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its stage.
    pub stage: String,
    /// Its newest commit.
    pub commit: u64,
    /// The buckets that it belongs to.
    pub buckets: Vec<Bucket>,
    /// The fields that are contested.
    pub contested: Vec<String>,
    /// The deeds that stand as exceptions.
    pub exceptions: Vec<(Dot, Exception)>,
    /// What was written after it was sealed: field, change, seal.
    pub late: Vec<(String, Dot, Dot)>,
    /// The newest change of each device that is applied.
    pub seen: Vec<Dot>,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// What handhelds still hold of it.
    pub pending: Vec<Unsent>,
}

fn candidate(store: &mut Working<'_, '_>, c: &Candidate) -> Result<CandidateView, StoreError> {
    let officer = match &c.by {
        Some(by) => Some(by.officer.clone()),
        None => store.device(c.dot.device)?.map(|d| d.officer),
    };
    Ok(CandidateView { dot: c.dot, commit: c.commit, value: c.value.clone(), officer, reason: c.by.as_ref().and_then(|b| b.reason.clone()) })
}

fn view(store: &mut Working<'_, '_>, record: &Record, kind: &Kind) -> Result<RecordView, StoreError> {
    let mut fields = Vec::new();
    for (key, register) in record.registers().filter(|(k, _)| !k.starts_with('$')) {
        let reading = match read_field(record, kind, key) {
            Reading::Absent => "absent",
            Reading::One(_) => "one",
            Reading::Unconfirmed(_) => "unconfirmed",
            Reading::Contested(_) => "contested",
        };
        let candidates = register.candidates().iter().map(|c| candidate(store, c)).collect::<Result<_, _>>()?;
        let row = kind.field(key);
        fields.push(FieldView {
            key: key.to_owned(),
            label: row.map_or("", |r| r.zh),
            label_en: row.map_or("", |r| r.en),
            masked: false,
            reading,
            etag: etag(Some(register)),
            candidates,
        });
    }
    let buckets = store.feed_rows(record.id)?.into_iter().filter(|r| !r.left).map(|r| r.bucket).collect();
    let pending = unsent::of_record(store.tx, store.district, record.id)?;
    Ok(RecordView {
        record: record.id,
        kind: record.kind.to_string(),
        stage: record.stage().to_owned(),
        commit: record.commit(),
        buckets,
        contested: contested_fields(record, kind).into_iter().map(str::to_owned).collect(),
        exceptions: Exception::open(record),
        late: late_writes(record).into_iter().map(|l| (l.field.to_owned(), l.candidate.dot, l.seal)).collect(),
        seen: record.seen().iter().collect(),
        fields,
        pending,
    })
}

impl RecordView {
    /// Which of its fields hold personal data.
    fn personal(&self, kinds: &Kinds) -> Vec<usize> {
        let Some(kind) = kinds.get(&self.kind) else { return Vec::new() };
        self.fields.iter().enumerate().filter(|(_, f)| kind.field(&f.key).is_none_or(|row| row.personal)).map(|(at, _)| at).collect()
    }
}

impl FieldView {
    fn mask(&mut self) {
        self.masked = true;
        self.candidates.iter_mut().for_each(|c| c.value = masked(&c.value));
    }
}

/// A value with its texts masked, in maps too; numbers and booleans say nothing of a person by themselves.
pub(crate) fn masked(value: &Value) -> Value {
    fn walk(json: serde_json::Value) -> serde_json::Value {
        match json {
            serde_json::Value::String(text) => serde_json::Value::String(mask(&text, 1, 0)),
            serde_json::Value::Object(map) => serde_json::Value::Object(map.into_iter().map(|(k, v)| (k, walk(v))).collect()),
            serde_json::Value::Array(list) => serde_json::Value::Array(list.into_iter().map(walk).collect()),
            other => other,
        }
    }
    Value::from_json(&walk(value.to_json())).unwrap_or_else(|_| Value::null())
}

/// Reads a record: every field with its reading, its candidates, and the ETag to write it with.
pub async fn record(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let view = access.app.record_view(&access.actor, which.into_inner()).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", view.commit))).json(view))
}

impl App {
    /// A record as somebody reads it: what is personal is masked or its reading noted, and that he read it stands in the audit.
    pub async fn record_view(&self, actor: &UserActor, which: RecordId) -> Result<RecordView, Problem> {
        let (kinds, now) = (self.kinds.clone(), self.now());
        let found = self.read(move |tx, district| {
            let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
            let Some(record) = store.take_record(which)? else { return Ok(None) };
            let kind = known_kind(&kinds, &record)?;
            view(&mut store, &record, kind).map(Some)
        });
        let mut view = found.await?.filter(|view| actor.reach.holds(view.buckets.iter())).ok_or_else(|| Problem::not_found("such record"))?;
        let personal = view.personal(&self.kinds);
        if !actor.reads_personal() {
            for at in &personal {
                if let Some(field) = view.fields.get_mut(*at) {
                    field.mask();
                }
            }
        } else if !personal.is_empty() {
            let fields: Vec<&str> = personal.iter().filter_map(|at| view.fields.get(*at)).map(|f| f.key.as_str()).collect();
            self.note(Deed::of(&actor.officer, "personal.read", format!("record:{which}")).with(serde_json::json!({ "fields": fields }))).await?;
        }
        self.note(Deed::of(&actor.officer, "record.read", format!("record:{which}"))).await?;
        Ok(view)
    }
}

/// The kind of a stored record.
pub fn known_kind(kinds: &Kinds, record: &Record) -> Result<&'static Kind, StoreError> {
    kinds.get(&record.kind).ok_or_else(|| StoreError::Broken(format!("unknown kind {}", record.kind)))
}

#[derive(Serialize)]
struct ChangeView {
    dot: Dot,
    hash: String,
    leaf: u64,
    received_ms: i64,
    disposition: Disposition,
    released: bool,
    alg: String,
    signature: String,
    /// The change itself where its bytes are JSON, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Box<RawValue>>,
}

/// Reads a change of the ledger: its bytes, and what became of it.
pub async fn change(access: Access<ReadsQueue>, which: web::Path<DotPath>) -> Result<HttpResponse, Problem> {
    let (dot, kinds, now) = (which.into_inner().0, access.app.kinds.clone(), access.app.now());
    let found = access.app.read(move |tx, district| {
        let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
        let (Some(entry), Some(signed)) = (store.entry(dot)?, store.signed(dot)?) else { return Ok(None) };
        Ok(Some(ChangeView {
            dot,
            hash: entry.hash.to_string(),
            leaf: nat(entry.leaf.cast_signed()),
            received_ms: entry.received.0,
            disposition: entry.disposition,
            released: entry.released,
            alg: signed.alg.to_string(),
            signature: sync_core::base::b64::encode(&signed.signature),
            change: serde_json::from_slice(&signed.bytes).ok(),
        }))
    });
    let view = found.await?.filter(|_| access.app.reaches_author(&access.actor.reach, dot)).ok_or_else(|| Problem::not_found("change of this dot"))?;
    access.app.note(Deed::of(&access.actor.officer, "record.read", format!("change:{dot}"))).await?;
    Ok(HttpResponse::Ok().json(view))
}

impl App {
    /// Whether the author of a change is within reach. The office's own changes are within everybody's.
    pub fn reaches_author(&self, reach: &Reach, dot: Dot) -> bool {
        let Some(device) = self.live.device(dot.device).filter(|_| !dot.device.is_office()) else { return true };
        let unit = self.live.officer(&device.officer).map(|o| o.unit).unwrap_or_default();
        reach.takes(device.officer.as_str(), &unit)
    }
}

/// A dot in a path: `device.seq`.
#[derive(Debug, Clone, Copy)]
pub struct DotPath(pub Dot);

impl<'de> serde::Deserialize<'de> for DotPath {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map(DotPath).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_value_tells_nobody_who_it_is() {
        let value = Value::from_json(&serde_json::json!({ "name": "陈一帆", "served_ms": 5, "way": "direct" })).unwrap();
        assert_eq!(masked(&value).to_json(), serde_json::json!({ "name": "陈**", "served_ms": 5, "way": "d*****" }));
        assert_eq!(masked(&Value::text("13812345678")).to_json(), "1**********");
    }

    #[test]
    fn an_etag_names_the_dots_that_were_shown() {
        let dots = parse_etag("\"00000000000000ab.3,00000000000000cd.4\"").unwrap();
        assert_eq!(dots.iter().map(Dot::to_string).collect::<Vec<_>>(), ["00000000000000ab.3", "00000000000000cd.4"]);
        assert_eq!(parse_etag("\"\""), Some(vec![]));
        assert_eq!(etag(None), "\"\"");
        for bad in ["", "*", "W/\"1\"", "\"x\""] {
            assert_eq!(parse_etag(bad), None, "{bad}");
        }
    }
}
