//! What an app shows: records, one record with every candidate's dots, clashes, and the truth about unsent work.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use sync_core::base::{DeviceId, RecordId};
use sync_core::protocol::{Certificate, Receipt};
use sync_core::record::{Candidate, Context, Exception, Kind, Reading, Record, contested_fields, late_writes, read_field, sealed_value};
use sync_core::replica::{Meta, Store, clashes, seal_of, status, view};

use super::error::{Code, DeviceError, Result};
use super::runtime::{Device, officer};
use super::store::{StoreError, Tx};

/// Most items of a page.
const MAX_PAGE: usize = 500;

/// Where a page begins and how long it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageInput {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// The record after which it begins; left out, from the first.
    pub after: Option<RecordId>,
    /// Items, at most 500; 100 if left out. For clashes: records looked at.
    pub limit: Option<usize>,
    /// Records of this kind only.
    pub kind: Option<String>,
}

/// Which record, and what of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record.
    pub record: RecordId,
    /// Fields, or prefixes ending in `.`; all if empty.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Whether to add the seal over the fields shown, to be handed back with a signing act.
    #[serde(default)]
    pub seal: bool,
}

impl PageInput {
    fn limit(&self) -> Result<usize> {
        match self.limit.unwrap_or(100) {
            n @ 1..=MAX_PAGE => Ok(n),
            _ => Err(DeviceError::argument("limit", format_args!("must be from 1 to {MAX_PAGE}"))),
        }
    }
}

impl Device {
    /// A page of the records known here: `{records: [{record, kind, stage, contested, unsent}], next}`.
    pub fn records(&self, input: &PageInput) -> Result<Json> {
        let limit = input.limit()?;
        self.may_read()?;
        self.read(|tx| -> Result<Json> {
            let unsent: BTreeMap<RecordId, u64> = tx.pending()?.into_iter().collect();
            let ids = tx.records(input.after, limit)?;
            let next = if ids.len() == limit { ids.last().copied() } else { None };
            let mut out = Vec::with_capacity(ids.len());
            for id in ids {
                let Some(record) = view(tx, self.kinds(), id)? else { continue };
                if input.kind.as_deref().is_some_and(|k| k != &*record.kind) {
                    continue;
                }
                let contested = self.kinds().get(&record.kind).map(|k| contested_fields(&record, k).len());
                out.push(json!({ "record": id, "kind": record.kind, "stage": record.stage(), "contested": contested, "unsent": unsent.get(&id).copied().unwrap_or(0) }));
            }
            Ok(json!({ "v": 1, "records": out, "next": next }))
        })
    }

    /// A record as it looks from here: mirror and pending work. Each field with its reading, its value, the dots
    /// that an edit made from this view replaces, and every candidate.
    pub fn record_view(&self, input: &ViewInput) -> Result<Json> {
        self.may_read()?;
        self.read(|tx| -> Result<Json> {
            let Some(record) = view(tx, self.kinds(), input.record)? else {
                return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle"));
            };
            let Some(kind) = self.kinds().get(&record.kind) else {
                return Err(DeviceError::new(Code::Unknown, "kind: not known to this app; update the app"));
            };
            let wanted = |key: &str| input.fields.is_empty() || input.fields.iter().any(|f| f == key || (f.ends_with('.') && key.starts_with(f.as_str())));
            let mut people = People::new(tx)?;
            let mut fields = Map::new();
            for (key, _) in record.registers().filter(|(key, _)| !key.starts_with('$') && wanted(key)) {
                fields.insert(key.to_owned(), field(tx, &mut people, &record, kind, key)?);
            }
            let late: Vec<Json> = late_writes(&record).into_iter().map(|l| json!({ "field": l.field, "dot": l.candidate.dot, "value": l.candidate.value, "seal": l.seal })).collect();
            let exceptions: Vec<Json> = Exception::open(&record).into_iter().map(|(dot, e)| json!({ "dot": dot, "exception": e })).collect();
            let seals: BTreeMap<&str, _> = record.with_prefix("$seal.").map(|(key, r)| (key, r.dots())).collect();
            let mut out = json!({
                "v": 1, "record": record.id, "kind": record.kind, "stage": record.stage(), "schema": kind.schema, "commit": record.commit().ne(&Context::PENDING).then(|| record.commit()),
                "seen": record.seen(), "checksum": format!("{:016x}", record.checksum()), "fields": fields, "contested": contested_fields(&record, kind),
                "late": late, "exceptions": exceptions, "seals": seals,
            });
            if let (true, Some(map)) = (input.seal, out.as_object_mut()) {
                map.insert("seal".into(), json!(seal_of(&record, kind, wanted)));
            }
            Ok(out)
        })
    }

    /// The disagreements in a page of records: `{clashes: [{record, field, values: [...]}], next}`.
    pub fn clashes(&self, input: &PageInput) -> Result<Json> {
        let limit = input.limit()?;
        self.may_read()?;
        self.read(|tx| -> Result<Json> {
            let looked_at = tx.records(input.after, limit)?;
            let next = if looked_at.len() == limit { looked_at.last().copied() } else { None };
            let mut people = People::new(tx)?;
            let mut out = Vec::new();
            for clash in clashes(tx, self.kinds(), input.after, limit)? {
                let mut values = Vec::new();
                for (dot, value) in &clash.values {
                    values.push(json!({ "dot": dot, "value": value, "officer": people.of(tx, dot.device)? }));
                }
                // All the candidates' dots: two authors of one value are shown once and replaced together.
                let replaces = view(tx, self.kinds(), clash.record)?.map(|r| sync_core::replica::shown_dots(&r, &clash.field));
                out.push(json!({ "record": clash.record, "field": clash.field, "values": values, "replaces": replaces }));
            }
            Ok(json!({ "v": 1, "clashes": out, "next": next }))
        })
    }

    /// The truth about this device's work. `done` is true only when nothing is unsent and nothing is held up. Where nothing
    /// may be read it counts, and names no records.
    pub fn status(&self) -> Result<Json> {
        self.is_there()?;
        let (lease, locked) = (self.lease_json()?, self.locked.load(Ordering::SeqCst));
        let silent = locked || lease.get("lapsed") == Some(&Json::Bool(true));
        self.read(|tx| -> Result<Json> {
            if !tx.is_enrolled()? {
                return Ok(json!({ "v": 1, "enrolled": false }));
            }
            let meta = tx.meta()?;
            let status = status(tx)?;
            let stock = tx.kept()?;
            let unsent_by_record = if silent { Vec::new() } else { status.unsent_by_record.clone() };
            let receipt: Option<Receipt> = meta.receipt.as_ref().and_then(|r| r.unchecked());
            Ok(json!({
                "v": 1, "enrolled": true, "device": meta.device, "officer": officer(&meta)?, "district": meta.enrolled.district, "epoch": meta.epoch,
                "server": tx.setting(super::enrol::SERVER)?, "captured": status.captured, "unsent": status.unsent, "carrying": status.carrying,
                "unsent_by_record": unsent_by_record, "parked": status.parked, "quarantined": status.quarantined, "frozen": status.frozen,
                "done": status.is_done() && stock.waiting == 0, "originals": { "kept": stock.kept, "waiting": stock.waiting, "bytes": stock.bytes, "refused": stock.refused }, "acknowledged_through": receipt.as_ref().map(|r| r.through_seq), "last_contact_ms": meta.contact.map(|c| c.at),
                "complete_sessions": meta.complete_sessions, "head": meta.head, "backup_days": meta.limits.backup_days, "lease": lease, "locked": locked,
                "ending": meta.standing.is_ending(),
            }))
        })
    }
}

/// Who wrote what, from certificates; each looked up once.
struct People {
    own: Meta,
    known: BTreeMap<DeviceId, Option<String>>,
}

impl People {
    fn new(tx: &mut Tx<'_>) -> std::result::Result<People, StoreError> {
        Ok(People { own: tx.meta()?, known: BTreeMap::new() })
    }

    fn of(&mut self, tx: &mut Tx<'_>, device: DeviceId) -> std::result::Result<Option<String>, StoreError> {
        if let Some(known) = self.known.get(&device) {
            return Ok(known.clone());
        }
        let signed = if device == self.own.device { Some(self.own.enrolled.certificate.clone()) } else { tx.certificate(device)? };
        let officer = signed.and_then(|s| s.unchecked::<Certificate>()).map(|c| c.officer.to_string());
        self.known.insert(device, officer.clone());
        Ok(officer)
    }
}

fn field(tx: &mut Tx<'_>, people: &mut People, record: &Record, kind: &Kind, key: &str) -> std::result::Result<Json, StoreError> {
    let reading = read_field(record, kind, key);
    let name = match &reading {
        Reading::Absent => "absent",
        Reading::One(_) => "one",
        Reading::Unconfirmed(_) => "unconfirmed",
        Reading::Contested(_) => "contested",
    };
    let register = record.register(key);
    let mut candidates = Vec::new();
    for c in register.map(|r| r.candidates()).unwrap_or_default() {
        candidates.push(candidate(tx, people, c)?);
    }
    let sealed = sealed_value(record, key).map(|(dot, value)| json!({ "dot": dot, "value": value }));
    Ok(json!({ "reading": name, "value": reading.value(), "dots": register.map(|r| r.dots()).unwrap_or_default(), "candidates": candidates, "sealed": sealed }))
}

fn candidate(tx: &mut Tx<'_>, people: &mut People, c: &Candidate) -> std::result::Result<Json, StoreError> {
    let officer = match &c.by {
        Some(by) => Some(by.officer.to_string()),
        None => people.of(tx, c.dot.device)?,
    };
    let commit = (c.commit != Context::PENDING).then_some(c.commit);
    Ok(json!({ "dot": c.dot, "value": c.value, "commit": commit, "officer": officer, "reason": c.by.as_ref().and_then(|b| b.reason.clone()) }))
}
