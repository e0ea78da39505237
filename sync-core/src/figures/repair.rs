//! What credit repairs say.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Fact, Out, blank, days, only, text};
use crate::base::date::day_of;
use crate::base::{RecordId, UtcMs};
use crate::credit::repair::{KIND, read, stage};
use crate::record::Record;

/// What a repair says: a repair that was taken back for a false commitment is none.
pub(super) fn of_repair(record: &Record, out: &mut Out) {
    // Lists show the first of two values that stand; a figure counts neither.
    let at = |key: &str| read(record, key).get("at_ms").and_then(|ms| day_of(UtcMs(ms.as_i64()?)));
    let opens = read(record, "reckoned").get("opens").and_then(|day| day.as_str()?.parse().ok());
    let applied = at("application");
    let approved = at("result").filter(|_| read(record, "result").get("approved").and_then(Json::as_bool) == Some(true));
    let field = |key: &str| text(record, &KIND, key).filter(|text| !text.is_empty());
    let objects: BTreeSet<RecordId> = ["site", "subject"].iter().filter_map(|key| field(key)?.parse().ok()).collect();
    let row = |what, day| Fact { unit: field("unit"), area: field("area"), object: only(&objects), matter: field("matter"), ..blank(what, day) };
    if let Some(day) = opens {
        let each = objects.iter().copied().map(Some).chain(objects.is_empty().then_some(None));
        out.extend(each.map(|object| Fact { object, ..row("repair_open", day) }));
    }
    if let Some(day) = applied {
        out.insert(row("repair_applied", day));
    }
    let revoked = record.stage() == stage::REVOKED;
    if let Some(day) = approved.filter(|_| !revoked) {
        out.insert(Fact { amount: applied.map_or(0, |applied| days(applied, day)), ..row("repair", day) });
    }
    if let Some(day) = at("revocation").filter(|_| revoked) {
        out.insert(row("repair_revoked", day));
    }
}
