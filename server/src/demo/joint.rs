//! A joint inspection on handhelds: made and approved, entered by everybody at the gate, signed by each department and by the party.
//!
//! Who holds the handhelds differs between the field day and a scenario, how an inspection goes does not.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sync_core::checklist::JointForm;
use sync_core::fixtures::{Officer, SitePlace};
use sync_core::record::Place;

use super::Failure;
use super::handheld::Entry;
use super::office::Desk;
use super::player::Player;

/// Whoever takes part.
pub trait Crew {
    /// The handheld of a department's officer.
    fn player(&mut self, department: &str) -> Result<&mut Player, Failure>;
    /// The desk of whoever approves visits.
    fn head(&mut self) -> Result<&Desk, Failure>;
}

/// What is inspected, by whom, with which form.
pub struct Plan<'p> {
    /// The site's record.
    pub site: &'p str,
    /// Its name.
    pub name: &'p str,
    /// Its address.
    pub address: &'p str,
    /// Where it is.
    pub place: SitePlace,
    /// What it is done for.
    pub task: &'p str,
    /// One officer of each department, the lead first.
    pub officers: &'p [Officer],
    /// The joint form.
    pub form: &'p JointForm,
    /// What each department inspects.
    pub matters: &'p BTreeMap<String, Vec<String>>,
    /// The present instant, UTC milliseconds.
    pub now_ms: i64,
}

impl Plan<'_> {
    fn lead(&self) -> Result<&Officer, Failure> {
        Ok(self.officers.first().ok_or("nobody leads the visit")?)
    }

    fn participant(&self, officer: &Officer) -> Json {
        let role = if self.officers.first() == Some(officer) { "lead" } else { "officer" };
        json!({ "certificate": officer.certificate, "department": officer.department, "name": officer.name, "role": role })
    }
}

/// In the office and at the gate, with a signal: the visit is made, approved, announced; everybody checks in, and the form is opened.
pub fn prepare(plan: &Plan<'_>, crew: &mut dyn Crew) -> Result<String, Failure> {
    let (lead, place) = (plan.lead()?, plan.place);
    let mut edits = vec![
        ("site".to_owned(), Json::from(plan.site)),
        ("site.name".into(), Json::from(plan.name)),
        ("site.address".into(), Json::from(plan.address)),
        ("site.lon_e7".into(), place.lon_e7.into()),
        ("site.lat_e7".into(), place.lat_e7.into()),
        ("site.accuracy_cm".into(), place.accuracy_cm.into()),
        ("unit".into(), Json::from(lead.unit.as_str())),
        ("lead".into(), Json::from(lead.id.as_str())),
        ("mode".into(), "special".into()),
        ("task".into(), plan.task.into()),
    ];
    // The joint plan of the year has an entry for each of them (无计划不检查).
    edits.extend(
        plan.matters
            .iter()
            .map(|(organ, matters)| (format!("organs.{organ}"), json!({ "basis": "年度联合检查计划", "kind": "special_own", "matters": matters, "plan": "joint-plan" }))),
    );
    edits.extend(plan.officers.iter().map(|officer| (format!("participants.{}", officer.id), plan.participant(officer))));
    edits.extend(plan.form.pin().into_iter().map(|(key, value)| (key.to_string(), value.to_json())));
    let edits: Vec<Json> = edits.into_iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": [] })).collect();
    let player = crew.player(&lead.department)?;
    let made = player.ask(&json!({ "do": "capture", "input": { "kind": "visit", "edits": edits } }))?;
    let visit = made.get("record").and_then(Json::as_str).ok_or("the capture gave no record")?.to_owned();
    player.sync()?;
    crew.head()?.approve(&visit, "列入联合检查计划")?;
    let notice = json!({ "way": "on_site", "served_ms": plan.now_ms, "to": "项目负责人" });
    let player = crew.player(&lead.department)?;
    player.sync()?;
    let edits = json!([{ "field": "notice", "value": notice, "replaces": [] }]);
    player.ask(&json!({ "do": "capture", "input": { "record": visit, "kind": "visit", "edits": edits, "act": { "name": "notify" } } }))?;
    player.sync()?;
    for officer in plan.officers {
        let mut here = plan.participant(officer);
        if let Some(members) = here.as_object_mut() {
            members.extend([("checked_in_ms".to_owned(), plan.now_ms.into()), ("code_shown".to_owned(), true.into())]);
        }
        let player = crew.player(&officer.department)?;
        player.sync()?;
        let entries = [Entry::Field(format!("participants.{}", officer.id), here)];
        player.ask(&json!({ "do": "capture_each", "record": visit, "kind": "visit", "entries": entries }))?;
        player.sync()?;
    }
    let player = crew.player(&lead.department)?;
    player.sync()?;
    // The approval gave the visit its code and its fence.
    let here = Place { lon_e7: place.lon_e7, lat_e7: place.lat_e7, accuracy_cm: 500, crs: "wgs84".into() };
    for act in ["check_in", "record"] {
        met(act, &player.ask(&json!({ "do": "capture", "input": { "record": visit, "kind": "visit", "place": here, "act": { "name": act } } }))?)?;
    }
    for officer in plan.officers {
        crew.player(&officer.department)?.sync()?;
    }
    Ok(visit)
}

/// Each department signs its part, then the party on site the whole.
pub fn sign(officers: &[Officer], visit: &str, crew: &mut dyn Crew) -> Result<(), Failure> {
    for officer in officers {
        let player = crew.player(&officer.department)?;
        player.sync()?;
        let order = json!({ "do": "sign", "record": visit, "kind": "visit", "act": { "name": "sign", "part": officer.department }, "fields": ["answers.", "notes.", "photos."] });
        met("sign", &player.ask(&order)?)?;
        player.sync()?;
    }
    let lead = officers.first().ok_or("nobody leads the visit")?;
    let player = crew.player(&lead.department)?;
    player.sync()?;
    let strokes = json!([[120, 80, 180, 220, 240, 90], [300, 60, 300, 240], [360, 150, 470, 140, 500, 210]]);
    let glass = json!({ "by": "项目负责人", "h": 300, "role": "施工单位现场负责人", "strokes": strokes, "w": 600 });
    let party = [Entry::Field("signatures.party".into(), glass), Entry::Field("party".into(), json!({ "name": "项目负责人", "role": "施工单位现场负责人", "signature": "party" }))];
    player.ask(&json!({ "do": "capture_each", "record": visit, "kind": "visit", "entries": party }))?;
    met("party_sign", &player.ask(&json!({ "do": "sign", "record": visit, "kind": "visit", "act": { "name": "party_sign" }, "fields": [] }))?)?;
    player.sync()?;
    for officer in officers {
        crew.player(&officer.department)?.sync()?;
    }
    Ok(())
}

/// An act that met everything.
pub fn met(act: &str, done: &Json) -> Result<(), Failure> {
    let none = |name: &str| done.get(name).and_then(Json::as_array).is_none_or(Vec::is_empty);
    if none("excepted") && none("refused") { Ok(()) } else { Err(format!("{act} was not met: {done}").into()) }
}
