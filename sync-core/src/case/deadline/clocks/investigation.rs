//! What was registered, seized or sent to a laboratory (`domain.md` §5.4).

use serde_json::Value as Json;

use super::super::ground::{Ground, Run, at, ms};
use super::super::{Clock, Due};
use crate::base::Date;
use crate::case::execution::{day, text};

/// The measures of a kind that have begun: key and value.
fn begun<'a>(g: &'a Ground<'_>, kind: &'static str) -> impl Iterator<Item = (&'a str, Json, i64)> {
    g.view.all("measures.").filter(move |(_, m)| text(m, "kind") == Some(kind)).filter_map(|(id, m)| ms(&m, "began_ms").map(|began| (id, m, began)))
}

/// The day on which it was decided what becomes of something.
fn ruled(g: &Ground<'_>, id: &str) -> Option<Date> {
    let rulings = g.view.all("rulings.").filter(|(_, r)| text(r, "of") == Some(id) && text(r, "disposal").is_some());
    rulings.filter_map(|(_, r)| ms(&r, "at_ms").and_then(at)).max()
}

pub(super) fn registration(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let one = |(id, _, began): (&str, Json, i64)| Some(g.run(clock, at(began)?, Run { about: id.to_owned(), done: ruled(g, id), ..Run::default() }));
    begun(g, "registration").filter_map(one).collect()
}

/// Thirty days and once as many again; tests of what was seized do not count (行政强制法 25).
pub(super) fn seizure(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let stops = g.stops(&["appraisal", "test"]);
    let one = |(id, _, began): (&str, Json, i64)| {
        let longer: &[&str] = if g.extended(id, None) { &["coercion.seizure.extension"] } else { &[] };
        Some(g.run(clock, at(began)?, Run { about: id.to_owned(), stops: &stops, longer, done: ruled(g, id) }))
    };
    begun(g, "seizure").filter_map(one).collect()
}

/// 当场实施紧急查封扣押的，二十四小时内向负责人报告 (行政强制法 19).
pub(super) fn seizure_report(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let urgent = |m: &Json| m.get("urgent").and_then(Json::as_bool) == Some(true);
    let one = |(id, m, began): (&str, Json, i64)| {
        let said = g.view.number(&format!("opinions.seizure-{id}.head"), "at_ms");
        let told = [ms(&m, "reported_ms"), ms(&m, "approved_ms"), said].into_iter().flatten().min();
        g.hours(clock, id, began, told)
    };
    begun(g, "seizure").filter(|(_, m, _)| urgent(m)).filter_map(one).collect()
}

pub(super) fn appraisal(g: &Ground<'_>, clock: &Clock) -> Vec<Due> {
    let one = |(id, m, began): (&str, Json, i64)| Some(g.named(clock, id, at(began)?, day(&m, "term")?, ms(&m, "ended_ms").and_then(at)));
    begun(g, "appraisal").filter_map(one).collect()
}
