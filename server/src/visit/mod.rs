//! What the office does with a visit beyond writing its fields: lets a flag stand, joins it with the one that it repeats, makes up
//! for an urgent start, answers an application for more time; and shows it to people as one page.
//!
//! Each is a change of the office like any other ([`crate::record::write()`]); here stands only what needs more than the record: other
//! visits, families of objects, the day. Deliberately absent: a second road into the record, and undoing what took place.

pub mod count;
pub mod http;
pub mod join;
pub mod ops;
pub mod view;
pub mod watch;
