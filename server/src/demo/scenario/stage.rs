//! What a scenario is played on: the server with a clock that is set, desks that log in as people do, handhelds as child processes, and
//! the file's own keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::rt::SystemRunner;
use serde_json::{Value as Json, json};
use sync_core::base::UtcMs;
use sync_core::base::date::{day_of, next, start_of};
use sync_core::fixtures::{self, Officer, Organisation};
use sync_core::record::Bucket;

use super::file::{Moment, Scenario};
use super::invitations::Site;
use crate::Running;
use crate::base::clock::{Clock as _, SetClock};
use crate::demo::Failure;
use crate::demo::cast::{PIN, password};
use crate::demo::factor::Factors;
use crate::demo::office::Desk;
use crate::demo::player::Player;
use crate::org::Role;
use crate::org::ops::{NewOfficer, SYSTEM};

/// How long a desk's token is used: less than the server lets it live.
const TOKEN_MS: i64 = 10 * 60_000;
/// The part of a day after which the server looks for what the day brings.
const MORNING_MS: i64 = 6 * 3_600_000;

/// Everybody and everything on stage.
pub struct Stage<'a> {
    /// The server.
    pub running: &'a Running,
    system: &'a SystemRunner,
    clock: SetClock,
    /// The organisation of the fixtures.
    pub people: Organisation,
    entered: BTreeSet<String>,
    factors: Factors,
    desks: BTreeMap<String, (i64, Desk)>,
    handhelds: BTreeMap<String, Player>,
    /// Folder of the handhelds' stores.
    pub folder: PathBuf,
    pins: BTreeMap<String, &'static str>,
    records: BTreeMap<String, String>,
    /// Sites by the file's keys.
    pub sites: BTreeMap<String, Site>,
    /// Name, credit code and address of firms by the file's keys.
    pub firms: BTreeMap<String, (String, String, String)>,
    /// Departments that were asked to come, by the file's key of the invitation.
    pub asked: BTreeMap<String, Vec<String>>,
    /// The site of each invitation, by the file's keys.
    pub invited_to: BTreeMap<String, String>,
}

/// A field and its value.
pub type Fields<'f> = &'f [(&'f str, Json)];

impl<'a> Stage<'a> {
    /// The book, everybody of the file and of the organisation who works in an office; handhelds come as they are needed.
    pub fn set(system: &'a SystemRunner, running: &'a Running, clock: SetClock, data: &Path, scenario: &Scenario) -> Result<Stage<'a>, Failure> {
        system.block_on(running.app.load_fixtures(SYSTEM))?;
        let mut people = fixtures::organisation()?;
        for person in &scenario.people {
            let department = people.units.iter().find(|u| u.code == person.unit).map(|u| u.organ.clone());
            let department = department.ok_or_else(|| format!("people: {}: the organisation has no unit {}", person.id, person.unit))?;
            let (id, name, unit, roles) = (person.id.clone(), person.name.clone(), person.unit.clone(), person.roles.clone());
            people.officers.push(Officer { id, name, unit, roles, department, certificate: String::new() });
        }
        let folder = data.join("handhelds");
        std::fs::create_dir_all(&folder)?;
        let factors = Factors::open(data, Arc::new(clock.clone()))?;
        Ok(Stage {
            running,
            system,
            clock,
            people,
            entered: BTreeSet::new(),
            factors,
            desks: BTreeMap::new(),
            handhelds: BTreeMap::new(),
            folder,
            pins: BTreeMap::new(),
            records: BTreeMap::new(),
            sites: BTreeMap::new(),
            firms: BTreeMap::new(),
            asked: BTreeMap::new(),
            invited_to: BTreeMap::new(),
        })
    }

    /// Time passes until an instant. Each day on the way the server looks for what the day brings, as it does by itself when days are real.
    pub fn pass(&mut self, until: Moment) {
        let until = until.ms();
        while let Some(day) = day_of(self.clock.now()) {
            let morning = UtcMs(start_of(next(day)).0 + MORNING_MS);
            if morning > until {
                break;
            }
            self.clock.set(morning);
            self.system.block_on(crate::due::look(&self.running.app));
        }
        self.clock.set(until);
    }

    /// The present instant of the story, UTC milliseconds.
    pub fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// The present day of the story.
    pub fn today(&self) -> String {
        day_of(self.clock.now()).map(|day| day.to_string()).unwrap_or_default()
    }

    /// Keeps the record of a key of the file.
    pub fn keep(&mut self, sort: &str, key: &str, record: String) -> Result<(), Failure> {
        match self.records.insert(format!("{sort} {key}"), record) {
            None => Ok(()),
            Some(_) => Err(format!("there are two of {sort} `{key}`; give the second another key").into()),
        }
    }

    /// The record of a key of the file.
    pub fn record(&self, sort: &str, key: &str) -> Result<String, Failure> {
        let found = self.records.get(&format!("{sort} {key}")).cloned();
        found.ok_or_else(|| format!("there is no {sort} `{key}` yet; an event before this one has to bring it").into())
    }

    /// Somebody of the organisation or of the file.
    pub fn officer(&self, id: &str) -> Result<Officer, Failure> {
        Ok(self.people.officer(id).cloned().ok_or_else(|| format!("nobody is called {id}"))?)
    }

    /// Whoever does this work: the first with the role, of an organ where one is named.
    pub fn with_role(&self, role: &str, organ: Option<&str>) -> Result<Officer, Failure> {
        let fits = |o: &&Officer| o.roles.iter().any(|r| r == role) && organ.is_none_or(|organ| o.department == organ);
        let found = self.people.officers.iter().find(fits).cloned();
        Ok(found.ok_or_else(|| format!("nobody of {} has the role {role}; name somebody under `people`", organ.unwrap_or("all")))?)
    }

    /// Somebody's desk, logged in.
    pub fn desk(&mut self, officer: &Officer) -> Result<&Desk, Failure> {
        self.enter(officer)?;
        let now = self.clock.now().0;
        let stale = self.desks.get(&officer.id).is_none_or(|(at, _)| now - at >= TOKEN_MS);
        if stale {
            let desk = Desk::log_in(&self.running.url(), &officer.id, &password(&officer.id), &self.factors)?;
            self.desks.insert(officer.id.clone(), (now, desk));
        }
        Ok(self.desks.get(&officer.id).map(|(_, desk)| desk).ok_or("no desk")?)
    }

    /// The desk of whoever has a role.
    pub fn by(&mut self, role: &str) -> Result<&Desk, Failure> {
        let officer = self.with_role(role, None)?;
        self.desk(&officer)
    }

    /// Enters an officer of the organisation, with a second factor where his roles ask for one.
    pub fn enter(&mut self, officer: &Officer) -> Result<(), Failure> {
        if !self.entered.insert(officer.id.clone()) {
            return Ok(());
        }
        let roles: Vec<Role> = officer.roles.iter().map(|r| serde_json::from_value(Json::from(r.as_str()))).collect::<Result<_, _>>()?;
        let factor = roles.iter().any(|role| role.needs_second_factor());
        let buckets = vec![Bucket::reference(), Bucket::unit(&officer.unit), Bucket::archive(&officer.unit)];
        let id = officer.id.parse()?;
        let new = NewOfficer { officer: id, name: officer.name.clone(), unit: officer.unit.clone(), roles, scope: None, buckets };
        self.system.block_on(self.running.app.create_officer(SYSTEM, new, &password(&officer.id)))?;
        if factor && !self.factors.has(&officer.id) {
            let (code, _) = self.system.block_on(self.running.app.issue_code(SYSTEM, officer.id.parse()?, 1))?;
            self.factors.bind(&self.running.url(), &officer.id, &password(&officer.id), &code)?;
        }
        Ok(())
    }

    /// An officer's handheld, switched on, enrolled, with the hour of the story and everything the office has for it.
    pub fn handheld(&mut self, id: &str) -> Result<&mut Player, Failure> {
        let url = self.running.url();
        if !self.handhelds.contains_key(id) {
            let officer = self.officer(id)?;
            self.enter(&officer)?;
            let file = format!("{id}.zhifa");
            let mut player = Player::start(&self.folder.join(&file))?;
            let (code, _) = self.system.block_on(self.running.app.issue_code(SYSTEM, id.parse()?, 1))?;
            let input = json!({ "server": url, "code": code, "officer": id, "password": password(id), "label": format!("演示机 {}", officer.name) });
            player.ask(&json!({ "do": "enrol", "input": input }))?;
            player.ask(&json!({ "do": "sync", "input": { "server": url } }))?;
            self.pins.insert(file, PIN);
            std::fs::write(self.folder.join("pins.json"), serde_json::to_vec_pretty(&self.pins)?)?;
            self.handhelds.insert(id.to_owned(), player);
        }
        let wall = self.now();
        let player = self.handhelds.get_mut(id).ok_or("no handheld")?;
        player.sync()?;
        player.ask(&json!({ "do": "clock", "wall": wall }))?;
        Ok(player)
    }

    /// Everybody's last sync; the handhelds are switched off.
    pub fn strike(&mut self) -> Result<usize, Failure> {
        let handhelds = std::mem::take(&mut self.handhelds);
        let count = handhelds.len();
        for mut player in handhelds.into_values() {
            player.sync()?;
            player.stop()?;
        }
        Ok(count)
    }

    /// Begins a record at a desk.
    pub fn begin(&mut self, role: &str, kind: &str, fields: Fields<'_>) -> Result<String, Failure> {
        let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": [] })).collect();
        let done = self.by(role)?.call("/api/v1/records", &json!({ "kind": kind, "edits": edits }))?;
        Ok(done.get("record").and_then(Json::as_str).ok_or("the call gave no record")?.to_owned())
    }

    /// Writes fields at a desk, citing what the page shows.
    pub fn write(&mut self, role: &str, record: &str, fields: Fields<'_>) -> Result<(), Failure> {
        let desk = self.by(role)?;
        let edits = edits(desk, record, fields)?;
        desk.call(&format!("/api/v1/records/{record}/edits"), &json!({ "edits": edits }))?;
        Ok(())
    }

    /// An act at a desk.
    pub fn act(&mut self, role: &str, record: &str, act: &str, fields: Fields<'_>) -> Result<Json, Failure> {
        let desk = self.by(role)?;
        let edits = edits(desk, record, fields)?;
        desk.call(&format!("/api/v1/records/{record}/acts"), &json!({ "act": act, "edits": edits, "reason": "经研究同意" }))
    }

    /// A field of a record as its page shows it.
    pub fn field(&mut self, role: &str, record: &str, key: &str) -> Result<Json, Failure> {
        let page = self.by(role)?.get(&format!("/api/v1/records/{record}"))?;
        let fields = page.get("fields").and_then(Json::as_array).into_iter().flatten();
        let found = fields.filter(|f| f.get("key").and_then(Json::as_str) == Some(key)).find_map(|f| f.pointer("/candidates/0/value").cloned());
        Ok(found.unwrap_or_default())
    }

    /// The authenticator's secret of somebody.
    pub fn secret(&self, officer: &str) -> Result<&str, Failure> {
        self.factors.secret(officer)
    }
}

/// Edits that cite what a page shows in each field.
fn edits(desk: &Desk, record: &str, fields: Fields<'_>) -> Result<Vec<Json>, Failure> {
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let page = desk.get(&format!("/api/v1/records/{record}"))?;
    let shown: BTreeMap<&str, Vec<&Json>> = page
        .get("fields")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|f| {
            let dots = f.get("candidates")?.as_array()?.iter().filter_map(|c| c.get("dot")).collect();
            Some((f.get("key")?.as_str()?, dots))
        })
        .collect();
    let edit = |(field, value): &(&str, Json)| json!({ "field": field, "value": value, "replaces": shown.get(field).cloned().unwrap_or_default() });
    Ok(fields.iter().map(edit).collect())
}
