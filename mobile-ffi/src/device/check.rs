//! What stands for and against a visit as this handheld knows it: the acts that it stands before with the guards that are not met, and the
//! admission by the law and the visits that are held here. The same functions as at the server; what it says here is advice, since
//! the server may know of visits that this handheld does not.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use sync_core::admission::{self, Counted, Facts, Finding, key_of};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::checklist::progress;
use sync_core::dated::{Book, Kind as Rows};
use sync_core::index::{Parts, members, object_entry, parts};
use sync_core::object::{self, SITE};
use sync_core::org::Area;
use sync_core::plan::cap::{Past, YEAR_BACK};
use sync_core::protocol::codes::REASONS;
use sync_core::record::{ActCall, Actor, Place, Prospect, Reason, Record, Weight, possible, read_field};
use sync_core::replica::{Store, rehearse, view};
use sync_core::visit;

use super::capture::{ActInput, CaptureInput, EditInput, check_version, rejected};
use super::error::{Code, DeviceError, Result};
use super::numbers::{self, NumberInput};
use super::runtime::{Device, HostTime, officer, stamp};
use super::store::{Tx, began};

/// Records that are brought up to date in one transaction.
const STEP: usize = 200;

/// Which visit, and what is about to be done to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The visit; left out, one that is about to begin.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// Writes that are judged as if they were captured.
    #[serde(default)]
    pub edits: Vec<EditInput>,
    /// The act that is about to be captured with them, tried.
    #[serde(default)]
    pub act: Option<ActInput>,
    /// Numbers that it would take; none is taken.
    #[serde(default)]
    pub numbers: Vec<NumberInput>,
    /// Where the officer stands.
    #[serde(default)]
    pub place: Option<Place>,
    /// The reason that he would give for an act.
    #[serde(default)]
    pub reason: Option<String>,
    /// When, where the host knows better than the system.
    #[serde(default)]
    pub time: Option<HostTime>,
    /// The day that book and other visits are asked for: by default that of the check-in, else today.
    #[serde(default)]
    pub day: Option<Date>,
}

/// The act by which a department signs its items, once for each.
const SIGN: &str = "sign";

/// What is known of the visit's objects.
struct Known {
    past: Vec<Past>,
    objects: Vec<Counted>,
    area: Option<String>,
}

impl Device {
    /// `{record, stage, tried, acts, law, day, findings}`; see `zhifa_visit_check`.
    pub fn visit_check(&self, input: CheckInput) -> Result<Json> {
        check_version(input.v)?;
        self.may_read()?;
        self.warm_visited();
        let law = match self.law() {
            Ok(law) => Some(law),
            Err(e) if e.code == Code::Unknown => None,
            Err(e) => return Err(e),
        };
        let today = self.day_or_today(None, law.as_deref());
        let record = input.record.unwrap_or_else(|| RecordId::from_bytes([0; 16]));
        let (time, reason, asked, known, wanted) = (input.time, input.reason, input.day, input.record.is_some(), input.numbers);
        let draft =
            CaptureInput { v: None, record: Some(record), kind: visit::NAME.into(), edits: input.edits, act: input.act, needs: vec![], place: input.place, time, numbers: vec![] };
        let mut draft = draft.draft(record)?;
        let wall = time.map(|t| t.wall);
        self.write(|tx| -> Result<Json> {
            let meta = tx.meta()?;
            let officer = officer(&meta)?;
            while tx.read_unread(STEP)? == STEP {}
            let before = view(tx, self.kinds(), record)?;
            if before.as_ref().is_some_and(|r| *r.kind != *visit::NAME) {
                return Err(DeviceError::argument("record", "is no visit; acts of other kinds are tried by capturing them"));
            }
            if known && before.is_none() {
                return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle"));
            }
            let mut stock = tx.stock()?;
            numbers::fill(tx, &mut stock, &mut draft, &wanted, time)?;
            let stamp = stamp(tx, time)?;
            let tried = draft.act.is_some();
            let (after, effect) = rehearse(tx, self.kinds(), &officer, &draft, stamp)?
                .map_err(rejected)?
                .unwrap_or_else(|| (Record::new(record, visit::NAME, visit::KIND.initial), Default::default()));
            let actor = Actor { device: meta.device, officer: &officer, place: draft.place.as_ref() };
            let acts = prospects(&after, &actor, reason.as_deref());
            let own_day = began(&after).filter(|_| parts(&after).checked_in).and_then(|ms| day_of(UtcMs(ms)));
            let now = wall.and_then(|ms| day_of(UtcMs(ms))).unwrap_or(today);
            let day = asked.or(own_day).unwrap_or(now);
            let found = law.as_ref().map(|law| -> Result<Vec<Finding>> {
                let known = known_of(tx, &after, day)?;
                let area = known.area.unwrap_or_else(|| home(&law.book, day));
                Ok(admission::findings(&after, &Facts { book: &law.book, area: &area, day, past: &known.past, objects: &known.objects }))
            });
            let overridden: BTreeSet<String> = members(&after, "overrides.").map(|(key, _)| format!("flags.{key}")).collect();
            let findings = found.transpose()?.map(|all| all.iter().map(|f| finding_json(f, &overridden)).collect::<Vec<_>>());
            let tried = tried.then(|| {
                let against = |reasons: &[Reason]| reasons.iter().map(|r| reason_json(r, "")).collect::<Vec<_>>();
                json!({ "excepted": against(&effect.excepted), "refused": against(&effect.refused), "contested": effect.contested })
            });
            let law = law.as_ref().map(|law| json!({ "rev": law.manifest.rev, "day": law.manifest.day }));
            Ok(json!({ "v": 1, "record": known.then_some(record), "stage": after.stage(), "tried": tried, "acts": acts, "law": law, "day": day, "findings": findings }))
        })
    }

    /// Brings what is known of visits and objects up to date, a few records at a time, so that nobody waits long for the store. What
    /// fails is read by whoever asks next.
    pub(super) fn warm_visited(&self) {
        while matches!(self.write(|tx| tx.read_unread(STEP)), Ok(STEP)) {}
    }
}

/// The acts that a visit stands before; signing once for each department of its form.
fn prospects(record: &Record, actor: &Actor<'_>, reason: Option<&str>) -> Vec<Json> {
    let ask = |part: Option<&str>| possible(record, &visit::KIND, actor, &ActCall { part: part.map(Into::into), reason: reason.map(Into::into), ..ActCall::new("") });
    let departments: Vec<String> = progress(record).departments.into_keys().collect();
    let mut out = Vec::new();
    for prospect in ask(None) {
        if prospect.act != SIGN || departments.is_empty() {
            out.push(prospect_json(&prospect, None));
            continue;
        }
        for department in &departments {
            out.extend(ask(Some(department)).iter().filter(|p| p.act == SIGN).map(|p| prospect_json(p, Some(department))));
        }
    }
    out
}

fn reason_json(reason: &Reason, basis: &str) -> Json {
    let (zh, en) = REASONS.iter().find(|row| row.0 == &*reason.code).map_or(("", ""), |row| (row.1, row.2));
    json!({ "code": reason.code, "about": reason.about, "basis": basis, "zh": zh, "en": en })
}

fn prospect_json(prospect: &Prospect, part: Option<&str>) -> Json {
    let against: Vec<Json> = prospect.against.iter().map(|(reason, basis)| reason_json(reason, basis)).collect();
    let weight = if prospect.weight == Weight::Deed { "deed" } else { "request" };
    json!({
        "act": prospect.act, "part": part, "to": prospect.to, "weight": weight, "seals": prospect.seals, "basis": prospect.basis,
        "met": against.is_empty(), "against": against,
    })
}

fn finding_json(finding: &Finding, overridden: &BTreeSet<String>) -> Json {
    let (zh, en) = admission::CODES.iter().find(|row| row.0 == finding.code).map_or(("", ""), |row| (row.3, row.4));
    let key = finding.key();
    json!({
        "code": finding.code, "about": finding.about, "key": key.trim_start_matches("flags."), "weight": finding.weight, "basis": finding.basis,
        "detail": finding.detail, "overridden": overridden.contains(&key), "zh": zh, "en": en,
    })
}

/// The visit's objects with the visits to them that this store knows, and the area of its site.
fn known_of(tx: &mut Tx<'_>, record: &Record, day: Date) -> Result<Known> {
    let parts = parts(record);
    let site = match parts.site {
        Some(site) => view(tx, &sync_core::schema::kinds(), site)?.filter(|site| object::is_object(&site.kind)),
        None => None,
    };
    let own = read_field(record, &visit::KIND, "area").value().and_then(|v| v.as_text());
    let area = own.or_else(|| object_entry(site.as_ref()?, &SITE).area);
    let (mut past, mut objects) = (Vec::new(), Vec::new());
    let site_family = parts.site.map(|site| tx.family(site)).transpose()?;
    let mut add = |tx: &mut Tx<'_>, members: &BTreeSet<RecordId>, alone: bool, key: &str| -> Result<()> {
        for v in tx.visits_to(members, day.saturating_sub(YEAR_BACK), day.saturating_add(YEAR_BACK))? {
            let counts_as = v.joined.unwrap_or(v.visit);
            let itself = v.visit == record.id || counts_as == record.id || Some(counts_as) == parts.joined;
            if !itself && (v.alone || !alone) && came_before(record, &parts, v.ms, v.visit) {
                past.push(Past { visit: counts_as.to_string(), organ: v.organ, object: key.to_owned(), day: v.day, kind: v.kind, checked_in: true });
            }
        }
        Ok(())
    };
    if let (true, Some(family)) = (parts.subjects.is_empty(), &site_family) {
        let key = key_of(family.key);
        add(tx, &family.members, false, &key)?;
        objects.push(Counted { key, risk: family.risk.clone() });
    }
    for subject in &parts.subjects {
        let family = tx.family(*subject)?;
        let key = key_of(family.key);
        add(tx, &family.members, false, &key)?;
        // A visit that named nobody was one to everybody on the site.
        if let Some(site) = &site_family {
            add(tx, &site.members, true, &key)?;
        }
        objects.push(Counted { key, risk: family.risk });
    }
    Ok(Known { past, objects, area })
}

/// Whether another visit counts against this one: all do while it has not begun, those that began earlier once it has. In which
/// order they reached the office, which is what counts there, a handheld cannot know.
fn came_before(record: &Record, parts: &Parts, ms: i64, other: RecordId) -> bool {
    match began(record).filter(|_| parts.checked_in) {
        Some(own) => (ms, other) < (own, record.id),
        None => true,
    }
}

/// The district's own area: the first functional one of the book.
fn home(book: &Book, day: Date) -> String {
    let mut areas = book.in_force(Rows::Area, day).filter(|row| row.typed::<Area>().is_some_and(|area| area.functional));
    areas.next().map(|row| row.key.to_string()).unwrap_or_default()
}
