//! What an invitation needs beyond the generic writes: submitting it, whom it is dispatched to, for which department somebody
//! speaks, and what a report counts. Every step is an order on the one road of `record`, with values that the caller cannot choose.
//!
//! Deliberately absent: the firm's own entrance. Until there is one, the guidance office and the departments' liaisons submit for it.

mod count;
pub mod http;
mod ops;
pub mod speaks;

pub use count::{Counted, counted};
