//! What the cross-crate tests share: the simulation.
#![allow(clippy::indexing_slicing, clippy::panic)]

pub mod sim;
