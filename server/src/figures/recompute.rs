//! `zhifa recompute`: what the figures rest on, worked out anew from the records and compared.

use std::fmt;

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::RecordId;

use super::index;
use crate::on;
use crate::schema::record;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working, load};

/// Records of one step.
const STEP: i64 = 500;
/// Most records that are named.
const NAMED: usize = 100;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Recomputed {
    /// Records that were read.
    pub records: u64,
    /// Facts that they say.
    pub facts: u64,
    /// Facts that are kept: as many, or some are of no record.
    pub kept: i64,
    /// Records whose facts are not what is kept, and ids of which facts are kept though no such record is there.
    pub different: u64,
    /// The first of them.
    pub first: Vec<RecordId>,
}

impl Recomputed {
    /// Whether every figure is what the records say.
    pub fn agrees(&self) -> bool {
        self.different == 0 && i64::try_from(self.facts).is_ok_and(|facts| facts == self.kept)
    }
}

impl fmt::Display for Recomputed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recomputed { records, facts, kept, different, .. } = self;
        write!(f, "{records} records say {facts} facts; {kept} are kept; {different} records differ")
    }
}

/// Reads every record, a page at a time, and compares. Writes nothing: `zhifa reindex` does.
pub fn recompute(store: &mut Working<'_, '_>) -> Result<Recomputed, StoreError> {
    let (district, kinds) = (store.district, store.kinds);
    let tx = &mut *store.tx;
    let (mut out, mut after) = (Recomputed::default(), Vec::new());
    loop {
        let keys: Vec<Vec<u8>> =
            on!(tx, |c| record::table.filter(record::district.eq(district)).filter(record::id.gt(&after)).order(record::id).limit(STEP).select(record::id).load(c))?;
        let Some(last) = keys.last() else { break };
        after.clone_from(last);
        let ids = keys.iter().map(|k| record_id(k)).collect::<Result<Vec<_>, _>>()?;
        for record in load::records(tx, district, &ids, kinds)? {
            let facts = sync_core::figures::facts(&record);
            out.records += 1;
            out.facts += facts.len() as u64;
            if !index::agrees(tx, district, record.id, &facts)? {
                out.different += 1;
                if out.first.len() < NAMED {
                    out.first.push(record.id);
                }
            }
        }
    }
    let strangers = index::strangers(tx, district)?;
    out.different += strangers.len() as u64;
    out.first.extend(strangers.into_iter().take(NAMED.saturating_sub(out.first.len())));
    out.kept = index::counted(tx, district)?;
    Ok(out)
}
