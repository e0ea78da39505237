//! One write of the office: checked against roles, reach and gate, then handed in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::district::{OfficeWrite, Store as _, office_write};
use sync_core::protocol::Disposition;
use sync_core::record::{ActCall, Dot, Draft, FieldKey, Kind, Record, Value};
use sync_core::replica::whole_seal;

use super::{gate, who};
use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::sync::store::{StoreError, Working};

/// Longest reason, in bytes.
pub const MAX_REASON: usize = 2_000;
/// Most edits of one write; a change holds 256 KiB besides.
const MAX_EDITS: usize = 500;

/// One edit: field, value, and the dots that its author was shown there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    /// The field's key.
    pub field: String,
    /// Any JSON without floats; null clears.
    pub value: Json,
    /// The dots that the form showed; empty for a field that was empty.
    #[serde(default)]
    pub replaces: Vec<Dot>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What the office wants written.
#[derive(Debug, Clone)]
pub struct Order {
    /// The record.
    pub record: RecordId,
    /// Its kind, for a record that does not exist yet; refused if it does.
    pub begin: Option<String>,
    /// The edits.
    pub edits: Vec<EditBody>,
    /// The act.
    pub act: Option<String>,
    /// The part of the record that it concerns.
    pub part: Option<String>,
    /// The dot that it is about.
    pub dot: Option<Dot>,
    /// Why.
    pub reason: Option<String>,
    /// Findings that are to be let through, each with its reason: `cap_reached.fire.<object>`.
    pub overrides: BTreeMap<String, String>,
    /// A feature's own call made it, which has asked what roles and tables cannot: who may write which field, and begin it where.
    pub of_feature: bool,
}

impl Order {
    /// Nothing yet, about a record.
    pub fn of(record: RecordId) -> Order {
        Order { record, begin: None, edits: Vec::new(), act: None, part: None, dot: None, reason: None, overrides: BTreeMap::new(), of_feature: false }
    }
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// The record.
    pub record: RecordId,
    /// The office's change.
    pub dot: Dot,
    /// What became of it; an unmet guard is among its `refused` reasons.
    pub disposition: Disposition,
    /// The record's stage now.
    pub stage: String,
}

/// Whether a record that there is lies within the actor's reach.
pub fn within(store: &mut Working<'_, '_>, actor: &UserActor, record: RecordId) -> Result<bool, StoreError> {
    let rows = store.feed_rows(record)?;
    Ok(actor.reach.holds(rows.iter().filter(|r| !r.left).map(|r| &r.bucket)))
}

/// Carries an order out.
pub fn write(store: &mut Working<'_, '_>, actor: &UserActor, order: &Order, ground: &Ground<'_>) -> Op<Written> {
    let found = store.look(order.record)?;
    let kind = match (&found, &order.begin) {
        (Some(_), Some(_)) => return Ok(Err(Problem::new("conflict", format!("the record {} exists; read it and edit it", order.record)))),
        (None, None) => return Ok(Err(Problem::not_found("such record"))),
        (Some(record), None) => record.kind.to_string(),
        (None, Some(kind)) => kind.clone(),
    };
    let Some(kind) = store.kinds.get(&kind) else { return Ok(Err(Problem::field("kind", "is not a kind of record"))) };
    if found.is_some() && !within(store, actor, order.record)? {
        return Ok(Err(Problem::not_found("such record")));
    }
    if found.is_some()
        && kind.name == sync_core::case::NAME
        && let Err(problem) = crate::training::cohandling::apart(store, order.record, &actor.officer)?
    {
        return Ok(Err(problem));
    }
    let mut cleared = Vec::new();
    if let (Some(record), Some(act)) = (&found, order.act.as_ref().filter(|_| kind.name == sync_core::case::NAME)) {
        if !order.overrides.is_empty() {
            return Ok(Err(Problem::field("overrides", "a finding on a case is settled by POST /api/v1/cases/{id}/flags/{key}/settle, not let through")));
        }
        if let Err(problem) = who::may_act(&actor.roles, kind.name, act) {
            return Ok(Err(problem));
        }
        match crate::case::gate::admit(store, record, &order.edits, act, &ground.law.book)? {
            Ok(stale) => cleared = stale,
            Err(problem) => return Ok(Err(problem)),
        }
    }
    let draft = match draft(store, actor, order, kind, found.as_ref(), cleared) {
        Ok(draft) => draft,
        Err(problem) => return Ok(Err(problem)),
    };
    if let Err(problem) = crate::object::check::check(store, order.record, kind, &draft.edits)? {
        return Ok(Err(problem));
    }
    let after = with_edits(found.as_ref(), kind, &draft);
    if kind.name == sync_core::plan::kind::NAME
        && let Err(problem) = crate::plan::gate::check(&actor.roles, order, found.as_ref(), &after, &ground.law.book, store.now)
    {
        return Ok(Err(problem));
    }
    if let Some(act) = &order.act {
        match gate::admit(store, &after, act, ground)? {
            Ok(through) => {
                for finding in through {
                    let detail = json!({ "code": finding.code, "about": finding.about, "detail": finding.detail });
                    store.note(Deed::of(&actor.officer, "visit.overridden", format!("record:{}", order.record)).with(detail));
                }
            }
            Err(problem) => return Ok(Err(problem)),
        }
    }
    let (kinds, now) = (store.kinds, store.now);
    match office_write(store, kinds, &OfficeWrite { draft, officer: actor.officer.clone() }, &ground.keys.receipt, now)? {
        Ok((dot, disposition)) => {
            let fields: Vec<&str> = order.edits.iter().take(20).map(|e| e.field.as_str()).collect();
            store.note(Deed::of(&actor.officer, "record.decided", format!("record:{}", order.record)).with(json!({ "act": order.act, "fields": fields, "dot": dot })));
            let stage = store.look(order.record)?.map(|r| r.stage().to_owned()).unwrap_or_default();
            Ok(Ok(Written { record: order.record, dot, disposition, stage }))
        }
        Err(why) => Ok(Err(Problem::from(why))),
    }
}

/// The draft of an order, if roles, reach and forms allow it, with these edits of the office's own.
fn draft(store: &Working<'_, '_>, actor: &UserActor, order: &Order, kind: &'static Kind, found: Option<&Record>, own: crate::case::gate::Edits) -> Result<Draft, Problem> {
    if order.reason.as_ref().is_some_and(|r| r.len() > MAX_REASON) {
        return Err(Problem::field("reason", format!("at most {MAX_REASON} bytes")));
    }
    if order.edits.len() > MAX_EDITS {
        return Err(Problem::field("edits", format!("at most {MAX_EDITS} at once; send them in parts")));
    }
    if !order.of_feature && (!order.edits.is_empty() || order.begin.is_some()) {
        who::may_write(&actor.roles, kind.name)?;
    }
    if let Some(act) = &order.act {
        who::may_act(&actor.roles, kind.name, act)?;
        if !order.of_feature {
            who::not_of_a_feature(kind.name, act)?;
        }
    }
    if order.begin.is_some() && !order.of_feature && !actor.reach.is_whole() {
        begins_within(actor, order, kind)?;
    }
    let mut edits = own;
    for edit in &order.edits {
        let field: FieldKey = edit.field.parse().map_err(|e| Problem::field(&edit.field, format!("{e}")))?;
        if !order.of_feature {
            who::may_edit(&actor.roles, kind.name, &edit.field)?;
        }
        let value = Value::from_json(&edit.value).map_err(|e| Problem::field(&edit.field, e.to_string()))?;
        let mut standing = found.and_then(|r| r.register(&edit.field)).map(|r| r.dots()).unwrap_or_default();
        let mut shown = edit.replaces.clone();
        standing.sort_unstable();
        shown.sort_unstable();
        if standing != shown {
            return Err(Problem::new("precondition_failed", format!("{} is not what you were shown; read the record again", edit.field)));
        }
        edits.push((field, value, shown, edit.reason.clone()));
    }
    for (key, reason) in &order.overrides {
        if reason.trim().is_empty() || reason.chars().count() > 500 {
            return Err(Problem::field("overrides", format!("say in 1 to 500 characters why {key:.80} is let through")));
        }
        let key = format!("overrides.{key}");
        let field: FieldKey = key.parse().map_err(|e| Problem::field("overrides", format!("{e}")))?;
        let value = Value::from_json(&json!({ "at_ms": store.now.0, "by": actor.officer, "reason": reason })).map_err(|e| Problem::field("overrides", e.to_string()))?;
        edits.push((field, value, found.and_then(|r| r.register(&key)).map(|r| r.dots()).unwrap_or_default(), Some(reason.clone())));
    }
    let mut draft = Draft { edits, ..Draft::of(order.record, kind.name) };
    if let Some(name) = &order.act {
        let mut act = ActCall { dot: order.dot, part: order.part.as_deref().map(Into::into), reason: order.reason.as_deref().map(Into::into), ..ActCall::new(name) };
        if kind.act(name).any(|row| row.seals) {
            // The office signs what it has before it: the record as it stands with these edits.
            act.seal = Some(whole_seal(&with_edits(found, kind, &draft), kind));
            act.replaces = found.and_then(|r| r.register(&sync_core::record::engine_key::seal(act.part()))).map(|r| r.dots()).unwrap_or_default();
        }
        draft.act = Some(act);
    }
    Ok(draft)
}

/// A new record must be one that its author will see: of a unit within his reach, or an object that everybody sees.
fn begins_within(actor: &UserActor, order: &Order, kind: &Kind) -> Result<(), Problem> {
    if sync_core::object::is_object(kind.name) {
        return Ok(());
    }
    let unit = order.edits.iter().find(|e| e.field == "unit").and_then(|e| e.value.as_str());
    let reached = actor.reach.units().is_some_and(|(units, _)| unit.is_some_and(|unit| units.iter().any(|u| u == unit)));
    if reached { Ok(()) } else { Err(Problem::field("unit", "name a unit within your reach")) }
}

/// The record as it would read with these edits, for questions that are asked before it is written.
fn with_edits(found: Option<&Record>, kind: &Kind, draft: &Draft) -> Record {
    let mut record = found.cloned().unwrap_or_else(|| Record::new(draft.record, kind.name, kind.initial));
    record.preview(&draft.edits);
    record
}
