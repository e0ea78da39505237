//! What stands against fast handling (`domain.md` §6): every exclusion by its name, and every condition that is not met.
//!
//! Only looked at where a case is, or is about to be, handled fast. What is found after consent makes conversion due: the case goes
//! on as an ordinary one, with its evidence and its clock. Deliberately absent: converting it.

use super::{Code, Facts, Found, Topic, Weight};
use crate::case::fast::{State, concerned, eligibility};
use crate::case::read::View;
use crate::case::stage;

/// The topic.
pub const TOPIC: Topic = Topic { codes: CODES, look };

const LOCAL: &str = "杭综法〔2024〕14号";
/// What waits for it: the offer, the joint approval, and the decision of a case that is handled fast.
const BARS: &[&str] = &["offer_fast", "run_fast", "decide"];
/// The same after the offer.
const LATER: &[&str] = &["run_fast", "decide"];

const fn block(code: &'static str, bars: &'static [&'static str], basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Block, bars, basis, zh, en }
}

const CODES: &[Code] = &[
    block("fast.minor", BARS, LOCAL, "当事人是未成年人，不适用快办", "The party is a minor"),
    block("fast.blind", BARS, LOCAL, "当事人是盲人，不适用快办", "The party is blind"),
    block("fast.deaf", BARS, LOCAL, "当事人是聋（哑）人，不适用快办", "The party is deaf or deaf-mute"),
    block("fast.limited_capacity", BARS, LOCAL, "当事人行为能力受限，不适用快办", "The party's capacity is limited"),
    block("fast.disputed", BARS, LOCAL, "事实有争议，不适用快办", "The facts are disputed"),
    block("fast.crime", BARS, "行政处罚法 27", "涉嫌犯罪，不适用快办", "A crime is suspected"),
    block("fast.complex", BARS, "行政处罚法 57", "重大、复杂或者须集体讨论，不适用快办", "Major, complex or to be discussed collectively"),
    block("fast.hearing", BARS, "行政处罚法 63, 64", "当事人要求听证，不适用快办", "A hearing was asked for"),
    block("fast.public_notice", BARS, "民事诉讼法 95", "须公告送达，不适用快办", "Service by public notice"),
    block("fast.unidentified", BARS, LOCAL, "当事人不明，不适用快办", "The party is not identified"),
    block("fast.joint", BARS, LOCAL, "共同违法，不适用快办", "Joint offenders"),
    block("fast.impact", BARS, LOCAL, "社会影响较大，不适用快办", "Strong social impact"),
    block("fast.not_listed", BARS, "杭综法〔2024〕14号（清单制）", "事项不在快办清单内", "The matter is not on the local list"),
    block("fast.above_hearing", BARS, "行政处罚法 63", "拟作处罚达到听证标准，不适用快办", "The expected penalty gives a right to a hearing"),
    block("fast.appraisal", BARS, LOCAL, "须检验、检测或者鉴定，不适用快办", "A test or appraisal is needed"),
    block("fast.unclear", BARS, LOCAL, "快办条件未查明", "A condition of fast handling is not established"),
    block("fast.inconclusive", LATER, "行政处罚法 40, 46", "证据尚未查证属实，不适用快办", "The evidence is not verified"),
    block("fast.convert_due", LATER, "domain.md §6 (转普通程序)", "须转为普通程序办理", "The case has to be converted to the ordinary way"),
];

/// The finding for a condition that is not met.
fn code_of(code: &str) -> Option<&'static str> {
    match code {
        "listed" => Some("fast.not_listed"),
        "below_hearing" => Some("fast.above_hearing"),
        "no_appraisal" => Some("fast.appraisal"),
        "conclusive" => Some("fast.inconclusive"),
        _ => None,
    }
}

fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    if !concerned(view) {
        return;
    }
    let all = eligibility(view, facts);
    let running = matches!(view.stage(), stage::CONSENTED | stage::FAST_RUNNING);
    let mut due: Vec<&str> = Vec::new();
    for one in &all.exclusions {
        let row = CODES.iter().find(|row| row.code.strip_prefix("fast.") == Some(one.code));
        match (one.state, row) {
            (State::NotMet, Some(row)) => {
                found.add(row.code, "", one.fact.as_str());
                due.push(one.code);
            }
            (State::Unknown, _) => found.add("fast.unclear", one.code, one.fact.as_str()),
            _ => {}
        }
    }
    for one in all.conditions.iter().filter(|one| one.code != "consent") {
        // What is an exclusion too was named there.
        let named = due.contains(&if one.code == "identified" { "unidentified" } else { "disputed" }) && matches!(one.code, "identified" | "undisputed");
        match (one.state, code_of(one.code)) {
            (State::NotMet, Some(code)) => {
                found.add(code, "", one.fact.as_str());
                due.extend((code != "fast.inconclusive").then_some(one.code));
            }
            (State::NotMet, None) if !named => found.add("fast.unclear", one.code, one.fact.as_str()),
            (State::Unknown, _) if !matches!(one.code, "identified" | "undisputed") => found.add("fast.unclear", one.code, one.fact.as_str()),
            _ => {}
        }
    }
    due.extend(view.number("fast", "withdrawn_ms").is_some().then_some("consent"));
    if running && !due.is_empty() {
        found.add("fast.convert_due", "", due.join(", "));
    }
}

#[cfg(test)]
mod tests;
