//! What was registered or seized: approved first, decided on in time (行政处罚法 56; 行政强制法 17–28).

use serde_json::Value as Json;

use super::{Facts, Found, last_day, number, ruling, words, yes};
use crate::base::date::day_of;
use crate::base::{Date, UtcMs, Validity};
use crate::case::read::View;
use crate::catalogue::authority;
use crate::catalogue::power::PowerType;
use crate::law::Suspension;
use crate::org::in_name_of;

/// 行政强制法 19: 二十四小时内, counted by the clock.
const REPORT_MS: i64 = 24 * 3_600_000;

pub(super) fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    for (id, measure) in view.all("measures.") {
        let Some(began) = number(&measure, "began_ms") else { continue };
        match words(&measure, "kind") {
            Some("registration") => {
                if !approved(view, &format!("registration-{id}"), &measure, began) {
                    found.add("registration_unapproved", id, "");
                }
                let due = day_of(UtcMs(began)).and_then(|from| last_day(facts, "evidence.registration", from, &[]));
                in_time(view, facts, found, id, due, ["registration_expired", "registration_late"]);
            }
            Some("seizure") => seizure(view, facts, found, id, &measure, began),
            _ => {}
        }
    }
}

/// The head's written approval before it began; or his word before it, made up for in writing since.
fn approved(view: &View<'_>, step: &str, measure: &Json, began: i64) -> bool {
    let key = format!("opinions.{step}.head");
    let written = view.yes(&key, "agrees") && view.word(&key, "by").is_some();
    let before = view.number(&key, "at_ms").is_some_and(|at| at <= began);
    let by_word = words(measure, "approved_by").is_some() && number(measure, "approved_ms").is_some_and(|at| at <= began);
    written && (before || by_word)
}

fn seizure(view: &View<'_>, facts: &Facts<'_>, found: &mut Found, id: &str, measure: &Json, began: i64) {
    let Some(day) = day_of(UtcMs(began)) else { return };
    power(view, facts, found, id, day);
    let (step, urgent) = (format!("seizure-{id}"), yes(measure, "urgent"));
    let key = format!("opinions.{step}.head");
    let made_up = urgent && view.yes(&key, "agrees") && view.word(&key, "by").is_some();
    if !approved(view, &step, measure, began) && !made_up {
        found.add("seizure_unapproved", id, "");
    }
    if urgent {
        let told = [number(measure, "reported_ms"), number(measure, "approved_ms"), view.number(&key, "at_ms")].into_iter().flatten().min();
        let now_late = facts.today > day_of(UtcMs(began.saturating_add(REPORT_MS))).unwrap_or(Date::MAX);
        if told.map_or(now_late, |at| at > began.saturating_add(REPORT_MS)) {
            found.add("seizure_unreported", id, "");
        }
    }
    // Time for tests and appraisals of what was seized does not count (行政强制法 25 第三款).
    let tests = view.all("standstills.").filter(|(_, s)| matches!(words(s, "ground"), Some("test" | "appraisal"))).filter_map(|(_, s)| {
        let from: Date = words(&s, "from")?.parse().ok()?;
        let until = match words(&s, "until") {
            Some(text) => Some(text.parse::<Date>().ok()?),
            None => None,
        };
        Some(Suspension { days: Validity { from, until }, reason: String::new() })
    });
    let tests: Vec<Suspension> = tests.collect();
    let due = last_day(facts, "coercion.seizure", day, &tests);
    let longer = view.all("extensions.").any(|(_, e)| words(&e, "of") == Some(id));
    let due = due.map(|due| if longer { last_day(facts, "coercion.seizure.extension", due, &tests).unwrap_or(due) } else { due });
    in_time(view, facts, found, id, due, ["seizure_expired", "seizure_late"]);
}

/// 行政强制措施由法律、法规规定的行政机关在法定职权范围内实施.
fn power(view: &View<'_>, facts: &Facts<'_>, found: &mut Found, id: &str, day: Date) {
    let (Some(matter), Some(organ)) = (view.text("matter"), facts.organ) else { return };
    let named = |organ: &str| in_name_of(facts.book, organ, day).map_or_else(|| organ.to_owned(), |(code, _)| code.to_string());
    match authority(facts.book, &matter, facts.area, PowerType::Coercion, day) {
        Err(why) => found.add("seizure_powerless", id, format!("{matter} {} {day}: {why}", facts.area)),
        Ok(holder) if holder.organ != organ && named(&holder.organ) != named(organ) => {
            found.add("seizure_powerless", id, format!("{matter} {} {day}: {}, not {organ}", facts.area, holder.organ));
        }
        Ok(_) => {}
    }
}

/// Decided on by its last day: expired while it is open, late once it is not.
fn in_time(view: &View<'_>, facts: &Facts<'_>, found: &mut Found, id: &str, due: Option<Date>, [expired, late]: [&'static str; 2]) {
    // While a test goes on there is no last day.
    let Some(due) = due else { return };
    match ruling(view, id).filter(|r| words(r, "disposal").is_some()) {
        None if facts.today > due => found.add(expired, id, due.to_string()),
        Some(ruled) => {
            if let Some(day) = number(&ruled, "at_ms").and_then(|ms| day_of(UtcMs(ms))).filter(|day| *day > due) {
                found.add(late, id, format!("{due}, {day}"));
            }
        }
        None => {}
    }
}
