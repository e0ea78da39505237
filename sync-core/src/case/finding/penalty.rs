//! What stands against a penalty: the choice of law, the range, the order that comes first, the base, the kinds, the deviation
//! (`domain.md` §0.1, §5.8).
//!
//! Looked at once a penalty is proposed, or the case is ripe for one. Deliberately absent: heavier than was told, which the record
//! alone shows (a guard), and whether to punish at all.

use serde_json::Value as Json;

use super::{Code, Facts, Found, Topic, Weight};
use crate::base::date::day_of;
use crate::base::money::Fen;
use crate::base::{Date, UtcMs};
use crate::case::discretion::{self, Input, Leniency, Place, Silent};
use crate::case::law_choice::{self, Unknown};
use crate::case::read::View;
use crate::case::stage;
use crate::catalogue::choice::{Choice, NoLaw, Rule};
use crate::catalogue::matter::{Matter, PenaltyKind, Shape, Trigger};

/// The topic.
pub const TOPIC: Topic = Topic { codes: CODES, look };

/// What waits for it: the notice of what is proposed, and the decision.
const BARS: &[&str] = &["pre_notice", "notice_again", "decide"];

const fn block(code: &'static str, basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Block, bars: BARS, basis, zh, en }
}

const CODES: &[Code] = &[
    block("law_choice_due", "行政处罚法 37; 生态环境法典 1057", "法律已修改，尚未作出适用法律的选择", "The law changed and nobody has chosen which one applies"),
    block("law_choice_contradicts", "行政处罚法 37 (从旧兼从轻)", "所选法律与从旧兼从轻原则不符", "The choice of law goes against the rule"),
    block("law_choice_unreviewed", "行政处罚法 37, 58; domain.md §0.1", "法律适用选择后未经法制审核", "Legal review has not seen both laws since the choice"),
    block("law_unknown", "行政处罚法 4, 38 (法无规定不得处罚)", "违法行为发生时没有可适用的处罚规定", "No law that can be read punished the act on its day"),
    block("not_punishable", "行政处罚法 37; 生态环境法典 1057", "新规定不再处罚该行为", "The law of the decision does not punish the act any more"),
    block("kind_not_allowed", "行政处罚法 4, 9, 38", "处罚种类不在该事项规定之内", "The clause does not provide this kind of penalty"),
    block("out_of_range", "行政处罚法 4, 32, 34", "罚款数额超出法定幅度", "The fine lies outside the statutory range"),
    block("order_first", "行政处罚法 28; domain.md §5.8", "须先送达责令改正并经复查仍未改正", "An order to correct must be served, and a re-check must have failed, first"),
    block("count_due", "行政处罚法 40; domain.md §5.8", "按比例或者按单位计罚，缺少基数", "The base or the number of units is not on record"),
    block("basis_unproven", "行政处罚法 40, 46; domain.md §5.8", "计罚基数没有经查证属实的证据", "No verified evidence proves the base"),
    block("gains_left", "行政处罚法 28 第二款", "违法所得未予没收", "Illegal gains are not confiscated"),
    block("deviation_unreviewed", "行政处罚法 34; domain.md §5.8", "偏离裁量基准未经审核同意", "No reviewer has agreed to the deviation from the suggested band"),
    Code {
        code: "range_unknown",
        weight: Weight::Warn,
        bars: &[],
        basis: "行政处罚法 34",
        zh: "罚款幅度未录入目录，无法核对",
        en: "The range of the fine is not in the catalogue and cannot be checked",
    },
];

/// Stages at which a penalty is still to be decided, and those at which it is ripe for it.
const OPEN: &[&str] = &[
    stage::CLUE,
    stage::FILED,
    stage::INVESTIGATING,
    stage::FAST_OFFERED,
    stage::CONSENTED,
    stage::CONVERTED,
    stage::INVESTIGATED,
    stage::CASE_REVIEWED,
    stage::LEGAL_REVIEWED,
    stage::PRE_NOTICED,
    stage::DEFENCE_CLOSED,
    stage::HEARING,
    stage::HEARD,
    stage::DISCUSSED,
    stage::FAST_RUNNING,
];

fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    let proposed = discretion::proposed(view);
    if !OPEN.contains(&view.stage()) || proposed.is_empty() {
        return;
    }
    let choice = match law_choice::offer(view, facts.book, facts.today) {
        Ok(choice) => choice,
        Err(Unknown::Law(NoLaw::Order { .. }) | Unknown::Matter) => return,
        Err(Unknown::Law(why)) => return found.add("law_unknown", "", why.to_string()),
        Err(Unknown::Day) => {
            if law_choice::day_matters(view, facts.book, facts.today) {
                found.add("law_choice_due", "", Unknown::Day.to_string());
            }
            return;
        }
    };
    if choice.rule != Rule::Unchanged {
        chosen(view, &choice, found);
    }
    if choice.rule == Rule::Decriminalised {
        return found.add("not_punishable", "", law_choice::explained(choice.rule).0);
    }
    let Some(version) = law_choice::version(view, &choice) else { return };
    kinds(view, &version.matter, &proposed, found);
    if proposed.iter().any(|kind| kind == "fine") {
        order_first(view, &version.matter, found);
        amount(view, &version.matter, found);
    }
}

/// The choice: made, as the rule has it, and seen by legal review.
fn chosen(view: &View<'_>, choice: &Choice, found: &mut Found) {
    let Some(chosen) = law_choice::standing(view, choice) else { return found.add("law_choice_due", "", law_choice::explained(choice.rule).0) };
    if law_choice::bound(choice).is_some_and(|only| only != chosen) {
        return found.add("law_choice_contradicts", "", law_choice::explained(choice.rule).0);
    }
    let seen = view.number("legal_review", "at_ms").filter(|_| view.word("legal_review", "outcome").as_deref() == Some("agree"));
    if seen.is_none_or(|at| at < view.number("law_choice", "at_ms").unwrap_or(0)) {
        found.add("law_choice_unreviewed", "", "");
    }
}

/// Each kind is one of the clause's. Illegal gains are confiscated whether it says so or not (行政处罚法 28 第二款).
fn kinds(view: &View<'_>, matter: &Matter, proposed: &[String], found: &mut Found) {
    let gains = discretion::gains(view);
    let of_gains = |kind: PenaltyKind| kind == PenaltyKind::Confiscate && gains > Fen::ZERO;
    for word in proposed {
        if discretion::kind(word).is_none_or(|kind| !matter.kinds.contains(&kind) && !of_gains(kind)) {
            found.add("kind_not_allowed", word.as_str(), law_choice::cited(&matter.penalty));
        }
    }
    if discretion::confiscated(view) < gains {
        found.add("gains_left", "", format!("{} < {gains}", discretion::confiscated(view)));
    }
}

/// Where a fine follows only upon an order that was not followed: the order was served, its time is over, and a re-check found so.
fn order_first(view: &View<'_>, matter: &Matter, found: &mut Found) {
    if !matches!(matter.trigger, Trigger::AfterOverdue | Trigger::OnRefusal) {
        return;
    }
    let served = view.number("order", "served_ms");
    let rechecked = view.number("order", "rechecked_ms").filter(|at| served.is_some_and(|served| served <= *at));
    let deadline: Option<Date> = view.word("order", "deadline").and_then(|text| text.parse().ok());
    let too_early = |at: i64| matter.trigger == Trigger::AfterOverdue && deadline.is_none_or(|last| day_of(UtcMs(at)).is_none_or(|day| day <= last));
    match (served, rechecked, law_choice::refused(view)) {
        (None, ..) => found.add("order_first", "", "责令改正通知书未送达"),
        (_, None, _) | (_, _, None) => found.add("order_first", "", "未经复查"),
        (.., Some(false)) => found.add("order_first", "", "复查已改正"),
        (_, Some(at), Some(true)) if too_early(at) => found.add("order_first", "", "复查早于改正期限届满"),
        _ => {}
    }
}

/// The amount: its base is on record and proven, it lies in the range, and what leaves the suggested band was reviewed.
fn amount(view: &View<'_>, matter: &Matter, found: &mut Found) {
    let input = Input::of(view);
    if matter.fine.as_ref().is_some_and(|fine| fine.shape != Shape::Fixed) && !proven(view) {
        found.add("basis_unproven", "", matter.fine.as_ref().and_then(|fine| fine.base.clone()).unwrap_or_default());
    }
    let total = view.fines();
    let (range, _) = match discretion::range(matter, input.count, input.refused) {
        Ok(range) => range,
        Err(Silent::Count) => return found.add("count_due", "", Silent::Count.to_string()),
        Err(Silent::NotEntered) => return found.add("range_unknown", "", Silent::NotEntered.to_string()),
        Err(Silent::NoFine) => return,
        Err(why) => return found.add("out_of_range", "", why.to_string()),
    };
    let mitigated = input.leniency == Some(Leniency::Mitigated) && input.may_mitigate() && view.word("discretion", "ground").is_some();
    if discretion::place(total, range, mitigated) != Place::Legal {
        return found.add("out_of_range", "", format!("{total} ∉ {}–{}", Fen(range.min), Fen(range.max)));
    }
    // Without a fine beside it there is nothing to deviate from; a band that cannot be told is no band.
    let Ok(suggested) = discretion::suggest(matter, &input) else { return };
    if !(suggested.band.min..=suggested.band.max).contains(&total.0) && !deviation_reviewed(view) {
        found.add("deviation_unreviewed", "", format!("{total} ∉ {}–{}", Fen(suggested.band.min), Fen(suggested.band.max)));
    }
}

/// The base rests on evidence that stands, was verified and not excluded.
fn proven(view: &View<'_>) -> bool {
    let Some(id) = view.word("penalty", "basis_evidence") else { return false };
    let verified = view.json(&format!("verified.{id}"));
    let stands = view.all("evidence.").any(|(of, _)| of == id);
    stands && verified.get("by").and_then(Json::as_str).is_some() && verified.get("excluded").and_then(Json::as_bool) != Some(true)
}

/// Reasons are given, and a reviewer who does not handle the case agreed to them since.
fn deviation_reviewed(view: &View<'_>) -> bool {
    let handlers = view.handlers();
    let since = view.number("discretion", "at_ms").unwrap_or(0);
    let agreed = |act: &str| {
        let key = format!("opinions.{act}.reviewer");
        let apart = view.word(&key, "by").is_some_and(|by| !handlers.contains(&by.as_str()));
        apart && view.yes(&key, "agrees") && view.number(&key, "at_ms").unwrap_or(0) >= since
    };
    view.word("discretion", "deviation").is_some() && BARS.iter().any(|act| agreed(act))
}

#[cfg(test)]
mod tests;
