//! Notice, defence, hearing, legal review and discussion (`domain.md` §5.5): what the party had to be told, what had to wait, and who
//! had to be asked, by the amounts and the calendar.
//!
//! Deliberately absent: what the record alone answers (a statement reviewed, a hearing held, its chair apart, every member's view
//! on record: guards), and calling a hearing.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Code, Facts, Found, Topic, Weight};
use crate::base::date::day_of;
use crate::base::money::Fen;
use crate::base::{Date, OfficerId, UtcMs};
use crate::case::read::View;
use crate::case::stage;
use crate::catalogue::matter::Matter;
use crate::dated::Kind;
use crate::law::policy::{self, HearingThreshold};
use crate::law::{Calendar, Deadline, Period, Side, deadline};
use crate::org::{Certificate, HolderKind, ancestors};

/// The topic.
pub const TOPIC: Topic = Topic { codes: CODES, look };

const fn block(code: &'static str, bars: &'static [&'static str], basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Block, bars, basis, zh, en }
}

const fn warn(code: &'static str, basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Warn, bars: &[], basis, zh, en }
}

/// Kinds whose party can always ask for a hearing, whatever the amount (行政处罚法 63 第一款第三、四项).
pub const HEARD_KINDS: &[&str] = &["lower_grade", "revocation", "stop_production", "close_down", "practice_ban"];
/// Kinds that may be 其他较重的行政处罚 (第五项).
const PERHAPS: &[&str] = &["suspension", "restrict_business"];
/// Most agents of a party (行政处罚法 64 第五项).
pub const MOST_AGENTS: usize = 2;
/// Reasons for which a case is complex or major for a discussion, and for which its legality is reviewed.
const DISCUSSED: &[&str] = &["public_interest", "many_relations", "doubtful", "heavy_penalty", "impact"];
const REVIEWED: &[&str] = &["public_interest", "many_relations", "doubtful", "by_law"];

const CODES: &[Code] = &[
    block(
        "hearing_untold",
        &["close_defence", "decide", "notice_again", "pre_notice"],
        "行政处罚法 63",
        "拟处罚达到听证标准，未告知听证权利",
        "The proposal is one for which a hearing has to be offered, and it was not",
    ),
    warn("hearing_perhaps", "行政处罚法 63 第一款第五项", "可能属于其他较重的行政处罚，建议告知听证权利", "The penalty may be one for which a hearing is to be offered"),
    warn("hearing_threshold_unknown", "行政处罚法 63", "听证数额标准无法读取，按应当告知听证处理", "The threshold cannot be read; a hearing is taken to be due"),
    warn("hearing_request_late", "行政处罚法 64 第一项", "听证申请超过法定期限，可以决定是否准许", "The request came too late; it may still be granted"),
    block(
        "hearing_notice_short",
        &["call_hearing", "hear"],
        "行政处罚法 64 第二项",
        "听证通知距听证不足七个工作日",
        "The hearing comes less than seven working days after its notice",
    ),
    warn("hearing_agents", "行政处罚法 64 第五项", "委托代理人超过二人", "There are more than two agents"),
    warn("hearing_closed", "行政处罚法 64 第三项", "听证不公开，须涉及国家秘密、商业秘密或者个人隐私", "The hearing is not open: only for secrets or privacy"),
    block(
        "evidence_after_hearing",
        &["decide"],
        "行政处罚法 65 (根据听证笔录作出决定)",
        "认定事实引用了听证后取得、未经听证的证据",
        "A fact names evidence that was taken after the hearing and is not on its record",
    ),
    block("defence_lapsed_early", &["close_defence", "decide"], "行政处罚法 44, 45", "陈述申辩期限未满", "The period for a statement is not over"),
    block("defence_unreviewed", &["close_defence", "decide"], "行政处罚法 45 第一款", "当事人已陈述申辩，未经复核", "The party made a statement that nobody reviewed"),
    block("legal_review_due", &["decide"], "行政处罚法 58", "应当进行法制审核，尚未通过", "A legal review is mandatory and has not agreed"),
    warn("legal_reviewer_unlisted", "行政处罚法 58 第二款", "法制审核人员不在资格名册上", "The legal reviewer is not among the certified ones"),
    block("discussion_due", &["decide"], "行政处罚法 57 第二款", "情节复杂或者重大违法行为，应当集体讨论", "The case is complex or major and has to be discussed"),
    block("discussion_small", &["decide", "discuss"], "行政处罚法 57 第二款; domain.md §5.5", "集体讨论人数不足", "Too few members took part in the discussion"),
    warn("dissent_lost", "domain.md §5.5 (不同意见如实记录)", "反对票数与记录的不同意见不符", "Votes against and dissenting views do not agree"),
];

/// Stages at which nothing of it matters any more.
const OVER: &[&str] = &[stage::NOT_FILED, stage::TRANSFERRED, stage::WITHDRAWN, stage::TERMINATED, stage::NO_VIOLATION, stage::ARCHIVED];

fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    if OVER.contains(&view.stage()) || view.text("procedure").as_deref() == Some("simple") {
        return;
    }
    let heavy = heavy(view, facts);
    told(view, facts, &heavy, found);
    defence(view, facts, found);
    hearing(view, facts, found);
    reviewed(view, facts, &heavy, found);
    discussed(view, facts, &heavy, found);
}

/// Why a proposal is one for which a hearing has to be offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heavy {
    /// What reaches it, in words: a kind, or an amount and its threshold. Empty if nothing does.
    pub because: Vec<String>,
    /// Kinds that may be others of that weight.
    pub perhaps: Vec<String>,
    /// The threshold could not be read: a fine or confiscation is taken to reach it.
    pub unknown: Option<String>,
}

/// Whether kinds and amounts of a proposal, or of what was told, have to be offered a hearing (行政处罚法 63). Amounts of a person
/// are compared with the lower threshold, and an individual business counts as a person: a hearing too many does no harm.
pub fn heavy(view: &View<'_>, facts: &Facts<'_>) -> Heavy {
    let (mut kinds, mut confiscated) = (BTreeSet::new(), 0_i64);
    for penalty in std::iter::once(view.json("penalty")).chain(view.all("penalties.").map(|(_, p)| p)) {
        let Some(kind) = penalty.get("kind").and_then(Json::as_str) else { continue };
        if kind == "confiscation" {
            confiscated = confiscated.saturating_add(penalty.get("amount_fen").and_then(Json::as_i64).unwrap_or(0));
        }
        kinds.insert(kind.to_owned());
    }
    let notice = view.json("pre_notice");
    let noticed = |member: &str| notice.get(member).and_then(Json::as_i64).unwrap_or(0);
    kinds.extend(notice.get("kinds").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned));
    let amounts = [("fine", view.fines().0.max(noticed("amount_fen"))), ("confiscation", confiscated.max(noticed("confiscation_fen")))];
    let mut out = Heavy { because: kinds.iter().filter(|k| HEARD_KINDS.contains(&k.as_str())).cloned().collect(), ..Heavy::default() };
    out.perhaps = kinds.iter().filter(|k| PERHAPS.contains(&k.as_str())).cloned().collect();
    let person = view.text("party.kind").as_deref() != Some("organisation");
    let day = view.day_of("pre_notice", "served_ms").or_else(|| view.day("decided_date")).unwrap_or(facts.today);
    match threshold(view, facts, day) {
        Ok(HearingThreshold { person: of_person, organisation }) => {
            let least = if person { of_person } else { organisation };
            out.because.extend(amounts.iter().filter(|(_, fen)| *fen > 0 && *fen >= least.0).map(|(kind, fen)| format!("{kind} {} ≥ {least}", Fen(*fen))));
        }
        Err(why) => {
            out.because.extend(amounts.iter().filter(|(_, fen)| *fen > 0).map(|(kind, fen)| format!("{kind} {}", Fen(*fen))));
            out.unknown = Some(why);
        }
    }
    out
}

/// By the area of the act and those around it, and the field of law of the matter; the lowest that applies.
fn threshold(view: &View<'_>, facts: &Facts<'_>, day: Date) -> Result<HearingThreshold, String> {
    let around = ancestors(facts.book, facts.area, day);
    let areas: Vec<&str> = std::iter::once(facts.area).chain(around.iter().map(|area| &**area)).collect();
    let domain = view.text("matter").and_then(|code| facts.book.get::<Matter>(&code, day)).map(|matter| matter.domain);
    let domains: Vec<&str> = domain.iter().map(String::as_str).collect();
    policy::hearing_threshold(facts.book, &areas, &domains, day).map(|answer| answer.value).map_err(|why| why.to_string())
}

fn told(view: &View<'_>, facts: &Facts<'_>, heavy: &Heavy, found: &mut Found) {
    if let Some(why) = &heavy.unknown
        && !heavy.because.is_empty()
    {
        found.add("hearing_threshold_unknown", "", why.chars().take(400).collect::<String>());
    }
    if view.number("pre_notice", "served_ms").is_some() && !view.yes("pre_notice", "hearing_told") {
        if !heavy.because.is_empty() {
            found.add("hearing_untold", "", heavy.because.join("; "));
        } else if !heavy.perhaps.is_empty() {
            found.add("hearing_perhaps", "", heavy.perhaps.join(", "));
        }
    }
    let noticed = view.day_of("pre_notice", "served_ms");
    let asked = view.number("hearing", "requested_ms");
    if let (Some(noticed), Some(asked)) = (noticed, asked)
        && let Some(end) = end(facts, "penalty.hearing.request", noticed, Side::Party)
        && !end.met_by(UtcMs(asked))
    {
        found.add("hearing_request_late", "", end.due.to_string());
    }
}

/// A period that is only over once its last day is; and a statement that came is reviewed, however the period was closed.
fn defence(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    let lapsed = view.yes("defence", "lapsed");
    let day = view.day("decided_date").unwrap_or(facts.today);
    if lapsed
        && let Some(end) = view.day_of("pre_notice", "served_ms").and_then(|noticed| end(facts, "penalty.statement", noticed, Side::Party))
        && day <= end.due
    {
        found.add("defence_lapsed_early", "", end.due.to_string());
    }
    let said = view.word("defence", "statement").is_some() && view.word("defence", "review").is_none();
    if said && (lapsed || view.yes("defence", "waived")) {
        found.add("defence_unreviewed", "", "");
    }
}

fn hearing(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    let (notice, at) = (view.day_of("hearing", "notice_ms"), view.day_of("hearing", "at_ms"));
    if let (Some(notice), Some(at)) = (notice, at)
        && let Some(end) = end(facts, "penalty.hearing.notice", notice, Side::Organ)
        && at < end.unshifted_due
    {
        found.add("hearing_notice_short", "", format!("{notice} – {at}, {}", end.unshifted_due));
    }
    let hearing = view.json("hearing");
    if hearing.get("agents").and_then(Json::as_array).is_some_and(|agents| agents.len() > MOST_AGENTS) {
        found.add("hearing_agents", "", "");
    }
    if hearing.get("open").and_then(Json::as_bool) == Some(false) {
        found.add("hearing_closed", "", "");
    }
    let Some(ended) = view.number("hearing", "ended_ms") else { return };
    let later: BTreeSet<&str> = view.all("evidence.").filter(|(_, e)| e.get("taken_ms").and_then(Json::as_i64).is_some_and(|taken| taken > ended)).map(|(id, _)| id).collect();
    for (id, element) in view.all("elements.") {
        let named = element.get("evidence").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        let off: Vec<&str> = named.filter(|evidence| later.contains(evidence)).collect();
        if !off.is_empty() {
            found.add("evidence_after_hearing", id, off.join(", "));
        }
    }
}

fn weighty<'r>(view: &View<'_>, reasons: &'r [&'r str]) -> Vec<&'r str> {
    let all = view.json("weighty");
    let named: Vec<&str> = all.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    reasons.iter().copied().filter(|reason| named.contains(reason)).collect()
}

/// Mandatory where a hearing was held, where the penalty is one to be heard, or where the case is weighty; after the hearing.
fn reviewed(view: &View<'_>, facts: &Facts<'_>, heavy: &Heavy, found: &mut Found) {
    let heard = view.number("hearing", "ended_ms");
    let mut why: Vec<String> = heard.map(|_| "hearing".to_owned()).into_iter().chain(heavy.because.iter().cloned()).collect();
    why.extend(weighty(view, REVIEWED).into_iter().map(str::to_owned));
    let agreed = view.word("legal_review", "outcome").as_deref() == Some("agree") && view.number("legal_review", "at_ms").is_some_and(|at| at >= heard.unwrap_or(0));
    if !why.is_empty() && !agreed {
        found.add("legal_review_due", "", why.join("; "));
    }
    let Some(by) = view.word("legal_review", "by").and_then(|by| by.parse::<OfficerId>().ok()) else { return };
    let day = view.day_of("legal_review", "at_ms").unwrap_or(facts.today);
    // Only where the organisation keeps such a list at all.
    let mut listed = facts.book.in_force(Kind::Certificate, day).filter_map(|row| row.typed::<Certificate>()).filter(|c| c.holder_kind == HolderKind::LegalReviewer).peekable();
    if listed.peek().is_some() && !listed.any(|c| c.officer == by && !c.suspended) {
        found.add("legal_reviewer_unlisted", by.as_str(), "");
    }
}

/// Due where the case is complex or major; a heavy penalty makes it so by itself.
fn discussed(view: &View<'_>, facts: &Facts<'_>, heavy: &Heavy, found: &mut Found) {
    let discussion = view.json("discussion");
    let Some(at) = discussion.get("at_ms").and_then(Json::as_i64) else {
        let why: Vec<String> = heavy.because.iter().cloned().chain(weighty(view, DISCUSSED).into_iter().map(str::to_owned)).collect();
        if !why.is_empty() {
            found.add("discussion_due", "", why.join("; "));
        }
        return;
    };
    let members: BTreeSet<&str> = discussion.get("members").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let day = day_of(UtcMs(at)).unwrap_or(facts.today);
    if let Ok(fewest) = policy::get::<i64>(facts.book, "penalty.discussion.members", day)
        && (members.len() as i64) < fewest.value
    {
        found.add("discussion_small", "", format!("{} / {}", members.len(), fewest.value));
    }
    let against = members.iter().filter(|member| view.yes(&format!("views.{member}"), "against")).count() as i64;
    if discussion.get("votes_against").and_then(Json::as_i64).is_some_and(|votes| votes != against) {
        found.add("dissent_lost", "", format!("{against}"));
    }
}

/// The end of a period that began on a day.
fn end(facts: &Facts<'_>, key: &str, from: Date, side: Side) -> Option<Deadline> {
    let period = policy::get::<Period>(facts.book, key, from).ok()?.value;
    deadline(&Calendar::of(facts.book), period, from, side, &[]).ok()?.deadline()
}

#[cfg(test)]
mod tests;
