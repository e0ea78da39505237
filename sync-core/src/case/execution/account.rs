//! What is owed at the end of a day, explained line by line.

use serde::Serialize;

use super::{Paid, Purpose, instalments, obligation, pauses, pay_by, payments};
use crate::base::money::Fen;
use crate::base::{Date, Validity};
use crate::case::read::View;
use crate::dated::Book;
use crate::law::period::{Period, Side, deadline};
use crate::law::surcharge::{Fine, Payment, Terms};
use crate::law::{Calendar, policy, surcharge};

/// A line of an account: what is owed counts up, what is paid counts down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Stable code: `fine`, `confiscation`, `surcharge`, `paid`.
    pub code: &'static str,
    /// What it is about: a receipt, an instalment; empty for the whole.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The day to which it belongs: the last day for payment of what is owed, the day of a payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// In fen; payments are negative.
    pub fen: i64,
    /// In Chinese, with the figures that it was reckoned from.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Statute article.
    pub basis: &'static str,
}

/// What is owed at the end of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The day; absent only in an empty account.
    pub day: Option<Date>,
    /// The lines, which add up to what is owed less what was paid.
    pub entries: Vec<Entry>,
    /// All fines, in fen.
    pub fine_fen: i64,
    /// All confiscations, in fen.
    pub confiscation_fen: i64,
    /// The surcharge up to the day, in fen.
    pub surcharge_fen: i64,
    /// Everything paid up to the day, in fen.
    pub paid_fen: i64,
    /// What is unpaid of fines, in fen.
    pub unpaid_fine_fen: i64,
    /// What is unpaid of confiscations, in fen.
    pub unpaid_confiscation_fen: i64,
    /// What is unpaid of the surcharge, in fen.
    pub unpaid_surcharge_fen: i64,
    /// Everything unpaid, in fen.
    pub owed_fen: i64,
    /// What was paid beyond everything owed, in fen.
    pub overpaid_fen: i64,
    /// The last day for payment; of the last instalment where there are any.
    pub due: Option<Date>,
    /// Whether something that had to be paid by then is unpaid.
    pub overdue: bool,
    /// The most days for which a part was overdue, days of review and suit left out.
    pub overdue_days: u32,
    /// The overdue day on which the surcharge reached the fine.
    pub capped_on: Option<u32>,
    /// The decision told the party of the surcharge.
    pub surcharge_told: bool,
    /// The base of the surcharge is in doubt.
    pub doubtful: bool,
    /// Why days could not be reckoned; amounts then stand without surcharge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A part of the fine with a last day of its own.
struct Part {
    about: String,
    amount: i64,
    due: Date,
    /// The day to which it had to be paid before it was put off, and the first day of that.
    before: Option<(Date, Date)>,
}

/// The parts of a fine: its instalments, and what is not in them.
fn parts(view: &View<'_>, calendar: &Calendar, fine: i64, due: Date) -> Result<Vec<Part>, String> {
    let mut out = Vec::new();
    let mut left = fine;
    for one in instalments(view) {
        let amount = one.amount.min(left);
        left -= amount;
        // A party's last day that is not worked moves, also one that was named.
        let end = deadline(calendar, Period::calendar_days(0), one.day, Side::Party, &[]).map_err(|why| why.to_string())?;
        let moved = end.deadline().map_or(one.day, |end| end.due);
        let before = one.granted.filter(|granted| *granted > due).map(|granted| (due, granted));
        out.push(Part { about: one.key, amount, due: moved, before });
    }
    if left > 0 {
        out.push(Part { about: String::new(), amount: left, due, before: None });
    }
    out.retain(|part| part.amount > 0);
    out.sort_by(|a, b| (a.due, &a.about).cmp(&(b.due, &b.about)));
    Ok(out)
}

/// Fills the parts with payments, the earliest due first.
fn allot(parts: &[Part], paid: &[&Paid]) -> Vec<Vec<Payment>> {
    let mut out: Vec<Vec<Payment>> = parts.iter().map(|_| Vec::new()).collect();
    let mut room: Vec<i64> = parts.iter().map(|part| part.amount).collect();
    for payment in paid {
        let mut left = payment.amount;
        for (room, part) in room.iter_mut().zip(&mut out).filter(|(room, _)| **room > 0) {
            let taken = left.min(*room);
            if taken > 0 {
                part.push(Payment { day: payment.day, amount: Fen(taken) });
                *room -= taken;
                left -= taken;
            }
        }
    }
    out
}

/// The surcharge of a part, and its overdue days. What was put off after it was due keeps what was added until then.
fn added(part: &Part, told: bool, terms: Terms, payments: &[Payment], pauses: &[Validity], day: Date) -> (i64, surcharge::Surcharge) {
    let amount = Fen(part.amount);
    let late = surcharge::surcharge(Fine { amount, due: part.due, told }, terms, payments, pauses, day);
    let earlier = part.before.map_or(0, |(due, granted)| {
        let last = granted.yesterday().unwrap_or(granted).min(day);
        surcharge::surcharge(Fine { amount, due, told }, terms, payments, pauses, last).amount.0
    });
    (late.amount.0.saturating_add(earlier).min(part.amount), late)
}

/// The account at the end of a day.
pub fn account(view: &View<'_>, book: &Book, calendar: &Calendar, day: Date) -> Account {
    let owed = obligation(view);
    let (fine, confiscation) = (owed.fine.0, owed.confiscation.0);
    let told = view.yes("penalty", "surcharge_told");
    let mut out = Account { day: Some(day), fine_fen: fine, confiscation_fen: confiscation, surcharge_told: told, ..Account::default() };
    let all: Vec<Paid> = payments(view).into_iter().filter(|p| p.day <= day).collect();
    let of = |purpose: Purpose| all.iter().filter(move |p| p.purpose == purpose);
    let sum = |purpose: Purpose| of(purpose).map(|p| p.amount).fold(0_i64, i64::saturating_add);
    out.paid_fen = all.iter().map(|p| p.amount).fold(0, i64::saturating_add);

    let reckoned = late(view, book, calendar, &of(Purpose::Fine).collect::<Vec<_>>(), day, &mut out);
    out.unknown = reckoned.err();
    if confiscation > 0 {
        let (zh, en) = (format!("没收款 {} 元", Fen(confiscation)), format!("Confiscated: {} yuan", Fen(confiscation)));
        out.entries.push(Entry { code: "confiscation", about: String::new(), day: out.due, fen: confiscation, zh, en, basis: "行政处罚法 28 第二款" });
    }
    for paid in &all {
        let what = match paid.purpose {
            Purpose::Fine => ("罚款", "the fine"),
            Purpose::Surcharge => ("加处罚款", "the surcharge"),
            Purpose::Gains => ("没收款", "what is confiscated"),
        };
        let at = Some(paid.day).filter(|day| *day > Date::MIN);
        let (zh, en) = (format!("缴纳{} {} 元", what.0, Fen(paid.amount)), format!("Paid towards {}: {} yuan", what.1, Fen(paid.amount)));
        out.entries.push(Entry { code: "paid", about: paid.about.clone(), day: at, fen: -paid.amount, zh, en, basis: "行政处罚法 67, 74" });
    }
    // What is paid beyond its purpose goes to the others: fine, confiscation, surcharge.
    let mut unpaid = [fine, confiscation, out.surcharge_fen];
    let mut over = 0_i64;
    for (at, purpose) in [(0, Purpose::Fine), (1, Purpose::Gains), (2, Purpose::Surcharge)] {
        let paid = sum(purpose);
        if let Some(left) = unpaid.get_mut(at) {
            over = over.saturating_add(paid.saturating_sub(*left).max(0));
            *left = left.saturating_sub(paid).max(0);
        }
    }
    for left in &mut unpaid {
        let taken = over.min(*left);
        *left -= taken;
        over -= taken;
    }
    let [fine, confiscation, surcharge] = unpaid;
    (out.unpaid_fine_fen, out.unpaid_confiscation_fen, out.unpaid_surcharge_fen, out.overpaid_fen) = (fine, confiscation, surcharge, over);
    out.owed_fen = fine.saturating_add(confiscation).saturating_add(surcharge);
    out
}

/// Fines with their last days, and what was added to each.
fn late(view: &View<'_>, book: &Book, calendar: &Calendar, paid: &[&Paid], day: Date, out: &mut Account) -> Result<(), String> {
    let fine = out.fine_fen;
    let plain = |out: &mut Account| {
        if fine > 0 {
            let (zh, en) = (format!("罚款 {} 元", Fen(fine)), format!("Fine: {} yuan", Fen(fine)));
            out.entries.push(Entry { code: "fine", about: String::new(), day: None, fen: fine, zh, en, basis: "行政处罚法 67" });
        }
    };
    let reckoned = pay_by(view, book, calendar).and_then(|due| {
        let Some(due) = due else { return Ok(None) };
        let terms = policy::surcharge_terms(book, due.due).map_err(|why| why.to_string())?;
        Ok(Some((due, terms, parts(view, calendar, fine, due.due)?)))
    });
    let (due, terms, parts) = match reckoned {
        Ok(Some(found)) => found,
        Ok(None) => {
            plain(out);
            return Ok(());
        }
        Err(why) => {
            plain(out);
            return Err(why);
        }
    };
    out.due = Some(parts.iter().map(|part| part.due).max().unwrap_or(due.due));
    out.doubtful = terms.doubtful;
    let pauses = pauses(view);
    let rate = terms.value.percent;
    for (part, paid) in parts.iter().zip(allot(&parts, paid)) {
        let (added, found) = added(part, out.surcharge_told, terms.value, &paid, &pauses, day);
        let (zh, en) = (format!("罚款 {} 元，应于 {}（含当日）前缴纳", Fen(part.amount), part.due), format!("Fine: {} yuan, to be paid by {}", Fen(part.amount), part.due));
        let basis = if part.about.is_empty() { "行政处罚法 67 第三款" } else { "行政处罚法 66 第二款 (分期)" };
        out.entries.push(Entry { code: "fine", about: part.about.clone(), day: Some(part.due), fen: part.amount, zh, en, basis });
        out.overdue |= day > part.due && found.unpaid.0 > 0;
        out.overdue_days = out.overdue_days.max(found.overdue_days);
        out.capped_on = out.capped_on.or(found.capped_on);
        if added > 0 {
            let capped = if added >= part.amount { "，已达罚款数额" } else { "" };
            let zh = format!("加处罚款 {} 元：逾期 {} 日，每日 {rate}%{capped}", Fen(added), found.overdue_days);
            let en = format!("Surcharge: {} yuan for {} days at {rate} per cent a day{}", Fen(added), found.overdue_days, if capped.is_empty() { "" } else { ", up to the fine" });
            out.entries.push(Entry {
                code: "surcharge", about: part.about.clone(), day: Some(part.due), fen: added, zh, en, basis: "行政处罚法 72 第一款第一项, 73 第三款"
            });
        }
        out.surcharge_fen = out.surcharge_fen.saturating_add(added);
    }
    if parts.is_empty() && out.confiscation_fen > 0 {
        let gains: i64 = payments(view).iter().filter(|p| p.purpose != Purpose::Surcharge && p.day <= day).map(|p| p.amount).fold(0, i64::saturating_add);
        out.overdue = day > due.due && gains < out.confiscation_fen;
    }
    Ok(())
}
