//! What must hold of an edit to an object, whichever way it comes: what is joined or kept apart is there, is of the same kind,
//! and leads into no circle; who joins, keeps apart or lists says why.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use sync_core::base::RecordId;
use sync_core::object::{is_object, joined_into};
use sync_core::record::{Dot, FieldKey, Kind, Record, Value};

use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::sync::store::{StoreError, Working};

/// Prefix of the fields that say that two objects are two.
const DISTINCT: &str = "distinct.";

/// Checks edits of one write. `found` is the record as it stands, if it is there.
pub fn check(store: &mut Working<'_, '_>, record: RecordId, kind: &Kind, edits: &[(FieldKey, Value, Vec<Dot>, Option<String>)]) -> Op<()> {
    if !is_object(kind.name) {
        return Ok(Ok(()));
    }
    for (field, value, _, reason) in edits {
        let field = field.as_str();
        let other = field.strip_prefix(DISTINCT);
        if other.is_none() && !["joined_into", "list"].contains(&field) {
            continue;
        }
        if reason.as_ref().is_none_or(|r| r.trim().is_empty()) {
            return Ok(Err(Problem::field("reason", format!("say why {field} is changed"))));
        }
        let about = match (field, other) {
            _ if value.is_null() => None,
            (_, Some(other)) => Some((other.to_owned(), false)),
            ("joined_into", _) => value.as_text().map(|text| (text, true)),
            _ => None,
        };
        if let Some((other, joins)) = about
            && let Err(problem) = pair(store, record, kind, &other, joins)?
        {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(()))
}

fn pair(store: &mut Working<'_, '_>, one: RecordId, kind: &Kind, other: &str, joins: bool) -> Op<()> {
    let field = if joins { "into" } else { "other" };
    let Ok(other) = other.parse::<RecordId>() else { return Ok(Err(Problem::field(field, "give the id of an object: 32 lower-case hex digits"))) };
    if one == other {
        return Ok(Err(Problem::field(field, "is this object itself; name another one")));
    }
    let Some(there) = store.look(other)? else { return Ok(Err(Problem::field(field, "there is no such object; look it up again"))) };
    if *there.kind != *kind.name {
        return Ok(Err(Problem::field(field, format!("is a {}; only a {} can be named here", there.kind, kind.name))));
    }
    let mine = store.look(one)?;
    if !joins {
        let together = root(store, one)? == root(store, other)?;
        return Ok(if together { Err(Problem::new("conflict", format!("{one} and {other} are joined; separate them first"))) } else { Ok(()) });
    }
    if chain(store, other)?.contains(&one) {
        return Ok(Err(Problem::new("conflict", format!("{other} is itself joined into {one}, directly or through others; that would be a circle. Separate it first"))));
    }
    for (record, id) in [(mine.as_ref(), other), (Some(&there), one)] {
        let said = record.and_then(|r| sync_core::index::members(r, DISTINCT).find(|(key, _)| id.to_string() == *key));
        if let Some((_, said)) = said {
            let text = |member: &str| said.get(member).and_then(Json::as_str).unwrap_or("").to_owned();
            let detail = format!("{} said that these are two objects: {}. Clear distinct.{id} first, with a reason", text("by"), text("reason"));
            return Ok(Err(Problem::new("conflict", detail)));
        }
    }
    Ok(Ok(()))
}

/// An object and everything that it is joined into, one after the other; ends where it would begin anew.
fn chain(store: &mut Working<'_, '_>, from: RecordId) -> Result<BTreeSet<RecordId>, StoreError> {
    let (mut out, mut at) = (BTreeSet::from([from]), from);
    while let Some(next) = store.look(at)?.as_ref().and_then(joined_into) {
        if !out.insert(next) {
            break;
        }
        at = next;
    }
    Ok(out)
}

/// Where the chain of joins ends.
pub fn root(store: &mut Working<'_, '_>, from: RecordId) -> Result<RecordId, StoreError> {
    let (mut seen, mut at) = (BTreeSet::new(), from);
    while seen.insert(at)
        && let Some(next) = store.look(at)?.as_ref().and_then(joined_into)
    {
        at = next;
    }
    Ok(at)
}

/// The dots that an author has before him who was shown a field as empty: those of values that were cleared. `None` if a value
/// stands, which he must have been shown.
pub fn cleared(record: &Record, field: &str) -> Option<Vec<Dot>> {
    let Some(register) = record.register(field) else { return Some(Vec::new()) };
    register.candidates().iter().all(|c| c.value.is_null()).then(|| register.dots())
}
