//! A suspected crime on its way to the police (国务院令730; `domain.md` §5.5).

use super::super::ground::{Ground, Run};
use super::super::{Clock, Due};
use crate::case::stage;

/// A period from one member of `crime` to another.
fn between(g: &Ground<'_>, clock: &Clock, from: &str, done: &str) -> Vec<Due> {
    let from = g.view.day_of("crime", from);
    from.map(|from| g.run(clock, from, Run { done: g.view.day_of("crime", done), ..Run::default() })).into_iter().collect()
}

/// Three days for the head to decide (第五条第一款).
pub(super) fn decide(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    between(g, clock, "suspected_ms", "decided_ms")
}

/// Twenty-four hours from the approval to the transfer (第五条第二款).
pub(super) fn transfer(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let decided = g.view.number("crime", "decided_ms").filter(|_| g.view.yes("crime", "transferred"));
    decided.and_then(|decided| g.hours(clock, "", decided, g.view.number("crime", "transferred_ms"))).into_iter().collect()
}

/// Three days for the police (第八条).
pub(super) fn answer(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    between(g, clock, "transferred_ms", "answered_ms")
}

/// Three days to object to an answer that declined (第九条).
pub(super) fn objection(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    if g.view.word("crime", "answer").as_deref() != Some("declined") {
        return Vec::new();
    }
    let mut out = between(g, clock, "answered_ms", "objected_ms");
    for due in out.iter_mut().filter(|due| due.done.is_none() && g.view.stage() != stage::TO_POLICE) {
        due.done = due.due;
    }
    out
}

/// Three days from the notice of filing to hand over property (第十二条).
pub(super) fn property(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    if g.view.word("crime", "answer").as_deref() == Some("filed") { between(g, clock, "answered_ms", "property_ms") } else { Vec::new() }
}
