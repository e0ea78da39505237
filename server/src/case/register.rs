//! A clue of any source put on record (`domain.md` §5.1): what was seen, where it came from, and as much of party, matter and act as
//! is known.
//!
//! It is begun on the ordinary road, so that the same roles and the same reach hold as for every record. Deliberately absent: a check
//! of whether to file; what stands against that is found by itself.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::{Date, RecordId};
use sync_core::case::{NAME, SOURCES};

use super::ops::{given, words};
use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::EditBody;
use crate::record::{Order, Written, write};
use crate::sync::store::Working;

/// Who the party is, as far as it is known.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// `citizen`, `individual_business` or `organisation`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The unified social credit code.
    #[serde(default)]
    pub uscc: Option<String>,
    /// The number of an identity document.
    #[serde(default)]
    pub id_no: Option<String>,
    /// The record of the subject.
    #[serde(default)]
    pub subject: Option<RecordId>,
}

/// `POST /api/v1/cases`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClueBody {
    /// The record's id; drawn at random if left out. The same id twice is a conflict, so a repeated request does nothing.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// A word of `case::SOURCES`.
    pub source: String,
    /// What was seen.
    pub fact: String,
    /// The unit in charge.
    pub unit: String,
    /// When it was found, UTC milliseconds; now if left out.
    #[serde(default)]
    pub found_ms: Option<i64>,
    /// The number or the sender of what it came with: of a complaint, a letter, a report.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// The visit on which it was seen.
    #[serde(default)]
    pub visit: Option<RecordId>,
    /// The monitoring device.
    #[serde(default)]
    pub device_no: Option<String>,
    /// Whether it was reviewed legally and technically and its place was published (行政处罚法 41).
    #[serde(default)]
    pub device_approved: Option<bool>,
    /// What the case is called.
    #[serde(default)]
    pub title: Option<String>,
    /// The matter.
    #[serde(default)]
    pub matter: Option<String>,
    /// The area of the act.
    #[serde(default)]
    pub area: Option<String>,
    /// The site.
    #[serde(default)]
    pub site: Option<RecordId>,
    /// The day of the act.
    #[serde(default)]
    pub act_date: Option<Date>,
    /// The last day of an act that went on.
    #[serde(default)]
    pub act_end: Option<Date>,
    /// Who did it.
    #[serde(default)]
    pub party: Party,
}

/// What is wrong with a clue before it is written.
fn check(body: &ClueBody, now: i64) -> Result<(), Problem> {
    words("fact", &body.fact, 4_000)?;
    words("unit", &body.unit, 64)?;
    if !SOURCES.contains(&&*body.source) {
        return Err(Problem::field("source", format!("one of {}", SOURCES.join(", "))));
    }
    if body.source == "device" && body.device_no.as_ref().is_none_or(|no| no.trim().is_empty()) {
        return Err(Problem::field("device_no", "name the device that recorded it; a record of an unknown device proves nothing (行政处罚法 41)"));
    }
    let letter = matches!(&*body.source, "transfer" | "superior");
    if letter && body.reference.as_ref().is_none_or(|r| r.trim().is_empty()) {
        return Err(Problem::field("ref", "name the letter or the organ that it came from"));
    }
    if body.found_ms.is_some_and(|found| found > now) {
        return Err(Problem::field("found_ms", "lies in the future; give the instant at which it was found"));
    }
    if let (Some(first), Some(last)) = (body.act_date, body.act_end)
        && last < first
    {
        return Err(Problem::field("act_end", "is before act_date; correct the days"));
    }
    Ok(())
}

/// Registers a clue under an id.
pub fn register(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &ClueBody, ground: &Ground<'_>) -> Op<Written> {
    given!(check(body, store.now.0));
    let text = |text: &Option<String>| text.as_ref().map(|t| t.trim()).filter(|t| !t.is_empty()).map(Json::from);
    let mut clue = Map::new();
    clue.insert("fact".into(), body.fact.trim().into());
    clue.insert("found_ms".into(), body.found_ms.unwrap_or(store.now.0).into());
    clue.insert("source".into(), body.source.as_str().into());
    let device = (body.source == "device").then(|| json!(body.device_approved.unwrap_or(false)));
    for (member, value) in [("device_approved", device), ("device_no", text(&body.device_no)), ("ref", text(&body.reference)), ("visit", body.visit.map(|id| json!(id)))] {
        clue.extend(value.map(|value| (member.to_owned(), value)));
    }
    let day = |day: Option<Date>| day.map(|day| Json::from(day.to_string()));
    let party = &body.party;
    let fields = [
        ("act_date", day(body.act_date)),
        ("act_end", day(body.act_end)),
        ("area", text(&body.area)),
        ("clue", Some(Json::Object(clue))),
        ("matter", text(&body.matter)),
        ("party.id_no", text(&party.id_no)),
        ("party.kind", text(&party.kind)),
        ("party.name", text(&party.name)),
        ("party.subject", party.subject.map(|id| json!(id))),
        ("party.uscc", text(&party.uscc)),
        ("site", body.site.map(|id| json!(id))),
        ("title", text(&body.title)),
        ("unit", Some(body.unit.trim().into())),
    ];
    let edits = fields.into_iter().filter_map(|(field, value)| Some(EditBody { field: field.into(), value: value?, replaces: vec![], reason: None })).collect();
    let order = Order { begin: Some(NAME.into()), edits, ..Order::of(id) };
    let written = given!(write(store, actor, &order, ground)?);
    store.note(Deed::of(&actor.officer, "case.registered", format!("record:{id}")).with(json!({ "source": body.source })));
    Ok(Ok(written))
}
