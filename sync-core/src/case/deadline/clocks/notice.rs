//! Legal review, notice, hearing, service and correction (`domain.md` §5.3, §5.5, §5.6).

use super::super::ground::{Ground, Run};
use super::super::{Clock, Due};
use crate::base::Date;
use crate::base::date::{next, start_of};
use crate::case::{execution, service, stage};
use crate::law::period::{Period, Unit};
use crate::law::{Deadline, Outcome, policy};

/// Stages at which the party's answer to the notice is still awaited.
const AWAITED: &[&str] = &[stage::PRE_NOTICED, stage::FAST_RUNNING];

/// From the day on which it was asked for; from a hearing, after which it is mandatory (行政处罚法 58).
pub(super) fn legal_review(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let asked = ["handler", "section"].into_iter().filter_map(|voice| g.view.day_of(&format!("opinions.review_legality.{voice}"), "at_ms")).max();
    let Some(from) = asked.max(g.view.day_of("hearing", "ended_ms")) else { return Vec::new() };
    let reviewed = g.view.day_of("legal_review", "at_ms").filter(|day| *day >= from);
    vec![g.run(clock, from, Run { done: reviewed.or_else(|| g.over()), ..Run::default() })]
}

pub(super) fn statement(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let Some(told) = g.view.day_of("pre_notice", "served_ms") else { return Vec::new() };
    let said = g.view.day_of("defence", "at_ms").filter(|day| *day >= told);
    let mut due = g.run(clock, told, Run { done: said, ..Run::default() });
    passed(g, &mut due);
    vec![due]
}

pub(super) fn hearing_request(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let told = g.view.day_of("pre_notice", "served_ms").filter(|_| g.view.yes("pre_notice", "hearing_told"));
    let Some(told) = told else { return Vec::new() };
    let asked = g.view.day_of("hearing", "requested_ms").filter(|day| *day >= told);
    let mut due = g.run(clock, told, Run { done: asked, ..Run::default() });
    passed(g, &mut due);
    vec![due]
}

/// What was not used is over once the case has gone on.
fn passed(g: &Ground<'_>, due: &mut Due) {
    if due.done.is_none() && !AWAITED.contains(&g.view.stage()) {
        due.done = due.due;
    }
}

/// The last day on which a notice still comes in time: seven working days before the hearing (行政处罚法 64 第二项).
pub(super) fn hearing_notice(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let (Some(asked), Some(held)) = (g.view.day_of("hearing", "requested_ms"), g.view.day_of("hearing", "at_ms")) else { return Vec::new() };
    let answer = policy::get::<Period>(g.book, clock.policy.unwrap_or_default(), asked);
    let end = answer.as_ref().map_err(ToString::to_string).and_then(|answer| before(g, held, answer.value));
    let end = end.map(|day| Outcome::Ends(Deadline { due: day, unshifted_due: day, ends_at: start_of(next(day)), provisional: false }));
    let forgone = g.view.yes("hearing", "absent") || g.view.yes("hearing", "withdrawn");
    let done = g.view.day_of("hearing", "notice_ms").or(if forgone { Some(asked) } else { None });
    vec![g.until(clock, asked, end, "行政处罚法第六十四条第二项", done)]
}

/// The latest day from which a period is over by a day.
fn before(g: &Ground<'_>, held: Date, period: Period) -> Result<Date, String> {
    let (mut day, mut left) = (held, period.count);
    while left > 0 {
        let counts = period.unit != Unit::WorkingDays || g.calendar.is_working_day(day).map_err(|e| e.to_string())?;
        left -= u16::from(counts);
        day = day.yesterday().map_err(|e| e.to_string())?;
    }
    Ok(day)
}

/// From the decision, or from its change, to the day on which the organ did its part (行政处罚法 61).
pub(super) fn serve(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let Some(decided) = g.decided().filter(|_| g.view.stage() != stage::NO_VIOLATION) else { return Vec::new() };
    let undone = [stage::REVOKED, stage::TERMINATED, stage::WITHDRAWN].contains(&g.view.stage());
    let changed = g.view.day_of("ended", "at_ms").filter(|day| !undone && *day > decided && g.view.word("ended", "authority").is_some());
    let from = changed.unwrap_or(decided);
    let served = service::of_decision(g.view, g.book, g.calendar).ok().flatten().map(|effect| effect.acted).filter(|day| *day >= from);
    let done = served.or_else(|| if undone { g.view.day_of("ended", "at_ms") } else { None });
    vec![g.run(clock, from, Run { done, ..Run::default() })]
}

pub(super) fn correct(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let order = g.view.json("order");
    let (Some(from), Some(until)) = (g.view.day_of("order", "served_ms"), execution::day(&order, "deadline")) else { return Vec::new() };
    vec![g.named(clock, "", from, until, g.view.day_of("order", "rechecked_ms"))]
}
