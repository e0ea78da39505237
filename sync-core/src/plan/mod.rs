//! Plan coordination (计划统筹): the fewest visits that satisfy several organs' plans, fitted to days and squads.
//!
//! [`entry`] is a line of a plan; [`mod@merge`] proposes visits per object, provably the fewest; [`mod@schedule`] puts them on days of
//! squads and says what cannot be fitted; [`cap`] counts visits against the yearly cap; [`gain`] carries decisions and figures;
//! [`draw`] is the random choice of objects and inspectors that anyone can replay; [`kind`] is the record of one organ's plan.
//!
//! All of it is a function of what is given: the same entries give the same proposal on every machine. Deliberately absent:
//! finding duplicates of objects, routes between sites, and any figure by officer.

pub mod cap;
pub mod day;
pub mod draw;
pub mod entry;
pub mod explain;
pub mod gain;
pub mod kind;
pub mod merge;
pub mod schedule;
pub mod stab;

pub use day::OpenDays;
pub use entry::{Entry, Mode, Risk};
pub use explain::{Language, Reason};
pub use gain::{Gain, Outcome, Proposal};
pub use merge::{Ground, Merged, Unmet, Visit, merge};
pub use schedule::{Placed, Schedule, Squad, Unplaced, schedule};
