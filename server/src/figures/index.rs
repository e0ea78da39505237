//! The lines of `fact`: what records say to statistics, written with them and compared with them.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::figures::Fact;

use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{fact, record};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable, Queryable, Selectable)]
#[diesel(table_name = fact, treat_none_as_default_value = false)]
struct Line {
    district: i64,
    record: Vec<u8>,
    n: i64,
    what: String,
    about: String,
    day: String,
    organ: Option<String>,
    unit: Option<String>,
    area: Option<String>,
    object: Option<Vec<u8>>,
    matter: Option<String>,
    pair: String,
    amount: i64,
}

fn lines(district: i64, record: RecordId, facts: &[Fact]) -> Vec<Line> {
    let line = |(n, fact): (i64, &Fact)| Line {
        district,
        record: record.to_bytes().to_vec(),
        n,
        what: fact.what.to_owned(),
        about: fact.about.clone(),
        day: fact.day.to_string(),
        organ: fact.organ.clone(),
        unit: fact.unit.clone(),
        area: fact.area.clone(),
        object: fact.object.map(|object| object.to_bytes().to_vec()),
        matter: fact.matter.clone(),
        pair: fact.object.map_or_else(|| record.to_string(), |object| format!("{record}/{object}")),
        amount: fact.amount,
    };
    (0..).zip(facts).map(line).collect()
}

/// Writes what records say, in place of what they said before.
pub fn write<'a>(tx: &mut Tx<'_>, district: i64, changed: impl Iterator<Item = (RecordId, &'a [Fact])>) -> Result<(), StoreError> {
    let changed: Vec<(RecordId, &[Fact])> = changed.collect();
    for part in changed.chunks(ROWS) {
        let keys: Vec<Vec<u8>> = part.iter().map(|(record, _)| record.to_bytes().to_vec()).collect();
        on!(tx, |c| diesel::delete(fact::table.filter(fact::district.eq(district)).filter(fact::record.eq_any(&keys))).execute(c))?;
    }
    let rows: Vec<Line> = changed.iter().flat_map(|(record, facts)| lines(district, *record, facts)).collect();
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(fact::table).values(part).execute(c))?;
    }
    Ok(())
}

/// Empties the table, before it is written anew.
pub fn clear(tx: &mut Tx<'_>, district: i64) -> Result<(), StoreError> {
    on!(tx, |c| diesel::delete(fact::table.filter(fact::district.eq(district))).execute(c))?;
    Ok(())
}

/// How many lines there are.
pub fn counted(tx: &mut Tx<'_>, district: i64) -> Result<i64, StoreError> {
    Ok(on!(tx, |c| fact::table.filter(fact::district.eq(district)).count().get_result(c))?)
}

/// Ids of which facts are kept though no such record is there.
pub fn strangers(tx: &mut Tx<'_>, district: i64) -> Result<Vec<RecordId>, StoreError> {
    let keys: Vec<Vec<u8>> = on!(tx, |c| {
        let there = record::table.filter(record::district.eq(fact::district)).filter(record::id.eq(fact::record));
        fact::table.filter(fact::district.eq(district)).filter(not(exists(there))).select(fact::record).distinct().order(fact::record).load(c)
    })?;
    keys.iter().map(|key| record_id(key)).collect()
}

/// Whether a record's lines are what it says.
pub fn agrees(tx: &mut Tx<'_>, district: i64, record: RecordId, facts: &[Fact]) -> QueryResult<bool> {
    let key = record.to_bytes().to_vec();
    let stored: Vec<Line> = on!(tx, |c| fact::table.filter(fact::district.eq(district)).filter(fact::record.eq(&key)).order(fact::n).select(Line::as_select()).load(c))?;
    Ok(stored == lines(district, record, facts))
}
