//! What cases say.

use std::collections::BTreeSet;

use super::{Fact, Out, blank, days, ms, only, word};
use crate::base::RecordId;
use crate::case::{read::View, stage};
use crate::record::Record;

/// Stages of a case whose decision is none, or is undone.
const DROPPED: &[&str] = &[stage::WITHDRAWN, stage::TERMINATED, stage::TRANSFERRED, stage::TO_POLICE, stage::NOT_FILED, stage::REVOKED];

/// What a case says: its clue on the day of discovery, and every step on its own day.
pub(super) fn of_case(record: &Record, out: &mut Out) {
    let view = View::of(record);
    let objects: BTreeSet<RecordId> = ["site", "party.subject"].iter().filter_map(|key| view.text(key)?.parse().ok()).collect();
    let row = |what, day| Fact { unit: view.text("unit"), area: view.text("area"), object: only(&objects), matter: view.text("matter"), ..blank(what, day) };
    let (filed, decided) = (view.day("filed_date"), view.day("decided_date"));
    // One row for each object: by these, rows of the whole case are found under all of its objects.
    if let Some(day) = view.day("found_date").or_else(|| view.day_of("clue", "found_ms")).or(filed).or(decided) {
        let each = objects.iter().copied().map(Some).chain(objects.is_empty().then_some(None));
        out.extend(each.map(|object| Fact { object, ..row("clue", day) }));
    }
    if let Some(day) = filed {
        out.insert(row("case_filed", day));
    }
    if let Some(day) = decided.filter(|_| !DROPPED.contains(&record.stage())) {
        out.insert(row("case_decided", day));
        let exempt = view.word("exemption", "clause");
        if exempt.as_deref() == Some("first_time") {
            out.insert(row("case_first", day));
        }
        if exempt.is_none() && view.word("penalty", "kind").is_some() {
            out.insert(row("case_punished", day));
        }
        if view.word("legal_review", "outcome").is_some() {
            out.insert(row("case_reviewed", day));
        }
        let lasted = filed.map_or(0, |filed| days(filed, day));
        let fast = ms(&view.json("fast"), "started_ms").is_some() && ms(&view.json("fast"), "converted_ms").is_none();
        if fast {
            out.insert(Fact { amount: lasted, ..row("case_fast", day) });
        } else if filed.is_some() {
            out.insert(Fact { amount: lasted, ..row("case_ordinary", day) });
        }
    }
    if let Some(day) = view.day_of("court", "applied_ms") {
        out.insert(row("case_court", day));
    }
    for (id, assist) in view.all("assists.") {
        if let Some(day) = word(&assist, "day").and_then(|day| day.parse().ok()) {
            out.insert(Fact { about: id.to_owned(), ..row("assist", day) });
        }
    }
    for (id, remedy) in view.all("remedies.") {
        let Some(day) = word(&remedy, "ended").and_then(|day| day.parse().ok()) else { continue };
        out.insert(Fact { about: id.to_owned(), ..row("remedy", day) });
        if matches!(word(&remedy, "outcome"), Some("changed" | "revoked")) {
            out.insert(Fact { about: id.to_owned(), ..row("remedy_lost", day) });
        }
    }
}
