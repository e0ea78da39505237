//! From the service of a decision to the archive, and its publication (`domain.md` §5.7, §5.9).

use super::super::ground::{Ground, Run};
use super::super::{Clock, Due};
use crate::base::date::{day_of, next, start_of};
use crate::base::{Date, UtcMs};
use crate::case::execution::{self, instalments, obligation, paid_on, remedies};
use crate::case::{service, stage as s};
use crate::law::{Deadline, Outcome};

/// Stages after which money is no longer asked for.
const OVER: &[&str] = &[s::REVOKED, s::ENFORCED, s::CLOSED, s::ARCHIVED];

fn served(g: &Ground<'_>) -> Option<Date> {
    g.decided()?;
    service::of_decision(g.view, g.book, g.calendar).ok().flatten().map(|effect| effect.day)
}

/// The day on which money was no longer asked for: paid, or the decision gone, or enforcement over.
fn settled(g: &Ground<'_>) -> Option<Date> {
    let over = || [("ended", "at_ms"), ("court", "ended_ms"), ("performed", "done_ms")].into_iter().filter_map(|(key, member)| g.view.day_of(key, member)).max();
    paid_on(g.view).map(|day| day.max(served(g).unwrap_or(day))).or_else(|| if OVER.contains(&g.view.stage()) { over() } else { None })
}

/// Whether the decision asks for money.
fn asks(g: &Ground<'_>) -> bool {
    obligation(g.view).total().0 > 0
}

/// Fifteen days from the service (行政处罚法 67 第三款); what may be paid in instalments has days of its own.
pub(super) fn pay(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let from = served(g).filter(|_| asks(g) && instalments(g.view).is_empty());
    from.map(|from| g.run(clock, from, Run { done: settled(g), ..Run::default() })).into_iter().collect()
}

/// Each instalment by its own day; payments fill the earliest first.
pub(super) fn instalment(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let Some(from) = served(g) else { return Vec::new() };
    let parts = instalments(g.view);
    // What is not in the instalments was due before them.
    let mut need = obligation(g.view).total().0 - parts.iter().map(|p| p.amount).sum::<i64>();
    let payments = execution::payments(g.view);
    let mut out = Vec::new();
    for part in parts {
        need += part.amount;
        let (mut sum, mut done) = (0_i64, None);
        for paid in payments.iter().filter(|p| p.purpose != execution::Purpose::Surcharge) {
            sum = sum.saturating_add(paid.amount);
            if sum >= need && done.is_none() {
                done = Some(paid.day.max(from));
            }
        }
        out.push(g.named(clock, &part.key, part.granted.unwrap_or(from).max(from), part.day, done.or_else(|| settled(g))));
    }
    out
}

/// 催告书送达十日后 (行政强制法 54): until then the court cannot be asked.
pub(super) fn urge_wait(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let urged = g.view.day_of("urge", "served_ms");
    let done = settled(g).or_else(|| g.view.day_of("court", "applied_ms"));
    urged.map(|urged| g.run(clock, urged, Run { done, ..Run::default() })).into_iter().collect()
}

/// The first day on which a remedy of a kind was used.
fn used(g: &Ground<'_>, kinds: &[&str], since: Date) -> Option<Date> {
    remedies(g.view).into_iter().filter(|r| kinds.contains(&r.kind.as_str()) && r.filed >= since).map(|r| r.filed).min()
}

pub(super) fn review(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    served(g).map(|from| g.run(clock, from, Run { done: used(g, &["review", "suit"], from), ..Run::default() })).into_iter().collect()
}

/// Six months from the service (行政诉讼法 46); a review puts another period in its place.
pub(super) fn suit(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    served(g).map(|from| g.run(clock, from, Run { done: used(g, &["review", "suit"], from), ..Run::default() })).into_iter().collect()
}

/// Fifteen days from the end of the review (行政诉讼法 45).
pub(super) fn suit_after_review(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let ended = remedies(g.view).into_iter().filter(|r| r.kind == "review").filter_map(|r| r.ended).max();
    ended.map(|ended| g.run(clock, ended, Run { done: used(g, &["suit"], ended), ..Run::default() })).into_iter().collect()
}

/// The last day on which the court can be asked (行政强制法 53); it stands still while a remedy is pending.
pub(super) fn court_window(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let Some(from) = served(g).filter(|_| asks(g)) else { return Vec::new() };
    let done = g.view.day_of("court", "applied_ms").or_else(|| settled(g));
    let out = match execution::window(g.view, g.book, g.calendar) {
        Ok(None) => return Vec::new(),
        Ok(Some(window)) => {
            let began = window.began.unwrap_or(from);
            let pending = || remedies(g.view).into_iter().filter(|r| r.ended.is_none()).map(|r| r.filed).min();
            let end = match window.closes {
                Some(day) => Outcome::Ends(Deadline { due: day, unshifted_due: day, ends_at: start_of(next(day)), provisional: false }),
                None => Outcome::Stands { since: pending().unwrap_or(from) },
            };
            g.until(clock, began, Ok(end), window.basis, done)
        }
        Err(why) => g.until(clock, from, Err(why), "行政强制法 53", done),
    };
    vec![out]
}

/// Thirty days from the head's word that closes the case, or that it is not filed, handed over or withdrawn.
pub(super) fn archive(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let act = match g.view.stage() {
        s::CLOSED => "close",
        s::NOT_FILED => "not_file",
        s::WITHDRAWN => "withdraw",
        s::TRANSFERRED => "transfer",
        s::ARCHIVED => "",
        _ => return Vec::new(),
    };
    let from = if act.is_empty() { ["close", "not_file", "withdraw", "transfer"].into_iter().find_map(|act| g.approved(act)) } else { g.approved(act) };
    from.map(|from| g.run(clock, from, Run { done: g.view.day_of("archive", "at_ms"), ..Run::default() })).into_iter().collect()
}

/// The day on which it was settled whether a decision is shown to the public.
fn shown(g: &Ground<'_>) -> Option<Date> {
    g.view.word("publicity", "state").and_then(|_| g.view.day_of("publicity", "at_ms"))
}

fn publication(g: &Ground<'_>, clock: &Clock, punished: bool) -> Vec<Due> {
    let Some(decided) = g.decided() else { return Vec::new() };
    let unpunished = g.view.word("exemption", "clause").is_some() || g.view.word("penalty", "kind").is_none();
    if unpunished == punished || g.view.stage() == s::NO_VIOLATION {
        return Vec::new();
    }
    let gone = || if g.view.stage() == s::REVOKED { g.view.day_of("ended", "at_ms") } else { None };
    vec![g.run(clock, decided, Run { done: shown(g).or_else(gone), ..Run::default() })]
}

pub(super) fn publish(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    publication(g, clock, true)
}

pub(super) fn publish_other(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    publication(g, clock, false)
}

/// Three working days from the change or revocation of what was published (行政处罚法 48 第二款).
pub(super) fn withdraw(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    g.decided().and_then(|_| gone(g, clock)).into_iter().collect()
}

fn gone(g: &Ground<'_>, clock: &Clock) -> Option<Due> {
    let undone = g.view.day_of("ended", "at_ms").filter(|_| g.view.word("ended", "authority").is_some())?;
    g.view.day_of("publicity", "at_ms")?;
    if g.view.word("publicity", "state").as_deref() == Some("exempt") {
        return None;
    }
    let withdrawn = ["withdrawn_ms", "corrected_ms", "at_ms"].into_iter().filter_map(|member| g.view.number("publicity", member)).max();
    let at = g.view.number("ended", "at_ms")?;
    let done = withdrawn.filter(|ms| *ms >= at).and_then(|ms| day_of(UtcMs(ms)));
    Some(g.run(clock, undone, Run { done, ..Run::default() }))
}
