//! The record, the change, and the one function that brings them together.
//!
//! This module knows nothing of the domain: what a visit is, which fields it has and which acts move
//! its stage comes in as a [`Kind`]. It does no I/O, reads no clock and draws no randomness, so the
//! same change applied to the same record gives the same record on every machine.
//!
//! Deliberately absent: deletion, last-writer-wins at write time, any rule that orders by a clock.

mod act;
mod apply;
mod change;
mod delta;
mod kind;
mod layout;
mod possible;
mod register;
mod state;
mod value;
mod view;
mod writer;

pub use act::{ActCall, Exception, SealBody, WHOLE, act_names, engine_key};
pub use apply::{Applied, Context, Effect, Missing, apply, waived_by};
pub use change::{Change, Draft, Edit, MAX_CHANGE_BYTES, Malformed, Place, SignedChange, Unwritten, change_hash, signing_input};
pub use delta::{DeltaOf, RecordDelta, RegisterDelta};
pub use kind::{ActRow, Bucket, FieldRow, Guard, GuardInput, Kind, Kinds, Policy, Reason, Reject, Type, Upcast, Weight, Writer};
pub use possible::{Actor, Prospect, possible};
pub use register::{By, Candidate, Dot, FieldKey, Record, Register, Seen};
pub use state::StateError;
pub use value::{BadValue, Value};
pub use view::{Late, Reading, contested_fields, late_writes, read, read_field, sealed_value, unsettled_fields};
