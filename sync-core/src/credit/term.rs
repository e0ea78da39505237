//! By when the organ has to act on an application (`domain.md` §7.2): accept, decide, pass on. Each is a policy.

use serde::Serialize;
use serde_json::Value as Json;

use super::repair::{members, read, stage};
use crate::base::Date;
use crate::base::UtcMs;
use crate::base::date::day_of;
use crate::dated::Book;
use crate::law::policy;
use crate::law::{Calendar, Period, Side, deadline};
use crate::record::Record;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// `accept`, `result` or `sync`.
    pub code: &'static str,
    /// The day from which it runs, which is not counted.
    pub since: Date,
    /// The last day; the duty is the organ's, so it is counted in working days and not moved.
    pub day: Date,
}

fn at(record: &Record, field: &str) -> Option<Date> {
    day_of(UtcMs(read(record, field).get("at_ms").and_then(Json::as_i64)?))
}

/// What is due of a repair at its stage; `Err` says which policy or year is missing.
pub fn due(record: &Record, book: &Book, calendar: &Calendar) -> Result<Option<Due>, String> {
    let (code, key, field) = match record.stage() {
        stage::APPLIED => ("accept", "credit.accept", "application"),
        stage::ACCEPTED | stage::UNDER_REVIEW => ("result", "credit.result", "acceptance"),
        stage::APPROVED => ("sync", "credit.sync", "result"),
        _ => return Ok(None),
    };
    let Some(since) = at(record, field) else { return Ok(None) };
    let period = policy::get::<Period>(book, key, since).map_err(|why| why.to_string())?.value;
    // An extension is as long as the period itself and runs from its end. An earlier application's does not count.
    let extended =
        members(record, "extensions.").filter(|(_, e)| code == "result" && e.get("at_ms").and_then(Json::as_i64).and_then(|ms| day_of(UtcMs(ms))).is_some_and(|day| day >= since));
    let mut end = since;
    for _ in 0..=extended.count() {
        let reckoned = deadline(calendar, period, end, Side::Organ, &[]).map_err(|why| why.to_string())?.deadline();
        end = reckoned.map_or(end, |reckoned| reckoned.due);
    }
    Ok(Some(Due { code, since, day: end }))
}

/// How often the time for a result may be extended (`credit.result.extensions`).
pub fn extensions(book: &Book, day: Date) -> Result<i64, String> {
    policy::get::<i64>(book, "credit.result.extensions", day).map(|answer| answer.value).map_err(|why| why.to_string())
}
