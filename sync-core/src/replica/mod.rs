//! The device's half of sync, pure: capture, the overlay of pending work, sessions, bundles.
//!
//! Everything happens inside one transaction that the caller opened on a [`Store`]. A capture is kept before it
//! is shown as kept; what the server acknowledged is known by its receipt and by nothing else.
//!
//! Deliberately absent: HTTP, timers, a way to discard local work other than the office's order to erase a store.

mod bundle;
mod capture;
mod lease;
mod orders;
mod sealed;
mod session;
mod settle;
mod store;
mod view;

pub use bundle::{Bundle, BundleError, ImportReport, MAX_BUNDLE_BYTES, MAX_THUMBNAIL_BYTES, export_bundle, import_bundle};
pub use capture::{Author, CaptureError, Captured, Rehearsed, capture, rehearse, seal_of, shown_dots, whole_seal};
pub use lease::{Lease, Reading};
pub use orders::{LastWords, last_words};
pub use sealed::{FRAME_HEAD, Frame, MAX_DEPOSIT_BYTES, MAX_DEPOSIT_FRAMES, MAX_FRAME_BYTES, frame, frames};
pub use session::{Call, Event, Failure, HttpRequest, Session};
pub use store::{Journal, JournalRow, Meta, Mirror, Standing, Store};
pub use view::{Clash, NotTaken, Status, clashes, not_taken, status, view};
