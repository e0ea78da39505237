//! The template: the items one department wants checked, with their basis in law.

use serde::{Deserialize, Serialize};

use crate::base::Digest;
use crate::base::ids::is_token;
pub use crate::catalogue::matter::Trigger;
use crate::record::Value;

/// Domain tag of a template's hash.
const HASH_TAG: &str = "zhifa.template.v1";

/// Most items in one template.
const MAX_ITEMS: usize = 300;

/// How grave a shortcoming is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 轻微.
    Minor,
    /// 一般.
    General,
    /// 严重.
    Serious,
    /// 重大.
    Critical,
}

impl Severity {
    /// The risk word of a visit (`visit::RISKS`) that a shortcoming of this severity suggests.
    pub fn risk(self) -> &'static str {
        match self {
            Severity::Minor => "low",
            Severity::General => "medium",
            Severity::Serious => "high",
            Severity::Critical => "stop_work",
        }
    }
}

/// A fact that several items ask about, mostly of several departments: one question, one answer and one set of
/// photos for all of them. Facts stand in the templates, so a question's code never depends on who else takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Stable code, the same in every template that names this fact; the key of its answer.
    pub code: String,
    /// The fact in words.
    pub title: String,
}

/// The clauses that an item rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// In force from this date, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<String>,
    /// The penal clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<String>,
    /// The duty that is violated.
    pub violation: String,
}

/// The statutory frame of a penalty. Amounts mean yuan only where `unit` is `CNY`; 0 means "no minimum".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Penalty {
    /// Upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Lower bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Conditions in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Upper bound once an order has run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_max: Option<i64>,
    /// Lower bound once an order has run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_min: Option<i64>,
    /// Upper bound under the prior law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_max: Option<i64>,
    /// Lower bound under the prior law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_min: Option<i64>,
    /// When it may follow.
    pub trigger: Trigger,
    /// What the bounds count.
    pub unit: String,
}

/// One thing to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The law it rests on.
    pub basis: Basis,
    /// Whether a case may follow; otherwise only advice and an order to correct.
    pub case_allowed: bool,
    /// How to check.
    pub check: String,
    /// Stable code: a token, unique among all templates.
    pub code: String,
    /// A doubt about the law that the department's legal office has to settle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// The fact it shares with other items, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Fact>,
    /// Subjects in which it overlaps with other items: where one fine may exclude another (行政处罚法 29).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlaps: Vec<String>,
    /// The statutory frame.
    pub penalty: Penalty,
    /// Whether a photo is wanted when it was looked at.
    pub photo: bool,
    /// The law before `basis.effective_from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_basis: Option<Basis>,
    /// How grave a shortcoming is.
    pub severity: Severity,
    /// Whose duty it is.
    pub subject: String,
    /// The shortcoming in words, in Chinese.
    pub title: String,
}

impl Item {
    /// The code under which it is asked: its fact's, or its own.
    pub fn question(&self) -> &str {
        self.fact.as_ref().map_or(&self.code, |f| &f.code)
    }
}

/// The items of one department, in one version. Immutable: a correction is a new version with another hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The department, by its code in the organisation: it signs these items.
    pub department: String,
    /// Stable id of the template over its versions.
    pub id: String,
    /// The items, in the order of their codes.
    pub items: Vec<Item>,
    /// Where the items come from.
    pub source: String,
    /// Title in Chinese.
    pub title: String,
    /// Used for visits from this date.
    pub valid_from: String,
    /// From 1.
    pub version: u32,
}

/// Why a text is not a template: where, what is wrong, what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub struct BadTemplate {
    /// The template's id or the item's code, as far as known.
    pub at: String,
    /// What is wrong and what would be right.
    pub why: String,
}

impl Template {
    /// Reads a template and checks it. Members that this version does not know are refused: a hash must speak for
    /// everything that was published.
    pub fn parse(json: &str) -> Result<Template, BadTemplate> {
        let template: Template = serde_json::from_str(json).map_err(|e| BadTemplate { at: "template".into(), why: e.to_string() })?;
        template.check()?;
        Ok(template)
    }

    fn check(&self) -> Result<(), BadTemplate> {
        let bad = |at: &str, why: &str| Err(BadTemplate { at: at.to_owned(), why: why.to_owned() });
        if !is_token(&self.id) || !is_token(&self.department) {
            return bad(&self.id, "id and department must be 1 to 64 letters, digits, '.', '_' or '-'");
        }
        if self.version == 0 || self.version > 1_000_000 {
            return bad(&self.id, "version must be from 1 to 1,000,000");
        }
        if self.title.trim().is_empty() || self.title.chars().count() > 120 {
            return bad(&self.id, "title must have 1 to 120 characters");
        }
        if crate::record::Type::Date.check(Value::text(&self.valid_from).as_json()).is_err() {
            return bad(&self.id, "valid_from must be a date YYYY-MM-DD");
        }
        if self.items.is_empty() || self.items.len() > MAX_ITEMS {
            return bad(&self.id, "items must have 1 to 300 entries");
        }
        for pair in self.items.windows(2) {
            if let [a, b] = pair
                && a.code >= b.code
            {
                return bad(&b.code, "items must stand in ascending order of their codes, each once");
            }
        }
        for item in &self.items {
            for code in std::iter::once(&item.code).chain(item.fact.iter().map(|f| &f.code)) {
                if !is_token(code) || code.starts_with('.') || code.ends_with('.') {
                    return bad(code, "a code must be 1 to 64 letters, digits, '.', '_' or '-', without '.' at either end");
                }
            }
            if item.title.trim().is_empty() || item.title.chars().count() > 300 {
                return bad(&item.code, "title must have 1 to 300 characters");
            }
        }
        Ok(())
    }

    /// The canonical JSON: keys in ascending order, no white space.
    pub fn canonical(&self) -> String {
        // serde_json's map is ordered by key (no `preserve_order` in this workspace), hence canonical.
        serde_json::to_value(self).map(|json| json.to_string()).unwrap_or_default()
    }

    /// The hash that names this template for ever, over its canonical JSON.
    pub fn hash(&self) -> Digest {
        Digest::tagged(HASH_TAG, &[self.canonical().as_bytes()])
    }

    /// The item of this code.
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.code == code)
    }
}
