//! What a record contributes to lists, searches and counts: pure readings, so that an index beside the records can be
//! rebuilt from them and compared.
//!
//! Every value that stands is read, not only the one that wins: a contested name is found under both. Deliberately absent:
//! the index itself, and anything that needs the book or another record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::base::{Date, RecordId, UtcMs, date::day_of};
use crate::case::{self, party, read::View};
use crate::credit::repair;
use crate::law::policy::VisitKind;
use crate::object;
use crate::record::{Kind, Record, read_field};
use crate::visit;

/// A record's line in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Listing {
    /// What it is called.
    pub title: String,
    /// The day that it is about: planned, applied for, wanted.
    pub day: Option<Date>,
    /// The day by which something has to be done, as far as the record itself says so.
    pub due: Option<Date>,
    /// The number under which it is known: the code of the act, an application's number.
    pub code: Option<String>,
    /// The site or subject that it is about.
    pub object: Option<RecordId>,
    /// Blocks that nobody has settled.
    pub flags: u32,
}

/// Most characters of a title.
const MAX_TITLE: usize = 200;

/// The value that a field reads, or the first that stands if it is contested.
fn reads(record: &Record, kind: &Kind, key: &str) -> Option<Json> {
    let one = read_field(record, kind, key).value().cloned();
    one.or_else(|| record.register(key)?.candidates().iter().map(|c| c.value.clone()).find(|v| !v.is_null())).map(|v| v.to_json())
}

/// The members of a collection that stand: key without prefix, and a value each.
pub fn members<'a>(record: &'a Record, prefix: &'a str) -> impl Iterator<Item = (&'a str, Json)> {
    record.with_prefix(prefix).flat_map(move |(key, register)| {
        let key = key.strip_prefix(prefix).unwrap_or_default();
        register.candidates().iter().filter(|c| !c.value.is_null()).map(move |c| (key, c.value.to_json()))
    })
}

fn text(json: &Json, member: &str) -> Option<String> {
    json.get(member)?.as_str().map(str::to_owned)
}

fn day(json: &Json) -> Option<Date> {
    json.as_str()?.parse().ok()
}

/// The line of a record of any kind.
pub fn listing(record: &Record, kind: &Kind) -> Listing {
    let field = |key: &str| reads(record, kind, key);
    let first = |keys: &[&str]| keys.iter().find_map(|key| field(key));
    let string = |json: Option<Json>| json.and_then(|j| j.as_str().map(str::to_owned));
    let order_due = || members(record, "orders.").map(|(id, _)| id).filter_map(|id| visit::deadline_of(record, id)).min();
    let open = |flag: &Json| text(flag, "weight").as_deref() == Some("block") && text(flag, "settled").is_none_or(|s| s.trim().is_empty());
    let flagged: BTreeSet<String> = members(record, "flags.").filter(|(_, flag)| open(flag)).map(|(key, _)| key.to_owned()).collect();
    // The first and last day of a plan.
    let bound = |member: &str| field("window").and_then(|window| window.get(member).and_then(day));
    let waits_for_orders = *record.kind == *visit::NAME && record.stage() == visit::stage::RECTIFYING;
    Listing {
        title: string(first(&["title", "name", "site.name", "firm.name"])).unwrap_or_default().chars().take(MAX_TITLE).collect(),
        day: first(&["planned_date", "day", "filed_date"]).as_ref().and_then(day).or_else(|| bound("from")),
        due: field("due").and_then(|due| due.get("day").and_then(day)).or_else(|| if waits_for_orders { order_due() } else { None }).or_else(|| bound("to")),
        code: field("code").and_then(|c| text(&c, "no")).or_else(|| string(first(&["number", "case_no"]))),
        object: string(first(&["site", "object"])).and_then(|id| id.parse().ok()),
        flags: u32::try_from(flagged.len()).unwrap_or(u32::MAX),
    }
}

/// What a visit was to whom: the rows by which visits are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Parts {
    /// Organs that take part, each with why it does.
    pub organs: BTreeMap<String, VisitKind>,
    /// Subjects that are visited.
    pub subjects: BTreeSet<RecordId>,
    /// The site.
    pub site: Option<RecordId>,
    /// The visit that it was joined into.
    pub joined: Option<RecordId>,
    /// Whether officers checked in: one that was cancelled before does not count.
    pub checked_in: bool,
}

impl Parts {
    /// What the cap is counted for: the subjects, or the site if none is named.
    pub fn objects(&self) -> Vec<RecordId> {
        if self.subjects.is_empty() { self.site.into_iter().collect() } else { self.subjects.iter().copied().collect() }
    }
}

fn kind_of(word: Option<&str>) -> Option<VisitKind> {
    VisitKind::ALL.iter().copied().find(|kind| Some(kind.as_str()) == word)
}

/// The parts of a visit. An organ whose officers checked in takes part whether or not the scheme names it.
pub fn parts(record: &Record) -> Parts {
    let field = |key: &str| reads(record, &visit::KIND, key);
    let usual = match field("mode").as_ref().and_then(Json::as_str) {
        Some("special") => VisitKind::SpecialOwn,
        Some("triggered") => VisitKind::Triggered,
        // Guidance is outside every cap, so it has to say upon which invitation it is given.
        Some("guidance") if field("invitation").is_some() => VisitKind::Guidance,
        Some("appointment" | "guidance") => VisitKind::Appointment,
        _ => VisitKind::Daily,
    };
    let mut organs = BTreeMap::new();
    for (organ, json) in members(record, "organs.") {
        let own = kind_of(json.get("kind").and_then(Json::as_str)).filter(|_| usual != VisitKind::Guidance);
        organs.insert(organ.to_owned(), own.unwrap_or(usual));
    }
    for (_, json) in members(record, "participants.").filter(|(_, p)| p.get("checked_in_ms").is_some_and(|ms| !ms.is_null())) {
        if let Some(department) = text(&json, "department").filter(|_| text(&json, "role").as_deref() != Some("auxiliary")) {
            organs.entry(department).or_insert(usual);
        }
    }
    let subjects = members(record, "subjects.").filter_map(|(id, _)| id.parse().ok()).collect();
    let id = |key: &str| field(key).as_ref().and_then(Json::as_str).and_then(|id| id.parse().ok());
    let before = [visit::stage::CREATED, visit::stage::APPROVED, visit::stage::NOTIFIED, visit::stage::CANCELLED];
    Parts { organs, subjects, site: id("site"), joined: id("joined_into"), checked_in: !before.contains(&record.stage()) }
}

/// What a case says to other cases of the same party.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CaseEntry {
    /// The keys of its party (`case::party`); empty if nothing identifies it.
    pub parties: BTreeSet<String>,
    /// Its matter; empty if none is named.
    pub matter: String,
    /// The unit in charge; empty if none is named.
    pub unit: String,
    /// First and last day of the act.
    pub act_day: Option<Date>,
    /// The last day of an act that went on.
    pub act_end: Option<Date>,
    /// The day on which it was decided.
    pub decided: Option<Date>,
    /// All fines together, in fen.
    pub fine_fen: i64,
    /// Whether it punishes: a kind of penalty stands, and no ground of exemption.
    pub punished: bool,
    /// The ground of exemption.
    pub exemption: Option<String>,
    /// The site.
    pub site: Option<RecordId>,
}

/// The day of a decision on the spot that the office has not seen yet.
fn on_spot(record: &Record) -> Option<Date> {
    if record.stage() == case::stage::CLUE { None } else { case::finding::simple::decided(&View::of(record)) }
}

/// The entry of a case.
pub fn case_entry(record: &Record) -> CaseEntry {
    let string = |key: &str| reads(record, &case::KIND, key).and_then(|j| j.as_str().map(str::to_owned));
    let word = |key: &str, member: &str| reads(record, &case::KIND, key).as_ref().and_then(|json| text(json, member));
    let date = |key: &str| reads(record, &case::KIND, key).as_ref().and_then(day);
    let exemption = word("exemption", "clause");
    CaseEntry {
        parties: party::keys(record),
        matter: string("matter").unwrap_or_default(),
        unit: string("unit").unwrap_or_default(),
        act_day: date("act_date"),
        act_end: date("act_end"),
        decided: date("decided_date").or_else(|| on_spot(record)),
        fine_fen: View::of(record).fines().0,
        punished: exemption.is_none() && word("penalty", "kind").is_some(),
        exemption,
        site: string("site").and_then(|id| id.parse().ok()),
    }
}

/// What a repair says to lists, reminders and figures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RepairEntry {
    /// The case.
    pub case: Option<RecordId>,
    /// The unit in charge; empty if none is named.
    pub unit: String,
    /// The key of whoever was punished (`case::party`): by the credit code, else by the record itself.
    pub party: String,
    /// The day of the decision.
    pub decided: Option<Date>,
    /// The rules of the day of the decision, and those that apply.
    pub regimes: (String, String),
    /// How grave it is.
    pub category: String,
    /// First day of an application.
    pub opens: Option<Date>,
    /// The day on which the display ends by itself.
    pub latest: Option<Date>,
    /// The day on which it was found to be repairable.
    pub qualified: Option<Date>,
    /// Who brought the application in.
    pub channel: Option<String>,
    /// The day of the last application.
    pub applied: Option<Date>,
    /// The day on which the repair was granted.
    pub approved: Option<Date>,
    /// The day on which the credit site confirmed it.
    pub synced: Option<Date>,
    /// Days from the application to the grant.
    pub days: Option<u32>,
}

/// The entry of a repair.
pub fn repair_entry(record: &Record) -> RepairEntry {
    let json = |key: &str| reads(record, &repair::KIND, key).unwrap_or_default();
    let string = |key: &str| json(key).as_str().map(str::to_owned).unwrap_or_default();
    let reckoned = json("reckoned");
    let word = |member: &str| text(&reckoned, member).unwrap_or_default();
    let at = |key: &str| json(key).get("at_ms").and_then(Json::as_i64).and_then(|ms| day_of(UtcMs(ms)));
    let application = json("application");
    let applied = at("application");
    let approved = at("result").filter(|_| json("result").get("approved").and_then(Json::as_bool) == Some(true));
    let took = applied.zip(approved).and_then(|(from, to)| u32::try_from(from.until(to).ok()?.get_days()).ok());
    RepairEntry {
        case: string("case").parse().ok(),
        unit: string("unit"),
        party: party::of_uscc(&string("party.uscc")).unwrap_or_else(|| format!("repair:{}", record.id)),
        decided: day(&json("day")),
        regimes: (word("own"), word("regime")),
        category: word("category"),
        opens: reckoned.get("opens").and_then(day),
        latest: reckoned.get("latest").and_then(day),
        qualified: json("qualified").get("day").and_then(day),
        channel: text(&application, "channel"),
        applied,
        approved,
        synced: at("synced"),
        days: took,
    }
}

/// What an officer did from when to when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Busy {
    /// The officer.
    pub officer: String,
    /// The field in which it stands.
    pub entry: String,
    /// Beginning, UTC milliseconds.
    pub from_ms: i64,
    /// End, UTC milliseconds; the beginning where none is on record.
    pub until_ms: i64,
}

/// Longest inquiry, measure or visit that counts as such, in milliseconds: an end that was mistyped does not fill years.
const LONGEST: i64 = 7 * 24 * 3_600_000;

/// What officers did: inquiries and measures of a case, check-ins of a visit. Measures that last (registration, seizure) bind
/// nobody, so only their beginning counts.
pub fn busy(record: &Record) -> Vec<Busy> {
    let mut out = BTreeSet::new();
    let ms = |json: &Json, member: &str| json.get(member).and_then(Json::as_i64);
    let mut add = |officer: &str, entry: String, from: i64, until: Option<i64>| {
        let until_ms = until.filter(|until| (from..=from.saturating_add(LONGEST)).contains(until)).unwrap_or(from);
        out.insert(Busy { officer: officer.to_owned(), entry, from_ms: from, until_ms });
    };
    if *record.kind == *case::NAME {
        for (prefix, began) in [("inquiries.", "started_ms"), ("measures.", "began_ms")] {
            for (key, json) in members(record, prefix) {
                let lasts = matches!(json.get("kind").and_then(Json::as_str), Some("registration" | "seizure" | "appraisal"));
                let Some(from) = ms(&json, began) else { continue };
                for officer in json.get("by").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
                    add(officer, format!("{prefix}{key}"), from, ms(&json, "ended_ms").filter(|_| !lasts));
                }
            }
        }
    } else if *record.kind == *visit::NAME {
        for (officer, json) in members(record, "participants.").filter(|(officer, _)| !visit::recused(record, officer)) {
            if let Some(from) = ms(&json, "checked_in_ms") {
                add(officer, format!("participants.{officer}"), from, None);
            }
        }
    }
    // Where an entry is contested the longest counts.
    let mut whole: BTreeMap<(String, String), Busy> = BTreeMap::new();
    for one in out {
        let kept = whole.entry((one.entry.clone(), one.officer.clone())).or_insert_with(|| one.clone());
        (kept.from_ms, kept.until_ms) = (kept.from_ms.min(one.from_ms), kept.until_ms.max(one.until_ms));
    }
    whole.into_values().collect()
}

/// An object's entry: what it is searched by and judged with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ObjectEntry {
    /// Its name.
    pub name: String,
    /// Its area.
    pub area: Option<String>,
    /// Which list it is on (`object::LISTS`).
    pub list: Option<String>,
    /// Its risk (`object::RISKS`).
    pub risk: Option<String>,
    /// Its credit (`object::CREDITS`).
    pub credit: Option<String>,
    /// Longitude and latitude, degrees × 10⁷.
    pub place: Option<(i64, i64)>,
    /// What it was joined into.
    pub joined: Option<RecordId>,
    /// Only handhelds have written it so far: made in the field, and looked at by nobody in the office.
    pub field_made: bool,
    /// Records of which somebody said that they are not this object.
    pub apart: BTreeSet<RecordId>,
}

/// The entry of a site or a subject.
pub fn object_entry(record: &Record, kind: &Kind) -> ObjectEntry {
    let string = |key: &str| reads(record, kind, key).and_then(|j| j.as_str().map(str::to_owned));
    let place = reads(record, kind, "place").and_then(|p| Some((p.get("lon_e7")?.as_i64()?, p.get("lat_e7")?.as_i64()?)));
    ObjectEntry {
        name: string("name").unwrap_or_default().chars().take(MAX_TITLE).collect(),
        area: string("area"),
        list: string("list"),
        risk: string("risk"),
        credit: string("credit"),
        place,
        joined: object::joined_into(record),
        field_made: !record.seen().iter().any(|dot| dot.device.is_office()),
        apart: members(record, "distinct.").filter_map(|(id, _)| id.parse().ok()).collect(),
    }
}
