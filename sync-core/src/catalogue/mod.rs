//! Penalty matters, powers and who holds them on which day.

pub mod any;
pub mod choice;
pub mod holder;
pub mod lineage;
pub mod matter;
pub mod pack;
pub mod power;
pub mod search;

pub use holder::{authority, case_authority, gaps, held, preview};
pub use matter::Matter;
pub use power::{Power, PowerType, Transfer, parse_power_key, power_key};
