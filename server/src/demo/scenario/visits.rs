//! Joint inspections and check-ups by invitation, on handhelds.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::base::UtcMs;
use sync_core::base::date::day_of;
use sync_core::checklist::{Answer, JointForm, Outcome, Question, compose};
use sync_core::fixtures::{self, Officer, SitePlace};
use sync_core::record::Place;

use super::file::{Advice, Found, Opinion};
use super::stage::Stage;
use crate::demo::Failure;
use crate::demo::handheld::Entry;
use crate::demo::joint::{self, Crew, Plan, met};
use crate::demo::office::Desk;
use crate::demo::player::Player;

/// Days to correct what was found (限期整改).
const DAYS_TO_CORRECT: i64 = 15;

/// One officer of each department, with his handheld.
struct OnSite<'s, 'a> {
    stage: &'s mut Stage<'a>,
    officers: Vec<Officer>,
}

impl Crew for OnSite<'_, '_> {
    fn player(&mut self, department: &str) -> Result<&mut Player, Failure> {
        let officer = self.officers.iter().find(|o| o.department == department).ok_or_else(|| format!("nobody of {department} is here"))?;
        self.stage.handheld(&officer.id.clone())
    }

    fn head(&mut self) -> Result<&Desk, Failure> {
        self.stage.by("head")
    }
}

impl OnSite<'_, '_> {
    fn lead(&mut self) -> Result<&mut Player, Failure> {
        let lead = self.officers.first().ok_or("nobody leads the visit")?.department.clone();
        self.player(&lead)
    }

    /// Each department enters its own on its own handheld without a network; then all deliver.
    fn enter(&mut self, visit: &str, entries: &BTreeMap<String, Vec<Entry>>) -> Result<(), Failure> {
        for (department, entries) in entries {
            self.player(department)?.ask(&json!({ "do": "capture_each", "record": visit, "kind": "visit", "entries": entries }))?;
        }
        // Everybody has everything before the first signature.
        for department in entries.keys().chain(entries.keys()) {
            self.player(department)?.sync()?;
        }
        Ok(())
    }

    /// An act of the lead over what his handheld shows.
    fn seal(&mut self, visit: &str, act: &str, entries: Vec<Entry>) -> Result<(), Failure> {
        let lead = self.lead()?;
        lead.ask(&json!({ "do": "capture_each", "record": visit, "kind": "visit", "entries": entries }))?;
        met(act, &lead.ask(&json!({ "do": "sign", "record": visit, "kind": "visit", "act": { "name": act }, "fields": ["answers.", "orders.", "rechecks.", "result", "risk"] }))?)?;
        lead.sync()?;
        Ok(())
    }
}

/// The joint form of these departments.
fn form(organs: &[String]) -> Result<JointForm, Failure> {
    let templates: Vec<_> = fixtures::templates()?.into_iter().filter(|t| organs.contains(&t.department)).collect();
    match organs.iter().find(|organ| !templates.iter().any(|t| t.department == **organ)) {
        Some(organ) => Err(format!("organs: {organ} has no checklist").into()),
        None => Ok(compose(&templates)?),
    }
}

/// What each department inspects: the items of its checklist that are on the list of matters on a day.
fn matters(organs: &[String], day: &str) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let templates = fixtures::templates()?.into_iter().filter(|t| organs.contains(&t.department));
    let listed = |item: &&sync_core::checklist::Item| item.case_allowed && item.basis.effective_from.as_ref().is_none_or(|from| &**from <= day);
    Ok(templates.map(|t| (t.department.clone(), t.items.iter().filter(listed).map(|item| item.code.clone()).collect())).collect())
}

/// Where somebody stands who is on a site.
fn at(place: &SitePlace) -> Place {
    Place { lon_e7: place.lon_e7, lat_e7: place.lat_e7, accuracy_cm: 500, crs: "wgs84".into() }
}

fn asks(question: &Question, item: &str) -> bool {
    question.covers.iter().any(|cover| *cover.code == *item)
}

fn question<'f>(form: &'f JointForm, item: &str) -> Result<&'f Question, Failure> {
    Ok(form.questions.iter().find(|q| asks(q, item)).ok_or_else(|| format!("{item} is on none of these departments' checklists"))?)
}

/// Who answers a question: the first of the departments that sign for it.
fn answered_by<'o>(question: &Question, organs: &'o [String]) -> Option<&'o String> {
    let signs = question.departments();
    organs.iter().find(|organ| signs.contains(&***organ))
}

impl Stage<'_> {
    /// The first officer of each of these departments.
    fn officers_of(&self, organs: &[String]) -> Result<Vec<Officer>, Failure> {
        organs.iter().map(|organ| self.with_role("officer", Some(organ))).collect()
    }

    /// From the plan to the result: made, approved, entered, answered, signed, told; correction ordered where it is demanded.
    pub fn joint_visit(&mut self, key: &str, task: &str, site: &str, organs: &[String], found: &[Found]) -> Result<(), Failure> {
        let (form, place) = (form(organs)?, self.site(site)?);
        for one in found {
            question(&form, &one.item)?;
        }
        let (officers, matters, now_ms) = (self.officers_of(organs)?, matters(organs, &self.today())?, self.now());
        let mut crew = OnSite { stage: self, officers: officers.clone() };
        let plan = Plan { site: &place.record, name: &place.name, address: &place.address, place: place.place, task, officers: &officers, form: &form, matters: &matters, now_ms };
        let visit = joint::prepare(&plan, &mut crew)?;
        let mut entries: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for q in &form.questions {
            let Some(department) = answered_by(q, organs) else { continue };
            let wrong: Vec<&Found> = found.iter().filter(|one| asks(q, &one.item)).collect();
            let answer = Answer::plain(if wrong.is_empty() { Outcome::Ok } else { Outcome::Bad });
            let mine = entries.entry(department.clone()).or_default();
            mine.push(Entry::Field(format!("answers.{}", q.code), answer.to_value().to_json()));
            if q.photo && answer.wants_photo() {
                mine.push(Entry::Photo { item: q.code.clone(), motif: u64::try_from(now_ms).unwrap_or(1) ^ q.code.len() as u64, place: at(&place.place) });
            }
            if !wrong.is_empty() {
                let notes: Vec<&str> = wrong.iter().map(|one| one.note.as_str()).collect();
                mine.push(Entry::Field(format!("notes.{}", q.code), Json::from(notes.join("；"))));
            }
        }
        crew.enter(&visit, &entries)?;
        joint::sign(&officers, &visit, &mut crew)?;
        let conclusion = if found.is_empty() { "现场未发现问题".to_owned() } else { format!("发现{}个问题，已当场指出并提出整改要求", found.len()) };
        crew.seal(&visit, "issue_result", vec![Entry::Field("result".into(), json!({ "conclusion": conclusion, "delivered_ms": now_ms, "to": "项目负责人" }))])?;
        let until = day_of(UtcMs(now_ms)).unwrap_or(Date::MAX).saturating_add(days(DAYS_TO_CORRECT));
        let mut orders = Vec::new();
        for (n, one) in found.iter().enumerate() {
            let Some(demand) = &one.demand else { continue };
            let q = question(&form, &one.item)?;
            let order = json!({
                "basis": "《中华人民共和国行政处罚法》第二十八条", "deadline": until.to_string(), "demand": demand, "department": answered_by(q, organs), "items": [q.code]
            });
            orders.push(Entry::Field(format!("orders.o{}", n + 1), order));
        }
        if orders.is_empty() {
            crew.seal(&visit, "close", Vec::new())?;
        } else {
            crew.seal(&visit, "order", orders)?;
        }
        self.keep("visit", key, visit)
    }

    /// What was ordered is found corrected, and the visit is closed.
    pub fn recheck(&mut self, key: &str) -> Result<(), Failure> {
        let visit = self.record("visit", key)?;
        let (lead, now) = (self.with_role("officer", Some("enforcement"))?, self.now());
        let shown = self.handheld(&lead.id)?.ask(&json!({ "do": "view", "input": { "record": visit, "fields": ["orders."] } }))?;
        let orders: Vec<String> =
            shown.get("fields").and_then(Json::as_object).into_iter().flatten().filter_map(|(field, _)| field.strip_prefix("orders.").map(str::to_owned)).collect();
        let mut crew = OnSite { stage: self, officers: vec![lead] };
        let rechecks: Vec<Entry> = orders.iter().map(|id| Entry::Field(format!("rechecks.{id}"), json!({ "done_ms": now, "note": "已改正", "result": "corrected" }))).collect();
        crew.seal(&visit, "review", rechecks)?;
        crew.seal(&visit, "close", Vec::new())
    }

    /// The departments go in, each with its own handheld: items, opinions, suggestions and help; then the result.
    pub fn check_up(&mut self, invitation: &str, items: &[String], opinions: &[Opinion], advice: &[Advice], support: &[Advice]) -> Result<(), Failure> {
        let record = self.record("invitation", invitation)?;
        let visit = self.field("dispatcher", &record, "visit")?.as_str().ok_or("the invitation has no visit yet; schedule it")?.to_owned();
        let organs = self.departments(invitation)?;
        let site = self.invited_to.get(invitation).cloned().ok_or("the invitation names no site")?;
        let here = at(&self.site(&site)?.place);
        let mut whole = form(&organs)?;
        for item in items.iter().chain(opinions.iter().map(|o| &o.item)) {
            question(&whole, item)?;
        }
        whole.questions.retain(|q| items.iter().any(|item| asks(q, item)));
        let (officers, now) = (self.officers_of(&organs)?, self.now());
        let until = day_of(UtcMs(now)).unwrap_or(Date::MAX).saturating_add(days(DAYS_TO_CORRECT));
        let mut crew = OnSite { stage: self, officers: officers.clone() };
        for officer in &officers {
            let here =
                json!({ "certificate": officer.certificate, "checked_in_ms": now, "code_shown": true, "department": officer.department, "name": officer.name, "role": "officer" });
            let entries = [Entry::Field(format!("participants.{}", officer.id), here)];
            crew.player(&officer.department)?.ask(&json!({ "do": "capture_each", "record": visit, "kind": "visit", "entries": entries }))?;
            crew.player(&officer.department)?.sync()?;
        }
        let pinned: Vec<Entry> = whole.pin().into_iter().map(|(key, value)| Entry::Field(key.to_string(), value.to_json())).collect();
        let lead = crew.lead()?;
        met("check_in", &lead.ask(&json!({ "do": "capture", "input": { "record": visit, "kind": "visit", "place": here, "act": { "name": "check_in" } } }))?)?;
        lead.ask(&json!({ "do": "capture_each", "record": visit, "kind": "visit", "entries": pinned }))?;
        met("record", &lead.ask(&json!({ "do": "capture", "input": { "record": visit, "kind": "visit", "act": { "name": "record" } } }))?)?;
        for officer in &officers {
            crew.player(&officer.department)?.sync()?;
        }
        let mut entries: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for q in &whole.questions {
            let Some(department) = answered_by(q, &organs) else { continue };
            let outcome = if opinions.iter().any(|o| asks(q, &o.item)) { Outcome::Bad } else { Outcome::Ok };
            entries.entry(department.clone()).or_default().push(Entry::Field(format!("answers.{}", q.code), Answer::plain(outcome).to_value().to_json()));
        }
        for (n, one) in opinions.iter().enumerate() {
            let q = question(&whole, &one.item).map_err(|_| format!("opinions: {} is not among the items of this check-up", one.item))?;
            let department = answered_by(q, &organs).ok_or("nobody signs for an item")?;
            let opinion = json!({ "clause": one.item, "deadline": until.to_string(), "department": department, "fact": one.fact, "item": q.code, "suggestion": one.suggestion });
            entries.entry(department.clone()).or_default().push(Entry::Field(format!("opinions.o{}", n + 1), opinion));
        }
        for (n, one) in advice.iter().enumerate() {
            let given = json!({ "advice": one.advice, "department": one.organ, "reference": "联合体检", "risk": one.risk });
            entries.entry(one.organ.clone()).or_default().push(Entry::Field(format!("advice.a{}", n + 1), given));
        }
        for (n, one) in support.iter().enumerate() {
            let by = officers.iter().find(|o| o.department == one.organ).map(|o| o.name.clone());
            let given = json!({ "by": by, "department": one.organ, "ms": now, "text": format!("{}：{}", one.risk, one.advice) });
            entries.entry(one.organ.clone()).or_default().push(Entry::Field(format!("support.s{}", n + 1), given));
        }
        crew.enter(&visit, &entries)?;
        let conclusion = format!("提出整改意见{}条、合规建议{}条", opinions.len(), advice.len());
        crew.seal(&visit, "issue_result", vec![Entry::Field("result".into(), json!({ "conclusion": conclusion, "delivered_ms": now, "to": "项目负责人" }))])
    }
}

/// So many days.
fn days(days: i64) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(days).unwrap_or(0) * 86_400)
}
