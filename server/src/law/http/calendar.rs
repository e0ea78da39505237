//! `GET /api/v1/calendar/deadline`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use sync_core::base::{Date, Validity};
use sync_core::law::{Calendar, Outcome, Period, Rule, Side, Suspension, Unit, deadline as reckon};

use super::{answer, newest};
use crate::access::{Access, AnyUser};
use crate::base::problem::Problem;

/// Most suspensions of one period.
const MAX_SUSPENSIONS: usize = 100;

fn word<T: DeserializeOwned>(field: &str, text: &str, choices: &str) -> Result<T, Problem> {
    serde_json::from_value(Json::from(text)).map_err(|_| Problem::field(field, format!("is one of {choices}")))
}

fn day(field: &str, text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| Problem::field(field, "give a day as 2024-01-01"))
}

/// `2024-01-01..2024-01-05`, the second without; open if it is left out.
fn suspension(text: &str) -> Result<Suspension, Problem> {
    let (from, until) = text.split_once("..").ok_or_else(|| Problem::field("suspension", "write 2024-01-01..2024-01-05, or 2024-01-01.. while it lasts"))?;
    let from = day("suspension", from)?;
    let until = if until.is_empty() { None } else { Some(day("suspension", until)?) };
    let days = Validity { from, until };
    if !days.is_sound() {
        return Err(Problem::field("suspension", "ends before it begins"));
    }
    Ok(Suspension { days, reason: String::new() })
}

#[derive(Default)]
struct Asked {
    start: Option<Date>,
    count: Option<u16>,
    unit: Option<Unit>,
    law: Option<Rule>,
    side: Option<Side>,
    suspensions: Vec<Suspension>,
}

fn asked(query: &str) -> Result<Asked, Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|e| Problem::field("query", e.to_string()))?.into_inner();
    let mut asked = Asked::default();
    for (key, value) in pairs {
        match key.as_str() {
            "start" => asked.start = Some(day("start", &value)?),
            "count" => asked.count = Some(value.parse().map_err(|_| Problem::field("count", "give 0 to 65535"))?),
            "unit" => asked.unit = Some(word("unit", &value, "working_days, calendar_days, months, years")?),
            "law" => asked.law = Some(word("law", &value, "penalty, coercion, civil_procedure")?),
            "side" => asked.side = Some(word("side", &value, "party, organ")?),
            "suspension" if asked.suspensions.len() < MAX_SUSPENSIONS => asked.suspensions.push(suspension(&value)?),
            "suspension" => return Err(Problem::field("suspension", format!("at most {MAX_SUSPENSIONS}"))),
            other => return Err(Problem::field("query", format!("{other:.40} is no parameter here"))),
        }
    }
    Ok(asked)
}

/// When a period ends that began with an event on `start`: `count` of a `unit`, or so many 日 as a `law` counts them; for
/// the `side` of the party (moved to a working day) or of the organ. Answers the last day, the unmoved one, the instant at
/// which it is over, and whether a year's notice may yet move it; or since when it stands still.
pub async fn deadline(access: Access<AnyUser>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = asked(request.query_string())?;
    let missing = |field: &str| Problem::field(field, "is missing; give it");
    let (start, count) = (asked.start.ok_or_else(|| missing("start"))?, asked.count.ok_or_else(|| missing("count"))?);
    let period = match (asked.unit, asked.law) {
        (Some(unit), None) => Period { count, unit },
        (None, Some(law)) => law.days(count),
        _ => return Err(Problem::field("unit", "give either unit, or the law that says what its 日 are")),
    };
    let side = asked.side.unwrap_or(Side::Party);
    let edition = newest(&access.app).await?;
    let outcome = reckon(&Calendar::of(&edition.book), period, start, side, &asked.suspensions).map_err(|unknown| Problem::field("start", unknown.to_string()))?;
    let body = match outcome {
        Outcome::Ends(end) => json!({
            "state": "ends",
            "period": period,
            "side": side,
            "due": end.due,
            "unshifted_due": end.unshifted_due,
            "ends_at_ms": end.ends_at.0,
            "provisional": end.provisional,
        }),
        Outcome::Stands { since } => json!({ "state": "stands", "period": period, "side": side, "since": since }),
    };
    Ok(answer(edition.rev, &body))
}
