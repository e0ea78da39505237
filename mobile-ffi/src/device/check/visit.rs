//! A visit: the acts that it stands before, and the admission by the law and the visits that are held here.

use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use sync_core::admission::{self, Counted, Facts, Finding, key_of};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::checklist::progress;
use sync_core::dated::Book;
use sync_core::index::{Parts, parts};
use sync_core::plan::cap::{Past, YEAR_BACK};
use sync_core::record::Record;
use sync_core::visit;

use super::{After, CheckInput, area_of, keys_as, prospect_json};
use crate::device::error::Result;
use crate::device::runtime::Device;
use crate::device::store::{Tx, began};

/// The act by which a department signs its items, once for each.
const SIGN: &str = "sign";

/// What is known of the visit's objects.
struct Known {
    past: Vec<Past>,
    objects: Vec<Counted>,
    area: String,
}

impl Device {
    /// `{record, stage, tried, acts, law, day, findings}`; see `zhifa_visit_check`.
    pub fn visit_check(&self, input: CheckInput) -> Result<Json> {
        let known = input.record.is_some();
        self.rehearsed(input, &visit::KIND, |tx, after| {
            let own_day = began(&after.record).filter(|_| parts(&after.record).checked_in).and_then(|ms| day_of(UtcMs(ms)));
            let day = after.asked.or(own_day).unwrap_or(after.today);
            let found = after.law.as_ref().map(|law| -> Result<Vec<Finding>> {
                let Known { past, objects, area } = known_of(tx, &after.record, &law.book, day)?;
                Ok(admission::findings(&after.record, &Facts { book: &law.book, area: &area, day, past: &past, objects: &objects }))
            });
            let overridden = keys_as(&after.record, "overrides.", "flags.");
            let findings = found.transpose()?.map(|all| all.iter().map(|f| finding_json(f, &overridden)).collect());
            Ok(after.answer(known, day, prospects(&after), findings))
        })
    }
}

/// The acts that a visit stands before; signing once for each department of its form.
fn prospects(after: &After<'_>) -> Vec<Json> {
    let departments: Vec<String> = progress(&after.record).departments.into_keys().collect();
    let mut out = Vec::new();
    for prospect in after.possible(&visit::KIND, None) {
        if prospect.act != SIGN || departments.is_empty() {
            out.push(prospect_json(&prospect, None));
            continue;
        }
        for department in &departments {
            out.extend(after.possible(&visit::KIND, Some(department)).iter().filter(|p| p.act == SIGN).map(|p| prospect_json(p, Some(department))));
        }
    }
    out
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
fn known_of(tx: &mut Tx<'_>, record: &Record, book: &Book, day: Date) -> Result<Known> {
    let parts = parts(record);
    let area = area_of(tx, record, &visit::KIND, parts.site, book, day)?;
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
