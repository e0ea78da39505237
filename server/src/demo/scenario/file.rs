//! The file of a scenario: who takes part, what happens when, and which figures it is told by.
//!
//! A scenario is data: the program knows how a joint inspection or a repair is played, the file says that there is one, where and when.
//! Whatever it cannot be read by is named by place and remedy, before anything is played.

use std::fmt;

use serde::Deserialize;
use serde_json::Value as Json;
use sync_core::base::date::start_of;
use sync_core::base::{Date, UtcMs};

/// The half-year of the report: `fixtures/scenario/gaoxin-2024.json`.
const GAOXIN_2024: &str = include_str!("../../../../fixtures/scenario/gaoxin-2024.json");
/// What comes with the program, by name.
const KNOWN: &[(&str, &str)] = &[("gaoxin-2024", GAOXIN_2024)];
/// Most bytes of a file, and most events.
const MOST_BYTES: u64 = 4 << 20;
const MOST_EVENTS: usize = 20_000;

/// Why a scenario cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("scenario {scenario}: {at}: {why}")]
pub struct FileError {
    scenario: String,
    at: String,
    why: String,
}

/// An instant in Asia/Shanghai, to the minute: `2024-04-12 09:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The day.
    pub day: Date,
    /// Minutes since its beginning.
    pub minute: u16,
}

impl Moment {
    /// As UTC milliseconds.
    pub fn ms(self) -> UtcMs {
        UtcMs(start_of(self.day).0 + i64::from(self.minute) * 60_000)
    }

    /// Reads one.
    pub fn parse(text: &str) -> Option<Moment> {
        let (day, clock) = text.split_once(' ')?;
        let (hour, minute) = clock.split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (clock.len() == 5 && hour < 24 && minute < 60).then_some(())?;
        Some(Moment { day: day.parse().ok()?, minute: hour * 60 + minute })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:02}:{:02}", self.day, self.minute / 60, self.minute % 60)
    }
}

/// Somebody of the back office who is not in the organisation of the fixtures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Key of the roster.
    pub id: String,
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Roles.
    pub roles: Vec<String>,
}

/// A figure that the scenario is told by.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// What it is called in the account.
    pub key: String,
    /// What it is, in words.
    pub zh: String,
    /// The indicator: a code of `GET /api/v1/figures`.
    pub figure: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The organ, if it is of one.
    #[serde(default)]
    pub organ: Option<String>,
    /// What the report says.
    #[serde(default)]
    pub says: Option<i64>,
}

/// A department that is asked for a lesson, in a field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Its code.
    pub organ: String,
    /// The field.
    pub domain: String,
}

/// A finding on a joint inspection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The item of a checklist.
    pub item: String,
    /// What was seen.
    pub note: String,
    /// What is demanded, if correction is ordered.
    #[serde(default)]
    pub demand: Option<String>,
}

/// An opinion given on a check-up by invitation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opinion {
    /// The item that it is about.
    pub item: String,
    /// What was found.
    pub fact: String,
    /// What to do.
    pub suggestion: String,
}

/// A suggestion given on a check-up by invitation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// The department.
    pub organ: String,
    /// The risk.
    pub risk: String,
    /// How to keep clear of it.
    pub advice: String,
}

/// An expert who teaches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lecturer {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
}

/// What happens. Names such as `site` and `case` are the file's own keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// A site is entered.
    Site { key: String, name: String, address: String, lat_e7: i64, lon_e7: i64 },
    /// A firm is entered.
    Firm { key: String, name: String, uscc: String, address: String },
    /// A joint inspection of one site, on handhelds, from the plan to the result.
    JointVisit { key: String, task: String, site: String, organs: Vec<String>, found: Vec<Found> },
    /// What was ordered is found corrected, and the visit is closed.
    Recheck { visit: String },
    /// A firm invites.
    Invite { key: String, firm: String, site: String, topics: Vec<String>, wanted: Date, request: String },
    /// The guidance office accepts and asks departments.
    Dispatch { invitation: String, organs: Vec<String> },
    /// A department says that it comes.
    Claim { invitation: String, organ: String },
    /// The day is set, and the visit approved.
    Schedule { invitation: String, day: Date, lead: String },
    /// The departments' check-up, on handhelds.
    CheckUp { invitation: String, items: Vec<String>, opinions: Vec<Opinion>, advice: Vec<Advice>, support: Vec<Advice> },
    /// The report.
    Report { invitation: String, summary: String },
    /// What became of the opinions, and the firm's word.
    FollowUp { invitation: String, text: String, score: i64, word: String },
    /// A case of the general procedure: filed and investigated.
    Case { key: String, firm: String, matter: String, title: String, facts: String },
    /// Reviewed, told, decided.
    Decide { case: String },
    /// Decision, advice and notice on one receipt; published; paid, corrected and closed.
    Serve { case: String, measures: Vec<String> },
    /// The firm applies for repair, with the office's help, and it is granted.
    Repair { case: String },
    /// A case for fast handling: consented to and begun.
    FastCase { key: String, matter: String, name: String, id_no: String, address: String, facts: String },
    /// Told, decided, served and closed.
    FastDecide { case: String },
    /// A lesson is planned.
    Course { key: String, title: String, kind: String, domain: String, from: String, hours: i64, place: String },
    /// Departments are asked to teach.
    Letter { course: String, departments: Vec<Asked>, text: String, answer_by: Date },
    /// A department answers.
    Reply { course: String, organ: String, lecturers: Vec<Lecturer>, text: String },
    /// The lesson is held: officers sign in on their handhelds.
    Hold { course: String, officers: Vec<String> },
}

/// Something at an instant.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// What.
    pub what: What,
}

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Where it is from.
    pub source: String,
    /// Who takes part beside the organisation of the fixtures.
    pub people: Vec<Person>,
    /// What it is told by.
    pub article: Vec<Told>,
    /// What happens, in order of time.
    pub events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    source: String,
    #[serde(rename = "invented")]
    _invented: Vec<String>,
    people: Vec<Person>,
    article: Vec<Told>,
    events: Vec<Json>,
}

impl Scenario {
    /// One that comes with the program, or a file.
    pub fn find(name: &str) -> Result<Scenario, FileError> {
        if let Some((_, text)) = KNOWN.iter().find(|(known, _)| *known == name) {
            return Scenario::parse(name, text);
        }
        let bad = |why: String| FileError { scenario: name.into(), at: "the file".into(), why };
        let names: Vec<&str> = KNOWN.iter().map(|(known, _)| *known).collect();
        let meta = std::fs::metadata(name).map_err(|e| bad(format!("is neither a file ({e}) nor one that comes with the program: {}", names.join(", "))))?;
        if meta.len() > MOST_BYTES {
            return Err(bad(format!("is longer than {MOST_BYTES} bytes")));
        }
        Scenario::parse(name, &std::fs::read_to_string(name).map_err(|e| bad(e.to_string()))?)
    }

    /// Reads one. Events stand in order of time, so that whoever reads the file reads a story.
    pub fn parse(scenario: &str, text: &str) -> Result<Scenario, FileError> {
        let bad = |at: String, why: String| FileError { scenario: scenario.into(), at, why };
        let raw: Raw = serde_json::from_str(text).map_err(|e| bad("the file".into(), e.to_string()))?;
        if raw.events.len() > MOST_EVENTS {
            return Err(bad("events".into(), format!("there are {}, at most {MOST_EVENTS} are played", raw.events.len())));
        }
        let mut events: Vec<Event> = Vec::with_capacity(raw.events.len());
        for (n, mut event) in raw.events.into_iter().enumerate() {
            let at = |what: &str| format!("event {}{}", n + 1, if what.is_empty() { String::new() } else { format!(" ({what})") });
            let told = event.as_object_mut().and_then(|members| members.remove("at"));
            let told = told.as_ref().and_then(Json::as_str).unwrap_or_default();
            let moment = Moment::parse(told).ok_or_else(|| bad(at("at"), format!("`{told}` is no instant; write one like \"2024-04-12 09:30\"")))?;
            if events.last().is_some_and(|last| last.at > moment) {
                return Err(bad(at(told), "is earlier than the event before it; put the events in order of time".into()));
            }
            let what = serde_json::from_value(event).map_err(|e| bad(at(told), e.to_string()))?;
            events.push(Event { at: moment, what });
        }
        if events.is_empty() {
            return Err(bad("events".into(), "there are none".into()));
        }
        Ok(Scenario { name: raw.name, source: raw.source, people: raw.people, article: raw.article, events })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(events: &str) -> String {
        let text = format!(r#"{{"name":"x","source":"y","invented":[],"people":[],"article":[],"events":{events}}}"#);
        Scenario::parse("x", &text).map(|s| s.events.len().to_string()).unwrap_or_else(|e| e.to_string())
    }

    #[test]
    fn what_comes_with_the_program_can_be_read_and_a_fault_is_named_by_place() {
        for (name, _) in KNOWN {
            assert_eq!(Scenario::find(name).unwrap().name, *name);
        }
        assert!(Scenario::find("nowhere.json").unwrap_err().to_string().contains("gaoxin-2024"));
        assert_eq!(said(r#"[{"at":"2024-04-01 09:00","do":"recheck","visit":"v"}]"#), "1");
        assert!(said("[]").contains("there are none"));
        assert!(said(r#"[{"at":"2024-04-31 09:00","do":"recheck","visit":"v"}]"#).contains("event 1 (at): `2024-04-31 09:00` is no instant"));
        assert!(said(r#"[{"at":"2024-04-01 09:00","do":"recheck","visit":"v","more":1}]"#).contains("event 1 (2024-04-01 09:00): unknown field `more`"));
        let back = r#"[{"at":"2024-04-01 09:00","do":"recheck","visit":"v"},{"at":"2024-03-01 09:00","do":"recheck","visit":"v"}]"#;
        assert!(said(back).contains("event 2 (2024-03-01 09:00): is earlier"));
        assert_eq!(Moment::parse("2024-01-01 08:30").unwrap().ms().0, 1_704_069_000_000);
    }
}
