//! How a penalty stands on record: category, display, and from when on its repair may be asked for.
//!
//! Days run from the day of the decision itself, so that the period is over on the day of the same number: on it an application
//! is possible, on the day before it is not. Deliberately absent: moving such a day to a working day; whoever applies does so by himself.

use serde::Serialize;
use serde_json::Value as Json;

use super::regime::{Regime, regime};
use crate::base::Date;
use crate::base::UtcMs;
use crate::base::date::day_of;
use crate::case::read::View;
use crate::catalogue::matter::Matter;
use crate::dated::Book;
use crate::law::policy::{self, Category, Display, Shown};
use crate::law::{Calendar, Period, Side, deadline};

/// What one penalty of a decision leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// A word of `credit.category`: `simple`, a kind of penalty, or `huge_fine`.
    pub measure: String,
    /// How grave it is.
    pub category: Category,
    /// First day of an application.
    pub earliest: Option<Date>,
    /// The day on which the display ends by itself.
    pub latest: Option<Date>,
}

/// What a decision leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// Under which rules.
    pub regime: Regime,
    /// The gravest category of its penalties.
    pub category: Category,
    /// Whether it is displayed.
    pub shown: Shown,
    /// Before this is over, no repair.
    pub shortest: Period,
    /// After this, the display ends by itself.
    pub longest: Period,
    /// `decision` or `publication`: what the days run from.
    pub runs_from: String,
    /// The day from which they run; unknown while nothing is published that has to be.
    pub start: Option<Date>,
    /// First day of an application.
    pub earliest: Option<Date>,
    /// The day on which the display ends by itself.
    pub latest: Option<Date>,
    /// Each penalty.
    pub lines: Vec<Line>,
    /// Words of `credit.materials`: what goes with an application.
    pub materials: Vec<String>,
    /// Something of it rests on a rule in doubt.
    pub doubtful: bool,
}

/// Whether records of a party of this kind are repaired (`credit.parties`). A party whose kind is unknown is none of them.
pub fn concerns(view: &View<'_>, book: &Book, day: Date) -> bool {
    let kind = view.text("party.kind");
    policy::get::<Vec<String>>(book, "credit.parties", day).is_ok_and(|answer| kind.is_some_and(|kind| answer.value.contains(&kind)))
}

/// The words of `credit.category` for a decision's penalties: in the simple procedure one for all.
fn measures(view: &View<'_>, book: &Book, domain: &[&str], day: Date) -> Result<Vec<String>, String> {
    if view.text("procedure").as_deref() == Some("simple") {
        return Ok(vec!["simple".to_owned()]);
    }
    let huge = policy::huge_fine(book, domain, day).map_err(|why| why.to_string())?.value;
    let from = if view.text("party.kind").as_deref() == Some("organisation") { huge.organisation } else { huge.person };
    let all = std::iter::once(view.json("penalty")).chain(view.all("penalties.").map(|(_, further)| further));
    let word = |json: &Json| {
        let kind = json.get("kind").and_then(Json::as_str)?;
        let huge = kind == "fine" && json.get("amount_fen").and_then(Json::as_i64).is_some_and(|fen| fen >= from.0);
        Some(if huge { "huge_fine" } else { kind }.to_owned())
    };
    let mut out: Vec<String> = all.filter_map(|json| word(&json)).collect();
    out.sort();
    out.dedup();
    Ok(out)
}

fn later(calendar: &Calendar, start: Option<Date>, period: Period) -> Result<Option<Date>, String> {
    let Some(start) = start else { return Ok(None) };
    Ok(deadline(calendar, period, start, Side::Organ, &[]).map_err(|why| why.to_string())?.deadline().map(|end| end.due))
}

/// What a case's decision leads to, as seen on a day. Nothing without a decision or without a penalty; `Err` says which rule cannot
/// be read.
pub fn assess(view: &View<'_>, book: &Book, calendar: &Calendar, today: Date) -> Result<Option<Assessment>, String> {
    let said = |why: policy::PolicyError| why.to_string();
    let Some(decided) = view.day("decided_date") else { return Ok(None) };
    let regime = regime(book, decided, today).map_err(said)?;
    let day = regime.day;
    let domain = view.text("matter").and_then(|code| book.get::<Matter>(&code, decided)).map(|matter| matter.domain);
    let domain: Vec<&str> = domain.iter().map(String::as_str).collect();
    let measures = measures(view, book, &domain, day)?;
    if measures.is_empty() {
        return Ok(None);
    }
    let runs_from = policy::get::<String>(book, "credit.display.start", day).map_err(said)?;
    let start = if runs_from.value == "publication" { view.number("publicity", "at_ms").and_then(|ms| day_of(UtcMs(ms))) } else { Some(decided) };
    let several = policy::get::<String>(book, "credit.several", day).map_err(said)?;
    let mut doubtful = regime.doubtful || runs_from.doubtful || (measures.len() > 1 && several.doubtful);
    let mut found: Vec<(String, Category, Display)> = Vec::new();
    for measure in measures {
        let category = policy::credit_category(book, &domain, &[&measure], day).map_err(said)?;
        let display = policy::display(book, category.value, day).map_err(said)?;
        doubtful |= category.doubtful || display.doubtful;
        found.push((measure, category.value, display.value));
    }
    let category = found.iter().map(|one| one.1).max().unwrap_or(Category::General);
    let shown = found.iter().map(|one| one.2.shown).max_by_key(|shown| *shown as u8).unwrap_or(Shown::Yes);
    let months = |of: fn(&Display) -> Period| Period::months(found.iter().map(|one| of(&one.2).count).max().unwrap_or(0));
    let (shortest, longest) = (months(|d| d.shortest), months(|d| d.longest));
    let mut lines = Vec::new();
    for (measure, category, display) in &found {
        // Together they are displayed as the longest of them is; each by its own where that is the rule.
        let (short, long) = if several.value == "each" { (display.shortest, display.longest) } else { (shortest, longest) };
        lines.push(Line { measure: measure.clone(), category: *category, earliest: later(calendar, start, short)?, latest: later(calendar, start, long)? });
    }
    let materials = policy::get::<Vec<String>>(book, "credit.materials", day).map_err(said)?;
    Ok(Some(Assessment {
        category,
        shown,
        runs_from: runs_from.value,
        start,
        earliest: later(calendar, start, shortest)?,
        latest: later(calendar, start, longest)?,
        shortest,
        longest,
        lines,
        materials: materials.value,
        doubtful: doubtful || materials.doubtful,
        regime,
    }))
}
