//! Service, execution and closing (`domain.md` §5.6, §5.7): what would come before its day, what came after it, and what is missing
//! before a case is closed.
//!
//! Deliberately absent: what the record alone answers (a service proven, everything paid, the court's result: guards), and the
//! amounts themselves, which are an account.

use serde_json::Value as Json;

use super::{Code, Facts, Found, Topic, Weight};
use crate::base::date::{day_of, start_of};
use crate::base::money::Fen;
use crate::base::{Date, UtcMs};
use crate::case::deadline::deadlines_by;
use crate::case::execution::{Account, account, instalments, obligation, remedies, text, window};
use crate::case::read::View;
use crate::case::{service, stage};
use crate::law::Calendar;

/// The topic.
pub const TOPIC: Topic = Topic { codes: CODES, look };

const fn block(code: &'static str, bars: &'static [&'static str], basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Block, bars, basis, zh, en }
}

const fn warn(code: &'static str, basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Warn, bars: &[], basis, zh, en }
}

/// What cannot be done before its time.
const fn wait(code: &'static str, bars: &'static [&'static str], basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Wait, bars, basis, zh, en }
}

/// Acts that go against a party that does not perform.
const AGAINST: &[&str] = &["apply_court", "lapse", "urge"];

const CODES: &[Code] = &[
    warn("general_overdue", "行政处罚法 60", "超过办案期限", "The days for the decision are over"),
    warn("serve_late", "行政处罚法 61", "决定书送达超过七个工作日", "The decision was served later than seven working days"),
    wait("serve_notice_running", &["serve"], "民事诉讼法 95", "公告期未满，尚未视为送达", "The days of the public notice are not over, so nothing is served yet"),
    warn("service_relation", "民事诉讼法 88", "收件人与当事人的关系未注明", "How the receiver stands to the party is not on record"),
    block("service_incomplete", &["close"], "行政处罚法 61; 民事诉讼法 87–95", "文书送达凭证不完整", "A service lacks what its way asks for"),
    wait("lapse_early", &["lapse"], "行政处罚法 67 第三款", "缴纳期限未满", "The time to pay is not over"),
    wait("nothing_owed", AGAINST, "行政处罚法 72", "没有应缴未缴的罚没款", "Nothing that was due is unpaid"),
    wait("urge_early", &["urge"], "行政强制法 54; 行政处罚法 67", "缴纳期限未满即催告", "Urged before the time to pay was over"),
    wait("court_urge_short", &["apply_court"], "行政强制法 54", "催告书送达未满十个工作日", "Less than ten working days since the urging"),
    wait("court_remedy_open", &["apply_court"], "行政强制法 53; 行政诉讼法 45, 46", "复议、起诉期限未满", "The time for review or suit is not over"),
    wait("court_remedy_pending", &["apply_court"], "行政强制法 53", "复议、诉讼尚未终结", "A review or suit is pending"),
    wait("court_instalments", &["apply_court"], "行政处罚法 72 第二款", "分期（暂缓）缴纳期限未结束", "The time of the instalments is not over"),
    block("court_window_closed", &["apply_court"], "行政强制法 53", "已超过申请强制执行的三个月期限", "The three months for asking the court are over"),
    block(
        "decision_undone",
        AGAINST,
        "行政复议法 63, 64; 行政诉讼法 70, 77",
        "复议、诉讼已撤销或者变更决定，应当先撤销或者变更",
        "A remedy revoked or changed the decision; revoke or change it first",
    ),
    warn("surcharge_unpaid", "行政处罚法 72 第一款第一项", "加处罚款未缴清", "A surcharge is unpaid"),
    warn("execution_unreckoned", "domain.md §0.2", "日期无法推算，须补录日历或者政策", "Days cannot be reckoned; enter the calendar or the policy"),
    block("enforced_at_rest", &["close"], "行政强制法 43", "夜间或者法定节假日实施强制执行", "Enforced at night or on a holiday"),
    block("correction_unreviewed", &["close"], "行政处罚法 28; domain.md §5.7", "责令改正未经复查合格", "A correction that was ordered was not found to be made"),
];

/// Stages at which nothing of it matters any more.
const OVER: &[&str] = &[stage::NOT_FILED, stage::TRANSFERRED, stage::WITHDRAWN, stage::TERMINATED, stage::NO_VIOLATION, stage::ARCHIVED];
/// Stages at which a decision waits for its service.
const UNSERVED: &[&str] = &[stage::DECIDED, stage::CHANGED, stage::NOT_PUNISHED];
/// Stages at which a decision binds and is not performed.
const BINDING: &[&str] = &[stage::SERVED, stage::PARTIAL, stage::OVERDUE, stage::URGED, stage::COURT_APPLIED];

fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    if OVER.contains(&view.stage()) {
        return;
    }
    let calendar = Calendar::of(facts.book);
    late(view, facts, &calendar, found);
    services(view, facts, &calendar, found);
    at_rest(view, &calendar, found);
    if [BINDING, &[stage::PERFORMED, stage::ENFORCED]].concat().contains(&view.stage()) {
        execution(view, facts, &calendar, found);
    }
    let order = view.json("order");
    let ordered = order.get("served_ms").and_then(Json::as_i64).is_some();
    if view.stage() == stage::PERFORMED && ordered && text(&order, "recheck") != Some("corrected") {
        found.add("correction_unreviewed", "", text(&order, "recheck").unwrap_or_default());
    }
}

/// What is, or was, done too late. It stays shown also after it was done.
fn late(view: &View<'_>, facts: &Facts<'_>, calendar: &Calendar, found: &mut Found) {
    for due in deadlines_by(view, facts.book, calendar) {
        let Some(last) = due.due.filter(|last| due.done.unwrap_or(facts.today) > *last) else { continue };
        let detail = due.done.map_or_else(|| last.to_string(), |done| format!("{last}, {done}"));
        match due.code {
            "general" => found.add("general_overdue", "", detail),
            "serve" => found.add("serve_late", "", detail),
            _ => {}
        }
    }
}

fn services(view: &View<'_>, facts: &Facts<'_>, calendar: &Calendar, found: &mut Found) {
    let of_decision = Some(("decision", view.json("served"))).filter(|(_, served)| served.is_object());
    for (id, served) in of_decision.into_iter().chain(view.all("services.")) {
        let lacks = service::lacks(view, &served);
        if lacks.iter().any(|lack| lack.member == "relation") {
            found.add("service_relation", id, "");
        }
        let missing: Vec<&str> = lacks.iter().map(|lack| lack.member).filter(|member| *member != "relation").collect();
        if !missing.is_empty() {
            found.add("service_incomplete", id, missing.join(", "));
        }
    }
    if !UNSERVED.contains(&view.stage()) {
        return;
    }
    match service::of_decision(view, facts.book, calendar) {
        // The notice is served once its last day is over.
        Ok(Some(effect)) if effect.day > facts.today => found.add("serve_notice_running", "", effect.day.to_string()),
        Ok(_) => {}
        Err(why) => found.add("execution_unreckoned", "served", why.chars().take(400).collect::<String>()),
    }
}

fn execution(view: &View<'_>, facts: &Facts<'_>, calendar: &Calendar, found: &mut Found) {
    let owed = account(view, facts.book, calendar, facts.today);
    if let Some(why) = &owed.unknown {
        found.add("execution_unreckoned", "", why.chars().take(400).collect::<String>());
    }
    if owed.surcharge_told && owed.unpaid_surcharge_fen > 0 {
        found.add("surcharge_unpaid", "", Fen(owed.unpaid_surcharge_fen).to_string());
    }
    if !BINDING.contains(&view.stage()) {
        return;
    }
    let undone = remedies(view).into_iter().find(|r| r.ended.is_some() && matches!(r.outcome.as_deref(), Some("revoked" | "changed")));
    // A change that was made since is a new decision with a service of its own.
    let mended = |ended: Date| view.day_of("ended", "at_ms").is_some_and(|at| at >= ended);
    if let Some(remedy) = undone.filter(|r| r.ended.is_none_or(|ended| !mended(ended))) {
        found.add("decision_undone", "", remedy.key);
    }
    if only_money(view) {
        payment(view, facts, &owed, found);
    }
    court(view, facts, calendar, found);
}

/// Whether the penalty takes money and asks for nothing else that could be enforced.
fn only_money(view: &View<'_>) -> bool {
    let kinds = std::iter::once(view.json("penalty")).chain(view.all("penalties.").map(|(_, p)| p));
    let other = |p: &Json| text(p, "kind").is_some_and(|kind| !matches!(kind, "confiscation" | "criticism" | "fine" | "warning"));
    obligation(view).total().0 > 0 && !kinds.into_iter().any(|p| other(&p))
}

fn payment(view: &View<'_>, facts: &Facts<'_>, owed: &Account, found: &mut Found) {
    if owed.owed_fen == 0 {
        found.add("nothing_owed", "", "");
        return;
    }
    // Without a day of payment no time is over: nothing is served.
    if matches!(view.stage(), stage::SERVED | stage::PARTIAL) && owed.unknown.is_none() && !owed.overdue {
        found.add("lapse_early", "", owed.due.map(|due| due.to_string()).unwrap_or_default());
    }
    // An urging that came before the last day urged nobody; of instalments one that is late is enough.
    let urged = view.day_of("urge", "served_ms").unwrap_or(facts.today);
    let late = if instalments(view).is_empty() { owed.due.is_some_and(|due| urged > due) } else { owed.overdue };
    if view.stage() == stage::OVERDUE && owed.unknown.is_none() && !late {
        found.add("urge_early", "", owed.due.map(|due| format!("{due}, {urged}")).unwrap_or_default());
    }
}

/// Whether the court can be asked today (行政强制法 53, 54). A penalty that asks for no money is enforced under the same rule.
fn court(view: &View<'_>, facts: &Facts<'_>, calendar: &Calendar, found: &mut Found) {
    if view.stage() != stage::URGED {
        return;
    }
    let window = match window(view, facts.book, calendar) {
        Ok(Some(window)) => window,
        Ok(None) => return,
        Err(why) => return found.add("execution_unreckoned", "court", why.chars().take(400).collect::<String>()),
    };
    let today = facts.today;
    if let Some(until) = window.urged_until.filter(|until| today <= *until) {
        found.add("court_urge_short", "", until.to_string());
    }
    if let Some(pending) = window.pending {
        found.add("court_remedy_pending", "", pending);
    }
    if let Some(opens) = window.opens.filter(|opens| today < *opens) {
        let code = if window.basis.starts_with("行政处罚法 72") { "court_instalments" } else { "court_remedy_open" };
        found.add(code, "", opens.to_string());
    }
    if let Some(closes) = window.closes.filter(|closes| today > *closes) {
        found.add("court_window_closed", "", closes.to_string());
    }
}

/// Night is from ten in the evening to six in the morning (噪声污染防治法 88), in minutes of the day.
const NIGHT: [i64; 2] = [22 * 60, 6 * 60];

/// 代履行 at night or on a holiday, unless it was urgent.
fn at_rest(view: &View<'_>, calendar: &Calendar, found: &mut Found) {
    if view.yes("substitute", "urgent") {
        return;
    }
    let began = view.number("substitute", "began_ms");
    let day = began.and_then(|ms| day_of(UtcMs(ms))).or_else(|| view.word("substitute", "day")?.parse().ok());
    let Some(day) = day else { return };
    let minute = began.map(|ms| ms.saturating_sub(start_of(day).0) / 60_000);
    let night = minute.is_some_and(|minute| !(NIGHT[1]..NIGHT[0]).contains(&minute));
    // A year whose holidays are not entered has none that could be held against anybody.
    if night || calendar.is_holiday(day).unwrap_or(false) {
        found.add("enforced_at_rest", "", format!("{day}{}", if night { " 夜间" } else { "" }));
    }
}

#[cfg(test)]
mod tests;
