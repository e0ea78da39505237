//! All policies, by field of the law.
//!
//! Bounds keep slips of the pen out; they are not law. A change of default is a change of what undated rows meant, so a rule
//! that changes by law gets rows with days (`fixtures/law/policies.json`) and the default states what holds now.

mod credit;
mod execution;
mod inspection;
mod penalty;
mod platform;

use super::Known;
use super::setting::Label;

/// Every policy that the program knows, by field: organisation and inspection, penalty procedure, execution, credit, the platform.
pub const POLICIES: &[&[Known]] = &[inspection::POLICIES, penalty::POLICIES, execution::POLICIES, credit::POLICIES, platform::POLICIES];

const YES_NO: &[Label] = &[("yes", "是", "Yes"), ("no", "否", "No")];
/// Bounds of a period in days.
const DAYS: (u16, u16) = (1, 366);
