//! Warnings of too many visits, worked out from the visits by enterprise (`sync_core::object::warning`).
//!
//! A warning names visits by id, organ and day, those beyond its reader's reach too: it is told to whoever reaches one of them,
//! so that organs hear of each other. What is in those visits stays within reach. Deliberately absent: officers.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::{Date, RecordId};
use sync_core::catalogue::lineage::lineage;
use sync_core::dated::Book;
use sync_core::law::Calendar;
use sync_core::law::Period;
use sync_core::law::policy::{self, VisitKind};
use sync_core::object::SITE;
use sync_core::object::warning::{CODES, Rule, Warning, last_day, warnings};
use sync_core::plan::cap::{Past, YEAR_BACK};

use super::families::{About, Families};
use super::visits;
use crate::base::db::Tx;
use crate::on;
use crate::org::reach::Reach;
use crate::react::visit::home;
use crate::schema::visit_part;
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// A warning as it is told.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// The key of the family that is warned for.
    pub object: RecordId,
    /// Its name.
    pub name: String,
    /// `subject`, or `site` where visits named no subject.
    pub kind: String,
    /// What it says in Chinese.
    pub zh: &'static str,
    /// What it says in English.
    pub en: &'static str,
    /// Statute article or source.
    pub basis: &'static str,
    /// The warning itself, with the visits that it rests on.
    #[serde(flatten)]
    pub warning: Warning,
}

impl Told {
    /// Its place among all of them.
    fn key(&self) -> String {
        let w = &self.warning;
        format!("{}.{}.{}.{}.{}", self.object, w.code, w.from, w.to, w.organ.as_deref().unwrap_or(""))
    }
}

/// A page of warnings.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The warnings, by enterprise.
    pub items: Vec<Told>,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What warnings go by.
pub struct Ground<'a> {
    /// The book.
    pub book: &'a Book,
    /// Its calendar.
    pub calendar: Calendar,
    /// The district's own area: that of an object that names none.
    pub home: String,
}

impl<'a> Ground<'a> {
    /// By a book, as of a day.
    pub fn of(book: &'a Book, day: Date) -> Ground<'a> {
        Ground { book, calendar: Calendar::of(book), home: home(book, day) }
    }
}

/// Visits by family: those that name the subject, and those to a site that named nobody.
pub fn by_family(tx: &mut Tx<'_>, district: i64, families: &Families, only: Option<&BTreeSet<RecordId>>, days: (Date, Date)) -> Result<BTreeMap<RecordId, Vec<Past>>, StoreError> {
    type Row = (Vec<u8>, String, Vec<u8>, bool, String, String, Option<Vec<u8>>);
    let (first, last) = (days.0.saturating_sub(YEAR_BACK).to_string(), days.1.to_string());
    let only: Option<Vec<Vec<u8>>> = only.map(|members| members.iter().map(|m| m.to_bytes().to_vec()).collect());
    let columns = (visit_part::visit, visit_part::organ, visit_part::object, visit_part::alone, visit_part::kind, visit_part::day, visit_part::joined);
    let rows: Vec<Row> = on!(tx, |c| {
        let mut q = visit_part::table.filter(visit_part::district.eq(district)).filter(visit_part::day.between(first, last)).select(columns).into_boxed();
        if let Some(only) = only {
            q = q.filter(visit_part::object.eq_any(only));
        }
        q.load(c)
    })?;
    let mut joined = BTreeMap::new();
    for (visit, .., into) in &rows {
        if let Some(into) = into {
            joined.insert(record_id(visit)?, record_id(into)?);
        }
    }
    let mut out: BTreeMap<RecordId, Vec<Past>> = BTreeMap::new();
    for (visit, organ, object, alone, kind, day, _) in rows {
        let object = record_id(&object)?;
        let key = families.key(object);
        if !alone && families.about(key).is_some_and(|about| about.kind == SITE.name) {
            continue;
        }
        let visit = end_of(&joined, record_id(&visit)?);
        let day = day.parse().map_err(|e| StoreError::Broken(format!("visit_part: {e}")))?;
        let kind = VisitKind::parse(&kind).unwrap_or(VisitKind::Daily);
        out.entry(key).or_default().push(Past { visit: visit.to_string(), organ, object: key.to_string(), day, kind, checked_in: true });
    }
    Ok(out)
}

/// The visit as which one counts that was joined.
fn end_of(joined: &BTreeMap<RecordId, RecordId>, from: RecordId) -> RecordId {
    let (mut at, mut seen) = (from, BTreeSet::new());
    while seen.insert(at)
        && let Some(next) = joined.get(&at)
    {
        at = *next;
    }
    at
}

/// The warnings for one family whose last visit lies within the days.
pub fn of_family(ground: &Ground<'_>, key: RecordId, about: &About, past: &[Past], (from, to): (Date, Date)) -> Vec<Told> {
    let area = about.area.as_deref().unwrap_or(&ground.home);
    let window = |day: Date| {
        let period = policy::get::<Period>(ground.book, "alert.repeated.window", day).map_or(Period::calendar_days(30), |answer| answer.value);
        last_day(&ground.calendar, period, day)
    };
    // Which matters were checked the index does not say, so rows of the cap for a domain of its own are left to the admission.
    let cap = |day: Date| {
        let areas: Vec<String> = lineage(ground.book, area, day).into_iter().flatten().collect();
        let areas: Vec<&str> = areas.iter().map(String::as_str).collect();
        policy::cap(ground.book, &areas, &[], &about.risk, day).ok().map(|answer| answer.value)
    };
    let least = policy::get::<i64>(ground.book, "alert.repeated.visits", to).map_or(3, |answer| usize::try_from(answer.value).unwrap_or(3));
    let found = warnings(past, &Rule { visits: least, window: &window, cap: &cap });
    let told = |warning: Warning| {
        let (basis, zh, en) = CODES.iter().find(|row| row.0 == warning.code).map_or(("", "", ""), |row| (row.1, row.2, row.3));
        Told { object: key, name: about.name.clone(), kind: about.kind.clone(), zh, en, basis, warning }
    };
    found.into_iter().filter(|w| (from..=to).contains(&w.to)).map(told).collect()
}

/// Which warnings are asked for.
#[derive(Debug, Clone)]
pub struct Query {
    /// First and last day on which the last visit of a warning lies.
    pub days: (Date, Date),
    /// Only of this code.
    pub code: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Warnings of a page.
    pub limit: i64,
}

/// A page of warnings of the whole district, as far as they rest on a visit within reach.
pub fn page(tx: &mut Tx<'_>, district: i64, ground: &Ground<'_>, query: &Query, reach: &Reach) -> Result<Page, StoreError> {
    let families = super::families::all(tx, district)?;
    let mut all = BTreeMap::new();
    for (key, past) in by_family(tx, district, &families, None, query.days)? {
        let unknown = About { kind: sync_core::object::SUBJECT.name.to_owned(), risk: "low".into(), ..About::default() };
        let told = of_family(ground, key, families.about(key).unwrap_or(&unknown), &past, query.days);
        all.extend(told.into_iter().filter(|t| query.code.as_deref().is_none_or(|code| code == t.warning.code)).map(|t| (t.key(), t)));
    }
    let named = |told: &Told| told.warning.visits.iter().filter_map(|v| v.visit.parse().ok()).collect::<BTreeSet<RecordId>>();
    let near = visits::within(tx, district, &all.values().flat_map(named).collect(), reach)?;
    let after = query.after.as_deref().unwrap_or("");
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut items: Vec<Told> =
        all.into_iter().filter(|(key, told)| key.as_str() > after && named(told).iter().any(|visit| near.contains(visit))).map(|(_, told)| told).take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(Told::key);
    Ok(Page { items, next })
}
