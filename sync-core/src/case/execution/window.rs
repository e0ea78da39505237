//! When the court may be asked to enforce (行政强制法 53, 54; 行政处罚法 72 第二款).
//!
//! Three months from the end of the remedies, or from the end of instalments, whichever is later: the organ has no power of its own to
//! enforce, and what is asked for too late is refused.

use serde::Serialize;

use super::{end, instalments, remedies};
use crate::base::Date;
use crate::base::date::next;
use crate::case::read::View;
use crate::case::service;
use crate::dated::Book;
use crate::law::period::Side;
use crate::law::{Calendar, Deadline};

/// The days on which the court may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The day on which remedies or instalments end; from then on the months run. Absent while a remedy is pending.
    pub began: Option<Date>,
    /// The first day on which it may be asked, as far as remedies and instalments go.
    pub opens: Option<Date>,
    /// The last day.
    pub closes: Option<Date>,
    /// The remedy that is pending.
    pub pending: Option<String>,
    /// The day on which the time after the urging is over; the court may be asked after it. Absent before the urging.
    pub urged_until: Option<Date>,
    /// What it runs from, in Chinese.
    pub zh: &'static str,
    /// What it runs from, in English.
    pub en: &'static str,
    /// Statute article.
    pub basis: &'static str,
}

impl Window {
    /// Whether remedies, instalments and the urging leave a day free for asking the court.
    pub fn contains(&self, day: Date) -> bool {
        let urged = self.urged_until.is_some_and(|until| day > until);
        urged && self.opens.is_some_and(|opens| opens <= day) && self.closes.is_some_and(|closes| day <= closes)
    }
}

/// The window of a decision; nothing before its service, or where a remedy revoked it. `Err` says why it cannot be reckoned.
pub fn window(view: &View<'_>, book: &Book, calendar: &Calendar) -> Result<Option<Window>, String> {
    let Some(served) = service::of_decision(view, book, calendar)? else { return Ok(None) };
    let all = remedies(view);
    let urged_until = match view.day_of("urge", "served_ms") {
        // 催告书送达十日后: the party's days, so a last one that is not worked moves.
        Some(urged) => Some(end(book, calendar, "court.urge", urged, Side::Party)?.due),
        None => None,
    };
    if let Some(pending) = all.iter().find(|r| r.ended.is_none()) {
        let (zh, en, basis) = ("复议、诉讼尚未终结", "A remedy is pending", "行政强制法 53");
        return Ok(Some(Window { began: None, opens: None, closes: None, pending: Some(pending.key.clone()), urged_until, zh, en, basis }));
    }
    if all.iter().any(|r| r.outcome.as_deref() == Some("revoked")) {
        return Ok(None);
    }
    let unused = end(book, calendar, "court.suit", served.day, Side::Party)?;
    let at = |day: Date| Deadline { due: day, unshifted_due: day, ends_at: crate::base::date::start_of(next(day)), provisional: false };
    let last = all.iter().filter_map(|r| Some((r.ended?, r))).max_by_key(|(ended, r)| (*ended, r.kind == "suit"));
    let (mut from, mut zh, mut en, mut basis) = match last {
        None => (unused, "自起诉期限届满之日起", "From the end of the time to sue", "行政强制法 53; 行政诉讼法 46"),
        Some((ended, r)) if r.kind == "suit" => (at(ended), "自诉讼终结之日起", "From the end of the suit", "行政强制法 53"),
        Some((ended, r)) => {
            let after = end(book, calendar, "court.suit_after_review", ended, Side::Party)?;
            // Who took his application back may still sue in the time that he had.
            let from = if r.outcome.as_deref() == Some("withdrawn") && unused.due > after.due { unused } else { after };
            (from, "自复议后起诉期限届满之日起", "From the end of the time to sue after the review", "行政强制法 53; 行政诉讼法 45")
        }
    };
    if let Some(instalment) = instalments(view).last().filter(|i| i.day >= from.unshifted_due) {
        (from, zh, en, basis) = (at(instalment.day), "自分期（暂缓）缴纳期限结束之日起", "From the end of instalments", "行政处罚法 72 第二款");
    }
    let closes = end(book, calendar, "court.window", from.unshifted_due, Side::Organ)?;
    Ok(Some(Window { began: Some(from.unshifted_due), opens: Some(next(from.due)), closes: Some(closes.unshifted_due), pending: None, urged_until, zh, en, basis }))
}
