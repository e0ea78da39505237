//! A contested field as somebody sees it who is to decide: what stood before, what stands now, by whom, when, and how surely.
//!
//! Times are those of the changes as they were signed, worked out as intervals ([`sync_core::base::time::interval`]); none of them decides
//! anything.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::Value as Json;
use sync_core::base::time::{Interval, interval};
use sync_core::base::{Digest, OfficerId, RecordId, UtcMs};
use sync_core::district::Store as _;
use sync_core::evidence;
use sync_core::record::{Change, Dot, Reading, Type, Value, contested_fields, read_field};

use super::read::{etag, known_kind, masked};
use crate::access::UserActor;
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::file::of_record::within;
use crate::on;
use crate::schema::{listing, officer};
use crate::sync::store::{Memory, StoreError, Working};

/// Most values that are shown of one field.
const MOST: usize = 20;
/// Most pictures that are shown beside them.
const MOST_PHOTOS: usize = 12;

/// One value of a field, and where it comes from.
#[derive(Debug, Clone)]
pub struct Side {
    /// The change that wrote it.
    pub dot: Dot,
    /// The value; `null` if the field was emptied.
    pub value: Json,
    /// Who wrote it.
    pub officer: Option<OfficerId>,
    /// His name.
    pub name: String,
    /// His unit.
    pub unit: String,
    /// Why, if he said so.
    pub reason: Option<String>,
    /// When he wrote it, as far as that can be known; `None` of what the office wrote.
    pub at: Option<Interval>,
    /// When it arrived.
    pub received: Option<UtcMs>,
}

/// A field that is contested, or was.
#[derive(Debug)]
pub struct Clash {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// What lists call it.
    pub title: String,
    /// The field.
    pub key: String,
    /// What it is called: Chinese, English.
    pub label: (&'static str, &'static str),
    /// What its values look like.
    pub ty: Option<Type>,
    /// Whether several values stand of which none was written in sight of the others.
    pub contested: bool,
    /// Whether what is personal is masked for this reader.
    pub masked: bool,
    /// What stands, to write against.
    pub etag: String,
    /// The values that stand.
    pub sides: Vec<Side>,
    /// What each of them replaced, as its author was shown it.
    pub base: Vec<Side>,
    /// Pictures of the same item whose originals are named in the record.
    pub photos: Vec<Digest>,
    /// Other fields of the record that are contested.
    pub others: Vec<String>,
}

/// A written value with its author and its times, and what it replaced.
fn side(store: &mut Working<'_, '_>, dot: Dot, key: &str) -> Result<Option<(Side, Vec<Dot>)>, StoreError> {
    let Some(signed) = store.signed(dot)? else { return Ok(None) };
    let Ok(change) = Change::decode(&signed.bytes) else { return Ok(None) };
    let Some(edit) = change.edits.iter().find(|edit| edit.field == key) else { return Ok(None) };
    let received = store.entry(dot)?.map(|entry| entry.received);
    let at = received.filter(|_| !dot.device.is_office()).map(|received| interval(&change.time, received));
    let value = serde_json::from_str(edit.value).unwrap_or_default();
    let side =
        Side { dot, value, officer: Some(change.officer.clone()), name: String::new(), unit: String::new(), reason: edit.reason.as_ref().map(|why| why.to_string()), at, received };
    Ok(Some((side, edit.replaces.clone())))
}

/// Names of officers, with their units.
fn people(store: &mut Working<'_, '_>, sides: &mut [Side]) -> Result<(), StoreError> {
    let district = store.district;
    let keys: BTreeSet<String> = sides.iter().filter_map(|side| side.officer.as_ref().map(ToString::to_string)).collect();
    let rows: Vec<(String, String, String)> =
        on!(store.tx, |c| officer::table.filter(officer::district.eq(district)).filter(officer::id.eq_any(&keys)).select((officer::id, officer::name, officer::unit)).load(c))?;
    let known: BTreeMap<String, (String, String)> = rows.into_iter().map(|(id, name, unit)| (id, (name, unit))).collect();
    for side in sides {
        let id = side.officer.as_ref().map(ToString::to_string).unwrap_or_default();
        (side.name, side.unit) = known.get(&id).cloned().unwrap_or((id, String::new()));
    }
    Ok(())
}

/// Gathers a field; `None` if there is no such record or field within reach.
fn gather(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, key: &str) -> Result<Option<Clash>, StoreError> {
    let Some(record) = store.look(id)? else { return Ok(None) };
    if !within(store, &actor.reach, id)? {
        return Ok(None);
    }
    let kind = known_kind(store.kinds, &record)?;
    let Some(register) = record.register(key) else { return Ok(None) };
    let (mut sides, mut replaced) = (Vec::new(), BTreeSet::new());
    for candidate in register.candidates().iter().take(MOST) {
        let read = side(store, candidate.dot, key)?;
        let by = candidate.by.as_ref();
        let (mut one, dots) = read.unwrap_or_else(|| {
            let none = Side {
                dot: candidate.dot,
                value: Json::Null,
                officer: by.map(|by| by.officer.clone()),
                name: String::new(),
                unit: String::new(),
                reason: None,
                at: None,
                received: None,
            };
            (none, Vec::new())
        });
        one.value = candidate.value.to_json();
        replaced.extend(dots);
        sides.push(one);
    }
    let mut base = Vec::new();
    for dot in replaced.into_iter().take(MOST) {
        base.extend(side(store, dot, key)?.map(|(side, _)| side));
    }
    people(store, &mut sides)?;
    people(store, &mut base)?;
    let row = kind.field(key);
    let hide = row.is_none_or(|row| row.personal) && !actor.reads_personal();
    if hide {
        for side in sides.iter_mut().chain(&mut base) {
            side.value = Value::from_json(&side.value).map(|value| masked(&value).to_json()).unwrap_or_default();
        }
    }
    // The pictures of an item stand under its name: `photos.<item>.<id>`.
    let item = key.split_once('.').map(|(_, item)| item).filter(|_| !key.starts_with("photos."));
    let own = sides.iter().filter_map(|side| side.value.get("sha256").and_then(|text| evidence::digest(text.as_str()?)));
    let mut photos: Vec<Digest> = own.collect();
    if let Some(item) = item {
        let prefix = format!("photos.{item}.");
        photos.extend(evidence::exhibits(&record).into_iter().filter(|e| e.field.starts_with(&prefix)).filter_map(|e| e.sha256));
    }
    photos.truncate(MOST_PHOTOS);
    let (district, of) = (store.district, id.to_bytes().to_vec());
    let title: Option<String> = on!(store.tx, |c| listing::table.find((district, of)).select(listing::title).first(c).optional())?;
    Ok(Some(Clash {
        record: id,
        kind: record.kind.to_string(),
        title: title.unwrap_or_default(),
        key: key.to_owned(),
        label: row.map_or(("", ""), |row| (row.zh, row.en)),
        ty: row.map(|row| row.ty),
        contested: matches!(read_field(&record, kind, key), Reading::Contested(_)),
        masked: hide,
        etag: etag(Some(register)),
        sides,
        base,
        photos,
        others: contested_fields(&record, kind).into_iter().filter(|other| *other != key).map(str::to_owned).collect(),
    }))
}

impl App {
    /// The contested fields of a record within reach.
    pub async fn contested(&self, actor: &UserActor, id: RecordId) -> Result<Vec<String>, Problem> {
        let (reach, kinds, now) = (actor.reach.clone(), self.kinds.clone(), self.now());
        let found = self.read(move |tx, district| {
            let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
            let Some(record) = store.look(id)? else { return Ok(None) };
            if !within(&mut store, &reach, id)? {
                return Ok(None);
            }
            let kind = known_kind(&kinds, &record)?;
            Ok(Some(contested_fields(&record, kind).into_iter().map(str::to_owned).collect()))
        });
        found.await?.ok_or_else(|| Problem::not_found("such record"))
    }

    /// A field of a record for whoever decides; that he read it stands in the audit.
    pub async fn clash(&self, actor: &UserActor, id: RecordId, key: &str) -> Result<Clash, Problem> {
        let (who, kinds, now, field) = (actor.clone(), self.kinds.clone(), self.now(), key.to_owned());
        let found = self.read(move |tx, district| {
            let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
            gather(&mut store, &who, id, &field)
        });
        let clash = found.await?.ok_or_else(|| Problem::not_found("such field of a record"))?;
        let deed = if clash.masked { "record.read" } else { "personal.read" };
        self.note(Deed::of(&actor.officer, deed, format!("record:{id}")).with(serde_json::json!({ "fields": [key] }))).await?;
        Ok(clash)
    }
}
