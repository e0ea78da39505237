//! What clocks reckon with: the record, the book, the calendar, and the days at which a case turned.

use serde_json::Value as Json;

use super::{Clock, Due};
use crate::base::date::day_of;
use crate::base::{Date, UtcMs, Validity};
use crate::case::execution::{day, text};
use crate::case::read::View;
use crate::case::stage as s;
use crate::dated::Book;
use crate::law::policy::{self, Source, Typed};
use crate::law::{Calendar, Deadline, Outcome, Period, Suspension, deadline};

/// Stages before a decision, or another end of the investigation.
const BEFORE: &[&str] = &[
    s::CLUE,
    s::FILED,
    s::INVESTIGATING,
    s::INVESTIGATED,
    s::CASE_REVIEWED,
    s::LEGAL_REVIEWED,
    s::PRE_NOTICED,
    s::DEFENCE_CLOSED,
    s::HEARING,
    s::HEARD,
    s::DISCUSSED,
    s::SUSPENDED,
    s::FAST_OFFERED,
    s::CONSENTED,
    s::FAST_RUNNING,
    s::CONVERTED,
];
/// Acts of the head that end a case without a decision.
const TURNS: &[&str] = &["not_file", "transfer", "to_police", "terminate", "withdraw"];
const HOUR_MS: i64 = 3_600_000;

/// What a clock reckons with.
pub struct Ground<'a> {
    /// The case.
    pub view: &'a View<'a>,
    /// The book.
    pub book: &'a Book,
    /// Its calendar.
    pub calendar: &'a Calendar,
}

/// What a period runs by.
#[derive(Default)]
pub(super) struct Run<'r> {
    /// What it is about.
    pub about: String,
    /// Days that do not count.
    pub stops: &'r [Suspension],
    /// Policies by which it is longer, in their order.
    pub longer: &'r [&'static str],
    /// The day on which it was done.
    pub done: Option<Date>,
}

fn source(source: &Source) -> String {
    match source {
        Source::Row { source, .. } => source.clone(),
        Source::Default { basis } => (*basis).to_owned(),
    }
}

pub(super) fn at(ms: i64) -> Option<Date> {
    day_of(UtcMs(ms))
}

pub(super) fn ms(json: &Json, member: &str) -> Option<i64> {
    json.get(member).and_then(Json::as_i64)
}

impl Ground<'_> {
    /// A policy's value and where it comes from.
    fn policy<T: Typed>(&self, key: &str, day: Date) -> Result<(T, String, bool), String> {
        let answer = policy::get::<T>(self.book, key, day).map_err(|why| why.to_string())?;
        Ok((answer.value, source(&answer.source), answer.doubtful))
    }

    fn blank(&self, clock: &Clock, about: &str, began: Date, done: Option<Date>) -> Due {
        Due {
            code: clock.code,
            about: about.to_owned(),
            zh: clock.zh,
            en: clock.en,
            began,
            due: None,
            unshifted: None,
            at_ms: None,
            alert: None,
            done,
            side: clock.side,
            right: clock.right,
            stands: None,
            unknown: None,
            doubtful: false,
            basis: clock.basis.to_owned(),
        }
    }

    /// The first day on which an end is near.
    fn alert(&self, clock: &Clock, began: Date, due: Date) -> Date {
        let days = self.policy::<Vec<i64>>(clock.alerts, began).ok().and_then(|(days, ..)| days.into_iter().max()).unwrap_or(0);
        let before = due.checked_sub(jiff::Span::new().days(days.clamp(0, 400))).unwrap_or(due);
        before.max(began)
    }

    fn ends(&self, mut out: Due, clock: &Clock, end: Result<Outcome, String>) -> Due {
        match end {
            Ok(Outcome::Ends(Deadline { due, unshifted_due, provisional, .. })) => {
                out.alert = Some(self.alert(clock, out.began, due));
                (out.due, out.unshifted) = (Some(due), Some(unshifted_due));
                out.doubtful |= provisional;
            }
            Ok(Outcome::Stands { since }) => out.stands = Some(since),
            Err(why) => out.unknown = Some(why),
        }
        out
    }

    /// A period of the clock's policy from a day on.
    pub(super) fn run(&self, clock: &Clock, from: Date, run: Run<'_>) -> Due {
        let mut out = self.blank(clock, &run.about, from, run.done);
        let Some(key) = clock.policy else { return out };
        let period = match self.policy::<Period>(key, from) {
            Ok((period, basis, doubtful)) => {
                (out.basis, out.doubtful) = (basis, doubtful);
                period
            }
            Err(why) => return Due { unknown: Some(why), ..out },
        };
        let reckon = |period, from| deadline(self.calendar, period, from, clock.side, run.stops).map_err(|why| why.to_string());
        let mut end = reckon(period, from);
        for key in run.longer {
            let Ok(Outcome::Ends(before)) = end else { break };
            end = self.policy::<Period>(key, from).and_then(|(period, basis, doubtful)| {
                out.basis = format!("{}；{basis}", out.basis);
                out.doubtful |= doubtful;
                reckon(period, before.unshifted_due)
            });
        }
        self.ends(out, clock, end)
    }

    /// A last day that the record names; the party's moves to a working day.
    pub(super) fn named(&self, clock: &Clock, about: &str, from: Date, due: Date, done: Option<Date>) -> Due {
        let end = deadline(self.calendar, Period::calendar_days(0), due, clock.side, &[]).map_err(|why| why.to_string());
        self.ends(self.blank(clock, about, from, done), clock, end)
    }

    /// Hours by the clock, from an instant on.
    pub(super) fn hours(&self, clock: &Clock, about: &str, from_ms: i64, done_ms: Option<i64>) -> Option<Due> {
        let from = at(from_ms)?;
        let mut out = self.blank(clock, about, from, done_ms.and_then(at));
        match clock.policy.map(|key| self.policy::<i64>(key, from)) {
            Some(Ok((hours, basis, doubtful))) => {
                let end = from_ms.saturating_add(hours.saturating_mul(HOUR_MS));
                (out.basis, out.doubtful, out.at_ms, out.alert) = (basis, doubtful, Some(end), Some(from));
                (out.due, out.unshifted) = (at(end), at(end));
            }
            Some(Err(why)) => out.unknown = Some(why),
            None => {}
        }
        Some(out)
    }

    /// The clock's own end, as far as it is one: for what does not run by a single policy.
    pub(super) fn until(&self, clock: &Clock, from: Date, end: Result<Outcome, String>, basis: &str, done: Option<Date>) -> Due {
        Due { basis: basis.to_owned(), ..self.ends(self.blank(clock, "", from, done), clock, end) }
    }

    /// Whether the case is still before its decision or another end.
    pub(super) fn is_before(&self) -> bool {
        BEFORE.contains(&self.view.stage())
    }

    /// The day of the decision that stands.
    pub(super) fn decided(&self) -> Option<Date> {
        if self.is_before() {
            return None;
        }
        self.view.day("decided_date").or_else(|| self.on_the_spot())
    }

    /// The day of the decision on the spot, by its paper.
    pub(super) fn on_the_spot(&self) -> Option<Date> {
        let paper = |json: &Json| if text(json, "type") == Some("spot_decision") { ms(json, "at_ms") } else { None };
        self.view.all("papers.").filter_map(|(_, json)| paper(&json)).max().and_then(at).filter(|_| self.view.stage() != s::CLUE)
    }

    /// Whether it was punished on the spot: decided without ever having been filed.
    pub(super) fn is_simple(&self) -> bool {
        !self.is_before() && self.view.day("filed_date").is_none() && (self.view.text("procedure").as_deref() == Some("simple") || self.on_the_spot().is_some())
    }

    /// The day of the head's word on an act.
    pub(super) fn approved(&self, act: &str) -> Option<Date> {
        let key = format!("opinions.{act}.head");
        self.view.yes(&key, "agrees").then(|| self.view.day_of(&key, "at_ms")).flatten()
    }

    /// The day on which the case ended without a decision.
    pub(super) fn turned(&self) -> Option<Date> {
        if self.is_before() { None } else { TURNS.iter().filter_map(|act| self.approved(act)).max() }
    }

    /// The day on which the investigation was over, one way or another.
    pub(super) fn over(&self) -> Option<Date> {
        self.decided().or_else(|| self.turned())
    }

    /// Whether a period was made longer in a way.
    pub(super) fn extended(&self, of: &str, way: Option<&str>) -> bool {
        let fits = |e: &Json| text(e, "of").unwrap_or("general") == of && way.is_none_or(|way| text(e, "way") == Some(way));
        self.view.all("extensions.").any(|(_, e)| fits(&e))
    }

    /// Days that do not count, of these grounds.
    pub(super) fn stops(&self, grounds: &[&str]) -> Vec<Suspension> {
        let one = |(_, json): (&str, Json)| {
            let ground = text(&json, "ground").filter(|ground| grounds.contains(ground))?;
            let days = Validity { from: day(&json, "from")?, until: day(&json, "until") };
            Some(Suspension { days, reason: ground.to_owned() })
        };
        // An entry that ends before it begins leaves nothing out.
        self.view.all("standstills.").filter_map(one).filter(|stop| stop.days.is_sound()).collect()
    }

    /// Grounds that do not count for a case that began on a day: those of the policy, and 中止.
    pub(super) fn excluded(&self, day: Date) -> Vec<String> {
        let listed = self.policy::<Vec<String>>("penalty.general.excluded", day).map(|(words, ..)| words).unwrap_or_default();
        listed.into_iter().chain(["suspension".to_owned()]).collect()
    }
}
