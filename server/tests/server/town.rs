//! A town with the organisation of the fixtures: officers of several departments with handhelds, a head and a reviewer, and visits
//! that they prepare, play offline and hand in.

use std::collections::BTreeMap;

use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::{RecordId, Stamp, UtcMs};
use sync_core::fixtures::{self, Officer};
use sync_core::record::{ActCall, Dot, Record, SealBody, SignedChange, Value};
use zhifa_server::base::clock::Clock as _;
use zhifa_server::org::{Role, Scope};
use zhifa_server::sync::store::Want;

use crate::harness::{Bent, Handheld, Site, ok, record};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// Everybody.
pub struct Town<'s> {
    pub site: &'s Site,
    pub people: fixtures::Organisation,
    pub handhelds: BTreeMap<String, Handheld>,
    /// The back office, each with his token: `head`, `reviewer`.
    pub desks: BTreeMap<&'static str, String>,
}

/// A field and its value.
pub type Fields<'a> = &'a [(&'a str, Json)];

impl<'s> Town<'s> {
    /// The fixtures, a head and a reviewer, and handhelds for these officers.
    pub fn new(site: &'s Site, officers: &[&str]) -> Town<'s> {
        actix_web::rt::System::new().block_on(site.running().app.load_fixtures("system")).unwrap();
        let people = fixtures::organisation().unwrap();
        let mut town = Town { site, people, handhelds: BTreeMap::new(), desks: BTreeMap::new() };
        for (id, role) in [("head", Role::Head), ("reviewer", Role::Reviewer)] {
            let officer = site.officer_of(id, &[role], "team-office", Some(Scope::District), &[]);
            town.desks.insert(id, site.log_in(&officer));
        }
        for id in officers {
            let unit = town.officer(id).unit.clone();
            let handheld = site.handheld_of(id, &unit);
            town.handhelds.insert((*id).to_owned(), handheld);
        }
        town
    }

    pub fn officer(&self, id: &str) -> &Officer {
        self.people.officer(id).unwrap()
    }

    /// Time passes; everybody logs in again.
    pub fn later(&mut self, ms: i64) {
        self.site.clock.advance(ms.max(60_000));
        for (id, token) in &mut self.desks {
            *token = self.site.log_in(&id.parse().unwrap());
        }
        for handheld in self.handhelds.values_mut() {
            handheld.token = self.site.device_token(handheld);
        }
    }

    pub fn now(&self) -> i64 {
        self.site.clock.now().0
    }

    pub fn post(&self, desk: &str, path: &str, body: &Json) -> Response {
        self.site.post(path).bearer_auth(&self.desks[desk]).json(body).send().unwrap()
    }

    pub fn get(&self, desk: &str, path: &str) -> Json {
        ok(self.site.get(path).bearer_auth(&self.desks[desk]).send().unwrap())
    }

    /// A record as the server has it.
    pub fn look(&self, id: RecordId) -> Option<Record> {
        self.site.running().app.committer.run_blocking(Want::default(), move |store| store.look(id)).unwrap()
    }

    pub fn stage(&self, id: RecordId) -> String {
        self.look(id).unwrap().stage().to_owned()
    }

    /// The values that stand in a field.
    pub fn field(&self, id: RecordId, key: &str) -> Vec<Json> {
        let record = self.look(id).unwrap();
        record.register(key).into_iter().flat_map(|r| r.candidates()).filter(|c| !c.value.is_null()).map(|c| c.value.to_json()).collect()
    }

    /// The codes of a visit's flags, by key.
    pub fn flags(&self, id: RecordId) -> Vec<String> {
        let record = self.look(id).unwrap();
        sync_core::index::members(&record, "flags.").map(|(_, flag)| flag["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Writes fields by a desk: as the form shows them.
    fn edits(&self, id: RecordId, fields: Fields<'_>) -> Vec<Json> {
        let record = self.look(id);
        let dots = |key: &str| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default();
        fields.iter().map(|(key, value)| json!({ "field": key, "value": value, "replaces": dots(key) })).collect()
    }

    pub fn begin(&self, kind: &str, id: RecordId, fields: Fields<'_>) {
        let body = json!({ "kind": kind, "record": id, "edits": self.edits(id, fields) });
        let done: Json = ok(self.post(if kind == "visit" { "head" } else { "reviewer" }, "/api/v1/records", &body));
        assert_eq!(done["disposition"]["state"], "applied", "{done}");
    }

    pub fn act(&self, desk: &str, id: RecordId, act: &str, fields: Fields<'_>, overrides: &Json) -> Response {
        self.post(desk, &format!("/api/v1/records/{id}/acts"), &json!({ "act": act, "reason": "经研究同意", "edits": self.edits(id, fields), "overrides": overrides }))
    }

    /// A change of an officer's handheld that has just synced: what it replaces is what the server shows.
    pub fn change(&self, officer: &str, id: RecordId, fields: Fields<'_>, act: Option<ActCall>, at: i64) -> SignedChange {
        let handheld = &self.handhelds[officer];
        let record = self.look(id);
        let after: Vec<Dot> = record.iter().flat_map(|r| r.seen().iter()).filter(|d| d.device != handheld.device).collect();
        let values: Vec<String> = fields.iter().map(|(_, json)| Value::from_json(json).unwrap().as_json().to_owned()).collect();
        let dots: Vec<Vec<Dot>> = fields.iter().map(|(key, _)| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default()).collect();
        let edits: Vec<(&str, &str, &[Dot])> = fields.iter().zip(&values).zip(&dots).map(|(((key, _), value), dots)| (*key, value.as_str(), dots.as_slice())).collect();
        let time = Stamp { wall: at, mono: 5, boot: 1, server: None, gnss: None };
        let kind = record.as_ref().and_then(|r| sync_core::schema::kinds().get(&r.kind)).unwrap_or(&sync_core::visit::KIND);
        handheld.write_bent(id, &edits, &Bent { kind: kind.name, schema: kind.schema, after, time, act, ..Bent::default() })
    }

    /// Writes, hands in, and says what became of it.
    pub fn write(&self, officer: &str, id: RecordId, fields: Fields<'_>, act: Option<ActCall>) -> Json {
        let change = self.change(officer, id, fields, act, self.now());
        self.site.push_one(&self.handhelds[officer], &change)
    }

    /// The same, with everything met.
    pub fn done(&self, officer: &str, id: RecordId, fields: Fields<'_>, act: Option<ActCall>) {
        let name = act.as_ref().map(|a| a.name.to_string()).unwrap_or_default();
        let said = self.write(officer, id, fields, act);
        assert_eq!(said["state"], "applied", "{name}: {said}");
        assert_eq!((&said["excepted"], &said["refused"]), (&Json::Null, &Json::Null), "{name}: {said}");
    }

    /// A signature of a part, over what the server shows.
    pub fn seal(&self, id: RecordId, name: &str, part: Option<&str>) -> ActCall {
        let record = self.look(id).unwrap();
        let seal = SealBody { covers: record.seen().iter().collect(), shown: Value::parse("{}").unwrap() };
        ActCall { part: part.map(Into::into), seal: Some(seal), ..ActCall::new(name) }
    }

    /// An officer who is on site, as his handheld writes it.
    pub fn here(&self, officer: &str) -> Json {
        let o = self.officer(officer);
        json!({ "certificate": o.certificate, "checked_in_ms": self.now(), "code_shown": true, "department": o.department, "name": o.name, "role": "officer" })
    }

    /// A visit that stands approved: by these organs, to this site, with these officers; the first leads.
    pub fn approved(&self, id: RecordId, place: RecordId, organs: &[(&str, &str)], officers: &[&str], more: Fields<'_>) {
        self.planned(id, place, organs, officers, more);
        let done: Json = ok(self.act("head", id, "approve", &[], &json!({})));
        assert_eq!(done["stage"], "APPROVED", "{done}");
    }

    /// The same before the approval.
    pub fn planned(&self, id: RecordId, place: RecordId, organs: &[(&str, &str)], officers: &[&str], more: Fields<'_>) {
        let mut fields: Vec<(String, Json)> = vec![
            ("site".into(), json!(place)),
            ("site.name".into(), json!("工地")),
            ("unit".into(), json!(self.officer(officers[0]).unit)),
            ("lead".into(), json!(officers[0])),
            ("planned_date".into(), json!(sync_core::base::date::day_of(UtcMs(self.now())).unwrap().to_string())),
        ];
        fields.extend(organs.iter().map(|(organ, kind)| (format!("organs.{organ}"), json!({ "kind": kind, "matters": [matter_of(organ)], "plan": "plan-2026" }))));
        for id in officers {
            let o = self.officer(id);
            fields.push((format!("participants.{id}"), json!({ "certificate": o.certificate, "department": o.department, "name": o.name, "role": "officer" })));
        }
        let mut fields: Vec<(&str, Json)> = fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        fields.extend(more.iter().cloned());
        self.begin("visit", id, &fields);
    }

    /// The officers enter, each by his own handheld, and the first checks in.
    pub fn enter(&self, id: RecordId, officers: &[&str]) {
        for officer in officers {
            self.done(officer, id, &[(&format!("participants.{officer}"), self.here(officer))], None);
        }
        self.done(officers[0], id, &[], Some(ActCall::new("check_in")));
    }

    /// A visit that took place.
    pub fn visited(&self, n: u128, place: RecordId, organs: &[(&str, &str)], officers: &[&str], more: Fields<'_>) -> RecordId {
        let id = record(n);
        self.approved(id, place, organs, officers, more);
        self.enter(id, officers);
        id
    }

    /// What a squad of two writes without a network on one handheld: an urgent start at a site, the second officer by his signature.
    pub fn urgent(&self, id: RecordId, place: RecordId, organ: &str, [first, second]: [&str; 2], at: i64) -> (String, SignedChange) {
        let mut cosigned = self.here(second);
        cosigned["cosign"] = json!("second");
        let no = format!("XW-{id}");
        let fields = [
            ("site".to_owned(), json!(place)),
            ("site.name".into(), json!("工地")),
            ("unit".into(), json!(self.officer(first).unit)),
            ("lead".into(), json!(first)),
            (format!("organs.{organ}"), json!({ "kind": "daily", "matters": [matter_of(organ)] })),
            ("code".into(), json!({ "no": no, "seq": 1, "series": no })),
            ("urgent".into(), json!({ "at_ms": at, "reason": "基坑险情" })),
            (format!("participants.{first}"), self.here(first)),
            (format!("participants.{second}"), cosigned),
            ("signatures.second".into(), json!({ "by": second, "h": 300, "role": "officer", "strokes": [[1, 1, 50, 90], [70, 70, 90, 20]], "w": 600 })),
        ];
        let fields: Vec<(&str, Json)> = fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        (first.to_owned(), self.change(first, id, &fields, Some(ActCall::new("start_urgent")), at))
    }

    /// Hands a change in; everything in it was met.
    pub fn push(&self, (officer, change): &(String, SignedChange)) {
        let said = self.site.push_one(&self.handhelds[officer], change);
        assert_eq!((said["state"].as_str(), &said["excepted"], &said["refused"]), (Some("applied"), &Json::Null, &Json::Null), "{said}");
    }
}

/// A matter that an organ inspects: the first item of its own checklist that is on the list of matters.
pub fn matter_of(organ: &str) -> String {
    let template = fixtures::templates().unwrap().into_iter().find(|t| t.department == organ).unwrap_or_else(|| panic!("{organ} has no checklist"));
    template.items.iter().find(|item| item.case_allowed).unwrap().code.clone()
}
