//! The device runtime: one encrypted store, its vault, capture, photos' facts, views, sync and bundles. Safe Rust throughout.

mod bundle;
mod capture;
mod certificates;
pub mod clock;
mod dialogue;
mod enrol;
pub mod error;
mod form;
mod http;
mod notice;
mod photo;
pub mod picture;
mod query;
mod runtime;
pub mod schedule;
pub mod signer;
pub mod store;
mod sync;
pub mod vault;
mod wire;

pub use bundle::ExportInput;
pub use capture::{ActInput, CaptureInput, EditInput, ResolveInput, SealInput};
pub use enrol::EnrolInput;
pub use error::{Code, DeviceError, Result};
pub use form::FormInput;
pub use http::Cancel;
pub use notice::{NoticeInput, OrderInput, ShownInput};
pub use photo::PhotoInput;
pub use query::{PageInput, ViewInput};
pub use runtime::{Device, HostKey, HostTime, Options};
pub use sync::{Progress, SyncInput};
pub use wire::{WireAnswer, WireRequest};
