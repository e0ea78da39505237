//! Statements that bring the index up to date with records that changed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::upsert::excluded;
use sync_core::base::{Date, RecordId, UtcMs, date::day_of};
use sync_core::district::StageMove;
use sync_core::record::{Kind, Record};
use sync_core::visit;

use super::{Contribution, family};
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{listing, number_use, object, object_alias, stage_move, visit_part};
use crate::sync::store::StoreError;
use crate::sync::store::rows::{id, int, record_id};

/// A record whose contribution changed, with the commit at which it did.
pub struct Changed<'a> {
    /// The record.
    pub record: &'a Record,
    /// Its kind.
    pub kind: &'a Kind,
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
    numbers(tx, district, changed)
}

fn lines(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let rows: Vec<_> = changed
        .iter()
        .map(|c| {
            let line = &c.now.listing;
            (
                listing::district.eq(district),
                listing::record.eq(key(c.record.id)),
                listing::kind.eq(c.kind.name),
                listing::stage.eq(c.now.stage.clone()),
                listing::title.eq(line.title.clone()),
                listing::day.eq(iso(line.day)),
                listing::due.eq(iso(line.due)),
                listing::code.eq(line.code.clone()),
                listing::object.eq(line.object.map(key)),
                listing::flags.eq(i64::from(line.flags)),
                listing::changed.eq(int(c.record.commit())),
            )
        })
        .collect();
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
            ))
            .execute(c))?;
    }
    Ok(())
}

fn objects(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    for one in changed {
        let Some((entry, aliases)) = &one.now.object else { continue };
        let record = key(one.record.id);
        let columns = (
            object::name.eq(&entry.name),
            object::area.eq(&entry.area),
            object::list.eq(&entry.list),
            object::risk.eq(&entry.risk),
            object::credit.eq(&entry.credit),
            object::lon_e7.eq(entry.place.map(|p| p.0)),
            object::lat_e7.eq(entry.place.map(|p| p.1)),
            object::joined.eq(entry.joined.map(key)),
            object::field_made.eq(entry.field_made),
            object::apart.eq(entry.apart.iter().map(RecordId::to_string).collect::<Vec<_>>().join(" ")),
        );
        let new = (object::district.eq(district), object::record.eq(&record), object::kind.eq(one.kind.name), object::root.eq(&record), columns.clone());
        on!(tx, |c| diesel::insert_into(object::table).values(new.clone()).on_conflict((object::district, object::record)).do_update().set(columns.clone()).execute(c))?;
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

fn visits(tx: &mut Tx<'_>, district: i64, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let visits: Vec<_> = changed.iter().filter_map(|c| Some((c, c.now.parts.as_ref()?))).collect();
    let counted: Vec<RecordId> = visits.iter().filter(|(_, parts)| parts.checked_in).map(|(c, _)| c.record.id).collect();
    let began = first_at(tx, district, &counted, visit::stage::CHECKED_IN)?;
    for part in visits.chunks(ROWS) {
        let keys: Vec<Vec<u8>> = part.iter().map(|(one, _)| key(one.record.id)).collect();
        let old = visit_part::table.filter(visit_part::district.eq(district)).filter(visit_part::visit.eq_any(&keys));
        on!(tx, |c| diesel::delete(old).execute(c))?;
    }
    let mut rows = Vec::new();
    for (one, parts) in visits {
        let record = key(one.record.id);
        let Some((shown, since)) = began.get(&one.record.id) else { continue };
        let day = day_of(*shown).unwrap_or(Date::MAX).to_string();
        let alone = parts.subjects.is_empty();
        let objects = parts.subjects.iter().map(|s| (*s, false)).chain(parts.site.filter(|s| !parts.subjects.contains(s)).map(|s| (s, alone)));
        for (object, alone) in objects {
            for (organ, kind) in &parts.organs {
                rows.push((
                    visit_part::district.eq(district),
                    visit_part::visit.eq(record.clone()),
                    visit_part::organ.eq(organ.clone()),
                    visit_part::object.eq(key(object)),
                    visit_part::alone.eq(alone),
                    visit_part::kind.eq(kind.as_str()),
                    visit_part::day.eq(day.clone()),
                    visit_part::joined.eq(parts.joined.map(key)),
                    visit_part::since.eq(*since),
                ));
            }
        }
    }
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(visit_part::table).values(part).execute(c))?;
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
