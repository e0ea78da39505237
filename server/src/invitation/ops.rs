//! The steps of an invitation, each as an order. Whether its stage and its guards allow it, the tables decide.

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::index::{members, object_entry};
use sync_core::invitation::{self, KIND};
use sync_core::object::{SITE, SUBJECT};
use sync_core::record::{Record, read_field};
use sync_core::visit;

use super::counted;
use super::http::{ClaimBody, DeclineBody, DispatchBody, ScheduleBody, SubmitBody};
use super::speaks::{desk, home, organs_of, speaking, unit_of, works_in};
use crate::access::UserActor;
use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::{EditBody, within};
use crate::record::{Order, Written, who, write};
use crate::sync::store::{StoreError, Working};

/// Who asks, and by what it is judged.
pub(super) struct Asker<'a> {
    pub(super) actor: &'a UserActor,
    /// The unit that the roster gives him.
    pub(super) unit: &'a str,
    pub(super) ground: &'a Ground<'a>,
    pub(super) today: Date,
}

/// Most departments of one dispatch.
const MAX_DEPARTMENTS: usize = 32;
/// Most files that a firm hands in with an invitation.
const MAX_ATTACHMENTS: usize = 20;

/// Unwraps what an operation was refused with.
macro_rules! sound {
    ($e:expr) => {
        match $e {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}

/// An edit that takes the place of everything that stands in a field.
pub(crate) fn edit(record: Option<&Record>, key: &str, value: Json) -> EditBody {
    let replaces = record.and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default();
    EditBody { field: key.to_owned(), value, replaces, reason: None }
}

/// A map with more in it.
fn with(mut map: Json, more: impl IntoIterator<Item = (&'static str, Json)>) -> Json {
    if let Some(map) = map.as_object_mut() {
        map.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
    map
}

fn text(record: &Record, key: &str) -> Option<String> {
    read_field(record, &KIND, key).value().and_then(|v| v.as_text())
}

/// The invitation, if there is one within reach and it stands where this act starts.
fn ready(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, act: &str) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *invitation::NAME);
    let Some(record) = found else { return Ok(Err(Problem::not_found("such invitation"))) };
    if !within(store, asker.actor, id)? {
        return Ok(Err(Problem::not_found("such invitation")));
    }
    sound!(who::may_act(&asker.actor.roles, invitation::NAME, act));
    if !KIND.act(act).any(|row| row.from.contains(&record.stage())) {
        return Ok(Err(Problem::new("conflict", format!("{act} is not possible at the stage {}; read the invitation again", record.stage()))));
    }
    Ok(Ok(record))
}

fn object(store: &mut Working<'_, '_>, field: &str, id: RecordId, kind: &'static sync_core::record::Kind) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *kind.name);
    Ok(found.ok_or_else(|| Problem::field(field, format!("there is no {} {id}", kind.name))))
}

/// Submits an invitation for a firm.
pub(super) fn submit(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &SubmitBody) -> Op<Written> {
    sound!(who::may_write(&asker.actor.roles, invitation::NAME));
    let book = &asker.ground.law.book;
    let site = sound!(object(store, "site", body.site, &SITE)?);
    let firm = match body.firm {
        Some(firm) => Some(sound!(object(store, "firm", firm, &SUBJECT)?)),
        None => None,
    };
    let known = firm.as_ref().map(|firm| object_entry(firm, &SUBJECT).name).filter(|name| !name.is_empty());
    let Some(name) = body.firm_name.clone().or(known) else { return Ok(Err(Problem::field("firm_name", "name the firm"))) };
    let uscc = match body.uscc.as_deref().map(str::parse::<sync_core::identity::Uscc>) {
        Some(Ok(code)) => Some(code.as_str().to_owned()),
        Some(Err(why)) => return Ok(Err(Problem::field("uscc", why.to_string()))),
        None => firm.as_ref().and_then(|firm| read_field(firm, &SUBJECT, "uscc").value().and_then(|v| v.as_text())),
    };
    sound!(topics(body));
    if body.wanted.len() > 10 || body.wanted.iter().any(|day| *day < asker.today) {
        return Ok(Err(Problem::field("wanted", "give at most 10 days, none of them past")));
    }
    if body.attachments.len() > MAX_ATTACHMENTS {
        return Ok(Err(Problem::field("attachments", format!("at most {MAX_ATTACHMENTS} files"))));
    }
    let area = object_entry(&site, &SITE).area.or_else(|| home(book, asker.today));
    let mut fields = vec![
        ("unit".to_owned(), json!(sound!(desk(book, asker.today)))),
        ("day".to_owned(), json!(asker.today)),
        ("submitted_ms".to_owned(), json!(store.now.0)),
        ("site".to_owned(), json!(body.site)),
        ("firm.name".to_owned(), json!(name)),
        ("topics".to_owned(), json!(body.topics)),
        ("mode".to_owned(), json!(body.mode)),
    ];
    let optional = [
        ("area", area.map(Json::from)),
        ("firm", body.firm.map(|firm| json!(firm))),
        ("firm.uscc", uscc.map(Json::from)),
        ("contact.name", body.contact_name.clone().map(Json::from)),
        ("contact.phone", body.contact_phone.clone().map(Json::from)),
        ("request", body.request.clone().map(Json::from)),
        ("wanted", (!body.wanted.is_empty()).then(|| json!(body.wanted))),
    ];
    fields.extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    fields.extend((1..).zip(&body.attachments).map(|(n, file)| (format!("attachments.{n}"), json!(file))));
    let edits = fields.into_iter().map(|(key, value)| edit(None, &key, value)).collect();
    let order = Order { begin: Some(invitation::NAME.to_owned()), edits, of_feature: true, ..Order::of(id) };
    write(store, asker.actor, &order, asker.ground)
}

fn topics(body: &SubmitBody) -> Result<(), Problem> {
    let menu = invitation::themes().map_err(Problem::internal)?;
    if body.topics.is_empty() || body.topics.len() > menu.themes.len() {
        return Err(Problem::field("topics", "choose at least one theme of the menu"));
    }
    match body.topics.iter().find(|code| menu.get(code).is_none()) {
        Some(unknown) => Err(Problem::field("topics", format!("{unknown:.64} is no theme; GET /api/v1/invitations/themes lists them"))),
        None => Ok(()),
    }
}

/// Dispatches it to departments; those that declined stay on record, and those that were asked before stay asked.
pub(super) fn dispatch(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &DispatchBody) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "dispatch")?);
    if body.departments.len() > MAX_DEPARTMENTS {
        return Ok(Err(Problem::field("departments", format!("at most {MAX_DEPARTMENTS} at once"))));
    }
    let book = &asker.ground.law.book;
    let area = text(&record, "area").or_else(|| home(book, asker.today)).unwrap_or_default();
    let mut edits: Vec<EditBody> = Vec::new();
    for one in &body.departments {
        sound!(works_in(book, &one.organ, &area, asker.today));
        let unit = sound!(unit_of(book, &one.organ, one.unit.as_deref(), asker.today));
        let key = format!("departments.{}", one.organ);
        if edits.iter().any(|edit| edit.field == key) {
            return Ok(Err(Problem::field("departments", format!("{:.64} stands twice", one.organ))));
        }
        let asked = members(&record, "departments.").any(|(organ, d)| organ == one.organ && d.get("declined").is_none());
        if !asked {
            let matters = (!one.matters.is_empty()).then(|| ("matters", json!(one.matters)));
            let entry = with(json!({ "asked_ms": store.now.0, "unit": unit }), matters);
            edits.push(edit(Some(&record), &key, entry));
        }
    }
    // A dispatch that asks nobody must leave nothing behind.
    let left = members(&record, "departments.").any(|(_, d)| d.get("declined").is_none());
    if edits.is_empty() && !left {
        return Ok(Err(Problem::field("departments", "name at least one department that has not declined")));
    }
    write(store, asker.actor, &Order { edits, act: Some("dispatch".into()), of_feature: true, ..Order::of(id) }, asker.ground)
}

/// The entry of a department that is asked, has not declined and has not claimed.
fn entry(record: &Record, organ: &str) -> Result<Json, Problem> {
    let Some((_, json)) = members(record, "departments.").find(|(code, _)| *code == organ) else {
        return Err(Problem::new("conflict", format!("{organ:.64} is not invited")));
    };
    if json.get("declined").is_some() {
        return Err(Problem::new("conflict", format!("{organ:.64} has declined; the guidance office may dispatch it anew")));
    }
    if json.get("claimed_ms").is_some() {
        return Err(Problem::new("conflict", format!("{organ:.64} has claimed it already")));
    }
    Ok(json)
}

/// Claims it for a department, and names the officer who will come.
pub(super) fn claim(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &ClaimBody, comes_from: Option<&str>) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "claim")?);
    let book = &asker.ground.law.book;
    let organ = sound!(speaking(book, &asker.actor.officer, asker.unit, body.organ.as_deref(), asker.today));
    let entry = sound!(entry(&record, &organ));
    let officer = body.officer.clone().unwrap_or_else(|| asker.actor.officer.clone());
    let Some(unit) = comes_from.filter(|unit| organs_of(book, &officer, unit, asker.today).contains(&organ)) else {
        return Ok(Err(Problem::field("officer", format!("{officer} is no officer of {organ:.64}"))));
    };
    let entry = with(entry, [("claimed_ms", json!(store.now.0)), ("officer", json!(officer)), ("unit", json!(unit))]);
    let edits = vec![edit(Some(&record), &format!("departments.{organ}"), entry)];
    write(store, asker.actor, &Order { edits, act: Some("claim".into()), part: Some(organ), of_feature: true, ..Order::of(id) }, asker.ground)
}

/// Declines it for a department, with a reason; the guidance office dispatches it anew.
pub(super) fn decline(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &DeclineBody) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "decline")?);
    let organ = sound!(speaking(&asker.ground.law.book, &asker.actor.officer, asker.unit, body.organ.as_deref(), asker.today));
    let entry = sound!(entry(&record, &organ));
    if body.reason.trim().is_empty() || body.reason.chars().count() > 1_000 {
        return Ok(Err(Problem::field("reason", "say in 1 to 1,000 characters why the department declines")));
    }
    let entry = with(entry, [("declined", json!(body.reason)), ("declined_ms", json!(store.now.0))]);
    let refusal = json!({ "at_ms": store.now.0, "by": asker.actor.officer, "organ": organ, "reason": body.reason });
    let edits = vec![edit(Some(&record), &format!("departments.{organ}"), entry), edit(Some(&record), &format!("declines.{organ}.{}", store.now.0), refusal)];
    let order = Order { edits, act: Some("decline".into()), part: Some(organ), reason: Some(body.reason.clone()), of_feature: true, ..Order::of(id) };
    write(store, asker.actor, &order, asker.ground)
}

/// Whether somebody speaks for one of these departments, or coordinates all of them.
fn concerned(asker: &Asker<'_>, mut departments: impl Iterator<Item = String>) -> Result<(), Problem> {
    let own = organs_of(&asker.ground.law.book, &asker.actor.officer, asker.unit, asker.today);
    if asker.actor.roles.contains(&Role::Dispatcher) || departments.any(|organ| own.contains(&organ)) {
        return Ok(());
    }
    Err(Problem::new("forbidden", "the guidance office and the departments that claimed it do this"))
}

/// Sets the day and the lead; the visit follows by itself.
pub(super) fn schedule(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, body: &ScheduleBody) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "schedule")?);
    let claimed: Vec<String> = members(&record, "departments.").filter(|(_, d)| d.get("claimed_ms").is_some()).map(|(organ, _)| organ.to_owned()).collect();
    sound!(concerned(asker, claimed.iter().cloned()));
    if body.day < asker.today {
        return Ok(Err(Problem::field("day", "the day is past")));
    }
    let lead = body.lead.clone().or_else(|| text(&record, "lead"));
    let Some(lead) = lead.filter(|lead| claimed.contains(lead)) else {
        return Ok(Err(Problem::field("lead", format!("name one of the departments that claimed it: {}", claimed.join(", ")))));
    };
    let edits = vec![edit(Some(&record), "planned_date", json!(body.day)), edit(Some(&record), "lead", json!(lead))];
    write(store, asker.actor, &Order { edits, act: Some("schedule".into()), of_feature: true, ..Order::of(id) }, asker.ground)
}

/// Issues the report, with what the visit holds now.
pub(super) fn report(store: &mut Working<'_, '_>, asker: &Asker<'_>, id: RecordId, summary: &str) -> Op<Written> {
    let record = sound!(ready(store, asker, id, "report")?);
    sound!(concerned(asker, text(&record, "lead").into_iter()));
    if summary.trim().is_empty() || summary.chars().count() > 4_000 {
        return Ok(Err(Problem::field("summary", "sum up in 1 to 4,000 characters")));
    }
    let Some(visit) = visit_of(store, &record)? else { return Ok(Err(Problem::new("conflict", "there is no visit to report on"))) };
    let done = [visit::stage::SIGNED, visit::stage::RESULT_ISSUED, visit::stage::RECTIFYING, visit::stage::REVIEWED, visit::stage::CLOSED, visit::stage::ABORTED];
    if !done.contains(&visit.stage()) {
        return Ok(Err(Problem::new("conflict", format!("the visit {} is at {}; finish it first", visit.id, visit.stage()))));
    }
    let counts = counted(&visit);
    let report = json!({
        "advice": counts.advice, "by": asker.actor.officer, "issued_ms": store.now.0, "items": counts.items, "opinions": counts.opinions, "summary": summary,
    });
    let edits = vec![edit(Some(&record), "report", report)];
    write(store, asker.actor, &Order { edits, act: Some("report".into()), of_feature: true, ..Order::of(id) }, asker.ground)
}

fn visit_of(store: &mut Working<'_, '_>, record: &Record) -> Result<Option<Record>, StoreError> {
    let Some(id) = text(record, "visit").and_then(|id| id.parse().ok()) else { return Ok(None) };
    Ok(store.look(id)?.filter(|there| *there.kind == *visit::NAME))
}

/// Today, by the instant of the transaction.
pub(super) fn today(store: &Working<'_, '_>) -> Date {
    day_of(store.now).unwrap_or(Date::MAX)
}
