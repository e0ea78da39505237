//! Foundations: identifiers, digests, instants and civil dates, places, money, bounded compression.
//!
//! Nothing here knows of records or of the law. No function reads a clock or draws randomness.

pub mod b64;
pub mod date;
pub mod digest;
pub mod geo;
pub mod ids;
pub mod keys;
pub mod merkle;
pub mod money;
pub mod pack;
pub mod plant;
mod qr;
pub mod time;

pub use date::{Date, Validity};
pub use digest::Digest;
pub use ids::{DeviceId, DistrictId, OfficerId, RecordId};
pub use qr::{TooLong, qr};
pub use time::{Interval, Stamp, UtcMs};
