//! A repair as people read it: rules, days, conditions with their facts, what is due, the way of the enterprise, and what the credit site
//! was told.

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::case::read::View;
use sync_core::credit::chain::chain;
use sync_core::credit::condition::{eligible, opens};
use sync_core::credit::repair::{members, read};
use sync_core::credit::term;
use sync_core::dated::Book;
use sync_core::law::Calendar;

use super::apply::{Known, known};
use super::outbox;
use crate::access::UserActor;
use crate::record::write::within;
use crate::sync::store::{StoreError, Working};

/// What both the office and the enterprise read.
pub fn for_party(found: &Known, book: &Book) -> Json {
    let Known { repair, found, conditions, .. } = found;
    let mut application = read(repair, "application");
    if let Some(members) = application.as_object_mut() {
        members.retain(|member, _| !["by", "contact", "phone"].contains(&member.as_str()));
    }
    let said = |field: &str| {
        let mut json = read(repair, field);
        if let Some(members) = json.as_object_mut() {
            members.remove("by");
        }
        json
    };
    json!({
        "acceptance": said("acceptance"), "application": application, "category": found.category, "conditions": conditions, "day": read(repair, "day"),
        "display": { "latest": found.latest, "longest": found.longest, "runs_from": found.runs_from, "shortest": found.shortest, "shown": found.shown, "start": found.start },
        "doubtful": found.doubtful, "eligible": eligible(conditions), "free_of_charge": true, "lines": found.lines, "materials": found.materials,
        "number": read(repair, "number"), "opens": opens(found, book), "record": repair.id, "regime": found.regime, "result": said("result"),
        "revocation": said("revocation"), "stage": repair.stage(), "synced": said("synced"), "title": read(repair, "title"),
    })
}

/// The page of a repair for the office; nothing where there is none within reach.
pub fn show(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, book: &Book) -> Result<Option<Json>, StoreError> {
    let Some(found) = known(store, id, book)? else { return Ok(None) };
    if !within(store, actor, id)? {
        return Ok(None);
    }
    let (calendar, today) = (Calendar::of(book), day_of(store.now).unwrap_or(Date::MAX));
    let mut out = for_party(&found, book);
    let steps = chain(&View::of(&found.case), Some(&found.repair), book, &calendar, today);
    let due = term::due(&found.repair, book, &calendar);
    let messages = outbox::of_record(store.tx, store.district, id)?;
    let told: Vec<Json> = messages
        .iter()
        .map(|m| json!({ "action": m.action, "done_ms": m.done_ms, "error": m.error, "key": m.id, "made_ms": m.made_ms, "next_ms": m.next_ms, "receipt": m.receipt, "tries": m.tries }))
        .collect();
    let (mut application, personal) = (read(&found.repair, "application"), actor.reads_personal());
    if let Some(members) = application.as_object_mut().filter(|_| !personal) {
        members.retain(|member, _| !["contact", "phone"].contains(&member.as_str()));
    }
    let extensions: Vec<Json> = members(&found.repair, "extensions.").map(|(key, json)| json!({ "key": key, "extension": json })).collect();
    if let Some(members) = out.as_object_mut() {
        members.insert("application".into(), application);
        members.insert("case".into(), json!(found.case.id));
        members.insert("chain".into(), json!(steps));
        members.insert("due".into(), due.map_or_else(|why| json!({ "unknown": why }), |due| json!(due)));
        members.insert("extensions".into(), json!(extensions));
        members.insert("told".into(), json!(told));
        members.insert("unit".into(), read(&found.repair, "unit"));
        if personal {
            members.insert("party".into(), json!({ "name": read(&found.repair, "party.name"), "uscc": read(&found.repair, "party.uscc") }));
        }
    }
    Ok(Some(out))
}
