//! Sites and subjects as the back office works with them: finding them under any name or number, seeing which may be one and
//! deciding it, the lists that they are on, warnings of too many visits.
//!
//! What is decided is written into the records by the road of [`crate::record`], so that it is signed and reaches every
//! handheld; what is read here comes from the index. Objects are reference: whoever reads records reads all of them, but of
//! visits only those within his reach. Deliberately absent: joining by itself. That two records are one object, somebody says.

pub mod check;
pub mod decide;
pub mod duplicates;
pub mod families;
pub mod http;
pub mod search;
pub mod view;
pub mod visits;
pub mod warnings;
