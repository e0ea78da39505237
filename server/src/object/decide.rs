//! What people decide about objects: joined into another, separated again, two and not one, on a list.
//!
//! Each decision is a change of the office with its reason, so it can be undone by another one; both records go on applying
//! whatever arrives for them. A decision that stands already is answered as it stands and writes nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::object::{is_object, joined_into};
use sync_core::protocol::Disposition;
use sync_core::record::{Dot, Record};

use super::check::{cleared, root};
use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::{EditBody, within};
use crate::record::{Order, write};
use crate::sync::store::Working;

/// Most characters of a reason to keep two objects apart: it is a value of both records.
const MAX_REASON: usize = 500;

/// A decision about an object.
#[derive(Debug, Clone)]
pub enum Decision {
    /// It is the same as another one.
    Join {
        /// That one.
        into: RecordId,
    },
    /// It is not the one into which it was joined. `replaces`: the dots that its author was shown at `joined_into`.
    Separate {
        /// As above.
        replaces: Vec<Dot>,
    },
    /// It is not another one, however much they look alike.
    Distinct {
        /// That one.
        other: RecordId,
    },
    /// It goes onto a list (`object::LISTS`), or off all of them.
    List {
        /// The list.
        list: Option<String>,
        /// The dots that its author was shown at `list`.
        replaces: Vec<Dot>,
    },
}

/// What became of a decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decided {
    /// The object.
    pub record: RecordId,
    /// Where its joins end now.
    pub root: RecordId,
    /// The office's changes; none if it stood already.
    pub written: Vec<(Dot, Disposition)>,
}

/// Carries a decision out.
pub fn decide(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, decision: &Decision, reason: &str, ground: &Ground<'_>) -> Op<Decided> {
    match reason.trim().chars().count() {
        0 => return Ok(Err(Problem::field("reason", "say why; it stays with the object"))),
        n if n > MAX_REASON => return Ok(Err(Problem::field("reason", format!("at most {MAX_REASON} characters")))),
        _ => {}
    }
    let Some(record) = store.look(id)?.filter(|r| is_object(&r.kind)) else { return Ok(Err(Problem::not_found("such object"))) };
    if !within(store, actor, id)? {
        return Ok(Err(Problem::not_found("such object")));
    }
    let edit = |record: &Record, field: &str, value: Json, replaces: Option<&[Dot]>| EditBody {
        field: field.to_owned(),
        value,
        // An author who gives no dots was shown an empty field.
        replaces: replaces.filter(|dots| !dots.is_empty()).map(<[Dot]>::to_vec).or_else(|| cleared(record, field)).unwrap_or_default(),
        reason: Some(reason.to_owned()),
    };
    let of = |id, edit| Order { edits: vec![edit], ..Order::of(id) };
    let (action, detail, orders) = match decision {
        Decision::Join { into } => match joined_into(&record) {
            Some(there) if there == *into => ("object.joined", Json::Null, Vec::new()),
            Some(there) => return Ok(Err(Problem::new("conflict", format!("{id} is joined into {there}; separate it first")))),
            None => ("object.joined", json!({ "into": into }), vec![of(id, edit(&record, "joined_into", json!(into), None))]),
        },
        Decision::Separate { replaces } => {
            let orders = joined_into(&record).map(|_| of(id, edit(&record, "joined_into", Json::Null, Some(replaces))));
            ("object.separated", json!({ "from": joined_into(&record) }), orders.into_iter().collect())
        }
        Decision::Distinct { other } => {
            let Some(there) = store.look(*other)? else { return Ok(Err(Problem::field("other", "there is no such object; look it up again"))) };
            let value = json!({ "by": actor.officer, "reason": reason });
            // On both, so that whoever has one of them before him is told.
            let both = [(&record, id, *other), (&there, *other, id)].map(|(record, mine, theirs)| {
                let field = format!("distinct.{theirs}");
                cleared(record, &field).map(|_| of(mine, edit(record, &field, value.clone(), None)))
            });
            ("object.distinct", json!({ "other": other }), both.into_iter().flatten().collect())
        }
        Decision::List { list, replaces } => {
            let now =
                sync_core::index::object_entry(&record, if *record.kind == *sync_core::object::SITE.name { &sync_core::object::SITE } else { &sync_core::object::SUBJECT }).list;
            let orders = (now != *list).then(|| of(id, edit(&record, "list", json!(list), Some(replaces))));
            ("object.listed", json!({ "list": list }), orders.into_iter().collect::<Vec<_>>())
        }
    };
    let mut written = Vec::new();
    for order in &orders {
        match write(store, actor, order, ground)? {
            Ok(done) => written.push((done.dot, done.disposition)),
            Err(problem) => return Ok(Err(problem)),
        }
    }
    if !written.is_empty() {
        store.note(Deed::of(&actor.officer, action, format!("record:{id}")).with(detail));
    }
    Ok(Ok(Decided { record: id, root: root(store, id)?, written }))
}
