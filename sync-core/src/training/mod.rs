//! Training (`domain.md` §12): courses ([`course`]), and 首案共办, the first case of a squad on a matter that was transferred to its organ,
//! handled with advice of the department that had it before ([`cohandling`]).
//!
//! Fields, stage tables, guards and what the index reads are data and pure functions over the record alone. Deliberately absent: the code of
//! a sign-in and the marking of a quiz, which need the server's secret, and any ranking of officers.

pub mod cohandling;
pub mod course;
mod read;

pub use read::{Attendance, CohandlingEntry, CourseEntry, Invited, Teacher, cohandling_entry, course_entry};
