//! What the office adds to a visit: fence and code once it is approved, flags once it took place, cases out of its clues.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sync_core::admission::{Counted, Facts, Finding, Weight, basis_of, findings, key_of};
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, RecordId, UtcMs};
use sync_core::dated::Book;
use sync_core::index::{members, object_entry, parts};
use sync_core::law::policy;
use sync_core::object::SITE;
use sync_core::record::{Draft, Reading, Record, read_field};
use sync_core::visit::{self, stage};

use super::{Ground, derived_id, put};
use crate::index::family::{Family, family_of};
use crate::index::write::first_at;
use crate::sync::store::{StoreError, Working};
use crate::visit::count::{self, Own};

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
        edits.extend(code(store, record, ground)?);
    }
    let took_place = parts(record).checked_in && record.stage() != stage::ABORTED;
    if took_place {
        edits.extend(flags(store, record, ground)?);
    }
    edits.extend(formalities(store, record, ground, took_place)?);
    let mut drafts = Vec::new();
    if !edits.is_empty() {
        drafts.push(Draft { edits, ..Draft::of(record.id, &record.kind) });
    }
    if took_place {
        drafts.extend(cases(store, record)?);
    }
    // Joined, or taken apart again: what it counts as has changed for the others.
    if record.register("joined_into").is_some() {
        let parts = parts(record);
        let objects: BTreeSet<RecordId> = parts.objects().into_iter().chain(parts.site).collect();
        drafts.extend(judge_again(store, &objects, Some(record.id), ground)?);
    }
    Ok(drafts)
}

/// Most visits that are judged again when what they are counted with has changed.
const MOST_AGAIN: usize = 200;

/// New flags of the visits to these objects and their families, in the year around today, but for one.
pub fn judge_again(store: &mut Working<'_, '_>, objects: &BTreeSet<RecordId>, but: Option<RecordId>, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    store.flush()?;
    let (tx, district) = (&mut *store.tx, store.district);
    let mut members = BTreeSet::new();
    for object in objects {
        members.extend(family_of(tx, district, *object)?.members);
    }
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let mut visits: Vec<(i64, RecordId)> = count::lines(tx, district, &members, false, today)?.into_iter().map(|line| (line.since, line.visit)).collect();
    visits.sort_unstable();
    visits.dedup();
    let mut drafts = Vec::new();
    for (_, visit) in visits.into_iter().rev().filter(|(_, visit)| Some(*visit) != but).take(MOST_AGAIN) {
        let Some(record) = store.look(visit)?.filter(|record| parts(record).checked_in && record.stage() != stage::ABORTED) else { continue };
        let edits = flags(store, &record, ground)?;
        if !edits.is_empty() {
            drafts.push(Draft { edits, ..Draft::of(record.id, &record.kind) });
        }
    }
    Ok(drafts)
}

/// By when the formalities of an urgent start are to be made up for, while they are not (国办发〔2024〕54号: 及时补办).
fn formalities(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>, took_place: bool) -> Result<Edits, StoreError> {
    let urgent = members(record, "urgent").any(|(_, u)| u.get("reason").is_some()) && members(record, "regularised").next().is_none();
    if !urgent && record.register("due").is_none() {
        return Ok(Vec::new());
    }
    if !(urgent && took_place) {
        return Ok(put(record, "due", None).into_iter().collect());
    }
    let Some((began, _)) = began(store, record)? else { return Ok(Vec::new()) };
    let Some(day) = day_of(began) else { return Ok(Vec::new()) };
    let after =
        |key: &str, hours: i64| UtcMs(began.0.saturating_add(policy::get::<i64>(&ground.law.book, key, day).map_or(hours, |answer| answer.value).saturating_mul(3_600_000)));
    let (alert, report) = (after("inspection.urgent.alert", 12), after("inspection.urgent.report", 24));
    let due = json!({ "alert_ms": alert.0, "at_ms": report.0, "day": day_of(report).unwrap_or(day).to_string(), "for": "formalities" });
    Ok(put(record, "due", Some(&due)).into_iter().collect())
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

/// The code of the act, for a visit that has none: of the series of the lead unit's organ.
fn code(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Edits, StoreError> {
    if record.register("code").is_some_and(|r| r.candidates().iter().any(|c| !c.value.is_null())) {
        return Ok(Vec::new());
    }
    let Some(unit) = read_field(record, &visit::KIND, "unit").value().and_then(|v| v.as_text()) else { return Ok(Vec::new()) };
    let taken = crate::number::office_take(store, &ground.law.book, &ground.keys.receipt, &unit)?;
    Ok(taken.and_then(|value| put(record, "code", Some(&value))).into_iter().collect())
}

/// When officers first checked in, and the commit from which it counts.
fn began(store: &mut Working<'_, '_>, record: &Record) -> Result<Option<(UtcMs, i64)>, StoreError> {
    store.flush()?;
    Ok(first_at(store.tx, store.district, &[record.id], stage::CHECKED_IN)?.remove(&record.id))
}

/// The day on which a visit took place, or is planned, today if neither is known; and the commit from which it counts.
pub fn day_of_visit(store: &mut Working<'_, '_>, record: &Record) -> Result<(Date, Option<i64>), StoreError> {
    let began = began(store, record)?;
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
    let own = Own { visit: record.id, day, joined: parts.joined, since };
    let site_family = parts.site.map(|site| family_of(tx, district, site)).transpose()?;
    let named: Vec<Family> = parts.subjects.iter().map(|s| family_of(tx, district, *s)).collect::<Result<_, _>>()?;
    let (mut past, mut counted) = (Vec::new(), Vec::new());
    let site_alone = site_family.iter().filter(|_| named.is_empty());
    for family in named.iter().chain(site_alone) {
        let key = key_of(family.key);
        let mut lines = count::lines(tx, district, &family.members, false, day)?;
        // A visit that named nobody was one to everybody on the site.
        if let Some(site) = site_family.as_ref().filter(|_| !named.is_empty()) {
            lines.extend(count::lines(tx, district, &site.members, true, day)?);
        }
        past.extend(count::before(&lines, &own, &key));
        counted.push(Counted { key, risk: family.risk.clone() });
    }
    let own_area = read_field(record, &visit::KIND, "area").value().and_then(|v| v.as_text());
    let area = own_area.or_else(|| object_entry(site.as_ref()?, &SITE).area).unwrap_or_else(|| home(&ground.law.book, day));
    Ok(findings(record, &Facts { book: &ground.law.book, area: &area, day, past: &past, objects: &counted }))
}

/// The district's own area: the first functional one of the book.
pub fn home(book: &Book, day: Date) -> String {
    let mut areas = book.in_force(sync_core::dated::Kind::Area, day).filter(|row| row.typed::<sync_core::org::Area>().is_some_and(|area| area.functional));
    areas.next().map(|row| row.key.to_string()).unwrap_or_default()
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
