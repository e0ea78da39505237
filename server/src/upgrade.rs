//! What a start under newer tables owes the records that were stored under older ones.

use diesel::prelude::*;
use sync_core::district::{Store as _, retry_parked_schema, upgrade_record};
use sync_core::record::Kinds;

use crate::index;
use crate::on;
use crate::schema::record;
use crate::sync::committer::{Committer, Failure};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};

/// Records of one transaction.
const BATCH: i64 = 200;

/// Writes the index if an older program kept none, then every record that was stored under older tables anew, and tries what
/// waited for newer ones. The index comes first and at once: what is written afterwards keeps it, and a start that broke off
/// leaves none or a whole one.
pub fn run(committer: &Committer, kinds: &Kinds) -> Result<(), Failure> {
    let written = committer.run_blocking(Want::default(), |store| if index::is_missing(store)? { index::rebuild(store).map(Some) } else { Ok(None) })?;
    if let Some(counts) = written {
        tracing::info!(%counts, "wrote the index beside the records");
    }
    for kind in kinds.iter() {
        loop {
            let (name, schema) = (kind.name, i64::from(kind.schema));
            let done = committer.run_blocking(Want::default(), move |store| batch(store, name, schema))?;
            if done == 0 {
                break;
            }
            tracing::info!(kind = name, records = done, "brought up to the present field table");
        }
    }
    let tried = committer.run_blocking(Want::default(), |store| {
        let (kinds, now) = (store.kinds, store.now);
        retry_parked_schema(store, kinds, now)
    })?;
    if tried > 0 {
        tracing::info!(changes = tried, "tried again what waited for newer field tables");
    }
    Ok(())
}

fn batch(store: &mut Working<'_, '_>, kind: &str, schema: i64) -> Result<usize, StoreError> {
    let (district, now, kinds) = (store.district, store.now, store.kinds);
    let old: Vec<(Vec<u8>, i64)> = on!(store.tx, |c| record::table
        .filter(record::district.eq(district))
        .filter(record::kind.eq(kind))
        .filter(record::schema.lt(schema))
        .limit(BATCH)
        .select((record::id, record::sum))
        .load(c))?;
    for (key, sum) in &old {
        if let Some(record) = store.take_record(record_id(key)?)? {
            upgrade_record(store, kinds, record, sum.cast_unsigned(), now)?;
        }
    }
    Ok(old.len())
}
