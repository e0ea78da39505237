//! What the office does about credit repair by itself: begins the record of a decision's repair when the decision is served, reckons
//! category, days and duties anew whenever the case moves, opens and closes the way to an application, and says by when it has to act.
//!
//! Days pass without anybody writing: [`crate::credit::watch`] runs the same reckoning for what a new day changes.

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, RecordId};
use sync_core::case::fast::{Condition, State};
use sync_core::case::read::View;
use sync_core::credit::condition::{conditions, eligible, opens, undone};
use sync_core::credit::repair::{KIND, NAME, OPEN, PENDING, day, stage};
use sync_core::credit::{assess, assess::concerns, term};
use sync_core::law::Calendar;
use sync_core::law::policy::Shown;
use sync_core::record::{ActCall, Draft, Record, read_field};

use super::invitation::digest;
use super::{Ground, derived_id, put};
use crate::case::gate::Edits;
use crate::sync::store::{StoreError, Working};

/// The record of a case's repair: the same for the same case, whoever asks.
pub fn repair_of(case: RecordId) -> RecordId {
    derived_id("zhifa.repair.v1", case, "")
}

/// What the reaction to a repair rests on.
pub fn basis(record: &Record) -> Digest {
    digest(record, &["acceptance", "application", "case", "ceased", "extensions.", "qualified", "reckoned", "result"])
}

/// Follows a case: a decision that was served has a repair, and what is written of it changes with the case.
pub fn follow_case(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let repair = store.look(repair_of(record.id))?;
    drafts(store, record, repair.as_ref(), ground)
}

/// Reckons a repair anew from its case.
pub fn react(store: &mut Working<'_, '_>, repair: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let case: Option<RecordId> = read_field(repair, &KIND, "case").value().and_then(|v| v.as_text()).and_then(|id| id.parse().ok());
    let Some(case) = case.map(|id| store.look(id)).transpose()?.flatten() else { return Ok(Vec::new()) };
    drafts(store, &case, Some(repair), ground)
}

fn is(conditions: &[Condition], code: &str) -> bool {
    conditions.iter().any(|one| one.code == code && one.state == State::Met)
}

/// Everything that case, book and day want written into a repair.
fn drafts(store: &mut Working<'_, '_>, case: &Record, repair: Option<&Record>, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let (view, book, today) = (View::of(case), &ground.law.book, day_of(store.now).unwrap_or(Date::MAX));
    if let Some(over) = repair.filter(|repair| [stage::SYNCED, stage::REVOKED, stage::CEASED].contains(&repair.stage())) {
        // Nothing is awaited of it any more, and what was due is done.
        let edits: Edits = put(over, "due", None).into_iter().collect();
        return Ok(if edits.is_empty() { Vec::new() } else { vec![Draft { edits, ..Draft::of(over.id, NAME) }] });
    }
    let calendar = Calendar::of(book);
    let found = match assess(&view, book, &calendar, today) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Vec::new()),
        Err(why) => {
            tracing::warn!(case = %case.id, why, "a credit record cannot be reckoned by the book as it stands");
            return Ok(Vec::new());
        }
    };
    let conditions = conditions(&view, repair, &found, book, &calendar, today);
    if repair.is_none() && !(is(&conditions, "stands") && concerns(&view, book, found.regime.day) && found.shown != Shown::No) {
        return Ok(Vec::new());
    }
    let fresh = Record::new(repair_of(case.id), NAME, KIND.initial);
    let record = repair.unwrap_or(&fresh);
    let mut edits = Edits::new();
    let mut write = |key: &str, value: Option<Json>| edits.extend(put(record, key, value.as_ref()));
    write("case", Some(json!(case.id)));
    for (key, from) in [
        ("unit", "unit"),
        ("area", "area"),
        ("matter", "matter"),
        ("site", "site"),
        ("subject", "party.subject"),
        ("title", "title"),
        ("number", "decision_no"),
        ("day", "decided_date"),
        ("party.kind", "party.kind"),
        ("party.name", "party.name"),
        ("party.uscc", "party.uscc"),
    ] {
        // What is contested on the case stays as it was.
        if let Some(text) = view.text(from) {
            write(key, Some(json!(text)));
        }
    }
    // What was decided on is not reckoned anew.
    if !sync_core::credit::repair::REPAIRED.contains(&record.stage()) {
        let mut reckoned = json!({
            "category": found.category, "corrected": is(&conditions, "corrected"), "displayed": is(&conditions, "displayed"), "doubtful": found.doubtful,
            "duties": is(&conditions, "duties"), "materials": found.materials, "own": found.regime.own, "regime": found.regime.applies, "shown": found.shown,
            "stands": is(&conditions, "stands"),
        });
        for (member, day) in [("latest", found.latest), ("opens", opens(&found, book)), ("start", found.start)] {
            if let (Some(day), Some(members)) = (day, reckoned.as_object_mut()) {
                members.insert(member.to_owned(), json!(day.to_string()));
            }
        }
        write("reckoned", Some(reckoned));
    }
    let due = term::due(record, book, &calendar).unwrap_or_else(|why| {
        tracing::warn!(repair = %record.id, why, "what is due of a repair cannot be reckoned");
        None
    });
    write("due", due.map(|due| json!({ "day": due.day.to_string(), "for": due.code, "since": due.since.to_string() })));
    let may = eligible(&conditions);
    let over = found.latest.is_some_and(|latest| today >= latest);
    let undecided = [stage::NOT_ELIGIBLE, stage::ELIGIBLE].contains(&record.stage()) || OPEN.contains(&record.stage()) || PENDING.contains(&record.stage());
    let act = if repair.is_none() {
        None
    } else if undecided && (undone(&view) || (over && !PENDING.contains(&record.stage()))) {
        let reason = if undone(&view) { "处罚决定已被撤销" } else { "最长公示期已届满，自动停止公示" };
        write("ceased", Some(json!({ "at_ms": store.now.0, "day": today.to_string(), "reason": reason })));
        Some("cease")
    } else if record.stage() == stage::NOT_ELIGIBLE && may {
        write("qualified", Some(json!({ "day": today.to_string() })));
        Some("qualify")
    } else if record.stage() == stage::ELIGIBLE && !may {
        // A day that has come does not go; what was found by rules that have changed since may.
        if day(record, "qualified", "day") < opens(&found, book) {
            write("qualified", None);
        }
        Some("disqualify")
    } else {
        None
    };
    if edits.is_empty() && act.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Draft { edits, act: act.map(ActCall::new), ..Draft::of(record.id, NAME) }])
}
