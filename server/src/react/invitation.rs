//! What the office adds to an invitation: the day by which its next step is due, the step that follows from the last claim, the
//! visit of the day that was set; and arrival on site, once the visit tells of it.

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, RecordId};
use sync_core::index::members;
use sync_core::invitation::{self, stage, term};
use sync_core::law::Calendar;
use sync_core::object::SITE;
use sync_core::record::{ActCall, Draft, Record, read_field};
use sync_core::visit;

use super::{Ground, derived_id, put};
use crate::index::write::first_at;
use crate::on;
use crate::schema::stage_move;
use crate::sync::store::{StoreError, Working};

/// What the reaction to an invitation rests on.
pub fn basis(record: &Record) -> Digest {
    digest(record, &["departments.", "due", "lead", "mode", "planned_date", "visit"])
}

/// What following a visit rests on.
pub fn basis_of_visit(record: &Record) -> Digest {
    digest(record, &["invitation"])
}

/// A digest of the stage and of what stands in these fields.
pub(super) fn digest(record: &Record, prefixes: &[&str]) -> Digest {
    let mut parts: Vec<Vec<u8>> = vec![record.stage().as_bytes().to_vec()];
    for prefix in prefixes {
        for (key, register) in record.with_prefix(prefix) {
            parts.push(key.as_bytes().to_vec());
            parts.extend(register.candidates().iter().map(|c| c.value.as_json().as_bytes().to_vec()));
        }
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::tagged("zhifa.react.fields.v1", &parts)
}

/// What a field reads, as JSON.
pub(super) fn reads(record: &Record, kind: &'static sync_core::record::Kind, key: &str) -> Option<Json> {
    read_field(record, kind, key).value().map(|v| v.to_json())
}

fn text(record: &Record, key: &str) -> Option<String> {
    reads(record, &invitation::KIND, key)?.as_str().map(str::to_owned)
}

fn word<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

/// Everything that an invitation wants written.
pub fn react(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    // The guard of the table decides; what is refused would only fill the log.
    let waits = |d: &Json| word(d, "declined").is_none_or(str::is_empty) && d.get("claimed_ms").is_none();
    if record.stage() == stage::DISPATCHED && !members(record, "departments.").any(|(_, d)| waits(&d)) {
        return Ok(vec![Draft { act: Some(ActCall::new("assemble")), ..Draft::of(record.id, invitation::NAME) }]);
    }
    let mut edits = Vec::new();
    edits.extend(put(record, "due", due(store, record, ground)?.as_ref()));
    let mut drafts = Vec::new();
    if record.stage() == stage::SCHEDULED {
        let (visit, draft) = visit_of(store, record)?;
        edits.extend(put(record, "visit", Some(&json!(visit))));
        drafts.extend(draft);
    }
    if record.stage() == stage::WITHDRAWN {
        drafts.extend(called_off(store, record)?);
    }
    if !edits.is_empty() {
        drafts.push(Draft { edits, ..Draft::of(record.id, invitation::NAME) });
    }
    Ok(drafts)
}

/// By when the next step is due; what stands is kept as long as the stage and the day from which it runs do, so that a later policy
/// changes no term that began.
fn due(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Option<Json>, StoreError> {
    let Some(term) = term(record.stage()) else { return Ok(None) };
    let since = since(store, record, term.since)?;
    let standing = reads(record, &invitation::KIND, "due");
    let same = |due: &Json| word(due, "for") == Some(record.stage()) && word(due, "since") == Some(&*since.to_string());
    if let Some(standing) = standing.filter(same) {
        return Ok(Some(standing));
    }
    match invitation::due(record.stage(), since, &ground.law.book, &Calendar::of(&ground.law.book)) {
        Ok(day) => Ok(day.map(|day| json!({ "day": day, "for": record.stage(), "since": since }))),
        // Nothing is invented for a year whose calendar is not entered; the line stands without a day.
        Err(why) => {
            tracing::warn!(record = %record.id, %why, "no term can be counted");
            Ok(None)
        }
    }
}

/// The day from which a term runs: that of the request, of the officers' arrival, or of the last move to the stage.
fn since(store: &mut Working<'_, '_>, record: &Record, from: &str) -> Result<Date, StoreError> {
    let today = day_of(store.now).unwrap_or(Date::MAX);
    if from == stage::SUBMITTED {
        return Ok(text(record, "day").and_then(|day| day.parse().ok()).unwrap_or(today));
    }
    store.flush()?;
    let district = store.district;
    if from == stage::ON_SITE
        && let Some(visit) = text(record, "visit").and_then(|id| id.parse().ok())
        && let Some((at, _)) = first_at(store.tx, district, &[visit], visit::stage::CHECKED_IN)?.remove(&visit)
    {
        return Ok(day_of(at).unwrap_or(today));
    }
    let last: Option<i64> = on!(store.tx, |c| stage_move::table
        .filter(stage_move::district.eq(district))
        .filter(stage_move::record.eq(record.id.to_bytes().to_vec()))
        .filter(stage_move::to_stage.eq(from))
        .order(stage_move::commit_seq.desc())
        .select(stage_move::shown_ms)
        .first(c)
        .optional())?;
    Ok(last.and_then(|ms| day_of(sync_core::base::UtcMs(ms))).unwrap_or(today))
}

/// Visits of one invitation: the first, and one more for each that was given up and set anew for another day.
const MOST_VISITS: u32 = 20;

/// The visit of the day that was set, and what has to be written so that there is one. The same invitation leads to the same
/// record however often it is asked.
fn visit_of(store: &mut Working<'_, '_>, record: &Record) -> Result<(RecordId, Option<Draft>), StoreError> {
    let day = text(record, "planned_date");
    let mut id = record.id;
    for n in 0..MOST_VISITS {
        id = derived_id("zhifa.visit-of-invitation.v1", record.id, &n.to_string());
        let Some(there) = store.look(id)? else {
            let draft = first_draft(store, record, id)?;
            return Ok((id, Some(draft)));
        };
        let planned = reads(&there, &visit::KIND, "planned_date").and_then(|d| d.as_str().map(str::to_owned));
        let given_up = [visit::stage::CANCELLED, visit::stage::ABORTED].contains(&there.stage());
        if given_up && planned != day {
            continue;
        }
        let moves = [visit::stage::CREATED, visit::stage::APPROVED, visit::stage::NOTIFIED].contains(&there.stage()) && planned != day;
        let edit = put(&there, "planned_date", day.as_deref().map(Json::from).as_ref()).filter(|_| moves);
        return Ok((id, edit.map(|edit| Draft { edits: vec![edit], ..Draft::of(id, visit::NAME) })));
    }
    Ok((id, None))
}

/// A visit as the invitation says it: the departments that claimed it, their officers, the firm, the site. That the firm asked for it
/// stands as its source; the approval is not replaced by that (国办发〔2024〕54号).
fn first_draft(store: &mut Working<'_, '_>, record: &Record, id: RecordId) -> Result<Draft, StoreError> {
    let field = |key: &str| reads(record, &invitation::KIND, key);
    let guidance = text(record, "mode").as_deref() != Some("inspection");
    let lead = text(record, "lead").unwrap_or_default();
    let mut fields: Vec<(String, Json)> = vec![
        ("invitation".into(), json!(record.id)),
        ("mode".into(), json!(if guidance { "guidance" } else { "appointment" })),
        ("source".into(), json!({ "at_ms": field("submitted_ms").unwrap_or_else(|| json!(store.now.0)), "kind": "invitation", "ref": record.id })),
        ("task".into(), json!("邀约式检查")),
    ];
    for key in ["area", "contact.name", "contact.phone", "planned_date", "site"] {
        fields.extend(field(key).map(|value| (key.to_owned(), value)));
    }
    if let Some(site) = text(record, "site").and_then(|site| site.parse().ok())
        && let Some(site) = store.look(site)?
    {
        for (from, to) in [("name", "site.name"), ("address", "site.address")] {
            fields.extend(reads(&site, &SITE, from).map(|value| (to.to_owned(), value)));
        }
    }
    if let Some(firm) = text(record, "firm") {
        let mut subject = json!({ "name": field("firm.name"), "role": "邀约企业", "uscc": field("firm.uscc") });
        if let Some(members) = subject.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        fields.push((format!("subjects.{firm}"), subject));
    }
    for (organ, json) in members(record, "departments.").filter(|(_, d)| d.get("claimed_ms").is_some()) {
        let mut share = json!({ "basis": "domain.md §4", "kind": "appointment" });
        if let (Some(to), Some(matters)) = (share.as_object_mut(), json.get("matters")) {
            to.insert("matters".into(), matters.clone());
        }
        fields.push((format!("organs.{organ}"), share));
        if organ == lead {
            fields.extend(word(&json, "unit").map(|unit| ("unit".to_owned(), json!(unit))));
            fields.extend(word(&json, "officer").map(|officer| ("lead".to_owned(), json!(officer))));
        }
        let role = if organ == lead { "lead" } else { "officer" };
        fields.extend(word(&json, "officer").map(|officer| (format!("participants.{officer}"), json!({ "department": organ, "role": role }))));
    }
    let empty = Record::new(id, visit::NAME, visit::KIND.initial);
    Ok(Draft { edits: fields.iter().filter_map(|(key, value)| put(&empty, key, Some(value))).collect(), ..Draft::of(id, visit::NAME) })
}

/// Calls a visit off that nobody has begun, since the firm took its invitation back.
fn called_off(store: &mut Working<'_, '_>, record: &Record) -> Result<Option<Draft>, StoreError> {
    let Some(visit) = text(record, "visit").and_then(|id| id.parse().ok()) else { return Ok(None) };
    let Some(visit) = store.look(visit)? else { return Ok(None) };
    let waits = [visit::stage::CREATED, visit::stage::APPROVED, visit::stage::NOTIFIED].contains(&visit.stage());
    let act = ActCall { reason: Some("企业撤回邀约".into()), ..ActCall::new("cancel") };
    Ok(waits.then(|| Draft { act: Some(act), ..Draft::of(visit.id, visit::NAME) }))
}

/// Tells an invitation that its departments are on site.
pub fn follow_visit(store: &mut Working<'_, '_>, record: &Record, _: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    if !sync_core::index::parts(record).checked_in {
        return Ok(Vec::new());
    }
    let Some(id) = reads(record, &visit::KIND, "invitation").and_then(|id| id.as_str()?.parse().ok()) else { return Ok(Vec::new()) };
    let Some(there) = store.look(id)? else { return Ok(Vec::new()) };
    let mine = *there.kind == *invitation::NAME && text(&there, "visit") == Some(record.id.to_string());
    let waits = mine && there.stage() == stage::SCHEDULED;
    Ok(waits.then(|| Draft { act: Some(ActCall::new("arrive")), ..Draft::of(id, invitation::NAME) }).into_iter().collect())
}
