//! The clue, the penalty on the spot, the case as a whole, and its fast handling (`domain.md` §5.1–§5.3, §6).

use super::super::ground::{Ground, Run, at};
use super::super::{Clock, Due};

fn one(due: Option<Due>) -> Vec<Due> {
    due.into_iter().collect()
}

/// From the discovery to the head's word on the filing, once longer by approval (住建部令55).
pub(super) fn check(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let found = g.view.day("found_date").or_else(|| g.view.day_of("clue", "found_ms"));
    let longer: &[&str] = if g.extended("check", None) { &["penalty.check.extension"] } else { &[] };
    one(found.map(|found| g.run(clock, found, Run { longer, done: g.view.day("filed_date").or_else(|| g.over()), ..Run::default() })))
}

/// Ninety days from the filing, whatever way the case is handled (行政处罚法 60).
pub(super) fn general(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let Some(filed) = g.view.day("filed_date") else { return Vec::new() };
    let grounds = g.excluded(filed);
    let stops = g.stops(&grounds.iter().map(String::as_str).collect::<Vec<_>>());
    let longer: Vec<&'static str> = [("head", "penalty.general.extension.head"), ("collective", "penalty.general.extension.collective")]
        .into_iter()
        .filter(|(way, _)| g.extended("general", Some(way)))
        .map(|(_, key)| key)
        .collect();
    vec![g.run(clock, filed, Run { stops: &stops, longer: &longer, done: g.over(), ..Run::default() })]
}

/// Seven working days from the filing; a case that is converted leaves it, and keeps the ninety days.
pub(super) fn fast(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let started = g.view.day_of("fast", "started_ms");
    let from = g.view.day("filed_date").or(started).filter(|_| started.is_some());
    let done = g.view.day_of("fast", "converted_ms").or_else(|| g.over());
    one(from.map(|from| g.run(clock, from, Run { done, ..Run::default() })))
}

pub(super) fn simple_report(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let decided = g.on_the_spot().or_else(|| g.decided()).filter(|_| g.is_simple());
    one(decided.map(|decided| g.run(clock, decided, Run { done: g.view.day_of("simple", "reported_ms"), ..Run::default() })))
}

fn collected(g: &Ground<'_>, from: &str, done: &str, clock: &Clock) -> Vec<Due> {
    let some = g.view.number("collected", "amount_fen").is_some_and(|fen| fen > 0);
    let from = g.view.number("collected", from).and_then(at).filter(|_| some);
    one(from.map(|from| g.run(clock, from, Run { done: g.view.day_of("collected", done), ..Run::default() })))
}

/// From the collection; on water from landing, which the officers say by the day that they enter (行政处罚法 71).
pub(super) fn hand_in(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    collected(g, "at_ms", "handed_in_ms", clock)
}

pub(super) fn bank(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    collected(g, "handed_in_ms", "banked_ms", clock)
}
