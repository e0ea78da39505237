//! Checklists: one template per department, composed into one joint form in which every fact is asked once
//! (`domain.md` §3.7, §10).
//!
//! A template is immutable and named by the hash of its canonical JSON. A joint form is a pure function of the set
//! of its templates: any handheld and the server compose the same questions in the same order. Pinning a form
//! writes its questions into the visit, so the visit says by itself what was asked, of whom, and what is open, also
//! after its templates are superseded.
//!
//! Deliberately absent: scores, weights, and any rule that turns an answer into a penalty.

mod answer;
mod compose;
mod progress;
mod template;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Outcome};
pub use compose::{BadForm, Covered, JointForm, MAX_ITEMS, MAX_TEMPLATES, Question, TemplateName, compose};
pub use progress::{Finding, FormProgress, Pinned, Progress, findings, pinned, progress};
pub use template::{BadTemplate, Basis, Fact, Item, Penalty, Severity, Template, Trigger};
