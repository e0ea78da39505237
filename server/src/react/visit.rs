//! What the office adds to a visit: fence and code once it is approved, flags once it took place, cases out of its clues.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::admission::{Counted, Facts, Finding, Weight, basis_of, findings, key_of};
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, RecordId};
use sync_core::index::{members, object_entry, parts};
use sync_core::law::policy::{self, VisitKind};
use sync_core::object::SITE;
use sync_core::plan::cap::{Past, YEAR_BACK};
use sync_core::record::{Draft, Reading, Record, read_field};
use sync_core::visit::{self, stage};

use super::{Ground, derived_id, put};
use crate::index::family::{Family, family_of};
use crate::index::write::first_at;
use crate::on;
use crate::schema::visit_part;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working};

/// What the reaction to a visit rests on.
pub fn basis(record: &Record) -> Digest {
    let mut parts = vec![basis_of(record).0.to_vec()];
    for prefix in ["clues.", "code", "overrides."] {
        for (key, register) in record.with_prefix(prefix) {
            parts.push(key.as_bytes().to_vec());
            parts.extend(register.candidates().iter().map(|c| c.value.as_json().as_bytes().to_vec()));
        }
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::tagged("zhifa.react.visit.v1", &parts)
}

/// Everything that a visit wants written.
pub fn react(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let mut edits = Vec::new();
    if [stage::APPROVED, stage::NOTIFIED].contains(&record.stage()) {
        edits.extend(fence(store, record, ground)?);
    }
    let took_place = parts(record).checked_in && record.stage() != stage::ABORTED;
    if took_place {
        edits.extend(flags(store, record, ground)?);
    }
    let mut drafts = Vec::new();
    if !edits.is_empty() {
        drafts.push(Draft { edits, ..Draft::of(record.id, &record.kind) });
    }
    if took_place {
        drafts.extend(cases(store, record)?);
    }
    Ok(drafts)
}

type Edits = Vec<(sync_core::record::FieldKey, sync_core::record::Value, Vec<sync_core::record::Dot>, Option<String>)>;

/// The fence: the site's place and the radius of the day's policy, wider by what the place is uncertain.
fn fence(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Edits, StoreError> {
    if record.register("fence").is_some() {
        return Ok(Vec::new());
    }
    let Some(site) = parts(record).site else { return Ok(Vec::new()) };
    let Some(site) = store.look(site)? else { return Ok(Vec::new()) };
    let Some(place) = read_field(&site, &SITE, "place").value().map(|v| v.to_json()) else { return Ok(Vec::new()) };
    let number = |member: &str| place.get(member).and_then(Json::as_i64);
    let (Some(lon), Some(lat)) = (number("lon_e7"), number("lat_e7")) else { return Ok(Vec::new()) };
    let Some(today) = day_of(store.now) else { return Ok(Vec::new()) };
    let radius = policy::get::<i64>(&ground.law.book, "inspection.geofence", today).map_or(50, |answer| answer.value);
    let radius = radius.saturating_add(number("accuracy_cm").unwrap_or(0) / 100).clamp(1, 100_000);
    Ok(put(record, "fence", Some(&json!({ "lat_e7": lat, "lon_e7": lon, "radius_m": radius }))).into_iter().collect())
}

/// The day on which a visit took place, or is planned; today if neither is known.
fn day_of_visit(store: &mut Working<'_, '_>, record: &Record) -> Result<(Date, Option<i64>), StoreError> {
    store.flush()?;
    let began = first_at(store.tx, store.district, &[record.id], stage::CHECKED_IN)?.remove(&record.id);
    let planned = || match read_field(record, &visit::KIND, "planned_date") {
        Reading::One(c) => c.value.as_text().and_then(|text| text.parse().ok()),
        _ => None,
    };
    let day = began.and_then(|(shown, _)| day_of(shown)).or_else(planned).or_else(|| day_of(store.now)).unwrap_or(Date::MAX);
    Ok((day, began.map(|(_, since)| since)))
}

/// Everything that is wrong with a visit, by the book and by other visits: for a visit that took place, by those that came to
/// be counted before it.
pub fn judge(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Finding>, StoreError> {
    let (day, since) = day_of_visit(store, record)?;
    let parts = parts(record);
    let site = parts.site.map(|site| store.look(site)).transpose()?.flatten();
    let (tx, district) = (&mut *store.tx, store.district);
    let site_family = parts.site.map(|site| family_of(tx, district, site)).transpose()?;
    let named: Vec<Family> = parts.subjects.iter().map(|s| family_of(tx, district, *s)).collect::<Result<_, _>>()?;
    let mut past = Vec::new();
    let me = parts.joined.unwrap_or(record.id);
    let mut counted = Vec::new();
    if named.is_empty() {
        if let Some(family) = &site_family {
            past.extend(visits_to(tx, district, &family.members, false, &key_of(family.key), (day, since, record.id, me))?);
            counted.push(Counted { key: key_of(family.key), risk: family.risk.clone() });
        }
    }
    for family in &named {
        let key = key_of(family.key);
        past.extend(visits_to(tx, district, &family.members, false, &key, (day, since, record.id, me))?);
        // A visit that named nobody was one to everybody on the site.
        if let Some(site) = &site_family {
            past.extend(visits_to(tx, district, &site.members, true, &key, (day, since, record.id, me))?);
        }
        counted.push(Counted { key, risk: family.risk.clone() });
    }
    let own_area = read_field(record, &visit::KIND, "area").value().and_then(|v| v.as_text());
    let area = own_area.or_else(|| object_entry(site.as_ref()?, &SITE).area).unwrap_or_else(|| home(ground, day));
    Ok(findings(record, &Facts { book: &ground.law.book, area: &area, day, past: &past, objects: &counted }))
}

/// The district's own area: the first functional one of the book.
fn home(ground: &Ground<'_>, day: Date) -> String {
    let mut areas = ground.law.book.in_force(sync_core::dated::Kind::Area, day).filter(|row| row.typed::<sync_core::org::Area>().is_some_and(|area| area.functional));
    areas.next().map(|row| row.key.to_string()).unwrap_or_default()
}

/// Visits to these objects in the year before and after a day, under one key. `me`: day, counted since, the visit itself, and
/// what it is joined into.
fn visits_to(
    tx: &mut crate::base::db::Tx<'_>,
    district: i64,
    members: &BTreeSet<RecordId>,
    alone: bool,
    key: &str,
    me: (Date, Option<i64>, RecordId, RecordId),
) -> Result<Vec<Past>, StoreError> {
    let (day, since, own, root) = me;
    let keys: Vec<Vec<u8>> = members.iter().map(|m| m.to_bytes().to_vec()).collect();
    let first = day.saturating_sub(YEAR_BACK).to_string();
    let last = day.saturating_add(YEAR_BACK).to_string();
    type Row = (Vec<u8>, String, String, String, Option<Vec<u8>>);
    let rows: Vec<Row> = on!(tx, |c| {
        let mut query = visit_part::table
            .filter(visit_part::district.eq(district))
            .filter(visit_part::object.eq_any(&keys))
            .filter(visit_part::day.between(&first, &last))
            .select((visit_part::visit, visit_part::organ, visit_part::kind, visit_part::day, visit_part::joined))
            .into_boxed();
        if alone {
            query = query.filter(visit_part::alone.eq(true));
        }
        if let Some(since) = since {
            query = query.filter(visit_part::since.lt(since));
        }
        query.load(c)
    })?;
    let mut out = Vec::new();
    for (visit, organ, kind, day, joined) in rows {
        let visit = record_id(&visit)?;
        let counts_as = joined.as_deref().map(record_id).transpose()?.unwrap_or(visit);
        if visit == own || counts_as == own || counts_as == root {
            continue;
        }
        let kind = VisitKind::ALL.iter().copied().find(|k| k.as_str() == kind).unwrap_or(VisitKind::Daily);
        let day = day.parse().map_err(|e| StoreError::Broken(format!("visit_part: {e}")))?;
        out.push(Past { visit: counts_as.to_string(), organ, object: key.to_owned(), day, kind, checked_in: true });
    }
    Ok(out)
}

/// Flags for the blocks that nobody overrode; those that hold no more are cleared unless a reviewer settled them.
fn flags(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Edits, StoreError> {
    let now = store.now.0;
    let found = judge(store, record, ground)?;
    let blocks: BTreeMap<String, Finding> = found.into_iter().filter(|f| f.weight == Weight::Block).map(|f| (f.key(), f)).collect();
    let overridden: BTreeSet<String> = members(record, "overrides.").map(|(key, _)| format!("flags.{key}")).collect();
    let standing: BTreeMap<String, Json> = members(record, "flags.").map(|(key, json)| (format!("flags.{key}"), json)).collect();
    let settled = |flag: &Json| flag.get("settled").is_some();
    let mut edits = Vec::new();
    for (key, finding) in blocks.iter().filter(|(key, _)| !overridden.contains(*key) && !standing.contains_key(*key)) {
        let flag = json!({ "about": finding.about, "at_ms": now, "basis": finding.basis, "code": finding.code, "detail": finding.detail, "weight": finding.weight.as_str() });
        edits.extend(put(record, key, Some(&flag)));
    }
    for (key, _) in standing.iter().filter(|(key, flag)| !settled(flag) && (!blocks.contains_key(*key) || overridden.contains(*key))) {
        edits.extend(put(record, key, None));
    }
    Ok(edits)
}

/// A case for every clue that has none: the clue with its fact, its visit, its site.
fn cases(store: &mut Working<'_, '_>, record: &Record) -> Result<Vec<Draft>, StoreError> {
    let mut drafts = Vec::new();
    let text = |json: &Json, member: &str| json.get(member).and_then(Json::as_str).map(str::to_owned);
    let unit = read_field(record, &visit::KIND, "unit").value().and_then(|v| v.as_text());
    let clues: BTreeMap<&str, Json> = members(record, "clues.").collect();
    for (clue, json) in clues {
        let Some(fact) = text(&json, "fact").filter(|fact| !fact.trim().is_empty()) else { continue };
        let id = derived_id("zhifa.case-of-clue.v1", record.id, clue);
        if store.look(id)?.is_some() {
            continue;
        }
        let mut fields = vec![("clue", json!({ "fact": fact, "found_ms": store.now.0, "source": "inspection", "visit": record.id }))];
        fields.extend(text(&json, "matter").map(|m| ("matter", Json::from(m))));
        fields.extend(text(&json, "to").or_else(|| unit.clone()).map(|u| ("unit", Json::from(u))));
        fields.extend(parts(record).site.map(|site| ("site", Json::from(site.to_string()))));
        let edits = fields.iter().filter_map(|(key, value)| put(&Record::new(id, sync_core::case::NAME, sync_core::case::KIND.initial), key, Some(value))).collect();
        drafts.push(Draft { edits, ..Draft::of(id, sync_core::case::NAME) });
    }
    Ok(drafts)
}

