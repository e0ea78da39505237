//! Credit repair and what goes before it (三书同达, `domain.md` §7): advice chosen from the menu, visits to help, the application by an
//! officer or by the enterprise through the portal, what the organ decides on it, and what the credit site is told.
//!
//! The record of a repair is begun and reckoned by `react::repair`. Deliberately absent: fees, and paid agents. An application costs
//! nothing, and nobody applies for an enterprise but an officer.

mod apply;
pub mod guidance;
pub mod http;
mod list;
mod ops;
pub mod outbox;
pub mod outward;
pub mod portal;
mod view;
mod watch;
