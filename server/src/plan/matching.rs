//! One run of matching (撮合): entries of plans, objects by family, visits that took place, caps and calendar of the book go
//! in; proposals come out. What it went by and what it found is kept, with a hash over it, and never changes.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::{Date, Digest, OfficerId, RecordId};
use sync_core::dated::{Book, Kind};
use sync_core::law::policy::{self, VisitKind};
use sync_core::law::{Calendar, Period};
use sync_core::org::{Organ, Post, Unit, may_act};
use sync_core::plan::cap::{Past, YEAR_BACK};
use sync_core::plan::kind::{KIND, planned, stage};
use sync_core::plan::{Entry, Ground, Merged, OpenDays, Reason, Risk, Schedule, Squad, merge, schedule};
use sync_core::record::{Kinds, read_field};

use super::proposal::{Line, Matched};
use super::{objects, read};
use crate::base::db::{ROWS, Tx};
use crate::base::problem::Problem;
use crate::law::live::Edition;
use crate::object::families;
use crate::on;
use crate::org::ops::Op;
use crate::schema::visit_part;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, load};

/// Most plans of a run.
const MAX_PLANS: usize = 100;
/// Most days of a run.
const MAX_DAYS: i32 = 3 * 366;
/// Most squads of a run.
const MAX_SQUADS: usize = 500;

/// What is to be matched.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The plans, all at MATCHING.
    pub plans: Vec<RecordId>,
    /// First day on which visits may lie; the first of all windows if left out.
    #[serde(default)]
    pub first: Option<Date>,
    /// Last such day; the last of all windows if left out.
    #[serde(default)]
    pub last: Option<Date>,
    /// Who makes the visits; the squads of the book with their certified officers if left out.
    #[serde(default)]
    pub squads: Option<Vec<Squad>>,
    /// Least days between two visits of one entry; the policy `inspection.apart` if left out.
    #[serde(default)]
    pub apart: Option<u16>,
}

/// A plan as it went into a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// The record.
    pub record: RecordId,
    /// Its last commit then: a plan that changed meanwhile is matched anew.
    pub commit: u64,
    /// Its organ.
    pub organ: String,
    /// Its unit.
    pub unit: String,
    /// Its title.
    pub title: String,
}

/// An entry as it went into a run: its object is the key under which visits are counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    /// The entry, its id made unique in the run.
    pub entry: Entry,
    /// The object that the plan names.
    pub object: RecordId,
    /// Position of its plan.
    pub plan: usize,
    /// Its id in the plan.
    pub id: String,
}

/// Everything that a run goes by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Basis {
    /// The plans.
    pub plans: Vec<Source>,
    /// Their entries.
    pub entries: Vec<Taken>,
    /// Visits that took place.
    pub past: Vec<Past>,
    /// Risk of objects, by the key under which visits are counted.
    pub risks: BTreeMap<String, Risk>,
    /// Entries whose objects were not drawn yet.
    pub undrawn: Vec<String>,
    /// First and last day.
    pub days: (Date, Date),
    /// The squads.
    pub squads: Vec<Squad>,
    /// Least days between two visits of one entry.
    pub apart: u16,
    /// Within how many days two visits are pointed out as near.
    pub near: u16,
    /// The book's revision.
    pub law_rev: i64,
}

/// What a run went by and found, without the proposals.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Body {
    /// What it went by.
    pub basis: Basis,
    /// Organ-visits of the satisfied entries by themselves.
    pub before: usize,
    /// Proposed visits.
    pub after: usize,
    /// No fewer visits satisfy these entries, as far as is proven.
    pub least: usize,
    /// Visits without a day.
    pub unplaced: usize,
    /// No schedule leaves fewer without a day.
    pub bound: usize,
    /// Entries that are not, or not wholly, satisfied.
    pub unmet: Vec<(String, Reason)>,
}

/// A run worked out.
pub struct Run {
    /// What is kept of it.
    pub body: Body,
    /// Its proposals.
    pub proposals: Vec<Line>,
}

type Checked<T> = Result<Result<T, Problem>, StoreError>;

macro_rules! refuse {
    ($problem:expr) => {
        return Ok(Err($problem))
    };
}

/// Collects what a run goes by, on one snapshot.
pub fn gather(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, wanted: &Wanted, law: &Edition) -> Checked<Basis> {
    let distinct: BTreeSet<RecordId> = wanted.plans.iter().copied().collect();
    if distinct.is_empty() || distinct.len() > MAX_PLANS || distinct.len() != wanted.plans.len() {
        refuse!(Problem::field("plans", format!("name 1 to {MAX_PLANS} plans, each once")));
    }
    let mut found: BTreeMap<RecordId, _> = load::records(tx, district, &wanted.plans, kinds)?.into_iter().map(|record| (record.id, record)).collect();
    let (mut plans, mut entries, mut undrawn) = (Vec::new(), Vec::new(), Vec::new());
    for (n, id) in wanted.plans.iter().enumerate() {
        let Some(record) = found.remove(id).filter(|record| *record.kind == *KIND.name) else { refuse!(Problem::field(&format!("plans.{n}"), format!("there is no plan {id}"))) };
        if record.stage() != stage::MATCHING {
            refuse!(Problem::new("conflict", format!("plan {id} is at {}; only plans at MATCHING are matched", record.stage())));
        }
        let text = |key: &str| read_field(&record, &KIND, key).value().and_then(|v| v.as_text()).unwrap_or_default();
        plans.push(Source { record: *id, commit: record.commit(), organ: text("organ"), unit: text("unit"), title: text("title") });
        let all = planned(&record);
        for (entry_id, entry) in &all {
            let entry = match entry {
                Ok(entry) => entry,
                Err(flaw) => refuse!(Problem::new("conflict", format!("plan {id}, entry {entry_id}: {flaw}"))),
            };
            if entry.sample.is_some() {
                // What was drawn for it stands under its id with a number behind.
                if !all.iter().any(|(other, _)| other.strip_prefix(entry_id.as_str()).is_some_and(|rest| rest.starts_with('.'))) {
                    undrawn.push(entry_id.clone());
                }
                continue;
            }
            let Ok(object) = entry.entry.object.parse::<RecordId>() else {
                refuse!(Problem::new("conflict", format!("plan {id}, entry {entry_id}: the object is no record; name a site or subject by its record")));
            };
            entries.push(Taken { entry: entry.entry.clone(), object, plan: n, id: entry_id.clone() });
        }
    }
    if entries.is_empty() {
        refuse!(Problem::field("plans", "these plans have no entry with an object; import entries, or draw their objects first"));
    }
    if let Err(problem) = make_unique(&mut entries) {
        refuse!(problem);
    }
    let windows = (entries.iter().map(|t| t.entry.from).min(), entries.iter().map(|t| t.entry.to).max());
    let first = wanted.first.or(windows.0).unwrap_or(Date::MIN);
    let last = wanted.last.or(windows.1).unwrap_or(Date::MAX);
    if last < first || first.until(last).map_or(i32::MAX, |span| span.get_days()) > MAX_DAYS {
        refuse!(Problem::field("last", format!("give a day within {MAX_DAYS} days from the first")));
    }
    let squads = match wanted.squads.clone().map_or_else(|| squads_of(&law.book, first), Ok) {
        Ok(squads) => squads,
        Err(problem) => refuse!(problem),
    };
    if squads.is_empty() || squads.len() > MAX_SQUADS {
        refuse!(Problem::field("squads", format!("name 1 to {MAX_SQUADS} squads; without, those of the book are taken that have certified officers")));
    }
    if let Err(why) = read::check_squads(&squads) {
        refuse!(Problem::field("squads", why));
    }
    let broken = |e: policy::PolicyError| Problem::new("conflict", e.to_string());
    let near = match policy::get::<Period>(&law.book, "inspection.merge.window", first) {
        Ok(near) => near.value.count,
        Err(why) => refuse!(broken(why)),
    };
    let apart = match wanted.apart.map_or_else(|| policy::get::<i64>(&law.book, "inspection.apart", first).map(|a| u16::try_from(a.value).unwrap_or(u16::MAX)), Ok) {
        Ok(apart) => apart,
        Err(why) => refuse!(broken(why)),
    };
    if !(1..=366).contains(&apart) {
        refuse!(Problem::field("apart", "give 1 to 366 days"));
    }
    let (past, risks) = families(tx, district, &mut entries, first, last)?;
    Ok(Ok(Basis { plans, entries, past, risks, undrawn, days: (first, last), squads, apart, near, law_rev: law.rev }))
}

/// Ids that several plans use are told apart by their organ.
fn make_unique(entries: &mut [Taken]) -> Result<(), Problem> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    entries.iter().for_each(|taken| *count.entry(taken.id.clone()).or_default() += 1);
    let mut seen = BTreeSet::new();
    for taken in entries {
        if count.get(&taken.id).copied() > Some(1) {
            taken.entry.id = format!("{}.{}", taken.entry.organ, taken.id);
        }
        if !seen.insert(taken.entry.id.clone()) {
            return Err(Problem::new("conflict", format!("entry {} stands in two plans of one organ; give one of them another id", taken.id)));
        }
    }
    Ok(())
}

/// Puts the key of its family in the place of each object, and gives the visits that took place there, and each family's risk.
fn families(tx: &mut Tx<'_>, district: i64, entries: &mut [Taken], first: Date, last: Date) -> Result<(Vec<Past>, BTreeMap<String, Risk>), StoreError> {
    let all = families::all(tx, district)?;
    let wanted: BTreeSet<RecordId> = entries.iter().map(|taken| all.key(taken.object)).collect();
    let risk = |key: &RecordId| {
        let risk = all.about(*key).and_then(|about| [Risk::Low, Risk::Medium, Risk::High].into_iter().find(|risk| risk.as_str() == about.risk));
        (key.to_string(), risk.unwrap_or(Risk::Low))
    };
    let risks = wanted.iter().map(risk).collect();
    let keys: BTreeMap<RecordId, RecordId> =
        all.members().filter(|(_, key)| wanted.contains(key)).chain(entries.iter().map(|taken| (taken.object, all.key(taken.object)))).collect();
    for taken in entries {
        taken.entry.object = all.key(taken.object).to_string();
    }
    let (from, to) = (first.saturating_sub(YEAR_BACK).to_string(), last.saturating_add(YEAR_BACK).to_string());
    let members: Vec<Vec<u8>> = keys.keys().map(|member| member.to_bytes().to_vec()).collect();
    let mut past = Vec::new();
    for part in members.chunks(ROWS) {
        type Row = (Vec<u8>, String, Vec<u8>, String, String, Option<Vec<u8>>);
        let rows: Vec<Row> = on!(tx, |c| visit_part::table
            .filter(visit_part::district.eq(district))
            .filter(visit_part::object.eq_any(part))
            .filter(visit_part::day.between(&from, &to))
            .order((visit_part::day, visit_part::visit, visit_part::organ))
            .select((visit_part::visit, visit_part::organ, visit_part::object, visit_part::kind, visit_part::day, visit_part::joined))
            .load(c))?;
        for (visit, organ, object, kind, day, joined) in rows {
            let (visit, object) = (record_id(joined.as_deref().unwrap_or(&visit))?, record_id(&object)?);
            let Some(key) = keys.get(&object) else { continue };
            let kind = VisitKind::parse(&kind).unwrap_or(VisitKind::Daily);
            let day = day.parse().map_err(|e| StoreError::Broken(format!("visit_part: {e}")))?;
            past.push(Past { visit: visit.to_string(), organ, object: key.to_string(), day, kind, checked_in: true });
        }
    }
    Ok((past, risks))
}

/// The squads of the book with the officers who may act on a day: they work where they are posted, else where their organ does.
pub fn squads_of(book: &Book, day: Date) -> Result<Vec<Squad>, Problem> {
    let minutes = policy::get::<i64>(book, "inspection.squad.minutes", day).map_err(|e| Problem::new("conflict", e.to_string()))?.value;
    let mut officers: BTreeMap<Box<str>, u8> = BTreeMap::new();
    for row in book.in_force(Kind::Post, day) {
        let (Some(post), Ok(officer)) = (row.typed::<Post>(), row.key.parse::<OfficerId>()) else { continue };
        if may_act(book, &officer, day).is_ok() {
            let count = officers.entry(post.unit).or_default();
            *count = count.saturating_add(1);
        }
    }
    let squad = |row: &sync_core::dated::Row| {
        let unit = row.typed::<Unit>()?;
        let strength = officers.get(&row.key).copied()?;
        let areas: BTreeSet<String> = match &unit.posted_to {
            Some(posted) => BTreeSet::from([posted.to_string()]),
            None => book.get::<Organ>(&unit.organ, day)?.areas.iter().map(ToString::to_string).collect(),
        };
        (!areas.is_empty() && unit.kind == sync_core::org::UnitKind::Squad).then(|| Squad {
            id: row.key.to_string(),
            areas,
            officers: strength,
            minutes: u16::try_from(minutes).unwrap_or(u16::MAX),
            closed: BTreeSet::new(),
        })
    };
    Ok(book.in_force(Kind::Unit, day).filter_map(squad).collect())
}

/// Merges and schedules. May take seconds: for a thread that may block.
pub fn work_out(basis: Basis, law: &Edition) -> Result<Run, Problem> {
    let conflict = |why: String| Problem::new("conflict", why);
    let open = OpenDays::of(&Calendar::of(&law.book), basis.days.0, basis.days.1, &BTreeSet::new()).map_err(|e| conflict(e.to_string()))?;
    let entries: Vec<Entry> = basis.entries.iter().map(|taken| taken.entry.clone()).collect();
    let ground = Ground { book: &law.book, open: &open, past: &basis.past, risks: &basis.risks, apart: basis.apart, near: basis.near };
    let merged = merge(&entries, &ground).map_err(|e| conflict(e.to_string()))?;
    let placed = schedule(&merged.visits, &basis.squads, &open);
    Ok(written(basis, &merged, &placed))
}

fn written(basis: Basis, merged: &Merged, placed: &Schedule) -> Run {
    let taken: BTreeMap<&str, &Taken> = basis.entries.iter().map(|taken| (&*taken.entry.id, taken)).collect();
    let places: BTreeMap<usize, _> = placed.placed.iter().map(|place| (place.visit, place)).collect();
    let without: BTreeMap<usize, _> = placed.unplaced.iter().map(|unplaced| (unplaced.visit, &unplaced.why)).collect();
    let mut proposals = Vec::with_capacity(merged.visits.len());
    for (n, visit) in merged.visits.iter().enumerate() {
        let place = places.get(&n);
        let matched = visit.entries.iter().filter_map(|entry| taken.get(&**entry)).map(|taken| Matched {
            entry: taken.entry.id.clone(),
            organ: taken.entry.organ.clone(),
            plan: basis.plans.get(taken.plan).map(|plan| plan.record).unwrap_or(taken.object),
            id: taken.id.clone(),
            object: taken.object,
            matters: taken.entry.matters.clone(),
            kind: taken.entry.kind,
            basis: taken.entry.basis.clone(),
        });
        let why = visit.why.iter().chain(place.map(|place| &place.why)).chain(without.get(&n).copied()).cloned().collect();
        proposals.push(Line {
            object: visit.object.clone(),
            area: visit.area.clone(),
            from: visit.from,
            to: visit.to,
            day: place.map(|place| place.day),
            squad: place.and_then(|place| basis.squads.get(place.squad)).map(|squad| squad.id.clone()),
            start: place.map(|place| place.start),
            organs: visit.organs.clone(),
            lead: visit.lead.clone(),
            risk: visit.risk,
            minutes: visit.minutes,
            officers: visit.officers,
            matched: matched.collect(),
            why,
        });
    }
    let undrawn = basis.undrawn.iter().map(|entry| (entry.clone(), Reason::NotDrawn { entry: entry.clone() }));
    let unmet = merged.unmet.iter().map(|unmet| (unmet.entry.clone(), unmet.why.clone())).chain(undrawn).collect();
    let body = Body { before: merged.before, after: merged.visits.len(), least: merged.least, unplaced: placed.unplaced.len(), bound: placed.bound, unmet, basis };
    Run { body, proposals }
}

/// The names of a run's objects, by the key that proposals name.
pub fn names(tx: &mut Tx<'_>, district: i64, keys: impl Iterator<Item = String>) -> Result<BTreeMap<String, String>, StoreError> {
    let ids: BTreeSet<RecordId> = keys.filter_map(|key| key.parse().ok()).collect();
    Ok(objects::names_of(tx, district, &ids)?.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

/// Whether the plans of a run are still those that went into it.
pub fn unchanged(store: &mut crate::sync::store::Working<'_, '_>, plans: &[Source]) -> Op<()> {
    for plan in plans {
        let same = store.look(plan.record)?.is_some_and(|record| record.commit() == plan.commit && record.stage() == stage::MATCHING);
        if !same {
            refuse!(Problem::new("precondition_failed", format!("plan {} has changed meanwhile; match again", plan.record)));
        }
    }
    Ok(Ok(()))
}

/// Hash over what a run went by and found.
pub fn hash(body: &str) -> Digest {
    Digest::tagged("zhifa.matching.v1", &[body.as_bytes()])
}
