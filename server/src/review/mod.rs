//! One queue for whatever needs a human, and what a reviewer does about it.
//!
//! Every decision about a record is an office change and takes the same road as any other. Deliberately absent: any
//! write that fills in by itself what the reviewer was shown.

pub mod clash;
pub mod decide;
pub mod queue;
pub mod read;
pub mod unsent;
