//! Who writes which part of a plan and when, and what the policy of the day asks of it beyond its guards.

use sync_core::base::Date;
use sync_core::base::date::day_of;
use sync_core::dated::Book;
use sync_core::law::policy;
use sync_core::org::Unit;
use sync_core::plan::kind::{KIND, MAX_ENTRIES, is_open, planned};
use sync_core::record::{Record, read_field};

use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::Role::{Dispatcher, Head, Liaison, PanelMember, Reviewer, SectionHead};
use crate::record::Order;

/// Those who write what an organ plans.
pub(super) const AUTHORS: &[Role] = &[Liaison, Dispatcher, SectionHead];

/// Field, and who writes it; everything else is its authors', and `matching` nobody's but the matching's.
const PARTS: &[(&str, &[Role])] = &[
    ("approval", &[Head]),
    ("matching", &[]),
    ("notes", &[Liaison, Dispatcher, SectionHead, Reviewer, PanelMember, Head]),
    ("opinion.discussion", &[PanelMember, Dispatcher, Head]),
    ("opinion.legal", &[Reviewer]),
    ("published", &[Dispatcher]),
    ("report", &[Liaison, Dispatcher, SectionHead]),
];

/// Checks an order for a plan; `after` is the record with its edits in it, `before` the record as it stands.
pub fn check(roles: &[Role], order: &Order, before: Option<&Record>, after: &Record, book: &Book, now: sync_core::base::UtcMs) -> Result<(), Problem> {
    for edit in &order.edits {
        let part = PARTS.iter().find(|(key, _)| edit.field == *key || edit.field.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')));
        let allowed = part.map_or(AUTHORS, |(_, roles)| *roles);
        if !roles.iter().any(|role| allowed.contains(role)) {
            return Err(Problem::new("forbidden", format!("{:.80} of a plan is not written by your roles", edit.field)));
        }
        let stage = before.map(Record::stage);
        if part.is_none() && stage.is_some_and(|at| !is_open(at)) {
            return Err(Problem::new(
                "conflict",
                format!("{:.80} is written in DRAFT and ADJUSTING; this plan is at {}; send it back first", edit.field, stage.unwrap_or_default()),
            ));
        }
    }
    within_bounds(planned(after).len())?;
    let today = day_of(now).unwrap_or(Date::MAX);
    match order.act.as_deref() {
        Some("submit" | "resubmit") => submitted(after, book, today),
        Some("approve") => discussed(after, book, today),
        _ => Ok(()),
    }
}

/// Refuses a plan that grows too large.
pub(super) fn within_bounds(entries: usize) -> Result<(), Problem> {
    if entries <= MAX_ENTRIES {
        return Ok(());
    }
    Err(Problem::field("entries", format!("a plan has at most {MAX_ENTRIES} entries and would have {entries}; begin a second plan")))
}

fn text(record: &Record, key: &str) -> Option<String> {
    read_field(record, &KIND, key).value()?.as_text()
}

/// The unit is of the organ, and each entry has as many officers as the policy asks for on its first day (行政处罚法第四十二条).
fn submitted(after: &Record, book: &Book, today: Date) -> Result<(), Problem> {
    let (organ, unit) = (text(after, "organ").unwrap_or_default(), text(after, "unit").unwrap_or_default());
    if let Some(found) = book.get::<Unit>(&unit, today).filter(|found| *found.organ != *organ) {
        return Err(Problem::field("organ", format!("{unit} is a unit of {}; an organ plans for itself", found.organ)));
    }
    for (id, entry) in planned(after) {
        let entry = entry.map_err(|flaw| Problem::field(&format!("entries.{id}"), flaw.to_string()))?;
        let least = policy::get::<i64>(book, "visit.officers", entry.entry.from).map_err(|e| Problem::new("conflict", e.to_string()))?.value;
        if let Some(flaw) = entry.flaws(u8::try_from(least).unwrap_or(u8::MAX)).first() {
            return Err(Problem::field(&format!("entries.{id}.{}", flaw.field), flaw.why.clone()));
        }
    }
    Ok(())
}

/// As many took part in the discussion as the policy asks for.
fn discussed(after: &Record, book: &Book, today: Date) -> Result<(), Problem> {
    let least = policy::get::<i64>(book, "plan.discussion.members", today).map_err(|e| Problem::new("conflict", e.to_string()))?.value;
    let discussion = read_field(after, &KIND, "opinion.discussion").value().map(|v| v.to_json()).unwrap_or_default();
    let members: std::collections::BTreeSet<&str> = discussion.get("members").and_then(|m| m.as_array()).into_iter().flatten().filter_map(|member| member.as_str()).collect();
    // Where there are no minutes at all, the guard says so.
    if discussion.is_object() && i64::try_from(members.len()).is_ok_and(|n| n < least) {
        return Err(Problem::field("opinion.discussion.members", format!("{} took part, {least} are needed (plan.discussion.members)", members.len())));
    }
    Ok(())
}
