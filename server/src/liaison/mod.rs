//! Requests between guidance office, departments and team: asking, replying for one's own organ, and the figures of both and of the
//! technical support that departments gave on site.
//!
//! Deliberately absent: a score of departments. Figures count; nobody is measured by them.

mod figures;
pub mod http;
mod ops;
