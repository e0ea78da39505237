//! The way of an enterprise after a penalty (`domain.md` §7.1): served, guided, helped on site, rectified, repairable, applied,
//! repaired, closed. A reading of the case and of its repair: no stage of its own, so that it cannot say something else than they do.

use serde::Serialize;
use serde_json::Value as Json;

use super::condition;
use super::repair::{self, stage};
use crate::base::Date;
use crate::base::UtcMs;
use crate::base::date::day_of;
use crate::case::read::View;
use crate::case::stage as of_case;
use crate::dated::Book;
use crate::law::Calendar;
use crate::record::Record;

/// A step, in the order in which they follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name in `domain.md` §7.1.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// It is done.
    pub done: bool,
    /// The day on which it was done, where the records say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// The fact that it rests on.
    pub fact: String,
}

/// A visit to help (企业帮扶), as it stands in `assists.*` of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assist {
    /// Its key.
    pub key: String,
    /// The day.
    pub day: Option<Date>,
    /// What was helped with.
    pub help: String,
    /// The visit's record, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<String>,
}

/// The visits to help, by day.
pub fn assists(view: &View<'_>) -> Vec<Assist> {
    let text = |json: &Json, member: &str| json.get(member).and_then(Json::as_str).filter(|t| !t.trim().is_empty()).map(str::to_owned);
    let one = |(key, json): (&str, Json)| Assist {
        key: key.to_owned(),
        day: text(&json, "day").and_then(|day| day.parse().ok()),
        help: text(&json, "help").unwrap_or_default(),
        visit: text(&json, "visit"),
    };
    let mut out: Vec<Assist> = view.all("assists.").map(one).collect();
    out.sort_by(|a, b| (a.day, &a.key).cmp(&(b.day, &b.key)));
    out
}

/// The whole way. Steps may be done in another order than they stand in: who needs no help on site corrects without.
pub fn chain(view: &View<'_>, repair: Option<&Record>, book: &Book, calendar: &Calendar, today: Date) -> Vec<Step> {
    let step = |code, zh, en, done, day, fact: String| Step { code, zh, en, done, day, fact };
    let at = |field: &str| repair.and_then(|r| day_of(UtcMs(repair::read(r, field).get("at_ms").and_then(Json::as_i64)?)));
    let stands_at = repair.map_or(stage::NOT_ELIGIBLE, Record::stage);
    let (served, why) = condition::stands(view);
    let guided = view.day_of("guidance", "at_ms");
    let visits = assists(view);
    let (duties, duties_why) = condition::duties(view, book, calendar, today);
    let (corrected, corrected_why) = condition::corrected(view);
    let opens = repair.and_then(|r| repair::day(r, "reckoned", "opens"));
    let eligible = ![stage::NOT_ELIGIBLE, stage::CEASED].contains(&stands_at);
    let applied = at("application").filter(|_| eligible && stands_at != stage::ELIGIBLE);
    let repaired = repair::REPAIRED.contains(&stands_at);
    let over = [of_case::CLOSED, of_case::ARCHIVED].contains(&view.stage()) && [stage::SYNCED, stage::CEASED, stage::REVOKED].contains(&stands_at);
    vec![
        step("SERVED", "送达", "Served", served, view.day_of("served", "received_ms"), why),
        step("GUIDANCE_DONE", "合规指导", "Guidance given", guided.is_some(), guided, view.word("guidance", "text").unwrap_or_else(|| "没有合规指导记录".into())),
        step("ASSIST_VISIT", "企业帮扶", "Helped on site", !visits.is_empty(), visits.last().and_then(|v| v.day), format!("帮扶{}次", visits.len())),
        step("RECTIFIED", "整改到位", "Rectified", duties == Some(true) && corrected == Some(true), view.day_of("performed", "done_ms"), format!("{duties_why}；{corrected_why}")),
        step(
            "REPAIR_ELIGIBLE",
            "可以修复",
            "Repairable",
            eligible,
            repair.filter(|_| eligible).and_then(|r| repair::day(r, "qualified", "day")),
            opens.map_or_else(|| "最早申请日期不明".to_owned(), |day| format!("最早申请日期{day}")),
        ),
        step("APPLIED", "申请修复", "Applied", applied.is_some(), applied, if applied.is_some() { "已提出申请".into() } else { "尚未申请".into() }),
        step("REPAIRED", "完成修复", "Repaired", repaired, at("result").filter(|_| repaired), stands_at.to_owned()),
        step("CLOSED", "闭环", "Closed", over, at("synced").filter(|_| over), format!("{} / {stands_at}", view.stage())),
    ]
}
