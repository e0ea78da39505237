//! The joint form of a visit as it stands: every question once, with its answer and what to cite when answering.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::RecordId;
use sync_core::checklist::{FormProgress, progress};
use sync_core::record::{Reading, read_field};
use sync_core::replica::{shown_dots, view};

use super::error::{Code, DeviceError, Result};
use super::runtime::Device;

/// Prefix of the questions that a visit has pinned.
const ITEMS: &str = "items.";

/// Which visit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The visit.
    pub record: RecordId,
    /// Questions that concern this department only.
    #[serde(default)]
    pub department: Option<String>,
}

impl Device {
    /// `{questions: [{code, field, item, reading, answer, dots}], progress}`, in order of the codes. An answer is
    /// captured into `field` and cites `dots`.
    pub fn form(&self, input: &FormInput) -> Result<Json> {
        self.may_read()?;
        self.read(|tx| -> Result<Json> {
            let Some(record) = view(tx, self.kinds(), input.record)? else {
                return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle"));
            };
            let Some(kind) = self.kinds().get(&record.kind) else {
                return Err(DeviceError::new(Code::Unknown, "kind: not known to this app; update the app"));
            };
            let mut questions = Vec::new();
            for (key, _) in record.with_prefix(ITEMS) {
                let reading = read_field(&record, kind, key);
                let Some(item) = reading.value().map(|v| v.to_json()) else { continue };
                let concerns = |d: &str| item.get("departments").and_then(Json::as_array).is_some_and(|all| all.iter().any(|x| x.as_str() == Some(d)));
                if input.department.as_deref().is_some_and(|d| !concerns(d)) {
                    continue;
                }
                let code = key.strip_prefix(ITEMS).unwrap_or_default();
                let field = format!("answers.{code}");
                let answer = read_field(&record, kind, &field);
                let name = match &answer {
                    Reading::Absent => "open",
                    Reading::One(_) | Reading::Unconfirmed(_) => "answered",
                    Reading::Contested(_) => "contested",
                };
                questions.push(json!({ "code": code, "item": item, "reading": name, "answer": answer.value(), "dots": shown_dots(&record, &field), "field": field }));
            }
            Ok(json!({ "v": 1, "record": record.id, "stage": record.stage(), "questions": questions, "progress": progress_json(&progress(&record)) }))
        })
    }
}

fn progress_json(form: &FormProgress) -> Json {
    let departments: Map<String, Json> = form
        .departments
        .iter()
        .map(|(name, p)| {
            (name.clone(), json!({ "total": p.total, "answered": p.answered, "open": p.open, "contested": p.contested, "photos_missing": p.photos_missing, "bad": p.bad }))
        })
        .collect();
    json!({ "total": form.total, "answered": form.answered, "departments": departments })
}
