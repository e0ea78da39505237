//! The answer to one question of a form, as the register `answers.<code>` holds it.

use serde::{Deserialize, Serialize};

use crate::record::Value;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 符合.
    Ok,
    /// 不符合.
    Bad,
    /// 不适用.
    Na,
    /// 未查; needs a reason.
    Unchecked,
}

/// Result, measurement, unit and reason stand or fall together: one register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// For 不符合 under a question that covers several items: those that are not met; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// In thousandths of `unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<i64>,
    /// Why not checked, or what explains the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was found.
    pub result: Outcome,
    /// Unit of the measurement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl Answer {
    /// An answer without measurement or reason.
    pub fn plain(result: Outcome) -> Answer {
        Answer { items: Vec::new(), measure: None, reason: None, result, unit: None }
    }

    /// 未查, with its reason.
    pub fn unchecked(reason: &str) -> Answer {
        Answer { reason: Some(reason.into()), ..Answer::plain(Outcome::Unchecked) }
    }

    /// Reads a register's value; `None` if it holds no result.
    pub fn read(value: &Value) -> Option<Answer> {
        serde_json::from_str(value.as_json()).ok()
    }

    /// As a register's value. Only a measurement beyond ±(2^53 − 1) has none, and reads as cleared.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).ok().and_then(|json| Value::from_json(&json).ok()).unwrap_or_else(Value::null)
    }

    /// Whether the question is settled: 未查 only with a reason.
    pub fn settles(&self) -> bool {
        self.result != Outcome::Unchecked || self.reason.as_deref().is_some_and(|r| !r.trim().is_empty())
    }

    /// Whether a photo that the template asks for is due: something was looked at.
    pub fn wants_photo(&self) -> bool {
        matches!(self.result, Outcome::Ok | Outcome::Bad)
    }
}
