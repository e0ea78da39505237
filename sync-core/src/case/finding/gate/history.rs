//! What other cases of the same party say: fined already, another norm with a higher fine, not the first time (行政处罚法 29, 33).

use serde_json::Value as Json;

use super::{Case, Found};
use crate::base::Date;
use crate::case::finding::Other;
use crate::case::stage;
use crate::catalogue::matter::{Matter, Shape};

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    for other in case.facts.others.iter().filter(|other| !undone(other)) {
        fined(case, other, found);
        higher_norm(case, other, found);
    }
    first_time(case, found);
}

/// A decision that was taken back is none, and a case that was dropped decides nothing.
fn undone(other: &Other) -> bool {
    [stage::REVOKED, stage::WITHDRAWN, stage::TERMINATED, stage::NOT_FILED, stage::TRANSFERRED, stage::NO_VIOLATION].contains(&&*other.stage)
}

/// Whether two cases are about one act: on days that meet, in one matter or at one site. `None` where a day is not known.
fn same_act(case: &Case<'_>, other: &Other) -> Option<bool> {
    let one_matter = case.matter.as_deref() == Some(&*other.matter);
    let one_site = other.site.is_some() && case.view.text("site").and_then(|site| site.parse().ok()) == other.site;
    if !one_matter && !one_site {
        return Some(false);
    }
    let ((first, last), begun) = (case.act?, other.act_day?);
    let ended = other.act_end.map_or(begun, |ended| ended.max(begun));
    Some(first <= ended && begun <= last)
}

/// Whether another case was decided before this one, which may be open.
fn before(case: &Case<'_>, decided: Date) -> bool {
    case.view.day("decided_date").is_none_or(|own| decided <= own)
}

/// No second fine for one act, whichever organ gave the first; other penalties remain possible.
fn fined(case: &Case<'_>, other: &Other, found: &mut Found) {
    let Some(decided) = other.decided.filter(|_| other.fine_fen > 0 && case.fines()) else { return };
    if !before(case, decided) {
        return;
    }
    let detail = format!("{} {decided} {}", other.organ, other.matter);
    match same_act(case, other) {
        Some(true) => found.add("double_fine", other.record.to_string(), detail),
        Some(false) => {}
        None => found.add("double_fine_possible", other.record.to_string(), detail),
    }
}

/// The highest fine of a matter, where its bounds are amounts.
fn most(matter: &Matter) -> Option<i64> {
    matter.fine.as_ref().filter(|fine| fine.shape == Shape::Fixed).map(|fine| fine.max)
}

/// One act that breaks several norms: the one with the higher fine. Where amounts cannot be compared, people do it.
fn higher_norm(case: &Case<'_>, other: &Other, found: &mut Found) {
    let Some(own) = case.matter.as_deref().filter(|own| **own != *other.matter && !other.matter.is_empty()) else { return };
    if other.decided.is_some() || same_act(case, other) != Some(true) {
        return;
    }
    let [own, theirs] = [own, &*other.matter].map(|code| case.version(code).as_ref().and_then(most));
    match (own, theirs) {
        (Some(own), Some(theirs)) if theirs <= own => {}
        (Some(own), Some(theirs)) => found.add("higher_norm", other.record.to_string(), format!("{}: {} > {}", other.matter, theirs / 100, own / 100)),
        _ => found.add("higher_norm", other.record.to_string(), format!("{}: ?", other.matter)),
    }
}

/// 首违不罚 is for the first violation in a matter within the district: an earlier penalty, or an earlier exemption with its
/// signed commitment, uses it up. Where nothing does, correction in time is a hint that nothing need be punished.
fn first_time(case: &Case<'_>, found: &mut Found) {
    let same_matter = |other: &&Other| case.matter.as_deref() == Some(&*other.matter) && !undone(other);
    let decided = |other: &&Other| other.decided.is_some_and(|decided| before(case, decided));
    let counts = |other: &&Other| other.punished || other.exemption.as_deref() == Some("first_time");
    let earlier: Vec<&Other> = case.facts.others.iter().filter(same_matter).filter(decided).filter(counts).collect();
    if case.view.word("exemption", "clause").as_deref() == Some("first_time") {
        for other in earlier {
            found.add("first_time_used", other.record.to_string(), format!("{} {}", other.organ, other.decided.map(|d| d.to_string()).unwrap_or_default()));
        }
        return;
    }
    let corrected = case.view.json("order").get("recheck").and_then(Json::as_str) == Some("corrected");
    let rule = case.matter.as_deref().and_then(|code| case.version(code)).and_then(|version| version.minor_exempt);
    let open = case.view.text("decided_date").is_none() && case.view.word("exemption", "clause").is_none();
    if let Some(rule) = rule.filter(|_| corrected && open && earlier.is_empty()) {
        found.add("minor_exempt", "", rule.chars().take(400).collect::<String>());
    }
}
