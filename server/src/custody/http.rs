//! `/api/v1/records/{id}/files/{sha256}/custody`: the chain of an original, and transfer, seal and opening by those whose case it is.
//!
//! A chain belongs to the file: what was done for a record that the reader does not reach stands there by digest only, so that the chain can be
//! checked and nothing is learnt.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::base::{Digest, RecordId};
use sync_core::evidence::custody::{Event, What};
use sync_core::record::Record;

use super::ops::{note, seal_of};
use super::row::{EventRow, last, page};
use crate::access::{Access, ReadsRecords, Reviews, UserActor, Writes};
use crate::base::problem::Problem;
use crate::file::of_record::{self, within};
use crate::file::record_http::digest;
use crate::org::ops::{self, Op};
use crate::record::write::MAX_REASON;
use crate::sync::store::{StoreError, Want, Working};

/// `GET …/custody`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Where to go on: `next` of the page before.
    after: Option<i64>,
    /// Events of a page.
    limit: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Shown {
    sha256: Digest,
    /// The number of the event that sealed it, if it is sealed.
    sealed: Option<u64>,
    items: Vec<Event>,
    next: Option<u64>,
}

fn none() -> Problem {
    Problem::not_found("such file of this record, or its original is not here yet")
}

/// The chain of an original that a record names: `{sha256, sealed, items, next}`, in its order.
pub async fn chain(access: Access<ReadsRecords>, path: web::Path<(RecordId, String)>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let ((id, text), query) = (path.into_inner(), query.into_inner());
    let sha256 = digest(&text)?;
    let (most, reach) = (ops::page(query.limit), access.actor.reach.clone());
    let shown = access.app.of_files(&access.actor, id, move |store, record| {
        let district = store.district;
        if of_record::named(store.tx, district, record, sha256)?.is_none() {
            return Ok(Err(none()));
        }
        let rows = page(store.tx, district, sha256, query.after.unwrap_or(0), most)?;
        let full = i64::try_from(rows.len()).unwrap_or(0) == most;
        let events = rows.iter().map(EventRow::event).collect::<Result<Vec<_>, _>>()?;
        let others: BTreeSet<RecordId> = events.iter().filter_map(|e| e.told()?.record).collect();
        store.prefetch(&Want { records: others.iter().copied().collect(), ..Want::default() })?;
        let mut reached = BTreeSet::from([id]);
        for other in others {
            if within(store, &reach, other)? {
                reached.insert(other);
            }
        }
        let open = |event: &Event| event.told().and_then(|told| told.record).is_none_or(|record| reached.contains(&record));
        let items: Vec<Event> = events.into_iter().map(|event| if open(&event) { event } else { event.withheld() }).collect();
        let next = items.last().map(|event| event.n).filter(|_| full);
        Ok(Ok(Shown { sha256, sealed: seal_of(store.tx, district, sha256)?.map(|event| event.n), items, next }))
    });
    Ok(HttpResponse::Ok().json(shown.await?))
}

/// `POST …/custody`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// `transferred`, `sealed` or `opened`.
    what: What,
    /// To whom it is transferred: an organ or a person.
    #[serde(default)]
    to: Option<String>,
    /// Why.
    reason: String,
}

/// Longest name of a receiver, in characters.
const MAX_TO: usize = 200;

impl Body {
    fn detail(&self) -> Result<BTreeMap<String, String>, Problem> {
        let reason = self.reason.trim();
        if reason.is_empty() || reason.len() > MAX_REASON || reason.chars().count() > 500 {
            return Err(Problem::field("reason", "say in 1 to 500 characters why"));
        }
        let to = self.to.as_deref().map(str::trim).filter(|to| !to.is_empty());
        let mut detail = BTreeMap::from([("reason".to_owned(), reason.to_owned())]);
        match (self.what, to) {
            (What::Transferred, None) => return Err(Problem::field("to", "name the organ or person that receives the original")),
            (What::Transferred, Some(to)) if to.chars().count() > MAX_TO => return Err(Problem::field("to", format!("at most {MAX_TO} characters"))),
            (What::Transferred, Some(to)) => detail.insert("to".to_owned(), to.to_owned()),
            (What::Sealed | What::Opened, None) => None,
            (What::Sealed | What::Opened, Some(_)) => return Err(Problem::field("to", "only a transfer has a receiver")),
            _ => return Err(Problem::field("what", "is transferred, sealed or opened; everything else is noted by the server itself")),
        };
        Ok(detail)
    }
}

/// Transfers, seals or opens an original, for a record that the actor handles or reviews: 200 with the event. The same again writes nothing. 409 if it
/// is sealed already, not sealed, or sealed for another record.
pub async fn put(access: Access<Writes>, path: web::Path<(RecordId, String)>, body: web::Json<Body>) -> Result<HttpResponse, Problem> {
    let ((id, text), body) = (path.into_inner(), body.into_inner());
    let (sha256, detail) = (digest(&text)?, body.detail()?);
    let actor = access.actor.clone();
    let want = Want { records: vec![id], ..Want::default() };
    let event = access.app.committer.run(want, move |store| carry_out(store, &actor, id, sha256, body.what, &detail));
    Ok(HttpResponse::Ok().json(json!({ "event": event.await?? })))
}

/// Whether somebody handles a case, or takes part in a visit.
fn handles(record: &Record, officer: &str) -> bool {
    let lead = record.register("lead").is_some_and(|lead| lead.candidates().iter().any(|c| c.value.as_text().as_deref() == Some(officer)));
    let named = |prefix: &str| record.register(&format!("{prefix}{officer}")).is_some_and(|r| r.candidates().iter().any(|c| !c.value.to_json().is_null()));
    lead || named("handlers.") || named("participants.")
}

fn carry_out(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, sha256: Digest, what: What, detail: &BTreeMap<String, String>) -> Op<Event> {
    let found = store.look(id)?;
    let inside = found.is_some() && within(store, &actor.reach, id)?;
    let Some(record) = found.filter(|_| inside) else { return Ok(Err(Problem::not_found("such record"))) };
    let district = store.district;
    if of_record::named(store.tx, district, &record, sha256)?.is_none() {
        return Ok(Err(none()));
    }
    let officer = actor.officer.as_str();
    if !handles(&record, officer) && !actor.roles.iter().any(|role| Reviews::ROLES.contains(role)) {
        return Ok(Err(Problem::new("forbidden", "whoever handles or reviews the record transfers, seals and opens its originals")));
    }
    let conflict = |why: &str| Ok(Err(Problem::new("conflict", why)));
    let same = |event: &Event| event.what == what && event.told().is_some_and(|told| told.by == officer && told.record == Some(id) && told.detail == *detail);
    let state = last(store.tx, district, sha256, &[What::Sealed, What::Opened])?;
    let sealed = state.as_ref().filter(|event| event.what == What::Sealed);
    match what {
        What::Transferred => {
            if let Some(event) = last(store.tx, district, sha256, &[])?.filter(same) {
                return Ok(Ok(event));
            }
            if sealed.is_some() {
                return Ok(Err(Problem::new("evidence_sealed", "the original is sealed; open it first")));
            }
        }
        // The same again, while nothing came in between that ended it.
        _ if state.as_ref().is_some_and(same) => return Ok(state.ok_or_else(none)),
        What::Sealed if sealed.is_some() => return conflict("the original is sealed already; it has to be opened before it is sealed anew"),
        What::Opened => match sealed {
            None => return conflict("the original is not sealed"),
            Some(event) if event.told().and_then(|told| told.record) != Some(id) => return conflict("the original was sealed for another record; it is opened there"),
            Some(_) => {}
        },
        _ => {}
    }
    note(store, sha256, what, officer, Some(id), detail.clone())?;
    let written = last(store.tx, district, sha256, &[])?.ok_or_else(|| StoreError::Broken("an event that was just written is not there".into()))?;
    Ok(Ok(written))
}
