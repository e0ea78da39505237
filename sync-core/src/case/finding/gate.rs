//! The gate (`domain.md` §5.1): check in time, jurisdiction, limitation, capacity, suspected crime; what other cases of the same
//! party say is `history`.
//!
//! Looked at until the case is decided; afterwards the day of the decision stands for today, so that what was right then does not
//! become wrong by time passing. Deliberately absent: sources and device review (guards of the record), and the choice of law.

mod history;

use serde_json::Value as Json;

use super::{Code, Facts, Found, Topic, Weight};
use crate::base::date::day_of;
use crate::base::{Date, UtcMs};
use crate::case::read::View;
use crate::case::{party, stage};
use crate::catalogue::matter::Matter;
use crate::catalogue::power::{PowerType, Scope};
use crate::catalogue::{authority, case_authority};
use crate::identity::citizen_id::Age;
use crate::law::policy;
use crate::law::{Calendar, Period, Side, deadline};
use crate::org::in_name_of;

/// The topic.
pub const TOPIC: Topic = Topic { codes: CODES, look };

/// Acts that begin a case.
const FILING: &[&str] = &["file", "run_fast", "decide", "punish_on_spot"];
/// Acts that impose a penalty.
const PUNISHING: &[&str] = &["decide", "punish_on_spot"];

const fn block(code: &'static str, bars: &'static [&'static str], basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Block, bars, basis, zh, en }
}

const fn warn(code: &'static str, basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Warn, bars: &[], basis, zh, en }
}

const CODES: &[Code] = &[
    warn("act_day_unknown", "行政处罚法 36", "违法行为日期未查明，无法核对追究时效", "The day of the act is not known, so the limitation cannot be checked"),
    block("case_not_allowed", FILING, "行政处罚法 4, 38", "该事项不得立案处罚，只能指导和责令改正", "No case may follow from this matter; only advice and an order to correct"),
    warn("check_overdue", "行政处罚法 54 (及时立案); 住房和城乡建设部令第55号", "线索核查已超期", "The check of the clue is overdue"),
    block(
        "crime_suspected",
        &["decide", "not_punish", "offer_fast", "punish_on_spot", "run_fast"],
        "行政处罚法 27; 国务院令730 第三条, 第十一条 (不得以罚代刑)",
        "涉嫌犯罪，在移送处理完毕前不得作出行政处罚",
        "A crime is suspected; there is no penalty instead of a transfer",
    ),
    warn(
        "crime_undecided",
        "国务院令730 第五条",
        "涉嫌犯罪，负责人三日内未作出是否移送的决定",
        "A crime is suspected, and the head has not decided on a transfer within three days",
    ),
    block("double_fine", PUNISHING, "行政处罚法 29 (一事不再罚)", "同一违法行为已被罚款，不得再给予罚款", "The same act was already fined; there is no second fine"),
    warn(
        "double_fine_possible",
        "行政处罚法 29 (一事不再罚)",
        "同一当事人已因同一事项被罚款，请核对是否同一违法行为",
        "The party was already fined in this matter; see whether it is the same act",
    ),
    block(
        "first_time_used",
        &["not_punish"],
        "行政处罚法 33 第一款 (首违不罚)",
        "当事人已有同类违法记录，不符合初次违法",
        "The party has violated in this matter before, so this is not the first time",
    ),
    warn("higher_norm", "行政处罚法 29 (择一重)", "同一行为还涉及其他事项，罚款应按数额高的规定", "The same act breaks another norm; the one with the higher fine applies"),
    block("limitation_over", FILING, "行政处罚法 36; 生态环境法典 1054", "已过追究时效，不再给予行政处罚", "The limitation is over: no penalty any more (exemption: limitation)"),
    warn(
        "limited_capacity",
        "行政处罚法 31",
        "当事人尚未完全丧失辨认或者控制能力，可以从轻或者减轻处罚",
        "The party's capacity is limited; the penalty may be lighter or mitigated",
    ),
    warn("matter_unnamed", "行政处罚法 4, 38", "未确定处罚事项", "No matter is named"),
    warn("minor_exempt", "行政处罚法 33", "可能符合轻微不罚或者首违不罚，请核对", "The violation may be one that is not punished"),
    block(
        "minor_not_lightened",
        PUNISHING,
        "行政处罚法 30",
        "当事人已满十四周岁不满十八周岁，应当从轻或者减轻处罚",
        "The party is from 14 to 18 years old; the penalty must be lighter or mitigated",
    ),
    block(
        "no_capacity",
        PUNISHING,
        "行政处罚法 31",
        "当事人不能辨认或者控制自己的行为，不予处罚",
        "The party cannot tell or control what it does: no penalty (exemption: no_capacity)",
    ),
    block(
        "no_jurisdiction",
        FILING,
        "行政处罚法 17, 22",
        "承办单位所属机关当日无该事项处罚权",
        "The organ of the unit in charge does not hold the power to punish this on the day",
    ),
    warn("part_scope", "domain.md §2 (职责边界)", "处罚权仅为部分，请核对职责边界", "The organ holds a part of the matter only; see the boundary of duties"),
    block(
        "under_fourteen",
        PUNISHING,
        "行政处罚法 30",
        "当事人不满十四周岁，不予处罚，责令监护人加以管教",
        "The party is under 14: no penalty (exemption: under_fourteen); its guardian is told to see to it",
    ),
];

/// Stages at which the gate is passed or closed for good: nothing is looked at any more.
const SETTLED: &[&str] = &[stage::NOT_FILED, stage::TRANSFERRED, stage::TO_POLICE, stage::WITHDRAWN, stage::TERMINATED, stage::NO_VIOLATION];

fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    if SETTLED.contains(&view.stage()) || view.stage() == stage::ARCHIVED {
        return;
    }
    let case = Case::of(view, facts);
    checked_in_time(&case, found);
    jurisdiction(&case, found);
    limitation(&case, found);
    capacity(&case, found);
    crime(&case, found);
    history::look(&case, found);
}

/// What several conditions ask of a case.
struct Case<'a> {
    view: &'a View<'a>,
    facts: &'a Facts<'a>,
    /// First and last day of the act.
    act: Option<(Date, Date)>,
    /// The day that stands for today.
    day: Date,
    matter: Option<String>,
}

impl<'a> Case<'a> {
    fn of(view: &'a View<'a>, facts: &'a Facts<'a>) -> Case<'a> {
        let first = view.day("act_date").or_else(|| view.day("act_end"));
        let act = first.map(|first| (first, view.day("act_end").map_or(first, |last| last.max(first))));
        Case { view, facts, act, day: view.day("decided_date").unwrap_or(facts.today), matter: view.text("matter") }
    }

    /// The day on which the violation was discovered: as entered, else when the clue was found, else today.
    fn discovered(&self) -> Date {
        self.view.day("found_date").or_else(|| self.view.day_of("clue", "found_ms")).unwrap_or(self.day)
    }

    /// The version of the matter on the act's last day.
    fn version(&self, code: &str) -> Option<Matter> {
        self.facts.book.get::<Matter>(code, self.act.map_or(self.day, |(_, last)| last))
    }

    /// Whether it proposes or imposes a fine.
    fn fines(&self) -> bool {
        self.view.word("penalty", "kind").as_deref() == Some("fine") || self.view.fines().0 > 0
    }

    /// The last day of a period that began on a day, as an organ counts.
    fn last_day(&self, key: &str, from: Date) -> Option<Date> {
        let period = policy::get::<Period>(self.facts.book, key, from.max(self.day)).ok()?.value;
        self.add(period, from)
    }

    fn add(&self, period: Period, from: Date) -> Option<Date> {
        deadline(&Calendar::of(self.facts.book), period, from, Side::Organ, &[]).ok()?.deadline().map(|end| end.unshifted_due)
    }
}

/// 15 days from the clue, and 10 more once the head has said so (住房和城乡建设部令第55号).
fn checked_in_time(case: &Case<'_>, found: &mut Found) {
    if case.view.stage() != stage::CLUE {
        return;
    }
    let Some(due) = case.last_day("penalty.check", case.discovered()) else { return };
    let longer = case.view.all("extensions.").any(|(_, e)| e.get("of").and_then(Json::as_str) == Some("check"));
    let due = if longer { case.last_day("penalty.check.extension", due).unwrap_or(due) } else { due };
    if case.day > due {
        found.add("check_overdue", "", due.to_string());
    }
}

/// The power to punish: before filing, of today; afterwards, of the day of filing unless a transfer moved the case.
fn jurisdiction(case: &Case<'_>, found: &mut Found) {
    let (book, area) = (case.facts.book, case.facts.area);
    let Some(matter) = &case.matter else { return found.add("matter_unnamed", "", "") };
    if case.version(matter).is_some_and(|version| !version.case_allowed) {
        found.add("case_not_allowed", "", matter);
    }
    let Some(organ) = case.facts.organ else { return };
    let filed = case.view.day("filed_date");
    let holder = match filed {
        Some(filed) => case_authority(book, matter, area, filed, case.day).map(|holder| (holder.organ, None)),
        None => authority(book, matter, area, PowerType::Penalty, case.day).map(|holder| (holder.organ, Some(holder.scope))),
    };
    match holder {
        Err(why) => found.add("no_jurisdiction", "", format!("{matter} {area} {}: {why}", case.day)),
        Ok((holder, scope)) => {
            // A team acts in the name of the organ above it, whichever of the two the row names.
            let named = |organ: &str| in_name_of(book, organ, case.day).map_or_else(|| organ.to_owned(), |(code, _)| code.to_string());
            if holder != organ && named(&holder) != named(organ) {
                found.add("no_jurisdiction", "", format!("{matter} {area} {}: {holder}, not {organ}", case.day));
            }
            if let Some(Scope::Part { boundary }) = scope {
                found.add("part_scope", "", boundary.chars().take(400).collect::<String>());
            }
        }
    }
}

/// From the act, or the end of a continuing one, to its discovery: two years, five where harm was done.
fn limitation(case: &Case<'_>, found: &mut Found) {
    let Some((_, last)) = case.act else { return found.add("act_day_unknown", "", "") };
    let discovered = case.discovered();
    let general = case.last_day("penalty.limitation", last);
    let harm = case.view.text("harm");
    let longer = match harm.as_deref() {
        Some("life_health_finance") => case.last_day("penalty.limitation.harm", last),
        Some("environment") => case.last_day("penalty.limitation.environment", last),
        _ => None,
    };
    if let Some(until) = longer.or(general).filter(|until| discovered > *until) {
        found.add("limitation_over", "", format!("{last} – {until}, {discovered}"));
    }
}

/// Under 14 and without capacity: none; from 14 to 18: lighter or mitigated (行政处罚法 30, 31).
fn capacity(case: &Case<'_>, found: &mut Found) {
    let view = case.view;
    let condition = view.text("party.condition");
    match condition.as_deref() {
        Some("no_capacity") => found.add("no_capacity", "", ""),
        Some("limited_capacity") => found.add("limited_capacity", "", ""),
        _ => {}
    }
    if view.text("party.kind").is_some_and(|kind| kind == "organisation") {
        return;
    }
    // Of a continuing act its last day: what was done after a birthday was done at that age.
    let Some(age) = party::birth(view).and_then(|birth| Age::on(birth, case.act.map_or(case.day, |(_, last)| last))) else { return };
    if age == Age::Under14 {
        found.add("under_fourteen", "", "");
    }
    let punished = view.word("penalty", "kind").is_some_and(|kind| kind != "warning");
    let lightened = matches!(view.word("discretion", "leniency").as_deref(), Some("lighter" | "mitigated"));
    if age == Age::Under18 && punished && !lightened {
        found.add("minor_not_lightened", "", "");
    }
}

/// From the suspicion until the police decline or the head decides that there is none.
fn crime(case: &Case<'_>, found: &mut Found) {
    let crime = case.view.json("crime");
    let ms = |member: &str| crime.get(member).and_then(Json::as_i64);
    let Some(suspected) = ms("suspected_ms") else { return };
    let kept = ms("decided_ms").is_some() && crime.get("transferred").and_then(Json::as_bool) == Some(false);
    if kept || crime.get("answer").and_then(Json::as_str) == Some("declined") {
        return;
    }
    found.add("crime_suspected", "", case.view.word("crime", "offence").unwrap_or_default());
    if ms("decided_ms").is_none()
        && let Some(due) = day_of(UtcMs(suspected)).and_then(|day| case.last_day("crime.head", day)).filter(|due| case.facts.today > *due)
    {
        found.add("crime_undecided", "", due.to_string());
    }
}

#[cfg(test)]
mod tests;
