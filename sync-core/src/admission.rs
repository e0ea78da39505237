//! Whether a visit may be: the conditions of `domain.md` §3.3 and §3.4 that need the book and other visits.
//!
//! One function for the office that approves, for the handheld that starts, and for the server when offline work comes in. It
//! is asked with the day of the event, never of arrival. A block stops an approval unless a reason is given; after the fact it
//! stands on the visit as a flag until a reviewer settles it. What needs the record alone is a guard of the stage table.
//!
//! Deliberately absent: refusing what happened. A visit that should not have been is kept and flagged.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;

use crate::base::{Date, OfficerId, RecordId};
use crate::catalogue::authority;
use crate::catalogue::lineage::lineage;
use crate::catalogue::matter::Matter;
use crate::catalogue::power::PowerType;
use crate::dated::Book;
use crate::index::{Parts, members, parts};
use crate::law::policy::{self, VisitKind};
use crate::org::may_act;
use crate::plan::cap::{Past, Verdict, standing};
use crate::record::Record;
use crate::visit;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Shown.
    Warn,
    /// Only with a reason; on a visit that took place, open until a reviewer settles it.
    Block,
}

impl Weight {
    /// Its word in `visit::WEIGHTS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Weight::Warn => "warn",
            Weight::Block => "block",
        }
    }
}

/// Every code with its weight, its source, and what it says in Chinese and English.
pub const CODES: &[(&str, Weight, &str, &str, &str)] = &[
    ("cap_last", Weight::Warn, "浙政办发〔2025〕5号", "本年度最后一次", "the last visit of the year under the cap"),
    ("cap_reached", Weight::Block, "浙政办发〔2025〕5号", "已达年度检查频次上限", "the cap on visits of the year is reached"),
    ("formalities_due", Weight::Warn, "国办发〔2024〕54号", "紧急检查须及时补办审批", "an urgent inspection whose approval has to be made up for"),
    ("matter_unknown", Weight::Block, "国办发〔2024〕54号", "检查事项未公布或当日无效", "a matter that is not on the list on this day"),
    ("near", Weight::Warn, "浙江省综合行政执法条例 13", "相近日期已有检查，可以合并", "another visit is near enough to be joined"),
    ("object_unlinked", Weight::Block, "domain.md §3.4", "检查对象未关联档案", "the object is not linked to a record, so its visits cannot be counted"),
    ("power_not_held", Weight::Block, "行政处罚法 17; 浙江省综合行政执法条例 8", "当日无检查权", "the organ does not hold the power to inspect on this day"),
    ("repeat", Weight::Block, "浙江省综合行政执法条例 13", "同日重复检查", "the same object was already visited on this day"),
    ("too_few_officers", Weight::Block, "行政处罚法 42", "持证执法人员不足", "too few officers with valid certificates"),
    ("unfit_officer", Weight::Block, "行政处罚法 42; 浙江省综合行政执法条例 29", "执法证件当日无效", "an officer without a valid certificate on this day"),
];

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// A code of [`CODES`].
    pub code: &'static str,
    /// What it is about, as part of a field key: organ, officer, object.
    pub about: String,
    /// How much it weighs.
    pub weight: Weight,
    /// Statute article or source.
    pub basis: &'static str,
    /// More, for people.
    pub detail: String,
}

impl Finding {
    fn new(code: &'static str, about: impl Into<String>, detail: impl Into<String>) -> Finding {
        let (weight, basis) = CODES.iter().find(|row| row.0 == code).map_or((Weight::Block, ""), |row| (row.1, row.2));
        Finding { code, about: about.into(), weight, basis, detail: detail.into() }
    }

    /// The key of its flag on a visit: `flags.<code>`, and what it is about.
    pub fn key(&self) -> String {
        if self.about.is_empty() { format!("flags.{}", self.code) } else { format!("flags.{}.{}", self.code, self.about) }
    }
}

/// An object of the visit as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The key under which its visits stand in `Facts::past`: its root, however it is named.
    pub key: String,
    /// Its risk, a word of `object::RISKS`.
    pub risk: String,
}

/// What is known beside the visit.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The book.
    pub book: &'a Book,
    /// The area in which it takes place.
    pub area: &'a str,
    /// The day of the event, or the planned one.
    pub day: Date,
    /// Other visits to its objects, in the year and near the day. Not the visit itself, nor one that it is joined with.
    pub past: &'a [Past],
    /// Its objects, in the order of `Parts::objects`.
    pub objects: &'a [Counted],
}

/// Everything that is wrong with a visit, in order of code and object.
pub fn findings(record: &Record, facts: &Facts<'_>) -> Vec<Finding> {
    let parts = parts(record);
    let mut out = BTreeSet::new();
    powers(record, &parts, facts, &mut out);
    if parts.checked_in {
        officers(record, facts, &mut out);
        let urgent = members_of(record, "urgent").any(|u| u.get("reason").is_some()) && members_of(record, "regularised").next().is_none();
        if urgent {
            out.insert(Finding::new("formalities_due", "", ""));
        }
    }
    if facts.objects.is_empty() {
        out.insert(Finding::new("object_unlinked", "", ""));
    }
    counts(record, &parts, facts, &mut out);
    out.into_iter().collect()
}

/// The values that stand in a single field.
fn members_of<'a>(record: &'a Record, key: &'a str) -> impl Iterator<Item = Json> + 'a {
    record.register(key).into_iter().flat_map(|r| r.candidates()).filter(|c| !c.value.is_null()).map(|c| c.value.to_json())
}

fn matters(json: &Json) -> impl Iterator<Item = &str> {
    json.get("matters").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

/// Matters named and on the list, powers held (§3.3 (1)). The competent department of a matter that was handed over goes on supervising,
/// unless the policy `transfer.department.inspects` says otherwise (浙江省综合行政执法条例 16).
fn powers(record: &Record, parts: &Parts, facts: &Facts<'_>, out: &mut BTreeSet<Finding>) {
    let supervises = policy::get::<String>(facts.book, "transfer.department.inspects", facts.day).map_or(true, |answer| answer.value == "yes");
    for (organ, json) in members(record, "organs.") {
        let (mut unknown, mut foreign) = (Vec::new(), Vec::new());
        // Guidance inspects nothing; whoever inspects says what (未公布的检查事项不得实施).
        if matters(&json).next().is_none() && parts.organs.get(organ) != Some(&VisitKind::Guidance) {
            unknown.push("—".to_owned());
        }
        for code in matters(&json) {
            let Some(matter) = facts.book.get::<Matter>(code, facts.day) else {
                unknown.push(code.to_owned());
                continue;
            };
            match authority(facts.book, code, facts.area, PowerType::Inspection, facts.day) {
                Ok(holder) if holder.organ == organ || (supervises && matter.domain == organ) => {}
                Ok(holder) => foreign.push(format!("{code} ({})", holder.organ)),
                Err(why) => foreign.push(format!("{code} ({why})")),
            }
        }
        for (code, all) in [("matter_unknown", unknown), ("power_not_held", foreign)] {
            if !all.is_empty() {
                out.insert(Finding::new(code, organ, brief(&all)));
            }
        }
    }
}

/// The first few of a list, in the length of a flag's detail.
fn brief(all: &[String]) -> String {
    let shown: Vec<&str> = all.iter().take(5).map(String::as_str).collect();
    let more = if all.len() > shown.len() { format!(" … ({})", all.len()) } else { String::new() };
    format!("{}{more}", shown.join(", ")).chars().take(400).collect()
}

/// Certificates on the day, and how many officers that leaves (§3.3 (5)).
fn officers(record: &Record, facts: &Facts<'_>, out: &mut BTreeSet<Finding>) {
    let unfit = |id: &str| id.parse::<OfficerId>().ok().and_then(|officer| may_act(facts.book, &officer, facts.day).err());
    for (id, json) in members(record, "participants.") {
        let acts = json.get("checked_in_ms").is_some_and(|ms| !ms.is_null()) && json.get("role").and_then(Json::as_str) != Some("auxiliary");
        if let Some(why) = Some(id).filter(|id| acts && !visit::recused(record, id)).and_then(unfit) {
            out.insert(Finding::new("unfit_officer", id, why.to_string()));
        }
    }
    let least = policy::get::<i64>(facts.book, "visit.officers", facts.day).map_or(2, |answer| usize::try_from(answer.value).unwrap_or(2));
    let fit = visit::officers_on_site(record, |id| unfit(id).is_none());
    if fit < least {
        out.insert(Finding::new("too_few_officers", "", format!("{fit} / {least}")));
    }
}

/// The domains of what an organ checks, by its matters on the day.
fn domains_of(record: &Record, facts: &Facts<'_>, organ: &str) -> BTreeSet<String> {
    let own = members(record, "organs.").filter(|(of, _)| *of == organ);
    own.flat_map(|(_, json)| matters(&json).filter_map(|code| facts.book.get::<Matter>(code, facts.day)).map(|matter| matter.domain).collect::<Vec<_>>()).collect()
}

/// Cap, repetition and what could have been one visit (§3.4, §3.5).
fn counts(record: &Record, parts: &Parts, facts: &Facts<'_>, out: &mut BTreeSet<Finding>) {
    let areas: Vec<String> = lineage(facts.book, facts.area, facts.day).into_iter().flatten().collect();
    let areas: Vec<&str> = areas.iter().map(String::as_str).collect();
    let repeats_nothing = parts.organs.values().all(|kind| kind.repeats_nothing()) && !parts.organs.is_empty();
    let near = policy::get::<crate::law::Period>(facts.book, "inspection.merge.window", facts.day).map_or(30, |answer| i32::from(answer.value.count));
    for object in facts.objects {
        let past = || facts.past.iter().filter(|past| past.object == object.key && past.checked_in);
        for (organ, kind) in &parts.organs {
            let domains = domains_of(record, facts, organ);
            let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
            let Ok(cap) = policy::cap(facts.book, &areas, &domains, &object.risk, facts.day) else { continue };
            let found = standing(&cap.value, past().filter(|past| past.organ == *organ), *kind, facts.day);
            let about = format!("{organ}.{}", object.key);
            let detail = format!("{} / {}", found.used, found.max);
            match found.verdict {
                Verdict::Blocked => _ = out.insert(Finding::new("cap_reached", about, detail)),
                Verdict::Last => _ = out.insert(Finding::new("cap_last", about, detail)),
                Verdict::Free | Verdict::Outside => {}
            }
        }
        if repeats_nothing {
            continue;
        }
        let others: BTreeSet<(Date, &str)> = past().filter(|past| !past.kind.repeats_nothing()).map(|past| (past.day, past.visit.as_str())).collect();
        for (day, visit) in others {
            let apart = day.until(facts.day).map_or(i32::MAX, |span| span.get_days().abs());
            if apart == 0 {
                out.insert(Finding::new("repeat", format!("{}.{visit}", object.key), visit));
            } else if apart <= near {
                out.insert(Finding::new("near", format!("{}.{visit}", object.key), format!("{day} {visit}")));
            }
        }
    }
}

/// A digest of what findings rest on in the record itself: while it stays, they need not be worked out again.
pub fn basis_of(record: &Record) -> crate::base::Digest {
    let mut parts: Vec<Vec<u8>> = vec![record.stage().as_bytes().to_vec()];
    for prefix in
        ["area", "invitation", "joined_into", "mode", "organs.", "participants.", "planned_date", "recusals.", "regularised", "signatures.", "site", "subjects.", "urgent"]
    {
        for (key, register) in record.with_prefix(prefix).filter(|(key, _)| prefix.ends_with('.') || *key == prefix) {
            parts.push(key.as_bytes().to_vec());
            parts.extend(register.candidates().iter().map(|c| c.value.as_json().as_bytes().to_vec()));
        }
    }
    let parts: Vec<&[u8]> = parts.iter().flat_map(|part| [part.as_slice(), b"\n"]).collect();
    crate::base::Digest::tagged("zhifa.admission.v1", &parts)
}

/// The key under which an object is counted.
pub fn key_of(root: RecordId) -> String {
    root.to_string()
}

#[cfg(test)]
mod tests;
