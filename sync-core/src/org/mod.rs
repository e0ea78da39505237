//! Areas, organs, units, posts and certificates: bodies of rows with days, and the questions that are asked of them for one day.
//!
//! Every question takes the day, because names, seals, posts and certificates change and an act is judged by those of its own day.
//! References go by code and are not followed when a row is entered (an import may bring them in any order); [`dangling`] names
//! those that lead nowhere on a day.
//!
//! Deliberately absent: names and numbers of people, roles and permissions (they belong to the server's roster).

mod area;
mod certificate;
mod check;
mod organ;
mod post;
mod reference;
mod unit;

pub use area::{Area, ancestors, area_of, areas_of};
pub use certificate::{Certificate, HolderKind, TooFew, Unfit, acting, may_act, two_officers};
pub use organ::{Organ, OrganKind, in_name_of};
pub use post::{Post, commander_of, unit_of};
pub use reference::{Dangling, dangling};
pub use unit::{Unit, UnitKind, subtree};

#[cfg(test)]
mod tests;
