//! The server of Zhifa: sync, review and administration of comprehensive law enforcement.
//!
//! `routes` is the index of the system; [`start`] puts it on a socket; [`app::App`] is everything without HTTP.

pub mod access;
pub mod app;
pub mod audit;
pub mod auth;
pub mod base;
#[cfg(feature = "demo")]
pub mod bench;
pub mod case;
pub mod credit;
pub mod custody;
#[cfg(feature = "demo")]
pub mod demo;
pub mod document;
pub mod draw;
pub mod due;
pub mod figures;
pub mod file;
pub mod import;
pub mod index;
pub mod invitation;
pub mod law;
pub mod liaison;
pub mod number;
pub mod object;
pub mod org;
pub mod package;
pub mod picture;
pub mod plan;
pub mod public;
pub mod publicity;
mod react;
pub mod record;
pub mod review;
pub mod routes;
pub mod schema;
mod serve;
pub mod sync;
pub mod training;
mod upgrade;
pub mod verify;
pub mod visit;
pub mod web;

pub use serve::{Running, start, start_with, stop_signal};
