//! Credit repair (信用修复, `domain.md` §7.2) and what follows a penalty for whoever was punished (三书同达, §7.1).
//!
//! Under which rules a decision's record stands ([`regime`]), how long it is displayed and from when its repair may be asked for
//! ([`mod@assess`]), what that needs ([`condition`]), by when the organ has to act ([`term`]), the record of it ([`repair`]), and the whole
//! way of an enterprise from the service of the decision to the end ([`chain`]). Everything that `domain.md` doubts is a policy.
//!
//! Deliberately absent: money. Repair is free of charge, officers take none, and there is no field that could hold a fee.

pub mod assess;
pub mod chain;
pub mod condition;
pub mod regime;
pub mod repair;
pub mod term;

pub use assess::{Assessment, assess};
pub use condition::conditions;

#[cfg(test)]
mod tests;
