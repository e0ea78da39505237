//! Training and 首案共办 (`domain.md` §12): courses with their letters to departments, sign-ins, quizzes and hours; certificates that
//! end; and first cases of a squad on a transferred matter, on which the former department advises.
//!
//! Deliberately absent: a ranking of officers, and a stop of anything by hours that are missing.

pub mod certificates;
pub mod cohandling;
pub mod http;
pub mod index;
pub mod ops;
mod quiz;
pub mod read;
pub mod secret;

/// Unwraps what an operation was refused with.
macro_rules! sound {
    ($e:expr) => {
        match $e {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}
pub(crate) use sound;
