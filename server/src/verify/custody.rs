//! Bytes that took no slot are what they were when they came.

use diesel::prelude::*;
use std::collections::HashSet;
use sync_core::base::Digest;
use sync_core::base::pack::unpack;
use sync_core::record::SignedChange;

use super::finding::{Code, Finding, Findings};
use super::source::PAGE;
use super::{Ground, VerifyError};
use crate::on;
use crate::schema::custody;

/// Most bytes of one item in custody, inflated.
const MAX_ITEM: usize = 64 << 20;

/// Checks everything in custody against its hash; gives the hashes of what is whole.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings) -> Result<HashSet<Digest>, VerifyError> {
    let district = ground.district;
    let mut held = HashSet::new();
    let mut after: Vec<u8> = Vec::new();
    loop {
        let rows: Vec<(Vec<u8>, String, Vec<u8>)> = on!(ground.tx, |c| custody::table
            .filter(custody::district.eq(district))
            .filter(custody::hash.gt(&after))
            .order(custody::hash)
            .limit(PAGE)
            .select((custody::hash, custody::class, custody::bytes))
            .load(c))?;
        let Some(last) = rows.last() else { return Ok(held) };
        after = last.0.clone();
        for (hash, class, packed) in rows {
            let hash = hash.as_slice().try_into().map(Digest).unwrap_or_default();
            if unpack(&packed, MAX_ITEM).is_ok_and(|bytes| hash_of(&class, &bytes) == hash) {
                held.insert(hash);
            } else {
                found.add(Finding::new(Code::CustodyAltered, format!("custody, class {class}: the bytes under {hash} are not those that came")));
            }
        }
    }
}

fn hash_of(class: &str, bytes: &[u8]) -> Digest {
    match class {
        "salvage" => Digest::tagged("zhifa.salvage.v1", &[bytes]),
        _ => SignedChange::from_line(bytes).map_or_else(|| Digest::plain(bytes), |signed| signed.hash()),
    }
}
