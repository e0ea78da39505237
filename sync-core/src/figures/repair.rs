//! What credit repairs say.

use std::collections::BTreeSet;

use super::{Fact, Out, blank, days, only, text};
use crate::base::date::day_of;
use crate::base::{RecordId, UtcMs};
use crate::credit::repair::{KIND, read, stage};
use crate::index::repair_entry;
use crate::record::Record;

/// What a repair says: a repair that was taken back for a false commitment is none.
pub(super) fn of_repair(record: &Record, out: &mut Out) {
    let entry = repair_entry(record);
    let field = |key: &str| text(record, &KIND, key).filter(|text| !text.is_empty());
    let objects: BTreeSet<RecordId> = ["site", "subject"].iter().filter_map(|key| field(key)?.parse().ok()).collect();
    let unit = Some(entry.unit.clone()).filter(|unit| !unit.is_empty());
    let row = |what, day| Fact { unit: unit.clone(), area: field("area"), object: only(&objects), matter: field("matter"), ..blank(what, day) };
    if let Some(day) = entry.opens {
        let each = objects.iter().copied().map(Some).chain(objects.is_empty().then_some(None));
        out.extend(each.map(|object| Fact { object, ..row("repair_open", day) }));
    }
    if let Some(day) = entry.applied {
        out.insert(row("repair_applied", day));
    }
    let revoked = record.stage() == stage::REVOKED;
    if let Some(day) = entry.approved.filter(|_| !revoked) {
        out.insert(Fact { amount: entry.applied.map_or(0, |applied| days(applied, day)), ..row("repair", day) });
    }
    if let Some(day) = read(record, "revocation").get("at_ms").and_then(|ms| day_of(UtcMs(ms.as_i64()?))).filter(|_| revoked) {
        out.insert(row("repair_revoked", day));
    }
}
