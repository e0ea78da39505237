//! Which law applies to a case that crosses a change of the law: the old one, unless the new one is lighter (从旧兼从轻,
//! 行政处罚法 37; 生态环境法典 1057).
//!
//! Both clauses are offered, each with its text and range; what the rule says is explained; an officer's reasoned choice is kept on
//! the case, where legal review sees both. A choice against a rule that leaves none open is refused. Deliberately absent: the
//! comparison itself ([`crate::catalogue::choice`]).

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::read::View;
use crate::base::money::Fen;
use crate::base::{Date, UtcMs};
use crate::catalogue::choice::{Act, Choice, NoLaw, Rule, Version, choose};
use crate::catalogue::matter::{Clause, Matter, Range, Shape};
use crate::dated::{Book, Kind};

/// Most characters of a clause on a case, as the field table has it.
const MAX_CLAUSE: usize = 600;
/// Most characters of a reason, as the field table has it.
const MAX_REASON: usize = 2_000;
/// What is said in the place of a clause that is no more.
pub const NO_MORE: &str = "现行法律不再规定处罚";

/// One of two laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// That of the act.
    Then,
    /// That of the decision.
    Now,
}

impl Side {
    /// Its word in `law_choice.chosen`.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Then => "then",
            Side::Now => "now",
        }
    }

    /// The side of a word.
    pub fn parse(word: &str) -> Option<Side> {
        [Side::Then, Side::Now].into_iter().find(|side| side.as_str() == word)
    }
}

/// Why nothing can be offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// The case names no matter.
    #[error("the case names no matter; choose one of the catalogue")]
    Matter,
    /// The day of the act is not on record.
    #[error("the day of the act is not on record; enter act_date, and act_end for a continuing act")]
    Day,
    /// There is no law to choose.
    #[error(transparent)]
    Law(#[from] NoLaw),
}

/// When the act was committed and whether its correction was refused, as far as the record says so.
pub fn act(view: &View<'_>) -> Option<Act> {
    let end = view.day("act_end");
    let start = view.day("act_date").or(end)?;
    Some(Act { start, end: end.unwrap_or(start), refused: refused(view) })
}

/// Whether a re-check found that an order to correct was not followed; nothing before one.
pub fn refused(view: &View<'_>) -> Option<bool> {
    match view.word("order", "recheck").as_deref() {
        Some("corrected") => Some(false),
        Some("not_corrected" | "refused") => Some(true),
        _ => None,
    }
}

/// The two laws of a case, compared; the day of decision is today until there is one.
pub fn offer(view: &View<'_>, book: &Book, today: Date) -> Result<Choice, Unknown> {
    let matter = view.text("matter").ok_or(Unknown::Matter)?;
    let act = act(view).ok_or(Unknown::Day)?;
    Ok(choose(book, &matter, act, decision_day(view, today))?)
}

fn decision_day(view: &View<'_>, today: Date) -> Date {
    view.day("decided_date").unwrap_or(today)
}

/// What the rule leaves: one of the two, or either (`None`).
pub fn bound(choice: &Choice) -> Option<Side> {
    match choice.rule {
        Rule::Unchanged | Rule::Old => Some(Side::Then),
        Rule::NewIsLighter | Rule::Decriminalised => Some(Side::Now),
        Rule::Undetermined => None,
    }
}

/// Whether the matter has changed so that the day of the act decides which law it is, which nobody has entered.
pub fn day_matters(view: &View<'_>, book: &Book, today: Date) -> bool {
    let versions = |matter: String| book.history(Kind::Matter, &matter).filter(|row| row.valid.from <= decision_day(view, today)).count();
    act(view).is_none() && view.text("matter").map_or(0, versions) > 1
}

/// The choice that stands on the case for these two laws; one that was made for other days or other versions does not.
pub fn standing(view: &View<'_>, choice: &Choice) -> Option<Side> {
    let day = |member| view.word("law_choice", member).and_then(|text| text.parse::<Date>().ok());
    let same = day("then_from") == Some(choice.then.valid.from) && day("now_from") == choice.now.as_ref().map(|now| now.valid.from);
    let rule = view.word("law_choice", "rule").as_deref() == Some(word(choice.rule));
    let chosen = Side::parse(&view.word("law_choice", "chosen")?)?;
    (same && rule && view.word("law_choice", "reason").is_some()).then_some(chosen)
}

/// The version that the case goes by: the only one, the one that was chosen, or the one that the rule leaves. `None` where nothing
/// is punished any more, or where an officer has to choose first.
pub fn version<'c>(view: &View<'_>, choice: &'c Choice) -> Option<&'c Version> {
    let side = if choice.rule == Rule::Unchanged { Side::Then } else { standing(view, choice).or(bound(choice))? };
    match side {
        Side::Then => Some(&choice.then),
        Side::Now => choice.now.as_ref().filter(|now| now.matter.punishable()),
    }
}

/// The word for a rule in `law_choice.rule`.
pub fn word(rule: Rule) -> &'static str {
    match rule {
        Rule::Unchanged => "unchanged",
        Rule::Old => "old",
        Rule::NewIsLighter => "new_is_lighter",
        Rule::Decriminalised => "decriminalised",
        Rule::Undetermined => "undetermined",
    }
}

/// What a rule says, in Chinese and English.
pub fn explained(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::Unchanged => ("违法行为发生时与作出决定时适用同一规定。", "One law was in force on both days."),
        Rule::Old => ("法律已修改，新规定并不更轻：适用违法行为发生时的规定。", "The law changed and the new one is not lighter: the law of the act applies."),
        Rule::NewIsLighter => ("法律已修改，新规定处罚较轻：适用新规定。", "The law changed and the new one is lighter: it applies."),
        Rule::Decriminalised => ("新规定不再处罚该行为：不予处罚。", "The new law does not punish the act any more: no penalty."),
        Rule::Undetermined => (
            "新旧规定轻重无法直接比较：由承办人说明理由选择，法制审核须同时审看两个条文。",
            "The two cannot be compared: an officer chooses with reasons, and legal review sees both.",
        ),
    }
}

/// Clauses as they are cited: 《甲法》第一条、《乙条例》第二条.
pub fn cited(clauses: &[Clause]) -> String {
    let parts: Vec<String> = clauses.iter().map(|clause| format!("《{}》{}", clause.law, clause.article)).collect();
    parts.join("、")
}

/// A clause with its text, if entered, and its range, at most as long as the field.
pub fn clause(matter: &Matter) -> String {
    let texts: Vec<&str> = matter.penalty.iter().filter_map(|clause| clause.text.as_deref()).collect();
    let mut out = cited(&matter.penalty);
    if let Some(range) = range_words(matter) {
        out.push_str(&format!("（{range}）"));
    }
    if !texts.is_empty() {
        out.push_str(&format!("：{}", texts.join(" ")));
    }
    out.chars().take(MAX_CLAUSE).collect()
}

/// The range of a fine in words; nothing where none is entered.
pub fn range_words(matter: &Matter) -> Option<String> {
    let fine = matter.fine.as_ref()?;
    let one = |range: Range| match fine.shape {
        Shape::Fixed => format!("{}元至{}元", Fen(range.min), Fen(range.max)),
        Shape::PerUnit => format!("每{}{}元至{}元", fine.base.as_deref().unwrap_or("单位"), Fen(range.min), Fen(range.max)),
        // A ten-thousandth with two decimals is a per cent.
        Shape::Ratio => format!("{}的{}%至{}%", fine.base.as_deref().unwrap_or("基数"), Fen(range.min), Fen(range.max)),
    };
    let mut out = format!("罚款{}", one(fine.range()));
    if let Some(overdue) = matter.overdue {
        out.push_str(&format!("；拒不改正的{}", one(overdue)));
    }
    Some(out)
}

/// Why a choice is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing to choose.
    #[error("one law was in force on both days; there is nothing to choose")]
    Unchanged,
    /// The rule leaves only the other one.
    #[error("the rule leaves only '{}' (从旧兼从轻, 行政处罚法 37)", .0.as_str())]
    Bound(Side),
    /// No reason was given, or one that is too long.
    #[error("give the reasons in 1 to 2000 characters; legal review reads them with both clauses")]
    Reason,
}

/// The value of `law_choice` for an officer's choice.
pub fn value(choice: &Choice, chosen: Side, reason: &str, by: &str, now: UtcMs, day: Date) -> Result<Json, Refused> {
    if choice.rule == Rule::Unchanged {
        return Err(Refused::Unchanged);
    }
    if let Some(only) = bound(choice).filter(|only| *only != chosen) {
        return Err(Refused::Bound(only));
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Err(Refused::Reason);
    }
    let mut out = json!({
        "at_ms": now.0,
        "by": by,
        "chosen": chosen.as_str(),
        "day": day.to_string(),
        "now_clause": choice.now.as_ref().map(|now| &now.matter).filter(|now| now.punishable()).map_or_else(|| NO_MORE.to_owned(), clause),
        "reason": reason,
        "rule": word(choice.rule),
        "then_clause": clause(&choice.then.matter),
        "then_from": choice.then.valid.from.to_string(),
    });
    if let (Some(now), Some(members)) = (&choice.now, out.as_object_mut()) {
        members.insert("now_from".into(), now.valid.from.to_string().into());
    }
    Ok(out)
}

#[cfg(test)]
pub(in crate::case) mod tests;
