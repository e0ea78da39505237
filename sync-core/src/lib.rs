//! The pure shared core of Zhifa, compiled unchanged into the server and into the handheld.
//!
//! No I/O, no clock, no randomness, no async: callers pass `now`, ids and keys. Modules may import those
//! to their left only:
//! `base → identity, picture, record → dated → org, law → catalogue → checklist, plan → object, number, evidence → visit → case, invitation, liaison → training → credit → document → index → figures → admission → schema → fixtures → protocol → district, replica`.

pub mod admission;
pub mod base;
pub mod case;
pub mod catalogue;
pub mod checklist;
pub mod credit;
pub mod dated;
pub mod district;
pub mod document;
pub mod evidence;
pub mod figures;
pub mod fixtures;
pub mod identity;
pub mod index;
pub mod invitation;
pub mod law;
pub mod liaison;
pub mod number;
pub mod object;
pub mod org;
#[cfg(feature = "picture")]
pub mod picture;
pub mod plan;
pub mod protocol;
pub mod record;
pub mod replica;
pub mod schema;
#[cfg(feature = "testing")]
pub mod testing;
pub mod training;
pub mod visit;
