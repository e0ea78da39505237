//! Visits out of an accepted proposal, once its plans are public: one for those who go together, one for each organ that split
//! off. Their ids follow from run and number, so that each is made once however often it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sync_core::base::{Date, RecordId};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::law::policy::VisitKind;
use sync_core::object::SITE;
use sync_core::plan::kind::{self, stage};
use sync_core::record::{Draft, Record, read_field};
use sync_core::visit;

use super::proposal::{Line, Matched, accepted};
use super::table::{self, Stored};
use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::keys::ServerKeys;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::{derived_id, put};
use crate::sync::store::{StoreError, Working};

/// Most entries and matters of an organ on one visit, as the visit's fields hold them.
const MOST: (usize, usize) = (64, 200);

/// A day and a unit for a proposal that has none, or others than were proposed.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The day.
    pub day: Option<Date>,
    /// The unit.
    pub unit: Option<String>,
}

/// Whether all plans of a proposal are public, or which one is not.
pub fn plans_are_public(store: &mut Working<'_, '_>, line: &Line) -> Result<Result<(), Problem>, StoreError> {
    for plan in line.matched.iter().map(|m| m.plan).collect::<BTreeSet<_>>() {
        let at = store.look(plan)?.map(|record| record.stage().to_owned()).unwrap_or_default();
        if at != stage::PUBLISHED && at != stage::EXECUTING {
            return Ok(Err(Problem::new("conflict", format!("plan {plan} is at {at}; visits are made once it is published"))));
        }
    }
    Ok(Ok(()))
}

/// Makes the visits of a proposal; gives their records. Those that there are stay as they are.
pub fn make(store: &mut Working<'_, '_>, actor: &UserActor, matching: RecordId, stored: &Stored, place: &Place, keys: &ServerKeys) -> Op<Vec<RecordId>> {
    let line = &stored.line;
    let Ok(proposal) = line.decided("", &stored.decisions) else { return Err(StoreError::Broken("proposal: its decisions do not follow from each other".into())) };
    if !accepted(&proposal, &stored.decisions) {
        return Ok(Err(Problem::new("conflict", "the proposal is not accepted: by the guidance office, or by every organ that is left in it")));
    }
    if let Err(problem) = plans_are_public(store, line)? {
        return Ok(Err(problem));
    }
    let (together, split) = line.visits(&proposal);
    let day = place.day.or(line.day);
    if let Some(day) = place.day.filter(|day| *day < line.from || line.to < *day) {
        return Ok(Err(Problem::field("day", format!("{day} lies outside {} to {}, on which all its entries can be visited", line.from, line.to))));
    }
    let unit = place.unit.clone().or_else(|| line.squad.clone());
    if !together.is_empty() && (day.is_none() || unit.is_none()) {
        return Ok(Err(Problem::field("day", "no squad had room for it; give a day and a unit")));
    }
    let mut wanted = Vec::new();
    if !together.is_empty() {
        wanted.push((derived(matching, stored.number, ""), together, day, unit));
    }
    for (organ, entries) in split {
        // Who goes by himself goes with his own unit, on a day of his own choice.
        let unit = match entries.first() {
            Some(first) => store.look(first.plan)?.and_then(|plan| text(&plan, "unit")),
            None => None,
        };
        wanted.push((derived(matching, stored.number, &organ), entries, None, unit));
    }
    let mut drafts = Vec::new();
    for (id, entries, day, unit) in &wanted {
        if store.look(*id)?.is_none() {
            match draft(store, line, *id, entries, *day, unit.as_deref(), stored.number)? {
                Ok(draft) => drafts.push(draft),
                Err(problem) => return Ok(Err(problem)),
            }
        }
    }
    let (kinds, now) = (store.kinds, store.now);
    for draft in drafts {
        let id = draft.record;
        if let Err(why) = office_write(store, kinds, &OfficeWrite { draft, officer: actor.officer.clone() }, &keys.receipt, now)? {
            return Err(StoreError::Broken(format!("a visit of a proposal could not be written: {why}")));
        }
        store.note(Deed::of(&actor.officer, "proposal.tasked", format!("matching:{matching}")).with(json!({ "number": stored.number, "visit": id })));
    }
    let made: Vec<RecordId> = wanted.iter().map(|(id, ..)| *id).collect();
    if let Some(first) = made.first().filter(|_| stored.visit.is_none()) {
        store.flush()?;
        table::made(store.tx, store.district, matching, stored.number, *first)?;
    }
    Ok(Ok(made))
}

fn derived(matching: RecordId, number: i64, organ: &str) -> RecordId {
    derived_id("zhifa.visit-of-proposal.v1", matching, &format!("{number}.{organ}"))
}

fn text(plan: &Record, key: &str) -> Option<String> {
    read_field(plan, &kind::KIND, key).value()?.as_text()
}

/// A visit with its organs, its object, its day and its unit.
fn draft(store: &mut Working<'_, '_>, line: &Line, id: RecordId, entries: &[&Matched], day: Option<Date>, unit: Option<&str>, number: i64) -> Op<Draft> {
    let mut fields: Vec<(String, Json)> = vec![("area".into(), json!(line.area)), ("task".into(), json!(format!("计划撮合 #{number}")))];
    fields.extend(day.map(|day| ("planned_date".into(), json!(day.to_string()))));
    fields.extend(unit.map(|unit| ("unit".into(), json!(unit))));
    let mut organs: BTreeMap<&str, Vec<&Matched>> = BTreeMap::new();
    entries.iter().for_each(|entry| organs.entry(&entry.organ).or_default().push(entry));
    let mode = organs.get(&*line.lead).or_else(|| organs.values().next()).and_then(|own| counted(own));
    fields.push(("mode".into(), json!(mode_of(mode))));
    for (organ, own) in organs {
        let matters: BTreeSet<&str> = own.iter().flat_map(|entry| entry.matters.iter().map(String::as_str)).collect();
        if own.len() > MOST.0 || matters.len() > MOST.1 {
            return Ok(Err(Problem::new(
                "conflict",
                format!("{organ} has {} entries with {} matters for one visit; {} and {} are the most: split some off", own.len(), matters.len(), MOST.0, MOST.1),
            )));
        }
        let basis: BTreeSet<&str> = own.iter().map(|entry| &*entry.basis).collect();
        let basis: String = basis.into_iter().collect::<Vec<_>>().join("；").chars().take(500).collect();
        let ids: Vec<&str> = own.iter().map(|entry| &*entry.id).collect();
        let plan = own.first().map(|entry| entry.plan);
        fields.push((format!("organs.{organ}"), json!({ "basis": basis, "entries": ids, "kind": counted(&own).map(VisitKind::as_str), "matters": matters, "plan": plan })));
    }
    fields.extend(object(store, entries)?);
    let empty = Record::new(id, visit::NAME, visit::KIND.initial);
    let mut edits = Vec::new();
    for (key, value) in &fields {
        if let Some(Err(why)) = visit::KIND.field(key).map(|row| row.ty.check(&value.to_string())) {
            return Ok(Err(Problem::field(key, why)));
        }
        edits.extend(put(&empty, key, Some(value)));
    }
    Ok(Ok(Draft { edits, ..Draft::of(id, visit::NAME) }))
}

/// Why an organ comes, where its entries differ: the first that the list of kinds names, which is the one that the cap counts.
fn counted(own: &[&Matched]) -> Option<VisitKind> {
    VisitKind::ALL.iter().copied().find(|kind| own.iter().any(|entry| entry.kind == *kind))
}

fn mode_of(kind: Option<VisitKind>) -> &'static str {
    match kind {
        Some(VisitKind::SpecialOwn | VisitKind::SpecialSuperior) => "special",
        Some(VisitKind::Triggered) => "triggered",
        Some(VisitKind::Appointment) => "appointment",
        _ => "daily",
    }
}

/// The object that is visited: a site by itself, a subject under the visit's subjects.
fn object(store: &mut Working<'_, '_>, entries: &[&Matched]) -> Result<Vec<(String, Json)>, StoreError> {
    let mut out: BTreeMap<String, Json> = BTreeMap::new();
    for id in entries.iter().map(|entry| entry.object).collect::<BTreeSet<_>>() {
        let Some(found) = store.look(id)? else { continue };
        let kind = if *found.kind == *SITE.name { &SITE } else { &sync_core::object::SUBJECT };
        let value = |key: &str| read_field(&found, kind, key).value().map(|v| v.to_json());
        if *found.kind == *SITE.name {
            out.insert("site".into(), json!(id));
            out.extend(value("name").map(|name| ("site.name".to_owned(), name)));
            out.extend(value("address").map(|address| ("site.address".to_owned(), address)));
            for (subject, json) in sync_core::index::members(&found, "subjects.") {
                out.insert(format!("subjects.{subject}"), json);
            }
        } else {
            let mut subject = serde_json::Map::new();
            subject.extend(value("name").map(|name| ("name".to_owned(), name)));
            subject.extend(value("uscc").map(|uscc| ("uscc".to_owned(), uscc)));
            out.entry("site.name".into()).or_insert_with(|| value("name").unwrap_or_default());
            out.insert(format!("subjects.{id}"), Json::Object(subject));
        }
    }
    Ok(out.into_iter().filter(|(_, value)| !value.is_null()).collect())
}
