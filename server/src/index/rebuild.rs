//! `zhifa reindex`: the index written anew from the records.

use std::fmt;

use diesel::prelude::*;

use super::write::{self, Changed};
use super::{contribution, deadline, held};
use crate::base::db::Tx;
use crate::law::live::LiveLaw;
use crate::on;
use crate::schema::{case_party, deadline as deadlines, listing, number_use, object, object_alias, officer_time, record, repair, visit_part};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working, load};

/// Records of one step.
const STEP: i64 = 500;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines of lists: one for each record.
    pub lines: i64,
    /// Sites and subjects.
    pub objects: i64,
    /// Names and numbers under which they are known.
    pub aliases: i64,
    /// Parts of visits that took place.
    pub parts: i64,
    /// Lines of cases by party.
    pub cases: i64,
    /// Repairs of credit records.
    pub repairs: i64,
    /// What officers did from when to when.
    pub busy: i64,
    /// What is or was due.
    pub deadlines: i64,
    /// Running numbers that were used, those that no record names any more among them.
    pub numbers: i64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { lines, objects, aliases, parts, cases, repairs, busy, deadlines, numbers } = self;
        write!(
            f,
            "{lines} records; {objects} objects under {aliases} names and numbers; {parts} parts of visits; {cases} cases by party; {repairs} repairs; {busy} times of officers; {deadlines} deadlines; {numbers} running numbers"
        )
    }
}

/// Empties the index and writes it from the records. One transaction. Numbers stay in their account: one that a record does not
/// name any more was used all the same. Moves from stage to stage stay too: they are of changes, not of records.
pub fn rebuild(store: &mut Working<'_, '_>) -> Result<Counts, StoreError> {
    store.flush()?;
    let (district, kinds) = (store.district, store.kinds);
    let tx = &mut *store.tx;
    on!(tx, |c| diesel::delete(listing::table.filter(listing::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(object::table.filter(object::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(object_alias::table.filter(object_alias::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(visit_part::table.filter(visit_part::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(case_party::table.filter(case_party::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(repair::table.filter(repair::district.eq(district))).execute(c))?;
    held::clear(tx, district)?;
    crate::training::index::clear(tx, district)?;
    crate::figures::index::clear(tx, district)?;
    crate::file::of_record::clear(tx, district)?;
    on!(tx, |c| diesel::delete(officer_time::table.filter(officer_time::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(deadlines::table.filter(deadlines::district.eq(district))).execute(c))?;
    let law = LiveLaw::default();
    law.reload(tx, district)?;
    let law = law.edition();
    let by = deadline::By::of(&law);
    let mut after = Vec::new();
    loop {
        let keys: Vec<Vec<u8>> =
            on!(tx, |c| record::table.filter(record::district.eq(district)).filter(record::id.gt(&after)).order(record::id).limit(STEP).select(record::id).load(c))?;
        let Some(last) = keys.last() else { return counts(tx, district) };
        after.clone_from(last);
        let ids = keys.iter().map(|k| record_id(k)).collect::<Result<Vec<_>, _>>()?;
        let records = load::records(tx, district, &ids, kinds)?;
        let changed: Vec<Changed<'_>> = records.iter().filter_map(|r| kinds.get(&r.kind).map(|kind| Changed { record: r, now: contribution(r, kind) })).collect();
        write::write(tx, district, &changed)?;
        held::lines(tx, district, &keys)?;
        deadline::write(tx, district, kinds, &records, &by)?;
    }
}

fn counts(tx: &mut Tx<'_>, district: i64) -> Result<Counts, StoreError> {
    Ok(Counts {
        lines: on!(tx, |c| listing::table.filter(listing::district.eq(district)).count().get_result(c))?,
        objects: on!(tx, |c| object::table.filter(object::district.eq(district)).count().get_result(c))?,
        aliases: on!(tx, |c| object_alias::table.filter(object_alias::district.eq(district)).count().get_result(c))?,
        parts: on!(tx, |c| visit_part::table.filter(visit_part::district.eq(district)).count().get_result(c))?,
        cases: on!(tx, |c| case_party::table.filter(case_party::district.eq(district)).count().get_result(c))?,
        repairs: on!(tx, |c| repair::table.filter(repair::district.eq(district)).count().get_result(c))?,
        busy: on!(tx, |c| officer_time::table.filter(officer_time::district.eq(district)).count().get_result(c))?,
        deadlines: on!(tx, |c| deadlines::table.filter(deadlines::district.eq(district)).count().get_result(c))?,
        numbers: on!(tx, |c| number_use::table.filter(number_use::district.eq(district)).count().get_result(c))?,
    })
}

/// Whether there are records but no line of any, or cases but no line of any by party, or something is due and nowhere noted: an
/// older program kept none.
pub fn is_missing(store: &mut Working<'_, '_>) -> Result<bool, StoreError> {
    let district = store.district;
    let line: Option<Vec<u8>> = on!(store.tx, |c| listing::table.filter(listing::district.eq(district)).select(listing::record).first(c).optional())?;
    let stored: Option<Vec<u8>> = on!(store.tx, |c| record::table.filter(record::district.eq(district)).select(record::id).first(c).optional())?;
    let case: Option<Vec<u8>> =
        on!(store.tx, |c| record::table.filter(record::district.eq(district)).filter(record::kind.eq(sync_core::case::NAME)).select(record::id).first(c).optional())?;
    let by_party: Option<Vec<u8>> = on!(store.tx, |c| case_party::table.filter(case_party::district.eq(district)).select(case_party::record).first(c).optional())?;
    Ok((line.is_none() && stored.is_some()) || (by_party.is_none() && case.is_some()) || deadline::is_missing(store.tx, district, store.kinds)?)
}
