//! Originals of photos, recordings and papers: uploaded in pieces, named by their SHA-256, never altered.
//!
//! `/files` speaks tus 1.0 (core, creation, checksum, termination, expiration), so that any client that knows it can hand in what a handheld
//! has, and go on after whatever broke it off: the phone, the network, or this server. Pieces go straight to disk, or to an S3-compatible
//! store that several servers share; what was acknowledged is flushed. A file is there once its whole digest was compared, under that
//! digest, and until then nobody sees anything of it.
//! Deliberately absent: a way to change or replace a file, and an answer that depends on what somebody else has uploaded.

mod bucket;
mod disk;
pub mod http;
mod kind;
mod lease;
pub mod of_record;
mod ops;
pub(crate) mod receive;
pub mod record_http;
pub mod row;
pub mod store;
pub mod thumbnail;
pub mod tus;
pub mod watch;

pub use lease::Leases;
