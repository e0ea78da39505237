//! The wire, version 1: what device and server say to each other. The only place with serialisation promises.
//!
//! Every body is JSON; a push body is lines of `["alg","signature",change]`, so that a broken line harms no
//! other. Bodies larger than a kilobyte travel as zstd. HTTP errors speak of transport only; what became of a
//! change is its [`Disposition`].

pub mod codes;
mod invitation;
mod law;
mod numbers;
mod signed;
mod v1;

pub use invitation::{BadInvitation, INVITATION_PREFIX, Invitation};
pub use law::{LAW_PAGE_BYTES, LawManifest, LawPage, MAX_LAW_PAGES, MAX_LAW_ROWS, law_delta, law_pages};
pub use numbers::{NumbersRequest, NumbersResponse, SealImage};
pub use signed::{Body, Signed};
pub use v1::*;
