//! The catalogue of penalty matters (行政处罚事项): what may be punished, who holds the power on which day, and which law applies.
//!
//! Bodies of dated rows ([`matter`], [`power`]) and pure questions over a [`crate::dated::Book`] of them ([`holder`], [`choice`]);
//! [`search`] finds a name as people type it, [`pack`] is what handhelds get, [`any`] is the door for rows from outside.
//! Deliberately absent: procedure. That a case may be filed, and how it goes on, is `case`'s.

pub mod any;
pub mod choice;
pub mod guidance;
pub mod holder;
pub mod lineage;
pub mod matter;
pub mod pack;
pub mod power;
pub mod search;

pub use guidance::Guidance;
pub use holder::{Holding, authority, case_authority, gaps, held, holdings, preview};
pub use matter::Matter;
pub use power::{Power, PowerType, Transfer, parse_power_key, power_key};
