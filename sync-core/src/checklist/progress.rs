//! How far a pinned form is filled in, from the visit's record alone.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Outcome, Severity, Template};
use crate::record::{Policy, Reading, Record, read};

/// How far one department's questions are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// How many questions it signs for.
    pub total: usize,
    /// How many of them are settled and uncontested.
    pub answered: usize,
    /// Questions without an answer that settles them.
    pub open: Vec<String>,
    /// Questions with answers that contradict each other.
    pub contested: Vec<String>,
    /// Questions that were looked at and want a photo that is not there.
    pub photos_missing: Vec<String>,
    /// Questions answered 不符合.
    pub bad: Vec<String>,
}

/// How far a form is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormProgress {
    /// How many questions it has.
    pub total: usize,
    /// How many are settled and uncontested.
    pub answered: usize,
    /// Per department.
    pub departments: BTreeMap<String, Progress>,
}

/// A question as it is pinned to a visit: all that is needed to show it, after its templates are superseded too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pinned {
    /// The key of its answer: `answers.<code>`.
    pub code: String,
    /// Codes of the items it covers.
    pub covers: BTreeSet<String>,
    /// The departments that sign for it.
    pub departments: BTreeSet<String>,
    /// Whether a photo is wanted when it was looked at.
    pub photo: bool,
    /// What is asked.
    pub title: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stored {
    covers: BTreeSet<String>,
    departments: BTreeSet<String>,
    photo: bool,
    title: String,
}

/// The questions pinned to a visit, in the order of their codes. Two officers who pinned different sets of templates
/// offline have pinned both: the union of items, departments and wants.
pub fn pinned(record: &Record) -> impl Iterator<Item = Pinned> {
    record.with_prefix("items.").filter_map(|(key, register)| {
        let mut all = Pinned { code: key.strip_prefix("items.")?.to_owned(), ..Pinned::default() };
        let mut any = false;
        for candidate in register.candidates().iter().filter(|c| !c.value.is_null()) {
            let one: Stored = serde_json::from_str(candidate.value.as_json()).unwrap_or_default();
            all.covers.extend(one.covers);
            all.departments.extend(one.departments);
            all.photo |= one.photo;
            all.title = all.title.max(one.title);
            any = true;
        }
        any.then_some(all)
    })
}

enum State {
    Open,
    Contested,
    Settled(Answer),
}

fn state(record: &Record, code: &str) -> State {
    let reading = record.register(&format!("answers.{code}")).map_or(Reading::Absent, |r| read(r, Policy::Contest));
    match reading {
        Reading::Absent => State::Open,
        Reading::Contested(_) => State::Contested,
        Reading::One(c) | Reading::Unconfirmed(c) => Answer::read(&c.value).filter(Answer::settles).map_or(State::Open, State::Settled),
    }
}

/// Counts what is answered, open, contested and without its photo, per department.
pub fn progress(record: &Record) -> FormProgress {
    let mut out = FormProgress::default();
    for question in pinned(record) {
        let code = &*question.code;
        let state = state(record, code);
        let photo = record.with_prefix(&format!("photos.{code}.")).any(|(_, r)| r.candidates().iter().any(|c| !c.value.is_null()));
        out.total += 1;
        out.answered += usize::from(matches!(state, State::Settled(_)));
        for department in question.departments {
            let p = out.departments.entry(department).or_default();
            p.total += 1;
            match &state {
                State::Open => p.open.push(code.to_owned()),
                State::Contested => p.contested.push(code.to_owned()),
                State::Settled(answer) => {
                    p.answered += 1;
                    if question.photo && answer.wants_photo() && !photo {
                        p.photos_missing.push(code.to_owned());
                    }
                    if answer.result == Outcome::Bad {
                        p.bad.push(code.to_owned());
                    }
                }
            }
        }
    }
    out
}

/// A shortcoming: one item of one department under a question answered 不符合.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The question.
    pub question: String,
    /// The item.
    pub item: String,
    /// The department that signs for it.
    pub department: String,
    /// How grave it is.
    pub severity: Severity,
    /// Whether a case may follow; otherwise an order to correct and advice only.
    pub case_allowed: bool,
    /// Whether several items rest on this one fact: only one of them may be fined (行政处罚法 29).
    pub shared: bool,
}

/// The shortcomings on record, in the order of their items' codes. `templates` are those that the visit has pinned;
/// items of a template that is not given are left out.
pub fn findings(record: &Record, templates: &[Template]) -> Vec<Finding> {
    let mut out = Vec::new();
    for question in pinned(record) {
        let code = &*question.code;
        let State::Settled(answer) = state(record, code) else { continue };
        if answer.result != Outcome::Bad {
            continue;
        }
        let named = |item: &String| answer.items.is_empty() || answer.items.contains(item);
        for template in templates {
            for item in template.items.iter().filter(|item| item.question() == code && question.covers.contains(&item.code) && named(&item.code)) {
                out.push(Finding {
                    question: code.to_owned(),
                    item: item.code.clone(),
                    department: template.department.clone(),
                    severity: item.severity,
                    case_allowed: item.case_allowed,
                    shared: question.covers.len() > 1,
                });
            }
        }
    }
    out.sort_by(|a, b| a.item.cmp(&b.item));
    out
}
