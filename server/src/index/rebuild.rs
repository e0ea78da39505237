//! `zhifa reindex`: the index written anew from the records.

use diesel::prelude::*;

use super::write::{self, Changed};
use super::contribution;
use crate::on;
use crate::schema::{listing, object, object_alias, record, visit_part};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working, load};

/// Records of one step.
const STEP: i64 = 500;

/// Empties the index and writes it from the records; gives how many there are. One transaction. Numbers stay in their account:
/// one that a record does not name any more was used all the same.
pub fn rebuild(store: &mut Working<'_, '_>) -> Result<usize, StoreError> {
    store.flush()?;
    let (district, kinds) = (store.district, store.kinds);
    let tx = &mut *store.tx;
    on!(tx, |c| diesel::delete(listing::table.filter(listing::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(object::table.filter(object::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(object_alias::table.filter(object_alias::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(visit_part::table.filter(visit_part::district.eq(district))).execute(c))?;
    let (mut after, mut done) = (Vec::new(), 0);
    loop {
        let keys: Vec<Vec<u8>> = on!(tx, |c| record::table
            .filter(record::district.eq(district))
            .filter(record::id.gt(&after))
            .order(record::id)
            .limit(STEP)
            .select(record::id)
            .load(c))?;
        let Some(last) = keys.last() else { return Ok(done) };
        after.clone_from(last);
        let ids = keys.iter().map(|k| record_id(k)).collect::<Result<Vec<_>, _>>()?;
        let records = load::records(tx, district, &ids, kinds)?;
        let changed: Vec<Changed<'_>> =
            records.iter().filter_map(|r| kinds.get(&r.kind).map(|kind| Changed { record: r, kind, now: contribution(r, kind) })).collect();
        write::write(tx, district, &changed)?;
        done += changed.len();
    }
}

/// Whether there are records but no line of any.
pub fn is_missing(store: &mut Working<'_, '_>) -> Result<bool, StoreError> {
    let district = store.district;
    let lines: i64 = on!(store.tx, |c| listing::table.filter(listing::district.eq(district)).limit(1).count().get_result(c))?;
    let records: i64 = on!(store.tx, |c| record::table.filter(record::district.eq(district)).limit(1).count().get_result(c))?;
    Ok(lines == 0 && records > 0)
}
