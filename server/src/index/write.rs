//! Statements that bring the index up to date with records that changed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::upsert::excluded;
use serde_json::Value as Json;
use sync_core::base::{Date, RecordId, UtcMs, date::day_of};
use sync_core::district::StageMove;
use sync_core::index::{Busy, CaseEntry, ObjectEntry, Parts, RepairEntry, members};
use sync_core::record::Record;
use sync_core::visit;

use super::{Contribution, family};
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{case_party, listing, number_use, object, object_alias, officer_time, repair, stage_move, visit_part};
use crate::sync::store::StoreError;
use crate::sync::store::rows::{id, int, record_id};

/// A record whose contribution changed, with the commit at which it did.
pub struct Changed<'a> {
    /// The record.
    pub record: &'a Record,
    /// What it contributes now.
    pub now: Contribution,
}

fn key(id: RecordId) -> Vec<u8> {
    id.to_bytes().to_vec()
}

fn iso(day: Option<Date>) -> Option<String> {
    day.map(|d| d.to_string())
}

/// Notes moves from stage to stage.
pub fn moves(tx: &mut Tx<'_>, district: i64, moves: &[StageMove]) -> Result<(), StoreError> {
    let rows: Vec<_> = moves
        .iter()
        .map(|m| {
            (
                stage_move::district.eq(district),
                stage_move::record.eq(key(m.record)),
                stage_move::commit_seq.eq(int(m.commit)),
                stage_move::device.eq(id(m.dot.device)),
                stage_move::seq.eq(int(m.dot.seq)),
                stage_move::from_stage.eq(m.from.to_string()),
                stage_move::to_stage.eq(m.to.to_string()),
                stage_move::earliest_ms.eq(m.when.earliest.0),
                stage_move::latest_ms.eq(m.when.latest.0),
                stage_move::shown_ms.eq(m.shown.0),
            )
        })
        .collect();
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(stage_move::table).values(part).execute(c))?;
    }
    Ok(())
}

/// When and by which commit records first came to a stage.
pub fn first_at(tx: &mut Tx<'_>, district: i64, records: &[RecordId], stage: &str) -> Result<BTreeMap<RecordId, (UtcMs, i64)>, StoreError> {
    let mut out = BTreeMap::new();
    for part in records.chunks(ROWS) {
        let keys: Vec<Vec<u8>> = part.iter().map(|r| key(*r)).collect();
        let rows: Vec<(Vec<u8>, i64, i64)> = on!(tx, |c| stage_move::table
            .filter(stage_move::district.eq(district))
            .filter(stage_move::record.eq_any(&keys))
            .filter(stage_move::to_stage.eq(stage))
            .order(stage_move::commit_seq.desc())
            .select((stage_move::record, stage_move::shown_ms, stage_move::commit_seq))
            .load(c))?;
        for (record, shown, commit) in rows {
            out.insert(record_id(&record)?, (UtcMs(shown), commit));
        }
    }
    Ok(out)
}

/// Writes everything that these records contribute, in place of what they contributed before.
pub fn write(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    if changed.is_empty() {
        return Ok(());
    }
    lines(tx, district, changed)?;
    objects(tx, district, changed)?;
    visits(tx, district, changed)?;
    cases(tx, district, changed)?;
    repairs(tx, district, changed)?;
    crate::training::index::write(tx, district, changed.iter().filter_map(|c| Some((c.record.id, c.now.stage.as_str(), c.now.training.as_ref()?))))?;
    crate::figures::index::write(tx, district, changed.iter().map(|c| (c.record.id, &*c.now.facts)))?;
    busy(tx, district, changed)?;
    let named: Vec<_> = changed.iter().filter(|c| !c.now.files.is_empty()).map(|c| (c.record.id, &c.now.files)).collect();
    crate::file::of_record::write(tx, district, &named)?;
    numbers(tx, district, changed)
}

/// A line as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = listing, treat_none_as_default_value = false)]
pub(crate) struct Line {
    pub(super) district: i64,
    pub(super) record: Vec<u8>,
    pub(super) kind: String,
    pub(super) stage: String,
    title: String,
    pub(super) day: Option<String>,
    pub(super) due: Option<String>,
    code: Option<String>,
    object: Option<Vec<u8>>,
    pub(super) flags: i64,
    /// The commit at which the line last changed.
    pub changed: i64,
    pub(super) awaits: Option<String>,
    pub(super) matter: Option<String>,
    pub(super) opens: Option<String>,
}

impl Line {
    /// The same line, as if it had changed at another commit.
    pub fn since(self, changed: i64) -> Line {
        Line { changed, ..self }
    }

    /// The same line, as if nothing were due.
    pub fn undated(self) -> Line {
        Line { due: None, awaits: None, ..self }
    }
}

/// The line that a record has.
pub(crate) fn line(district: i64, record: &Record, now: &Contribution) -> Line {
    let of = &now.listing;
    Line {
        district,
        record: key(record.id),
        kind: record.kind.to_string(),
        stage: now.stage.clone(),
        title: of.title.clone(),
        day: iso(of.day),
        due: iso(of.due),
        code: of.code.clone(),
        object: of.object.map(key),
        flags: i64::from(of.flags),
        changed: int(record.commit()),
        awaits: iso(of.due.filter(|_| now.open)),
        matter: now.case.as_ref().map(|case| case.matter.clone()),
        opens: now.repair.as_ref().and_then(|repair| iso(repair.opens)),
    }
}

fn lines(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let rows: Vec<Line> = changed.iter().map(|c| line(district, c.record, &c.now)).collect();
    // By when something is due of a case, `deadline` says, which knows the book.
    let (cases, rows): (Vec<Line>, Vec<Line>) = rows.into_iter().partition(|row| row.kind == sync_core::case::NAME);
    for part in cases.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(listing::table)
            .values(part)
            .on_conflict((listing::district, listing::record))
            .do_update()
            .set((
                listing::stage.eq(excluded(listing::stage)),
                listing::title.eq(excluded(listing::title)),
                listing::day.eq(excluded(listing::day)),
                listing::code.eq(excluded(listing::code)),
                listing::object.eq(excluded(listing::object)),
                listing::flags.eq(excluded(listing::flags)),
                listing::changed.eq(excluded(listing::changed)),
                listing::matter.eq(excluded(listing::matter)),
            ))
            .execute(c))?;
    }
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(listing::table)
            .values(part)
            .on_conflict((listing::district, listing::record))
            .do_update()
            .set((
                listing::stage.eq(excluded(listing::stage)),
                listing::title.eq(excluded(listing::title)),
                listing::day.eq(excluded(listing::day)),
                listing::due.eq(excluded(listing::due)),
                listing::code.eq(excluded(listing::code)),
                listing::object.eq(excluded(listing::object)),
                listing::flags.eq(excluded(listing::flags)),
                listing::changed.eq(excluded(listing::changed)),
                listing::awaits.eq(excluded(listing::awaits)),
                listing::opens.eq(excluded(listing::opens)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// A site or subject as it is stored. Its root is worked out from those of others.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = object, primary_key(district, record), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct Known {
    district: i64,
    record: Vec<u8>,
    kind: String,
    name: String,
    area: Option<String>,
    list: Option<String>,
    risk: Option<String>,
    credit: Option<String>,
    lon_e7: Option<i64>,
    lat_e7: Option<i64>,
    joined: Option<Vec<u8>>,
    field_made: bool,
    apart: String,
}

/// The entry that an object has.
pub(crate) fn known(district: i64, record: &Record, entry: &ObjectEntry) -> Known {
    Known {
        district,
        record: key(record.id),
        kind: record.kind.to_string(),
        name: entry.name.clone(),
        area: entry.area.clone(),
        list: entry.list.clone(),
        risk: entry.risk.clone(),
        credit: entry.credit.clone(),
        lon_e7: entry.place.map(|p| p.0),
        lat_e7: entry.place.map(|p| p.1),
        joined: entry.joined.map(key),
        field_made: entry.field_made,
        apart: entry.apart.iter().map(RecordId::to_string).collect::<Vec<_>>().join(" "),
    }
}

fn objects(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    for one in changed {
        let Some((entry, aliases)) = &one.now.object else { continue };
        let record = key(one.record.id);
        let row = known(district, one.record, entry);
        on!(tx, |c| diesel::insert_into(object::table).values((&row, object::root.eq(&record))).on_conflict((object::district, object::record)).do_update().set(&row).execute(c))?;
        family::settle(tx, district, one.record.id)?;
        let old = object_alias::table.filter(object_alias::district.eq(district)).filter(object_alias::record.eq(&record));
        on!(tx, |c| diesel::delete(old).execute(c))?;
        let rows: Vec<_> = aliases
            .iter()
            .map(|a| (object_alias::district.eq(district), object_alias::record.eq(&record), object_alias::kind.eq(a.kind.as_str()), object_alias::value.eq(&a.value)))
            .collect();
        for part in rows.chunks(ROWS) {
            on!(tx, |c| diesel::insert_into(object_alias::table).values(part).execute(c))?;
        }
    }
    Ok(())
}

/// A visit's part as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = visit_part, treat_none_as_default_value = false)]
pub(crate) struct Part {
    district: i64,
    visit: Vec<u8>,
    organ: String,
    object: Vec<u8>,
    alone: bool,
    kind: String,
    day: String,
    joined: Option<Vec<u8>>,
    since: i64,
}

/// When a visit began of which no move was noted, because it took place before there was an index: when its officers say that
/// they checked in, and counted before everything else.
pub(crate) fn began_before(record: &Record) -> Option<(UtcMs, i64)> {
    let checked_in = members(record, "participants.").filter_map(|(_, p)| p.get("checked_in_ms").and_then(Json::as_i64)).min();
    checked_in.map(|ms| (UtcMs(ms), 0))
}

/// The parts that a visit has, which began at an instant and was counted from a commit on.
pub(crate) fn parts_of(district: i64, visit: RecordId, parts: &Parts, began: Option<(UtcMs, i64)>) -> Vec<Part> {
    let Some((shown, since)) = began.filter(|_| parts.checked_in) else { return Vec::new() };
    let day = day_of(shown).unwrap_or(Date::MAX).to_string();
    let alone = parts.subjects.is_empty();
    let objects = parts.subjects.iter().map(|s| (*s, false)).chain(parts.site.filter(|s| !parts.subjects.contains(s)).map(|s| (s, alone)));
    let mut rows = Vec::new();
    for (object, alone) in objects {
        for (organ, kind) in &parts.organs {
            rows.push(Part {
                district,
                visit: key(visit),
                organ: organ.clone(),
                object: key(object),
                alone,
                kind: kind.as_str().to_owned(),
                day: day.clone(),
                joined: parts.joined.map(key),
                since,
            });
        }
    }
    rows
}

fn visits(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let visits: Vec<_> = changed.iter().filter_map(|c| Some((c.record, c.now.parts.as_ref()?))).collect();
    let counted: Vec<RecordId> = visits.iter().filter(|(_, parts)| parts.checked_in).map(|(record, _)| record.id).collect();
    let began = first_at(tx, district, &counted, visit::stage::CHECKED_IN)?;
    for part in visits.chunks(ROWS) {
        let keys: Vec<Vec<u8>> = part.iter().map(|(record, _)| key(record.id)).collect();
        let old = visit_part::table.filter(visit_part::district.eq(district)).filter(visit_part::visit.eq_any(&keys));
        on!(tx, |c| diesel::delete(old).execute(c))?;
    }
    let rows: Vec<Part> = visits.iter().flat_map(|(record, parts)| parts_of(district, record.id, parts, began.get(&record.id).copied().or_else(|| began_before(record)))).collect();
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(visit_part::table).values(part).execute(c))?;
    }
    Ok(())
}

/// A case's line under one key of its party, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = case_party, treat_none_as_default_value = false)]
pub(crate) struct CaseLine {
    district: i64,
    pub record: Vec<u8>,
    party: String,
    pub matter: String,
    pub unit: String,
    pub stage: String,
    pub act_day: Option<String>,
    pub act_end: Option<String>,
    pub decided_day: Option<String>,
    pub fine_fen: i64,
    pub punished: bool,
    pub exemption: Option<String>,
    pub site: Option<Vec<u8>>,
}

/// The lines that a case has: one for each key of its party, in order; one with an empty key if nothing identifies it.
pub(crate) fn case_lines(district: i64, record: RecordId, stage: &str, entry: &CaseEntry) -> Vec<CaseLine> {
    let nobody = entry.parties.is_empty().then(String::new);
    let line = |party: String| CaseLine {
        district,
        record: key(record),
        party,
        matter: entry.matter.clone(),
        unit: entry.unit.clone(),
        stage: stage.to_owned(),
        act_day: iso(entry.act_day),
        act_end: iso(entry.act_end),
        decided_day: iso(entry.decided),
        fine_fen: entry.fine_fen,
        punished: entry.punished,
        exemption: entry.exemption.clone(),
        site: entry.site.map(key),
    };
    nobody.into_iter().chain(entry.parties.iter().cloned()).map(line).collect()
}

fn cases(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let cases: Vec<_> = changed.iter().filter_map(|c| Some((c, c.now.case.as_ref()?))).collect();
    for part in cases.chunks(ROWS) {
        let keys: Vec<Vec<u8>> = part.iter().map(|(c, _)| key(c.record.id)).collect();
        let old = case_party::table.filter(case_party::district.eq(district)).filter(case_party::record.eq_any(&keys));
        on!(tx, |c| diesel::delete(old).execute(c))?;
    }
    let rows: Vec<CaseLine> = cases.iter().flat_map(|(c, entry)| case_lines(district, c.record.id, &c.now.stage, entry)).collect();
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(case_party::table).values(part).execute(c))?;
    }
    Ok(())
}

/// A repair as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = repair, treat_none_as_default_value = false)]
pub(crate) struct RepairLine {
    district: i64,
    pub record: Vec<u8>,
    pub case_record: Vec<u8>,
    pub unit: String,
    pub party: String,
    pub stage: String,
    pub decided_day: Option<String>,
    pub own_regime: String,
    pub regime: String,
    pub category: String,
    pub opens: Option<String>,
    pub latest: Option<String>,
    pub qualified_day: Option<String>,
    pub channel: Option<String>,
    pub applied_day: Option<String>,
    pub approved_day: Option<String>,
    pub synced_day: Option<String>,
    pub days: Option<i64>,
}

/// The line that a repair has.
pub(crate) fn repair_line(district: i64, record: RecordId, stage: &str, entry: &RepairEntry) -> RepairLine {
    RepairLine {
        district,
        record: key(record),
        case_record: entry.case.map(key).unwrap_or_default(),
        unit: entry.unit.clone(),
        party: entry.party.clone(),
        stage: stage.to_owned(),
        decided_day: iso(entry.decided),
        own_regime: entry.regimes.0.clone(),
        regime: entry.regimes.1.clone(),
        category: entry.category.clone(),
        opens: iso(entry.opens),
        latest: iso(entry.latest),
        qualified_day: iso(entry.qualified),
        channel: entry.channel.clone(),
        applied_day: iso(entry.applied),
        approved_day: iso(entry.approved),
        synced_day: iso(entry.synced),
        days: entry.days.map(i64::from),
    }
}

fn repairs(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let rows: Vec<RepairLine> = changed.iter().filter_map(|c| Some(repair_line(district, c.record.id, &c.now.stage, c.now.repair.as_ref()?))).collect();
    for part in rows.chunks(ROWS) {
        let keys: Vec<&[u8]> = part.iter().map(|row| row.record.as_slice()).collect();
        on!(tx, |c| diesel::delete(repair::table.filter(repair::district.eq(district)).filter(repair::record.eq_any(&keys))).execute(c))?;
        on!(tx, |c| diesel::insert_into(repair::table).values(part).execute(c))?;
    }
    Ok(())
}

/// What an officer did, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = officer_time)]
pub(crate) struct BusyLine {
    district: i64,
    officer: String,
    record: Vec<u8>,
    entry: String,
    from_ms: i64,
    until_ms: i64,
}

/// The lines of what officers did, in order.
pub(crate) fn busy_lines(district: i64, record: RecordId, busy: &[Busy]) -> Vec<BusyLine> {
    let line = |b: &Busy| BusyLine { district, officer: b.officer.clone(), record: key(record), entry: b.entry.clone(), from_ms: b.from_ms, until_ms: b.until_ms };
    busy.iter().map(line).collect()
}

fn busy(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let kinds = [sync_core::case::NAME, visit::NAME];
    let theirs: Vec<_> = changed.iter().filter(|c| kinds.contains(&&*c.record.kind)).collect();
    for part in theirs.chunks(ROWS) {
        let keys: Vec<Vec<u8>> = part.iter().map(|c| key(c.record.id)).collect();
        let old = officer_time::table.filter(officer_time::district.eq(district)).filter(officer_time::record.eq_any(&keys));
        on!(tx, |c| diesel::delete(old).execute(c))?;
    }
    let rows: Vec<BusyLine> = theirs.iter().flat_map(|c| busy_lines(district, c.record.id, &c.now.busy)).collect();
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(officer_time::table).values(part).execute(c))?;
    }
    Ok(())
}

fn numbers(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    // A number once used stays in the account of its series, also when the record came to name another.
    let rows: Vec<_> = changed
        .iter()
        .flat_map(|c| c.now.number.iter().map(move |(series, seq, number)| (c.record.id, series, *seq, number)))
        .map(|(record, series, seq, number)| {
            (
                number_use::district.eq(district),
                number_use::series.eq(series.clone()),
                number_use::seq.eq(seq),
                number_use::record.eq(key(record)),
                number_use::number.eq(number.clone()),
            )
        })
        .collect();
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(number_use::table)
            .values(part)
            .on_conflict((number_use::district, number_use::series, number_use::seq, number_use::record))
            .do_update()
            .set(number_use::number.eq(excluded(number_use::number)))
            .execute(c))?;
    }
    Ok(())
}
