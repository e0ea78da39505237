//! What visits and invitations say.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Fact, Out, blank, ms, only, text, word};
use crate::base::date::day_of;
use crate::base::{RecordId, UtcMs};
use crate::index::{Parts, members, parts};
use crate::record::{Record, read_field};
use crate::{invitation, visit};

/// Stages of a visit that takes place nowhere.
const NOWHERE: &[&str] = &[visit::stage::CANCELLED];

/// Flags of the admission that say that an object is visited too much, by what is counted of them.
const WARNINGS: &[(&str, &str)] = &[("cap_reached", "warned_often"), ("repeat", "warned_repeat")];

/// What a visit says on the day on which it began.
pub(super) fn of_visit(record: &Record, out: &mut Out) {
    let parts = parts(record);
    let json = |key: &str| read_field(record, &visit::KIND, key).value().map(|v| v.to_json()).unwrap_or_default();
    let begun = members(record, "participants.").filter_map(|(_, p)| ms(&p, "checked_in_ms")).min().or_else(|| ms(&json("urgent"), "at_ms"));
    let planned = text(record, &visit::KIND, "planned_date").and_then(|day| day.parse().ok());
    let Some(day) = begun.and_then(|at| day_of(UtcMs(at))).or(planned) else { return };
    let (unit, area) = (text(record, &visit::KIND, "unit"), text(record, &visit::KIND, "area"));
    let all = |what| Fact { unit: unit.clone(), area: area.clone(), ..blank(what, day) };
    let part_of = |what, organ: &str, object| Fact { about: organ.to_owned(), organ: Some(organ.to_owned()), object, ..all(what) };
    if NOWHERE.contains(&record.stage()) {
        // A duplicate that was cancelled because another visit covers it.
        if parts.joined.is_some() {
            spread(&parts, |organ, object| _ = out.insert(part_of("spared", organ, object)));
        }
        return;
    }
    if !parts.checked_in || parts.joined.is_some() {
        return;
    }
    let answers: Vec<(&str, Json)> = members(record, "answers.").collect();
    // Guidance that a firm asked for is no inspection (domain.md §4): it counts as what it gave, never as a visit.
    if text(record, &visit::KIND, "mode").as_deref() != Some("guidance") {
        let plan = |organ: &str| json(&format!("organs.{organ}")).get("plan").is_some_and(|plan| !plan.is_null());
        let joint = parts.organs.len() > 1;
        let task = text(record, &visit::KIND, "task").filter(|task| !task.is_empty());
        let round = task.map_or_else(|| record.id.to_string(), |task| format!("{task} {day} {}", unit.as_deref().unwrap_or_default()));
        let shown = members(record, "participants.").any(|(_, p)| p.get("code_shown") == Some(&Json::Bool(true)));
        let bad = answers.iter().any(|(_, answer)| word(answer, "result") == Some("bad"));
        spread(&parts, |organ, object| {
            let planned = plan(organ);
            let says = [("visit", true), ("alone", !joint), ("planned", planned), ("joint", joint), ("joint_planned", joint && planned), ("code_shown", shown), ("problem", bad)];
            out.extend(says.into_iter().filter(|(_, so)| *so).map(|(what, _)| part_of(what, organ, object)));
            if joint {
                out.insert(Fact { about: round.clone(), ..part_of("joint_round", organ, object) });
            }
            // Each organ but the first would have come on its own.
            if parts.organs.keys().next().is_some_and(|first| first != organ) {
                out.insert(part_of("spared", organ, object));
            }
        });
    }
    let object = only(&parts.objects().into_iter().collect());
    let part = |what, about: &str, organ: Option<&str>| Fact { about: about.to_owned(), organ: organ.map(str::to_owned), object, ..all(what) };
    for (id, order) in members(record, "orders.") {
        out.insert(part("order", id, word(&order, "department")));
        if word(&json(&format!("rechecks.{id}")), "result") == Some("corrected") {
            out.insert(part("order_corrected", id, word(&order, "department")));
        }
    }
    for (id, support) in members(record, "support.") {
        out.insert(part("support", id, word(&support, "department")));
    }
    for (id, rating) in members(record, "ratings.") {
        if let Some(score) = ms(&rating, "score") {
            out.insert(Fact { amount: score, ..part("rating", id, None) });
        }
    }
    for (key, flag) in members(record, "flags.") {
        let Some((_, what)) = WARNINGS.iter().find(|(code, _)| word(&flag, "code") == Some(code)) else { continue };
        // The flag names the object by the root of its family, among organ and visit.
        let about = word(&flag, "about").unwrap_or_default();
        let warned = about.split('.').find_map(|part| part.parse::<RecordId>().ok()).or(object);
        let organ = about.split('.').find(|part| parts.organs.contains_key(*part));
        for what in ["warned", what] {
            out.insert(Fact { object: warned, ..part(what, key, organ) });
        }
    }
    if word(&json("source"), "kind") == Some("invitation") {
        for (code, _) in answers.iter().filter(|(_, answer)| matches!(word(answer, "result"), Some("ok" | "bad"))) {
            out.insert(part("examined", code, item_of(record, code).as_deref()));
        }
        for (what, prefix) in [("advised", "advice."), ("opined", "opinions.")] {
            for (id, given) in members(record, prefix) {
                out.insert(part(what, id, word(&given, "department")));
            }
        }
        for organ in parts.organs.keys() {
            out.insert(part("invited", organ, Some(organ)));
        }
    }
}

/// The department of an item of the form; none if it is several departments'.
fn item_of(record: &Record, item: &str) -> Option<String> {
    let item = read_field(record, &visit::KIND, &format!("items.{item}")).value()?.to_json();
    match item.get("departments")?.as_array()?.as_slice() {
        [one] => one.as_str().map(str::to_owned),
        _ => None,
    }
}

/// Each organ with each of the objects: its subjects, or its site; one that is not known is one.
fn spread(parts: &Parts, mut row: impl FnMut(&str, Option<RecordId>)) {
    let known: Vec<_> = parts.objects().into_iter().map(Some).collect();
    let objects = if known.is_empty() { vec![None] } else { known };
    for organ in parts.organs.keys() {
        objects.iter().for_each(|object| row(organ, *object));
    }
}

/// What an invitation says on the day on which it came.
pub(super) fn of_invitation(record: &Record, out: &mut Out) {
    let field = |key: &str| text(record, &invitation::KIND, key);
    let Some(day) = field("day").and_then(|day| day.parse().ok()).filter(|_| record.stage() != invitation::stage::WITHDRAWN) else { return };
    let row = |object| Fact { object, unit: field("unit"), area: field("area"), ..blank("invitation", day) };
    let objects: BTreeSet<RecordId> = ["site", "firm"].iter().filter_map(|key| field(key)?.parse().ok()).collect();
    if objects.is_empty() {
        out.insert(row(None));
    }
    out.extend(objects.into_iter().map(|object| row(Some(object))));
}
