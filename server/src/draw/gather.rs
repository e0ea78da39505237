//! Candidates and inspectors as of one day, from the index and the book.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use sync_core::base::{Date, OfficerId, RecordId};
use sync_core::catalogue::lineage::lineage;
use sync_core::catalogue::matter::Matter;
use sync_core::dated::{Book, Kind};
use sync_core::index::{members, parts};
use sync_core::law::policy::{self, VisitKind};
use sync_core::object::CREDITS;
use sync_core::org::{Certificate, HolderKind, Unit, ancestors, may_act, unit_of};
use sync_core::plan::cap::{YEAR_BACK, standing};
use sync_core::visit::stage;

use super::compose::Candidate;
use super::{LeftOut, Recused, Rule};
use crate::object::families::{self, Families};
use crate::on;
use crate::react::visit::home;
use crate::schema::{listing, object, officer, visit_part};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working, load};
use crate::visit::count::{self, Own};

/// Stages of visits that are over: a recusal on one of them bears on nothing any more.
const OVER: &[&str] = &[stage::CLOSED, stage::CANCELLED, stage::ABORTED];
/// Records read at once.
const STEP: usize = 500;

/// Somebody who may act for the organ on the day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The number of his certificate.
    pub key: String,
    /// Who he is.
    pub officer: OfficerId,
}

/// The officers of an organ's units: those who may act on the day and are not suspended, by certificate; and the others with the reason.
pub fn people(store: &mut Working<'_, '_>, book: &Book, organ: &str, day: Date) -> Result<(Vec<Person>, Vec<LeftOut>), StoreError> {
    let district = store.district;
    let rows: Vec<(String, String, Option<i64>)> =
        on!(store.tx, |c| officer::table.filter(officer::district.eq(district)).select((officer::id, officer::unit, officer::suspended_ms)).load(c))?;
    let mut units: BTreeMap<OfficerId, String> = BTreeMap::new();
    let mut suspended = BTreeSet::new();
    for (who, unit, since) in rows {
        let who: OfficerId = who.parse().map_err(|e| StoreError::Broken(format!("officer: {e}")))?;
        if since.is_some() {
            suspended.insert(who.clone());
        }
        units.insert(who, unit);
    }
    // Where the book posts somebody goes before what the roster says.
    for who in book.in_force(Kind::Post, day).filter_map(|row| row.key.parse::<OfficerId>().ok()) {
        if let Some(unit) = unit_of(book, &who, day) {
            units.insert(who, unit.into());
        }
    }
    let mut certificates: BTreeMap<OfficerId, String> = BTreeMap::new();
    for row in book.in_force(Kind::Certificate, day) {
        if let Some(held) = row.typed::<Certificate>().filter(|held| held.holder_kind == HolderKind::Officer && !held.suspended) {
            certificates.entry(held.officer).or_insert_with(|| row.key.to_string());
        }
    }
    let (mut fit, mut left_out) = (Vec::new(), Vec::new());
    for (who, _) in units.into_iter().filter(|(_, unit)| book.get::<Unit>(unit, day).is_some_and(|unit| &*unit.organ == organ)) {
        if suspended.contains(&who) {
            left_out.push(LeftOut { officer: who, why: "暂停执法资格 Suspended".into() });
            continue;
        }
        match (may_act(book, &who, day), certificates.remove(&who)) {
            // A number that is no token, by some other pattern, does not go on the list as it is; the officer's key does.
            (Ok(()), number) => fit.push(Person { key: number.filter(|n| sync_core::base::ids::is_token(n)).unwrap_or_else(|| who.to_string()), officer: who }),
            (Err(why), _) => left_out.push(LeftOut { officer: who, why: why.to_string() }),
        }
    }
    fit.sort();
    Ok((fit, left_out))
}

/// Candidates, their names by key, and the families of all objects.
pub type Found = (Vec<Candidate>, BTreeMap<String, String>, Families);

/// The candidates of a rule, each family once, with their names.
pub fn candidates(store: &mut Working<'_, '_>, book: &Book, rule: &Rule, day: Date, own: RecordId) -> Result<Found, StoreError> {
    let district = store.district;
    let families = families::all(store.tx, district)?;
    type Row = (Vec<u8>, Option<String>, Option<String>);
    let rows: Vec<Row> =
        on!(store.tx, |c| object::table.filter(object::district.eq(district)).filter(object::kind.eq(&rule.kind)).select((object::record, object::list, object::credit)).load(c))?;
    let mut found: BTreeMap<RecordId, (Candidate, BTreeSet<RecordId>)> = BTreeMap::new();
    let rank = |word: &str| CREDITS.iter().position(|c| *c == word);
    for (record, list, credit) in rows {
        let record = record_id(&record)?;
        let key = families.key(record);
        let Some(about) = families.about(key) else { continue };
        let fresh = || (Candidate { key, lists: BTreeSet::new(), risk: about.risk.clone(), credit: String::new(), standing: None }, BTreeSet::new());
        let (one, members) = found.entry(key).or_insert_with(fresh);
        members.insert(record);
        one.lists.extend(list);
        if let Some(credit) = credit.filter(|credit| rank(credit) > rank(&one.credit)) {
            one.credit = credit;
        }
    }
    if let Some(wanted) = &rule.area {
        let mut within: BTreeMap<String, bool> = BTreeMap::new();
        found.retain(|key, _| {
            let Some(area) = families.about(*key).and_then(|about| about.area.as_ref()) else { return false };
            *within.entry(area.clone()).or_insert_with(|| area == wanted || ancestors(book, area, day).contains(wanted.as_str()))
        });
    }
    caps(store, book, rule, day, own, &families, &mut found)?;
    let name = |key: &RecordId| families.about(*key).map(|about| about.name.clone()).unwrap_or_default();
    let names = found.keys().map(|key| (key.to_string(), name(key))).collect();
    Ok((found.into_values().map(|(one, _)| one).collect(), names, families))
}

/// Where the organ stands with those that it visited in the year.
fn caps(
    store: &mut Working<'_, '_>,
    book: &Book,
    rule: &Rule,
    day: Date,
    own: RecordId,
    families: &Families,
    found: &mut BTreeMap<RecordId, (Candidate, BTreeSet<RecordId>)>,
) -> Result<(), StoreError> {
    let district = store.district;
    let (first, last) = (day.saturating_sub(YEAR_BACK).to_string(), day.saturating_add(YEAR_BACK).to_string());
    let visited: Vec<Vec<u8>> = on!(store.tx, |c| visit_part::table
        .filter(visit_part::district.eq(district))
        .filter(visit_part::organ.eq(&rule.organ))
        .filter(visit_part::day.between(&first, &last))
        .select(visit_part::object)
        .distinct()
        .load(c))?;
    let visited: BTreeSet<RecordId> = visited.iter().map(|v| record_id(v).map(|v| families.key(v))).collect::<Result<_, _>>()?;
    let domains: BTreeSet<String> = rule.matters.iter().filter_map(|code| book.get::<Matter>(code, day)).map(|matter| matter.domain).collect();
    let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
    let home = home(book, day);
    for (key, (one, members)) in found.iter_mut().filter(|(key, _)| visited.contains(key)) {
        let area = families.about(*key).and_then(|about| about.area.clone()).unwrap_or_else(|| home.clone());
        let areas: Vec<String> = lineage(book, &area, day).into_iter().flatten().collect();
        let areas: Vec<&str> = areas.iter().map(String::as_str).collect();
        let Ok(cap) = policy::cap(book, &areas, &domains, &one.risk, day) else { continue };
        let lines = count::lines(store.tx, district, members, false, day)?;
        let past = count::before(&lines, &Own { visit: own, day, joined: None, since: None }, &key.to_string());
        one.standing = Some(standing(&cap.value, past.iter().filter(|past| past.organ == rule.organ), VisitKind::Daily, day));
    }
    Ok(())
}

/// The recusals that stand on open visits.
pub fn recusals(store: &mut Working<'_, '_>) -> Result<Vec<Recused>, StoreError> {
    let (district, kinds) = (store.district, store.kinds);
    let open: Vec<Vec<u8>> = on!(store.tx, |c| listing::table
        .filter(listing::district.eq(district))
        .filter(listing::kind.eq(sync_core::visit::NAME))
        .filter(listing::stage.ne_all(OVER))
        .select(listing::record)
        .load(c))?;
    let mut out = Vec::new();
    for part in open.chunks(STEP) {
        let ids = part.iter().map(|k| record_id(k)).collect::<Result<Vec<_>, _>>()?;
        for record in load::records(store.tx, district, &ids, kinds)? {
            let parts = parts(&record);
            for (officer, json) in members(&record, "recusals.") {
                let Ok(officer) = officer.parse::<OfficerId>() else { continue };
                let reason = json.get("reason").and_then(|r| r.as_str()).unwrap_or_default().to_owned();
                out.extend(parts.subjects.iter().chain(&parts.site).map(|object| Recused { officer: officer.clone(), object: *object, reason: reason.clone() }));
            }
        }
    }
    Ok(out)
}
