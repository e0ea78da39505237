//! Log-ins of browsers: a family is one log-in with all refresh tokens that follow from it.

use diesel::prelude::*;
use sync_core::base::OfficerId;

use crate::on;
use crate::schema::refresh_family as table;
use crate::sync::store::{StoreError, Working};

/// Ends all log-ins of somebody, save one if named. Gives how many were ended.
pub fn end_families(store: &mut Working<'_, '_>, who: &OfficerId, save: Option<&[u8]>) -> Result<usize, StoreError> {
    let (district, now) = (store.district, store.now.0);
    let open = table::table.filter(table::district.eq(district)).filter(table::officer.eq(who.as_str())).filter(table::ended_ms.is_null());
    // No family has an empty name.
    let open = open.filter(table::family.ne(save.unwrap_or_default()));
    Ok(on!(store.tx, |c| diesel::update(open).set(table::ended_ms.eq(now)).execute(c))?)
}
