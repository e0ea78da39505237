//! Several departments' templates as one form.

use std::collections::{BTreeMap, BTreeSet};

use super::{Severity, Template};
use crate::base::Digest;
use crate::record::{FieldKey, Value};

/// Most templates in one joint form.
pub const MAX_TEMPLATES: usize = 16;
/// Most items in one joint form.
pub const MAX_ITEMS: usize = 600;

/// An item of one department that a question covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The item's code.
    pub code: String,
    /// The department that signs for it.
    pub department: String,
    /// How grave a shortcoming is.
    pub severity: Severity,
    /// The shortcoming in words.
    pub title: String,
}

/// One question of a joint form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The key of its answer: `answers.<code>`.
    pub code: String,
    /// What is asked: the shared fact, or the item's title.
    pub title: String,
    /// The items it covers, in the order of their codes.
    pub covers: Vec<Covered>,
    /// Whether a photo is wanted: one of the items asks for it.
    pub photo: bool,
}

impl Question {
    /// The departments that must sign for it, in order.
    pub fn departments(&self) -> BTreeSet<&str> {
        self.covers.iter().map(|c| &*c.department).collect()
    }

    /// The gravest of its items.
    pub fn severity(&self) -> Severity {
        self.covers.iter().map(|c| c.severity).max().unwrap_or(Severity::Minor)
    }
}

/// The form that all participants of a visit fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JointForm {
    /// Its templates by hash, in ascending order: the whole of its identity. With each: id, version, department, title.
    pub templates: BTreeMap<Digest, TemplateName>,
    /// The questions, each once, in the order of the lowest code that each covers.
    pub questions: Vec<Question>,
}

/// What a visit keeps of a template beside its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateName {
    /// The department.
    pub department: String,
    /// The template's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: u32,
}

/// Why templates do not make a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// Nothing to ask.
    #[error("no template given; choose at least one")]
    Empty,
    /// More than a visit can carry.
    #[error("{0} templates with {1} items; at most {MAX_TEMPLATES} with {MAX_ITEMS} items make one form")]
    TooLarge(usize, usize),
    /// One template in two versions.
    #[error("template {0} is given in two versions; choose one")]
    TwoVersions(String),
    /// One code in two templates, or a fact's code that is an item's.
    #[error("the code {0} stands for two different things; codes are unique among all templates")]
    CodeTwice(String),
}

/// Composes the form. The order of the templates, and naming one twice, make no difference.
pub fn compose(templates: &[Template]) -> Result<JointForm, BadForm> {
    let by_hash: BTreeMap<Digest, &Template> = templates.iter().map(|t| (t.hash(), t)).collect();
    let items: usize = by_hash.values().map(|t| t.items.len()).sum();
    if by_hash.is_empty() {
        return Err(BadForm::Empty);
    }
    if by_hash.len() > MAX_TEMPLATES || items > MAX_ITEMS {
        return Err(BadForm::TooLarge(by_hash.len(), items));
    }
    let mut ids = BTreeSet::new();
    let mut codes = BTreeSet::new();
    for template in by_hash.values() {
        if !ids.insert(&template.id) {
            return Err(BadForm::TwoVersions(template.id.clone()));
        }
        if let Some(item) = template.items.iter().find(|item| !codes.insert(&*item.code)) {
            return Err(BadForm::CodeTwice(item.code.clone()));
        }
    }
    let mut questions: BTreeMap<&str, Question> = BTreeMap::new();
    for template in by_hash.values() {
        for item in &template.items {
            if item.fact.as_ref().is_some_and(|f| codes.contains(&*f.code)) {
                return Err(BadForm::CodeTwice(item.question().to_owned()));
            }
            let title = item.fact.as_ref().map_or(&item.title, |f| &f.title);
            let question =
                questions.entry(item.question()).or_insert_with(|| Question { code: item.question().to_owned(), title: title.clone(), covers: Vec::new(), photo: false });
            // Departments may word a shared fact differently; the least wording is as good as any and the same everywhere.
            if *title < question.title {
                question.title.clone_from(title);
            }
            question.photo |= item.photo;
            question.covers.push(Covered { code: item.code.clone(), department: template.department.clone(), severity: item.severity, title: item.title.clone() });
        }
    }
    let mut questions: Vec<Question> = questions.into_values().collect();
    for question in &mut questions {
        question.covers.sort_by(|a, b| a.code.cmp(&b.code));
    }
    questions.sort_by(|a, b| a.covers.first().map(|c| &c.code).cmp(&b.covers.first().map(|c| &c.code)));
    let name = |t: &Template| TemplateName { department: t.department.clone(), id: t.id.clone(), title: t.title.clone(), version: t.version };
    Ok(JointForm { templates: by_hash.iter().map(|(hash, t)| (*hash, name(t))).collect(), questions })
}

impl JointForm {
    /// The departments that must sign, in order.
    pub fn departments(&self) -> BTreeSet<&str> {
        self.templates.values().map(|t| &*t.department).collect()
    }

    /// The writes that pin this form to a visit: `form.<hash>` for each template, `items.<code>` for each question.
    /// Every officer who pins the same templates writes the same bytes.
    pub fn pin(&self) -> Vec<(FieldKey, Value)> {
        let form = self.templates.iter().map(|(hash, t)| {
            let value = serde_json::json!({"department": t.department, "template": t.id, "title": t.title, "version": t.version});
            (format!("form.{hash}"), value)
        });
        let items = self.questions.iter().map(|q| {
            let covers: Vec<&str> = q.covers.iter().map(|c| &*c.code).collect();
            (format!("items.{}", q.code), serde_json::json!({"covers": covers, "departments": q.departments(), "photo": q.photo, "title": q.title}))
        });
        // Codes and hashes were checked to be parts of keys, and no value here holds a float.
        form.chain(items).filter_map(|(key, json)| Some((key.parse().ok()?, Value::from_json(&json).ok()?))).collect()
    }
}
