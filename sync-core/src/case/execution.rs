//! Execution (`domain.md` §5.7): what is owed on a day, line by line and to the fen, and when the court may be asked to enforce it.
//!
//! Everything is reckoned from `penalty`, `served`, `payments.*`, `instalments.*`, `remedies.*` and `standstills.*`. A receipt counts
//! once, however often it was entered. Deliberately absent: reduction of a surcharge by an agreement on execution (行政强制法 42),
//! which is a decision and not a sum: while one stands, nothing is added.

mod account;
mod window;

pub use account::{Account, Entry, account};
pub use window::{Window, window};

use serde_json::Value as Json;

use super::read::View;
use super::{service, standing};
use crate::base::date::{day_of, next};
use crate::base::money::Fen;
use crate::base::{Date, UtcMs, Validity};
use crate::dated::Book;
use crate::law::policy;
use crate::law::{Calendar, Deadline, Period, Side, deadline};

pub(super) fn text<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str).filter(|text| !text.trim().is_empty())
}

pub(super) fn day(json: &Json, member: &str) -> Option<Date> {
    text(json, member)?.parse().ok()
}

fn fen(json: &Json, member: &str) -> i64 {
    json.get(member).and_then(Json::as_i64).unwrap_or(0).max(0)
}

/// What a penalty takes in money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Obligation {
    /// All fines.
    pub fine: Fen,
    /// All confiscations of money.
    pub confiscation: Fen,
}

impl Obligation {
    /// Both together.
    pub fn total(&self) -> Fen {
        Fen(self.fine.0.saturating_add(self.confiscation.0))
    }
}

/// What the decision takes in money.
pub fn obligation(view: &View<'_>) -> Obligation {
    let of = |kind: &str| {
        let amount = |json: &Json| if text(json, "kind") == Some(kind) { fen(json, "amount_fen") } else { 0 };
        Fen(standing(view.record, "penalties.").map(|(_, p)| amount(&p)).fold(amount(&view.json("penalty")), i64::saturating_add))
    };
    Obligation { fine: of("fine"), confiscation: of("confiscation") }
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The fine.
    Fine,
    /// The surcharge.
    Surcharge,
    /// What is confiscated.
    Gains,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// The day on which it came in; the first day of all where none is on record.
    pub day: Date,
    /// How much, in fen.
    pub amount: i64,
    /// What for.
    pub purpose: Purpose,
    /// Its receipt, or where it stands.
    pub about: String,
}

/// Every payment once, by day: those on record, what was collected on the spot, and what `performed` tells beyond them.
pub fn payments(view: &View<'_>) -> Vec<Paid> {
    let mut out: Vec<Paid> = Vec::new();
    let mut receipts = std::collections::BTreeSet::new();
    for (key, payment) in view.all("payments.") {
        let receipt = text(&payment, "receipt").map(|r| r.trim().to_owned());
        if receipt.as_ref().is_some_and(|receipt| !receipts.insert(receipt.clone())) {
            continue;
        }
        let purpose = match text(&payment, "for") {
            Some("surcharge") => Purpose::Surcharge,
            Some("gains") => Purpose::Gains,
            _ => Purpose::Fine,
        };
        out.push(Paid {
            day: day(&payment, "day").unwrap_or(Date::MIN),
            amount: fen(&payment, "amount_fen"),
            purpose,
            about: receipt.unwrap_or_else(|| format!("payments.{key}")),
        });
    }
    let collected = view.json("collected");
    if fen(&collected, "amount_fen") > 0 && text(&collected, "receipt").is_none_or(|receipt| !receipts.contains(receipt.trim())) {
        let at = view.day_of("collected", "at_ms").unwrap_or(Date::MIN);
        out.push(Paid { day: at, amount: fen(&collected, "amount_fen"), purpose: Purpose::Fine, about: text(&collected, "receipt").unwrap_or("collected").to_owned() });
    }
    let all = out.iter().map(|p| p.amount).fold(0_i64, i64::saturating_add);
    let told = view.number("performed", "paid_fen").unwrap_or(0).saturating_sub(all);
    if told > 0 {
        out.push(Paid { day: view.day_of("performed", "done_ms").unwrap_or(Date::MIN), amount: told, purpose: Purpose::Fine, about: "performed".into() });
    }
    out.retain(|p| p.amount > 0);
    out.sort_by(|a, b| (a.day, a.purpose, &a.about).cmp(&(b.day, b.purpose, &b.about)));
    out
}

/// The day on which fine and confiscation were paid in full; `None` while they are not. The first day of all where there is none.
pub fn paid_on(view: &View<'_>) -> Option<Date> {
    let mut left = obligation(view).total().0;
    if left == 0 {
        return None;
    }
    for paid in payments(view).iter().filter(|p| p.purpose != Purpose::Surcharge) {
        left = left.saturating_sub(paid.amount);
        if left <= 0 {
            return Some(paid.day);
        }
    }
    None
}

/// A part of the fine that may be paid later (行政处罚法 66 第二款).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instalment {
    /// Its last day as it was decided.
    pub day: Date,
    /// Its key.
    pub key: String,
    /// How much, in fen.
    pub amount: i64,
    /// The day on which it was granted, where it is on record.
    pub granted: Option<Date>,
}

/// The instalments that stand, by day.
pub fn instalments(view: &View<'_>) -> Vec<Instalment> {
    let one = |(key, json): (&str, Json)| {
        let granted = json.get("at_ms").and_then(Json::as_i64).and_then(|ms| day_of(UtcMs(ms)));
        Some(Instalment { day: day(&json, "day")?, key: key.to_owned(), amount: fen(&json, "amount_fen"), granted })
    };
    let mut out: Vec<Instalment> = view.all("instalments.").filter_map(one).filter(|i| i.amount > 0).collect();
    out.sort();
    out
}

/// A review or a suit against the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Its key.
    pub key: String,
    /// `review` or `suit`.
    pub kind: String,
    /// The day on which it was filed.
    pub filed: Date,
    /// The day on which it ended.
    pub ended: Option<Date>,
    /// How: `upheld`, `changed`, `revoked`, `withdrawn`.
    pub outcome: Option<String>,
}

/// Reviews and suits, by the day of filing.
pub fn remedies(view: &View<'_>) -> Vec<Remedy> {
    let one = |(key, json): (&str, Json)| {
        let owned = |member: &str| text(&json, member).map(str::to_owned);
        Some(Remedy { key: key.to_owned(), kind: owned("kind")?, filed: day(&json, "filed")?, ended: day(&json, "ended"), outcome: owned("outcome") })
    };
    let mut out: Vec<Remedy> = view.all("remedies.").filter_map(one).collect();
    out.sort_by(|a, b| (a.filed, &a.key).cmp(&(b.filed, &b.key)));
    out
}

/// Days on which no surcharge is added: reviews and suits with their first and last day (行政处罚法 73 第三款), and agreements on
/// execution (行政强制法 42).
pub fn pauses(view: &View<'_>) -> Vec<Validity> {
    let remedies = remedies(view).into_iter().map(|r| Validity { from: r.filed, until: r.ended.map(|ended| next(ended.max(r.filed))) });
    let agreed = view.all("standstills.").filter(|(_, s)| text(s, "ground") == Some("agreement"));
    let agreed = agreed.filter_map(|(_, s)| Some(Validity { from: day(&s, "from")?, until: day(&s, "until") }));
    remedies.chain(agreed).collect()
}

/// The end of a period of a policy; `Err` says why it cannot be reckoned.
pub(super) fn end(book: &Book, calendar: &Calendar, key: &str, from: Date, side: Side) -> Result<Deadline, String> {
    let period = policy::get::<Period>(book, key, from).map_err(|why| why.to_string())?.value;
    let end = deadline(calendar, period, from, side, &[]).map_err(|why| why.to_string())?;
    end.deadline().ok_or_else(|| format!("{key} stands still"))
}

/// The last day for payment (行政处罚法 67 第三款): fifteen days from the service, moved to a working day. Nothing before the service.
pub fn pay_by(view: &View<'_>, book: &Book, calendar: &Calendar) -> Result<Option<Deadline>, String> {
    let Some(served) = service::of_decision(view, book, calendar)? else { return Ok(None) };
    end(book, calendar, "penalty.pay", served.day, Side::Party).map(Some)
}

/// The kind of file that a case makes, a word of the policy `retention` (`domain.md` §11): with a hearing, a remedy, or of a major
/// case it is kept longest.
pub fn file_class(view: &View<'_>) -> &'static str {
    let weighty = view.json("weighty").as_array().is_some_and(|all| !all.is_empty());
    if weighty || view.number("hearing", "ended_ms").is_some() || view.all("remedies.").next().is_some() {
        return "major";
    }
    if view.text("procedure").as_deref() == Some("simple") { "simple" } else { "general" }
}

#[cfg(test)]
pub(super) mod tests;
