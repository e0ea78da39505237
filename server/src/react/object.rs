//! What the office does when objects turn out to be one, or two: the visits to them are judged again, since a cap is counted over
//! the family and not by the record that somebody named.

use std::collections::BTreeSet;

use sync_core::base::Digest;
use sync_core::object::{aliases, joined_into};
use sync_core::record::{Draft, Record};

use super::{Ground, visit};
use crate::sync::store::{StoreError, Working};

/// What families rest on: what an object was joined into, and the numbers that identify it.
pub fn basis(record: &Record) -> Digest {
    let identifying: Vec<String> =
        aliases(record).into_iter().filter(|alias| alias.kind.identifies(&record.kind)).map(|alias| format!("{} {}", alias.kind.as_str(), alias.value)).collect();
    let parts: Vec<String> = joined_into(record).map(|id| id.to_string()).into_iter().chain(identifying).collect();
    let parts: Vec<&[u8]> = parts.iter().flat_map(|part| [part.as_bytes(), b"\n"]).collect();
    Digest::tagged("zhifa.react.object.v1", &parts)
}

/// New flags of the visits to it and its family.
pub fn react(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    visit::judge_again(store, &BTreeSet::from([record.id]), None, ground)
}
